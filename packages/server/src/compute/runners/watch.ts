import { setTimeout as wait } from 'node:timers/promises';
import { Crowd } from './crowd.ts';
import { diskUse, freeOf, isDiskAlmostFull, maxEntries, type DiskUse } from './disk-use.ts';
import { tooManyFiles, tooManyProcesses, tooMuchOnDisk, type RunLimits } from './limits.ts';
import { RunnerError } from './runner.ts';

/** What belongs to a run. */
export interface Belongings {
  /** The process below which all others of the run are; undefined as long as it is not known. */
  root?: number | undefined;
  /** Where nothing walls its processes in: the user that nobody else is. */
  uid?: number | undefined;
  /** Folders of no name beforehand that it can write to. */
  folders?: readonly string[];
}

/** A run that must not take more than it may. */
export interface Watched {
  /** The folders that it can write to. */
  folders: readonly string[];
  belongings(): Promise<Belongings>;
  limits: RunLimits;
  /** Told once, while the run goes on. */
  onExcess(error: Error): void;
}

const everyMs = 400;
/** What costs next to nothing is looked at so often. */
const crowdMs = 10;
/** Looking through folders takes at most this share of the time, unless the disk has become so much fuller that they may be over their limits. */
const share = 1 / 20;
const shareInNeed = 1 / 3;
/** Who has written so little does not fill the disk. */
const smallBytes = 64 * 1024 ** 2;

/** Looks after a run until it has ended: how many processes it has, and what lies in its folders. */
export function watchRun(watched: Watched): { stop(): void; left(): Promise<Error | undefined> } {
  const { folders, limits, belongings, onExcess } = watched;
  const stop = new AbortController();
  void (async () => {
    const crowd = new Crowd(limits.processes);
    let last: Measure | undefined;
    for (let atMs = performance.now(); ;) {
      await wait(crowdMs, undefined, { signal: stop.signal, ref: false });
      const isTurn = performance.now() - atMs >= everyMs;
      if (!isTurn && !crowd.isSwelling()) continue;
      const { root, uid, folders: more = [] } = await belongings();
      const { pids, threads } = crowd.count({ root, uid });
      let excess: Error | undefined = threads > limits.processes ? tooManyProcesses(threads, limits) : undefined;
      const all = [...folders, ...more];
      if (!excess && isTurn && (await isDue(last, all, limits))) {
        last = await measure(all, limits, pids);
        excess = await excessOf(last, all, limits);
      }
      stop.signal.throwIfAborted();
      if (excess) return onExcess(excess);
      if (isTurn) atMs = performance.now();
    }
  })().catch((error: unknown) => {
    if (!stop.signal.aborted) onExcess(new RunnerError(`The program cannot be watched: ${(error as Error).message}`, { cause: error }));
  });
  return {
    stop: () => stop.abort(),
    /** What it has left behind too much of, once it has ended: it may have been quicker than we looked. */
    left: async () => excessOf(await measure(folders, limits, []), folders, limits),
  };
}

/** What lay in the folders, and what the disk had left then. */
interface Measure extends DiskUse {
  free: DiskUse;
  atMs: number;
  tookMs: number;
}

async function measure(folders: readonly string[], limits: RunLimits, pids: readonly number[]): Promise<Measure> {
  const atMs = performance.now();
  const free = await freeOf(folders);
  const use = await diskUse(folders, { pids, maxBytes: limits.diskBytes });
  return { ...use, free, atMs, tookMs: performance.now() - atMs };
}

/** Whether it is time to look through the folders again: soon when so much is gone from the disk that it may have been this run. */
async function isDue(last: Measure | undefined, folders: readonly string[], limits: RunLimits): Promise<boolean> {
  if (!last) return true;
  const sinceMs = performance.now() - last.atMs;
  if (sinceMs > last.tookMs / share) return true;
  if (sinceMs < last.tookMs / shareInNeed) return false;
  const free = await freeOf(folders);
  return last.free.bytes - free.bytes > limits.diskBytes - last.bytes || last.free.entries - free.entries > maxEntries - last.entries;
}

async function excessOf({ bytes, entries }: DiskUse, folders: readonly string[], limits: RunLimits): Promise<Error | undefined> {
  if (bytes > limits.diskBytes) return tooMuchOnDisk(bytes, limits);
  if (entries > maxEntries) return tooManyFiles(maxEntries);
  if (bytes > smallBytes && (await isDiskAlmostFull(folders))) return new RunnerError('The disk of the machine that ran the job is almost full.');
  return undefined;
}
