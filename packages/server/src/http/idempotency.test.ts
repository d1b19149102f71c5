// Requests under an Idempotency-Key: the answer is kept by the transaction that makes what it tells of, so that no kill in between has it done twice.
import { allOperations, newId, type Operation } from '@fovea/contract';
import sql, { raw } from 'sql-template-tag';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemCaller } from '../identity/caller.ts';
import { startTestPlatform, type TestAnswer, type TestPlatform } from '../testing/platform.ts';
import { samples } from '../testing/samples.ts';
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
  ['recipes', '/scale/v1/projects', () => ({ name: newId(), type: 'imageannotation', params: { geometries: {} } })],
  ['projects', '/scale/v1/projects', () => ({ name: newId(), type: 'imageannotation', params: { geometries: {} } })],
  ['tasks', '/scale/v1/evaluation_tasks/imageannotation', () => ({ attachment: 'https://example.com/a.png', geometries: { box: { objects_to_annotate: ['a'] } }, expected_response: {} })],
])('%s made by %s are written with their answer, which a repetition gets', async (table, path, body) => {
  const headers = { 'idempotency-key': newId(), ...(path.startsWith('/scale') ? { authorization: `Basic ${btoa(`${fovea.key}:`)}` } : {}) };
  const count = async () => (await database().one<{ n: number }>(sql`select count(*) as n from ${raw(table)}`)).n;
  const before = await count();
  const given = body();
  const first = await fovea.call('POST', path.replace('{item}', item), { body: given, headers });
  expect([path, first.status, first.body.errors]).toEqual([path, path.startsWith('/scale') ? 200 : 201, undefined]);
  const [{ id }] = await database().many<{ id: string }>(sql`select id from ${raw(table)} order by id desc limit 1`) as [{ id: string }];
  expect(await together(table, id, headers['idempotency-key'])).toBe(true);
  const again = await fovea.call('POST', path.replace('{item}', item), { body: given, headers });
  expect([again.status, again.body]).toEqual([first.status, first.body]);
  expect(await count()).toBe(before + 1);
});

/** The transactions that told of something or asked for long work since: whether there are any, and whether the answer under a key was kept by the last. */
const told = async (since: { events: number; commands: string }, key: string) =>
  database().one<{ any: boolean; kept: boolean }>(sql`
    with made as (select xmin::text::numeric as xid from events where seq > ${since.events} and actor <> 'system@fovea'
      union all select xmin::text::numeric from commands where id > ${since.commands})
    select exists (select from made) as any, exists (select from made join idempotency i on i.xmin::text::numeric = made.xid where i.key = ${key} and i.status = 200) as kept`);
const mark = () => database().one<{ events: number; commands: string }>(sql`select (select coalesce(max(seq), 0) from events) as events, (select coalesce(max(id::text), ${newId()}) from commands)::uuid as commands`);

/** What is restored already stays so. */
const doneAgain = ['items.restore'];

test('whatever a POST makes or moves is written with its answer, and done once', async () => {
  const world = await samples.prepare(fovea);
  const kept = ({ method, audience, body, result }: Operation) => method === 'POST' && audience !== 'public' && typeof body !== 'string' && typeof result !== 'string' && result !== undefined;
  const [done, faults]: [string[], string[]] = [[], []];
  for (const operation of allOperations.filter(kept)) {
    const { path, query, body } = samples.request(operation, world);
    const headers = { 'idempotency-key': newId() };
    const before = await mark();
    const send = async () => fovea.call('POST', `${path}${query}`, { body, headers });
    const first = await send();
    if (first.status >= 300) continue;
    const { any, kept: together } = await told(before, headers['idempotency-key']);
    if (!any || doneAgain.includes(operation.id)) continue;
    const again = await send();
    // Where a job stands in the queue is told with the first answer only.
    const said = ({ status, body }: TestAnswer) => JSON.stringify([status, { ...body, position: null, estimatedStartAt: null }]);
    (together && said(again) === said(first) ? done : faults).push(operation.id);
  }
  expect(faults).toEqual([]);
  expect(done.length).toBeGreaterThan(20);
});

test('tasks.claim 200: a claim that is asked for again is the same claim, of the next task and of one by its id; without a key it is another', async () => {
  const claims = `/v1/projects/${project}/tasks/claim`;
  const made = async () => (await fovea.call('POST', '/v1/tasks', { body: { project, item, priority: 9 } })).body.id;
  for (const body of [{}, { task: await made() }]) {
    const headers = { 'idempotency-key': newId() };
    await Promise.all([made(), made()]);
    const first = await fovea.call('POST', claims, { body, headers });
    expect(await together('tasks', first.body.task.id, headers['idempotency-key'])).toBe(true);
    const again = await fovea.call('POST', claims, { body, headers });
    expect([again.status, again.body]).toEqual([200, first.body]);
    expect((await fovea.call('POST', claims, { body })).body.lease).not.toBe(first.body.lease);
  }
});

test('work that is handed in, judged, given back and taken back again is so with its answer', async () => {
  const task = (await fovea.call('POST', '/v1/tasks', { body: { project, item } })).body.id;
  const move = async (verb: string, body: object) => {
    const headers = { 'idempotency-key': newId() };
    const [first, again] = [await fovea.call('POST', `/v1/tasks/${task}/${verb}`, { body, headers }), await fovea.call('POST', `/v1/tasks/${task}/${verb}`, { body, headers })];
    expect([verb, first.status, await together('tasks', task, headers['idempotency-key']), again.body]).toEqual([verb, 200, true, first.body]);
  };
  const claim = async () => ({ lease: (await fovea.call('POST', `/v1/projects/${project}/tasks/claim`, { body: { task } })).body.lease });
  await move('release', await claim());
  await move('submit', await claim());
  await move('review', { verdict: 'comment', comment: 'c' });
  await move('reopen', {});
  await move('cancel', {});
});

test('secrets that are told once are not readable where answers are kept, and told again to a repetition', async () => {
  for (const [path, body, secretOf] of [
    ['/v1/keys', { name: 'k' }, ({ key }: any) => key],
    ['/v1/webhooks', { project, url: 'http://127.0.0.1:9/hook' }, ({ secret }: any) => secret],
  ] as const) {
    const headers = { 'idempotency-key': newId() };
    const secret = secretOf((await fovea.call('POST', path, { body, headers })).body);
    expect(secret).toMatch(/^(live|test)_|^whsec_/);
    const row = await database().one<{ answer: string }>(sql`select answer::text from idempotency where key = ${headers['idempotency-key']}`);
    expect(row.answer).not.toContain(secret);
    expect(secretOf((await fovea.call('POST', path, { body, headers })).body)).toBe(secret);
  }
});

test('an answer that was kept under another secret of the platform is told to be closed', async () => {
  const { orgId } = await fovea.person();
  const request = { caller: systemCaller(orgId), key: newId(), operation: 'test', input: {} };
  const work = () => Promise.resolve({ done: true });
  expect(await idempotencyStore(database(), { secret: 'one' }).once(request, work)).toEqual({ done: true });
  expect(await idempotencyStore(database(), { secret: 'one' }).once(request, () => Promise.reject(new Error('again')))).toEqual({ done: true });
  await expect(idempotencyStore(database(), { secret: 'two' }).once(request, work)).rejects.toMatchObject({ code: 'gone' });
});

test('a run that its repetition has taken over from writes nothing any more', async () => {
  const store = idempotencyStore(database(), { secret: 'test' });
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
