// The example in the README runs as it is printed.
import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startPlatform } from '@fovea/server';

const root = join(import.meta.dirname, '..', '..');

test('the README\'s example stores a folder and lists it', async () => {
  const [, code = ''] = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? [];
  expect(code).toContain('new Fovea()');
  const folder = mkdtempSync(join(root, 'node_modules', '.fovea-readme-'));
  const dataDir = mkdtempSync(join(tmpdir(), 'fovea-readme-'));
  const running = await startPlatform({ dataDir, port: 0, env: { FOVEA_LOG_LEVEL: 'silent' } });
  try {
    mkdirSync(join(folder, 'photos', 'sub'), { recursive: true });
    writeFileSync(join(folder, 'photos', 'a.txt'), 'a');
    writeFileSync(join(folder, 'photos', 'sub', 'b.txt'), 'b');
    writeFileSync(join(folder, 'example.ts'), code);
    const done = await runExample(folder, { FOVEA_URL: running.url, FOVEA_KEY: running.adminKey ?? '' });
    expect(done.stderr).toBe('');
    expect(done.stdout.trim().split('\n')).toEqual(['2 files are stored.', '/a.txt text/plain 1', '/sub/b.txt text/plain 1']);
  } finally {
    await running.close();
    rmSync(folder, { recursive: true, force: true });
    rmSync(dataDir, { recursive: true, force: true });
  }
});

/** Runs the example as a user's program does: JavaScript made of it, the SDK found among the packages. */
async function runExample(folder: string, env: Record<string, string>): Promise<{ stdout: string; stderr: string }> {
  execFileSync(join(root, 'node_modules', '.bin', 'tsc'), ['--outDir', folder, '--module', 'nodenext', '--target', 'es2024', '--skipLibCheck', '--allowImportingTsExtensions', '--rewriteRelativeImportExtensions', '--ignoreConfig', '--noCheck', '--isolatedModules', '--noResolve', join(folder, 'example.ts')], { cwd: folder });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  // Not waited for synchronously: the platform that it speaks to runs in this process.
  return promisify(execFile)(process.execPath, ['example.js'], { cwd: folder, env: { PATH: process.env['PATH'] ?? '', ...env }, timeout: 60_000 });
}
