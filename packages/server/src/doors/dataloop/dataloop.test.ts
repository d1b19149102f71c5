import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import sharp from 'sharp';
import { startTestPlatform, type TestAnswer, type TestPlatform } from '../../testing/platform.ts';

let on: TestPlatform;
let token = '';
let projectId = '';
let dataset: any;

const base = '/dataloop/api/v1';
const door = (method: string, path: string, body?: unknown, key: string | null = token): Promise<TestAnswer> => on.call(method, `${base}${path}`, { key, ...(body === undefined ? {} : { body }) });
const query = async (filter: unknown, more: object = {}) => (await door('POST', `/datasets/${dataset.id}/query`, { filter, resource: 'items', page: 0, pageSize: 1_000, ...more })).body;
const names = async (...conditions: object[]) => (await query({ $and: [{ hidden: false }, { type: 'file' }, ...conditions] })).items.map((item: any) => item.filename).toSorted();

async function upload(path: string, options: { width?: number; mode?: string; metadata?: object; description?: string; text?: string } = {}): Promise<TestAnswer> {
  const form = new FormData();
  form.set('type', 'file');
  form.set('path', path);
  if (options.metadata) form.set('metadata', JSON.stringify(options.metadata));
  if (options.description !== undefined) form.set('description', options.description);
  const bytes = options.text === undefined ? await sharp({ create: { width: options.width ?? 20, height: 10, channels: 3, background: 'red' } }).jpeg().toBuffer() : Buffer.from(options.text);
  form.set('file', new Blob([new Uint8Array(bytes)]), 'not%20the%20name.jpg');
  return on.call('POST', `${base}/datasets/${dataset.id}/items?mode=${options.mode ?? 'skip'}`, { key: token, body: form });
}

const form = (fields: Record<string, string>) => ({ body: new URLSearchParams(fields).toString(), headers: { 'content-type': 'application/x-www-form-urlencoded' } });

