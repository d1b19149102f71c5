import { createHash, randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { BlobError } from '../../engines/blobs/blobs.ts';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';

let fovea: TestPlatform;
let project: string;
let dataset: string;
beforeAll(async () => {
  fovea = await startTestPlatform();
});
afterAll(() => fovea.close());
beforeEach(async () => {
  project = (await fovea.call('POST', '/v1/projects', { body: { name: `p ${Math.random()}` } })).body.id;
  dataset = (await fovea.call('POST', '/v1/datasets', { body: { project, name: 'd' } })).body.id;
});

const mebibyte = 1024 ** 2;
const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const begin = (body: object, key?: string) => fovea.call('POST', `/v1/datasets/${dataset}/uploads`, { body, ...(key === undefined ? {} : { key }) });
const at = (upload: { id: string }, rest = '') => `/v1/datasets/${dataset}/uploads/${upload.id}${rest}`;
const complete = (upload: { id: string }, body: object = {}) => fovea.call('POST', at(upload, '/complete'), { body });
const put = async (part: { url: string; offset: number; sizeBytes: number }, bytes: Uint8Array) =>
  (await fetch(part.url, { method: 'PUT', body: bytes.subarray(part.offset, part.offset + part.sizeBytes) as BodyInit })).status;
const waiting = () => readdirSync(join(fovea.dataDir, 'blobs', '.uploads'));

describe('an upload in parts', () => {
  test('transfers.begin 201, transfers.putPart 204, transfers.get 200, transfers.complete 200: parts without a key become an item', async () => {
    const bytes = randomBytes(20 * mebibyte);
    const begun = await begin({ path: '/big.bin', sizeBytes: bytes.length, labels: ['l'], metadata: { a: 1 }, expiresAt: '30d' });
    expect(begun.status).toBe(201);
    const upload = begun.body;
    expect(upload).toMatchObject({ partBytes: 16 * mebibyte, partCount: 2, arrivedCount: 0, direct: false, itemId: null });
    expect(await put(upload.missing[1], bytes)).toBe(204);
    const now = (await fovea.call('GET', at(upload))).body;
    expect([now.arrivedCount, now.missing.map((part: any) => part.number)]).toEqual([1, [1]]);
    expect((await fovea.call('GET', at(upload, '?from=2'))).body.missing).toEqual([]);
    expect((await complete(upload)).body.code).toBe('upload_incomplete');
    expect(await put(now.missing[0], bytes)).toBe(204);
    const done = await complete(upload, { sha256: sha256Of(bytes) });
    expect([done.status, done.body.outcome]).toEqual([200, 'created']);
    expect(done.body.item).toMatchObject({ path: '/big.bin', sha256: sha256Of(bytes), sizeBytes: bytes.length, labels: ['l'], metadata: { a: 1 } });
    expect(Date.parse(done.body.item.expiresAt) - Date.now()).toBeGreaterThan(29 * 86_400_000);
    // The same item; it may have been probed meanwhile.
    expect((await complete(upload)).body).toEqual({ outcome: 'created', item: expect.objectContaining({ id: done.body.item.id, sha256: sha256Of(bytes), revision: done.body.item.revision }) });
    expect(waiting()).not.toContain(`upload-${upload.id}`);
  });

  test('one that broke off is found again by its fingerprint, and takes what is said now', async () => {
    const bytes = randomBytes(17 * mebibyte);
    const wish = { path: '/again.bin', sizeBytes: bytes.length, fingerprint: 'size-and-time' };
    const first = (await begin({ ...wish, labels: ['old'] })).body;
    await put(first.missing[0], bytes);
    const second = (await begin({ ...wish, labels: ['new'] })).body;
    expect([second.id, second.arrivedCount, second.missing.length]).toEqual([first.id, 1, 1]);
    expect((await begin({ ...wish, fingerprint: 'other' })).body.id).not.toBe(first.id);
    await put(second.missing[0], bytes);
    expect((await complete(second)).body.item.labels).toEqual(['new']);
    // A finished one is not found again: the same bytes are there already.
    const third = (await begin(wish)).body;
    for (const part of third.missing) await put(part, bytes);
    expect((await complete(third)).body.outcome).toBe('existing');
  });

  test('transfers.complete 422 for another digest: the bytes are removed; transfers.complete 409 for a taken path', async () => {
    const lie = (await begin({ path: '/lie.bin', sizeBytes: 5, sha256: sha256Of(Buffer.from('other')) })).body;
    expect(await put(lie.missing[0], Buffer.from('bytes'))).toBe(204);
    expect((await complete(lie)).status).toBe(422);
    expect([(await fovea.call('GET', at(lie))).status, waiting().includes(`upload-${lie.id}`)]).toEqual([404, false]);
    const late = (await begin({ path: '/taken.bin', sizeBytes: 5 })).body;
    await put(late.missing[0], Buffer.from('12345'));
    await fovea.call('POST', `/v1/datasets/${dataset}/items?path=/taken.bin`, { body: 'other' });
    expect((await complete(late)).status).toBe(409);
  });

  test('transfers.begin 409 for other bytes at the path, transfers.begin 413, transfers.begin 400 for what makes no sense', async () => {
    await fovea.call('POST', `/v1/datasets/${dataset}/items?path=/old.bin`, { body: 'old' });
    expect((await begin({ path: '/old.bin', sizeBytes: 10 })).status).toBe(409);
    expect((await begin({ path: '/old.bin', sizeBytes: 10, ifExists: 'replace' })).status).toBe(201);
    expect((await begin({ path: '/x', sizeBytes: 2 ** 41 })).status).toBe(413);
    for (const body of [{ path: '/x' }, { path: '/x', sizeBytes: 0 }, { path: '/x', sizeBytes: 1.5 }, { path: '/../x', sizeBytes: 1 }, { path: '/x', sizeBytes: 1, expiresAt: '2001-01-01T00:00:00Z' }, { path: '/x', sizeBytes: 1, metadata: { big: 'x'.repeat(2_000_000) } }]) {
      expect((await begin(body)).status).toBe(400);
    }
    await fovea.call('PUT', `/v1/projects/${project}/quota`, { body: { quotaBytes: 100 } });
    expect((await begin({ path: '/y', sizeBytes: 101 })).body.code).toBe('quota_exceeded');
  });

  test('transfers.putPart 403 without its signature, transfers.putPart 413, transfers.putPart 400, transfers.putPart 404', async () => {
    const upload = (await begin({ path: '/signed.bin', sizeBytes: 10 })).body;
    const [part] = upload.missing;
    const other = new URL(part.url);
    other.searchParams.set('expires', String(Date.now() + 9e9));
    const status = async (url: string, body: string) => (await fetch(url, { method: 'PUT', body })).status;
    expect(await status(other.href, '0123456789')).toBe(403);
    expect(await status(part.url, '0123456789 and more')).toBe(413);
    expect(await status(part.url, 'less')).toBe(400);
    expect((await fovea.call('DELETE', at(upload))).status).toBe(204);
    expect(await status(part.url, '0123456789')).toBe(404);
  });

  test('transfers.abort 204 removes what has arrived; nobody else sees an upload', async () => {
    const upload = (await begin({ path: '/mine.bin', sizeBytes: 5 })).body;
    await put(upload.missing[0], Buffer.from('bytes'));
    const { organization } = (await fovea.call('GET', '/v1/me')).body;
    const colleague = await fovea.person({ orgId: organization.id, admin: true });
    for (const [method, rest] of [['GET', ''], ['POST', '/complete'], ['DELETE', '']]) expect((await fovea.call(method ?? '', at(upload, rest), { key: colleague.key })).status).toBe(404);
    expect(waiting()).toContain(`upload-${upload.id}`);
    expect((await fovea.call('DELETE', at(upload))).status).toBe(204);
    expect(waiting()).not.toContain(`upload-${upload.id}`);
    expect((await fovea.call('GET', at(upload))).status).toBe(404);
  });

  test('what the store has lost is begun anew; transfers.complete 410 says so', async () => {
    const upload = (await begin({ path: '/lost.bin', sizeBytes: 5, fingerprint: 'f' })).body;
    await put(upload.missing[0], Buffer.from('bytes'));
    await fovea.platform.engines.blobs.parts.abort({ key: `upload-${upload.id}`, handle: 'disk', size: 5, partBytes: 5 });
    expect((await complete(upload)).status).toBe(410);
    const again = (await begin({ path: '/lost.bin', sizeBytes: 5, fingerprint: 'f' })).body;
    expect(again.arrivedCount).toBe(0);
    await put(again.missing[0], Buffer.from('bytes'));
    await fovea.platform.engines.blobs.parts.abort({ key: `upload-${again.id}`, handle: 'disk', size: 5, partBytes: 5 });
    expect((await fovea.call('GET', at(again))).body).toMatchObject({ arrivedCount: 0, missing: [{ number: 1 }] });
  });

  test('abandoned uploads are swept, others not', async () => {
    const [old, young] = [(await begin({ path: '/old', sizeBytes: 5 })).body, (await begin({ path: '/young', sizeBytes: 5 })).body];
    await fovea.platform.engines.db.run(sql`update uploads set touched_at = now() - interval '8 days' where id = ${old.id}`);
    expect(await fovea.platform.rooms.transfers.sweep()).toBe(1);
    expect([waiting().includes(`upload-${old.id}`), waiting().includes(`upload-${young.id}`)]).toEqual([false, true]);
  });

  test('transfers.begin 507, transfers.putPart 507 and transfers.complete 507 on a full disk, transfers.complete 400 while parts are missing', async () => {
    const upload = (await begin({ path: '/full.bin', sizeBytes: 5 })).body;
    expect((await complete(upload)).status).toBe(400);
    const { parts } = fovea.platform.engines.blobs;
    const known = { ...parts };
    try {
      const full = async () => Promise.reject(new BlobError('disk_full', 'There is no space left.'));
      Object.assign(parts, { begin: full, put: full, complete: full });
      expect((await begin({ path: '/full-2.bin', sizeBytes: 5 })).status).toBe(507);
      expect(await put(upload.missing[0], Buffer.from('bytes'))).toBe(507);
      expect((await complete(upload)).status).toBe(507);
    } finally {
      Object.assign(parts, known);
    }
  });
});

describe('a link', () => {
  test('transfers.link 200 opens the bytes without a key, transfers.open 200, transfers.open 403 when changed, transfers.open 416', async () => {
    const { item } = (await fovea.call('POST', `/v1/datasets/${dataset}/items?path=/a.txt`, { body: '0123456789' })).body;
    const link = (await fovea.call('GET', `/v1/items/${item.id}/link?expiresSeconds=60`)).body;
    expect(link.direct).toBe(false);
    expect(Date.parse(link.expiresAt)).toBeLessThan(Date.now() + 61_000);
    const open = (url: string, headers: Record<string, string> = {}) => fetch(url, { headers });
    expect(await (await open(link.url)).text()).toBe('0123456789');
    const part = await open(link.url, { range: 'bytes=2-4' });
    expect([part.status, await part.text()]).toEqual([206, '234']);
    expect((await open(link.url, { range: 'bytes=20-' })).status).toBe(416);
    const other = (await fovea.call('POST', `/v1/datasets/${dataset}/items?path=/b.txt`, { body: 'b' })).body.item;
    expect((await open(link.url.replace(item.id, other.id))).status).toBe(403);
    expect((await fovea.call('GET', `/v1/items/${item.id}/link?expiresSeconds=0`)).status).toBe(400);
    await fovea.call('DELETE', `/v1/items/${item.id}`);
    expect((await open(link.url)).status).toBe(404);
  });
});
