import { execFileSync } from 'node:child_process';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestPlatform } from '../../../packages/server/src/testing/platform.ts';
import { pythonWith } from '../python.ts';
import { runChecks, type Outcome } from '../run-checks.ts';

/** What the Python client asks for; it is not in the registry itself. */
const libraries = ['argcomplete', 'future', 'python-dateutil>=2.7.0', 'requests', 'requests-toolbelt', 'six', 'tabulate', 'tzlocal'];

/** A short clip with something that moves. */
export function makeVideo(folder: string): string {
  const path = join(folder, 'video1.mp4');
  execFileSync('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', 'testsrc=size=160x120:rate=10:duration=2', '-pix_fmt', 'yuv420p', path]);
  return path;
}

/** The file that the client is given: what the platform hands out for this door. */
export async function writeToken(fovea: TestPlatform, key: string, path: string): Promise<string> {
  const { body } = await fovea.call('POST', '/v1/keys', { key, body: { name: 'client', door: 'voxel51' } });
  writeFileSync(path, JSON.stringify(body.door));
  return path;
}

/** Runs the checks of `client.py` with the client of a checkout (`git clone https://github.com/voxel51/api-py`), unmodified. */
export async function runCheckout(checkout: string, fovea: TestPlatform, folder: string): Promise<Outcome> {
  const found = pythonWith(libraries);
  if ('missing' in found) return { passed: [], failed: [found.missing] };
  // Installed, as its command line asks for the package's own record; a copy, so that nothing is written into the checkout.
  const [copy, client] = [join(folder, 'checkout'), join(folder, 'client')];
  cpSync(checkout, copy, { recursive: true });
  execFileSync(found.python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '--target', client, copy]);
  const image = join(folder, 'image.tar');
  execFileSync('tar', ['--create', '--file', image, '--directory', folder, '--files-from', '/dev/null']);
  const { key } = await fovea.person({ admin: true });
  const { key: otherKey } = await fovea.person({ admin: true });
  const settings = { folder, video: makeVideo(folder), image, token: await writeToken(fovea, key, join(folder, 'token.json')), otherToken: await writeToken(fovea, otherKey, join(folder, 'other.json')) };
  const env = { PYTHONPATH: `${join(import.meta.dirname, '..')}:${client}`, HOME: folder };
  return runChecks(found.python, ['client.py'], { cwd: import.meta.dirname, settings, env });
}
