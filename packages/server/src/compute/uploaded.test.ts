// Analytics that users bring: registered by manifest, their files uploaded, run by the runner of their kind, on a whole platform.
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { onnxFile } from '@fovea/analytics/test-support/onnx-file.ts';
import { Fovea, verifyWebhook } from '@fovea/sdk';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../testing/platform.ts';

let fovea: TestPlatform;
let sdk: Fovea;
let project: string;
let item: string;
let count = 0;
beforeAll(async () => {
  fovea = await startTestPlatform();
  sdk = new Fovea({ url: fovea.url, key: fovea.key });
});
afterAll(() => fovea.close());
beforeEach(async () => {
  project = (await sdk.projects.create({ name: `p ${Math.random()}` })).id;
  const dataset = (await sdk.datasets.create({ project, name: 'd' })).id;
  const green = await sharp({ create: { width: 40, height: 30, channels: 3, background: { r: 0, g: 250 - (count % 9), b: 0 } } }).png().toBuffer();
  item = (await sdk.items.upload(dataset, new Uint8Array(green), { path: '/green.png' })).item.id;
  await fovea.probed(item);
});

const base = (runtime: object, more: object = {}) => ({
  name: `test/a${++count}`,
  version: '1.0.0',
  inputs: [{ name: 'image', media: ['image'] }],
  outputs: [{ name: 'report', type: 'json', filename: 'report.json' }],
  runtime,
  ...more,
});
const register = async (manifest: object) => (await fovea.call('POST', '/v1/analytics', { body: manifest })).body;
const putFile = (analytic: { id: string }, path: string, body: string | Uint8Array, key = fovea.key) => fovea.call('PUT', `/v1/analytics/${analytic.id}/files?path=${encodeURIComponent(path)}`, { body, key, headers: { 'content-type': 'application/octet-stream' } });
const start = async (analytic: { id: string }, more: object = {}) => (await fovea.call('POST', '/v1/jobs', { body: { project, analytic: analytic.id, inputs: { image: item }, ...more } })).body;
const ended = async (id: string) => (await fovea.call('GET', `/v1/jobs/${id}?waitSeconds=50`)).body;
const output = async (job: { id: string }, index = 0) => (await fovea.call('GET', `/v1/jobs/${job.id}/outputs/${index}`)).body;

