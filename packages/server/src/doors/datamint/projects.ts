import { Fault } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import { get, idOf, isTrue, pageOf, patch, post, remove, textOf, type Call, type DoorRoute } from './answer.ts';
import { batchNotes, collectionOf, contentsOf, itemsOf, listCollections, needBatch, worklistsOf, type Collection } from './collections.ts';
import { findHome, type DatamintDeps } from './context.ts';
import { assignSplit, changeResources, createCollection, setWorkStatus, splitsOf } from './membership.ts';
import { dayOf } from './resource-query.ts';
import { toResource } from './resource.ts';
import { completeDefinitions } from './specs.ts';
import { worklistSummary } from './worklists.ts';
import { parse, projectBody, projectChange, splitsBody, workStatusBody } from './wire.ts';

type Row = Record<string, unknown>;

/** The project object. A project, its dataset and its first worklist have one id. */
export function toProject(collection: Collection, resourceCount: number): Row {
  const notes = collection.batch && batchNotes(collection.batch);
  return {
    id: collection.id,
    name: collection.name,
    description: collection.description,
    created_at: collection.createdAt,
    created_by: collection.createdBy,
    dataset_id: collection.id,
    worklist_id: collection.id,
    archived: collection.archived,
    resource_count: resourceCount,
    annotators: (notes?.annotators ?? []).map(({ email }) => ({ email, worklist_ids: [collection.id] })),
    pinned_metrics: notes?.pinnedMetrics ?? null,
    most_recent_experiment: null,
  };
}

export function projectRoutes(deps: DatamintDeps): DoorRoute[] {
  const need = (call: Call) => collectionOf(deps, call.caller, call.params['id']);
  return [
    get('/projects', (call) => listProjects(deps, call)),
    post('/projects', (call) => createProject(deps, call)),
    get('/projects/:id', async (call) => one(deps, await need(call))),
    patch('/projects/:id', async (call) => changeProject(deps, call, await need(call))),
    remove('/projects/:id', async (call) => {
      await deps.rooms.batches.delete(call.caller, needBatch(await need(call)).id);
      return {};
    }),
    post('/projects/:id/restore', async (call) => one(deps, await need(call))),
    get('/projects/:id/resources', async (call) => allResources(deps, call.caller, await need(call))),
    post('/projects/:id/resources', async (call) => {
      await changeResources(deps, call, await need(call));
      return {};
    }),
    post('/projects/:id/resources/:resource/status', async ({ caller, params, body }) => {
      const { status } = parse(workStatusBody, await body());
      await setWorkStatus(deps, caller, await collectionOf(deps, caller, params['id']), idOf(params['resource']), status);
      return {};
    }),
    get('/projects/:id/worklists', async (call) => {
      const worklists = await worklistsOf(deps, call.caller, await need(call));
      return worklists.map(worklistSummary);
    }),
    get('/projects/:id/splits', async (call) => {
      const name = textOf(call.query['split_name']);
      const splits = splitsOf((await need(call)).batch, dayOf(call.query['as_of_timestamp'], 'as_of_timestamp'));
      return name === undefined ? splits : splits.filter((split) => split['split_name'] === name);
    }),
    post('/projects/:id/splits', async (call) => {
      const { resource_ids: ids, split_name: name } = parse(splitsBody, await call.body());
      await assignSplit(deps, call.caller, await need(call), ids, name);
      return {};
    }),
    get('/projects/:id/resources/:resource/split', async (call) => {
      const split = splitsOf((await need(call)).batch).find((known) => known['resource_id'] === call.params['resource']);
      if (!split) throw new Fault('not_found', 'Not Found');
      return split;
    }),
  ];
}

async function one(deps: DatamintDeps, collection: Collection): Promise<Row> {
  return toProject(collection, (await contentsOf(deps, [collection])).get(collection.id)?.items ?? 0);
}

async function listProjects(deps: DatamintDeps, { caller, query }: Call): Promise<unknown> {
  const { offset, limit } = pageOf(query);
  const archived = isTrue(query['includeArchived']);
  const all = (await listCollections(deps, caller, await findHome(deps, caller))).filter((collection) => archived || !collection.archived);
  const shown = all.slice(offset, offset + limit);
  const contents = await contentsOf(deps, shown);
  return { data: shown.map((collection) => toProject(collection, contents.get(collection.id)?.items ?? 0)), totalCount: all.length };
}

async function createProject(deps: DatamintDeps, { caller, body, reply }: Call): Promise<unknown> {
  const given = parse(projectBody, await body());
  const { segmentationData, annotation_set: set } = given;
  const batch = await createCollection(deps, caller, {
    kind: 'project',
    name: given.name,
    description: given.description ?? null,
    resourceIds: [...given.resource_ids, ...(set?.resource_ids ?? [])],
    annotators: set?.annotators ?? [],
    specs: {
      annotations: set?.annotations ?? [],
      valueType: segmentationData?.segmentationValueType ?? 'single_label',
      definitions: completeDefinitions(segmentationData?.definitions ?? []),
    },
    settings: { is_active_learning: given.is_active_learning ?? false, two_up_display: given.two_up_display ?? false, require_review: given.require_review ?? false },
  });
  void reply.code(201);
  return one(deps, await collectionOf(deps, caller, batch.id));
}

async function changeProject(deps: DatamintDeps, { caller, body }: Call, collection: Collection): Promise<Row> {
  const batch = needBatch(collection);
  const { name, description, archived, ...rest } = parse(projectChange, await body());
  if (name !== undefined && name !== batch.name) {
    const [taken] = (await listCollections(deps, caller, await findHome(deps, caller))).filter((one) => one.name === name);
    if (taken) throw new Fault('conflict', `A project named "${name}" exists already.`, { current: { id: taken.id, name } });
    await deps.rooms.batches.update(caller, batch.id, { name, externalId: name });
  }
  await deps.rooms.batches.changeExtra(caller, batch.id, (extra) => {
    const notes = batchNotes({ ...batch, extra });
    return {
      ...notes,
      ...(description === undefined ? {} : { description }),
      ...(archived === undefined ? {} : { archived }),
      ...(rest['pinned_metrics'] === undefined ? {} : { pinnedMetrics: rest['pinned_metrics'] }),
    };
  });
  return one(deps, await collectionOf(deps, caller, batch.id));
}

export async function allResources(deps: DatamintDeps, caller: Caller, collection: Collection): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const items of itemsOf(deps, caller, collection)) rows.push(...items.map((item) => toResource(item, caller.orgId)));
  return rows;
}
