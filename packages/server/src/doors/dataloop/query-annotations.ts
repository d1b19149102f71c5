import { mergeMetadata } from '../../catalog/items/metadata.ts';
import type { Caller } from '../../identity/caller.ts';
import { pageOf } from './call.ts';
import { urlOf, type DataloopDeps } from './context.ts';
import { countLimit } from './count-items.ts';
import { annotationFilter, annotationResource } from './dql/resources.ts';
import { translateSort, type Dql } from './dql/translate.ts';
import { asJson } from './json.ts';
import { ended } from './query-items.ts';
import { showAnnotation } from './show-annotation.ts';

const step = 500;

/** A query on the annotations of a dataset: a page of them, or a change or the deletion of all that it finds. */
export async function queryAnnotations(deps: DataloopDeps, caller: Caller, datasetId: string, dql: Dql): Promise<unknown> {
  const { annotations } = deps.rooms;
  const filter = annotationFilter(datasetId, dql);
  if (dql.delete) return { success: true, deleted: await ended(deps, caller, await annotations.deleteMany(caller, datasetId, filter)) };
  if (dql.update) return { success: true, updated: await updateAll(deps, caller, datasetId, dql) };
  const { page, pageSize } = dql;
  const offset = page * pageSize;
  const { count } = await annotations.count(caller, datasetId, filter, countLimit(dql));
  const sort = translateSort(annotationResource(datasetId), dql.sort);
  const found = pageSize === 0 || offset >= count ? [] : (await annotations.find(caller, datasetId, { filter, sort: sort.length > 0 ? sort : undefined, limit: pageSize, offset })).data;
  return pageOf(found.map((annotation) => showAnnotation((path) => urlOf(deps, path), annotation)), { total: count, hasNextPage: pageSize > 0 && offset + found.length < count, pageSize });
}

/** Merges metadata into all annotations that a filter finds, in steps by id. */
async function updateAll(deps: DataloopDeps, caller: Caller, datasetId: string, dql: Dql): Promise<number> {
  const { annotations } = deps.rooms;
  const { system: _system, ...change } = asJson(dql.update?.['metadata']) ?? {};
  const filter = annotationFilter(datasetId, dql);
  let updated = 0;
  let after: string | undefined;
  for (;;) {
    const next = after === undefined ? filter : { and: [filter, { id: { gt: after } }] };
    const { data } = await annotations.find(caller, datasetId, { filter: next, sort: [{ field: 'id', direction: 'asc' }], limit: step });
    for (const annotation of data) await annotations.update(caller, annotation.id, { metadata: mergeMetadata(annotation.metadata, change) });
    updated += data.length;
    after = data.at(-1)?.id;
    if (data.length < step) return updated;
  }
}
