import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { annotationContent, type AnnotationContent } from '@fovea/contract';
import { boxIou, interpolate } from '@fovea/geometry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeClip, type Mover } from '../test-support/clips.ts';
import { makeScratch, type Scratch } from '../test-support/scratch.ts';
import { tryAnalytic } from '../try.ts';
import type { EtaVideoLabels } from './track-content.ts';

const size = { width: 480, height: 360 };
const frames = 150;

const movers: Mover[] = [
  // There from the first frame on, slow.
  { width: 60, height: 30, colour: [200, 40, 40], from: 0, to: 149, at: (f) => ({ x: 10 + f * 2.5, y: 60 }) },
  // Enters, leaves early, fast.
  {
    width: 36,
    height: 36,
    colour: [30, 30, 160],
    from: 30,
    to: 80,
    at: (f) => ({ x: 440 - (f - 30) * 7, y: 160 + (f - 30) }),
  },
  // Diagonal, changes direction.
  {
    width: 24,
    height: 48,
    colour: [240, 230, 60],
    from: 50,
    to: 149,
    at: (f) => ({ x: 60 + (f < 100 ? (f - 50) * 4 : (150 - f) * 4), y: 250 - Math.abs(f - 100) }),
  },
];

interface Score {
  precision: number;
  recall: number;
  /** Each object is followed by this many different tracks. */
  identities: number[];
}

/** Counts a found box as right when it overlaps a real one by at least half (IoU ≥ 0.5). */
function score(tracks: AnnotationContent[], truth: Mover[], every = 1): Score {
  let [found, right, wanted, hit] = [0, 0, 0, 0];
  const followers = truth.map(() => new Set<number>());
  for (let frame = 0; frame < frames; frame += every) {
    const boxes = tracks.flatMap((track, index) => {
      if (frame < track.frame! || frame > track.endFrame!) return [];
      const geometry = interpolate(track.keyframes!, frame)!.geometry;
      return geometry.type === 'box' ? [{ ...geometry, index }] : [];
    });
    const real = truth.flatMap((mover, index) => {
      if (frame < mover.from || frame > mover.to) return [];
      const { x, y } = mover.at(frame);
      const clipped = {
        x: Math.max(0, x),
        y: Math.max(0, y),
        right: Math.min(size.width, x + mover.width),
        bottom: Math.min(size.height, y + mover.height),
      };
      if ((clipped.right - clipped.x) * (clipped.bottom - clipped.y) < 0.3 * mover.width * mover.height) return [];
      return [
        { index, x: clipped.x, y: clipped.y, width: clipped.right - clipped.x, height: clipped.bottom - clipped.y },
      ];
    });
    found += boxes.length;
    wanted += real.length;
    for (const box of boxes) {
      const partner = real.find((other) => boxIou(box, other) >= 0.5);
      if (partner === undefined) continue;
      right += 1;
      followers[partner.index]!.add(box.index);
    }
    hit += real.filter((other) => boxes.some((box) => boxIou(box, other) >= 0.5)).length;
  }
  return { precision: right / Math.max(1, found), recall: hit / wanted, identities: followers.map((set) => set.size) };
}

