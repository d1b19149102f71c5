import type { items, Parsed, QueryField, ResultOf } from '@fovea/contract';
import sql, { empty, type Sql } from 'sql-template-tag';
import type { Queryable } from '../../engines/database/database.ts';
import type { SeenEntities } from '../../labeling/quality/seen-entities.ts';
import { unknownField } from '../query/compile.ts';
import type { Entity } from '../query/entity.ts';
import { jsonPath } from '../query/json-condition.ts';
import { itemEntity } from './entity.ts';

type Values = ResultOf<typeof items.values>;

/** Items looked at from either end: where keys and values come from that no index knows. */
const fieldSample = 1_000;
const valueSample = 10_000;
/** Metadata larger than this (stored bytes) are left out; they would make a suggestion slow. */
const maxMetadataBytes = 20_000;
const maxKeys = 500;
const maxDepth = 6;

/** Indexed, so that all their values are found by one step each. */
const joined = { 'annotations.label': 'label', 'annotations.type': 'type' } as const;

const t = sql`t`;
const alive = itemEntity.alive(t);

/** The first and the newest items of a dataset. */
function sampleOf(datasetId: string, columns: Sql, each: number): Sql {
  const from = sql`select t.id, ${columns} from items t where t.dataset_id = ${datasetId} and ${alive}`;
  return sql`(${from} order by t.id limit ${each}) union (${from} order by t.id desc limit ${each})`;
}

/** Every field that a filter can name, and the keys that metadata have. */
export async function fieldsOf(db: Queryable, datasetId: string): Promise<ResultOf<typeof items.fields>> {
  const column = sql`case when pg_column_size(t.metadata) <= ${maxMetadataBytes} then t.metadata end as metadata`;
  const rows = await db.many<{ metadata: Record<string, unknown> | null }>(sql`select metadata from (${sampleOf(datasetId, column, fieldSample)}) as sample`);
  const keys = new Map<string, { types: Set<QueryField['type']>; items: number }>();
  for (const { metadata } of rows) {
    for (const [name, types] of keysOf(metadata ?? {})) {
      const known = keys.get(name) ?? (keys.size < maxKeys ? { types: new Set(), items: 0 } : undefined);
      if (!known) continue;
      for (const type of types) known.types.add(type);
      known.items += 1;
      keys.set(name, known);
    }
  }
  const own = Object.entries(itemEntity.fields).map(([name, { type, values }]): QueryField => ({ name, type, ...(values && { values: [...values] }), items: null }));
  const found = [...keys].map(([name, { types, items }]): QueryField => ({ name: `metadata.${name}`, type: types.size === 1 ? ([...types][0] ?? 'mixed') : 'mixed', items }));
  const ofAnnotations = Object.keys(joined).map((name): QueryField => ({ name, type: 'text', items: null }));
  return { data: [...own, ...ofAnnotations, ...found.toSorted((a, b) => (b.items ?? 0) - (a.items ?? 0))], examined: rows.length };
}

/** The paths to the plain values of an object, arrays looked through, with the types found there. */
function keysOf(value: unknown, path: readonly string[] = [], found = new Map<string, Set<QueryField['type']>>()): Map<string, Set<QueryField['type']>> {
  if (path.length > maxDepth) return found;
  if (Array.isArray(value)) {
    for (const one of value.slice(0, 20)) keysOf(one, path, found);
  } else if (typeof value === 'object' && value !== null) {
    // A dot in a key would be read as a step; such keys cannot be asked for.
    for (const [key, inner] of Object.entries(value)) if (key !== '' && !key.includes('.')) keysOf(inner, [...path, key], found);
  } else if (path.length > 0 && (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')) {
    const name = path.join('.');
    const type = typeof value === 'string' ? 'text' : typeof value === 'number' ? 'number' : 'boolean';
    found.set(name, (found.get(name) ?? new Set()).add(type));
  }
  return found;
}

/** Values that a field has, the most frequent first. Throws `invalid_request` for a field that is none. */
export async function valuesOf(db: Queryable, datasetId: string, query: Parsed<typeof items.values>['query'], seen: SeenEntities): Promise<Values> {
  const { field: name } = query;
  if (name === 'annotations.label' || name === 'annotations.type') return { data: await distinctOf(db, sql`annotations t`, joined[name] === 'label' ? sql`t.label` : sql`t.type`, seen.annotations.alive(t), datasetId, query), examined: null };
  if (name === 'channel') return { data: await distinctOf(db, sql`items t`, sql`t.channel`, sql`t.deleted_at is null`, datasetId, query), examined: null };
  const value = valueExpression(seen.items, name);
  const rows = await db.many<{ value: string | number | boolean | null; count: number; examined: number }>(sql`
    with sample as materialized (${sampleOf(datasetId, sql`${value} as found`, valueSample)}),
      single as (select distinct sample.id, one from sample cross join lateral jsonb_array_elements(found) as one where jsonb_typeof(one) in ('string', 'number', 'boolean'))
    select one as value, count(*) as count, (select count(*) from sample) as examined from single
    where ${beginsWith(sql`one #>> '{}'`, query.prefix)} and length(one #>> '{}') <= 1000 group by one order by count desc, one limit ${query.limit}`);
  return { data: rows.flatMap(({ value: one, count }) => (one === null ? [] : [{ value: one, count }])), examined: rows[0]?.examined ?? 0 };
}

/** A field's values on a row, as a JSON array. */
function valueExpression(entity: Entity, name: string): Sql {
  const field = Object.hasOwn(entity.fields, name) ? entity.fields[name] : undefined;
  if (field?.type === 'sha256') return sql`jsonb_build_array(encode(${field.sql(t)}, 'hex'))`;
  if (field?.type === 'texts') return sql`to_jsonb(${field.sql(t)})`;
  if (field) return sql`jsonb_build_array(${field.sql(t)})`;
  const [column = '', ...keys] = name.split('.');
  const json = Object.hasOwn(entity.json, column) ? entity.json[column] : undefined;
  if (!json || keys.length === 0) throw unknownField(entity, name, 'query.field');
  return sql`jsonb_path_query_array(${json(t)}, ${`${jsonPath(keys, 'query.field')}[*]`}::jsonpath)`;
}

const beginsWith = (text: Sql, prefix: string): Sql => (prefix === '' ? sql`true` : sql`${text} ilike ${`${prefix.replace(/[\\%_]/g, '\\$&')}%`}`);

/** Every value of an indexed column in order, by one step through the index for each. */
async function distinctOf(db: Queryable, table: Sql, column: Sql, condition: Sql, datasetId: string, { prefix, limit }: { prefix: string; limit: number }): Promise<Values['data']> {
  const next = (after: Sql) => sql`(select ${column} from ${table} where t.dataset_id = ${datasetId} and ${condition} and ${column} is not null ${after} order by ${column} limit 1)`;
  const rows = await db.many<{ value: string }>(sql`
    with recursive walk (value) as (
      ${next(empty)} union all select ${next(sql`and ${column} > walk.value`)} from walk where walk.value is not null
    ) select value from walk where value is not null and ${beginsWith(sql`value`, prefix)} limit ${limit}`);
  return rows.map(({ value }) => ({ value, count: null }));
}
