// Section 9: an analytic that is written for the platform, in an image of its own, is uploaded and runs in a container.
import { readFileSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findContainerEngine } from '../../compute/runners/container.ts';
import { forgetImage, makeImage } from '../../compute/runners/image.fixture.ts';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';

let fovea: TestPlatform;
let image: Buffer;
const bearer = () => ({ authorization: `Bearer ${fovea.key}` });
const api = (path: string) => `${fovea.url}/voxel51/v1${path}`;

/** What a worker does, in the order that was seen. */
const worker = `
import { readFileSync, writeFileSync } from 'node:fs';
const { TASK_DESCRIPTION, JOB_ID, API_TOKEN, API_BASE_URL, LOGFILE_SIGNED_URL } = process.env;
const agent = { 'X-Voxel51-Agent': API_TOKEN, 'content-type': 'application/json' };
const log = [];
const call = async (method, path, body) => {
  const answer = await fetch(API_BASE_URL + path, { method, headers: agent, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const text = await answer.text();
  log.push(method + ' ' + path + ' ' + answer.status + ' ' + text.slice(0, 60));
  return text === '' ? undefined : JSON.parse(text);
};
const put = (url, body) => fetch(url, { method: 'PUT', body: new Blob([body]) });
const task = await (await fetch(TASK_DESCRIPTION)).json();
const status = (state) => JSON.stringify({ analytic: task.analytic, version: task.version, state, start_time: '2026-01-01T00:00:00', complete_time: null, fail_time: null, failure_type: 'NONE', messages: [{ message: 'worked', time: '2026-01-01T00:00:00' }], inputs: { video: { frame_rate: 25 } }, posted_data: {} });
await call('PUT', '/jobs/' + JOB_ID + '/state', { state: 'RUNNING' });
await put(task.status['signed-url'], status('RUNNING'));
const address = task.inputs.video['signed-url'];
const head = await fetch(address, { method: 'HEAD' });
const bytes = Buffer.from(await (await fetch(address)).arrayBuffer());
writeFileSync('/downloaded', bytes);
await call('POST', '/jobs/' + JOB_ID + '/metadata', { frame_count: 2, duration_seconds: 1.5, size_bytes: bytes.length });
await call('PUT', '/jobs/' + JOB_ID + '/state', { state: 'RUNNING' });
const again = await call('GET', '/jobs/' + JOB_ID + '/url/data');
const form = new FormData();
form.append('file', new File(['made on the way'], 'extra.txt', { type: 'text/plain' }));
const posted = await (await fetch(API_BASE_URL + '/jobs/' + JOB_ID + '/data', { method: 'POST', headers: { 'X-Voxel51-Agent': API_TOKEN }, body: form })).json();
let reached = 'nothing';
try { await fetch('http://1.1.1.1/', { signal: AbortSignal.timeout(1000) }); reached = 'the world'; } catch {}
if (task.parameters.fail) {
  await call('PUT', '/jobs/' + JOB_ID + '/state', { state: 'FAILED', failure_type: 'USER' });
  await call('PUT', '/jobs/' + JOB_ID + '/state', { state: 'FAILED', failure_type: 'ANALYTIC' });
  await put(LOGFILE_SIGNED_URL, log.join('\\n'));
  process.exit(1);
}
const output = { name: head.headers.get('content-disposition'), bytes: bytes.length, accel: task.parameters.accel, config: Object.keys(task.parameters.config ?? {}), again: Object.keys(again.video), posted: posted.data.data_id, reached };
await put(task.output['signed-url'], JSON.stringify(output));
await call('PUT', '/jobs/' + JOB_ID + '/state', { state: 'COMPLETE' });
await put(task.status['signed-url'], status('COMPLETE'));
await put(LOGFILE_SIGNED_URL, log.join('\\n'));
`;

const document = {
  info: { name: 'Counter', version: '1.0', description: 'counts bytes', supports_cpu: true, supports_gpu: false },
  inputs: [{ name: 'video', type: 'types.Video', description: '', required: true }],
  parameters: [
    { name: 'accel', type: 'types.Number', description: '', placeholder: '1', required: false, default: 2 },
    { name: 'fail', type: 'types.Boolean', description: '', placeholder: '', required: false },
    { name: 'config', type: 'types.JSONFile', description: '', placeholder: '', required: false },
  ],
  outputs: [{ name: 'labels', type: 'types.VideoLabels', description: '', filename: 'labels.json', post_as_data: false, schema: null }],
  zip_outputs: false,
};

