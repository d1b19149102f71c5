import { labPlanes, type LabPlanes, type Pixels } from '../imaging/colour.ts';
import { newPlane, percentile, type Plane } from '../imaging/plane.ts';

/** What lies behind the subject, told from the picture's border. */
export interface Backdrop {
  /** One colour that changes smoothly, as of a studio's paper roll. */
  plain: boolean;
  /** Colour difference from it per pixel: ΔE of CIE 1976, or likewise scaled for busy backdrops. */
  distance: Plane;
  /** Differences up to this are the backdrop's own noise. */
  noise: number;
  /** Mean a and b of L*a*b*, of plain ones. */
  tint: { a: number; b: number };
}

/** Pixels of the border strips: the whole top, and the upper six tenths of both sides, where shoulders do not reach. */
function borderPixels(width: number, height: number): number[] {
  const strip = Math.max(2, Math.round(0.035 * Math.min(width, height)));
  const out: number[] = [];
  for (let y = 0; y < Math.round(height * 0.6); y++) {
    for (let x = 0; x < width; x++) if (y < strip || x < strip || x >= width - strip) out.push(y * width + x);
  }
  return out;
}

/**
 * Fits a quadratic surface per Lab channel to the border by iteratively re-weighted least squares (Tukey's biweight),
 * which follows lighting fall-off and ignores hair or shoulders in the strips. Where the border is no smooth surface,
 * it falls back to a handful of colours (k-means).
 */
export function modelBackdrop(pixels: Pixels): Backdrop {
  const { width, height } = pixels;
  const lab = labPlanes(pixels);
  const border = borderPixels(width, height);
  const surface = fitSurface(lab, border, width, height);
  const distance = newPlane(width, height);
  for (let i = 0; i < distance.data.length; i++) distance.data[i] = surfaceDistance(lab, surface, i, width, height);
  const residuals = Float32Array.from(border, (i) => distance.data[i] ?? 0);
  const noise = Math.max(1, percentile(residuals, 0.5));
  let inliers = 0;
  for (const residual of residuals) if (residual < Math.max(7, 3.5 * noise)) inliers += 1;
  const plain = noise < 7 && inliers > 0.7 * residuals.length;
  const tint = { a: surface[1]?.[0] ?? 0, b: surface[2]?.[0] ?? 0 };
  if (plain) return { plain, distance, noise, tint };
  return { plain, distance: clusterDistance(lab, border), noise: 4, tint };
}

/** Terms of the surface at a pixel: 1, x, y, x², xy, y² with x and y from −1 to 1. */
function terms(i: number, width: number, height: number): number[] {
  const x = (2 * (i % width)) / width - 1;
  const y = (2 * Math.floor(i / width)) / height - 1;
  return [1, x, y, x * x, x * y, y * y];
}

function fitSurface(lab: LabPlanes, border: number[], width: number, height: number): number[][] {
  const step = Math.max(1, Math.floor(border.length / 4_000));
  const chosen = border.filter((_, index) => index % step === 0);
  const rows = chosen.map((i) => terms(i, width, height));
  let weights = chosen.map(() => 1);
  let surface: number[][] = [];
  for (let round = 0; round < 6; round++) {
    surface = [lab.l, lab.a, lab.b].map((plane) =>
      solveNormal(
        rows,
        chosen.map((i) => plane.data[i] ?? 0),
        weights,
      ),
    );
    const residuals = chosen.map((i) => surfaceDistance(lab, surface, i, width, height));
    const reach = Math.max(4, 5 * percentile(residuals, 0.5));
    weights = residuals.map((residual) => (residual < reach ? (1 - (residual / reach) ** 2) ** 2 : 0));
  }
  return surface;
}

function surfaceDistance(lab: LabPlanes, surface: number[][], i: number, width: number, height: number): number {
  const t = terms(i, width, height);
  let sum = 0;
  for (const [channel, plane] of [lab.l, lab.a, lab.b].entries()) {
    const coefficients = surface[channel] ?? [];
    let value = 0;
    for (let k = 0; k < 6; k++) value += (coefficients[k] ?? 0) * (t[k] ?? 0);
    sum += ((plane.data[i] ?? 0) - value) ** 2;
  }
  return Math.sqrt(sum);
}

