// The SDK against a real platform.
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dataset } from '@fovea/contract';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../../server/src/testing/platform.ts';
import { ConflictError, DigestMismatchError, Fovea, InvalidRequestError, NotFoundError, RangeNotSatisfiableError, RevisionConflictError, UnauthenticatedError, UploadManyError } from '../src/index.ts';

let platform: TestPlatform;
let fovea: Fovea;
let folder: string;
let dataset: Dataset;
let count = 0;

beforeAll(async () => {
  platform = await startTestPlatform({ working: false });
  fovea = new Fovea({ url: platform.url, key: platform.key });
  folder = mkdtempSync(join(tmpdir(), 'fovea-sdk-'));
  await fovea.projects.create({ name: 'P' });
});
afterAll(async () => {
  await platform.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  dataset = await fovea.datasets.create({ project: 'P', name: `D${++count}` });
});

const text = (content: string) => new TextEncoder().encode(content);

test('a project is made, found, changed and lost races are told', async () => {
  const made = await fovea.projects.create({ name: 'Races', metadata: { a: 1 } });
  expect(await fovea.projects.get('Races')).toEqual(made);
  const changed = await fovea.projects.update(made.id, { description: 'new' }, { ifMatch: made.revision });
  expect(changed).toMatchObject({ description: 'new', revision: made.revision + 1 });
  const lost = await fovea.projects.update(made.id, { description: 'other' }, { ifMatch: made.revision }).catch((error: unknown) => error);
  expect(lost).toBeInstanceOf(RevisionConflictError);
  expect(lost).toMatchObject({ current: { revision: made.revision + 1 } });
  await expect(fovea.projects.create({ name: 'Races' })).rejects.toThrow(ConflictError);
  expect(await fovea.projects.delete(made.id)).toBeUndefined();
  await expect(fovea.projects.get(made.id)).rejects.toThrow(NotFoundError);
});

test('the same idempotency key makes one thing', async () => {
  const options = { idempotencyKey: `once-${count}` };
  const [one, two] = [await fovea.projects.create({ name: `Once ${count}` }, options), await fovea.projects.create({ name: `Once ${count}` }, options)];
  expect(two).toEqual(one);
});

test('a list is iterated over page by page to its end', async () => {
  await fovea.items.uploadMany(dataset.id, Array.from({ length: 25 }, (_, index) => ({ path: `/f${index}`, file: text(`${index}`) })));
  const paths: string[] = [];
  for await (const item of fovea.items.list(dataset.id, { limit: 10 })) paths.push(item.path);
  expect(paths).toHaveLength(25);
  expect(new Set(paths).size).toBe(25);
  expect((await fovea.items.list(dataset.id, { limit: 10 })).data).toHaveLength(10);
  expect(await fovea.items.query(dataset.id, { filter: { path: { in: ['/f1', '/f2'] } } }).toArray({ limit: 10 })).toHaveLength(2);
});

test('a big file goes up, comes down in parts, and is the same', async () => {
  const path = join(folder, 'big.bin');
  writeFileSync(path, randomBytes(5_000_000));
  const { outcome, item } = await fovea.items.upload(dataset.id, path, { sha256: createHash('sha256').update(readFileSync(path)).digest('hex'), metadata: { from: 'a camera' } });
  expect(outcome).toBe('created');
  expect(item).toMatchObject({ path: '/big.bin', sizeBytes: 5_000_000, metadata: { from: 'a camera' } });
  const target = join(folder, 'copy.bin');
  writeFileSync(`${target}.${item.sha256.slice(0, 16)}.part`, readFileSync(path).subarray(0, 3_000_000));
  expect(await fovea.items.download(item, { to: target })).toMatchObject({ resumedBytes: 3_000_000 });
  expect(readFileSync(target).equals(readFileSync(path))).toBe(true);
  expect((await fovea.items.upload(dataset.id, path)).outcome).toBe('existing');
  await expect(fovea.items.upload(dataset.id, path, { path: '/other', sha256: '0'.repeat(64) })).rejects.toThrow(DigestMismatchError);
  await expect(fovea.items.download(item.id, { range: 'bytes=6000000-' })).rejects.toThrow(RangeNotSatisfiableError);
});

