import { createHash } from 'node:crypto';
import { queryLimits, type Filter, type SortKey } from '@fovea/contract';
import sql, { empty, join, raw, type Sql } from 'sql-template-tag';
import type { Queryable } from '../../engines/database/database.ts';
import { openCursor, writeCursor, type Page } from '../../paging.ts';
import { compileFilter, fault, unknownField } from './compile.ts';
import type { Entity, FieldType } from './entity.ts';
import { jsonPath } from './json-condition.ts';

/** What a query asks for; the scope is a condition of ours, such as the dataset. */
export interface EntityQuery {
  filter: Filter;
  sort?: readonly SortKey[] | undefined;
  limit: number;
  cursor?: string | undefined;
  /** Rows skipped: for doors whose protocol pages by number. Costs what it skips. */
  offset?: number | undefined;
}

interface Key {
  sql: Sql;
  type: FieldType | 'json';
  desc: boolean;
  required: boolean;
  /** In single precision, which its position in a cursor must be compared in. */
  single?: boolean;
}

export const rowAlias: Sql = raw('t');

/**
 * Runs a query page by page. The order is total (the id, or what else names a row, decides at the end), and the cursor holds the sort values of the last row, so that
 * rows inserted or deleted meanwhile neither repeat nor hide others, and page N costs what page 1 costs.
 */
export async function queryPage<Row extends object, T>(
  db: Queryable,
  entity: Entity,
  query: EntityQuery,
  given: { columns: Sql; from?: Sql; scope: Sql; scopeMark: unknown; defaultSort: readonly SortKey[]; map: (row: Row) => T },
): Promise<Page<T>> {
  const { keys, mark } = orderOfQuery(entity, query, given);
  const after = readPosition(query.cursor, mark, keys);
  const where = compileFilter(entity, query.filter, rowAlias);
  const positions = keys.map((key, index) => sql`${positionOf(key)} as ${raw(`sort_${index}`)}`);
  const rows = await db.many<Row & Record<string, unknown>>(sql`
    select ${given.columns}, ${join(positions, ', ')} from ${given.from ?? sql`${entity.table} ${rowAlias}`}
    where ${given.scope} and ${entity.alive(rowAlias)} and ${where} ${after ? sql`and ${afterPosition(keys, after)}` : empty}
    order by ${join(keys.map(orderOf), ', ')} limit ${query.limit + 1} ${query.offset ? sql`offset ${query.offset}` : empty}`);
  const shown = rows.slice(0, query.limit);
  const last = shown.at(-1);
  const next = rows.length > query.limit && last ? writePosition(mark, keys, last) : null;
  return { data: shown.map(given.map), next };
}

/** How many rows a query finds, and its cursors after every so many of them: a list can be entered anywhere. One walk over the rows. */
export async function queryLandmarks(
  db: Queryable,
  entity: Entity,
  query: { filter: Filter; sort?: readonly SortKey[] | undefined; every: number },
  given: { scope: Sql; scopeMark: unknown; defaultSort: readonly SortKey[] },
): Promise<{ count: number; cursors: string[] }> {
  const { keys, mark } = orderOfQuery(entity, query, given);
  const ordered = join(keys.map(orderOf), ', ');
  const columns = keys.map((key, index) => sql`${key.sql} as ${raw(`key_${index}`)}`);
  const positions = keys.map((key, index) => sql`${positionOf({ ...key, sql: sql`walk.${raw(`key_${index}`)}` })} as ${raw(`sort_${index}`)}`);
  const rows = await db.many<Record<string, unknown> & { place: number }>(sql`
    select place, ${join(positions, ', ')} from (
      select ${join(columns, ', ')}, row_number() over (order by ${ordered}) as place, lead(true) over (order by ${ordered}) is null as last
      from ${entity.table} ${rowAlias} where ${given.scope} and ${entity.alive(rowAlias)} and ${compileFilter(entity, query.filter, rowAlias)}
    ) as walk where place % ${query.every} = 0 or last order by place`);
  const count = rows.at(-1)?.place ?? 0;
  // After the very last row there is nothing to continue with.
  const cursors = rows.filter(({ place }) => place % query.every === 0 && place < count).map((row) => writePosition(mark, keys, row));
  return { count, cursors };
}

/** Counts what a filter finds; with `atMost`, no further than that. */
export async function queryCount(db: Queryable, entity: Entity, filter: Filter, scope: Sql, atMost?: number): Promise<number> {
  const rows = sql`from ${entity.table} ${rowAlias} where ${scope} and ${entity.alive(rowAlias)} and ${compileFilter(entity, filter, rowAlias)}`;
  const row = await db.one<{ count: number }>(atMost === undefined ? sql`select count(*) as count ${rows}` : sql`select count(*) as count from (select ${rows} limit ${atMost}) as counted`);
  return row.count;
}

/** What stands after `order by`: a total order, as pages have it. */
export function orderBy(entity: Entity, sort: readonly SortKey[]): Sql {
  return join(sortKeys(entity, sort).map(orderOf), ', ');
}

/** The order of a query, and the mark that its cursors carry. */
function orderOfQuery(entity: Entity, query: { filter: Filter; sort?: readonly SortKey[] | undefined }, given: { scopeMark: unknown; defaultSort: readonly SortKey[] }): { keys: Key[]; mark: string } {
  const sort = query.sort && query.sort.length > 0 ? query.sort : given.defaultSort;
  const mark = createHash('sha256').update(JSON.stringify([entity.name, given.scopeMark, query.filter, sort])).digest('base64url').slice(0, 10);
  return { keys: sortKeys(entity, sort), mark };
}

function writePosition(mark: string, keys: readonly Key[], row: Record<string, unknown>): string {
  return writeCursor(mark, keys.map((_key, index) => row[`sort_${index}`]));
}

