// What people hand in through the native API, in the protocol's words: a task of each family.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { encodeRle, rasterize } from '@fovea/geometry';
import sharp from 'sharp';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { drawVideo } from '../../media/samples/index.ts';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';

let fovea: TestPlatform;
let files: Server;
let origin: string;
let png: string;

beforeAll(async () => {
  fovea = await startTestPlatform();
  const bytes = await sharp({ create: { width: 20, height: 10, channels: 3, background: '#336699' } }).png().toBuffer();
  const video = await drawVideo({ seconds: 1, fps: 3, width: 64, height: 48, seed: 1 });
  files = createServer((request, response) => {
    if (request.url === '/video.webm') response.setHeader('content-type', 'video/webm').end(video.bytes);
    else response.setHeader('content-type', 'image/png').end(bytes);
  });
  await new Promise<void>((resolve) => void files.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(files.address() as AddressInfo).port}`;
  png = `${origin}/image.png`;
});
afterAll(async () => {
  files.closeAllConnections();
  files.close();
  await fovea.close();
});

async function scale(method: string, path: string, body?: unknown): Promise<any> {
  const headers = { authorization: `Basic ${Buffer.from(`${fovea.key}:`).toString('base64')}`, 'content-type': 'application/json' };
  return (await fovea.call(method, `/scale/v1/${path}`, { key: null, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })).body;
}

let serial = 0;

/** Makes a task, has it claimed, drawn on and handed in, and gives its response. */
async function done(type: string, params: object, work: { annotations?: object[]; response?: object }): Promise<any> {
  const name = `human ${++serial}`;
  await scale('POST', 'projects', { name, type, params: {} });
  const { task_id: id } = await scale('POST', `task/${type}`, { project: name, ...params });
  const project = (await fovea.call('GET', '/v1/projects?limit=1000')).body.data.find((one: any) => one.name === name);
  let claimed: any;
  // A task with an attachment is given out once the attachment is there.
  await expect.poll(async () => (claimed = (await fovea.call('POST', `/v1/projects/${project.id}/tasks/claim`, { body: {} })).body).task?.status, { timeout: 20_000 }).toBe('claimed');
  if (work.annotations) {
    await expect.poll(async () => (await fovea.call('GET', `/v1/tasks/${claimed.task.id}`)).body.itemId, { timeout: 20_000 }).not.toBe(null);
    const { itemId } = (await fovea.call('GET', `/v1/tasks/${claimed.task.id}`)).body;
    await fovea.probed(itemId);
    const drawn = await fovea.call('POST', `/v1/items/${itemId}/annotations?task=${claimed.task.id}`, { body: { annotations: work.annotations } });
    expect(drawn.body.errors ?? drawn.status).toBe(201);
  }
  const submitted = await fovea.call('POST', `/v1/tasks/${claimed.task.id}/submit`, { body: { lease: claimed.lease, response: work.response ?? {} } });
  expect(submitted.body.detail ?? submitted.status).toBe(200);
  const task = await scale('GET', `task/${id}`);
  expect(task.status).toBe('completed');
  return task.response;
}

test('shapes of every kind', async () => {
  const geometries = Object.fromEntries(['box', 'polygon', 'line', 'point', 'ellipse', 'cuboid'].map((kind) => [kind, { objects_to_annotate: ['car'] }]));
  const { annotations } = await done('imageannotation', { attachment: png, geometries: { ...geometries, box: { objects_to_annotate: ['car'], can_rotate: true } } }, {
    annotations: [
      { type: 'rotated_box', label: 'car', geometry: { type: 'rotated_box', cx: 10, cy: 5, width: 4, height: 2, angle: 0.5 } },
      { type: 'polyline', label: 'car', geometry: { type: 'polyline', points: [[1, 1], [4, 2]] } },
      { type: 'point', label: 'car', geometry: { type: 'point', x: 3, y: 4 } },
      { type: 'ellipse', label: 'car', geometry: { type: 'ellipse', cx: 8, cy: 5, rx: 3, ry: 2, angle: 0 } },
    ],
  });
  expect(annotations).toMatchObject([
    { type: 'box', label: 'car', left: 8, top: 4, width: 4, height: 2, rotation: 0.5, vertices: [{}, {}, {}, {}] },
    { type: 'line', vertices: [{ x: 1, y: 1 }, { x: 4, y: 2 }] },
    { type: 'point', x: 3, y: 4 },
    { type: 'ellipse', vertices: [{ x: 11, y: 5 }, { x: 8, y: 7 }, { x: 5, y: 5 }, { x: 8, y: 3 }] },
  ]);
});

test('a segmentation: index, count and picture of each label', async () => {
  const rle = (x: number, width: number) => encodeRle(rasterize({ type: 'box', x, y: 0, width, height: 10 }, { width: 20, height: 10 })!);
  const mask = (label: string, x: number, width: number) => ({ type: 'mask', label, geometry: { type: 'mask', rle: rle(x, width) } });
  const { labelMapping, annotations } = await done('segmentannotation', { attachment: png, labels: ['road', { choice: 'person', instance_label: true }] }, { annotations: [mask('road', 0, 5), mask('person', 5, 2), mask('person', 10, 3)] });
  expect(labelMapping.road).toMatchObject({ index: 1, numPixels: 50 });
  expect(labelMapping.person.map((one: any) => [one.index, one.numPixels])).toEqual([[2, 20], [3, 30]]);
  const { data, info } = await sharp(Buffer.from(await (await fetch(annotations.combined.indexedImage)).arrayBuffer())).extractChannel(0).raw().toBuffer({ resolveWithObject: true });
  expect([info.width, info.height, ...[0, 5, 8, 10].map((at) => data[at])]).toEqual([20, 10, 1, 2, 0, 3]);
  expect(annotations.labeled.person).toHaveLength(2);
});

test.each<[string, () => object, object, object]>([
  ['categorization', () => ({ attachment: 'https://example.com', attachment_type: 'website', categories: ['public', 'private'], category_ids: { a: 'public', b: 'private' } }), { category: 'private' }, { category: 'private', category_id: 'b' }],
  ['comparison', () => ({ attachments: [png, `${png}?2`], attachment_type: 'image', choices: ['yes', 'no'] }), { choice: 'no' }, { choice: 'no' }],
  ['transcription', () => ({ attachment: 'https://example.com', attachment_type: 'website', fields: { title: 'The title' } }), { fields: { title: 'Example' } }, { fields: { title: 'Example' } }],
  ['datacollection', () => ({ attachment: 'https://example.com', attachment_type: 'website', fields: { hours: 'Hours' } }), { hours: '9 to 5' }, { fields: { hours: '9 to 5' } }],
  ['textcollection', () => ({ attachments: [{ type: 'text', content: 'Hello' }], fields: [{ type: 'text', field_id: 'why', title: 'Why?' }] }), { why: 'Because' }, { annotations: { why: 'Because' } }],
  ['namedentityrecognition', () => ({ text: 'Anna met Ben', labels: [{ name: 'person', description: 'A person' }] }), { annotations: [{ id: '1', start: 0, end: 4, text: 'Anna', label: 'person' }] }, { annotations: [{ start: 0, end: 4, text: 'Anna', label: 'person' }], relationships: [] }],
])('answers: %s', async (type, params, response, expected) => {
  expect(await done(type, params(), { response })).toMatchObject(expected);
});

test('frames of a video: one name through all, a file for the frames', async () => {
  const box = (x: number) => ({ type: 'box', x, y: 1, width: 4, height: 4 });
  const { annotations } = await done('videoannotation', { attachment: `${origin}/video.webm`, attachment_type: 'video', geometries: { box: { objects_to_annotate: ['car'] } } }, {
    annotations: [{ type: 'box', label: 'car', geometry: box(1), frame: 0, endFrame: 2, keyframes: [{ frame: 0, geometry: box(1) }, { frame: 2, geometry: box(5) }] }],
  });
  const frames: any = await (await fetch(annotations.url)).json();
  expect(frames.map((frame: any) => frame.annotations.map((one: any) => [one.left, one.uuid === frames[0].annotations[0].uuid]))).toEqual([[[1, true]], [[3, true]], [[5, true]]]);
});

test('who labels and no more is shown, of a batch with known answers, only what they have or had in hand', async () => {
  const { id: orgId } = (await fovea.call('GET', '/v1/me')).body.organization;
  await scale('POST', 'projects', { name: 'known', type: 'textcollection', params: {} });
  await scale('POST', 'batches', { project: 'known', name: 'known', callback: '' });
  for (let index = 0; index < 3; index++) await scale('POST', 'task/textcollection', { project: 'known', batch: 'known', attachments: [{ type: 'text', content: 'a' }], fields: [{ type: 'text', field_id: 'a', title: 'A' }] });
  const project = (await fovea.call('GET', '/v1/projects?name=known')).body.data[0].id;
  const worker = await fovea.person({ orgId, project: { id: project, role: 'annotator' } });
  const listed = async (key: string) => {
    const headers = { authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}` };
    const { docs, total } = (await fovea.call('GET', '/scale/v1/tasks?batch=known', { key: null, headers })).body;
    return [docs.length, total];
  };
  expect(await listed(worker.key)).toEqual([3, 3]);
  const held = (await fovea.call('POST', `/v1/projects/${project}/tasks/claim`, { key: worker.key, body: {} })).body.task.id;
  await fovea.platform.engines.db.run(sql`update tasks set honeypot = true where id = (select min(id::text)::uuid from tasks where project_id = ${project} and id <> ${held})`);
  expect([await listed(worker.key), await listed(fovea.key)]).toEqual([[1, 1], [3, 3]]);
});
