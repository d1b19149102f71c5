// `fovea doctor --deep` on a whole platform with its own database, while it runs and when it does not.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fovea } from '@fovea/sdk';
import { startPlatform, type Running } from '@fovea/server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../src/testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'fovea-doctor-'));
const dataDir = join(folder, 'data');
const key = 'live_doctor-tests-only-0123456789';
let platform: Running | undefined;
let sha256: string;

beforeAll(async () => {
  platform = await startPlatform({ dataDir, port: 0, env: { FOVEA_LOG_LEVEL: 'silent', FOVEA_ADMIN_KEY: key } });
  const fovea = new Fovea({ url: platform.url, key });
  const project = await fovea.projects.create({ name: 'p' });
  const dataset = await fovea.datasets.create({ project: project.id, name: 'Night' });
  sha256 = (await fovea.items.upload(dataset.id, randomBytes(5_000), { path: '/a.bin' })).item.sha256;
}, 120_000);
afterAll(async () => {
  await platform?.close();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

const deep = (...more: string[]) => runCli(['doctor', '--deep', '--data', dataDir, ...more]);
const storageOf = (out: string) => out.split('\n').filter(Boolean).map((line) => JSON.parse(line)).filter(({ check }) => check === 'storage');

test('every file is read and compared, beside a platform that runs', async () => {
  const healthy = await deep();
  expect(healthy.out).toMatch(/storage +1 file \(5.*kB\) read, and compared with digest and size/);
  expect(healthy.code).toBe(0);
  expect(healthy.err).toBe('');
});

test('a file that is damaged is named with the item that has it, and the exit code is 1, also when nothing runs', async () => {
  writeFileSync(join(dataDir, 'blobs', sha256.slice(0, 2), sha256), randomBytes(5_000));
  const told = await deep('--json');
  expect(told.code).toBe(1);
  expect(storageOf(told.out)).toMatchObject([
    { state: 'fault', kind: 'damaged', sha256, items: [{ path: '/a.bin', dataset: 'Night' }], message: expect.stringContaining('/a.bin in "Night"') },
    { state: 'warning', blobs: 1, faults: 1 },
  ]);
  await platform?.close();
  platform = undefined;
  expect(storageOf((await deep('--json')).out)).toHaveLength(2);
}, 60_000);

test('a folder without a platform is told', async () => {
  const nowhere = await runCli(['doctor', '--deep', '--data', join(folder, 'empty'), '--json']);
  expect([nowhere.code, storageOf(nowhere.out)]).toMatchObject([1, [{ state: 'fault', message: expect.stringContaining('There is no platform in the data folder') }]]);
});
