import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeClip, readNumber } from './test-support/clips.ts';
import { makeScratch, type Scratch } from './test-support/scratch.ts';
import { tryAnalytic } from './try.ts';
import { countPackets, probeVideo } from './video/probe.ts';

let scratch: Scratch;
let clip: string;
let photo: string;
const signal = new AbortController().signal;

beforeAll(async () => {
  scratch = await makeScratch();
  clip = `${scratch.dir}/clip.mp4`;
  // With B-frames, so that decoding order is not showing order.
  await makeClip({
    path: clip,
    width: 160,
    height: 120,
    frames: 70,
    numbered: true,
    withSound: true,
    encoder: ['-c:v', 'libx264', '-bf', '3', '-g', '30', '-crf', '16', '-pix_fmt', 'yuv420p', '-c:a', 'aac'],
  });
  photo = await scratch.file(
    'photo.jpg',
    await sharp({ create: { width: 300, height: 200, channels: 3, background: '#4080c0' } })
      .jpeg()
      .withMetadata({ orientation: 6, density: 300 })
      .toBuffer(),
  );
});
afterAll(() => scratch.remove());

const run = async (name: string, inputs: Record<string, string | string[]>, parameters: Record<string, unknown> = {}) =>
  tryAnalytic(name, { inputs, parameters, outDir: await scratch.folder() });

async function numberOf(path: string): Promise<number> {
  const { data, info } = await sharp(path).raw().toBuffer({ resolveWithObject: true });
  return readNumber(data, info.width, info.channels);
}

describe('frames', () => {
  it('gives exactly the wanted frames, with their times', async () => {
    const { files } = await run('frames', { video: clip }, { frames: '[63, 0, 7, 31]', format: 'png' });
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
    const { files, summary } = await run('frames', { video: clip }, { from: 10, to: 40, every: 7, max_side: 160 });
    expect(summary).toEqual({ frames: 5, first: 10, last: 38 });
    expect(await Promise.all(files.slice(0, -1).map(({ path }) => numberOf(path)))).toEqual([10, 17, 24, 31, 38]);
  });

  it('gives all frames, at most so many, and says when one is not there', async () => {
    expect((await run('frames', { video: clip })).summary).toMatchObject({ frames: 70, last: 69 });
    expect((await run('frames', { video: clip }, { max_frames: 3 })).summary).toMatchObject({ frames: 3, last: 2 });
    await expect(run('frames', { video: clip }, { frames: [5, 70] })).rejects.toThrow('clip.mp4 has no frame 70');
    await expect(run('frames', { video: clip }, { frames: [-1] })).rejects.toThrow('parameter frames');
    await expect(run('frames', { video: clip }, { from: 500 })).rejects.toThrow('no frame from 500 on');
    await expect(run('frames', { video: photo })).rejects.toMatchObject({ name: 'InputError' });
  });
});

describe('transcode', () => {
  it.each(['mp4', 'webm'])('keeps every frame in %s', async (format) => {
    const { files, summary } = await run('transcode', { video: clip }, { format, quality: 15 });
    expect(files[0]).toMatchObject({ name: `clip.${format}`, mediaType: `video/${format}` });
    expect(summary).toMatchObject({ frames: 70, width: 160, height: 120, codec: format === 'mp4' ? 'h264' : 'vp9' });
    expect((await probeVideo(files[0]!.path, signal)).audio).not.toBeNull();
    const again = await run('frames', { video: files[0]!.path }, { frames: [0, 44, 69], format: 'png' });
    expect(await Promise.all(again.files.slice(0, -1).map(({ path }) => numberOf(path)))).toEqual([0, 44, 69]);
  });

  it('cuts, scales, changes the rate and drops the sound', async () => {
    const { files, summary } = await run(
      'transcode',
      { video: clip },
      { start: 1, end: 2, max_side: 80, audio: false, rate: 10 },
    );
    expect(summary).toMatchObject({ frames: 10, width: 80, height: 60 });
    expect((await probeVideo(files[0]!.path, signal)).audio).toBeNull();
    expect(await countPackets(files[0]!.path, signal)).toBe(10);
    await expect(run('transcode', { video: clip }, { start: 2, end: 1 })).rejects.toThrow('parameter end');
    await expect(
      run('transcode', { video: await scratch.file('bad.mp4', Buffer.alloc(5_000, 7)) }),
    ).rejects.toMatchObject({ name: 'InputError' });
  });

  it('opens no other files and hosts through a playlist', async () => {
    const list = await scratch.file(
      'list.mp4',
      `#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n${clip}\n#EXT-X-ENDLIST\n`,
    );
    await expect(run('transcode', { video: list })).rejects.toMatchObject({ name: 'InputError' });
    const concat = await scratch.file('concat.mp4', `ffconcat version 1.0\nfile '${clip}'\n`);
    await expect(run('frames', { video: concat })).rejects.toMatchObject({ name: 'InputError' });
  });
});

describe('thumbnails and media-info', () => {
  it('makes upright thumbnails of photos and videos', async () => {
    const { files, failures } = await run(
      'thumbnails',
      { files: [photo, clip, await scratch.file('x.jpg', 'nothing')] },
      { size: 100, format: 'jpeg', video_position: 0.5 },
    );
    expect(files.map(({ name }) => name)).toEqual(['photo.jpg', 'clip.jpg']);
    expect(await sharp(files[0]!.path).metadata()).toMatchObject({ width: 67, height: 100, format: 'jpeg' });
    expect(await sharp(files[1]!.path).metadata()).toMatchObject({ width: 100, height: 75 });
    expect(failures).toHaveLength(1);
    const square = await run('thumbnails', { files: photo }, { size: 64, square: true });
    expect(await sharp(square.files[0]!.path).metadata()).toMatchObject({ width: 64, height: 64, format: 'webp' });
  });

  it('describes photos, videos and other files', async () => {
    const text = await scratch.file('notes.txt', 'hello');
    const { files, summary } = await run('media-info', { files: [photo, clip, text] });
    const [image, video, other] = JSON.parse(await readFile(files[0]!.path, 'utf8')) as Record<string, unknown>[];
    expect(image).toMatchObject({
      name: 'photo.jpg',
      kind: 'image',
      format: 'jpeg',
      width: 200,
      height: 300,
      orientation: 6,
      dotsPerInch: 300,
    });
    expect(video).toMatchObject({
      kind: 'video',
      width: 160,
      height: 120,
      codec: 'h264',
      frames: 70,
      framesPerSecond: 25,
      audio: { codec: 'aac' },
    });
    expect(other).toMatchObject({
      kind: 'other',
      bytes: 5,
      sha256: '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824',
    });
    expect(summary).toMatchObject({ files: 3, kinds: { image: 1, video: 1, other: 1 } });
  });
});
