import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../packages/server/src/testing/platform.ts';
import { runExample } from '../test/run-example.ts';

let fovea: TestPlatform;
let folder: string;

beforeAll(async () => {
  fovea = await startTestPlatform();
  folder = mkdtempSync(join(tmpdir(), 'fovea-example-'));
  mkdirSync(join(folder, 'out'));
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc=size=160x120:rate=10:duration=2', '-pix_fmt', 'yuv420p', join(folder, 'video1.mp4')]);
});
afterAll(async () => {
  await fovea.close();
  rmSync(folder, { recursive: true, force: true });
});

test('the steps of the walkthrough of Voxel51\'s client', { timeout: 180_000 }, async () => {
  expect(await runExample('voxel51.ts', [join(folder, 'video1.mp4'), join(folder, 'out')], fovea)).toEqual([
    'analytics: true',
    'data: 0 jobs: 0',
    'newest: /second/video1.mp4',
    'expires later: true',
    'expired: 0',
    'versions: 2 newest: 0.2',
    "document: [ 'video' ] [ 'accel' ] [ 'labels.json' ]",
    'job: ready',
    "jobs: [ 'GPUjob', 'auto-start-me', 'your-job-name' ]",
    'output: true',
    'parallel: 4 4 true',
    'refused: 400 body.parameters.accel',
    'saved: true',
  ]);
  expect(readdirSync(join(folder, 'out')).toSorted()).toEqual(['labels-1.json', 'labels-2.json', 'labels-3.json', 'labels-4.json', 'labels.json']);
});
