import type { Task } from '@fovea/contract';
import { fovea } from '../../../api/client.ts';
import { hasCode } from '../../../api/errors.ts';
import { projectQuery, roleReaches } from '../../../api/projects.ts';
import { queryClient } from '../../../api/query-client.ts';
import { taskQuery } from '../../../api/tasks.ts';
import type { Acquired } from '../acquire.ts';
import { storeLease } from './stored.ts';

/** Where the next task is taken from. */
export interface QueueScope {
  readonly projectId: string;
  readonly batchId: string | undefined;
  readonly review: boolean;
}

export interface HeldTask {
  readonly task: Task;
  /** None for a task to review: reviewing holds nothing. */
  readonly lease: string | undefined;
}

/** Tasks that this person put off in this tab: others come first. */
const skipped = new Set<string>();
const mostAside = 50;
/** Work that this tab judged, by the time it was handed in: its verdict may be on its way still, and handed in once more it is other work. */
const judged = new Map<string, string | null>();
const locks = new Map<string, () => void>();

export function skip(taskId: string): void {
  skipped.add(taskId);
}

/** Leaves out a task when the next one to review is looked for; gives what takes that back. */
export function leaveOut({ id, submittedAt }: Task): () => void {
  judged.set(id, submittedAt);
  return () => void judged.delete(id);
}

/** The task with this id, for this person; one that they hold already comes with a new lease. @throws ApiError `illegal_state` when it cannot be taken */
export async function claimTask(projectId: string, taskId: string): Promise<HeldTask> {
  const { task, lease } = await fovea.tasks.claim(projectId, { task: taskId });
  if (!task) throw new Error('The platform gave no task.');
  return hold({ task, lease: lease ?? undefined });
}

/** The next task to work on, null when there is none; `current` is in hand already. */
export async function claimNext(scope: QueueScope, me: string, current?: string): Promise<HeldTask | null> {
  if (scope.review) return nextToReview(scope, me, current);
  const left = await leftBehind(scope, me, current);
  if (left) return left;
  const aside: HeldTask[] = [];
  try {
    while (aside.length < mostAside) {
      const { task, lease } = await fovea.tasks.claim(scope.projectId, scope.batchId === undefined ? {} : { batch: scope.batchId });
      if (!task) break;
      const held = { task, lease: lease ?? undefined };
      if (!skipped.has(task.id)) return hold(held);
      aside.push(held);
    }
    // Nothing else is left: what was put off comes again.
    const first = aside.shift();
    if (!first) return null;
    skipped.delete(first.task.id);
    return hold(first);
  } finally {
    await Promise.all(aside.map((held) => release(held)));
  }
}

/** A task that this person holds and that no tab of this browser has open: left behind by a reload or a crash. */
async function leftBehind({ projectId, batchId }: QueueScope, me: string, current: string | undefined): Promise<HeldTask | null> {
  const openElsewhere = await lockedTasks();
  // Without locks (the page came over plain http) nobody can tell what is open in another tab.
  if (!openElsewhere) return null;
  const filter = { and: [{ status: 'claimed' }, { claimedBy: me }, ...(batchId === undefined ? [] : [{ batchId }])] };
  const mine = (await fovea.tasks.query(projectId, { filter, limit: mostAside }).page()).data as Task[];
  const free = mine.find(({ id }) => id !== current && !openElsewhere.has(id) && !skipped.has(id));
  if (!free) return null;
  try {
    return await claimTask(projectId, free.id);
  } catch (error) {
    if (hasCode(error, 'illegal_state')) return null;
    throw error;
  }
}

/**
 * The oldest work that waits for review and was not put off: of others, and for a developer and above, who may be the only
 * person in it, their own after that.
 */
async function nextToReview(scope: QueueScope, me: string, current: string | undefined): Promise<HeldTask | null> {
  const waiting = async (by: Readonly<Record<string, unknown>>) => {
    const filter = { and: [{ status: 'submitted' }, { submittedBy: by }, ...(scope.batchId === undefined ? [] : [{ batchId: scope.batchId }])] };
    const { data } = await fovea.tasks.query(scope.projectId, { filter, sort: [{ field: 'submittedAt', direction: 'asc' }], limit: 1_000 }).page();
    return (data as Task[]).filter(({ id, submittedAt }) => id !== current && judged.get(id) !== submittedAt);
  };
  const ofOthers = await waiting({ ne: me });
  const found = ofOthers.length > 0 || !(await mayReviewOwn(scope)) ? ofOthers : await waiting({ eq: me });
  const task = found.find(({ id }) => !skipped.has(id)) ?? found[0];
  return task ? { task, lease: undefined } : null;
}

async function mayReviewOwn({ projectId }: QueueScope): Promise<boolean> {
  const { role } = await queryClient.ensureQueryData(projectQuery(projectId));
  return roleReaches(role, 'developer');
}

function hold(held: HeldTask): HeldTask {
  storeLease(held.task.id, held.lease);
  lock(held.task.id);
  return held;
}

/** What a person may do with a task that they opened, in the cache of the page. */
export const heldKey = (taskId: string) => ['held', taskId] as const;

/** Hands a task that was just taken to the page that will show it: it need not ask, and waits for nothing. */
export function arrive({ task, lease }: HeldTask): void {
  const acquired: Acquired = lease === undefined ? { kind: 'review' } : { kind: 'work', held: { task, lease } };
  queryClient.setQueryData(heldKey(task.id), acquired);
  queryClient.setQueryData(taskQuery(task.id).queryKey, task);
}

/** Gives a task back, with a reason when it is flagged. A task that is no longer held is nobody's to give back: no error. */
export async function release({ task, lease }: HeldTask, flag?: string): Promise<void> {
  letGo(task.id);
  if (lease === undefined) return;
  try {
    await fovea.tasks.release(task.id, { lease, ...(flag !== undefined && { flag }) });
  } catch (error) {
    if (!hasCode(error, 'illegal_state')) throw error;
  }
}

/** Forgets that this tab has a task open; its lease is kept for whoever comes back, unless the task is done or given back. */
export function letGo(taskId: string, { keepLease = false } = {}): void {
  if (!keepLease) storeLease(taskId, undefined);
  locks.get(taskId)?.();
  locks.delete(taskId);
}

const lockName = (taskId: string) => `fovea.task.${taskId}`;

/** Tells other tabs of this browser that the task is open here. */
export function lock(taskId: string): void {
  if (!('locks' in navigator) || locks.has(taskId)) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  locks.set(taskId, resolve);
  void navigator.locks.request(lockName(taskId), { mode: 'shared' }, () => promise);
}

async function lockedTasks(): Promise<Set<string> | undefined> {
  if (!('locks' in navigator)) return undefined;
  const { held = [] } = await navigator.locks.query();
  return new Set(held.flatMap(({ name = '' }) => (name.startsWith('fovea.task.') ? [name.slice('fovea.task.'.length)] : [])));
}
