import { describe, expect, it } from 'vitest';
import type { EtaVideoLabels } from '../motion-tracks/track-content.ts';
import { analyticBench, readJson } from '../test-support/bench.ts';
import { makeClip, type Mover } from '../test-support/clips.ts';

const bench = analyticBench();

describe('vehicle-sense', () => {
  it('runs motion tracks, with one file as its output', async () => {
    const path = `${bench.dir}/clip.mp4`;
    const car: Mover = { width: 60, height: 30, colour: [200, 40, 40], from: 0, to: 59, at: (f: number) => ({ x: 10 + f * 4, y: 60 }) };
    await makeClip({ path, width: 320, height: 240, frames: 60, movers: [car] });
    const { manifest, files, labels } = await bench.run('voxel51/vehicle-sense', { video: path }, { accel: '1.0' });
    expect(manifest.version).toBe('0.2');
    expect(labels).toBeUndefined();
    expect(files.map(({ output, name }) => [output, name])).toEqual([['labels', 'labels.json']]);
    const eta = await readJson<EtaVideoLabels>(files[0]!.path);
    expect(eta.frames['41']!.objects.objects).toHaveLength(1);
  });

  it('says what is wrong with its parameter', async () => {
    const path = `${bench.dir}/clip.mp4`;
    await expect(bench.run('voxel51/vehicle-sense', { video: path }, { accel: 'fast' })).rejects.toThrow('accel');
  });
});
