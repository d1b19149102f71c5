// docs/analytics.md works as it is printed: every command of it is run, and its program; and every analytic that comes with the platform is on it.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { builtinAnalytics } from '@fovea/analytics/registry.ts';
import { makeClip } from '@fovea/analytics/test-support/clips.ts';
import { onnxFile } from '@fovea/analytics/test-support/onnx-file.ts';
import { colorClassifier, colorDetector, colorSegmenter } from '@fovea/analytics/test-support/onnx-graphs.ts';
import { drawPortrait } from '@fovea/analytics/test-support/portraits.ts';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../../packages/cli/src/testing.ts';
import { drawDicomSeries } from '../../packages/server/src/media/samples/index.ts';
import { startTestPlatform, type TestPlatform } from '../../packages/server/src/testing/platform.ts';

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'analytics.md'), 'utf8');
const lines = [...page.matchAll(/^npx fovea (.+)$/gm)].map(([, line = '']) => line);
let fovea: TestPlatform;
let folder: string;

beforeAll(async () => {
  fovea = await startTestPlatform();
  folder = mkdtempSync(join(tmpdir(), 'fovea-docs-'));
  const save = (name: string, bytes: Uint8Array | string) => writeFileSync(join(folder, name), bytes);
  const { png } = await drawPortrait();
  const photo = await sharp({ create: { width: 320, height: 240, channels: 3, background: '#00e000' } }).jpeg().toBuffer();
  save('photo.jpg', photo);
  save('copy.jpg', await sharp(photo).resize(160).jpeg().toBuffer());
  save('dark.jpg', await sharp(png).linear(0.2, 0).jpeg().toBuffer());
  save('portrait.jpg', await sharp(png).jpeg({ quality: 95 }).toBuffer());
  await makeClip({ path: join(folder, 'street.mp4'), width: 160, height: 120, frames: 50, numbered: true });
  const box = (x: number) => ({ type: 'box', label: 'car', geometry: { type: 'box', x, y: 10, width: 40, height: 40 } });
  save('answers.json', JSON.stringify({ items: [{ id: '1', answers: [{ by: 'ada', annotations: [box(0)] }, { by: 'bob', annotations: [box(2)] }] }] }));
  save('items.json', JSON.stringify({ items: [{ path: '/photo.jpg', mediaType: 'image/jpeg', width: 320, height: 240, bytes: photo.length, annotations: [box(0)] }] }));
  save('colors.onnx', onnxFile(colorClassifier(8)));
  save('boxes.onnx', onnxFile(colorDetector()));
  save('masks.onnx', onnxFile(colorSegmenter(1)));
  for await (const { bytes } of drawDicomSeries({ slices: 1, seed: 1 })) save('scan.dcm', bytes);
  await cli('projects create Street');
  await cli('upload photo.jpg scan.dcm --dataset Night --project Street --create');
});
afterAll(async () => {
  await fovea.close();
  rmSync(folder, { recursive: true, force: true });
});

async function cli(line: string): Promise<string> {
  // As a shell takes it apart: what stands in single quotes is one word.
  const words = [...line.matchAll(/(?:'[^']*'|[^\s'])+/g)].map(([word]) => word.replaceAll("'", ''));
  const { code, out, err } = await runCli(words, { cwd: folder, env: { HOME: folder, FOVEA_URL: fovea.url, FOVEA_KEY: fovea.key } });
  expect([line, code, code === 0 ? '' : err]).toEqual([line, 0, '']);
  return out;
}

test('every analytic that comes with the platform has an example', () => {
  const shown = new Set(lines.flatMap((line) => /^(?:analytics try|run) (\S+)/.exec(line)?.[1] ?? []));
  const named = builtinAnalytics.map(({ manifest }) => manifest.name).filter((name) => name.startsWith('fovea/'));
  expect(named.filter((name) => !shown.has(name) || !page.includes(`**${name}**`))).toEqual([]);
  // What a shell would take for a pattern stands in quotes.
  expect(lines.filter((line) => /[[{*?"]/.test(line.replaceAll(/'[^']*'/g, '')))).toEqual([]);
});

describe('every command does what the page says', () => {
  test.each(lines)('%s', { timeout: 120_000 }, async (line) => {
    const out = await cli(line);
    const tried = /--out (tried\/\S+)/.exec(line)?.[1];
    if (tried === undefined) return expect(out).not.toBe('');
    expect(readdirSync(join(folder, tried)).length).toBeGreaterThan(0);
  });
  test('with the outputs that were asked for', async () => {
    const size = async (path: string) => {
      const { width, height, density } = await sharp(join(folder, 'tried', path)).metadata();
      return [width, height, density];
    };
    expect((await size('cropped/portrait.jpg')).slice(0, 2)).toEqual([300, 400]);
    expect(await size('padded/portrait.jpg')).toEqual([400, 400, 300]);
    expect(readdirSync(join(folder, 'tried', 'frames')).filter((name) => name.startsWith('frame-'))).toEqual(['frame-000000.jpg', 'frame-000012.jpg', 'frame-000024.jpg']);
    const found = (tried: string) => (JSON.parse(readFileSync(join(folder, 'tried', tried, 'labels.json'), 'utf8')) as { annotations: { label: string; type: string }[] }[])[0]?.annotations[0];
    expect(found('onnx')).toMatchObject({ type: 'classification', label: 'green' });
    expect(found('boxes')).toMatchObject({ type: 'box', label: 'green' });
    expect(found('masks')).toMatchObject({ type: 'polygon', label: 'green' });
    expect(readFileSync(join(folder, 'tried', 'quality', 'labels.json'), 'utf8')).toContain('dark');
  });
});

test('the program runs as it is printed', { timeout: 120_000 }, async () => {
  const [, code = ''] = /```ts\n([\s\S]*?)```/.exec(page) ?? [];
  // Beside this file, where the SDK is found among the packages.
  const file = join(import.meta.dirname, `.analytics-${process.pid}.ts`);
  writeFileSync(file, code);
  try {
    const env = { PATH: process.env['PATH'] ?? '', FOVEA_URL: fovea.url, FOVEA_KEY: fovea.key };
    const { stdout } = await promisify(execFile)(process.execPath, [file], { env, timeout: 60_000 });
    expect(stdout).toContain('palettes.json application/json true');
    expect(stdout.trim().split('\n').at(-1)).toBe('1 of 1');
  } finally {
    rmSync(file);
  }
});
