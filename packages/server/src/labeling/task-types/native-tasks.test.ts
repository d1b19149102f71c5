// Tasks of every type through the native API: parameters checked by their type, answers when they are handed in, test keys.
import { taskTypeNames } from '@fovea/contract';
import { beforeEach, describe, expect, test } from 'vitest';
import type { TestPlatform } from '../../testing/platform.ts';
import { labelingWorld } from '../testing.ts';
import { answerFaults } from './check-answer.ts';
import { samples } from './samples.ts';

const world = labelingWorld();
let fovea: TestPlatform;
let orgId: string;
let project: string;
let dataset: string;
let item: string;
beforeEach(() => ({ fovea, orgId, project, dataset, item } = world));

const create = (body: object, key = fovea.key) => fovea.call('POST', '/v1/tasks', { key, body: { project, ...body } });
const claim = async (task: string) => (await fovea.call('POST', `/v1/projects/${project}/tasks/claim`, { body: { task } })).body;
const submit = (task: string, lease: string, response: object = {}) => fovea.call('POST', `/v1/tasks/${task}/submit`, { body: { lease, response } });

/** A task on the item, claimed. */
async function held(body: object): Promise<{ id: string; lease: string }> {
  const made = await create({ item, ...body });
  expect(made.body.errors ?? made.status).toBe(201);
  const { lease } = await claim(made.body.id);
  return { id: made.body.id, lease };
}

test('tasks.types 200 lists every type with its schemas, which the OpenAPI description has too', async () => {
  const { status, body } = await fovea.call('GET', '/v1/task-types');
  expect([status, body.data.map((row: any) => row.type)]).toEqual([200, taskTypeNames]);
  const row = body.data.find((one: any) => one.type === 'imageannotation');
  expect(row).toMatchObject({ family: 'vector', required: ['attachment', 'geometries'], params: { type: 'object', properties: { geometries: {} } }, response: { type: 'object' }, example: samples.imageannotation });
  const { schemas } = (await fovea.call('GET', '/openapi.json', { key: null })).body.components;
  for (const type of taskTypeNames) expect([schemas[`TaskParams.${type}`]?.type, schemas[`TaskResponse.${type}`]?.type]).toEqual(['object', 'object']);
  expect(JSON.stringify(schemas['TaskParams.textcollection'])).not.toContain('"#/$defs');
});

describe('tasks.create 400', () => {
  test.each([
    ['an unknown type', { type: 'painting' }, 'body.type', 'imageannotation'],
    ['a missing parameter', { type: 'imageannotation' }, 'body.params.geometries', 'is required'],
    ['a geometry that does not exist', { type: 'imageannotation', params: { geometries: { blob: { objects_to_annotate: ['a'] } } } }, 'body.params.geometries.blob', 'box, polygon'],
    ['labels that are no array', { type: 'segmentannotation', params: { labels: 'car' } }, 'body.params.labels', 'array'],
    ['no categories', { type: 'categorization' }, 'body.params.categories" or "taxonomies', 'is required'],
    ['a field of no type', { type: 'textcollection', params: { fields: [{ type: 'smell', field_id: 'a', title: 'A' }] } }, 'body.params.fields.0.type', 'text, number'],
    ['an unknown recipe', { recipe: '01890000-0000-7000-8000-000000000000' }, undefined, 'recipe'],
  ])('%s', async (_name, body, path, message) => {
    const { status, body: answer } = await create({ item, ...body });
    expect(status).toBe(path === undefined ? 404 : 400);
    if (path !== undefined) expect(answer.errors.map((error: any) => error.path)).toContain(path);
    expect(JSON.stringify(answer)).toContain(message);
  });
  test('neither an item nor an attachment', async () => {
    const { status, body } = await create({ type: 'imageannotation', params: { geometries: { box: { objects_to_annotate: ['car'] } } } });
    expect([status, body.errors]).toEqual([400, [{ path: 'body.params.attachment', message: 'is required' }]]);
  });
  test('a refused task does not take its unique id', async () => {
    expect((await create({ item, type: 'imageannotation', uniqueId: 'once' })).status).toBe(400);
    expect((await create({ item, type: 'imageannotation', uniqueId: 'once', params: { geometries: { box: { objects_to_annotate: ['car'] } } } })).status).toBe(201);
  });
});

test('parameters that the recipe has need not be said again; the labels of a recipe stand for those of the parameters', async () => {
  const recipe = (await fovea.call('POST', '/v1/recipes', { body: { project, name: 'r', labels: [{ name: 'car' }], params: { categories: ['cat', 'dog'] } } })).body.id;
  expect((await create({ item, recipe, type: 'imageannotation' })).body).toMatchObject({ recipeId: recipe, recipeVersion: 1 });
  expect((await create({ item, recipe, type: 'categorization' })).body.params).toEqual({ categories: ['cat', 'dog'] });
  await fovea.call('PATCH', `/v1/datasets/${dataset}`, { body: { recipe } });
});

test('what people label a task with is made of its parameters, and holds', async () => {
  const { id } = await held({ type: 'imageannotation', params: { geometries: { box: { objects_to_annotate: ['car'] } } } });
  const task = (await fovea.call('GET', `/v1/tasks/${id}`)).body;
  expect((await fovea.call('GET', `/v1/recipes/${task.recipeId}?version=${task.recipeVersion}`)).body.labels).toMatchObject([{ name: 'car', geometry: ['box', 'rotated_box'] }]);
  const draw = (label: string, geometry: { type: string }) => fovea.call('POST', `/v1/items/${item}/annotations?task=${id}`, { body: { annotations: [{ type: geometry.type, label, geometry }] } });
  const box = { type: 'box', x: 1, y: 1, width: 5, height: 5 };
  expect((await draw('car', box)).status).toBe(201);
  expect((await draw('tree', box)).body.errors[0]).toEqual({ path: 'body.annotations.0.label', message: expect.stringContaining('car') });
  expect((await draw('car', { type: 'point', x: 1, y: 1 } as { type: string })).body.errors[0]).toEqual({ path: 'body.annotations.0.type', message: expect.stringContaining('box') });
});

