import type { Tx } from '../../engines/database/database.ts';
import { emit } from '../../events/outbox.ts';
import { openTasks } from '../tasks/batch-store.ts';
import { selectBatch, selectBatchAlone, updateBatch, type StoredBatch } from './store.ts';

/** Completes an open batch in which nothing is left to do and something was done. */
export async function settleBatch(tx: Tx, caller: { email: string }, batchId: string): Promise<StoredBatch | undefined> {
  const batch = await selectBatchAlone(tx, batchId, { lock: true });
  if (!batch || batch.status !== 'in_progress') return undefined;
  const { open, done } = await openTasks(tx, batchId);
  if (open || !done) return undefined;
  await updateBatch(tx, batchId, { status: 'completed' });
  const completed = await selectBatch(tx, batchId);
  if (!completed) return undefined;
  await emit(tx, batchEvent('batch.completed', { orgId: batch.orgId, email: caller.email }, completed));
  return completed;
}

/** What happened to a batch, as listeners are told it. */
export function batchEvent(type: string, caller: { orgId: string; email: string }, batch: { id: string; projectId: string }, data: Record<string, unknown> = {}) {
  return { type, orgId: caller.orgId, projectId: batch.projectId, subject: { kind: 'batch', id: batch.id }, actor: caller.email, data };
}
