import type { GeometryOf, Xy } from '@fovea/contract';
import * as polyclip from 'polyclip-ts';
import type { Region } from './types.ts';

type Polygon = GeometryOf<'polygon'>;

/**
 * Corners are rounded to this many places before clipping, because edges that coincide but for rounding can leave the
 * library without a closed ring. Should that still happen, it is tried again on a coarser grid. A hundredth of a pixel,
 * the coarsest, is finer than anybody draws.
 */
const gridPlaces = [1e6, 1e4, 1e2];

/** The polygons that cover what any of the regions covers; pieces that do not touch come back singly. */
export function unionRegions(regions: readonly Region[]): Polygon[] {
  return clipOnGrid(regions, ([first = [], ...rest]) => polyclip.union(first, ...rest));
}

/** The polygons that cover what both regions cover. */
export function intersectRegions(a: Region, b: Region): Polygon[] {
  return clipOnGrid([a, b], ([first = [], ...rest]) => polyclip.intersection(first, ...rest));
}

/** The polygons that remain of a region when others are cut out of it. */
export function subtractRegions(region: Region, ...cuts: readonly Region[]): Polygon[] {
  return clipOnGrid([region, ...cuts], ([first = [], ...rest]) => polyclip.difference(first, ...rest));
}

/** The polygons that cover what exactly one of two regions covers. */
export function differRegions(a: Region, b: Region): Polygon[] {
  return clipOnGrid([a, b], ([first = [], ...rest]) => polyclip.xor(first, ...rest));
}

/** The valid polygons that cover what a ring that crosses itself covers by the even-odd rule. */
export function untangle(region: Region): Polygon[] {
  return unionRegions([region]);
}

function clipOnGrid(regions: readonly Region[], clip: (rings: Xy[][][]) => Xy[][][]): Polygon[] {
  if (regions.length === 0) return [];
  let failure: unknown;
  for (const places of gridPlaces) {
    try {
      return clip(regions.map((region) => toRings(region, places))).map(toPolygon);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

function toRings(region: Region, places: number): Xy[][] {
  const round = (value: number) => Math.round(value * places) / places;
  return [region.points, ...(region.holes ?? [])].map((ring) => ring.map(([x, y]): Xy => [round(x), round(y)]));
}

/** The library repeats the first point of each ring at its end; geometries here do not. */
function toPolygon([outer = [], ...holes]: Xy[][]): Polygon {
  const points = outer.slice(0, -1);
  return holes.length === 0
    ? { type: 'polygon', points }
    : { type: 'polygon', points, holes: holes.map((hole) => hole.slice(0, -1)) };
}
