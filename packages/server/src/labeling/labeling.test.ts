import { newId } from '@fovea/contract';
import { beforeEach, describe, expect, test } from 'vitest';
import type { TestPlatform } from '../testing/platform.ts';
import { labelingWorld } from './testing.ts';

const world = labelingWorld();
let fovea: TestPlatform;
let orgId: string;
let project: string;
let dataset: string;
let item: string;
beforeEach(() => ({ fovea, orgId, project, dataset, item } = world));
const box = (x: number, label = 'car') => ({ type: 'box', label, geometry: { type: 'box', x, y: 1, width: 10, height: 5 } });
const create = async (...annotations: object[]) => fovea.call('POST', `/v1/items/${item}/annotations`, { body: { annotations } });

describe('annotations', () => {
  test('annotations.create 201, annotations.list 200, annotations.get 200 keep sub-pixel geometry exactly', async () => {
    const { status, body } = await create({ ...box(1.123456789), attributes: { colour: 'red', doors: 4 }, confidence: 0.5 });
    expect(status).toBe(201);
    expect(body.data[0]).toMatchObject({ geometry: { x: 1.123456789 }, attributes: { colour: 'red', doors: 4 }, confidence: 0.5, source: 'human', revision: 1 });
    expect((await fovea.call('GET', `/v1/items/${item}/annotations`)).body.data).toHaveLength(1);
    expect((await fovea.call('GET', `/v1/annotations/${body.data[0].id}`)).body.id).toBe(body.data[0].id);
    expect((await fovea.call('GET', `/v1/items/${item}`)).body.annotationCount).toBe(1);
  });
  test('annotations.create 409 when an id is taken', async () => {
    const id = newId();
    await create({ ...box(1), id });
    expect((await create({ ...box(1), id })).status).toBe(409);
  });
  test.each([
    ['two points', { type: 'polygon', label: 'x', geometry: { type: 'polygon', points: [[1, 1], [2, 2]] } }],
    ['outside', box(5_000)],
    ['another type', { ...box(1), type: 'point' }],
    ['a frame past the end', { ...box(1), frame: 7 }],
    ['a mask of another size', { type: 'mask', label: 'x', geometry: { type: 'mask', rle: { size: [3, 3], counts: [9] } } }],
    ['an empty label', box(1, '')],
    ['a label of a megabyte', box(1, 'x'.repeat(1_000_000))],
  ])('annotations.create 400 for %s', async (_name, annotation) => {
    const { status, body } = await create(box(1), annotation);
    expect([status, body.code]).toEqual([400, 'invalid_request']);
    expect(body.errors[0].path).toContain('body.annotations.1');
    expect((await fovea.call('GET', `/v1/items/${item}/annotations`)).body.data).toEqual([]);
  });
  test('annotations.update 200, annotations.update 412, annotations.delete 204, annotations.delete 412, annotations.revisions 200, annotations.restore 200', async () => {
    const [made] = (await create(box(1))).body.data;
    const path = `/v1/annotations/${made.id}`;
    expect((await fovea.call('PATCH', path, { body: { label: 'bus' } })).body).toMatchObject({ label: 'bus', revision: 2 });
    const lost = await fovea.call('PATCH', path, { body: { label: 'van' }, headers: { 'if-match': '"1"' } });
    expect([lost.status, lost.body.current.label]).toEqual([412, 'bus']);
    expect((await fovea.call('DELETE', path, { headers: { 'if-match': '"1"' } })).status).toBe(412);
    expect((await fovea.call('DELETE', path)).status).toBe(204);
    expect((await fovea.call('GET', path)).status).toBe(404);
    expect((await fovea.call('GET', `${path}/revisions`)).body.data.map((one: any) => [one.revision, one.content.label])).toEqual([[2, 'bus'], [1, 'car']]);
    expect((await fovea.call('POST', `${path}/restore`, { body: { revision: 1 } })).body).toMatchObject({ label: 'car', revision: 4 });
    expect((await fovea.call('GET', `/v1/items/${item}`)).body.annotationCount).toBe(1);
  });
  test('annotations.apply 200: an edit sent twice happens once, a lost race gives both states', async () => {
    const annotationId = newId();
    const createOp = { opId: newId(), kind: 'create', annotationId, content: box(3) };
    const apply = async (...operations: object[]) => (await fovea.call('POST', `/v1/items/${item}/operations`, { body: { operations } })).body.data;
    expect((await apply(createOp))[0].outcome).toBe('applied');
    expect((await apply(createOp))[0]).toMatchObject({ outcome: 'duplicate', annotation: { id: annotationId } });
    const [first, second] = await apply(
      { opId: newId(), kind: 'update', annotationId, baseRevision: 1, content: { label: 'mine' } },
      { opId: newId(), kind: 'update', annotationId, baseRevision: 1, content: { label: 'theirs' } },
    );
    expect([first.outcome, second.outcome, second.annotation.label, second.wanted]).toEqual(['applied', 'conflict', 'mine', { label: 'theirs' }]);
    const [bad] = await apply({ opId: newId(), kind: 'create', annotationId: newId(), content: box(9_999) });
    expect(bad.outcome).toBe('invalid');
  });
  test('annotations.apply 200: a deletion that is undone brings the annotation back under its id', async () => {
    const annotationId = newId();
    const apply = async (...operations: object[]) => (await fovea.call('POST', `/v1/items/${item}/operations`, { body: { operations } })).body.data;
    const [, gone, back, again] = await apply(
      { opId: newId(), kind: 'create', annotationId, content: box(3) },
      { opId: newId(), kind: 'delete', annotationId, baseRevision: 1 },
      { opId: newId(), kind: 'create', annotationId, content: box(3, 'again') },
      { opId: newId(), kind: 'create', annotationId, content: box(3) },
    );
    expect([gone.outcome, back.outcome, again.outcome]).toEqual(['applied', 'applied', 'conflict']);
    expect(back.annotation).toMatchObject({ label: 'again', revision: 3 });
    const [moved] = await apply({ opId: newId(), kind: 'update', annotationId, baseRevision: 3, content: { label: 'moved' } });
    expect(moved).toMatchObject({ outcome: 'applied', annotation: { revision: 4 } });
    expect((await fovea.call('GET', `/v1/items/${item}`)).body.annotationCount).toBe(1);
  });
  test('annotations.apply 200: the id of another item, or of another organisation, tells nothing of it', async () => {
    const stranger = await fovea.person({ admin: true });
    const theirs = (await fovea.call('POST', '/v1/projects', { key: stranger.key, body: { name: 'theirs' } })).body.id;
    const set = (await fovea.call('POST', '/v1/datasets', { key: stranger.key, body: { project: theirs, name: 'd' } })).body.id;
    const secret = (await fovea.call('POST', `/v1/datasets/${set}/items?path=/a.txt`, { key: stranger.key, body: 'secret' })).body.item.id;
    const made = await fovea.call('POST', `/v1/items/${secret}/annotations`, { key: stranger.key, body: { annotations: [{ type: 'classification', label: 'secret', geometry: { type: 'classification' } }] } });
    const annotationId = made.body.data[0].id;
    const operations = [
      { opId: newId(), kind: 'update', annotationId, baseRevision: 1, content: { label: 'mine' } },
      { opId: newId(), kind: 'delete', annotationId, baseRevision: 1 },
      { opId: newId(), kind: 'create', annotationId, content: box(3) },
    ];
    const { body } = await fovea.call('POST', `/v1/items/${item}/operations`, { body: { operations } });
    expect(body.data.map((one: any) => [one.outcome, one.annotation])).toEqual([['conflict', null], ['conflict', null], ['conflict', null]]);
    expect(JSON.stringify(body)).not.toContain('secret');
    expect((await fovea.call('GET', `/v1/annotations/${annotationId}`, { key: stranger.key })).body).toMatchObject({ label: 'secret', revision: 1 });
    const task = (await fovea.call('POST', '/v1/tasks', { key: stranger.key, body: { project: theirs, item: secret } })).body.id;
    expect((await fovea.call('POST', `/v1/items/${item}/annotations?task=${task}`, { body: { annotations: [box(1)] } })).status).toBe(404);
    expect((await fovea.call('POST', `/v1/items/${item}/operations?task=${task}`, { body: { operations: [{ ...operations[2], annotationId: newId() }] } })).status).toBe(404);
  });
  test('annotations.query 200, annotations.count 200; items having one and the same annotation', async () => {
    await create(box(1, 'car'), { type: 'point', label: 'ear', geometry: { type: 'point', x: 3, y: 4 } });
    const other = await world.upload('/b.png');
    await fovea.call('POST', `/v1/items/${other}/annotations`, { body: { annotations: [box(1, 'ear')] } });
    const query = async (body: object) => (await fovea.call('POST', `/v1/datasets/${dataset}/annotations/query`, { body })).body.data;
    expect(await query({ filter: { label: 'ear' } })).toHaveLength(2);
    expect((await query({ filter: { label: 'ear' }, fields: ['label', 'geometry.x'], sort: [{ field: 'type', direction: 'desc' }] }))[0]).toEqual({ label: 'ear', 'geometry.x': 3 });
    expect((await fovea.call('POST', `/v1/datasets/${dataset}/annotations/count`, { body: { filter: { label: { in: ['car'] } } } })).body.count).toBe(1);
    const items = await fovea.call('POST', `/v1/datasets/${dataset}/items/query`, { body: { filter: { having: { annotations: { label: 'ear', type: 'point' } } } } });
    expect(items.body.data.map((one: any) => one.path)).toEqual(['/a.png']);
  });
  test('what is drawn upon what is kept where somebody says so: by an edit, a filter, an import, a copy, a version, a restored state', async () => {
    const [under, over] = (await create(box(1), { ...box(2), zOrder: 2 })).body.data;
    expect([under.zOrder, over.zOrder]).toEqual([undefined, 2]);
    const edit = async (annotationId: string, baseRevision: number, zOrder: number | null | string) =>
      (await fovea.call('POST', `/v1/items/${item}/operations`, { body: { operations: [{ opId: newId(), kind: 'update', annotationId, baseRevision, content: { zOrder } }] } })).body;
    expect((await edit(under.id, 1, 2.5)).data[0].annotation).toMatchObject({ zOrder: 2.5, revision: 2 });
    expect((await edit(over.id, 1, null)).data[0].annotation.zOrder).toBeUndefined();
    expect((await edit(over.id, 2, 'top')).errors[0].path).toBe('body.operations.0.content.zOrder');
    const line = JSON.stringify({ ...box(3, 'sent'), path: '/a.png', zOrder: -1 });
    expect((await fovea.call('POST', `/v1/datasets/${dataset}/annotations/import`, { body: line })).body.imported).toBe(1);
    const ordersIn = async (place: string) => (await fovea.call('POST', `/v1/datasets/${place}/annotations/query`, { body: { filter: { zOrder: { exists: true } }, sort: [{ field: 'zOrder' }], fields: ['zOrder'] } })).body.data.map((one: any) => one.zOrder);
    const done = async (started: { body: any }) => (await fovea.call('GET', `/v1/commands/${started.body.id}?waitSeconds=20`)).body;
    expect(await ordersIn(dataset)).toEqual([-1, 2.5]);
    expect((await done(await fovea.call('POST', `/v1/datasets/${dataset}/clone`, { body: { name: 'copy' } }))).status).toBe('complete');
    const copy = (await fovea.call('GET', `/v1/datasets?project=${project}`)).body.data.find((one: any) => one.name === 'copy');
    expect(await ordersIn(copy.id)).toEqual([-1, 2.5]);
    expect((await done(await fovea.call('POST', `/v1/datasets/${dataset}/versions`, { body: { message: 'ordered' } }))).status).toBe('complete');
    await edit(under.id, 2, 7);
    expect((await done(await fovea.call('POST', `/v1/datasets/${dataset}/versions/v1/restore`, { body: {} }))).status).toBe('complete');
    expect(await ordersIn(dataset)).toEqual([-1, 2.5]);
    expect((await fovea.call('POST', `/v1/annotations/${over.id}/restore`, { body: { revision: 1 } })).body.zOrder).toBe(2);
  });
  test('annotations.updateMany 202 and annotations.deleteMany 202 work through all matches', async () => {
    expect((await fovea.call('POST', `/v1/datasets/${dataset}/annotations/update`, { body: { filter: {}, change: {} } })).body.detail).toBe('body.change: must say what changes');
    expect((await fovea.call('POST', `/v1/items/${item}/annotations`, { body: { annotations: [{ label: 'x', geometry: { type: 'point', x: 1, y: 1 } }] } })).body.errors[0]).toEqual({ path: 'body.annotations.0.type', message: expect.stringContaining('is required ("classification" | ') });
    await create(...Array.from({ length: 30 }, (_, index) => box(index)), box(50, 'keep'));
    const wait = async (id: string) => (await fovea.call('GET', `/v1/commands/${id}?waitSeconds=20`)).body;
    const update = await fovea.call('POST', `/v1/datasets/${dataset}/annotations/update`, { body: { filter: { label: 'car' }, change: { label: 'auto' } } });
    expect(update.status).toBe(202);
    expect(await wait(update.body.id)).toMatchObject({ status: 'complete', result: { changed: 30 }, progress: 1 });
    const removal = await fovea.call('POST', `/v1/datasets/${dataset}/annotations/delete`, { body: { filter: { label: 'auto' } } });
    expect((await wait(removal.body.id)).result).toEqual({ changed: 30 });
    expect((await fovea.call('GET', `/v1/items/${item}/annotations`)).body.data.map((one: any) => one.label)).toEqual(['keep']);
  });
  test('annotations.import 200, annotations.import 400 of a broken encoding: reports each wrong line and keeps the others', async () => {
    const lines = [
      JSON.stringify({ ...box(1), path: '/a.png' }),
      '{broken',
      JSON.stringify({ ...box(1), path: '/none.png' }),
      JSON.stringify({ ...box(2), itemId: item }),
      JSON.stringify(box(2)),
    ];
    const { body } = await fovea.call('POST', `/v1/datasets/${dataset}/annotations/import`, { body: lines.join('\n') });
    const broken = await fovea.call('POST', `/v1/datasets/${dataset}/annotations/import`, { body: new Uint8Array([0xff, 0xfe, 0x0a]) });
    expect([broken.status, broken.body.detail]).toEqual([400, 'The body is not valid UTF-8.']);
    expect([body.imported, body.failed, body.errors.map((error: any) => error.line).toSorted()]).toEqual([2, 3, [2, 3, 5]]);
    expect((await fovea.call('GET', `/v1/items/${item}`)).body.annotationCount).toBe(2);
  });
});