const form = (name: string, type: string, content: Buffer | string, fields: Record<string, string> = {}) => {
  const body = new FormData();
  body.append('file', new File([content as BlobPart], name, { type }));
  for (const [key, value] of Object.entries(fields)) body.append(key, value);
  return body;
};
const post = async (path: string, body: FormData) => {
  const answer = await fetch(api(path), { method: 'POST', headers: bearer(), body });
  const text = await answer.text();
  expect([path, answer.status < 300, answer.status < 300 ? '' : text]).toEqual([path, true, '']);
  return text === '' ? undefined : JSON.parse(text);
};
const get = (path: string, headers: Record<string, string> = bearer()) => fetch(api(path), { headers });
async function ended(id: string) {
  for (;;) {
    const { job } = (await (await get(`/jobs/${id}`)).json()) as any;
    if (job.state === 'COMPLETE' || job.state === 'FAILED') return { ...job, message: (await fovea.call('GET', `/v1/jobs/${id}`)).body.message };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

describe.skipIf(findContainerEngine()?.program !== 'podman')('with podman, an analytic written for the platform', () => {
  let analytic: any;
  const start = async (parameters: object) => {
    const { data } = await post('/data', form('clip one.mp4', 'video/mp4', 'bytes of a video'));
    const config = (await post('/data', form('clip one.mp4', 'application/json', '{}'))).data;
    const request = { analytic: analytic.name, inputs: { video: { 'data-id': data.id } }, parameters: { config: { 'data-id': config.id }, ...parameters } };
    return (await post('/jobs', form('job.json', 'application/json', JSON.stringify(request), { job_name: 'count', auto_start: 'True' }))).job;
  };

  beforeAll(async () => {
    fovea = await startTestPlatform();
    const made = makeImage([process.execPath], { 'main.mjs': worker }, ['/bin/node', '/main.mjs']);
    image = readFileSync(made.archive);
    rmSync(made.folder, { recursive: true });
    ({ analytic } = await post('/analytics', form('analytic.json', 'application/json', JSON.stringify(document))));
    await post(`/analytics/${analytic.id}/images?type=CPU`, form('image.tar', 'application/x-tar', image));
  }, 120_000);
  afterAll(async () => {
    await fovea.close();
    forgetImage(image);
  });

  test('runs: task, state, status, inputs, metadata, data, output, log', async () => {
    const made = await start({ accel: '1.5' });
    const job = await ended(made.id);
    const log = await (await get(`/jobs/${job.id}/log`)).text();
    const document = (await (await get(`/jobs/${job.id}/status`)).json()) as any;
    expect([job.state, job.message, job.failure_type, document.messages[0]?.message]).toEqual(['COMPLETE', null, 'NONE', 'worked']);
    const output = (await (await get(`/jobs/${job.id}/output`)).json()) as any;
    expect(output).toMatchObject({ bytes: 16, accel: 1.5, config: ['signed-url'], again: ['signed-url'], reached: 'nothing' });
    expect(output.name).toContain('clip one.mp4');
    expect(await (await get(`/data/${output.posted}/download`)).text()).toBe('made on the way');
    expect(document).toMatchObject({ state: 'COMPLETE', version: '1.0', inputs: { video: { frame_rate: 25 } } });
    expect(log).toContain(`PUT /jobs/${job.id}/state 200 {"state":"RUNNING"}`);
    expect(log).toContain(`PUT /jobs/${job.id}/state 200 {"state":"COMPLETE"}`);
    expect(log).toContain('/metadata 204');
  }, 120_000);

  test('a failure has the type that was told first', async () => {
    const job = await ended((await start({ fail: 'true' })).id);
    expect([job.state, job.failure_type, job.fail_date === null]).toEqual(['FAILED', 'USER', false]);
    expect((await get(`/jobs/${job.id}/output`)).status).toBe(409);
    expect(await (await get(`/jobs/${job.id}/log`)).text()).toContain('FAILED');
  }, 120_000);

  test('workers without a key, with a wrong one, or with that of another job are refused', async () => {
    const { id } = await start({});
    await ended(id);
    expect((await get(`/jobs/${id}/url/log`, {})).status).toBe(401);
    expect((await get(`/jobs/${id}/url/log`, { 'x-voxel51-agent': 'agent.x' })).status).toBe(401);
    expect((await get(`/jobs/${id}/url/log`, { 'x-voxel51-agent': fovea.key })).status).toBe(200);
    const stranger = await fovea.person({ admin: true });
    expect((await get(`/jobs/${id}/url/log`, { 'x-voxel51-agent': stranger.key })).status).toBe(404);
    const { 'signed-url': address } = (await (await get(`/jobs/${id}/url/output`, { 'x-voxel51-agent': fovea.key })).json()) as any;
    expect((await fetch(address, { method: 'PUT', body: 'late' })).status).toBe(409);
    expect((await fetch(address.replace('/output?', '/status?'), { method: 'PUT', body: 'x' })).status).toBe(403);
  }, 120_000);
});
