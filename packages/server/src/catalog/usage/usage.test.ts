import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';

let fovea: TestPlatform;
beforeAll(async () => {
  fovea = await startTestPlatform({ working: false });
});
afterAll(() => fovea.close());

test('usage.project 200, usage.organization 200, usage.setQuota 200: figures, and uploads beyond the quota are refused', async () => {
  const project = (await fovea.call('POST', '/v1/projects', { body: { name: 'p' } })).body.id;
  const make = async (name: string) => (await fovea.call('POST', '/v1/datasets', { body: { project, name } })).body.id;
  const [one, two] = [await make('one'), await make('two')];
  const put = (dataset: string, path: string, body: string) => fovea.call('POST', `/v1/datasets/${dataset}/items?path=${path}`, { body });
  await put(one, '/a.txt', '1234567890');
  await put(two, '/b.txt', '1234567890');
  await put(two, '/c.txt', '12345');
  expect((await fovea.call('GET', `/v1/projects/${project}/usage`)).body).toEqual({
    projectId: project, name: 'p', quotaBytes: null, datasets: 2, items: 3, itemBytes: 25, storedBytes: 15, annotations: 0, tasks: 0, jobs: 0,
  });
  expect((await fovea.call('PUT', `/v1/projects/${project}/quota`, { body: { quotaBytes: 30 } })).body.quotaBytes).toBe(30);
  const refused = await put(one, '/d.txt', '123456');
  expect([refused.status, refused.body.code, refused.body.detail]).toEqual([403, 'quota_exceeded', expect.stringContaining('holds 25')]);
  expect((await put(one, '/d.txt', '12345')).status).toBe(201);
  await fovea.call('DELETE', `/v1/datasets/${two}`);
  expect((await put(one, '/e.txt', '123456')).status).toBe(201);
  const clone = await fovea.call('GET', '/v1/usage?limit=1');
  expect(clone.body.data[0]).toMatchObject({ projectId: project, items: 3, itemBytes: 21, quotaBytes: 30 });
  expect((await fovea.call('PUT', `/v1/projects/${project}/quota`, { body: { quotaBytes: -1 } })).status).toBe(400);
  expect((await fovea.call('PUT', `/v1/projects/${project}/quota`, { body: { quotaBytes: null } })).body.quotaBytes).toBe(null);
});
