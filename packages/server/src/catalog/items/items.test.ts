import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import sharp from 'sharp';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';

let fovea: TestPlatform;
let dataset: { id: string; projectId: string };
beforeAll(async () => {
  fovea = await startTestPlatform();
});
afterAll(() => fovea.close());
beforeEach(async () => {
  const project = (await fovea.call('POST', '/v1/projects', { body: { name: `p ${Math.random()}` } })).body;
  dataset = (await fovea.call('POST', '/v1/datasets', { body: { project: project.id, name: 'd' } })).body;
});

const upload = (path: string, body: unknown = path, query = '') => fovea.call('POST', `/v1/datasets/${dataset.id}/items?path=${encodeURIComponent(path)}${query}`, { body });
const picture = (width: number, height: number, orientation = 1) =>
  sharp({ create: { width, height, channels: 3, background: '#3a7' } }).withMetadata({ orientation }).jpeg().toBuffer();
const temporaryFiles = () => readdirSync(join(fovea.dataDir, 'blobs', '.tmp'));
const events = async (id: string) =>
  (await fovea.platform.engines.db.many<{ type: string }>(sql`select type from events where subject_id = ${id} order by seq`)).map((row) => row.type);

describe('upload', () => {
  test('items.upload 201 stores bytes, items.get 200 shows them, items.download 200 gives them back', async () => {
    const bytes = await picture(300, 200);
    const { status, body } = await upload('/a/b.jpg', bytes, '&labels=x,y&channel=c1&metadata=%7B%22a%22%3A1%7D');
    expect([status, body.outcome]).toEqual([201, 'created']);
    expect(body.item).toMatchObject({
      path: '/a/b.jpg',
      name: 'b.jpg',
      folder: '/a',
      sizeBytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      mediaType: 'image/jpeg',
      kind: 'image',
      status: 'inbox',
      labels: ['x', 'y'],
      channel: 'c1',
      metadata: { a: 1 },
    });
    expect((await fovea.call('GET', `/v1/items/${body.item.id}`)).body.id).toBe(body.item.id);
    const file = await fetch(`${fovea.url}/v1/items/${body.item.id}/file`, { headers: { authorization: `Bearer ${fovea.key}` } });
    expect(Buffer.from(await file.arrayBuffer()).equals(bytes)).toBe(true);
    expect(file.headers.get('content-security-policy')).toContain('sandbox');
  });
  test('facts are probed in the background: upright size, orientation, thumbnail, events', async () => {
    const { body } = await upload('/turned.jpg', await picture(300, 200, 6));
    const item = await fovea.probed(body.item.id);
    expect(item).toMatchObject({ probe: 'ready', width: 200, height: 300, orientation: 6, hasThumbnail: true });
    const thumbnail = await fetch(`${fovea.url}/v1/items/${item.id}/thumbnail`, { headers: { authorization: `Bearer ${fovea.key}` } });
    const meta = await sharp(Buffer.from(await thumbnail.arrayBuffer())).metadata();
    expect([meta.format, meta.width, meta.height]).toEqual(['webp', 171, 256]);
    expect(await events(item.id)).toEqual(['item.created', 'item.ready']);
  });
  test('items.thumbnail 200 shows a picture, items.thumbnail 404 while there is none', async () => {
    const { body } = await upload('/plain.txt', 'text');
    expect((await fovea.call('GET', `/v1/items/${body.item.id}/thumbnail`)).status).toBe(404);
  });
  test('the type comes from the content, whatever the name says', async () => {
    expect((await upload('/lies.jpg', '<svg xmlns="http://www.w3.org/2000/svg"></svg>')).body.item.mediaType).toBe('image/svg+xml');
    expect((await upload('/lies.txt', await picture(8, 8))).body.item.mediaType).toBe('image/jpeg');
  });
  test('an SVG or HTML file is never shown in the origin of the platform', async () => {
    for (const content of ['<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', '<!doctype html><script>alert(1)</script>']) {
      const { body } = await upload(`/evil-${content.length}`, content);
      const file = await fetch(`${fovea.url}/v1/items/${body.item.id}/file`, { headers: { authorization: `Bearer ${fovea.key}` } });
      await file.arrayBuffer();
      expect(file.headers.get('content-disposition')).toMatch(/^attachment/);
      expect(file.headers.get('content-security-policy')).toContain('sandbox');
      expect(file.headers.get('x-content-type-options')).toBe('nosniff');
    }
  });
  test('equal bytes at the same path change nothing; other bytes follow the rule', async () => {
    const first = (await upload('/same', 'one')).body.item;
    const again = await upload('/same', 'one');
    expect([again.status, again.body.outcome, again.body.item.id, again.body.item.revision]).toEqual([200, 'existing', first.id, 1]);
    const conflict = await upload('/same', 'two');
    expect([conflict.status, conflict.body.code]).toEqual([409, 'conflict']);
    expect((await upload('/same', 'two', '&ifExists=skip')).body).toMatchObject({ outcome: 'existing', item: { id: first.id, sizeBytes: 3 } });
    expect((await upload('/same', 'three', '&ifExists=replace')).body).toMatchObject({ outcome: 'replaced', item: { id: first.id, sizeBytes: 5, revision: 2 } });
  });
  test('items.upload 409 on a taken path; items.upload 422 on another digest; items.upload 413 is told by the limit', async () => {
    const { status, body } = await upload('/digest', 'bytes', `&sha256=${'0'.repeat(64)}`);
    expect([status, body.code]).toEqual([422, 'digest_mismatch']);
    expect(temporaryFiles()).toEqual([]);
    expect((await fovea.call('GET', `/v1/datasets/${dataset.id}`)).body.itemCount).toBe(0);
  });
  test.each([
    ['/a/../b', '".."'],
    ['/a//b', 'empty'],
    ['/nul\u0000', 'control'],
    [`/${'x'.repeat(4_000)}`, '1,024'],
    [`/${'ü'.repeat(200)}`, '255 bytes'],
    ['/a\\b', '\\'],
    ['/', 'empty'],
  ])('the path %j is refused with a reason', async (path, reason) => {
    const { status, body } = await upload(path, 'x');
    expect([status, body.errors[0].path]).toEqual([400, 'query.path']);
    expect(body.detail).toContain(reason);
  });
  test.each(['/😀/🩻.dcm', '/مرحبا/صورة.jpg', '/日本/写真 1.png', '/with space & + %.jpg', 'no-slash.txt'])('the path %j is kept as it is', async (path) => {
    const { body } = await upload(path, path);
    expect(body.item.path).toBe(path.startsWith('/') ? path : `/${path}`);
    expect((await fovea.call('GET', `/v1/datasets/${dataset.id}/items?path=${encodeURIComponent(body.item.path)}`)).body.data).toHaveLength(1);
  });
  test('an empty file is an item with a problem', async () => {
    const { status, body } = await upload('/empty', '');
    expect([status, body.item.sizeBytes]).toEqual([201, 0]);
    expect((await fovea.probed(body.item.id)).problem).toContain('empty');
    const file = await fovea.call('GET', `/v1/items/${body.item.id}/file`);
    expect([file.status, file.headers.get('content-length')]).toEqual([200, '0']);
  });
  test('items.upload 400 when the file breaks off: nothing stored, nothing left behind', async () => {
    const { hostname, port } = new URL(fovea.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `POST /v1/datasets/${dataset.id}/items?path=/broken HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${fovea.key}\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(500_000)}`,
    );
    await expect.poll(() => temporaryFiles().length).toBe(1);
    socket.destroy();
    await expect.poll(() => temporaryFiles().length).toBe(0);
    expect((await fovea.call('GET', `/v1/datasets/${dataset.id}/items`)).body.data).toEqual([]);
  });
  test('200 uploads at once all arrive', async () => {
    const answers = await Promise.all(Array.from({ length: 200 }, (_, index) => upload(`/many/${index}`, `content ${index}`)));
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([201]));
    expect((await fovea.call('GET', `/v1/datasets/${dataset.id}`)).body).toMatchObject({ itemCount: 200 });
  });
  test('the same path twice at once: one wins, the other is told', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, (_, index) => upload('/race', `content ${index}`)));
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([201, ...Array.from({ length: 7 }, () => 409)]);
    const same = await Promise.all(Array.from({ length: 8 }, () => upload('/race-equal', 'equal')));
    expect(same.map((answer) => answer.body.outcome).toSorted()).toEqual(['created', ...Array.from({ length: 7 }, () => 'existing')]);
  });
  test('items.upload 507 and items.uploadMany 507 on a full disk, and nothing is left', async () => {
    const { blobs } = fovea.platform.engines;
    const { put, putMany } = blobs;
    const { BlobError } = await import('../../engines/blobs/blobs.ts');
    blobs.put = async () => Promise.reject(new BlobError('disk_full', 'There is no space left on the disk of the platform.'));
    try {
      const { status, body } = await upload('/full', 'x');
      expect([status, body.code]).toEqual([507, 'disk_full']);
      blobs.putMany = async () => Promise.reject(new BlobError('disk_full', 'There is no space left on the disk of the platform.'));
      const form = new FormData();
      form.append('file', new File(['x'], '/full'));
      expect((await fovea.call('POST', `/v1/datasets/${dataset.id}/items/bundle`, { body: form })).status).toBe(507);
      expect((await fovea.call('GET', `/v1/datasets/${dataset.id}`)).body.itemCount).toBe(0);
    } finally {
      blobs.put = put;
      blobs.putMany = putMany;
    }
  });
});

