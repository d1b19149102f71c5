import { Fault } from '../../../fault.ts';

/** Operators of the wire, without their `$`. */
const operators = ['eq', 'ne', 'in', 'nin', 'gt', 'gte', 'lt', 'lte', 'exists', 'match'] as const;
export type WireOperator = (typeof operators)[number];

/** One thing that is asked of one field; `bare` for a value that stands without an operator. */
export interface Condition {
  op: WireOperator;
  value: unknown;
  bare?: boolean;
}

export type Json = Record<string, unknown>;
export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What is asked of a field: a bare value, or an object of operators, all of which must hold. */
export function conditionsOf(field: string, value: unknown): Condition[] {
  const asked = isObject(value) ? Object.entries(value) : [];
  if (asked.length === 0 || !asked.every(([key]) => key.startsWith('$'))) return [{ op: 'eq', value, bare: true }];
  return asked.map(([key, operand]): Condition => {
    const op = operators.find((known) => `$${known}` === (key === '$neq' ? '$ne' : key === '$glob' ? '$match' : key));
    if (!op) throw new Fault('invalid_request', `"${key.slice(0, 50)}" of "${field.slice(0, 100)}" is not an operator; allowed: ${operators.map((known) => `$${known}`).join(', ')}.`);
    return { op, value: operand };
  });
}

const asNumber = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

/** Whether a known value satisfies a condition, by the rules of the wire. Null and undefined are absent. */
export function holds(actual: string | number | boolean | null | undefined, { op, value }: Condition): boolean {
  const equals = (other: unknown): boolean => (other ?? null) === (actual ?? null) || (Array.isArray(other) && other.length === 0 && (actual ?? null) === null);
  switch (op) {
    case 'eq':
      return equals(value);
    case 'ne':
      return !equals(value);
    case 'in':
      return Array.isArray(value) && value.some(equals);
    case 'nin':
      return !(Array.isArray(value) && value.some(equals));
    case 'exists':
      return ((actual ?? null) !== null) === (value !== false);
    case 'match':
      return typeof actual === 'string' && typeof value === 'string' && new RegExp(`^${value.split(/\*+/).map((part) => part.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&')).join('.*')}$`, 's').test(actual);
    default: {
      const [left, right] = typeof actual === 'string' && typeof value === 'string' ? [actual < value ? -1 : actual > value ? 1 : 0, 0] : [asNumber(actual), asNumber(value)];
      if (left === undefined || right === undefined) return false;
      return op === 'gt' ? left > right : op === 'gte' ? left >= right : op === 'lt' ? left < right : left <= right;
    }
  }
}
