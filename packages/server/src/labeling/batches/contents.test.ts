import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Caller } from '../../identity/caller.ts';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';

let fovea: TestPlatform;
let caller: Caller;
let project: string;
let dataset: string;
beforeAll(async () => {
  fovea = await startTestPlatform({ working: false });
  caller = (await fovea.platform.rooms.keys.authenticate(fovea.key))!;
  project = (await fovea.call('POST', '/v1/projects', { body: { name: 'contents' } })).body.id;
  dataset = (await fovea.call('POST', '/v1/datasets', { body: { project, name: 'd' } })).body.id;
});
afterAll(() => fovea.close());

const rooms = () => fovea.platform.rooms;
const put = async (path: string) => (await fovea.call('POST', `/v1/datasets/${dataset}/items?path=${path}`, { body: path })).body.item.id as string;
const box = { type: 'box', label: 'a', geometry: { type: 'box', x: 1, y: 1, width: 5, height: 5 }, attributes: {}, frame: null, endFrame: null, confidence: null, source: 'human' } as const;

async function batchOf(ids: string[], externalId?: string) {
  const made = await rooms().batches.create(caller, {
    project, dataset, name: 'b', kind: 'annotation', priority: 0, dueAt: null, callbackUrl: null, settings: { reviewShare: 0, leaseSeconds: 900, people: 1 },
    assignments: [], metadata: {}, filter: { id: { in: ids } }, open: true, ...(externalId ? { origin: 'test', externalId } : {}),
  });
  return made.id;
}

describe('contents of batches', () => {
  test('change with membership and with what the members teach, and with nothing else', async () => {
    const [a, b, c] = [await put('/a.txt'), await put('/b.txt'), await put('/c.txt')];
    const id = await batchOf([a, b]);
    const contents = async () => (await rooms().batches.contents([id])).get(id)!;
    const moves = async (work: () => Promise<unknown>) => {
      const before = await contents();
      await new Promise((resolve) => setTimeout(resolve, 5));
      await work();
      return (await contents()).changedAt > before.changedAt;
    };
    expect((await contents()).items).toBe(2);
    expect(await moves(() => rooms().batches.addItems(caller, id, { filter: { id: c } }))).toBe(true);
    expect(await moves(() => rooms().batches.addItems(caller, id, { filter: { id: c } }))).toBe(false);
    expect(await moves(() => rooms().annotations.create(caller, c, [box]))).toBe(true);
    expect(await moves(() => rooms().items.update(caller, a, { labels: ['x'] }))).toBe(true);
    expect(await moves(() => rooms().items.update(caller, a, { status: 'published' }))).toBe(false);
    expect(await moves(() => rooms().batches.removeItems(caller, id, [b]))).toBe(true);
    expect((await contents()).items).toBe(2);
    expect(await moves(() => rooms().annotations.create(caller, b, [box]))).toBe(false);
    expect(await moves(() => rooms().items.delete(caller, a))).toBe(true);
    expect((await contents()).items).toBe(1);
  });
  test('change times of a dataset follow items, labels and annotations', async () => {
    const time = async () => (await rooms().datasets.changeTimes([dataset])).get(dataset)!;
    const id = await put('/times.txt');
    const moves = async (work: () => Promise<unknown>) => {
      const before = await time();
      await new Promise((resolve) => setTimeout(resolve, 5));
      await work();
      return (await time()) > before;
    };
    expect(await moves(() => put('/more.txt'))).toBe(true);
    expect(await moves(() => rooms().items.update(caller, id, { labels: ['y'] }))).toBe(true);
    const [made] = await rooms().annotations.create(caller, id, [box]);
    expect(await moves(() => rooms().annotations.update(caller, made!.id, { label: 'b' }))).toBe(true);
    expect(await moves(() => rooms().items.update(caller, id, { status: 'published' }))).toBe(false);
  });
  test('a deleted batch is gone with its tasks, and what a door named it by is free again', async () => {
    const id = await batchOf([await put('/gone.txt')], 'name of a door');
    await rooms().batches.changeExtra(caller, id, (extra) => ({ ...(extra as object), seen: true }));
    expect((await rooms().batches.get(caller, id)).extra).toEqual({ seen: true });
    await rooms().batches.delete(caller, id);
    await expect(rooms().batches.get(caller, id)).rejects.toMatchObject({ code: 'not_found' });
    expect((await rooms().tasks.query(caller, project, { filter: { batchId: id }, limit: 10 })).data).toEqual([]);
    expect(await batchOf([], 'name of a door')).not.toBe(id);
  });
});
