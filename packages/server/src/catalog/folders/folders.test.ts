import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';
import type { Caller } from '../../identity/caller.ts';

let on: TestPlatform;
let caller: Caller;
let dataset: string;

beforeAll(async () => {
  on = await startTestPlatform();
  const found = await on.platform.rooms.keys.authenticate(on.key);
  if (!found) throw new Error('The first key does not open its own platform.');
  caller = found;
  const project = (await on.call('POST', '/v1/projects', { body: { name: 'P' } })).body;
  dataset = (await on.call('POST', '/v1/datasets', { body: { project: project.id, name: 'D' } })).body.id;
});
afterAll(() => on.close());

const upload = async (path: string, metadata: object = {}) =>
  (await on.call('POST', `/v1/datasets/${dataset}/items?path=${encodeURIComponent(path)}&metadata=${encodeURIComponent(JSON.stringify(metadata))}`, { body: path })).body.item;
const paths = async (filter = {}) => (await on.platform.rooms.folders.find(caller, dataset, { filter, limit: 100 })).data.map((folder) => folder.path).toSorted();

test('folders have ids: those that were made, with all above, and those that items lie in', async () => {
  const { folders } = on.platform.rooms;
  const made = await folders.ensure(caller, dataset, '/made/empty');
  expect((await folders.ensure(caller, dataset, '/made/empty')).id).toBe(made.id);
  await upload('/of/items/a.txt');
  expect(await paths()).toEqual(['/made', '/made/empty', '/of', '/of/items']);
  expect(await paths({ folder: '/of' })).toEqual(['/of/items']);
  expect((await folders.get(caller, made.id)).path).toBe('/made/empty');
  await expect(folders.ensure(caller, dataset, '/a/../b')).rejects.toThrow('segment');
});

test('a folder that is moved keeps its id, also onto one that is there', async () => {
  const { folders } = on.platform.rooms;
  await upload('/from/deep/b.txt');
  const before = (await folders.find(caller, dataset, { filter: { path: '/from' }, limit: 1 })).data[0];
  await folders.ensure(caller, dataset, '/to');
  await on.call('POST', `/v1/datasets/${dataset}/folders/move`, { body: { from: '/from', to: '/to' } });
  expect((await folders.get(caller, before?.id ?? '')).path).toBe('/to');
  expect(await paths({ path: { match: '/to/**' } })).toEqual(['/to/deep']);
});

test('a folder goes with those below it', async () => {
  const { folders } = on.platform.rooms;
  const { id } = await folders.ensure(caller, dataset, '/gone');
  await folders.ensure(caller, dataset, '/gone/too');
  await folders.delete(caller, id);
  expect(await paths({ path: { match: '/gone**' } })).toEqual([]);
  await expect(folders.get(caller, id)).rejects.toMatchObject({ code: 'not_found' });
});

test('strangers see no folder', async () => {
  const { folders, keys } = on.platform.rooms;
  const stranger = await keys.authenticate((await on.person({ admin: true })).key);
  const { id } = await folders.ensure(caller, dataset, '/mine');
  if (!stranger) throw new Error('The stranger has no key.');
  for (const asked of [() => folders.get(stranger, id), () => folders.delete(stranger, id), () => folders.all(stranger, dataset), () => folders.ensure(stranger, dataset, '/x')]) {
    await expect(asked()).rejects.toMatchObject({ code: 'not_found' });
  }
});

test('filters compare lists in any order, objects as a whole, and elements as a whole', async () => {
  await upload('/m/1.txt', { tags: ['a', 'b'], size: { w: 1, h: 2 }, parts: [{ side: 'l', kind: 'x' }, { side: 'r', kind: 'y' }] });
  const found = async (filter: object) => (await on.call('POST', `/v1/datasets/${dataset}/items/count`, { body: { filter } })).body.count;
  expect(await found({ 'metadata.tags': { eq: ['b', 'a'] } })).toBe(1);
  expect(await found({ 'metadata.tags': { eq: ['a'] } })).toBe(0);
  expect(await found({ 'metadata.size': { eq: { h: 2, w: 1 } } })).toBe(1);
  expect(await found({ 'metadata.size': { ne: { h: 2, w: 1 } }, path: '/m/1.txt' })).toBe(0);
  expect(await found({ 'metadata.parts': { match: { side: 'l', kind: 'x' } } })).toBe(1);
  expect(await found({ 'metadata.parts': { match: { side: 'l', kind: 'y' } } })).toBe(0);
  expect(await found({ 'metadata.parts': { match: { side: 'l', colour: { exists: false } } } })).toBe(1);
  const bad = await on.call('POST', `/v1/datasets/${dataset}/items/count`, { body: { filter: { 'metadata.parts': { match: { side: [1] } } } } });
  expect([bad.status, bad.body.errors[0].path]).toEqual([400, 'filter.metadata.parts.match']);
});

test('what a door keeps on an item is merged', async () => {
  const item = await upload('/e.txt');
  const { items, itemQueries, commands } = on.platform.rooms;
  await items.update(caller, item.id, { mergeExtra: { door: { a: 1 } } });
  const { id } = await itemQueries.updateMany(caller, dataset, { filter: { path: '/e.txt' }, change: { mergeExtra: { door: { b: 2 } } } });
  await commands.get(caller, id, 20);
  expect((await items.getStored(caller, item.id)).extra).toEqual({ door: { a: 1, b: 2 } });
});
