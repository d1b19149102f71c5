import type { GeometryOf } from '@fovea/contract';
import { expect, it } from 'vitest';
import { annotationSimilarity, encodeRle, mergeGeometries, runsFromBitmap, similarity } from './index.ts';

const box = (x: number) => ({ type: 'box' as const, x, y: 0, width: 10, height: 10 });
const track = (keyframes: [frame: number, x: number][], endFrame: number, outside: number[] = []) => ({
  geometry: box(keyframes[0]?.[1] ?? 0),
  frame: keyframes[0]?.[0] ?? 0,
  endFrame,
  keyframes: keyframes.map(([frame, x]) => ({ frame, geometry: box(x), ...(outside.includes(frame) ? { outside: true } : {}) })),
});

it('calls tracks of one movement alike, however their key frames are set', () => {
  const straight = track([[0, 0], [40, 80]], 40);
  expect(annotationSimilarity(straight, track([[0, 0], [10, 20], [30, 60], [40, 80]], 40))).toBeCloseTo(1, 9);
  // One begins late: alike on 31 of 41 frames.
  expect(annotationSimilarity(straight, track([[10, 20], [40, 80]], 40))).toBeCloseTo(31 / 41, 9);
  // The first key frames agree, and nothing after them.
  expect(annotationSimilarity(straight, track([[0, 0], [1, 500], [40, 900]], 40))).toBeLessThan(0.1);
});

it('counts frames on which an object has left the picture for whoever sees it there', () => {
  const there = track([[0, 0]], 9);
  expect(annotationSimilarity(there, track([[0, 0], [5, 0]], 9, [5]))).toBeCloseTo(0.5, 9);
  expect(annotationSimilarity(track([[0, 0], [5, 0]], 9, [5]), track([[0, 0], [4, 0], [5, 90]], 9, [5]))).toBeCloseTo(1, 9);
});

it('looks at long tracks on a few frames, and at a still beside a track', () => {
  expect(annotationSimilarity(track([[0, 0]], 100_000), track([[50_000, 0]], 100_000))).toBeCloseTo(0.5, 1);
  expect(annotationSimilarity({ geometry: box(0), frame: 3, endFrame: null }, track([[0, 0]], 9))).toBeCloseTo(0.1, 9);
  expect(annotationSimilarity({ geometry: box(0), frame: null, endFrame: null }, track([[0, 0]], 9))).toBe(0);
});

const slice = (frame: number, ...pixels: number[]) => ({ frame, rle: encodeRle(runsFromBitmap(Uint8Array.from({ length: 6 }, (_, at) => (pixels.includes(at) ? 1 : 0)), 3, 2)) });
const volume = (...slices: ReturnType<typeof slice>[]): GeometryOf<'volume'> => ({ type: 'volume', value: 1, size: [3, 2, 4], slices });

it('compares volumes by their voxels where these are at hand, else by their files', () => {
  expect(similarity(volume(slice(0, 1, 2), slice(1, 4)), volume(slice(0, 2), slice(3, 5)))).toBeCloseTo(1 / 4, 9);
  expect(similarity(volume(), volume())).toBe(1);
  const kept = (blob: string): GeometryOf<'volume'> => ({ type: 'volume', value: 1, size: [3, 2, 4], blob });
  expect([similarity(kept('a'), kept('a')), similarity(kept('a'), kept('b')), similarity(kept('a'), volume(slice(0, 1)))]).toEqual([1, 0, 0]);
});

it('merges volumes by the majority of each voxel', () => {
  const merged = mergeGeometries([volume(slice(0, 1, 2), slice(1, 4)), volume(slice(0, 2, 3)), volume(slice(0, 1, 2), slice(2, 0))], { width: 3, height: 2 });
  expect(merged).toEqual(volume(slice(0, 1, 2)));
  const apart = volume(slice(0, 1));
  expect(mergeGeometries([apart, volume(slice(1, 1))], { width: 3, height: 2 })).toEqual(apart);
});
