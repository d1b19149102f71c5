import { createHash } from 'node:crypto';
import type { Parsed, tasks } from '@fovea/contract';
import type { Database, WhenMade } from '../../engines/database/database.ts';
import { keeping } from '../../engines/database/keeping.ts';
import type { Caller } from '../../identity/caller.ts';
import { selectBatchAlone } from '../batches/store.ts';
import { madeUpAnswer } from '../task-types/made-up.ts';
import type { taskAnswers } from './answers.ts';
import type { TaskClaims } from './claims.ts';
import type { Mover, TaskLife } from './life.ts';
import type { StoredTask } from './store.ts';

type Body<K extends keyof typeof tasks> = Parsed<(typeof tasks)[K]>['body'];

/** How tasks come to their end: handed in by who holds them, reported as done, completed with a given response, or failed. */
export function taskHandingIn({ db, life, held, answers }: { db: Database; life: TaskLife; held: TaskClaims['held']; answers: ReturnType<typeof taskAnswers> }) {
  const { need, locked, change, tell, settle, complete, takeBack } = life;

  async function finish(caller: Mover, id: string, response: Record<string, unknown>): Promise<StoredTask | undefined> {
    return db.tx(async (tx) => {
      const task = await locked(tx, id);
      if (!['pending', 'claimed', 'submitted'].includes(task.status)) return undefined;
      return complete(tx, caller, task, { response, itemStatus: 'completed', submittedBy: caller.email, submittedAt: new Date() }, true);
    });
  }

  return {
    /** Completes a task with a given response: what test mode does, and doors whose people work elsewhere. */
    finish,

    /** A task of a test key that came through the native API completes itself with a made-up answer, unless its batch is still being filled. */
    async finishTest(task: StoredTask): Promise<void> {
      if (!task.test || task.origin !== null) return;
      const batch = task.batchId === null ? undefined : await selectBatchAlone(db, task.batchId);
      if (batch?.status !== 'staging') await finish({ orgId: task.orgId, email: task.createdBy }, task.id, madeUpAnswer(task));
    },

    async submit(caller: Caller, id: string, body: Body<'submit'>, whenMade?: WhenMade<StoredTask>): Promise<StoredTask> {
      await need(caller, id, 'annotator', 'label');
      return db.tx(keeping(whenMade, async (tx) => {
        const task = await held(tx, caller, id, body.lease);
        const batch = task.batchId === null ? undefined : await selectBatchAlone(tx, task.batchId);
        await answers.need(tx, { ...task, submittedBy: caller.email }, body.response);
        const handedIn = { response: body.response, itemStatus: body.itemStatus, submittedBy: caller.email, submittedAt: new Date(), addSeconds: body.secondsSpent };
        if (batch && goesToReview(task, batch.settings.reviewShare)) {
          return change(tx, caller, task, { ...handedIn, status: 'submitted', reviewStatus: 'pending', leaseToken: null, leaseUntil: null, claimedBy: null }, 'task.submitted');
        }
        return complete(tx, caller, task, handedIn);
      }));
    },

    /**
     * Sets how an item was left, by whom, without a claim: for protocols in which people report what they did. Null takes it back. `note` changes
     * what the door keeps on the task.
     */
    async setItemStatus(caller: Caller, id: string, status: string | null, note?: (task: StoredTask) => unknown): Promise<StoredTask> {
      await need(caller, id, 'annotator', 'label');
      return db.tx(async (tx) => {
        const task = await locked(tx, id);
        const noted = note ? { extra: note(task) } : {};
        if (status !== null) return complete(tx, caller, task, { ...noted, itemStatus: status, submittedBy: caller.email, submittedAt: new Date(), ...(task.response === null ? { response: {} } : {}) });
        return takeBack(tx, caller, task, noted);
      });
    },

    /** Ends a task that cannot be worked on, with the reason. */
    async fail(caller: Mover, id: string, error: Record<string, unknown>, options: { clearUniqueId?: boolean } = {}): Promise<void> {
      await db.tx(async (tx) => {
        const task = await locked(tx, id);
        if (task.status !== 'pending') return;
        const failed = await change(tx, caller, task, { status: 'error', error, completedAt: new Date(), ...(options.clearUniqueId ? { uniqueId: null } : {}) }, 'task.failed', { error });
        await tell(tx, failed, 'error');
        await settle(tx, caller, failed.batchId);
      });
    },
  };
}

/** True for the share of the tasks that are reviewed, decided by the id so that it cannot be guessed nor changed. */
function goesToReview(task: StoredTask, share: number): boolean {
  return !task.honeypot && createHash('sha256').update(task.id).digest().readUInt32BE(0) / 2 ** 32 < share;
}
