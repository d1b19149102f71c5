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

const sumBytes = 6;

/**
 * A cursor: the mark and the position, with a check sum before them, so that one that was altered is told from one that was made here. It
 * keeps nothing secret: who computes it gets at most to another place of a list that they may read.
 */
export function writeCursor(mark: string, position: unknown[]): string {
  const text = Buffer.from(JSON.stringify([mark, ...position]));
  return Buffer.concat([sumOf(text), text]).toString('base64url');
}

/** What {@link writeCursor} put into a cursor; undefined when it is none of these. */
export function openCursor(cursor: string): { mark: unknown; position: unknown[] } | undefined {
  const bytes = Buffer.from(cursor, 'base64url');
  const text = bytes.subarray(sumBytes);
  if (bytes.length <= sumBytes || !sumOf(text).equals(bytes.subarray(0, sumBytes))) return undefined;
  try {
    const [mark, ...position] = JSON.parse(text.toString('utf8')) as unknown[];
    return { mark, position };
  } catch {
    return undefined;
  }
}

function sumOf(text: Uint8Array): Buffer {
  return createHash('sha256').update('fovea cursor').update(text).digest().subarray(0, sumBytes);
}

/** The position in a cursor, as many texts or numbers as `length`; undefined without a cursor. Throws `invalid_request`. */
export function readCursor(cursor: string | undefined, mark: string, length: number): (string | number)[] | undefined {
  if (cursor === undefined) return undefined;
  const opened = openCursor(cursor);
  if (!opened) throw badCursor('is not a cursor that this server made');
  const { position } = opened;
  if (opened.mark !== mark || position.length !== length) throw badCursor('belongs to another list or to other filters; repeat the same ones');
  if (!position.every((part) => typeof part === 'string' || typeof part === 'number')) throw badCursor('is not a cursor that this server made');
  return position as (string | number)[];
}

function badCursor(what: string): Fault {
  const message = `The cursor ${what}.`;
  return new Fault('invalid_request', message, { errors: [{ path: 'query.cursor', message }] });
}
