import { createHash } from 'node:crypto';
import { Fault } from './fault.ts';

/** A page of a list; `next` continues it. */
export interface Page<T> {
  data: T[];
  next: string | null;
}

/**
 * Cuts a page from rows that were read with `limit + 1`; `position` gives what the next page continues after. The cursor
 * carries a mark of the list and its filters, so that one of another query is refused instead of giving nonsense.
 */
export function cutPage<Row, T>(
  rows: Row[],
  options: { limit: number; mark: string; position: (row: Row) => unknown[]; map: (row: Row) => T },
): Page<T> {
  const more = rows.length > options.limit;
  const shown = more ? rows.slice(0, options.limit) : rows;
  const last = shown.at(-1);
  return {
    data: shown.map(options.map),
    next: more && last !== undefined ? writeCursor(options.mark, options.position(last)) : null,
  };
}

/** The mark of a list and its filters, for {@link cutPage} and {@link readCursor}. */
export function listMark(list: string, filter: unknown): string {
  return createHash('sha256').update(list).update(JSON.stringify(filter)).digest('base64url').slice(0, 8);
}

function writeCursor(mark: string, position: unknown[]): string {
  return Buffer.from(JSON.stringify([mark, ...position])).toString('base64url');
}

/** The position in a cursor, as many texts or numbers as `length`; undefined without a cursor. Throws `invalid_request`. */
export function readCursor(cursor: string | undefined, mark: string, length: number): (string | number)[] | undefined {
  if (cursor === undefined) return undefined;
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    throw badCursor('is not a cursor that this server made');
  }
  if (!Array.isArray(parts) || parts.length !== length + 1) throw badCursor('is not a cursor that this server made');
  const [given, ...position] = parts as unknown[];
  if (given !== mark) throw badCursor('belongs to another list or to other filters; repeat the same ones');
  if (!position.every((part) => typeof part === 'string' || typeof part === 'number')) throw badCursor('is not a cursor that this server made');
  return position as (string | number)[];
}

function badCursor(what: string): Fault {
  const message = `The cursor ${what}.`;
  return new Fault('invalid_request', message, { errors: [{ path: 'query.cursor', message }] });
}
