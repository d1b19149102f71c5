import { newId } from '@fovea/contract';
import sharp from 'sharp';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sweepExpiredJobs } from './jobs/expire.ts';
import { startTestPlatform, type TestPlatform } from '../testing/platform.ts';

let fovea: TestPlatform;
let project: string;
let item: string;
beforeAll(async () => {
  fovea = await startTestPlatform();
});
afterAll(() => fovea.close());
beforeEach(async () => {
  project = (await fovea.call('POST', '/v1/projects', { body: { name: `p ${Math.random()}` } })).body.id;
  const dataset = (await fovea.call('POST', '/v1/datasets', { body: { project, name: 'd' } })).body.id;
  const bytes = await sharp({ create: { width: 400, height: 300, channels: 3, background: { r: Math.floor(Math.random() * 255), g: 90, b: 60 } } }).jpeg().toBuffer();
  item = (await fovea.call('POST', `/v1/datasets/${dataset}/items?path=/a.jpg`, { body: bytes })).body.item.id;
  await fovea.probed(item);
});

const create = (body: object) => fovea.call('POST', '/v1/jobs', { body: { project, analytic: 'fovea/thumbnails', inputs: { files: item }, ...body } });
const ended = async (id: string) => (await fovea.call('GET', `/v1/jobs/${id}?waitSeconds=30`)).body;
const sleeper = { name: 'test/other', version: '1.0.0', inputs: [], outputs: [{ name: 'out', type: 'json' }], runtime: { kind: 'process', command: ['true'] } };

describe('analytics', () => {
  test('analytics.list 200 has the built-in ones, analytics.get 200 by name and by version', async () => {
    const { data } = (await fovea.call('GET', '/v1/analytics?limit=1000')).body;
    expect(data.map((one: any) => one.name)).toContain('fovea/photo-studio');
    const found = (await fovea.call('GET', `/v1/analytics/${encodeURIComponent('fovea/photo-studio')}`)).body;
    expect(found.builtin).toBe(true);
    expect((await fovea.call('GET', `/v1/analytics/${encodeURIComponent(`fovea/photo-studio@${found.version}`)}`)).body.id).toBe(found.id);
  });
  test('analytics.register 201, analytics.register 409, the newest version first, analytics.deprecate 200, analytics.delete 204', async () => {
    const register = (version: string) => fovea.call('POST', '/v1/analytics', { body: { ...sleeper, version } });
    expect((await register('0.9')).status).toBe(201);
    const newer = await register('0.10');
    expect((await register('0.10')).status).toBe(409);
    const disguised = await fovea.call('POST', '/v1/analytics', { body: { ...sleeper, name: 'fovea/colors', version: '99.0.0' } });
    expect(disguised).toMatchObject({ status: 403, body: { detail: expect.stringContaining('comes with the platform; give yours another owner or name') } });
    const misspelled = { ...sleeper, version: '0.11', inputs: [{ name: 'files', media: ['text'], requird: false }], compute: { cpus: 2 }, timeout: 5 };
    const { status, body } = await fovea.call('POST', '/v1/analytics', { body: misspelled });
    expect([status, ...body.errors.map((one: any) => `${one.path}: ${one.message}`)].join(' ')).toMatch(/^400 .*requird.*cpus.*timeout/);
    const get = async () => (await fovea.call('GET', `/v1/analytics/${encodeURIComponent('test/other')}`)).body.version;
    expect(await get()).toBe('0.10');
    expect((await fovea.call('POST', `/v1/analytics/${newer.body.id}/deprecate`)).body.deprecated).toBe(true);
    expect(await get()).toBe('0.9');
    expect((await fovea.call('DELETE', `/v1/analytics/${newer.body.id}`)).status).toBe(204);
    const stranger = await fovea.person({ admin: true });
    expect((await fovea.call('GET', `/v1/analytics/${encodeURIComponent('test/other')}`, { key: stranger.key })).status).toBe(404);
  });
});

