// What people send by mistake, and what others send on purpose: each answered clearly, nothing lost.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { newId } from '@fovea/contract';
import sharp from 'sharp';
import sql from 'sql-template-tag';
import { beforeEach, describe, expect, test } from 'vitest';
import { systemCaller } from '../identity/caller.ts';
import { startTestPlatform, type TestPlatform } from '../testing/platform.ts';
import { labelingWorld } from './testing.ts';

const world = labelingWorld();
let fovea: TestPlatform;
let orgId: string;
let project: string;
let dataset: string;
let item: string;
beforeEach(() => ({ fovea, orgId, project, dataset, item } = world));

const annotation = (geometry: { type: string; [key: string]: unknown }, more: object = {}) => ({ type: geometry.type, label: 'x', geometry, ...more });
const box = { type: 'box', x: 1, y: 1, width: 5, height: 5 };
const path = () => `/v1/items/${item}/annotations`;
/** Whether the task was last written by the transaction that wrote its pre-labels. */
const writtenTogether = async (task: string) =>
  (await fovea.platform.engines.db.one<{ together: boolean }>(sql`select bool_and(a.xmin = t.xmin) as together from tasks t join annotations a on a.task_id = t.id where t.id = ${task}`)).together;
const circle = (corners: number) => Array.from({ length: corners }, (_, at) => [100 + 40 * Math.cos((2 * Math.PI * at) / corners), 50 + 40 * Math.sin((2 * Math.PI * at) / corners)]);

describe('annotations', () => {
  test.each<[string, object, string]>([
    ['a polygon with two points', annotation({ type: 'polygon', points: [[1, 1], [2, 2]] }), 'at least 3 points'],
    ['a hole with two points', annotation({ type: 'polygon', points: [[1, 1], [9, 1], [9, 9]], holes: [[[2, 2], [3, 3]]] }), 'at least 3 points'],
    ['coordinates outside', annotation({ ...box, x: 5_000 }), '200'],
    ['a point next to the picture', annotation({ type: 'point', x: 201, y: 5 }), 'wholly outside'],
    ['a negative width', annotation({ ...box, width: -1 }), 'negative'],
    ['a number as text', annotation({ ...box, x: '1' }), 'finite number'],
    ['more than 100,000 vertices', annotation({ type: 'polygon', points: circle(100_001) }), '100,000'],
    ['a mask of another size', annotation({ type: 'mask', rle: { size: [3, 3], counts: [9] } }), '200'],
    ['runs that do not fill the mask', annotation({ type: 'mask', rle: { size: [100, 200], counts: [5] } }), '20'],
    ['a frame past the end', annotation(box, { frame: 7 }), 'frame'],
    ['a key frame past the end', annotation(box, { frame: 0, endFrame: 0, keyframes: [{ frame: 0, geometry: box }, { frame: 9, geometry: box }] }), 'frame'],
    ['an end before the beginning', annotation(box, { frame: 0, endFrame: -1 }), 'endFrame'],
    ['a label of a megabyte', annotation(box, { label: 'x'.repeat(1_000_000) }), '500'],
    ['a confidence of two', annotation(box, { confidence: 2 }), 'confidence'],
    ['a field that annotations do not have', annotation(box, { colour: 'red' }), 'body.annotations.1.colour'],
    ['a field that the shape does not have', annotation({ ...box, depth: 3 }), 'body.annotations.1.geometry.depth'],
    ['a field that key frames do not have', annotation(box, { frame: 0, keyframes: [{ frame: 0, geometry: box, hidden: true }] }), 'body.annotations.1.keyframes.0.hidden'],
  ])('%s answers 400 and says so', async (_name, wrong, message) => {
    const { status, body } = await fovea.call('POST', path(), { body: { annotations: [annotation(box), wrong] } });
    expect([status, body.errors[0].path]).toEqual([400, expect.stringContaining('body.annotations.1')]);
    expect(JSON.stringify(body.errors)).toContain(message);
    expect(JSON.stringify(body).length).toBeLessThan(20_000);
    expect((await fovea.call('GET', path())).body.data).toEqual([]);
  });
  test.each(['NaN', '-Infinity', '1e999'])('%s as a coordinate answers 400', async (number) => {
    const text = JSON.stringify({ annotations: [annotation(box)] }).replace('"x":1', `"x":${number}`);
    expect((await fovea.call('POST', path(), { body: text, headers: { 'content-type': 'application/json' } })).status).toBe(400);
  });
  test('100,000 vertices are kept exactly', async () => {
    const points = circle(100_000);
    const made = await fovea.call('POST', path(), { body: { annotations: [annotation({ type: 'polygon', points })] } });
    expect(made.status).toBe(201);
    expect((await fovea.call('GET', `/v1/annotations/${made.body.data[0].id}`)).body.geometry.points).toEqual(points);
  });
  test('a field that nobody knows is refused by its name in edits, pre-labels and lines too; the lines without one are imported', async () => {
    const wrong = annotation(box, { colour: 'red' });
    const edit = (content: object) => fovea.call('POST', `/v1/items/${item}/operations`, { body: { operations: [{ opId: newId(), kind: 'create', annotationId: newId(), content }] } });
    const refused = [await edit(wrong), await edit(annotation({ ...box, depth: 3 })), await fovea.call('POST', '/v1/tasks', { body: { project, item, hypothesis: [wrong] } })];
    const paths = ['body.operations.0.content.colour', 'body.operations.0.content.geometry.depth', 'body.hypothesis.0.colour'];
    expect(refused.map(({ status, body }) => [status, body.errors[0].path])).toEqual(paths.map((at) => [400, at]));
    const lines = [annotation(box), wrong, annotation({ ...box, depth: 3 }), annotation(box, { itemID: item })].map((one) => JSON.stringify({ ...one, path: '/a.png' }));
    expect((await fovea.call('POST', `/v1/datasets/${dataset}/annotations/import`, { body: lines.join('\n') })).body).toEqual({
      imported: 1,
      failed: 3,
      errors: ['colour', 'geometry.depth', 'itemID'].map((field, index) => ({ line: index + 2, message: `${field}: is not a field of an annotation to import` })),
    });
  });
  test('on a deleted item: nothing can be added, edited or imported', async () => {
    const [{ id }] = (await fovea.call('POST', path(), { body: { annotations: [annotation(box)] } })).body.data;
    await fovea.call('DELETE', `/v1/items/${item}`);
    expect((await fovea.call('POST', path(), { body: { annotations: [annotation(box)] } })).status).toBe(404);
    expect((await fovea.call('POST', `/v1/items/${item}/operations`, { body: { operations: [{ opId: newId(), kind: 'create', annotationId: newId(), content: annotation(box) }] } })).status).toBe(404);
    const imported = await fovea.call('POST', `/v1/datasets/${dataset}/annotations/import`, { body: JSON.stringify({ ...annotation(box), itemId: item }) });
    expect(imported.body).toMatchObject({ imported: 0, failed: 1 });
    expect((await fovea.call('PATCH', `/v1/annotations/${id}`, { body: { label: 'y' } })).status).toBe(404);
    expect((await fovea.call('DELETE', `/v1/annotations/${id}`)).status).toBe(404);
    await fovea.call('POST', `/v1/items/${item}/restore`);
    expect((await fovea.call('GET', `/v1/annotations/${id}`)).status).toBe(200);
  });
});

