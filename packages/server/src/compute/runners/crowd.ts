import { processesOf, tasksOfMachine } from './processes.ts';

/** Counting takes at most this share of the time. */
const share = 1 / 4;

/**
 * How many processes a run has. A bomb may have been at its limit and be gone again before its processes are counted the next time; the
 * number of all tasks of the machine, which costs next to nothing, tells when to count at once.
 */
export class Crowd {
  private readonly most: number;
  private threads = 0;
  private machine = tasksOfMachine();
  private restsUntilMs = 0;

  constructor(most: number) {
    this.most = most;
  }

  /** Whether so many tasks have come on the machine since they were counted that the run may have too many. */
  isSwelling(): boolean {
    return performance.now() >= this.restsUntilMs && tasksOfMachine() - this.machine > this.most - this.threads;
  }

  /** Counts the processes below the first one of a run; none as long as that is not known. */
  count({ root, uid }: { root: number | undefined; uid: number | undefined }): { pids: number[]; threads: number } {
    const beganMs = performance.now();
    const found = root === undefined ? [] : processesOf({ root, uid });
    this.machine = tasksOfMachine();
    this.threads = found.reduce((sum, one) => sum + one.threads, 0);
    const endedMs = performance.now();
    this.restsUntilMs = endedMs + (endedMs - beganMs) / share;
    return { pids: found.map(({ pid }) => pid), threads: this.threads };
  }
}
