import sql, { type Sql } from 'sql-template-tag';

/** How the values of a field are written in a filter and compared. */
export type FieldType = 'id' | 'text' | 'path' | 'number' | 'time' | 'boolean' | 'enum' | 'texts' | 'sha256';

/** A field that can be asked for. What is not declared cannot be reached. */
export interface Field {
  type: FieldType;
  /** The expression, given the alias of the entity's row. */
  sql: (alias: Sql) => Sql;
  /** Allowed values of an enum. */
  values?: readonly string[];
  /** How the column of a number is kept where it is not in double precision: what it is compared with must fit it, or be cast. */
  numberAs?: 'whole' | 'single';
  /** Never null: its comparisons can use an index as they stand. */
  required?: boolean;
  /** Not offered for sorting. */
  unsortable?: boolean;
}

/** A field of a column, or of an expression over columns. */
export const column = (of: Field['sql'], type: FieldType, more: Partial<Field> = {}): Field => ({ sql: of, type, ...more });

/** A table that filters can speak of. */
export interface Entity {
  /** Plural, as in `having`: `items`. */
  name: string;
  table: Sql;
  fields: Readonly<Record<string, Field>>;
  /** The field that no two rows of a list share, where that is not `id`. */
  key?: string;
  /** Columns of free JSON, by the name before the first dot: `metadata`. */
  json: Readonly<Record<string, (alias: Sql) => Sql>>;
  /** Condition on every row: neither deleted nor expired. */
  alive: (alias: Sql) => Sql;
  /** Entities that can be joined by `having`, and how their rows belong to ours. */
  having: Readonly<Record<string, { entity: () => Entity; on: (alias: Sql, other: Sql) => Sql; from?: (other: Sql) => Sql }>>;
}

/** Whether a query speaks of what is there, of what was deleted and can be restored, or of both. */
export type Deleted = 'exclude' | 'only' | 'include';

/** The entity with its deleted rows, or with these alone. `rest` is what else holds for every row. */
export function withDeleted(entity: Entity, which: Deleted, rest: (alias: Sql) => Sql = () => sql`true`): Entity {
  if (which === 'exclude') return entity;
  const { alive } = entity;
  const gone = (t: Sql): Sql => sql`(${t}.deleted_at is not null and ${rest(t)})`;
  return { ...entity, name: `${entity.name} ${which}`, alive: which === 'only' ? gone : (t) => sql`((${alive(t)}) or ${gone(t)})` };
}
