import { lumaPlane, type Pixels } from '../imaging/colour.ts';
import type { Plane } from '../imaging/plane.ts';

export interface QualityFigures {
  /** Variance of the Laplacian, less what noise adds to it, at most 1,024 pixels wide: larger is sharper. */
  sharpness: number;
  /** Standard deviation of noise in grey levels. */
  noise: number;
  /** Mean luma, 0 to 255. */
  mean: number;
  /** Standard deviation of luma. */
  contrast: number;
  /** Luma below which 1 % and above which 1 % of the pixels lie. */
  low: number;
  high: number;
  /** Shares of pixels at black (up to 2) and white (from 253 on). */
  clippedDark: number;
  clippedBright: number;
}

export function measureQuality(pixels: Pixels): QualityFigures {
  const plane = lumaPlane(pixels);
  const noise = noiseDeviation(plane);
  return { sharpness: sharpness(plane, noise), noise, ...toneFigures(plane) };
}

/**
 * Variance of the Laplacian as a measure of focus (J. Pech-Pacheco et al., "Diatom autofocusing in brightfield
 * microscopy", ICPR 2000). White noise of deviation σ adds 20 σ² (the squares of the kernel 1 1 1 1 −4), which is taken away,
 * so that a grainy blurred picture does not pass for sharp.
 */
function sharpness({ width, height, data }: Plane, noise: number): number {
  let sum = 0;
  let squares = 0;
  let count = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x;
      const value =
        (data[i - 1] as number) +
        (data[i + 1] as number) +
        (data[i - width] as number) +
        (data[i + width] as number) -
        4 * (data[i] as number);
      sum += value;
      squares += value * value;
      count += 1;
    }
  }
  if (count === 0) return 0;
  const variance = squares / count - (sum / count) ** 2;
  return Math.max(0, variance - 20 * noise * noise);
}

/**
 * J. Immerkær, "Fast noise variance estimation", Computer Vision and Image Understanding 64(2), 1996: the mean absolute
 * response to a kernel that structure hardly excites. Pixels on strong edges are left out, whose response is not noise.
 */
export function noiseDeviation({ width, height, data }: Plane): number {
  let sum = 0;
  let count = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x;
      const at = (offset: number) => data[i + offset] as number;
      const gradient = Math.abs(at(1) - at(-1)) + Math.abs(at(width) - at(-width));
      if (gradient > 48) continue;
      sum += Math.abs(
        at(-width - 1) +
          at(-width + 1) +
          at(width - 1) +
          at(width + 1) -
          2 * (at(-1) + at(1) + at(-width) + at(width)) +
          4 * at(0),
      );
      count += 1;
    }
  }
  return count === 0 ? 0 : (Math.sqrt(Math.PI / 2) * sum) / (6 * count);
}

function toneFigures({ data }: Plane): Omit<QualityFigures, 'sharpness' | 'noise'> {
  const histogram = new Float64Array(256);
  for (const value of data) {
    const level = Math.min(255, Math.round(value));
    histogram[level] = (histogram[level] ?? 0) + 1;
  }
  const total = data.length;
  let mean = 0;
  for (const [level, count] of histogram.entries()) mean += (level * count) / total;
  let variance = 0;
  for (const [level, count] of histogram.entries()) variance += ((level - mean) ** 2 * count) / total;
  const share = (from: number, to: number) =>
    histogram.subarray(from, to + 1).reduce((sum, count) => sum + count, 0) / total;
  return {
    mean,
    contrast: Math.sqrt(variance),
    low: levelAt(histogram, total * 0.01),
    high: levelAt(histogram, total * 0.99),
    clippedDark: share(0, 2),
    clippedBright: share(253, 255),
  };
}

function levelAt(histogram: Float64Array, count: number): number {
  let sum = 0;
  for (const [level, own] of histogram.entries()) {
    sum += own;
    if (sum >= count) return level;
  }
  return 255;
}
