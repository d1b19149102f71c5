import { Fault, notFound } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import type { StoredBatch } from '../../labeling/batches/store.ts';
import { idOf, type Call } from './call.ts';
import { urlOf, type DataloopDeps } from './context.ts';
import { satisfies, sorted } from './dql/evaluate.ts';
import { readDql } from './dql/translate.ts';
import { fromWireId, toWireId } from './ids.ts';
import type { Json } from './json.ts';
import { showTask } from './show-task.ts';

/** So many of the newest tasks are looked through by a query. */
const maxTasks = 10_000;
const stepTasks = 1_000;

/** Batches as tasks of the wire, with the shares that people have of them. */
async function showTasks(deps: DataloopDeps, caller: Caller, found: readonly StoredBatch[]): Promise<Json[]> {
  const { assignments } = deps.rooms;
  const ids = found.map((batch) => batch.id);
  if (ids.length === 0) return [];
  const shares = Map.groupBy(await assignments.find(caller, { batchIds: ids }), (assignment) => assignment.batchId);
  const counts = Map.groupBy(await assignments.itemStatuses(ids), (count) => count.batchId);
  return found.map((batch) => showTask((path) => urlOf(deps, path), batch, shares.get(batch.id) ?? [], counts.get(batch.id) ?? []));
}

export async function showOneTask(deps: DataloopDeps, caller: Caller, batch: StoredBatch): Promise<Json> {
  const [task] = await showTasks(deps, caller, [batch]);
  if (!task) throw notFound('task', toWireId(batch.id));
  return task;
}

/** The batch behind the task that the path names; one without a dataset is nothing that the client could show. */
export async function needTask({ rooms }: Pick<DataloopDeps, 'rooms'>, call: Call): Promise<StoredBatch & { datasetId: string }> {
  const missing = notFound('task', call.params['task'] ?? '');
  const batch = await rooms.batches.get(call.caller, idOf(call, 'task')).catch((error: unknown) => {
    throw error instanceof Fault && error.code === 'not_found' ? missing : error;
  });
  const { datasetId } = batch;
  if (datasetId === null) throw missing;
  return { ...batch, datasetId };
}

/** The tasks that a query finds, in its order; the newest first where it names none. */
export async function searchTasks(deps: DataloopDeps, caller: Caller, body: unknown): Promise<{ found: Json[]; page: number; pageSize: number }> {
  const { filter, sort, page, pageSize, context } = readDql(body);
  const projectIds = Array.isArray(context['projectIds']) ? context['projectIds'].flatMap((id) => fromWireId(id) ?? []) : undefined;
  const found: Json[] = [];
  for (let offset = 0; offset < maxTasks; offset += stepTasks) {
    const rows = await deps.rooms.batches.find(caller, { projectIds }, { limit: stepTasks, offset });
    const shown = await showTasks(deps, caller, rows.slice(0, stepTasks).filter((batch) => batch.datasetId !== null));
    found.push(...shown.filter((task) => satisfies(task, filter)));
    if (rows.length <= stepTasks) break;
  }
  return { found: sorted(found, sort), page, pageSize };
}
