// The import of a large archive during whose upload the platform is killed, then one whose own program is killed: both end whole, and what had arrived is not sent again.
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createWriteStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { memorySpool } from '@fovea/formats';
import { Fovea } from '@fovea/sdk';
import { ZipWriter } from '@fovea/server/archives';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { processes } from '../processes.ts';
import { arrivedParts, freeUrl, partsTaken, someArrived } from './parts.ts';

const key = 'live_chaos-tests-only-0123456789';
const folder = mkdtempSync(join(tmpdir(), 'fovea-chaos-'));
const dataDir = join(folder, 'data');
const [mebibyte, media, mediaBytes, partBytes] = [1024 ** 2, 8, 32 * 1024 ** 2, 16 * 1024 ** 2];
const parts = Math.ceil((media * mediaBytes + 4_000) / partBytes);
const host = processes({ FOVEA_ADMIN_KEY: key });
let url: string;
let server: ChildProcess;
let dataset: string;

const serve = async () => (await host.start(['serve', '--no-demo', '--port', new URL(url).port, '--data', dataDir, '--roles', 'api,worker'])).child;
const kill = (child: ChildProcess) => host.end(child, 'SIGKILL');
const importing = (path: string) => host.run(['import', path, '--dataset', dataset, '--create-labels', '--json'], { FOVEA_URL: url, FOVEA_KEY: key });
const output = async (child: ChildProcess) => JSON.parse((await Array.fromAsync(child.stdout as AsyncIterable<Buffer>)).join('')) as unknown;

const names = Array.from({ length: media }, (_, index) => `${index}.png`);
const labels = (label: string) =>
  JSON.stringify({
    images: names.map((file_name, index) => ({ id: index + 1, file_name, width: 100, height: 80 })),
    categories: [{ id: 1, name: label }],
    annotations: names.map((_, index) => ({ id: index + 1, image_id: index + 1, category_id: 1, bbox: [index, 2, 10, 10] })),
  });
/** What looks like a picture, and is large. */
function* picture() {
  yield Buffer.from('89504e470d0a1a0a', 'hex');
  yield randomBytes(mebibyte);
  for (let sent = mebibyte + 8; sent < mediaBytes; sent += mebibyte) yield Buffer.alloc(Math.min(mebibyte, mediaBytes - sent));
}

async function archive(name: string): Promise<string> {
  const zip = new ZipWriter(memorySpool());
  async function* bytes() {
    yield* zip.entry('labels.json', [Buffer.from(labels(name))]);
    for (const path of names) yield* zip.entry(`images/${path}`, picture(), { store: true });
    yield* zip.end();
  }
  const path = join(folder, name);
  await pipeline(Readable.from(bytes()), createWriteStream(path));
  return path;
}

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

test('the platform is killed while an archive is sent, and started again: the import goes on by itself', { timeout: 240_000 }, async () => {
  const said = output(importing(await archive('first.zip')));
  await someArrived(dataDir);
  await kill(server);
  const before = arrivedParts(dataDir);
  server = await serve();
  expect(await said).toMatchObject({ status: 'complete', fileName: 'first.zip', items: { read: media, created: media }, annotations: { imported: media }, labels: { created: ['first.zip'] } });
  expect(await partsTaken(url)).toBeLessThanOrEqual(parts - before);
});

test('the program that imports is killed and called again: it sends what is missing; a third time, nothing', { timeout: 240_000 }, async () => {
  const path = await archive('second.zip');
  const first = importing(path);
  await someArrived(dataDir);
  await kill(first);
  const before = arrivedParts(dataDir);
  const taken = await partsTaken(url);
  expect(await output(importing(path))).toMatchObject({ status: 'complete', items: { read: media }, annotations: { imported: media } });
  const now = await partsTaken(url);
  expect(now - taken).toBeLessThanOrEqual(parts - before + 3);
  expect(await output(importing(path))).toMatchObject({ status: 'complete', annotations: { imported: 0, existing: media } });
  expect(await partsTaken(url)).toBe(now);
});

test('a folder, which is packed anew after a break, is known again', { timeout: 240_000 }, async () => {
  const root = join(folder, 'third');
  mkdirSync(join(root, 'images'), { recursive: true });
  writeFileSync(join(root, 'labels.json'), labels('third'));
  for (const name of names) await pipeline(Readable.from(picture()), createWriteStream(join(root, 'images', name)));
  const first = importing(root);
  await someArrived(dataDir);
  await kill(first);
  const before = arrivedParts(dataDir);
  const taken = await partsTaken(url);
  expect(await output(importing(root))).toMatchObject({ status: 'complete', fileName: 'third', annotations: { imported: media } });
  expect((await partsTaken(url)) - taken).toBeLessThanOrEqual(parts - before + 3);
});
