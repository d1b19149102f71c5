import { newId, type Parsed, type Task, type tasks } from '@fovea/contract';
import sql from 'sql-template-tag';
import type { ItemsService } from '../../catalog/items/service.ts';
import { queryPage, rowAlias } from '../../catalog/query/page.ts';
import { project as projectFields } from '../../catalog/query/project.ts';
import { violatedConstraint, type Database, type Tx } from '../../engines/database/database.ts';
import type { Queue } from '../../engines/queue/queue.ts';
import { emit } from '../../events/outbox.ts';
import { Fault, notFound } from '../../fault.ts';
import { authorize } from '../../identity/access.ts';
import type { Caller } from '../../identity/caller.ts';
import type { ProjectsService } from '../../identity/projects/service.ts';
import type { Page } from '../../paging.ts';
import { counted, type AnnotationsService } from '../annotations/service.ts';
import { settleDrafts } from '../annotations/store.ts';
import { batchItemEntity as taskEntity } from '../batches/entity.ts';
import { settleBatch } from '../batches/service.ts';
import { selectBatch, updateBatch } from '../batches/store.ts';
import { selectRecipe } from '../recipes/store.ts';
import { prepareTask } from './background.ts';
import { claimNext, insertTask, selectForReview, selectTask, selectTaskByUniqueId, toStoredTask, toTask, updateTask, type StoredTask, type TaskChange, type TaskRow } from './store.ts';

type Body<K extends keyof typeof tasks> = Parsed<(typeof tasks)[K]>['body'];
export type TasksService = ReturnType<typeof tasksService>;

/** What a door may add to a task. */
export interface TaskExtras {
  origin?: string;
  externalId?: string;
  extra?: unknown;
  recipe?: string;
}

