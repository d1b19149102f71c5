// A whole platform on a real S3 server: large files go straight to its store, and items are imported from a bucket of others by reference.
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, DeleteObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Fovea } from '@fovea/sdk';
import sharp from 'sharp';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { missingS3Programs, startS3Server, type S3Server } from '../../../../../test/servers/s3-server.ts';
import { s3Blobs } from '../../engines/blobs/s3.ts';
import { s3Bucket } from '../../engines/buckets/s3-bucket.ts';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';
import { collectBlobs } from '../care/collect.ts';
import { checkStorage, type StorageFault } from '../care/deep.ts';

const missing = missingS3Programs();
const mebibyte = 1024 ** 2;
const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const signal = new AbortController().signal;

describe.skipIf(missing.length > 0)(`a platform on S3 (${missing.length > 0 ? `without ${missing.join(', ')}` : 'Swift'})`, () => {
  let server: S3Server;
  let admin: S3Client;
  let fovea: TestPlatform;
  let project: string;
  let dataset: string;

  beforeAll(async () => {
    server = await startS3Server();
    const { endpoint, region, credentials } = server;
    admin = new S3Client({ endpoint, region, credentials, forcePathStyle: true, requestChecksumCalculation: 'WHEN_REQUIRED' });
    for (const Bucket of ['fovea', 'clinic']) await admin.send(new CreateBucketCommand({ Bucket }));
    const bucket = (name: string, more: object = {}) => [name, s3Bucket({ name, bucket: name, endpoint, region, credentials, projects: [], ...more })] as const;
    fovea = await startTestPlatform({
      blobs: await s3Blobs({ endpoint, region, credentials, bucket: 'fovea', prefix: 'data' }),
      buckets: new Map([
        bucket('clinic'),
        bucket('wrong', { bucket: 'wrong-keys', credentials: { accessKeyId: 'test:tester', secretAccessKey: 'wrong' } }),
        bucket('gone', { bucket: 'nowhere' }),
        bucket('twin-a', { bucket: 'twin' }),
        bucket('twin-b', { bucket: 'twin', projects: ['*'] }),
      ]),
    });
  }, 150_000);
  afterAll(async () => {
    await fovea?.close();
    admin?.destroy();
    await server?.close();
  });
  beforeEach(async () => {
    project = (await fovea.call('POST', '/v1/projects', { body: { name: `p ${Math.random()}` } })).body.id;
    dataset = (await fovea.call('POST', '/v1/datasets', { body: { project, name: 'd' } })).body.id;
  });

  const object = (Key: string, Body: Uint8Array | string) => admin.send(new PutObjectCommand({ Bucket: 'clinic', Key, Body }));
  const keys = async (Bucket: string, Prefix: string) => ((await admin.send(new ListObjectsV2Command({ Bucket, Prefix }))).Contents ?? []).map(({ Key = '' }) => Key);
  const itemAt = async (path: string) => (await fovea.call('GET', `/v1/datasets/${dataset}/items?path=${encodeURIComponent(path)}`)).body.data[0];

  describe('large files', () => {
    const bytes = randomBytes(40 * mebibyte);
    let folder: string;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'fovea-direct-'));
      writeFileSync(join(folder, 'large.bin'), bytes);
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    /** A client that notes which servers its requests went to. */
    function noting(refuse: (url: URL) => boolean = () => false) {
      const seen: { host: string; method: string }[] = [];
      const fetching: typeof fetch = async (input, init) => {
        const url = new URL(String(input));
        if (refuse(url)) throw new TypeError('fetch failed');
        seen.push({ host: url.host, method: init?.method ?? 'GET' });
        return fetch(input, init);
      };
      return { seen, client: new Fovea({ url: fovea.url, key: fovea.key, fetch: fetching }) };
    }
    const store = () => new URL(server.endpoint).host;

    test('go to the store in parts and come from there, checked by their digest', async () => {
      const { seen, client } = noting();
      const { item } = await client.items.upload(dataset, join(folder, 'large.bin'), { labels: ['l'] });
      expect([item.sha256, item.labels]).toEqual([sha256Of(bytes), ['l']]);
      expect(seen.filter(({ method }) => method === 'PUT').map(({ host }) => host)).toEqual([store(), store(), store()]);
      expect(await keys('fovea', 'data/transfers/')).toEqual([]);
      seen.length = 0;
      await client.items.download(item, { to: join(folder, 'back.bin') });
      expect(readFileSync(join(folder, 'back.bin')).equals(bytes)).toBe(true);
      expect(seen.some(({ host }) => host === store())).toBe(true);
    });

    test('go through the platform where the store cannot be reached', async () => {
      const { seen, client } = noting((url) => url.host === store());
      const { item } = await client.items.upload(dataset, join(folder, 'large.bin'), { path: '/relayed.bin' });
      expect(item.sha256).toBe(sha256Of(bytes));
      expect(seen.filter(({ method }) => method === 'PUT').every(({ host }) => host === new URL(fovea.url).host)).toBe(true);
      await client.items.download(item, { to: join(folder, 'relayed.bin') });
      expect(readFileSync(join(folder, 'relayed.bin')).equals(bytes)).toBe(true);
    });

    test('a single part by its presigned URL; a lie about the digest is refused and removed', async () => {
      const begin = async (body: object) => (await fovea.call('POST', `/v1/datasets/${dataset}/uploads`, { body })).body;
      const send = (url: string, body: string) => fetch(url, { method: 'PUT', body });
      const complete = (id: string, body: object = {}) => fovea.call('POST', `/v1/datasets/${dataset}/uploads/${id}/complete`, { body });
      const one = await begin({ path: '/one.txt', sizeBytes: 5 });
      expect([one.direct, one.missing.length, new URL(one.missing[0].url).host]).toEqual([true, 1, store()]);
      expect((await complete(one.id)).body.code).toBe('upload_incomplete');
      await send(one.missing[0].url, 'hello');
      expect((await complete(one.id, { sha256: sha256Of(Buffer.from('hello')) })).body.item.sizeBytes).toBe(5);
      const link = (await fovea.call('GET', `/v1/items/${(await itemAt('/one.txt')).id}/link`)).body;
      expect([link.direct, await (await fetch(link.url)).text()]).toEqual([true, 'hello']);
      const lie = await begin({ path: '/lie.txt', sizeBytes: 5, sha256: sha256Of(Buffer.from('other')) });
      await send(lie.missing[0].url, 'hello');
      expect((await complete(lie.id)).status).toBe(422);
      const longer = await begin({ path: '/longer.txt', sizeBytes: 5 });
      await send(longer.missing[0].url, 'hello and more');
      expect((await complete(longer.id)).status).toBe(400);
      expect((await fovea.call('DELETE', `/v1/datasets/${dataset}/uploads/${longer.id}`)).status).toBe(204);
      expect(await keys('fovea', 'data/transfers/')).toEqual([]);
    });
  });

  describe('items by reference', () => {
    const importing = (body: object, key?: string) => fovea.call('POST', `/v1/datasets/${dataset}/import-bucket`, { body, ...(key === undefined ? {} : { key }) });
    const imported = async (body: object) => {
      const { id } = (await importing(body)).body;
      return (await fovea.call('GET', `/v1/commands/${id}?waitSeconds=60`)).body;
    };
    const look = async () => {
      const faults: StorageFault[] = [];
      await checkStorage(fovea.platform.engines, { onFault: (fault) => void faults.push(fault), onProgress: () => undefined, signal });
      return faults;
    };

    test('buckets.import 202: items with facts and thumbnails, no byte in our store, again without reading, never deleted by us', async () => {
      const picture = await sharp({ create: { width: 80, height: 60, channels: 3, background: '#3a7' } }).png().toBuffer();
      const text = randomBytes(100).toString('hex');
      for (const [key, body] of [['scans/2026/a.png', picture], ['scans/2026/deep/b.txt', text], ['scans/', ''], ['scans/bad\\name.txt', 'x'], ['other/c.txt', 'c']] as const) await object(key, body);
      const work = await imported({ source: 's3://clinic/scans/', folder: '/in', labels: ['clinic'], channel: 'pacs' });
      expect(work).toMatchObject({ status: 'complete', done: 3, total: 3, result: { created: 2, existing: 0, failedCount: 1, failed: [{ source: 's3://clinic/scans/bad\\name.txt' }] } });
      const item = await itemAt('/in/2026/a.png');
      expect(item).toMatchObject({ sha256: sha256Of(picture), labels: ['clinic'], channel: 'pacs', mediaType: 'image/png' });
      expect(await fovea.probed(item.id)).toMatchObject({ probe: 'ready', width: 80, height: 60, hasThumbnail: true });
      expect((await fovea.call('GET', `/v1/items/${item.id}/thumbnail`)).status).toBe(200);
      const part = await fetch(`${fovea.url}/v1/items/${(await itemAt('/in/2026/deep/b.txt')).id}/file`, { headers: { authorization: `Bearer ${fovea.key}`, range: 'bytes=2-4' } });
      expect([part.status, await part.text()]).toEqual([206, text.slice(2, 5)]);
      expect(await keys('fovea', `data/blobs/${sha256Of(picture)}`)).toEqual([]);
      const link = (await fovea.call('GET', `/v1/items/${item.id}/link`)).body;
      expect(sha256Of(new Uint8Array(await (await fetch(link.url)).arrayBuffer()))).toBe(sha256Of(picture));
      expect((await imported({ source: 's3://clinic/scans/', folder: '/in' })).result).toMatchObject({ created: 0, existing: 2, failedCount: 1 });
      expect(await look()).toEqual([]);
      // Nothing refers to them any more, and everything is old.
      await fovea.platform.engines.db.run(sql`delete from items where dataset_id = ${dataset}`);
      await collectBlobs(fovea.platform.engines, -60_000, signal);
      expect(await keys('clinic', 'scans/2026/')).toEqual(['scans/2026/a.png', 'scans/2026/deep/b.txt']);
    });

    test('an object that was changed or removed is told, and read no more', async () => {
      await object('watch/one.txt', 'first');
      await object('watch/two.txt', 'second');
      expect((await imported({ source: 's3://clinic/watch/' })).result).toMatchObject({ created: 2 });
      const [one, two] = [await itemAt('/one.txt'), await itemAt('/two.txt')];
      for (const { id } of [one, two]) await fovea.probed(id);
      await object('watch/one.txt', 'fir5t');
      await admin.send(new DeleteObjectCommand({ Bucket: 'clinic', Key: 'watch/two.txt' }));
      const answer = await fovea.call('GET', `/v1/items/${one.id}/file`);
      expect([answer.status, answer.body.detail]).toEqual([422, expect.stringContaining('s3://clinic/watch/one.txt is no longer the one')]);
      expect((await fovea.call('GET', `/v1/items/${two.id}/file`)).status).toBe(404);
      expect((await look()).map(({ kind, sha256 }) => [kind, sha256]).toSorted()).toEqual([['damaged', one.sha256], ['missing', two.sha256]]);
      const { body } = await fovea.call('POST', `/v1/datasets/${dataset}/versions`, { body: {} });
      await fovea.call('GET', `/v1/commands/${body.id}?waitSeconds=30`);
      const verifying = (await fovea.call('POST', `/v1/datasets/${dataset}/versions/v1/verify`, { body: {} })).body;
      expect((await fovea.call('GET', `/v1/commands/${verifying.id}?waitSeconds=30`)).body.result).toMatchObject({ intact: false, problemCount: 2 });
      await fovea.platform.engines.db.run(sql`delete from version_blobs`);
      await fovea.platform.engines.db.run(sql`delete from items where dataset_id = ${dataset}`);
      await fovea.platform.engines.db.run(sql`delete from blobs where sha256 = any(${[one.sha256, two.sha256].map((hex: string) => Buffer.from(hex, 'hex'))}::bytea[])`);
    });

    test('buckets.list 200 names what a project may use; refusals say what is wrong', async () => {
      expect((await fovea.call('GET', `/v1/projects/${project}/buckets`)).body.data).toContainEqual({ name: 'clinic', bucket: 'clinic', endpoint: server.endpoint });
      const { organization } = (await fovea.call('GET', '/v1/me')).body;
      const { key } = await fovea.person({ orgId: organization.id, project: { id: project, role: 'developer' } });
      expect((await fovea.call('GET', `/v1/projects/${project}/buckets`, { key })).body.data).toEqual([{ name: 'twin-b', bucket: 'twin', endpoint: server.endpoint }]);
      expect((await importing({ source: 's3://clinic/x' }, key)).body).toMatchObject({ status: 400, detail: expect.stringContaining('there are: "twin-b" (s3://twin)') });
      for (const [body, words] of [
        [{ source: 's3://unknown/x' }, 'is not one that this project may import from'],
        [{ source: 's3://twin/x' }, 'has several connections: "twin-a", "twin-b"'],
        [{ source: 'https://clinic/x' }, 'must be like s3://bucket/prefix'],
        [{ source: 's3://clinic/x', secretAccessKey: 'no' }, 'secretAccessKey'],
      ] as const) {
        expect((await importing(body)).body).toMatchObject({ status: 400, detail: expect.stringContaining(words) });
      }
      expect(await imported({ source: 's3://nowhere/x' })).toMatchObject({ status: 'failed', message: 'There is no bucket "nowhere" at the address of its connection.' });
      expect(await imported({ source: 's3://wrong-keys/x' })).toMatchObject({ status: 'failed', message: expect.stringContaining('do not open the bucket "wrong-keys"') });
      expect((await imported({ source: 's3://clinic/nothing-here/' })).result).toMatchObject({ created: 0, failedCount: 0 });
    });
  });
});
