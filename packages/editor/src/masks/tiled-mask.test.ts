import { decodeRle, encodeRle, runsFromBitmap } from '@fovea/geometry';
import { assert, integer, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { enclosedGap, fromPatch, toPatch } from './combine.ts';
import { maskGeometry, runsOf, tiledFromRuns, tiledMask } from './mask-geometry.ts';
import { strokeSpans } from './stroke.ts';
import { TiledMask } from './tiled-mask.ts';

const bitmaps = record({ width: integer({ min: 1, max: 150 }), height: integer({ min: 1, max: 150 }), seed: integer() })
  .map(({ width, height, seed }) => {
    let state = seed | 1;
    // Blocks of random size, so that runs are long and short, and cross the edges of tiles.
    const data = new Uint8Array(width * height);
    for (let block = 0; block < 12; block++) {
      const next = () => ((state = Math.imul(state, 1_103_515_245) + 12_345) >>> 8) & 0xffff;
      const [x0, y0, w, h, value] = [next() % width, next() % height, next() % 80, next() % 80, block % 3 === 2 ? 0 : 1];
      for (let y = y0; y < Math.min(height, y0 + h); y++) data.fill(value, y * width + x0, y * width + Math.min(width, x0 + w));
    }
    return { width, height, data };
  });

describe('a tiled mask', () => {
  test('is the same pixels as its run lengths, there and back', () => {
    assert(
      property(bitmaps, ({ width, height, data }) => {
        const runs = runsFromBitmap(data, width, height);
        const tiled = tiledFromRuns(runs);
        expect(tiled.area()).toBe(data.reduce((sum, value) => sum + value, 0));
        expect(encodeRle(runsOf(tiled))).toEqual(encodeRle(runs));
        expect([...toPatch(tiled, { minX: 0, minY: 0, maxX: width, maxY: height })]).toEqual([...data]);
        expect(decodeRle(maskGeometry(tiled).rle).lengths).toEqual(runs.lengths);
      }),
      { numRuns: 60 },
    );
  });

  test('knows the rectangle around its pixels', () => {
    assert(
      property(bitmaps, ({ width, height, data }) => {
        let [minX, minY, maxX, maxY] = [Infinity, Infinity, -Infinity, -Infinity];
        for (let at = 0; at < data.length; at++) {
          if (data[at] === 0) continue;
          const [x, y] = [at % width, Math.floor(at / width)];
          [minX, minY, maxX, maxY] = [Math.min(minX, x), Math.min(minY, y), Math.max(maxX, x + 1), Math.max(maxY, y + 1)];
        }
        const expected = minX === Infinity ? undefined : { minX, minY, maxX, maxY };
        expect(fromPatch({ width, height }, { x: 0, y: 0, width, data }).bounds()).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  test('a stroke makes new tiles where it passes and shares the others', () => {
    const before = new TiledMask(1000, 1000).paint(true, (sink) => strokeSpans([100, 100], [900, 900], { size: 30, shape: 'circle' }, sink));
    const after = before.paint(false, (sink) => strokeSpans([110, 110], [110, 110], { size: 8, shape: 'circle' }, sink));
    expect(after.changedTiles(before).length).toBeLessThanOrEqual(2);
    expect([...before.entries()].length).toBeGreaterThan(20);
    expect(before.has(110, 110)).toBe(true);
    expect(after.has(110, 110)).toBe(false);
  });

  test('painting what is there already gives the same mask', () => {
    const mask = new TiledMask(200, 200).paint(true, (sink) => strokeSpans([50, 50], [80, 60], { size: 10, shape: 'square' }, sink));
    expect(mask.paint(true, (sink) => strokeSpans([60, 53], [62, 54], { size: 4, shape: 'circle' }, sink))).toBe(mask);
  });

  test('erasing the last pixel of a tile frees the tile', () => {
    const mask = new TiledMask(300, 300).paint(true, (sink) => sink(10, 10, 20));
    expect(mask.paint(false, (sink) => sink(10, 0, 300)).isEmpty).toBe(true);
  });
});

describe('a brush', () => {
  test('covers the pixels whose middles lie under the disc', () => {
    const mask = new TiledMask(100, 100).paint(true, (sink) => strokeSpans([50, 50], [50, 50], { size: 20, shape: 'circle' }, sink));
    for (let y = 0; y < 100; y++) {
      for (let x = 0; x < 100; x++) expect(mask.has(x, y)).toBe(Math.hypot(x + 0.5 - 50, y + 0.5 - 50) <= 10);
    }
  });

  test('leaves no gap on its way, however fast it moves', () => {
    const from = [20.3, 30.7] as const;
    const to = [170.9, 90.2] as const;
    const mask = new TiledMask(200, 200).paint(true, (sink) => strokeSpans([...from], [...to], { size: 6, shape: 'circle' }, sink));
    for (let step = 0; step <= 500; step++) {
      const share = step / 500;
      expect(mask.has(Math.floor(from[0] + (to[0] - from[0]) * share), Math.floor(from[1] + (to[1] - from[1]) * share))).toBe(true);
    }
  });

  test('of a square is a square, and drags a straight edge', () => {
    const mask = new TiledMask(100, 100).paint(true, (sink) => strokeSpans([20, 20], [60, 20], { size: 10, shape: 'square' }, sink));
    expect(mask.bounds()).toEqual({ minX: 15, minY: 15, maxX: 65, maxY: 25 });
    expect(mask.area()).toBe(50 * 10);
  });

  test('of one pixel draws the pixel it stands on', () => {
    const mask = new TiledMask(10, 10).paint(true, (sink) => strokeSpans([3.9, 4.1], [3.9, 4.1], { size: 1, shape: 'circle' }, sink));
    expect(mask.area()).toBe(1);
    expect(mask.has(3, 4)).toBe(true);
  });
});

test('a fill takes the gap that the mask encloses, and only that', () => {
  const ring = new TiledMask(200, 200).paint(true, (sink) => {
    for (let y = 50; y < 150; y++) {
      if (y < 60 || y >= 140) sink(y, 50, 150);
      else {
        sink(y, 50, 60);
        sink(y, 140, 150);
      }
    }
  });
  expect(enclosedGap(ring, 100, 100)?.area()).toBe(80 * 80);
  expect(enclosedGap(ring, 55, 55)).toBeUndefined();
  expect(enclosedGap(ring, 10, 10)).toBeUndefined();
  const open = ring.paint(false, (sink) => sink(100, 50, 60));
  expect(enclosedGap(open, 100, 100)).toBeUndefined();
});

test('mask geometries travel as plain COCO run lengths', () => {
  const tiled = new TiledMask(7, 5).paint(true, (sink) => sink(2, 1, 4));
  const sent = JSON.parse(JSON.stringify(maskGeometry(tiled))) as ReturnType<typeof maskGeometry>;
  expect(sent.rle.size).toEqual([5, 7]);
  expect(tiledMask(sent).area()).toBe(3);
  expect(tiledMask(sent).bounds()).toEqual({ minX: 1, minY: 2, maxX: 4, maxY: 3 });
});
