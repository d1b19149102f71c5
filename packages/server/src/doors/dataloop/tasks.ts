import { mergeMetadata } from '../../catalog/items/metadata.ts';
import { notFound } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import type { StoredBatch } from '../../labeling/batches/store.ts';
import { get, idOf, pageOf, parse, patch, post, remove, type Call, type DoorRoute } from './call.ts';
import { origin, urlOf, type DataloopDeps } from './context.ts';
import { satisfies, sorted } from './dql/evaluate.ts';
import { readDql } from './dql/translate.ts';
import { fromWireId, needId, toWireId } from './ids.ts';
import { asJson, type Json } from './json.ts';
import { begun } from './show-command.ts';
import { showTask, taskNotes, withTaskNotes, type TaskNotes } from './show-task.ts';
import { itemsChange, itemsOf, newTask, sharesOf, taskChange, type NewTask } from './task-body.ts';

/** So many of the newest tasks are looked through by a query. */
const maxTasks = 10_000;
const stepTasks = 1_000;

/** Tasks of the wire: our batches, open for work from the start. */
export function taskRoutes(deps: DataloopDeps): DoorRoute[] {
  const { batches, assignments, batchCommands } = deps.rooms;
  const url = (path: string) => urlOf(deps, path);

  async function show(caller: Caller, found: readonly StoredBatch[]): Promise<Json[]> {
    const ids = found.map((batch) => batch.id);
    if (ids.length === 0) return [];
    const shares = Map.groupBy(await assignments.find(caller, { batchIds: ids }), (assignment) => assignment.batchId);
    const counts = Map.groupBy(await assignments.itemStatuses(ids), (count) => count.batchId);
    return found.map((batch) => showTask(url, batch, shares.get(batch.id) ?? [], counts.get(batch.id) ?? []));
  }

  async function showOne(caller: Caller, batch: StoredBatch): Promise<Json> {
    const [task] = await show(caller, [batch]);
    if (!task) throw notFound('task', toWireId(batch.id));
    return task;
  }

  /** The batch behind a task; one without a dataset is nothing that the client could show. */
  async function need(call: Call): Promise<StoredBatch & { datasetId: string }> {
    const id = idOf(call, 'task');
    const batch = await batches.get(call.caller, id).catch((error: unknown) => {
      throw isMissing(error) ? notFound('task', call.params['task'] ?? '') : error;
    });
    const { datasetId } = batch;
    if (datasetId === null) throw notFound('task', call.params['task'] ?? '');
    return { ...batch, datasetId };
  }

  /** The tasks that a query finds, in its order; the newest first where it names none. */
  async function search(caller: Caller, body: unknown): Promise<{ found: Json[]; page: number; pageSize: number }> {
    const { filter, sort, page, pageSize, context } = readDql(body);
    const projectIds = Array.isArray(context['projectIds']) ? context['projectIds'].flatMap((id) => fromWireId(id) ?? []) : undefined;
    const found: Json[] = [];
    for (let offset = 0; offset < maxTasks; offset += stepTasks) {
      const rows = await batches.find(caller, { projectIds }, { limit: stepTasks, offset });
      const shown = await show(caller, rows.slice(0, stepTasks).filter((batch) => batch.datasetId !== null));
      found.push(...shown.filter((task) => satisfies(task, filter)));
      if (rows.length <= stepTasks) break;
    }
    return { found: sorted(found, sort), page, pageSize };
  }

  async function create(call: Call): Promise<Json> {
    const body = parse(newTask, await call.body());
    if (body.checkIfExist) {
      const [existing] = (await search(call.caller, { context: { projectIds: [body.projectId] }, ...body.checkIfExist.query })).found;
      if (existing) return existing;
    }
    const datasetId = needId(body.datasetId, 'dataset');
    const filter = itemsOf(datasetId, body.query);
    const batch = await batches.create(call.caller, {
      project: body.projectId,
      name: body.name,
      dataset: datasetId,
      ...(body.recipeId ? { recipe: needId(body.recipeId, 'recipe') } : {}),
      kind: body.spec?.type === 'qa' ? 'review' : 'annotation',
      priority: body.priority ?? 2,
      dueAt: body.dueDate ? new Date(body.dueDate).toISOString() : null,
      callbackUrl: null,
      settings: { reviewShare: 0, leaseSeconds: 900, people: 1 },
      assignments: body.workload ? sharesOf(body.workload) : pullers(body),
      metadata: {},
      origin,
      open: true,
      extra: withTaskNotes(null, notesOf(body)),
    });
    return begun(deps, call.caller, await batchCommands.addItems(call.caller, batch.id, filter, body.limit ?? undefined));
  }

  async function update(call: Call): Promise<Json> {
    const { id } = await need(call);
    const body = parse(taskChange, await call.body());
    await batches.update(call.caller, id, {
      ...(body.name === undefined ? {} : { name: body.name }),
      ...(body.dueDate ? { dueAt: new Date(body.dueDate).toISOString() } : {}),
      ...(typeof body.priority === 'number' ? { priority: body.priority } : {}),
    });
    const system = call.query['system'] === 'true';
    return showOne(call.caller, await batches.changeExtra(call.caller, id, (extra) => withTaskNotes(extra, changedNotes(taskNotes({ extra }), body, system))));
  }

  async function addItems(call: Call): Promise<Json> {
    const batch = await need(call);
    const body = parse(itemsChange, await call.body());
    const command = await begun(deps, call.caller, await batchCommands.addItems(call.caller, batch.id, itemsOf(batch.datasetId, body.query), body.limit ?? undefined));
    if (body.workload && body.workload.length > 0 && (await batches.get(call.caller, batch.id)).status !== 'completed') {
      const now = await assignments.find(call.caller, { batchIds: [batch.id] });
      const added = sharesOf(body.workload);
      await batches.assign(call.caller, batch.id, [...now.filter(({ email }) => !added.some((share) => share.email === email)), ...added].map(({ email, load }) => ({ email, load })));
    }
    return command;
  }

  return [
    post('/annotationtasks', create),
    post('/annotationtasks/query', async (call) => {
      const { found, page, pageSize } = await search(call.caller, await call.body());
      return pageOf(found.slice(page * pageSize, (page + 1) * pageSize), { total: found.length, hasNextPage: (page + 1) * pageSize < found.length, pageSize });
    }),
    get('/annotationtasks/:task', async (call) => showOne(call.caller, await need(call))),
    patch('/annotationtasks/:task', update),
    remove('/annotationtasks/:task', async (call) => begun(deps, call.caller, await batchCommands.delete(call.caller, (await need(call)).id))),
    post('/annotationtasks/:task/addToTask', addItems),
    post('/annotationtasks/:task/removeFromTask', async (call) => {
      const batch = await need(call);
      const { query } = parse(itemsChange, await call.body());
      return begun(deps, call.caller, await batchCommands.removeItems(call.caller, batch.id, itemsOf(batch.datasetId, query)));
    }),
  ];
}

