import { createHash, randomUUID } from 'node:crypto';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';
import { callbackSignature, keySealer } from './callback.ts';

let fovea: TestPlatform;
let receiver: Server;
const heard: { method: string; headers: Record<string, any>; body: string }[] = [];
beforeAll(async () => {
  fovea = await startTestPlatform();
  receiver = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      heard.push({ method: request.method ?? '', headers: request.headers, body: Buffer.concat(parts).toString('utf8') });
      response.end('ok');
    });
  });
  await new Promise<void>((done) => receiver.listen(0, '127.0.0.1', done));
});
afterAll(async () => {
  receiver.close();
  await fovea.close();
});

/** A call as the Python client makes it: also GET carries a JSON body. */
function call(method: string, path: string, body?: unknown, key: string | null = fovea.key): Promise<{ status: number; body: any }> {
  return new Promise((done, failed) => {
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
    const headers = { 'content-type': 'application/json', accept: 'text/plain', 'content-length': Buffer.byteLength(text), ...(key === null ? {} : { 'x-slt-api-key': key }) };
    const sent = httpRequest(`${fovea.url}/skylab/api/public/v1${path}`, { method, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => done({ status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(parts).toString('utf8')) }));
    });
    sent.on('error', failed);
    sent.end(text);
  });
}

const plainLook = { enable_color: false, enable_crop: false };
const profile = async (fields: object = plainLook) => (await call('POST', '/profiles', { name: 'plain', ...fields })).body;
const job = async (profileId: number) => (await call('POST', '/jobs', { name: randomUUID(), profile_id: profileId })).body;
const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('base64');
const picture = (red: number) => sharp({ create: { width: 120, height: 90, channels: 3, background: { r: red, g: 90, b: 60 } } }).jpeg().toBuffer();
const uploadTo = (url: string, bytes: Uint8Array, digest = md5(bytes)) => fetch(url, { method: 'PUT', body: bytes as BodyInit, headers: { 'content-md5': digest, 'x-amz-tagging': 'job=photo&api=true' } });

async function addPhoto(owner: object, name: string, bytes: Uint8Array) {
  const photo = (await call('POST', '/photos', { ...owner, name, use_cache_upload: false })).body;
  const { url } = (await call('GET', '/photos/upload_url', { use_cache_upload: false, photo_id: photo.id, content_md5: md5(bytes) })).body;
  return { photo, url, status: (await uploadTo(url, bytes)).status };
}

async function until(id: number, state: string) {
  for (let attempt = 0; attempt < 300; attempt++) {
    const { body } = await call('GET', `/jobs/${id}`);
    if (body.state === state) return body;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`The job ${id} did not become ${state}.`);
}

describe('signatures', () => {
  test('the worked vectors', () => {
    const stamp = 'Mon, 28 Aug 2023 22:58:28 GMT';
    expect(callbackSignature('slt-demo-secret', stamp, '{"accountId":6,"id":7612,"name":"spring portraits","profileId":3750,"state":"complete"}')).toBe('q4PRkzBncfC+w7QFhdDFT8mCByLoeTm45FIS3HdpCak=');
    expect(callbackSignature('slt-demo-secret', stamp, '{"id":1,"name":"Zoë – été","state":"queued"}')).toBe('/R+wa+CZJkAbv4c4bcqsQU7hoK+24nEl3/oqzaQa8/k=');
  });
  test('a sealed key opens with the same secret only', () => {
    const sealed = keySealer('one').seal('key é');
    expect(keySealer('one').unseal(sealed)).toBe('key é');
    expect(() => keySealer('two').unseal(sealed)).toThrow('unable to authenticate');
  });
});

describe('errors', () => {
  test('401, 403, 404, 400 and 422 with code and message', async () => {
    expect((await call('GET', '/jobs', undefined, null)).body).toMatchObject({ code: 401, message: expect.any(String) });
    expect((await call('GET', '/jobs', undefined, 'nobody')).status).toBe(403);
    expect((await call('GET', '/nothing')).body).toMatchObject({ code: 404 });
    expect((await call('GET', '/jobs/999999')).status).toBe(404);
    expect((await call('POST', '/profiles', '{')).status).toBe(400);
    expect((await call('POST', '/profiles')).body).toMatchObject({ code: 422, errors: { name: ['is required'] } });
    expect((await call('POST', '/jobs', { profile_id: 999_999 })).body).toMatchObject({ code: 422, errors: { profile_id: [expect.any(String)] } });
  });
});

