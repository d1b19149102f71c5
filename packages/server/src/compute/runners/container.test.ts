import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { analyticManifest } from '@fovea/contract';
import { describe, expect, test, vi } from 'vitest';
import { containerRunner, findContainerEngine } from './container.ts';
import { ImageStore, imageTag } from './images.ts';
import { forgetImage, makeImage, makeRoot } from './image.fixture.ts';
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

  test('images of analytics that are gone are removed, others and those of nobody here stay', async () => {
    const { archive, folder } = makeImage(['sh'], {}, ['/bin/sh', '-c', 'echo "{}" > "$FOVEA_OUTPUT/report.json"']);
    const bytes = readFileSync(archive);
    const tag = imageTag(createHash('sha256').update(bytes).digest('hex'));
    const images = new ImageStore(engine!);
    const names = () => spawnSync(engine?.program ?? '', ['images', '--format', '{{.Repository}}:{{.Tag}}'], { encoding: 'utf8' }).stdout.split('\n');
    const manifest = analyticManifest.parse({ name: 'test/x', version: '1', inputs: [], outputs: [], runtime: { kind: 'container', image: 'x', archive: 'image.tar' } });
    const request = { manifest, job: { id: 'x', ticket: 1 }, files: { 'image.tar': archive } } as unknown as RunRequest;
    const digest = tag.split(':')[1] ?? '';
    const only = (unwanted: string) => async (digests: readonly string[]) => new Set(digests.filter((one) => one !== unwanted));
    const before = names();
    try {
      await images.use(request, async (image) => {
        expect(image).toBe(tag);
        expect(await images.prune(only(digest))).toEqual([]);
      });
      expect(names().filter((name) => !before.includes(name))).toEqual([tag]);
      expect(await images.prune(async (digests) => new Set(digests))).toEqual([]);
      expect(await images.prune(only(digest))).toEqual([tag]);
      expect(names()).toEqual(before);
    } finally {
      forgetImage(bytes);
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('nothing of the containers is left', { timeout: 60_000 }, async () => {
    const names = () => spawnSync(engine?.program ?? '', ['ps', '--all', '--format', '{{.Names}}', '--filter', 'name=fovea-'], { encoding: 'utf8' }).stdout.split(/\s+/).filter(Boolean);
    // Tests beside this one have containers too, of which each ends.
    const seen = names();
    await vi.waitUntil(() => names().every((name) => !seen.includes(name)), { timeout: 50_000, interval: 500 });
  });
});
