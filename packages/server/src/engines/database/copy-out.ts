import { escapeLiteral, type Pool } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import type { Sql } from 'sql-template-tag';

/** Streams the bytes of `COPY (query) TO STDOUT`, in its text format. */
export async function* copyOut(pool: Pool, query: Sql): AsyncGenerator<Buffer> {
  const text = withLiterals(query);
  const client = await pool.connect();
  let ended = false;
  try {
    for await (const chunk of client.query(copyTo(`copy (${text}) to stdout`))) yield chunk as Buffer;
    ended = true;
  } finally {
    // A copy that was not read to its end leaves the connection in the middle of it.
    client.release(!ended);
  }
}

/**
 * The query with its values as literals of no type, which PostgreSQL reads as it reads parameters of no type: COPY is a utility statement and
 * takes none (PostgreSQL manual, PREPARE). The quoting is the driver's own. Throws a TypeError for a value that is none of those named in
 * {@link literal}.
 */
export function withLiterals({ strings, values }: Sql): string {
  let text = strings[0] ?? '';
  for (const [index, value] of values.entries()) text += ` ${literal(value)} ${strings[index + 1] ?? ''}`;
  return text;
}

/** Text, number, boolean, date, bytes, null, or a list of them. */
function literal(value: unknown): string {
  const text = asText(value);
  return text === null ? 'null' : escapeLiteral(text);
}

function asText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') {
    if (value.includes('\u0000')) throw new TypeError('A text of PostgreSQL has no zero byte.');
    return value;
  }
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`;
  if (Array.isArray(value)) return `{${value.map(element).join(',')}}`;
  throw new TypeError(`A value of the type ${typeof value} cannot stand in a query.`);
}

/** One element of an array, in the syntax of array literals (PostgreSQL manual, Arrays, "Array Input and Output Syntax"). */
function element(value: unknown): string {
  const text = asText(value);
  return text === null ? 'NULL' : `"${text.replace(/["\\]/g, '\\$&')}"`;
}
