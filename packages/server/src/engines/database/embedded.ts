import { existsSync, mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { reachableBinaries } from './embedded/binaries.ts';
import { endSurvivor, ensureCluster, runningServer, superuser } from './embedded/cluster.ts';
import { holdDataFolder } from './embedded/data-lock.ts';
import { spawnPostmaster, type Postmaster } from './embedded/postmaster.ts';
import { makeSocketFolder, serverPlace, socketFolder, type ServerPlace } from './embedded/server-place.ts';
import { DatabaseStartError, diskFull, startFault } from './embedded/start-error.ts';
import { serverSettings } from './embedded/tuning.ts';

export { DatabaseStartError, holdDataFolder };

export interface SocketConnection {
  /** The folder of the socket. */
  host: string;
  port: number;
  user: string;
  database: string;
}

export interface EmbeddedPostgres {
  connection: SocketConnection;
  /** The server's process; another one after it was restarted. */
  readonly pid: number;
  /** Ends the server with all its data on disk, and lets go of the data folder. */
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  /** The server's own folder; made when it is not there. */
  dataDir: string;
  log?: (line: string) => void;
  /** For tests of anything but durability: several times faster, loses data in a power cut. */
  unsafeFast?: boolean;
}

const database = 'fovea';
const readyDeadlineMs = 120_000;

/**
 * Starts a real PostgreSQL as a child process on a unix socket, from the binaries that an npm package carries; makes the cluster first
 * when there is none. Run by root, the server runs as an unprivileged user. While this process lives it starts the server again should
 * that be killed; should this process be killed, a watcher ends the server in order, and the next start ends what is left of it.
 * Throws {@link DatabaseStartError}, also when another process holds the folder.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { log = () => undefined } = options;
  const dataDir = realFolder(options.dataDir);
  const letGo = holdDataFolder(dataDir);
  let place: ServerPlace | undefined;
  const leave = () => {
    place?.close();
    letGo();
  };
  try {
    place = serverPlace(dataDir);
    const server = await startAt(place, options.unsafeFast === true, log);
    return {
      connection: connectionTo(dataDir),
      get pid() {
        return server.pid();
      },
      async stop() {
        await server.stop();
        leave();
      },
    };
  } catch (error) {
    leave();
    throw startFault(error, dataDir);
  }
}

async function startAt(
  place: ServerPlace,
  fast: boolean,
  log: (line: string) => void,
): Promise<Pick<Postmaster, 'pid' | 'stop'>> {
  const native = reachableBinaries(place.dataDir, place.owner);
  ensureCluster(native, place, !fast);
  const settings = serverSettings(makeSocketFolder(place), fast ? 'fast' : 'safe');
  await endSurvivor(place.cluster, log);
  return keepRunning(() => spawnPostmaster(native, place, settings, log), connectionTo(place.dataDir), log);
}

const connectionTo = (dataDir: string): SocketConnection => ({
  host: socketFolder(dataDir),
  port: 5432,
  user: superuser,
  database,
});

/** How a second process reaches a server that runs on this folder; undefined when none does. */
export function embeddedConnection(dataDir: string): SocketConnection | undefined {
  if (!existsSync(join(dataDir, 'cluster'))) return undefined;
  const folder = realpathSync(dataDir);
  if (runningServer(join(folder, 'cluster')) === undefined) return undefined;
  return connectionTo(folder);
}

function realFolder(dataDir: string): string {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    return realpathSync(dataDir);
  } catch (error) {
    throw startFault(error, dataDir);
  }
}

/** So many restarts in so long mean that something is wrong that a restart does not mend. */
const maxRestarts = 5;
const restartWindowMs = 5 * 60_000;

/** Starts the server, waits until it answers, and starts it again whenever it ends by itself. */
async function keepRunning(
  launch: () => Postmaster,
  connection: SocketConnection,
  log: (line: string) => void,
): Promise<Pick<Postmaster, 'pid' | 'stop'>> {
  let stopping = false;
  const restarts: number[] = [];
  let current = await startOne(launch, connection);
  await ensureDatabase(connection).catch(async (error: unknown) => {
    await current.stop();
    throw error;
  });

  async function watch(server: Postmaster): Promise<void> {
    await server.exited;
    if (stopping) return;
    log(`PostgreSQL ended by itself (${server.ended()}); starting it again`);
    while (!stopping && restarts.filter((at) => Date.now() - at < restartWindowMs).length < maxRestarts) {
      restarts.push(Date.now());
      try {
        current = await startOne(launch, connection);
        if (stopping) await current.stop();
        else void watch(current);
        return;
      } catch (error) {
        log(`PostgreSQL could not be started again: ${(error as Error).message}`);
        // Sessions of a killed server need a moment to notice, and hold its shared memory until then.
        await new Promise((resolve) => setTimeout(resolve, 1_000));
      }
    }
    log('PostgreSQL is not started again: it ended too often.');
  }
  void watch(current);
  return {
    pid: () => current.pid(),
    async stop() {
      stopping = true;
      await current.stop();
    },
  };
}

async function startOne(launch: () => Postmaster, connection: SocketConnection): Promise<Postmaster> {
  const server = launch();
  const deadline = Date.now() + readyDeadlineMs;
  for (;;) {
    const client = new Client({ ...connection, database: 'postgres' });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('select 1');
      return server;
    } catch (error) {
      const ended = server.ended();
      if (ended !== undefined) throw endedFault(ended);
      if (Date.now() > deadline) {
        await server.stop();
        throw new DatabaseStartError(`PostgreSQL did not become ready in two minutes: ${(error as Error).message}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

function endedFault(reason: string): DatabaseStartError {
  if (/No space left/i.test(reason)) return diskFull('the data folder');
  if (/lock file|already running/i.test(reason)) {
    return new DatabaseStartError(
      'The data folder is in use by another PostgreSQL process; end it, or choose another folder with --data.',
    );
  }
  return new DatabaseStartError(`PostgreSQL did not start: ${reason.slice(0, 500)}`);
}

async function ensureDatabase(connection: SocketConnection): Promise<void> {
  const client = new Client({ ...connection, database: 'postgres' });
  await client.connect();
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [database]);
    if (rowCount === 0) await client.query(`create database ${database}`);
  } finally {
    await client.end();
  }
}
