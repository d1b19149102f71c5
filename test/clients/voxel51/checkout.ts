import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestPlatform } from '../../../packages/server/src/testing/platform.ts';
import { nodeModulesWith } from '../node.ts';
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

/** What the JavaScript client asks for. */
const packages = ['auto-bind@2', 'mkdirp@0.5', 'qs@6', 'request@2', 'url-join@4'];

/** Runs the checks with the client of a checkout, unmodified: `client.py` with `voxel51/api-py`, `client.cjs` with `voxel51/api-js`. */
export async function runCheckout(checkout: string, fovea: TestPlatform, folder: string): Promise<Outcome & { expected: number }> {
  const { key } = await fovea.person({ admin: true });
  const { key: otherKey } = await fovea.person({ admin: true });
  const settings = { folder, video: makeVideo(folder), token: await writeToken(fovea, key, join(folder, 'token.json')), otherToken: await writeToken(fovea, otherKey, join(folder, 'other.json')) };
  // A copy, so that nothing is written into the checkout.
  const copy = join(folder, 'checkout');
  cpSync(checkout, copy, { recursive: true });
  return existsSync(join(checkout, 'package.json')) ? runJavaScript(copy, settings) : runPython(copy, settings);
}

async function runJavaScript(client: string, settings: { folder: string }): Promise<Outcome & { expected: number }> {
  const found = nodeModulesWith(packages);
  if ('missing' in found) return { passed: [], failed: [found.missing], expected: 3 };
  symlinkSync(join(found.folder, 'node_modules'), join(settings.folder, 'node_modules'));
  return { ...(await runChecks(process.execPath, ['client.cjs'], { cwd: import.meta.dirname, settings: { ...settings, client } })), expected: 3 };
}

async function runPython(copy: string, settings: { folder: string }): Promise<Outcome & { expected: number }> {
  const found = pythonWith(libraries);
  if ('missing' in found) return { passed: [], failed: [found.missing], expected: 13 };
  // Installed, as its command line asks for the package's own record.
  const client = join(settings.folder, 'client');
  execFileSync(found.python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '--target', client, copy]);
  const image = join(settings.folder, 'image.tar');
  execFileSync('tar', ['--create', '--file', image, '--files-from', '/dev/null']);
  const env = { PYTHONPATH: `${join(import.meta.dirname, '..')}:${client}`, HOME: settings.folder };
  return { ...(await runChecks(found.python, ['client.py'], { cwd: import.meta.dirname, settings: { ...settings, image }, env })), expected: 13 };
}
