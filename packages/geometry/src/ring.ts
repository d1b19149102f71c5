import type { Xy } from '@fovea/contract';
import type { Box, Ring } from './types.ts';

/** The distance between two points. */
export function distance(a: Xy, b: Xy): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

/** The smallest upright box around points. An empty list gives an empty box at the origin. */
export function pointsBounds(points: Ring): Box {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of points) {
    if (x < left) left = x;
    if (x > right) right = x;
    if (y < top) top = y;
    if (y > bottom) bottom = y;
  }
  return points.length === 0
    ? { x: 0, y: 0, width: 0, height: 0 }
    : { x: left, y: top, width: right - left, height: bottom - top };
}

/** The area by the shoelace formula: positive when the ring runs clockwise on the screen (y down), else negative. */
export function signedArea(ring: Ring): number {
  const first = ring[0];
  if (first === undefined) return 0;
  // Coordinates relative to the first point keep precision when the ring lies far from the origin.
  let twice = 0;
  let previous = ring[ring.length - 1] ?? first;
  for (const point of ring) {
    twice += (previous[0] - first[0]) * (point[1] - first[1]) - (point[0] - first[0]) * (previous[1] - first[1]);
    previous = point;
  }
  return twice / 2;
}

/** The centre of mass of the ring's area; of a ring without area, the mean of its points. */
export function ringCentroid(ring: Ring): Xy {
  const origin = ring[0];
  if (origin === undefined) return [0, 0];
  let [x, y, twice] = [0, 0, 0];
  let previous = ring[ring.length - 1] ?? origin;
  for (const point of ring) {
    const [ax, ay, bx, by] = [
      previous[0] - origin[0],
      previous[1] - origin[1],
      point[0] - origin[0],
      point[1] - origin[1],
    ];
    const cross = ax * by - bx * ay;
    twice += cross;
    x += (ax + bx) * cross;
    y += (ay + by) * cross;
    previous = point;
  }
  if (Math.abs(twice) < Number.EPSILON) return meanPoint(ring);
  return [origin[0] + x / (3 * twice), origin[1] + y / (3 * twice)];
}

/** The mean of points, (0, 0) of none. */
export function meanPoint(points: Ring): Xy {
  let [x, y] = [0, 0];
  for (const point of points) {
    x += point[0];
    y += point[1];
  }
  const count = Math.max(1, points.length);
  return [x / count, y / count];
}

/** Whether a point lies inside a ring by the even-odd rule; points on the edge may count either way. */
export function pointInRing(point: Xy, ring: Ring): boolean {
  const [x, y] = point;
  let inside = false;
  let previous = ring[ring.length - 1];
  if (previous === undefined) return false;
  for (const current of ring) {
    const crosses = current[1] > y !== previous[1] > y;
    if (crosses && x < ((previous[0] - current[0]) * (y - current[1])) / (previous[1] - current[1]) + current[0]) {
      inside = !inside;
    }
    previous = current;
  }
  return inside;
}

/** The distance of a point from the stretch between `a` and `b`. */
export function distanceToSegment(point: Xy, a: Xy, b: Xy): number {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const squared = dx * dx + dy * dy;
  const along = squared === 0 ? 0 : ((point[0] - a[0]) * dx + (point[1] - a[1]) * dy) / squared;
  const t = Math.min(1, Math.max(0, along));
  return Math.hypot(point[0] - a[0] - t * dx, point[1] - a[1] - t * dy);
}

/** The distance of a point from a line of points (an open one; close a ring by repeating its first point). */
export function distanceToLine(point: Xy, line: Ring): number {
  const first = line[0];
  if (first === undefined) return Infinity;
  let least = distance(point, first);
  let previous = first;
  for (const current of line) {
    least = Math.min(least, distanceToSegment(point, previous, current));
    previous = current;
  }
  return least;
}

/** The length of a line of points. */
export function lineLength(line: Ring): number {
  let total = 0;
  let previous = line[0];
  for (const point of line) {
    if (previous !== undefined) total += distance(previous, point);
    previous = point;
  }
  return total;
}

/** The ring as a line: its first point repeated at the end. */
export function closed(ring: Ring): Xy[] {
  const first = ring[0];
  return first === undefined ? [] : [...ring, first];
}

/**
 * The convex hull, clockwise on the screen, without points on its edges (Andrew's monotone chain, 1979).
 * Fewer than three distinct points come back as they are, without repeats.
 */
export function convexHull(points: Ring): Xy[] {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const distinct = sorted.filter((p, i) => i === 0 || p[0] !== sorted[i - 1]?.[0] || p[1] !== sorted[i - 1]?.[1]);
  if (distinct.length < 3) return distinct.map(([x, y]) => [x, y]);
  const lower = hullChain(distinct);
  const upper = hullChain(distinct.toReversed());
  return [...lower.slice(0, -1), ...upper.slice(0, -1)];
}

function hullChain(points: Ring): Xy[] {
  const chain: Xy[] = [];
  for (const point of points) {
    for (;;) {
      const [a, b] = [chain[chain.length - 2], chain[chain.length - 1]];
      if (a === undefined || b === undefined || turn(a, b, point) > 0) break;
      chain.pop();
    }
    chain.push([point[0], point[1]]);
  }
  return chain;
}

/** Twice the signed area of the triangle `a b c`: positive when c lies clockwise (on the screen) of the way a → b. */
export function turn(a: Xy, b: Xy, c: Xy): number {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}
