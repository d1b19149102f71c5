// What a filter means, written down plainly, row by row in memory: what the compiler is checked against, and what files are chosen by where
// there is no database. A filter was compiled before, which refuses what makes no sense.
import type { Filter, SortKey } from '@fovea/contract';

export interface NaiveRow {
  /** Columns by field; a list stands for a field of texts. */
  fields: Record<string, unknown>;
  json: Record<string, unknown>;
  having: Record<string, NaiveRow[]>;
  /** Fields whose globs keep within folders. */
  paths: readonly string[];
}

/** True for rows that the filter finds. Comparisons with what is not there are false, and `not` is their opposite. */
export function holds(filter: Filter, row: NaiveRow): boolean {
  return Object.entries(filter).every(([key, value]) => {
    if (key === 'and') return (value as Filter[]).every((inner) => holds(inner, row));
    if (key === 'or') return (value as Filter[]).some((inner) => holds(inner, row));
    if (key === 'not') return !holds(value as Filter, row);
    if (key === 'having') return Object.entries(value as Record<string, Filter>).every(([name, inner]) => (row.having[name] ?? []).some((other) => holds(inner, other)));
    const conditions = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [['eq', value] as const];
    return conditions.every(([operator, operand]) => condition(key, operator, operand, row));
  });
}

function condition(name: string, operator: string, operand: unknown, row: NaiveRow): boolean {
  if (name in row.fields) {
    const value = row.fields[name];
    return Array.isArray(value) ? listCondition(value as string[], operator, operand) : fieldCondition(value, operator, operand, row.paths.includes(name));
  }
  const [column = '', ...keys] = name.split('.');
  return jsonCondition(row.json[column], keys, operator, operand);
}

function fieldCondition(value: unknown, operator: string, operand: unknown, isPath: boolean): boolean {
  const there = value !== null;
  switch (operator) {
    case 'exists':
      return there === operand;
    case 'eq':
      return same(value, operand);
    case 'ne':
      return !same(value, operand);
    case 'in':
      return (operand as unknown[]).some((one) => same(value, one));
    case 'nin':
      return !(operand as unknown[]).some((one) => same(value, one));
    case 'match':
      return there && (isPath ? pathMatches(String(operand), String(value)) : globMatches(String(operand), String(value)));
    case 'contains':
      return there && String(value).toLowerCase().includes(String(operand).toLowerCase());
    default:
      return there && ordered(compare(value, operand), operator);
  }
}

function listCondition(values: readonly string[], operator: string, operand: unknown): boolean {
  switch (operator) {
    case 'exists':
      return values.length > 0 === operand;
    case 'eq':
      return operand === null ? values.length === 0 : values.includes(operand as string);
    case 'ne':
      return operand === null ? values.length > 0 : !values.includes(operand as string);
    case 'contains':
      return values.includes(operand as string);
    case 'in':
      return (operand as string[]).some((one) => values.includes(one));
    case 'nin':
      return !(operand as string[]).some((one) => values.includes(one));
    default:
      return values.some((value) => globMatches(String(operand), value));
  }
}

/** Values at a path; lists on the way, and at its end, are looked through. */
function at(value: unknown, keys: readonly string[]): unknown[] {
  let found = [value];
  for (const key of keys) found = found.flatMap(through).flatMap((one) => (isObject(one) && Object.hasOwn(one, key) ? [one[key]] : []));
  return found;
}

const through = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : [value]);

function jsonCondition(value: unknown, keys: readonly string[], operator: string, operand: unknown): boolean {
  const whole = at(value, keys);
  const values = whole.flatMap(through);
  const there = values.some((one) => one !== null);
  const equals = (wanted: unknown): boolean => (wanted === null ? !there : values.some((one) => one !== null && typeof one === typeof wanted && one === wanted));
  switch (operator) {
    case 'exists':
      return there === operand;
    case 'eq':
      return Array.isArray(operand) ? whole.some((one) => sameSet(one, operand)) : equals(operand);
    case 'ne':
      return Array.isArray(operand) ? !whole.some((one) => sameSet(one, operand)) : operand === null ? there : !equals(operand);
    case 'in':
      return (operand as unknown[]).some(equals);
    case 'nin':
      return !(operand as unknown[]).some(equals);
    case 'match':
      return values.some((one) => typeof one === 'string' && globMatches(String(operand), one));
    case 'contains':
      return values.some((one) => typeof one === 'string' && one.toLowerCase().includes(String(operand).toLowerCase()));
    default:
      return values.some((one) => typeof one === typeof operand && ordered(compare(one, operand), operator));
  }
}

