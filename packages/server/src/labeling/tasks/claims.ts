import { newId, type Parsed, type tasks } from '@fovea/contract';
import type { Database, Queryable, Tx, WhenMade } from '../../engines/database/database.ts';
import { keeping } from '../../engines/database/keeping.ts';
import { emit } from '../../events/outbox.ts';
import { Fault, notFound } from '../../fault.ts';
import { authorize, authorized } from '../../identity/access.ts';
import type { Caller } from '../../identity/caller.ts';
import { selectBatchAlone } from '../batches/store.ts';
import { claimAgain, claimNext, selectForReview } from './claim-store.ts';
import { taskEvent } from './events.ts';
import { illegal, type TaskLife } from './life.ts';
import { toTask, updateTask, type StoredTask } from './store.ts';
import { turns } from './turns.ts';

type Body<K extends keyof typeof tasks> = Parsed<(typeof tasks)[K]>['body'];
export type TaskClaims = ReturnType<typeof taskClaims>;

/** A task that somebody took, and what shows that they hold it; without a task there is nothing to do. */
export interface Claimed {
  task: StoredTask | null;
  lease: string | null;
}

/** How long a claim holds without being renewed, where the batch does not say. */
const leaseSeconds = 900;

/**
 * So many claims of a next task are on their way to the database at a time. More would get in each other's way at the heads of the queues: of fifty at
 * once each took the database eight times as long as of four.
 */
const claimsAtOnce = 6;

/** Who holds a task: claims with leases, their renewal, and giving a task back. */
export function taskClaims({ db, life }: { db: Database; life: TaskLife }) {
  const { need, locked, change } = life;
  const inTurn = turns(claimsAtOnce);

  /** The task that the caller holds; work that comes with a lost lease is kept as drafts, and the loss is told. */
  async function held(tx: Tx, caller: Caller, id: string, lease: string): Promise<StoredTask> {
    const task = await locked(tx, id);
    if (task.status !== 'claimed' || task.leaseToken !== lease || task.claimedBy !== caller.email) {
      throw new Fault('illegal_state', `You no longer hold this task (it is ${task.status}); what you saved is kept with it.`, { current: toTask(task) });
    }
    return task;
  }

  /** Takes one task: of the common queue or the caller's share, or one that the caller holds, which ends its old lease. */
  async function claimThis(caller: Caller, projectId: string, id: string, lease: string, whenMade: WhenMade<Claimed> | undefined): Promise<Claimed> {
    const found = await need(caller, id, 'annotator', 'label');
    if (found.projectId !== projectId) throw notFound('task', id);
    return db.tx(keeping(whenMade, async (tx) => {
      const who = { projectId, email: caller.email, taskId: id, batchId: undefined, leaseToken: lease, leaseSeconds, test: caller.test };
      const again = await claimAgain(tx, who);
      if (again) await emit(tx, taskEvent('task.claimed', caller, again));
      const taken = again ?? (await claimNext(tx, who));
      if (!taken) throw notFree(await locked(tx, id));
      return { task: taken, lease };
    }));
  }

  return {
    held,

    /** Takes a task. Without `whenMade` the next one is taken by a single statement, which needs no transaction around it. */
    async claim(caller: Caller, projectId: string, body: Body<'claim'>, whenMade?: WhenMade<Claimed>): Promise<Claimed> {
      const needed = { role: body.review ? 'reviewer' : 'annotator', scope: 'label' } as const;
      if (body.review || body.task !== undefined) await authorize(db, caller, projectId, needed);
      if (body.review) return { task: (await selectForReview(db, { projectId, email: caller.email, batchId: body.batch })) ?? null, lease: null };
      const lease = newId();
      if (body.task !== undefined) return claimThis(caller, projectId, body.task, lease, whenMade);
      const next = async (on: Queryable): Promise<Claimed> => {
        const right = { held: authorized(caller, projectId, needed), need: () => authorize(on, caller, projectId, needed) };
        const task = await claimNext(on, { projectId, email: caller.email, batchId: body.batch, leaseToken: lease, leaseSeconds, test: caller.test, right });
        return task ? { task, lease } : { task: null, lease: null };
      };
      // The turn is waited for without a connection in hand.
      return inTurn(() => (whenMade ? db.tx(keeping(whenMade, next)) : next(db)));
    },

    async renew(caller: Caller, id: string, body: Body<'renew'>): Promise<StoredTask> {
      await need(caller, id, 'annotator', 'label');
      return db.tx(async (tx) => {
        const task = await held(tx, caller, id, body.lease);
        const batch = task.batchId === null ? undefined : await selectBatchAlone(tx, task.batchId);
        const until = new Date(Date.now() + (batch?.settings.leaseSeconds ?? leaseSeconds) * 1_000);
        return updateTask(tx, id, { leaseUntil: until, addSeconds: body.secondsSpent });
      });
    },

    async release(caller: Caller, id: string, body: Body<'release'>, whenMade?: WhenMade<StoredTask>): Promise<StoredTask> {
      await need(caller, id, 'annotator', 'label');
      return db.tx(keeping(whenMade, async (tx) => {
        const task = await held(tx, caller, id, body.lease);
        return change(tx, caller, task, { status: 'pending', claimedBy: null, leaseToken: null, leaseUntil: null, ...(body.flag === undefined ? {} : { flag: body.flag }), ...(body.skip ? { addSkipper: caller.email } : {}) }, 'task.released', { flag: body.flag ?? null });
      }));
    },
  };
}

function notFree(task: StoredTask): Fault {
  if (task.status !== 'pending') return illegal(task);
  return new Fault('illegal_state', "The task cannot be taken now: it is another person's share, its batch is not open, you labeled its item already, or somebody just took it.", { current: toTask(task) });
}