describe('files of analytics', () => {
  test('analytics.putFile 200: pending until all are there; analytics.putFile 409 then; analytics.putFile 400 for a name that the manifest lacks', async () => {
    const analytic = await register(base({ kind: 'process', command: ['sh', 'run.sh'] }, { files: ['run.sh', 'lib/words.txt'] }));
    expect(analytic.pending).toBe(true);
    expect((await fovea.call('POST', '/v1/jobs', { body: { project, analytic: analytic.id, inputs: { image: item } } })).status).toBe(400);
    const byName = await fovea.call('POST', '/v1/jobs', { body: { project, analytic: analytic.name, inputs: { image: item } } });
    expect(byName).toMatchObject({ status: 400, body: { detail: expect.stringContaining('has not been uploaded yet') } });
    expect((await putFile(analytic, 'other.sh', 'x')).status).toBe(400);
    expect((await putFile(analytic, 'run.sh', 'printf \'{"words": "%s"}\' "$(cat lib/words.txt)" > "$FOVEA_OUTPUT/report.json"')).body.pending).toBe(true);
    expect((await putFile(analytic, 'lib/words.txt', 'of a file')).body.pending).toBe(false);
    expect((await putFile(analytic, 'run.sh', 'x')).status).toBe(409);
    const job = await ended((await start(analytic)).id);
    expect([job.status, job.message]).toEqual(['complete', null]);
    expect(await output(job)).toEqual({ words: 'of a file' });
  });
  test('analytics.putFile 413, analytics.putFile 507 and runs.upload 413 are those of every upload', async () => {
    const { blobFault } = await import('../catalog/items/service.ts');
    const { BlobError } = await import('../engines/blobs/blobs.ts');
    for (const [code, status] of [['too_large', 413], ['disk_full', 507]] as const) {
      try {
        blobFault(new BlobError(code, 'x'));
      } catch (error) {
        expect((error as { status: number }).status).toBe(status);
      }
    }
  });
  test.each([
    [{ kind: 'process', command: ['x'] }, { files: ['../x'] }],
    [{ kind: 'process', command: ['x'] }, { files: ['/etc/passwd'] }],
    [{ kind: 'process', command: [] }, {}],
    [{ kind: 'http', url: 'ftp://example.com' }, {}],
    [{ kind: 'container', image: '--privileged' }, {}],
    [{ kind: 'onnx', model: 'm.onnx', task: 'detection', threshold: 7 }, {}],
    [{ kind: 'process', command: ['x'] }, { outputs: [{ name: 'report', type: 'json', filename: '../x' }] }],
  ])('a manifest that cannot be is refused with the field: %j %j', async (runtime, more) => {
    const answer = await fovea.call('POST', '/v1/analytics', { body: base(runtime, more) });
    expect(answer.status).toBe(400);
    expect(answer.body.errors[0].path).toMatch(/^body\./);
  });
  test('programs are registered by administrators, other kinds by everybody', async () => {
    const me = (await fovea.call('GET', '/v1/me')).body;
    const { key } = await fovea.person({ orgId: me.organization.id });
    expect((await fovea.call('POST', '/v1/analytics', { key, body: base({ kind: 'process', command: ['true'] }) })).status).toBe(403);
    expect((await fovea.call('POST', '/v1/analytics', { key, body: base({ kind: 'typescript', module: 'run.ts' }) })).status).toBe(403);
    expect((await fovea.call('POST', '/v1/analytics', { key, body: base({ kind: 'container', image: 'x', network: true }) })).status).toBe(403);
    expect((await fovea.call('POST', '/v1/analytics', { key, body: base({ kind: 'http', url: 'https://example.com' }) })).status).toBe(201);
  });
});

describe('programs', () => {
  test('progress and log reach the job; labels become annotations', async () => {
    const module = `
      export default async function run(task) {
        task.progress(0.4, 'looking');
        task.log('seen ' + task.inputs.image[0].name);
        const annotations = [{ type: 'box', label: task.parameters.label, geometry: { type: 'box', x: 1, y: 2, width: 3, height: 4 } }];
        return { files: [], labels: [{ output: 'found', from: task.inputs.image[0], annotations }], summary: { boxes: 1 } };
      }`;
    const parameters = [{ name: 'label', type: 'string', default: 'leaf' }];
    const analytic = await register(base({ kind: 'typescript', module: 'run.ts' }, { parameters, outputs: [{ name: 'found', type: 'labels' }] }));
    await putFile(analytic, 'run.ts', module);
    const job = await ended((await start(analytic, { attachLabels: true, parameters: { label: 'stem' } })).id);
    expect(job).toMatchObject({ status: 'complete', summary: { boxes: 1 } });
    expect((await fovea.call('GET', `/v1/jobs/${job.id}/log`)).body.lines.map((line: any) => line.text)).toContain('seen green.png');
    const { data } = (await fovea.call('GET', `/v1/items/${item}/annotations`)).body;
    expect(data).toMatchObject([{ label: 'stem', source: 'model' }]);
  });
  test('a time limit ends it, as a fault of the analytic that says so', async () => {
    const analytic = await register(base({ kind: 'process', command: ['sleep', '600'] }, { timeoutSeconds: 1 }));
    expect(await ended((await start(analytic)).id)).toMatchObject({ status: 'failed', cause: 'analytic', message: expect.stringContaining('1 seconds') });
  });
  test('cancelling ends a running one', async () => {
    const analytic = await register(base({ kind: 'process', command: ['sh', '-c', 'echo begun; sleep 600'] }));
    const { id } = await start(analytic);
    while ((await fovea.call('GET', `/v1/jobs/${id}/log`)).body.lines.length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await fovea.call('POST', `/v1/jobs/${id}/cancel`)).body.status).toBe('cancelled');
  });
  test('a command that is not there is named', async () => {
    const analytic = await register(base({ kind: 'process', command: ['no-such-program'] }));
    expect(await ended((await start(analytic)).id)).toMatchObject({ status: 'failed', cause: 'analytic', message: expect.stringContaining('"no-such-program" was not found') });
  });
  test('the environment of the platform and its data stay out of sight, and so does the network', async () => {
    const script = `{ env; ls ${fovea.dataDir} /root /home /etc/shadow; cat /proc/net/dev | tail -n +3 | grep -v lo:; } > "$FOVEA_OUTPUT/report.txt" 2>/dev/null; true`;
    const analytic = await register(base({ kind: 'process', command: ['sh', '-c', script] }, { outputs: [{ name: 'report', type: 'file', filename: 'report.txt', mediaType: 'text/plain' }] }));
    const job = await ended((await start(analytic)).id);
    expect(job.status).toBe('complete');
    const lines = (await output(job)).trim().split('\n');
    expect(lines.filter((line: string) => !/^(PATH|HOME|TMPDIR|LANG|FOVEA_TASK|FOVEA_OUTPUT|FOVEA_JOB|PWD|OLDPWD|SHLVL|_)=/.test(line))).toEqual([]);
  });
});

