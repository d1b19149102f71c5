import type { AnnotationGeometry, GeometryOf, Xy } from '@fovea/contract';
import * as fc from 'fast-check';
import type { Size } from '../src/index.ts';

/** Coordinates on a grid of hundredths, as people's tools write them. */
export const coordinate = (max: number) => fc.integer({ min: 0, max: max * 100 }).map((value) => value / 100);
export const xy = (size: number): fc.Arbitrary<Xy> => fc.tuple(coordinate(size), coordinate(size));
export const ring = (size: number, maxLength = 9) => fc.array(xy(size), { minLength: 3, maxLength });
export const size: fc.Arbitrary<Size> = fc.record({
  width: fc.integer({ min: 1, max: 30 }),
  height: fc.integer({ min: 1, max: 30 }),
});

/** A bitmap row by row with its size. */
export const bitmap = size.chain(({ width, height }) =>
  fc
    .array(fc.constantFrom(0, 1), { minLength: width * height, maxLength: width * height })
    .map((pixels) => ({ width, height, pixels })),
);

/** Two bitmaps of one size. */
export const bitmapPair = size.chain(({ width, height }) => {
  const pixels = fc.array(fc.constantFrom(0, 1), { minLength: width * height, maxLength: width * height });
  return fc.record({ width: fc.constant(width), height: fc.constant(height), a: pixels, b: pixels });
});

export const box: fc.Arbitrary<GeometryOf<'box'>> = fc.record({
  type: fc.constant('box' as const),
  x: coordinate(50),
  y: coordinate(50),
  width: coordinate(50),
  height: coordinate(50),
});
export const rotatedBox: fc.Arbitrary<GeometryOf<'rotated_box'>> = fc.record({
  type: fc.constant('rotated_box' as const),
  cx: coordinate(50),
  cy: coordinate(50),
  width: coordinate(50).map((value) => value + 1),
  height: coordinate(50).map((value) => value + 1),
  angle: fc.integer({ min: -314, max: 314 }).map((value) => value / 100),
});
export const ellipse: fc.Arbitrary<GeometryOf<'ellipse'>> = fc.record({
  type: fc.constant('ellipse' as const),
  cx: coordinate(50),
  cy: coordinate(50),
  rx: coordinate(30).map((value) => value + 1),
  ry: coordinate(30).map((value) => value + 1),
  angle: fc.integer({ min: -314, max: 314 }).map((value) => value / 100),
});

/** A star-shaped, and so simple, polygon around a point. */
export const simplePolygon: fc.Arbitrary<GeometryOf<'polygon'>> = fc
  .record({
    cx: coordinate(50),
    cy: coordinate(50),
    radii: fc.array(fc.integer({ min: 2, max: 30 }), { minLength: 3, maxLength: 10 }),
  })
  .map(({ cx, cy, radii }) => ({
    type: 'polygon' as const,
    points: radii.map((radius, index): Xy => {
      const angle = (2 * Math.PI * index) / radii.length;
      return [cx + radius * Math.cos(angle), cy + radius * Math.sin(angle)];
    }),
  }));

export const areal: fc.Arbitrary<AnnotationGeometry> = fc.oneof(
  box.filter(({ width, height }) => width > 0.5 && height > 0.5),
  rotatedBox,
  ellipse,
  simplePolygon,
);
