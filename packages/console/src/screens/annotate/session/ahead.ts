import { fovea } from '../../../api/client.ts';
import { itemQuery } from '../../../api/items.ts';
import { queryClient } from '../../../api/query-client.ts';
import { taskQuery } from '../../../api/tasks.ts';
import { prepareBench, recipeOf } from './open-bench.ts';
import { claimNext, claimTask, release, type HeldTask, type QueueScope } from './task-queue.ts';
import type { Workbench } from './workbench.ts';

/** Somebody who labels. */
export interface Person {
  readonly id: string;
  readonly email: string;
}

/** The next task, taken while the present one is worked on, with all that is needed to show it. */
let ahead: { readonly key: string; readonly held: Promise<HeldTask | null>; isReady: boolean } | undefined;

/** The workbench of the next task, ready to be shown. */
let prepared: { readonly key: string; readonly bench: Workbench } | undefined;

/** What a workbench is known by: the same task under a new lease is opened anew. */
export const benchKey = (taskId: string, lease: string | undefined) => `${taskId} ${lease ?? 'review'}`;

/** The workbench that was prepared under a key; it stays until it is taken. */
export const preparedBench = (key: string): Workbench | undefined => (prepared?.key === key ? prepared.bench : undefined);

export function takePrepared(key: string): Workbench | undefined {
  const bench = preparedBench(key);
  if (bench) prepared = undefined;
  return bench;
}

function setPrepared(next: typeof prepared): void {
  prepared?.bench.end();
  prepared = next;
}

const keyOf = (scope: QueueScope) => JSON.stringify(scope);
/** A lease that ends sooner is taken anew. */
const leastLeaseMs = 20_000;

/** Takes the next task and fetches what it shows. Done once, however often it is asked for. */
export function lookAhead(scope: QueueScope, me: Person, current: string): void {
  if (ahead?.key === keyOf(scope)) return;
  dropAhead();
  const held = claimNext(scope, me.email, current);
  const taken = { key: keyOf(scope), held, isReady: false };
  ahead = taken;
  held.then(
    (found) => {
      taken.isReady = found !== null;
      if (found) void prepare(found, me);
    },
    () => dropAhead(),
  );
}

/** Whether the next task is in hand, so that it can be shown without waiting for the platform. */
export function isAhead(scope: QueueScope): boolean {
  return ahead?.key === keyOf(scope) && ahead.isReady;
}

/** The task that was taken ahead, or else the next there is now. */
export async function takeNext(scope: QueueScope, me: Person, current: string | undefined): Promise<HeldTask | null> {
  const waiting = ahead?.key === keyOf(scope) ? ahead.held : undefined;
  if (waiting) ahead = undefined;
  const next = await waiting?.catch(() => null);
  if (!next || next.task.id === current) return known(await claimNext(scope, me.email, current));
  const isFresh = next.lease === undefined || Date.parse(next.task.leaseUntil ?? '') > Date.now() + leastLeaseMs;
  if (isFresh) return next;
  return known(await claimTask(scope.projectId, next.task.id).catch(() => claimNext(scope, me.email, current)));
}

/** Gives back what was taken ahead: the person goes elsewhere. */
export function dropAhead(): void {
  const { held } = ahead ?? {};
  ahead = undefined;
  setPrepared(undefined);
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

/** The page that shows it need not ask for the task. */
function known(held: HeldTask | null): HeldTask | null {
  if (held) queryClient.setQueryData(taskQuery(held.task.id).queryKey, held.task);
  return held;
}

/** Fetches what the task shows, and has its workbench ready where that can be. */
async function prepare(held: HeldTask, me: Person): Promise<void> {
  const { task, lease } = held;
  known(held);
  if (task.itemId === null) return;
  try {
    const item = await fovea.items.get(task.itemId);
    queryClient.setQueryData(itemQuery(item.id).queryKey, item);
    const bench = await prepareBench({ item, task, recipe: recipeOf(task), isReadOnly: false, userId: me.id });
    const isWanted = bench && (await ahead?.held)?.task.id === task.id;
    if (isWanted) setPrepared({ key: benchKey(task.id, lease), bench });
    else bench?.end();
  } catch {
    // Only looked at ahead of time: the page asks again, and shows what is wrong.
  }
}
