import type { GeometryOf } from '@fovea/contract';
import { lineLength } from '@fovea/geometry';
import { boundsOf } from '../math/bounds.ts';
import { applyAll } from '../math/matrix.ts';
import { chainDistance, chainHandles, dragChain, parseChainHandle } from './chain.ts';
import type { ShapeKind } from './kind.ts';
import { finishPath, traceChain } from './pen.ts';

export type Polyline = GeometryOf<'polyline'>;

export const polylineKind: ShapeKind<Polyline> = {
  type: 'polyline',
  canTurn: true,
  canResize: true,
  bounds: (geometry) => boundsOf(geometry.points),
  hit: (geometry, point, { tolerance }) => chainDistance(point, geometry.points, false) <= tolerance,
  handles: (geometry) => chainHandles('o', geometry.points, false),
  dragHandle(geometry, handleId, to) {
    const handle = parseChainHandle(handleId);
    return handle ? { ...geometry, points: dragChain(geometry.points, handle, to) } : geometry;
  },
  transform: (geometry, matrix) => ({ ...geometry, points: applyAll(matrix, geometry.points) }),
  draw(pen, geometry) {
    pen.context.beginPath();
    traceChain(pen, geometry.points, false);
    finishPath(pen, false);
  },
  snapPoints: (geometry) => geometry.points,
  outlines: (geometry) => [{ points: geometry.points, closed: false }],
  isMeant: (geometry, least) => geometry.points.length >= 2 && lineLength(geometry.points) >= least,
};

/** The line without one vertex, or undefined when only two are left. */
export function deletePolylineVertex(geometry: Polyline, handleId: string): Polyline | undefined {
  const handle = parseChainHandle(handleId);
  if (!handle || handle.kind !== 'v' || geometry.points.length <= 2) return undefined;
  return { ...geometry, points: geometry.points.filter((_, index) => index !== handle.index) };
}
