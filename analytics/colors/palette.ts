import { labOf, rgbOfLab, type Pixels } from '../imaging/colour.ts';

export interface PaletteColour {
  hex: string;
  lab: [l: number, a: number, b: number];
  /** Share of the pixels, 0 to 1. */
  share: number;
}

type Lab = [number, number, number];

/** Colours closer than this (ΔE of CIE 1976) are one: the eye hardly parts them. */
const leastDifference = 7;

/**
 * The main colours of a picture, largest share first. Median cut (P. Heckbert, "Color image quantization for frame buffer
 * display", SIGGRAPH 1982) in CIE L*a*b* gives the first centres, k-means (S. Lloyd, 1957/1982) settles them, and centres
 * that the eye cannot part are joined. Equal pictures give equal palettes: nothing is random.
 */
export function findPalette(pixels: Pixels, count: number): PaletteColour[] {
  const points = samplePoints(pixels);
  if (points.length === 0) return [];
  const centres = settle(points, medianCut(points, count));
  return joinAlike(centres, points.length).map(({ centre, size }) => ({
    hex: `#${rgbOfLab(...centre)
      .map((value) => value.toString(16).padStart(2, '0'))
      .join('')}`,
    lab: centre.map((value) => Math.round(value * 100) / 100) as Lab,
    share: Math.round((size / points.length) * 10_000) / 10_000,
  }));
}

function samplePoints(pixels: Pixels): Lab[] {
  const { data, channels } = pixels;
  const points: Lab[] = [];
  for (let p = 0; p + 2 < data.length; p += channels) {
    if (channels === 4 && (data[p + 3] ?? 0) < 128) continue;
    points.push(labOf(data[p] ?? 0, data[p + 1] ?? 0, data[p + 2] ?? 0));
  }
  return points;
}

/** Splits the box with the largest spread (times the root of its size) at its median until there are enough. */
function medianCut(points: Lab[], count: number): Lab[] {
  const boxes = [points];
  while (boxes.length < count) {
    let chosen = { index: -1, weight: 0, axis: 0 };
    for (const [index, box] of boxes.entries()) {
      const { axis, spread } = widestAxis(box);
      const weight = spread * Math.sqrt(box.length);
      if (weight > chosen.weight && spread > 2) chosen = { index, weight, axis };
    }
    const box = boxes[chosen.index];
    if (box === undefined) break;
    const sorted = box.toSorted((a, b) => (a[chosen.axis] ?? 0) - (b[chosen.axis] ?? 0));
    const middle = sorted.length >> 1;
    boxes.splice(chosen.index, 1, sorted.slice(0, middle), sorted.slice(middle));
  }
  return boxes.map(meanOf);
}

function widestAxis(box: Lab[]): { axis: number; spread: number } {
  let best = { axis: 0, spread: 0 };
  for (let axis = 0; axis < 3; axis++) {
    let [low, high] = [Infinity, -Infinity];
    for (const point of box) {
      low = Math.min(low, point[axis] ?? 0);
      high = Math.max(high, point[axis] ?? 0);
    }
    if (high - low > best.spread) best = { axis, spread: high - low };
  }
  return best;
}

function meanOf(box: Lab[]): Lab {
  const sum: Lab = [0, 0, 0];
  for (const [l, a, b] of box) {
    sum[0] += l;
    sum[1] += a;
    sum[2] += b;
  }
  return [sum[0] / box.length, sum[1] / box.length, sum[2] / box.length];
}

interface Cluster {
  centre: Lab;
  size: number;
}

function settle(points: Lab[], first: Lab[]): Cluster[] {
  let clusters: Cluster[] = first.map((centre) => ({ centre, size: 0 }));
  for (let round = 0; round < 12; round++) {
    const sums = clusters.map(() => ({ sum: [0, 0, 0] as Lab, size: 0 }));
    for (const point of points) {
      const own = sums[nearest(point, clusters)];
      if (own === undefined) continue;
      own.size += 1;
      own.sum[0] += point[0];
      own.sum[1] += point[1];
      own.sum[2] += point[2];
    }
    const next = sums
      .filter(({ size }) => size > 0)
      .map(({ sum, size }): Cluster => ({ centre: [sum[0] / size, sum[1] / size, sum[2] / size], size }));
    const moved =
      next.length !== clusters.length ||
      next.some((cluster, i) => difference(cluster.centre, clusters[i]?.centre ?? cluster.centre) > 0.3);
    clusters = next;
    if (!moved) break;
  }
  return clusters;
}

function nearest(point: Lab, clusters: Cluster[]): number {
  let best = 0;
  let least = Infinity;
  for (let k = 0; k < clusters.length; k++) {
    const { centre } = clusters[k] as Cluster;
    const distance = (point[0] - centre[0]) ** 2 + (point[1] - centre[1]) ** 2 + (point[2] - centre[2]) ** 2;
    if (distance < least) {
      least = distance;
      best = k;
    }
  }
  return best;
}

function joinAlike(clusters: Cluster[], total: number): Cluster[] {
  const kept: Cluster[] = [];
  for (const cluster of clusters.toSorted((a, b) => b.size - a.size)) {
    const alike = kept.find((other) => difference(other.centre, cluster.centre) < leastDifference);
    if (alike === undefined) kept.push({ ...cluster });
    else {
      const sum = alike.size + cluster.size;
      alike.centre = alike.centre.map(
        (value, c) => (value * alike.size + (cluster.centre[c] ?? 0) * cluster.size) / sum,
      ) as Lab;
      alike.size = sum;
    }
  }
  return kept.filter(({ size }) => size > total * 0.002).toSorted((a, b) => b.size - a.size);
}

function difference(a: Lab, b: Lab): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}
