import { mergeMetadata } from '../../catalog/items/metadata.ts';
import { get, pageOf, parse, patch, post, remove, type Call, type DoorRoute } from './call.ts';
import { origin, type DataloopDeps } from './context.ts';
import { needTask, searchTasks, showOneTask } from './find-tasks.ts';
import { needId } from './ids.ts';
import { asJson, type Json } from './json.ts';
import { begun } from './show-command.ts';
import { taskNotes, withTaskNotes, type TaskNotes } from './show-task.ts';
import { itemsChange, itemsOf, newTask, sharesOf, taskChange, type NewTask } from './task-body.ts';

/** Tasks of the wire: our batches, open for work from the start. */
export function taskRoutes(deps: DataloopDeps): DoorRoute[] {
  const { batchCommands } = deps.rooms;
  return [
    post('/annotationtasks', (call) => create(deps, call)),
    post('/annotationtasks/query', async (call) => {
      const { found, page, pageSize } = await searchTasks(deps, call.caller, await call.body());
      return pageOf(found.slice(page * pageSize, (page + 1) * pageSize), { total: found.length, hasNextPage: (page + 1) * pageSize < found.length, pageSize });
    }),
    get('/annotationtasks/:task', async (call) => showOneTask(deps, call.caller, await needTask(deps, call))),
    patch('/annotationtasks/:task', (call) => update(deps, call)),
    remove('/annotationtasks/:task', async (call) => begun(deps, call.caller, await batchCommands.delete(call.caller, (await needTask(deps, call)).id))),
    post('/annotationtasks/:task/addToTask', (call) => addItems(deps, call)),
    post('/annotationtasks/:task/removeFromTask', async (call) => {
      const batch = await needTask(deps, call);
      const { query } = parse(itemsChange, await call.body());
      return begun(deps, call.caller, await batchCommands.removeItems(call.caller, batch.id, itemsOf(batch.datasetId, query)));
    }),
  ];
}

async function create(deps: DataloopDeps, call: Call): Promise<Json> {
  const { batches, batchCommands } = deps.rooms;
  const body = parse(newTask, await call.body());
  if (body.checkIfExist) {
    const [existing] = (await searchTasks(deps, call.caller, { context: { projectIds: [body.projectId] }, ...body.checkIfExist.query })).found;
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

async function update(deps: DataloopDeps, call: Call): Promise<Json> {
  const { batches } = deps.rooms;
  const { id } = await needTask(deps, call);
  const body = parse(taskChange, await call.body());
  await batches.update(call.caller, id, {
    ...(body.name === undefined ? {} : { name: body.name }),
    ...(body.dueDate ? { dueAt: new Date(body.dueDate).toISOString() } : {}),
    ...(typeof body.priority === 'number' ? { priority: body.priority } : {}),
  });
  const system = call.query['system'] === 'true';
  return showOneTask(deps, call.caller, await batches.changeExtra(call.caller, id, (extra) => withTaskNotes(extra, changedNotes(taskNotes({ extra }), body, system))));
}

async function addItems(deps: DataloopDeps, call: Call): Promise<Json> {
  const { batches, assignments, batchCommands } = deps.rooms;
  const batch = await needTask(deps, call);
  const body = parse(itemsChange, await call.body());
  const command = await begun(deps, call.caller, await batchCommands.addItems(call.caller, batch.id, itemsOf(batch.datasetId, body.query), body.limit ?? undefined));
  if (body.workload && body.workload.length > 0 && (await batches.get(call.caller, batch.id)).status !== 'completed') {
    const now = await assignments.find(call.caller, { batchIds: [batch.id] });
    const added = sharesOf(body.workload);
    await batches.assign(call.caller, batch.id, [...now.filter(({ email }) => !added.some((share) => share.email === email)), ...added].map(({ email, load }) => ({ email, load })));
  }
  return command;
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
