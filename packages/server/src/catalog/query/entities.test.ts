import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { analyticEntity } from '../../compute/analytics/entity.ts';
import { jobEntity } from '../../compute/jobs/entity.ts';
import { annotationEntity } from '../../labeling/annotations/entity.ts';
import { batchEntity } from '../../labeling/batches/entity.ts';
import { taskEntity } from '../../labeling/tasks/entity.ts';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';
import { itemEntity } from '../items/entity.ts';
import { versionEntity } from '../versions/entity.ts';

// One engine answers queries about every kind of thing; what it says of items, annotations, tasks and jobs is tried with them.
let fovea: TestPlatform;
let project: string;
let dataset: string;
const batches: Record<string, string> = {};
beforeAll(async () => {
  fovea = await startTestPlatform();
  project = (await fovea.call('POST', '/v1/projects', { body: { name: 'p' } })).body.id;
  dataset = (await fovea.call('POST', '/v1/datasets', { body: { project, name: 'd' } })).body.id;
  const items: string[] = [];
  for (const name of ['a', 'b', 'c']) items.push((await fovea.call('POST', `/v1/datasets/${dataset}/items?path=/${name}.txt`, { body: name })).body.item.id);
  for (const [n, name] of ['North', 'South', 'Southwest'].entries()) {
    const made = await fovea.call('POST', '/v1/batches', { body: { project, name, priority: n, metadata: { site: n }, ...(n > 0 && { dataset, filter: { name: n === 1 ? 'a.txt' : { in: ['a.txt', 'b.txt'] } } }) } });
    if (made.status !== 201) throw new Error(JSON.stringify(made.body));
    batches[name] = made.body.id;
  }
  await fovea.call('POST', `/v1/batches/${batches['South']}/finalize`);
  for (const message of ['first', 'second', 'third']) {
    await fovea.call('PATCH', `/v1/items/${items[0]}`, { body: { description: message } });
    const command = (await fovea.call('POST', `/v1/datasets/${dataset}/versions`, { body: { message, ...(message === 'second' && { tags: ['good'] }) } })).body;
    if ((await fovea.call('GET', `/v1/commands/${command.id}?waitSeconds=30`)).body.status !== 'complete') throw new Error('The version was not kept.');
  }
});
afterAll(() => fovea.close());

const ask = async (path: string, body: object) => {
  const answer = await fovea.call('POST', path, { body });
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  return answer.body;
};

test('batches.query 200: by status, name, metadata, and the tasks that they have; page by page', async () => {
  const of = `/v1/projects/${project}/batches/query`;
  const names = async (filter: object) => (await ask(of, { filter, sort: [{ field: 'name', direction: 'asc' }], fields: ['name'] })).data.map(({ name }: { name: string }) => name);
  expect(await names({})).toEqual(['North', 'South', 'Southwest']);
  expect(await names({ status: 'in_progress' })).toEqual(['South']);
  expect(await names({ name: { match: 'South*' }, priority: { gte: 2 } })).toEqual(['Southwest']);
  expect(await names({ 'metadata.site': { lt: 2 } })).toEqual(['North', 'South']);
  expect(await names({ having: { tasks: { having: { items: { name: 'b.txt' } } } } })).toEqual(['Southwest']);
  const first = await ask(of, { limit: 2 });
  expect(first.data[0]).toMatchObject({ name: 'Southwest', counts: { total: 2 } });
  expect((await ask(of, { limit: 2, cursor: first.next })).data.map(({ name }: { name: string }) => name)).toEqual(['North']);
});

test('items and tasks are asked for the batches that they are in', async () => {
  const paths = async (filter: object) => (await ask(`/v1/datasets/${dataset}/items/query`, { filter, fields: ['path'] })).data.map(({ path }: { path: string }) => path);
  expect(await paths({ having: { batches: { name: 'South' } } })).toEqual(['/a.txt']);
  expect(await paths({ having: { batches: { 'metadata.site': 2, status: 'staging' } } })).toEqual(['/a.txt', '/b.txt']);
  expect(await paths({ not: { having: { batches: {} } } })).toEqual(['/c.txt']);
  const tasks = await ask(`/v1/projects/${project}/tasks/query`, { filter: { having: { batches: { name: 'Southwest' }, items: { name: 'b.txt' } } } });
  expect(tasks.data.map((task: { batchId: string }) => task.batchId)).toEqual([batches['Southwest']]);
});

