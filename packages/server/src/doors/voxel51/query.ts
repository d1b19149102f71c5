import type { FastifyRequest } from 'fastify';
import { readJson } from '../../http/body.ts';
import { bad } from './errors.ts';

export type Row = Record<string, unknown>;

/** What a kind of record can be asked for. */
export interface Table {
  /** In the order that the clients know. */
  fields: readonly string[];
  searchable: readonly string[];
  /** Searchable fields whose whole value must match. */
  whole: readonly string[];
}

interface Term {
  field: string | undefined;
  alternatives: string[];
}

interface Query {
  fields: string[] | undefined;
  terms: Term[];
  sort: { field: string; descending: boolean } | undefined;
  offset: number;
  limit: number | undefined;
}

/** The arguments of a query: the JSON body, which these clients send with GET too, over the query string (`fields[0]=id` for lists). */
export async function readArguments(request: FastifyRequest): Promise<Row> {
  const found: Row = {};
  for (const [key, value] of Object.entries(request.query as Row)) {
    const name = /^(\w+)\[\d*\]$/.exec(key)?.[1];
    if (name === undefined) found[key] = value;
    else found[name] = [...(Array.isArray(found[name]) ? (found[name] as unknown[]) : []), value];
  }
  const body = await readJson(request);
  if (body === undefined || body === null) return found;
  if (typeof body !== 'object' || Array.isArray(body)) throw bad('the query must be a JSON object');
  return { ...found, ...body };
}

/** A boolean in any spelling that the clients use; absent counts as false. */
export function readFlag(value: unknown, field: string): boolean {
  if (value === undefined || value === null || value === '' || value === 0) return false;
  const text = String(value).toLowerCase();
  if (text !== 'true' && text !== 'false') throw bad(`${field} must be true or false`);
  return text === 'true';
}

/**
 * Answers a query over rows that stand in the order of their upload. Rows may have keys beyond the fields (`type` of an analytic);
 * only those of the table are shown.
 */
export function runQuery(rows: readonly Row[], table: Table, given: Row): { rows: Row[]; total: number } {
  const query = parseQuery(given, table);
  const found = rows.filter((row) => query.terms.every((term) => matches(row, term, table)));
  const { sort } = query;
  if (sort) found.sort((a, b) => compare(a[sort.field], b[sort.field]));
  if (!sort || sort.descending) found.reverse();
  const shown = found.slice(query.offset, query.limit === undefined ? undefined : query.offset + query.limit);
  const fields = query.fields ?? table.fields;
  return { rows: shown.map((row) => Object.fromEntries(fields.map((field) => [field, row[field] ?? null]))), total: found.length };
}

function parseQuery(given: Row, table: Table): Query {
  const fields = texts(given['fields'], 'fields').flatMap((text) => text.split(',')).map((text) => text.trim()).filter((text) => text !== '');
  const unknown = fields.find((field) => !table.fields.includes(field));
  if (unknown !== undefined) throw bad(`unknown field '${unknown}'; there are: ${table.fields.join(', ')}`);
  const terms = texts(given['search'], 'search').flatMap((text) => split(text, ',')).filter((text) => text.trim() !== '').map((text) => parseTerm(text, table));
  return {
    fields: fields.length > 0 ? fields : undefined,
    terms,
    sort: parseSort(given['sort'], table),
    offset: wholeNumber(given['offset'], 'offset', 0) ?? 0,
    limit: wholeNumber(given['limit'], 'limit', 1),
  };
}

function texts(value: unknown, field: string): string[] {
  if (value === undefined || value === null || value === '') return [];
  const list = Array.isArray(value) ? (value as unknown[]) : [value];
  if (!list.every((one) => typeof one === 'string')) throw bad(`${field} must be text`);
  return list as string[];
}

function parseTerm(text: string, table: Table): Term {
  const [head = '', ...rest] = split(text, ':');
  if (rest.length === 0) return { field: undefined, alternatives: split(text, '|').map(unescape) };
  const field = unescape(head).trim().toLowerCase().replaceAll(' ', '_');
  if (!table.searchable.includes(field)) throw bad(`unknown search field '${field}'; there are: ${table.searchable.join(', ')}`);
  return { field, alternatives: split(rest.join(':'), '|').map(unescape) };
}

/** Cuts at a separator that no backslash precedes; escapes stay. */
function split(text: string, separator: string): string[] {
  const parts = [''];
  for (let index = 0; index < text.length; index++) {
    const char = text.charAt(index);
    if (char === separator) {
      parts.push('');
      continue;
    }
    parts[parts.length - 1] += char === '\\' ? text.slice(index, index + 2) : char;
    if (char === '\\') index += 1;
  }
  return parts;
}

function unescape(text: string): string {
  return text.replace(/\\(.)/gs, '$1');
}

function parseSort(value: unknown, table: Table): Query['sort'] {
  const [text] = texts(value, 'sort');
  if (text === undefined) return undefined;
  const [field = '', direction = 'asc', ...rest] = text.split(':').map((part) => part.trim());
  if (!table.fields.includes(field)) throw bad(`unknown sort field '${field}'; there are: ${table.fields.join(', ')}`);
  if (!['asc', 'desc'].includes(direction) || rest.length > 0) throw bad(`unknown sort direction in '${text}'; use asc or desc`);
  return { field, descending: direction === 'desc' };
}

function wholeNumber(value: unknown, field: string, least: number): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < least) throw bad(`${field} must be a whole number of at least ${least}`);
  return number;
}

function matches(row: Row, term: Term, table: Table): boolean {
  const fields = term.field === undefined ? table.searchable : [term.field];
  return fields.some((field) => {
    const value = String(row[field] ?? '').toLowerCase();
    return term.alternatives.some((text) => (table.whole.includes(field) ? value === text.toLowerCase() : value.includes(text.toLowerCase())));
  });
}

/** Nulls first, numbers by value, false before true, text (and times, all in one form) by code unit. */
function compare(a: unknown, b: unknown): number {
  const [left, right] = [a ?? null, b ?? null];
  if (left === null || right === null) return Number(right === null) - Number(left === null);
  if (left === right) return 0;
  return (left as string) < (right as string) ? -1 : 1;
}
