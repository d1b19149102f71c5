import type { Filter, Item } from '@fovea/contract';
import { conditionFilter, type Condition } from './conditions.ts';

/** The filters of a list of items as they stand in the address. */
export interface ItemSearch {
  /** Part of the name, or a pattern of the path when it has `*` or `?`. */
  q?: string;
  kind?: Item['kind'];
  status?: Item['status'];
  probe?: Item['probe'];
  channel?: string;
  label?: string;
  /** Items in it or below it. */
  folder?: string;
  /** On any field. */
  where?: Condition[];
}

/** The same in the query language. */
export function toFilter(search: ItemSearch): Filter {
  const { q, kind, status, probe, channel, label, folder, where = [] } = search;
  const all: Filter[] = [
    ...(kind === undefined ? [] : [{ kind }]),
    ...(status === undefined ? [] : [{ status }]),
    ...(probe === undefined ? [] : [{ probe }]),
    ...(channel === undefined ? [] : [{ channel }]),
    ...(label === undefined ? [] : [{ labels: label }]),
    ...(q === undefined ? [] : [nameFilter(q)]),
    // Paths sort by code point: everything below a folder lies between "folder/" and "folder0", as 0 follows / there.
    ...(folder === undefined || folder === '/' ? [] : [{ path: { gte: `${folder}/`, lt: `${folder}0` } }]),
    ...where.map(conditionFilter),
  ];
  return all.length === 0 ? {} : { and: all };
}

function nameFilter(q: string): Filter {
  if (!/[*?]/.test(q)) return { name: { contains: q } };
  return { path: { match: q.startsWith('/') ? q : `/**/${q}` } };
}

/** The items before or after one in the order of their paths. */
export function besideFilter(search: ItemSearch, path: string, side: 'before' | 'after'): Filter {
  return { and: [toFilter(search), { path: side === 'before' ? { lt: path } : { gt: path } }] };
}
