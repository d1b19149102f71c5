import type { Caller } from '../../identity/caller.ts';
import type { StoredTask } from '../../labeling/tasks/store.ts';
import type { DataloopDeps } from './context.ts';
import { toWireId } from './ids.ts';
import { asJson, asJsons, type Json } from './json.ts';

/** What an item's `metadata.system` says of the tasks that it is in. */
export interface ItemRefs {
  refs: Json[];
  taskStatusLog: Json[];
}

const none: ItemRefs = { refs: [], taskStatusLog: [] };

/** The references of items that the caller is shown, by our id; rights were checked on the items. */
export async function itemRefs({ rooms }: Pick<DataloopDeps, 'rooms'>, caller: Caller, itemIds: readonly string[]): Promise<(itemId: string) => ItemRefs> {
  const byItem = Map.groupBy(itemIds.length === 0 ? [] : await rooms.tasks.ofItems(caller, itemIds), (task) => task.itemId ?? '');
  return (itemId) => {
    const tasks = byItem.get(itemId);
    return tasks ? { refs: tasks.flatMap(refsOf), taskStatusLog: tasks.flatMap(statusLogOf).toSorted((a, b) => timeOf(a) - timeOf(b)) } : none;
  };
}

/** A task of ours is an item's place in a task of the wire, and in somebody's assignment. */
function refsOf(task: StoredTask): Json[] {
  const metadata = task.itemStatus === null ? {} : { metadata: { status: task.itemStatus, creator: task.submittedBy, timestamp: millis(task.submittedAt) } };
  const refs: Json[] = [{ type: 'task', id: toWireId(task.batchId ?? ''), ...metadata }];
  if (task.assignmentId !== null) refs.push({ type: 'assignment', id: toWireId(task.assignmentId), ...metadata });
  return refs;
}

/** What happened to the status through this door; a status that came from elsewhere is added as the last thing that happened. */
function statusLogOf(task: StoredTask): Json[] {
  const log = statusNotes(task.extra);
  const last = asJson(log.at(-1)?.['status'])?.['status'];
  if (task.itemStatus === null || (log.at(-1)?.['action'] === 'created' && last === task.itemStatus)) return log;
  return [...log, logEntry('created', task, { status: task.itemStatus, creator: task.submittedBy, timestamp: millis(task.submittedAt) })];
}

/** The log that is kept on a task of ours. */
export function statusNotes(extra: unknown): Json[] {
  return asJsons(asJson(asJson(extra)?.['dataloop'])?.['statusLog']);
}

export function logEntry(action: 'created' | 'deleted', task: Pick<StoredTask, 'batchId' | 'assignmentId'>, status: { status: string; creator: string | null; timestamp: number | null }): Json {
  return { action, status: { taskId: toWireId(task.batchId ?? ''), assignmentId: task.assignmentId === null ? null : toWireId(task.assignmentId), ...status } };
}

const millis = (time: string | null): number | null => (time === null ? null : Date.parse(time));

function timeOf(entry: Json): number {
  const time = asJson(entry['status'])?.['timestamp'];
  return typeof time === 'number' ? time : 0;
}
