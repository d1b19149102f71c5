import { expect, test } from 'vitest';
import { scrollMap } from './scroll-map.ts';

test('what a browser can draw is scrolled as it is', () => {
  const map = scrollMap(2_000_000, 800);
  expect([map.height, map.toList(12_345), map.toBar(12_345)]).toEqual([2_000_000, 12_345, 12_345]);
});

test('a higher list is compressed in its middle and reaches both ends', () => {
  const [height, view] = [40_000_000, 800];
  const map = scrollMap(height, view);
  expect(map.height).toBeLessThan(17_000_000);
  expect([map.toList(0), map.toList(500)]).toEqual([0, 500]);
  expect(map.toList(map.height - view)).toBe(height - view);
  expect(map.toList((map.height - view) / 2)).toBeCloseTo((height - view) / 2, 3);
  for (const offset of [0, 999_999, 1_000_001, 20_000_000, 38_999_000, 39_999_200]) expect(map.toList(map.toBar(offset))).toBeCloseTo(offset, 3);
});
