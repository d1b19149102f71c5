import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatNames } from '@fovea/contract';
import sharp from 'sharp';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openFiles } from '../../media/archives/index.ts';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';

// Some go through every format.
vi.setConfig({ testTimeout: 120_000 });

let fovea: TestPlatform;
let project: string;
let dataset: string;
let folder: string;
const items = new Map<string, string>();

const picture = (red: number) => sharp({ create: { width: 64, height: 48, channels: 3, background: { r: red, g: 9, b: 9 } } }).png().toBuffer();
const box = (label: string, x: number, more: object = {}) => ({ type: 'box', label, geometry: { type: 'box', x, y: 4, width: 10, height: 8 }, ...more });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-exports-'));
  fovea = await startTestPlatform();
  project = (await fovea.call('POST', '/v1/projects', { body: { name: 'p' } })).body.id;
  dataset = (await fovea.call('POST', '/v1/datasets', { body: { project, name: 'Straße 1' } })).body.id;
  for (const [index, path] of ['/a.png', '/sub/b.png', '/sub/c.png'].entries()) {
    const metadata = index === 2 ? '' : `&metadata=${encodeURIComponent(JSON.stringify({ split: index === 0 ? 'train' : 'val' }))}`;
    const { body } = await fovea.call('POST', `/v1/datasets/${dataset}/items?path=${path}${metadata}`, { body: await picture(index * 40) });
    items.set(path, body.item.id);
  }
  await fovea.call('POST', `/v1/datasets/${dataset}/items?path=/notes.txt`, { body: 'notes' });
  const ellipse = { type: 'ellipse', label: 'wheel', geometry: { type: 'ellipse', cx: 20, cy: 20, rx: 5, ry: 5 } };
  await fovea.call('POST', `/v1/items/${items.get('/a.png')}/annotations`, { body: { annotations: [box('car', 1), box('tree', 20, { confidence: 0.25 }), ellipse] } });
  await fovea.call('POST', `/v1/items/${items.get('/sub/b.png')}/annotations`, { body: { annotations: [box('car', 5), { type: 'text', label: 'plate', geometry: { type: 'text', text: 'AB 1' } }] } });
});
afterAll(async () => {
  await fovea.close();
  await rm(folder, { recursive: true, force: true });
});

async function exported(body: object, of = dataset): Promise<any> {
  const made = await fovea.call('POST', `/v1/datasets/${of}/exports`, { body });
  if (made.status !== 202) throw new Error(JSON.stringify(made.body));
  return (await fovea.call('GET', `/v1/exports/${made.body.id}?waitSeconds=60`)).body;
}
async function archive(url: string): Promise<Buffer> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}
async function unpacked(bytes: Buffer): Promise<Record<string, Buffer>> {
  const room = await mkdtemp(join(folder, 'open-'));
  await writeFile(join(room, 'a.zip'), bytes);
  const files = await openFiles({ path: join(room, 'a.zip'), name: 'a.zip', bytes: bytes.length, folder: room });
  const found: Record<string, Buffer> = {};
  for await (const { path } of files.list()) found[path] = Buffer.concat(await Array.fromAsync(files.open(path) ?? []));
  await files.close();
  return found;
}
const filesOf = async (made: { url: string }) => unpacked(await archive(made.url));
const json = (bytes: Buffer | undefined) => JSON.parse(String(bytes));

