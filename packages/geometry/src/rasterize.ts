import type { AnnotationGeometry, Xy } from '@fovea/contract';
import { mergeRuns } from './mask-merge.ts';
import { regionOf } from './measure.ts';
import { decodeRle, eachRun, type Runs, runsFromBorders } from './rle.ts';
import type { Region, Ring, Size } from './types.ts';

/**
 * The upsampling of cocoapi: borders are drawn on a grid of fifths of pixels, and a column of pixels takes its borders
 * from where they cross the column's middle, between fifths 2 and 3.
 */
const fifths = 5;

/**
 * The pixels of a ring, equal to cocoapi's `rleFrPoly` (<https://github.com/cocodataset/cocoapi>, `common/maskApi.c`)
 * run for run: corners are rounded to fifths of a pixel, edges drawn as digital lines, and for every pixel column each
 * crossing toggles the mask from that row on. Overlaps of a ring with itself therefore cancel out (even-odd).
 * Where cocoapi draws whole edges, only the crossings are computed here, so that the cost is the columns crossed.
 */
export function rasterizeRing(ring: Ring, size: Size): Runs {
  const corners = ring.map(([x, y]): Xy => [Math.trunc(fifths * x + 0.5), Math.trunc(fifths * y + 0.5)]);
  const borders: number[] = [];
  let from = corners[corners.length - 1];
  for (const to of corners) {
    if (from !== undefined) addCrossings(from, to, size, borders);
    from = to;
  }
  borders.sort((a, b) => a - b);
  return runsFromBorders(borders, size);
}

function addCrossings(a: Xy, b: Xy, size: Size, borders: number[]): void {
  const [dx, dy] = [Math.abs(b[0] - a[0]), Math.abs(b[1] - a[1])];
  const isFlat = dx >= dy;
  const [from, to] = (isFlat ? a[0] > b[0] : a[1] > b[1]) ? [b, a] : [a, b];
  const [low, high] = [Math.min(a[0], b[0]), Math.max(a[0], b[0])];
  const firstColumn = Math.max(0, Math.ceil((low - 2) / fifths));
  const lastColumn = Math.min(size.width - 1, Math.floor((high - 3) / fifths));
  for (let column = firstColumn; column <= lastColumn; column += 1) {
    const fifth = column * fifths + 2;
    const y = isFlat ? flatCrossing(from, to, fifth) : steepCrossing(from, to, fifth);
    const row = Math.ceil((y + 0.5) / fifths - 0.5);
    borders.push(column * size.height + Math.min(size.height, Math.max(0, row)));
  }
}

/** The upper of the two places where an edge with |dx| ≥ |dy| stands in the fifths `fifth` and `fifth + 1`. */
function flatCrossing(from: Xy, to: Xy, fifth: number): number {
  const slope = (to[1] - from[1]) / (to[0] - from[0]);
  const at = (x: number) => Math.trunc(from[1] + slope * (x - from[0]) + 0.5);
  return Math.min(at(fifth), at(fifth + 1));
}

/** The last place before an edge with |dy| > |dx| goes over between the fifths `fifth` and `fifth + 1`, either way. */
function steepCrossing(from: Xy, to: Xy, fifth: number): number {
  const slope = (to[0] - from[0]) / (to[1] - from[1]);
  const isOver = (step: number) => {
    const x = Math.trunc(from[0] + slope * step + 0.5);
    return slope > 0 ? x > fifth : x <= fifth;
  };
  // The estimate is at most a step off; the exact step is found with the very sums that cocoapi does.
  let step = Math.ceil((fifth + 0.5 - from[0]) / slope);
  while (isOver(step - 1)) step -= 1;
  while (!isOver(step)) step += 1;
  return from[1] + step - 1;
}

/** The pixels of a region: those of its outer ring without those of its holes. */
export function rasterizeRegion(region: Region, size: Size): Runs {
  return (region.holes ?? []).reduce<Runs>(
    (runs, hole) => mergeRuns(runs, rasterizeRing(hole, size), 'subtract'),
    rasterizeRing(region.points, size),
  );
}

/** The pixels of several regions together. */
export function rasterizeRegions(regions: readonly Region[], size: Size): Runs {
  return regions.reduce<Runs>(
    (runs, region) => mergeRuns(runs, rasterizeRegion(region, size), 'union'),
    emptyRuns(size),
  );
}

/**
 * The pixels of any geometry with an area, on a picture of the given size; undefined for those without one. A mask comes
 * back as it is when it has that size, else cut or padded to it from the top left.
 */
export function rasterize(geometry: AnnotationGeometry, size: Size): Runs | undefined {
  if (geometry.type === 'mask') return resizeCanvas(decodeRle(geometry.rle), size);
  const region = regionOf(geometry);
  return region && rasterizeRegion(region, size);
}

/** A mask with no pixels. */
export function emptyRuns({ height, width }: Size): Runs {
  return { height, width, lengths: [height * width] };
}

/** A mask cut or padded at the right and the bottom to another size. */
export function resizeCanvas(runs: Runs, size: Size): Runs {
  if (runs.height === size.height && runs.width === size.width) return runs;
  const borders: number[] = [];
  eachRun(runs, (from, to) => {
    for (let start = from; start < to;) {
      const column = Math.floor(start / runs.height);
      const stop = Math.min(to, (column + 1) * runs.height);
      const top = Math.min(size.height, start - column * runs.height);
      const bottom = Math.min(size.height, stop - column * runs.height);
      if (column < size.width) borders.push(column * size.height + top, column * size.height + bottom);
      start = stop;
    }
  });
  return runsFromBorders(borders, size);
}
