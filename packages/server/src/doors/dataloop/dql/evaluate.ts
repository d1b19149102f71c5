import { conditionsOf, holds, isObject, type Condition, type Json } from './conditions.ts';

/** Whether a thing satisfies a filter of the wire: for lists that are short enough to be looked through, such as a project's tasks. */
export function satisfies(record: Json, filter: unknown): boolean {
  if (!isObject(filter)) return true;
  return Object.entries(filter).every(([key, value]) => {
    const all = Array.isArray(value) ? value : [value];
    if (key === '$and') return all.every((one) => satisfies(record, one));
    if (key === '$or') return all.length === 0 || all.some((one) => satisfies(record, one));
    if (key === '$not' || key === '$nor') return !all.some((one) => satisfies(record, one));
    return conditionsOf(key, value).every((condition) => holdsAnywhere(valuesAt(record, key.split('.')), condition));
  });
}

/** Sorted by the paths of a sort of the wire, the first the strongest; what is absent comes first. */
export function sorted(records: readonly Json[], sort: unknown): Json[] {
  const keys = isObject(sort) ? Object.entries(sort).map(([path, direction]) => ({ path: path.split('.'), down: /^desc|^-1/i.test(String(direction)) })) : [];
  return records.toSorted((a, b) => {
    for (const { path, down } of keys) {
      const order = compare(valuesAt(a, path)[0], valuesAt(b, path)[0]);
      if (order !== 0) return down ? -order : order;
    }
    return 0;
  });
}

/** The values at a path; a list on the way stands for each of its elements. */
function valuesAt(value: unknown, path: readonly string[]): unknown[] {
  const [key, ...rest] = path;
  if (Array.isArray(value)) return value.flatMap((one: unknown) => valuesAt(one, path));
  if (key === undefined) return value === undefined || value === null ? [] : [value];
  return isObject(value) && Object.hasOwn(value, key) ? valuesAt(value[key], rest) : [];
}

function holdsAnywhere(values: readonly unknown[], condition: Condition): boolean {
  const { op, value } = condition;
  if (op === 'ne' || op === 'nin') return !holdsAnywhere(values, { ...condition, op: op === 'ne' ? 'eq' : 'in' });
  if (op === 'eq' && Array.isArray(value)) return value.length === values.length && value.every((one) => values.some((actual) => holds(scalar(actual), { op: 'eq', value: one })));
  if (op === 'match' && isObject(value)) return values.some((actual) => isObject(actual) && satisfies(actual, value));
  if (values.length === 0) return holds(null, condition);
  return values.some((actual) => holds(scalar(actual), condition));
}

const scalar = (value: unknown): string | number | boolean | null => (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : JSON.stringify(value ?? null));

function compare(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [left, right] = [String(a ?? ''), String(b ?? '')];
  return left < right ? -1 : left > right ? 1 : 0;
}
