// docs/write-your-own-analytic.md works as it is printed: every file of it is written, every command of it is run.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createHash } from 'node:crypto';
import { onnxFile } from '@fovea/analytics/test-support/onnx-file.ts';
import { colorClassifier } from '@fovea/analytics/test-support/onnx-graphs.ts';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../../packages/cli/src/testing.ts';
import { startTestPlatform, type TestPlatform } from '../../packages/server/src/testing/platform.ts';

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'write-your-own-analytic.md'), 'utf8');
let fovea: TestPlatform;
let folder: string;
let photo: Buffer;

beforeAll(async () => {
  fovea = await startTestPlatform();
  folder = mkdtempSync(join(tmpdir(), 'fovea-docs-'));
  for (const [, path = '', content = ''] of page.matchAll(/^`([\w./-]+)`:\n\n```\w*\n([\s\S]*?)```/gm)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  photo = await sharp({ create: { width: 64, height: 48, channels: 3, background: '#00f000' } }).jpeg().toBuffer();
  writeFileSync(join(folder, 'photo.jpg'), photo);
  writeFileSync(join(folder, 'colors', 'colors.onnx'), onnxFile(colorClassifier(8)));
  await cli('projects create Street');
  await cli('upload photo.jpg --dataset Night --project Street --create');
});
afterAll(async () => {
  await fovea.close();
  rmSync(folder, { recursive: true, force: true });
});

async function cli(line: string): Promise<string> {
  const { code, out, err } = await runCli(line.split(' '), { cwd: folder, env: { HOME: folder, FOVEA_URL: fovea.url, FOVEA_KEY: fovea.key } });
  expect([line, code, code === 0 ? '' : err]).toEqual([line, 0, '']);
  return out;
}

test('every command does what the page says', async () => {
  const lines = [...page.matchAll(/^npx fovea (.+)$/gm)].map(([, line = '']) => line);
  expect(lines.length).toBeGreaterThanOrEqual(12);
  const said: Record<string, string> = {};
  for (const line of lines) said[line] = await cli(line);
  const all = Object.values(said).join('\n');
  expect(all).toContain('Pushed me/blur-score@1.0.0 with 1 file');
  expect(all).toContain('limit  (number; from 0; default 0.05)');
  expect(JSON.parse(readFileSync(join(folder, 'results', 'score.json'), 'utf8'))).toEqual({ score: photo.length / 10_000, blurred: true });
  expect(readFileSync(join(folder, 'tried', 'digest.txt'), 'utf8').trim()).toBe(createHash('sha256').update(photo).digest('hex'));
  const items = (await cli('items list --dataset Night --json')).trim().split('\n');
  const { id } = JSON.parse(items[0] ?? '') as { id: string };
  const { data } = (await fovea.call('GET', `/v1/items/${id}/annotations`)).body;
  expect(data.map((one: { label: string }) => one.label).toSorted()).toEqual(['blurred', 'green']);
}, 120_000);
