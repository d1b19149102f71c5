import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../testing/platform.ts';

let fovea: TestPlatform;
beforeAll(async () => {
  fovea = await startTestPlatform({ working: false });
});
afterAll(() => fovea.close());

const unique = (name: string) => `${name} ${Math.random().toString(36).slice(2)}`;
const newProject = async (name = unique('project')) => (await fovea.call('POST', '/v1/projects', { body: { name } })).body;

describe('projects', () => {
  test('projects.create 201 gives the project with the caller as owner', async () => {
    const { status, body, headers } = await fovea.call('POST', '/v1/projects', { body: { name: 'Röntgen 🩻', metadata: { a: 1 } } });
    expect(status).toBe(201);
    expect(body).toMatchObject({ name: 'Röntgen 🩻', role: 'owner', metadata: { a: 1 }, revision: 1 });
    expect(headers.get('etag')).toBe('"1"');
  });
  test('projects.create 409 when the name is taken', async () => {
    const { name } = await newProject();
    const { status, body } = await fovea.call('POST', '/v1/projects', { body: { name } });
    expect([status, body.code]).toEqual([409, 'conflict']);
    expect(body.detail).toContain(name);
  });
  test.each([
    [{}, 'body.name'],
    [{ name: '' }, 'body.name'],
    [{ name: 'x'.repeat(4_000) }, 'body.name'],
    [{ name: 'nul\u0000' }, 'body.name'],
    [{ name: 'x', colour: 'red' }, 'body.colour'],
  ])('projects.create 400 names the field: %j', async (sent, path) => {
    const { status, body } = await fovea.call('POST', '/v1/projects', { body: sent });
    expect([status, body.code, body.errors[0].path]).toEqual([400, 'invalid_request', path]);
  });
  test('projects.list 200 pages through all, newest first', async () => {
    const made = [];
    for (let index = 0; index < 5; index++) made.push((await newProject()).id);
    const first = (await fovea.call('GET', '/v1/projects?limit=2')).body;
    const second = (await fovea.call('GET', `/v1/projects?limit=2&cursor=${first.next}`)).body;
    expect([...first.data, ...second.data].map((row: { id: string }) => row.id)).toEqual(made.toReversed().slice(0, 4));
    const wrong = await fovea.call('GET', `/v1/projects?limit=2&name=x&cursor=${first.next}`);
    expect([wrong.status, wrong.body.errors[0].path]).toEqual([400, 'query.cursor']);
    expect((await fovea.call('GET', '/v1/projects?cursor=forged')).status).toBe(400);
  });
  test('projects.get 200 by id and by name', async () => {
    const project = await newProject('by name/ü');
    expect((await fovea.call('GET', `/v1/projects/${project.id}`)).body.id).toBe(project.id);
    expect((await fovea.call('GET', `/v1/projects/${encodeURIComponent('by name/ü')}`)).body.id).toBe(project.id);
  });
  test('projects.update 200 changes what is given, 412 when the revision is old', async () => {
    const project = await newProject();
    const changed = await fovea.call('PATCH', `/v1/projects/${project.id}`, { body: { description: 'new' }, headers: { 'if-match': '"1"' } });
    expect([changed.status, changed.body.description, changed.body.revision]).toEqual([200, 'new', 2]);
    const lost = await fovea.call('PATCH', `/v1/projects/${project.id}`, { body: { description: 'newer' }, headers: { 'if-match': '"1"' } });
    expect([lost.status, lost.body.code, lost.body.current.revision]).toEqual([412, 'revision_conflict', 2]);
  });
  test('projects.update 412 carries the present state; projects.update 409 on a taken name', async () => {
    const [first, second] = [await newProject(), await newProject()];
    expect((await fovea.call('PATCH', `/v1/projects/${first.id}`, { body: { name: second.name } })).status).toBe(409);
  });
  test('projects.delete 204 hides it, projects.restore 200 brings it back, projects.restore 409 when the name was taken', async () => {
    const project = await newProject();
    expect((await fovea.call('DELETE', `/v1/projects/${project.id}`)).status).toBe(204);
    expect((await fovea.call('GET', `/v1/projects/${project.id}`)).status).toBe(404);
    expect((await fovea.call('POST', `/v1/projects/${project.id}/restore`)).body.id).toBe(project.id);
    await fovea.call('DELETE', `/v1/projects/${project.id}`);
    await newProject(project.name);
    expect((await fovea.call('POST', `/v1/projects/${project.id}/restore`)).status).toBe(409);
  });
});

