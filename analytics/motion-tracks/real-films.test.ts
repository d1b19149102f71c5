import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { analyticBench } from '../test-support/bench.ts';

/** Films that a camera took, where the folder of real data lies beside this one. */
const folder = join(import.meta.dirname, '..', '..', '..', 'shared', 'data', 'video');
const films = existsSync(folder) ? readdirSync(folder).filter((name) => /\.(webm|mp4)$/.test(name)) : [];
const bench = analyticBench();

describe.skipIf(films.length === 0)('motion tracks of real films', () => {
  it.each(films)('%s has tracks that move, within the picture', { timeout: 120_000 }, async (name) => {
    const { labels, summary, seconds } = await bench.run('motion-tracks', { video: join(folder, name) });
    const tracks = labels![0]!.annotations;
    console.log(`${name}: ${tracks.length} tracks in ${seconds.toFixed(1)} s, ${JSON.stringify(summary)}`);
    expect(tracks.length).toBeGreaterThan(0);
    for (const { keyframes, frame, endFrame } of tracks) {
      expect(endFrame!).toBeGreaterThan(frame!);
      expect(keyframes!.length).toBeGreaterThan(1);
      for (const { geometry } of keyframes!) {
        if (geometry.type !== 'box') throw new Error('A track is made of boxes.');
        expect(Math.min(geometry.x, geometry.y)).toBeGreaterThanOrEqual(-1);
        expect(Math.min(geometry.width, geometry.height)).toBeGreaterThan(0);
      }
    }
  });
});
