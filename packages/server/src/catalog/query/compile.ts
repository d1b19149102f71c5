import { queryLimits, queryOperators, type Filter, type QueryOperator } from '@fovea/contract';
import sql, { empty, join, raw, type Sql } from 'sql-template-tag';
import { Fault } from '../../fault.ts';
import type { Entity, Field } from './entity.ts';
import { globToLike, pathGlob } from './glob.ts';
import { jsonCondition, jsonPath } from './json-condition.ts';
import { checkValue, isPlainObject } from './values.ts';

/**
 * Compiles a filter to one parameterised condition on rows of the entity under an alias. Only declared fields and JSON columns can
 * be reached; every value travels as a parameter. Throws `invalid_request` naming the field, operator or value that is wrong.
 */
export function compileFilter(entity: Entity, filter: Filter, alias: Sql): Sql {
  return new Compiler().filter(entity, filter, alias, 'filter', 1);
}

class Compiler {
  private conditions = 0;
  private joins = 0;

  filter(entity: Entity, filter: unknown, alias: Sql, path: string, depth: number): Sql {
    if (!isPlainObject(filter)) throw fault(path, 'must be an object');
    if (depth > queryLimits.maxDepth) throw fault(path, `is more than ${queryLimits.maxDepth} levels deep`);
    const parts: Sql[] = [];
    for (const [key, value] of Object.entries(filter)) {
      if (value === undefined) continue;
      parts.push(this.part(entity, key, value, alias, `${path}.${key}`, depth));
    }
    return parts.length === 0 ? sql`true` : parts.length === 1 ? (parts[0] ?? sql`true`) : sql`(${join(parts, ' and ')})`;
  }

  private part(entity: Entity, key: string, value: unknown, alias: Sql, path: string, depth: number): Sql {
    if (key === 'and' || key === 'or') return this.group(entity, key, value, alias, path, depth);
    if (key === 'not') return sql`not coalesce(${this.filter(entity, value, alias, path, depth + 1)}, false)`;
    if (key === 'having') return this.having(entity, value, alias, path, depth);
    const conditions = isPlainObject(value) ? Object.entries(value).filter(([, operand]) => operand !== undefined) : [['eq', value] as const];
    if (conditions.length === 0) throw fault(path, `needs an operator; allowed: ${queryOperators.join(', ')}`);
    const compiled = conditions.map(([operator, operand]) => this.condition(entity, key, operator, operand, alias, path));
    return compiled.length === 1 ? (compiled[0] ?? empty) : sql`(${join(compiled, ' and ')})`;
  }

  private group(entity: Entity, key: 'and' | 'or', value: unknown, alias: Sql, path: string, depth: number): Sql {
    if (!Array.isArray(value)) throw fault(path, 'must be an array of filters');
    if (value.length === 0) return key === 'and' ? sql`true` : sql`false`;
    const parts = value.map((inner, index) => this.filter(entity, inner, alias, `${path}[${index}]`, depth + 1));
    return sql`(${join(parts, key === 'and' ? ' and ' : ' or ')})`;
  }

  private having(entity: Entity, value: unknown, alias: Sql, path: string, depth: number): Sql {
    if (!isPlainObject(value)) throw fault(path, 'must be an object such as {"annotations": {…}}');
    const parts = Object.entries(value).map(([name, inner]) => {
      const joined = Object.hasOwn(entity.having, name) ? entity.having[name] : undefined;
      if (!joined) throw fault(`${path}.${name}`, `is not joined to ${entity.name}; allowed: ${Object.keys(entity.having).join(', ') || 'none'}`);
      const other = raw(`h${++this.joins}`);
      const target = joined.entity();
      const condition = this.filter(target, inner, other, `${path}.${name}`, depth + 1);
      const from = joined.from ? joined.from(other) : sql`${target.table} ${other}`;
      return sql`exists (select from ${from} where ${joined.on(alias, other)} and ${target.alive(other)} and ${condition})`;
    });
    return parts.length === 0 ? sql`true` : sql`(${join(parts, ' and ')})`;
  }

  private condition(entity: Entity, name: string, operator: string, operand: unknown, alias: Sql, path: string): Sql {
    this.conditions += 1;
    if (this.conditions > queryLimits.maxConditions) throw fault(path, `a filter has at most ${queryLimits.maxConditions} conditions`);
    if (!isOperator(operator)) throw fault(`${path}.${operator}`, `is not an operator; allowed: ${queryOperators.join(', ')}`);
    const field = Object.hasOwn(entity.fields, name) ? entity.fields[name] : undefined;
    if (field) return fieldCondition(field, operator, operand, field.sql(alias), path);
    const [column = '', ...keys] = name.split('.');
    const json = Object.hasOwn(entity.json, column) ? entity.json[column] : undefined;
    if (json && keys.length > 0) return jsonCondition(json(alias), jsonPath(keys, path), operator, operand, path);
    throw unknownField(entity, name, path);
  }
}

/** The error for a field that is not declared: names it, and the ones that are. */
export function unknownField(entity: Entity, name: string, path: string): Fault {
  const json = Object.keys(entity.json).map((column) => `${column}.*`);
  return fault(path, `"${name.slice(0, 100)}" is not a field of ${entity.name}; allowed: ${[...Object.keys(entity.fields), ...json].join(', ')}`);
}

function isOperator(text: string): text is QueryOperator {
  return (queryOperators as readonly string[]).includes(text);
}

/** A fault of a filter, at a path such as `filter.and[0].label`. */
export function fault(path: string, message: string): Fault {
  return new Fault('invalid_request', `${path} ${message}.`, { errors: [{ path, message }] });
}

