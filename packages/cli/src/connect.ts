import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Fovea } from '@fovea/sdk';
import { CommandFailure } from './failure.ts';
import type { Io } from './io.ts';

/** A platform and a key for it. */
export interface Server {
  url: string;
  key: string | undefined;
  /** For messages: where the URL and the key were found; empty without a key. */
  urlFrom: string;
  keyFrom: string;
}

interface Stored {
  url: string;
  key: string;
}

/** The file that `fovea login` writes. */
export function loginFile(env: Io['env']): string {
  return join(env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config'), 'fovea', 'config.json');
}

/** Stores a login, readable by this user only. */
export function storeLogin(env: Io['env'], login: Stored): void {
  const file = loginFile(env);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const fresh = `${file}.${process.pid}`;
  writeFileSync(fresh, `${JSON.stringify(login, null, 2)}\n`, { mode: 0o600 });
  chmodSync(fresh, 0o600);
  renameSync(fresh, file);
}

/** Forgets the login; false when there was none. */
export function forgetLogin(env: Io['env']): boolean {
  const known = readLogin(env) !== undefined;
  rmSync(loginFile(env), { force: true });
  return known;
}

function readLogin(env: Io['env']): Stored | undefined {
  return readJsonFile<Stored>(loginFile(env));
}

/** The platform that runs on a data folder of this machine. */
function readLocal(io: Io): { url: string; key: string | undefined; folder: string } | undefined {
  const folder = resolve(io.cwd, io.env['FOVEA_DATA'] || 'data');
  const url = readJsonFile<{ url: string }>(join(folder, 'server.json'))?.url;
  return url === undefined ? undefined : { url, key: readText(join(folder, 'admin.key'))?.trim(), folder };
}

/** Finds the platform: FOVEA_URL and FOVEA_KEY, else what `fovea login` stored, else the one that runs on the data folder here. */
export function findServer(io: Io): Server {
  const url = io.env['FOVEA_URL'] || undefined;
  const key = io.env['FOVEA_KEY'] || undefined;
  const login = readLogin(io.env);
  const local = readLocal(io);
  const keyFor = (at: string): Pick<Server, 'key' | 'keyFrom'> => {
    if (key !== undefined) return { key, keyFrom: 'FOVEA_KEY' };
    if (login && sameUrl(login.url, at)) return { key: login.key, keyFrom: loginFile(io.env) };
    if (local?.key !== undefined && sameUrl(local.url, at)) return { key: local.key, keyFrom: join(local.folder, 'admin.key') };
    return { key: undefined, keyFrom: '' };
  };
  if (url !== undefined) return { url, urlFrom: 'FOVEA_URL', ...keyFor(url) };
  if (login) return { url: login.url, urlFrom: loginFile(io.env), ...keyFor(login.url) };
  if (local) return { url: local.url, urlFrom: join(local.folder, 'server.json'), ...keyFor(local.url) };
  throw new CommandFailure('No platform is known here. Start one with "npm start", sign in to one with "fovea login", or set FOVEA_URL and FOVEA_KEY.');
}

/** A client of a platform; it ends its calls when the command is interrupted. */
export function connect(server: Pick<Server, 'url' | 'key'>, signal: AbortSignal): Fovea {
  try {
    return new Fovea({ url: server.url, key: server.key ?? '', signal });
  } catch (error) {
    throw new CommandFailure((error as Error).message, { cause: error });
  }
}

function sameUrl(one: string, other: string): boolean {
  return one.replace(/\/+$/, '') === other.replace(/\/+$/, '');
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return undefined;
    throw error;
  }
}

function readJsonFile<T>(file: string): T | undefined {
  const text = readText(file);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw new CommandFailure(`${file} is not valid JSON; remove it and run "fovea login".`, { cause: error });
  }
}