describe('what is exported', () => {
  test('exports.create 202, exports.get 200: COCO by a signed link, with a report of what was lost', async () => {
    const made = await exported({ format: 'coco', splits: { by: 'none' } });
    expect(made).toMatchObject({ status: 'complete', format: 'coco', fileName: 'Stra-e-1-coco.zip', items: 3, progress: 1 });
    // The text item is no picture; the text annotation has no place in COCO; the ellipse becomes a mask or outline.
    expect(made.report).toMatchObject({ items: 3, kept: 3, approximated: 1, dropped: 1 });
    expect(made.report.notes).toContainEqual({ outcome: 'noted', path: 'notes.txt', how: 'item left out: it is no image, video or scan, and has no annotations' });
    expect(made.report.notes.filter((note: any) => note.outcome === 'dropped')).toHaveLength(1);
    const files = await filesOf(made);
    expect(Object.keys(files)).toEqual(['annotations/instances_default.json']);
    const coco = json(files['annotations/instances_default.json']);
    expect(coco.images.map((image: any) => image.file_name)).toEqual(['a.png', 'sub/b.png', 'sub/c.png']);
    expect(coco.images[0]).toMatchObject({ width: 64, height: 48 });
    expect(coco.categories.map(({ name }: any) => name)).toEqual(['car', 'plate', 'tree', 'wheel']);
    expect(coco.annotations.map(({ bbox }: any) => bbox)).toEqual(expect.arrayContaining([[1, 4, 10, 8], [20, 4, 10, 8], [5, 4, 10, 8]]));
    const command = (await fovea.call('GET', `/v1/commands/${made.id}`)).body;
    expect(command).toMatchObject({ kind: 'datasets.export', status: 'complete', result: { export: made.id, items: 3, kept: 3, approximated: 1, dropped: 1 } });
    expect((await archive(command.result.url)).length).toBe(made.sizeBytes);
  });

  test('equal contents give an equal archive, byte for byte', async () => {
    for (const format of ['coco', 'yolo', 'cvat', 'parquet', 'datumaro'] as const) {
      const [one, two] = [await exported({ format, media: 'included' }), await exported({ format, media: 'included' })];
      expect([format, one.status, two.sha256]).toEqual([format, 'complete', one.sha256]);
      expect(createHash('sha256').update(await archive(two.url)).digest('hex')).toBe(one.sha256);
    }
  });

  test('every format is written', async () => {
    for (const format of formatNames) {
      const made = await exported({ format, media: 'included' });
      expect([format, made.status, made.message]).toEqual([format, 'complete', null]);
      expect([format, Object.keys(await filesOf(made)).length > 0]).toEqual([format, made.report.items > 0]);
    }
  });

  test('media are included as they are, linked with their digests, or left out', async () => {
    const included = await filesOf(await exported({ format: 'coco', media: 'included' }));
    expect(included['images/a.png']?.equals(await picture(0))).toBe(true);
    const linked = await filesOf(await exported({ format: 'coco', media: 'linked' }));
    const [head, first = ''] = String(linked['media.csv']).trim().split('\n');
    expect([head, Object.keys(linked).some((path) => path.startsWith('images/'))]).toEqual(['path,url,sha256,bytes', false]);
    const [path, url = '', sha256, bytes] = first.split(',');
    expect([path, bytes]).toEqual(['images/a.png', String((await picture(0)).length)]);
    const media = Buffer.from(await (await fetch(url, { headers: { authorization: `Bearer ${fovea.key}` } })).arrayBuffer());
    expect(createHash('sha256').update(media).digest('hex')).toBe(sha256);
  });

  test('splits are folders and files of the format, or lists beside one whole', async () => {
    expect(Object.keys(await filesOf(await exported({ format: 'coco' })))).toEqual(['annotations/instances_default.json', 'annotations/instances_train.json', 'annotations/instances_val.json']);
    const lists = await filesOf(await exported({ format: 'coco', splitStyle: 'lists' }));
    expect(Object.keys(lists)).toEqual(['annotations/instances_default.json', 'splits/train.txt', 'splits/val.txt']);
    expect(String(lists['splits/val.txt'])).toBe('images/sub/b.png\n');
    const yolo = await filesOf(await exported({ format: 'yolo' }));
    expect(Object.keys(yolo)).toEqual(expect.arrayContaining(['data.yaml', 'labels/train/a.txt', 'labels/val/sub/b.txt']));
    const yoloLists = await filesOf(await exported({ format: 'yolo', splitStyle: 'lists', media: 'included' }));
    expect(Object.keys(yoloLists).sort()).toEqual(['data.yaml', 'images/a.png', 'images/sub/b.png', 'images/sub/c.png', 'labels/a.txt', 'labels/sub/b.txt', 'labels/sub/c.txt', 'train.txt', 'val.txt']);
    expect([String(yoloLists['val.txt']), String(yoloLists['data.yaml'])]).toEqual(['./images/sub/b.png\n', expect.stringContaining('val: val.txt')]);
    const folders = await filesOf(await exported({ format: 'coco', splits: { by: 'folder' } }));
    expect(json(folders['annotations/instances_sub.json']).images).toHaveLength(2);
    const drawn = { by: 'share', splits: { parts: [{ name: 'train', share: 1 }] } };
    expect(Object.keys(await filesOf(await exported({ format: 'coco', splits: drawn })))).toEqual(['annotations/instances_train.json']);
  });

  test('filters choose items and annotations', async () => {
    const made = await exported({ format: 'coco', filter: { folder: '/sub' }, annotations: { label: 'car' }, splits: { by: 'none' } });
    const coco = json((await filesOf(made))['annotations/instances_default.json']);
    expect([coco.images.length, coco.annotations.length, made.report.kept, made.report.dropped]).toEqual([2, 1, 1, 0]);
  });

  test('labels come in the order of the recipe, with its colours, attributes and unused ones', async () => {
    const labels = [{ name: 'tree', color: '#00ff00' }, { name: 'unused' }, { name: 'car', keypoints: ['a', 'b'], skeleton: [[0, 1]] }];
    const recipe = (await fovea.call('POST', '/v1/recipes', { body: { project, name: 'r', labels, attributes: [{ key: 'wet', type: 'boolean' }] } })).body.id;
    await fovea.call('PATCH', `/v1/datasets/${dataset}`, { body: { recipeId: recipe } });
    const coco = json((await filesOf(await exported({ format: 'coco', splits: { by: 'none' } })))['annotations/instances_default.json']);
    await fovea.call('PATCH', `/v1/datasets/${dataset}`, { body: { recipeId: null } });
    expect(coco.categories.map(({ name }: any) => name)).toEqual(['tree', 'unused', 'car', 'plate', 'wheel']);
    expect(coco.categories[2]).toMatchObject({ keypoints: ['a', 'b'], skeleton: [[1, 2]] });
  });

  test('a recipe that was deleted does not stand in the way', async () => {
    const recipe = (await fovea.call('POST', '/v1/recipes', { body: { project, name: 'gone', labels: [{ name: 'tree' }] } })).body.id;
    await fovea.call('PATCH', `/v1/datasets/${dataset}`, { body: { recipeId: recipe } });
    await fovea.call('DELETE', `/v1/recipes/${recipe}`);
    expect((await exported({ format: 'coco' })).status).toBe('complete');
    await fovea.call('PATCH', `/v1/datasets/${dataset}`, { body: { recipeId: null } });
  });

  test('a version is exported as it was, whatever the dataset is now', async () => {
    const other = (await fovea.call('POST', '/v1/datasets', { body: { project, name: 'versioned' } })).body.id;
    const item = (await fovea.call('POST', `/v1/datasets/${other}/items?path=/v.png`, { body: await picture(3) })).body.item.id;
    await fovea.probed(item);
    const annotation = (await fovea.call('POST', `/v1/items/${item}/annotations`, { body: { annotations: [box('car', 2)] } })).body.data[0].id;
    const commit = (await fovea.call('POST', `/v1/datasets/${other}/versions`, { body: {} })).body;
    const { versionId } = (await fovea.call('GET', `/v1/commands/${commit.id}?waitSeconds=30`)).body.result;
    await fovea.call('PATCH', `/v1/annotations/${annotation}`, { body: { label: 'van' } });
    const made = await exported({ format: 'coco', version: 'latest', media: 'included' }, other);
    expect(made).toMatchObject({ status: 'complete', request: { version: versionId } });
    const coco = json((await filesOf(made))['annotations/instances_default.json']);
    expect([coco.categories[0].name, coco.annotations[0].bbox, coco.images[0].width]).toEqual(['car', [2, 4, 10, 8], 64]);
    expect((await fovea.call('POST', `/v1/datasets/${other}/exports`, { body: { format: 'coco', version: 'v1', filter: { path: '/a' } } })).body.errors[0].path).toBe('body.filter');
    expect((await fovea.call('POST', `/v1/datasets/${other}/exports`, { body: { format: 'coco', version: 'v9' } })).status).toBe(404);
  });

  test('a dataset without items gives files without items', async () => {
    const empty = (await fovea.call('POST', '/v1/datasets', { body: { project, name: 'empty' } })).body.id;
    for (const format of formatNames) expect((await exported({ format }, empty)).status).toBe('complete');
  });
});

