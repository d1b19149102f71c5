import { isId, newId } from '@fovea/contract';
import { bitmapFromRuns, decodeRle, encodeRle, runsFromBitmap } from '@fovea/geometry';
import { writeNifti } from '@fovea/medical/nifti/write.ts';
import sharp from 'sharp';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';
import { idBeside } from './store.ts';

let fovea: TestPlatform;
let project: string;
let dataset: string;
let orgId: string;
let people: { key: string; email: string }[];
const items: string[] = [];

beforeAll(async () => {
  fovea = await startTestPlatform();
  project = (await fovea.call('POST', '/v1/projects', { body: { name: 'p' } })).body.id;
  dataset = (await fovea.call('POST', '/v1/datasets', { body: { project, name: 'd' } })).body.id;
  orgId = (await fovea.platform.engines.db.one<{ org_id: string }>(sql`select org_id from projects limit 1`)).org_id;
  people = [];
  for (let index = 0; index < 3; index++) people.push(await fovea.person({ orgId, project: { id: project, role: 'annotator' } }));
  const bytes = await sharp({ create: { width: 100, height: 80, channels: 3, background: '#456' } }).png().toBuffer();
  for (let index = 0; index < 6; index++) {
    const { body } = await fovea.call('POST', `/v1/datasets/${dataset}/items?path=/${index}.png`, { body: bytes });
    items.push((await fovea.probed(body.item.id)).id);
  }
});
afterAll(() => fovea.close());

type Box = [label: string, x: number, y: number, width: number, height: number];
const boxes = (list: Box[]) => list.map(([label, x, y, width, height]) => ({ type: 'box', label, geometry: { type: 'box', x, y, width, height } }));
const wait = async (command: { id: string }) => (await fovea.call('GET', `/v1/commands/${command.id}?waitSeconds=60`)).body;

/** Has a person do every task they get; gives the items they saw, in their order. */
async function work(person: { key: string }, batch: string, draw: (item: string, seen: number) => Box[]): Promise<string[]> {
  const seen: string[] = [];
  for (;;) {
    const { task, lease } = (await fovea.call('POST', `/v1/projects/${project}/tasks/claim`, { key: person.key, body: { batch } })).body;
    if (!task) return seen;
    const shown = (await fovea.call('GET', `/v1/items/${task.itemId}/annotations?task=${task.id}`, { key: person.key })).body.data;
    expect(shown).toEqual([]);
    expect(JSON.stringify(task)).not.toMatch(/honey/i);
    const drawn = boxes(draw(task.itemId, seen.length));
    if (drawn.length > 0) expect((await fovea.call('POST', `/v1/items/${task.itemId}/annotations?task=${task.id}`, { key: person.key, body: { annotations: drawn } })).status).toBe(201);
    expect((await fovea.call('POST', `/v1/tasks/${task.id}/submit`, { key: person.key, body: { lease, secondsSpent: 5 } })).status).toBe(200);
    seen.push(task.itemId);
  }
}
const annotationsOf = async (item: string) => (await fovea.call('GET', `/v1/items/${item}/annotations`)).body.data as any[];

