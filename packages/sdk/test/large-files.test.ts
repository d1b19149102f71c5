// Large files in parts, against a whole platform: what arrives, what is sent again after a break, and by which way.
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../../server/src/testing/platform.ts';
import { AbortedError, ConflictError, DigestMismatchError, Fovea } from '../src/index.ts';

const mebibyte = 1024 ** 2;
const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const bytes = randomBytes(70 * mebibyte);
const partCount = 5;
let platform: TestPlatform;
let folder: string;
let file: string;
let dataset: string;
let seen: { method: string; path: string; key: boolean }[];
/** Fails a request, where it says so, before it is sent. */
let breaks: (path: string, method: string) => boolean;

const counting: typeof fetch = async (input, init) => {
  const { pathname } = new URL(String(input));
  const method = init?.method ?? 'GET';
  if (breaks(pathname, method)) throw new TypeError('fetch failed', { cause: new Error('the line went dead') });
  seen.push({ method, path: pathname, key: new Headers(init?.headers).has('authorization') });
  return fetch(input, init);
};
const client = (options: object = {}) => new Fovea({ url: platform.url, key: platform.key, fetch: counting, ...options });
const puts = () => seen.filter(({ method }) => method === 'PUT');

beforeAll(async () => {
  platform = await startTestPlatform();
  folder = mkdtempSync(join(tmpdir(), 'fovea-large-'));
  file = join(folder, 'large.bin');
  writeFileSync(file, bytes);
});
afterAll(async () => {
  await platform.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  const fovea = new Fovea({ url: platform.url, key: platform.key });
  const project = await fovea.projects.create({ name: `p ${Math.random()}` });
  dataset = (await fovea.datasets.create({ project: project.id, name: 'd' })).id;
  seen = [];
  breaks = () => false;
});

test('a large file goes in parts without a key, with all that is said about it, and comes back whole', async () => {
  const told: number[] = [];
  const { item, outcome } = await client().items.upload(dataset, file, { labels: ['a', 'b'], metadata: { n: 1 }, expiresAt: '2d', onProgress: ({ sentBytes }) => void told.push(sentBytes) });
  expect([outcome, item.path, item.sha256, item.labels, item.metadata]).toEqual(['created', '/large.bin', sha256Of(bytes), ['a', 'b'], { n: 1 }]);
  expect(puts().map(({ key }) => key)).toEqual(Array(partCount).fill(false));
  expect(told.at(-1)).toBe(bytes.length);
  expect(told).toEqual(told.toSorted((a, b) => a - b));
  const to = join(folder, 'back.bin');
  await client().items.download(item, { to });
  expect(readFileSync(to).equals(bytes)).toBe(true);
});

test('an upload that was aborted goes on in another program, and sends only what is missing', async () => {
  const stop = new AbortController();
  let passed = 0;
  breaks = (_path, method) => {
    if (method === 'PUT' && ++passed === 4) stop.abort();
    return false;
  };
  await expect(client().items.upload(dataset, file, { signal: stop.signal })).rejects.toThrow(AbortedError);
  breaks = () => false;
  seen = [];
  const { item } = await client().items.upload(dataset, file);
  expect(item.sha256).toBe(sha256Of(bytes));
  expect(puts().length).toBeLessThan(partCount);
  expect(puts().length).toBeGreaterThan(0);
});

test('a large archive whose line goes dead is gone on with by another program, and its files become items', async () => {
  const zip = join(folder, 'photos.zip');
  writeFileSync(zip, zipSync({ 'a/large.bin': bytes.subarray(0, 48 * mebibyte), 'small.txt': Buffer.from('x') }, { level: 0 }));
  const stop = new AbortController();
  let passed = 0;
  breaks = (_path, method) => {
    if (method === 'PUT' && ++passed === 4) stop.abort();
    return false;
  };
  await expect(client().items.importArchive(dataset, zip, { folder: '/in', labels: 'a, b' }, { signal: stop.signal })).rejects.toThrow(AbortedError);
  breaks = () => false;
  seen = [];
  const told: number[] = [];
  const command = await client().items.importArchive(dataset, zip, { folder: '/in', labels: 'a, b' }, { onSent: ({ resumedBytes }) => void told.push(resumedBytes) });
  expect(puts().length).toBeLessThan(4);
  expect(told.at(-1)).toBeGreaterThan(0);
  const fovea = client();
  let done = command;
  while (done.endedAt === null) done = await fovea.commands.get(command.id, { waitSeconds: 20 });
  expect([done.status, done.result]).toEqual(['complete', expect.objectContaining({ created: 2, failedCount: 0 })]);
  expect((await fovea.items.list(dataset).toArray({ limit: 5 })).map(({ path, labels }) => [path, labels])).toEqual([['/in/a/large.bin', ['a', 'b']], ['/in/small.txt', ['a', 'b']]]);
});

test('a file that was changed in between is sent anew', async () => {
  const other = join(folder, 'changed.bin');
  writeFileSync(other, bytes);
  let passed = 0;
  const stop = new AbortController();
  breaks = (_path, method) => {
    if (method === 'PUT' && ++passed === 4) stop.abort();
    return false;
  };
  await expect(client().items.upload(dataset, other, { signal: stop.signal })).rejects.toThrow(AbortedError);
  const changed = randomBytes(bytes.length);
  writeFileSync(other, changed);
  utimesSync(other, new Date(), new Date(Date.now() + 5_000));
  breaks = () => false;
  expect((await client().items.upload(dataset, other)).item.sha256).toBe(sha256Of(changed));
});

test('a file that was changed unnoticed is sent as it is now', async () => {
  const other = join(folder, 'unnoticed.bin');
  writeFileSync(other, bytes);
  const at = new Date(1_700_000_000_000);
  utimesSync(other, at, at);
  const stop = new AbortController();
  let passed = 0;
  breaks = (_path, method) => {
    if (method === 'PUT' && ++passed === 5) stop.abort();
    return false;
  };
  await expect(client().items.upload(dataset, other, { signal: stop.signal })).rejects.toThrow(AbortedError);
  const changed = randomBytes(bytes.length);
  writeFileSync(other, changed);
  utimesSync(other, at, at);
  breaks = () => false;
  expect((await client().items.upload(dataset, other)).item.sha256).toBe(sha256Of(changed));
});

test('a line that goes dead for a while is waited for', async () => {
  let failing = 6;
  breaks = (_path, method) => method === 'PUT' && failing-- > 0;
  const { item } = await client().items.upload(dataset, file);
  expect(item.sha256).toBe(sha256Of(bytes));
});

test('another digest than was promised is refused; a taken path is told before a byte is sent', async () => {
  await expect(client().items.upload(dataset, file, { path: '/lie', sha256: 'a'.repeat(64) })).rejects.toThrow(DigestMismatchError);
  await client().items.upload(dataset, new TextEncoder().encode('small'), { path: '/taken' });
  seen = [];
  await expect(client().items.upload(dataset, file, { path: '/taken' })).rejects.toThrow(ConflictError);
  expect(puts()).toEqual([]);
});

test('bytes in memory and blobs go in parts too, among small files', async () => {
  const result = await client().items.uploadMany(dataset, [
    { path: '/memory', file: bytes },
    { path: '/blob', file: new Blob([bytes]) },
    { path: '/small', file: new TextEncoder().encode('small') },
  ]);
  expect(result).toMatchObject({ created: 3, failed: 0, bytes: 2 * bytes.length + 5 });
  expect(puts()).toHaveLength(2 * partCount);
});
