import { spawn, spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readlinkSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { wallOfFileBytes, wallOfProcesses, type RunLimits } from './limits.ts';
import type { User } from './task-folder.ts';

/** What keeps a program to itself on this machine. */
export interface Sandbox {
  kind: 'bubblewrap' | 'user' | 'none';
  /** Whether a program without leave can be kept from the network. */
  cutsNetwork: boolean;
}

export interface SandboxedCommand {
  folder: string;
  /** Where the program sees the folder. */
  inside: string;
  command: readonly string[];
  user: User | undefined;
  network: boolean;
  memoryBytes: number;
  limits: RunLimits;
  /** Further files to show, read only: place inside → path here. */
  show: Readonly<Record<string, string>>;
}

const maxOpenFiles = 4_096;

const onPath = (name: string): string | undefined =>
  (process.env['PATH'] ?? '').split(delimiter).concat('/usr/bin', '/usr/sbin', '/bin').map((folder) => join(folder, name)).find((path) => existsSync(path) && statSync(path).isFile());

let known: Sandbox | undefined;

/** Finds out, once, what this machine offers: bubblewrap that works, else another user and an empty network where we are root. */
export function findSandbox(): Sandbox {
  if (known) return known;
  const works = (command: readonly string[]): boolean => spawnSync(command[0] ?? '', command.slice(1), { stdio: 'ignore', timeout: 10_000 }).status === 0;
  const bwrap = onPath('bwrap');
  if (process.platform === 'linux' && bwrap !== undefined && works([bwrap, ...mounts({ network: false }), '--', 'true'])) return (known = { kind: 'bubblewrap', cutsNetwork: true });
  const root = process.getuid?.() === 0 && onPath('setpriv') !== undefined;
  const unshare = onPath('unshare');
  const cutsNetwork = unshare !== undefined && works([unshare, ...(root ? ['--net'] : ['--net', '--map-root-user']), 'true']);
  return (known = { kind: root ? 'user' : 'none', cutsNetwork });
}

/** The command line that runs a command in the sandbox. */
export function sandboxed(sandbox: Sandbox, given: SandboxedCommand): string[] {
  const inner = [...walls(sandbox, given), ...asUser(given.user), ...given.command];
  if (sandbox.kind === 'bubblewrap') {
    const { folder, inside } = given;
    const own = ['--perms', '0755', '--dir', inside, '--perms', '0755', '--dir', '/fovea', '--perms', '0755', '--dir', '/fovea/bin', '--ro-bind', join(folder, 'given'), join(inside, 'given'), '--bind', join(folder, 'out'), join(inside, 'out'), '--bind', join(folder, 'tmp'), join(inside, 'tmp'), '--symlink', join(inside, 'tmp'), '/tmp', '--bind', join(folder, 'shm'), '/dev/shm'];
    const shown = Object.entries(given.show).flatMap(([place, path]) => ['--ro-bind', path, place]);
    // What is not its own lies in memory, and would be nobody's to measure.
    const closed = ['--remount-ro', '/dev', '--remount-ro', '/'];
    return [onPath('bwrap') ?? 'bwrap', ...mounts(given), ...own, ...shown, ...closed, '--chdir', join(inside, 'given', 'code'), '--', ...inner];
  }
  if (given.network) return inner;
  return [onPath('unshare') ?? 'unshare', '--net', ...(given.user ? [] : ['--map-current-user']), ...inner];
}

/** A read-only system without the machine's own files, its processes and, unless allowed, its network. */
function mounts({ network }: { network: boolean }): string[] {
  const system = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/opt'].flatMap((path) => {
    const facts = lstatSync(path, { throwIfNoEntry: false });
    if (!facts) return [];
    return facts.isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path];
  });
  const settings = ['ld.so.cache', 'ld.so.conf', 'ld.so.conf.d', 'alternatives', 'localtime', 'fonts', 'ssl/certs', 'ssl/openssl.cnf', 'ca-certificates', 'nsswitch.conf', ...(network ? ['resolv.conf', 'hosts'] : [])];
  // Folders on the way to a mount would be open to root only.
  const etc = [...['/etc', '/etc/ssl'].flatMap((path) => ['--perms', '0755', '--dir', path]), ...settings.flatMap((name) => ['--ro-bind-try', `/etc/${name}`, `/etc/${name}`])];
  return ['--unshare-ipc', '--unshare-pid', '--unshare-uts', '--unshare-cgroup-try', ...(process.getuid?.() === 0 ? [] : ['--unshare-user']), ...(network ? [] : ['--unshare-net']), '--die-with-parent', '--new-session', '--proc', '/proc', '--dev', '/dev', ...system, ...etc];
}

/** Limits that the system holds. Processes are counted by user, so only where the program has one of its own, or a namespace. */
function walls(sandbox: Sandbox, { memoryBytes, limits, user }: SandboxedCommand): string[] {
  const prlimit = onPath('prlimit');
  if (prlimit === undefined) return [];
  const processes = user || sandbox.kind === 'bubblewrap' ? [`--nproc=${wallOfProcesses(limits)}`] : [];
  return [prlimit, `--data=${memoryBytes}`, `--fsize=${wallOfFileBytes(limits)}`, `--nofile=${maxOpenFiles}`, ...processes, '--core=0'];
}

function asUser(user: User | undefined): string[] {
  if (!user) return [];
  return [onPath('setpriv') ?? 'setpriv', '--reuid', String(user.uid), '--regid', String(user.gid), '--clear-groups', '--no-new-privs', '--bounding-set', '-all', '--inh-caps', '-all'];
}

/** Uids that nobody else has: what systemd gives to services of the moment. */
const firstUid = 61_184;
const uids = 4_000;
const taken = new Set<number>();

/** A user of its own for one program, where we are root; give it back with {@link returnUser}. */
export function takeUser(): User | undefined {
  if (process.getuid?.() !== 0 || onPath('setpriv') === undefined) return undefined;
  // Begins anywhere, so that two workers on one machine hardly ever meet.
  const start = Math.floor(Math.random() * uids);
  for (let step = 0; step < uids; step++) {
    const uid = firstUid + ((start + step) % uids);
    if (taken.has(uid)) continue;
    taken.add(uid);
    return { uid, gid: uid };
  }
  throw new Error(`More than ${uids} programs run at once.`);
}

export function returnUser(user: User | undefined): void {
  if (user) taken.delete(user.uid);
}

/** Ends every process of a user, wherever it went. */
export async function killUser(user: User): Promise<void> {
  const killer = spawn('kill', ['-9', '-1'], { uid: user.uid, gid: user.gid, stdio: 'ignore' });
  await new Promise<void>((resolve) => killer.once('exit', () => resolve()).once('error', () => resolve()));
}

/** Folder of the program that runs this platform, which analytics written for Node are given too. */
export const nodeFolder = dirname(process.execPath);