describe('consensus', () => {
  let batch: string;
  test('quality.report 200 compares three people: agreement, κ, confusion, who is careless', async () => {
    const filter = { path: { in: ['/0.png', '/1.png', '/2.png'] } };
    batch = (await fovea.call('POST', '/v1/batches', { body: { project, name: 'b', dataset, filter, settings: { people: 2 } } })).body.id;
    expect((await fovea.call('GET', `/v1/batches/${batch}`)).body.counts.total).toBe(6);
    await fovea.call('POST', `/v1/batches/${batch}/finalize`);
    // One more person for each item: switched on while the batch is open.
    await fovea.call('PATCH', `/v1/batches/${batch}`, { body: { settings: { people: 3 } } });
    expect((await fovea.call('GET', `/v1/batches/${batch}`)).body.counts.total).toBe(9);
    await fovea.call('PATCH', `/v1/batches/${batch}`, { body: { settings: { people: 4 } } });
    await fovea.call('PATCH', `/v1/batches/${batch}`, { body: { settings: { people: 3 } } });
    expect((await fovea.call('GET', `/v1/batches/${batch}`)).body.counts.total).toBe(9);
    const [careful, same, careless] = people as [{ key: string; email: string }, { key: string; email: string }, { key: string; email: string }];
    await work(careful, batch, () => [['cat', 10, 10, 20, 20], ['dog', 50, 50, 20, 20]]);
    await work(same, batch, () => [['cat', 12, 10, 20, 20], ['dog', 50, 50, 20, 20]]);
    await work(careless, batch, (_item, seen) => (seen === 0 ? [] : [['dog', 10, 12, 20, 20]]));
    const { status, body } = await fovea.call('GET', `/v1/batches/${batch}/quality`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ itemCount: 3, sampled: false, fleiss: null, alpha: { value: null } });
    const pair = (a: string, b: string) => body.pairs.find((one: any) => [one.a, one.b].toSorted().join() === [a, b].toSorted().join());
    expect(pair(careful.email, same.email)).toMatchObject({ items: 3, agreement: 1, sameLabel: 1, kappa: 1 });
    // IoU of (10,10,20,20) and (12,10,20,20): 18 × 20 of 22 × 20; of the other two boxes: 1.
    expect(pair(careful.email, same.email).likeness).toBeCloseTo((18 / 22 + 1) / 2, 4);
    expect(pair(careful.email, careless.email)).toMatchObject({ agreement: 0, sameLabel: 0 });
    expect(body.people.map((one: any) => [one.tasks, one.secondsSpent])).toEqual([[3, 15], [3, 15], [3, 15]]);
    expect(body.confusion).toEqual({ labels: ['cat', 'dog'], counts: [[3, 4], [4, 3]] });
    expect(body.items.length).toBe(3);
    expect((await fovea.call('GET', `/v1/batches/${batch}/quality?threshold=2`)).status).toBe(400);
  });

  test('quality.merge 202 makes one set of three, quality.merge 409 once it is there, quality.unmerge 200 takes it back', async () => {
    const before = await annotationsOf(items[0] ?? '');
    expect(before.length).toBeGreaterThan(3);
    const answer = await fovea.call('POST', `/v1/batches/${batch}/consensus`, { body: {} });
    expect(answer.status).toBe(202);
    expect(await wait(answer.body)).toMatchObject({ status: 'complete', result: { items: 3, annotations: 6 } });
    const merged = await annotationsOf(items[0] ?? '');
    expect(merged.map((one) => one.label).toSorted()).toEqual(['cat', 'dog']);
    const cat = merged.find((one) => one.label === 'cat');
    expect(cat.metadata.consensus.votes).toBeGreaterThanOrEqual(2);
    expect([10, 11, 12]).toContain(cat.geometry.x);
    expect((await fovea.call('GET', `/v1/items/${items[0]}`)).body.annotationCount).toBe(2);
    expect((await fovea.call('POST', `/v1/batches/${batch}/consensus`, { body: {} })).status).toBe(409);
    // The report still speaks of what people said.
    expect((await fovea.call('GET', `/v1/batches/${batch}/quality`)).body.pairs.length).toBe(3);
    expect((await fovea.call('DELETE', `/v1/batches/${batch}/consensus`)).body).toEqual({ items: 3 });
    const content = (list: any[]) => list.map((one) => [one.id, one.label, one.geometry]);
    expect(content(await annotationsOf(items[0] ?? ''))).toEqual(content(before));
    expect((await fovea.call('GET', `/v1/items/${items[0]}`)).body.annotationCount).toBe(before.length);
    const strict = await wait((await fovea.call('POST', `/v1/batches/${batch}/consensus`, { body: { minVotes: 3 } })).body);
    expect(strict.result.annotations).toBeLessThan(6);
    await fovea.call('DELETE', `/v1/batches/${batch}/consensus`);
  });
});

