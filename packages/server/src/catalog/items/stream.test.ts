import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';

let fovea: TestPlatform;
let dataset: string;
const paths = ['/a/1.txt', '/a/2.txt', '/b/quote"\'.txt', '/b/N.txt', '/b/é 😀.txt', '/$1.txt'];

beforeAll(async () => {
  fovea = await startTestPlatform();
  const project = (await fovea.call('POST', '/v1/projects', { body: { name: 'p' } })).body.id;
  dataset = (await fovea.call('POST', '/v1/datasets', { body: { project, name: 'd' } })).body.id;
  for (const [n, path] of paths.entries()) {
    const metadata = { n, text: 'tab\tline\nback\\slash "quote"', deep: [{ x: [1, 'two'] }], none: null };
    const query = new URLSearchParams({ path, metadata: JSON.stringify(metadata), ...(n % 2 === 0 && { labels: 'one,t w o\\' }) });
    const made = await fovea.call('POST', `/v1/datasets/${dataset}/items?${query}`, { body: path });
    if (made.status !== 201) throw new Error(JSON.stringify(made.body));
    await fovea.call('PATCH', `/v1/items/${made.body.item.id}`, { body: { description: 'Tabs\tand\r\nlines \\N \\. \u0001 end' } });
  }
});
afterAll(() => fovea.close());

const ask = (body: object, key?: string) => fovea.call('POST', `/v1/datasets/${dataset}/items/stream`, { body, ...(key && { key }) });
const linesOf = (text: string): any[] => text.split('\n').filter(Boolean).map((line) => JSON.parse(line));
const byPath = [{ field: 'path', direction: 'asc' }];

test('items.stream 200: says of every item what a page of the query says', async () => {
  const pageOf = async (body: object) => (await fovea.call('POST', `/v1/datasets/${dataset}/items/query`, { body })).body.data;
  const whole = linesOf((await ask({ sort: byPath })).body);
  const shown = await pageOf({ sort: byPath });
  expect(whole).toHaveLength(paths.length);
  expect(shown).toMatchObject(whole);
  expect(Object.keys(shown[0]).filter((name) => !Object.hasOwn(whole[0], name))).toEqual(['projectId', 'datasetId', 'orientation', 'hasThumbnail']);
  const fields = ['id', 'path', 'name', 'labels', 'description', 'createdAt', 'sizeBytes', 'width', 'sha256', 'metadata', 'metadata.n', 'metadata.text', 'metadata.deep', 'metadata.none', 'metadata.missing'];
  for (const filter of [{}, { path: { match: '/b/**' } }, { 'metadata.n': { gt: 2 } }, { labels: 't w o\\' }, { path: { in: paths } }, { name: "quote\"'.txt" }, { path: '/none' }]) {
    const sort = [{ field: 'metadata.n', direction: 'desc' }];
    expect(linesOf((await ask({ filter, sort, fields })).body ?? '')).toEqual(await pageOf({ filter, sort, fields }));
  }
});

test('items.stream 200: in no order all the same', async () => {
  const answer = await ask({ fields: ['path'] });
  expect(answer.headers.get('content-type')).toBe('application/x-ndjson');
  expect(new Set(linesOf(answer.body).map(({ path }) => path))).toEqual(new Set(paths));
});

test.each([
  [{ fields: ['secret'] }, 'fields[0]'],
  [{ fields: ['users.password'] }, 'fields[0]'],
  [{ filter: { password: 'x' } }, 'filter.password'],
  [{ sort: [{ field: 'labels', direction: 'asc' }] }, 'sort[0]'],
  [{ limit: 3 }, 'body.limit'],
])('items.stream 400: %j', async (body, path) => {
  const answer = await ask(body);
  expect([answer.status, answer.body.errors[0].path]).toEqual([400, path]);
});

test('items.stream 429: streams that are not read to their end hold no more than a few connections, and give them back', async () => {
  const many = await fovea.call('POST', '/v1/projects', { body: { name: 'many' } });
  const large = (await fovea.call('POST', '/v1/datasets', { body: { project: many.body.id, name: 'large' } })).body.id;
  for (let n = 0; n < 10; n++) {
    const form = new FormData();
    for (let file = 0; file < 40; file++) form.append('file', new Blob([`${n} ${file}`]), `/${n}/${file}.txt`);
    await fetch(`${fovea.url}/v1/datasets/${large}/items/bundle`, { method: 'POST', body: form, headers: { authorization: `Bearer ${fovea.key}` } });
  }
  const { body: change } = await fovea.call('POST', `/v1/datasets/${large}/items/update`, { body: { filter: {}, change: { metadata: { long: 'x'.repeat(60_000) } } } });
  expect((await fovea.call('GET', `/v1/commands/${change.id}?waitSeconds=60`)).body.status).toBe('complete');
  const open = () => fetch(`${fovea.url}/v1/datasets/${large}/items/stream`, { method: 'POST', body: '{}', headers: { authorization: `Bearer ${fovea.key}`, 'content-type': 'application/json' } });
  const held = await Promise.all([open(), open(), open()]);
  await Promise.all(held.map((answer) => answer.body?.getReader().read()));
  expect((await open()).status).toBe(429);
  expect((await fovea.call('GET', `/v1/datasets/${large}`)).status).toBe(200);
  for (const answer of held) await answer.body?.cancel().catch(() => undefined);
});
