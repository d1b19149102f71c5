import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import type { BlobStore } from '../engines/blobs/blobs.ts';
import { diskBlobs } from '../engines/blobs/disk.ts';
import { s3Blobs } from '../engines/blobs/s3.ts';
import type { Bucket } from '../engines/buckets/bucket.ts';
import { s3Bucket } from '../engines/buckets/s3-bucket.ts';
import { systemClock } from '../engines/clock.ts';
import { holdDataFolder, startEmbeddedPostgres } from '../engines/database/embedded.ts';
import { migrate } from '../engines/database/migrate.ts';
import { connectDatabase, type Connection } from '../engines/database/postgres.ts';
import { continueNumbers } from '../events/numbering.ts';
import { noMailer } from '../engines/mail/mail.ts';
import { smtpMailer } from '../engines/mail/smtp.ts';
import { safeOutbound } from '../engines/outbound/safe-outbound.ts';
import { startQueue } from '../engines/queue/pg-boss-queue.ts';
import { migrationsDir, type Engines } from './compose.ts';
import { ConfigError, type Config } from './config.ts';
import { endAll } from './end-all.ts';

export interface OpenEngines extends Engines {
  connection: Connection;
  /** Ends everything that was started, in reverse order. */
  close(): Promise<void>;
}

/** A platform runs its embedded database; a worker uses that of the platform beside it. */
type EngineRole = 'platform' | 'worker';

export function createLogger(level: Config['logLevel']): pino.Logger {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: ['req.headers.authorization', 'req.headers.cookie', '*.key', '*.password', '*.secret', '*.token'], censor: '***' },
  });
}

/** Starts or connects to every engine that the configuration names, and brings the database to the newest schema, or to that of the migrations named. */
export async function openEngines(config: Config, logger: pino.Logger, options: { poolSize?: number; role?: EngineRole; migrations?: ReadonlySet<string> } = {}): Promise<OpenEngines> {
  const closers: (() => Promise<void>)[] = [];
  const close = () => endAll(closers.splice(0).toReversed());
  try {
    const connection = await databaseConnection(config, logger, closers, options.role ?? 'platform');
    const db = await connectDatabase({ ...connection, poolSize: options.poolSize ?? 10 });
    closers.push(() => db.close());
    await migrate(db, migrationsDir, options.migrations);
    if (options.migrations === undefined) await continueNumbers(db);
    const blobs = await openBlobs(config);
    closers.push(() => blobs.close());
    const buckets = openBuckets(config);
    closers.push(async () => buckets.forEach((bucket) => bucket.close()));
    const queue = await startQueue({ connection, database: db, logger });
    closers.push(() => queue.stop(10_000));
    const outbound = safeOutbound({ allowPrivateNetwork: config.allowPrivateNetwork });
    const mailer = config.mail ? smtpMailer(config.mail) : noMailer;
    return { connection, db, blobs, buckets, queue, outbound, mailer, clock: systemClock, logger, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The store of bytes that the configuration names. */
export function openBlobs({ blobs }: Config): Promise<BlobStore> {
  return blobs.kind === 'disk' ? diskBlobs({ root: blobs.root }) : s3Blobs(blobs);
}

/** The buckets of others, by the names of their connections. */
export function openBuckets({ buckets }: Config): Map<string, Bucket> {
  return new Map(buckets.map((settings) => [settings.name, s3Bucket(settings)]));
}

/** Where the embedded server of a data folder is reached, written by the platform that runs it, for workers beside it. */
const connectionFile = (config: Config) => join(config.dataDir, 'postgres', 'connection.json');

async function databaseConnection(config: Config, logger: pino.Logger, closers: (() => Promise<void>)[], role: EngineRole): Promise<Connection> {
  if (config.databaseUrl !== undefined) return { connectionString: config.databaseUrl };
  if (role === 'worker') return runningConnection(config);
  const release = holdDataFolder(config.dataDir);
  closers.push(async () => release());
  const embedded = await startEmbeddedPostgres({ dataDir: join(config.dataDir, 'postgres'), log: (line) => logger.debug({ line }, 'postgres') });
  closers.push(() => embedded.stop());
  writeFileSync(connectionFile(config), JSON.stringify(embedded.connection), { mode: 0o600 });
  return embedded.connection;
}

function runningConnection(config: Config): Connection {
  if (!existsSync(connectionFile(config)) || !existsSync(join(config.dataDir, 'lock'))) {
    throw new ConfigError(`No platform runs on the data folder ${config.dataDir}; start one there, or set FOVEA_DATABASE_URL.`);
  }
  return JSON.parse(readFileSync(connectionFile(config), 'utf8')) as Connection;
}

/** Reaches the database of a platform: the one that runs, or, where none runs on the data folder, its embedded server started for this. */
export async function databaseOf<T>(config: Config, work: (connection: Connection) => Promise<T>): Promise<T> {
  const closers: (() => Promise<void>)[] = [];
  const runs = existsSync(join(config.dataDir, 'lock'));
  const hasDatabase = config.databaseUrl !== undefined || existsSync(join(config.dataDir, 'postgres'));
  if (!hasDatabase) throw new ConfigError(`There is no platform in the data folder ${config.dataDir}.`);
  try {
    return await work(await databaseConnection(config, createLogger('error'), closers, runs ? 'worker' : 'platform'));
  } finally {
    await endAll(closers.toReversed());
  }
}