describe('motion tracks', () => {
  let scratch: Scratch;
  let clip: string;
  beforeAll(async () => {
    scratch = await makeScratch();
    clip = `${scratch.dir}/clip.mp4`;
    await makeClip({ path: clip, ...size, frames, movers, noise: 3 });
  });
  afterAll(() => scratch.remove());

  const track = async (video: string, parameters: Record<string, unknown> = {}) =>
    tryAnalytic('motion-tracks', { inputs: { video }, parameters, outDir: await scratch.folder() });

  it('finds every object, once, where it is', async () => {
    const { labels, files, summary, seconds } = await track(clip);
    const { annotations } = labels![0]!;
    const result = score(annotations, movers);
    console.log(
      `motion tracks: precision ${result.precision.toFixed(3)}, recall ${result.recall.toFixed(3)}, ${(frames / seconds).toFixed(0)} frames/s`,
    );
    expect(result.precision).toBeGreaterThan(0.93);
    expect(result.recall).toBeGreaterThan(0.93);
    expect(result.identities).toEqual([1, 1, 1]);
    expect(annotations).toHaveLength(3);
    expect(summary).toMatchObject({ tracks: 3, framesSeen: frames, sceneChanges: 0 });
    for (const annotation of annotations) {
      expect(annotationContent.parse(annotation)).toMatchObject({
        type: 'box',
        label: 'moving object',
        source: 'model',
      });
      expect(annotation.keyframes![0]!.geometry).toEqual(annotation.geometry);
      expect(annotation.keyframes!.length).toBeLessThan(60);
    }
    const eta = JSON.parse(await readFile(files[0]!.path, 'utf8')) as EtaVideoLabels;
    const { objects } = eta.frames['61']!.objects;
    expect(eta.frames['61']!.frame_number).toBe(61);
    expect(objects.map(({ index }) => index)).toEqual([1, 2, 3]);
    expect(objects[0]!.bounding_box.top_left.x).toBeCloseTo((10 + 60 * 2.5) / size.width, 1);
    expect(Object.keys(eta.frames)).toHaveLength(frames);
  });

  it('looks at every nth frame with accel and keeps frame numbers', async () => {
    const { labels, summary } = await track(clip, { accel: '3.0' });
    const result = score(labels![0]!.annotations, movers, 3);
    console.log(`motion tracks, accel 3: precision ${result.precision.toFixed(3)}, recall ${result.recall.toFixed(3)}`);
    expect(summary).toMatchObject({ framesSeen: 50, tracks: 3 });
    expect(result.precision).toBeGreaterThan(0.9);
    expect(result.recall).toBeGreaterThan(0.9);
  });

  it('keeps identities when two objects cross', async () => {
    const crossing: Mover[] = [
      { width: 50, height: 40, colour: [200, 40, 40], from: 0, to: 149, at: (f) => ({ x: f * 3, y: 150 }) },
      { width: 40, height: 60, colour: [40, 60, 200], from: 0, to: 149, at: (f) => ({ x: 440 - f * 3, y: 145 }) },
    ];
    const path = `${scratch.dir}/crossing.mp4`;
    await makeClip({ path, ...size, frames, movers: crossing });
    const { labels } = await track(path);
    const { annotations } = labels![0]!;
    const result = score(annotations, crossing);
    console.log(
      `motion tracks, crossing: precision ${result.precision.toFixed(3)}, recall ${result.recall.toFixed(3)}, identities ${result.identities.join(' ')}`,
    );
    expect(annotations).toHaveLength(2);
    expect(result.recall).toBeGreaterThan(0.85);
    // Each track ends on the side that its object was going to.
    for (const { keyframes } of annotations) {
      const [first, last] = [keyframes![0]!.geometry, keyframes!.at(-1)!.geometry];
      if (first.type !== 'box' || last.type !== 'box') throw new Error('boxes expected');
      expect(Math.abs(last.x - first.x)).toBeGreaterThan(350);
    }
  });

  it('measures motion against the ground when the camera moves', async () => {
    const camera = (f: number) => ({ x: Math.round(40 + 38 * Math.sin(f / 40)), y: Math.round(f / 5) });
    const ground: Mover[] = [
      { width: 50, height: 36, colour: [200, 40, 40], from: 0, to: 149, at: (f) => ({ x: 60 + f * 2.2, y: 120 }) },
      { width: 36, height: 50, colour: [40, 60, 200], from: 20, to: 149, at: (f) => ({ x: 450 - f * 2, y: 260 }) },
    ];
    const path = `${scratch.dir}/camera.mp4`;
    await makeClip({ path, ...size, frames, movers: ground, camera, cameraRoom: 90 });
    const onPicture = ground.map((mover): Mover => ({
      ...mover,
      at: (f) => ({ x: mover.at(f).x - camera(f).x, y: mover.at(f).y - camera(f).y }),
    }));
    const { labels, summary } = await track(path);
    const result = score(labels![0]!.annotations, onPicture);
    console.log(
      `motion tracks, moving camera: precision ${result.precision.toFixed(3)}, recall ${result.recall.toFixed(3)}`,
    );
    expect(summary).toMatchObject({ movingScenes: 1, sceneChanges: 0 });
    expect(result.precision).toBeGreaterThan(0.85);
    expect(result.recall).toBeGreaterThan(0.85);
  });

  it('begins anew after a cut', async () => {
    const [one, two] = [`${scratch.dir}/one.mp4`, `${scratch.dir}/two.mp4`];
    await makeClip({
      path: one,
      width: 240,
      height: 180,
      frames: 60,
      movers: [{ width: 30, height: 20, colour: [220, 30, 30], from: 0, to: 59, at: (f) => ({ x: f * 3, y: 50 }) }],
    });
    await makeClip({
      path: two,
      width: 240,
      height: 180,
      frames: 60,
      seed: 9,
      movers: [
        { width: 30, height: 20, colour: [30, 30, 220], from: 0, to: 59, at: (f) => ({ x: 200 - f * 3, y: 120 }) },
      ],
    });
    const joined = `${scratch.dir}/joined.mp4`;
    execFileSync('ffmpeg', [
      '-v',
      'error',
      '-i',
      one,
      '-i',
      two,
      '-filter_complex',
      '[0:v][1:v]concat=n=2',
      '-crf',
      '18',
      joined,
    ]);
    const { labels } = await track(joined);
    expect(labels![0]!.annotations.map(({ frame, endFrame }) => [frame! < 30, endFrame! < 61])).toEqual([
      [true, true],
      [false, false],
    ]);
  });

  it('finds nothing in a still or flickering picture', async () => {
    const path = `${scratch.dir}/still.webm`;
    await makeClip({
      path,
      width: 240,
      height: 180,
      frames: 80,
      noise: 8,
      encoder: ['-c:v', 'libvpx', '-b:v', '1M', '-deadline', 'realtime', '-cpu-used', '8'],
    });
    expect((await track(path)).labels![0]!.annotations).toEqual([]);
  });

  it('comes to an end on pure noise', async () => {
    const path = `${scratch.dir}/noise.mp4`;
    await makeClip({ path, width: 120, height: 90, frames: 260, noise: 400 });
    expect((await track(path)).summary).toMatchObject({ framesSeen: 260 });
  });

  it('says what is wrong with files that are no video, or end early', async () => {
    await expect(track(await scratch.file('a.mp4', 'no video'))).rejects.toMatchObject({ name: 'InputError' });
    await expect(track(await scratch.file('empty.mp4', ''))).rejects.toMatchObject({ name: 'InputError' });
    const sound = `${scratch.dir}/sound.wav`;
    await scratch.file('sound.wav', wav());
    await expect(track(sound)).rejects.toThrow('has no video track');
    const webm = `${scratch.dir}/whole.webm`;
    await makeClip({
      path: webm,
      width: 240,
      height: 180,
      frames: 60,
      movers: movers.slice(0, 1),
      encoder: ['-c:v', 'libvpx', '-b:v', '1M', '-deadline', 'realtime', '-cpu-used', '8'],
    });
    const bytes = await readFile(webm);
    const cut = await track(await scratch.file('cut.webm', bytes.subarray(0, Math.floor(bytes.length * 0.7))));
    expect(cut.summary!.framesSeen).toBeGreaterThan(10);
    expect(cut.summary!.framesSeen).toBeLessThan(60);
  });

  it('stops at once when cancelled', async () => {
    const controller = new AbortController();
    const running = tryAnalytic('motion-tracks', {
      inputs: { video: clip },
      outDir: await scratch.folder(),
      signal: controller.signal,
    });
    setTimeout(() => controller.abort(), 60);
    await expect(running).rejects.toMatchObject({ name: 'AbortError' });
  });
});

/** A tenth of a second of silence. */
function wav(): Buffer {
  const out = Buffer.alloc(44 + 1_600);
  out.write('RIFF', 0);
  out.writeUInt32LE(out.length - 8, 4);
  out.write('WAVEfmt ', 8);
  out.writeUInt32LE(16, 16);
  out.writeUInt16LE(1, 20);
  out.writeUInt16LE(1, 22);
  out.writeUInt32LE(8_000, 24);
  out.writeUInt32LE(16_000, 28);
  out.writeUInt16LE(2, 32);
  out.writeUInt16LE(16, 34);
  out.write('data', 36);
  out.writeUInt32LE(1_600, 40);
  return out;
}
