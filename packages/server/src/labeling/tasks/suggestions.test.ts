// Suggestions of models for people who hold a task: what the recipe allows, on pictures, frames of videos and slices of scans.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onnxFile } from '@fovea/analytics/test-support/onnx-file.ts';
import { writeNifti } from '@fovea/medical/nifti/write.ts';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasFfmpeg } from '../../media/video/test-clips.ts';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';

/** Scores of two classes by brightness alone: what is bright enough is the second. */
const brightness = onnxFile({
  inputs: { image: [1, 3, 'height', 'width'] },
  outputs: { logits: [1, 2, 'height', 'width'] },
  constants: { weights: { dims: [2, 3, 1, 1], values: [0, 0, 0, 4, 4, 4] }, bias: { dims: [2], values: [6, 0] } },
  nodes: [{ op: 'Conv', inputs: ['image', 'weights', 'bias'], outputs: ['logits'], ints: { kernel_shape: [1, 1] } }],
});
const [width, height] = [64, 48] as const;

let fovea: TestPlatform;
let project: string;
let dataset: string;
let recipe: string;
let ann: { key: string; email: string };
let bob: { key: string; email: string };
beforeAll(async () => {
  fovea = await startTestPlatform();
  const { id: orgId } = (await fovea.call('GET', '/v1/me')).body.organization;
  project = (await post('/v1/projects', { name: 'Spots' })).body.id;
  recipe = (await post('/v1/recipes', { project, name: 'Spots', labels: [{ name: 'bright' }], suggestions: ['test/brightness'] })).body.id;
  dataset = (await post('/v1/datasets', { project, name: 'd' })).body.id;
  for (const name of ['brightness', 'other']) {
    const { body } = await post('/v1/analytics', { name: `test/${name}`, version: '1.0.0', inputs: [{ name: 'image', media: ['image'] }], outputs: [{ name: 'labels', type: 'labels' }], runtime: { kind: 'onnx', model: 'm.onnx', task: 'segmentation', labels: ['background', 'bright'], as: 'polygon', input: { width, height } } });
    await fovea.call('PUT', `/v1/analytics/${body.id}/files?path=m.onnx`, { body: new Uint8Array(brightness), headers: { 'content-type': 'application/octet-stream' } });
  }
  ann = await fovea.person({ orgId, scopes: ['read', 'label'], project: { id: project, role: 'annotator' } });
  bob = await fovea.person({ orgId, scopes: ['read', 'label'], project: { id: project, role: 'annotator' } });
});
afterAll(() => fovea.close());

const post = (path: string, body: object, key?: string) => fovea.call('POST', path, { body, ...(key !== undefined && { key }) });
const suggest = (task: string, body: object, key = ann.key) => post(`/v1/tasks/${task}/suggestions`, body, key);
const ended = async (job: string, key = ann.key) => (await fovea.call('GET', `/v1/jobs/${job}?waitSeconds=50`, { key })).body;

async function upload(path: string, bytes: Uint8Array): Promise<string> {
  const { id } = (await fovea.call('POST', `/v1/datasets/${dataset}/items?path=${path}`, { body: bytes })).body.item;
  await fovea.probed(id);
  return id;
}
/** A task on the item, in the hands of somebody. */
async function held(item: string, key = ann.key): Promise<string> {
  const { id } = (await post('/v1/tasks', { project, item, recipe })).body;
  const { status } = await post(`/v1/projects/${project}/tasks/claim`, { task: id }, key);
  expect(status).toBe(200);
  return id;
}
const spots = (left: number) => Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%"/><rect x="${left}" y="8" width="16" height="12" fill="#fff"/></svg>`);
const picture = async (left = 8) => new Uint8Array(await sharp(spots(left)).removeAlpha().png().toBuffer());
/** The columns that the shapes lie between. */
function columns(shapes: { geometry: { points?: [number, number][] } }[]): [number, number] {
  const xs = shapes.flatMap(({ geometry }) => (geometry.points ?? []).map(([x]) => Math.round(x)));
  return [Math.min(...xs), Math.max(...xs)];
}

