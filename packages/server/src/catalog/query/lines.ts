import type { Filter, SortKey } from '@fovea/contract';
import sql, { empty, join, type Sql } from 'sql-template-tag';
import type { Database } from '../../engines/database/database.ts';
import { compileFilter, fault, unknownField } from './compile.ts';
import type { Entity, Field } from './entity.ts';
import { orderBy, rowAlias } from './page.ts';

/** A member of each line: its name, the column that COPY gives, and how the text of that becomes JSON. */
interface Member {
  name: string;
  column: Sql;
  form: 'quoted' | 'text' | 'bare' | 'boolean' | 'json';
}

/**
 * All rows that a query finds, a line of JSON each with just the fields asked for, in the order of `sort` and in none without it. The rows come
 * by COPY and become JSON here: that costs a third of what rows of the driver do, and the whole list is one look at the table, as it is at
 * the start. Throws `invalid_request` as pages do.
 */
export function queryLines(db: Database, entity: Entity, query: { filter: Filter; sort?: readonly SortKey[] | undefined; fields: readonly string[] }, scope: Sql): AsyncIterable<string> {
  const members = query.fields.map((name, index) => memberOf(entity, name, `fields[${index}]`));
  const order = query.sort && query.sort.length > 0 ? sql`order by ${orderBy(entity, query.sort)}` : empty;
  const rows = sql`select ${join(members.map(({ column }) => column), ', ')} from ${entity.table} ${rowAlias}
    where ${scope} and ${entity.alive(rowAlias)} and ${compileFilter(entity, query.filter, rowAlias)} ${order}`;
  return toLines(db.copyOut(rows), members);
}

function memberOf(entity: Entity, name: string, at: string): Member {
  const field = Object.hasOwn(entity.fields, name) ? entity.fields[name] : undefined;
  if (field) return { name, ...columnOf(field) };
  const [column = '', ...path] = name.split('.');
  const json = Object.hasOwn(entity.json, column) ? entity.json[column]?.(rowAlias) : undefined;
  if (!json) throw unknownField(entity, name, at);
  if (path.some((key) => key.includes('\u0000') || !key.isWellFormed())) throw fault(at, 'has a part that is no text');
  return { name, column: path.length === 0 ? json : sql`${json} #> ${path}::text[]`, form: 'json' };
}

function columnOf({ type, sql: of }: Field): Pick<Member, 'column' | 'form'> {
  const value = of(rowAlias);
  switch (type) {
    case 'id':
      return { column: value, form: 'quoted' };
    case 'sha256':
      return { column: sql`encode(${value}, 'hex')`, form: 'quoted' };
    case 'time':
      return { column: sql`to_char(${value} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`, form: 'quoted' };
    case 'number':
      return { column: value, form: 'bare' };
    case 'boolean':
      return { column: value, form: 'boolean' };
    case 'texts':
      return { column: sql`to_json(${value})`, form: 'json' };
    case 'text':
    case 'path':
    case 'enum':
      return { column: value, form: 'text' };
  }
}

async function* toLines(chunks: AsyncIterable<Buffer>, members: readonly Member[]): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf(0x0a);
    if (end < 0) {
      rest = Buffer.concat([rest, chunk]);
      continue;
    }
    const text = Buffer.concat([rest, chunk.subarray(0, end)]).toString();
    rest = chunk.subarray(end + 1);
    let lines = '';
    for (const row of text.split('\n')) lines += lineOf(row, members);
    yield lines;
  }
}

function lineOf(row: string, members: readonly Member[]): string {
  const cells = members.length === 1 ? [row] : row.split('\t');
  let line = '';
  for (const [index, { name, form }] of members.entries()) line += `${index === 0 ? '{' : ','}${JSON.stringify(name)}:${valueOf(cells[index] ?? '', form)}`;
  return `${line}}\n`;
}

/** A cell of COPY's text format as JSON. */
function valueOf(cell: string, form: Member['form']): string {
  if (cell === '\\N') return 'null';
  switch (form) {
    case 'quoted':
      return `"${cell}"`;
    case 'bare':
      return cell;
    case 'boolean':
      return cell === 't' ? 'true' : 'false';
    case 'json':
      return unescape(cell);
    case 'text':
      return JSON.stringify(unescape(cell));
  }
}

const escapes: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/** PostgreSQL manual, COPY, "Text Format": what COPY writes with a backslash. */
function unescape(cell: string): string {
  return cell.includes('\\') ? cell.replace(/\\(.)/g, (_, char: string) => escapes[char] ?? char) : cell;
}
