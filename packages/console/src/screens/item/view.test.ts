import { assert, double, integer, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fitView, largestScale, moveView, zoomView } from './view.ts';

const window = { width: 800, height: 600 };

describe('fitView', () => {
  test('a large picture is shown whole, centred', () => {
    const view = fitView({ width: 4000, height: 1000 }, window);
    expect(view.scale).toBeCloseTo(0.192);
    expect(view.x).toBeCloseTo(16);
    expect(view.y).toBeCloseTo((600 - 192) / 2);
  });
  test('a small picture is not blown up', () => expect(fitView({ width: 10, height: 10 }, window)).toEqual({ scale: 1, x: 395, y: 295 }));
});

test('zooming keeps the point under the pointer in place, within the limits', () => {
  assert(
    property(double({ min: 0.1, max: 10, noNaN: true }), double({ min: 0.2, max: 5, noNaN: true }), integer({ min: 0, max: 800 }), integer({ min: 0, max: 600 }), (scale, factor, x, y) => {
      const before = { scale, x: 30, y: -20 };
      const after = zoomView(before, factor, { x, y }, 0.05);
      expect(after.scale).toBeLessThanOrEqual(largestScale);
      expect((x - after.x) / after.scale).toBeCloseTo((x - before.x) / before.scale, 6);
      expect((y - after.y) / after.scale).toBeCloseTo((y - before.y) / before.scale, 6);
    }),
  );
});

test('a picture cannot be moved out of sight', () => {
  const picture = { width: 1000, height: 500 };
  for (const [dx, dy] of [
    [1e6, 1e6],
    [-1e6, -1e6],
  ] as const) {
    const { x, y } = moveView({ scale: 1, x: 0, y: 0 }, dx, dy, picture, window);
    expect(x).toBeLessThan(window.width);
    expect(x + 1000).toBeGreaterThan(0);
    expect(y).toBeLessThan(window.height);
    expect(y + 500).toBeGreaterThan(0);
  }
});
