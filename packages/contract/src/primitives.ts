import { z } from 'zod';

/** An id as {@link newId} makes them; any UUID is let through, an unknown one answers 404. */
export const id = z.uuid().describe('UUID, version 7: sorts by creation');

/** RFC 3339 in UTC with milliseconds, as the platform writes it. */
export const time = z.iso.datetime().describe('RFC 3339, UTC, milliseconds');

/** RFC 3339 with any offset, as the platform reads it; a zone is required. */
export const timeInput = z.iso
  .datetime({ offset: true, error: 'must be an RFC 3339 time with a zone, e.g. 2026-01-31T18:04:05.123Z' })
  .refine((text) => Number(text.slice(0, 4)) < 9999, { error: 'must lie before the year 9999' })
  .refine((text) => Number(text.slice(0, 4)) > 0, { error: 'must lie after the year 0' });

const dayMs = 86_400_000;
/** The last moment that {@link timeInput} takes. */
const lastTimeMs = Date.UTC(9998, 11, 31, 23, 59, 59, 999);

/** When something ends: a time with a zone, or so many days from now (`30d`, `0.5d`), which is turned into a time. */
export const expiryInput = z
  .string()
  .transform((text, context) => {
    const days = /^(\d{1,12}(?:\.\d{1,9})?)d$/.exec(text)?.[1];
    if (days !== undefined) {
      const atMs = Date.now() + Number(days) * dayMs;
      if (atMs <= lastTimeMs) return new Date(atMs).toISOString();
    }
    const time = timeInput.safeParse(text);
    if (time.success) return time.data;
    const message = days === undefined ? time.error.issues[0]?.message : 'must lie before the year 9999';
    context.addIssue({ code: 'custom', message: message?.startsWith('must be') ? `${message}, or days from now such as 30d` : (message ?? 'is no time') });
    return z.NEVER;
  })
  .describe('RFC 3339 with a zone, or days from now such as `30d`');

/** {@link expiryInput} for what is new: it cannot have ended already. */
export const futureExpiry = expiryInput.refine((text) => Date.parse(text) > Date.now(), { error: 'must lie in the future' });

const controls = /[\u0000-\u001f\u007f]/;

/** A name of a thing: 1–200 characters on one line. */
export const name = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(200, 'must have at most 200 characters')
  .refine((text) => !controls.test(text), { error: 'must not contain control characters' });

/** Longer text: at most 10,000 characters. */
export const description = z.string().max(10_000, 'must have at most 10,000 characters');

/** A path of an item in its dataset, e.g. `/scans/2026/a.dcm`. A leading slash is added when it is missing. */
export const itemPath = z
  .string()
  .min(1, 'must not be empty')
  .transform((text) => (text.startsWith('/') ? text : `/${text}`))
  .superRefine((text, context) => {
    const fault = pathFault(text);
    if (fault) context.addIssue({ code: 'custom', message: fault });
  });

/** What is wrong with a path, or undefined. */
export function pathFault(path: string): string | undefined {
  if (path.length > 1024) return `must have at most 1,024 characters, has ${path.length}`;
  if (controls.test(path)) return 'must not contain control characters such as NUL';
  if (path.includes('\\')) return 'must use / between folders, not \\';
  if (!isWellFormed(path)) return 'must be well-formed Unicode';
  const segments = path.split('/').slice(1);
  for (const segment of segments) {
    if (segment === '') return 'must not contain an empty folder or file name';
    if (segment === '.' || segment === '..') return `must not contain the segment "${segment}"`;
    if (new TextEncoder().encode(segment).length > 255) return 'must have at most 255 bytes in each folder or file name';
  }
  return undefined;
}

function isWellFormed(text: string): boolean {
  return text.isWellFormed();
}

/** JSON that a user attaches to a thing. */
export const metadata = z.record(z.string(), z.unknown()).describe('Any JSON object');

/** {@link metadata} as JSON text, where it stands in a query or a header. */
export const metadataText = z
  .string()
  .transform((text, context): Record<string, unknown> => {
    const read = parseObject(text);
    if (typeof read !== 'string') return read;
    context.addIssue({ code: 'custom', message: read });
    return z.NEVER;
  })
  .describe('Any JSON object');

/** The object, or what is wrong with the text. */
function parseObject(text: string): Record<string, unknown> | string {
  let hasPrototype = false;
  try {
    const value: unknown = JSON.parse(text, (key, inner: unknown) => {
      hasPrototype ||= key === '__proto__';
      return inner;
    });
    if (hasPrototype) return 'must not contain the key "__proto__"';
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : 'must be a JSON object';
  } catch {
    return 'must be a JSON object';
  }
}

/** The query of every list. */
export const pageQuery = z.object({
  limit: z.coerce
    .number()
    .int('must be a whole number')
    .min(1, 'must be from 1 to 1000')
    .max(1000, 'must be from 1 to 1000')
    .default(100)
    .describe('How many at most, 1 to 1000'),
  cursor: z.string().max(4000).optional().describe('`next` of the page before'),
});

/** A page of a list; `next` is null on the last one. */
export function page<T extends z.ZodType>(of: T) {
  return z.object({ data: z.array(of), next: z.string().nullable().describe('Cursor of the next page, or null') });
}

/** `true` and `false` as they stand in a query string. */
export const queryBoolean = z
  .enum(['true', 'false'], { error: 'must be true or false' })
  .transform((text) => text === 'true');

/** Whether a change has any field at all: one that has none is a mistake of who sends it. */
export const saysSomething = (change: object): boolean => Object.values(change).some((value) => value !== undefined);
