// Every operation of the contract, against every role and a foreign tenant: made from the operation table, so that a new operation without
// a row here fails.
import { allOperations, projectRoles, scopes, type Operation, type ProjectRole } from '@fovea/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from './platform.ts';
import { samples, type World } from './samples.ts';

let fovea: TestPlatform;
let world: World;
const keys = {} as Record<ProjectRole | 'stranger' | 'outsider' | 'admin', string>;

beforeAll(async () => {
  fovea = await startTestPlatform({ working: false });
  world = await samples.prepare(fovea);
  const { id: orgId } = (await fovea.call('GET', '/v1/me')).body.organization;
  for (const role of projectRoles) keys[role] = (await fovea.person({ orgId, project: { id: world.project, role } })).key;
  keys.outsider = (await fovea.person({ orgId })).key;
  keys.stranger = (await fovea.person({ admin: true })).key;
  keys.admin = fovea.key;
});
afterAll(() => fovea.close());

const send = async (operation: Operation, key: string | null) => {
  const { path, body, query } = samples.request(operation, world);
  // A stream never ends by itself: its status is enough.
  if (operation.result === 'events') {
    const stop = new AbortController();
    const response = await fetch(`${fovea.url}${path}${query}`, { headers: key === null ? {} : { authorization: `Bearer ${key}` }, signal: stop.signal });
    stop.abort();
    return response.status;
  }
  const answer = await fovea.call(operation.method, `${path}${query}`, { key, body });
  return answer.status;
};
const inProject = allOperations.filter((operation) => (projectRoles as readonly string[]).includes(operation.audience));
const guarded = allOperations.filter((operation) => operation.audience !== 'public');

test('every operation has a sample request', () => {
  expect(allOperations.filter((operation) => !samples.has(operation)).map((operation) => operation.id)).toEqual([]);
});

describe.each(guarded.map((operation) => [operation.id, operation] as const))('%s', (_id, operation) => {
  test('without a key answers 401', async () => {
    expect(await send(operation, null)).toBe(401);
  });
  test('with a key that lacks the scope answers 403 or, where nothing may be seen, 404', async () => {
    const other = scopes.filter((scope) => scope !== operation.scope);
    const me = (await fovea.call('GET', '/v1/me')).body;
    const { key } = await fovea.person({ orgId: me.organization.id, admin: true, scopes: other });
    if (operation.id !== 'session.logout' && operation.id !== 'session.get') expect(await send(operation, key)).toBe(403);
  });
});

describe.each(inProject.map((operation) => [operation.id, operation] as const))('%s in a project', (_id, operation) => {
  test('is 404 for another organisation and for somebody who is no member', async () => {
    expect(await send(operation, keys.stranger)).toBe(404);
    expect(await send(operation, keys.outsider)).toBe(404);
  });
  const needed = projectRoles.indexOf(operation.audience as ProjectRole);
  test.each(projectRoles.slice(needed + 1))('is 403 for %s', async (role) => {
    expect(await send(operation, keys[role])).toBe(403);
  });
  test(`is open to ${operation.audience}`, async () => {
    expect([401, 403]).not.toContain(await send(operation, keys[operation.audience as ProjectRole]));
    world = await samples.prepare(fovea, world);
  });
});

describe.each(allOperations.filter((operation) => operation.audience === 'org').map((operation) => [operation.id, operation] as const))('%s for administrators', (_id, operation) => {
  test('is 403 for everybody else', async () => {
    expect(await send(operation, keys.owner)).toBe(403);
  });
});
