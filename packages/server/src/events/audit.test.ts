import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../testing/platform.ts';

let fovea: TestPlatform;
let project: string;
let writer: { key: string; email: string };
beforeAll(async () => {
  fovea = await startTestPlatform({ working: false });
  project = (await fovea.call('POST', '/v1/projects', { body: { name: 'p' } })).body.id;
  const { id: orgId } = (await fovea.call('GET', '/v1/me')).body.organization;
  writer = await fovea.person({ orgId, project: { id: project, role: 'developer' } });
  for (const name of ['a', 'b', 'c']) await fovea.call('POST', '/v1/datasets', { key: writer.key, body: { project, name } });
  await fovea.call('POST', '/v1/users', { body: { email: 'new@example.org' } });
});
afterAll(() => fovea.close());

const audit = async (query = '') => (await fovea.call('GET', `/v1/audit${query}`)).body;
const types = (page: any): string[] => page.data.map((event: any) => event.type);

test('audit.list 200: what was done in all projects and outside them, newest first', async () => {
  const page = await audit();
  expect(types(page).slice(0, 4)).toEqual(['user.created', 'dataset.created', 'dataset.created', 'dataset.created']);
  expect(page.data[1]).toMatchObject({ actor: writer.email, projectId: project, subject: { kind: 'dataset' }, data: { name: 'c' } });
  expect(page.data[0].projectId).toBeNull();
});

test('audit.list 200: narrowed by actor, type, project, thing and time', async () => {
  expect(types(await audit(`?actor=${writer.email.toUpperCase()}`))).toEqual([...Array(3).fill('dataset.created'), 'key.created']);
  expect(types(await audit('?type=user.*'))).toEqual(['user.created']);
  expect(types(await audit('?type=dataset.deleted'))).toEqual([]);
  expect(new Set((await audit(`?project=${project}`)).data.map((event: any) => event.projectId))).toEqual(new Set([project]));
  const [newest] = (await audit(`?actor=${writer.email}`)).data;
  expect(types(await audit(`?subject=${newest.subject.id}`))).toEqual(['dataset.created']);
  const later = new Date(Date.now() + 60_000).toISOString();
  expect((await audit(`?from=${later}`)).data).toEqual([]);
  expect((await audit(`?to=${later}&from=2020-01-01T00:00:00Z`)).data.length).toBeGreaterThan(3);
});

test('audit.list 200: pages continue where they ended, also when more happens meanwhile', async () => {
  const first = await audit(`?actor=${writer.email}&type=dataset.*&limit=2`);
  await fovea.call('POST', '/v1/datasets', { key: writer.key, body: { project, name: 'd' } });
  const second = await audit(`?actor=${writer.email}&type=dataset.*&limit=2&cursor=${first.next}`);
  expect([...first.data, ...second.data].map((event: any) => event.data.name)).toEqual(['c', 'b', 'a']);
  expect(second.next).toBeNull();
  expect((await fovea.call('GET', `/v1/audit?limit=2&cursor=${first.next}`)).status).toBe(400);
});

test('audit.list 200: who signed in to the console, and with what', async () => {
  expect((await fovea.call('POST', '/v1/session', { key: null, body: { key: writer.key } })).status).toBeLessThan(300);
  expect((await audit('?type=session.*')).data).toMatchObject([{ type: 'session.opened', actor: writer.email, projectId: null, data: { with: 'key' } }]);
});

test('audit.list: for administrators of the organisation only; another organisation sees its own', async () => {
  expect((await fovea.call('GET', '/v1/audit', { key: writer.key })).status).toBe(403);
  const other = await fovea.person({ admin: true });
  expect(types((await fovea.call('GET', '/v1/audit', { key: other.key })).body)).toEqual(['key.created']);
  expect((await fovea.call('GET', '/v1/audit?type=DROP', {})).status).toBe(400);
});
