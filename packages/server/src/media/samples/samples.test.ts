import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { annotationContent, type AnnotationContent } from '@fovea/contract';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeMedia } from '../describe.ts';
import { describeDicomBytes } from '@fovea/medical/dicom/describe.ts';
import { orderSeries } from '@fovea/medical/dicom/series.ts';
import { frameAt, indexFrames } from '../video/frame-index.ts';
import { drawDicomSeries } from './dicom-series.ts';
import { boundsOf } from './outline.ts';
import { drawPhotos, type SamplePhoto } from './photos.ts';
import { drawVideo } from './video.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-samples-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of source) all.push(one);
  return all;
}

function bounds({ geometry }: AnnotationContent) {
  if (geometry.type === 'polygon') return boundsOf(geometry.points);
  if (geometry.type === 'box') return { left: geometry.x, top: geometry.y, right: geometry.x + geometry.width, bottom: geometry.y + geometry.height };
  return undefined;
}

describe('photos', () => {
  let photos: SamplePhoto[];
  beforeAll(async () => {
    photos = await collect(drawPhotos({ count: 24, seed: 5 }));
  });

  it('come as many as asked for, with names of their own', () => {
    expect(photos).toHaveLength(24);
    expect(new Set(photos.map(({ name }) => name)).size).toBe(24);
    expect(new Set(photos.map(({ bytes }) => digest(bytes))).size).toBe(24);
  });

  it('are the same for the same seed, and others for another', async () => {
    const again = await collect(drawPhotos({ count: 6, seed: 5 }));
    expect(again.map(({ bytes }) => digest(bytes))).toEqual(photos.slice(0, 6).map(({ bytes }) => digest(bytes)));
    expect(again.map(({ truth }) => truth)).toEqual(photos.slice(0, 6).map(({ truth }) => truth));
    const [other] = await collect(drawPhotos({ count: 1, seed: 6 }));
    expect(digest(other!.bytes)).not.toBe(digest(photos[0]!.bytes));
  });

  it('have facts: size, some turned, some with a camera and a time', async () => {
    const facts = await Promise.all(
      photos.map(async ({ name, bytes }) => {
        await writeFile(join(folder, name), bytes);
        return describeMedia({ path: join(folder, name), size: bytes.length });
      }),
    );
    for (const one of facts) expect([one.width, one.height].toSorted()).toEqual([1280, 960]);
    for (const one of facts) expect(one).not.toHaveProperty('problem');
    expect(facts.some(({ orientation }) => orientation !== 1)).toBe(true);
    expect(facts.some(({ width, height }) => height! > width!)).toBe(true);
    expect(facts.filter(({ capturedAt }) => capturedAt !== undefined).length).toBeGreaterThan(10);
    expect(facts.some(({ summary }) => summary?.['location'] !== undefined)).toBe(true);
  });

  it('have a truth that the contract takes, inside the upright picture', async () => {
    for (const { bytes, truth } of photos) {
      const { width, height } = (await sharp(bytes).metadata()).autoOrient;
      expect(truth[0]!.type).toBe('classification');
      expect(truth.length).toBeGreaterThan(1);
      for (const one of truth) {
        expect(annotationContent.parse(one)).toEqual(one);
        const box = bounds(one);
        if (box === undefined) continue;
        expect(Math.min(box.left, box.top)).toBeGreaterThanOrEqual(0);
        expect(box.right).toBeLessThanOrEqual(width);
        expect(box.bottom).toBeLessThanOrEqual(height);
      }
    }
  });

  it('show their objects where the truth says: an orange is orange in the middle of its outline', async () => {
    let seen = 0;
    for (const { bytes, truth } of photos) {
      for (const one of truth) {
        const box = bounds(one);
        if (one.label !== 'orange' || !box || one.attributes['occluded'] || one.attributes['truncated']) continue;
        const at = { left: Math.round((box.left + box.right) / 2) - 4, top: Math.round((box.top + box.bottom) / 2) - 4, width: 8, height: 8 };
        const { channels } = await sharp(await sharp(await sharp(bytes).autoOrient().toBuffer()).extract(at).toBuffer()).stats();
        expect(channels[0]!.mean).toBeGreaterThan(channels[2]!.mean + 60);
        seen++;
      }
    }
    expect(seen).toBeGreaterThan(2);
  });

  it('can be left off in the middle', async () => {
    for await (const photo of drawPhotos({ count: 1_000_000, seed: 1 })) {
      expect(photo.bytes.length).toBeGreaterThan(10_000);
      break;
    }
  });
});