describe('tasks', () => {
  const worker = () => fovea.person({ orgId, project: { id: project, role: 'annotator' } });
  const claim = async (key: string) => (await fovea.call('POST', `/v1/projects/${project}/tasks/claim`, { key, body: {} })).body;
  const create = async (body: object = {}) => (await fovea.call('POST', '/v1/tasks', { body: { project, item, ...body } })).body;

  test('a URL that cannot be reached: the task is in error and says why', async () => {
    const { id } = await create({ item: undefined, attachment: 'http://127.0.0.1:1/none.png' });
    await expect.poll(async () => (await fovea.call('GET', `/v1/tasks/${id}`)).body.status, { timeout: 30_000 }).toBe('error');
    const { error } = (await fovea.call('GET', `/v1/tasks/${id}`)).body;
    expect(error).toMatchObject({ message: expect.any(String), attachments: [{ url: 'http://127.0.0.1:1/none.png', statusCode: 502, message: expect.any(String) }] });
    expect((await fovea.call('POST', `/v1/tasks/${id}/cancel`, { body: {} })).body).toMatchObject({ code: 'illegal_state', current: { status: 'error' } });
  });
  test('submitted after the lease is lost: the work is kept, the loss told, and whoever holds it now goes on with it', async () => {
    const { id } = await create();
    const [first, second] = [await worker(), await worker()];
    const mine = await claim(first.key);
    const drawn = await fovea.call('POST', `${path()}?task=${id}`, { key: first.key, body: { annotations: [annotation(box)] } });
    await fovea.call('POST', `/v1/tasks/${id}/release`, { key: first.key, body: { lease: mine.lease } });
    const theirs = await claim(second.key);
    expect(theirs.task.id).toBe(id);
    const late = await fovea.call('POST', `/v1/tasks/${id}/submit`, { key: first.key, body: { lease: mine.lease } });
    expect(late.body).toMatchObject({ status: 409, code: 'illegal_state', detail: expect.stringContaining('no longer hold'), current: { id, status: 'claimed', claimedBy: second.email } });
    expect((await fovea.call('GET', `${path()}?task=${id}`, { key: second.key })).body.data.map((one: any) => one.id)).toEqual([drawn.body.data[0].id]);
    expect((await fovea.call('POST', `/v1/tasks/${id}/submit`, { key: second.key, body: { lease: theirs.lease } })).body.status).toBe('completed');
    expect((await fovea.call('GET', path())).body.data).toHaveLength(1);
  });
  test('finalised twice, cancelled after completion, cancelled twice: answers 409 and says what is possible', async () => {
    const batch = (await fovea.call('POST', '/v1/batches', { body: { project, name: 'b' } })).body.id;
    expect((await fovea.call('POST', `/v1/batches/${batch}/finalize`)).status).toBe(200);
    expect((await fovea.call('POST', `/v1/batches/${batch}/finalize`)).body).toMatchObject({ status: 409, code: 'illegal_state', detail: expect.stringContaining('in_progress') });
    const { id } = await create();
    const { key } = await worker();
    const { lease } = await claim(key);
    await fovea.call('POST', `/v1/tasks/${id}/submit`, { key, body: { lease } });
    expect((await fovea.call('POST', `/v1/tasks/${id}/cancel`, { body: {} })).body).toMatchObject({ status: 409, detail: expect.stringContaining('The task is completed; possible now: review') });
    expect((await fovea.call('POST', `/v1/tasks/${id}/submit`, { key, body: { lease } })).status).toBe(409);
    const other = await create();
    await fovea.call('POST', `/v1/tasks/${other.id}/cancel`, { body: {} });
    expect((await fovea.call('POST', `/v1/tasks/${other.id}/cancel`, { body: {} })).body).toMatchObject({ status: 409, detail: expect.stringContaining('cancelled') });
  });
  test('nobody can begin a task after its expiry; then it is cancelled, and its batch completed', async () => {
    const batch = (await fovea.call('POST', '/v1/batches', { body: { project, name: 'late' } })).body.id;
    await fovea.call('POST', `/v1/batches/${batch}/finalize`);
    const { id } = await create({ batch, expiresAt: new Date(Date.now() - 1_000).toISOString() });
    const [{ key }, kept] = [await worker(), await create({ expiresAt: new Date(Date.now() + 3_600_000).toISOString() })];
    expect((await fovea.call('POST', `/v1/projects/${project}/tasks/claim`, { key, body: { task: id } })).status).toBe(409);
    await fovea.platform.rooms.tasks.expire();
    expect((await fovea.call('GET', `/v1/tasks/${id}`)).body.status).toBe('cancelled');
    expect((await fovea.call('GET', `/v1/tasks/${kept.id}`)).body.status).toBe('pending');
    expect((await claim(key)).task.id).toBe(kept.id);
  });
  test('pre-labels that do not fit their item are refused with the task; those of an attachment come when it does', async () => {
    const wrong = await fovea.call('POST', '/v1/tasks', { body: { project, item, hypothesis: [annotation({ ...box, x: 5_000 })] } });
    expect([wrong.status, wrong.body.errors[0].path]).toEqual([400, 'body.hypothesis.0']);
    const { id } = await create({ hypothesis: [annotation(box)] });
    expect((await fovea.call('GET', `${path()}?task=${id}`)).body.data).toHaveLength(1);
    const picture = await sharp({ create: { width: 50, height: 50, channels: 3, background: '#336699' } }).png().toBuffer();
    const files = createServer((_request, response) => response.setHeader('content-type', 'image/png').end(picture)).listen(0, '127.0.0.1');
    await once(files, 'listening');
    const fetched = await create({ item: undefined, attachment: `http://127.0.0.1:${(files.address() as AddressInfo).port}/b.png`, hypothesis: [annotation(box)] });
    const arrived = async () => (await fovea.call('GET', `/v1/tasks/${fetched.id}`)).body.itemId;
    await expect.poll(arrived, { timeout: 20_000 }).not.toBeNull();
    const prelabels = async () => (await fovea.call('GET', `/v1/items/${await arrived()}/annotations?task=${fetched.id}`)).body.data;
    await expect.poll(async () => (await prelabels()).length, { timeout: 20_000 }).toBe(1);
    // A kill at any moment leaves a task with its pre-labels or no such task: one transaction wrote both.
    expect(await writtenTogether(id)).toBe(true);
    expect(await writtenTogether(fetched.id)).toBe(true);
    // Prepared once more, as a message is that was not acknowledged: nothing is doubled.
    const { platform: { rooms: { attachments, tasks } } } = fovea;
    const pending = { ...(await tasks.get(systemCaller(orgId), fetched.id)), itemId: null };
    await attachments.prepareNative(pending, new AbortController().signal);
    expect(await prelabels()).toHaveLength(1);
    files.close();
  });
  test('pre-labels that cannot be written refuse the task: with an id that is taken, on nothing; those that do not fit the attachment put it in error', async () => {
    const [{ id }] = (await fovea.call('POST', path(), { body: { annotations: [annotation(box)] } })).body.data;
    const taken = await fovea.call('POST', '/v1/tasks', { body: { project, item, hypothesis: [{ ...annotation(box), id }] } });
    expect([taken.status, taken.body.detail]).toEqual([409, expect.stringContaining('hypothesis')]);
    expect((await fovea.call('POST', `/v1/projects/${project}/tasks/query`, { body: {} })).body.data).toEqual([]);
    const nowhere = await fovea.call('POST', '/v1/tasks', { body: { project, type: 'textcollection', params: { fields: [{ type: 'text', field_id: 'a', title: 'A' }] }, attachment: 'some words', hypothesis: [annotation(box)] } });
    expect([nowhere.status, nowhere.body.errors[0].path]).toEqual([400, 'body.hypothesis']);
    const files = createServer((_request, response) => response.setHeader('content-type', 'image/png').end('x')).listen(0, '127.0.0.1');
    await once(files, 'listening');
    const crooked = await create({ item: undefined, attachment: `http://127.0.0.1:${(files.address() as AddressInfo).port}/c.png`, hypothesis: [annotation(box, { frame: 2, endFrame: 1 })] });
    await expect.poll(async () => (await fovea.call('GET', `/v1/tasks/${crooked.id}`)).body.status, { timeout: 20_000 }).toBe('error');
    expect((await fovea.call('GET', `/v1/tasks/${crooked.id}`)).body.error).toMatchObject({ message: expect.stringContaining('pre-labels'), hypothesis: [{ path: 'hypothesis.0' }] });
    files.close();
  });
});