describe('bundles', () => {
  const bundle = (files: [string, string][], query = '') => {
    const form = new FormData();
    for (const [path, content] of files) form.append('file', new File([content], path));
    return fovea.call('POST', `/v1/datasets/${dataset.id}/items/bundle${query}`, { body: form });
  };
  test('items.uploadMany 200 stores many, each with its own result in order', async () => {
    await upload('/b/taken', 'old');
    const { status, body } = await bundle([
      ['/b/1', 'one'],
      ['/b/taken', 'new'],
      ['b/2 "ü".txt', 'two'],
      ['/b/../3', 'bad'],
      ['/b/1', 'again'],
      ['/b/4', 'one'],
    ]);
    expect(status).toBe(200);
    expect(body.results.map((result: { path: string; outcome: string }) => [result.path, result.outcome])).toEqual([
      ['/b/1', 'created'],
      ['/b/taken', 'failed'],
      ['/b/2 "ü".txt', 'created'],
      ['/b/../3', 'failed'],
      ['/b/1', 'failed'],
      ['/b/4', 'created'],
    ]);
    expect((await fovea.call('GET', `/v1/datasets/${dataset.id}`)).body.itemCount).toBe(4);
  });
  test('items.uploadMany 413 for a file that should come alone', async () => {
    const { status, body } = await bundle([['/large', 'x'.repeat(9 * 1024 * 1024)]]);
    expect([status, body.code]).toEqual([413, 'too_large']);
  });
  test('items.uploadMany 400 when the body is no multipart', async () => {
    expect((await fovea.call('POST', `/v1/datasets/${dataset.id}/items/bundle`, { body: 'x' })).status).toBe(415);
    const broken = await fovea.call('POST', `/v1/datasets/${dataset.id}/items/bundle`, { body: '--b\r\nnonsense', headers: { 'content-type': 'multipart/form-data; boundary=b' } });
    expect([broken.status, broken.body.code]).toEqual([400, 'upload_incomplete']);
  });
});

