// The traffic of the clients as it was recorded, sent byte for byte on sockets: the Python and JavaScript clients are in no package registry.
// Each row of the protocol's walkthrough is a test. With a checkout at hand, checkout.test.ts drives the real one.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../../../packages/server/src/testing/platform.ts';
import { makeVideo } from './checkout.ts';
import { javascript, multipart, python, sendRaw, type RawAnswer } from './raw.ts';

let fovea: TestPlatform;
let key: string;
let otherKey: string;
let folder: string;
let video: Buffer;
beforeAll(async () => {
  fovea = await startTestPlatform();
  folder = mkdtempSync(join(tmpdir(), 'fovea-voxel51-'));
  video = readFileSync(makeVideo(folder));
  const token = async () => (await fovea.call('POST', '/v1/keys', { key: (await fovea.person({ admin: true })).key, body: { name: 'client', door: 'voxel51' } })).body.door.access_token;
  const mine = await token();
  key = mine.private_key;
  otherKey = (await token()).private_key;
  if (new URL(mine.base_api_url).pathname !== '/voxel51') throw new Error('The token names another address.');
});
afterAll(async () => {
  await fovea.close();
  rmSync(folder, { recursive: true, force: true });
});

const path = (rest: string) => (rest.startsWith('/voxel51') ? rest : `/voxel51/v1${rest}`);
type Headers = readonly (readonly [string, string])[];
const bearer = (of = key): Headers => [['Authorization', `Bearer ${of}`]];
const send = (method: string, rest: string, more: { body?: Buffer | string; headers?: Headers; as?: Headers; auth?: Headers } = {}): Promise<RawAnswer> => {
  const length: Headers = more.body === undefined ? [] : [['Content-Length', String(Buffer.byteLength(more.body))]];
  return sendRaw(fovea.url, { line: `${method} ${path(rest)}`, headers: [...(more.as ?? python), ...(more.auth ?? bearer()), ...length, ...(more.headers ?? [])], body: more.body });
};
const json: Headers = [['Content-Type', 'application/json']];
/** GET with a JSON body, and with the separators that Python's writer has. */
const ask = (rest: string, body: object, more: { auth?: Headers; as?: Headers } = {}) => send('GET', rest, { ...more, headers: json, body: JSON.stringify(body).replaceAll('":', '": ').replaceAll(',"', ', "') });
const form = (rest: string, body: string) => send('PUT', rest, { headers: [['Content-Type', 'application/x-www-form-urlencoded']], body });
const empty = (rest: string) => send('PUT', rest, { headers: [['Content-Length', '0']] });
const upload = (rest: string, file: Parameters<typeof multipart>[0], fields: Headers = [], auth?: Headers) => {
  const { type, body } = multipart(file, fields);
  return send('POST', rest, { headers: [['Content-Type', type]], body, ...(auth ? { auth } : {}) });
};
const uploadVideo = async (fields: Headers = [], name = 'video1.mp4') => (await upload('/data', { name, type: 'video/mp4', bytes: video }, fields)).json.data;
const uploadJob = (data: string, { name = 'job', start = 'False', more = {} }: { name?: string; start?: string; more?: object } = {}) =>
  upload('/jobs', { name: 'job.json', type: 'application/json', bytes: JSON.stringify({ analytic: 'voxel51/vehicle-sense', inputs: { video: { 'data-id': data } }, parameters: { accel: '1.0' }, ...more }) }, [['job_name', name], ['auto_start', start]]);