/** Told in the transaction in which a task came to an end, so that whoever must be called is called just then. */
export type TaskEnded = (tx: Tx, task: StoredTask, what: 'completed' | 'error' | 'reviewed') => Promise<void>;

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
export function tasksService(deps: { db: Database; queue: Queue; projects: ProjectsService; items: ItemsService; annotations: AnnotationsService }) {
  const { db, queue, projects, items, annotations } = deps;
  const listeners: TaskEnded[] = [];

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

  /** Ends a task: its drafts become annotations, listeners are told, its batch may be done. */
  async function complete(tx: Tx, caller: { orgId: string; email: string }, task: StoredTask, what: TaskChange): Promise<StoredTask> {
    const settled = await settleDrafts(tx, task.id, true);
    if (settled.length > 0 && task.itemId && task.datasetId) {
      await counted(tx, { itemId: task.itemId, datasetId: task.datasetId, projectId: task.projectId }, settled.length);
    }
    const done = await change(tx, caller, task, { ...what, status: 'completed', completedAt: new Date(), leaseToken: null, leaseUntil: null, claimedBy: null }, 'task.completed', { annotations: settled.length });
    for (const listener of listeners) await listener(tx, done, 'completed');
    if (done.batchId !== null) await settleBatch(tx, caller, done.batchId);
    return done;
  }

  /** True for the share of the tasks that are reviewed, decided by the id so that it cannot be guessed nor changed. */
  function goesToReview(task: StoredTask, share: number): boolean {
    return Number.parseInt(task.id.slice(-8), 16) / 0xffffffff < share;
  }

  return {
    onEnded: (listener: TaskEnded): void => void listeners.push(listener),

    async create(caller: Caller, body: Body<'create'> & TaskExtras): Promise<StoredTask> {
      const project = await projects.get(caller, body.project);
      await authorize(db, caller, project.id, { role: 'developer', scope: 'write' });
      const batch = body.batch === undefined ? undefined : await selectBatch(db, body.batch);
      if (body.batch !== undefined && (batch?.projectId !== project.id || batch.test !== caller.test)) throw notFound('batch', body.batch);
      const item = body.item === undefined ? undefined : await items.get(caller, body.item);
      if (item && item.projectId !== project.id) throw notFound('item', item.id);
      const recipeId = body.recipe ?? batch?.recipeId ?? null;
      const recipe = recipeId === null ? undefined : await selectRecipe(db, recipeId);
      try {
        return await db.tx(async (tx) => {
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
            params: body.params,
            attachment: body.attachment ?? null,
            recipeId,
            recipeVersion: recipe?.version ?? null,
            priority: body.priority,
            uniqueId: body.uniqueId ?? null,
            tags: body.tags ?? null,
            metadata: body.metadata,
            callbackUrl: body.callbackUrl ?? null,
            origin: body.origin ?? null,
            externalId: body.externalId ?? null,
            extra: body.extra ?? null,
            createdBy: caller.email,
            expiresAt: body.expiresAt ?? null,
          });
          await emit(tx, taskEvent('task.created', caller, made, { type: made.type }));
          if (batch?.status === 'completed') await updateBatch(tx, batch.id, { status: 'in_progress' });
          if (made.test || (made.attachment !== null && made.itemId === null)) await queue.send(tx, prepareTask, { taskId: made.id });
          if (item && body.hypothesis) {
            tx.afterCommit(async () => void (await annotations.create(caller, item.id, body.hypothesis ?? [], { taskId: made.id })));
          }
          return made;
        });
      } catch (error) {
        if (violatedConstraint(error) !== 'tasks_unique_id') throw error;
        const taken = await selectTaskByUniqueId(db, caller.orgId, caller.test, body.uniqueId ?? '');
        throw new Fault('conflict', `The unique_id ("${body.uniqueId}") is already used for a different task (${taken?.id ?? 'unknown'}).`, { current: taken && toTask(taken) });
      }
    },

    async query(caller: Caller, projectId: string, body: Body<'query'>): Promise<Page<Partial<Task>>> {
      await authorize(db, caller, projectId, { role: 'annotator', scope: 'read' });
      return queryPage<TaskRow, Partial<Task>>(db, taskEntity, body, {
        columns: sql`${rowAlias}.*`,
        scope: sql`${rowAlias}.project_id = ${projectId} and ${rowAlias}.test = ${caller.test}`,
        scopeMark: [projectId, caller.test],
        defaultSort: [{ field: 'id', direction: 'desc' }],
        map: (row) => projectFields(toTask(toStoredTask(row)), body.fields, taskEntity),
      });
    },

    get: (caller: Caller, id: string): Promise<StoredTask> => need(caller, id, 'annotator', 'read'),

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

    async cancel(caller: Caller, id: string, options: { clearUniqueId: boolean }): Promise<StoredTask> {
      await need(caller, id, 'developer', 'write');
      return db.tx(async (tx) => {
        const now = await locked(tx, id);
        if (!['pending', 'claimed', 'submitted'].includes(now.status)) throw illegal(now);
        await settleDrafts(tx, id, false);
        const after = await change(tx, caller, now, { status: 'cancelled', leaseToken: null, leaseUntil: null, ...(options.clearUniqueId ? { uniqueId: null } : {}) }, 'task.cancelled');
        if (after.batchId !== null) await settleBatch(tx, caller, after.batchId);
        return after;
      });
    },

    async claim(caller: Caller, projectId: string, body: Body<'claim'>): Promise<{ task: StoredTask | null; lease: string | null }> {
      await authorize(db, caller, projectId, { role: body.review ? 'reviewer' : 'annotator', scope: 'label' });
      if (body.review) return { task: (await selectForReview(db, { projectId, email: caller.email, batchId: body.batch })) ?? null, lease: null };
      const lease = newId();
      const claimed = await db.tx(async (tx) => {
        const taken = await claimNext(tx, { projectId, email: caller.email, batchId: body.batch, leaseToken: lease, leaseSeconds, test: caller.test });
        if (taken) await emit(tx, taskEvent('task.claimed', caller, taken));
        return taken;
      });
      return claimed ? { task: claimed, lease } : { task: null, lease: null };
    },

    async renew(caller: Caller, id: string, body: Body<'renew'>): Promise<StoredTask> {
      await need(caller, id, 'annotator', 'label');
      return db.tx(async (tx) => {
        const task = await held(tx, caller, id, body.lease);
        const batch = task.batchId === null ? undefined : await selectBatch(tx, task.batchId);
        const until = new Date(Date.now() + (batch?.settings.leaseSeconds ?? leaseSeconds) * 1_000);
        return updateTask(tx, id, { leaseUntil: until, addSeconds: body.secondsSpent });
      });
    },

    async release(caller: Caller, id: string, body: Body<'release'>): Promise<StoredTask> {
      await need(caller, id, 'annotator', 'label');
      return db.tx(async (tx) => {
        const task = await held(tx, caller, id, body.lease);
        return change(tx, caller, task, { status: 'pending', claimedBy: null, leaseToken: null, leaseUntil: null, ...(body.flag === undefined ? {} : { flag: body.flag }) }, 'task.released', { flag: body.flag ?? null });
      });
    },

    async submit(caller: Caller, id: string, body: Body<'submit'>): Promise<StoredTask> {
      await need(caller, id, 'annotator', 'label');
      return db.tx(async (tx) => {
        const task = await held(tx, caller, id, body.lease);
        const batch = task.batchId === null ? undefined : await selectBatch(tx, task.batchId);
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
        const at = new Date().toISOString();
        const note = body.comment === undefined ? {} : { addComment: { comment: body.comment, by: caller.email, at, ...(body.annotation ? { annotationId: body.annotation } : {}) } };
        const reviewStatus = ({ accept: 'accepted', reject: 'rejected', fix: 'fixed', comment: 'commented' } as const)[body.verdict];
        const reviewed: TaskChange = { ...note, reviewStatus, addAudit: { audited_by: caller.email, audited_at: at, audit_result: reviewStatus, comments: body.comment ?? null } };
        if (body.verdict === 'fix' && task.response !== null) reviewed.addPriorResponse = task.response;
        if (body.verdict === 'fix' && body.response !== undefined) reviewed.response = body.response;
        if (task.status === 'completed') {
          const after = await change(tx, caller, task, reviewed, 'task.reviewed', { verdict: body.verdict });
          for (const listener of listeners) await listener(tx, after, 'reviewed');
          return after;
        }
        if (body.verdict === 'reject') {
          return change(tx, caller, task, { ...reviewed, status: 'pending', rounds: task.rounds + 1 }, 'task.rejected', { comment: body.comment ?? null });
        }
        if (body.verdict === 'comment') return change(tx, caller, task, reviewed, 'task.reviewed', { verdict: body.verdict });
        return complete(tx, caller, task, reviewed);
      });
    },

    /** Sets how an item was left, by whom, without a claim: for protocols in which people report what they did. Null takes it back. */
    async setItemStatus(caller: Caller, id: string, status: string | null): Promise<StoredTask> {
      await need(caller, id, 'annotator', 'label');
      return db.tx(async (tx) => {
        const task = await locked(tx, id);
        if (status === null) return change(tx, caller, task, { itemStatus: null, status: 'pending', completedAt: null }, 'task.reopened');
        return complete(tx, caller, task, { itemStatus: status, submittedBy: caller.email, submittedAt: new Date(), ...(task.response === null ? { response: {} } : {}) });
      });
    },

    /** Completes a task with a given response: what test mode does, and doors whose people work elsewhere. */
    async finish(caller: { orgId: string; email: string }, id: string, response: Record<string, unknown>): Promise<StoredTask | undefined> {
      return db.tx(async (tx) => {
        const task = await locked(tx, id);
        if (!['pending', 'claimed', 'submitted'].includes(task.status)) return undefined;
        return complete(tx, caller, task, { response, itemStatus: 'completed', submittedBy: caller.email, submittedAt: new Date() });
      });
    },

    /** Ends a task that cannot be worked on, with the reason. */
    async fail(caller: { orgId: string; email: string }, id: string, error: Record<string, unknown>, options: { clearUniqueId?: boolean } = {}): Promise<void> {
      await db.tx(async (tx) => {
        const task = await locked(tx, id);
        if (task.status !== 'pending') return;
        const failed = await change(tx, caller, task, { status: 'error', error, completedAt: new Date(), ...(options.clearUniqueId ? { uniqueId: null } : {}) }, 'task.failed', { error });
        for (const listener of listeners) await listener(tx, failed, 'error');
        if (failed.batchId !== null) await settleBatch(tx, caller, failed.batchId);
      });
    },

    /** Attaches the item that an attachment became. */
    async attach(tx: Tx, id: string, item: { id: string; datasetId: string }): Promise<void> {
      await updateTask(tx, id, { itemId: item.id, datasetId: item.datasetId });
    },
  };
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
