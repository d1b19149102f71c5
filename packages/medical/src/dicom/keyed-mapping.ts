import { createHmac } from 'node:crypto';
import { DicomError } from './error.ts';

/** Replaces identifiers by a secret key: equal inputs give equal outputs, and without the key nothing leads back. */
export interface KeyedMapping {
  /** `2.25.` and a 128-bit number (PS3.5 section B.2). UIDs registered by DICOM itself are returned as they are. */
  uid(uid: string): string;
  /** Sixteen letters and digits. */
  pseudonym(kind: string, value: string): string;
  /** Days to subtract from the dates of a patient: 1 to 3,652. */
  dayShift(patient: string): number;
}

const minKeyBytes = 16;
/** A study's worth of UIDs; the oldest are forgotten first. */
const maxRemembered = 100_000;
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** @throws DicomError when the key is shorter than 16 bytes */
export function keyedMapping(key: string | Uint8Array): KeyedMapping {
  const secret = typeof key === 'string' ? Buffer.from(key, 'utf8') : key;
  if (secret.length < minKeyBytes) throw new DicomError(`the key for de-identification has ${secret.length} bytes; it needs ${minKeyBytes}`);
  const digest = (kind: string, value: string): Buffer => createHmac('sha256', secret).update(`${kind}\0${value}`).digest();
  const uids = new Map<string, string>();
  return {
    uid(uid) {
      if (uid === '' || uid.startsWith('1.2.840.10008.')) return uid;
      const remembered = uids.get(uid);
      if (remembered !== undefined) return remembered;
      const mapped = `2.25.${BigInt(`0x${digest('uid', uid).toString('hex', 0, 16)}`)}`;
      if (uids.size >= maxRemembered) uids.delete(uids.keys().next().value ?? '');
      uids.set(uid, mapped);
      return mapped;
    },
    pseudonym(kind, value) {
      return Array.from(digest(kind, value).subarray(0, 16), (byte) => alphabet[byte & 31]).join('');
    },
    dayShift(patient) {
      return 1 + (digest('days', patient).readUInt32BE(0) % 3652);
    },
  };
}

/** Moves the date at the front of a DA or DT value back by days; undefined when there is no whole, possible date. */
export function shiftDate(value: string, days: number): string | undefined {
  // ACR-NEMA wrote 1997.04.30; DT may have a time and zone behind the date.
  const found = /^(\d{4})\.?(\d{2})\.?(\d{2})(\d{0,6}(?:\.\d{1,6})?(?:[+-]\d{4})?)$/.exec(value.trim());
  if (found === null) return undefined;
  const [, year = '', month = '', day = '', rest = ''] = found;
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return undefined;
  date.setUTCDate(date.getUTCDate() - days);
  return `${date.toISOString().slice(0, 10).replaceAll('-', '')}${rest}`;
}
