import type { AnnotationGeometry, Keyframe, Xy } from '@fovea/contract';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as arbitrary from '../test/arbitrary.ts';
import {
  area,
  blend,
  boxRing,
  interpolate,
  iou,
  mergeTracks,
  splitTrack,
  type Track,
  visibleStretches,
} from './index.ts';

const box = (x: number): AnnotationGeometry => ({ type: 'box', x, y: 0, width: 10, height: 10 });
const track: Track = {
  keyframes: [
    { frame: 10, geometry: box(0), attributes: { color: 'red', open: false } },
    { frame: 20, geometry: box(100), occluded: true, attributes: { open: true } },
    { frame: 30, geometry: box(120), outside: true },
    { frame: 40, geometry: box(0) },
  ],
  endFrame: 50,
};

describe('a track at a frame', () => {
  it('moves between key frames and holds after the last', () => {
    expect(interpolate(track.keyframes, 9)).toBeUndefined();
    expect(interpolate(track.keyframes, 10)).toMatchObject({ geometry: box(0), isKeyframe: true, occluded: false });
    expect(interpolate(track.keyframes, 13)).toMatchObject({ geometry: box(30), isKeyframe: false, outside: false });
    expect(interpolate(track.keyframes, 25)).toMatchObject({ geometry: box(110), occluded: true });
    expect(interpolate(track.keyframes, 35)).toMatchObject({ outside: true, occluded: false });
    expect(interpolate(track.keyframes, 99)).toMatchObject({ geometry: box(0), outside: false });
  });

  it('carries attributes on', () => {
    expect(interpolate(track.keyframes, 15)?.attributes).toEqual({ color: 'red', open: false });
    expect(interpolate(track.keyframes, 45)?.attributes).toEqual({ color: 'red', open: true });
  });

  it('lists the stretches in the picture', () => {
    expect(visibleStretches(track)).toEqual([
      { from: 10, to: 29 },
      { from: 40, to: 50 },
    ]);
  });
});

describe('blending', () => {
  it('turns rotated boxes and ellipses the shorter way', () => {
    const rotated = (angle: number): AnnotationGeometry => ({
      type: 'rotated_box',
      cx: 0,
      cy: 0,
      width: 2,
      height: 1,
      angle,
    });
    const half = blend(rotated(3), rotated(-3), 0.5);
    expect(half.type === 'rotated_box' && half.angle).toBeCloseTo(Math.PI, 9);
    const ellipse = (angle: number): AnnotationGeometry => ({ type: 'ellipse', cx: 0, cy: 0, rx: 2, ry: 1, angle });
    const quarter = blend(ellipse(0.1), ellipse(Math.PI - 0.1), 0.5);
    expect(quarter.type === 'ellipse' && quarter.angle).toBeCloseTo(0, 9);
  });

  it('moves key points by name and leaves absent ones', () => {
    const points = (x: number, visibility: 0 | 2): AnnotationGeometry => ({
      type: 'keypoints',
      points: [
        { name: 'nose', x, y: 0, visibility: 2 },
        { name: 'tail', x, y: 0, visibility },
      ],
    });
    expect(blend(points(0, 2), points(10, 0), 0.5)).toEqual({
      type: 'keypoints',
      points: [
        { name: 'nose', x: 5, y: 0, visibility: 2 },
        { name: 'tail', x: 0, y: 0, visibility: 2 },
      ],
    });
  });

  it('moves cuboids and lines, and holds masks', () => {
    const cuboid = (z: number): AnnotationGeometry => ({
      type: 'cuboid',
      center: [0, 0, z],
      size: [1, 1, 1],
      rotation: [0, 0, z],
    });
    expect(blend(cuboid(0), cuboid(1), 0.5)).toEqual({
      type: 'cuboid',
      center: [0, 0, 0.5],
      size: [1, 1, 1],
      rotation: [0, 0, 0.5],
    });
    const line = (...points: Xy[]): AnnotationGeometry => ({ type: 'polyline', points });
    expect(blend(line([0, 0], [10, 0]), line([0, 10], [5, 10], [10, 10]), 0.5)).toEqual(line([0, 5], [5, 5], [10, 5]));
    const mask: AnnotationGeometry = { type: 'mask', rle: { size: [1, 1], counts: [0, 1] } };
    expect(blend(mask, { type: 'mask', rle: { size: [1, 1], counts: [1] } }, 0.5)).toBe(mask);
    expect(blend(mask, box(0), 0.5)).toBe(mask);
  });

  it('is the first polygon at 0, the second at 1, and neither vanishes between', () => {
    fc.assert(
      fc.property(arbitrary.simplePolygon, arbitrary.simplePolygon, (a, b) => {
        expect(iou(blend(a, b, 0), a)).toBeCloseTo(1, 6);
        expect(iou(blend(a, b, 1), b)).toBeCloseTo(1, 6);
        expect(area(blend(a, b, 0.5))).toBeGreaterThan(0);
      }),
      { numRuns: 60 },
    );
  });

  it('moves a square onto one with a corner more, begun elsewhere and the other way round, without turning', () => {
    const square = boxRing({ x: 0, y: 0, width: 10, height: 10 });
    const moved: Xy[] = [
      [30, 10],
      [30, 5],
      [30, 0],
      [20, 0],
      [20, 10],
    ];
    const half = blend({ type: 'polygon', points: square }, { type: 'polygon', points: moved }, 0.5);
    expect(iou(half, { type: 'box', x: 10, y: 0, width: 10, height: 10 })).toBeCloseTo(1, 9);
  });
});