/** Weighted least squares by the normal equations, slightly ridged so that a poor border cannot make it singular. */
function solveNormal(rows: number[][], values: number[], weights: number[]): number[] {
  const n = rows[0]?.length ?? 0;
  const matrix = Array.from({ length: n }, (_, i) =>
    Array.from({ length: n + 1 }, (_, j): number => (i === j ? 1e-3 : 0)),
  );
  for (const [index, row] of rows.entries()) {
    const weight = weights[index] ?? 0;
    for (let i = 0; i < n; i++) {
      const target = matrix[i] ?? [];
      for (let j = 0; j < n; j++) target[j] = (target[j] ?? 0) + weight * (row[i] ?? 0) * (row[j] ?? 0);
      target[n] = (target[n] ?? 0) + weight * (row[i] ?? 0) * (values[index] ?? 0);
    }
  }
  return eliminate(matrix);
}

/** Gauss elimination with pivoting; each row holds the coefficients and, last, the right side. */
function eliminate(matrix: number[][]): number[] {
  const n = matrix.length;
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let row = column + 1; row < n; row++) {
      if (Math.abs(matrix[row]?.[column] ?? 0) > Math.abs(matrix[pivot]?.[column] ?? 0)) pivot = row;
    }
    const swap = matrix[column] ?? [];
    matrix[column] = matrix[pivot] ?? [];
    matrix[pivot] = swap;
    const own = matrix[column] ?? [];
    for (let row = 0; row < n; row++) {
      if (row === column) continue;
      const other = matrix[row] ?? [];
      const factor = (other[column] ?? 0) / (own[column] || 1e-12);
      for (let k = column; k <= n; k++) other[k] = (other[k] ?? 0) - factor * (own[k] ?? 0);
    }
  }
  return matrix.map((row, i) => (row[n] ?? 0) / (row[i] || 1e-12));
}

/** Distance to the nearest of the border's main colours, each scaled by its own spread. */
function clusterDistance(lab: LabPlanes, border: number[]): Plane {
  const step = Math.max(1, Math.floor(border.length / 3_000));
  const points = border
    .filter((_, index) => index % step === 0)
    .map((i) => [lab.l.data[i] ?? 0, lab.a.data[i] ?? 0, lab.b.data[i] ?? 0]);
  const clusters = kMeans(points, 8);
  const out = newPlane(lab.l.width, lab.l.height);
  for (let i = 0; i < out.data.length; i++) {
    let best = Infinity;
    for (const { centre, spread } of clusters) {
      const dl = (lab.l.data[i] ?? 0) - (centre[0] ?? 0);
      const da = (lab.a.data[i] ?? 0) - (centre[1] ?? 0);
      const db = (lab.b.data[i] ?? 0) - (centre[2] ?? 0);
      best = Math.min(best, ((0.5 * dl * dl + da * da + db * db) * 16) / (spread * spread));
    }
    out.data[i] = Math.sqrt(best);
  }
  return out;
}

interface Cluster {
  centre: number[];
  /** Root mean square distance of its points, at least 4. */
  spread: number;
}

/** Lloyd's k-means from evenly spaced first centres: the same picture always gives the same clusters. */
function kMeans(points: number[][], k: number): Cluster[] {
  const sorted = points.toSorted((p, q) => (p[0] ?? 0) - (q[0] ?? 0));
  let centres = Array.from({ length: k }, (_, i) => sorted[Math.floor(((i + 0.5) * sorted.length) / k)] ?? [0, 0, 0]);
  let clusters: Cluster[] = [];
  for (let round = 0; round < 10; round++) {
    const sums = centres.map(() => ({ sum: [0, 0, 0], count: 0, squares: 0 }));
    for (const point of points) {
      const distances = centres.map((centre) => squaredDistance(point, centre));
      const nearest = distances.indexOf(Math.min(...distances));
      const own = sums[nearest];
      if (own === undefined) continue;
      own.count += 1;
      own.squares += distances[nearest] ?? 0;
      own.sum = own.sum.map((value, c) => value + (point[c] ?? 0));
    }
    const used = sums.filter(({ count }) => count > 0);
    clusters = used.map(({ sum, count, squares }) => ({
      centre: sum.map((v) => v / count),
      spread: Math.max(4, Math.sqrt(squares / count)),
    }));
    centres = clusters.map(({ centre }) => centre);
  }
  return clusters;
}

function squaredDistance(p: number[], q: number[]): number {
  return ((p[0] ?? 0) - (q[0] ?? 0)) ** 2 + ((p[1] ?? 0) - (q[1] ?? 0)) ** 2 + ((p[2] ?? 0) - (q[2] ?? 0)) ** 2;
}
