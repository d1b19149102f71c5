import { mergeMetadata } from '../../catalog/items/metadata.ts';
import { Fault, notFound } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import type { ProjectAssignment } from '../../labeling/batches/assignments.ts';
import { get, idOf, pageOf, pageQuery, parse, patch, post, type Call, type DoorRoute } from './call.ts';
import { urlOf, type DataloopDeps } from './context.ts';
import { fromWireId } from './ids.ts';
import { itemStatuses } from './item-status.ts';
import { asJson, asText, type Json } from './json.ts';
import { begun } from './show-command.ts';
import { showAssignment, taskNotes, withTaskNotes } from './show-task.ts';
import { manyStatuses, reassignment, redistribution, sharesOf, statusChange } from './task-body.ts';

/** Assignments, and how their items were left. */
export function assignmentRoutes(deps: DataloopDeps): DoorRoute[] {
  const { batches, batchCommands } = deps.rooms;
  const statuses = itemStatuses(deps);
  return [
    get('/assignments', (call) => list(deps, call)),
    get('/assignments/:assignment', async (call) => showOne(deps, call.caller, await need(deps, call))),
    patch('/assignments/:assignment', (call) => update(deps, call)),
    post('/assignments/:assignment/reassign', async (call) => {
      const { id } = await need(deps, call);
      const { annotator } = parse(reassignment, await call.body());
      return begun(deps, call.caller, await batchCommands.redistribute(call.caller, id, [{ email: annotator.toLowerCase(), load: 100 }]));
    }),
    post('/assignments/:assignment/redistribute', async (call) => {
      const { id } = await need(deps, call);
      const { workload } = parse(redistribution, await call.body());
      return begun(deps, call.caller, await batchCommands.redistribute(call.caller, id, sharesOf(workload)));
    }),
    post('/assignments/:assignment/items/:item/status', async (call) => {
      const assignment = await need(deps, call);
      const itemId = idOf(call, 'item');
      const set = await statuses.set(call.caller, { batchId: assignment.batchId, assignmentId: assignment.id }, [itemId], parse(statusChange, await call.body()));
      if (Object.keys(set).length === 0) throw new Fault('not_found', `The item "${call.params['item']}" is not in the assignment "${call.params['assignment']}".`);
      return Object.values(set)[0];
    }),
    post('/assignments/items/tasks/:task/status', async (call) => {
      const { itemIds, statusPayload } = parse(manyStatuses, await call.body());
      const { id } = await batches.get(call.caller, idOf(call, 'task'));
      return statuses.set(call.caller, { batchId: id }, itemIds.flatMap((item) => fromWireId(item) ?? []), statusPayload);
    }),
  ];
}

async function show(deps: DataloopDeps, caller: Caller, found: readonly ProjectAssignment[]): Promise<Json[]> {
  const ids = [...new Set(found.map((assignment) => assignment.batchId))];
  if (ids.length === 0) return [];
  const known = new Map((await deps.rooms.batches.find(caller, { ids }, { limit: ids.length })).map((batch) => [batch.id, batch]));
  const counts = Map.groupBy(await deps.rooms.assignments.itemStatuses(ids), (count) => count.batchId);
  return found.flatMap((assignment) => {
    const batch = known.get(assignment.batchId);
    return batch ? [showAssignment((path) => urlOf(deps, path), batch, assignment, counts.get(batch.id) ?? [])] : [];
  });
}

async function need(deps: DataloopDeps, call: Call): Promise<ProjectAssignment> {
  const assignment = await deps.rooms.assignments.get(call.caller, idOf(call, 'assignment'));
  await deps.rooms.batches.get(call.caller, assignment.batchId);
  return assignment;
}

async function showOne(deps: DataloopDeps, caller: Caller, assignment: ProjectAssignment): Promise<Json> {
  const [shown] = await show(deps, caller, [assignment]);
  if (!shown) throw notFound('assignment', assignment.id);
  return shown;
}

async function list(deps: DataloopDeps, call: Call): Promise<unknown> {
  const { page, pageSize } = pageQuery(call.query);
  const [projects, task, annotator, name, status] = ['projects', 'taskId', 'annotator', 'name', 'status'].map((key) => asText(call.query[key]));
  const filter = { projectIds: projects?.split(',').flatMap((id) => fromWireId(id) ?? []), batchIds: task?.split(',').flatMap((id) => fromWireId(id) ?? []), email: annotator?.toLowerCase() };
  const shown = await show(deps, call.caller, await deps.rooms.assignments.find(call.caller, filter));
  const found = shown.filter((one) => (name === undefined || one['name'] === name) && (status === undefined || one['status'] === status));
  return pageOf(found.slice(page * pageSize, (page + 1) * pageSize), { total: found.length, hasNextPage: (page + 1) * pageSize < found.length, pageSize });
}

/** What can be changed of an assignment by itself: its name and its metadata. */
async function update(deps: DataloopDeps, call: Call): Promise<Json> {
  const assignment = await need(deps, call);
  const body = asJson(await call.body()) ?? {};
  const name = asText(body['name']);
  const { system: sentSystem, ...metadata } = asJson(body['metadata']) ?? {};
  const sent = { ...metadata, ...(call.query['system'] === 'true' && asJson(sentSystem) ? { system: sentSystem } : {}) };
  await deps.rooms.batches.changeExtra(call.caller, assignment.batchId, (extra) => {
    const notes = taskNotes({ extra });
    const before = notes.assignments?.[assignment.id] ?? {};
    const after = { ...before, ...(name === undefined ? {} : { name }), metadata: mergeMetadata(before.metadata ?? {}, sent) };
    return withTaskNotes(extra, { ...notes, assignments: { ...notes.assignments, [assignment.id]: after } });
  });
  return showOne(deps, call.caller, assignment);
}

