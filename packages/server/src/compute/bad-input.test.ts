// What is wrong with a request, a document or a file is said in words; the worker goes on with what comes next.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../testing/platform.ts';

let fovea: TestPlatform;
let project: string;
let dataset: string;
let image: string;
let text: string;
let folder: string;
const avif = await sharp({ create: { width: 400, height: 300, channels: 3, background: '#375', noise: { type: 'gaussian', mean: 128, sigma: 40 } } }).avif().toBuffer();
const jpeg = await sharp({ create: { width: 400, height: 300, channels: 3, background: '#375' } }).jpeg().toBuffer();

beforeAll(async () => {
  fovea = await startTestPlatform();
  folder = mkdtempSync(join(tmpdir(), 'fovea-bad-'));
  project = (await fovea.call('POST', '/v1/projects', { body: { name: 'p' } })).body.id;
  dataset = (await fovea.call('POST', '/v1/datasets', { body: { project, name: 'd' } })).body.id;
  image = await put('/a.jpg', jpeg);
  text = await put('/words.txt', Buffer.from('words'));
});
afterAll(async () => {
  await fovea.close();
  rmSync(folder, { recursive: true, force: true });
});

async function put(path: string, bytes: Uint8Array): Promise<string> {
  const { id } = (await fovea.call('POST', `/v1/datasets/${dataset}/items?path=${path}`, { body: Buffer.from(bytes) })).body.item;
  await fovea.probed(id);
  return id;
}
const create = (body: object) => fovea.call('POST', '/v1/jobs', { body: { project, analytic: 'fovea/thumbnails', inputs: { files: image }, ...body } });
const ended = async (id: string) => (await fovea.call('GET', `/v1/jobs/${id}?waitSeconds=50`)).body;
async function run(analytic: string, inputs: object, parameters: object = {}): Promise<any> {
  const { status, body } = await create({ analytic, inputs, parameters });
  if (status !== 201) throw new Error(JSON.stringify(body));
  return ended(body.id);
}

describe('requests', () => {
  test('an analytic, a version and an item that are not there', async () => {
    for (const analytic of ['fovea/nothing', 'fovea/thumbnails@99.0.0', 'nothing at all']) {
      const { status, body } = await create({ analytic });
      expect([analytic, status, body.detail.includes(analytic.split('@')[0] ?? '')]).toEqual([analytic, 404, true]);
    }
    const gone = '019c1f3e-0000-7000-8000-000000000000';
    const { status, body } = await create({ inputs: { files: gone } });
    expect([status, body.detail.includes(gone)]).toEqual([404, true]);
  });

  test("a file of a parameter is asked for as an input is: one that is not there and somebody else's answer alike", async () => {
    const stranger = await fovea.person({ admin: true });
    const theirs = (await fovea.call('POST', '/v1/projects', { key: stranger.key, body: { name: 'theirs' } })).body.id;
    const place = (await fovea.call('POST', '/v1/datasets', { key: stranger.key, body: { project: theirs, name: 'd' } })).body.id;
    const secret = (await fovea.call('POST', `/v1/datasets/${place}/items?path=/secret.onnx`, { key: stranger.key, body: Buffer.from('secret') })).body.item.id;
    for (const model of [secret, '019c1f3e-0000-7000-8000-000000000000', '/model.onnx']) {
      const { status, body } = await create({ analytic: 'fovea/onnx-classification', inputs: { images: image }, parameters: { model } });
      expect([status, body.detail]).toEqual([404, `There is no item "${model}".`]);
    }
    const job = await run('fovea/onnx-classification', { images: image }, { model: text });
    expect([job.status, job.cause, job.message]).toEqual(['failed', 'user', expect.stringMatching(/ONNX/i)]);
  });

  test('a missing input, one of the wrong kind, one item where several were given', async () => {
    const { body: missing } = await create({ analytic: 'fovea/motion-tracks', inputs: {} });
    expect(missing.errors[0]).toMatchObject({ path: 'body.inputs.video', message: expect.stringMatching(/\S/) });
    const { body: wrong } = await create({ analytic: 'fovea/motion-tracks', inputs: { video: text } });
    expect(wrong.errors[0]).toMatchObject({ path: 'body.inputs.video', message: expect.stringContaining('video') });
    const { body: several } = await create({ analytic: 'fovea/motion-tracks', inputs: { video: [image, image] } });
    expect(several.errors[0].path).toBe('body.inputs.video');
  });

  test('a parameter out of its range, and text where a number is due; numbers written as text are taken', async () => {
    for (const [parameters, message] of [[{ size: 0 }, /at least|from/], [{ size: 1e9 }, /at most|to/], [{ size: 'large' }, /number/], [{ size: 100.5 }, /whole/], [{ colour: 1 }, /has/]] as const) {
      const { status, body } = await create({ parameters });
      expect([status, body.errors[0].path]).toEqual([400, `body.parameters.${Object.keys(parameters)[0]}`]);
      expect(body.errors[0].message).toMatch(message);
    }
    const job = await run('fovea/thumbnails', { files: image }, { size: '128' });
    expect([job.status, job.parameters.size]).toEqual(['complete', 128]);
  });
});

