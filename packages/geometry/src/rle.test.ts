import type { Xy } from '@fovea/contract';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as arbitrary from '../test/arbitrary.ts';
import {
  bitmapFromRuns,
  boxRing,
  decodeRle,
  encodeRle,
  formatCounts,
  invertRuns,
  isSimple,
  maskBounds,
  maskCentroid,
  maskContains,
  maskPolygons,
  mergeRuns,
  parseCounts,
  plainRle,
  rasterizeRegion,
  rasterizeRegions,
  rasterizeRing,
  regionArea,
  resizeCanvas,
  RleError,
  runsArea,
  runsFromBitmap,
  runsIou,
  voteRuns,
} from './index.ts';

/** Made with pycocotools 2.0.11: `frPyObjects([points], height, width)`. */
const byPycocotools: { width: number; height: number; points: Xy[]; counts: string }[] = [
  {
    width: 19,
    height: 33,
    points: [
      [3, 14],
      [3, 5],
      [8, 17],
    ],
    counts: 'Y38k0O2M2O2Nj:',
  },
  {
    width: 14,
    height: 38,
    points: [
      [9, 32],
      [3, 20],
      [5, 2],
      [3, 11],
      [6, 10],
    ],
    counts: 'k3244a0L_O;e022N5K5KP5',
  },
  {
    width: 20,
    height: 38,
    points: [
      [6, 23],
      [19, 30],
      [5, 8],
      [0, 15],
    ],
    counts: '>2S12M3N3M2O1001O0O2O1N101N101O0O2O1N108',
  },
  {
    width: 10,
    height: 29,
    points: [
      [0.64, 4.2],
      [6.65, 7.82],
      [8.12, 28.05],
    ],
    counts: 'R12k03N2M3N2N37HT1',
  },
  {
    width: 15,
    height: 30,
    points: [
      [7.97, 22.63],
      [11.29, 19.39],
      [5.23, 9.8],
      [2.33, 25.29],
    ],
    counts: ']36c04M42M2O2M3M2NW3',
  },
  {
    width: 23,
    height: 38,
    points: [
      [2.51, 11.53],
      [9.21, 36.24],
      [22.34, 37.78],
      [22.1, 17.56],
      [3.78, 35.32],
    ],
    counts: 'Q4>l02ML5K5K20N4L1O1O2N1O1O1O1O1O1O1O2N1d0',
  },
  {
    width: 15,
    height: 6,
    points: [
      [-6.244136959, 4.645438525],
      [21.285482147, 1.519419179],
      [6.041585406, -2.390636209],
    ],
    counts: '132100000O10000000000000000O100',
  },
  {
    width: 13,
    height: 20,
    points: [
      [15.269599561, -8.260106452],
      [17.232764427, 2.581038789],
      [9.29876256, 15.454709049],
      [-4.256344903, 18.492411262],
    ],
    counts: '<5>1N2O1O0O2O1N2O1O01N2O1N2',
  },
  {
    width: 8,
    height: 33,
    points: [
      [3.359799603, 28.773440494],
      [4.708795687, 47.385403748],
      [-0.933673792, 14.857162156],
    ],
    counts: 'c03Q13N1OLV3',
  },
  {
    width: 24,
    height: 6,
    points: [
      [0, 0],
      [0, 3.5],
      [0, 3.5],
      [11.0, 0.5],
    ],
    counts: '033000000O1000000Ok2',
  },
  {
    width: 8,
    height: 11,
    points: [
      [0, 11],
      [4.5, 11],
      [7.0, 0],
      [8, 11],
      [0, 0.0],
    ],
    counts: '1:2O1O2N1O72JNJ',
  },
  {
    width: 8,
    height: 24,
    points: [
      [8, 0],
      [0, 15.5],
      [8, 9.5],
      [8, 24],
    ],
    counts: 'U11e02N1O1O1O2N10',
  },
];

/** The pixels of the runs, or their number when the counts are refused as they should be. */
function readOrRefuse(counts: string): number {
  try {
    return decodeRle({ size: [8, 8], counts }).lengths.reduce((sum, length) => sum + length, 0);
  } catch (error) {
    if (error instanceof RleError) return 64;
    throw error;
  }
}

const count = (pixels: readonly number[]) => pixels.reduce((sum, pixel) => sum + pixel, 0);

