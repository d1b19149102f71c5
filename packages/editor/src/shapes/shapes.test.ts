import type { AnnotationGeometry, Xy } from '@fovea/contract';
import { annotationGeometry } from '@fovea/contract';
import { area } from '@fovea/geometry';
import { constantFrom, double, integer, property, assert } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maskGeometry } from '../masks/mask-geometry.ts';
import { TiledMask } from '../masks/tiled-mask.ts';
import { boundsCenter, boundsHold, growBounds } from '../math/bounds.ts';
import { rotation, scaling, translation } from '../math/matrix.ts';
import { cutPolygon, deleteVertex, mergePolygons, simplifyPolygon, subtractArea } from './polygon-edit.ts';
import type { Polygon } from './polygon.ts';
import { kindOf } from './registry.ts';

const mask = maskGeometry(new TiledMask(300, 300).paint(true, (sink) => {
  for (let y = 100; y < 150; y++) sink(y, 90, 170);
}));

const placed: AnnotationGeometry[] = [
  { type: 'point', x: 100, y: 120 },
  { type: 'box', x: 100, y: 80, width: 60, height: 40 },
  { type: 'rotated_box', cx: 130, cy: 120, width: 80, height: 30, angle: 0.5 },
  { type: 'polygon', points: [[100, 100], [180, 110], [170, 180], [90, 160]], holes: [[[120, 120], [140, 120], [130, 140]]] },
  { type: 'polyline', points: [[100, 100], [150, 130], [120, 180]] },
  { type: 'ellipse', cx: 130, cy: 130, rx: 40, ry: 20, angle: 0.3 },
  { type: 'cuboid', vertices: [[100, 100], [150, 100], [150, 150], [100, 150], [120, 80], [170, 80], [170, 130], [120, 130]] },
  { type: 'keypoints', points: [{ name: 'a', x: 100, y: 100, visibility: 2 }, { name: 'b', x: 140, y: 160, visibility: 1 }] },
  mask,
];
const unplaced: AnnotationGeometry[] = [
  { type: 'classification' },
  { type: 'text', text: 'hello' },
  { type: 'volume', blob: 'a'.repeat(64), value: 1, size: [4, 4, 4] },
  { type: 'cuboid', center: [0, 0, 0], size: [1, 1, 1], rotation: [0, 0, 0] },
];
const boundsOf = (geometry: AnnotationGeometry) => kindOf(geometry).bounds(geometry);
const plain = (geometry: AnnotationGeometry) => JSON.parse(JSON.stringify(geometry)) as AnnotationGeometry;

