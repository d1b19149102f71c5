// Requests under an Idempotency-Key: the answer is kept by the transaction that makes what it tells of, so that no kill in between has it done twice.
import { newId } from '@fovea/contract';
import sql, { raw } from 'sql-template-tag';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemCaller } from '../identity/caller.ts';
import { startTestPlatform, type TestPlatform } from '../testing/platform.ts';
import { idempotencyStore } from './idempotency.ts';

let fovea: TestPlatform;
let project: string;
let item: string;
beforeAll(async () => {
  fovea = await startTestPlatform({ working: false });
  project = (await fovea.call('POST', '/v1/projects', { body: { name: 'once' } })).body.id;
  const dataset = (await fovea.call('POST', '/v1/datasets', { body: { project, name: 'd' } })).body.id;
  item = (await fovea.call('POST', `/v1/datasets/${dataset}/items?path=/a.txt`, { body: new TextEncoder().encode('a') })).body.item.id;
});
afterAll(() => fovea.close());

const database = () => fovea.platform.engines.db;
/** Whether a row and the answer of the request under a key were last written by one transaction. */
const together = async (table: string, id: string, key: string) =>
  (await database().maybe<{ same: boolean }>(sql`select t.xmin = i.xmin as same from ${raw(table)} t, idempotency i where t.id = ${id} and i.key = ${key} and i.status = 200`))?.same;

const label = { type: 'classification', label: 'x', geometry: { type: 'classification' } };
test.each<[string, string, () => object]>([
  ['tasks', '/v1/tasks', () => ({ project, item, hypothesis: [label] })],
  ['batches', '/v1/batches', () => ({ project, name: 'b' })],
  ['annotations', '/v1/items/{item}/annotations', () => ({ annotations: [label] })],
  ['jobs', '/v1/jobs', () => ({ project, analytic: 'fovea/thumbnails', inputs: { files: item } })],
  ['tasks', '/scale/v1/task/textcollection', () => ({ attachments: [{ type: 'text', content: 'Hello' }], fields: [{ type: 'text', field_id: 'a', title: 'A' }] })],
])('%s made by %s are written with their answer, which a repetition gets', async (table, path, body) => {
  const headers = { 'idempotency-key': newId(), ...(path.startsWith('/scale') ? { authorization: `Basic ${btoa(`${fovea.key}:`)}` } : {}) };
  const count = async () => (await database().one<{ n: number }>(sql`select count(*) as n from ${raw(table)}`)).n;
  const before = await count();
  const first = await fovea.call('POST', path.replace('{item}', item), { body: body(), headers });
  expect([path, first.status, first.body.errors]).toEqual([path, path.startsWith('/scale') ? 200 : 201, undefined]);
  const [{ id }] = await database().many<{ id: string }>(sql`select id from ${raw(table)} order by id desc limit 1`) as [{ id: string }];
  expect(await together(table, id, headers['idempotency-key'])).toBe(true);
  const again = await fovea.call('POST', path.replace('{item}', item), { body: body(), headers });
  expect([again.status, again.body]).toEqual([first.status, first.body]);
  expect(await count()).toBe(before + 1);
});

test('a run that its repetition has taken over from writes nothing any more', async () => {
  const store = idempotencyStore(database());
  const { orgId } = await fovea.person();
  const [request, name] = [{ caller: systemCaller(orgId), key: newId(), operation: 'test', input: {} }, newId()];
  const slow = store.once(request, async (keep) => {
    await database().run(sql`update idempotency set holder = ${newId()} where key = ${request.key}`);
    await database().tx(async (tx) => {
      await tx.run(sql`insert into settings (name, value) values (${name}, '1')`);
      await keep(tx, { done: true });
    });
    return { done: true };
  });
  await expect(slow).rejects.toMatchObject({ code: 'conflict', retryAfterSeconds: expect.any(Number) });
  expect(await database().maybe(sql`select from settings where name = ${name}`)).toBeUndefined();
  // The key is still the repetition's.
  expect(await database().one(sql`select status from idempotency where key = ${request.key}`)).toEqual({ status: null });
});
