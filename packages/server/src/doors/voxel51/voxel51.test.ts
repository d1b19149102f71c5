import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';

let fovea: TestPlatform;
let video: Buffer;
beforeAll(async () => {
  fovea = await startTestPlatform();
  const folder = mkdtempSync(join(tmpdir(), 'fovea-voxel51-'));
  const path = join(folder, 'video.mp4');
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc=size=160x120:rate=10:duration=2', '-pix_fmt', 'yuv420p', path]);
  video = readFileSync(path);
  rmSync(folder, { recursive: true });
}, 60_000);
afterAll(() => fovea.close());

interface Sent {
  key?: string | null;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

/** A request as the Python client's HTTP library sends it: a connection of its own, and bodies with GET. */
function send(method: string, path: string, { key = fovea.key, headers = {}, body }: Sent = {}): Promise<{ status: number; headers: Record<string, unknown>; bytes: Buffer; json: any }> {
  const url = path.startsWith('http') ? path : `${fovea.url}/voxel51/v1${path}`;
  const own = { ...(key === null ? {} : { authorization: `Bearer ${key}` }), ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }), ...headers };
  return new Promise((resolve, reject) => {
    const sent = httpRequest(url, { method, agent: false, headers: own }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => {
        const bytes = Buffer.concat(parts);
        const isJson = /json/.test(response.headers['content-type'] ?? '');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes, json: isJson ? JSON.parse(bytes.toString()) : undefined });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const query = (path: string, body: object, more: Sent = {}) => send('GET', path, { ...more, headers: { 'content-type': 'application/json', ...more.headers }, body: JSON.stringify(body) });
const form = (path: string, body: string, more: Sent = {}) => send('PUT', path, { ...more, headers: { 'content-type': 'application/x-www-form-urlencoded' }, body });
const post = (path: string, body: object, more: Sent = {}) => send('POST', path, { ...more, headers: { 'content-type': 'application/json', ...more.headers }, body: JSON.stringify(body) });

/** Multipart with the file first, as `requests_toolbelt` writes it. */
function upload(path: string, file: { name: string; type: string; bytes: Buffer | string }, fields: Record<string, string> = {}, more: Sent = {}) {
  const boundary = randomBytes(16).toString('hex');
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${file.name}"\r\nContent-Type: ${file.type}\r\n\r\n`;
  const rest = Object.entries(fields).map(([name, value]) => `\r\n--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}`).join('');
  const body = Buffer.concat([Buffer.from(head), Buffer.from(file.bytes), Buffer.from(`${rest}\r\n--${boundary}--\r\n`)]);
  return send('POST', path, { ...more, headers: { 'content-type': `multipart/form-data; boundary=${boundary}`, ...more.headers }, body });
}
const uploadVideo = async (name = 'video1.mp4', fields: Record<string, string> = {}, more: Sent = {}) => (await upload('/data', { name, type: 'video/mp4', bytes: video }, fields, more)).json.data;
const jobFile = (data: string, more: object = {}) => ({
  name: 'job.json',
  type: 'application/json',
  bytes: JSON.stringify({ analytic: 'voxel51/vehicle-sense', inputs: { video: { 'data-id': data } }, parameters: { accel: '1.0' }, ...more }),
});
const uploadJob = (data: string, fields: Record<string, string> = {}, more: object = {}) => upload('/jobs', jobFile(data, more), { job_name: 'job', auto_start: 'False', ...fields });
async function ended(id: string) {
  for (;;) {
    const { job } = (await send('GET', `/jobs/${id}`)).json;
    if (job.state === 'COMPLETE' || job.state === 'FAILED') return job;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

describe('the walkthrough, in its order', () => {
  test('1 the token file, 2 empty lists', async () => {
    const { body } = await fovea.call('POST', '/v1/keys', { body: { name: 'client', door: 'voxel51' } });
    expect(body.door.access_token.base_api_url).toBe(`${fovea.url}/voxel51`);
    const { json } = await query('/analytics/list', { all_versions: false }, { key: body.door.access_token.private_key });
    expect(json.analytics.find((one: any) => one.name === 'voxel51/vehicle-sense')).toMatchObject({ version: '0.2', scope: 'public', supports_gpu: true, pending: false, is_image_to_video: false });
    expect((await send('GET', '/data/list')).json).toEqual({ data: [] });
    expect((await send('GET', '/jobs/list')).json).toEqual({ jobs: [] });
  });
  test('3 upload, list, query newest first, TTL at upload, TTL update, forced expiry, delete', async () => {
    const first = await uploadVideo();
    const second = await uploadVideo();
    expect(second).toMatchObject({ name: 'video1.mp4', size: video.length, type: 'video/mp4', encoding: '7bit' });
    const found = await query('/data', { fields: 'id', search: 'name:video1.mp4', sort: 'upload_date:desc' });
    expect(found.json).toEqual({ data: [{ id: second.id }, { id: first.id }], total: 2 });
    const timed = await uploadVideo('video1.mp4', { data_ttl: '2099-11-23T21:01:50.779582' });
    expect(timed.expiration_date).toBe('2099-11-23T21:01:50.779Z');
    expect((await form(`/data/${timed.id}/ttl`, 'days=5')).status).toBe(204);
    const latest = await query('/data', { fields: 'id,expiration_date', sort: 'expiration_date:desc', limit: 1 });
    expect(latest.json.data).toEqual([{ id: timed.id, expiration_date: '2099-11-28T21:01:50.779Z' }]);
    expect((await form(`/data/${first.id}/ttl`, 'days=-10')).status).toBe(204);
    expect((await query('/data', { search: `id:${first.id}` })).json).toEqual({ data: [], total: 0 });
    expect((await send('GET', `/data/${first.id}`)).json).toEqual({ error: { code: 404, message: `Data '${first.id}' not found` } });
    expect((await send('GET', `/data/${second.id}/download`)).bytes.equals(video)).toBe(true);
    const { url } = (await send('GET', `/data/${second.id}/download-url`)).json;
    expect((await send('GET', url, { key: null })).bytes.equals(video)).toBe(true);
    expect((await send('HEAD', url, { key: null })).headers['content-disposition']).toContain('filename="video1.mp4"');
    expect((await send('GET', `${url}x`, { key: null })).status).toBe(403);
    expect((await send('DELETE', `/data/${timed.id}`)).status).toBe(204);
    expect((await send('GET', '/data/list')).json.data).toHaveLength(1);
  });
  test('5 analytics: latest and all versions, query, details, document', async () => {
    const versions = async (all: boolean) => (await query('/analytics/list', { all_versions: all })).json.analytics.filter((one: any) => one.name === 'voxel51/vehicle-sense').map((one: any) => one.version).toSorted();
    expect([await versions(false), await versions(true)]).toEqual([['0.2'], ['0.1', '0.2']]);
    const [{ id }] = (await query('/analytics', { fields: 'id', search: 'name:vehicle' })).json.analytics;
    expect((await send('GET', `/analytics/${id}`)).json.analytic).toMatchObject({ id, name: 'voxel51/vehicle-sense' });
    const document = (await send('GET', `/analytics/${id}/doc`)).json;
    expect(document).toMatchObject({ inputs: [{ name: 'video', type: 'types.Video' }], parameters: [{ name: 'accel', type: 'types.Number' }], outputs: [{ filename: 'labels.json' }] });
  });
  test('4 jobs: request, start, GPU, list, query, sort', async () => {
    const { id } = await uploadVideo();
    const ready = (await uploadJob(id)).json.job;
    expect(ready).toMatchObject({ state: 'READY', expired: false, archived: false, output_filename: 'labels.json', compute_mode: 'BEST', auto_start: false, failure_type: 'NONE' });
    expect((await send('GET', `/jobs/${ready.id}/request`)).bytes.toString()).toBe(jobFile(id).bytes);
    expect((await send('PUT', `/jobs/${ready.id}/start`, { headers: { 'content-length': '0' } })).status).toBe(204);
    expect((await send('GET', `/jobs/${ready.id}`)).json.job.state).not.toBe('READY');
    expect((await uploadJob(id, { auto_start: 'True' })).json.job.state).not.toBe('READY');
    const gpu = await uploadJob(id, { job_name: 'GPUjob' }, { compute_mode: 'GPU' });
    expect(gpu.json.job).toMatchObject({ compute_mode: 'GPU', state: 'READY' });
    const found = await query('/jobs', { fields: 'name,state', search: 'name:GPUjob', sort: 'state:asc' });
    expect(found.json).toEqual({ jobs: [{ name: 'GPUjob', state: 'READY' }], total: 1 });
    expect((await send('GET', '/jobs/list')).json.jobs).toHaveLength(3);
  });
  test('6 upload, job, wait, output, four at once', async () => {
    const outputs = await Promise.all(
      [1, 2, 3, 4].map(async (number) => {
        const { id } = await uploadVideo(`video${number}.mp4`);
        const { job } = (await uploadJob(id, { auto_start: 'True' })).json;
        expect(await ended(job.id)).toMatchObject({ state: 'COMPLETE', failure_type: 'NONE' });
        return send('GET', `/jobs/${job.id}/output`);
      }),
    );
    for (const output of outputs) expect(output.json).toHaveProperty('frames');
  }, 60_000);
});

describe('beyond the walkthrough', () => {
  test('bad requests in the envelope', async () => {
    expect((await send('GET', '/data/list', { key: null })).json.error.code).toBe(401);
    expect((await send('GET', '/nothing')).json.error.code).toBe(404);
    for (const wrong of [{ fields: 'colour' }, { search: 'colour:red' }, { sort: 'name:up' }, { limit: 0 }]) expect((await query('/data', wrong)).json.error.code).toBe(400);
    const { id } = await uploadVideo();
    expect((await form(`/data/${id}/ttl`, 'days=x')).status).toBe(400);
    expect((await form(`/data/${id}/ttl`, 'days=1&expiration_date=2099-01-01')).status).toBe(400);
    expect((await upload('/data', { name: 'a', type: 'text/plain', bytes: 'a' }, { data_ttl: '2001-01-01' })).status).toBe(400);
    expect((await uploadJob(id, {}, { analytic: 'no/such' })).status).toBe(404);
    expect((await uploadJob(id, {}, { parameters: { speed: 1 } })).status).toBe(400);
    expect((await uploadJob(id, {}, { inputs: {} })).status).toBe(400);
    expect((await uploadJob(id, {}, { compute_mode: 'TPU' })).status).toBe(400);
  });
  test('moves of a job, each once', async () => {
    const { id } = await uploadVideo();
    const { job } = (await uploadJob(id, {}, { compute_mode: 'GPU' })).json;
    const put = async (move: string) => (await send('PUT', `/jobs/${job.id}/${move}`, { headers: { 'content-length': '0' } })).status;
    expect([await put('kill'), await put('unarchive'), await put('archive'), await put('unarchive')]).toEqual([409, 409, 204, 204]);
    expect((await send('GET', `/jobs/${job.id}/output`)).status).toBe(409);
    expect([await put('start'), await put('start'), await put('kill'), await put('kill')]).toEqual([204, 409, 204, 409]);
    expect((await send('GET', `/jobs/${job.id}`)).json.job).toMatchObject({ state: 'FAILED', failure_type: 'USER' });
    expect((await send('GET', `/jobs/${job.id}/status`)).json).toMatchObject({ state: 'FAILED', version: '0.2' });
    expect((await send('DELETE', `/jobs/${job.id}`)).status).toBe(409);
    expect((await send('GET', `/jobs/${job.id}/log`)).status).toBe(403);
    expect((await form(`/jobs/${job.id}/ttl`, 'days=-9')).status).toBe(204);
    expect((await send('GET', `/jobs/${job.id}`)).json.job.expired).toBe(true);
    expect((await send('GET', `/jobs/${job.id}/output`)).status).toBe(410);
    expect((await form(`/jobs/${job.id}/ttl`, 'days=9')).status).toBe(409);
  });
  test('a batch tells of each', async () => {
    const { id } = await uploadVideo();
    const { responses } = (await post('/data/batch', { action: 'details', ids: [id, 'nothing'] })).json;
    expect(responses[id]).toMatchObject({ success: true, response: { id } });
    expect(responses.nothing).toEqual({ success: false, error: { code: 404, message: "Data 'nothing' not found" } });
    expect((await post('/data/batch', { action: 'ttl', ids: [id], days: '5.0' })).json.responses[id]).toEqual({ success: true });
    expect((await post('/data/batch', { action: 'paint', ids: [id] })).status).toBe(400);
  });
  test('an uploaded analytic is pending until its image is there; then its job fails with a cause that says why', async () => {
    const document = {
      info: { name: 'mine', version: '1.0', description: 'd', supports_cpu: true, supports_gpu: false },
      inputs: [{ name: 'video', type: 'types.Video', description: '', required: true }],
      parameters: [{ name: 'accel', type: 'types.Number', description: '', placeholder: '1', required: false }],
      outputs: [{ name: 'labels', type: 'types.VideoLabels', description: '', filename: 'labels.json', post_as_data: false, schema: null }],
      zip_outputs: false,
    };
    const file = { name: 'analytic.json', type: 'application/json', bytes: JSON.stringify(document) };
    const { analytic } = (await upload('/analytics', file)).json;
    expect(analytic).toMatchObject({ version: '1.0', scope: 'user', pending: true, supports_cpu: true, supports_gpu: false, is_image_to_video: false });
    expect((await upload('/analytics', file)).status).toBe(409);
    expect((await send('GET', `/analytics/${analytic.id}/doc`)).json).toEqual(document);
    const { id } = await uploadVideo();
    expect((await uploadJob(id, {}, { analytic: analytic.name })).status).toBe(400);
    const image = { name: 'image.tar', type: 'application/x-tar', bytes: 'tar' };
    expect((await upload(`/analytics/${analytic.id}/images?type=gpu`, image)).status).toBe(400);
    expect((await upload(`/analytics/${analytic.id}/images?type=cpu`, image)).status).toBe(204);
    const { job } = (await uploadJob(id, { auto_start: 'True' }, { analytic: analytic.name })).json;
    expect(await ended(job.id)).toMatchObject({ state: 'FAILED', failure_type: expect.stringMatching(/^(PLATFORM|ANALYTIC)$/) });
    expect((await send('GET', `/jobs/${job.id}/status`)).json.messages[0].message).toMatch(/containers|is no tar archive/);
    expect((await send('DELETE', `/analytics/${analytic.id}`)).status).toBe(204);
    const [{ id: builtin }] = (await query('/analytics', { search: 'name:vehicle' })).json.analytics;
    expect((await send('DELETE', `/analytics/${builtin}`)).status).toBe(403);
  });
  test('posted URLs are stored, not fetched; their expiration is fixed', async () => {
    const { data } = (await post('/data/url', { signed_url: 'http://127.0.0.1:9/x.mp4', filename: 'x.mp4', mimetype: 'video/mp4', size: 12, data_ttl: '2099-01-01T00:00:00' })).json;
    expect(data).toMatchObject({ name: 'x.mp4', size: 12, type: 'video/mp4', encoding: null });
    expect((await send('GET', `/data/${data.id}/download`)).headers['location']).toBe('http://127.0.0.1:9/x.mp4');
    expect((await form(`/data/${data.id}/ttl`, 'days=1')).status).toBe(400);
  });
  test('the bytes of a posted URL are brought when a job starts; one that cannot be reached is told', async () => {
    const server = createServer((_request, response) => response.end(video)).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const postUrl = async (url: string) => (await post('/data/url', { signed_url: url, filename: 'x.mp4', mimetype: 'video/mp4', size: video.length, data_ttl: '2099-01-01' })).json.data.id;
    const id = await postUrl(`http://127.0.0.1:${(server.address() as AddressInfo).port}/x.mp4`);
    const { job } = (await uploadJob(id, { auto_start: 'True' })).json;
    expect((await ended(job.id)).state).toBe('COMPLETE');
    server.close();
    expect((await uploadJob(await postUrl('http://127.0.0.1:9/x.mp4'), { auto_start: 'True' })).status).toBe(400);
  }, 30_000);
  test('bytes that are no video fail the job as the fault of the user', async () => {
    const { data } = (await upload('/data', { name: 'fake.mp4', type: 'video/mp4', bytes: 'not a video' })).json;
    const { job } = (await uploadJob(data.id, { auto_start: 'True' })).json;
    expect(await ended(job.id)).toMatchObject({ state: 'FAILED', failure_type: 'USER' });
  });
  test('two tenants and two people of one see nothing of each other', async () => {
    const { id } = await uploadVideo();
    const { job } = (await uploadJob(id)).json;
    const admin = await fovea.person({ admin: true });
    const me = await fovea.platform.auth.keys.authenticate(fovea.key);
    const colleague = await fovea.person({ orgId: me?.orgId ?? '' });
    for (const { key } of [admin, colleague]) {
      expect((await send('GET', `/data/${id}`, { key })).status).toBe(404);
      expect((await send('GET', `/jobs/${job.id}`, { key })).status).toBe(404);
      expect((await send('GET', '/data/list', { key })).json).toEqual({ data: [] });
      expect((await send('GET', '/jobs/list', { key })).json).toEqual({ jobs: [] });
      expect((await upload('/jobs', jobFile(id), {}, { key })).status).toBe(404);
    }
  });
  test('applications and their users', async () => {
    const application = { key: null, headers: { 'x-voxel51-application': fovea.key } };
    expect((await post('/apps/users', { username: 'ann' }, application)).status).toBe(201);
    expect((await post('/apps/users', { username: 'ann' }, application)).status).toBe(409);
    expect((await send('GET', '/apps/users/list', application)).json).toEqual({ users: ['ann'] });
    const ann = { key: null, headers: { ...application.headers, 'x-voxel51-application-user': 'ann' } };
    const data = await uploadVideo('ann.mp4', {}, ann);
    expect((await send('GET', '/data/list', ann)).json.data.map((one: any) => one.id)).toEqual([data.id]);
    expect((await send('GET', '/data/list', application)).status).toBe(403);
    expect((await send('GET', '/data/list', { key: null, headers: { ...application.headers, 'x-voxel51-application-user': 'bob' } })).status).toBe(404);
    expect((await send('GET', '/apps/data?fields=id%2Cname&search=name%3Aann', application)).json).toEqual({ data: [{ id: data.id, name: 'ann.mp4' }], total: 1 });
    const listed = (await send('GET', '/apps/analytics?fields[0]=version&search[0]=name:vehicle&all_versions=true', application)).json;
    expect(listed.analytics.map((one: any) => one.version).toSorted()).toEqual(['0.1', '0.2']);
    expect((await send('GET', '/apps/status/all', application)).json.statuses.platform.operational).toBe(true);
  });
});
