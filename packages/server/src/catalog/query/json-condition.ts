import type { QueryOperator } from '@fovea/contract';
import sql, { join, type Sql } from 'sql-template-tag';
import { fault, listOf, textOf } from './compile.ts';
import { isPlainObject } from './values.ts';
import { globToLike } from './glob.ts';

/**
 * A path into a JSON column as an SQL/JSON path in lax mode (ISO/IEC 9075-2, PostgreSQL's `jsonpath`): arrays on the way are looked
 * through. Keys are quoted, so that they are names whatever they contain.
 */
export function jsonPath(keys: readonly string[], at: string): string {
  if (keys.length > 20) throw fault(at, 'goes more than 20 levels deep');
  if (keys.some((key) => key === '' || key.includes('\u0000') || !key.isWellFormed())) throw fault(at, 'has an empty part, or one that is no text');
  return `$${keys.map((key) => `.${JSON.stringify(key)}`).join('')}`;
}

const comparisons = { eq: '==', gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;

/** A condition on a value in a JSON column. Equality can use a GIN index (`jsonb_path_ops`); the others look at each row. */
export function jsonCondition(column: Sql, path: string, operator: QueryOperator, operand: unknown, at: string): Sql {
  const where = `${at}.${operator}`;
  // The path is a parameter too: it is data, parsed by PostgreSQL as a path and nothing else.
  const exists = (predicate: string) => sql`${column} @? ${`${path} ? (${predicate})`}::jsonpath`;
  const absent = () => sql`not coalesce(${exists('@ != null')}, false)`;
  switch (operator) {
    case 'exists':
      if (typeof operand !== 'boolean') throw fault(where, 'must be true or false');
      return operand ? exists('@ != null') : absent();
    case 'eq':
      if (typeof operand === 'object' && operand !== null) return equalsWhole(column, path, operand, where);
      return operand === null ? absent() : exists(`@ == ${literal(operand, where)}`);
    case 'ne':
      if (typeof operand === 'object' && operand !== null) return sql`not ${equalsWhole(column, path, operand, where)}`;
      return operand === null ? exists('@ != null') : sql`not coalesce(${exists(`@ == ${literal(operand, where)}`)}, false)`;
    case 'in':
    case 'nin': {
      const tests = listOf(operand, where).map((value, index) => (value === null ? absent() : exists(`@ == ${literal(value, `${where}[${index}]`)}`)));
      const within = tests.length === 0 ? sql`false` : sql`coalesce((${join(tests, ' or ')}), false)`;
      return operator === 'in' ? within : sql`not ${within}`;
    }
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte': {
      if (typeof operand === 'boolean' || operand === null) throw fault(where, 'must be a number or text');
      return exists(`@ ${comparisons[operator]} ${literal(operand, where)}`);
    }
    case 'match':
      if (isPlainObject(operand)) return exists(elementPredicate(operand, where));
      return sql`exists (select from jsonb_path_query(${column}, ${`${path}[*]`}::jsonpath) as value
        where jsonb_typeof(value) = 'string' and value #>> '{}' like ${globToLike(textOf(operand, where))})`;
    case 'contains':
      return exists(`@ like_regex ${JSON.stringify(textOf(operand, where))} flag "iq"`);
  }
}

/** Lists hold the same values in any order; objects are the same through and through. */
function equalsWhole(column: Sql, path: string, operand: object, at: string): Sql {
  const wanted = textOf(JSON.stringify(operand), at);
  const same = Array.isArray(operand) ? sql`jsonb_typeof(value) = 'array' and value @> ${wanted}::jsonb and value <@ ${wanted}::jsonb` : sql`value = ${wanted}::jsonb`;
  return sql`exists (select from jsonb_path_query(${column}, ${path}::jsonpath) as value where ${same})`;
}

/** What one element must satisfy as a whole: `{ "kind": "wheel", "side": "left" }`; `{ "exists": true }` asks for presence. */
function elementPredicate(wanted: Record<string, unknown>, at: string): string {
  const entries = Object.entries(wanted);
  if (entries.length === 0) return '@ != null';
  if (entries.length > 50) throw fault(at, 'must have at most 50 keys');
  return entries
    .map(([key, value]) => {
      const place = jsonPath(key.split('.'), at).replace(/^\$/, '@');
      if (isPlainObject(value) && typeof value['exists'] === 'boolean') return `${value['exists'] ? '' : '!'}exists(${place} ? (@ != null))`;
      return value === null ? `!exists(${place} ? (@ != null))` : `${place} == ${literal(value, at)}`;
    })
    .join(' && ');
}

/** A scalar as a jsonpath literal. */
function literal(value: unknown, at: string): string {
  if (typeof value === 'string') return JSON.stringify(textOf(value, at));
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number' && Number.isFinite(value)) return value < 0 ? `(${value})` : String(value);
  throw fault(at, 'must be text, a number, true, false or null');
}
