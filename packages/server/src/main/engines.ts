import { join } from 'node:path';
import { pino } from 'pino';
import { diskBlobs } from '../engines/blobs/disk.ts';

import { systemClock } from '../engines/clock.ts';
import { startEmbeddedPostgres } from '../engines/database/embedded.ts';
import { migrate } from '../engines/database/migrate.ts';
import { connectDatabase, type Connection } from '../engines/database/postgres.ts';
import { safeOutbound } from '../engines/outbound/safe-outbound.ts';
import { startQueue } from '../engines/queue/pg-boss-queue.ts';
import { migrationsDir, type Engines } from './compose.ts';
import type { Config } from './config.ts';

export interface OpenEngines extends Engines {
  /** Ends everything that was started, in reverse order. */
  close(): Promise<void>;
}

export function createLogger(level: Config['logLevel']): pino.Logger {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: ['req.headers.authorization', 'req.headers.cookie', '*.key', '*.password', '*.secret', '*.token'], censor: '***' },
  });
}

/** Starts or connects to every engine that the configuration names, and brings the database to the newest schema. */
export async function openEngines(config: Config, logger: pino.Logger, options: { poolSize?: number } = {}): Promise<OpenEngines> {
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).toReversed()) await closer();
  };
  try {
    const connection = await databaseConnection(config, logger, closers);
    const db = await connectDatabase({ ...connection, poolSize: options.poolSize ?? 10 });
    closers.push(() => db.close());
    await migrate(db, migrationsDir);
    const blobs = config.blobs.kind === 'disk' ? await diskBlobs({ root: config.blobs.root }) : await (await import('../engines/blobs/s3.ts')).s3Blobs(config.blobs);
    closers.push(() => blobs.close());
    const queue = await startQueue({ connection, database: db, logger });
    closers.push(() => queue.stop(10_000));
    const outbound = safeOutbound({ allowPrivateNetwork: config.allowPrivateNetwork });
    return { db, blobs, queue, outbound, clock: systemClock, logger, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function databaseConnection(config: Config, logger: pino.Logger, closers: (() => Promise<void>)[]): Promise<Connection> {
  if (config.databaseUrl !== undefined) return { connectionString: config.databaseUrl };
  const embedded = await startEmbeddedPostgres({ dataDir: join(config.dataDir, 'postgres'), log: (line) => logger.debug({ line }, 'postgres') });
  closers.push(() => embedded.stop());
  return embedded.connection;
}
