import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../packages/server/src/testing/platform.ts';
import { runExample } from '../test/run-example.ts';

let fovea: TestPlatform;
let folder: string;

beforeAll(async () => {
  fovea = await startTestPlatform();
  folder = mkdtempSync(join(tmpdir(), 'fovea-example-'));
  for (const [name, background] of [['test1.jpg', '#3070c0'], ['test2.jpg', '#c07030']] as const) {
    writeFileSync(join(folder, name), await sharp({ create: { width: 200, height: 150, channels: 3, background } }).jpeg().toBuffer());
  }
});
afterAll(async () => {
  await fovea.close();
  rmSync(folder, { recursive: true, force: true });
});

test('the steps and exercises of the on-boarding guide', { timeout: 120_000 }, async () => {
  expect(await runExample('dataloop.ts', [join(folder, 'test1.jpg'), join(folder, 'test2.jpg')], fovea)).toEqual([
    'logged in: true',
    'project: true',
    'member: developer annotator',
    'dataset not found: 404',
    'items: test1.jpg test2.jpg',
    'page: 1',
    'page: 1',
    'item: test1.jpg',
    'item: test2.jpg',
    "labels: [ 'Person', 'Ear', 'Face', 'Eye' ]",
    "ears: [ 'test1.jpg' ]",
    "first: [ 'Adult', 'Ear', 'Ear' ]",
    "eyes: [ 'test2.jpg' ]",
    "second: [ 'Eye', 'Person' ]",
    "metadata: [ 'date', 'dateTime', 'reviewed' ] []",
    "task: test in_progress 1 [ 'johndoe@example.com 1' ]",
    "task: adults in_progress 1 [ 'johndoe@example.com 1' ]",
    'mine: true null',
  ]);
});
