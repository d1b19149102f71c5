import type { QueryOperator } from '@fovea/contract';
import sql, { join, type Sql } from 'sql-template-tag';
import { fault, listOf, textOf } from './compile.ts';
import { globToLike } from './glob.ts';

/**
 * A path into a JSON column as an SQL/JSON path in lax mode (ISO/IEC 9075-2, PostgreSQL's `jsonpath`): arrays on the way are looked
 * through. Keys are quoted, so that they are names whatever they contain.
 */
export function jsonPath(keys: readonly string[], at: string): string {
  if (keys.length > 20) throw fault(at, 'goes more than 20 levels deep');
  if (keys.some((key) => key === '' || key.includes('\u0000'))) throw fault(at, 'has an empty part');
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
      return operand === null ? absent() : exists(`@ == ${literal(operand, where)}`);
    case 'ne':
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
      return sql`exists (select from jsonb_path_query(${column}, ${`${path}[*]`}::jsonpath) as value
        where jsonb_typeof(value) = 'string' and value #>> '{}' like ${globToLike(textOf(operand, where))})`;
    case 'contains':
      return exists(`@ like_regex ${JSON.stringify(textOf(operand, where))} flag "iq"`);
  }
}

/** A scalar as a jsonpath literal. */
function literal(value: unknown, at: string): string {
  if (typeof value === 'string') return JSON.stringify(textOf(value, at));
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number' && Number.isFinite(value)) return value < 0 ? `(${value})` : String(value);
  throw fault(at, 'must be text, a number, true, false or null');
}
