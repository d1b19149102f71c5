import type { Filter, SortKey } from '@fovea/contract';
import { Fault } from '../../../fault.ts';
import { conditionsOf, isObject, type Json } from './conditions.ts';
import { absent, always, type FieldRule } from './fields.ts';
import { plainWords } from './old-clients.ts';

/** How the fields of a resource of the wire are asked of ours. */
export interface Resource {
  /** The rule of a field, by its dotted path; undefined for one that nothing has. */
  field(path: string): FieldRule | undefined;
  /** Our field to sort by; undefined for what cannot be sorted by. */
  sort(path: string): string | undefined;
}

/** A filter of the wire in our words. A field that does not exist is absent everywhere: it is no error to ask for it. */
export function translate(resource: Resource, filter: unknown, depth = 0): Filter {
  if (filter === undefined || filter === null) return always;
  if (!isObject(filter)) throw new Fault('invalid_request', 'A filter must be an object such as {"$and": [{"label": "car"}]}.');
  if (depth > 18) throw new Fault('invalid_request', 'The filter is too deep.');
  const parts = Object.entries(filter).map(([key, value]) => part(resource, key, value, depth));
  return parts.length === 1 ? (parts[0] ?? always) : { and: parts };
}

function part(resource: Resource, key: string, value: unknown, depth: number): Filter {
  if (key === '$and' || key === '$or') {
    const inner = (Array.isArray(value) ? value : [value]).map((one: unknown) => translate(resource, one, depth + 1));
    return key === '$and' ? { and: inner } : inner.length === 0 ? always : { or: inner };
  }
  if (key === '$not' || key === '$nor') {
    const inner = (Array.isArray(value) ? value : [value]).map((one: unknown) => translate(resource, one, depth + 1));
    return { not: { or: inner } };
  }
  if (key.startsWith('$')) throw new Fault('invalid_request', `"${key.slice(0, 50)}" is not an operator of a filter; allowed: $and, $or, $not.`);
  const rule = resource.field(key) ?? absent;
  const asked = conditionsOf(key, value).map(rule);
  return asked.length === 1 ? (asked[0] ?? always) : { and: asked };
}

/** A sort of the wire; what cannot be sorted by is left out. */
export function translateSort(resource: Resource, sort: unknown): SortKey[] {
  if (!isObject(sort)) return [];
  return Object.entries(sort)
    .flatMap(([path, direction]): SortKey[] => {
      const field = resource.sort(path);
      return field === undefined ? [] : [{ field, direction: /^desc|^-1/i.test(String(direction)) ? 'desc' : 'asc' }];
    })
    .slice(0, 5);
}

/** What a request asks for; the values of both forms of paging. */
export interface Dql {
  resource: string;
  filter: unknown;
  sort: unknown;
  page: number;
  pageSize: number;
  join: { resource: string; filter: unknown } | undefined;
  update: Json | undefined;
  delete: boolean;
  systemSpace: boolean;
  context: Json;
  references: unknown;
}

const whole = (value: unknown, otherwise: number) => (typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : otherwise);

/** Reads a query of the wire. `page` counts from 0; `pageSize` is at most 1,000, and 0 asks for counts only. */
export function readDql(sent: unknown): Dql {
  const body = plainWords(sent);
  if (!isObject(body)) throw new Fault('invalid_request', 'A query must be an object such as {"filter": {}, "resource": "items"}.');
  const join = isObject(body['join']) && Object.keys(body['join']).length > 0 ? body['join'] : undefined;
  const on = isObject(join?.['on']) ? join['on'] : {};
  return {
    resource: String(body['resource'] ?? 'items'),
    filter: body['filter'],
    sort: body['sort'],
    page: whole(body['page'], 0),
    pageSize: Math.min(whole(body['pageSize'], 1_000), 1_000),
    join: join && { resource: String(on['resource'] ?? ''), filter: join['filter'] },
    update: isObject(body['update']) ? body['update'] : undefined,
    delete: body['delete'] === true,
    systemSpace: body['systemSpace'] === true,
    context: isObject(body['context']) ? body['context'] : {},
    references: body['references'],
  };
}
