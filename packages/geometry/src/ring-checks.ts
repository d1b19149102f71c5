import type { Xy } from '@fovea/contract';
import { turn } from './ring.ts';
import type { Ring } from './types.ts';

/** Two edges of a ring that meet where they should not: the numbers of their first points. */
export type Crossing = { first: number; second: number };

/**
 * The first pair of edges of a ring that cross or touch each other, or undefined for a simple ring. Neighbouring edges
 * may share their common point, but not double back on each other. Edges are swept by their left end, so that only edges
 * whose spans in x overlap are compared.
 */
export function selfIntersection(ring: Ring): Crossing | undefined {
  const edges = ring
    .map((from, index) => edgeOf(from, ring[(index + 1) % ring.length] ?? from, index))
    .sort((a, b) => a.left - b.left || a.index - b.index);
  let active: Edge[] = [];
  for (const edge of edges) {
    active = active.filter((other) => other.right >= edge.left);
    for (const other of active) {
      if (other.bottom < edge.top || other.top > edge.bottom) continue;
      if (edgesConflict(edge, other, ring.length)) {
        return { first: Math.min(edge.index, other.index), second: Math.max(edge.index, other.index) };
      }
    }
    active.push(edge);
  }
  return undefined;
}

/** Whether the edges of a ring touch only at shared corners. */
export function isSimple(ring: Ring): boolean {
  return ring.length >= 3 && selfIntersection(ring) === undefined;
}

type Edge = { index: number; a: Xy; b: Xy; left: number; right: number; top: number; bottom: number };

function edgeOf(a: Xy, b: Xy, index: number): Edge {
  return {
    index,
    a,
    b,
    left: Math.min(a[0], b[0]),
    right: Math.max(a[0], b[0]),
    top: Math.min(a[1], b[1]),
    bottom: Math.max(a[1], b[1]),
  };
}

function edgesConflict(e: Edge, f: Edge, count: number): boolean {
  if ((e.index + 1) % count === f.index) return doublesBack(e.a, e.b, f.b);
  if ((f.index + 1) % count === e.index) return doublesBack(f.a, f.b, e.b);
  return segmentsMeet(e.a, e.b, f.a, f.b);
}

/** Whether the way a → b → c turns back over itself. */
function doublesBack(a: Xy, b: Xy, c: Xy): boolean {
  return turn(a, b, c) === 0 && (a[0] - b[0]) * (c[0] - b[0]) + (a[1] - b[1]) * (c[1] - b[1]) > 0;
}

/** Whether two closed stretches have a point in common. */
export function segmentsMeet(a: Xy, b: Xy, c: Xy, d: Xy): boolean {
  const [abc, abd, cda, cdb] = [turn(a, b, c), turn(a, b, d), turn(c, d, a), turn(c, d, b)];
  if (((abc > 0 && abd < 0) || (abc < 0 && abd > 0)) && ((cda > 0 && cdb < 0) || (cda < 0 && cdb > 0))) return true;
  return (
    (abc === 0 && within(a, b, c)) ||
    (abd === 0 && within(a, b, d)) ||
    (cda === 0 && within(c, d, a)) ||
    (cdb === 0 && within(c, d, b))
  );
}

/** Whether a point on the line through a and b lies between them. */
function within(a: Xy, b: Xy, p: Xy): boolean {
  return (
    p[0] >= Math.min(a[0], b[0]) &&
    p[0] <= Math.max(a[0], b[0]) &&
    p[1] >= Math.min(a[1], b[1]) &&
    p[1] <= Math.max(a[1], b[1])
  );
}
