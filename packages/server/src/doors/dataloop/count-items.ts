import type { Filter } from '@fovea/contract';
import type { Caller } from '../../identity/caller.ts';
import type { DataloopDeps } from './context.ts';
import { isObject } from './dql/conditions.ts';
import type { Dql } from './dql/translate.ts';

/** A page that goes on from an id tells how many are left, counted no further than this. */
const countedAhead = 10_000;

/**
 * How many items a query finds. What the client asks for by default, all visible files, is known by the dataset's counters, whatever its size; on a
 * page that goes on from an id nobody needs the number, so that going through a dataset costs what its pages cost.
 */
export async function countItems({ rooms }: DataloopDeps, caller: Caller, datasetId: string, filter: Filter, dql: Dql): Promise<number> {
  const conditions = conditionsOf(dql.filter);
  const asked = conditions?.map((condition) => JSON.stringify(condition));
  const rest = asked?.filter((condition) => condition !== '{"type":"file"}' && condition !== '{"hidden":false}');
  if (!dql.join && asked?.includes('{"type":"file"}') && asked.includes('{"hidden":false}') && rest?.length === 0) {
    const { itemCount } = await rooms.datasets.get(caller, datasetId);
    return itemCount - (await rooms.itemQueries.count(caller, datasetId, { hidden: true })).count;
  }
  return (await rooms.itemQueries.count(caller, datasetId, filter, countLimit(dql))).count;
}

/** How far a page counts what its query finds: one that goes on from an id only so far; undefined for all. */
export function countLimit({ filter, page, sort }: Pick<Dql, 'filter' | 'page' | 'sort'>): number | undefined {
  const goesOn = page === 0 && isObject(sort) && Object.keys(sort)[0] === 'id' && conditionsOf(filter)?.some(isMark);
  return goesOn ? countedAhead : undefined;
}

/** The conditions of a filter that is one list of them. */
function conditionsOf(filter: unknown): unknown[] | undefined {
  if (!isObject(filter) || Object.keys(filter).length !== 1) return undefined;
  const list = filter['$and'];
  return Array.isArray(list) ? list : undefined;
}

/** `{"id": {"$gt": "…"}}`, by which the next page begins. */
function isMark(condition: unknown): boolean {
  const id = isObject(condition) ? condition['id'] : undefined;
  return isObject(id) && ('$gt' in id || '$lt' in id);
}
