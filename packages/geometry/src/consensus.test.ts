import type { AnnotationGeometry } from '@fovea/contract';
import { describe, expect, it } from 'vitest';
import {
  boxPolygon,
  encodeRle,
  frameFault,
  geometryFault,
  iou,
  keyframesFault,
  majority,
  median,
  mergeGeometries,
  rasterize,
} from './index.ts';

const size = { width: 40, height: 40 };
const box = (x: number, y = 0, width = 10, height = 10) => ({ type: 'box' as const, x, y, width, height });

describe('consensus', () => {
  it('takes medians, which one careless person does not move', () => {
    expect(mergeGeometries([box(0), box(1), box(30, 9, 1, 1)], size)).toEqual(box(1, 0, 10, 10));
    const point = (x: number): AnnotationGeometry => ({ type: 'point', x, y: x });
    expect(mergeGeometries([point(1), point(2), point(99), point(3)], size)).toEqual(point(2.5));
    expect(median([])).toBeNaN();
  });

  it('averages directions over the half turn', () => {
    const rotated = (angle: number): AnnotationGeometry => ({
      type: 'rotated_box',
      cx: 5,
      cy: 5,
      width: 4,
      height: 2,
      angle,
    });
    const merged = mergeGeometries([rotated(0.1), rotated(Math.PI - 0.1)], size);
    expect(merged?.type === 'rotated_box' && merged.angle).toBeCloseTo(0, 9);
    const ellipse = (angle: number): AnnotationGeometry => ({ type: 'ellipse', cx: 5, cy: 5, rx: 4, ry: 2, angle });
    expect(mergeGeometries([ellipse(0.2), ellipse(0.4)], size)).toMatchObject({ rx: 4, angle: expect.closeTo(0.3, 9) });
  });

  it('votes polygons and masks by pixel', () => {
    const polygons = [box(0), box(2), box(4)].map(boxPolygon);
    expect(iou(mergeGeometries(polygons, size)!, box(2))).toBe(1);
    const masks = polygons.map((polygon): AnnotationGeometry => ({
      type: 'mask',
      rle: encodeRle(rasterize(polygon, size)!),
    }));
    expect(iou(mergeGeometries(masks, size)!, box(2))).toBe(1);
    const apart = [box(0), box(20)].map(boxPolygon);
    expect(mergeGeometries(apart, size)).toBe(apart[0]);
  });

  it('keeps key points that at least half of the people see', () => {
    const person = (x: number, tail: 0 | 2): AnnotationGeometry => ({
      type: 'keypoints',
      points: [
        { name: 'nose', x, y: 0, visibility: 2 },
        { name: 'tail', x: 5, y: 5, visibility: tail },
      ],
    });
    expect(mergeGeometries([person(1, 0), person(2, 0), person(3, 2)], size)).toEqual({
      type: 'keypoints',
      points: [
        { name: 'nose', x: 2, y: 0, visibility: 2 },
        { name: 'tail', x: 0, y: 0, visibility: 0 },
      ],
    });
  });

  it('goes by the majority of types and classes', () => {
    expect(majority(['cat', 'dog', 'dog'])).toEqual({ value: 'dog', share: 2 / 3 });
    expect(majority([])).toBeUndefined();
    expect(mergeGeometries([{ type: 'point', x: 0, y: 0 }, box(3), box(3)], size)).toEqual(box(3));
    expect(mergeGeometries([], size)).toBeUndefined();
  });
});

