import type { Xy } from '@fovea/contract';
import { distance, pointInRegion, pointInRing, simplifyRing, subtractRegions, unionRegions } from '@fovea/geometry';
import type { Region } from '@fovea/geometry';
import { closestOnSegment, subtract } from '../math/vector.ts';
import { parseChainHandle } from './chain.ts';
import { ringPrefix, rings } from './polygon.ts';
import type { Polygon } from './polygon.ts';

/**
 * The polygon without one vertex (a handle id of it). A hole that would have less than three vertices vanishes; an
 * outer ring of three loses none: undefined says that the vertex cannot be deleted.
 */
export function deleteVertex(geometry: Polygon, handleId: string): Polygon | undefined {
  const handle = parseChainHandle(handleId);
  if (!handle || handle.kind !== 'v') return undefined;
  const all = rings(geometry);
  const at = all.findIndex((_, index) => ringPrefix(index) === handle.prefix);
  const ring = all[at];
  if (!ring || handle.index >= ring.length || (at === 0 && ring.length <= 3)) return undefined;
  const shorter = ring.filter((_, index) => index !== handle.index);
  const [points, ...holes] = all.map((old, index) => (index === at ? shorter : old));
  return withHoles(points, holes.filter((hole) => hole.length >= 3));
}

/** The polygon without the ring of that handle prefix (`h0`, …). The outer ring cannot be taken away. */
export function deleteHole(geometry: Polygon, prefix: string): Polygon | undefined {
  const holes = geometry.holes?.filter((_, index) => ringPrefix(index + 1) !== prefix);
  if (!holes || holes.length === geometry.holes?.length) return undefined;
  return withHoles(geometry.points, holes);
}

/** Cuts an area out of a polygon: a hole when it lies within, else what remains, in pieces where it falls apart. */
export function subtractArea(geometry: Polygon, area: Region): Polygon[] {
  return subtractRegions(geometry, area);
}

/** Joins an area to a polygon; several pieces when they do not touch. */
export function addArea(geometry: Polygon, area: Region): Polygon[] {
  return unionRegions([geometry, area]);
}

/** One polygon for each connected piece of the union. */
export function mergePolygons(polygons: readonly Polygon[]): Polygon[] {
  return unionRegions(polygons);
}

/** Fewer vertices, none of the old outline further than `tolerance` image pixels away. Holes smaller than that vanish. */
export function simplifyPolygon(geometry: Polygon, tolerance: number): Polygon {
  const simple = (ring: readonly Xy[]) => simplifyRing(ring, tolerance);
  const points = simple(geometry.points);
  if (points.length < 3) return geometry;
  return withHoles(points, (geometry.holes ?? []).map(simple).filter((hole) => hole.length >= 3));
}

/** A hundred-thousandth of a pixel: the width of the blade that {@link cutPolygon} draws along the cut. */
const bladeWidth = 1e-5;

/**
 * Cuts a polygon along a line of points. Lines that do not separate anything give the polygon itself, alone. The pieces
 * share the cut: the blade's width is closed again by moving its vertices back onto the line.
 */
export function cutPolygon(geometry: Polygon, line: readonly Xy[]): Polygon[] {
  if (line.length < 2) return [geometry];
  const blade = bladeAlong(line);
  if (blade.length === 0) return [geometry];
  const pieces = subtractRegions(geometry, ...blade.map((points) => ({ points })));
  const parts = pieces.map((piece) => healCut(piece, line)).filter((piece) => piece.points.length >= 3);
  return parts.length > 1 ? parts : [geometry];
}

/** Thin quadrilaterals, one for each segment, lengthened by their width so that they overlap at the bends. */
function bladeAlong(line: readonly Xy[]): Xy[][] {
  const blades: Xy[][] = [];
  for (let index = 1; index < line.length; index++) {
    const [a, b] = [line[index - 1], line[index]];
    const length = distance(a, b);
    if (length === 0) continue;
    const [dx, dy] = subtract(b, a);
    const [ux, uy] = [(dx / length) * bladeWidth, (dy / length) * bladeWidth];
    blades.push([
      [a[0] - ux - uy / 2, a[1] - uy + ux / 2],
      [a[0] - ux + uy / 2, a[1] - uy - ux / 2],
      [b[0] + ux + uy / 2, b[1] + uy - ux / 2],
      [b[0] + ux - uy / 2, b[1] + uy + ux / 2],
    ]);
  }
  return blades;
}

/** Puts the vertices that the blade made back onto the line, so that both sides of the cut have the same ones. */
function healCut(piece: Polygon, line: readonly Xy[]): Polygon {
  const heal = (ring: readonly Xy[]): Xy[] => {
    const healed: Xy[] = [];
    for (const point of ring) {
      const place = ontoLine(point, line);
      const last = healed.at(-1);
      if (!last || distance(last, place) > bladeWidth * 4) healed.push(place);
    }
    const [first, last] = [healed[0], healed.at(-1)];
    if (healed.length > 1 && first && last && distance(first, last) <= bladeWidth * 4) healed.pop();
    return healed;
  };
  const holes = (piece.holes ?? []).map(heal).filter((hole) => hole.length >= 3);
  return withHoles(heal(piece.points), holes);
}

function ontoLine(point: Xy, line: readonly Xy[]): Xy {
  const bend = line.find((corner) => distance(corner, point) < bladeWidth * 4);
  if (bend) return [bend[0], bend[1]];
  for (let index = 1; index < line.length; index++) {
    const near = closestOnSegment(point, line[index - 1], line[index]);
    if (distance(near, point) < bladeWidth * 2) return [roundCut(near[0]), roundCut(near[1])];
  }
  return [point[0], point[1]];
}

/** Ten times the blade: the two sides of a cut come to the same number. */
function roundCut(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}

/** Whether a ring may become a hole: it lies wholly within the outer ring and in no other hole. */
export function fitsAsHole(geometry: Polygon, ring: readonly Xy[]): boolean {
  return (
    ring.every((point) => pointInRegion(point, geometry)) &&
    !(geometry.holes ?? []).some((hole) => hole.some((point) => pointInRing(point, ring)))
  );
}

function withHoles(points: Xy[], holes: Xy[][]): Polygon {
  return holes.length > 0 ? { type: 'polygon', points, holes } : { type: 'polygon', points };
}
