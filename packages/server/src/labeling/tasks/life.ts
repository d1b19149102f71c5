import type { ProjectRole, Task } from '@fovea/contract';
import type { Database, Tx } from '../../engines/database/database.ts';
import { emit } from '../../events/outbox.ts';
import { Fault, notFound } from '../../fault.ts';
import { authorize } from '../../identity/access.ts';
import type { Caller } from '../../identity/caller.ts';
import { counted } from '../annotations/changes.ts';
import { countDrafts, settleDrafts } from '../annotations/store.ts';
import { settleBatch } from '../batches/settle.ts';
import { selectBatchAlone, updateBatch, type StoredBatch } from '../batches/store.ts';
import type { taskAnswers } from './answers.ts';
import { taskEvent } from './events.ts';
import { selectTask, toTask, updateTask, type StoredTask, type TaskChange } from './store.ts';

/** Told in the transaction in which a task came to an end, was judged, or was taken back, so that whoever must be called is called just then. */
export type TaskEnded = (tx: Tx, task: StoredTask, what: 'completed' | 'error' | 'reviewed' | 'reopened') => Promise<void>;

/** Told in the transaction in which the last open task of a batch came to an end. */
export type BatchEnded = (tx: Tx, batch: StoredBatch) => Promise<void>;

/** Writes the response of a task that a person did, from the annotations and the answers that were handed in. */
export type TaskResponder = (tx: Tx, task: StoredTask, how: { fixed: boolean }) => Promise<Record<string, unknown>>;

/** Who moves a task: a caller, or somebody on whose behalf the platform does it. */
export type Mover = Pick<Caller, 'orgId' | 'email'>;
type TaskRole = 'annotator' | 'developer' | 'reviewer' | 'manager';
export type TaskLife = ReturnType<typeof taskLife>;

const moves: Record<Task['status'], string> = {
  pending: 'claim or cancel',
  claimed: 'renew, release, submit or cancel',
  submitted: 'review or cancel',
  completed: 'review or reopen',
  cancelled: 'nothing',
  error: 'nothing',
};

/** What is told when a move is not possible in the state that the task is in. */
export function illegal(task: StoredTask): Fault {
  return new Fault('illegal_state', `The task is ${task.status}; possible now: ${moves[task.status]}.`, { current: toTask(task) });
}

/** What all moves of a task share: rights, the lock, events, and how a task ends. */
export function taskLife({ db, answers }: { db: Database; answers: ReturnType<typeof taskAnswers> }) {
  const listeners: TaskEnded[] = [];
  const batchListeners: BatchEnded[] = [];
  const responders = new Map<string, TaskResponder>();

  /** The task, and as what the caller may come to it. */
  async function access(caller: Caller, id: string, needed: TaskRole, scope: 'read' | 'write' | 'label'): Promise<{ task: StoredTask; role: ProjectRole }> {
    const task = await selectTask(db, id);
    if (!task || task.test !== caller.test) throw notFound('task', id);
    const { role } = await authorize(db, caller, task.projectId, { role: needed, scope, as: { kind: 'task', id } });
    return { task, role };
  }

  /** The task, locked until the transaction ends. */
  async function locked(tx: Tx, id: string): Promise<StoredTask> {
    const task = await selectTask(tx, id, { lock: true });
    if (!task) throw notFound('task', id);
    return task;
  }

  async function change(tx: Tx, caller: Mover, task: StoredTask, what: TaskChange, type: string, data: Record<string, unknown> = {}): Promise<StoredTask> {
    const after = await updateTask(tx, task.id, what);
    await emit(tx, taskEvent(type, caller, after, data));
    return after;
  }

  async function tell(tx: Tx, task: StoredTask, what: Parameters<TaskEnded>[2]): Promise<void> {
    for (const listener of listeners) await listener(tx, task, what);
  }

  /** Completes the batch when nothing in it is left to do. */
  async function settle(tx: Tx, caller: Pick<Mover, 'email'>, batchId: string | null): Promise<void> {
    const completed = batchId === null ? undefined : await settleBatch(tx, caller, batchId);
    if (completed) for (const listener of batchListeners) await listener(tx, completed);
  }

  /** The response in the words of the door that the task came through; what was handed in, where no door has a say. */
  async function answer(tx: Tx, task: StoredTask, how: { fixed: boolean }): Promise<{ response?: Record<string, unknown> }> {
    const responder = task.origin === null ? undefined : responders.get(task.origin);
    const response = responder ? await responder(tx, task, how) : await answers.of(tx, task);
    return response === undefined ? {} : { response };
  }

  /** Drafts become annotations; gives how many. */
  async function keepDrafts(tx: Tx, task: StoredTask): Promise<number> {
    // What is said about an item with a known answer is compared, and not added to it.
    if (task.honeypot) return countDrafts(tx, task.id);
    const settled = await settleDrafts(tx, task.id, true);
    if (settled.length > 0 && task.itemId && task.datasetId) {
      await counted(tx, { itemId: task.itemId, datasetId: task.datasetId, projectId: task.projectId }, settled.length);
    }
    return settled.length;
  }

  /** Ends a task: its drafts become annotations, listeners are told, its batch may be done. `final`: the response is in the door's words already. */
  async function complete(tx: Tx, caller: Mover, task: StoredTask, what: TaskChange, final = false): Promise<StoredTask> {
    const annotations = await keepDrafts(tx, task);
    const handedIn = (what.response ?? task.response) as StoredTask['response'];
    const said = final ? {} : await answer(tx, { ...task, response: handedIn, submittedBy: what.submittedBy ?? task.submittedBy }, { fixed: what.reviewStatus === 'fixed' });
    const done = await change(tx, caller, task, { ...what, ...said, status: 'completed', completedAt: new Date(), leaseToken: null, leaseUntil: null, claimedBy: null }, 'task.completed', { annotations });
    await tell(tx, done, 'completed');
    await settle(tx, caller, done.batchId);
    return done;
  }

  /** Makes a task pending again: its batch goes on, and whoever was told of its end is told of this. */
  async function takeBack(tx: Tx, caller: Mover, task: StoredTask, more: TaskChange): Promise<StoredTask> {
    const reopened = await change(tx, caller, task, { ...more, itemStatus: null, status: 'pending', completedAt: null }, 'task.reopened');
    const batch = task.batchId === null ? undefined : await selectBatchAlone(tx, task.batchId, { lock: true });
    if (batch?.status === 'completed') await updateBatch(tx, batch.id, { status: 'in_progress' });
    await tell(tx, reopened, 'reopened');
    return reopened;
  }

  return {
    access,
    need: async (...given: Parameters<typeof access>): Promise<StoredTask> => (await access(...given)).task,
    locked,
    change,
    tell,
    settle,
    answer,
    keepDrafts,
    complete,
    takeBack,

    /** Who hears of ends, and who writes responses: declared when the platform is put together. */
    hooks: {
      onEnded: (listener: TaskEnded): void => void listeners.push(listener),
      onBatchEnded: (listener: BatchEnded): void => void batchListeners.push(listener),
      /** Declares who writes the responses of the tasks of an origin. */
      respond: (origin: string, responder: TaskResponder): void => void responders.set(origin, responder),
    },
  };
}
