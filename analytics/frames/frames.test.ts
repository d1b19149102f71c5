import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { analyticBench } from '../test-support/bench.ts';
import { numberedClip, numberOf } from '../test-support/numbered-clip.ts';

const bench = analyticBench();
const films = numberedClip(bench);

describe('frames', () => {
  it('gives exactly the wanted frames, with their times', async () => {
    const { files } = await bench.run('frames', { video: films.clip }, { frames: '[63, 0, 7, 31]', format: 'png' });
    const pictures = files.filter(({ output }) => output === 'frames');
    expect(pictures.map(({ name }) => name)).toEqual([
      'frame-000000.png',
      'frame-000007.png',
      'frame-000031.png',
      'frame-000063.png',
    ]);
    expect(await Promise.all(pictures.map(({ path }) => numberOf(path)))).toEqual([0, 7, 31, 63]);
    const index = JSON.parse(await readFile(files.at(-1)!.path, 'utf8')) as {
      frame: number;
      seconds: number;
      file: string;
    }[];
    expect(index[1]).toEqual({ frame: 7, seconds: expect.closeTo(7 / 25, 2), file: 'frame-000007.png' });
  });

  it('gives every nth frame of a range', async () => {
    const { files, summary } = await bench.run('frames', { video: films.clip }, { from: 10, to: 40, every: 7, max_side: 160 });
    expect(summary).toEqual({ frames: 5, first: 10, last: 38 });
    expect(await Promise.all(files.slice(0, -1).map(({ path }) => numberOf(path)))).toEqual([10, 17, 24, 31, 38]);
  });

  it('gives all frames, at most so many, and says when one is not there', async () => {
    expect((await bench.run('frames', { video: films.clip })).summary).toMatchObject({ frames: 70, last: 69 });
    expect((await bench.run('frames', { video: films.clip }, { max_frames: 3 })).summary).toMatchObject({ frames: 3, last: 2 });
    await expect(bench.run('frames', { video: films.clip }, { frames: [5, 70] })).rejects.toThrow('clip.mp4 has no frame 70');
    await expect(bench.run('frames', { video: films.clip }, { frames: [-1] })).rejects.toThrow('parameter frames');
    await expect(bench.run('frames', { video: films.clip }, { from: 500 })).rejects.toThrow('no frame from 500 on');
    await expect(bench.run('frames', { video: films.photo })).rejects.toMatchObject({ name: 'InputError' });
  });
});
