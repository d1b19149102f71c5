import { isId, newId } from '@fovea/contract';
import { Fault } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import type { StoredBatch } from '../../labeling/batches/store.ts';
import type { Call } from './answer.ts';
import { batchNotes, needBatch, type BatchNotes, type Collection } from './collections.ts';
import { isFault, needHome, origin, type DatamintDeps } from './context.ts';
import { toRecipe, type Specs } from './specs.ts';
import { membershipBody, parse } from './wire.ts';

export interface NewCollection {
  kind: BatchNotes['kind'];
  project?: string;
  name: string;
  description: string | null;
  resourceIds: readonly string[];
  annotators: Record<string, unknown>[];
  specs: Specs;
  settings: Record<string, unknown>;
}

/** Ids in one filter; more go in several steps. */
const stepIds = 5_000;

/** Makes the batch, and the recipe that people label by. The name of a project is its alone: `conflict`, with the id of the one that has it. */
export async function createCollection(deps: DatamintDeps, caller: Caller, given: NewCollection): Promise<StoredBatch> {
  const { rooms } = deps;
  const home = await needHome(deps, caller);
  const ids = unique(given.resourceIds);
  await needResources(deps, caller, home.datasetId, ids);
  const key = given.kind === 'project' ? { externalId: given.name } : {};
  if (given.kind === 'project') await refuseTaken(deps, caller, home.projectId, given.name);
  const recipe = await rooms.recipes.create(caller, { project: home.projectId, name: given.name, ...toRecipe(given.specs) });
  const extra: BatchNotes = {
    kind: given.kind,
    ...(given.project === undefined ? {} : { project: given.project }),
    description: given.description,
    archived: false,
    annotators: given.annotators,
    settings: given.settings,
  };
  const fresh = { project: home.projectId, name: given.name, dataset: home.datasetId, recipe: recipe.id, kind: 'annotation' as const, priority: 0, dueAt: null, callbackUrl: null };
  const batch = await rooms.batches
    .create(caller, { ...fresh, settings: { reviewShare: 0, leaseSeconds: 900, people: 1 }, assignments: sharesOf(given.annotators), metadata: {}, origin, ...key, extra, open: true })
    .catch(async (error: unknown) => {
      await rooms.recipes.delete(caller, recipe.id);
      if (given.kind === 'project') await refuseTaken(deps, caller, home.projectId, given.name);
      throw error;
    });
  await letIn(deps, caller, home.projectId, sharesOf(given.annotators).map(({ email }) => email));
  await add(deps, caller, batch.id, ids);
  return rooms.batches.get(caller, batch.id);
}

export const sharesOf = (annotators: readonly Record<string, unknown>[]): { email: string; load: null }[] =>
  [...new Set(annotators.map(({ email }) => String(email)))].map((email) => ({ email, load: null }));

async function refuseTaken({ rooms }: DatamintDeps, caller: Caller, projectId: string, name: string): Promise<void> {
  const [taken] = await rooms.batches.find(caller, { origin, projectIds: [projectId], externalId: name }, { limit: 1 });
  if (taken) throw new Fault('conflict', `A project named "${name}" exists already.`, { current: { id: taken.id, name: taken.name } });
}

const unique = (ids: readonly string[]): string[] => [...new Set(ids)];

/** Every id must be a resource of the organisation. */
async function needResources({ rooms }: DatamintDeps, caller: Caller, datasetId: string, ids: readonly string[]): Promise<void> {
  for (let start = 0; start < ids.length; start += stepIds) {
    const step = ids.slice(start, start + stepIds);
    if (!step.every(isId)) throw new Fault('not_found', 'Not Found');
    const { count } = await rooms.itemQueries.count(caller, datasetId, { id: { in: step } });
    if (count < step.length) throw new Fault('not_found', 'Not Found');
  }
}

async function add({ rooms }: DatamintDeps, caller: Caller, batchId: string, ids: readonly string[]): Promise<void> {
  for (let start = 0; start < ids.length; start += stepIds) {
    await rooms.batches.addItems(caller, batchId, { filter: { id: { in: ids.slice(start, start + stepIds) } } });
  }
}

