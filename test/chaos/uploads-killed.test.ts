// A large upload during which the platform is killed, then one whose own program is killed: both end whole, and what had arrived is not sent again.
import type { ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Fovea } from '@fovea/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { processes } from '../processes.ts';
import { arrivedParts, freeUrl, partsTaken, someArrived } from './parts.ts';

const key = 'live_chaos-tests-only-0123456789';
const folder = mkdtempSync(join(tmpdir(), 'fovea-chaos-'));
const dataDir = join(folder, 'data');
const fileBytes = 256 * 1024 ** 2;
const parts = 16;
const host = processes({ FOVEA_ADMIN_KEY: key });
let url: string;
let server: ChildProcess;
let dataset: string;

const serve = async () => (await host.start(['serve', '--no-demo', '--port', new URL(url).port, '--data', dataDir, '--roles', 'api'])).child;
const kill = (child: ChildProcess) => host.end(child, 'SIGKILL');

/** Some random bytes, then nothing: a file that is made at once. */
async function largeFile(name: string): Promise<{ path: string; sha256: string }> {
  const path = join(folder, name);
  const handle = await open(path, 'w');
  await handle.write(randomBytes(1024 ** 2));
  await handle.truncate(fileBytes);
  await handle.close();
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return { path, sha256: hash.digest('hex') };
}

const upload = (path: string) => host.run(['upload', path, '--dataset', dataset, '--json'], { FOVEA_URL: url, FOVEA_KEY: key });
const output = async (child: ChildProcess) => JSON.parse((await Array.fromAsync(child.stdout as AsyncIterable<Buffer>)).join('')) as { created: number; failed: number };

const shaOf = async (path: string) => (await new Fovea({ url, key }).items.list(dataset, { path })).data[0]?.sha256;

beforeAll(async () => {
  url = await freeUrl();
  server = await serve();
  const fovea = new Fovea({ url, key });
  const project = await fovea.projects.create({ name: 'Chaos' });
  dataset = (await fovea.datasets.create({ project: project.id, name: 'd' })).id;
}, 120_000);
afterAll(async () => {
  await host.endAll();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

test('the platform is killed in mid-file and started again: the upload goes on by itself', { timeout: 180_000 }, async () => {
  const { path, sha256 } = await largeFile('server.bin');
  const uploading = upload(path);
  const said = output(uploading);
  await someArrived(dataDir);
  await kill(server);
  const before = arrivedParts(dataDir);
  server = await serve();
  expect(await said).toMatchObject({ created: 1, failed: 0 });
  expect(await shaOf('/server.bin')).toBe(sha256);
  expect(await partsTaken(url)).toBeLessThanOrEqual(parts - before);
});

test('the program that uploads is killed and called again: it sends what is missing', { timeout: 180_000 }, async () => {
  const { path, sha256 } = await largeFile('program.bin');
  const uploading = upload(path);
  await someArrived(dataDir);
  await kill(uploading);
  const before = arrivedParts(dataDir);
  const taken = await partsTaken(url);
  expect(await output(upload(path))).toMatchObject({ created: 1, failed: 0 });
  expect(await shaOf('/program.bin')).toBe(sha256);
  expect((await partsTaken(url)) - taken).toBeLessThanOrEqual(parts - before + 3);
});
