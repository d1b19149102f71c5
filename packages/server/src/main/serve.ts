import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { doorPlugins } from './doors.ts';
import { nativeDoor } from '../doors/native/plugin.ts';
import { resumableUploads } from '../doors/native/resumable.ts';
import { narrowQueue, takes } from '../engines/queue/narrow-queue.ts';
import { createMetrics } from '../http/metrics.ts';
import { requestOrigin } from '../http/request-origin.ts';
import { createHttpServer } from '../http/server.ts';
import { bootstrap } from '../identity/bootstrap.ts';
import { compose, type Platform } from './compose.ts';
import { ConfigError, readConfig, type Config } from './config.ts';
import { endAll } from './end-all.ts';
import { makeFolder } from './make-folder.ts';
import { consolePages, uploadOrigins } from './console-pages.ts';
import { createLogger, openEngines } from './engines.ts';
import { systemPages } from './system-pages.ts';

export const roles = ['api', 'worker', 'console'] as const;
export type Role = (typeof roles)[number];

const maxUploadBytes = 1024 ** 4;

export interface ServeOptions {
  dataDir?: string;
  host?: string;
  port?: number;
  roles?: readonly Role[];
  env?: Record<string, string | undefined>;
}

/** A platform that runs. */
export interface Running {
  url: string;
  /** The first admin key, when this start made it. */
  newKey: string | undefined;
  /** The database was empty before this start. */
  fresh: boolean;
  /** A key that opens everything, where it is known: the one just made, or the fixed one. */
  adminKey: string | undefined;
  platform: Platform;
  config: Config;
  close(): Promise<void>;
}

/** Starts the platform and answers when it is ready. Throws ConfigError or an Error with one clear sentence. */
export async function startPlatform(options: ServeOptions = {}): Promise<Running> {
  const config = readConfig(options.env ?? process.env, options);
  makeFolder(config.dataDir, 'FOVEA_DATA');
  if (config.blobs.kind === 'disk') makeFolder(config.blobs.root, 'FOVEA_BLOBS');
  const wanted = options.roles ?? roles;
  const logger = createLogger(config.logLevel);
  const metrics = createMetrics();
  const app = createHttpServer(logger, metrics);
  let origin = config.publicUrl;
  const engines = await openEngines(config, logger);
  try {
    const platform = compose(engines, {
      // Links lead back the way the caller came, unless the way was said.
      publicUrl: () => (config.publicUrlSet ? origin : (requestOrigin() ?? origin)),
      secret: config.secret,
      maxUploadBytes,
      uploadsDir: join(config.dataDir, 'uploads'),
      allowPrivateNetwork: config.allowPrivateNetwork,
    });
    // Made in every role: doors also say how their tasks are prepared and who is called.
    const doors = doorPlugins(platform);
    const { newKey, fresh } = await bootstrap(engines.db, { fixedKey: config.adminKey });
    await engines.queue.declare(platform.messageKinds);
    await platform.prepare();
    await engines.blobs.sweepTemporary(24 * 3_600_000);
    await app.register(systemPages(platform, metrics));
    if (wanted.includes('api')) {
      await app.register(nativeDoor(platform));
      await app.register(resumableUploads(platform));
      for (const door of doors) await app.register(door);
    }
    if (wanted.includes('console')) await app.register(consolePages(() => uploadOrigins(config, engines.blobs)));
    await listen(app, config);
    const port = (app.server.address() as AddressInfo).port;
    if (config.port === 0) origin = config.publicUrl.replace(/:0$/, `:${port}`);
    if (wanted.includes('worker')) await platform.startWorking();
    const serverFile = join(config.dataDir, 'server.json');
    if (newKey !== undefined) writeFileSync(join(config.dataDir, 'admin.key'), `${newKey}\n`, { mode: 0o600 });
    writeFileSync(serverFile, `${JSON.stringify({ url: origin, pid: process.pid })}\n`, { mode: 0o600 });
    return {
      url: origin,
      newKey,
      fresh,
      adminKey: newKey ?? config.adminKey,
      platform,
      config,
      close: () => endAll([() => rmSync(serverFile, { force: true }), () => app.close(), () => engines.queue.stop(10_000), () => platform.stopWorking(), () => engines.close()]),
    };
  } catch (error) {
    await app.close();
    await engines.close();
    throw error;
  }
}

async function listen(app: ReturnType<typeof createHttpServer>, config: Config): Promise<void> {
  try {
    await app.listen({ host: config.host, port: config.port });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') throw new ConfigError(`Port ${config.port} on ${config.host} is in use by another program; choose another with --port or FOVEA_PORT.`);
    if (code === 'EACCES') throw new ConfigError(`Port ${config.port} may not be opened by this user; choose one above 1023 with --port or FOVEA_PORT.`);
    if (code === 'ENOTFOUND' || code === 'EADDRNOTAVAIL') throw new ConfigError(`This machine has no address "${config.host}"; check --host or FOVEA_HOST.`);
    throw error;
  }
}

export interface WorkerOptions {
  env?: Record<string, string | undefined>;
  dataDir?: string;
  /** Handle these messages only: names of kinds (`items.describe`) or rooms (`items`). Default: all. */
  queues?: readonly string[];
  /** Messages of one kind at once. */
  concurrency?: number;
}

/** Runs a worker without HTTP: it drains the queue of the same database. */
export async function startWorker(options: WorkerOptions = {}): Promise<{ close(): Promise<void>; platform: Platform }> {
  const config = readConfig(options.env ?? process.env, options);
  const logger = createLogger(config.logLevel);
  const engines = await openEngines(config, logger, { poolSize: 4, role: 'worker' });
  const queue = narrowQueue(engines.queue, { names: options.queues, concurrency: options.concurrency });
  const platform = compose({ ...engines, queue }, { publicUrl: () => config.publicUrl, secret: config.secret, maxUploadBytes, uploadsDir: join(config.dataDir, 'uploads'), allowPrivateNetwork: config.allowPrivateNetwork });
  const unknown = options.queues?.filter((name) => !platform.messageKinds.some((kind) => takes([name], kind.name))) ?? [];
  if (unknown.length > 0) {
    await engines.close();
    throw new ConfigError(`There is no queue "${unknown.join('", "')}"; there are ${platform.messageKinds.map((kind) => kind.name).join(', ')}.`);
  }
  doorPlugins(platform);
  await engines.queue.declare(platform.messageKinds);
  await platform.startWorking();
  return {
    platform,
    close: () => endAll([() => engines.queue.stop(10_000), () => platform.stopWorking(), () => engines.close()]),
  };
}
