import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const folder = join(import.meta.dirname, '..', 'examples');

/** Runs an example as a user does, as a program of its own; gives the lines that it prints. */
export async function runExample(name: string, args: readonly string[], platform: { url: string; key: string }): Promise<string[]> {
  const env = { PATH: process.env['PATH'] ?? '', FOVEA_URL: platform.url, FOVEA_KEY: platform.key };
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, name), ...args], { cwd: folder, env, timeout: 120_000 });
  return stdout.trim().split('\n');
}
