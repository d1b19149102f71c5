import type { JobWithMetadata, PgBoss } from 'pg-boss';
import { together } from '../together.ts';

/** A message as the library keeps it. */
export type Envelope<T> = JobWithMetadata<{ data: T }>;

export interface SharedLanes {
  /** There may be something to take. */
  look(): void;
  /** Takes nothing more; what was just being taken has begun when this is back. */
  stop(): Promise<void>;
  /** Waits until all that ended is stored; messages whose handlers still run are counted as failed. */
  close(): Promise<void>;
}

/**
 * Lanes of one kind of message that share their statements: those that are free take messages by one fetch, what ends at the same moment is
 * marked as done by one statement, and one heartbeat is for all that are in hand. Each message still begins and ends by itself: a long
 * one holds up no other.
 */
export function openSharedLanes<T>(given: {
  library: Pick<PgBoss, 'fetch' | 'complete' | 'fail' | 'touch'>;
  name: string;
  lanes: number;
  pollMs: number;
  heartbeatMs: number;
  /** Rejects when the message is to be tried again. */
  handle: (message: Envelope<T>) => Promise<void>;
  /** Hears what goes wrong with the queue itself. */
  onError: (error: Error) => void;
}): SharedLanes {
  const { library, name, lanes, handle, onError } = given;
  /** Messages whose handlers run. */
  const inHand = new Set<string>();
  /** Messages whose end is being stored. */
  const storing = new Map<string, Promise<unknown>>();
  const complete = together(async (ids: readonly string[]) => (await library.complete(name, [...ids]), ids));
  let stopped = false;
  let fetching: Promise<void> | undefined;
  let wanted = false;

  const poll = setInterval(look, given.pollMs);
  const heartbeat = setInterval(() => {
    const ids = [...inHand, ...storing.keys()];
    if (ids.length > 0) void library.touch(name, ids).catch(onError);
  }, given.heartbeatMs);

  /** After all that ends or comes at this very moment has been seen, so that it shares a fetch. */
  function look(): void {
    if (stopped) return;
    wanted = true;
    fetching ??= Promise.resolve().then(take).catch(onError).finally(() => {
      fetching = undefined;
      // Asked for between the last answer and now.
      if (wanted && inHand.size < lanes) look();
    });
  }

  /** A lane that becomes free looks by itself. */
  async function take(): Promise<void> {
    while (wanted && !stopped && inHand.size < lanes) {
      wanted = false;
      const free = lanes - inHand.size;
      const taken: Envelope<T>[] = await library.fetch<{ data: T }>(name, { batchSize: free, includeMetadata: true });
      for (const message of taken) void run(message);
      // As many as were asked for: there may be more for a lane that has become free since.
      if (taken.length === free) wanted = true;
    }
  }

  async function run(message: Envelope<T>): Promise<void> {
    const { id } = message;
    inHand.add(id);
    const failed = await within(message, handle).then(() => undefined, (error: unknown) => ({ error }));
    // Already given back.
    if (!inHand.delete(id)) return;
    const stored = failed ? library.fail(name, id, failed.error as object) : complete(id);
    storing.set(id, stored.catch(onError).finally(() => storing.delete(id)));
    look();
  }

  return {
    look,
    async stop() {
      stopped = true;
      clearInterval(poll);
      await fetching;
    },
    async close() {
      clearInterval(heartbeat);
      const left = [...inHand];
      inHand.clear();
      if (left.length > 0) await library.fail(name, left, new Error('The worker stops.'));
      await Promise.all(storing.values());
    },
  };
}

/** Handles a message within its time; rejects when that is up, with the handler's signal aborted. */
async function within<T>(message: Envelope<T>, handle: (message: Envelope<T>) => Promise<void>): Promise<void> {
  const seconds = Math.max(1, message.expireInSeconds);
  const { promise: late, reject } = Promise.withResolvers<never>();
  const controller = new AbortController();
  const timer = setTimeout(() => {
    const error = new Error(`The handler took longer than ${seconds} seconds.`);
    controller.abort(error);
    reject(error);
  }, seconds * 1_000);
  try {
    await Promise.race([handle({ ...message, signal: controller.signal }), late]);
  } finally {
    clearTimeout(timer);
  }
}