describe('profiles', () => {
  test('create, get, list, update by PATCH and PUT, delete', async () => {
    const made = await profile({ color_red: 5 });
    expect(made).toMatchObject({ enableExtract: false, enableCrop: true, colorRed: 5, outputFileType: 'png', photos: [] });
    expect((await call('PATCH', `/profiles/${made.id}`, { color_blue: 3 })).body).toMatchObject({ colorRed: 5, colorBlue: 3 });
    expect((await call('PUT', `/profiles/${made.id}`, { name: 'other' })).body.name).toBe('other');
    expect((await call('GET', '/profiles', 'null')).body[0].id).toBe(made.id);
    expect((await call('GET', '/profiles?page=99')).body).toEqual([]);
    for (const wrong of [{ color_red: 41 }, { enable_crop: 'yes' }, { output_file_type: 'bmp' }, { crop_size_x: 6_400, crop_size_y: 6_400 }]) {
      expect((await call('PATCH', `/profiles/${made.id}`, wrong)).status).toBe(422);
    }
    expect((await call('DELETE', `/profiles/${made.id}`, {})).body.id).toBe(made.id);
    expect((await call('GET', `/profiles/${made.id}`)).status).toBe(404);
  });
  test('background photos need extract and replace', async () => {
    const plain = await profile();
    expect((await call('POST', '/photos', { profile_id: plain.id, name: 'b.jpg' })).status).toBe(422);
    const made = await profile({ enable_extract: true, replace_background: true });
    expect((await addPhoto({ profile_id: made.id }, 'b.jpg', await picture(3))).status).toBe(200);
    const [photo] = (await call('GET', `/profiles/${made.id}`)).body.photos;
    expect(photo).toMatchObject({ jobId: null, profileId: made.id, name: 'b.jpg' });
    expect((await call('GET', `/profiles/${made.id}/bg_photos`)).body).toHaveLength(1);
  });
});