describe('jobs', () => {
  test('jobs.create 201, jobs.get 200, jobs.output 200, jobs.log 200, jobs.query 200: a job runs to its output', async () => {
    const made = await create({});
    expect([made.status, made.body.status]).toEqual([201, 'queued']);
    const job = await ended(made.body.id);
    expect(job).toMatchObject({ status: 'complete', progress: 1, cause: null });
    const [output] = job.outputs;
    expect(output.fromItemId).toBe(item);
    const file = await fetch(`${fovea.url}/v1/jobs/${job.id}/outputs/0`, { headers: { authorization: `Bearer ${fovea.key}` } });
    expect((await sharp(Buffer.from(await file.arrayBuffer())).metadata()).width).toBeLessThanOrEqual(400);
    expect((await fovea.call('GET', `/v1/jobs/${job.id}/log`)).body.lines).toBeInstanceOf(Array);
    expect((await fovea.call('POST', `/v1/projects/${project}/jobs/query`, { body: { filter: { status: 'complete' }, fields: ['id', 'status'] } })).body.data).toEqual([{ id: job.id, status: 'complete' }]);
  });
  test.each([
    [{ inputs: {} }, 'body.inputs.files'],
    [{ inputs: { files: [], picture: [] } }, 'body.inputs.picture'],
    [{ parameters: { colour: 1 } }, 'body.parameters.colour'],
    [{ compute: 'gpu' }, 'body.compute'],
  ])('a request that does not fit the document names what: %j', async (body, path) => {
    const answer = await create(body);
    expect([answer.status, answer.body.errors[0].path]).toEqual([400, path]);
    expect((await create({ analytic: 'fovea/nothing' })).status).toBe(404);
  });
  test('jobs.start 200, jobs.start 409, jobs.output 409 before the end, equal work answered from before', async () => {
    const made = (await create({ start: false })).body;
    expect(made.status).toBe('ready');
    expect((await fovea.call('GET', `/v1/jobs/${made.id}/outputs/0`)).status).toBe(409);
    expect((await fovea.call('POST', `/v1/jobs/${made.id}/start`)).body.status).toBe('queued');
    expect((await fovea.call('POST', `/v1/jobs/${made.id}/start`)).status).toBe(409);
    const first = await ended(made.id);
    const again = (await create({ cache: true })).body;
    expect([again.status, again.summary.cachedFrom, again.outputs[0].sha256]).toEqual(['complete', first.id, first.outputs[0].sha256]);
  });
  test('jobs.cancel 200 of one that waits, its position before, jobs.cancel 409, jobs.delete 204, jobs.delete 409', async () => {
    // Nobody serves this queue here, so its jobs wait.
    const gpu = { ...sleeper, name: 'test/gpu', compute: { cpu: false, gpu: true } };
    await fovea.call('POST', '/v1/analytics', { body: gpu });
    const make = async () => (await fovea.call('POST', '/v1/jobs', { body: { project, analytic: 'test/gpu', compute: 'gpu' } })).body;
    const jobs = [await make(), await make(), await make()];
    const position = async (id: string) => (await fovea.call('GET', `/v1/jobs/${id}`)).body.position;
    expect(await Promise.all(jobs.map((job) => position(job.id)))).toEqual([0, 1, 2]);
    expect((await fovea.call('DELETE', `/v1/jobs/${jobs[0].id}`)).status).toBe(409);
    expect((await fovea.call('POST', `/v1/jobs/${jobs[0].id}/cancel`)).body.status).toBe('cancelled');
    expect((await fovea.call('POST', `/v1/jobs/${jobs[0].id}/cancel`)).status).toBe(409);
    expect(await position(jobs[2].id)).toBe(1);
    expect((await fovea.call('DELETE', `/v1/jobs/${jobs[0].id}`)).status).toBe(204);
    expect((await fovea.call('GET', `/v1/jobs/${jobs[0].id}`)).status).toBe(404);
  });
  test('an image that is not here fails the job and says so', async () => {
    await fovea.call('POST', '/v1/analytics', { body: { ...sleeper, name: 'test/container', runtime: { kind: 'container', image: 'localhost/no-such-image' } } });
    const job = await ended((await fovea.call('POST', '/v1/jobs', { body: { project, analytic: 'test/container' } })).body.id);
    expect(job).toMatchObject({ status: 'failed', message: expect.stringMatching(/image|podman/) });
  });
  test('the version of the data that was the newest is recorded', async () => {
    const { datasetId } = (await fovea.call('GET', `/v1/items/${item}`)).body;
    expect((await create({ start: false })).body.dataVersions).toEqual({});
    const version = (await fovea.call('POST', `/v1/datasets/${datasetId}/versions`, { body: { message: 'v' } })).body;
    const command = version.commandId ?? version.id;
    for (;;) {
      const { data } = (await fovea.call('GET', `/v1/datasets/${datasetId}/versions`)).body;
      if (data.length > 0) {
        expect([typeof command, (await create({ start: false })).body.dataVersions]).toEqual(['string', { [datasetId]: data[0].id }]);
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });
  test('a job of a private analytic ends too', async () => {
    const maker = await fovea.person({ orgId: (await fovea.call('GET', '/v1/me')).body.organization.id, admin: true });
    await fovea.call('POST', '/v1/analytics', { key: maker.key, body: { ...sleeper, name: 'test/private', scope: 'private' } });
    const made = await fovea.call('POST', '/v1/jobs', { key: maker.key, body: { project, analytic: 'test/private' } });
    expect(await ended(made.body.id)).toMatchObject({ status: 'failed', cause: 'analytic' });
  });
  test('jobs.update 200 archives and expires, jobs.output 410 afterwards, jobs.update 409', async () => {
    const job = await ended((await create({})).body.id);
    expect((await fovea.call('PATCH', `/v1/jobs/${job.id}`, { body: { archived: true } })).body.archived).toBe(true);
    await fovea.platform.engines.db.run(sql`update jobs set expires_at = now() - interval '1 second' where id = ${job.id}`);
    expect((await fovea.call('GET', `/v1/jobs/${job.id}`)).body).toMatchObject({ expired: true, outputs: [] });
    expect((await fovea.call('GET', `/v1/jobs/${job.id}/outputs/0`)).status).toBe(410);
    // Swept soon after: nothing refers to the bytes any more.
    const { db } = fovea.platform.engines;
    await sweepExpiredJobs(db, new AbortController().signal);
    expect(await db.one(sql`select outputs from jobs where id = ${job.id}`)).toEqual({ outputs: [] });
    expect((await db.many<{ type: string }>(sql`select type from events where subject_id = ${job.id} order by seq`)).at(-1)?.type).toBe('job.expired');
    expect(await sweepExpiredJobs(db, new AbortController().signal)).toBe(0);
    expect((await fovea.call('GET', `/v1/jobs/${job.id}/outputs/0`)).status).toBe(410);
    expect((await fovea.call('PATCH', `/v1/jobs/${job.id}`, { body: { expiresAt: '2099-01-01T00:00:00Z' } })).status).toBe(409);
  });
});

describe('profiles', () => {
  test('profiles.versions 200 tells what a profile was; null takes a parameter away', async () => {
    const { id } = (await fovea.call('POST', '/v1/profiles', { body: { project, analytic: 'fovea/photo-studio', name: 'Cold', parameters: { color_red: 10, color_blue: 5 } } })).body;
    await fovea.call('PATCH', `/v1/profiles/${id}`, { body: { name: 'Colder', parameters: { color_red: null, color_blue: 9 } } });
    const first = (await fovea.call('GET', `/v1/profiles/${id}/versions?limit=1`)).body;
    expect(first.data).toMatchObject([{ version: 2, name: 'Colder', parameters: { color_blue: 9 } }]);
    expect(first.data[0].parameters).not.toHaveProperty('color_red');
    const second = (await fovea.call('GET', `/v1/profiles/${id}/versions?limit=1&cursor=${first.next}`)).body;
    expect([second.data[0].version, second.data[0].parameters, second.next]).toEqual([1, { color_red: 10, color_blue: 5 }, null]);
  });
  test('profiles.create 201, profiles.list 200, profiles.get 200, profiles.update 200 merges, profiles.delete 204', async () => {
    const made = await fovea.call('POST', '/v1/profiles', { body: { project, analytic: 'fovea/photo-studio', name: 'Warm', parameters: { color_red: 10 } } });
    expect(made.status).toBe(201);
    const path = `/v1/profiles/${made.body.id}`;
    expect((await fovea.call('PATCH', path, { body: { parameters: { color_blue: -5 } } })).body).toMatchObject({ version: 2, parameters: { color_red: 10, color_blue: -5 } });
    expect((await fovea.call('PATCH', path, { body: { parameters: { color_red: 999 } } })).body.errors[0].path).toBe('body.parameters.color_red');
    const files = [newId()];
    expect(await fovea.call('PATCH', path, { body: { files } })).toMatchObject({ status: 404, body: { detail: expect.stringContaining(files[0] ?? '') } });
    expect((await fovea.call('POST', '/v1/profiles', { body: { project, analytic: 'fovea/photo-studio', name: 'With a file', files } })).status).toBe(404);
    expect((await fovea.call('GET', path)).body.name).toBe('Warm');
    expect((await fovea.call('GET', `/v1/profiles?project=${project}`)).body.data).toHaveLength(1);
    expect((await fovea.call('DELETE', path)).status).toBe(204);
  });
});