/** Puts resources into a project or worklist, and takes others out of it. */
async function changeMembers(deps: DatamintDeps, caller: Caller, collection: Collection, change: { add: readonly string[]; remove: readonly string[] }): Promise<void> {
  const batch = needBatch(collection);
  const wanted = unique(change.add);
  await needResources(deps, caller, collection.datasetId, wanted);
  await add(deps, caller, batch.id, wanted);
  if (change.remove.length > 0) await deps.rooms.batches.removeItems(caller, batch.id, unique(change.remove).filter(isId));
}

/** What the body of `POST …/resources` asks for; `all_files_selected` stands for every resource of the organisation. */
export async function changeResources(deps: DatamintDeps, { caller, body }: Call, collection: Collection): Promise<void> {
  const given = parse(membershipBody, await body());
  if (given.all_files_selected) await deps.rooms.batches.addItems(caller, needBatch(collection).id, { filter: {} });
  await changeMembers(deps, caller, collection, { add: given.resource_ids_to_add ?? [], remove: given.resource_ids_to_delete ?? [] });
}

/** Marks how far the work on a resource has come: `opened` is not done, everything else is. */
export async function setWorkStatus({ rooms }: DatamintDeps, caller: Caller, collection: Collection, resourceId: string, status: string): Promise<void> {
  const batch = needBatch(collection);
  const { data } = await rooms.tasks.query(caller, batch.projectId, { filter: { batchId: batch.id, itemId: resourceId }, limit: 1 });
  const [task] = data;
  if (task?.id === undefined) throw new Fault('not_found', 'Not Found');
  const open = status === 'opened' || status === 'revision_request';
  if (open && task.itemStatus === null) return;
  await rooms.tasks.setItemStatus(caller, task.id, open ? null : status);
}

/** Assigns resources of a project to a split; what they had before is kept as past. */
export async function assignSplit({ rooms }: DatamintDeps, caller: Caller, collection: Collection, ids: readonly string[], name: string): Promise<void> {
  const batch = needBatch(collection);
  const { count } = await rooms.itemQueries.count(caller, collection.datasetId, { and: [collection.filter, { id: { in: unique(ids).filter(isId) } }] });
  if (count < unique(ids).length) throw new Fault('not_found', 'Not Found');
  const now = new Date().toISOString();
  await rooms.batches.changeExtra(caller, batch.id, (extra) => {
    const notes = extra as BatchNotes;
    const moved = new Set(ids);
    const past = (notes.splits ?? []).map((split) => (split.deleted_at === null && moved.has(split.resource_id) ? { ...split, deleted_at: now, deleted_by: caller.email } : split));
    const fresh = [...moved].map((id) => ({ id: newId(), resource_id: id, split_name: name, created_at: now, created_by: caller.email, deleted_at: null, deleted_by: null }));
    return { ...notes, splits: [...past, ...fresh] };
  });
}

/** Splits as they are, or as they were at a time. */
export function splitsOf(batch: StoredBatch | undefined, at?: string): Record<string, unknown>[] {
  if (!batch) return [];
  const all = batchNotes(batch).splits ?? [];
  const shown = at === undefined ? all.filter((split) => split.deleted_at === null) : all.filter((split) => split.created_at <= at && (split.deleted_at === null || split.deleted_at > at));
  return shown.map((split) => ({ ...split, project_id: batch.id }));
}

/** Whoever is named must be let in: people who are no members of the door's project become annotators. Left to administrators of it. */
export async function letIn({ rooms }: DatamintDeps, caller: Caller, projectId: string, emails: readonly string[]): Promise<void> {
  for (const email of emails) {
    const known = await rooms.members.list(caller, projectId, { limit: 1_000 });
    if (known.data.some((member) => member.email === email)) continue;
    await rooms.members.set(caller, projectId, email, 'annotator').catch((error: unknown) => {
      if (!isFault(error, 'forbidden')) throw error;
    });
  }
}
