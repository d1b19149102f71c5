import type { DataSet, DicomElement } from './dataset.ts';
import { latin1 } from './charset.ts';

/** Forms of PS3.5 table 6.2-1, a little wider than the standard: lower case in codes, blanks and missing zeros. */
const forms: Record<string, RegExp> = {
  AE: /^[\x20-\x7e]{0,16}$/,
  AS: /^(\d{1,3}[DWMY])?$/,
  CS: /^[A-Za-z0-9_ .+/-]{0,32}$/,
  DA: /^(\d{4}\.?\d{2}\.?\d{2})?$/,
  DS: /^[0-9+\-Ee. ]{0,24}$/,
  DT: /^[0-9+\-. ]{0,28}$/,
  IS: /^[0-9+\- ]{0,14}$/,
  TM: /^[0-9:. ]{0,16}$/,
  UI: /^[0-9.]{0,64}$/,
};
const binary: Record<string, number> = { FD: 8, FL: 4, SL: 4, SS: 2, UL: 4, US: 2, AT: 4 };
const maxCheckedBytes = 4 * 1024 ** 2;

/**
 * True when an element holds what its attribute may hold: dates where dates belong, codes where codes do. Guards what
 * is kept: a name in the place of a number would otherwise pass. Free text has no form to check.
 */
export function isSoundValue(dataSet: DataSet, element: DicomElement, vr: string): boolean {
  const unit = binary[vr];
  // A value of unknown representation can be checked by its size alone: numbers are few.
  if (unit !== undefined) return element.valueLength % unit === 0 && (element.vr !== 'UN' || element.valueLength <= 4 * unit);
  const form = forms[vr];
  if (form === undefined || element.valueLength === 0) return true;
  if (element.valueLength > maxCheckedBytes) return vr === 'DS' || vr === 'IS';
  const text = latin1(dataSet.value(element)).replace(/[\0 ]+$/, '');
  return text.split('\\').every((value) => form.test(value.trim()));
}