test('volumes of a scan are compared and merged voxel by voxel', async () => {
  const size: [number, number, number] = [5, 4, 3];
  const bytes = writeNifti({ data: Int16Array.from({ length: 60 }, (_, at) => at), dims: size, affine: [[-1, 0, 0, 0], [0, -1, 0, 0], [0, 0, 1, 0]], gzip: true });
  const scan = (await fovea.probed((await fovea.call('POST', `/v1/datasets/${dataset}/items?path=/scan.nii.gz`, { body: bytes })).body.item.id)).id;
  const batch = (await fovea.call('POST', '/v1/batches', { body: { project, name: 'v', dataset, filter: { path: '/scan.nii.gz' }, settings: { people: 3 } } })).body.id;
  await fovea.call('POST', `/v1/batches/${batch}/finalize`);
  const slice = (frame: number, pixels: readonly number[]) => ({ frame, rle: encodeRle(runsFromBitmap(Uint8Array.from({ length: 20 }, (_, at) => (pixels.includes(at) ? 1 : 0)), 5, 4)) });
  const drawn = [[slice(0, [1, 2, 3]), slice(1, [7])], [slice(0, [1, 2, 3])], [slice(0, [2, 3, 4])]];
  for (const [index, person] of people.entries()) {
    const { task, lease } = (await fovea.call('POST', `/v1/projects/${project}/tasks/claim`, { key: person.key, body: { batch } })).body;
    const volume = { type: 'volume', label: 'liver', geometry: { type: 'volume', value: 1, size, slices: drawn[index] } };
    expect((await fovea.call('POST', `/v1/items/${scan}/annotations?task=${task.id}`, { key: person.key, body: { annotations: [volume] } })).status).toBe(201);
    // Who answers the same question does not look over their shoulder.
    const seen = await Promise.all(people.map(async ({ key }) => (await fovea.call('GET', `/v1/items/${scan}/annotations?task=${task.id}`, { key })).body.data.length));
    expect(seen).toEqual(people.map((one) => (one === person ? 1 : 0)));
    expect((await fovea.call('POST', `/v1/tasks/${task.id}/submit`, { key: person.key, body: { lease } })).status).toBe(200);
  }
  const report = (await fovea.call('GET', `/v1/batches/${batch}/quality`)).body;
  const likeness = (a: number, b: number) => report.pairs.find((pair: any) => [pair.a, pair.b].toSorted().join() === [people[a]?.email, people[b]?.email].toSorted().join()).likeness;
  expect([likeness(0, 1), likeness(1, 2)]).toEqual([3 / 4, 2 / 4]);
  expect(await wait((await fovea.call('POST', `/v1/batches/${batch}/consensus`, { body: { threshold: 0.4 } })).body)).toMatchObject({ status: 'complete', result: { annotations: 1 } });
  const [merged] = await annotationsOf(scan);
  expect(merged).toMatchObject({ type: 'volume', label: 'liver', geometry: { blob: expect.stringMatching(/^[0-9a-f]{64}$/) } });
  const voxels = (await fovea.call('GET', `/v1/annotations/${merged.id}/slices`)).body.data;
  expect(voxels.map(({ frame, rle }: any) => [frame, [...bitmapFromRuns(decodeRle(rle))].flatMap((value, at) => (value === 1 ? [at] : []))])).toEqual([[0, [1, 2, 3]]]);
  await fovea.call('DELETE', `/v1/batches/${batch}/consensus`);
  expect(await annotationsOf(scan)).toHaveLength(3);
});