describe('keys', () => {
  const make = async (body: object, key?: string) => fovea.call('POST', '/v1/keys', { body: { name: 'k', ...body }, ...(key ? { key } : {}) });

  test('keys.create 201 shows a key of 256 bits once; keys.list 200 shows only its first characters', async () => {
    const { status, body } = await make({ name: 'mine' });
    expect(status).toBe(201);
    expect(Buffer.from(body.key.slice(5), 'base64url')).toHaveLength(32);
    const listed = await fovea.call('GET', '/v1/keys');
    expect(JSON.stringify(listed.body)).not.toContain(body.key);
    expect(listed.body.data.find((key: { id: string }) => key.id === body.id).prefix).toBe(body.key.slice(0, 10));
  });
  test('keys.create 403 never gives more than its maker has', async () => {
    const reader = (await make({ scopes: ['read', 'admin'] })).body.key;
    const { status, body } = await make({ scopes: ['read', 'write'] }, reader);
    expect([status, body.code]).toEqual([403, 'forbidden']);
    expect(body.detail).toContain('write');
  });
  test('a key for one project opens no other', async () => {
    const [mine, other] = [await newProject(), await newProject()];
    const { key } = (await make({ project: mine.id })).body;
    expect((await fovea.call('GET', `/v1/projects/${mine.id}`, { key })).status).toBe(200);
    expect((await fovea.call('GET', `/v1/projects/${other.id}`, { key })).status).toBe(404);
    expect((await fovea.call('GET', '/v1/projects', { key })).body.data).toHaveLength(1);
    expect((await make({}, key)).status).toBe(403);
    expect((await fovea.call('POST', '/v1/projects', { body: { name: 'no' }, key })).status).toBe(403);
  });
  test('keys.create 404 for a project of somebody else', async () => {
    const stranger = await fovea.person({ admin: true });
    expect((await make({ project: (await newProject()).id }, stranger.key)).status).toBe(404);
  });
  test('keys.revoke 204 stops it at once', async () => {
    const { id, key } = (await make({})).body;
    expect((await fovea.call('GET', '/v1/me', { key })).status).toBe(200);
    expect((await fovea.call('DELETE', `/v1/keys/${id}`)).status).toBe(204);
    expect((await fovea.call('GET', '/v1/me', { key })).status).toBe(401);
  });
  test('an expired, an unknown and no key answer 401 alike', async () => {
    const soon = new Date(Date.now() + 300).toISOString();
    const { key } = (await make({ expiresAt: soon })).body;
    await new Promise((resolve) => setTimeout(resolve, 350));
    for (const tried of [key, 'live_unknown', null]) {
      const { status, body, headers } = await fovea.call('GET', '/v1/me', { key: tried });
      expect([status, body.code, headers.get('content-type')]).toEqual([401, 'unauthenticated', 'application/problem+json; charset=utf-8']);
      expect(JSON.stringify(body)).not.toContain(String(tried));
    }
  });
  test.each(['voxel51', 'scale', 'dataloop', 'skylab', 'datamint'])('a key made for %s carries what its client is given', async (door) => {
    const { body } = await make({ door });
    expect(JSON.stringify(body.door)).toContain(`/${door}`);
  });
  test('a read key cannot change anything', async () => {
    const { key } = (await make({ scopes: ['read'] })).body;
    expect((await fovea.call('POST', '/v1/projects', { body: { name: unique('x') }, key })).body.code).toBe('forbidden');
  });
});

