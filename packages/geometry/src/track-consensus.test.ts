import type { AnnotationGeometry, Keyframe } from '@fovea/contract';
import { expect, it } from 'vitest';
import { consensusTrack, interpolate, keyframesFault, type Track } from './index.ts';

const size = { width: 200, height: 100 };
const box = (x: number, y = 0) => ({ type: 'box' as const, x, y, width: 10, height: 10 });
const track = (keyframes: [frame: number, x: number, more?: Partial<Keyframe>][], endFrame: number): Track => ({ keyframes: keyframes.map(([frame, x, more]) => ({ frame, geometry: box(x), ...more })), endFrame });
const at = (made: Track | undefined, frame: number) => interpolate(made?.keyframes ?? [], frame);
const framesOf = (made: Track | undefined) => made?.keyframes.map(({ frame }) => frame);

it('says what people say together wherever one of them set a key frame', () => {
  const made = consensusTrack([track([[0, 0], [20, 40]], 20), track([[0, 2], [10, 22], [20, 42]], 20), track([[0, 1], [5, 91], [20, 41]], 20)], size);
  expect(framesOf(made)).toEqual([0, 5, 10, 20]);
  // Medians: of 0, 2, 1; of 10, 12, 91; of 20, 22 and 74.33; of 40, 42, 41.
  expect(made?.keyframes.map(({ geometry }) => geometry)).toEqual([box(1), box(12), box(22), box(41)]);
  expect(made?.endFrame).toBe(20);
  expect(keyframesFault(made?.keyframes ?? [], { ...size, frames: 21 })).toBeUndefined();
});

it('is the movement itself where people saw the same one, however they set their key frames', () => {
  const made = consensusTrack([track([[0, 0], [40, 80]], 40), track([[0, 0], [10, 20], [30, 60], [40, 80]], 40)], size);
  for (const frame of [0, 7, 10, 25, 33, 40]) expect(at(made, frame)?.geometry).toMatchObject({ x: expect.closeTo(2 * frame, 9) });
});

it('begins, ends, and is in the picture and occluded when most people say so', () => {
  const made = consensusTrack([
    track([[0, 0], [20, 0, { outside: true }], [30, 0]], 40),
    track([[2, 0], [10, 0, { occluded: true }], [22, 0, { outside: true }], [30, 0]], 50),
    track([[5, 0], [12, 0, { occluded: true }]], 90),
  ], size);
  expect([framesOf(made)?.[0], made?.endFrame]).toEqual([2, 50]);
  expect([19, 21, 22, 29, 30, 50].map((frame) => at(made, frame)?.outside)).toEqual([false, false, true, true, false, false]);
  expect([9, 11, 12, 19].map((frame) => at(made, frame)?.occluded)).toEqual([false, false, true, true]);
});

it('gives attributes their most frequent value, and tells a value once', () => {
  const red = { attributes: { color: 'red' } };
  const made = consensusTrack([track([[0, 0, red], [10, 0, { attributes: { color: 'blue' } }]], 20), track([[0, 0, red], [12, 0, { attributes: { color: 'blue' } }]], 20), track([[0, 0, red]], 20)], size);
  expect([0, 10, 12, 20].map((frame) => at(made, frame)?.attributes)).toEqual([{ color: 'red' }, { color: 'red' }, { color: 'blue' }, { color: 'blue' }]);
  expect(made?.keyframes.filter(({ attributes }) => attributes).length).toBe(2);
});

it('takes outlines of whoever is most like the others, with the same corners all along', () => {
  const outline = (x: number, corners: number): AnnotationGeometry => ({ type: 'polygon', points: Array.from({ length: corners }, (_, index) => [x + 10 * Math.cos((index * 2 * Math.PI) / corners), 50 + 10 * Math.sin((index * 2 * Math.PI) / corners)]) });
  const moving = (x: number, corners: number, frames: number[]): Track => ({ keyframes: frames.map((frame) => ({ frame, geometry: outline(x + frame, corners) })), endFrame: 20 });
  const middle = moving(32, 6, [0, 20]);
  const made = consensusTrack([moving(26, 8, [0, 10, 20]), middle, moving(36, 5, [0, 20])], size);
  expect(framesOf(made)).toEqual([0, 10, 20]);
  for (const frame of [0, 10, 20]) expect(at(made, frame)?.geometry).toEqual(interpolate(middle.keyframes, frame)?.geometry);
});

it('does not spin a box that half a turn leaves the same', () => {
  const turned = (angles: number[]): Track => ({ keyframes: angles.map((angle, index) => ({ frame: index * 10, geometry: { type: 'rotated_box', cx: 50, cy: 50, width: 20, height: 10, angle } })), endFrame: 20 });
  const made = consensusTrack([turned([1.4, 1.5, 1.7]), turned([1.4, 1.5, 1.7])], size);
  expect(made?.keyframes.map(({ geometry }) => geometry.type === 'rotated_box' && geometry.angle)).toEqual([1.4, 1.5, 1.7].map((angle) => expect.closeTo(angle, 9)));
});

it('leaves out another type, gives one alone back, and nothing of none', () => {
  const still: Track = { keyframes: [{ frame: 0, geometry: { type: 'point', x: 1, y: 1 } }], endFrame: 20 };
  const one = track([[0, 0]], 20);
  expect(consensusTrack([still, one, track([[0, 2]], 20)], size)?.keyframes[0]?.geometry).toEqual(box(1));
  expect(consensusTrack([one], size)).toBe(one);
  expect(consensusTrack([], size)).toBeUndefined();
});