describe('documents', () => {
  const base = { name: 'test/document', version: '1.0.0', inputs: [], outputs: [{ name: 'out', type: 'json' }], runtime: { kind: 'process', command: ['true'] } };
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  test('huge ones, endlessly nested ones, and names that are there twice are refused', async () => {
    const parameter = (name: string) => ({ name, type: 'string' });
    const documents: [string, unknown][] = [
      ['parameters', { ...base, parameters: Array.from({ length: 201 }, (_, index) => parameter(`p${index}`)) }],
      ['parameters', { ...base, parameters: [parameter('a'), parameter('a')] }],
      ['inputs', { ...base, inputs: [{ name: 'x', media: ['text'] }, { name: 'x', media: ['text'] }] }],
      ['outputs', { ...base, outputs: [{ name: 'x', type: 'json' }, { name: 'x', type: 'json' }] }],
      ['description', { ...base, description: 'x'.repeat(200_000) }],
    ];
    for (const [path, document] of documents) {
      const { status, body } = await fovea.call('POST', '/v1/analytics', { body: document });
      expect([path, status, body.errors?.[0]?.path]).toEqual([path, 400, expect.stringContaining(path)]);
    }
    const deep = `${JSON.stringify(base).slice(0, -1)},"parameters":[{"name":"a","type":"array","default":${nested(20_000)}}]}`;
    const answer = await fovea.call('POST', '/v1/analytics', { body: deep, headers: { 'content-type': 'application/json' } });
    expect([400, 413]).toContain(answer.status);
    const large = JSON.stringify({ ...base, parameters: [{ name: 'a', type: 'string', default: 'x'.repeat(20_000_000) }] });
    expect([400, 413]).toContain((await fovea.call('POST', '/v1/analytics', { body: large, headers: { 'content-type': 'application/json' } })).status);
  });
});

/** The header of a picture, and next to no pixels. */
function hollowPng(width: number, height: number): Buffer {
  const chunk = (type: string, data: Uint8Array) => {
    const named = Buffer.concat([Buffer.from(type), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(named));
    return Buffer.concat([length, named, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.alloc(100_000))), chunk('IEND', Buffer.alloc(0))]);
}

/** Whether a job says what is wrong with its file, as a fault of the user's. */
function blames(job: any): void {
  const said = job.status === 'failed' ? [job.cause, job.message] : ['user', job.failures[0]?.message];
  expect([job.analytic, ...said]).toEqual([job.analytic, 'user', expect.stringMatching(/\w{3}/)]);
  expect(said[1]).not.toContain(tmpdir());
}

describe('files', () => {
  const pictureAnalytics = ['fovea/thumbnails', 'fovea/image-quality', 'fovea/colors', 'fovea/near-duplicates', 'fovea/photo-studio'];
  test.each([
    ['of 60,000 × 60,000 pixels', () => hollowPng(60_000, 60_000), 'huge.png'],
    ['that breaks off', () => jpeg.subarray(0, 300), 'short.jpg'],
    ['in AVIF that breaks off', () => avif.subarray(0, avif.length / 2), 'short.avif'],
    ['that is nothing but its first bytes', () => Buffer.concat([jpeg.subarray(0, 20), Buffer.alloc(50)]), 'empty.jpg'],
  ])('a picture %s fails the job with a word on it, and the next one runs', async (_, bytes, name) => {
    const item = await put(`/${name}`, bytes());
    for (const analytic of pictureAnalytics) {
      const [input] = (await fovea.call('GET', `/v1/analytics/${encodeURIComponent(analytic)}`)).body.manifest.inputs;
      const job = await run(analytic, { [input.name]: item });
      blames(job);
      if (name === 'huge.png') expect(job.message ?? job.failures[0].message).toContain('pixels');
    }
    expect((await run('fovea/thumbnails', { files: image })).status).toBe('complete');
  }, 120_000);

  test('a film without pictures, and one that breaks off', async () => {
    const [silent, film] = [join(folder, 'silent.mp4'), join(folder, 'film.mp4')];
    const make = (args: string[]) => execFileSync('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-y', ...args]);
    make(['-f', 'lavfi', '-i', 'sine=duration=1', silent]);
    make(['-f', 'lavfi', '-i', 'testsrc=duration=2:size=64x48:rate=10', '-pix_fmt', 'yuv420p', film]);
    const whole = readFileSync(film);
    for (const [path, bytes] of [['/silent.mp4', readFileSync(silent)], ['/short.mp4', whole.subarray(0, Math.floor(whole.length / 3))]] as const) {
      const item = await put(path, bytes);
      for (const analytic of ['fovea/frames', 'fovea/motion-tracks', 'fovea/transcode']) {
        const [input] = (await fovea.call('GET', `/v1/analytics/${encodeURIComponent(analytic)}`)).body.manifest.inputs;
        const answer = await create({ analytic, inputs: { [input.name]: item } });
        // Where it is known already that it is no film, the request is refused.
        if (answer.status === 400) expect(answer.body.errors[0].path).toBe(`body.inputs.${input.name}`);
        else blames(await ended(answer.body.id));
      }
    }
    expect((await run('fovea/thumbnails', { files: image })).status).toBe('complete');
  }, 120_000);
});
