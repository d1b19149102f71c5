import { createHash } from 'node:crypto';
import { chmodSync, chownSync, closeSync, constants, lstatSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseStartError, startFault } from './start-error.ts';

/** The user that the server runs as, when that is not ours. */
export interface Owner {
  uid: number;
  gid: number;
}

/** Where a server has its files, as we name them and as it names them. */
export interface ServerPlace {
  dataDir: string;
  owner: Owner | undefined;
  /** The cluster's folder, by our name. */
  cluster: string;
  /** The data folder by the name that the server uses. */
  seenAs: string;
  /** An open handle of the data folder; children get it as descriptor 3. */
  handle: number;
  close(): void;
}

/**
 * Prepares the data folder. Run by root, the server runs as an unprivileged user, to whom the folders above (a closed home, a temporary
 * folder of mode 0700) may be shut; the server then reaches its folder through a descriptor that we opened, `/proc/self/fd/3`, which asks
 * for no permission on the way, so that nobody's home has to be opened.
 */
export function serverPlace(dataDir: string): ServerPlace {
  const owner = serverOwner();
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    if (owner) chownSync(dataDir, owner.uid, owner.gid);
    const handle = openSync(dataDir, constants.O_RDONLY | constants.O_DIRECTORY);
    const seenAs = owner && process.platform === 'linux' ? '/proc/self/fd/3' : dataDir;
    return { dataDir, owner, cluster: join(dataDir, 'cluster'), seenAs, handle, close: () => closeSync(handle) };
  } catch (error) {
    throw startFault(error, dataDir);
  }
}

/** PostgreSQL refuses to run with root's rights. */
function serverOwner(): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const found = ['postgres', 'nobody'].map((wanted) => users.find(([name]) => name === wanted)).find(Boolean);
  if (!found)
    throw new DatabaseStartError(
      'PostgreSQL does not run as root, and there is no user "postgres" or "nobody" to run it as; run Fovea as an ordinary user.',
    );
  return { uid: Number(found[2]), gid: Number(found[3]) };
}

/** A unix socket's path has at most 107 bytes (unix(7)); PostgreSQL adds `/.s.PGSQL.5432`. */
const maxFolderBytes = 107 - '/.s.PGSQL.5432'.length;

/** Where clients find the server's socket: in the data folder, or in a short folder that stands for a long one. */
export function socketFolder(dataDir: string): string {
  const beside = join(dataDir, 'socket');
  if (Buffer.byteLength(beside) <= maxFolderBytes) return beside;
  return join(tmpdir(), `fovea-${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}`);
}

/** Makes the socket's folder, open to the server's user alone; gives the name that the server uses for it. */
export function makeSocketFolder({ dataDir, owner, seenAs }: ServerPlace): string {
  const folder = socketFolder(dataDir);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  const ours = found.uid === process.getuid?.() || found.uid === owner?.uid;
  if (!found.isDirectory() || !ours)
    throw new DatabaseStartError(
      `The folder ${folder} belongs to somebody else; remove it, or choose a shorter data folder.`,
    );
  if (owner) chownSync(folder, owner.uid, owner.gid);
  chmodSync(folder, 0o700);
  return folder === join(dataDir, 'socket') ? `${seenAs}/socket` : folder;
}