describe('run-length encoding', () => {
  it.each(byPycocotools)('rasterises a polygon to $counts as pycocotools does', ({ width, height, points, counts }) => {
    expect(encodeRle(rasterizeRing(points, { width, height })).counts).toBe(counts);
  });

  it('gives back every bitmap, in both forms of counts', () => {
    fc.assert(
      fc.property(arbitrary.bitmap, ({ width, height, pixels }) => {
        const runs = runsFromBitmap(pixels, width, height);
        expect([...bitmapFromRuns(decodeRle(encodeRle(runs)))]).toEqual(pixels);
        expect([...bitmapFromRuns(decodeRle(plainRle(runs)))]).toEqual(pixels);
        expect(runsArea(runs)).toBe(count(pixels));
      }),
    );
  });

  it('writes and reads any lengths, those near 2^31 too', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2 ** 31 - 1 })), (lengths) => {
        expect(parseCounts(formatCounts(lengths))).toEqual(lengths);
      }),
    );
  });

  it('refuses what is not a mask, with the reason', () => {
    expect(() => decodeRle({ size: [2, 2], counts: [1, 2] })).toThrow('runs of 3 pixels, not 4');
    expect(() => decodeRle({ size: [2, 2], counts: [5, -1] })).toThrow('a run of -1 pixels');
    expect(() => decodeRle({ size: [2, 2], counts: '~' })).toThrow('wrong character at 0');
    expect(() => decodeRle({ size: [2, 2], counts: 'o' })).toThrow('end in mid number');
    expect(() => decodeRle({ size: [70_000, 70_000], counts: [] })).toThrow('larger than');
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (counts) => {
        expect(readOrRefuse(counts)).toBe(64);
      }),
    );
  });

  it('merges as pixels would', () => {
    fc.assert(
      fc.property(arbitrary.bitmapPair, ({ width, height, a, b }) => {
        const [runsA, runsB] = [runsFromBitmap(a, width, height), runsFromBitmap(b, width, height)];
        const pixels = (how: Parameters<typeof mergeRuns>[2]) => [...bitmapFromRuns(mergeRuns(runsA, runsB, how))];
        expect(pixels('union')).toEqual(a.map((p, i) => p | b[i]!));
        expect(pixels('intersect')).toEqual(a.map((p, i) => p & b[i]!));
        expect(pixels('subtract')).toEqual(a.map((p, i) => p & (1 - b[i]!)));
        expect(pixels('differ')).toEqual(a.map((p, i) => p ^ b[i]!));
        expect([...bitmapFromRuns(invertRuns(runsA))]).toEqual(a.map((p) => 1 - p));
        expect(voteRuns([runsA, runsB], 1)).toEqual(mergeRuns(runsA, runsB, 'union'));
        expect(voteRuns([runsA, runsB], 2)).toEqual(mergeRuns(runsA, runsB, 'intersect'));
        const [union, common] = [count(pixels('union')), count(pixels('intersect'))];
        expect(runsIou(runsA, runsB)).toBe(union === 0 ? 1 : common / union);
        expect(runsIou(runsA, runsB, true)).toBe(count(a) === 0 ? 1 : common / count(a));
      }),
    );
    expect(() => mergeRuns(runsFromBitmap([1], 1, 1), runsFromBitmap([1, 1], 1, 2), 'union')).toThrow(RleError);
  });

  it('has no bounds and no centre when empty', () => {
    const empty = encodeRle(runsFromBitmap([0, 0], 2, 1));
    expect([maskBounds(empty), maskCentroid(empty)]).toEqual([undefined, undefined]);
  });

  it('votes by majority', () => {
    const masks = [
      [1, 1, 1, 0],
      [1, 1, 0, 0],
      [1, 0, 0, 0],
    ].map((pixels) => runsFromBitmap(pixels, 2, 2));
    expect([...bitmapFromRuns(voteRuns(masks, 2))]).toEqual([1, 1, 0, 0]);
  });

  it('measures bounds, centre and membership without decoding', () => {
    fc.assert(
      fc.property(arbitrary.bitmap, ({ width, height, pixels }) => {
        const rle = encodeRle(runsFromBitmap(pixels, width, height));
        const set = pixels.flatMap((pixel, i) => (pixel ? [[i % width, Math.floor(i / width)] as const] : []));
        const [xs, ys] = [set.map(([x]) => x), set.map(([, y]) => y)];
        const box = maskBounds(rle);
        fc.pre(set.length > 0);
        const [x, y] = [Math.min(...xs), Math.min(...ys)];
        expect(box).toEqual({ x, y, width: Math.max(...xs) - x + 1, height: Math.max(...ys) - y + 1 });
        expect(maskCentroid(rle)![0]).toBeCloseTo(xs.reduce((a, b) => a + b, 0) / set.length + 0.5, 9);
        expect(maskCentroid(rle)![1]).toBeCloseTo(ys.reduce((a, b) => a + b, 0) / set.length + 0.5, 9);
        pixels.forEach((pixel, i) => {
          expect(maskContains(rle, [(i % width) + 0.5, Math.floor(i / width) + 0.5])).toBe(pixel === 1);
        });
        expect(maskContains(rle, [-0.5, 0])).toBe(false);
      }),
      { numRuns: 40 },
    );
  });

  it('cuts and pads the canvas', () => {
    fc.assert(
      fc.property(arbitrary.bitmap, arbitrary.size, ({ width, height, pixels }, size) => {
        const resized = bitmapFromRuns(resizeCanvas(runsFromBitmap(pixels, width, height), size));
        for (let y = 0; y < size.height; y += 1) {
          for (let x = 0; x < size.width; x += 1) {
            expect(resized[y * size.width + x]).toBe(x < width && y < height ? pixels[y * width + x] : 0);
          }
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('rasterising', () => {
  it('fills boxes with whole corners exactly', () => {
    const runs = rasterizeRing(boxRing({ x: 1, y: 2, width: 3, height: 2 }), { width: 6, height: 5 });
    expect(runs).toEqual(runsFromBitmap([...bitmapFromRuns(runs)], 6, 5));
    expect(maskBounds(encodeRle(runs))).toEqual({ x: 1, y: 2, width: 3, height: 2 });
    expect(runsArea(runs)).toBe(6);
  });

  it('takes holes off and joins regions', () => {
    const size = { width: 10, height: 10 };
    const outer = boxRing({ x: 0, y: 0, width: 10, height: 10 });
    const hole = boxRing({ x: 2, y: 2, width: 3, height: 3 });
    expect(runsArea(rasterizeRegion({ points: outer, holes: [hole] }, size))).toBe(91);
    expect(
      runsArea(rasterizeRegions([{ points: hole }, { points: boxRing({ x: 4, y: 4, width: 2, height: 2 }) }], size)),
    ).toBe(12);
  });

  it('stands still however far a corner lies outside', () => {
    const runs = rasterizeRing(
      [
        [-1e8, -1e8],
        [1e8, -1e8],
        [1e8, 1e8],
        [-1e8, 1e8],
      ],
      { width: 4, height: 4 },
    );
    expect(runsArea(runs)).toBe(16);
  });

  it('outlines a mask so that filling the outlines gives it back', () => {
    fc.assert(
      fc.property(arbitrary.bitmap, ({ width, height, pixels }) => {
        const runs = runsFromBitmap(pixels, width, height);
        const polygons = maskPolygons(runs);
        expect(rasterizeRegions(polygons, { width, height })).toEqual(runs);
        expect(polygons.reduce((sum, polygon) => sum + regionArea(polygon), 0)).toBe(count(pixels));
      }),
      { numRuns: 200 },
    );
  });

  it('outlines pieces that touch at a corner singly, and nests islands in holes', () => {
    expect(maskPolygons(runsFromBitmap([1, 0, 0, 1], 2, 2))).toEqual([
      {
        type: 'polygon',
        points: [
          [1, 0],
          [1, 1],
          [0, 1],
          [0, 0],
        ],
      },
      {
        type: 'polygon',
        points: [
          [2, 1],
          [2, 2],
          [1, 2],
          [1, 1],
        ],
      },
    ]);
    const target = [1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1];
    const [frame, island] = maskPolygons(runsFromBitmap(target, 5, 5));
    expect(frame?.holes).toHaveLength(1);
    expect(island?.holes).toBeUndefined();
    expect(isSimple(frame!.points)).toBe(true);
  });
});
