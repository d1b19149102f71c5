import type { Dataset } from '@fovea/contract';
import type { Caller } from '../../identity/caller.ts';
import { urlOf, type DataloopDeps } from './context.ts';
import { toWireId } from './ids.ts';
import type { Json } from './json.ts';

/** Counts that need a look at the rows are made for datasets of up to so many items; beyond, maintained ones stand in. */
const countedItems = 50_000;

interface Counts {
  items: number;
  annotations: number;
  annotated: number;
}

/** What the wire tells of the contents: visible files, annotations, and how many files have some. */
async function countsOf({ rooms }: Pick<DataloopDeps, 'rooms'>, caller: Caller, { id, itemCount }: Dataset): Promise<Counts> {
  if (itemCount === 0 || itemCount > countedItems) return { items: itemCount, annotations: 0, annotated: 0 };
  const [items, annotated, annotations] = await Promise.all([
    rooms.itemQueries.count(caller, id, { hidden: false }),
    rooms.itemQueries.count(caller, id, { hidden: false, annotationCount: { gt: 0 } }),
    rooms.annotations.count(caller, id, { having: { items: { hidden: false } } }),
  ]);
  return { items: items.count, annotations: annotations.count, annotated: annotated.count };
}

export async function showDataset(deps: Pick<DataloopDeps, 'rooms' | 'settings'>, caller: Caller, dataset: Dataset): Promise<Json> {
  const id = toWireId(dataset.id);
  const counts = await countsOf(deps, caller, dataset);
  return {
    id,
    name: dataset.name,
    url: urlOf(deps, `/datasets/${id}`),
    items: urlOf(deps, `/datasets/${id}/items`),
    export: urlOf(deps, `/datasets/${id}/export`),
    directoryTree: urlOf(deps, `/datasets/${id}/directoryTree`),
    projects: [dataset.projectId],
    metadata: { ...dataset.metadata, system: { recipes: dataset.recipeId === null ? [] : [toWireId(dataset.recipeId)] } },
    itemsCount: counts.items,
    annotationsCount: counts.annotations,
    annotated: counts.annotated,
    creator: dataset.createdBy,
    createdAt: dataset.createdAt,
    updatedBy: dataset.createdBy,
    updatedAt: dataset.updatedAt,
    readonly: false,
    isSyncing: false,
    enableSyncWithCloned: false,
    accessLevel: 'private',
    readableType: 'private',
    driver: driverId(dataset.projectId),
    expirationOptions: dataset.itemDays === null ? null : { itemMaxDays: dataset.itemDays },
    indexDriver: 'v1',
    srcDataset: dataset.kind === 'clone' && dataset.sources[0] !== undefined ? toWireId(dataset.sources[0]) : null,
  };
}

/** The store of a project's files, which every dataset in it uses. */
export const driverId = toWireId;
