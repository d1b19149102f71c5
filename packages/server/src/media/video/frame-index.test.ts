import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeMedia } from '../describe.ts';
import { drawVideo } from '../samples/video.ts';
import { type FrameIndex, frameAt, frameAtSeconds, indexFrames, keyFrameBefore } from './frame-index.ts';
import { isHidden } from './hidden-frames.ts';
import { clips, decodedTimes, hasFfmpeg } from './test-clips.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-frames-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const secondsOf = (index: FrameIndex): number[] => Array.from({ length: index.count }, (_, frame) => frameAt(index, frame).seconds);

describe('a drawn clip', () => {
  it('is indexed without ffmpeg: times, lengths, key frames', async () => {
    const path = join(folder, 'drawn.webm');
    await writeFile(path, (await drawVideo({ seconds: 0.8, fps: 10, width: 160, height: 120, seed: 1 })).bytes);
    const index = await indexFrames(path);
    expect(index).toMatchObject({ count: 8, packetCount: 8, codec: 'vp8', isVariableRate: false, hasPlainTimes: true });
    expect(index.fps).toBeCloseTo(10, 6);
    expect(frameAt(index, 3)).toMatchObject({ frame: 3, isKey: true, packet: 3 });
    expect(secondsOf(index).map((seconds) => Math.round(seconds * 10))).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(() => frameAt(index, 8)).toThrow('there is no frame 8: the video has 8');
  });

  it('that is cut off still has its first frames', async () => {
    const { bytes } = await drawVideo({ seconds: 1, fps: 10, width: 160, height: 120, seed: 1 });
    const path = join(folder, 'cut.webm');
    await writeFile(path, bytes.subarray(0, bytes.length * 0.6));
    const facts = await describeMedia({ path, size: bytes.length });
    expect(facts.kind).toBe('video');
    expect(facts.frames ?? 0).toBeLessThan(10);
  });

  it('beyond a limit of frames is refused', async () => {
    await expect(indexFrames(join(folder, 'drawn.webm'), { maxFrames: 5 })).rejects.toThrow('the video has more than 5 frames');
    const facts = await describeMedia({ path: join(folder, 'drawn.webm'), size: 1, limits: { maxFrames: 5 } });
    expect(facts.problem).toContain('more than 5 frames');
  });
});

