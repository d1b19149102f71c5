import { randomUUID } from 'node:crypto';
import { PgBoss } from 'pg-boss';
import sql, { type Sql } from 'sql-template-tag';
import type { Logger } from '../../logger.ts';
import type { Connection } from '../database/postgres.ts';
import type { Database, Tx } from '../database/database.ts';
import type { Message, MessageKind, Queue, SendOptions } from './queue.ts';
import { openSharedLanes, type Envelope, type SharedLanes } from './shared-lanes.ts';

const schema = 'queue';

/** A worker that is killed falls silent; its messages are taken from it after so long. The library allows no less. */
const heartbeatSeconds = 10;
/** How often silence is looked for, and how often a lane looks by itself: a message comes back within the sum of the three. */
const superviseSeconds = 2;
const pollSeconds = 2;
/** A handler that was told to stop and does not is left behind after so long. */
const abortMs = 1_000;

/**
 * The queue on pg-boss in the platform's own database. Enqueueing runs on the caller's transaction; idle workers are woken by
 * LISTEN/NOTIFY, and poll besides.
 */
export async function startQueue(given: {
  connection: Connection;
  database: Database;
  logger: Logger;
}): Promise<Queue> {
  const { connection, database, logger } = given;
  const boss = new PgBoss({
    ...connection,
    schema,
    max: 6,
    application_name: 'fovea-queue',
    useListenNotify: true,
    superviseIntervalSeconds: superviseSeconds,
    monitorIntervalSeconds: superviseSeconds,
    maintenanceIntervalSeconds: 60,
  });
  boss.on('error', (error) => logger.warn({ error: error.message }, 'queue'));
  boss.on('warning', ({ message }) => logger.warn({ message }, 'queue'));
  await boss.start();
  const declared = new Set<string>();
  let stopped: Promise<void> | undefined;
  const running = new RunningMessages();
  const shared: { name: string; lanes: SharedLanes; silence(): Promise<void> }[] = [];

  /** Who takes the messages of a shared kind is woken after the commit: those of this process at once, others by a notification. */
  function wake(tx: Tx, kind: MessageKind<unknown>): void {
    if (!kind.shared) return;
    tx.afterCommit(() => shared.forEach(({ name, lanes }) => name === kind.name && lanes.look()));
    tx.tell(channelOf(kind));
  }

  async function openShared<T>(kind: MessageKind<T>, lanes: number, handler: (message: Message<T>) => Promise<void>): Promise<void> {
    const opened = openSharedLanes<T>({
      library: boss,
      name: kind.name,
      lanes,
      pollMs: pollSeconds * 1_000,
      heartbeatMs: (heartbeatSeconds / 3) * 1_000,
      handle: handle(kind, handler, running, logger),
      onError: (error) => logger.warn({ error: error.message }, 'queue'),
    });
    const silence = await database.listen(channelOf(kind), () => opened.look());
    shared.push({ name: kind.name, lanes: opened, silence });
    opened.look();
  }

  return {
    async declare(kinds) {
      for (const { name } of kinds) {
        if (declared.has(name)) throw new Error(`The message "${name}" is declared twice.`);
        declared.add(name);
      }
      // One after the other, and one process at a time: two at once have deadlocked in the library.
      await database.tx(async (tx) => {
        await tx.run(sql`select pg_advisory_xact_lock(7017, 1)`);
        for (const kind of kinds) {
          await boss.createQueue(kind.name, { ...settings(kind), policy: 'exclusive' });
          await boss.updateQueue(kind.name, settings(kind));
        }
      });
    },

    async send(tx, kind, data, options = {}) {
      await boss.send(kind.name, { data }, { ...sendOptions(options), db: statementsOf(tx) });
      wake(tx, kind);
    },

    async sendMany(tx, kind, data, options = {}) {
      if (data.length === 0) return;
      const messages = data.map((one) => ({ data: { data: one }, ...sendOptions(options) }));
      await boss.insert(kind.name, messages, { db: statementsOf(tx) });
      wake(tx, kind);
    },

    async work<T>(
      kind: MessageKind<T>,
      handler: (message: Message<T>) => Promise<void>,
      options: { concurrency?: number } = {},
    ) {
      if (!declared.has(kind.name)) throw new Error(`The message "${kind.name}" was not declared.`);
      const lanes = options.concurrency ?? 1;
      if (kind.shared) return await openShared(kind, lanes, handler);
      for (let lane = 0; lane < lanes; lane++) await openLane(boss, kind, handle(kind, handler, running, logger));
    },

    async schedule(kind, cron) {
      await boss.schedule(kind.name, cron, { data: null }, { tz: 'UTC' });
    },

    counts: (kind) =>
      database.one(sql`
        select count(*) filter (where state in ('created', 'retry')) as waiting, count(*) filter (where state = 'active') as running,
          count(*) filter (where state = 'failed') as failed from queue.job where name = ${kind.name}`),

    stop: (graceMs = 10_000) => (stopped ??= stop(graceMs)),
  };

  async function stop(graceMs: number): Promise<void> {
    try {
      await Promise.all([...[...declared].map((name) => boss.offWork(name, { wait: false })), ...shared.map(({ lanes }) => lanes.stop())]);
      await Promise.all(shared.map(({ silence }) => silence()));
      await running.ended(graceMs);
      running.abort();
      await running.ended(abortMs);
      await Promise.all(shared.map(({ lanes }) => lanes.close()));
    } finally {
      await boss.stop({ graceful: false, close: true });
    }
    await giveBack(database, running.cutOff);
  }
}