test('names come out as they went in, bundled or not', async () => {
  const paths = ['/a "quoted" name.txt', '/ünï/😀.txt', '/שלום.txt', '/100%22.txt', '/a;b=c.txt', '/ blank .txt', "/it's.txt", `/${'l'.repeat(255)}`];
  await fovea.items.uploadMany(dataset.id, paths.map((path) => ({ path, file: text(path) })));
  const found = await fovea.items.list(dataset.id).toArray({ limit: 100 });
  expect(found.map((item) => item.path).toSorted()).toEqual(paths.toSorted());
  const contents = await Promise.all(found.map(async (item) => (await fovea.items.download(item)).text()));
  expect(contents).toEqual(found.map((item) => item.path));
});

test.each(['/../up', '/a//b', '/nul\0', `/${'x'.repeat(4_000)}`, '/a\\b'])('the bad name %j is refused, and nothing is stored', async (path) => {
  await expect(fovea.items.upload(dataset.id, text('x'), { path })).rejects.toThrow(InvalidRequestError);
  const result = await fovea.items.uploadMany(dataset.id, [{ path, file: text('x') }, { path: '/good', file: text('y') }], { onError: 'collect' });
  expect(result).toMatchObject({ created: 1, failed: 1, failures: [{ path: expect.any(String) }] });
  expect((await fovea.items.list(dataset.id)).data.map((item) => item.path)).toEqual(['/good']);
});

test('200 uploads at once, and the same path twice at once', async () => {
  const uploads = Array.from({ length: 200 }, (_, index) => fovea.items.upload(dataset.id, text(`content ${index}`), { path: `/f${index}` }));
  expect((await Promise.all(uploads)).map(({ outcome }) => outcome)).toEqual(Array.from({ length: 200 }, () => 'created'));
  const same = await Promise.all([1, 2].map(() => fovea.items.upload(dataset.id, text('same'), { path: '/same' })));
  expect(same.map(({ outcome }) => outcome).toSorted()).toEqual(['created', 'existing']);
  const rivals = await Promise.allSettled(['one', 'two'].map((content) => fovea.items.upload(dataset.id, text(content), { path: '/rivals' })));
  expect(rivals.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect(await fovea.datasets.get(dataset.id)).toMatchObject({ itemCount: 202 });
});

test('a wrong key and an unknown dataset are told before the file is sent', async () => {
  const path = join(folder, 'large.bin');
  writeFileSync(path, Buffer.alloc(50_000_000));
  const stranger = new Fovea({ url: platform.url, key: 'nonsense' });
  await expect(stranger.items.upload(dataset.id, path)).rejects.toThrow(UnauthenticatedError);
  await expect(stranger.items.uploadMany(dataset.id, [{ path: '/a', file: text('x') }], { onError: 'collect' })).rejects.toThrow(UnauthenticatedError);
  await expect(fovea.items.upload('00000000-0000-7000-8000-000000000000', path)).rejects.toThrow(NotFoundError);
});

test('a path that is taken by other bytes follows ifExists, file by file', async () => {
  const files = ['a', 'b', 'c'].map((name) => ({ path: `/${name}`, file: text(name) }));
  expect(await fovea.items.uploadMany(dataset.id, files)).toMatchObject({ created: 3 });
  const changed = [...files.slice(0, 2), { path: '/c', file: text('other') }];
  const refused = await fovea.items.uploadMany(dataset.id, changed).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(UploadManyError);
  expect((refused as UploadManyError).result).toMatchObject({ existing: 2, failed: 1, failures: [{ path: '/c' }] });
  expect(await fovea.items.uploadMany(dataset.id, changed, { ifExists: 'skip' })).toMatchObject({ existing: 3 });
  expect(await fovea.items.uploadMany(dataset.id, changed, { ifExists: 'replace' })).toMatchObject({ existing: 2, replaced: 1 });
  await expect(fovea.items.uploadMany(dataset.id, [files[0]!, { path: 'a', file: text('twice') }])).rejects.toThrow('stands twice');
});
