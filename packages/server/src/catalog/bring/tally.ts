import type { CommandRun } from '../commands/service.ts';

/** Failures that a result lists one by one. */
const maxListed = 1_000;

/** What became of the files so far. */
export interface Tally {
  created: number;
  existing: number;
  replaced: number;
  failedCount: number;
  /** The first thousand. */
  failed: { source: string; message: string }[];
}

/** The tally that a run before has left, and the file it goes on with. */
export function tallyOf(state: CommandRun['state']): Tally & { next: number } {
  return { created: 0, existing: 0, replaced: 0, failedCount: 0, failed: [], next: 0, ...(state as Partial<Tally & { next: number }> | null) };
}

/** Counts a file that was not stored, with the reason. */
export function fail(tally: Tally, source: string, message: string): void {
  tally.failedCount += 1;
  if (tally.failed.length < maxListed) tally.failed.push({ source, message });
}
