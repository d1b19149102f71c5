import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { analyticManifest } from '@fovea/contract';
import { describe, expect, test } from 'vitest';
import { containerRunner, findContainerEngine } from './container.ts';
import { forgetImage, makeRoot } from './image.fixture.ts';
import { RunnerMissing, type RunRequest } from './runner.ts';
import { runnerSuite, scripts } from './runner.suite.ts';

const engine = findContainerEngine();

test('without podman and docker a job fails for lack of them', async () => {
  const manifest = analyticManifest.parse({ name: 'test/x', version: '1', inputs: [], outputs: [], runtime: { kind: 'container', image: 'x' } });
  const request = { manifest, job: { id: 'x', ticket: 1 } } as RunRequest;
  await expect(containerRunner({ engine: undefined }).run(request)).rejects.toThrow(RunnerMissing);
});

describe.skipIf(engine === undefined)('with podman or docker', () => {
  runnerSuite('containers', async () => {
    const { archive, folder } = makeRoot(['sh', 'cat', 'sleep', 'ln']);
    const image = readFileSync(archive, 'latin1');
    const runner = containerRunner({ engine });
    return {
      runner,
      analytic: (behaviour) => ({ runtime: { kind: 'container', image: 'test/shell', archive: 'image.tar', command: ['/bin/sh', '-c', scripts[behaviour]], network: false }, files: { 'image.tar': image } }),
      close: async () => {
        forgetImage(Buffer.from(image, 'latin1'));
        rmSync(folder, { recursive: true, force: true });
      },
    };
  });

  test('nothing of the containers is left', () => {
    const { stdout } = spawnSync(engine?.program ?? '', ['ps', '--all', '--format', '{{.Names}}', '--filter', 'name=fovea-'], { encoding: 'utf8' });
    expect(stdout.trim()).toBe('');
  });
});
