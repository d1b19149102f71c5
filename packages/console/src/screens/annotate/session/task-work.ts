import type { Task } from '@fovea/contract';
import { fovea } from '../../../api/client.ts';
import { hasCode } from '../../../api/errors.ts';
import { createStore, type Store } from './store.ts';
import { claimTask, letGo, release, type HeldTask } from './task-queue.ts';

/** What this person has of a task: a lease that is being renewed, or none any more, with what the platform said. */
export type Holding = { readonly kind: 'held' } | { readonly kind: 'lost'; readonly why: string };

const leastRenewMs = 5_000;
const longestRenewMs = 120_000;
/** Somebody who does nothing for so long does something else. */
const idleAfterMs = 60_000;

/** A task in somebody's hands: its lease, and the time spent on it. */
export class TaskWork {
  readonly holding: Store<Holding> = createStore<Holding>({ kind: 'held' });
  /** Seconds of work in this visit, for the clock. */
  readonly seconds: Store<number> = createStore(0);
  readonly task: Task;
  private lease: string;
  private told = 0;
  private lastActMs = Date.now();
  private leaseUntilMs: number;
  private renewTimer: ReturnType<typeof setTimeout> | undefined;
  private clock: ReturnType<typeof setInterval> | undefined;

  constructor({ task, lease }: { task: Task; lease: string }) {
    this.task = task;
    this.lease = lease;
    this.leaseUntilMs = Date.parse(task.leaseUntil ?? '') || Date.now();
  }

  /** The time runs from now on, and the lease is kept. */
  begin(): void {
    this.lastActMs = Date.now();
    this.clock = setInterval(() => this.tick(), 1_000);
    this.planRenewal();
  }

  get held(): HeldTask {
    return { task: this.task, lease: this.lease };
  }

  /** The person did something. */
  act(): void {
    this.lastActMs = Date.now();
  }

  /** @throws ApiError `illegal_state` when the task is no longer held; what was saved stays with it */
  async submit(response: Record<string, unknown>): Promise<Task> {
    const done = await fovea.tasks.submit(this.task.id, { lease: this.lease, secondsSpent: this.untold(), response });
    letGo(this.task.id);
    this.end();
    return done;
  }

  async giveBack(flag?: string): Promise<void> {
    this.end();
    await release(this.held, flag);
  }

  /** Takes the task again after the lease was lost. @throws ApiError when another person has it */
  async takeAgain(): Promise<void> {
    const { task, lease } = await claimTask(this.task.projectId, this.task.id);
    if (lease === undefined) return;
    this.lease = lease;
    this.renewed(task);
    this.holding.set({ kind: 'held' });
  }

  end(): void {
    clearInterval(this.clock);
    clearTimeout(this.renewTimer);
  }

  private tick(): void {
    if (document.visibilityState === 'visible' && Date.now() - this.lastActMs < idleAfterMs) this.seconds.set(this.seconds.get() + 1);
  }

  private untold(): number {
    return Math.max(0, this.seconds.get() - this.told);
  }

  private renewed(task: Task): void {
    this.leaseUntilMs = Date.parse(task.leaseUntil ?? '') || this.leaseUntilMs;
    this.planRenewal();
  }

  /** Half-way to the end of the lease. */
  private planRenewal(): void {
    clearTimeout(this.renewTimer);
    const waitMs = Math.min(longestRenewMs, Math.max(leastRenewMs, (this.leaseUntilMs - Date.now()) / 2));
    this.renewTimer = setTimeout(() => void this.renew(), waitMs);
  }

  private async renew(): Promise<void> {
    const secondsSpent = this.untold();
    try {
      const task = await fovea.tasks.renew(this.task.id, { lease: this.lease, secondsSpent }, { maxRetries: 0 });
      this.told += secondsSpent;
      this.renewed(task);
    } catch (error) {
      if (hasCode(error, 'illegal_state')) this.holding.set({ kind: 'lost', why: (error as Error).message });
      else this.planRenewal();
    }
  }
}
