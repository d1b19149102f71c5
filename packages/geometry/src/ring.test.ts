import type { Xy } from '@fovea/contract';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as arbitrary from '../test/arbitrary.ts';
import {
  area,
  bounds,
  boxRing,
  centroid,
  clipLineToBox,
  clipToBox,
  closed,
  contains,
  convexHull,
  distanceToLine,
  ellipseBounds,
  ellipsePolygon,
  isSimple,
  leastAreaRectangle,
  lineLength,
  normalAngle,
  pointsBounds,
  ringCentroid,
  rotatedBoxFromVertices,
  rotatedBoxVertices,
  selfIntersection,
  signedArea,
  simplifyLine,
  simplifyRing,
  turn,
} from './index.ts';

const square: Xy[] = boxRing({ x: 0, y: 0, width: 10, height: 10 });

describe('rings', () => {
  it('measures area by direction and the centre of mass, far from the origin too', () => {
    expect(signedArea(square)).toBe(100);
    expect(signedArea(square.toReversed())).toBe(-100);
    const far = square.map(([x, y]): Xy => [x + 1e9, y - 1e9]);
    expect(signedArea(far)).toBe(100);
    expect(ringCentroid(far)).toEqual([1e9 + 5, -1e9 + 5]);
  });

  it('gives the mean point for a ring without area', () => {
    expect(
      ringCentroid([
        [0, 0],
        [4, 0],
        [2, 0],
      ]),
    ).toEqual([2, 0]);
  });

  it('builds a convex hull that holds all points and turns one way only', () => {
    fc.assert(
      fc.property(fc.array(arbitrary.xy(50), { minLength: 3, maxLength: 40 }), (points) => {
        const hull = convexHull(points);
        if (hull.length < 3) return;
        hull.forEach((a, i) => {
          const [b, c] = [hull[(i + 1) % hull.length]!, hull[(i + 2) % hull.length]!];
          expect(turn(a, b, c)).toBeGreaterThan(0);
          for (const point of points) expect(turn(a, b, point)).toBeGreaterThanOrEqual(-1e-9);
        });
      }),
    );
  });

  it('simplifies within the tolerance, keeps the ends and needs no stack', () => {
    fc.assert(
      fc.property(
        fc.array(arbitrary.xy(50), { minLength: 2, maxLength: 40 }),
        fc.integer({ min: 0, max: 20 }),
        (line, tolerance) => {
          const simple = simplifyLine(line, tolerance);
          expect([simple[0], simple.at(-1)]).toEqual([line[0], line.at(-1)]);
          for (const point of line) expect(distanceToLine(point, simple)).toBeLessThanOrEqual(tolerance + 1e-9);
        },
      ),
    );
    const long = Array.from({ length: 100_000 }, (_, i): Xy => [i, i % 2]);
    expect(simplifyLine(long, 2)).toEqual([long[0], long.at(-1)]);
  });

  it('simplifies a ring to no fewer than three points', () => {
    fc.assert(
      fc.property(arbitrary.ring(50, 20), fc.integer({ min: 0, max: 100 }), (ring, tolerance) => {
        expect(simplifyRing(ring, tolerance).length).toBeGreaterThanOrEqual(3);
      }),
    );
    expect(
      simplifyRing(
        [
          [0, 0],
          [5, 0.1],
          [10, 0],
          [10, 10],
          [0, 10],
        ],
        0.5,
      ),
    ).toEqual(square);
  });

  it('finds crossings, touching corners and edges that double back', () => {
    expect(isSimple(square)).toBe(true);
    expect(
      selfIntersection([
        [0, 0],
        [10, 10],
        [10, 0],
        [0, 10],
      ]),
    ).toEqual({ first: 0, second: 2 });
    expect(
      isSimple([
        [0, 0],
        [10, 0],
        [5, 0],
        [5, 10],
      ]),
    ).toBe(false);
    expect(
      isSimple([
        [0, 0],
        [10, 0],
        [10, 10],
        [5, 0],
        [0, 10],
      ]),
    ).toBe(false);
    fc.assert(fc.property(arbitrary.simplePolygon, ({ points }) => isSimple(points)));
  });
});