describe('splitting and joining', () => {
  it('splits so that every frame stays as it was', () => {
    fc.assert(
      fc.property(fc.integer({ min: 11, max: 50 }), (cut) => {
        const [before, after] = splitTrack(track, cut);
        expect([before.endFrame, after.endFrame, after.keyframes[0]?.frame]).toEqual([cut - 1, 50, cut]);
        for (let frame = 10; frame <= 50; frame += 1) {
          const [was, is] = [
            interpolate(track.keyframes, frame)!,
            interpolate((frame < cut ? before : after).keyframes, frame)!,
          ];
          expect(is).toMatchObject({ occluded: was.occluded, outside: was.outside, attributes: was.attributes });
          expect(is.geometry.type === 'box' && is.geometry.x).toBeCloseTo(
            was.geometry.type === 'box' ? was.geometry.x : NaN,
            9,
          );
        }
      }),
    );
  });

  it('joins what it split', () => {
    fc.assert(
      fc.property(fc.integer({ min: 11, max: 50 }), (cut) => {
        const joined = mergeTracks(...splitTrack(track, cut));
        for (let frame = 10; frame <= 50; frame += 1) {
          const [was, is] = [interpolate(track.keyframes, frame)!, interpolate(joined.keyframes, frame)!];
          expect(is.geometry.type === 'box' && is.geometry.x).toBeCloseTo(
            was.geometry.type === 'box' ? was.geometry.x : NaN,
            9,
          );
          expect(is.outside).toBe(was.outside);
        }
      }),
    );
  });

  it('is outside in the gap, and refuses tracks that overlap', () => {
    const at = (frame: number, x: number): Keyframe[] => [{ frame, geometry: box(x) }];
    const joined = mergeTracks({ keyframes: at(20, 50), endFrame: 25 }, { keyframes: at(0, 0), endFrame: 9 });
    expect(visibleStretches(joined)).toEqual([
      { from: 0, to: 9 },
      { from: 20, to: 25 },
    ]);
    expect(interpolate(joined.keyframes, 9)?.geometry).toEqual(box(0));
    expect(() => mergeTracks(joined, { keyframes: at(25, 0), endFrame: 30 })).toThrow('share the frames 25 to 25');
    expect(() => splitTrack(track, 10)).toThrow(RangeError);
  });
});
