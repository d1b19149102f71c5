/** Rows of a 3 × 4 matrix from voxel indices (i, j, k, 1) to millimetres: x to the right, y to the front, z to the head (RAS+). */
export type Affine = readonly [AffineRow, AffineRow, AffineRow];
export type AffineRow = readonly [number, number, number, number];

export interface Quaternion {
  readonly b: number;
  readonly c: number;
  readonly d: number;
  /** Offset of the first voxel. */
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly spacing: readonly [number, number, number];
  /** −1 where the third axis is flipped (pixdim[0]). */
  readonly factor: 1 | -1;
}

/** Method 2 of nifti1.h: rotation as the vector part of a unit quaternion. */
export function affineFromQuaternion({ b, c, d, x, y, z, spacing, factor }: Quaternion): Affine {
  const square = 1 - (b * b + c * c + d * d);
  // Rounding in float32 can carry the vector part beyond length 1: it is a half turn then.
  const length = square < 1e-7 ? Math.sqrt(b * b + c * c + d * d) : 1;
  const a = square < 1e-7 ? 0 : Math.sqrt(square);
  const [qb, qc, qd] = [b / length, c / length, d / length];
  const [si, sj, sk] = [spacing[0], spacing[1], spacing[2] * factor];
  return [
    [(a * a + qb * qb - qc * qc - qd * qd) * si, 2 * (qb * qc - a * qd) * sj, 2 * (qb * qd + a * qc) * sk, x],
    [2 * (qb * qc + a * qd) * si, (a * a + qc * qc - qb * qb - qd * qd) * sj, 2 * (qc * qd - a * qb) * sk, y],
    [2 * (qb * qd - a * qc) * si, 2 * (qc * qd + a * qb) * sj, (a * a + qd * qd - qc * qc - qb * qb) * sk, z],
  ];
}

/** Lengths of the columns: voxel sizes in mm. */
export function affineSpacing(affine: Affine): [number, number, number] {
  const column = (index: 0 | 1 | 2): number => Math.hypot(affine[0][index], affine[1][index], affine[2][index]);
  return [column(0), column(1), column(2)];
}

/**
 * The quaternion closest to an affine without shear (nifti1.h, method 2 backwards: normalise the
 * columns, note a flip, read the rotation off the trace). Undefined when the columns are not at right angles.
 */
export function quaternionFromAffine(affine: Affine): Quaternion | undefined {
  const spacing = affineSpacing(affine);
  if (spacing.some((size) => size < 1e-12)) return undefined;
  const r = affine.map((row) => [row[0] / spacing[0], row[1] / spacing[1], row[2] / spacing[2]]) as [number, number, number][];
  const at = (row: number, column: number): number => r[row]?.[column] ?? 0;
  const dot = (p: number, q: number): number => at(0, p) * at(0, q) + at(1, p) * at(1, q) + at(2, p) * at(2, q);
  if (Math.max(Math.abs(dot(0, 1)), Math.abs(dot(0, 2)), Math.abs(dot(1, 2))) > 1e-4) return undefined;
  const determinant =
    at(0, 0) * (at(1, 1) * at(2, 2) - at(1, 2) * at(2, 1)) - at(0, 1) * (at(1, 0) * at(2, 2) - at(1, 2) * at(2, 0)) + at(0, 2) * (at(1, 0) * at(2, 1) - at(1, 1) * at(2, 0));
  const factor = determinant < 0 ? -1 : 1;
  const m = (row: number, column: number): number => at(row, column) * (column === 2 ? factor : 1);
  const [b, c, d] = vectorPart(m);
  return { b, c, d, x: affine[0][3], y: affine[1][3], z: affine[2][3], spacing, factor };
}

/** Vector part of the unit quaternion of a rotation, real part made non-negative. */
function vectorPart(m: (row: number, column: number) => number): [number, number, number] {
  const real = m(0, 0) + m(1, 1) + m(2, 2) + 1;
  if (real > 0.5) {
    const a = Math.sqrt(real) / 2;
    return [(m(2, 1) - m(1, 2)) / (4 * a), (m(0, 2) - m(2, 0)) / (4 * a), (m(1, 0) - m(0, 1)) / (4 * a)];
  }
  const squares = [1 + m(0, 0) - m(1, 1) - m(2, 2), 1 + m(1, 1) - m(0, 0) - m(2, 2), 1 + m(2, 2) - m(0, 0) - m(1, 1)];
  const main = squares.indexOf(Math.max(...squares));
  const [p, q] = [(main + 1) % 3, (main + 2) % 3];
  const length = Math.sqrt(squares[main] ?? 0) / 2;
  const a = (m(q, p) - m(p, q)) / (4 * length);
  const parts = [0, 0, 0];
  parts[main] = length;
  parts[p] = (m(p, main) + m(main, p)) / (4 * length);
  parts[q] = (m(q, main) + m(main, q)) / (4 * length);
  const sign = a < 0 ? -1 : 1;
  return [(parts[0] ?? 0) * sign, (parts[1] ?? 0) * sign, (parts[2] ?? 0) * sign];
}

/** The largest difference of any coefficient, for comparisons in mm. */
export function affineDistance(a: Affine, b: Affine): number {
  return Math.max(...a.flat().map((value, index) => Math.abs(value - (b.flat()[index] ?? 0))));
}

/** Inverse of an affine. Undefined when it is singular. */
export function invertAffine(affine: Affine): Affine | undefined {
  const [[a, b, c, x], [d, e, f, y], [g, h, i, z]] = affine;
  const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  if (Math.abs(determinant) < 1e-12) return undefined;
  const rows = [
    [e * i - f * h, c * h - b * i, b * f - c * e],
    [f * g - d * i, a * i - c * g, c * d - a * f],
    [d * h - e * g, b * g - a * h, a * e - b * d],
  ].map((row) => row.map((value) => value / determinant));
  return rows.map(([p = 0, q = 0, r = 0]): AffineRow => [p, q, r, -(p * x + q * y + r * z)]) as unknown as Affine;
}

/** Millimetres of a voxel. */
export function applyAffine(affine: Affine, point: readonly [number, number, number]): [number, number, number] {
  const [i, j, k] = point;
  const row = ([a, b, c, d]: AffineRow): number => a * i + b * j + c * k + d;
  return [row(affine[0]), row(affine[1]), row(affine[2])];
}

/** First and second applied one after the other: `second ∘ first`. */
export function composeAffine(second: Affine, first: Affine): Affine {
  const row = (r: AffineRow): AffineRow => [
    r[0] * first[0][0] + r[1] * first[1][0] + r[2] * first[2][0],
    r[0] * first[0][1] + r[1] * first[1][1] + r[2] * first[2][1],
    r[0] * first[0][2] + r[1] * first[1][2] + r[2] * first[2][2],
    r[0] * first[0][3] + r[1] * first[1][3] + r[2] * first[2][3] + r[3],
  ];
  return [row(second[0]), row(second[1]), row(second[2])];
}
