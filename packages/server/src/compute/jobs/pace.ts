import { newId } from '@fovea/contract';
import type { Database } from '../../engines/database/database.ts';
import type { Logger } from '../../logger.ts';
import { deleteWorker, upsertWorker } from './places-store.ts';

/** How often a worker says how fast it is; one that is silent for longer than four times as long is not counted. */
const tellMs = 5_000;
/** How much the last job weighs in the mean. */
const weight = 0.2;

/** What a worker tells of one of its queues, so that those who wait can be told how long. */
export interface Pace {
  /** A job took so long, from its begin to its end. */
  took(seconds: number): void;
  close(): Promise<void>;
}

/** Begins to tell how many jobs of a queue this worker runs at once and how long they take. */
export async function tellPace({ db, logger }: { db: Database; logger: Logger }, queue: string, lanes: number): Promise<Pace> {
  const id = newId();
  let mean: number | null = null;
  const tell = () => upsertWorker(db, { id, queue, lanes, seconds: mean });
  await tell();
  const timer = setInterval(() => void tell().catch((error: unknown) => logger.warn({ error: String(error) }, 'the pace of a worker was not told')), tellMs);
  timer.unref();
  return {
    took(seconds) {
      const first = mean === null;
      mean = mean === null ? seconds : mean + weight * (seconds - mean);
      // The first is told at once: until then nobody can be told anything.
      if (first) void tell().catch((error: unknown) => logger.warn({ error: String(error) }, 'the pace of a worker was not told'));
    },
    async close() {
      clearInterval(timer);
      await deleteWorker(db, id);
    },
  };
}