describe('members and users', () => {
  test('members.set 200 invites, members.list 200 shows, members.remove 204 removes', async () => {
    const project = await newProject();
    const path = `/v1/projects/${project.id}/members/new%2Bperson@example.com`;
    expect((await fovea.call('PUT', path, { body: { role: 'annotator' } })).body).toMatchObject({ email: 'new+person@example.com', role: 'annotator' });
    expect((await fovea.call('PUT', path, { body: { role: 'reviewer' } })).body.role).toBe('reviewer');
    expect((await fovea.call('GET', `/v1/projects/${project.id}/members`)).body.data).toHaveLength(2);
    expect((await fovea.call('DELETE', path)).status).toBe(204);
    expect((await fovea.call('DELETE', path)).status).toBe(404);
  });
  test('members.set 409 and members.remove 409 keep the last owner', async () => {
    const project = await newProject();
    const path = `/v1/projects/${project.id}/members/admin@localhost`;
    expect((await fovea.call('PUT', path, { body: { role: 'annotator' } })).status).toBe(409);
    expect((await fovea.call('DELETE', path)).status).toBe(409);
  });
  test('members.set 403 when a manager makes an owner', async () => {
    const project = await newProject();
    const { orgId } = (await fovea.call('GET', '/v1/me')).body.user.orgId ?? { orgId: undefined };
    const me = (await fovea.call('GET', '/v1/me')).body;
    const manager = await fovea.person({ orgId: orgId ?? me.organization.id, project: { id: project.id, role: 'manager' } });
    const answer = await fovea.call('PUT', `/v1/projects/${project.id}/members/x@example.com`, { body: { role: 'owner' }, key: manager.key });
    expect(answer.status).toBe(403);
  });
  test('users.create 201, users.create 409 on a taken e-mail, users.list 200, users.update 200 disables at once', async () => {
    const email = `u${Date.now()}@example.com`;
    const { status, body } = await fovea.call('POST', '/v1/users', { body: { email, password: 'long enough 1' } });
    expect(status).toBe(201);
    expect(JSON.stringify(body)).not.toContain('scrypt');
    expect((await fovea.call('POST', '/v1/users', { body: { email } })).status).toBe(409);
    expect((await fovea.call('GET', '/v1/users')).body.data.map((user: { email: string }) => user.email)).toContain(email);
    const login = await fovea.call('POST', '/v1/session', { key: null, body: { email, password: 'long enough 1' } });
    const cookie = (login.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    expect((await fovea.call('GET', '/v1/me', { key: null, headers: { cookie } })).status).toBe(200);
    expect((await fovea.call('PATCH', `/v1/users/${body.id}`, { body: { disabled: true } })).body.disabled).toBe(true);
    expect((await fovea.call('GET', '/v1/me', { key: null, headers: { cookie } })).status).toBe(401);
  });
  test('an e-mail that another organisation knows is added like any other, and its passwords open what they belong to', async () => {
    const [project, other] = [await newProject(), await fovea.person({ admin: true })];
    const [path, email] = [`/v1/projects/${project.id}/members/${other.email}`, `both${Date.now()}@example.com`];
    const member = await fovea.call('PUT', path, { body: { role: 'annotator' } });
    expect([member.status, member.body.email]).toEqual([200, other.email]);
    expect(member.body.userId).not.toBe(other.userId);
    expect((await fovea.call('GET', `/v1/projects/${project.id}`, { key: other.key })).status).toBe(404);
    const users = [{ password: 'long enough 1' }, { password: 'long enough 2' }];
    expect((await fovea.call('POST', '/v1/users', { body: { email, ...users[0] } })).status).toBe(201);
    expect((await fovea.call('POST', '/v1/users', { body: { email, ...users[1] }, key: other.key })).status).toBe(201);
    const organizations = [];
    for (const user of users) organizations.push((await fovea.call('POST', '/v1/session', { key: null, body: { email, ...user } })).body.organization?.id);
    expect(organizations).toEqual([(await fovea.call('GET', '/v1/me')).body.organization.id, other.orgId]);
    expect((await fovea.call('POST', '/v1/session', { key: null, body: { email, password: 'long enough 3' } })).status).toBe(401);
  });
  test('users.update 409 keeps the last administrator', async () => {
    const me = (await fovea.call('GET', '/v1/me')).body;
    expect((await fovea.call('PATCH', `/v1/users/${me.user.id}`, { body: { admin: false } })).status).toBe(409);
  });
});

describe('console sessions', () => {
  test('session.login 200 sets an HttpOnly cookie; changes need the CSRF header; session.logout 204 ends it', async () => {
    const login = await fovea.call('POST', '/v1/session', { key: null, body: { key: fovea.key } });
    const setCookie = login.headers.get('set-cookie') ?? '';
    expect(setCookie).toMatch(/HttpOnly; SameSite=Lax/);
    const cookie = setCookie.split(';')[0] ?? '';
    const me = await fovea.call('GET', '/v1/me', { key: null, headers: { cookie } });
    expect(me.body.csrf).toBe(login.body.csrf);
    const bare = await fovea.call('POST', '/v1/projects', { key: null, headers: { cookie }, body: { name: unique('c') } });
    expect([bare.status, bare.body.code]).toEqual([403, 'csrf']);
    const withToken = await fovea.call('POST', '/v1/projects', { key: null, headers: { cookie, 'x-fovea-csrf': me.body.csrf }, body: { name: unique('c') } });
    expect(withToken.status).toBe(201);
    expect((await fovea.call('DELETE', '/v1/session', { key: null, headers: { cookie, 'x-fovea-csrf': me.body.csrf } })).status).toBe(204);
    expect((await fovea.call('GET', '/v1/me', { key: null, headers: { cookie } })).status).toBe(401);
  });
  test('session.login 401 says the same for a wrong password and an unknown e-mail', async () => {
    const wrong = await fovea.call('POST', '/v1/session', { key: null, body: { email: 'admin@localhost', password: 'guess' } });
    const unknown = await fovea.call('POST', '/v1/session', { key: null, body: { email: 'nobody@example.com', password: 'guess' } });
    expect([wrong.status, wrong.body.detail]).toEqual([unknown.status, unknown.body.detail]);
  });
  test('users.setPassword 204 sets it, users.setPassword 403 without the current one', async () => {
    const me = (await fovea.call('GET', '/v1/me')).body;
    const { key } = await fovea.person({ orgId: me.organization.id });
    expect((await fovea.call('PUT', '/v1/me/password', { key, body: { password: 'first password' } })).status).toBe(204);
    expect((await fovea.call('PUT', '/v1/me/password', { key, body: { password: 'second password' } })).status).toBe(403);
    expect((await fovea.call('PUT', '/v1/me/password', { key, body: { password: 'second password', current: 'first password' } })).status).toBe(204);
  });
});

describe('every request', () => {
  test('session.get 200 tells who calls; system.info 200 needs no key', async () => {
    expect((await fovea.call('GET', '/v1/me')).body.user.email).toBe('admin@localhost');
    expect((await fovea.call('GET', '/v1/info', { key: null })).body.name).toBe('Fovea');
  });
  test('broken JSON, wrong encoding and endless nesting are told apart', async () => {
    const post = (body: string | Uint8Array) => fovea.call('POST', '/v1/projects', { body });
    expect((await post('{"name":')).body.code).toBe('invalid_json');
    expect((await post(new Uint8Array([0x22, 0xff, 0x22]))).body.detail).toContain('UTF-8');
    expect((await post(`{"name":"x","metadata":${'{"a":'.repeat(400)}1${'}'.repeat(400)}}`)).body.detail).toContain('levels deep');
    const large = await post(`{"name":"${'x'.repeat(33 * 1024 * 1024)}"}`);
    expect([large.status, large.body.code]).toEqual([413, 'too_large']);
  });
  test('an idempotency key answers the same twice and refuses another request', async () => {
    const headers = { 'idempotency-key': unique('once') };
    const name = unique('idempotent');
    const [first, second] = await Promise.all([1, 2].map(() => fovea.call('POST', '/v1/projects', { body: { name }, headers })));
    expect(first?.body.id).toBe(second?.body.id);
    const other = await fovea.call('POST', '/v1/projects', { body: { name: unique('other') }, headers });
    expect([other.status, other.body.code]).toEqual([409, 'idempotency_conflict']);
    // A refused request may be mended and sent again under its key.
    const again = { 'idempotency-key': unique('again') };
    expect((await fovea.call('POST', '/v1/projects', { body: { name: '' }, headers: again })).status).toBe(400);
    expect((await fovea.call('POST', '/v1/projects', { body: { name: unique('mended') }, headers: again })).status).toBe(201);
  });
  test('a method that an address does not take answers 405 with those that it takes', async () => {
    for (const [method, path, allowed] of [
      ['DELETE', '/v1/projects', 'GET, HEAD, POST'],
      ['PUT', `/v1/projects/${crypto.randomUUID()}?x=1`, 'DELETE, GET, HEAD, PATCH'],
    ] as const) {
      const answer = await fovea.call(method, path);
      expect([answer.status, answer.headers.get('allow'), answer.body.code]).toEqual([405, allowed, 'method_not_allowed']);
      expect(answer.body.detail).toBe(`${path.split('?')[0]} takes ${allowed}, not ${method}.`);
    }
  });
  test('an unknown path answers a problem', async () => {
    const { status, body } = await fovea.call('GET', '/v1/nothing');
    expect([status, body.code]).toEqual([404, 'not_found']);
  });
});
