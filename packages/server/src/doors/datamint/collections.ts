import { isId, type Dataset, type Filter } from '@fovea/contract';
import type { StoredItem } from '../../catalog/items/store.ts';
import { Fault } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import type { StoredBatch } from '../../labeling/batches/store.ts';
import { findHome, isFault, origin, type DatamintDeps, type Home } from './context.ts';

/** What the door keeps on the batch that is a project, or a further worklist of one. */
export interface BatchNotes {
  kind: 'project' | 'worklist';
  /** Of a worklist: the project that it belongs to. */
  project?: string;
  description: string | null;
  archived: boolean;
  annotators: Record<string, unknown>[];
  pinnedMetrics?: unknown;
  splits?: Split[];
  /** What else was said when it was made or changed, to be given back. */
  settings: Record<string, unknown>;
}

/** A resource's membership in a split. Those of the past are kept: lists can be asked for as of a time. */
export interface Split {
  id: string;
  resource_id: string;
  split_name: string;
  created_at: string;
  created_by: string;
  deleted_at: string | null;
  deleted_by: string | null;
}

/**
 * A set of resources with a name: what the vendor calls a project, and its dataset and worklist, which here have the same id.
 *
 * A project of the vendor is a batch of Fovea in the door's project: its resources are the items of the batch, so that people can be
 * given them to label, and one resource can be in many projects. A dataset that was made in Fovea itself is shown as one too.
 */
export interface Collection {
  id: string;
  kind: 'project' | 'worklist' | 'dataset';
  name: string;
  description: string | null;
  archived: boolean;
  /** Fovea's project. */
  projectId: string;
  /** Fovea's dataset that the items lie in, and which of its items they are. */
  datasetId: string;
  filter: Filter;
  recipeId: string | null;
  createdAt: string;
  createdBy: string;
  batch?: StoredBatch;
  dataset?: Dataset;
}

export const batchNotes = (batch: StoredBatch): BatchNotes => batch.extra as BatchNotes;

function ofBatch(batch: StoredBatch): Collection {
  const notes = batchNotes(batch);
  return {
    id: batch.id,
    kind: notes.kind,
    name: batch.name,
    description: notes.description,
    archived: notes.archived,
    projectId: batch.projectId,
    datasetId: batch.datasetId ?? '',
    filter: { having: { tasks: { batchId: batch.id } } },
    recipeId: batch.recipeId,
    createdAt: batch.createdAt,
    createdBy: batch.createdBy,
    batch,
  };
}

function ofDataset(dataset: Dataset, name: string): Collection {
  const { id, projectId, description, recipeId, createdAt, createdBy } = dataset;
  return { id, kind: 'dataset', name, description: description === '' ? null : description, archived: false, projectId, datasetId: id, filter: {}, recipeId, createdAt, createdBy, dataset };
}

/** The vendor's projects, newest first, then the datasets that were made in Fovea. */
export async function listCollections(deps: DatamintDeps, caller: Caller, home: Home | undefined): Promise<Collection[]> {
  const projects = (await batches(deps, caller, home)).filter((batch) => batchNotes(batch).kind === 'project').map(ofBatch);
  const names = new Set(projects.map(({ name }) => name));
  const own = await nativeDatasets(deps, caller);
  const titles = new Map((await deps.rooms.projects.find(caller)).map((project) => [project.id, project.name]));
  const counts = Map.groupBy(own, ({ name }) => name);
  // A name that is not unique is told apart by the project's.
  const unique = (dataset: Dataset) => ((counts.get(dataset.name)?.length ?? 0) > 1 || names.has(dataset.name) ? `${titles.get(dataset.projectId) ?? ''}/${dataset.name}` : dataset.name);
  return [...projects, ...own.map((dataset) => ofDataset(dataset, unique(dataset)))];
}

async function batches({ rooms }: DatamintDeps, caller: Caller, home: Home | undefined): Promise<StoredBatch[]> {
  return home ? rooms.batches.find(caller, { origin, projectIds: [home.projectId] }, { limit: 100_000 }) : [];
}

/** Datasets of projects that no door made. */
async function nativeDatasets({ rooms }: DatamintDeps, caller: Caller): Promise<Dataset[]> {
  const doors = new Set((await rooms.projects.find(caller)).filter(({ externalId }) => externalId !== null).map(({ id }) => id));
  const found: Dataset[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await rooms.datasets.list(caller, { limit: 1_000, ...(cursor === undefined ? {} : { cursor }) });
    found.push(...page.data.filter((dataset) => !doors.has(dataset.projectId)));
    if (page.next === null) return found;
    cursor = page.next;
  }
}

/** The further worklists of a project, newest first. */
export async function worklistsOf(deps: DatamintDeps, caller: Caller, project: Collection): Promise<Collection[]> {
  const home = await findHome(deps, caller);
  const further = (await batches(deps, caller, home)).filter((batch) => batchNotes(batch).project === project.id);
  return [project, ...further.map(ofBatch)];
}

/** The worklists of every project, and those that belong to none, newest first. */
export async function allWorklists(deps: DatamintDeps, caller: Caller): Promise<Collection[]> {
  return (await batches(deps, caller, await findHome(deps, caller))).map(ofBatch);
}

/** A collection by its id; `not_found` for anything else. */
export async function collectionOf(deps: DatamintDeps, caller: Caller, id: string | undefined): Promise<Collection> {
  if (id === undefined || !isId(id)) throw new Fault('not_found', 'Not Found');
  const batch = await deps.rooms.batches.get(caller, id).catch((error: unknown) => {
    if (!isFault(error, 'not_found')) throw error;
    return undefined;
  });
  if (batch) {
    if (batch.origin !== origin) throw new Fault('not_found', 'Not Found');
    return ofBatch(batch);
  }
  const known = (await listCollections(deps, caller, undefined)).find((one) => one.id === id);
  if (!known) throw new Fault('not_found', 'Not Found');
  return known;
}

/** The batch of a collection that can be changed here; a dataset of Fovea's own cannot. */
export function needBatch(collection: Collection): StoredBatch {
  if (collection.batch) return collection.batch;
  throw new Fault('invalid_request', `"${collection.name}" is a dataset of Fovea's own: what is in it is changed in Fovea.`);
}

/** The number of resources of collections, and when they or what is said about them last changed. */
export async function contentsOf({ rooms }: DatamintDeps, collections: readonly Collection[]): Promise<Map<string, { items: number; changedAt: string }>> {
  const contents = await rooms.batches.contents(collections.flatMap(({ batch }) => (batch ? [batch.id] : [])));
  const own = collections.flatMap(({ dataset }) => (dataset ? [dataset] : []));
  const times = await rooms.datasets.changeTimes(own.map(({ id }) => id));
  for (const dataset of own) contents.set(dataset.id, { items: dataset.itemCount, changedAt: times.get(dataset.id) ?? dataset.createdAt });
  return contents;
}

/** The items of a collection in the order of their arrival, page by page. */
export async function* itemsOf({ rooms }: DatamintDeps, caller: Caller, collection: Collection): AsyncGenerator<StoredItem[]> {
  for (let cursor: string | undefined; ; ) {
    const query = { filter: collection.filter, sort: [{ field: 'id', direction: 'asc' as const }], limit: 1_000, ...(cursor === undefined ? {} : { cursor }) };
    const page = await rooms.itemQueries.find(caller, collection.datasetId, query);
    if (page.data.length > 0) yield page.data;
    if (page.next === null) return;
    cursor = page.next;
  }
}
