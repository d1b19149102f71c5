import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import sharp from 'sharp';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';
import { toWireId } from './ids.ts';

let on: TestPlatform;
let token = '';
let project = { id: '' };
let dataset = { id: '', wireId: '' };
const items: string[] = [];

/** A call of the door, by the token of the first administrator unless another is given. */
async function door(method: string, path: string, body?: unknown, key = token) {
  return on.call(method, `/dataloop/api/v1${path}`, { key, ...(body === undefined ? {} : { body }) });
}

const allItems = JSON.stringify({ filter: { $and: [{ hidden: false }, { type: 'file' }] }, resource: 'items' });
const system = (attributes = {}) => ({ system: { automated: true, attributes } });

beforeAll(async () => {
  on = await startTestPlatform();
  token = (await on.call('POST', '/v1/keys', { body: { name: 'client', door: 'dataloop' } })).body.door.token;
  project = (await on.call('POST', '/v1/projects', { body: { name: 'P' } })).body;
  const recipe = (await on.call('POST', '/v1/recipes', { body: { project: project.id, name: 'R' } })).body;
  const made = (await on.call('POST', '/v1/datasets', { body: { project: project.id, name: 'D' } })).body;
  await on.call('PATCH', `/v1/datasets/${made.id}`, { body: { recipeId: recipe.id } });
  dataset = { id: made.id, wireId: toWireId(made.id) };
  for (const name of ['a', 'b', 'c', 'd']) {
    const bytes = await sharp({ create: { width: 40, height: 30, channels: 3, background: 'green' } }).png().toBuffer();
    const { body } = await on.call('POST', `/v1/datasets/${dataset.id}/items?path=/${name}.png`, { body: bytes, headers: { 'content-type': 'image/png' } });
    items.push(body.item.id);
    await on.probed(body.item.id);
  }
});
afterAll(() => on.close());


async function upload(item: string, ...annotations: object[]) {
  const { status, body } = await door('POST', `/items/${toWireId(item)}/annotations`, annotations);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body;
}

/** A mask as the client makes it: a left half of the item. */
async function halfMask() {
  const pixels = Buffer.alloc(40 * 30 * 4);
  for (let y = 0; y < 30; y++) pixels.fill(255, y * 160, y * 160 + 80);
  const png = await sharp(pixels, { raw: { width: 40, height: 30, channels: 4 } }).png().toBuffer();
  return `data:image/png;base64,${png.toString('base64')}`;
}

const corner = (x: number, y: number) => ({ x, y, z: 0 });
const cube = Object.fromEntries(['front_tl', 'front_tr', 'front_br', 'front_bl', 'back_tl', 'back_tr', 'back_br', 'back_bl'].map((key, at) => [key, corner(5 + at, 6 + at)]));

