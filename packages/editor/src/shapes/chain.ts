import type { Xy } from '@fovea/contract';
import { distance, distanceToSegment } from '@fovea/geometry';
import { midpoint } from '../math/vector.ts';
import type { Handle } from './kind.ts';

/** The distance of a point from a chain of segments; of a closed one also from the segment that joins its ends. */
export function chainDistance(point: Xy, points: readonly Xy[], closed: boolean): number {
  const edge = nearestEdge(point, points, closed);
  return edge ? edge.distance : Infinity;
}

/** The edge that lies nearest: the one from vertex `index` to the next. Undefined for less than two points. */
export function nearestEdge(
  point: Xy,
  points: readonly Xy[],
  closed: boolean,
): { index: number; distance: number } | undefined {
  let best: { index: number; distance: number } | undefined;
  const count = closed ? points.length : points.length - 1;
  for (let index = 0; index < count; index++) {
    const away = distanceToSegment(point, points[index], points[(index + 1) % points.length]);
    if (!best || away < best.distance) best = { index, distance: away };
  }
  return points.length > 1 ? best : undefined;
}

/** A vertex handle for each point and a midpoint handle for each edge; ids are `PREFIX:v:INDEX` and `PREFIX:m:INDEX`. */
export function chainHandles(prefix: string, points: readonly Xy[], closed: boolean): Handle[] {
  const handles = points.map((at, index): Handle => ({ id: `${prefix}:v:${index}`, kind: 'vertex', at }));
  const count = closed ? points.length : points.length - 1;
  for (let index = 0; index < count; index++) {
    const [from, to] = [points[index], points[(index + 1) % points.length]];
    handles.push({ id: `${prefix}:m:${index}`, kind: 'midpoint', at: midpoint(from, to), edgeLength: distance(from, to) });
  }
  return handles;
}

export interface ChainHandle {
  readonly prefix: string;
  readonly kind: 'v' | 'm';
  readonly index: number;
}

export function parseChainHandle(id: string): ChainHandle | undefined {
  const match = /^(\w+):([vm]):(\d+)$/.exec(id);
  if (!match) return undefined;
  const [, prefix = '', kind, index] = match;
  return { prefix, kind: kind === 'v' ? 'v' : 'm', index: Number(index) };
}

/** Moves a vertex, or puts a new one into an edge. */
export function dragChain(points: readonly Xy[], handle: ChainHandle, to: Xy): Xy[] {
  if (handle.kind === 'v') return points.map((point, index) => (index === handle.index ? to : point));
  return [...points.slice(0, handle.index + 1), to, ...points.slice(handle.index + 1)];
}
