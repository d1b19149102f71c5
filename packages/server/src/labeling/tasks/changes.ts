import type { Item, Parsed, tasks } from '@fovea/contract';
import { violatedConstraint, type Database, type Tx, type WhenMade } from '../../engines/database/database.ts';
import { keeping } from '../../engines/database/keeping.ts';
import type { Queue } from '../../engines/queue/queue.ts';
import { Fault, notFound } from '../../fault.ts';
import { authorize } from '../../identity/access.ts';
import type { Caller } from '../../identity/caller.ts';
import { settleDrafts, type NewAnnotation } from '../annotations/store.ts';
import type { AnnotationsService } from '../annotations/service.ts';
import { selectBatchAlone } from '../batches/store.ts';
import { prepareTask } from './background.ts';
import { illegal, type TaskLife } from './life.ts';
import { markCalled, selectExpired, selectTaskByUniqueId, toTask, updateTask, type StoredTask, type TaskChange } from './store.ts';
import { selectPending } from './batch-store.ts';

type Update = Parsed<typeof tasks.update>['body'];
type Reopening = Parsed<typeof tasks.reopen>['body'];

const expiredAtOnce = 1_000;

/** What a task begins with once its attachment is there. */
export interface Attached {
  item: Pick<Item, 'id' | 'datasetId'>;
  /** Its pre-labels, made ready by the annotations room; written in the same transaction, by `by`. */
  prelabels: { by: Caller; rows: readonly NewAnnotation[] };
  /** Replaces what the door keeps. */
  extra?: unknown;
}

/** What is changed about a task by who manages it, and what it is given while it is prepared. */
export function taskChanges({ db, queue, life, annotations }: { db: Database; queue: Queue; life: TaskLife; annotations: AnnotationsService }) {
  const { need, locked, change, settle, takeBack } = life;

  return {
    async update(caller: Caller, id: string, body: Update & { extra?: unknown }, revision?: number): Promise<StoredTask> {
      await need(caller, id, 'developer', 'write');
      try {
        return await db.tx(async (tx) => {
          const now = await locked(tx, id);
          if (revision !== undefined && now.revision !== revision) throw new Fault('revision_conflict', `The task is at revision ${now.revision} now.`, { current: toTask(now) });
          return change(tx, caller, now, body as TaskChange, 'task.updated', { changed: Object.keys(body) });
        });
      } catch (error) {
        throw await uniqueIdFault(db, caller, body.uniqueId, error);
      }
    },

    /** Changes the tags under the task's lock, so that two who add at once both count. */
    async changeTags(caller: Caller, id: string, make: (tags: readonly string[]) => readonly string[]): Promise<StoredTask> {
      await need(caller, id, 'developer', 'write');
      return db.tx(async (tx) => {
        const now = await locked(tx, id);
        return change(tx, caller, now, { tags: make(now.tags ?? []) }, 'task.updated', { changed: ['tags'] });
      });
    },

    /** Cancels a task that is not done; with `unclaimed` only while nobody has begun. */
    async cancel(caller: Caller, id: string, options: { clearUniqueId: boolean; unclaimed?: boolean }, whenMade?: WhenMade<StoredTask>): Promise<StoredTask> {
      await need(caller, id, 'developer', 'write');
      return db.tx(keeping(whenMade, async (tx) => {
        const now = await locked(tx, id);
        if (!(options.unclaimed ? ['pending'] : ['pending', 'claimed', 'submitted']).includes(now.status)) throw illegal(now);
        await settleDrafts(tx, id, false);
        const after = await change(tx, caller, now, { status: 'cancelled', leaseToken: null, leaseUntil: null, ...(options.clearUniqueId ? { uniqueId: null } : {}) }, 'task.cancelled');
        await settle(tx, caller, after.batchId);
        return after;
      }));
    },

    /** Takes completed work back to be done once more, with a comment for whoever gets it next. What was answered and drawn is there until then. */
    async reopen(caller: Caller, id: string, { comment }: Reopening, whenMade?: WhenMade<StoredTask>): Promise<StoredTask> {
      await need(caller, id, 'manager', 'write');
      return db.tx(keeping(whenMade, async (tx) => {
        const now = await locked(tx, id);
        if (now.status !== 'completed') throw illegal(now);
        const note = comment === undefined ? {} : { addComment: { comment, by: caller.email, at: new Date().toISOString() } };
        return takeBack(tx, caller, now, { ...note, reviewStatus: null, rounds: now.rounds + 1 });
      }));
    },

    /** Cancels tasks that nobody began before their expiry; gives how many were found. Who holds one may finish it. */
    async expire(): Promise<number> {
      const ids = await selectExpired(db, expiredAtOnce);
      for (const id of ids) {
        await db.tx(async (tx) => {
          const now = await locked(tx, id);
          if (now.status !== 'pending') return;
          const platform = { orgId: now.orgId, email: 'system@fovea' };
          await settleDrafts(tx, id, false);
          const after = await change(tx, platform, now, { status: 'cancelled' }, 'task.cancelled', { reason: 'expired' });
          await settle(tx, platform, after.batchId);
        });
      }
      return ids.length;
    },

    /** Attaches the item that an attachment became, with the pre-labels of the task: once, however often the preparation is repeated. */
    async attach(tx: Tx, id: string, { item, prelabels, extra }: Attached): Promise<void> {
      const task = await locked(tx, id);
      if (task.status !== 'pending' || task.itemId !== null) return;
      await updateTask(tx, id, { itemId: item.id, datasetId: item.datasetId, ...(extra === undefined ? {} : { extra }) });
      await annotations.insertPrelabels(tx, prelabels.by, prelabels.rows);
    },

    /** Records whether the caller's callback arrived. */
    called: (id: string, succeeded: boolean): Promise<void> => markCalled(db, id, succeeded),

    /** Has the pending tasks of a batch prepared once more, such as those of a test batch, in the transaction that opens it. */
    async prepareBatch(tx: Tx, caller: Caller, batchId: string): Promise<void> {
      const batch = await selectBatchAlone(tx, batchId);
      if (!batch || batch.test !== caller.test) throw notFound('batch', batchId);
      await authorize(tx, caller, batch.projectId, { role: 'manager', scope: 'write', as: { kind: 'batch', id: batchId } });
      for (let after = ''; ; ) {
        const ids = await selectPending(tx, batchId, { after, limit: 1_000 });
        const last = ids.at(-1);
        if (last === undefined) return;
        await queue.sendMany(tx, prepareTask, ids.map((taskId) => ({ taskId })));
        after = last;
      }
    },
  };
}

/** An error of writing a task, as the conflict that names its holder where the unique id is taken. */
export async function uniqueIdFault(db: Database, caller: Caller, uniqueId: string | null | undefined, error: unknown): Promise<unknown> {
  if (violatedConstraint(error) !== 'tasks_unique_id') return error;
  const taken = await selectTaskByUniqueId(db, caller.orgId, caller.test, uniqueId ?? '');
  return new Fault('conflict', `The unique_id ("${uniqueId}") is already used for a different task (${taken?.id ?? 'unknown'}).`, { current: taken && toTask(taken) });
}
