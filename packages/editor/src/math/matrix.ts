import type { Xy } from '@fovea/contract';

/** An affine map: `x' = a·x + c·y + e`, `y' = b·x + d·y + f` (the order of canvas `setTransform`). */
export interface Matrix {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly e: number;
  readonly f: number;
}

export const identity: Matrix = { a: 1, b: 0, c: 0, d: 1, e: 0, f: 0 };

export function translation(dx: number, dy: number): Matrix {
  return { a: 1, b: 0, c: 0, d: 1, e: dx, f: dy };
}

export function scaling(sx: number, sy: number, [x, y]: Xy): Matrix {
  return { a: sx, b: 0, c: 0, d: sy, e: x - sx * x, f: y - sy * y };
}

/** A turn about a centre, in radians, clockwise as seen on the screen. */
export function rotation(angle: number, [x, y]: Xy): Matrix {
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  return { a: cos, b: sin, c: -sin, d: cos, e: x - cos * x + sin * y, f: y - sin * x - cos * y };
}

export function apply({ a, b, c, d, e, f }: Matrix, [x, y]: Xy): Xy {
  return [a * x + c * y + e, b * x + d * y + f];
}

export function applyAll(matrix: Matrix, points: readonly Xy[]): Xy[] {
  return points.map((point) => apply(matrix, point));
}

/** The map that undoes the given one, or undefined when it flattens the plane. */
export function inverse({ a, b, c, d, e, f }: Matrix): Matrix | undefined {
  const determinant = a * d - b * c;
  if (determinant === 0 || !Number.isFinite(determinant)) return undefined;
  return {
    a: d / determinant,
    b: -b / determinant,
    c: -c / determinant,
    d: a / determinant,
    e: (c * f - d * e) / determinant,
    f: (b * e - a * f) / determinant,
  };
}

/** What the map does to directions of the angle given: the new angle and the factor by which lengths grow along it. */
export function mapDirection(matrix: Matrix, angle: number): { angle: number; factor: number } {
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  const x = matrix.a * cos + matrix.c * sin;
  const y = matrix.b * cos + matrix.d * sin;
  return { angle: Math.atan2(y, x), factor: Math.hypot(x, y) };
}

export function isTranslation({ a, b, c, d }: Matrix): boolean {
  return a === 1 && b === 0 && c === 0 && d === 1;
}
