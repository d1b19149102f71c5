import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { analyticManifest } from '@fovea/contract';
import { describe, expect, test } from 'vitest';
import { containerRunner, findContainerEngine } from './container.ts';
import { RunnerMissing, type RunRequest } from './runner.ts';
import { runnerSuite, scripts } from './runner.suite.ts';

const engine = findContainerEngine();

/** A root folder with a shell and a few programs of this machine, as a tar archive: all that an image needs. */
function makeRoot(): { archive: string; folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'fovea-image-'));
  const root = join(folder, 'root');
  for (const place of ['bin', 'tmp', 'etc', 'proc', 'dev', 'sys', 'job']) mkdirSync(join(root, place), { recursive: true });
  for (const program of ['sh', 'cat', 'sleep', 'ln']) {
    const path = execFileSync('sh', ['-c', `readlink -f "$(command -v ${program})"`], { encoding: 'utf8' }).trim();
    copyFileSync(path, join(root, 'bin', program));
    for (const [library] of execFileSync('ldd', [path], { encoding: 'utf8' }).matchAll(/\/\S+/g)) {
      mkdirSync(join(root, dirname(library)), { recursive: true });
      copyFileSync(library, join(root, library));
    }
  }
  const archive = join(folder, 'image.tar');
  execFileSync('tar', ['--create', '--file', archive, '--directory', root, '.']);
  return { archive, folder };
}

test('without podman and docker a job fails for lack of them', async () => {
  const manifest = analyticManifest.parse({ name: 'test/x', version: '1', inputs: [], outputs: [], runtime: { kind: 'container', image: 'x' } });
  const request = { manifest, job: { id: 'x', ticket: 1 } } as RunRequest;
  await expect(containerRunner({ engine: undefined }).run(request)).rejects.toThrow(RunnerMissing);
});

describe.skipIf(engine === undefined)('with podman or docker', () => {
  runnerSuite('containers', async () => {
    const { archive, folder } = makeRoot();
    const image = readFileSync(archive, 'latin1');
    const runner = containerRunner({ engine });
    return {
      runner,
      analytic: (behaviour) => ({ runtime: { kind: 'container', image: 'test/shell', archive: 'image.tar', command: ['/bin/sh', '-c', scripts[behaviour]], network: false }, files: { 'image.tar': image } }),
      close: async () => rmSync(folder, { recursive: true, force: true }),
    };
  });

  test('nothing of the containers is left', () => {
    const { stdout } = spawnSync(engine?.program ?? '', ['ps', '--all', '--format', '{{.Names}}', '--filter', 'name=fovea-'], { encoding: 'utf8' });
    expect(stdout.trim()).toBe('');
  });
});
