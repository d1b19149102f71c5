import type { GeometryOf, Xy } from '@fovea/contract';
import { pointInRegion, signedArea } from '@fovea/geometry';
import { boundsOf } from '../math/bounds.ts';
import { applyAll } from '../math/matrix.ts';
import { chainDistance, chainHandles, dragChain, parseChainHandle } from './chain.ts';
import type { ShapeKind } from './kind.ts';
import { finishPath, traceChain } from './pen.ts';

export type Polygon = GeometryOf<'polygon'>;

/** Handles of the outer ring have the prefix `o`, those of the first hole `h0`, and so on. */
export const polygonKind: ShapeKind<Polygon> = {
  type: 'polygon',
  canTurn: true,
  canResize: true,
  bounds: (geometry) => boundsOf(geometry.points),
  hit(geometry, point, { tolerance, inside }) {
    if (inside && pointInRegion(point, geometry)) return true;
    return rings(geometry).some((ring) => chainDistance(point, ring, true) <= tolerance);
  },
  handles: (geometry) => rings(geometry).flatMap((ring, index) => chainHandles(ringPrefix(index), ring, true)),
  dragHandle(geometry, handleId, to) {
    const handle = parseChainHandle(handleId);
    if (!handle) return geometry;
    return mapRings(geometry, (ring, index) => (ringPrefix(index) === handle.prefix ? dragChain(ring, handle, to) : ring));
  },
  transform: (geometry, matrix) => mapRings(geometry, (ring) => applyAll(matrix, ring)),
  draw(pen, geometry) {
    pen.context.beginPath();
    traceChain(pen, geometry.points, true);
    if (geometry.holes) for (const hole of geometry.holes) traceChain(pen, hole, true);
    finishPath(pen, true);
  },
  snapPoints: (geometry) => rings(geometry).flat(),
  outlines: (geometry) => rings(geometry).map((points) => ({ points, closed: true })),
  isMeant: (geometry, least) => geometry.points.length >= 3 && Math.abs(signedArea(geometry.points)) >= least * least,
};

/** The outer ring, then the holes. */
export function rings(geometry: Polygon): Xy[][] {
  return geometry.holes ? [geometry.points, ...geometry.holes] : [geometry.points];
}

export function ringPrefix(index: number): string {
  return index === 0 ? 'o' : `h${index - 1}`;
}

function mapRings(geometry: Polygon, map: (ring: Xy[], index: number) => Xy[]): Polygon {
  const points = map(geometry.points, 0);
  if (!geometry.holes) return { type: 'polygon', points };
  return { type: 'polygon', points, holes: geometry.holes.map((hole, index) => map(hole, index + 1)) };
}
