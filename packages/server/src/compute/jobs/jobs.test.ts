// Jobs in numbers: many started at once, when one will begin, and what many ends at the same moment come to; and the links to outputs.
import { newId } from '@fovea/contract';
import sharp from 'sharp';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';
import { upsertWorker } from './places-store.ts';

let fovea: TestPlatform;
let project: string;
let dataset: string;
let item: string;
/** Another item of the same name and bytes. */
let twin: string;
beforeAll(async () => {
  fovea = await startTestPlatform();
  project = (await fovea.call('POST', '/v1/projects', { body: { name: 'p' } })).body.id;
  dataset = (await fovea.call('POST', '/v1/datasets', { body: { project, name: 'd' } })).body.id;
  const bytes = await sharp({ create: { width: 400, height: 300, channels: 3, background: '#375' } }).jpeg().toBuffer();
  const put = async (path: string) => (await fovea.call('POST', `/v1/datasets/${dataset}/items?path=${path}`, { body: bytes })).body.item.id as string;
  item = await put('/a.jpg');
  twin = await put('/other/a.jpg');
  for (const id of [item, twin]) await fovea.probed(id);
  const waits = { name: 'test/waits', version: '1.0.0', inputs: [], outputs: [], runtime: { kind: 'process', command: ['true'] }, compute: { cpu: false, gpu: true } };
  await fovea.call('POST', '/v1/analytics', { body: waits });
});
afterAll(() => fovea.close());

const create = async (body: object = {}) => (await fovea.call('POST', '/v1/jobs', { body: { project, analytic: 'fovea/thumbnails', inputs: { files: item }, ...body } })).body;
const ended = async (id: string) => (await fovea.call('GET', `/v1/jobs/${id}?waitSeconds=50`)).body;
/** One that waits, as nobody serves its queue here. */
const waiting = (body: object = {}) => create({ analytic: 'test/waits', compute: 'gpu', inputs: {}, ...body });

describe('many at once', () => {
  test('jobs.startMany 200 queues those that are ready, in their order, and tells of the others', async () => {
    const jobs = [await waiting({ start: false }), await waiting({ start: false }), await waiting({ start: false })].map(({ id }) => id as string);
    const running = (await waiting()).id as string;
    const [nobody, elsewhere] = [newId(), (await fovea.call('POST', '/v1/projects', { body: { name: 'other' } })).body.id];
    const order = [jobs[2], jobs[0], running, nobody, jobs[0]];
    const { status, body } = await fovea.call('POST', `/v1/projects/${project}/jobs/start`, { body: { jobs: order } });
    expect([status, body.started]).toEqual([200, [jobs[2], jobs[0]]]);
    expect(body.refused).toEqual([{ job: running, message: expect.stringContaining('queued') }, { job: nobody, message: expect.stringContaining('no job') }]);
    const positions = await Promise.all([running, jobs[2], jobs[0]].map(async (id) => (await fovea.call('GET', `/v1/jobs/${id}`)).body.position));
    expect(positions).toEqual([0, 1, 2]);
    expect((await fovea.call('GET', `/v1/jobs/${jobs[1]}`)).body.status).toBe('ready');
    // Jobs of another project are not there.
    expect((await fovea.call('POST', `/v1/projects/${elsewhere}/jobs/start`, { body: { jobs: [jobs[1]] } })).body).toMatchObject({ started: [], refused: [{ job: jobs[1] }] });
    for (const wrong of [{ jobs: [] }, { jobs: ['x'] }, { jobs: Array.from({ length: 1_001 }, () => jobs[1]) }]) {
      expect((await fovea.call('POST', `/v1/projects/${project}/jobs/start`, { body: wrong })).status).toBe(400);
    }
    for (const id of [...jobs, running]) await fovea.call('POST', `/v1/jobs/${id}/cancel`);
  });

  test('jobs that begin and end together each have their own states, outputs and events', async () => {
    const made = await Promise.all(Array.from({ length: 24 }, (_, index) => create({ name: `n ${index}`, parameters: { size: 40 + index } })));
    const done = await Promise.all(made.map(({ id }) => ended(id)));
    for (const [index, job] of done.entries()) {
      expect(job).toMatchObject({ name: `n ${index}`, status: 'complete', progress: 1, attempt: 1, message: null, cause: null });
      expect(job.outputs).toHaveLength(1);
      const events = await fovea.platform.engines.db.many<{ type: string }>(sql`select type from events where subject_id = ${job.id} order by seq`);
      expect(events.map(({ type }) => type)).toEqual(['job.created', 'job.queued', 'job.scheduled', 'job.started', 'job.completed']);
    }
  });
});

