// Uploads, processing and downloads where the bytes lie on S3.
import { createHash } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missingS3Programs, startS3Server, type S3Server } from '../../../../../test/servers/s3-server.ts';
import { s3Blobs } from '../../engines/blobs/s3.ts';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';

const missing = missingS3Programs();

describe.skipIf(missing.length > 0)(`photos on S3 (a real server: ${missing.length > 0 ? `without ${missing.join(', ')}` : 'Swift'})`, () => {
  let server: S3Server;
  let fovea: TestPlatform;
  beforeAll(async () => {
    server = await startS3Server();
    const { endpoint, region, credentials } = server;
    const admin = new S3Client({ endpoint, region, credentials, forcePathStyle: true, requestChecksumCalculation: 'WHEN_REQUIRED' });
    await admin.send(new CreateBucketCommand({ Bucket: 'fovea' }));
    admin.destroy();
    fovea = await startTestPlatform({ blobs: await s3Blobs({ endpoint, region, credentials, bucket: 'fovea', prefix: 'photos' }) });
  }, 150_000);
  afterAll(async () => {
    await fovea?.close();
    await server?.close();
  });

  const call = async (method: string, path: string, body?: object) =>
    (await fovea.call(method, `/skylab/api/public/v1/${path}`, { key: null, headers: { 'x-slt-api-key': fovea.key }, ...(body ? { body } : {}) })).body;

  test('a photo goes up by its address, through a job, and comes down by another', async () => {
    const bytes = await sharp({ create: { width: 60, height: 40, channels: 3, background: '#c06040' } }).jpeg().toBuffer();
    const md5 = createHash('md5').update(bytes).digest('base64');
    const profile = await call('POST', 'profiles', { name: 'cropped', enable_color: false, crop_size_x: 30, crop_size_y: 40 });
    const job = await call('POST', 'jobs', { profile_id: profile.id });
    const photo = await call('POST', 'photos', { job_id: job.id, name: 'a.jpg' });
    const { url } = await call('GET', `photos/upload_url?${new URLSearchParams({ photo_id: String(photo.id), content_md5: md5 })}`);
    const put = (body: Buffer, digest = md5) => fetch(url, { method: 'PUT', headers: { 'content-md5': digest, 'x-amz-tagging': 'job=photo&api=true' }, body: new Uint8Array(body) });
    expect((await put(Buffer.from('other bytes'))).status).toBe(400);
    expect((await put(bytes)).status).toBe(200);
    const { originalUrl } = await call('GET', `photos/${photo.id}`);
    expect(Buffer.from(await (await fetch(originalUrl)).arrayBuffer()).equals(bytes)).toBe(true);
    await call('POST', `jobs/${job.id}/queue`);
    await expect.poll(async () => (await call('GET', `jobs/${job.id}`)).state, { timeout: 60_000, interval: 200 }).toBe('complete');
    const output = await fetch((await call('GET', `jobs/${job.id}`)).photoDownloadUrls['a.jpg']);
    expect([output.status, output.headers.get('content-type')]).toEqual([200, 'image/jpeg']);
    expect(await sharp(Buffer.from(await output.arrayBuffer())).metadata()).toMatchObject({ width: 30, height: 40 });
  }, 90_000);
});