describe('annotations', () => {
  const shapes: [string, unknown, string][] = [
    ['class', undefined, 'classification'],
    ['point', corner(8.25, 9.125), 'point'],
    ['box', [corner(1.5, 2), corner(20, 25.25)], 'box'],
    ['box', [corner(1.5, 2), corner(20, 25.25), 30], 'rotated_box'],
    ['segment', [[{ x: 1, y: 1 }, { x: 9, y: 1 }, { x: 5, y: 9 }], [{ x: 4, y: 2 }, { x: 6, y: 2 }, { x: 5, y: 4 }]], 'polygon'],
    ['polyline', [[{ x: 1, y: 1 }, { x: 9, y: 1 }, { x: 5, y: 9 }]], 'polyline'],
    ['ellipse', { angle: 12.5, center: corner(10, 10), rx: 4, ry: 3 }, 'ellipse'],
    ['cube', { ...cube, angle: 3 }, 'cuboid'],
    ['cube_3d', { position: corner(1, 2), scale: corner(3, 4), rotation: corner(0, 1) }, 'cuboid'],
    ['pose', { templateId: 'T', instanceId: 'I' }, 'classification'],
    ['subtitle', { text: 'hello' }, 'text'],
    ['text_mark', { type: 'x', label: 'y', start: 1, end: 4 }, 'classification'],
    ['note', { box: [corner(1, 1), corner(2, 2)], note: { messages: [], status: 'issue' } }, 'classification'],
    ['item_description', { text: 'what it is' }, 'text'],
    ['gis', { geo_type: 'point', wgs84_geo_coordinates: [1.5, 2.5] }, 'classification'],
    ['point', corner(9_000, 9_000), 'classification'],
  ];

  test.each(shapes)('%s %j comes back exactly and is a %s of ours', async (type, coordinates, ours) => {
    const sent = { type, label: 'L', ...(coordinates === undefined ? {} : { coordinates }), metadata: { ...system({ color: 'red', parts: ['a', 'b'] }), user: { mine: 1 } }, source: 'sdk', attributes: null, id: null };
    const [stored] = await upload(items[0] ?? '', sent);
    expect(stored).toMatchObject({ type, label: 'L', coordinates: coordinates ?? [], itemId: toWireId(items[0] ?? ''), datasetId: dataset.wireId, source: 'sdk', attributes: [] });
    expect(stored.metadata).toEqual({ user: { mine: 1 }, system: { automated: true, attributes: { color: 'red', parts: ['a', 'b'] } } });
    expect((await door('GET', `/annotations/${stored.id}`)).body).toEqual(stored);
    const native = await on.call('GET', `/v1/items/${items[0]}/annotations?limit=1000`);
    expect(native.body.data.at(-1)).toMatchObject({ type: ours, label: 'L', attributes: { color: 'red', parts: ['a', 'b'] } });
  });

  test('a mask is a picture of the item, and runs of pixels to us', async () => {
    const coordinates = await halfMask();
    const [stored] = await upload(items[1] ?? '', { type: 'binary', label: 'half', coordinates, metadata: system() });
    expect(stored).toMatchObject({ type: 'binary', coordinates });
    const { body } = await on.call('GET', `/v1/items/${items[1]}/annotations`);
    expect(body.data[0]).toMatchObject({ type: 'mask', geometry: { type: 'mask', rle: { size: [30, 40] } } });
    await on.call('PATCH', `/v1/annotations/${body.data[0].id}`, { body: { geometry: { type: 'mask', rle: { size: [30, 40], counts: [600, 600] } } } });
    const drawn = (await door('GET', `/annotations/${stored.id}`)).body.coordinates;
    const { data } = await sharp(Buffer.from(drawn.split(',')[1], 'base64')).raw().toBuffer({ resolveWithObject: true });
    expect([data[3], data[19 * 4 + 3], data[20 * 4 + 3], data[39 * 4 + 3]]).toEqual([0, 0, 255, 255]);
  });

  test('a change merges: keys that are null go, others stay, a status needs system=true', async () => {
    const [stored] = await upload(items[0] ?? '', { type: 'box', label: 'A', coordinates: [corner(1, 1), corner(5, 5)], metadata: { ...system({ a: '1', b: '2' }), user: { x: { y: 1, z: 2 } } } });
    const changed = await door('PUT', `/annotations/${stored.id}`, { label: 'B', coordinates: [corner(2, 2), corner(6, 6)], metadata: { user: { x: { y: null } }, system: { attributes: { a: null }, status: 'issue' } } });
    expect(changed.body).toMatchObject({ label: 'B', coordinates: [corner(2, 2), corner(6, 6)] });
    expect(changed.body.metadata).toEqual({ user: { x: { z: 2 } }, system: { automated: true, attributes: { b: '2' } } });
    const flagged = await door('PUT', `/annotations/${stored.id}?system=true`, { metadata: { system: { status: 'issue' } } });
    expect(flagged.body.metadata.system.status).toBe('issue');
    const cleared = await door('PUT', `/annotations/${stored.id}?system=true`, { metadata: { system: { status: null } } });
    expect(cleared.body.metadata.system).not.toHaveProperty('status');
  });

  test('what is drawn elsewhere is shown in the words of the wire', async () => {
    const [box] = (await on.call('POST', `/v1/items/${items[2]}/annotations`, { body: { annotations: [{ type: 'box', label: 'n', geometry: { type: 'box', x: 1, y: 2, width: 3, height: 4 } }] } })).body.data;
    const shown = (await door('GET', `/annotations/${toWireId(box.id)}`)).body;
    expect(shown).toMatchObject({ type: 'box', coordinates: [corner(1, 2), corner(4, 6)], metadata: { user: {}, system: { automated: false, attributes: {} } } });
    await door('DELETE', `/annotations/${shown.id}`, { username: 'me' });
    expect(await door('GET', `/annotations/${shown.id}`)).toMatchObject({ status: 404, body: { status: 404, message: expect.stringContaining(shown.id) } });
  });

  test('strangers see none of it', async () => {
    const stranger = await on.person({ admin: true });
    const [stored] = await upload(items[0] ?? '', { type: 'class', label: 'secret', metadata: system() });
    for (const [method, path] of [['GET', `/annotations/${stored.id}`], ['PUT', `/annotations/${stored.id}`], ['DELETE', `/annotations/${stored.id}`], ['GET', `/items/${toWireId(items[0] ?? '')}/annotations`]] as const) {
      expect((await door(method, path, method === 'PUT' ? { label: 'x' } : undefined, stranger.key)).status).toBe(404);
    }
  });
});