describe('inputs by a query', () => {
  test('jobs.create 201 works on what the query finds then, in its order; 400 when it finds nothing or is wrong, 404 for a dataset that is not there', async () => {
    const byPath = (direction: string) => ({ dataset, filter: { kind: 'image' }, sort: [{ field: 'path', direction }] });
    const [up, down] = [await create({ inputs: { files: byPath('asc') } }), await create({ inputs: { files: byPath('desc') }, start: false })];
    expect([up.inputs.files, down.inputs.files]).toEqual([[item, twin], [twin, item]]);
    expect((await create({ inputs: { files: { ...byPath('desc'), limit: 1 } }, start: false })).inputs.files).toEqual([twin]);
    const done = await ended(up.id);
    expect(done.outputs.map((output: { fromItemId: string }) => output.fromItemId)).toEqual([item, twin]);
    const refused = async (given: object) => {
      const { status, body } = await fovea.call('POST', '/v1/jobs', { body: { project, analytic: 'fovea/thumbnails', inputs: { files: given } } });
      return [status, body.detail];
    };
    expect(await refused({ dataset, filter: { kind: 'video' } })).toEqual([400, 'body.inputs.files is a query that finds no item.']);
    expect(await refused({ dataset, filter: { secret: 1 } })).toEqual([400, expect.stringContaining('secret')]);
    expect(await refused({ dataset, filters: {} })).toEqual([400, expect.stringContaining('body.inputs.files')]);
    expect(await refused({ dataset: newId() })).toEqual([404, expect.stringContaining('dataset')]);
    const stranger = await fovea.person({ admin: true });
    const theirs = (await fovea.call('POST', '/v1/projects', { key: stranger.key, body: { name: 'theirs' } })).body.id;
    const { status } = await fovea.call('POST', '/v1/jobs', { key: stranger.key, body: { project: theirs, analytic: 'fovea/thumbnails', inputs: { files: { dataset } } } });
    expect(status).toBe(404);
  });
});

describe('equal work', () => {
  const asked = async (body: object) => ended((await create({ analytic: 'fovea/image-quality', cache: true, ...body })).id);
  const labelsOf = async (id: string) => (await fovea.call('POST', `/v1/datasets/${dataset}/annotations/query`, { body: { filter: { itemId: id } } })).body.data.length;
  test('is answered from an earlier job, of the items that were given; with labels only from one that attached them to these', async () => {
    const first = await asked({ inputs: { images: item } });
    const second = await asked({ inputs: { images: twin } });
    expect([first.summary.cachedFrom, second.summary.cachedFrom, second.status]).toEqual([undefined, first.id, 'complete']);
    const ofTwin = second.outputs.filter((output: { fromItemId: string | null }) => output.fromItemId !== null);
    expect(ofTwin.every((output: { fromItemId: string }) => output.fromItemId === twin)).toBe(true);
    expect(await labelsOf(twin)).toBe(0);
    const third = await asked({ inputs: { images: twin }, attachLabels: true });
    const labels = await labelsOf(twin);
    expect([third.summary.cachedFrom, labels > 0]).toEqual([undefined, true]);
    const fourth = await asked({ inputs: { images: twin }, attachLabels: true });
    expect([fourth.summary.cachedFrom, await labelsOf(twin)]).toEqual([third.id, labels]);
    expect((await asked({ inputs: { images: item }, attachLabels: true })).summary.cachedFrom).toBeUndefined();
    expect(await labelsOf(item)).toBe(labels);
  });
});

