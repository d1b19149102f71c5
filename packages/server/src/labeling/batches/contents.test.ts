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

describe('shares', () => {
  const worker = () => fovea.person({ orgId: caller.orgId, project: { id: project, role: 'annotator' } });
  const newBatch = async (items: number, assignments: object[], settings: object = {}) => {
    const ids = await Promise.all(Array.from({ length: items }, () => put(`/${Math.random()}.txt`)));
    const { body } = await fovea.call('POST', '/v1/batches', { body: { project, dataset, name: 'shared', filter: { id: { in: ids } }, assignments, settings } });
    await fovea.call('POST', `/v1/batches/${body.id}/finalize`);
    return body.id as string;
  };
  const claim = async (key: string, batch: string) => (await fovea.call('POST', `/v1/projects/${project}/tasks/claim`, { key, body: { batch } })).body;
  const submit = (key: string, { task, lease }: { task: any; lease: string }) => fovea.call('POST', `/v1/tasks/${task.id}/submit`, { key, body: { lease } });
  const sharesOf = async (batch: string) => (await fovea.call('GET', `/v1/batches/${batch}/assignments`)).body.data.map((one: any) => [one.email, one.load, one.total, one.completed]);
  const takeAll = async (key: string, batch: string) => {
    const taken: any[] = [];
    for (let next = await claim(key, batch); next.task !== null; next = await claim(key, batch)) {
      await submit(key, next);
      taken.push(next.task);
    }
    return taken;
  };

  test('whoever is removed from the project gives up what they hold: to the others who have a share, and what comes back later to everybody; what they did is still counted', async () => {
    const [leaver, other] = [await worker(), await worker()];
    const batch = await newBatch(10, [{ email: leaver.email, load: 50 }, { email: other.email, load: 50 }], { reviewShare: 1 });
    const done = await claim(leaver.key, batch);
    expect((await submit(leaver.key, done)).body.status).toBe('submitted');
    const held = await claim(leaver.key, batch);
    expect((await fovea.call('DELETE', `/v1/projects/${project}/members/${leaver.email}`)).status).toBe(204);
    expect((await fovea.call('GET', `/v1/tasks/${held.task.id}`)).body).toMatchObject({ status: 'pending', claimedBy: null });
    expect(await sharesOf(batch)).toEqual([[leaver.email, 0, 1, 1], [other.email, 50, 9, 0]]);
    expect((await submit(leaver.key, held)).status).toBe(404);
    const told = async (type: string, subject: string) => (await fovea.call('GET', `/v1/audit?type=${type}&subject=${subject}`)).body.data[0].data;
    expect(await told('task.released', held.task.id)).toMatchObject({ status: 'pending', takenFrom: leaver.email });
    expect(await told('batch.assigned', batch)).toEqual({ left: leaver.email, tasks: 4 });
    expect(await takeAll(other.key, batch)).toHaveLength(9);
    await fovea.call('POST', `/v1/tasks/${done.task.id}/review`, { body: { verdict: 'reject' } });
    expect((await takeAll(other.key, batch)).map(({ id }) => id)).toEqual([done.task.id]);
  });

  test('where nobody else has a share, or the person was disabled, it goes to the common queue; what was handed in by somebody without a share any more comes back to all', async () => {
    const [gone, second, third] = [await worker(), await worker(), await worker()];
    const batch = await newBatch(4, [{ email: gone.email, load: 100 }], { reviewShare: 1 });
    const first = await claim(gone.key, batch);
    await submit(gone.key, first);
    expect((await claim(second.key, batch)).task).toBeNull();
    await fovea.call('PUT', `/v1/batches/${batch}/assignments`, { body: { assignments: [{ email: second.email, load: 100 }] } });
    await fovea.call('POST', `/v1/tasks/${first.task.id}/review`, { body: { verdict: 'reject' } });
    expect((await claim(third.key, batch)).task.id).toBe(first.task.id);
    expect((await fovea.call('PATCH', `/v1/users/${second.userId}`, { body: { disabled: true } })).status).toBe(200);
    expect(await sharesOf(batch)).toEqual([]);
    expect(await takeAll(gone.key, batch)).toHaveLength(3);
  });

  test('where several label each item, nobody is given an item twice, neither at first nor from whoever leaves', async () => {
    const people = [await worker(), await worker(), await worker()];
    const [one, two, three] = people as [typeof people[0], typeof people[0], typeof people[0]];
    const batch = await newBatch(6, people.map(({ email }) => ({ email, load: 1 })), { people: 2 });
    const began = await claim(two.key, batch);
    await submit(two.key, began);
    expect((await sharesOf(batch)).map((share: any[]) => share[2])).toEqual([4, 4, 4]);
    await fovea.call('DELETE', `/v1/projects/${project}/members/${three.email}`);
    const taken = [await takeAll(one.key, batch), [began.task, ...(await takeAll(two.key, batch))]];
    expect(taken.map((tasks) => new Set(tasks.map(({ itemId }) => itemId)).size)).toEqual([6, 6]);
    expect((await fovea.call('GET', `/v1/batches/${batch}`)).body.status).toBe('completed');
  });
});
