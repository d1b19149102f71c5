import { createHash } from 'node:crypto';
import { newId, type Item, type Parsed, type Task, type tasks } from '@fovea/contract';
import sql, { empty } from 'sql-template-tag';
import type { ItemsService } from '../../catalog/items/service.ts';
import { queryPage, rowAlias } from '../../catalog/query/page.ts';
import { project as projectFields } from '../../catalog/query/project.ts';
import { violatedConstraint, type Database, type Tx } from '../../engines/database/database.ts';
import type { Queue } from '../../engines/queue/queue.ts';
import type { AddressCheck } from '../../events/callback-address.ts';
import { emit } from '../../events/outbox.ts';
import { Fault, notFound } from '../../fault.ts';
import { authorize } from '../../identity/access.ts';
import { systemCaller, type Caller } from '../../identity/caller.ts';
import type { ProjectsService } from '../../identity/projects/service.ts';
import type { Page } from '../../paging.ts';
import { annotationFault } from '../annotations/check.ts';
import { counted } from '../annotations/changes.ts';
import type { AnnotationsService } from '../annotations/service.ts';
import { countDrafts, settleDrafts } from '../annotations/store.ts';
import { taskEntity } from './entity.ts';
import { settleBatch } from '../batches/service.ts';
import { reopenBatch, selectBatchAlone, updateBatch, type StoredBatch } from '../batches/store.ts';
import { taskShownTo, workerOf } from '../quality/hidden.ts';
import type { RecipesService } from '../recipes/service.ts';
import { selectRecipe } from '../recipes/store.ts';
import { madeUpAnswer } from '../task-types/made-up.ts';
import { taskAnswers } from './answers.ts';
import { prepareTask } from './background.ts';
import { taskContent } from './content.ts';
import { taskFinder } from './find.ts';
import { claimAgain, claimNext, insertTask, markCalled, selectForReview, selectPending, selectTask, selectTaskByUniqueId, selectTasksOfItems, toStoredTask, toTask, updateTask, type StoredTask, type TaskChange, type TaskRow } from './store.ts';

type Body<K extends keyof typeof tasks> = Parsed<(typeof tasks)[K]>['body'];
export type TasksService = ReturnType<typeof tasksService>;

/** What a door may add to a task. */
export interface TaskExtras {
  origin?: string;
  externalId?: string;
  extra?: unknown;
  recipe?: string;
  /** The version of the recipe that it was made under, which the door has at hand; the newest unless given. */
  recipeVersion?: number;
  /** Sent through the preparations although it has neither a test key nor an attachment that says so. */
  prepare?: boolean;
}

/** Told in the transaction in which a task came to an end, was judged, or was taken back, so that whoever must be called is called just then. */
export type TaskEnded = (tx: Tx, task: StoredTask, what: 'completed' | 'error' | 'reviewed' | 'reopened') => Promise<void>;

/** Told in the transaction in which the last open task of a batch came to an end. */
export type BatchEnded = (tx: Tx, batch: StoredBatch) => Promise<void>;

/** Writes the response of a task that a person did, from the annotations and the answers that were handed in. */
export type TaskResponder = (tx: Tx, task: StoredTask, how: { fixed: boolean }) => Promise<Record<string, unknown>>;

const leaseSeconds = 900;
const moves: Record<Task['status'], string> = {
  pending: 'claim or cancel',
  claimed: 'renew, release, submit or cancel',
  submitted: 'review or cancel',
  completed: 'review',
  cancelled: 'nothing',
  error: 'nothing',
};