function settings(kind: MessageKind<unknown>) {
  return {
    retryLimit: kind.retries ?? 3,
    retryDelay: kind.backoffSeconds ?? 1,
    retryBackoff: true,
    retryDelayMax: kind.maxBackoffSeconds ?? 3_600,
    expireInSeconds: kind.timeoutSeconds ?? 900,
    heartbeatSeconds,
    // The library notifies in the transaction that sends, and PostgreSQL lets such transactions commit only one after the other.
    notify: !kind.shared,
    deleteAfterSeconds: 3_600,
  };
}

function channelOf({ name }: MessageKind<unknown>): string {
  return `fovea_queue_${name}`;
}

function sendOptions(options: SendOptions) {
  return {
    // The queues are exclusive: one message per key waits or runs. Without a key, each has its own.
    singletonKey: options.singletonKey ?? randomUUID(),
    ...(options.delaySeconds === undefined ? {} : { startAfter: options.delaySeconds }),
    ...(options.priority === undefined ? {} : { priority: options.priority }),
  };
}

/** Runs the library's statements, which number their parameters as PostgreSQL does, on the caller's transaction. */
function statementsOf(tx: Tx) {
  return {
    executeSql: async (text: string, values: unknown[] = []) => ({
      rows: await tx.many<Record<string, unknown>>({ text, values } as unknown as Sql),
    }),
  };
}

/** A lane handles one message at a time. */
async function openLane<T>(
  boss: PgBoss,
  kind: MessageKind<T>,
  handle: (job: Envelope<T>) => Promise<void>,
): Promise<void> {
  let id = '';
  id = await boss.work(
    kind.name,
    {
      batchSize: 1,
      includeMetadata: true,
      pollingIntervalSeconds: pollSeconds,
      notifyPollingIntervalSeconds: pollSeconds,
      heartbeatRefreshSeconds: heartbeatSeconds / 3,
    },
    async ([job]: Envelope<T>[]) => {
      if (!job) return;
      try {
        await handle(job);
      } finally {
        // The library waits for its poll after a message; a lane that just handled one looks for the next at once.
        boss.notifyWorker(id);
      }
    },
  );
}

function handle<T>(
  kind: MessageKind<T>,
  handler: (message: Message<T>) => Promise<void>,
  running: RunningMessages,
  logger: Logger,
) {
  return async (job: Envelope<T>): Promise<void> => {
    const { id, retryCount: attempt } = job;
    const done = running.begin(id, attempt);
    try {
      await handler({ id, data: job.data.data, attempt, signal: AbortSignal.any([job.signal, running.signal]) });
      done('handled');
    } catch (error) {
      done('failed');
      logger.warn({ kind: kind.name, message: id, attempt, error: String(error) }, 'a message failed');
      throw error;
    }
  };
}

/** The messages that this process handles now, and those that its end cut off. */
class RunningMessages {
  readonly #stopping = new AbortController();
  readonly #running = new Map<string, number>();
  #idle: (() => void) | undefined;
  /** Number of the try, by id. */
  readonly cutOff = new Map<string, number>();

  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  begin(id: string, attempt: number): (end: 'handled' | 'failed') => void {
    this.#running.set(id, attempt);
    return (end) => {
      this.#running.delete(id);
      // It failed because we stop: that is not its fault, and costs it no try.
      if (this.signal.aborted) {
        if (end === 'handled') this.cutOff.delete(id);
        else this.cutOff.set(id, attempt);
      }
      if (this.#running.size === 0) this.#idle?.();
    };
  }

  /** Waits until none is running, at most so long. */
  async ended(withinMs: number): Promise<void> {
    if (this.#running.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#idle = resolve;
    const timer = setTimeout(resolve, withinMs);
    await promise;
    clearTimeout(timer);
  }

  abort(): void {
    for (const [id, attempt] of this.#running) this.cutOff.set(id, attempt);
    this.#stopping.abort(new Error('The worker stops.'));
  }
}

/** Messages that were cut off wait again as they did before: the library has counted a failure. */
async function giveBack(database: Database, cutOff: ReadonlyMap<string, number>): Promise<void> {
  if (cutOff.size === 0) return;
  await database.run(sql`
    update queue.job set state = 'created', started_on = null, heartbeat_on = null, completed_on = null, start_after = now(), output = null,
      retry_count = given.attempt
    from unnest(${[...cutOff.keys()]}::uuid[], ${[...cutOff.values()]}::int[]) as given (id, attempt)
    where job.id = given.id and job.state in ('retry', 'failed') and not exists (
      select from queue.job other where other.name = job.name and other.singleton_key = job.singleton_key and other.state <= 'active' and other.id <> job.id)`);
}
