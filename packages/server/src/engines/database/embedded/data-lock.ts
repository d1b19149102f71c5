import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { processIdentity } from './process-identity.ts';
import { DatabaseStartError, startFault } from './start-error.ts';

/**
 * Holds a data folder for this process, by a file with its number and start time; throws {@link DatabaseStartError} when another living
 * process holds it. A file left by a process that was killed does not count. Gives how to let go.
 */
export function holdDataFolder(dataDir: string): () => void {
  const file = join(dataDir, 'lock');
  const mine = `${process.pid} ${processIdentity(process.pid) ?? 'unknown'}\n`;
  const fresh = `${file}.${process.pid}`;
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    writeFileSync(fresh, mine);
  } catch (error) {
    throw startFault(error, dataDir);
  }
  try {
    for (let attempt = 0; attempt < 10; attempt++) {
      // A link appears whole or not at all, and only where there is none.
      if (tryLink(fresh, file)) {
        return () => {
          if (read(file) === mine) rmSync(file, { force: true });
        };
      }
      removeStale(file, dataDir);
    }
  } finally {
    rmSync(fresh, { force: true });
  }
  throw new DatabaseStartError(`The data folder ${dataDir} is being taken by another Fovea process at this moment.`);
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function removeStale(file: string, dataDir: string): void {
  const found = read(file);
  if (found === undefined) return;
  const [pid = '', identity = ''] = found.trim().split(' ');
  if (processIdentity(Number(pid)) === identity) {
    throw new DatabaseStartError(
      `The data folder ${dataDir} is in use by another Fovea process (${pid}); end it, or choose another folder with --data.`,
    );
  }
  // Moved aside first: another process may have put a fresh file there since it was read, and that one goes back.
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (read(aside) !== found) tryLink(aside, file);
  rmSync(aside, { force: true });
}
