import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { processIdentity } from './process-identity.ts';
import type { ServerPlace } from './server-place.ts';
import { DatabaseStartError, diskFull } from './start-error.ts';

export const superuser = 'fovea';

/** The server's programs get nothing of our environment, where secrets are, but the way to the shell's commands. */
export const serverEnvironment = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C.UTF-8', TZ: 'UTC' };

/** Makes the cluster when there is none. A start that was killed halfway begins anew. */
export function ensureCluster(native: string, place: ServerPlace, sync: boolean): void {
  const { cluster, dataDir, owner, seenAs, handle } = place;
  if (existsSync(join(cluster, 'PG_VERSION'))) return;
  const fresh = `${cluster}.new`;
  rmSync(fresh, { recursive: true, force: true });
  const options = [
    '-U',
    superuser,
    '--encoding=UTF8',
    '--locale=C.UTF-8',
    '--data-checksums',
    '--auth-local=trust',
    '--auth-host=reject',
  ];
  const done = spawnSync(
    join(native, 'bin', 'initdb'),
    ['-D', `${seenAs}/cluster.new`, ...options, ...(sync ? [] : ['--no-sync'])],
    {
      ...owner,
      encoding: 'utf8',
      env: serverEnvironment,
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe', handle],
    },
  );
  if (done.status !== 0) {
    rmSync(fresh, { recursive: true, force: true });
    const reason = done.error?.message ?? done.stderr;
    if (/No space left/i.test(reason)) throw diskFull(dataDir);
    const line = reason.split('\n').find((text) => /error|FATAL/i.test(text)) ?? reason.trim().split('\n').at(-1);
    throw new DatabaseStartError(`PostgreSQL could not make its data folder ${cluster}: ${line ?? 'no reason given'}.`);
  }
  renameSync(fresh, cluster);
  const folder = openSync(dataDir, 'r');
  fsyncSync(folder);
  closeSync(folder);
}

/** The process number that a server has noted in its cluster; undefined when there is no note. A server that ends takes its note along at any moment. */
export function notedPid(cluster: string): number | undefined {
  try {
    return Number(readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')[0]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The process number of a server that runs on this cluster, by its own note, when that is true. */
export function runningServer(cluster: string): number | undefined {
  const pid = notedPid(cluster);
  return pid !== undefined && processIdentity(pid) !== undefined && runsOn(pid, cluster) ? pid : undefined;
}

/** A number may have passed to another program: a server's working folder is its cluster. */
function runsOn(pid: number, cluster: string): boolean {
  if (process.platform === 'linux') {
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(cluster);
    } catch {
      // Another user's process, or one that just ended.
      return false;
    }
  }
  const { stdout } = spawnSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.includes(cluster);
}

const survivorDeadlineMs = 120_000;

/** Ends a server of an earlier program that was killed, cleanly, so that this program starts its own with its own settings. */
export async function endSurvivor(cluster: string, log: (line: string) => void): Promise<void> {
  const pid = runningServer(cluster);
  if (pid === undefined) return;
  log(`ending PostgreSQL ${pid}, which an earlier run left behind`);
  try {
    process.kill(pid, 'SIGINT');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
  const deadline = Date.now() + survivorDeadlineMs;
  while (runningServer(cluster) === pid) {
    if (Date.now() > deadline)
      throw new DatabaseStartError(`An earlier PostgreSQL (process ${pid}) does not end; end it and start again.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
