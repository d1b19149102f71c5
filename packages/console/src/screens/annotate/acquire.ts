import type { Task } from '@fovea/contract';
import { fovea } from '../../api/client.ts';
import { hasCode } from '../../api/errors.ts';
import { annotateTexts as t } from '../../texts-annotate.ts';
import { storedLease } from './session/stored.ts';
import { claimTask, lock, type HeldTask } from './session/task-queue.ts';

/** What the platform lets a person do with a task that they opened. */
export type Acquired =
  | { readonly kind: 'work'; readonly held: HeldTask & { readonly lease: string } }
  | { readonly kind: 'review' }
  | { readonly kind: 'look'; readonly why: string };

export interface Person {
  readonly email: string;
  readonly mayLabel: boolean;
  readonly mayReview: boolean;
  /** From developers on: there may be nobody else. */
  readonly mayReviewOwn: boolean;
}

/** Takes a task that was opened: to work on it, to review it, or only to look at it. */
export async function acquire(task: Task, who: Person): Promise<Acquired> {
  if (task.status === 'submitted' || task.status === 'completed') {
    if (!who.mayReview) return { kind: 'look', why: t.look.archived };
    return task.submittedBy === who.email && !who.mayReviewOwn ? { kind: 'look', why: t.look.own } : { kind: 'review' };
  }
  if (task.status !== 'pending' && task.status !== 'claimed') return { kind: 'look', why: t.look.ended(task.status) };
  if (!who.mayLabel) return { kind: 'look', why: t.look.label };
  if (task.status === 'claimed' && task.claimedBy !== who.email) return { kind: 'look', why: t.look.other(task.claimedBy ?? '') };
  return (await withStoredLease(task)) ?? claim(task);
}

/** After a reload of this tab the lease goes on. */
async function withStoredLease(task: Task): Promise<Acquired | undefined> {
  const lease = storedLease(task.id);
  if (lease === undefined) return undefined;
  try {
    const renewed = await fovea.tasks.renew(task.id, { lease });
    lock(task.id);
    return { kind: 'work', held: { task: renewed, lease } };
  } catch (error) {
    if (hasCode(error, 'illegal_state')) return undefined;
    throw error;
  }
}

async function claim(task: Task): Promise<Acquired> {
  try {
    const { task: claimed, lease = '' } = await claimTask(task.projectId, task.id);
    return { kind: 'work', held: { task: claimed, lease } };
  } catch (error) {
    if (hasCode(error, 'illegal_state')) return { kind: 'look', why: (error as Error).message };
    throw error;
  }
}