describe('faults', () => {
  const media = { width: 40, height: 40, frames: 10 };

  it.each<[string, AnnotationGeometry, string | undefined]>([
    ['a box', box(0), undefined],
    ['a box partly outside', box(-8), undefined],
    ['a box that touches the edge from outside', box(40), undefined],
    ['a box next to the picture', box(45), 'wholly outside the picture of 40 by 40 pixels'],
    ['a box far outside', box(500), 'far outside the picture of 40 by 40 pixels'],
    ['a box that is not a number', box(Number.NaN), 'geometry.x must be a finite number'],
    ['a box turned inside out', box(0, 0, -1), 'negative width or height'],
    [
      'a polygon of two points',
      {
        type: 'polygon',
        points: [
          [0, 0],
          [1, 1],
        ],
      },
      'geometry.points must have at least 3 points, not 2',
    ],
    [
      'a hole of two points',
      {
        ...boxPolygon(box(0)),
        holes: [
          [
            [0, 0],
            [1, 1],
          ],
        ],
      },
      'geometry.holes.0 must have at least 3 points',
    ],
    ['a line of one point', { type: 'polyline', points: [[0, 0]] }, 'at least 2 points'],
    [
      'an ellipse with a negative radius',
      { type: 'ellipse', cx: 1, cy: 1, rx: -1, ry: 1, angle: 0 },
      'negative radius',
    ],
    ['a cuboid of nothing', { type: 'cuboid' }, 'must have vertices, or a center and a size'],
    [
      'a cuboid of two corners',
      {
        type: 'cuboid',
        vertices: [
          [0, 0],
          [1, 1],
        ],
      },
      'must have 8 corners, not 2',
    ],
    [
      'a name twice',
      {
        type: 'keypoints',
        points: [
          { name: 'a', x: 0, y: 0, visibility: 2 },
          { name: 'a', x: 0, y: 0, visibility: 2 },
        ],
      },
      'the name a a second time',
    ],
    [
      'a mask of another size',
      { type: 'mask', rle: { size: [4, 4], counts: [16] } },
      '4 by 4 pixels, the picture 40 by 40',
    ],
    [
      'a mask with too few runs',
      { type: 'mask', rle: { size: [40, 40], counts: [16] } },
      'runs of 16 pixels, not 1600',
    ],
    ['a mask', { type: 'mask', rle: { size: [40, 40], counts: [1600] } }, undefined],
    ['a span backwards', { type: 'text', text: '', start: 4, end: 2 }, 'end 2 lies before start 4'],
    ['a classification', { type: 'classification' }, undefined],
  ])('of %s', (_, geometry, fault) => {
    expect(geometryFault(geometry, media) ?? 'none').toContain(fault ?? 'none');
  });

  it('of frames and key frames', () => {
    expect(frameFault(null, null, media)).toBeUndefined();
    expect(frameFault(3, 9, media)).toBeUndefined();
    expect(frameFault(3, 10, media)).toBe('endFrame 10 is past the last frame, 9');
    expect(frameFault(3, 2, media)).toBe('endFrame 2 lies before frame 3');
    expect(frameFault(null, 2, media)).toBe('endFrame needs a frame');
    expect(frameFault(0.5, null, media)).toContain('whole number');
    expect(
      keyframesFault(
        [
          { frame: 0, geometry: box(0) },
          { frame: 9, geometry: box(1) },
        ],
        media,
      ),
    ).toBeUndefined();
    expect(keyframesFault([{ frame: 0, geometry: box(0) }, { frame: 1, geometry: box(45), outside: true }], media)).toBeUndefined();
    expect(keyframesFault([{ frame: 0, geometry: box(0) }, { frame: 1, geometry: box(45) }], media)).toContain('wholly outside');
    expect(keyframesFault([], media)).toBe('keyframes must not be empty');
    expect(
      keyframesFault(
        [
          { frame: 2, geometry: box(0) },
          { frame: 2, geometry: box(1) },
        ],
        media,
      ),
    ).toContain('does not come after 2');
    expect(keyframesFault([{ frame: 12, geometry: box(0) }], media)).toBe(
      'keyframes.0: frame 12 is past the last frame, 9',
    );
    expect(
      keyframesFault(
        [
          { frame: 0, geometry: box(0) },
          { frame: 1, geometry: { type: 'classification' } },
        ],
        media,
      ),
    ).toContain('another type');
  });
});