describe.each(placed.map((geometry) => [geometry.type, geometry] as const))('a %s', (_type, geometry) => {
  const kind = kindOf(geometry);

  test('moves with its bounds', () => {
    assert(
      property(integer({ min: -50, max: 80 }), integer({ min: -50, max: 80 }), (dx, dy) => {
        const [before, after] = [boundsOf(geometry), boundsOf(kind.transform(geometry, translation(dx, dy)))];
        expect(after?.minX).toBeCloseTo((before?.minX ?? 0) + dx, 6);
        expect(after?.maxY).toBeCloseTo((before?.maxY ?? 0) + dy, 6);
      }),
    );
  });

  test('stays a valid geometry whatever is done to it', () => {
    assert(
      property(constantFrom(...kind.handles(geometry, 1).map(({ id }) => id), 'none'), double({ min: 0, max: 300, noNaN: true }), double({ min: 0, max: 300, noNaN: true }), (handle, x, y) => {
        for (const constrain of [false, true]) {
          const dragged = kind.dragHandle(geometry, handle, [x, y], { constrain, fromCenter: !constrain });
          expect(annotationGeometry.safeParse(plain(dragged)).success).toBe(true);
          const turned = kind.transform(dragged, rotation(1, [150, 150]));
          expect(annotationGeometry.safeParse(plain(kind.transform(turned, scaling(-0.5, 2, [10, 10])))).success).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });

  test('is not changed in place', () => {
    const before = JSON.stringify(geometry);
    for (const { id } of kind.handles(geometry, 1)) kind.dragHandle(geometry, id, [1, 2], { constrain: false, fromCenter: false });
    kind.transform(geometry, rotation(1, [0, 0]));
    expect(JSON.stringify(geometry)).toBe(before);
  });

  test('dragging a handle to where it is changes nothing to speak of', () => {
    for (const { id, at, kind: handleKind } of kind.handles(geometry, 1)) {
      if (handleKind === 'midpoint') continue;
      const same = kind.dragHandle(geometry, id, at, { constrain: false, fromCenter: false });
      const [before, after] = [boundsOf(geometry), boundsOf(same)];
      expect(after?.minX).toBeCloseTo(before?.minX ?? 0, 6);
      expect(after?.maxY).toBeCloseTo(before?.maxY ?? 0, 6);
    }
  });

  test('is hit only near its bounds', () => {
    const bounds = boundsOf(geometry);
    if (!bounds) throw new Error('no bounds');
    for (let x = 0; x < 300; x += 7) {
      for (let y = 0; y < 300; y += 7) {
        const isHit = kind.hit(geometry, [x, y], { tolerance: 3, inside: true });
        if (isHit) expect(boundsHold(growBounds(bounds, 3), [x, y])).toBe(true);
      }
    }
    const onIt = kind.handles(geometry, 1).find(({ kind: handleKind }) => handleKind !== 'midpoint' && handleKind !== 'turn' && handleKind !== 'edge')?.at ?? boundsCenter(bounds);
    if (geometry.type !== 'ellipse') expect(kind.hit(geometry, onIt, { tolerance: 3, inside: true })).toBe(true);
  });
});

test.each(unplaced.map((geometry) => [geometry.type, geometry] as const))('a %s without a place is nowhere', (_type, geometry) => {
  const kind = kindOf(geometry);
  expect(kind.bounds(geometry)).toBeUndefined();
  expect(kind.hit(geometry, [0, 0], { tolerance: 1000, inside: true })).toBe(false);
  expect(kind.handles(geometry, 1)).toEqual([]);
  expect(kind.transform(geometry, translation(5, 5))).toEqual(geometry);
});

describe('turning', () => {
  test('a rotated box by a quarter: it stands up', () => {
    const turned = kindOf(placed[2]).transform(placed[2], rotation(Math.PI / 2, [130, 120]));
    expect(turned).toMatchObject({ width: 80, height: 30 });
    expect(turned.type === 'rotated_box' && turned.angle).toBeCloseTo(0.5 + Math.PI / 2);
  });

  test('keeps the area of what can be turned', () => {
    for (const geometry of placed.filter((each) => kindOf(each).canTurn && each.type !== 'mask')) {
      const turned = kindOf(geometry).transform(geometry, rotation(0.7, [130, 130]));
      expect(area(turned)).toBeCloseTo(area(geometry), 6);
    }
  });

  test('a mask keeps its pixels but for the edge', () => {
    const turned = kindOf(mask).transform(mask, rotation(0.4, [130, 125]));
    expect(Math.abs(area(turned) / area(mask) - 1)).toBeLessThan(0.02);
  });
});

describe('outlines', () => {
  const square: Polygon = { type: 'polygon', points: [[0, 0], [100, 0], [100, 100], [0, 100]] };
  const ring: Xy[] = [[20, 20], [40, 20], [40, 40], [20, 40]];

  test('a hole takes its area away, and a click into it misses', () => {
    const [holed] = subtractArea(square, { points: ring });
    expect(area(holed)).toBe(100 * 100 - 20 * 20);
    expect(kindOf<AnnotationGeometry>(holed).hit(holed, [30, 30], { tolerance: 1, inside: true })).toBe(false);
    expect(kindOf<AnnotationGeometry>(holed).hit(holed, [60, 60], { tolerance: 1, inside: true })).toBe(true);
  });

  test('deleting the vertices of a hole deletes the hole', () => {
    const holed: Polygon = { ...square, holes: [[[20, 20], [40, 20], [40, 40]]] };
    expect(deleteVertex(holed, 'h0:v:1')).toEqual(square);
  });

  test('cut and merged, a polygon is the same again', () => {
    const holed: Polygon = { ...square, holes: [ring] };
    const pieces = cutPolygon(holed, [[-10, 30], [55, 35], [110, 70]]);
    expect(pieces).toHaveLength(2);
    expect(pieces.reduce((sum, piece) => sum + area(piece), 0)).toBeCloseTo(area(holed), 1);
    const [merged, ...others] = mergePolygons(pieces);
    expect(others).toEqual([]);
    expect(area(merged)).toBeCloseTo(area(holed), 1);
  });

  test('simplifying keeps the form', () => {
    const points = Array.from({ length: 400 }, (_, at): Xy => [100 + 50 * Math.cos(at / 63.66), 100 + 50 * Math.sin(at / 63.66)]);
    const simple = simplifyPolygon({ type: 'polygon', points }, 1);
    expect(simple.points.length).toBeLessThan(40);
    expect(area(simple) / area({ type: 'polygon', points })).toBeGreaterThan(0.97);
  });
});