describe('tasks.suggest', () => {
  test('tasks.suggest 201: an annotator who holds the task asks a model that the recipe allows; what it finds waits to be accepted', async () => {
    const item = await upload('/a.png', await picture());
    const task = await held(item);
    const { status, body } = await suggest(task, { analytic: 'test/brightness' });
    expect([status, body.createdBy, body.inputs]).toEqual([201, ann.email, { image: [item] }]);
    expect((await ended(body.id)).status).toBe('complete');
    const found = (await fovea.call('GET', `/v1/items/${item}/annotations`)).body.data;
    expect(found).toMatchObject([{ label: 'bright', source: 'model', status: null, createdBy: 'test/brightness@1.0.0' }]);
  });

  test('tasks.suggest 201 at a place: the shapes stand in the job, and nothing is written', async () => {
    const item = await upload('/b.png', await picture());
    const task = await held(item);
    const { body } = await suggest(task, { analytic: 'test/brightness@1.0.0', point: [12, 12] });
    const job = await ended(body.id);
    expect(job.summary.shapes).toHaveLength(1);
    expect((await fovea.call('GET', `/v1/items/${item}/annotations`)).body.data).toEqual([]);
  });

  test('tasks.suggest 403 for another analytic than the recipe allows; jobs stay for developers', async () => {
    const item = await upload('/c.png', await picture());
    const task = await held(item);
    const refused = await suggest(task, { analytic: 'test/other' });
    expect([refused.status, refused.body.code]).toEqual([403, 'forbidden']);
    expect(refused.body.detail).toContain('it allows: test/brightness');
    expect((await post('/v1/jobs', { project, analytic: 'test/brightness', inputs: { image: item } }, ann.key)).status).toBe(403);
    const bare = (await post('/v1/tasks', { project, item })).body.id;
    await post(`/v1/projects/${project}/tasks/claim`, { task: bare }, ann.key);
    expect((await suggest(bare, { analytic: 'test/brightness' })).status).toBe(403);
  });

  test('tasks.suggest 409 for a task in the hands of somebody else, of nobody, or handed in; tasks.suggest 404 for strangers', async () => {
    const item = await upload('/e.png', await picture());
    const task = await held(item, bob.key);
    expect((await suggest(task, { analytic: 'test/brightness' })).status).toBe(409);
    const free = (await post('/v1/tasks', { project, item, recipe })).body.id;
    expect((await suggest(free, { analytic: 'test/brightness' })).status).toBe(409);
    const stranger = await fovea.person({ scopes: ['read', 'label'] });
    expect((await suggest(task, { analytic: 'test/brightness' }, stranger.key)).status).toBe(404);
  });

  test('tasks.suggest 400 says what is wrong', async () => {
    const item = await upload('/f.png', await picture());
    const task = await held(item);
    for (const [body, path] of [[{}, 'body.analytic'], [{ analytic: 'test/brightness', point: [1] }, 'body.point'], [{ analytic: 'test/brightness', frame: -1 }, 'body.frame'], [{ analytic: 'test/brightness', more: 1 }, 'body']] as const) {
      const answer = await suggest(task, body);
      expect([answer.status, answer.body.errors[0].path.startsWith(path)]).toEqual([400, true]);
    }
    expect((await suggest(task, { analytic: 'test/none' })).status).toBe(404);
  });

  test('a slice of a scan is looked at as a picture; one past the end is refused by its name', async () => {
    const [slices, voxels] = [4, new Int16Array(width * height * 4)];
    // Bright on slice 2 only, from column 20 to 36.
    for (let y = 8; y < 20; y++) voxels.fill(1_000, (2 * height + y) * width + 20, (2 * height + y) * width + 36);
    const item = await upload('/v.nii.gz', writeNifti({ data: voxels, dims: [width, height, slices], affine: [[-1, 0, 0, 0], [0, -1, 0, 0], [0, 0, 1, 0]], gzip: true }));
    const task = await held(item);
    const whole = await suggest(task, { analytic: 'test/brightness', point: [24, 12] });
    expect([whole.status, whole.body.errors[0].message]).toEqual([400, expect.stringContaining('say which frame of it is meant')]);
    const past = await suggest(task, { analytic: 'test/brightness', frame: slices });
    expect([past.status, past.body.errors[0].path]).toEqual([400, 'body.frame']);
    const job = await ended((await suggest(task, { analytic: 'test/brightness', frame: 2, point: [24, 12] })).body.id);
    expect([job.status, job.frame, job.summary.shapes.length]).toEqual(['complete', 2, 1]);
    const written = await ended((await suggest(task, { analytic: 'test/brightness', frame: 2 })).body.id);
    expect(written.status).toBe('complete');
    expect((await fovea.call('GET', `/v1/items/${item}/annotations`)).body.data).toMatchObject([{ label: 'bright', frame: 2 }]);
  });

  test.skipIf(!hasFfmpeg)(`a frame of a video is looked at as a picture${hasFfmpeg ? '' : ' (ffmpeg is missing)'}`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fovea-suggest-'));
    try {
      const path = join(folder, 'v.mp4');
      // A bright square that moves by four pixels with each frame.
      const filter = `geq=lum='if(between(X,4*N,4*N+15)*between(Y,8,19),235,16)':cb=128:cr=128`;
      spawnSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', '-f', 'lavfi', '-i', `color=black:size=${width}x${height}:rate=10:duration=1`, '-vf', filter, '-c:v', 'libx264', '-crf', '5', '-pix_fmt', 'yuv420p', '-bf', '2', path]);
      const item = await upload('/v.mp4', new Uint8Array(readFileSync(path)));
      const task = await held(item);
      const job = await ended((await suggest(task, { analytic: 'test/brightness', frame: 6 })).body.id);
      expect([job.status, job.message]).toEqual(['complete', null]);
      const found = (await fovea.call('GET', `/v1/items/${item}/annotations`)).body.data;
      expect(found).toMatchObject([{ label: 'bright', frame: 6 }]);
      const [from, to] = columns(found);
      expect(Math.abs(from - 24) <= 2 && Math.abs(to - 40) <= 2).toBe(true);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