async function completed(id: string): Promise<any> {
  for (;;) {
    const { job } = (await send('GET', `/jobs/${id}`)).json;
    if (job.state === 'COMPLETE') return job;
    expect(job.state).not.toBe('FAILED');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

describe('the walkthrough, row by row', () => {
  test('2 instance: three lists', async () => {
    expect((await ask('/analytics/list', { all_versions: false })).json.analytics.length).toBeGreaterThan(0);
    expect((await send('GET', '/data/list')).json).toEqual({ data: [] });
    expect((await send('GET', '/jobs/list')).json).toEqual({ jobs: [] });
  });
  test('3 upload: an id, and a name as it was sent', async () => {
    expect(await uploadVideo()).toMatchObject({ name: 'video1.mp4', size: video.length, type: 'video/mp4', encoding: '7bit', id: expect.stringMatching(/^[\w-]+$/) });
    expect((await uploadVideo([], 'größe "5".mp4')).name).toBe('größe "5".mp4');
  });
  test('3 list, query: newest upload first', async () => {
    const [first, second] = [await uploadVideo(), await uploadVideo()];
    const { data } = (await ask('/data', { fields: 'id', search: 'name:video1.mp4', sort: 'upload_date:desc' })).json;
    expect(data.slice(0, 2)).toEqual([{ id: second.id }, { id: first.id }]);
    expect((await send('GET', '/data/list')).json.data[0].id).toBe(second.id);
  });
  test('3 TTL at upload is read as UTC; TTL update is added to the old one', async () => {
    const data = await uploadVideo([['data_ttl', '2099-11-23T21:01:50.779582']]);
    expect(data.expiration_date).toBe('2099-11-23T21:01:50.779Z');
    expect((await form(`/data/${data.id}/ttl`, 'days=5')).status).toBe(204);
    expect((await ask('/data', { fields: 'id,expiration_date', sort: 'expiration_date:desc' })).json.data[0]).toEqual({ id: data.id, expiration_date: '2099-11-28T21:01:50.779Z' });
  });
  test('3 forced expiry: an empty list', async () => {
    const { id } = await uploadVideo();
    expect((await form(`/data/${id}/ttl`, 'days=-10')).status).toBe(204);
    expect((await ask('/data', { search: `id:${id}` })).json.data).toEqual([]);
  });
  test('3 delete', async () => {
    const [{ id }] = (await send('GET', '/data/list')).json.data;
    expect((await send('DELETE', `/data/${id}`)).status).toBe(204);
    expect((await send('GET', `/data/${id}`)).json).toEqual({ error: { code: 404, message: `Data '${id}' not found` } });
  });
  test('5 list: the latest only, and all versions', async () => {
    const versions = async (all: boolean) => (await ask('/analytics/list', { all_versions: all })).json.analytics.filter((one: any) => one.name === 'voxel51/vehicle-sense').length;
    expect([await versions(false), await versions(true)]).toEqual([1, 2]);
  });
  test('5 query, details, document', async () => {
    const [{ id }] = (await ask('/analytics', { fields: 'id', search: 'name:vehicle' })).json.analytics;
    expect((await send('GET', `/analytics/${id}`)).json.analytic).toMatchObject({ id, name: 'voxel51/vehicle-sense', supports_gpu: true });
    const document = (await send('GET', `/analytics/${id}/doc`)).json;
    expect([document.inputs.length, document.parameters.length, document.outputs.length]).toEqual([1, 1, 1]);
  });
  test('4 request is READY; started in two ways; with a GPU', async () => {
    const { id } = await uploadVideo();
    const { job } = (await uploadJob(id)).json;
    expect(job).toMatchObject({ state: 'READY', auto_start: false });
    expect((await empty(`/jobs/${job.id}/start`)).status).toBe(204);
    expect((await uploadJob(id, { start: 'True' })).json.job.state).not.toBe('READY');
    expect((await uploadJob(id, { name: 'GPUjob', more: { compute_mode: 'GPU' } })).json.job).toMatchObject({ compute_mode: 'GPU', state: 'READY' });
    expect((await send('GET', `/jobs/${job.id}/request`)).json).toMatchObject({ analytic: 'voxel51/vehicle-sense', parameters: { accel: '1.0' } });
  });
  test('4 list, query: states sort as text', async () => {
    expect((await send('GET', '/jobs/list')).json.jobs.length).toBeGreaterThanOrEqual(3);
    expect((await ask('/jobs', { fields: 'name,state', search: 'name:GPUjob' })).json.jobs).toEqual([{ name: 'GPUjob', state: 'READY' }]);
    const states = (await ask('/jobs', { fields: 'name,state', sort: 'state:asc' })).json.jobs.map((job: any) => job.state);
    expect(states).toEqual(states.toSorted());
  });
  test('6 workflow, and the same from four at once', { timeout: 180_000 }, async () => {
    const run = async () => {
      const { id } = await uploadVideo();
      const job = await completed((await uploadJob(id, { start: 'True' })).json.job.id);
      const output = await send('GET', `/jobs/${job.id}/output`);
      expect([job.output_filename, output.status]).toEqual(['labels.json', 200]);
      return output.json;
    };
    for (const output of [await run(), ...(await Promise.all([run(), run(), run(), run()]))]) expect(output).toHaveProperty('frames');
  });
});

describe('the JavaScript client', () => {
  test('arrays in queries, lower case truth, empty arrays as nothing', async () => {
    const { id } = await uploadVideo([], 'js.mp4');
    const found = await ask('/data', { fields: ['id', 'name'], search: ['name:js'], sort: 'upload_date:desc' }, { as: javascript });
    expect(found.json.data).toEqual([{ id, name: 'js.mp4' }]);
    expect((await ask('/jobs', { fields: [], search: [] }, { as: javascript })).json.jobs.length).toBeGreaterThan(0);
    const started = await uploadJob(id, { start: 'false' });
    expect(started.json.job.state).toBe('READY');
  });
  test('errors have a code and a message, in JSON, on routes that are none too', async () => {
    const missing = await send('GET', '/nothing', { as: javascript });
    expect(missing.json.error).toEqual({ code: 404, message: expect.stringContaining('/nothing') });
    expect((await send('GET', '/data/list', { auth: [] })).json.error.code).toBe(401);
    expect((await ask('/data', { fields: 'colour' })).json.error.code).toBe(400);
  });
  test('applications: arguments in the query string, users by name', async () => {
    const app: Headers = [['x-voxel51-application', key]];
    expect((await send('POST', '/apps/users', { auth: app, headers: json, body: '{"username": "ann"}' })).status).toBe(201);
    expect((await send('GET', '/apps/users/list', { auth: app })).json).toEqual({ users: ['ann'] });
    const versions = (await send('GET', '/apps/analytics/list?all_versions=true', { auth: app })).json.analytics;
    expect(versions.filter((one: any) => one.name === 'voxel51/vehicle-sense')).toHaveLength(2);
    expect((await send('GET', '/apps/data?fields[0]=id&fields[1]=name', { auth: app })).json.data).toEqual([]);
    expect((await send('GET', '/data/list', { auth: [...app, ['x-voxel51-application-user', 'bob']] })).status).toBe(404);
  });
});

test('two tenants see nothing of each other', async () => {
  const { id } = await uploadVideo();
  const other = bearer(otherKey);
  expect((await send('GET', `/data/${id}`, { auth: other })).status).toBe(404);
  expect((await send('GET', '/data/list', { auth: other })).json.data).toEqual([]);
  expect((await send('GET', '/jobs/list', { auth: other })).json.jobs).toEqual([]);
});
