// Workers that are killed while they work: what they had in hand is given back, every job completes once, and nothing of it is doubled.
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fovea } from '@fovea/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { processes } from '../processes.ts';
import { startSlowJobs } from './slow-jobs.ts';

const key = 'live_chaos-tests-only-0123456789';
const dataDir = mkdtempSync(join(tmpdir(), 'fovea-chaos-'));
const host = processes({ FOVEA_ADMIN_KEY: key, FOVEA_DATA: dataDir });
let fovea: Fovea;

let server: ChildProcess;

beforeAll(async () => {
  const { child, url } = await host.start(['serve', '--no-demo', '--port', '0', '--roles', 'api']);
  server = child;
  fovea = new Fovea({ url, key });
}, 120_000);
afterAll(async () => {
  await host.endAll();
  rmSync(dataDir, { recursive: true, force: true });
}, 60_000);

test('every job completes once, and its labels are there once', { timeout: 300_000 }, async () => {
  const { item, jobs } = await startSlowJobs(fovea, { count: 12, seconds: 0.6 });
  for (let kill = 0; kill < 3; kill++) {
    const { child } = await host.start(['worker']);
    // In the middle of a job, most likely of two.
    await new Promise((resolve) => setTimeout(resolve, 900));
    await host.end(child, 'SIGKILL');
  }
  await host.start(['worker']);
  const ended = await Promise.all(jobs.map(({ id }) => fovea.jobs.wait(id)));
  expect(ended.map((job) => [job.status, job.outputs.length])).toEqual(jobs.map(() => ['complete', 1]));
  expect(ended.some((job) => job.attempt > 1)).toBe(true);
  const annotations = await fovea.annotations.list(item).toArray({ limit: 100 });
  expect(annotations).toHaveLength(jobs.length);
});

test('a worker whose database went first ends when it is told to', { timeout: 120_000 }, async () => {
  const { child } = await host.start(['worker']);
  await host.end(server, 'SIGTERM');
  await host.end(child, 'SIGTERM');
  expect(child.signalCode).toBeNull();
});
