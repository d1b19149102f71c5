import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { drawPortrait } from '../analytics/test-support/portraits.ts';
import { startTestPlatform, type TestPlatform } from '../packages/server/src/testing/platform.ts';
import { runExample } from '../test/run-example.ts';

let fovea: TestPlatform;
let folder: string;

beforeAll(async () => {
  fovea = await startTestPlatform();
  folder = mkdtempSync(join(tmpdir(), 'fovea-example-'));
  for (const name of ['photos', 'out']) mkdirSync(join(folder, name));
  const anna = await sharp((await drawPortrait()).png).jpeg().toBuffer();
  writeFileSync(join(folder, 'photos', 'anna.jpg'), anna);
  writeFileSync(join(folder, 'photos', 'broken.jpg'), anna.subarray(0, 300));
  writeFileSync(join(folder, 'red.jpg'), await sharp({ create: { width: 300, height: 200, channels: 3, background: '#c02020' } }).jpeg().toBuffer());
});
afterAll(async () => {
  await fovea.close();
  rmSync(folder, { recursive: true, force: true });
});

test('the steps of the README of Skylab\'s client', { timeout: 120_000 }, async () => {
  expect(await runExample('skylab.ts', [join(folder, 'photos'), join(folder, 'red.jpg'), join(folder, 'out')], fovea)).toEqual([
    'profiles: 1 My profile 2',
    "photos: 2 [ 'anna.jpg', 'broken.jpg' ]",
    'jobs: ready 1',
    'in front: 0',
    'cancelled: cancelled',
    expect.stringMatching(/^failed: broken\.jpg /),
    'saved: anna.jpg image/jpeg',
    'deleted: 404',
    expect.stringContaining('color_red'),
  ]);
  expect(readdirSync(join(folder, 'out'))).toEqual(['anna.jpg']);
  const saved = sharp(join(folder, 'out', 'anna.jpg'));
  expect(await saved.metadata()).toMatchObject({ width: 600, height: 750, format: 'jpeg', channels: 3 });
  const [red, green, blue] = await saved.extract({ left: 5, top: 5, width: 20, height: 20 }).resize(1, 1).raw().toBuffer();
  expect([red! > 170, green! < 60, blue! < 60]).toEqual([true, true, true]);
});
