import { PgBoss, type JobWithMetadata } from 'pg-boss';
import type { Connection } from '../database/postgres.ts';
import type { Database, Tx } from '../database/database.ts';
import type { Logger } from '../../logger.ts';
import sql, { Sql } from 'sql-template-tag';
import type { Message, MessageKind, Queue, SendOptions } from './queue.ts';

const schema = 'queue';

/** A worker that is killed falls silent; its messages go to others after so long. */
const heartbeatSeconds = 10;

/**
 * The queue on pg-boss in the platform's own database. Enqueueing runs on the caller's transaction; idle workers are woken by
 * LISTEN/NOTIFY, and poll besides.
 */
export async function startQueue(given: { connection: Connection; database: Database; logger: Logger }): Promise<Queue> {
  const { connection, database, logger } = given;
  const boss = new PgBoss({
    ...connection,
    schema,
    max: 6,
    application_name: 'fovea-queue',
    useListenNotify: true,
    superviseIntervalSeconds: 5,
    maintenanceIntervalSeconds: 60,
  });
  boss.on('error', (error) => logger.warn({ error: String(error) }, 'queue'));
  await boss.start();
  const declared = new Set<string>();
  const stopping = new AbortController();

  /** Runs the library's statements on the caller's transaction. */
  const on = (tx: Tx) => ({
    executeSql: async (text: string, values: unknown[] = []) => ({ rows: await tx.many<Record<string, unknown>>(statement(text, values)) }),
  });
  const settings = (kind: MessageKind<unknown>) => ({
    retryLimit: kind.retries ?? 3,
    retryDelay: kind.backoffSeconds ?? 1,
    retryBackoff: true,
    retryDelayMax: 3_600,
    expireInSeconds: kind.timeoutSeconds ?? 900,
    heartbeatSeconds,
    notify: true,
    deleteAfterSeconds: 3_600,
  });

  return {
    async declare(kinds) {
      // One after the other: two at once have deadlocked in the library.
      for (const kind of kinds) {
        if (declared.has(kind.name)) throw new Error(`The message "${kind.name}" is declared twice.`);
        declared.add(kind.name);
        await boss.createQueue(kind.name, settings(kind));
        await boss.updateQueue(kind.name, settings(kind));
      }
    },

    async send(tx, kind, data, options = {}) {
      await boss.send(kind.name, { data }, { ...sendOptions(options), db: on(tx) });
    },

    async sendMany(tx, kind, data, options = {}) {
      if (data.length === 0) return;
      await boss.insert(
        kind.name,
        data.map((one) => ({ data: { data: one }, ...sendOptions(options) })),
        { db: on(tx) },
      );
    },

    async work<T>(kind: MessageKind<T>, handler: (message: Message<T>) => Promise<void>, options: { concurrency?: number } = {}) {
      if (!declared.has(kind.name)) throw new Error(`The message "${kind.name}" was not declared.`);
      for (let lane = 0; lane < (options.concurrency ?? 1); lane++) {
        // The library waits for its poll after a message; a lane that just handled one looks for the next at once.
        const wake = { id: '' };
        wake.id = await boss.work(
          kind.name,
          { batchSize: 1, includeMetadata: true, pollingIntervalSeconds: 2, notifyPollingIntervalSeconds: 2, heartbeatRefreshSeconds: heartbeatSeconds / 3 },
          async ([message]: JobWithMetadata<{ data: T }>[]) => {
            if (!message) return;
            const signal = AbortSignal.any([message.signal, stopping.signal]);
            try {
              await handler({ id: message.id, data: message.data.data, attempt: message.retryCount, signal });
            } catch (error) {
              logger.warn({ kind: kind.name, message: message.id, attempt: message.retryCount, error: String(error) }, 'a message failed');
              throw error;
            } finally {
              boss.notifyWorker(wake.id);
            }
          },
        );
      }
    },

    async schedule(kind, cron) {
      await boss.schedule(kind.name, cron, { data: null }, { tz: 'UTC' });
    },

    async counts(kind) {
      const row = await database.one<{ waiting: number; running: number; failed: number }>(sql`
        select count(*) filter (where state in ('created', 'retry')) as waiting, count(*) filter (where state = 'active') as running,
          count(*) filter (where state = 'failed') as failed from queue.job where name = ${kind.name}`);
      return row;
    },

    async stop(graceMs = 10_000) {
      stopping.abort(new Error('The worker stops.'));
      await boss.stop({ graceful: true, timeout: graceMs, close: true });
    },
  };
}

function sendOptions(options: SendOptions) {
  return {
    ...(options.delaySeconds === undefined ? {} : { startAfter: options.delaySeconds }),
    ...(options.priority === undefined ? {} : { priority: options.priority }),
    ...(options.singletonKey === undefined ? {} : { singletonKey: options.singletonKey }),
  };
}

/** A statement of the library, which numbers its parameters itself, as ours. */
function statement(text: string, values: unknown[]): Sql {
  return { text, values } as unknown as Sql;
}
