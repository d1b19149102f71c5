import { isId, type Filter } from '@fovea/contract';
import type { Caller } from '../../identity/caller.ts';
import type { StoredAnnotation } from '../../labeling/annotations/store.ts';
import { deletedOf } from './answer.ts';
import { toWire, typesOf } from './annotation.ts';
import { collectionOf } from './collections.ts';
import { findHome, isFault, type DatamintDeps } from './context.ts';
import { dayOf, nothing } from './resource-query.ts';
import { notesOf } from './resource.ts';
import type { Search } from './wire.ts';

type Found = { rows: unknown[]; total: number };

/** `POST /annotations/search`, oldest first. */
export async function searchAnnotations(deps: DatamintDeps, caller: Caller, search: Search): Promise<Found> {
  const page = { offset: search.offset ?? 0, limit: Math.min(search.limit ?? 5_000, 5_000) };
  const scope = await scopeOf(deps, caller, search);
  const deleted = deletedOf(search['deleted']);
  if (!scope || page.limit === 0) return { rows: [], total: 0 };
  const filter: Filter = { and: [scope.filter, ...conditions(search)] };
  const rows: StoredAnnotation[] = [];
  let total = 0;
  let skip = page.offset;
  // One dataset, but for resources that were asked for by their ids and lie in several.
  for (const datasetId of scope.datasetIds) {
    const { count } = await deps.rooms.annotations.count(caller, datasetId, filter, undefined, deleted);
    total += count;
    if (rows.length < page.limit && skip < count) {
      rows.push(...(await deps.rooms.annotations.find(caller, datasetId, { filter, offset: skip, limit: page.limit - rows.length, deleted })).data);
    }
    skip = Math.max(0, skip - count);
  }
  const names = await resourceNames(deps, caller, rows);
  return { rows: rows.map((row) => toWire(row, names.get(row.itemId))), total };
}

/** Where to look: the resources, the project or the worklist that was named, else all of the door's resources. */
async function scopeOf(deps: DatamintDeps, caller: Caller, search: Search): Promise<{ datasetIds: string[]; filter: Filter } | undefined> {
  const ids = [search.resource_id ?? [], search.resource_ids ?? []].flat();
  if (search.resource_id != null || search.resource_ids != null) {
    const datasets = await datasetsOf(deps, caller, ids);
    return { datasetIds: datasets, filter: { itemId: { in: ids.filter(isId) } } };
  }
  if (search.dataset_id != null) {
    const collection = await collectionOf(deps, caller, search.dataset_id).catch(absent);
    return collection && { datasetIds: [collection.datasetId], filter: collection.batch ? { having: { items: collection.filter } } : {} };
  }
  const home = await findHome(deps, caller);
  return home && { datasetIds: [home.datasetId], filter: {} };
}

function absent(error: unknown): undefined {
  if (!isFault(error, 'not_found')) throw error;
  return undefined;
}

/** The datasets that visible items lie in. */
async function datasetsOf(deps: DatamintDeps, caller: Caller, ids: readonly string[]): Promise<string[]> {
  const home = await findHome(deps, caller);
  const known = home ? new Set<string>([home.datasetId]) : new Set<string>();
  if (ids.length > 0 && home) {
    const { count } = await deps.rooms.itemQueries.count(caller, home.datasetId, { id: { in: ids.filter(isId) } });
    if (count === ids.length) return [...known];
  }
  for (const id of ids.filter(isId)) {
    const item = await deps.rooms.items.getStored(caller, id).catch(absent);
    if (item) known.add(item.datasetId);
  }
  return [...known];
}

function conditions(search: Search): Filter[] {
  const all: Filter[] = [];
  if (search.annotation_type) all.push(typeFilter(search.annotation_type));
  if (search.annotatorEmail) all.push({ createdBy: search.annotatorEmail });
  if (search.annotation_worklist_id) all.push({ 'extra.worklist': search.annotation_worklist_id });
  if (search.source) all.push({ 'extra.source': search.source });
  if (search.status) all.push(statusFilter(search.status));
  if (search.load_ai_segmentations === false || search.load_ai_segmentations === 'false') all.push({ source: { ne: 'model' } });
  const gte = dayOf(search.from, 'from');
  const lt = dayOf(search.to, 'to');
  if (gte !== undefined || lt !== undefined) all.push({ createdAt: { ...(gte ? { gte } : {}), ...(lt ? { lt } : {}) } });
  return all;
}

/** By what the door noted; of annotations that were made in Fovea, by their shape. */
function typeFilter(type: string): Filter {
  const shapes = Object.entries(typesOf).filter(([, name]) => name === type).map(([shape]) => shape);
  return { or: [{ 'extra.type': type }, { 'extra.type': { exists: false }, type: { in: shapes } }] };
}

function statusFilter(status: string): Filter {
  if (status === 'published') return { 'extra.approved_at': { exists: true } };
  return status === 'new' ? { 'extra.approved_at': { exists: false } } : nothing;
}

async function resourceNames({ rooms }: DatamintDeps, caller: Caller, rows: readonly StoredAnnotation[]): Promise<Map<string, { filename: string; modality: string | null }>> {
  const names = new Map<string, { filename: string; modality: string | null }>();
  for (const [datasetId, of] of Map.groupBy(rows, (row) => row.datasetId)) {
    const ids = [...new Set(of.map((row) => row.itemId))];
    const { data } = await rooms.itemQueries.find(caller, datasetId, { filter: { id: { in: ids } }, limit: ids.length });
    for (const item of data) names.set(item.id, notesOf(item));
  }
  return names;
}