describe.skipIf(!hasFfmpeg)('as many frames as ffmpeg decodes, at its times (needs ffmpeg)', () => {
  it.each(['bFrames', 'variableRate', 'emptyEdit', 'fragmented', 'hiddenFrames', 'vp9', 'transportStream', 'rotated'] as const)('%s', async (name) => {
    const path = clips[name](folder);
    const index = await indexFrames(path);
    const times = decodedTimes(path);
    expect(index.count).toBe(times.length);
    expect(index.count).toBeGreaterThan(20);
    secondsOf(index).forEach((seconds, frame) => expect(seconds).toBeCloseTo(times[frame]!, 5));
    expect(index.hasPlainTimes).toBe(true);
    expect(index.isVariableRate).toBe(name === 'variableRate');
  });

  it.each(['editList', 'twoEdits'] as const)('%s: ffmpeg moves the times by less than a frame, and the index says so', async (name) => {
    const index = await indexFrames(clips[name](folder));
    const times = decodedTimes(join(folder, name === 'editList' ? 'edit-list.mp4' : 'two-edits.mp4'));
    expect(index.count).toBe(times.length);
    expect(index.count).toBeLessThan(index.packetCount);
    secondsOf(index).forEach((seconds, frame) => expect(Math.abs(seconds - times[frame]!)).toBeLessThanOrEqual(0.0401));
    expect(index.hasPlainTimes).toBe(false);
  });

  it('B-frames are shown in another order than decoded', async () => {
    const { packets, times } = await indexFrames(clips.bFrames(folder));
    expect([...packets]).not.toEqual([...packets].toSorted((a, b) => a - b));
    expect([...packets].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, at) => at));
    expect([...times]).toEqual([...times].toSorted((a, b) => a - b));
  });

  it('the two stretches of an edit list come in its order', async () => {
    const { packets } = await indexFrames(clips.twoEdits(folder));
    expect(Math.min(...packets.slice(0, 10))).toBeGreaterThan(Math.max(...packets.slice(10)));
  });

  it('hidden frames are packets without a picture', async () => {
    const index = await indexFrames(clips.hiddenFrames(folder));
    expect(index.packetCount).toBeGreaterThan(index.count);
    expect(index.count).toBe(75);
  });

  it('facts are upright, exact, and name the codec', async () => {
    const path = clips.rotated(folder);
    const facts = await describeMedia({ path, size: (await readFile(path)).length });
    expect(facts).toMatchObject({ kind: 'video', mediaType: 'video/mp4', width: 120, height: 160, frames: 50, codec: 'avc', summary: { isVariableRate: false } });
    expect(facts.fps).toBeCloseTo(25, 6);
    expect(Math.abs((facts.summary!['rotation'] as number) % 180)).toBe(90);
  });

  it('a movie that is cut off has its facts and a problem', async () => {
    const whole = await readFile(clips.fragmented(folder));
    const path = join(folder, 'cut.mp4');
    await writeFile(path, whole.subarray(0, whole.length - 2_000));
    expect((await describeMedia({ path, size: whole.length - 2_000 })).problem).toMatch(/cut off|cannot be read/);
  });

  it('an AVI file is described by ffprobe, and has no index', async () => {
    const path = clips.avi(folder);
    expect(await describeMedia({ path, size: 1 })).toMatchObject({ kind: 'video', mediaType: 'video/x-msvideo', width: 160, height: 120, frames: 20, fps: 20, codec: 'mjpeg' });
    await expect(indexFrames(path)).rejects.toThrow(/not a video file that can be read/);
  });
});

describe('finding frames', () => {
  const index = (times: number[], keys: number[]): FrameIndex => ({
    trackId: 1,
    codec: 'avc',
    ticksPerSecond: 1_000,
    count: times.length,
    times: Float64Array.from(times),
    durations: Float64Array.from(times, (time, at) => (times[at + 1] ?? time + 40) - time),
    packets: Uint32Array.from(times, (_, at) => at),
    isKey: Uint8Array.from(times, (_, at) => (keys.includes(at) ? 1 : 0)),
    packetCount: times.length,
    isVariableRate: false,
    hasPlainTimes: true,
    fps: 25,
    fileStartSeconds: 0,
  });

  it('the frame on the screen at a time', () => {
    const clip = index([40, 80, 200, 240], [0]);
    expect([-1, 0, 0.04, 0.0799, 0.08, 0.15, 0.2, 9].map((seconds) => frameAtSeconds(clip, seconds))).toEqual([0, 0, 0, 0, 1, 1, 2, 3]);
  });

  it('a frame is found again by its own time, whatever the distances', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 60 }), (gaps) => {
        let time = 0;
        const clip = index(gaps.map((gap) => (time += gap)), [0]);
        for (let frame = 0; frame < clip.count; frame++) expect(frameAtSeconds(clip, frameAt(clip, frame).seconds)).toBe(frame);
      }),
    );
  });

  it('the key frame before a frame', () => {
    const clip = index([0, 40, 80, 120, 160], [0, 3]);
    expect([0, 1, 2, 3, 4, 99].map((frame) => keyFrameBefore(clip, frame))).toEqual([0, 0, 0, 3, 3, 3]);
  });
});

describe('hidden frames', () => {
  it.each([
    ['vp8', [0x10], false],
    ['vp8', [0x00], true],
    ['vp9', [0b1000_0110, 0], false],
    ['vp9', [0b1000_0100, 0], true],
    ['vp9', [0b1000_1000, 0], false],
    ['vp9', [0b1000_0100, 0, 0xc9], false],
    ['avc', [0], false],
  ])('%s %j', (codec, packet, hidden) => {
    expect(isHidden(codec, Uint8Array.from(packet))).toBe(hidden);
  });
});
