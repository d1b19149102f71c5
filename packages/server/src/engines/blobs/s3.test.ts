import { createHash, randomBytes } from 'node:crypto';
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missingS3Programs, startS3Server, type S3Server } from '../../../../../test/servers/s3-server.ts';
import { blobStoreSuite, chunksOf, readAll } from './blob-store.suite.ts';
import { BlobError, type BlobStore, type DirectTransfer } from './blobs.ts';
import { s3Blobs } from './s3.ts';
import { partSize } from './s3-upload.ts';

const missing = missingS3Programs();
const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe.skipIf(missing.length > 0)(
  `S3 (a real server: ${missing.length > 0 ? `without ${missing.join(', ')}` : 'Swift'})`,
  () => {
    let server: S3Server;
    let admin: S3Client;
    beforeAll(async () => {
      server = await startS3Server();
      admin = new S3Client({
        endpoint: server.endpoint,
        region: server.region,
        credentials: server.credentials,
        forcePathStyle: true,
        requestChecksumCalculation: 'WHEN_REQUIRED',
      });
      await admin.send(new CreateBucketCommand({ Bucket: 'fovea' }));
    }, 150_000);
    afterAll(async () => {
      admin?.destroy();
      await server?.close();
    });

    const settings = (prefix: string) => ({
      endpoint: server.endpoint,
      region: server.region,
      credentials: server.credentials,
      bucket: 'fovea',
      prefix,
    });
    const keys = async (prefix: string) =>
      ((await admin.send(new ListObjectsV2Command({ Bucket: 'fovea', Prefix: prefix }))).Contents ?? []).map(
        (object) => object.Key ?? '',
      );
    const uploads = async (prefix: string) =>
      ((await admin.send(new ListMultipartUploadsCommand({ Bucket: 'fovea', Prefix: prefix }))).Uploads ?? []).map(
        (upload) => upload.Key ?? '',
      );

    blobStoreSuite('blobs on S3', async () => {
      const store = await s3Blobs(settings('suite'));
      return {
        store,
        leftovers: async () => [...(await keys('suite/uploads/')), ...(await keys('suite/transfers/')), ...(await uploads('suite/'))],
        damage: async (sha256) =>
          void (await admin.send(
            new PutObjectCommand({ Bucket: 'fovea', Key: `suite/blobs/${sha256}`, Body: 'rotten' }),
          )),
        close: () => store.close(),
      };
    });

    describe('direct transfer', () => {
      let store: BlobStore;
      let direct: DirectTransfer;
      beforeAll(async () => {
        store = await s3Blobs(settings('direct/transfer'));
        if (!store.direct) throw new Error('The store has no direct transfer.');
        direct = store.direct;
      });
      afterAll(() => store?.close());
      const put = (url: string, body: Uint8Array, headers: Record<string, string> = {}) =>
        fetch(url, { method: 'PUT', body: body as BodyInit, headers });
      const expiresSeconds = 600;

      test('a client puts bytes by URL, and the store adopts them', async () => {
        const bytes = randomBytes(3_000_000);
        expect((await put(await direct.presignPut('one', { expiresSeconds }), bytes)).status).toBe(200);
        expect(await direct.adopt('one', { sha256: sha256Of(bytes), maxBytes: bytes.length })).toEqual({
          sha256: sha256Of(bytes),
          size: bytes.length,
        });
        expect(await store.verify(sha256Of(bytes))).toBe('ok');
        expect(await keys('direct/transfer/uploads/')).toEqual([]);
      });

      test('an announced MD5 binds the client, and the URL serves it again', async () => {
        const bytes = Buffer.from('the bytes that were announced');
        const md5Base64 = createHash('md5').update(bytes).digest('base64');
        const url = await direct.presignPut('bound', { expiresSeconds, md5Base64 });
        expect((await put(url, Buffer.from('other bytes'), { 'content-md5': md5Base64 })).status).toBe(400);
        expect((await put(url, bytes)).status).toBe(403);
        expect(
          (await put(url, bytes, { 'content-md5': createHash('md5').update('other').digest('base64') })).status,
        ).toBe(403);
        expect(await keys('direct/transfer/uploads/')).toEqual([]);
        expect((await put(url, bytes, { 'content-md5': md5Base64 })).status).toBe(200);
        expect((await put(url, bytes, { 'content-md5': md5Base64 })).status).toBe(200);
        await direct.abort('bound');
        expect(await keys('direct/transfer/uploads/')).toEqual([]);
      });

      test('announced tags are signed as a header', async () => {
        const url = new URL(
          await direct.presignPut('tagged', { expiresSeconds, md5Base64: 'x', tagging: 'job=photo&api=true' }),
        );
        expect(url.searchParams.get('X-Amz-SignedHeaders')).toBe('content-md5;host;x-amz-tagging');
        expect(url.searchParams.has('x-amz-tagging')).toBe(false);
      });

      test('an upload that is replaced after it was read is never stored under the digest of the first', async () => {
        const [first, second] = [randomBytes(1_000), randomBytes(1_000)];
        const url = await direct.presignPut('swapped', { expiresSeconds });
        await put(url, first);
        const reading = direct.adopt('swapped');
        const swapping = (async () => {
          for (let n = 0; n < 20; n++) await put(url, second);
        })();
        await Promise.allSettled([reading, swapping]);
        for (const bytes of [first, second]) expect(['ok', 'missing']).toContain(await store.verify(sha256Of(bytes)));
        await direct.abort('swapped');
      });

      test('a URL is good for its own key and time only', async () => {
        const url = new URL(await direct.presignPut('mine', { expiresSeconds: 1 }));
        const other = new URL(url);
        other.pathname = other.pathname.replace('mine', 'theirs');
        expect((await put(other.href, Buffer.from('x'))).status).toBe(403);
        await new Promise((resolve) => setTimeout(resolve, 2_100));
        expect((await put(url.href, Buffer.from('x'))).status).toBe(403);
      });

      test('parts by URL become one blob', async () => {
        const bytes = randomBytes(11 * 1024 ** 2);
        const cut = 6 * 1024 ** 2;
        const { uploadId, urls } = await direct.presignMultipart('parts', { parts: 2, expiresSeconds });
        const answers = await Promise.all([
          put(urls[0] ?? '', bytes.subarray(0, cut)),
          put(urls[1] ?? '', bytes.subarray(cut)),
        ]);
        const etags = answers.map((answer, index) => ({ number: index + 1, etag: answer.headers.get('etag') ?? '' }));
        await direct.completeMultipart('parts', uploadId, etags.toReversed());
        expect(await direct.adopt('parts')).toEqual({ sha256: sha256Of(bytes), size: bytes.length });
        expect((await readAll(await store.get(sha256Of(bytes)))).equals(bytes)).toBe(true);
      });

      test('what is not as announced is refused and removed', async () => {
        const bytes = randomBytes(1_000);
        for (const [code, options] of [
          ['digest_mismatch', { sha256: sha256Of(Buffer.from('other')) }],
          ['too_large', { maxBytes: 999 }],
        ] as const) {
          await put(await direct.presignPut('wrong', { expiresSeconds }), bytes);
          const error = await direct.adopt('wrong', options).catch((fault: unknown) => fault);
          expect(error).toMatchObject({ name: 'BlobError', code });
          expect(await keys('direct/transfer/uploads/')).toEqual([]);
        }
        await expect(direct.adopt('wrong')).rejects.toMatchObject({ code: 'not_found' });
        await expect(direct.adopt('../blobs/x')).rejects.toMatchObject({ code: 'not_found' });
      });

      test('an aborted upload leaves no part', async () => {
        const { uploadId, urls } = await direct.presignMultipart('given-up', { parts: 1, expiresSeconds });
        await put(urls[0] ?? '', randomBytes(100));
        await direct.abort('given-up', uploadId);
        await direct.abort('given-up', uploadId);
        expect(await uploads('direct/transfer/')).toEqual([]);
      });

      test('a download by URL is an attachment with its name, whatever the type', async () => {
        const { sha256 } = await store.put(chunksOf(Buffer.from('<svg onload="alert(1)"/>')));
        const answer = await fetch(
          await direct.presignGet(sha256, { expiresSeconds, filename: 'Ärger "1".svg', mediaType: 'image/svg+xml' }),
        );
        expect(answer.status).toBe(200);
        expect(answer.headers.get('content-disposition')).toBe(
          `attachment; filename="_rger _1_.svg"; filename*=UTF-8''%C3%84rger%20%221%22.svg`,
        );
        expect(answer.headers.get('content-type')).toMatch(/^image\/svg\+xml/);
        expect(await answer.text()).toContain('<svg');
        const part = await fetch(await direct.presignGet(sha256, { expiresSeconds }), {
          headers: { range: 'bytes=1-3' },
        });
        expect([part.status, await part.text()]).toEqual([206, 'svg']);
      });
    });

    test('sweeping takes old temporary objects and unfinished uploads, and no blob', async () => {
      const store = await s3Blobs(settings('sweep'));
      const { sha256 } = await store.put(chunksOf(Buffer.from('kept')));
      await admin.send(new PutObjectCommand({ Bucket: 'fovea', Key: 'sweep/uploads/left', Body: 'x' }));
      for (const key of ['sweep/uploads/begun', `sweep/blobs/${sha256Of(Buffer.from('begun'))}`])
        await admin.send(new CreateMultipartUploadCommand({ Bucket: 'fovea', Key: key }));
      expect(await store.sweepTemporary(60_000)).toBe(0);
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      expect(await store.sweepTemporary(0)).toBe(3);
      expect([await keys('sweep/'), await uploads('sweep/')]).toEqual([[`sweep/blobs/${sha256}`], []]);
      await store.close();
    });

    test('a large stream takes constant memory', async () => {
      const store = await s3Blobs(settings('memory'));
      const chunk = randomBytes(65_536);
      async function* stream() {
        for (let n = 0; n < 1_600; n++) yield chunk;
      }
      const used = () => process.memoryUsage().arrayBuffers;
      const before = used();
      let peak = before;
      const watch = setInterval(() => void (peak = Math.max(peak, used())), 10);
      expect(await store.put(stream())).toMatchObject({ size: 1_600 * 65_536 });
      clearInterval(watch);
      expect((peak - before) / 1024 ** 2).toBeLessThan(64);
      await store.close();
    }, 60_000);

    test('a bucket or key that does not open is named in one sentence', async () => {
      await expect(s3Blobs({ ...settings(''), bucket: 'nowhere' })).rejects.toThrow(
        `There is no bucket "nowhere" at ${server.endpoint}; create it, or correct FOVEA_BLOBS.`,
      );
      await expect(
        s3Blobs({ ...settings(''), credentials: { accessKeyId: 'test:tester', secretAccessKey: 'wrong' } }),
      ).rejects.toThrow(/^The credentials do not open the bucket "fovea"/);
    });
  },
);

test('a store that cannot be reached is unavailable', async () => {
  const error = await s3Blobs({
    bucket: 'x',
    endpoint: 'http://127.0.0.1:1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  }).catch((fault: unknown) => fault);
  expect(error).toBeInstanceOf(BlobError);
  expect(error).toMatchObject({ code: 'unavailable', message: expect.stringContaining('cannot be reached') as string });
});

test('parts grow so that more than half a TiB fits into the 10,000 that S3 takes', () => {
  let total = 0;
  let number = 1;
  for (let bytes = partSize(number); bytes !== undefined; bytes = partSize(++number)) total += bytes;
  expect(number - 1).toBe(10_000);
  expect(total).toBeGreaterThan(0.5 * 1024 ** 4);
  expect(partSize(1)).toBe(8 * 1024 ** 2);
});