describe('lists', () => {
  test('items.list 200 pages by path and filters on the declared fields', async () => {
    for (const [path, labels, status] of [
      ['/a/1.txt', 'cat', 'inbox'],
      ['/a/2.txt', 'cat,dog', 'published'],
      ['/a-b/3.txt', 'dog', 'inbox'],
      ['/b/4.txt', 'cat', 'archived'],
    ]) {
      await upload(path ?? '', path, `&labels=${labels}&status=${status}`);
    }
    const list = async (query: string) =>
      (await fovea.call('GET', `/v1/datasets/${dataset.id}/items?${query}`)).body.data.map((item: { path: string }) => item.path);
    expect(await list('')).toEqual(['/a-b/3.txt', '/a/1.txt', '/a/2.txt', '/b/4.txt']);
    expect(await list('folder=/a')).toEqual(['/a/1.txt', '/a/2.txt']);
    expect(await list('label=cat')).toEqual(['/a/1.txt', '/a/2.txt', '/b/4.txt']);
    expect(await list('status=published&label=dog')).toEqual(['/a/2.txt']);
    expect(await list('kind=image')).toEqual([]);
    const first = (await fovea.call('GET', `/v1/datasets/${dataset.id}/items?limit=3`)).body;
    await upload('/a/0-inserted-before.txt', 'x');
    expect(await list(`limit=3&cursor=${first.next}`)).toEqual(['/b/4.txt']);
    expect((await fovea.call('GET', `/v1/datasets/${dataset.id}/items?colour=red`)).body.errors[0].path).toBe('query.colour');
  });
});

