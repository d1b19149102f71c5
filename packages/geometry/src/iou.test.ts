import type { AnnotationGeometry, GeometryOf } from '@fovea/contract';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as arbitrary from '../test/arbitrary.ts';
import {
  area,
  boxIou,
  boxPolygon,
  boxRing,
  clipToConvex,
  coverage,
  differRegions,
  editDistance,
  encodeRle,
  intersectRegions,
  iou,
  keypointSimilarity,
  lineDistance,
  mayOverlap,
  rasterize,
  regionArea,
  regionOf,
  sampleLine,
  signedArea,
  similarity,
  subtractRegions,
  unionRegions,
  untangle,
} from './index.ts';

const box = (x: number, y: number, width: number, height: number) => ({ type: 'box' as const, x, y, width, height });
const maskOf = (geometry: AnnotationGeometry): GeometryOf<'mask'> => ({
  type: 'mask',
  rle: encodeRle(rasterize(geometry, { width: 40, height: 40 })!),
});

describe('intersection over union', () => {
  it('has the closed form for boxes', () => {
    expect(boxIou(box(0, 0, 10, 10), box(5, 5, 10, 10))).toBeCloseTo(25 / 175, 12);
    expect(boxIou(box(0, 0, 10, 10), box(10, 0, 10, 10))).toBe(0);
    expect(boxIou(box(0, 0, 0, 0), box(0, 0, 0, 0))).toBe(0);
  });

  it('is symmetric, between 0 and 1, and 1 with itself, for every pair of areas', () => {
    fc.assert(
      fc.property(arbitrary.areal, arbitrary.areal, (a, b) => {
        const [there, back] = [iou(a, b)!, iou(b, a)!];
        expect(there).toBeCloseTo(back, 6);
        expect(there).toBeGreaterThanOrEqual(0);
        expect(there).toBeLessThanOrEqual(1);
        expect(iou(a, a)).toBeGreaterThan(0.999);
        expect(there === 0 || mayOverlap(a, b)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('says the same as clipping outlines', () => {
    fc.assert(
      fc.property(arbitrary.areal, arbitrary.simplePolygon, (a, b) => {
        const { common, onlyA, onlyB } = coverage(regionOf(a)!, b);
        const clipped = intersectRegions(regionOf(a)!, b).reduce((sum, polygon) => sum + regionArea(polygon), 0);
        expect(Math.abs(common - clipped)).toBeLessThan(1e-3);
        expect(common + onlyA).toBeCloseTo(area(a), 6);
        expect(common + onlyB).toBeCloseTo(area(b), 6);
      }),
      { numRuns: 60 },
    );
  });

  it('says the same as clipping convex shapes', () => {
    fc.assert(
      fc.property(arbitrary.rotatedBox, arbitrary.ellipse, (a, b) => {
        const [ringA, ringB] = [regionOf(a)!.points, regionOf(b)!.points];
        expect(coverage({ points: ringA }, { points: ringB }).common).toBeCloseTo(
          Math.abs(signedArea(clipToConvex(ringA, ringB))),
          6,
        );
      }),
    );
  });

  it('goes by the even-odd rule where an outline crosses itself', () => {
    const bow: GeometryOf<'polygon'> = {
      type: 'polygon',
      points: [
        [0, 0],
        [10, 10],
        [10, 0],
        [0, 10],
      ],
    };
    expect(iou(bow, box(0, 0, 10, 10))).toBeCloseTo(0.5, 12);
  });

  it('compares masks with anything on the grid of the mask', () => {
    const [a, b] = [box(5, 5, 20, 20), box(15, 5, 20, 20)];
    const exact = boxIou(a, b);
    expect(iou(maskOf(a), maskOf(b))).toBe(exact);
    expect(iou(maskOf(a), b)).toBe(exact);
    expect(iou(boxPolygon(b), maskOf(a))).toBe(exact);
    expect(iou(maskOf(a), { type: 'point', x: 6, y: 6 })).toBe(1);
    expect(iou({ type: 'point', x: 4, y: 6 }, maskOf(a))).toBe(0);
    expect(iou({ type: 'point', x: 6, y: 6 }, a)).toBe(1);
  });

  it('counts holes as outside', () => {
    const holed = { ...boxPolygon(box(0, 0, 10, 10)), holes: [boxRing(box(2, 2, 4, 4))] };
    expect(iou(holed, box(2, 2, 4, 4))).toBe(0);
    expect(iou(holed, box(0, 0, 10, 10))).toBeCloseTo(0.84, 12);
  });

  it('is undefined for what has no area', () => {
    expect(iou({ type: 'classification' }, box(0, 0, 1, 1))).toBeUndefined();
    expect(
      iou(
        {
          type: 'polyline',
          points: [
            [0, 0],
            [1, 1],
          ],
        },
        maskOf(box(0, 0, 1, 1)),
      ),
    ).toBeUndefined();
  });
});

describe('boolean operations', () => {
  it('add and take away areas', () => {
    fc.assert(
      fc.property(arbitrary.simplePolygon, arbitrary.simplePolygon, (a, b) => {
        const sum = (polygons: readonly GeometryOf<'polygon'>[]) =>
          polygons.reduce((total, p) => total + regionArea(p), 0);
        const [union, common] = [sum(unionRegions([a, b])), sum(intersectRegions(a, b))];
        expect(union + common).toBeCloseTo(area(a) + area(b), 4);
        expect(sum(subtractRegions(a, b))).toBeCloseTo(area(a) - common, 4);
        expect(sum(differRegions(a, b))).toBeCloseTo(union - common, 4);
      }),
      { numRuns: 60 },
    );
  });

  it('cut a hole, and a shape in two', () => {
    const [withHole] = subtractRegions(boxPolygon(box(0, 0, 10, 10)), boxPolygon(box(4, 4, 2, 2)));
    expect(withHole?.holes).toHaveLength(1);
    expect(subtractRegions(boxPolygon(box(0, 0, 10, 10)), boxPolygon(box(4, -1, 2, 12)))).toHaveLength(2);
    expect(unionRegions([])).toEqual([]);
  });

  it('untangle a bow tie into two triangles', () => {
    const bow = untangle({
      points: [
        [0, 0],
        [10, 10],
        [10, 0],
        [0, 10],
      ],
    });
    expect(bow.map((part) => regionArea(part))).toEqual([25, 25]);
  });
});

describe('similarity', () => {
  it('falls with the distance of points and lines', () => {
    const point = (x: number) => ({ type: 'point' as const, x, y: 0 });
    expect(similarity(point(0), point(0))).toBe(1);
    expect(similarity(point(0), point(10))).toBeCloseTo(Math.exp(-0.5), 12);
    expect(similarity(point(0), point(10), { sigmaPx: 5 })).toBeCloseTo(Math.exp(-2), 12);
    const line = (y: number) => ({
      type: 'polyline' as const,
      points: [
        [0, y],
        [30, y],
        [100, y],
      ] as [number, number][],
    });
    expect(lineDistance(line(0).points, line(3).points)).toBeCloseTo(3, 9);
    expect(similarity(line(0), line(10))).toBeCloseTo(Math.exp(-0.5), 9);
  });

  it('samples lines at equal distances', () => {
    expect(
      sampleLine(
        [
          [0, 0],
          [1, 0],
          [1, 0],
          [4, 0],
        ],
        5,
      ),
    ).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
      [3, 0],
      [4, 0],
    ]);
    expect(
      sampleLine(
        [
          [2, 3],
          [2, 3],
        ],
        2,
      ),
    ).toEqual([
      [2, 3],
      [2, 3],
    ]);
  });

  it('weighs key points as COCO does', () => {
    const person = (dx: number, visibility: 0 | 1 | 2 = 2): GeometryOf<'keypoints'> => ({
      type: 'keypoints',
      points: [
        { name: 'nose', x: 0 + dx, y: 0, visibility: 2 },
        { name: 'left_hip', x: 100, y: 100, visibility },
      ],
    });
    expect(keypointSimilarity(person(0), person(0))).toBe(1);
    // s² = 100 · 100, k = 2 · 0.026: one of two points is 2 px away.
    const expected = (Math.exp(-4 / (2 * 10_000 * 0.052 ** 2)) + 1) / 2;
    expect(keypointSimilarity(person(0), person(2))).toBeCloseTo(expected, 12);
    expect(keypointSimilarity(person(0), person(0, 0))).toBe(0.5);
    expect(similarity(person(0), { type: 'classification' })).toBe(0);
  });

  it('compares texts by span or edits', () => {
    const text = (value: string, start?: number, end?: number) => ({ type: 'text' as const, text: value, start, end });
    expect(editDistance('kitten', 'sitting')).toBe(3);
    expect(similarity(text('kitten'), text('sitting'))).toBeCloseTo(1 - 3 / 7, 12);
    expect(similarity(text('', 0, 10), text('', 5, 15))).toBeCloseTo(5 / 15, 12);
    expect(similarity(text('a'.repeat(5000)), text('b'.repeat(5000)))).toBe(0);
  });

  it('intersects turned cuboids in space', () => {
    const cuboid = (center: [number, number, number], rotation: [number, number, number] = [0, 0, 0]) => ({
      type: 'cuboid' as const,
      center,
      size: [2, 2, 2] as [number, number, number],
      rotation,
    });
    expect(similarity(cuboid([0, 0, 0]), cuboid([0, 0, 0]))).toBeCloseTo(1, 12);
    expect(similarity(cuboid([0, 0, 0]), cuboid([1, 0, 0]))).toBeCloseTo(4 / 12, 12);
    expect(similarity(cuboid([0, 0, 0]), cuboid([0, 0, 0], [0, Math.PI / 2, 0]))).toBeCloseTo(1, 9);
    // A square turned by 45° shares an octagon of area 8(√2 - 1) with itself.
    const octagon = 2 * 8 * (Math.SQRT2 - 1);
    expect(similarity(cuboid([0, 0, 0]), cuboid([0, 0, 0], [0, 0, Math.PI / 4]))).toBeCloseTo(
      octagon / (16 - octagon),
      9,
    );
    expect(similarity(cuboid([0, 0, 0]), cuboid([5, 0, 0]))).toBe(0);
  });
});
