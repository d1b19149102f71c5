import type { Xy } from '@fovea/contract';

/** A closed line that is both drawn and told as the truth, so that the two cannot differ. */
export type Outline = readonly Xy[];

export function circle(cx: number, cy: number, rx: number, ry = rx, steps = 40): Outline {
  return Array.from({ length: steps }, (_, at) => {
    const angle = (at / steps) * 2 * Math.PI;
    return [cx + rx * Math.cos(angle), cy + ry * Math.sin(angle)];
  });
}

/** A closed curve through the points (uniform Catmull–Rom spline), as a fine polygon. */
export function smooth(points: Outline, steps = 8): Outline {
  const count = points.length;
  const at = (index: number): Xy => points[(index + count) % count] ?? [0, 0];
  return points.flatMap((_, index) => {
    const [p0, p1, p2, p3] = [at(index - 1), at(index), at(index + 1), at(index + 2)];
    return Array.from({ length: steps }, (_step, step): Xy => {
      const t = step / steps;
      const blend = (a: number, b: number, c: number, d: number): number =>
        0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t * t * t);
      return [blend(p0[0], p1[0], p2[0], p3[0]), blend(p0[1], p1[1], p2[1], p3[1])];
    });
  });
}

/** A curve through the points from the first to the last, as a fine line. */
export function curve(points: readonly Xy[], steps = 8): Xy[] {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last || points.length < 3) return [...points];
  // The ends are doubled, and the way back from the last to the first is left out.
  const closed = smooth([first, ...points, last], steps);
  return [...closed.slice(steps, (points.length) * steps), last];
}

/** A polygon with its corners rounded by a radius, or by one for each corner. */
export function rounded(points: Outline, radius: number | readonly number[], steps = 5): Outline {
  const count = points.length;
  return points.flatMap((corner, index) => {
    const before = points[(index + count - 1) % count] ?? corner;
    const after = points[(index + 1) % count] ?? corner;
    const wanted = typeof radius === 'number' ? radius : (radius[index] ?? 0);
    const reach = Math.min(wanted, distance(corner, before) / 2, distance(corner, after) / 2);
    if (reach <= 0) return [corner];
    const [start, end] = [towards(corner, before, reach), towards(corner, after, reach)];
    return Array.from({ length: steps + 1 }, (_, step): Xy => {
      const t = step / steps;
      const weigh = (a: number, b: number, c: number): number => (1 - t) ** 2 * a + 2 * (1 - t) * t * b + t * t * c;
      return [weigh(start[0], corner[0], end[0]), weigh(start[1], corner[1], end[1])];
    });
  });
}

const distance = (a: Xy, b: Xy): number => Math.hypot(a[0] - b[0], a[1] - b[1]);

function towards(from: Xy, to: Xy, length: number): Xy {
  const whole = distance(from, to) || 1;
  return [from[0] + ((to[0] - from[0]) * length) / whole, from[1] + ((to[1] - from[1]) * length) / whole];
}

export interface Placing {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
  /** Radians, clockwise. */
  readonly angle?: number;
  readonly mirrored?: boolean;
}

/** From an object's own coordinates into those of the picture. */
export function place(points: Outline, { x, y, scale, angle = 0, mirrored = false }: Placing): Outline {
  const [sin, cos] = [Math.sin(angle) * scale, Math.cos(angle) * scale];
  const side = mirrored ? -1 : 1;
  return points.map(([px, py]) => [x + side * px * cos - py * sin, y + side * px * sin + py * cos]);
}

export function pathData(...outlines: Outline[]): string {
  return outlines.map((points) => `M${points.map(([x, y]) => `${round(x)} ${round(y)}`).join('L')}Z`).join('');
}

export const round = (value: number): number => Math.round(value * 10) / 10;

export interface Bounds {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export function boundsOf(points: Outline): Bounds {
  const bounds = { left: Number.POSITIVE_INFINITY, top: Number.POSITIVE_INFINITY, right: Number.NEGATIVE_INFINITY, bottom: Number.NEGATIVE_INFINITY };
  for (const [x, y] of points) {
    bounds.left = Math.min(bounds.left, x);
    bounds.right = Math.max(bounds.right, x);
    bounds.top = Math.min(bounds.top, y);
    bounds.bottom = Math.max(bounds.bottom, y);
  }
  return bounds;
}

/** The part of a polygon inside a picture (Sutherland and Hodgman, 1974); empty when it lies outside. */
export function clipToPicture(points: Outline, width: number, height: number): Xy[] {
  let clipped: Xy[] = [...points];
  for (const [axis, limit, sign] of [[0, 0, 1], [0, width, -1], [1, 0, 1], [1, height, -1]] as const) {
    const depth = (point: Xy): number => (point[axis] - limit) * sign;
    clipped = clipped.flatMap((point, index) => {
      const before = clipped[(index + clipped.length - 1) % clipped.length] ?? point;
      const [from, to] = [depth(before), depth(point)];
      const crossing = (): Xy => {
        const t = from / (from - to);
        return [before[0] + (point[0] - before[0]) * t, before[1] + (point[1] - before[1]) * t];
      };
      if (from >= 0 !== to >= 0) return to >= 0 ? [crossing(), point] : [crossing()];
      return to >= 0 ? [point] : [];
    });
  }
  return clipped;
}

export function areaOf(points: Outline): number {
  let sum = 0;
  points.forEach(([x, y], index) => {
    const [nextX, nextY] = points[(index + 1) % points.length] ?? [x, y];
    sum += x * nextY - nextX * y;
  });
  return Math.abs(sum) / 2;
}