function isMissing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'not_found';
}

function notesOf(body: NewTask): TaskNotes {
  const { query, taskOwner, dueDate, metadata, availableActions, description, spec } = body;
  return {
    query: typeof query === 'string' ? query : JSON.stringify(query),
    ...(taskOwner ? { taskOwner } : {}),
    ...(dueDate ? { dueDate } : {}),
    ...(metadata ? { metadata } : {}),
    ...(availableActions ? { availableActions } : {}),
    ...(description === undefined || description === null ? {} : { description }),
    ...(spec ? { spec } : {}),
  };
}

/** Metadata is merged, below `system` only when that was asked for; everything else replaces. */
function changedNotes(now: TaskNotes, body: Partial<NewTask>, system: boolean): TaskNotes {
  const { system: sentSystem, ...metadata } = body.metadata ?? {};
  const merged = mergeMetadata(now.metadata ?? {}, { ...metadata, ...(system && asJson(sentSystem) ? { system: sentSystem } : {}) });
  const { dueDate, availableActions, description, spec, taskOwner } = body;
  return {
    ...now,
    ...(dueDate ? { dueDate } : {}),
    ...(availableActions ? { availableActions } : {}),
    ...(description === undefined ? {} : { description }),
    ...(spec ? { spec: { ...now.spec, ...spec } } : {}),
    ...(taskOwner ? { taskOwner } : {}),
    metadata: merged,
  };
}

/** Those who pull their work from the common queue: the wire names them in the metadata. */
function pullers(body: NewTask): { email: string; load: null }[] {
  const allowed = asJson(body.metadata?.['system'])?.['allowedAssignees'];
  const emails = Array.isArray(allowed) ? allowed.filter((email): email is string => typeof email === 'string').map((email) => email.toLowerCase()) : [];
  return [...new Set(emails)].map((email) => ({ email, load: null }));
}
