import type { Task } from '@fovea/contract';
import { Fault } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import type { StoredTask } from '../../labeling/tasks/store.ts';
import type { DataloopDeps } from './context.ts';
import { toWireId } from './ids.ts';
import { logEntry, statusNotes } from './item-refs.ts';
import { asJson, type Json } from './json.ts';
import { actionsOf } from './show-task.ts';

/** Statuses that an item may have in every task; a task may name more. */
const known = ['completed', 'approved', 'discard'];

/** How people left the items of a task. */
export function itemStatuses({ rooms }: Pick<DataloopDeps, 'rooms'>) {
  const { batches, tasks } = rooms;

  /** Our tasks of items within a batch, those of one person's share where one is given; an item that several people label is taken once. */
  async function tasksOf(caller: Caller, of: { projectId: string; batchId: string; assignmentId?: string | undefined }, itemIds: readonly string[]): Promise<Partial<Task>[]> {
    const found = new Map<string, Partial<Task>>();
    for (let at = 0; at < itemIds.length; at += 100) {
      const filter = { batchId: of.batchId, itemId: { in: itemIds.slice(at, at + 100) }, status: { ne: 'cancelled' }, ...(of.assignmentId === undefined ? {} : { assignmentId: of.assignmentId }) };
      const { data } = await tasks.query(caller, of.projectId, { filter, limit: 1_000 });
      for (const task of data) if (task.itemId) found.set(task.itemId, task);
    }
    return [...found.values()];
  }

  return {
    /** Sets or takes back a status of items, in the task and the assignment; gives what became of each that is in it, by the wire's id. */
    async set(caller: Caller, of: { batchId: string; assignmentId?: string }, itemIds: readonly string[], change: { operation: string; status: string }): Promise<Record<string, Json>> {
      const batch = await batches.get(caller, of.batchId);
      const allowed = [...new Set([...known, ...actionsOf(batch).map((action) => String(action['action']))])];
      if (!allowed.includes(change.status)) throw new Fault('invalid_request', `The status "${change.status.slice(0, 100)}" is not one of this task; allowed: ${allowed.join(', ')}.`);
      if (!/^(create|delete)d?$/.test(change.operation)) throw new Fault('invalid_request', `The operation "${change.operation.slice(0, 100)}" must be create or delete.`);
      const clears = change.operation.startsWith('delete');
      const result: Record<string, Json> = {};
      for (const { id, itemId } of await tasksOf(caller, { ...of, projectId: batch.projectId }, itemIds)) {
        if (id === undefined || !itemId) continue;
        const note = (task: StoredTask): Json => noted(task, clears ? 'deleted' : 'created', { status: change.status, creator: caller.email, timestamp: Date.now() });
        const after = await tasks.setItemStatus(caller, id, clears ? null : change.status, note);
        result[toWireId(itemId)] = { status: after.itemStatus, taskId: toWireId(of.batchId), assignmentId: after.assignmentId === null ? null : toWireId(after.assignmentId), creator: caller.email, timestamp: Date.parse(after.updatedAt) };
      }
      return result;
    },
  };
}

function noted(task: StoredTask, action: 'created' | 'deleted', status: { status: string; creator: string; timestamp: number }): Json {
  const log = [...statusNotes(task.extra), logEntry(action, task, status)];
  return { ...asJson(task.extra), dataloop: { ...asJson(asJson(task.extra)?.['dataloop']), statusLog: log } };
}
