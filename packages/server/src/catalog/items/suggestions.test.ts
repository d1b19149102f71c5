import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';

let fovea: TestPlatform;
let dataset: string;
beforeAll(async () => {
  fovea = await startTestPlatform({ working: false });
  const project = (await fovea.call('POST', '/v1/projects', { body: { name: 'p' } })).body.id;
  dataset = (await fovea.call('POST', '/v1/datasets', { body: { project, name: 'd' } })).body.id;
  const put = async (path: string, metadata: object, query = '') =>
    (await fovea.call('POST', `/v1/datasets/${dataset}/items?path=${path}&metadata=${encodeURIComponent(JSON.stringify(metadata))}${query}`, { body: path })).body.item.id as string;
  const first = await put('/a.txt', { site: 'north', camera: { iso: 100 } }, '&labels=dusk,rain&channel=left');
  await put('/b.txt', { site: 'north', tags: ['x', 'y'] }, '&labels=dusk&channel=right');
  await put('/c.txt', { site: 'South', camera: { iso: 'auto' }, ok: true, 'a.b': 1 });
  await put('/d.txt', { site: 100 }, '&channel=left');
  const annotations = ['car', 'car', 'tree'].map((label) => ({ type: 'classification', label, geometry: { type: 'classification' } }));
  const made = await fovea.call('POST', `/v1/items/${first}/annotations`, { body: { annotations } });
  if (made.status !== 201) throw new Error(JSON.stringify(made.body));
});
afterAll(() => fovea.close());

const values = async (field: string, more = '') => (await fovea.call('GET', `/v1/datasets/${dataset}/values?field=${field}${more}`)).body.data;

test('items.fields 200: every field, and the keys of metadata that are in use with their types', async () => {
  const { data, examined } = (await fovea.call('GET', `/v1/datasets/${dataset}/fields`)).body;
  expect(examined).toBe(4);
  const byName = Object.fromEntries(data.map((field: any) => [field.name, field]));
  expect(byName['kind']).toMatchObject({ type: 'enum', items: null, values: expect.arrayContaining(['image']) });
  expect(byName['annotations.label']).toMatchObject({ type: 'text' });
  expect(data.filter((field: any) => field.name.startsWith('metadata.')).map((field: any) => [field.name, field.type, field.items])).toEqual([
    ['metadata.site', 'mixed', 4],
    ['metadata.camera.iso', 'mixed', 2],
    ['metadata.tags', 'text', 1],
    ['metadata.ok', 'boolean', 1],
  ]);
});

test('items.values 200: of metadata, the most frequent first, by their beginning', async () => {
  expect(await values('metadata.site')).toEqual([{ value: 'north', count: 2 }, { value: 'South', count: 1 }, { value: 100, count: 1 }]);
  expect(await values('metadata.site', '&prefix=so')).toEqual([{ value: 'South', count: 1 }]);
  expect(await values('metadata.site', '&prefix=%25')).toEqual([]);
  expect(await values('metadata.tags')).toEqual([{ value: 'x', count: 1 }, { value: 'y', count: 1 }]);
  expect(await values('metadata.nothing')).toEqual([]);
});

test('items.values 200: of fields, of labels of items and annotations, of channels', async () => {
  expect(await values('labels')).toEqual([{ value: 'dusk', count: 2 }, { value: 'rain', count: 1 }]);
  expect(await values('annotations.label')).toEqual([{ value: 'car', count: null }, { value: 'tree', count: null }]);
  expect(await values('channel')).toEqual([{ value: 'left', count: null }, { value: 'right', count: null }]);
  expect(await values('name', '&limit=2')).toHaveLength(2);
  expect(await values('sizeBytes')).toEqual([{ value: 6, count: 4 }]);
});

test('items.values refuses what is no field, by name', async () => {
  const refused = await fovea.call('GET', `/v1/datasets/${dataset}/values?field=users.password`);
  expect([refused.status, refused.body.detail]).toEqual([400, expect.stringContaining('users.password')]);
});

test('items.landmarks 200: a list is entered anywhere', async () => {
  const bundle = new FormData();
  for (let index = 0; index < 250; index++) bundle.append('file', new Blob([`${index}`]), `/n/${String(index).padStart(3, '0')}.txt`);
  expect((await fovea.call('POST', `/v1/datasets/${dataset}/items/bundle`, { body: bundle })).status).toBe(200);
  const filter = { path: { gte: '/n/' } };
  const { every, count, cursors } = (await fovea.call('POST', `/v1/datasets/${dataset}/items/landmarks`, { body: { filter, every: 100 } })).body;
  expect([every, count, cursors.length]).toEqual([100, 250, 2]);
  const at = async (body: object) => (await fovea.call('POST', `/v1/datasets/${dataset}/items/query`, { body: { filter, limit: 1, fields: ['name'], ...body } })).body.data[0]?.name;
  expect(await at({ cursor: cursors[0] })).toBe('100.txt');
  expect(await at({ cursor: cursors[1], offset: 7 })).toBe('207.txt');
  expect(await at({ offset: 42 })).toBe('042.txt');
  const sorted = (await fovea.call('POST', `/v1/datasets/${dataset}/items/landmarks`, { body: { filter, every: 125, sort: [{ field: 'createdAt', direction: 'desc' }] } })).body;
  expect([sorted.count, sorted.cursors.length]).toEqual([250, 1]);
  const none = (await fovea.call('POST', `/v1/datasets/${dataset}/items/landmarks`, { body: { filter: { kind: 'pdf' } } })).body;
  expect([none.count, none.cursors]).toEqual([0, []]);
  expect((await fovea.call('POST', `/v1/datasets/${dataset}/items/query`, { body: { offset: 10_001 } })).status).toBe(400);
});