describe('the other operations', () => {
  test('formats.list 200: every format with its table', async () => {
    const { data } = (await fovea.call('GET', '/v1/formats')).body;
    expect(data.map(({ name }: any) => name)).toEqual([...formatNames]);
    expect(data.find(({ name }: any) => name === 'tfrecord')).toMatchObject({ canImport: false, canExport: true });
    expect(data[0].table.types.ellipse.fit).toBe('approximated');
  });
  test('exports.list 200: newest first, without notes', async () => {
    const { data } = (await fovea.call('GET', `/v1/datasets/${dataset}/exports?limit=2`)).body;
    expect(data).toHaveLength(2);
    expect(data[0].id > data[1].id).toBe(true);
    expect(data[0].report.notes).toEqual([]);
  });
  test('exports.losses 200: every loss, line by line', async () => {
    const made = await exported({ format: 'yolo' });
    const answer = await fetch(`${fovea.url}/v1/exports/${made.id}/losses`, { headers: { authorization: `Bearer ${fovea.key}` } });
    const { status } = answer;
    const lines = (await answer.text()).trim().split('\n').map((line) => JSON.parse(line));
    expect([status, lines.length]).toEqual([200, made.report.notes.length]);
    expect(made.report.sums.reduce((sum: number, one: any) => sum + one.count, 0)).toBe(lines.length);
  });
  test('exports.download 200 with a key, exports.download 416 past its end; exports.open 200 by the link, also its head and parts', async () => {
    const made = await exported({ format: 'coco' });
    const headers = { authorization: `Bearer ${fovea.key}` };
    expect((await fetch(`${fovea.url}/v1/exports/${made.id}/file`, { headers })).headers.get('content-disposition')).toContain(made.fileName);
    expect((await fetch(`${fovea.url}/v1/exports/${made.id}/file`, { headers: { ...headers, range: 'bytes=999999999-' } })).status).toBe(416);
    expect((await fetch(made.url, { method: 'HEAD' })).headers.get('content-length')).toBe(String(made.sizeBytes));
    expect((await (await fetch(made.url, { headers: { range: 'bytes=0-1' } })).text())).toBe('PK');
    expect((await fetch(made.url.replace('signature=', 'signature=A'))).status).toBe(403);
    expect((await fetch(made.url.replace(made.id, dataset))).status).toBe(403);
  });
  test('exports.download 409, exports.losses 409: not before it is complete', async () => {
    const made = await exported({ format: 'coco' });
    await fovea.platform.engines.db.run(sql`update dataset_exports set blob = null, losses = null, file_name = null where id = ${made.id}`);
    for (const what of ['file', 'losses']) expect((await fovea.call('GET', `/v1/exports/${made.id}/${what}`)).body.code).toBe('illegal_state');
  });
  test('exports.download 410, exports.open 410: an expired archive is gone, and its bytes are let go', async () => {
    const made = await exported({ format: 'coco' });
    await fovea.platform.engines.db.run(sql`update dataset_exports set expires_at = now() where id = ${made.id}`);
    await fovea.platform.rooms.exports.sweep();
    expect((await fovea.call('GET', `/v1/exports/${made.id}/file`)).status).toBe(410);
    expect((await fetch(made.url)).status).toBe(410);
    expect((await fovea.call('GET', `/v1/exports/${made.id}`)).body).toMatchObject({ url: null, sha256: null });
  });
  test('what is wrong with a request is said at once', async () => {
    const send = async (body: object) => (await fovea.call('POST', `/v1/datasets/${dataset}/exports`, { body })).body;
    expect((await send({ format: 'kitty' })).errors[0]).toMatchObject({ path: 'body.format', message: expect.stringContaining('must be one of coco,') });
    expect((await send({ format: 'coco', filter: { colour: 'red' } })).detail).toContain('colour');
    expect((await send({ format: 'coco', annotations: { lable: 'x' } })).detail).toContain('lable');
    expect((await send({ format: 'coco', media: 'all' })).status).toBe(400);
  });
  test('a cancelled export stops', async () => {
    const { body } = await fovea.call('POST', `/v1/datasets/${dataset}/exports`, { body: { format: 'coco' } });
    const answer = await fovea.call('POST', `/v1/commands/${body.id}/cancel`);
    const { status } = (await fovea.call('GET', `/v1/exports/${body.id}?waitSeconds=30`)).body;
    expect(status).toBe(answer.status === 200 ? 'cancelled' : 'complete');
  });
});
