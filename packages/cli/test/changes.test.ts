// Items changed, deleted and brought in from the command line, by a platform that works.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../../server/src/testing/platform.ts';
import { runCli } from '../src/testing.ts';

const project = 'Changing';
let platform: TestPlatform;
let folder: string;
beforeAll(async () => {
  platform = await startTestPlatform();
  folder = mkdtempSync(join(tmpdir(), 'fovea-cli-'));
  await fovea(['projects', 'create', project]);
});
afterAll(async () => {
  await platform.close();
  rmSync(folder, { recursive: true, force: true });
});

const fovea = (args: readonly string[]) => runCli(args, { cwd: folder, env: { HOME: folder, FOVEA_URL: platform.url, FOVEA_KEY: platform.key } });
const json = async (args: readonly string[]) => {
  const { code, out, err } = await fovea([...args, '--json']);
  expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
  return out.split('\n').filter(Boolean).map((line) => JSON.parse(line) as Record<string, unknown>);
};

test('items are changed and deleted, some or by a filter; folders move; URLs and archives come in', async () => {
  for (const name of ['a', 'b', 'c']) writeFileSync(join(folder, `${name}.txt`), name);
  await json(['upload', 'a.txt', 'b.txt', 'c.txt', '-D', 'Changed', '-p', project, '--create', '--into', 'old', '--label', 'x']);
  const [first] = await json(['items', 'list', '-D', 'Changed', '-p', project]);
  expect(await json(['items', 'update', String(first?.['id']), '--status', 'published', '--add-label', 'y', '--merge-metadata', '{"n": 1}'])).toMatchObject([{ status: 'published', labels: ['x', 'y'], metadata: { n: 1 } }]);
  const many = await fovea(['items', 'update', '-D', 'Changed', '-p', project, '--filter', '{"status": "inbox"}', '--remove-label', 'x', '--channel', 'left']);
  expect([many.code, many.out]).toEqual([0, expect.stringContaining('2 items of "Changed" changed.')]);
  expect((await json(['items', 'list', '-D', 'Changed', '-p', project, '--channel', 'left'])).map((item) => item['labels'])).toEqual([[], []]);
  expect(await json(['datasets', 'folders', 'move', 'Changed', '/old', '/new', '-p', project])).toEqual([{ moved: 3 }]);
  expect((await json(['datasets', 'folders', 'list', 'Changed', '-p', project])).map(({ path }) => path)).toEqual(['/new']);
  await json(['items', 'delete', '-D', 'Changed', '-p', project, '--filter', '{"channel": "left"}']);
  expect(await json(['items', 'list', '-D', 'Changed', '-p', project])).toHaveLength(1);
  for (const wrong of [['items', 'delete'], ['items', 'update', '--status', 'inbox'], ['items', 'update', 'x', '--filter', '{}', '-D', 'Changed', '--channel', ''], ['items', 'update', String(first?.['id'])]]) expect((await fovea(wrong)).code).toBe(2);
  expect((await json(['datasets', 'import-urls', 'Changed', `${platform.url}/healthz`, '-p', project, '--into', 'web'])).at(0)).toMatchObject({ created: 1, failedCount: 0 });
  mkdirSync(join(folder, 'in'));
  for (const name of ['1', '2']) writeFileSync(join(folder, 'in', `${name}.txt`), name);
  execFileSync('tar', ['-czf', 'many.tar.gz', 'in'], { cwd: folder });
  expect((await json(['datasets', 'import-archive', 'Changed', 'many.tar.gz', '-p', project, '--into', '/zip', '--label', 'z'])).at(0)).toMatchObject({ created: 2 });
  expect((await json(['items', 'list', '-D', 'Changed', '-p', project, '--label', 'z'])).map(({ path }) => path)).toEqual(['/zip/in/1.txt', '/zip/in/2.txt']);
});