describe('queries', () => {
  const query = async (body: object) => (await fovea.call('POST', `/v1/datasets/${dataset.id}/items/query`, { body })).body;
  const wait = async (id: string) => (await fovea.call('GET', `/v1/commands/${id}?waitSeconds=20`)).body;

  test('items.query 200, items.count 200: filters, sort with nulls, fields, pages that stay right while rows come and go', async () => {
    for (const [path, metadata] of [['/a/1', { n: 3 }], ['/a/2', { n: 1, tags: ['x', 'y'] }], ['/b/3', {}], ['/b/c/4', { n: 2 }]] as const) {
      await upload(path, path, `&metadata=${encodeURIComponent(JSON.stringify(metadata))}`);
    }
    const paths = async (filter: object, more: object = {}) => (await query({ filter, ...more })).data.map((item: { path: string }) => item.path);
    expect(await paths({ 'metadata.n': { gte: 2 } })).toEqual(['/a/1', '/b/c/4']);
    expect(await paths({ 'metadata.tags': 'y' })).toEqual(['/a/2']);
    expect(await paths({ not: { 'metadata.n': { exists: true } } })).toEqual(['/b/3']);
    expect(await paths({ path: { match: '/b/*' } })).toEqual(['/b/3']);
    expect(await paths({ path: { match: '/b/**' } })).toEqual(['/b/3', '/b/c/4']);
    expect(await paths({ or: [{ name: '1' }, { folder: '/b/c' }] })).toEqual(['/a/1', '/b/c/4']);
    expect(await paths({}, { sort: [{ field: 'metadata.n', direction: 'desc' }] })).toEqual(['/a/1', '/b/c/4', '/a/2', '/b/3']);
    const first = await query({ filter: {}, limit: 2, sort: [{ field: 'metadata.n' }], fields: ['path', 'metadata.n'] });
    expect(first.data).toEqual([{ path: '/b/3', 'metadata.n': null }, { path: '/a/2', 'metadata.n': 1 }]);
    await upload('/a/0', 'x', '&metadata=%7B%22n%22%3A0%7D');
    expect((await query({ filter: {}, limit: 2, sort: [{ field: 'metadata.n' }], cursor: first.next })).data.map((item: { path: string }) => item.path)).toEqual(['/b/c/4', '/a/1']);
    expect((await fovea.call('POST', `/v1/datasets/${dataset.id}/items/count`, { body: { filter: { 'metadata.n': { gt: 0 } } } })).body).toEqual({ count: 3, exact: true });
  });
  test.each([
    [{ filter: { password: 'x' } }, 'filter.password'],
    [{ filter: { 'users.password': 'x' } }, 'filter.users.password'],
    [{ filter: { sizeBytes: 'many' } }, 'filter.sizeBytes.eq'],
    [{ filter: { sizeBytes: { like: 3 } } }, 'filter.sizeBytes.like'],
    [{ filter: { createdAt: { gt: '2026-01-01T00:00:00' } } }, 'filter.createdAt.gt'],
    [{ filter: { kind: 'picture' } }, 'filter.kind.eq'],
    [{ filter: { id: { in: Array.from({ length: 10_001 }, () => 'x') } } }, 'filter.id.in'],
    [{ filter: { having: { users: {} } } }, 'filter.having.users'],
    [{ filter: {}, sort: [{ field: 'labels' }] }, 'sort[0]'],
    [{ filter: {}, cursor: 'forged' }, 'cursor'],
    [{ filter: {}, fields: ['secret'] }, 'fields[0]'],
  ])('a query that is wrong names where: %j', async (body, path) => {
    await upload('/x');
    const answer = await fovea.call('POST', `/v1/datasets/${dataset.id}/items/query`, { body });
    expect([answer.status, answer.body.errors[0].path]).toEqual([400, path]);
  });
  test('a filter of a hundred levels is refused', async () => {
    let filter: object = { path: '/x' };
    for (let level = 0; level < 100; level++) filter = { not: filter };
    const answer = await fovea.call('POST', `/v1/datasets/${dataset.id}/items/query`, { body: { filter } });
    expect([answer.status, answer.body.detail]).toEqual([400, expect.stringContaining('20 levels')]);
  });
  test('items.updateMany 202 and items.deleteMany 202 change all that match, commands.get 200, commands.list 200, commands.cancel 409', async () => {
    const nothing = await fovea.call('POST', `/v1/datasets/${dataset.id}/items/update`, { body: { filter: {}, change: {} } });
    expect([nothing.status, nothing.body.errors]).toEqual([400, [{ path: 'body.change', message: 'must say what changes' }]]);
    for (let index = 0; index < 12; index++) await upload(`/m/${index}`, String(index), '&metadata=%7B%22a%22%3A%7B%22b%22%3A1%7D%7D');
    const change = { mergeMetadata: { a: { c: 2 } }, addLabels: ['new'], status: 'published' };
    const update = await fovea.call('POST', `/v1/datasets/${dataset.id}/items/update`, { body: { filter: { folder: '/m' }, change } });
    expect(update.status).toBe(202);
    expect(await wait(update.body.id)).toMatchObject({ status: 'complete', done: 12, total: 12, result: { changed: 12 } });
    expect((await query({ filter: { labels: 'new', 'metadata.a.b': 1, 'metadata.a.c': 2, status: 'published' } })).data).toHaveLength(12);
    const removal = await fovea.call('POST', `/v1/datasets/${dataset.id}/items/delete`, { body: { filter: { name: { in: ['1', '2'] } } } });
    expect((await wait(removal.body.id)).result).toEqual({ changed: 2 });
    expect((await fovea.call('GET', `/v1/datasets/${dataset.id}`)).body.itemCount).toBe(10);
    expect((await fovea.call('GET', `/v1/commands?project=${dataset.projectId}`)).body.data).toHaveLength(2);
    expect((await fovea.call('POST', `/v1/commands/${removal.body.id}/cancel`)).status).toBe(409);
  });
  test('items.folders 200, items.moveFolder 200, items.moveFolder 409', async () => {
    for (const path of ['/a/1', '/a/b/2', '/a-b/3', '/z', '/c/d/e/4']) await upload(path);
    const folders = async (folder: string) => (await fovea.call('GET', `/v1/datasets/${dataset.id}/folders?folder=${encodeURIComponent(folder)}`)).body.data.map((one: { path: string }) => one.path);
    expect(await folders('/')).toEqual(['/a-b', '/a', '/c']);
    expect(await folders('/a')).toEqual(['/a/b']);
    const move = (from: string, to: string) => fovea.call('POST', `/v1/datasets/${dataset.id}/folders/move`, { body: { from, to } });
    expect((await move('/a', '/moved/a')).body).toEqual({ moved: 2 });
    expect(await folders('/moved')).toEqual(['/moved/a']);
    await upload('/a/1');
    expect((await move('/a', '/moved/a')).status).toBe(409);
  });
});

