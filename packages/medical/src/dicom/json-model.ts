import type { DataSet, DicomElement } from './dataset.ts';
import { tagHex } from './dictionary.ts';
import { nestedItems } from './nested-items.ts';
import { parseDicom } from './parse.ts';
import type { DicomFile } from './parse.ts';

/** An attribute in the DICOM JSON model (PS3.18 annex F.2.2). */
export interface JsonAttribute {
  vr: string;
  Value?: unknown[];
  InlineBinary?: string;
  BulkDataURI?: string;
}

export type JsonDataSet = Record<string, JsonAttribute>;

export interface JsonOptions {
  /** Binary values up to this size are given inline. Default 1024. */
  readonly maxInlineBytes?: number;
  /**
   * Address of a larger binary value; `path` leads to it: tags and 0-based item numbers by turns. When absent or
   * undefined, the attribute keeps its representation and has no value.
   */
  readonly bulkDataUri?: (path: readonly (string | number)[]) => string | undefined;
}

/** The whole header of a file in the DICOM JSON model; the meta header is left out, as PS3.18 section F.2.1 asks. */
export function dicomJson(bytes: Uint8Array, options: JsonOptions = {}): JsonDataSet {
  return fileJson(parseDicom(bytes), options);
}

/** As `dicomJson`, of a file that is read already. */
export function fileJson(file: DicomFile, options: JsonOptions = {}): JsonDataSet {
  return dataSetJson(file.dataSet, options, []);
}

function dataSetJson(dataSet: DataSet, options: JsonOptions, path: readonly (string | number)[]): JsonDataSet {
  const json: JsonDataSet = {};
  for (const element of dataSet.elements) {
    const group = element.tag >>> 16;
    if (group === 0xfffe || (element.tag & 0xffff) === 0) continue; // delimiters and group lengths
    const key = tagHex(element.tag);
    json[key] ??= attributeJson(dataSet, element, options, [...path, key]);
  }
  return json;
}

function attributeJson(dataSet: DataSet, element: DicomElement, options: JsonOptions, path: readonly (string | number)[]): JsonAttribute {
  const items = nestedItems(dataSet, element);
  if (items !== undefined) {
    if (items.length === 0) return { vr: 'SQ' };
    return { vr: 'SQ', Value: items.map((item, index) => dataSetJson(item, options, [...path, index])) };
  }
  const { vr } = element;
  if (isBulk(vr) || element.fragments !== undefined) return binaryJson(dataSet, element, options, path);
  const values = jsonValues(dataSet, element);
  return values.length === 0 ? { vr } : { vr, Value: values };
}

function isBulk(vr: string): boolean {
  return vr === 'OB' || vr === 'OW' || vr === 'OF' || vr === 'OD' || vr === 'OL' || vr === 'OV' || vr === 'UN';
}

function binaryJson(dataSet: DataSet, element: DicomElement, options: JsonOptions, path: readonly (string | number)[]): JsonAttribute {
  const { vr } = element;
  if (element.valueLength === 0) return { vr };
  if (element.fragments === undefined && element.valueLength <= (options.maxInlineBytes ?? 1024)) {
    const value = dataSet.encoding.littleEndian ? dataSet.value(element) : toLittleEndian(dataSet.value(element), vr);
    return { vr, InlineBinary: Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64') };
  }
  const uri = options.bulkDataUri?.(path);
  return uri === undefined ? { vr } : { vr, BulkDataURI: uri };
}

const swapUnits: Record<string, number> = { OW: 2, OF: 4, OL: 4, OD: 8, OV: 8 };

/** Inline binary is little endian (PS3.18 section F.2.7). */
function toLittleEndian(value: Uint8Array, vr: string): Uint8Array {
  const unit = swapUnits[vr] ?? 1;
  const swapped = value.slice();
  for (let at = 0; at + unit <= swapped.length; at += unit) swapped.subarray(at, at + unit).reverse();
  return swapped;
}

function jsonValues(dataSet: DataSet, element: DicomElement): unknown[] {
  switch (element.vr) {
    case 'AT':
      return dataSet.tags(element).map(tagHex);
    case 'PN':
      return dataSet.textValues(element).map(personName);
    case 'DS':
    case 'IS':
      return dataSet.textValues(element).map(decimalJson);
    case 'US': case 'SS': case 'UL': case 'SL': case 'SV': case 'UV':
      return dataSet.numberValues(element);
    case 'FL': case 'FD': // JSON has no NaN and no infinities: such values become their names
      return dataSet.numberValues(element).map((value) => (Number.isFinite(value) ? value : String(value)));
    default:
      return dataSet.textValues(element).map((value) => (value === '' ? null : value));
  }
}

/** A number where the text is one; else the text, so that nothing is lost. */
function decimalJson(text: string): number | string | null {
  if (text === '') return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : text;
}

function personName(text: string): Record<string, string> | null {
  if (text === '') return null;
  const [alphabetic = '', ideographic = '', phonetic = ''] = text.split('=');
  return {
    ...(alphabetic === '' ? {} : { Alphabetic: alphabetic }),
    ...(ideographic === '' ? {} : { Ideographic: ideographic }),
    ...(phonetic === '' ? {} : { Phonetic: phonetic }),
  };
}