describe('models', () => {
  const model = onnxFile({
    inputs: { image: [1, 3, 8, 8] },
    outputs: { scores: [1, 3] },
    constants: { weights: { dims: [3, 3, 1, 1], values: [8, -8, -8, -8, 8, -8, -8, -8, 8] } },
    nodes: [
      { op: 'Conv', inputs: ['image', 'weights'], outputs: ['maps'], ints: { kernel_shape: [1, 1] } },
      { op: 'GlobalAveragePool', inputs: ['maps'], outputs: ['means'] },
      { op: 'Flatten', inputs: ['means'], outputs: ['scores'] },
    ],
  });
  const manifest = () => base({ kind: 'onnx', model: 'color.onnx', task: 'classification', labels: ['red', 'green', 'blue'], input: { width: 8, height: 8 } }, { outputs: [{ name: 'labels', type: 'labels' }] });
  test('an uploaded model becomes an analytic whose labels are attached', async () => {
    const analytic = await register(manifest());
    expect((await putFile(analytic, 'color.onnx', model)).body.pending).toBe(false);
    const job = await ended((await start(analytic, { attachLabels: true })).id);
    expect([job.status, job.message]).toEqual(['complete', null]);
    expect((await fovea.call('GET', `/v1/items/${item}/annotations`)).body.data).toMatchObject([{ type: 'classification', label: 'green', source: 'model' }]);
  });
  test('a segmentation model is asked what lies at a place, though its document does not say so', async () => {
    const segmenter = onnxFile({
      inputs: { image: [1, 3, 'height', 'width'] },
      outputs: { logits: [1, 2, 'height', 'width'] },
      constants: { weights: { dims: [2, 3, 1, 1], values: [0, 0, 0, 0, 12, 0] }, bias: { dims: [2], values: [3, 0] } },
      nodes: [{ op: 'Conv', inputs: ['image', 'weights', 'bias'], outputs: ['logits'], ints: { kernel_shape: [1, 1] } }],
    });
    const analytic = await register(base({ kind: 'onnx', model: 'green.onnx', task: 'segmentation', labels: ['background', 'green'], as: 'polygon', input: { width: 40, height: 30 } }, { outputs: [{ name: 'labels', type: 'labels' }] }));
    await putFile(analytic, 'green.onnx', segmenter);
    const job = await ended((await start(analytic, { parameters: { point: [20, 15] } })).id);
    expect([job.status, job.message]).toEqual(['complete', null]);
    expect(job.summary.shapes).toMatchObject([{ type: 'polygon', label: 'green', source: 'model', geometry: { points: expect.arrayContaining([[0, 0], [40, 30]]) } }]);
    expect((await fovea.call('GET', `/v1/items/${item}/annotations`)).body.data).toEqual([]);
    expect((await fovea.call('POST', '/v1/jobs', { body: { project, analytic: analytic.id, inputs: { image: item }, parameters: { place: [1, 2] } } })).body.detail).toContain('it has: point');
  });
  test('bytes that are no model fail the job with a word on it', async () => {
    const analytic = await register(manifest());
    await putFile(analytic, 'color.onnx', 'PK\u0003\u0004 a checkpoint');
    expect(await ended((await start(analytic)).id)).toMatchObject({ status: 'failed', cause: 'user', message: expect.stringContaining('not ONNX') });
  });
});

