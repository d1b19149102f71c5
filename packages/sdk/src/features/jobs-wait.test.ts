import { afterEach, expect, test } from 'vitest';
import { TimeoutError } from '../errors.ts';
import { sendJson, serveHttp, type TestServer } from '../testing.ts';
import { JobFailedError } from './jobs.ts';

let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const job = (status: string) => ({ id: 'j', analytic: 'a', status, message: status === 'failed' ? 'no light' : null });

test('a job is waited for by long polls until it is complete', async () => {
  server = await serveHttp((_, response, count) => sendJson(response, 200, job(count < 3 ? 'running' : 'complete')));
  const told: string[] = [];
  expect(await server.client().jobs.wait('j', { onProgress: ({ status }) => told.push(status) })).toMatchObject({ status: 'complete' });
  expect(told).toEqual(['running', 'running', 'complete']);
  expect(server.seen[0]!.url).toMatch(/\?waitSeconds=\d+$/);
});

test('a job that failed is thrown with itself', async () => {
  server = await serveHttp((_, response) => sendJson(response, 200, job('failed')));
  const error = await server.client().jobs.wait('j').catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(JobFailedError);
  expect(error).toMatchObject({ message: 'The job j (a) is failed: no light', job: { status: 'failed' } });
});

test('a state that it does not know is not asked for in circles, and ends at the deadline', async () => {
  server = await serveHttp((_, response) => sendJson(response, 200, job('dreaming')));
  await expect(server.client().jobs.wait('j', { deadlineMs: 1_100 })).rejects.toThrow(TimeoutError);
  expect(server.seen.length).toBeLessThanOrEqual(4);
});

test('map settles every job, in the order of the requests, so many at a time', async () => {
  let running = 0;
  let most = 0;
  server = await serveHttp((request, response) => {
    if (request.method === 'POST') {
      most = Math.max(most, ++running);
      const { analytic } = JSON.parse(request.body.toString()) as { analytic: string };
      return sendJson(response, 201, { ...job('queued'), id: analytic });
    }
    running -= 1;
    sendJson(response, 200, { ...job(request.url.includes('bad') ? 'failed' : 'complete'), id: request.url });
  });
  const requests = ['a', 'bad', 'c', 'd'].map((analytic) => ({ project: 'p', analytic, inputs: {} }));
  const results = await server.client().jobs.map(requests, { concurrency: 2 });
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  expect(most).toBe(2);
});