describe('one item', () => {
  test('items.update 200 moves, merges metadata, publishes; items.update 412 and items.update 409', async () => {
    const { item } = (await upload('/u/1', 'one', '&metadata=%7B%22a%22%3A%7B%22b%22%3A1%2C%22c%22%3A2%7D%7D')).body;
    await upload('/u/2', 'two');
    const patch = (body: object, headers = {}) => fovea.call('PATCH', `/v1/items/${item.id}`, { body, headers });
    const moved = await patch({ path: '/v/new', mergeMetadata: { a: { b: null, d: 3 } }, labels: ['l'], status: 'published', channel: 'c' }, { 'if-match': '"1"' });
    expect(moved.body).toMatchObject({ path: '/v/new', metadata: { a: { c: 2, d: 3 } }, labels: ['l'], status: 'published', channel: 'c', revision: 2 });
    expect((await patch({ labels: [] }, { 'if-match': '"1"' })).body).toMatchObject({ code: 'revision_conflict', current: { revision: 2 } });
    expect((await patch({ path: '/u/2' })).status).toBe(409);
    expect((await patch({ metadata: JSON.parse('{"__proto__":{"x":1}}') })).status).toBe(400);
    expect((await patch({ metadata: { big: 'x'.repeat(2_000_000) } })).body.detail).toContain('1,048,576');
    // Ten megabytes, in every way in; nothing is lost of what is there.
    const big = { big: 'x'.repeat(10 * 1024 * 1024) };
    for (const body of [{ metadata: big }, { mergeMetadata: big }]) expect((await patch(body)).status).toBe(400);
    expect((await fovea.call('POST', `/v1/datasets/${dataset.id}/items/update`, { body: { filter: {}, change: { mergeMetadata: big } } })).status).toBe(400);
    for (const text of ['{"__proto__":{"x":1}}', '{"a":{"__proto__":{"x":1}}}', '{"a":[{"__proto__":1}]}']) {
      expect((await upload('/u/3', 'three', `&metadata=${encodeURIComponent(text)}`)).status).toBe(400);
      expect((await patch({ mergeMetadata: JSON.parse(text) })).status).toBe(400);
    }
    expect((await fovea.call('GET', `/v1/items/${item.id}`)).body).toMatchObject({ metadata: { a: { c: 2, d: 3 } }, revision: 2 });
    expect(({} as any).x).toBeUndefined();
    expect(await events(item.id)).toEqual(['item.created', 'item.updated']);
  });
  test('items.delete 204 hides, items.restore 200 brings back, items.restore 409 when the path was taken', async () => {
    const { item } = (await upload('/d/1', 'one')).body;
    expect((await fovea.call('DELETE', `/v1/items/${item.id}`)).status).toBe(204);
    expect((await fovea.call('GET', `/v1/items/${item.id}`)).status).toBe(404);
    expect((await fovea.call('GET', `/v1/datasets/${dataset.id}`)).body).toMatchObject({ itemCount: 0, sizeBytes: 0 });
    expect((await fovea.call('POST', `/v1/items/${item.id}/restore`)).body.id).toBe(item.id);
    await fovea.call('DELETE', `/v1/items/${item.id}`);
    await upload('/d/1', 'other');
    expect((await fovea.call('POST', `/v1/items/${item.id}/restore`)).status).toBe(409);
  });
  test('an item past its expiry is gone at once, and its path is free', async () => {
    const { item } = (await upload('/e', 'one', `&expiresAt=${encodeURIComponent(new Date(Date.now() + 300).toISOString())}`)).body;
    await new Promise((resolve) => setTimeout(resolve, 350));
    expect((await fovea.call('GET', `/v1/items/${item.id}`)).status).toBe(404);
    expect((await fovea.call('GET', `/v1/datasets/${dataset.id}/items`)).body.data).toEqual([]);
    expect((await upload('/e', 'two')).body.outcome).toBe('created');
    expect((await events(item.id)).at(-1)).toBe('item.expired');
    expect((await fovea.call('GET', `/v1/datasets/${dataset.id}`)).body.itemCount).toBe(1);
  });
  test('also for an item that is moved, restored or copied there, and a folder', async () => {
    const soon = () => `&expiresAt=${encodeURIComponent(new Date(Date.now() + 500).toISOString())}`;
    const gone = async (id: string) => vi.waitUntil(async () => (await fovea.call('GET', `/v1/items/${id}`)).status === 404, { timeout: 10_000, interval: 50 });
    const [moved, restored, other] = [await upload('/m', 'm'), await upload('/r', 'r'), await upload('/from/f', 'f')].map(({ body }) => body.item);
    await fovea.call('DELETE', `/v1/items/${restored.id}`);
    for (const path of ['/to/m', '/r', '/there/f', '/copies/m']) await gone((await upload(path, `old ${path}`, soon())).body.item.id);
    const update = await fovea.call('PATCH', `/v1/items/${moved.id}`, { body: { path: '/to/m' } });
    expect([update.status, update.body.path]).toEqual([200, '/to/m']);
    expect((await fovea.call('POST', `/v1/items/${restored.id}/restore`)).status).toBe(200);
    expect((await fovea.call('POST', `/v1/datasets/${dataset.id}/folders/move`, { body: { from: '/from', to: '/there' } })).body).toEqual({ moved: 1 });
    expect((await fovea.call('GET', `/v1/items/${other.id}`)).body.path).toBe('/there/f');
    await fovea.call('PATCH', `/v1/items/${moved.id}`, { body: { path: '/m' } });
    const { body: copy } = await fovea.call('POST', `/v1/datasets/${dataset.id}/clone`, { body: { into: dataset.id, folder: '/copies', filter: { path: '/m' } } });
    await vi.waitUntil(async () => (await fovea.call('GET', `/v1/commands/${copy.id}`)).body.status === 'complete', { timeout: 20_000, interval: 50 });
    const paths = (await fovea.call('GET', `/v1/datasets/${dataset.id}/items`)).body.data.map((one: { path: string }) => one.path);
    expect(paths).toEqual(['/copies/m', '/m', '/r', '/there/f']);
    expect((await fovea.call('GET', `/v1/datasets/${dataset.id}`)).body.itemCount).toBe(4);
  });
  test('items.download 206 answers ranges, 304 what is known, items.download 416 what lies outside', async () => {
    const { item } = (await upload('/range', '0123456789')).body;
    const get = (headers: Record<string, string>) => fovea.call('GET', `/v1/items/${item.id}/file`, { headers });
    for (const [range, body, contentRange] of [
      ['bytes=2-4', '234', 'bytes 2-4/10'],
      ['bytes=7-', '789', 'bytes 7-9/10'],
      ['bytes=-3', '789', 'bytes 7-9/10'],
      ['bytes=5-100', '56789', 'bytes 5-9/10'],
    ]) {
      const answer = await get({ range: range ?? '' });
      expect([answer.status, answer.body, answer.headers.get('content-range')]).toEqual([206, body, contentRange]);
    }
    expect((await get({ range: 'bytes=10-' })).status).toBe(416);
    expect((await get({ range: 'bytes=4-2' })).status).toBe(200);
    expect((await get({ 'if-none-match': `"${item.sha256}"` })).status).toBe(304);
  });
});

