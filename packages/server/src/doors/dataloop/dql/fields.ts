import type { Filter } from '@fovea/contract';
import { fromWireId } from '../ids.ts';
import { holds, isObject, type Condition } from './conditions.ts';

/** A condition of the wire on one of its fields, in our words. */
export type FieldRule = (condition: Condition) => Filter;

export const always: Filter = { and: [] };
export const never: Filter = { or: [] };
const decided = (yes: boolean): Filter => (yes ? always : never);
const not = (filter: Filter): Filter => ({ not: filter });

/** A field whose value is known without a look at the row. */
export const constant =
  (value: string | boolean | null): FieldRule =>
  (condition) =>
    decided(holds(value, condition));

/** A field that no row has. */
export const absent: FieldRule = constant(null);

/** Splits lists, negations and presence off, so that a kind of field need only say what equals, what lies beyond, and what matches. */
function rule(kind: {
  equals: (value: unknown, bare: boolean) => Filter;
  compare?: (op: 'gt' | 'gte' | 'lt' | 'lte', value: unknown) => Filter;
  match?: (value: unknown) => Filter;
  present: Filter;
}): FieldRule {
  const equals = (value: unknown, bare = false): Filter => (value === null || (Array.isArray(value) && value.length === 0) ? not(kind.present) : kind.equals(value, bare));
  const some = (value: unknown): Filter => ({ or: (Array.isArray(value) ? value : [value]).map((one: unknown) => equals(one, true)) });
  return ({ op, value, bare }) => {
    switch (op) {
      case 'eq':
        return equals(value, bare);
      case 'ne':
        return not(equals(value));
      case 'in':
        return some(value);
      case 'nin':
        return not(some(value));
      case 'exists':
        return value === false ? not(kind.present) : kind.present;
      case 'match':
        return kind.match?.(value) ?? never;
      default:
        return kind.compare?.(op, value) ?? never;
    }
  };
}

/** Text of ours. With `glob`, a bare value may hold wildcards. */
export function text(name: string, options: { glob?: boolean } = {}): FieldRule {
  const match = (value: unknown): Filter => (typeof value === 'string' ? { [name]: { match: value } } : never);
  return rule({
    equals: (value, bare) => (typeof value !== 'string' ? never : bare && options.glob && value.includes('*') ? match(value) : { [name]: { eq: value } }),
    compare: (op, value) => orderText(name, op, value),
    match,
    present: { [name]: { exists: true } },
  });
}

function orderText(name: string, op: 'gt' | 'gte' | 'lt' | 'lte', value: unknown): Filter {
  return typeof value === 'string' ? { [name]: { [op]: value } } : never;
}

/** A path: `*` stays within a folder, `**` crosses folders; a pattern that names no folder is looked for in all. */
export function path(name: string): FieldRule {
  const full = (value: string) => rooted(value.length > 1 ? value.replace(/\/+$/, '') : value);
  const match = (value: unknown): Filter => (typeof value === 'string' ? { [name]: { match: full(value) } } : never);
  return rule({
    equals: (value) => (typeof value !== 'string' ? never : value.includes('*') ? match(value) : { [name]: { eq: full(value) } }),
    compare: (op, value) => orderText(name, op, value),
    match,
    present: always,
  });
}

function rooted(value: string): string {
  if (value.startsWith('/')) return value;
  return value.startsWith('*') ? `/**/${value.replace(/^\*\*\//, '')}` : `/${value}`;
}

export function number(name: string): FieldRule {
  const toNumber = (value: unknown): number | undefined => (typeof value === 'string' && value.trim() !== '' ? Number(value) : typeof value === 'number' ? value : undefined);
  const with_ = (op: string, value: unknown): Filter => {
    const known = toNumber(value);
    return known !== undefined && Number.isFinite(known) ? { [name]: { [op]: known } } : never;
  };
  return rule({ equals: (value) => with_('eq', value), compare: with_, present: { [name]: { exists: true } } });
}

/** A time: ISO text, or milliseconds since 1970. */
export function time(name: string): FieldRule {
  const with_ = (op: string, value: unknown): Filter => {
    const at = typeof value === 'string' || typeof value === 'number' ? new Date(withZone(value)) : undefined;
    return at && !Number.isNaN(at.getTime()) && Math.abs(at.getUTCFullYear()) < 9_999 ? { [name]: { [op]: at.toISOString() } } : never;
  };
  return rule({ equals: (value) => with_('eq', value), compare: with_, present: { [name]: { exists: true } } });
}

/** A time that names no zone is meant in UTC. */
function withZone(value: string | number): string | number {
  return typeof value === 'string' && /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/.test(value) ? `${value.replace(' ', 'T')}Z` : value;
}

export function boolean(name: string): FieldRule {
  return rule({ equals: (value) => (typeof value === 'boolean' ? { [name]: value } : never), present: { [name]: { exists: true } } });
}

/** An id: compared in the order of creation. Text that is no id equals nothing, and has its place in the order. */
export function id(name: string): FieldRule {
  return rule({
    equals: (value) => {
      const known = fromWireId(value);
      return known === undefined ? never : { [name]: { eq: known } };
    },
    compare: (op, value) => {
      if (typeof value !== 'string') return never;
      const known = fromWireId(value) ?? fromWireId(/^[0-9a-f]{0,24}/i.exec(value)?.[0].toLowerCase().padEnd(24, '0').slice(0, 24));
      return known === undefined ? never : { [name]: { [op]: known } };
    },
    present: { [name]: { exists: true } },
  });
}

/** A value below one of our JSON columns. */
export function json(name: string): FieldRule {
  const scalar = (value: unknown) => typeof value === 'string' || typeof value === 'number';
  return rule({
    equals: (value) => ({ [name]: { eq: value } }),
    compare: (op, value) => (scalar(value) ? { [name]: { [op]: value } } : never),
    match: (value) => (typeof value === 'string' || isObject(value) ? { [name]: { match: value } } : never),
    present: { [name]: { exists: true } },
  });
}

/** True or false by a filter of ours. */
export function flag(when: Filter): FieldRule {
  return rule({ equals: (value) => (value === true ? when : value === false ? not(when) : never), present: always });
}

/** The first that has the value, for facts that can be overruled: the condition is asked of both. */
export function either(first: FieldRule, second: FieldRule): FieldRule {
  return (condition) => {
    const negative = condition.op === 'ne' || condition.op === 'nin' || condition.value === null || (condition.op === 'exists' && condition.value === false);
    return negative ? { and: [first(condition), second(condition)] } : { or: [first(condition), second(condition)] };
  };
}