describe('video', () => {
  it('has the frames asked for, each a key frame, the same for the same seed', async () => {
    const wish = { seconds: 1.2, fps: 10, width: 320, height: 180, seed: 3 };
    const { name, bytes } = await drawVideo(wish);
    const path = join(folder, name);
    await writeFile(path, bytes);
    const index = await indexFrames(path);
    expect(index).toMatchObject({ count: 12, codec: 'vp8', isVariableRate: false });
    expect([...index.isKey]).toEqual(Array.from({ length: 12 }, () => 1));
    expect(frameAt(index, 7).seconds).toBeCloseTo(0.7, 6);
    expect(await describeMedia({ path, size: bytes.length })).toMatchObject({ kind: 'video', mediaType: 'video/webm', width: 320, height: 180, frames: 12, durationSeconds: 1.2 });
    expect(digest((await drawVideo(wish)).bytes)).toBe(digest(bytes));
  });

  it('has tracks that the contract takes, with ascending key frames inside the clip and the picture', async () => {
    const { truth } = await drawVideo({ seconds: 4, fps: 5, width: 320, height: 180, seed: 9 });
    expect(truth.length).toBeGreaterThanOrEqual(3);
    for (const track of truth) {
      expect(annotationContent.parse(track)).toEqual(track);
      const frames = track.keyframes!.map(({ frame }) => frame);
      expect(frames).toEqual([...new Set(frames)].toSorted((a, b) => a - b));
      expect(frames[0]).toBe(track.frame);
      expect(frames.at(-1)).toBeLessThan(20);
      expect(track.keyframes![0]!.geometry).toEqual(track.geometry);
      for (const { geometry } of track.keyframes!) {
        if (geometry.type !== 'box') throw new Error('a box was expected');
        expect(geometry.x).toBeGreaterThanOrEqual(0);
        expect(geometry.x + geometry.width).toBeLessThanOrEqual(320);
      }
    }
  });
});

describe('DICOM series', () => {
  it('is one series in order, evenly spaced, the same for the same seed', async () => {
    const slices = await collect(drawDicomSeries({ slices: 6, seed: 2 }));
    const facts = slices.map(({ bytes }) => describeDicomBytes(bytes));
    for (const one of facts) expect(one).toMatchObject({ width: 320, height: 320, frames: 1, summary: { modality: 'CT', bitsAllocated: 16, rescaleIntercept: -1024 } });
    for (const one of facts) expect(one).not.toHaveProperty('problem');
    const [series, ...more] = orderSeries(facts.map(({ summary }) => summary));
    expect(more).toEqual([]);
    expect(series).toMatchObject({ orderedBy: 'geometry', gaps: [], duplicates: [] });
    expect(series!.instances.map(({ instance }) => instance['instanceNumber'])).toEqual([1, 2, 3, 4, 5, 6]);
    const uids = facts.map(({ summary }) => summary['sopInstanceUid'] as string);
    expect(new Set(uids).size).toBe(6);
    for (const uid of uids) expect(uid).toMatch(/^2\.25\.[1-9]\d{0,38}$/);
    const again = await collect(drawDicomSeries({ slices: 6, seed: 2 }));
    expect(again.map(({ bytes }) => digest(bytes))).toEqual(slices.map(({ bytes }) => digest(bytes)));
  });
});