describe('datasets', () => {
  test('datasets.create 201, datasets.create 409, datasets.list 200, datasets.get 200 by name, datasets.get 409 when two have it', async () => {
    const name = `name ${Math.random()}`;
    const create = (project: string) => fovea.call('POST', '/v1/datasets', { body: { project, name } });
    const made = await create(dataset.projectId);
    expect(made.status).toBe(201);
    expect((await create(dataset.projectId)).status).toBe(409);
    expect((await fovea.call('GET', `/v1/datasets?project=${dataset.projectId}`)).body.data).toHaveLength(2);
    expect((await fovea.call('GET', `/v1/datasets/${encodeURIComponent(name)}`)).body.id).toBe(made.body.id);
    const other = (await fovea.call('POST', '/v1/projects', { body: { name: `p ${Math.random()}` } })).body;
    await create(other.id);
    expect((await fovea.call('GET', `/v1/datasets/${encodeURIComponent(name)}`)).status).toBe(409);
    expect((await fovea.call('GET', `/v1/datasets/${encodeURIComponent(name)}?project=${other.id}`)).status).toBe(200);
  });
  test('datasets.update 200, datasets.update 412, datasets.update 409, datasets.delete 204, datasets.restore 200, datasets.restore 409', async () => {
    const path = `/v1/datasets/${dataset.id}`;
    expect((await fovea.call('PATCH', path, { body: { name: 'renamed' } })).body.revision).toBe(2);
    expect((await fovea.call('PATCH', path, { body: { name: 'lost' }, headers: { 'if-match': '"1"' } })).status).toBe(412);
    await fovea.call('POST', '/v1/datasets', { body: { project: dataset.projectId, name: 'second' } });
    expect((await fovea.call('PATCH', path, { body: { name: 'second' } })).status).toBe(409);
    const { item } = (await upload('/x', 'x')).body;
    expect((await fovea.call('DELETE', path)).status).toBe(204);
    expect((await fovea.call('GET', `/v1/items/${item.id}`)).status).toBe(404);
    expect((await fovea.call('POST', `${path}/restore`)).status).toBe(200);
    expect((await fovea.call('GET', `/v1/items/${item.id}`)).status).toBe(200);
    await fovea.call('DELETE', path);
    await fovea.call('POST', '/v1/datasets', { body: { project: dataset.projectId, name: 'renamed' } });
    expect((await fovea.call('POST', `${path}/restore`)).status).toBe(409);
  });
});
