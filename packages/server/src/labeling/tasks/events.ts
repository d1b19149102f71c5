import type { NewEvent } from '../../events/outbox.ts';
import type { StoredTask } from './store.ts';

/** What happened to a task, as listeners are told it. */
export function taskEvent(type: string, caller: { orgId: string; email: string }, task: StoredTask, data: Record<string, unknown> = {}): NewEvent {
  return {
    type,
    orgId: task.orgId,
    projectId: task.projectId,
    subject: { kind: 'task', id: task.id },
    actor: caller.email,
    data: { batchId: task.batchId, itemId: task.itemId, status: task.status, ...data },
  };
}
