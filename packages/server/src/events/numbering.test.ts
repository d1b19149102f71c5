import sql from 'sql-template-tag';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../testing/platform.ts';
import { continueNumbers } from './numbering.ts';

let fovea: TestPlatform;
let project: string;
beforeAll(async () => {
  fovea = await startTestPlatform();
  project = (await fovea.call('POST', '/v1/projects', { body: { name: 'p' } })).body.id;
});
afterAll(() => fovea.close());

const dataset = (name: string) => fovea.call('POST', '/v1/datasets', { body: { project, name } });
const history = async () => (await fovea.call('GET', `/v1/events/history?project=${project}&type=dataset.created`)).body.data.map((one: any) => one.data.name);
const hook = async () => (await fovea.call('POST', '/v1/webhooks', { body: { project, url: 'http://127.0.0.1:9/', events: ['dataset.created'] } })).body.webhook.id as string;
const told = async (webhook: string) =>
  (await fovea.platform.engines.db.many<{ name: string }>(sql`select (payload::jsonb -> 'data' -> 'data' ->> 'name') as name from deliveries where webhook_id = ${webhook} order by id`)).map(({ name }) => name);
const patience = { timeout: 20_000 };

test('in a database from another cluster, whose transactions had higher numbers, what is new comes after what is old', async () => {
  const { db } = fovea.platform.engines;
  const first = await hook();
  await dataset('old');
  await expect.poll(history, patience).toEqual(['old']);
  await expect.poll(() => told(first), patience).toEqual(['old']);
  await db.run(sql`update events set xact = (xact::text::bigint + 5000000000)::text::xid8`);
  await db.run(sql`update webhooks set position_xact = (position_xact::text::bigint + 5000000000)::text::xid8`);
  expect(await history()).toEqual([]);
  await continueNumbers(db);
  const { base } = await db.one<{ base: number }>(sql`select fovea_xact_base() as base`);
  await continueNumbers(db);
  expect(await db.one(sql`select fovea_xact_base() as base`)).toEqual({ base });
  expect(base).toBeGreaterThan(5_000_000_000);
  expect(await history()).toEqual(['old']);
  await dataset('new');
  await expect.poll(history, patience).toEqual(['old', 'new']);
  await expect.poll(() => told(first), patience).toEqual(['old', 'new']);
  const second = await hook();
  await dataset('newest');
  await expect.poll(() => told(second), patience).toEqual(['newest']);
  await expect.poll(() => told(first), patience).toEqual(['old', 'new', 'newest']);
});