/** A command to its end, as the client follows it. */
async function followed(answer: TestAnswer): Promise<any> {
  expect(answer.status).toBe(200);
  for (let command = answer.body; ; command = (await door('GET', command.url.split('api/v1')[1])).body) {
    if (!['created', 'in-progress'].includes(command.status)) return command;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

beforeAll(async () => {
  on = await startTestPlatform();
  token = (await on.call('POST', '/v1/keys', { body: { name: 'client', door: 'dataloop' } })).body.door.token;
  projectId = (await on.call('POST', `${base}/projects`, { key: token, ...form({ name: 'First / project' }) })).body.id;
  dataset = (await door('POST', '/datasets', { name: 'One', projects: [projectId], createDefaultRecipe: true })).body;
});
afterAll(() => on.close());

describe('log-in', () => {
  const claims = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());

  test('a token of a key says who it is and until when, and opens the API', async () => {
    expect(claims(token)).toMatchObject({ email: expect.stringContaining('@'), exp: expect.any(Number) });
    expect((await door('GET', '/users/me')).body).toMatchObject({ email: claims(token).email, role: 'owner', type: 'user' });
  });

  test('no token, a forged one, one of a revoked key and a key that is none are refused with words', async () => {
    const made = (await on.call('POST', '/v1/keys', { body: { name: 'short', door: 'dataloop' } })).body;
    expect((await door('GET', '/users/me', undefined, made.door.token)).status).toBe(200);
    await on.call('DELETE', `/v1/keys/${made.id}`);
    for (const bad of [null, 'nonsense', `${token.slice(0, -4)}AAAA`, made.door.token, 'live_nothing']) {
      const { status, body } = await door('GET', '/users/me', undefined, bad);
      expect([status, body.status]).toEqual([401, 401]);
      expect(body.message).toMatch(/token|key/i);
    }
  });

  test('a machine account logs in by password and refreshes; a refresh token opens nothing else', async () => {
    await on.call('POST', '/v1/users', { body: { email: 'bot@example.com', name: 'Bot', password: 'a long enough password' } });
    const ask = (body: object) => on.call('POST', '/dataloop/token?default', { key: null, body });
    expect((await ask({ type: 'user_credentials', username: 'bot@example.com', password: 'wrong' })).status).toBe(401);
    const { status, body } = await ask({ type: 'user_credentials', username: 'bot@example.com', password: 'a long enough password' });
    expect(status).toBe(200);
    expect(claims(body.id_token).email).toBe('bot@example.com');
    expect((await door('GET', '/users/me', undefined, body.id_token)).body.email).toBe('bot@example.com');
    expect((await door('GET', '/users/me', undefined, body.refresh_token)).status).toBe(401);
    const again = (await ask({ type: 'refresh_token', refresh_token: body.refresh_token })).body;
    expect((await door('GET', '/users/me', undefined, again.id_token)).status).toBe(200);
    expect((await ask({ type: 'refresh_token', refresh_token: body.id_token })).status).toBe(401);
  });

  test('a key does for a password, with the e-mail of its holder only', async () => {
    const ask = (username: string) => on.call('POST', '/dataloop/token?default', { key: null, body: { type: 'user_credentials', username, password: on.key } });
    expect((await ask(claims(token).email)).status).toBe(200);
    expect((await ask('bot@example.com')).status).toBe(401);
  });

  test('the browser is sent back to this machine with three tokens, and nowhere else', async () => {
    const page = await on.call('GET', '/dataloop/login?callback=http://localhost:3001', { key: null });
    expect([page.status, page.body]).toEqual([200, expect.stringContaining('name="password"')]);
    const evil = await on.call('GET', '/dataloop/login?callback=https://example.com', { key: null });
    expect([evil.status, evil.body.message]).toEqual([400, expect.stringContaining('this machine')]);
    const fields = { email: 'bot@example.com', password: 'a long enough password', callback: 'http://localhost:3001' };
    const { status, headers } = await on.call('POST', '/dataloop/login', { key: null, ...form(fields) });
    const target = new URL(headers.get('location') ?? '');
    expect([status, target.origin]).toEqual([303, 'http://localhost:3001']);
    for (const name of ['id_token', 'access_token', 'refresh_token']) expect(claims(target.searchParams.get(name) ?? '')).toMatchObject({ email: 'bot@example.com' });
    const wrong = await on.call('POST', '/dataloop/login', { key: null, ...form({ ...fields, password: 'no' }) });
    expect([wrong.status, wrong.body]).toEqual([401, expect.stringContaining('wrong')]);
  });

  test('an API key is a token of a year', async () => {
    const { jwt } = (await door('POST', '/apiKeys', { userId: claims(token).email })).body;
    expect(claims(jwt).exp - Date.now() / 1_000).toBeGreaterThan(360 * 86_400);
    expect((await door('GET', '/users/me', undefined, jwt)).status).toBe(200);
    expect((await door('POST', '/apiKeys', { userId: 'somebody@example.com' })).status).toBe(403);
  });
});

describe('projects', () => {
  test('by id, by exact name as a list, and none as 404', async () => {
    expect((await door('GET', `/projects/${projectId}`)).body).toMatchObject({ id: projectId, name: 'First / project', contributors: [{ role: 'owner' }], createdAt: expect.any(Number) });
    expect((await door('GET', '/projects/First%20/%20project/name')).body).toMatchObject([{ id: projectId }]);
    expect((await door('GET', '/projects/nothing/name')).status).toBe(404);
    expect((await on.call('POST', `${base}/projects`, { key: token, ...form({ name: 'First / project' }) })).body).toMatchObject({ status: 500, message: expect.stringContaining('Failed to create project') });
  });

  test('members come with roles of the wire, change and go', async () => {
    const at = `/projects/${projectId}/members`;
    expect((await door('POST', `${at}/JohnDoe@example.com`, { role: 'engineer' })).body).toMatchObject({ email: 'johndoe@example.com', role: 'engineer' });
    expect((await door('PATCH', `${at}/johndoe@example.com`, { role: 'annotationManager' })).body).toMatchObject({ role: 'annotationManager' });
    expect((await door('GET', at)).body.map((user: any) => user.role)).toContain('annotationManager');
    expect((await door('POST', `${at}/a@example.com`, { role: 'king' })).status).toBe(400);
    expect((await door('DELETE', `${at}/johndoe@example.com`)).body).toMatchObject({ email: 'johndoe@example.com' });
    for (const method of ['PATCH', 'DELETE']) expect((await door(method, `${at}/nobody@example.com`, { role: 'annotator' })).status).toBe(404);
  });
});

describe('datasets', () => {
  test('a new one has a recipe; its name is taken once', async () => {
    expect(dataset).toMatchObject({ name: 'One', metadata: { system: { recipes: [expect.stringMatching(/^[0-9a-f]{24}$/)] } }, itemsCount: 0, projects: [projectId] });
    expect((await door('POST', '/datasets', { name: 'One', projects: [projectId] })).status).toBe(400);
  });

  test('an unknown name is an empty page, an unknown id names kind and id', async () => {
    const ask = (name: string) => door('POST', '/datasets/query', { filter: { $and: [{ name }] }, resource: 'datasets', context: { projects: [projectId] }, page: 0, pageSize: 1_000 });
    expect((await ask('X')).body).toMatchObject({ items: [], hasNextPage: false, totalItemsCount: 0 });
    expect((await ask('One')).body).toMatchObject({ items: [{ id: dataset.id }], totalItemsCount: 1 });
    expect((await door('GET', '/datasets/0123456789abcdef01234567')).body).toEqual({ status: 404, message: 'There is no dataset "0123456789abcdef01234567".' });
    expect((await door('GET', `/datasets?name=One&projects=${projectId}`)).body).toMatchObject([{ name: 'One' }]);
  });

  test('the whole JSON comes back changed', async () => {
    const made = (await door('POST', '/datasets', { name: 'Changing', projects: [projectId], createDefaultRecipe: false, expirationOptions: { itemMaxDays: 3 } })).body;
    expect(made).toMatchObject({ metadata: { system: { recipes: [] } }, expirationOptions: { itemMaxDays: 3 } });
    await door('PATCH', `/datasets/${made.id}?system=true`, { ...made, name: 'Changed', metadata: { user: { a: 1 }, system: { recipes: dataset.metadata.system.recipes } } });
    expect((await door('GET', `/datasets/${made.id}`)).body).toMatchObject({ name: 'Changed', metadata: { user: { a: 1 }, system: dataset.metadata.system } });
    expect((await door('DELETE', `/datasets/${made.id}`)).status).toBe(200);
    expect((await door('GET', `/datasets/${made.id}`)).status).toBe(404);
  });
});

describe('items', () => {
  test('an upload tells size and shape at once, and is what was sent', async () => {
    const { status, headers, body } = await upload('/a/b/ü.jpg', { metadata: { user: { n: 1, tags: ['x', 'y'] }, fps: 5 }, description: 'words' });
    expect([status, headers.get('x-item-op'), headers.get('content-type')]).toEqual([200, 'created', expect.stringContaining('application/json')]);
    expect(body).toMatchObject({ filename: '/a/b/ü.jpg', name: 'ü.jpg', dir: '/a/b', type: 'file', hidden: false, description: 'words' });
    expect(body.metadata).toMatchObject({ user: { n: 1 }, fps: 5, system: { width: 20, height: 10, channels: 3, mimetype: 'image/jpeg', refs: [] } });
    const file = await fetch(`${on.url}${base}/items/${body.id}/stream`, { headers: { authorization: `Bearer ${token}`, range: 'bytes=0-' } });
    expect([file.status, (await file.arrayBuffer()).byteLength]).toEqual([206, body.metadata.system.size]);
  });

  test('an empty file is one too, also by ranges', async () => {
    const { body } = await upload('/empty.txt', { text: '' });
    expect(body.metadata.system.size).toBe(0);
    const file = await fetch(`${on.url}${base}/items/${body.id}/stream`, { headers: { authorization: `Bearer ${token}`, range: 'bytes=0-' } });
    expect([file.status, (await file.arrayBuffer()).byteLength]).toEqual([200, 0]);
  });

  test('a path that is taken is skipped or overwritten, never doubled', async () => {
    const first = (await upload('/taken.jpg')).body;
    const skipped = await upload('/taken.jpg', { width: 33 });
    expect([skipped.headers.get('x-item-op'), skipped.body.id, skipped.body.metadata.system.width]).toEqual(['exists', first.id, 20]);
    const replaced = await upload('/taken.jpg', { width: 33, mode: 'overwrite', metadata: { user: { z: 1 } } });
    expect([replaced.headers.get('x-item-op'), replaced.body.id, replaced.body.metadata.system.width, replaced.body.metadata.user]).toEqual(['overwrite', first.id, 33, { z: 1 }]);
  });

  test('metadata is merged, null removes, system needs its flag, a filename moves', async () => {
    const { id } = (await upload('/patch.jpg', { metadata: { user: { a: 1, b: { c: 2 } } } })).body;
    const change = (body: object, flag = '') => door('PATCH', `/items/${id}${flag}`, body);
    expect((await change({ metadata: { user: { a: null, b: { d: 3 } }, system: { mine: 1, size: 5 } }, updatedAt: 'x' })).body.metadata).toMatchObject({ user: { b: { c: 2, d: 3 } }, system: { size: expect.any(Number) } });
    const flagged = (await change({ metadata: { system: { mine: 1, size: 5 } } }, '?system=true')).body.metadata.system;
    expect(flagged).toMatchObject({ mine: 1 });
    expect(flagged.size).toBeGreaterThan(5);
    expect((await change({ filename: '/new/place.jpg', description: 'd' })).body).toMatchObject({ filename: '/new/place.jpg', dir: '/new', description: 'd' });
    expect((await change({ description: '' })).body.description).toBeNull();
  });

  test('folders are items of the type dir: made, listed, moved into, deleted with what is in them', async () => {
    const folder = (await on.call('POST', `${base}/datasets/${dataset.id}/items`, { key: token, ...form({ type: 'dir', path: '/box/in' }) })).body;
    expect(folder).toMatchObject({ type: 'dir', filename: '/box/in', metadata: { system: { refs: [] } } });
    const item = (await upload('/loose.jpg')).body;
    expect((await door('PUT', `/datasets/${dataset.id}/items/${folder.id}`, [item.id])).status).toBe(200);
    expect((await door('GET', `/items/${item.id}`)).body.filename).toBe('/box/in/loose.jpg');
    expect((await query({ $and: [{ type: 'dir' }, { filename: '/box' }] })).items).toMatchObject([{ filename: '/box', type: 'dir' }]);
    const tree = (await door('GET', `/datasets/${dataset.id}/directoryTree`)).body;
    expect(tree.value.filename).toBe('/');
    expect(tree.children.map((node: any) => node.value.filename)).toEqual(expect.arrayContaining(['/a', '/box']));
    expect((await door('DELETE', `/items/${folder.id}`)).status).toBe(200);
    for (const gone of [folder.id, item.id]) expect((await door('GET', `/items/${gone}`)).status).toBe(404);
  });

  test('malformed and unknown ids are not found', async () => {
    for (const id of ['0123456789abcdef01234567', 'nonsense', 'a%00b']) expect((await door('GET', `/items/${id}`)).status).toBe(404);
  });
});

describe('queries', () => {
  beforeAll(async () => {
    await upload('/q/one.jpg', { metadata: { user: { n: 1, when: '2026-01-01', tags: ['x', 'y'], wheels: [{ side: 'l', kind: 'w' }, { side: 'r', kind: 'v' }] } } });
    await upload('/q/two.jpg', { width: 50, metadata: { user: { n: 2, tags: ['y'] } } });
    await upload('/q/deep/three.txt', { text: 'hello', metadata: { user: { n: 3, tags: [] } } });
    await upload('/q/.hid/four.txt', { text: 'dark' });
    const { items } = await query({ $and: [{ filename: '/q/*.jpg' }] });
    const point = (label: string, type = 'point') => ({ type, label, coordinates: { x: 1, y: 1, z: 0 }, metadata: { system: { attributes: {} } } });
    await door('POST', `/items/${items.find((item: any) => item.name === 'one.jpg').id}/annotations`, [point('Ear'), { ...point('Eye', 'class'), coordinates: undefined }]);
    await door('POST', `/items/${items.find((item: any) => item.name === 'two.jpg').id}/annotations`, [point('Eye'), { ...point('Ear', 'class'), coordinates: undefined }]);
  });

  const one = ['/q/one.jpg'];
  const all = ['/q/deep/three.txt', '/q/one.jpg', '/q/two.jpg'];
  const cases: [string, object, string[]][] = [
    ['a folder and below', { filename: '/q/**' }, all],
    ['a wildcard within a folder', { filename: '/q/*' }, ['/q/one.jpg', '/q/two.jpg']],
    ['the exact folder', { dir: '/q' }, ['/q/one.jpg', '/q/two.jpg']],
    ['equals', { 'metadata.user.n': 1, dir: '/q' }, one],
    ['$gt on numbers', { 'metadata.user.n': { $gt: 1 }, filename: '/q/**' }, ['/q/deep/three.txt', '/q/two.jpg']],
    ['$ne is true where there is nothing', { name: { $ne: 'one.jpg' }, filename: '/q/**' }, ['/q/deep/three.txt', '/q/two.jpg']],
    ['$in and $nin', { 'metadata.user.n': { $in: [1, 3], $nin: [3] }, filename: '/q/**' }, one],
    ['$exists', { 'metadata.user.when': { $exists: true } }, one],
    ['$match text', { name: { $match: 't*' }, filename: '/q/**' }, ['/q/deep/three.txt', '/q/two.jpg']],
    ['through arrays', { 'metadata.user.tags': 'x', filename: '/q/**' }, one],
    ['lists in any order', { 'metadata.user.tags': ['y', 'x'], filename: '/q/**' }, one],
    ['the empty list and nothing', { 'metadata.user.tags': [], filename: '/q/**' }, ['/q/deep/three.txt']],
    ['one element as a whole', { 'metadata.user.wheels': { $match: { side: 'l', kind: 'w' } } }, one],
    ['no element as a whole', { 'metadata.user.wheels': { $match: { side: 'l', kind: 'v' } } }, []],
    ['facts of the file', { 'metadata.system.width': { $gte: 50 }, dir: '/q' }, ['/q/two.jpg']],
    ['kinds of files', { 'metadata.system.mimetype': { $match: 'image/*' }, filename: '/q/**' }, ['/q/one.jpg', '/q/two.jpg']],
    ['annotated', { annotated: true, filename: '/q/**' }, ['/q/one.jpg', '/q/two.jpg']],
    ['times', { createdAt: { $gt: '2020-01-01T00:00:00.000Z', $lt: '2999-01-01' }, dir: '/q' }, ['/q/one.jpg', '/q/two.jpg']],
    ['a field that does not exist', { 'no.such.field': 5 }, []],
    ['the absence of one', { 'no.such.field': { $exists: false }, dir: '/q' }, ['/q/one.jpg', '/q/two.jpg']],
    ['in no task', { 'metadata.system.refs': [], dir: '/q' }, ['/q/one.jpg', '/q/two.jpg']],
    ['nested groups', { $or: [{ $and: [{ name: 'one.jpg' }, { dir: '/q' }] }, { name: 'three.txt' }] }, ['/q/deep/three.txt', '/q/one.jpg']],
    ['an id that is none', { id: 'nonsense' }, []],
  ];
  test.each(cases)('%s', async (_title, condition, expected) => {
    expect(await names(condition)).toEqual(expected);
  });

  test('hidden ones are there for who asks', async () => {
    expect((await query({ $and: [{ hidden: true }] })).items.map((item: any) => item.filename)).toContain('/q/.hid/four.txt');
  });

  test('a join is satisfied by one annotation as a whole', async () => {
    const on = { resource: 'annotations', local: 'itemId', forigen: 'id' };
    const joined = (...conditions: object[]) => query({ $and: [{ type: 'file' }] }, { join: { on, filter: { $and: conditions } } });
    expect((await joined({ type: 'point' }, { label: 'Ear' })).items.map((item: any) => item.name)).toEqual(['one.jpg']);
    expect((await joined({ type: { $in: ['box', 'segment'] } })).items).toEqual([]);
    const annotations = await query({ $and: [{ label: 'Ear' }] }, { resource: 'annotations', join: { on: { resource: 'items', local: 'id', forigen: 'itemId' }, filter: { $and: [{ name: 'two.jpg' }] } } });
    expect(annotations.items).toMatchObject([{ label: 'Ear', type: 'class' }]);
  });

  test('pages by number and by the last id show everything once', async () => {
    const total = (await query({}, { pageSize: 0 })).totalItemsCount;
    const byNumber: string[] = [];
    for (let page = 0; ; page++) {
      const found = await query({}, { page, pageSize: 3 });
      byNumber.push(...found.items.map((item: any) => item.id));
      if (!found.hasNextPage) break;
    }
    const byId: string[] = [];
    for (let last: string | undefined; ; last = byId.at(-1)) {
      const found = await query({ $and: last === undefined ? [] : [{ id: { $gt: last } }] }, { pageSize: 3, sort: { id: 'ascending' } });
      byId.push(...found.items.map((item: any) => item.id));
      if (!found.hasNextPage) break;
    }
    expect(byId).toEqual(byId.toSorted());
    expect(byNumber.toSorted()).toEqual(byId);
    expect(byId.length).toBe(total);
  });

  test('sorted as asked', async () => {
    const found = await query({ $and: [{ filename: '/q/**' }, { type: 'file' }, { hidden: false }] }, { sort: { filename: 'descending' } });
    expect(found.items.map((item: any) => item.filename)).toEqual(all.toReversed());
  });

  test('all that a filter finds is updated, however small the page', async () => {
    await query({ $and: [{ filename: '/q/*' }, { type: 'file' }] }, { update: { metadata: { user: { seen: { by: 'me' } } } }, pageSize: 1 });
    expect(await names({ 'metadata.user.seen.by': 'me' })).toEqual(['/q/one.jpg', '/q/two.jpg']);
    await query({ $and: [{ name: 'one.jpg' }] }, { update: { metadata: { system: { mark: 7 } } }, systemSpace: true });
    expect(await names({ 'metadata.system.mark': 7 })).toEqual(one);
  });

  test('and deleted', async () => {
    await upload('/gone/1.txt', { text: '1' });
    await upload('/gone/2.txt', { text: '2' });
    await query({ $and: [{ filename: '/gone/**' }, { type: 'file' }] }, { delete: true });
    expect(await names({ filename: '/gone/**' })).toEqual([]);
  });

  test('what is no filter is refused with words', async () => {
    const { status, body } = await door('POST', `/datasets/${dataset.id}/query`, { filter: { name: { $like: 'x' } }, resource: 'items' });
    expect([status, body.message]).toEqual([400, expect.stringContaining('$match')]);
  });
});

describe('copies', () => {
  test('a clone has its own items, shares recipe and metadata, and names what it came from', async () => {
    const filter = { filter: { $and: [{ filename: '/q/*.jpg' }] }, resource: 'items' };
    const clone = (name: string | null, params: object = {}) => door('POST', `/datasets/${dataset.id}/clone`, { name, filter, cloneDatasetParams: { withItemsAnnotations: true, withMetadata: true, withTaskAnnotationsStatus: true, targetDirectory: null, ...params } });
    const command = await followed(await clone('Copy'));
    expect(command).toMatchObject({ status: 'success', progress: 100 });
    const copy = (await door('GET', `/datasets/${command.spec.returnedModelId}`)).body;
    expect(copy).toMatchObject({ name: 'Copy', itemsCount: 2, annotationsCount: 4, annotated: 2, srcDataset: dataset.id, metadata: dataset.metadata });
    expect((await clone('Copy')).body).toEqual({ status: 409, message: 'Dataset with same name already exist in the specified project' });
    await followed(await clone(null, { targetDatasetId: copy.id, targetDirectory: '/below' }));
    expect((await door('GET', `/datasets/${copy.id}`)).body.itemsCount).toBe(4);
  });

  test('a merge unites what is the same', async () => {
    const copy = (await door('POST', '/datasets/query', { filter: { name: 'Copy' }, context: { projects: [projectId] } })).body.items[0];
    const command = await followed(await door('POST', '/datasets/merge', { name: 'United', datasetsIds: [dataset.id, copy.id], projectIds: [projectId], mergeDatasetParams: { withItemsAnnotations: true }, asynced: true }));
    expect(command.spec).toHaveProperty('mergeDatasetsConfiguration');
    const united = (await door('GET', `/datasets/${command.spec.returnedModelId}`)).body;
    expect(united.itemsCount).toBe((await door('GET', `/datasets/${dataset.id}`)).body.itemsCount + 2);
  });

  test('one item goes elsewhere with its annotations', async () => {
    const [item] = (await query({ name: 'one.jpg' })).items;
    const body = { targetDatasetId: dataset.id, remoteFileName: '/other.jpg', metadata: { user: { added: true } }, cloneDatasetParams: { withItemsAnnotations: true, withMetadata: true } };
    const { spec } = await followed(await door('POST', `/items/${item.id}/clone`, body));
    expect((await door('GET', `/items/${spec.returnedModelId[0]}`)).body).toMatchObject({ filename: '/other.jpg', annotationsCount: 2, srcItem: item.id, metadata: { user: { n: 1, added: true } } });
    expect((await door('POST', `/items/${item.id}/clone`, body)).status).toBe(409);
  });

  test('an export is a hidden item with everything in it', async () => {
    const ask = { exportType: 'json', itemsQuery: { filter: { $and: [{ dir: '/q' }, { type: 'file' }] }, join: {} }, annotations: { include: true } };
    const { spec } = await followed(await door('POST', `/datasets/${dataset.id}/export`, ask));
    const output = (await door('GET', `/items/${spec.outputItemId}`)).body;
    expect(output.hidden).toBe(true);
    const rows = (await door('GET', `/items/${output.id}/stream`)).body;
    expect(rows.map((row: any) => [row.filename, row.annotations.length]).toSorted()).toEqual([['/q/one.jpg', 2], ['/q/two.jpg', 2]]);
  });
});

describe('others', () => {
  test('a call that the door does not offer is told so, in the shape of its errors', async () => {
    const { status, body } = await door('GET', '/pipelines/unheard/of');
    expect([status, body.status]).toEqual([404, 404]);
    expect(body.message).toContain('/pipelines/unheard/of');
  });

  test('another organisation sees nothing of it', async () => {
    const stranger = await on.person({ admin: true });
    const foreign = (await on.call('POST', '/v1/keys', { key: stranger.key, body: { name: 'f', door: 'dataloop' } })).body.door.token;
    const [item] = (await query({ name: 'one.jpg' })).items;
    expect((await door('GET', '/projects', undefined, foreign)).body).toEqual([]);
    for (const path of [`/projects/${projectId}`, '/projects/First%20/%20project/name', `/datasets/${dataset.id}`, `/items/${item.id}`, `/items/${item.id}/stream`, `/datasets/${dataset.id}/directoryTree`]) {
      expect([path, (await door('GET', path, undefined, foreign)).status]).toEqual([path, 404]);
    }
    expect((await door('POST', `/datasets/${dataset.id}/query`, { filter: {} }, foreign)).status).toBe(404);
    expect((await door('POST', '/datasets/query', { filter: {}, context: {} }, foreign)).body.items).toEqual([]);
    expect((await door('DELETE', `/items/${item.id}`, undefined, foreign)).status).toBe(404);
    expect((await door('POST', '/datasets/merge', { name: 'Theft', datasetsIds: [dataset.id] }, foreign)).status).toBe(404);
  });
});
