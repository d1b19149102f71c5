import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cache } from './cache.ts';

/** PyTorch has half a gigabyte, and the machine may have much else to do. */
const installTimeoutMs = 1_500_000;

/**
 * A Python with these packages (`name==version`) from the package registry, in a virtual environment that is kept for the next time; or
 * why there is none. Those that come `alone` are installed without what they ask for. Blocks while it installs.
 */
export function pythonWith(packages: readonly string[], alone: readonly string[] = []): { python: string } | { missing: string } {
  const names = [...packages.toSorted(), ...alone.map((name) => `${name} alone`).toSorted()];
  const folder = join(cache, createHash('sha256').update(names.join('\n')).digest('hex').slice(0, 16));
  const python = join(folder, 'bin', 'python');
  if (existsSync(join(folder, 'complete'))) return { python };
  mkdirSync(cache, { recursive: true });
  // Made beside its place: a virtual environment may be moved as long as its programs are called through `bin/python`.
  const building = `${folder}.${process.pid}.${Date.now()}`;
  const install = [join(building, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-compile']] as const;
  const fault =
    run('python3', ['-m', 'venv', building]) ?? run(install[0], [...install[1], ...packages]) ?? (alone.length === 0 ? undefined : run(install[0], [...install[1], '--no-deps', ...alone]));
  if (fault !== undefined) {
    rmSync(building, { recursive: true, force: true });
    return { missing: `${[...packages, ...alone].join(' ')} cannot be installed: ${fault}` };
  }
  mkdirSync(join(building, 'complete'));
  settle(building, folder);
  return { python };
}

/** A folder for `PYTHONPATH` with one package (`name==version`) by itself, kept for the next time; or why there is none. Blocks while it installs. */
export function packageAlone(python: string, requirement: string): { folder: string } | { missing: string } {
  const folder = join(cache, `alone-${createHash('sha256').update(requirement).digest('hex').slice(0, 16)}`);
  if (existsSync(folder)) return { folder };
  const building = `${folder}.${process.pid}.${Date.now()}`;
  const fault = run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-compile', '--no-deps', '--target', building, requirement]);
  if (fault !== undefined) {
    rmSync(building, { recursive: true, force: true });
    return { missing: `${requirement} cannot be installed: ${fault}` };
  }
  settle(building, folder);
  return { folder };
}

/** Moves what was built to its place, unless another test was quicker. */
function settle(building: string, folder: string): void {
  try {
    renameSync(building, folder);
  } catch {
    rmSync(building, { recursive: true, force: true });
  }
}

function run(command: string, args: readonly string[]): string | undefined {
  const { status, stderr, error } = spawnSync(command, args, { timeout: installTimeoutMs, encoding: 'utf8' });
  if (error) return error.message;
  return status === 0 ? undefined : stderr.trim().split('\n').at(-1) || `${command} ended with ${status}`;
}