const comparisons = { gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;

/** A condition on a declared column. Comparisons with null are false, so that `not` means what it says. */
function fieldCondition(field: Field, operator: QueryOperator, operand: unknown, column: Sql, path: string): Sql {
  const at = `${path}.${operator}`;
  if (operator === 'exists') {
    if (typeof operand !== 'boolean') throw fault(at, 'must be true or false');
    const present = field.type === 'texts' ? sql`cardinality(${column}) > 0` : sql`${column} is not null`;
    return operand ? present : sql`not (${present})`;
  }
  if (field.type === 'texts') return textsCondition(operator, operand, column, at);
  switch (operator) {
    case 'eq':
      // As it stands, so that an index on the rows for which it holds is found.
      if (field.type === 'boolean' && typeof operand === 'boolean') return operand ? sql`(${column})` : sql`not (${column})`;
      return operand === null ? sql`${column} is null` : sql`${column} = ${valueFor(field, operand, at)}`;
    case 'ne':
      return operand === null ? sql`${column} is not null` : sql`${column} is distinct from ${valueFor(field, operand, at)}`;
    case 'in':
    case 'nin': {
      const values = listOf(operand, at);
      const some = values.filter((value) => value !== null).map((value, index) => checkValue(field, value, `${at}[${index}]`));
      // What no number in single precision is, none of them equals.
      const possible = field.numberAs === 'single' ? some.filter((value) => fits(field, value)) : some;
      const withNull = some.length < values.length ? sql` or ${column} is null` : empty;
      const within = sql`(coalesce(${column} = any(${possible}::${arrayType(field)}), false)${withNull})`;
      return operator === 'in' ? within : sql`not ${within}`;
    }
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      if (field.type === 'boolean') throw fault(at, 'cannot be ordered; use eq');
      return sql`${column} ${raw(comparisons[operator])} ${valueFor(field, operand, at)}`;
    case 'match':
    case 'contains':
      return textCondition(field, operator, operand, column, at);
  }
}

function textCondition(field: Field, operator: 'match' | 'contains', operand: unknown, column: Sql, path: string): Sql {
  if (!['text', 'path', 'enum'].includes(field.type)) throw fault(path, `works on text only, and the field is ${field.type}`);
  const text = textOf(operand, path);
  if (operator === 'contains') return sql`${column} ilike ${`%${text.replace(/[\\%_]/g, '\\$&')}%`}`;
  if (field.type !== 'path') return sql`${column} like ${globToLike(text)}`;
  const { prefix, upper, regex } = pathGlob(text);
  const bounds = prefix === '' ? empty : sql`${column} >= ${prefix}${upper === undefined ? empty : sql` and ${column} < ${upper}`} and `;
  return regex === undefined ? sql`${column} = ${prefix}` : sql`(${bounds}${column} ~ ${regex})`;
}

/** Lists of text, such as labels: a value stands for "one of them". */
function textsCondition(operator: QueryOperator, operand: unknown, column: Sql, path: string): Sql {
  switch (operator) {
    case 'eq':
    case 'ne': {
      const has = operand === null ? sql`cardinality(${column}) = 0` : sql`${column} @> array[${textOf(operand, path)}]::text[]`;
      return operator === 'eq' ? has : sql`not (${has})`;
    }
    case 'contains':
      return sql`${column} @> array[${textOf(operand, path)}]::text[]`;
    case 'in':
    case 'nin': {
      const values = listOf(operand, path).map((value, index) => textOf(value, `${path}[${index}]`));
      return operator === 'in' ? sql`${column} && ${values}::text[]` : sql`not (${column} && ${values}::text[])`;
    }
    case 'match':
      return sql`exists (select from unnest(${column}) as element where element like ${globToLike(textOf(operand, path))})`;
    default:
      throw fault(path, 'cannot order a list; use eq, in, contains or match');
  }
}

const maxInteger = 2 ** 31 - 1;

/** The value as a parameter. One that a column of whole numbers cannot hold is compared as what it is; any other lets an index be used. */
function valueFor(field: Field, operand: unknown, path: string): Sql {
  const value = checkValue(field, operand, path);
  return fits(field, value) ? sql`${value}` : sql`${value}::float8`;
}

function fits({ numberAs }: Field, value: unknown): boolean {
  if (typeof value !== 'number') return true;
  if (numberAs === 'whole') return Number.isInteger(value) && Math.abs(value) <= maxInteger;
  return numberAs !== 'single' || value === 0 || (Math.abs(value) < 1e37 && Math.abs(value) > 1e-37);
}

function arrayType(field: Field): Sql {
  const types = { id: 'uuid[]', number: 'float8[]', time: 'timestamptz[]', boolean: 'boolean[]', sha256: 'bytea[]' } as Record<string, string>;
  return raw(field.numberAs === 'single' ? 'real[]' : (types[field.type] ?? 'text[]'));
}

export function textOf(operand: unknown, path: string): string {
  if (typeof operand !== 'string') throw fault(path, 'must be text');
  if (operand.length > queryLimits.maxTextLength) throw fault(path, `must have at most ${queryLimits.maxTextLength.toLocaleString('en')} characters`);
  if (operand.includes('\u0000')) throw fault(path, 'must not contain NUL');
  if (!operand.isWellFormed()) throw fault(path, 'must be well-formed Unicode');
  return operand;
}

export function listOf(operand: unknown, path: string): unknown[] {
  if (!Array.isArray(operand)) throw fault(path, 'must be an array');
  if (operand.length > queryLimits.maxValues) throw fault(path, `must have at most ${queryLimits.maxValues.toLocaleString('en')} values, has ${operand.length.toLocaleString('en')}`);
  return operand;
}