describe('known answers', () => {
  test('ids beside others are ids of the same moment', () => {
    const id = '01a1fe7e-ec08-75f7-bc24-15bc12d3ebae';
    for (let round = 0; round < 50; round++) {
      const made = idBeside(id);
      expect([isId(made), made.slice(0, 13)]).toEqual([true, id.slice(0, 13)]);
    }
  });

  test('nothing that a worker is answered or told tells a known item from any other, before the work and after it', async () => {
    const place = (await fovea.call('POST', '/v1/projects', { body: { name: 'hidden' } })).body.id;
    const set = (await fovea.call('POST', '/v1/datasets', { body: { project: place, name: 'd' } })).body.id;
    const worker = await fovea.person({ orgId, project: { id: place, role: 'annotator' } });
    const bytes = await sharp({ create: { width: 100, height: 80, channels: 3, background: '#654' } }).png().toBuffer();
    const ids: string[] = [];
    for (const name of ['a', 'b', 'gold']) ids.push((await fovea.probed((await fovea.call('POST', `/v1/datasets/${set}/items?path=/${name}.png`, { body: bytes })).body.item.id)).id);
    const gold = ids[2] ?? '';
    await fovea.call('POST', `/v1/items/${gold}/annotations`, { body: { annotations: boxes([['cat', 10, 10, 20, 20]]) } });
    // What was drawn and imported on the others before is as little of the worker's business as the known answer is.
    await fovea.call('POST', `/v1/items/${ids[0]}/annotations`, { body: { annotations: boxes([['cat', 1, 1, 20, 20]]) } });
    const line = { ...boxes([['cat', 2, 2, 20, 20]])[0], path: '/a.png', source: 'import' };
    expect((await fovea.call('POST', `/v1/datasets/${set}/annotations/import`, { body: JSON.stringify(line) })).body.imported).toBe(1);
    const batch = (await fovea.call('POST', '/v1/batches', { body: { project: place, name: 'h', dataset: set, filter: { path: { in: ['/a.png', '/b.png'] } } } })).body.id;
    await fovea.call('POST', `/v1/batches/${batch}/finalize`);
    await fovea.call('POST', `/v1/batches/${batch}/honeypots`, { body: { filter: { path: '/gold.png' }, copies: 2 } });
    const as = async (method: string, path: string, body?: object) => (await fovea.call(method, path, { key: worker.key, ...(body ? { body } : {}) })).body;
    /** All that a worker can be shown about an item and its task, without what differs from one item to any other. */
    const seen = async (itemId: string, taskId: string, until: 'task.claimed' | 'task.completed') => {
      const told = async () => (await as('GET', `/v1/events/history?project=${place}`)).data.filter((event: any) => JSON.stringify(event).includes(itemId) && !event.type.startsWith('item.') && event.actor !== 'system@fovea');
      // Events are told once every transaction that began before them has ended.
      await expect.poll(async () => (await told()).map((event: any) => event.type)).toContain(until);
      const history = await told();
      const found = {
        task: await as('GET', `/v1/tasks/${taskId}`),
        item: await as('GET', `/v1/items/${itemId}`),
        listed: (await as('GET', `/v1/datasets/${set}/items`)).data.find((one: any) => one.id === itemId),
        queried: (await as('POST', `/v1/datasets/${set}/items/query`, { filter: { id: itemId } })).data,
        annotations: (await as('GET', `/v1/items/${itemId}/annotations`)).data,
        ofTask: (await as('GET', `/v1/items/${itemId}/annotations?task=${taskId}`)).data,
        annotationsQueried: (await as('POST', `/v1/datasets/${set}/annotations/query`, { filter: { itemId } })).data,
        annotationsCounted: await as('POST', `/v1/datasets/${set}/annotations/count`, { filter: { itemId } }),
        tasks: (await as('POST', `/v1/projects/${place}/tasks/query`, { filter: { itemId } })).data,
        events: history.map(({ type, actor, data }: any) => ({ type, actor, data })),
      };
      return JSON.parse(JSON.stringify(found, (key, value: unknown) => (/^(id|itemId|taskId|path|name|seq|.*At|leaseUntil|etag|updatedBy)$/.test(key) ? undefined : value)));
    };
    const looks = new Map<string, { before: unknown; after: unknown }>();
    for (;;) {
      const { task, lease } = await as('POST', `/v1/projects/${place}/tasks/claim`, { batch });
      if (!task) break;
      const before = await seen(task.itemId, task.id, 'task.claimed');
      await as('POST', `/v1/items/${task.itemId}/annotations?task=${task.id}`, { annotations: boxes([['cat', 10, 10, 20, 20]]) });
      await as('POST', `/v1/tasks/${task.id}/submit`, { lease, secondsSpent: 5 });
      looks.set(task.itemId, { before, after: await seen(task.itemId, task.id, 'task.completed') });
    }
    expect(looks.size).toBe(3);
    for (const ordinary of ids.slice(0, 2)) expect(looks.get(gold)).toEqual(looks.get(ordinary));
    // Who is not measured sees what is there.
    expect((await fovea.call('GET', `/v1/items/${gold}`)).body.annotationCount).toBe(1);
    expect((await annotationsOf(gold)).length).toBe(1);
  });

  test('nor does what others did: to the last of three people a known item looks like one that both labeled before', async () => {
    const place = (await fovea.call('POST', '/v1/projects', { body: { name: 'hidden from many' } })).body.id;
    const set = (await fovea.call('POST', '/v1/datasets', { body: { project: place, name: 'd' } })).body.id;
    const bytes = await sharp({ create: { width: 100, height: 80, channels: 3, background: '#754' } }).png().toBuffer();
    const [ordinary = '', gold = ''] = await Promise.all(['ordinary', 'gold'].map(async (name) => (await fovea.probed((await fovea.call('POST', `/v1/datasets/${set}/items?path=/${name}.png`, { body: bytes })).body.item.id)).id));
    await fovea.call('POST', `/v1/items/${gold}/annotations`, { body: { annotations: boxes([['cat', 10, 10, 20, 20]]) } });
    const batch = (await fovea.call('POST', '/v1/batches', { body: { project: place, name: 'h', dataset: set, filter: { path: '/ordinary.png' }, settings: { people: 3 } } })).body.id;
    await fovea.call('POST', `/v1/batches/${batch}/finalize`);
    await fovea.call('POST', `/v1/batches/${batch}/honeypots`, { body: { filter: { path: '/gold.png' }, copies: 3 } });
    const people = await Promise.all([1, 2, 3].map(() => fovea.person({ orgId, project: { id: place, role: 'annotator' } })));
    const looks: string[] = [];
    for (const { key } of people) {
      const as = async (method: string, path: string, body?: object) => (await fovea.call(method, path, { key, ...(body ? { body } : {}) })).body;
      for (let turn = 0; turn < 2; turn++) {
        const { task, lease } = await as('POST', `/v1/projects/${place}/tasks/claim`, { batch });
        const at = [ordinary, gold].includes(task.itemId) ? `/v1/items/${task.itemId}` : '';
        const listed = (await as('GET', `/v1/datasets/${set}/items`)).data.find((one: any) => one.id === task.itemId);
        const queried = (await as('POST', `/v1/datasets/${set}/items/query`, { filter: { id: task.itemId, annotationCount: 0 } })).data;
        const [alone, inTask] = [await as('GET', `${at}/annotations`), await as('GET', `${at}/annotations?task=${task.id}`)];
        looks.push(JSON.stringify([alone.data.length, inTask.data.length, listed.annotationCount, (await as('GET', at)).annotationCount, queried.length]));
        await as('POST', `${at}/annotations?task=${task.id}`, { annotations: boxes([['cat', 10, 10, 20, 20]]) });
        await as('POST', `/v1/tasks/${task.id}/submit`, { lease });
      }
    }
    expect(looks).toEqual(Array.from({ length: 6 }, () => '[0,0,0,0,1]'));
    expect((await annotationsOf(ordinary)).length).toBe(3);
  });

  test('filters, orders and single reads tell a worker no more about known items than lists do', async () => {
    const place = (await fovea.call('POST', '/v1/projects', { body: { name: 'sifted' } })).body.id;
    const set = (await fovea.call('POST', '/v1/datasets', { body: { project: place, name: 'd' } })).body.id;
    const worker = await fovea.person({ orgId, project: { id: place, role: 'annotator' } });
    const bytes = await sharp({ create: { width: 100, height: 80, channels: 3, background: '#865' } }).png().toBuffer();
    const ids: Record<string, string> = {};
    for (const name of ['plain', 'gold']) ids[name] = (await fovea.probed((await fovea.call('POST', `/v1/datasets/${set}/items?path=/${name}.png`, { body: bytes })).body.item.id)).id;
    const [truth] = (await fovea.call('POST', `/v1/items/${ids['gold']}/annotations`, { body: { annotations: boxes([['cat', 10, 10, 20, 20]]) } })).body.data;
    await fovea.call('PATCH', `/v1/annotations/${truth.id}`, { body: { label: 'dog' } });
    await wait((await fovea.call('POST', `/v1/datasets/${set}/versions`, { body: { message: 'm' } })).body);
    const batch = (await fovea.call('POST', '/v1/batches', { body: { project: place, name: 'h', dataset: set, filter: { path: '/plain.png' } } })).body.id;
    await fovea.call('POST', `/v1/batches/${batch}/finalize`);
    await fovea.call('POST', `/v1/batches/${batch}/honeypots`, { body: { filter: { path: '/gold.png' }, copies: 1 } });
    const as = (key: string) => async (method: string, path: string, body?: object) => fovea.call(method, path, { key, ...(body ? { body } : {}) });
    const [mine, owner] = [as(worker.key), as(fovea.key)];
    type Call = typeof mine;
    const found = async (by: Call, filter: object, sort: object[] = []) => (await by('POST', `/v1/datasets/${set}/items/query`, { filter, sort })).body.data.map((one: any) => one.path);
    const counted = async (by: Call, filter: object) => (await by('POST', `/v1/datasets/${set}/items/count`, { filter })).body.count;
    /** Filters that only the known item meets, whoever knows its answer. */
    const telling = [
      { annotationCount: { gt: 0 } },
      { having: { annotations: { source: { in: ['human', 'import'] } } } },
      { having: { annotations: { label: 'dog', having: { items: { annotationCount: 1 } } } } },
    ];
    for (const filter of telling) {
      expect([filter, await found(owner, filter), await found(mine, filter), await counted(mine, filter)]).toEqual([filter, ['/gold.png'], [], 0]);
    }
    expect(await found(mine, {}, [{ field: 'annotationCount', direction: 'asc' }, { field: 'path', direction: 'desc' }])).toEqual(['/plain.png', '/gold.png']);
    expect((await mine('POST', `/v1/datasets/${set}/items/landmarks`, { filter: telling[0], every: 100 })).body.count).toBe(0);
    for (const field of ['annotationCount', 'annotations.label']) {
      const values = (await mine('GET', `/v1/datasets/${set}/values?field=${field}`)).body.data;
      expect([field, values.map((one: any) => one.value)]).toEqual([field, field === 'annotationCount' ? [0] : []]);
    }
    const tasksHaving = { having: { items: { annotationCount: { gt: 0 } } } };
    expect((await owner('POST', `/v1/projects/${place}/tasks/query`, { filter: tasksHaving })).body.data).toHaveLength(1);
    const claims = [(await mine('POST', `/v1/projects/${place}/tasks/claim`, { batch })).body, (await mine('POST', `/v1/projects/${place}/tasks/claim`, { batch })).body];
    expect((await mine('POST', `/v1/projects/${place}/tasks/query`, { filter: tasksHaving })).body.data).toEqual([]);
    expect((await mine('POST', `/v1/projects/${place}/batches/query`, { filter: { having: { tasks: tasksHaving } } })).body.data).toEqual([]);
    // Whoever has got hold of the answer's id learns nothing by it.
    const operation = { opId: newId(), kind: 'update', annotationId: truth.id, baseRevision: 1, content: { label: 'x' } };
    for (const [method, path, body] of [['GET', ''], ['GET', '/revisions'], ['PATCH', '', { label: 'x' }], ['POST', '/restore', {}], ['DELETE', '']] as const) {
      expect([method, path, (await mine(method, `/v1/annotations/${truth.id}${path}`, body)).status]).toEqual([method, path, 404]);
    }
    expect((await mine('POST', `/v1/items/${ids['gold']}/operations`, { operations: [operation] })).body.data[0]).toMatchObject({ outcome: 'conflict', annotation: null });
    for (const path of ['items', 'diff']) expect([path, (await mine('GET', `/v1/datasets/${set}/versions/v1/${path}`)).status]).toEqual([path, 403]);
    // Own answers look alike, known or not, to filters as well.
    for (const { task, lease } of claims) {
      const drawn = await mine('POST', `/v1/items/${task.itemId}/annotations?task=${task.id}`, { annotations: boxes([['cat', 1, 1, 20, 20]]) });
      expect((await mine('PATCH', `/v1/annotations/${drawn.body.data[0].id}`, { label: 'own' })).status).toBe(200);
      expect((await mine('POST', `/v1/tasks/${task.id}/submit`, { lease })).status).toBe(200);
    }
    for (const filter of [{ annotationCount: 1 }, { having: { annotations: { label: 'own', revision: 3 } } }]) expect([filter, await found(mine, filter)]).toEqual([filter, ['/gold.png', '/plain.png']]);
    expect((await mine('GET', `/v1/projects/${place}/usage`)).body.annotations).toBe((await owner('GET', `/v1/projects/${place}/usage`)).body.annotations + 1);
    expect((await owner('GET', `/v1/annotations/${truth.id}`)).body.label).toBe('dog');
  });

  test('quality.addHoneypots 200 mixes them in unrecognisably, quality.report measures people by them, quality.removeHoneypots 200, quality.addHoneypots 409', async () => {
    const [gold = ''] = items.slice(5);
    await fovea.call('POST', `/v1/items/${gold}/annotations`, { body: { annotations: boxes([['cat', 10, 10, 20, 20], ['dog', 50, 50, 20, 20]]) } });
    const batch = (await fovea.call('POST', '/v1/batches', { body: { project, name: 'h', dataset, filter: { path: { in: ['/3.png', '/4.png'] } } } })).body.id;
    await fovea.call('POST', `/v1/batches/${batch}/finalize`);
    expect((await fovea.call('POST', `/v1/batches/${batch}/honeypots`, { body: { filter: { path: '/5.png' }, copies: 3 } })).body).toEqual({ added: 3 });
    expect((await fovea.call('DELETE', `/v1/batches/${batch}/honeypots`)).body).toEqual({ removed: 3 });
    await fovea.call('POST', `/v1/batches/${batch}/honeypots`, { body: { filter: { path: '/5.png' }, copies: 3 } });
    const [first, second, third] = people as [{ key: string; email: string }, { key: string; email: string }, { key: string; email: string }];
    const seen = await work(first, batch, () => [['cat', 10, 10, 20, 20], ['dog', 50, 50, 20, 20]]);
    expect(seen.toSorted()).toEqual([items[3], items[4], gold].toSorted());
    await work(second, batch, () => [['cat', 10, 10, 20, 20], ['cat', 50, 50, 20, 20], ['bird', 0, 0, 5, 5]]);
    await work(third, batch, () => []);
    const report = (await fovea.call('GET', `/v1/batches/${batch}/quality`)).body;
    const of = (person: { email: string }) => report.people.find((one: any) => one.by === person.email);
    expect(of(first)).toMatchObject({ honeypots: 1, precision: 1, recall: 1, f1: 1, iou: 1 });
    expect(of(second)).toMatchObject({ honeypots: 1, precision: 0.333333, recall: 0.5, f1: 0.4 });
    expect(of(third)).toMatchObject({ honeypots: 1, precision: null, recall: 0, f1: 0 });
    // What they said was compared, and not added to the truth.
    expect((await annotationsOf(gold)).length).toBe(2);
    expect((await fovea.call('POST', `/v1/batches/${batch}/honeypots`, { body: { filter: {} } })).status).toBe(409);
    // Beside what a model labeled, a known item that it did not is none: it would stand out.
    const labeled = await Promise.all([items[3], items[4]].map((id) => fovea.call('POST', `/v1/items/${id}/annotations`, { body: { annotations: boxes([['cat', 1, 1, 9, 9]]).map((one) => ({ ...one, source: 'model' })) } })));
    expect(labeled.map(({ status }) => status)).toEqual([201, 201]);
    const modelled = (await fovea.call('POST', '/v1/batches', { body: { project, name: 'm', dataset, filter: { path: { in: ['/3.png', '/4.png'] } } } })).body.id;
    const refused = await fovea.call('POST', `/v1/batches/${modelled}/honeypots`, { body: { filter: { path: '/5.png' } } });
    expect([refused.status, refused.body.detail]).toEqual([409, expect.stringContaining('would stand out')]);
    await fovea.call('POST', `/v1/items/${gold}/annotations`, { body: { annotations: boxes([['cat', 1, 1, 9, 9]]).map((one) => ({ ...one, source: 'model' })) } });
    expect((await fovea.call('POST', `/v1/batches/${modelled}/honeypots`, { body: { filter: { path: '/5.png' } } })).body).toEqual({ added: 1 });
  });
});