describe('clipping', () => {
  it('never grows, stays in the box, and is whole where the box holds all', () => {
    fc.assert(
      fc.property(arbitrary.simplePolygon, arbitrary.box, (polygon, box) => {
        const clipped = clipToBox(polygon.points, box);
        expect(Math.abs(signedArea(clipped))).toBeLessThanOrEqual(area(polygon) + 1e-6);
        for (const [x, y] of clipped) {
          expect(x).toBeGreaterThanOrEqual(box.x - 1e-6);
          expect(y).toBeLessThanOrEqual(box.y + box.height + 1e-6);
        }
        const all = clipToBox(polygon.points, { x: -100, y: -100, width: 300, height: 300 });
        expect(Math.abs(signedArea(all))).toBeCloseTo(area(polygon), 6);
      }),
    );
  });

  it('cuts a line into the parts within a box', () => {
    const line: Xy[] = [
      [-5, 5],
      [15, 5],
      [15, 8],
      [-5, 8],
    ];
    expect(clipLineToBox(line, { x: 0, y: 0, width: 10, height: 10 })).toEqual([
      [
        [0, 5],
        [10, 5],
      ],
      [
        [10, 8],
        [0, 8],
      ],
    ]);
    expect(lineLength(closed(square))).toBe(40);
  });
});

describe('shapes', () => {
  it('turns a rotated box into corners and back', () => {
    fc.assert(
      fc.property(arbitrary.rotatedBox, (box) => {
        const back = rotatedBoxFromVertices(rotatedBoxVertices(box));
        expect(back.cx).toBeCloseTo(box.cx, 6);
        expect(back.cy).toBeCloseTo(box.cy, 6);
        expect(back.width).toBeCloseTo(box.width, 6);
        expect(back.height).toBeCloseTo(box.height, 6);
        expect(normalAngle(back.angle - box.angle)).toBeCloseTo(0, 6);
        expect(Math.abs(signedArea(rotatedBoxVertices(box)))).toBeCloseTo(area(box), 6);
      }),
    );
  });

  it('puts the rectangle of least area around any points', () => {
    fc.assert(
      fc.property(fc.array(arbitrary.xy(50), { minLength: 3, maxLength: 12 }), (points) => {
        const rectangle = leastAreaRectangle(points);
        const upright = pointsBounds(points);
        expect(area(rectangle)).toBeLessThanOrEqual(upright.width * upright.height + 1e-6);
        if (convexHull(points).length < 3) return;
        for (const point of points) expect(contains(rectangle, point, 1e-6)).toBe(true);
      }),
    );
  });

  it('draws an ellipse of equal area within its exact bounds, by a hair', () => {
    fc.assert(
      fc.property(arbitrary.ellipse, (ellipse) => {
        expect(signedArea(ellipsePolygon(ellipse))).toBeCloseTo(area(ellipse), 6);
        const [drawn, exact] = [pointsBounds(ellipsePolygon(ellipse)), ellipseBounds(ellipse)];
        const hair = Math.max(ellipse.rx, ellipse.ry) * 0.002;
        expect(Math.abs(drawn.width - exact.width)).toBeLessThan(hair);
        expect(Math.abs(drawn.y - exact.y)).toBeLessThan(hair);
      }),
    );
  });

  it('finds the bounds, area and centre of a cuboid on a picture from its outline', () => {
    const vertices: Xy[] = [
      [0, 0],
      [4, 0],
      [4, 4],
      [0, 4],
      [2, -1],
      [6, -1],
      [6, 3],
      [2, 3],
    ];
    expect(bounds({ type: 'cuboid', vertices })).toEqual({ x: 0, y: -1, width: 6, height: 5 });
    expect(area({ type: 'cuboid', vertices })).toBe(16 + 4 + 8);
    expect(bounds({ type: 'cuboid', center: [0, 0, 0], size: [1, 1, 1] })).toBeUndefined();
  });

  it('takes holes off the area and the centre of a polygon', () => {
    const holed = { type: 'polygon' as const, points: square, holes: [boxRing({ x: 5, y: 0, width: 5, height: 10 })] };
    expect(area(holed)).toBe(50);
    expect(centroid(holed)).toEqual([2.5, 5]);
    expect(contains(holed, [7, 5])).toBe(false);
    expect(contains(holed, [2, 5])).toBe(true);
    expect(contains(holed, [-1, 5], 1.5)).toBe(true);
  });

  it('centres a line by its length and key points by those present', () => {
    expect(
      centroid({
        type: 'polyline',
        points: [
          [0, 0],
          [10, 0],
          [10, 0],
        ],
      }),
    ).toEqual([5, 0]);
    const points = [
      { name: 'a', x: 1, y: 1, visibility: 2 as const },
      { name: 'b', x: 99, y: 99, visibility: 0 as const },
    ];
    expect(centroid({ type: 'keypoints', points })).toEqual([1, 1]);
    expect(bounds({ type: 'keypoints', points })).toEqual({ x: 1, y: 1, width: 0, height: 0 });
  });
});
