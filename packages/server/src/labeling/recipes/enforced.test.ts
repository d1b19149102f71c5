// What a recipe says holds for everything that people and programs write.
import { newId } from '@fovea/contract';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';

let fovea: TestPlatform;
let project: string;
let dataset: string;
let item: string;
beforeAll(async () => {
  fovea = await startTestPlatform();
});
afterAll(() => fovea.close());
beforeEach(async () => {
  project = (await fovea.call('POST', '/v1/projects', { body: { name: `p ${Math.random()}` } })).body.id;
  dataset = (await fovea.call('POST', '/v1/datasets', { body: { project, name: 'd' } })).body.id;
  const bytes = await sharp({ create: { width: 200, height: 100, channels: 3, background: { r: Math.floor(Math.random() * 255), g: 9, b: 9 } } }).png().toBuffer();
  item = (await fovea.call('POST', `/v1/datasets/${dataset}/items?path=/a.png`, { body: bytes })).body.item.id;
  await fovea.probed(item);
});

const rules = {
  labels: [{ name: 'car', geometry: ['box', 'polygon'] }, { name: 'ear', attributes: ['side'] }],
  attributes: [
    { key: 'colour', type: 'one_of', values: ['red', 'blue'] },
    { key: 'doors', type: 'number', min: 0, max: 5 },
    { key: 'parked', type: 'boolean', perFrame: true },
    { key: 'damage', type: 'many_of', values: ['dent', 'rust'] },
    { key: 'plate', type: 'text' },
    { key: 'side', type: 'one_of', values: ['left', 'right'], required: true },
  ],
};
async function recipe(more: object = {}): Promise<string> {
  const { id } = (await fovea.call('POST', '/v1/recipes', { body: { project, name: 'signs', ...rules, ...more } })).body;
  await fovea.call('PATCH', `/v1/datasets/${dataset}`, { body: { recipeId: id } });
  return id;
}
const box = { type: 'box', x: 1, y: 1, width: 5, height: 5 };
const car = (more: object = {}) => ({ type: 'box', label: 'car', geometry: box, attributes: { side: 'left' }, ...more });
const create = (...annotations: object[]) => fovea.call('POST', `/v1/items/${item}/annotations`, { body: { annotations } });

test.each<[string, object, string, string]>([
  ['an unknown label', car({ label: 'tree' }), 'label', 'car, ear'],
  ['a shape that the label may not have', { ...car(), type: 'point', geometry: { type: 'point', x: 1, y: 1 } }, 'type', 'box or polygon'],
  ['a value that is not listed', car({ attributes: { side: 'left', colour: 'green' } }), 'attributes.colour', 'red, blue'],
  ['a text for a number', car({ attributes: { side: 'left', doors: '4' } }), 'attributes.doors', 'a number from 0 up to 5'],
  ['a number out of bounds', car({ attributes: { side: 'left', doors: 6 } }), 'attributes.doors', 'up to 5'],
  ['a text for true or false', car({ attributes: { side: 'left', parked: 'yes' } }), 'attributes.parked', 'true or false'],
  ['one text for several', car({ attributes: { side: 'left', damage: 'dent' } }), 'attributes.damage', 'dent, rust'],
  ['a number for a text', car({ attributes: { side: 'left', plate: 7 } }), 'attributes.plate', 'text'],
  ['a missing required attribute', car({ label: 'ear', attributes: {} }), 'attributes.side', 'left, right'],
])('%s is refused, object by object', async (_name, wrong, path, allowed) => {
  await recipe();
  const { status, body } = await create(car(), wrong);
  expect([status, body.errors]).toEqual([400, [{ path: `body.annotations.1.${path}`, message: expect.stringContaining(allowed) }]]);
  expect((await fovea.call('GET', `/v1/items/${item}/annotations`)).body.data).toEqual([]);
});

test('what the recipe allows is kept; attributes that it does not know are let through', async () => {
  await recipe();
  const { status } = await create(car({ attributes: { side: 'left', colour: 'red', doors: 4, parked: true, damage: ['dent'], plate: 'X', other: 1 } }));
  expect(status).toBe(201);
});

test('attributes may change from frame to frame where the recipe says so, and only there', async () => {
  await recipe({ attributes: rules.attributes.filter(({ key }) => key !== 'side'), labels: [{ name: 'car' }] });
  const track = (attributes: object) => ({ ...car(), attributes: {}, frame: 0, endFrame: 0, keyframes: [{ frame: 0, geometry: box, attributes }] });
  expect((await create(track({ parked: true }))).status).toBe(201);
  expect((await create(track({ parked: 'yes' }))).body.errors[0].path).toBe('body.annotations.0.keyframes.0.attributes.parked');
  expect((await create(track({ colour: 'red' }))).body.errors[0].message).toContain('frame to frame');
});

test('edits, changes by query and imports are held to it too; what was there before is not', async () => {
  const [before] = (await create({ ...car(), label: 'old' })).body.data;
  await recipe();
  const operation = (kind: string, annotationId: string, content: object) => ({ opId: newId(), kind, annotationId, baseRevision: 1, content });
  const { data } = (
    await fovea.call('POST', `/v1/items/${item}/operations`, {
      body: { operations: [{ opId: newId(), kind: 'create', annotationId: newId(), content: car({ label: 'tree' }) }, operation('update', before.id, { geometry: { ...box, x: 9 } }), { ...operation('update', before.id, { attributes: { colour: 'green' } }), baseRevision: 2 }] },
    })
  ).body;
  expect(data.map((one: any) => [one.outcome, one.message])).toEqual([['invalid', expect.stringContaining('"tree"')], ['applied', undefined], ['invalid', expect.stringContaining('red, blue')]]);
  expect((await fovea.call('PATCH', `/v1/annotations/${before.id}`, { body: { label: 'tree' } })).body.errors[0].path).toBe('body.label');
  const update = await fovea.call('POST', `/v1/datasets/${dataset}/annotations/update`, { body: { filter: {}, change: { label: 'tree' } } });
  expect([update.status, update.body.errors[0].path]).toEqual([400, 'body.change.label']);
  const lines = [{ ...car(), itemId: item }, { ...car({ label: 'tree' }), itemId: item }, { ...car({ attributes: {} }), itemId: item }].map((one) => JSON.stringify(one)).join('\n');
  const { body } = await fovea.call('POST', `/v1/datasets/${dataset}/annotations/import`, { body: lines });
  expect([body.imported, body.errors.map((error: any) => [error.line, error.message])]).toEqual([1, [[2, expect.stringContaining('"tree"')], [3, expect.stringContaining('side')]]]);
});

test('a label is added when it is first used where the recipe allows it, once, as a new version; tasks keep theirs', async () => {
  const id = await recipe({ allowNewLabels: true });
  const task = (await fovea.call('POST', '/v1/tasks', { body: { project, item } })).body;
  expect([task.recipeId, task.recipeVersion]).toEqual([id, 1]);
  await Promise.all([create(car({ label: 'tree' })), create(car({ label: 'tree' })), create(car({ label: 'tree' }), car({ label: 'bush' }))]);
  const now = (await fovea.call('GET', `/v1/recipes/${id}`)).body;
  expect(now.labels.map((label: any) => label.name).toSorted()).toEqual(['bush', 'car', 'ear', 'tree']);
  expect(now.version).toBeLessThanOrEqual(3);
  expect((await fovea.call('GET', `/v1/tasks/${task.id}`)).body.recipeVersion).toBe(1);
  expect((await create(car({ label: 'car', type: 'point', geometry: { type: 'point', x: 1, y: 1 } }))).status).toBe(400);
});
