import sharp from 'sharp';
import sql from 'sql-template-tag';
import { newId } from '@fovea/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Caller } from '../../identity/caller.ts';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';

let fovea: TestPlatform;
let caller: Caller;
let dataset: { id: string };
beforeAll(async () => {
  fovea = await startTestPlatform();
  caller = (await fovea.platform.rooms.keys.authenticate(fovea.key))!;
  const project = (await fovea.call('POST', '/v1/projects', { body: { name: 'received' } })).body;
  dataset = (await fovea.call('POST', '/v1/datasets', { body: { project: project.id, name: 'd' } })).body;
});
afterAll(() => fovea.close());

const items = () => fovea.platform.rooms.items;
const picture = (width: number) => sharp({ create: { width, height: 20, channels: 3, background: '#3a7' } }).png().toBuffer();
async function* once(bytes: Uint8Array) {
  yield bytes;
}

async function place(path: string, bytes: Uint8Array) {
  const access = await items().authorizeUpload(caller, dataset.id);
  const { blob, media } = await items().receive(once(bytes), path);
  return (await items().adopt(caller, access, { path, rule: 'beside', blob, media, extra: { named: path } })).item;
}

describe('files that are looked at when they arrive', () => {
  test('the item has its size at once, and the probe still makes a thumbnail', async () => {
    const item = await place('/a/now.png', await picture(31));
    expect([item.width, item.height, item.mediaType, item.probe]).toEqual([31, 20, 'image/png', 'pending']);
    expect(await fovea.probed(item.id)).toMatchObject({ probe: 'ready', width: 31, hasThumbnail: true });
  });
  test('a path that is taken leads to an item beside the old one, for other bytes and for the same', async () => {
    const first = await place('/a/scan.nii.gz', Buffer.from('one'));
    const others = [await place('/a/scan.nii.gz', Buffer.from('two')), await place('/a/scan.nii.gz', Buffer.from('one'))];
    expect(first.path).toBe('/a/scan.nii.gz');
    for (const other of others) expect(other.path).toBe(`/a/scan~${other.id.slice(-12)}.nii.gz`);
    expect(new Set([first.id, ...others.map(({ id }) => id)]).size).toBe(3);
  });
  test('uploads to one path at the same time all become items', async () => {
    const made = await Promise.all(Array.from({ length: 6 }, (_, index) => place('/a/busy.txt', Buffer.from(`text ${index}`))));
    expect(new Set(made.map(({ path }) => path)).size).toBe(6);
  });
  test('what a door keeps and who published it can be read back', async () => {
    const item = await place('/a/kept.txt', Buffer.from('kept'));
    await items().update(caller, item.id, { status: 'published' });
    const stored = await items().getStored(caller, item.id);
    expect(stored).toMatchObject({ extra: { named: '/a/kept.txt' }, publishedBy: caller.email });
    expect(Date.parse(stored.publishedAt ?? '')).toBeGreaterThan(Date.now() - 60_000);
  });
});

describe('when what an item teaches changed', () => {
  const labeledAt = async (id: string) => (await fovea.platform.engines.db.one<{ at: Date }>(sql`select labeled_at as at from items where id = ${id}`)).at.getTime();
  const moves = async (id: string, work: () => Promise<unknown>) => {
    const before = await labeledAt(id);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await work();
    return (await labeledAt(id)) > before;
  };
  test('labels and annotations move it; publishing, metadata and moving do not', async () => {
    const { id } = await place('/a/taught.png', await picture(50));
    await fovea.probed(id);
    const annotation = newId();
    const { annotations } = fovea.platform.rooms;
    const box = { type: 'box', x: 1, y: 1, width: 5, height: 5 } as const;
    const content = { id: annotation, type: 'box', label: 'a', geometry: box, attributes: {}, frame: null, endFrame: null, confidence: null, source: 'human' } as const;
    expect(await moves(id, () => items().update(caller, id, { labels: ['x'] }))).toBe(true);
    expect(await moves(id, () => annotations.create(caller, id, [content]))).toBe(true);
    expect(await moves(id, () => annotations.update(caller, annotation, { label: 'b' }))).toBe(true);
    expect(await moves(id, () => annotations.delete(caller, annotation))).toBe(true);
    expect(await moves(id, () => annotations.restore(caller, annotation))).toBe(true);
    expect(await moves(id, () => items().update(caller, id, { status: 'published' }))).toBe(false);
    expect(await moves(id, () => items().update(caller, id, { mergeMetadata: { a: 1 }, path: '/b/taught.png' }))).toBe(false);
  });
});