describe('recipes', () => {
  test('recipes.create 201, recipes.create 400, recipes.update 200 makes versions, recipes.update 412, recipes.versions 200, recipes.get 200 of an old one, recipes.list 200, recipes.delete 204', async () => {
    const labels = [{ name: 'Car' }, { name: 'Car.Wheel', parent: 'Car', color: '#102030' }];
    const made = await fovea.call('POST', '/v1/recipes', { body: { project, name: 'r', labels, attributes: [{ key: 'a', type: 'one_of', values: ['x'] }] } });
    expect([made.status, made.body.version, made.body.labels[0].color]).toEqual([201, 1, expect.stringMatching(/^#/)]);
    const wrong = await fovea.call('POST', '/v1/recipes', { body: { project, name: 'r', labels: [{ name: 'a', colour: '#102030' }], attributes: [{ key: 'n', type: 'number', min: 5, max: 1 }] } });
    expect([wrong.status, wrong.body.errors.map((error: any) => error.path)]).toEqual([400, ['body.labels.0.colour', 'body.attributes.0.max']]);
    const path = `/v1/recipes/${made.body.id}`;
    expect((await fovea.call('PATCH', path, { body: { instructions: 'Draw tightly.' } })).body).toMatchObject({ version: 2, instructions: 'Draw tightly.' });
    expect((await fovea.call('PATCH', path, { body: { instructions: 'x' }, headers: { 'if-match': '"1"' } })).status).toBe(412);
    expect((await fovea.call('GET', `${path}/versions`)).body.data.map((one: any) => one.version)).toEqual([2, 1]);
    expect((await fovea.call('GET', `${path}?version=1`)).body.instructions).toBe('');
    expect((await fovea.call('GET', `/v1/recipes?project=${project}`)).body.data).toHaveLength(1);
    const bad = await fovea.call('POST', '/v1/recipes', { body: { project, name: 'r', labels: [{ name: 'a', parent: 'b' }] } });
    expect([bad.status, bad.body.errors[0].path]).toEqual([400, 'body.labels.0']);
    expect((await fovea.call('DELETE', path)).status).toBe(204);
  });
});

describe('work', () => {
  const newBatch = async (body: object = {}) => (await fovea.call('POST', '/v1/batches', { body: { project, name: 'b', dataset, filter: {}, ...body } })).body;
  const worker = () => fovea.person({ orgId, project: { id: project, role: 'annotator' } });
  const claim = async (key: string, batch?: string) => (await fovea.call('POST', `/v1/projects/${project}/tasks/claim`, { key, body: batch ? { batch } : {} })).body;

  test('batches.create 201, batches.get 200, batches.finalize 200, batches.finalize 409, tasks.claim 200, tasks.submit 200, tasks.cancel 409: from staging through work to completed; drafts become annotations', async () => {
    await world.upload('/b.png');
    const batch = await newBatch();
    expect(batch).toMatchObject({ status: 'staging', counts: { total: 2, pending: 2 } });
    const { key, email } = await worker();
    expect((await claim(key)).task).toBeNull();
    expect((await fovea.call('POST', `/v1/batches/${batch.id}/finalize`)).body.status).toBe('in_progress');
    expect((await fovea.call('POST', `/v1/batches/${batch.id}/finalize`)).body.code).toBe('illegal_state');
    const { task, lease } = await claim(key);
    expect(task).toMatchObject({ status: 'claimed', claimedBy: email, itemId: item });
    await fovea.call('POST', `/v1/items/${item}/annotations?task=${task.id}`, { key, body: { annotations: [box(1)] } });
    expect((await fovea.call('GET', `/v1/items/${item}/annotations`)).body.data).toEqual([]);
    const done = await fovea.call('POST', `/v1/tasks/${task.id}/submit`, { key, body: { lease, secondsSpent: 12 } });
    expect(done.body).toMatchObject({ status: 'completed', itemStatus: 'completed', secondsSpent: 12 });
    expect((await fovea.call('GET', `/v1/items/${item}/annotations`)).body.data).toHaveLength(1);
    const next = await claim(key);
    await fovea.call('POST', `/v1/tasks/${next.task.id}/submit`, { key, body: { lease: next.lease } });
    expect((await fovea.call('GET', `/v1/batches/${batch.id}`)).body).toMatchObject({ status: 'completed', counts: { completed: 2 } });
    const cancel = await fovea.call('POST', `/v1/tasks/${task.id}/cancel`, { body: {} });
    expect([cancel.status, cancel.body.code]).toEqual([409, 'illegal_state']);
  });
  test('two people never hold one task, however many pull at once', async () => {
    for (const name of ['/1.png', '/2.png', '/3.png', '/4.png', '/5.png']) await world.upload(name);
    const batch = await newBatch();
    await fovea.call('POST', `/v1/batches/${batch.id}/finalize`);
    const people = await Promise.all(Array.from({ length: 10 }, worker));
    const claimed = await Promise.all(people.map(({ key }) => claim(key)));
    const ids = claimed.flatMap(({ task }) => task?.id ?? []);
    expect(ids).toHaveLength(6);
    expect(new Set(ids).size).toBe(6);
  });
  test('tasks.release 200, tasks.submit 409, tasks.renew 200, tasks.renew 409, tasks.release 409: a lost lease is told, and what was saved stays', async () => {
    const batch = await newBatch({ settings: { leaseSeconds: 30 } });
    await fovea.call('POST', `/v1/batches/${batch.id}/finalize`);
    const [first, second] = [await worker(), await worker()];
    const mine = await claim(first.key);
    await fovea.call('POST', `/v1/tasks/${mine.task.id}/release`, { key: first.key, body: { lease: mine.lease, flag: 'blurred' } });
    const theirs = await claim(second.key);
    expect(theirs.task).toMatchObject({ id: mine.task.id, flag: 'blurred' });
    const late = await fovea.call('POST', `/v1/tasks/${mine.task.id}/submit`, { key: first.key, body: { lease: mine.lease } });
    expect([late.status, late.body.code]).toEqual([409, 'illegal_state']);
    expect((await fovea.call('POST', `/v1/tasks/${mine.task.id}/renew`, { key: first.key, body: { lease: mine.lease } })).status).toBe(409);
    expect((await fovea.call('POST', `/v1/tasks/${mine.task.id}/release`, { key: first.key, body: { lease: mine.lease } })).status).toBe(409);
    expect((await fovea.call('POST', `/v1/tasks/${mine.task.id}/renew`, { key: second.key, body: { lease: theirs.lease } })).body.status).toBe('claimed');
  });
  test('tasks.release 200: what somebody skipped comes to others, and to them when nothing else is left', async () => {
    await world.upload('/b.png');
    const batch = await newBatch();
    await fovea.call('POST', `/v1/batches/${batch.id}/finalize`);
    const { key } = await worker();
    const first = await claim(key);
    await fovea.call('POST', `/v1/tasks/${first.task.id}/release`, { key, body: { lease: first.lease, skip: true } });
    const second = await claim(key);
    expect(second.task.id).not.toBe(first.task.id);
    expect((await claim(key)).task.id).toBe(first.task.id);
    const other = await worker();
    expect((await claim(other.key)).task).toBeNull();
    await fovea.call('POST', `/v1/tasks/${second.task.id}/release`, { key, body: { lease: second.lease, skip: true } });
    expect((await claim(other.key)).task.id).toBe(second.task.id);
  });
  test('tasks.claim 200, tasks.claim 409: one task by its id; whoever holds it already gets a new lease', async () => {
    const batch = await newBatch();
    const [first, second] = [await worker(), await worker()];
    const ids = (await fovea.call('POST', `/v1/projects/${project}/tasks/query`, { body: { filter: { batchId: batch.id } } })).body.data.map((one: any) => one.id);
    const take = (key: string, task: string) => fovea.call('POST', `/v1/projects/${project}/tasks/claim`, { key, body: { task } });
    const early = await take(first.key, ids[0]);
    expect([early.status, early.body.detail]).toEqual([409, expect.stringContaining('not open')]);
    await fovea.call('POST', `/v1/batches/${batch.id}/finalize`);
    const taken = await take(first.key, ids[0]);
    expect(taken.body.task).toMatchObject({ id: ids[0], claimedBy: first.email });
    const others = await take(second.key, ids[0]);
    expect([others.status, others.body.code]).toEqual([409, 'illegal_state']);
    const again = await take(first.key, ids[0]);
    expect(again.body.lease).not.toBe(taken.body.lease);
    expect((await fovea.call('POST', `/v1/tasks/${ids[0]}/renew`, { key: first.key, body: { lease: taken.body.lease } })).status).toBe(409);
    expect((await fovea.call('POST', `/v1/tasks/${ids[0]}/submit`, { key: first.key, body: { lease: again.body.lease } })).status).toBe(200);
  });
  test('batches.assignments 200: work is shared out by load, and each gets their own share first', async () => {
    for (let index = 0; index < 9; index++) await world.upload(`/${index}.png`);
    const [first, second] = [await worker(), await worker()];
    const batch = await newBatch({ assignments: [{ email: first.email, load: 30 }, { email: second.email, load: 70 }] });
    const { data } = (await fovea.call('GET', `/v1/batches/${batch.id}/assignments`)).body;
    expect(data.map((one: any) => [one.email, one.total])).toEqual([[first.email, 3], [second.email, 7]]);
  });
  test('batches.create 400, batches.assign 400: work is for members of the project; who is none is named', async () => {
    const [member, admin] = [await worker(), (await fovea.call('GET', '/v1/me')).body.user.email];
    const stranger = (await fovea.person({ orgId })).email;
    const assignments = [{ email: member.email, load: 50 }, { email: 'nobody@example.com', load: 20 }, { email: stranger, load: 30 }, { email: admin }];
    const batch = await newBatch();
    const answers = [
      await fovea.call('POST', '/v1/batches', { body: { project, name: 'b', assignments } }),
      await fovea.call('PUT', `/v1/batches/${batch.id}/assignments`, { body: { assignments } }),
    ];
    for (const { status, body } of answers) {
      expect([status, body.errors.map((error: any) => error.path)]).toEqual([400, ['body.assignments.1.email', 'body.assignments.2.email']]);
      expect(body.detail).toContain(`nobody@example.com, ${stranger}`);
    }
    expect((await fovea.call('GET', `/v1/batches/${batch.id}/assignments`)).body.data).toEqual([]);
    expect((await fovea.call('PUT', `/v1/batches/${batch.id}/assignments`, { body: { assignments: [{ email: member.email }, { email: admin }] } })).body.data).toHaveLength(2);
  });
  test('tasks.review 200, tasks.review 400, tasks.review 409: review sends back with a comment, accepts, and a reviewer never gets their own work', async () => {
    const newBatchOf = async (reviewShare: number) => {
      const made = await newBatch({ settings: { reviewShare } });
      await fovea.call('POST', `/v1/batches/${made.id}/finalize`);
      return made;
    };
    await newBatchOf(1);
    const { key } = await worker();
    const reviewer = await fovea.person({ orgId, project: { id: project, role: 'reviewer' } });
    const first = await claim(key);
    expect((await fovea.call('POST', `/v1/tasks/${first.task.id}/submit`, { key, body: { lease: first.lease } })).body).toMatchObject({ status: 'submitted', reviewStatus: 'pending' });
    const toReview = (await fovea.call('POST', `/v1/projects/${project}/tasks/claim`, { key: reviewer.key, body: { review: true } })).body.task;
    expect(toReview.id).toBe(first.task.id);
    const pinned = await fovea.call('POST', `/v1/tasks/${first.task.id}/review`, { key: reviewer.key, body: { verdict: 'reject', comment: 'Here.', annotation: newId() } });
    expect([pinned.status, pinned.body.errors]).toEqual([400, [{ path: 'body.annotation', message: "must be an annotation in the task's dataset" }]]);
    const sentBack = await fovea.call('POST', `/v1/tasks/${first.task.id}/review`, { key: reviewer.key, body: { verdict: 'reject', comment: 'Too loose.' } });
    expect(sentBack.body).toMatchObject({ status: 'pending', rounds: 1, reviewStatus: 'rejected' });
    expect((await fovea.call('POST', `/v1/tasks/${first.task.id}/review`, { key: reviewer.key, body: { verdict: 'accept' } })).status).toBe(409);
    const again = await claim(key);
    await fovea.call('POST', `/v1/tasks/${again.task.id}/submit`, { key, body: { lease: again.lease } });
    expect((await fovea.call('POST', `/v1/tasks/${first.task.id}/review`, { key: reviewer.key, body: { verdict: 'accept' } })).body).toMatchObject({ status: 'completed', reviewStatus: 'accepted' });
    expect((await fovea.call('POST', `/v1/tasks/${first.task.id}/review`, { key, body: { verdict: 'accept' } })).status).toBe(403);
    const own = await claim(reviewer.key, (await newBatchOf(1)).id);
    expect((await fovea.call('POST', `/v1/tasks/${own.task.id}/submit`, { key: reviewer.key, body: { lease: own.lease } })).body.status).toBe('submitted');
    const self = await fovea.call('POST', `/v1/tasks/${own.task.id}/review`, { key: reviewer.key, body: { verdict: 'accept' } });
    expect([self.status, self.body.detail]).toEqual([403, expect.stringContaining('yourself')]);
    // A reviewer who fixes what is completed adds to the item, not to drafts that nobody sees.
    await fovea.call('POST', `/v1/items/${item}/annotations?task=${first.task.id}`, { key: reviewer.key, body: { annotations: [box(7, 'added')] } });
    expect((await fovea.call('POST', `/v1/tasks/${first.task.id}/review`, { key: reviewer.key, body: { verdict: 'fix' } })).body).toMatchObject({ status: 'completed', reviewStatus: 'fixed' });
    expect((await fovea.call('GET', `/v1/items/${item}/annotations`)).body.data).toMatchObject([{ label: 'added', draft: false }]);
  });
  test('tasks.reopen 200, tasks.reopen 409: completed work is taken back with a comment, what was drawn stays, and the batch goes on', async () => {
    const batch = await newBatch();
    await fovea.call('POST', `/v1/batches/${batch.id}/finalize`);
    const { key } = await worker();
    const first = await claim(key);
    const path = `/v1/tasks/${first.task.id}`;
    await fovea.call('POST', `/v1/items/${item}/annotations?task=${first.task.id}`, { key, body: { annotations: [box(7, 'drawn')] } });
    const early = await fovea.call('POST', `${path}/reopen`, { body: {} });
    expect([early.status, early.body.detail]).toEqual([409, expect.stringContaining('claimed; possible now')]);
    await fovea.call('POST', `${path}/submit`, { key, body: { lease: first.lease } });
    expect((await fovea.call('GET', `/v1/batches/${batch.id}`)).body.status).toBe('completed');
    expect((await fovea.call('POST', `${path}/reopen`, { key, body: {} })).status).toBe(403);
    const taken = await fovea.call('POST', `${path}/reopen`, { body: { comment: 'One is missing.' } });
    expect(taken.body).toMatchObject({ status: 'pending', completedAt: null, reviewStatus: null, rounds: 1, reviewComments: [{ comment: 'One is missing.' }] });
    expect((await fovea.call('GET', `/v1/batches/${batch.id}`)).body).toMatchObject({ status: 'in_progress', counts: { pending: 1, completed: 0 } });
    const again = await claim(key);
    expect(again.task.id).toBe(first.task.id);
    await fovea.call('POST', `/v1/items/${item}/annotations?task=${first.task.id}`, { key, body: { annotations: [box(9, 'missing')] } });
    expect((await fovea.call('POST', `${path}/submit`, { key, body: { lease: again.lease } })).body.status).toBe('completed');
    expect((await fovea.call('GET', `/v1/items/${item}/annotations`)).body.data).toMatchObject([{ label: 'drawn', draft: false }, { label: 'missing', draft: false }]);
    expect((await fovea.call('GET', `/v1/batches/${batch.id}`)).body.status).toBe('completed');
  });
  test('consensus: each person labels an item once', async () => {
    const batch = await newBatch({ settings: { people: 2 } });
    await fovea.call('POST', `/v1/batches/${batch.id}/finalize`);
    expect((await fovea.call('GET', `/v1/batches/${batch.id}`)).body.counts.total).toBe(2);
    const [first, second] = [await worker(), await worker()];
    expect((await claim(first.key)).task).not.toBeNull();
    expect((await claim(first.key)).task).toBeNull();
    expect((await claim(second.key)).task).not.toBeNull();
  });
  test('batches.list 200, batches.update 200, batches.update 412, batches.assign 200, batches.addItems 200, batches.cancel 200, batches.cancel 409, batches.assign 409, batches.addItems 409', async () => {
    const batch = await newBatch({ filter: { path: '/none' }, settings: { leaseSeconds: 60 } });
    const path = `/v1/batches/${batch.id}`;
    expect((await fovea.call('GET', `/v1/batches?project=${project}&status=staging`)).body.data.map((one: any) => one.id)).toEqual([batch.id]);
    expect((await fovea.call('PATCH', path, { body: { priority: 5, settings: { reviewShare: 0.5 } } })).body).toMatchObject({ priority: 5, settings: { reviewShare: 0.5, people: 1, leaseSeconds: 60 } });
    expect((await fovea.call('PATCH', path, { body: { priority: 6 }, headers: { 'if-match': '"1"' } })).status).toBe(412);
    expect((await fovea.call('PUT', `${path}/assignments`, { body: { assignments: [{ email: (await worker()).email }] } })).body.data).toHaveLength(1);
    expect((await fovea.call('POST', `${path}/items`, { body: { filter: {} } })).body).toEqual({ added: 1 });
    expect((await fovea.call('POST', `${path}/items`, { body: { filter: {} } })).body).toEqual({ added: 0 });
    expect((await fovea.call('POST', `${path}/cancel`)).body).toMatchObject({ status: 'cancelled', counts: { cancelled: 1 } });
    expect((await fovea.call('POST', `${path}/cancel`)).status).toBe(409);
    expect((await fovea.call('PUT', `${path}/assignments`, { body: { assignments: [] } })).status).toBe(409);
    expect((await fovea.call('POST', `${path}/items`, { body: { filter: {} } })).status).toBe(409);
  });
  test('tasks.create 201, tasks.create 409 names the task that has the unique id, tasks.update 200, tasks.update 409, tasks.update 412, tasks.get 200, tasks.query 200, tasks.cancel 200', async () => {
    const made = await fovea.call('POST', '/v1/tasks', { body: { project, item, type: 'categorization', params: { categories: ['a', 'b'] }, uniqueId: 'u-1', tags: ['a'] } });
    expect(made.status).toBe(201);
    const twice = await fovea.call('POST', '/v1/tasks', { body: { project, item, uniqueId: 'u-1' } });
    expect([twice.status, twice.body.detail]).toEqual([409, expect.stringContaining(made.body.id)]);
    expect((await fovea.call('PATCH', `/v1/tasks/${made.body.id}`, { body: { tags: ['b'] } })).body.tags).toEqual(['b']);
    const other = (await fovea.call('POST', '/v1/tasks', { body: { project, item } })).body;
    expect((await fovea.call('PATCH', `/v1/tasks/${other.id}`, { body: { uniqueId: 'u-1' } })).status).toBe(409);
    expect((await fovea.call('PATCH', `/v1/tasks/${other.id}`, { body: { priority: 1 }, headers: { 'if-match': '"9"' } })).status).toBe(412);
    expect((await fovea.call('GET', `/v1/tasks/${other.id}`)).body.id).toBe(other.id);
    expect((await fovea.call('POST', `/v1/projects/${project}/tasks/query`, { body: { filter: { tags: 'b', status: 'pending' } } })).body.data).toHaveLength(1);
    expect((await fovea.call('POST', `/v1/tasks/${made.body.id}/cancel`, { body: { clearUniqueId: true } })).body).toMatchObject({ status: 'cancelled', uniqueId: null });
  });
});