function sameSet(value: unknown, wanted: readonly unknown[]): boolean {
  return Array.isArray(value) && wanted.every((one) => value.includes(one)) && value.every((one) => wanted.includes(one));
}

function ordered(order: number, operator: string): boolean {
  return operator === 'gt' ? order > 0 : operator === 'gte' ? order >= 0 : operator === 'lt' ? order < 0 : order <= 0;
}

function same(value: unknown, wanted: unknown): boolean {
  if (value === null || wanted === null) return value === wanted;
  return value instanceof Date ? value.getTime() === timeOf(wanted) : value === wanted;
}

const timeOf = (value: unknown): number => (value instanceof Date ? value : new Date(String(value))).getTime();

/** Numbers and times by size, text by code point. */
function compare(a: unknown, b: unknown): number {
  if (a instanceof Date) return a.getTime() - timeOf(b);
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}

/** `*` is any text, `?` one character. */
function globMatches(glob: string, text: string): boolean {
  return tokensMatch(Array.from(glob, (one) => (one === '*' ? { any: () => true } : one === '?' ? { one: () => true } : { one: (seen: string) => seen === one })), Array.from(text));
}

/** The same, within one folder; `**` crosses folders, and a folder `**` may be none. */
function pathMatches(glob: string, text: string): boolean {
  const tokens: Token[] = [];
  for (let rest = glob; rest !== ''; ) {
    const [stars = ''] = /^\*+/.exec(rest) ?? [];
    const [first = ''] = rest;
    if (rest.startsWith('**/')) tokens.push({ folders: true });
    else if (stars.length > 1) tokens.push({ any: () => true });
    else if (stars === '*') tokens.push({ any: (seen) => seen !== '/' });
    else if (first === '?') tokens.push({ one: (seen) => seen !== '/' });
    else tokens.push({ one: (seen) => seen === first });
    rest = rest.slice(rest.startsWith('**/') ? 3 : stars.length > 0 ? stars.length : first.length);
  }
  return tokensMatch(tokens, Array.from(text));
}

type Token = { one: (seen: string) => boolean } | { any: (seen: string) => boolean } | { folders: true };

function tokensMatch(tokens: readonly Token[], text: readonly string[]): boolean {
  const [token, ...rest] = tokens;
  if (!token) return text.length === 0;
  if ('one' in token) return text[0] !== undefined && token.one(text[0]) && tokensMatch(rest, text.slice(1));
  if ('folders' in token) return tokensMatch(rest, text) || text.some((seen, index) => seen === '/' && tokensMatch(rest, text.slice(index + 1)));
  for (let taken = 0; ; taken++) {
    if (tokensMatch(rest, text.slice(taken))) return true;
    if (taken >= text.length || !token.any(text[taken] ?? '')) return false;
  }
}

/** Rows in the order of the keys; what is not there stands before everything, and ties are broken by the id, in the direction of the last key. */
export function inOrder(rows: readonly NaiveRow[], sort: readonly SortKey[]): NaiveRow[] {
  const keys = sort.some(({ field }) => field === 'id') ? sort : [...sort, { field: 'id', direction: sort.at(-1)?.direction ?? ('asc' as const) }];
  const valueOf = (row: NaiveRow, field: string): unknown => {
    if (field in row.fields) return row.fields[field];
    const [column = '', ...path] = field.split('.');
    return at(row.json[column], path)[0] ?? null;
  };
  return rows.toSorted((a, b) => {
    for (const { field, direction } of keys) {
      const [left, right] = [valueOf(a, field), valueOf(b, field)];
      const order = left === null || right === null ? Number(right === null) - Number(left === null) === 0 ? 0 : left === null ? -1 : 1 : compare(left, right);
      if (order !== 0) return direction === 'desc' ? -order : order;
    }
    return 0;
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