test('versions.query 200: by message, tag and number, newest first', async () => {
  const of = `/v1/datasets/${dataset}/versions/query`;
  const numbers = async (filter: object, more = {}) => (await ask(of, { filter, ...more })).data.map(({ number }: { number: number }) => number);
  expect(await numbers({})).toEqual([3, 2, 1]);
  expect(await numbers({ tags: 'good' })).toEqual([2]);
  expect(await numbers({ tags: { in: ['latest', 'good'] } })).toEqual([3, 2]);
  expect(await numbers({ message: { contains: 'IR' }, itemCount: 3 }, { sort: [{ field: 'message', direction: 'desc' }] })).toEqual([3, 1]);
  const first = await ask(of, { limit: 1, sort: [{ field: 'createdBy' }], fields: ['id', 'number', 'tags'] });
  expect(first.data).toEqual([{ id: expect.stringMatching(/^[0-9a-f]{64}$/), number: 1, tags: [] }]);
  expect((await ask(of, { limit: 5, sort: [{ field: 'createdBy' }], fields: ['number'], cursor: first.next })).data).toEqual([{ number: 2 }, { number: 3 }]);
  expect(await numbers({ id: first.data[0].id })).toEqual([1]);
});

test('analytics.query 200: by name, runtime and what the document says; nobody finds those of others', async () => {
  const names = async (filter: object, key?: string) => (await fovea.call('POST', '/v1/analytics/query', { body: { filter, fields: ['name'], limit: 1_000 }, ...(key !== undefined && { key }) })).body.data.map(({ name }: { name: string }) => name);
  expect(await names({ name: 'fovea/thumbnails', builtin: true })).toEqual(['fovea/thumbnails']);
  expect(await names({ 'manifest.inputs.media': 'video', name: { match: 'fovea/*' } })).toContain('fovea/frames');
  const manifest = { name: 'us/mine', version: '1.0.0', scope: 'private', description: 'Ours', outputs: [{ name: 'labels', type: 'labels' }], parameters: [], inputs: [{ name: 'image', media: ['image'] }], runtime: { kind: 'http', url: 'http://127.0.0.1:9/run' } };
  expect((await fovea.call('POST', '/v1/analytics', { body: manifest })).body).toMatchObject({ name: 'us/mine' });
  expect(await names({ runtime: 'http' })).toEqual(['us/mine']);
  const other = await fovea.person({ admin: true });
  expect(await names({ runtime: 'http' }, other.key)).toEqual([]);
});

test.each([
  ['batches', () => `/v1/projects/${project}/batches/query`, { filter: { org_id: 'x' } }, 'filter.org_id'],
  ['versions', () => `/v1/datasets/${dataset}/versions/query`, { filter: { seenAt: 'x' } }, 'filter.seenAt'],
  ['analytics', () => '/v1/analytics/query', { sort: [{ field: 'userId' }] }, 'sort[0]'],
  ['analytics', () => '/v1/analytics/query', { filter: { having: { jobs: {} } } }, 'filter.having.jobs'],
])('%s: what is no field is refused by name', async (_name, path, body, at) => {
  const answer = await fovea.call('POST', path(), { body });
  expect([answer.status, answer.body.errors[0].path]).toEqual([400, at]);
});

describe('docs/queries.md', () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', '..', '..', '..', 'docs', 'queries.md'), 'utf8');
  const entities = [itemEntity, annotationEntity, taskEntity, batchEntity, jobEntity, versionEntity, analyticEntity];
  const internal = ['origin', 'externalId', 'extra', 'hidden', 'itemStatus'];

  test.each(entities.map((entity) => [entity.name, entity] as const))('lists every field of %s', (name, entity) => {
    const list = (names: string[]) => names.filter((one) => !internal.includes(one)).map((one) => `\`${one}\``).join(', ');
    expect(page).toContain(`| ${name} | ${list(Object.keys(entity.fields))} | ${list(Object.keys(entity.json)) || '—'} | ${list(Object.keys(entity.having)) || '—'} |`);
  });

  test('every example is answered', async () => {
    const examples = [...page.matchAll(/```json\n(.*?)```/gs)].map(([, text = '']) => JSON.parse(text));
    expect(examples.length).toBeGreaterThan(3);
    for (const example of examples) await ask(`/v1/datasets/${dataset}/items/query`, example);
    const filters = [...page.matchAll(/^\| `(\{.*?\})` \|/gm)].map(([, text = '']) => text.replaceAll('{…}', '{}').replaceAll('[…]', '[]'));
    for (const filter of filters.flatMap((text) => text.split('`, `'))) await ask(`/v1/datasets/${dataset}/items/query`, { filter: JSON.parse(filter) });
  });
});
