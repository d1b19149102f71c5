import { bad } from './errors.ts';

const dayMs = 86_400_000;
const form = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?\s?(Z|[+-]\d{2}:?\d{2})?)?$/i;

/** Default life of data and of the outputs of jobs: three days. */
export function defaultExpiration(): string {
  return new Date(Date.now() + 3 * dayMs).toISOString();
}

/** A date as the clients write it, in UTC where it names no zone, as milliseconds since 1970. */
export function readDate(text: unknown, field: string): number {
  const parts = typeof text === 'string' ? form.exec(text.trim()) : null;
  if (!parts) throw bad(`${field} must be a date such as 2020-01-31T18:04:05Z`);
  const [, year = '', month = '', day = '', hour = '00', minute = '00', second = '00', fraction = '0', zone = 'Z'] = parts;
  const offset = /^[+-]/.test(zone) ? `${zone.slice(0, 3)}:${zone.slice(-2)}` : 'Z';
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.padEnd(3, '0').slice(0, 3)}`;
  const plain = Date.parse(`${local}Z`);
  const at = Date.parse(`${local}${offset}`);
  // `Date` takes 31 days for every month; such a date comes back as another.
  if (Number.isNaN(at) || new Date(plain).toISOString() !== `${local}Z`) throw bad(`${field}: there is no date ${String(text)}`);
  return at;
}

/** An expiration given with an upload, or the default; it must lie ahead. */
export function uploadExpiration(text: unknown, field: string): string {
  if (text === undefined || text === null || text === '') return defaultExpiration();
  const at = readDate(text, field);
  if (at <= Date.now()) throw bad(`${field} lies in the past`);
  return storable(at);
}

/** The expiration after a change of TTL: `days` (text holding a number) is added to the present one, `expiration_date` replaces it. */
export function changedExpiration(present: string, change: { days?: unknown; expiration_date?: unknown }): string {
  const given = (value: unknown) => value !== undefined && value !== null && value !== '';
  if (given(change.days) === given(change.expiration_date)) throw bad('give exactly one of days and expiration_date');
  if (given(change.expiration_date)) return storable(readDate(change.expiration_date, 'expiration_date'));
  const text = String(change.days).trim();
  const days = text === '' || !/^[+-]?[\d.]+(e[+-]?\d+)?$/i.test(text) ? Number.NaN : Number(text);
  if (!Number.isFinite(days)) throw bad('days must be a finite number');
  return storable(Date.parse(present) + days * dayMs);
}

/** Before 1970 counts as then: it is over either way. */
function storable(ms: number): string {
  if (ms >= Date.UTC(9999, 11, 31)) throw bad('the expiration lies too far ahead');
  return new Date(Math.max(ms, 0)).toISOString();
}