describe('jobs', () => {
  test('from upload to download, with callbacks that verify', async () => {
    const { id: profileId } = await profile();
    const made = await job(profileId);
    expect(made).toMatchObject({ state: 'pending', type: 'regular', profileId, profile_id: String(profileId), success: true, status: 'OK', errors: [], photos: [], photoDownloadUrls: {} });
    const bytes = await picture(200);
    const { photo, url, status } = await addPhoto({ job_id: made.id }, 'Zoë.jpg', bytes);
    expect([status, photo.jobId, 'status' in photo, photo.originalUrl]).toEqual([200, made.id, false, '']);
    expect((await call('POST', '/photos', { job_id: made.id, name: 'Zoë.jpg' })).status).toBe(422);
    expect((await uploadTo(url, bytes, md5(Buffer.from('other')))).status).toBe(400);
    expect((await uploadTo(url, Buffer.from('other'), md5(bytes))).status).toBe(400);
    expect((await uploadTo(url, bytes)).status).toBe(200);
    expect((await uploadTo(url.replace('signature=', 'signature=A'), bytes)).status).toBe(403);
    const callbackUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/told`;
    expect((await call('POST', `/jobs/${made.id}/queue`, { callback_url: callbackUrl })).body.state).toBe('queued');
    const done = await until(made.id, 'complete');
    expect(done).toMatchObject({ completedAt: expect.any(String), processed: { total: 1 }, photoDownloadUrls: { 'Zoë.jpg': expect.stringMatching(/^http/) } });
    const output = await fetch(done.photoDownloadUrls['Zoë.jpg']);
    expect(output.headers.get('content-type')).toBe('image/jpeg');
    expect(await sharp(Buffer.from(await output.arrayBuffer())).metadata()).toMatchObject({ width: 120, height: 90, format: 'jpeg' });
    const seen = (await call('GET', `/photos/${photo.id}`)).body;
    expect(seen.job).toMatchObject({ profileId, type: 'regular' });
    expect(Buffer.from(await (await fetch(seen.originalUrl)).arrayBuffer()).equals(bytes)).toBe(true);
    expect((await call('POST', `/jobs/${made.id}/cancel`)).status).toBe(422);
    for (let attempt = 0; heard.length < 2 && attempt < 200; attempt++) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(heard.map((one) => [one.method, JSON.parse(one.body).state])).toEqual([['PATCH', 'queued'], ['PATCH', 'complete']]);
    for (const one of heard) expect(one.headers['x-skylab-signature']).toBe(callbackSignature(fovea.key, one.headers['x-skylab-timestamp'], one.body));
  });
  test('extract gives a PNG with alpha, crop the exact size', async () => {
    const { id: profileId } = await profile({ enable_color: false, enable_extract: true, crop_size_x: 60, crop_size_y: 80 });
    const made = await job(profileId);
    await addPhoto({ job_id: made.id }, 'a.jpg', await picture(120));
    await call('POST', `/jobs/${made.id}/queue`);
    const done = await until(made.id, 'complete');
    const bytes = Buffer.from(await (await fetch(done.photos[0].retouchedUrl)).arrayBuffer());
    expect(await sharp(bytes).metadata()).toMatchObject({ width: 60, height: 80, format: 'png', channels: 4 });
  });
  test('a broken photo is told, the rest delivered; missing bytes are told; the job can be queued again', async () => {
    const { id: profileId } = await profile();
    const made = await job(profileId);
    expect((await call('POST', `/jobs/${made.id}/queue`)).status).toBe(422);
    await addPhoto({ job_id: made.id }, 'good.jpg', await picture(9));
    const missing = (await call('POST', '/photos', { job_id: made.id, name: 'late.jpg' })).body;
    expect((await call('POST', `/jobs/${made.id}/queue`)).body.state).toBe('pending');
    expect((await until(made.id, 'error')).errors).toEqual(['Missing photos: late.jpg']);
    expect((await call('DELETE', `/photos/${missing.id}`, {})).body.id).toBe(missing.id);
    expect((await call('GET', `/photos/${missing.id}`)).status).toBe(404);
    const broken = await addPhoto({ job_id: made.id }, 'broken.jpg', Buffer.from('not a picture'));
    expect(broken.status).toBe(200);
    await call('POST', `/jobs/${made.id}/queue`);
    const failed = await until(made.id, 'error');
    expect(failed.errors).toEqual([expect.stringContaining('broken.jpg')]);
    expect(Object.keys(failed.photoDownloadUrls)).toEqual(['good.jpg']);
    await call('DELETE', `/photos/${broken.photo.id}`);
    expect((await call('POST', `/jobs/${made.id}/queue`)).body.errors).toEqual([]);
    expect((await until(made.id, 'complete')).errors).toEqual([]);
  });
  test('find by name, unique names, update, photos of a job, jobs in front, cancel, delete', async () => {
    const { id: profileId } = await profile();
    const made = await job(profileId);
    expect((await call('GET', '/jobs/find_by_name', { name: made.name })).body.id).toBe(made.id);
    expect((await call('GET', `/jobs/find_by_name/?name=${made.name}`)).body.id).toBe(made.id);
    expect((await call('GET', '/jobs/find_by_name', { name: 'none' })).status).toBe(404);
    expect((await call('POST', '/jobs', { name: made.name, profile_id: profileId })).body.errors.name).toEqual(['has already been taken']);
    expect((await call('PUT', `/jobs/${made.id}`, { name: `${made.name} b` })).body.name).toBe(`${made.name} b`);
    const { photo } = await addPhoto({ job_id: made.id }, 'a.jpg', await picture(1));
    expect((await call('GET', '/photos/list_for_job', { job_id: String(made.id) })).body[0]).toMatchObject({ id: photo.id, job: { profileId } });
    expect((await call('GET', `/photos/list_for_job?job_name=${encodeURIComponent(`${made.name} b`)}`)).body).toHaveLength(1);
    expect((await call('GET', '/photos/list_for_job')).status).toBe(422);
    expect((await call('GET', `/jobs/${made.id}/photo_ids`)).body).toEqual([photo.id]);
    expect((await call('GET', `/jobs/${made.id}/jobs_in_front`)).body).toEqual({ jobsInFront: -1, message: expect.any(String) });
    expect((await call('POST', `/jobs/${made.id}/cancel`, 'null')).body.state).toBe('pending');
    expect((await call('GET', '/jobs')).body[0].id).toBe(made.id);
    expect((await call('DELETE', `/jobs/${made.id}`, {})).body.id).toBe(made.id);
    expect((await call('GET', `/jobs/${made.id}`)).status).toBe(404);
  });
  test('another account sees nothing of it', async () => {
    const { id: profileId } = await profile();
    const made = await job(profileId);
    const { photo } = await addPhoto({ job_id: made.id }, 'a.jpg', await picture(1));
    const { key } = await fovea.person({ admin: true });
    for (const path of [`/jobs/${made.id}`, `/profiles/${profileId}`, `/photos/${photo.id}`]) expect((await call('GET', path, undefined, key)).status).toBe(404);
    expect((await call('GET', '/photos/upload_url', { photo_id: photo.id }, key)).status).toBe(404);
    expect((await call('GET', '/jobs', undefined, key)).body).toEqual([]);
    expect((await call('POST', '/jobs', { profile_id: profileId }, key)).status).toBe(422);
  });
});