describe('endpoints', () => {
  /** An endpoint that does what a test says with each task. */
  async function endpoint(answer: (task: any, headers: Record<string, any>, body: string) => Promise<{ status: number; body?: unknown }>) {
    const server = createServer(async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString();
      const { status, body: said } = await answer(JSON.parse(body), request.headers, body);
      response.writeHead(status, { 'content-type': 'application/json' }).end(said === undefined ? '' : JSON.stringify(said));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/task`, close: () => (server.closeAllConnections(), server.close()) };
  }

  test('analytics.secret 200, analytics.secret 409; a signed task is answered at once', async () => {
    let secret = '';
    const { url, close } = await endpoint(async (task, headers, body) => {
      await verifyWebhook(body, headers, secret);
      const bytes = await (await fetch(task.inputs.image[0].url)).arrayBuffer();
      return { status: 200, body: { outputs: [{ output: 'report', text: JSON.stringify({ bytes: bytes.byteLength, by: task.parameters.by }) }], summary: { seen: 1 } } };
    });
    const analytic = await register(base({ kind: 'http', url }, { parameters: [{ name: 'by', type: 'string', default: 'endpoint' }] }));
    ({ secret } = (await fovea.call('GET', `/v1/analytics/${analytic.id}/secret`)).body);
    const job = await ended((await start(analytic)).id);
    expect([job.status, job.message, job.summary]).toEqual(['complete', null, { seen: 1 }]);
    expect(await output(job)).toEqual({ bytes: expect.any(Number), by: 'endpoint' });
    const other = await register(base({ kind: 'process', command: ['true'] }));
    expect((await fovea.call('GET', `/v1/analytics/${other.id}/secret`)).status).toBe(409);
    close();
  });

  test('runs.input 200, runs.upload 204, runs.report 204: answered later; runs.input 410, runs.upload 410, runs.report 410 afterwards', async () => {
    const told = Promise.withResolvers<any>();
    const { url, close } = await endpoint(async (task) => (told.resolve(task), { status: 202 }));
    const analytic = await register(base({ kind: 'http', url }));
    const { id } = await start(analytic);
    const task = await told.promise;
    const address = (from: string) => from.slice(fovea.url.length);
    const [input, upload] = [task.inputs.image[0].url, task.outputs[0].upload].map(address) as [string, string];
    expect((await fovea.call('GET', input, { key: null })).status).toBe(200);
    expect((await fovea.call('GET', input.replace('/0?', '/1?'), { key: null })).status).toBe(403);
    expect((await fovea.call('PUT', upload, { key: null, body: '{"made": "elsewhere"}' })).status).toBe(204);
    await sdk.runs.report(task.report, { status: 'running', progress: 0.5, message: 'half', log: ['from afar'] });
    expect((await fovea.call('GET', `/v1/jobs/${id}`)).body).toMatchObject({ status: 'running', progress: 0.5, message: 'half' });
    expect((await fovea.call('POST', address(task.report), { key: null, body: { status: 'complete' } })).status).toBe(204);
    const job = await ended(id);
    expect(job.status).toBe('complete');
    expect(await output(job)).toEqual({ made: 'elsewhere' });
    expect((await fovea.call('GET', `/v1/jobs/${id}/log`)).body.lines[0].text).toBe('from afar');
    expect((await fovea.call('GET', input, { key: null })).status).toBe(410);
    expect((await fovea.call('PUT', upload, { key: null, body: 'x' })).status).toBe(410);
    expect((await fovea.call('POST', address(task.report), { key: null, body: { status: 'failed' } })).status).toBe(410);
    close();
  });

  test('jobs that wait for an answer keep no worker from others, and end when their time is up', async () => {
    const tasks: any[] = [];
    const { url, close } = await endpoint(async (task) => (tasks.push(task), { status: 202 }));
    const slow = await register(base({ kind: 'http', url }));
    const waiting = await Promise.all([1, 2, 3, 4, 5].map(() => start(slow)));
    await expect.poll(() => tasks.length, { timeout: 20_000 }).toBe(5);
    const quick = (await fovea.call('POST', '/v1/jobs', { body: { project, analytic: 'fovea/media-info', inputs: { files: item } } })).body;
    expect((await ended(quick.id)).status).toBe('complete');
    for (const { report } of tasks) await sdk.runs.report(report, { status: 'complete', outputs: [{ output: 'report', text: '{}' }] });
    for (const { id } of waiting) expect(await ended(id)).toMatchObject({ status: 'complete', attempt: 1 });
    const late = await register(base({ kind: 'http', url }, { timeoutSeconds: 1 }));
    expect(await ended((await start(late)).id)).toMatchObject({ status: 'failed', message: 'The job took longer than 1 seconds.' });
    expect(tasks).toHaveLength(6);
    close();
  });

  test('what the endpoint says of a failure is the cause; one that refuses is told', async () => {
    const bad = await endpoint(async () => ({ status: 200, body: { status: 'failed', cause: 'user', message: 'too dark' } }));
    expect(await ended((await start(await register(base({ kind: 'http', url: bad.url })))).id)).toMatchObject({ status: 'failed', cause: 'user', message: 'too dark' });
    bad.close();
    const refusing = await endpoint(async () => ({ status: 403, body: { no: 1 } }));
    expect(await ended((await start(await register(base({ kind: 'http', url: refusing.url })))).id)).toMatchObject({ status: 'failed', cause: 'analytic', message: expect.stringContaining('403') });
    refusing.close();
  });

  test('addresses inside the network are refused unless allowed', async () => {
    const guarded = await startTestPlatform({ allowPrivateNetwork: false });
    try {
      const place = (await guarded.call('POST', '/v1/projects', { body: { name: 'p' } })).body.id;
      const analytic = (await guarded.call('POST', '/v1/analytics', { body: { ...base({ kind: 'http', url: 'http://169.254.169.254/latest' }), inputs: [] } })).body;
      const { id } = (await guarded.call('POST', '/v1/jobs', { body: { project: place, analytic: analytic.id } })).body;
      expect((await guarded.call('GET', `/v1/jobs/${id}?waitSeconds=30`)).body).toMatchObject({ status: 'failed', cause: 'analytic', message: expect.stringContaining('not public') });
    } finally {
      await guarded.close();
    }
  });
});

test('profiles.preview 201: what a profile does with one item', async () => {
  const profile = (await fovea.call('POST', '/v1/profiles', { body: { project, analytic: 'fovea/thumbnails', name: 'Small' } })).body;
  const made = await fovea.call('POST', `/v1/profiles/${profile.id}/preview`, { body: { item } });
  expect(made.status).toBe(201);
  const job = await ended(made.body.id);
  expect(job).toMatchObject({ status: 'complete', name: 'Preview of Small', profileId: profile.id });
  expect(Date.parse(job.expiresAt)).toBeLessThan(Date.now() + 3_700_000);
});