describe('when it will begin', () => {
  test('by what the workers of its queue tell; nothing while there are none, or once it has begun', async () => {
    const { db } = fovea.platform.engines;
    const [first, second] = [(await waiting()).id, (await waiting()).id];
    const estimate = async (id: string) => (await fovea.call('GET', `/v1/jobs/${id}`)).body.estimatedStartAt;
    expect(await estimate(second)).toBeNull();
    const worker = { id: newId(), queue: 'gpu', lanes: 2, seconds: null };
    await upsertWorker(db, worker);
    expect(await estimate(second)).toBeNull();
    // Two at once, 60 seconds each: a lane is free every 30.
    await upsertWorker(db, { ...worker, seconds: 60 });
    const secondsFromNow = async (id: string) => (Date.parse(await estimate(id)) - Date.now()) / 1_000;
    expect(Math.round(await secondsFromNow(first))).toBe(30);
    expect(Math.round(await secondsFromNow(second))).toBe(60);
    await db.run(sql`update job_workers set seen_at = now() - interval '1 minute' where id = ${worker.id}`);
    expect(await estimate(second)).toBeNull();
    for (const id of [first, second]) await fovea.call('POST', `/v1/jobs/${id}/cancel`);
    expect(await estimate(first)).toBeNull();
    const told = await db.many<{ seconds: number | null }>(sql`select seconds from job_workers where queue = 'cpu'`);
    expect(told).toHaveLength(1);
  });
});

describe('links to outputs', () => {
  test('jobs.link 200 opens an output without a key, jobs.open 200, jobs.open 403 when changed, jobs.open 416; jobs.link 409 and jobs.open 409 before the end', async () => {
    const job = await ended((await create()).id);
    const link = (await fovea.call('GET', `/v1/jobs/${job.id}/outputs/0/link?expiresSeconds=60`)).body;
    expect([link.direct, Date.parse(link.expiresAt) < Date.now() + 61_000]).toEqual([false, true]);
    const answer = await fetch(link.url);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/webp']);
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect([bytes.length, (await sharp(bytes).metadata()).width]).toEqual([job.outputs[0].sizeBytes, 320]);
    const part = await fetch(link.url, { headers: { range: 'bytes=0-3' } });
    expect([part.status, await part.text()]).toEqual([206, 'RIFF']);
    expect((await fetch(link.url, { headers: { range: 'bytes=9999999-' } })).status).toBe(416);
    expect((await fetch(link.url.replace('/outputs/0/', '/outputs/1/'))).status).toBe(403);
    expect((await fovea.call('GET', `/v1/jobs/${job.id}/outputs/7/link`)).status).toBe(404);
    expect((await fovea.call('GET', `/v1/jobs/${job.id}/outputs/0/link?expiresSeconds=0`)).status).toBe(400);
    // Taken back to the beginning, as a door can, it has no outputs any more.
    const { db } = fovea.platform.engines;
    await db.run(sql`update jobs set status = 'ready' where id = ${job.id}`);
    expect((await fovea.call('GET', `/v1/jobs/${job.id}/outputs/0/link`)).status).toBe(409);
    expect((await fetch(link.url)).status).toBe(409);
  });
  test('jobs.link 410 and jobs.open 410 once it has expired', async () => {
    const job = await ended((await create()).id);
    const { url } = (await fovea.call('GET', `/v1/jobs/${job.id}/outputs/0/link`)).body;
    await fovea.platform.engines.db.run(sql`update jobs set expires_at = now() - interval '1 second' where id = ${job.id}`);
    expect((await fovea.call('GET', `/v1/jobs/${job.id}/outputs/0/link`)).status).toBe(410);
    expect((await fetch(url)).status).toBe(410);
  });
});
