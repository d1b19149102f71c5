import type { Xy } from '@fovea/contract';
import { distance, distanceToSegment } from './ring.ts';
import type { Ring } from './types.ts';

/**
 * A line with fewer points, none of the removed ones farther than `tolerance` pixels from it (Douglas and Peucker,
 * Cartographica 10(2), 1973). The ends stay. Iterative, so that long lines cannot exhaust the stack.
 */
export function simplifyLine(line: Ring, tolerance: number): Xy[] {
  const keep = new Uint8Array(line.length);
  if (line.length > 0) keep[0] = keep[line.length - 1] = 1;
  const spans: [number, number][] = [[0, line.length - 1]];
  for (let span = spans.pop(); span !== undefined; span = spans.pop()) {
    const [from, to] = span;
    const split = farthest(line, from, to, tolerance);
    if (split === undefined) continue;
    keep[split] = 1;
    spans.push([from, split], [split, to]);
  }
  return line.filter((_, index) => keep[index] === 1).map(([x, y]) => [x, y]);
}

function farthest(line: Ring, from: number, to: number, tolerance: number): number | undefined {
  const [a, b] = [line[from], line[to]];
  if (a === undefined || b === undefined) return undefined;
  let [most, split] = [tolerance, undefined as number | undefined];
  for (let index = from + 1; index < to; index += 1) {
    const point = line[index];
    const away = point === undefined ? 0 : distanceToSegment(point, a, b);
    if (away > most) [most, split] = [away, index];
  }
  return split;
}

/**
 * A ring with fewer points, none of the removed ones farther than `tolerance` pixels from it. It is cut at its first
 * point and at the point farthest from that one. A ring never falls below three points: it then comes back as it was.
 */
export function simplifyRing(ring: Ring, tolerance: number): Xy[] {
  const first = ring[0];
  const whole = ring.map(([x, y]): Xy => [x, y]);
  if (first === undefined || ring.length <= 3) return whole;
  let [opposite, most] = [0, -1];
  ring.forEach((point, index) => {
    const away = distance(first, point);
    if (away > most) [opposite, most] = [index, away];
  });
  const there = simplifyLine(ring.slice(0, opposite + 1), tolerance);
  const back = simplifyLine([...ring.slice(opposite), first], tolerance);
  const simple = [...there, ...back.slice(1, -1)];
  return simple.length < 3 ? whole : simple;
}