describe('recipes and ontologies', () => {
  async function ontology() {
    const made = (await door('POST', '/ontologies', { roots: [], projectIds: [project.id], attributes: [] })).body;
    const recipe = (await door('POST', '/recipes', { title: 'T', projectIds: [project.id], ontologyIds: [made.id], uiSettings: { a: 1 } })).body;
    return { id: made.id, recipe };
  }

  test('labels with colours, children and display names; the client may leave all of it out', async () => {
    const { id, recipe } = await ontology();
    expect(recipe).toMatchObject({ title: 'T', ontologyIds: [id], projectIds: [project.id], uiSettings: { a: 1 }, examples: [], customActions: [] });
    const sent = [{ tag: 'Car', displayData: {} }, { tag: 'Car.Wheel', displayData: {}, color: '#102030', displayLabel: 'A wheel' }, { tag: 'Sky', color: 'rgb(1, 2, 3)', attributes: [] }];
    const after = (await door('PATCH', `/ontologies/${id}/labels`, { labelsNode: sent, upsert: true })).body;
    expect(after.roots).toEqual([
      { value: { tag: 'Car', displayLabel: 'Car', color: expect.stringMatching(/^#[0-9a-f]{6}$/), attributes: [], displayData: {} }, children: [{ value: { tag: 'Wheel', displayLabel: 'A wheel', color: '#102030', attributes: [], displayData: {} }, children: [] }] },
      { value: { tag: 'Sky', displayLabel: 'Sky', color: '#010203', attributes: [], displayData: {} }, children: [] },
    ]);
    const recoloured = (await door('PATCH', `/ontologies/${id}/labels`, { labelsNode: [{ tag: 'Car', color: '#ffffff', displayData: { displayImage: { itemId: 'x' } } }], upsert: false })).body;
    expect(recoloured.roots[0]).toMatchObject({ value: { color: '#ffffff', displayData: { displayImage: { itemId: 'x' } } }, children: [{ value: { tag: 'Wheel' } }] });
    expect((await door('PATCH', `/ontologies/${id}/labels`, { labelsNode: [{ tag: 'Tree' }], upsert: false })).status).toBe(404);
    const deleted = (await door('PUT', `/ontologies/${id}`, { ...recoloured, roots: recoloured.roots.slice(0, 1), title: 'renamed' })).body;
    expect(deleted).toMatchObject({ title: 'renamed', roots: [{ value: { tag: 'Car' } }] });
    expect(deleted.roots).toHaveLength(1);
  });

  test('attributes as they are sent and as they are kept', async () => {
    const { id } = await ontology();
    const attribute = { title: 'Colour', key: 'c', type: 'options', multi: true, values: ['red', 'blue'], scope: ['*'], optional: false };
    const after = (await door('PATCH', `/ontologies/${id}/attributes`, { items: [attribute, { title: 'Speed', key: 's', type: 'range', range: { min: 0, max: 9, step: 3 }, scope: ['Car'] }], upsert: true })).body;
    expect(after.metadata.attributes).toEqual([
      { key: 'c', type: 'options', scope: ['*'], values: ['red', 'blue'], range: null, scriptData: { title: 'Colour', key: 'c', optional: false, multi: true } },
      { key: 's', type: 'range', scope: ['Car'], values: [], range: { min: 0, max: 9, step: 3 }, scriptData: { title: 'Speed', key: 's', optional: true, multi: false } },
    ]);
    const left = (await door('DELETE', `/ontologies/${id}/attributes`, { keys: ['c'] })).body;
    expect(left.metadata.attributes.map((one: { key: string }) => one.key)).toEqual(['s']);
  });

  test('recipes are changed, listed, cloned deep and shallow, and deleted', async () => {
    const { id, recipe } = await ontology();
    await door('PATCH', `/ontologies/${id}/labels`, { labelsNode: [{ tag: 'A' }], upsert: true });
    const renamed = (await door('PATCH', `/recipes/${recipe.id}`, { ...recipe, title: 'new', description: 'd', metadata: { user: { a: 1 } } })).body;
    expect(renamed).toMatchObject({ title: 'new', description: 'd', metadata: { user: { a: 1 } } });
    const shallow = (await door('POST', `/recipes/${recipe.id}/clone`, { shallow: true })).body;
    const deep = (await door('POST', `/recipes/${recipe.id}/clone`, { shallow: false })).body;
    expect(shallow.ontologyIds).toEqual([id]);
    expect(deep.ontologyIds).not.toEqual([id]);
    expect((await door('GET', `/ontologies/${deep.ontologyIds[0]}`)).body.roots[0].value.tag).toBe('A');
    await door('PATCH', `/ontologies/${id}/labels`, { labelsNode: [{ tag: 'B' }], upsert: true });
    expect((await on.call('GET', `/v1/recipes?project=${project.id}`)).body.data.filter((one: { labels: unknown[] }) => one.labels.length === 2).length).toBeGreaterThan(1);
    const listed = (await door('GET', `/recipes?projects=${project.id}&pageOffset=0&pageSize=2`)).body;
    expect(listed).toMatchObject({ hasNextPage: true, items: [{ id: deep.id }, { id: shallow.id }] });
    await door('DELETE', `/recipes/${deep.id}`);
    expect((await door('GET', `/recipes/${deep.id}`)).status).toBe(404);
    expect((await door('GET', `/ontologies?ids=${id}&pageOffset=0&pageSize=10`)).body.items).toHaveLength(1);
  });
});

describe('tasks and assignments', () => {
  async function task(more: object = {}) {
    const { recipe } = { recipe: (await on.call('GET', `/v1/datasets/${dataset.id}`)).body.recipeId };
    const body = {
      name: 'test', query: allItems, taskOwner: 'me@example.com', spec: { type: 'annotation' }, datasetId: dataset.wireId, projectId: project.id, assignmentIds: [], recipeId: toWireId(recipe),
      dueDate: 1657843200000.5, asynced: true, priority: 2, workload: [{ assigneeId: 'John@Example.com', load: 75 }, { assigneeId: 'jane@example.com', load: 25 }], ...more,
    };
    const command = await door('POST', '/annotationtasks', body);
    expect(command.body).toMatchObject({ status: 'success', progress: 100, spec: { createTaskPayload: {}, createdTaskId: expect.any(String) } });
    expect(command.body.url).toContain('/api/v1/commands/');
    return (await door('GET', `/annotationtasks/${command.body.spec.createdTaskId}`)).body;
  }

  const assignmentsOf = async (id: string) => (await door('GET', `/assignments?projects=${project.id}&taskId=${id}&pageSize=500`)).body.items;

  test('a task shares its items out by load, and takes a due date that is past', async () => {
    const made = await task();
    expect(made).toMatchObject({ name: 'test', status: 'open', dueDate: 1657843200000.5, taskOwner: 'me@example.com', spec: { type: 'annotation' }, query: allItems, totalItems: 4, priority: 2, metadata: { system: {} } });
    expect(made.availableActions.map((one: { action: string }) => one.action)).toEqual(['completed', 'discard']);
    const shares = await assignmentsOf(made.id);
    expect(shares.map((one: any) => [one.annotator, one.totalItems, one.metadata.system.taskId])).toEqual([['john@example.com', 3, made.id], ['jane@example.com', 1, made.id]]);
    expect(made.assignmentIds).toEqual(shares.map((one: { id: string }) => one.id));
    const batch = (await on.call('GET', `/v1/batches?project=${project.id}`)).body.data[0];
    expect(batch).toMatchObject({ name: 'test', status: 'in_progress', counts: { total: 4, pending: 4 } });
  });

  test('statuses of items, by assignment and by task, are counted and taken back', async () => {
    const made = await task({ workload: [{ assigneeId: 'john@example.com', load: 100 }] });
    const [assignment] = await assignmentsOf(made.id);
    const [first = '', second = ''] = items.map(toWireId);
    expect((await door('POST', `/assignments/${assignment.id}/items/${first}/status`, { operation: 'create', status: 'completed' })).body).toMatchObject({ status: 'completed', taskId: made.id, assignmentId: assignment.id });
    const many = await door('POST', `/assignments/items/tasks/${made.id}/status`, { itemIds: [first, second], statusPayload: { operation: 'create', returnLastStatus: true, status: 'discard' } });
    expect(Object.keys(many.body).sort()).toEqual([first, second].sort());
    expect((await door('GET', `/annotationtasks/${made.id}`)).body).toMatchObject({ itemStatus: { discard: 2 }, progress: { done: 2, total: 4, percent: 50 } });
    await door('POST', `/assignments/${assignment.id}/items/${first}/status`, { operation: 'delete', status: 'discard' });
    expect((await door('GET', `/assignments/${assignment.id}`)).body).toMatchObject({ itemStatus: { discard: 1 }, totalItems: 4 });
    const refused = await door('POST', `/assignments/${assignment.id}/items/${first}/status`, { operation: 'create', status: 'lost' });
    expect(refused).toMatchObject({ status: 400, body: { message: expect.stringContaining('completed, approved, discard') } });
  });

  test('a task ends when every item has a status, and is open again when one is taken back', async () => {
    const made = await task();
    await door('POST', `/assignments/items/tasks/${made.id}/status`, { itemIds: items.map(toWireId), statusPayload: { operation: 'create', status: 'completed' } });
    expect((await door('GET', `/annotationtasks/${made.id}`)).body).toMatchObject({ status: 'completed', itemStatus: { completed: 4 } });
    await door('POST', `/assignments/items/tasks/${made.id}/status`, { itemIds: [toWireId(items[0] ?? '')], statusPayload: { operation: 'delete', status: 'completed' } });
    expect((await door('GET', `/annotationtasks/${made.id}`)).body).toMatchObject({ status: 'open', itemStatus: { completed: 3 } });
  });

  test('tasks are found, changed, given more and fewer items, shared anew, and deleted', async () => {
    const one = JSON.stringify({ filter: { $and: [{ filename: '/a.png' }] }, resource: 'items' });
    const made = await task({ name: 'small', query: one, workload: [{ assigneeId: 'john@example.com', load: 100 }] });
    expect(made.totalItems).toBe(1);
    const query = (filter: object) => door('POST', '/annotationtasks/query', { filter, page: 0, pageSize: 500, resource: 'tasks', context: { projectIds: [project.id] } });
    expect((await query({ $and: [{ name: 'small' }, { datasetId: dataset.wireId }] })).body).toMatchObject({ totalItemsCount: 1, hasNextPage: false, items: [{ id: made.id }] });
    expect((await query({ $and: [{ assignmentIds: { $in: made.assignmentIds } }] })).body.items).toHaveLength(1);
    expect((await query({ $and: [{ name: 'nothing' }] })).body).toMatchObject({ items: [], totalItemsCount: 0 });
    const changed = await door('PATCH', `/annotationtasks/${made.id}`, { ...made, name: 'renamed', dueDate: 1900000000000, metadata: { user: { a: 1 } } });
    expect(changed.body).toMatchObject({ name: 'renamed', dueDate: 1900000000000, metadata: { user: { a: 1 } } });
    expect((await door('POST', `/annotationtasks/${made.id}/addToTask`, { query: allItems, asynced: true })).body.spec).toHaveProperty('addToTaskPayload');
    await door('POST', `/assignments/items/tasks/${made.id}/status`, { itemIds: [toWireId(items[1] ?? '')], statusPayload: { operation: 'create', status: 'completed' } });
    const removed = await door('POST', `/annotationtasks/${made.id}/removeFromTask`, { query: JSON.stringify({ filter: { $or: [{ filename: '/a.png' }, { filename: '/b.png' }] } }), asynced: true });
    expect(removed.body.spec).toEqual({ removeFromTaskId: made.id, removeItemsCount: 1, totalItemsCount: 2 });
    const moved = (await door('POST', `/assignments/${made.assignmentIds[0]}/reassign`, { taskId: made.id, annotator: 'new@example.com', asynced: true })).body;
    expect((await door('GET', `/assignments/${moved.spec.toAssignment}`)).body).toMatchObject({ annotator: 'new@example.com', totalItems: 3 });
    const shared = await door('POST', `/assignments/${moved.spec.toAssignment}/redistribute`, { taskId: made.id, workload: [{ assigneeId: 'x@example.com', load: 50 }, { assigneeId: 'y@example.com', load: 50 }] });
    expect(shared.body.spec.workload.map((one: { assigneeId: string }) => one.assigneeId)).toEqual(['x@example.com', 'y@example.com']);
    expect((await assignmentsOf(made.id)).map((one: any) => [one.annotator, one.totalItems])).toEqual([['x@example.com', 2], ['y@example.com', 1]]);
    expect((await door('DELETE', `/annotationtasks/${made.id}`, { asynced: true })).body.spec).toEqual({ deleteTaskId: made.id });
    expect((await door('GET', `/annotationtasks/${made.id}`)).status).toBe(404);
    expect(await assignmentsOf(made.id)).toEqual([]);
  });

  test('queries that are no JSON and statuses of strangers are refused', async () => {
    expect(await door('POST', '/annotationtasks', { name: 'x', query: '{', datasetId: dataset.wireId, projectId: project.id })).toMatchObject({ status: 400, body: { status: 400, message: expect.stringContaining('JSON') } });
    const made = await task();
    const stranger = await on.person({ admin: true });
    for (const path of [`/annotationtasks/${made.id}`, `/assignments/${made.assignmentIds[0]}`]) expect((await door('GET', path, undefined, stranger.key)).status).toBe(404);
    expect((await door('GET', `/assignments?projects=${project.id}`, undefined, stranger.key)).body.items).toEqual([]);
    const found = await door('POST', '/annotationtasks/query', { filter: {}, context: { projectIds: [project.id] } }, stranger.key);
    expect(found.body.items).toEqual([]);
  });
});

test('what a person does in the console is seen by the client', async () => {
  const john = await on.person({ orgId: (await on.call('GET', '/v1/me')).body.organization.id });
  await door('POST', `/projects/${project.id}/members/${john.email}`, { role: 'annotator' });
  const body = { name: 'for john', query: JSON.stringify({ filter: { filename: '/c.png' } }), datasetId: dataset.wireId, projectId: project.id, workload: [{ assigneeId: john.email.toUpperCase(), load: 100 }] };
  const { createdTaskId } = (await door('POST', '/annotationtasks', body)).body.spec;
  const { task, lease } = (await on.call('POST', `/v1/projects/${project.id}/tasks/claim`, { key: john.key, body: {} })).body;
  expect(task).toMatchObject({ itemId: items[2], status: 'claimed' });
  const box = { type: 'box', label: 'johns', geometry: { type: 'box', x: 1, y: 1, width: 5, height: 5 } };
  await on.call('POST', `/v1/items/${task.itemId}/annotations?task=${task.id}`, { key: john.key, body: { annotations: [box] } });
  const query = { filter: { $and: [{ label: 'johns' }, { type: 'box' }] }, resource: 'annotations' };
  expect((await door('POST', `/datasets/${dataset.wireId}/query`, query)).body.items).toEqual([]);
  await on.call('POST', `/v1/tasks/${task.id}/submit`, { key: john.key, body: { lease } });
  expect((await door('POST', `/datasets/${dataset.wireId}/query`, query)).body.items).toMatchObject([{ creator: john.email, coordinates: [{ x: 1, y: 1, z: 0 }, { x: 6, y: 6, z: 0 }] }]);
  expect((await door('GET', `/annotationtasks/${createdTaskId}`)).body).toMatchObject({ status: 'completed', itemStatus: { completed: 1 } });
  const { refs, taskStatusLog } = (await door('GET', `/items/${toWireId(items[2] ?? '')}`)).body.metadata.system;
  const status = { status: 'completed', creator: john.email, timestamp: expect.any(Number) };
  expect(refs.filter((ref: { id: string }) => ref.id === createdTaskId)).toEqual([{ type: 'task', id: createdTaskId, metadata: status }]);
  expect(taskStatusLog.filter((entry: any) => entry.status.taskId === createdTaskId)).toEqual([{ action: 'created', status: { taskId: createdTaskId, assignmentId: expect.any(String), ...status } }]);
});

test('a developer of a project makes labels and tasks in it; an annotator does neither', async () => {
  const orgId = (await on.call('GET', '/v1/me')).body.organization.id;
  const [developer, annotator] = [await on.person({ orgId }), await on.person({ orgId })];
  await door('POST', `/projects/${project.id}/members/${developer.email}`, { role: 'engineer' });
  await door('POST', `/projects/${project.id}/members/${annotator.email}`, { role: 'annotator' });
  const ontology = { roots: [], projectIds: [project.id], attributes: [] };
  const task = { name: 'theirs', query: allItems, datasetId: dataset.wireId, projectId: project.id, dueDate: 1, workload: [] };
  const made = await door('POST', '/ontologies', ontology, developer.key);
  expect((await door('PATCH', `/ontologies/${made.body.id}/labels`, { labelsNode: [{ tag: 'A' }], upsert: true }, developer.key)).status).toBe(200);
  expect((await door('POST', '/annotationtasks', task, developer.key)).body.spec).toHaveProperty('createdTaskId');
  expect((await door('POST', '/ontologies', ontology, annotator.key)).status).toBe(403);
  expect((await door('POST', '/annotationtasks', task, annotator.key)).status).toBe(403);
});
