import type { Xy } from '@fovea/contract';
import { signedArea, turn } from './ring.ts';
import type { Box, Ring } from './types.ts';

/**
 * The part of a ring inside a convex ring (Sutherland and Hodgman, CACM 17(1), 1974). Exact for a convex subject; of a
 * concave one, parts that fall asunder stay joined by edges along the border, which leaves the area right.
 * Empty when nothing is inside, or the convex ring has no area.
 */
export function clipToConvex(subject: Ring, convex: Ring): Xy[] {
  const turning = signedArea(convex);
  if (turning === 0) return [];
  const clockwise = turning > 0 ? convex : convex.toReversed();
  let result: Xy[] = subject.map(([x, y]) => [x, y]);
  let from = clockwise[clockwise.length - 1];
  for (const to of clockwise) {
    if (from === undefined || result.length === 0) break;
    result = clipToHalfPlane(result, from, to);
    from = to;
  }
  return result;
}

/** The part of a ring inside an upright box. */
export function clipToBox(ring: Ring, box: Box): Xy[] {
  return clipToConvex(ring, boxRing(box));
}

/** The corners of a box, clockwise on the screen from the top left. */
export function boxRing({ x, y, width, height }: Box): Xy[] {
  return [
    [x, y],
    [x + width, y],
    [x + width, y + height],
    [x, y + height],
  ];
}

/** The overlap of two boxes, undefined when they have no area in common. */
export function boxOverlap(a: Box, b: Box): Box | undefined {
  const x = Math.max(a.x, b.x);
  const y = Math.max(a.y, b.y);
  const width = Math.min(a.x + a.width, b.x + b.width) - x;
  const height = Math.min(a.y + a.height, b.y + b.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : undefined;
}

/** The parts of a line of points inside an upright box (Liang and Barsky, ACM TOG 3(1), 1984). */
export function clipLineToBox(line: Ring, box: Box): Xy[][] {
  const parts: Xy[][] = [];
  let previous = line[0];
  for (const point of line.slice(1)) {
    const piece = previous === undefined ? undefined : clipSegment(previous, point, box);
    previous = point;
    if (piece === undefined) continue;
    const last = parts[parts.length - 1];
    const end = last?.[last.length - 1];
    if (last !== undefined && end !== undefined && end[0] === piece[0][0] && end[1] === piece[0][1])
      last.push(piece[1]);
    else parts.push(piece);
  }
  return parts;
}

function clipSegment(a: Xy, b: Xy, box: Box): [Xy, Xy] | undefined {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  let [start, end] = [0, 1];
  const borders: [number, number][] = [
    [-dx, a[0] - box.x],
    [dx, box.x + box.width - a[0]],
    [-dy, a[1] - box.y],
    [dy, box.y + box.height - a[1]],
  ];
  for (const [towards, room] of borders) {
    if (towards === 0 && room < 0) return undefined;
    if (towards < 0) start = Math.max(start, room / towards);
    if (towards > 0) end = Math.min(end, room / towards);
  }
  if (start > end) return undefined;
  const at = (t: number): Xy => (t === 0 ? [a[0], a[1]] : t === 1 ? [b[0], b[1]] : [a[0] + t * dx, a[1] + t * dy]);
  return [at(start), at(end)];
}

function clipToHalfPlane(ring: Ring, from: Xy, to: Xy): Xy[] {
  const result: Xy[] = [];
  let previous = ring[ring.length - 1];
  if (previous === undefined) return result;
  let before = turn(from, to, previous);
  for (const point of ring) {
    const side = turn(from, to, point);
    if (before >= 0 !== side >= 0) {
      const t = before / (before - side);
      result.push([previous[0] + t * (point[0] - previous[0]), previous[1] + t * (point[1] - previous[1])]);
    }
    if (side >= 0) result.push([point[0], point[1]]);
    [previous, before] = [point, side];
  }
  return result;
}