function sortKeys(entity: Entity, sort: readonly SortKey[]): Key[] {
  if (sort.length > queryLimits.maxSortKeys) throw fault('sort', `must have at most ${queryLimits.maxSortKeys} keys`);
  const keys = sort.map(({ field: name, direction }, index): Key => {
    const desc = direction === 'desc';
    const field = Object.hasOwn(entity.fields, name) ? entity.fields[name] : undefined;
    if (field && !field.unsortable && field.type !== 'texts') return { sql: field.sql(rowAlias), type: field.type, desc, required: field.required ?? false, single: field.numberAs === 'single' };
    if (field) throw fault(`sort[${index}]`, `"${name}" cannot be sorted by`);
    const [column = '', ...path] = name.split('.');
    const json = Object.hasOwn(entity.json, column) ? entity.json[column] : undefined;
    if (!json || path.length === 0) throw unknownField(entity, name, `sort[${index}]`);
    // Compared as JSON: null, then text, then numbers, as jsonb orders its types.
    return { sql: sql`jsonb_path_query_first(${json(rowAlias)}, ${jsonPath(path, `sort[${index}]`)}::jsonpath)`, type: 'json', desc, required: false };
  });
  const last = entity.key ?? 'id';
  const decides = entity.fields[last];
  if (decides && !sort.some((key) => key.field === last)) keys.push({ sql: decides.sql(rowAlias), type: decides.type, desc: sort.at(-1)?.direction === 'desc', required: true });
  return keys;
}

const castOf: Partial<Record<Key['type'], string>> = { id: 'uuid', number: 'float8', time: 'timestamptz', boolean: 'boolean', sha256: 'bytea', json: 'jsonb' };

/** Text sorts by code point, the same on every installation. */
function comparable(key: Key): Sql {
  return key.type === 'text' || key.type === 'enum' ? sql`(${key.sql}) collate "C"` : key.sql;
}

function orderOf(key: Key): Sql {
  const nulls = key.required ? empty : key.desc ? sql` nulls last` : sql` nulls first`;
  return sql`${comparable(key)} ${key.desc ? sql`desc` : sql`asc`}${nulls}`;
}

/** The value that the cursor keeps, as text that reads back to the same value. */
function positionOf(key: Key): Sql {
  if (key.type === 'sha256') return sql`encode(${key.sql}, 'hex')`;
  if (key.type === 'time') return sql`to_char(${key.sql} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
  return sql`(${key.sql})::text`;
}

function valueOf(key: Key, value: string): Sql {
  if (key.type === 'sha256') return sql`decode(${value}, 'hex')`;
  const cast = key.single ? 'real' : castOf[key.type];
  return cast === undefined ? sql`${value}::text collate "C"` : sql`${value}::${raw(cast)}`;
}

/** Rows strictly after the position, in the order of the keys. */
function afterPosition(keys: readonly Key[], values: readonly (string | null)[]): Sql {
  const uniform = keys.every((key) => key.required && key.desc === keys[0]?.desc);
  if (uniform && values.every((value) => value !== null)) {
    // One row comparison, which an index on these columns serves as it stands.
    const left = join(keys.map(comparable), ', ');
    const right = join(keys.map((key, index) => valueOf(key, values[index] ?? '')), ', ');
    return sql`(${left}) ${keys[0]?.desc ? sql`<` : sql`>`} (${right})`;
  }
  const alternatives = keys.map((key, index) => {
    const equal = keys.slice(0, index).map((before, at) => equals(before, values[at] ?? null));
    return sql`(${join([...equal, beyond(key, values[index] ?? null)], ' and ')})`;
  });
  return sql`(${join(alternatives, ' or ')})`;
}

function equals(key: Key, value: string | null): Sql {
  return value === null ? sql`${key.sql} is null` : sql`${comparable(key)} = ${valueOf(key, value)}`;
}

/** Null stands before everything; descending, after everything. */
function beyond(key: Key, value: string | null): Sql {
  if (value === null) return key.desc ? sql`false` : sql`${key.sql} is not null`;
  if (!key.desc) return sql`${comparable(key)} > ${valueOf(key, value)}`;
  return key.required ? sql`${comparable(key)} < ${valueOf(key, value)}` : sql`(${comparable(key)} < ${valueOf(key, value)} or ${key.sql} is null)`;
}

function readPosition(cursor: string | undefined, mark: string, keys: readonly Key[]): (string | null)[] | undefined {
  if (cursor === undefined) return undefined;
  const opened = openCursor(cursor);
  if (!opened) throw fault('cursor', 'is not a cursor that this server made');
  const { position: values } = opened;
  if (opened.mark !== mark || values.length !== keys.length) throw fault('cursor', 'belongs to another query; repeat the same filter and sort');
  if (!values.every((value, index): value is string | null => isPosition(keys[index], value))) throw fault('cursor', 'is not a cursor that this server made');
  return values;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether a cursor's value can be one of the key; what was forged is told from what was not before the database sees it. */
function isPosition(key: Key | undefined, value: unknown): value is string | null {
  if (value === null) return key !== undefined && !key.required;
  if (typeof value !== 'string' || value.includes('\u0000') || !value.isWellFormed()) return false;
  switch (key?.type) {
    case 'id':
      return uuid.test(value);
    case 'number':
      return value.trim() !== '' && Number.isFinite(Number(value)) && !/[xob]/i.test(value);
    case 'time':
      return /^-?\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(value) && !Number.isNaN(Date.parse(value));
    case 'boolean':
      return value === 'true' || value === 'false';
    case 'sha256':
      return /^([0-9a-f]{2})*$/.test(value);
    case 'json':
      return isJson(value);
    default:
      return true;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