/** Tasks: one unit of human work each. */
export function tasksService(deps: { db: Database; queue: Queue; projects: ProjectsService; items: ItemsService; annotations: AnnotationsService; recipes: RecipesService; mayCall: AddressCheck }) {
  const { db, queue, projects, items, annotations, mayCall } = deps;
  const answers = taskAnswers(deps);
  const contentOf = taskContent(deps);
  const listeners: TaskEnded[] = [];
  const batchListeners: BatchEnded[] = [];
  const responders = new Map<string, TaskResponder>();

  async function need(caller: Caller, id: string, role: 'annotator' | 'developer' | 'reviewer', scope: 'read' | 'write' | 'label'): Promise<StoredTask> {
    const found = await selectTask(db, id);
    if (!found || found.test !== caller.test) throw notFound('task', id);
    await authorize(db, caller, found.projectId, { role, scope, as: { kind: 'task', id } });
    return found;
  }

  function illegal(task: StoredTask): Fault {
    return new Fault('illegal_state', `The task is ${task.status}; possible now: ${moves[task.status]}.`, { current: toTask(task) });
  }

  async function change(tx: Tx, caller: { orgId: string; email: string }, task: StoredTask, what: TaskChange, type: string, data: Record<string, unknown> = {}): Promise<StoredTask> {
    const after = await updateTask(tx, task.id, what);
    await emit(tx, taskEvent(type, caller, after, data));
    return after;
  }

  async function locked(tx: Tx, id: string): Promise<StoredTask> {
    const task = await selectTask(tx, id, { lock: true });
    if (!task) throw notFound('task', id);
    return task;
  }

  /** The task that the caller holds; work that comes with a lost lease is kept as drafts, and the loss is told. */
  async function held(tx: Tx, caller: Caller, id: string, lease: string): Promise<StoredTask> {
    const task = await locked(tx, id);
    if (task.status !== 'claimed' || task.leaseToken !== lease || task.claimedBy !== caller.email) {
      throw new Fault('illegal_state', `You no longer hold this task (it is ${task.status}); what you saved is kept with it.`, { current: toTask(task) });
    }
    return task;
  }

  /** Takes one task: of the common queue or the caller's share, or one that the caller holds, which ends its old lease. */
  async function claimThis(caller: Caller, projectId: string, id: string, lease: string): Promise<StoredTask> {
    const found = await need(caller, id, 'annotator', 'label');
    if (found.projectId !== projectId) throw notFound('task', id);
    return db.tx(async (tx) => {
      const who = { projectId, email: caller.email, taskId: id, batchId: undefined, leaseToken: lease, leaseSeconds, test: caller.test };
      const again = await claimAgain(tx, who);
      if (again) await emit(tx, taskEvent('task.claimed', caller, again));
      const taken = again ?? (await claimNext(tx, who));
      if (!taken) throw notFree(await locked(tx, id));
      return taken;
    });
  }

  function notFree(task: StoredTask): Fault {
    if (task.status !== 'pending') return illegal(task);
    return new Fault('illegal_state', "The task cannot be taken now: it is another person's share, its batch is not open, you labeled its item already, or somebody just took it.", { current: toTask(task) });
  }

  async function tell(tx: Tx, task: StoredTask, what: Parameters<TaskEnded>[2]): Promise<void> {
    for (const listener of listeners) await listener(tx, task, what);
  }

  async function settle(tx: Tx, caller: { email: string }, batchId: string | null): Promise<void> {
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
  async function complete(tx: Tx, caller: { orgId: string; email: string }, task: StoredTask, what: TaskChange, final = false): Promise<StoredTask> {
    const annotations = await keepDrafts(tx, task);
    const handedIn = (what.response ?? task.response) as StoredTask['response'];
    const said = final ? {} : await answer(tx, { ...task, response: handedIn, submittedBy: what.submittedBy ?? task.submittedBy }, { fixed: what.reviewStatus === 'fixed' });
    const done = await change(tx, caller, task, { ...what, ...said, status: 'completed', completedAt: new Date(), leaseToken: null, leaseUntil: null, claimedBy: null }, 'task.completed', { annotations });
    await tell(tx, done, 'completed');
    await settle(tx, caller, done.batchId);
    return done;
  }

  /** True for the share of the tasks that are reviewed, decided by the id so that it cannot be guessed nor changed. */
  function goesToReview(task: StoredTask, share: number): boolean {
    return !task.honeypot && createHash('sha256').update(task.id).digest().readUInt32BE(0) / 2 ** 32 < share;
  }

  async function finish(caller: { orgId: string; email: string }, id: string, response: Record<string, unknown>): Promise<StoredTask | undefined> {
    return db.tx(async (tx) => {
      const task = await locked(tx, id);
      if (!['pending', 'claimed', 'submitted'].includes(task.status)) return undefined;
      return complete(tx, caller, task, { response, itemStatus: 'completed', submittedBy: caller.email, submittedAt: new Date() }, true);
    });
  }

  /** A task of a test key that came through the native API completes itself with a made-up answer, unless its batch is still being filled. */
  async function finishTest(task: StoredTask): Promise<void> {
    if (!task.test || task.origin !== null) return;
    const batch = task.batchId === null ? undefined : await selectBatchAlone(db, task.batchId);
    if (batch?.status !== 'staging') await finish({ orgId: task.orgId, email: task.createdBy }, task.id, madeUpAnswer(task));
  }

  return {
    ...taskFinder(db),

    onEnded: (listener: TaskEnded): void => void listeners.push(listener),

    onBatchEnded: (listener: BatchEnded): void => void batchListeners.push(listener),

    /** Declares who writes the responses of the tasks of an origin. */
    respond: (origin: string, responder: TaskResponder): void => void responders.set(origin, responder),

    async create(caller: Caller, body: Body<'create'> & TaskExtras): Promise<StoredTask> {
      const project = await projects.get(caller, body.project);
      await authorize(db, caller, project.id, { role: 'developer', scope: 'write' });
      const batch = body.batch === undefined ? undefined : await selectBatchAlone(db, body.batch);
      if (body.batch !== undefined && (batch?.projectId !== project.id || batch.test !== caller.test)) throw notFound('batch', body.batch);
      const item = body.item === undefined ? undefined : await items.get(caller, body.item);
      if (item && item.projectId !== project.id) throw notFound('item', item.id);
      await mayCall(body.callbackUrl);
      const content = body.origin === undefined ? await contentOf(caller, body, { projectId: project.id, batchRecipeId: batch?.recipeId ?? null, item }) : undefined;
      const recipeId = content ? (content.recipe?.id ?? null) : (body.recipe ?? batch?.recipeId ?? null);
      const recipeVersion = content ? content.recipe?.version : recipeId === null ? undefined : (body.recipeVersion ?? (await selectRecipe(db, recipeId))?.version);
      // Pre-labels wait with the task where its attachment must be fetched first.
      const waiting = body.hypothesis && !item && body.origin === undefined ? { hypothesis: body.hypothesis } : null;
      if (item) needFitting(item, body.hypothesis ?? []);
      try {
        const created = await db.tx(async (tx) => {
          const made = await insertTask(tx, {
            id: newId(),
            orgId: caller.orgId,
            projectId: project.id,
            batchId: batch?.id ?? null,
            datasetId: item?.datasetId ?? batch?.datasetId ?? null,
            itemId: item?.id ?? null,
            type: body.type,
            test: caller.test,
            instruction: body.instruction,
            params: content?.params ?? body.params,
            attachment: (content ? content.attachment : body.attachment) ?? null,
            recipeId,
            recipeVersion: recipeVersion ?? null,
            priority: body.priority,
            uniqueId: body.uniqueId ?? null,
            tags: body.tags ?? null,
            metadata: body.metadata,
            callbackUrl: body.callbackUrl ?? null,
            origin: body.origin ?? null,
            externalId: body.externalId ?? null,
            extra: body.extra ?? waiting,
            createdBy: caller.email,
            expiresAt: body.expiresAt ?? null,
          });
          await emit(tx, taskEvent('task.created', caller, made, { type: made.type }));
          // Also where the batch was completed while this was on its way.
          if (batch) await reopenBatch(tx, batch.id);
          if (made.test || body.prepare || (made.attachment !== null && made.itemId === null)) await queue.send(tx, prepareTask, { taskId: made.id });
          if (item && body.hypothesis && !made.test) {
            tx.afterCommit(async () => void (await annotations.create(caller, item.id, body.hypothesis ?? [], { taskId: made.id })));
          }
          return made;
        });
        await finishTest(created);
        return created;
      } catch (error) {
        if (violatedConstraint(error) !== 'tasks_unique_id') throw error;
        const taken = await selectTaskByUniqueId(db, caller.orgId, caller.test, body.uniqueId ?? '');
        throw new Fault('conflict', `The unique_id ("${body.uniqueId}") is already used for a different task (${taken?.id ?? 'unknown'}).`, { current: taken && toTask(taken) });
      }
    },

    async query(caller: Caller, projectId: string, body: Body<'query'>): Promise<Page<Partial<Task>>> {
      const { role } = await authorize(db, caller, projectId, { role: 'annotator', scope: 'read' });
      const worker = workerOf(caller, role);
      return queryPage<TaskRow, Partial<Task>>(db, taskEntity, body, {
        columns: sql`${rowAlias}.*`,
        scope: sql`${rowAlias}.project_id = ${projectId} and ${rowAlias}.test = ${caller.test} ${worker === undefined ? empty : sql`and ${taskShownTo(worker, rowAlias)}`}`,
        scopeMark: [projectId, caller.test],
        defaultSort: [{ field: 'id', direction: 'desc' }],
        map: (row) => projectFields(toTask(toStoredTask(row)), body.fields, taskEntity),
      });
    },

    get: (caller: Caller, id: string): Promise<StoredTask> => need(caller, id, 'annotator', 'read'),

    /** The tasks of items that are in a batch and not cancelled, oldest first; rights were checked on the items. */
    ofItems: (itemIds: readonly string[]): Promise<StoredTask[]> => selectTasksOfItems(db, itemIds),

    async update(caller: Caller, id: string, body: Body<'update'> & { extra?: unknown }, revision?: number): Promise<StoredTask> {
      await need(caller, id, 'developer', 'write');
      try {
        return await db.tx(async (tx) => {
          const now = await locked(tx, id);
          if (revision !== undefined && now.revision !== revision) throw new Fault('revision_conflict', `The task is at revision ${now.revision} now.`, { current: toTask(now) });
          return change(tx, caller, now, body as TaskChange, 'task.updated', { changed: Object.keys(body) });
        });
      } catch (error) {
        if (violatedConstraint(error) !== 'tasks_unique_id') throw error;
        const taken = await selectTaskByUniqueId(db, caller.orgId, caller.test, body.uniqueId ?? '');
        throw new Fault('conflict', `The unique_id ("${body.uniqueId}") is already used for a different task (${taken?.id ?? 'unknown'}).`);
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
    async cancel(caller: Caller, id: string, options: { clearUniqueId: boolean; unclaimed?: boolean }): Promise<StoredTask> {
      await need(caller, id, 'developer', 'write');
      return db.tx(async (tx) => {
        const now = await locked(tx, id);
        if (!(options.unclaimed ? ['pending'] : ['pending', 'claimed', 'submitted']).includes(now.status)) throw illegal(now);
        await settleDrafts(tx, id, false);
        const after = await change(tx, caller, now, { status: 'cancelled', leaseToken: null, leaseUntil: null, ...(options.clearUniqueId ? { uniqueId: null } : {}) }, 'task.cancelled');
        await settle(tx, caller, after.batchId);
        return after;
      });
    },

    async claim(caller: Caller, projectId: string, body: Body<'claim'>): Promise<{ task: StoredTask | null; lease: string | null }> {
      await authorize(db, caller, projectId, { role: body.review ? 'reviewer' : 'annotator', scope: 'label' });
      if (body.review) return { task: (await selectForReview(db, { projectId, email: caller.email, batchId: body.batch })) ?? null, lease: null };
      const lease = newId();
      if (body.task !== undefined) return { task: await claimThis(caller, projectId, body.task, lease), lease };
      const claimed = await claimNext(db, { projectId, email: caller.email, batchId: body.batch, leaseToken: lease, leaseSeconds, test: caller.test });
      return claimed ? { task: claimed, lease } : { task: null, lease: null };
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

    async release(caller: Caller, id: string, body: Body<'release'>): Promise<StoredTask> {
      await need(caller, id, 'annotator', 'label');
      return db.tx(async (tx) => {
        const task = await held(tx, caller, id, body.lease);
        return change(tx, caller, task, { status: 'pending', claimedBy: null, leaseToken: null, leaseUntil: null, ...(body.flag === undefined ? {} : { flag: body.flag }), ...(body.skip ? { addSkipper: caller.email } : {}) }, 'task.released', { flag: body.flag ?? null });
      });
    },

    async submit(caller: Caller, id: string, body: Body<'submit'>): Promise<StoredTask> {
      await need(caller, id, 'annotator', 'label');
      return db.tx(async (tx) => {
        const task = await held(tx, caller, id, body.lease);
        const batch = task.batchId === null ? undefined : await selectBatchAlone(tx, task.batchId);
        await answers.need(tx, { ...task, submittedBy: caller.email }, body.response);
        const handedIn = { response: body.response, itemStatus: body.itemStatus, submittedBy: caller.email, submittedAt: new Date(), addSeconds: body.secondsSpent };
        if (batch && goesToReview(task, batch.settings.reviewShare)) {
          return change(tx, caller, task, { ...handedIn, status: 'submitted', reviewStatus: 'pending', leaseToken: null, leaseUntil: null, claimedBy: null }, 'task.submitted');
        }
        return complete(tx, caller, task, handedIn);
      });
    },

    async review(caller: Caller, id: string, body: Body<'review'>): Promise<StoredTask> {
      await need(caller, id, 'reviewer', 'label');
      return db.tx(async (tx) => {
        const task = await locked(tx, id);
        if (task.status !== 'submitted' && task.status !== 'completed') throw illegal(task);
        if (body.verdict === 'fix' && body.response !== undefined) await answers.need(tx, task, body.response);
        const at = new Date().toISOString();
        const note = body.comment === undefined ? {} : { addComment: { comment: body.comment, by: caller.email, at, ...(body.annotation ? { annotationId: body.annotation } : {}) } };
        const reviewStatus = ({ accept: 'accepted', reject: 'rejected', fix: 'fixed', comment: 'commented' } as const)[body.verdict];
        const reviewed: TaskChange = { ...note, reviewStatus, addAudit: { audited_by: caller.email, audited_at: at, audit_result: reviewStatus, comments: body.comment ?? null } };
        if (body.verdict === 'fix' && task.response !== null) reviewed.addPriorResponse = task.response;
        if (body.verdict === 'fix' && body.response !== undefined) reviewed.response = body.response;
        if (task.status === 'completed') {
          // What the reviewer added in the task belongs to the item now, as the rest of the work does.
          if (body.verdict === 'fix') await keepDrafts(tx, task);
          const fixed = body.verdict === 'fix' ? await answer(tx, { ...task, response: body.response ?? {} }, { fixed: true }) : {};
          const after = await change(tx, caller, task, { ...reviewed, ...fixed }, 'task.reviewed', { verdict: body.verdict });
          await tell(tx, after, 'reviewed');
          return after;
        }
        if (body.verdict === 'reject') {
          return change(tx, caller, task, { ...reviewed, status: 'pending', rounds: task.rounds + 1 }, 'task.rejected', { comment: body.comment ?? null });
        }
        if (body.verdict === 'comment') return change(tx, caller, task, reviewed, 'task.reviewed', { verdict: body.verdict });
        return complete(tx, caller, task, reviewed);
      });
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
        const reopened = await change(tx, caller, task, { ...noted, itemStatus: null, status: 'pending', completedAt: null }, 'task.reopened');
        const batch = task.batchId === null ? undefined : await selectBatchAlone(tx, task.batchId, { lock: true });
        if (batch?.status === 'completed') await updateBatch(tx, batch.id, { status: 'in_progress' });
        await tell(tx, reopened, 'reopened');
        return reopened;
      });
    },

    /** Completes a task with a given response: what test mode does, and doors whose people work elsewhere. */
    finish,
    finishTest,

    /** Ends a task that cannot be worked on, with the reason. */
    async fail(caller: { orgId: string; email: string }, id: string, error: Record<string, unknown>, options: { clearUniqueId?: boolean } = {}): Promise<void> {
      await db.tx(async (tx) => {
        const task = await locked(tx, id);
        if (task.status !== 'pending') return;
        const failed = await change(tx, caller, task, { status: 'error', error, completedAt: new Date(), ...(options.clearUniqueId ? { uniqueId: null } : {}) }, 'task.failed', { error });
        await tell(tx, failed, 'error');
        await settle(tx, caller, failed.batchId);
      });
    },

    /** Attaches the item that an attachment became; `extra` replaces what the door keeps. */
    async attach(tx: Tx, id: string, item: { id: string; datasetId: string }, extra?: unknown): Promise<void> {
      const task = await selectTask(tx, id);
      const { hypothesis } = (task?.origin === null ? (task.extra as { hypothesis?: Body<'create'>['hypothesis'] } | null) : null) ?? {};
      if (task && hypothesis) tx.afterCommit(async () => void (await annotations.create({ ...systemCaller(task.orgId), email: task.createdBy }, item.id, hypothesis, { taskId: id })));
      await updateTask(tx, id, { itemId: item.id, datasetId: item.datasetId, ...(extra === undefined ? {} : { extra }) });
    },

    /** Records whether the caller's callback arrived. */
    called: (id: string, succeeded: boolean): Promise<void> => markCalled(db, id, succeeded),

    /** Has the pending tasks of a batch prepared once more, such as those of a test batch that was just opened. */
    async prepareBatch(caller: Caller, batchId: string): Promise<void> {
      const batch = await selectBatchAlone(db, batchId);
      if (!batch || batch.test !== caller.test) throw notFound('batch', batchId);
      await authorize(db, caller, batch.projectId, { role: 'manager', scope: 'write', as: { kind: 'batch', id: batchId } });
      for (let after = ''; ; ) {
        const ids = await selectPending(db, batchId, { after, limit: 1_000 });
        const last = ids.at(-1);
        if (last === undefined) return;
        await db.tx((tx) => queue.sendMany(tx, prepareTask, ids.map((taskId) => ({ taskId }))));
        after = last;
      }
    },
  };
}

/** Pre-labels are refused with their task, not after it was made. */
function needFitting(item: Item, hypothesis: NonNullable<Body<'create'>['hypothesis']>): void {
  const errors = hypothesis.flatMap((one, index) => {
    const message = annotationFault(one, item);
    return message === undefined ? [] : [{ path: `body.hypothesis.${index}`, message }];
  });
  const [first] = errors;
  if (first) throw new Fault('invalid_request', `${first.path}: ${first.message}`, { errors });
}

export function taskEvent(type: string, caller: { orgId: string; email: string }, task: StoredTask, data: Record<string, unknown> = {}) {
  return {
    type,
    orgId: task.orgId,
    projectId: task.projectId,
    subject: { kind: 'task', id: task.id },
    actor: caller.email,
    data: { batchId: task.batchId, itemId: task.itemId, status: task.status, ...data },
  };
}