describe('callbacks', () => {
  const targets = ['http://127.0.0.1/x', 'http://169.254.169.254/latest', 'http://[::ffff:10.0.0.1]/', 'http://2130706433/', 'http://localhost:9/', 'ftp://example.com/x', 'http://user:secret@example.com/'];
  test('to a private address are refused where projects, tasks, batches and jobs are made, unless private networks are allowed', async () => {
    const closed = await startTestPlatform({ working: false, allowPrivateNetwork: false });
    try {
      const place = (await closed.call('POST', '/v1/projects', { body: { name: 'p' } })).body.id;
      const batch = (await closed.call('POST', '/v1/batches', { body: { project: place, name: 'b' } })).body.id;
      for (const callbackUrl of targets) {
        for (const [method, url, body] of [['POST', '/v1/projects', { name: 'q' }], ['PATCH', `/v1/projects/${place}`, {}], ['POST', '/v1/tasks', { project: place }], ['POST', '/v1/batches', { project: place, name: 'c' }], ['PATCH', `/v1/batches/${batch}`, {}], ['POST', '/v1/jobs', { project: place, analytic: 'fovea/media-info', inputs: {} }]] as const) {
          const refused = await closed.call(method, url, { body: { ...body, callbackUrl } });
          expect([url, callbackUrl, refused.status, refused.body.code]).toEqual([url, callbackUrl, 403, 'address_refused']);
          expect(JSON.stringify(refused.body)).not.toContain('secret');
        }
        const scale = await closed.call('POST', '/scale/v1/task/imageannotation', { body: { attachment: 'https://example.com/a.png', geometries: { box: { objects_to_annotate: ['a'] } }, callback_url: callbackUrl } });
        expect([callbackUrl, scale.status]).toEqual([callbackUrl, 400]);
      }
      expect((await closed.call('POST', `/v1/projects/${place}/tasks/query`, { body: {} })).body.data).toEqual([]);
    } finally {
      await closed.close();
    }
    expect((await fovea.call('POST', '/v1/tasks', { body: { project, item, callbackUrl: 'http://127.0.0.1:9/' } })).status).toBe(201);
  });
});
