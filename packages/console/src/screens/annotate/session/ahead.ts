import { annotationsQuery } from '../../../api/annotations.ts';
import { fovea } from '../../../api/client.ts';
import { itemQuery } from '../../../api/items.ts';
import { queryClient } from '../../../api/query-client.ts';
import { recipeQuery, taskQuery } from '../../../api/tasks.ts';
import { fetchPicture } from './picture.ts';
import { claimNext, claimTask, release, type HeldTask, type QueueScope } from './task-queue.ts';

/** The next task, taken while the present one is worked on, with all that is needed to show it. */
let ahead: { readonly key: string; readonly held: Promise<HeldTask | null>; isReady: boolean } | undefined;

const keyOf = (scope: QueueScope) => JSON.stringify(scope);
/** A lease that ends sooner is taken anew. */
const leastLeaseMs = 20_000;

/** Takes the next task and fetches what it shows. Done once, however often it is asked for. */
export function lookAhead(scope: QueueScope, me: string, current: string): void {
  if (ahead?.key === keyOf(scope)) return;
  dropAhead();
  const held = claimNext(scope, me, current).then(prepared);
  const taken = { key: keyOf(scope), held, isReady: false };
  ahead = taken;
  held.then(
    (next) => (taken.isReady = next !== null),
    () => dropAhead(),
  );
}

/** Whether the next task is in hand, so that it can be shown without waiting for the platform. */
export function isAhead(scope: QueueScope): boolean {
  return ahead?.key === keyOf(scope) && ahead.isReady;
}

/** The task that was taken ahead, or else the next there is now. */
export async function takeNext(scope: QueueScope, me: string, current: string | undefined): Promise<HeldTask | null> {
  const waiting = ahead?.key === keyOf(scope) ? ahead.held : undefined;
  if (waiting) ahead = undefined;
  const next = await waiting?.catch(() => null);
  if (!next || next.task.id === current) return prepared(await claimNext(scope, me, current));
  const isFresh = next.lease === undefined || Date.parse(next.task.leaseUntil ?? '') > Date.now() + leastLeaseMs;
  if (isFresh) return next;
  return prepared(await claimTask(scope.projectId, next.task.id).catch(() => claimNext(scope, me, current)));
}

/** Gives back what was taken ahead: the person goes elsewhere. */
export function dropAhead(): void {
  const { held } = ahead ?? {};
  ahead = undefined;
  if (held) void giveBack(held);
}

async function giveBack(held: Promise<HeldTask | null>): Promise<void> {
  try {
    const next = await held;
    if (next) await release(next);
  } catch {
    // What cannot be given back now goes back when its lease ends.
  }
}

function prepared(held: HeldTask | null): HeldTask | null {
  if (held) void prepare(held);
  return held;
}

async function prepare({ task }: HeldTask): Promise<void> {
  queryClient.setQueryData(taskQuery(task.id).queryKey, task);
  if (task.recipeId !== null) void queryClient.prefetchQuery(recipeQuery(task.recipeId, task.recipeVersion));
  if (task.itemId === null) return;
  void queryClient.prefetchQuery(annotationsQuery(task.itemId, task.id));
  try {
    const item = await fovea.items.get(task.itemId);
    queryClient.setQueryData(itemQuery(item.id).queryKey, item);
    if (item.kind === 'image') await fetchPicture(item);
  } catch {
    // Only looked at ahead of time: the page asks again, and shows what is wrong.
  }
}
