import { toLab } from './image.ts';
import type { Rgba } from './image.ts';

export interface Superpixels {
  readonly width: number;
  readonly height: number;
  /** The superpixel of each pixel, 0 … count - 1. */
  readonly labels: Int32Array;
  readonly count: number;
}

export interface SlicOptions {
  /** About how many pixels a side a superpixel has. */
  readonly size: number;
  /** How much nearness counts against likeness; 10 by the paper's advice. */
  readonly compactness?: number;
  readonly iterations?: number;
}

interface Clusters {
  /** Five values each: L, a, b, x, y. */
  readonly centers: Float32Array;
  readonly count: number;
}

/** SLIC superpixels (Achanta et al., IEEE TPAMI 34(11), 2012): k-means of colour and place, each centre within its own window. */
export function slic(image: Rgba, { size, compactness = 10, iterations = 8 }: SlicOptions): Superpixels {
  const { width, height } = image;
  const lab = toLab(image);
  const step = Math.max(2, Math.round(size));
  const clusters = firstCenters(lab, width, height, step);
  const labels = new Int32Array(width * height).fill(-1);
  const distances = new Float32Array(width * height);
  const weight = (compactness / step) ** 2;
  for (let round = 0; round < iterations; round++) {
    distances.fill(Infinity);
    assign({ lab, width, height, clusters, labels, distances, step, weight });
    recenter(lab, width, clusters, labels);
  }
  return connect(labels, width, height, (step * step) / 4);
}

/** On a grid, moved to the least gradient among the nine pixels around, away from edges. */
function firstCenters(lab: Float32Array, width: number, height: number, step: number): Clusters {
  const values: number[] = [];
  for (let y = Math.floor(step / 2); y < height; y += step) {
    for (let x = Math.floor(step / 2); x < width; x += step) {
      const at = flattest(lab, width, height, x, y);
      values.push(lab[at * 3], lab[at * 3 + 1], lab[at * 3 + 2], at % width, Math.floor(at / width));
    }
  }
  if (values.length === 0) values.push(lab[0], lab[1], lab[2], 0, 0);
  return { centers: Float32Array.from(values), count: values.length / 5 };
}

function flattest(lab: Float32Array, width: number, height: number, x: number, y: number): number {
  let best = y * width + x;
  let least = Infinity;
  for (let nearY = Math.max(1, y - 1); nearY <= Math.min(height - 2, y + 1); nearY++) {
    for (let nearX = Math.max(1, x - 1); nearX <= Math.min(width - 2, x + 1); nearX++) {
      const at = nearY * width + nearX;
      const gradient = squared(lab, at + 1, at - 1) + squared(lab, at + width, at - width);
      if (gradient >= least) continue;
      least = gradient;
      best = at;
    }
  }
  return best;
}

function squared(lab: Float32Array, a: number, b: number): number {
  return (lab[a * 3] - lab[b * 3]) ** 2 + (lab[a * 3 + 1] - lab[b * 3 + 1]) ** 2 + (lab[a * 3 + 2] - lab[b * 3 + 2]) ** 2;
}

interface Assignment {
  readonly lab: Float32Array;
  readonly width: number;
  readonly height: number;
  readonly clusters: Clusters;
  readonly labels: Int32Array;
  readonly distances: Float32Array;
  readonly step: number;
  readonly weight: number;
}

function assign({ lab, width, height, clusters, labels, distances, step, weight }: Assignment): void {
  const { centers, count } = clusters;
  for (let cluster = 0; cluster < count; cluster++) {
    const [l, a, b, cx, cy] = centers.subarray(cluster * 5, cluster * 5 + 5);
    const [fromX, toX] = [Math.max(0, Math.floor(cx - step)), Math.min(width - 1, Math.ceil(cx + step))];
    const [fromY, toY] = [Math.max(0, Math.floor(cy - step)), Math.min(height - 1, Math.ceil(cy + step))];
    for (let y = fromY; y <= toY; y++) {
      for (let x = fromX; x <= toX; x++) {
        const at = y * width + x;
        const color = (lab[at * 3] - l) ** 2 + (lab[at * 3 + 1] - a) ** 2 + (lab[at * 3 + 2] - b) ** 2;
        const distance = color + weight * ((x - cx) ** 2 + (y - cy) ** 2);
        if (distance >= distances[at]) continue;
        distances[at] = distance;
        labels[at] = cluster;
      }
    }
  }
}

function recenter(lab: Float32Array, width: number, { centers, count }: Clusters, labels: Int32Array): void {
  const sums = new Float64Array(count * 6);
  for (let at = 0; at < labels.length; at++) {
    const base = labels[at] * 6;
    if (base < 0) continue;
    sums[base] += lab[at * 3];
    sums[base + 1] += lab[at * 3 + 1];
    sums[base + 2] += lab[at * 3 + 2];
    sums[base + 3] += at % width;
    sums[base + 4] += Math.floor(at / width);
    sums[base + 5]++;
  }
  for (let cluster = 0; cluster < count; cluster++) {
    const members = sums[cluster * 6 + 5];
    if (members === 0) continue;
    for (let value = 0; value < 5; value++) centers[cluster * 5 + value] = sums[cluster * 6 + value] / members;
  }
}

/** Each connected piece becomes a superpixel of its own; pieces too small join the one before them (the paper's section 3.2). */
function connect(labels: Int32Array, width: number, height: number, leastPixels: number): Superpixels {
  const out = new Int32Array(labels.length).fill(-1);
  let count = 0;
  const piece: number[] = [];
  for (let start = 0; start < labels.length; start++) {
    if (out[start] >= 0) continue;
    piece.length = 0;
    piece.push(start);
    out[start] = count;
    let neighbour = -1;
    for (let head = 0; head < piece.length; head++) {
      const at = piece[head];
      for (const next of neighbours(at, width, height)) {
        if (out[next] >= 0 && out[next] !== count) neighbour = out[next];
        if (out[next] >= 0 || labels[next] !== labels[start]) continue;
        out[next] = count;
        piece.push(next);
      }
    }
    if (piece.length >= leastPixels || neighbour < 0) count++;
    else for (const at of piece) out[at] = neighbour;
  }
  return { width, height, labels: out, count };
}

function neighbours(at: number, width: number, height: number): number[] {
  const x = at % width;
  const found: number[] = [];
  if (x > 0) found.push(at - 1);
  if (x < width - 1) found.push(at + 1);
  if (at >= width) found.push(at - width);
  if (at < width * (height - 1)) found.push(at + width);
  return found;
}
