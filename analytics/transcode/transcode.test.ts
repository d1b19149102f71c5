import { describe, expect, it } from 'vitest';
import { analyticBench } from '../test-support/bench.ts';
import { numberedClip, numberOf } from '../test-support/numbered-clip.ts';
import { countPackets, probeVideo } from '../video/probe.ts';

const bench = analyticBench();
const films = numberedClip(bench);
const signal = new AbortController().signal;

describe('transcode', () => {
  it.each(['mp4', 'webm'])('keeps every frame in %s', async (format) => {
    const { files, summary } = await bench.run('transcode', { video: films.clip }, { format, quality: 15 });
    expect(files[0]).toMatchObject({ name: `clip.${format}`, mediaType: `video/${format}` });
    expect(summary).toMatchObject({ frames: 70, width: 160, height: 120, codec: format === 'mp4' ? 'h264' : 'vp9' });
    expect((await probeVideo(files[0]!.path, signal)).audio).not.toBeNull();
    const again = await bench.run('frames', { video: files[0]!.path }, { frames: [0, 44, 69], format: 'png' });
    expect(await Promise.all(again.files.slice(0, -1).map(({ path }) => numberOf(path)))).toEqual([0, 44, 69]);
  });

  it('cuts, scales, changes the rate and drops the sound', async () => {
    const { files, summary } = await bench.run(
      'transcode',
      { video: films.clip },
      { start: 1, end: 2, max_side: 80, audio: false, rate: 10 },
    );
    expect(summary).toMatchObject({ frames: 10, width: 80, height: 60 });
    expect((await probeVideo(files[0]!.path, signal)).audio).toBeNull();
    expect(await countPackets(files[0]!.path, signal)).toBe(10);
    await expect(bench.run('transcode', { video: films.clip }, { start: 2, end: 1 })).rejects.toThrow('parameter end');
    await expect(
      bench.run('transcode', { video: await bench.file('bad.mp4', Buffer.alloc(5_000, 7)) }),
    ).rejects.toMatchObject({ name: 'InputError' });
  });

  it('opens no other files and hosts through a playlist', async () => {
    const list = await bench.file(
      'list.mp4',
      `#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n${films.clip}\n#EXT-X-ENDLIST\n`,
    );
    await expect(bench.run('transcode', { video: list })).rejects.toMatchObject({ name: 'InputError' });
    const concat = await bench.file('concat.mp4', `ffconcat version 1.0\nfile '${films.clip}'\n`);
    await expect(bench.run('frames', { video: concat })).rejects.toMatchObject({ name: 'InputError' });
  });
});