describe('tasks.submit 400', () => {
  test.each<[string, object, object, string]>([
    ['categorization', { categories: ['cat', 'dog'] }, {}, 'category'],
    ['categorization', { categories: ['cat', 'dog'] }, { category: 'cow' }, 'category'],
    ['comparison', { choices: ['left', 'right'] }, { choice: 'both' }, 'choice'],
    ['transcription', { fields: { title: 'Title' } }, { fields: { author: 'x' } }, 'fields.author'],
    ['namedentityrecognition', { text: 'Anna', labels: ['person'] }, { annotations: [{ id: '1', start: 0, end: 9, text: 'Anna', label: 'person' }] }, 'annotations.0.end'],
    ['textcollection', { fields: [{ type: 'number', field_id: 'n', title: 'N', required: true }] }, { n: 'many' }, 'annotations.n'],
    ['textcollection', { fields: [{ type: 'number', field_id: 'n', title: 'N', required: true }] }, {}, 'annotations.n'],
    ['imageannotation', { geometries: { box: { objects_to_annotate: ['car'] } } }, { global_attributes: 5 }, 'global_attributes'],
  ])('%s %j answered with %j; the work stays claimed', async (type, params, response, path) => {
    const { id, lease } = await held({ type, params });
    const { status, body } = await submit(id, lease, response);
    expect([status, body.errors[0].path]).toEqual([400, `body.response.${path}`]);
    expect((await fovea.call('GET', `/v1/tasks/${id}`)).body.status).toBe('claimed');
  });
  test('a required attribute without a value', async () => {
    const recipe = (await fovea.call('POST', '/v1/recipes', { body: { project, name: 'r', labels: [{ name: 'car' }], attributes: [{ key: 'colour', type: 'one_of', values: ['red'], required: true }] } })).body.id;
    const { id, lease } = await held({ recipe });
    const drawn = await fovea.call('POST', `/v1/items/${item}/annotations?task=${id}`, { body: { annotations: [{ type: 'box', label: 'car', geometry: { type: 'box', x: 1, y: 1, width: 5, height: 5 } }] } });
    const [{ id: annotation }] = drawn.body.data;
    const { status, body } = await submit(id, lease);
    expect([status, body.errors]).toEqual([400, [{ path: `annotations.${annotation}.attributes.colour`, message: expect.stringContaining('red') }]]);
    await fovea.call('PATCH', `/v1/annotations/${annotation}`, { body: { attributes: { colour: 'red' } } });
    expect((await submit(id, lease)).status).toBe(200);
  });
});

test('the answer is kept in the words of the type; what was labeled answers as well', async () => {
  const said = await held({ type: 'categorization', params: { categories: ['cat', 'dog'], category_ids: { 1: 'cat', 2: 'dog' } } });
  expect((await submit(said.id, said.lease, { category: 'dog' })).body.response).toEqual({ category: 'dog', category_id: '2' });
  const labeled = await held({ type: 'categorization', params: { categories: ['cat', 'dog'] } });
  await fovea.call('POST', `/v1/items/${item}/annotations?task=${labeled.id}`, { body: { annotations: [{ type: 'classification', label: 'cat', geometry: { type: 'classification' } }] } });
  expect((await submit(labeled.id, labeled.lease)).body.response).toEqual({ category: 'cat' });
});

test('text and pages are shown, not fetched', async () => {
  const { body } = await create({ type: 'categorization', attachment: 'Is this a cat?', params: { attachment_type: 'text', categories: ['yes', 'no'] } });
  expect(body).toMatchObject({ attachment: null, params: { attachment: 'Is this a cat?' } });
  const { task } = await claim(body.id);
  expect(task).toMatchObject({ id: body.id, status: 'claimed' });
});

describe('with a test key', () => {
  test.each(taskTypeNames)('a task of the type %s completes itself with a valid answer', async (type) => {
    const { key } = await fovea.person({ orgId, admin: true, test: true });
    const { attachment, ...params } = samples[type];
    const made = await create({ type, params: { ...params, ...(attachment === undefined ? {} : { attachment }) } }, key);
    expect([made.status, made.body.errors, made.body.status]).toEqual([201, undefined, 'pending']);
    const task = (await fovea.call('GET', `/v1/tasks/${made.body.id}`, { key })).body;
    expect(task.status).toBe('completed');
    expect(answerFaults(type, task.params, task.response)).toEqual([]);
    expect((await fovea.call('POST', `/v1/tasks/${made.body.id}/cancel`, { key, body: {} })).status).toBe(409);
    expect((await fovea.call('GET', `/v1/tasks/${made.body.id}`)).status).toBe(404);
  });
  test('one in a batch that is being filled waits until the batch is opened', async () => {
    const { key } = await fovea.person({ orgId, admin: true, test: true });
    const batch = (await fovea.call('POST', '/v1/batches', { key, body: { project, name: 'b' } })).body.id;
    const { id } = (await create({ batch, item }, key)).body;
    expect((await fovea.call('GET', `/v1/tasks/${id}`, { key })).body.status).toBe('pending');
    await fovea.call('POST', `/v1/batches/${batch}/finalize`, { key });
    await expect.poll(async () => (await fovea.call('GET', `/v1/tasks/${id}`, { key })).body.status, { timeout: 20_000 }).toBe('completed');
  });
});
