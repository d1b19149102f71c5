import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cache } from './cache.ts';

/** A folder from which programs can import these packages (`name@version`) of the npm registry, kept for the next time; or why there is none. Blocks while it installs. */
export function nodeModulesWith(packages: readonly string[]): { folder: string } | { missing: string } {
  const folder = join(cache, `npm-${createHash('sha256').update([...packages].sort().join('\n')).digest('hex').slice(0, 16)}`);
  if (existsSync(folder)) return { folder };
  const building = `${folder}.${process.pid}.${Date.now()}`;
  mkdirSync(building, { recursive: true });
  writeFileSync(join(building, 'package.json'), '{ "private": true }');
  const args = ['install', '--prefix', building, '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel', 'error', ...packages];
  const { status, stderr, error } = spawnSync('npm', args, { cwd: building, timeout: 300_000, encoding: 'utf8' });
  if (error || status !== 0) {
    rmSync(building, { recursive: true, force: true });
    return { missing: `${packages.join(' ')} cannot be installed: ${error?.message ?? reason(stderr)}` };
  }
  try {
    renameSync(building, folder);
  } catch {
    // Another test was quicker.
    rmSync(building, { recursive: true, force: true });
  }
  return { folder };
}

/** What npm says went wrong: the first line that is neither its code nor where its log is. */
function reason(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.replace(/^npm (error|ERR!) ?/, '').trim());
  return lines.find((line) => line !== '' && !/^(code|errno|syscall|npm warn|A complete log)/i.test(line)) ?? 'npm ended with an error';
}
