import { blur } from './image.ts';
import type { Gray } from './image.ts';

/** The weights of Mortensen and Barrett: zero crossing, direction, magnitude. */
const weights = { zero: 0.43, direction: 0.43, magnitude: 0.14 };
/** Costs are whole numbers up to this (times √2 on diagonals), as the buckets of the queue need. */
const costScale = 64;
const maxLinkCost = Math.ceil(costScale * Math.SQRT2) + 1;

const stepX = [1, 1, 0, -1, -1, -1, 0, 1];
const stepY = [0, 1, 1, 1, 0, -1, -1, -1];

/** What each pixel of a picture costs to pass. Made once for a picture, used by every seed. */
export interface WireCosts {
  readonly width: number;
  readonly height: number;
  /** Zero crossing and magnitude together, 0–1. */
  readonly local: Float32Array;
  /** The gradient's unit vector: across the edge. */
  readonly gradientX: Float32Array;
  readonly gradientY: Float32Array;
}

/**
 * The edge costs of "Intelligent Scissors for Image Composition" (Mortensen, Barrett; SIGGRAPH 1995, section 3): low
 * where the Laplacian crosses zero and the gradient is strong.
 */
export function wireCosts(image: Gray): WireCosts {
  const { width, height, data } = blur(image, 1);
  const size = width * height;
  const gradientX = new Float32Array(size);
  const gradientY = new Float32Array(size);
  const laplacian = new Float32Array(size);
  const magnitude = new Float32Array(size);
  let most = 1e-6;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const left = data[x > 0 ? at - 1 : at];
      const right = data[x < width - 1 ? at + 1 : at];
      const up = data[y > 0 ? at - width : at];
      const down = data[y < height - 1 ? at + width : at];
      const [gx, gy] = [(right - left) / 2, (down - up) / 2];
      const strength = Math.hypot(gx, gy);
      magnitude[at] = strength;
      gradientX[at] = strength > 0 ? gx / strength : 0;
      gradientY[at] = strength > 0 ? gy / strength : 0;
      laplacian[at] = left + right + up + down - 4 * data[at];
      if (strength > most) most = strength;
    }
  }
  const local = new Float32Array(size);
  for (let at = 0; at < size; at++) {
    // In flat areas noise makes the Laplacian cross zero everywhere: such a crossing is no edge.
    const isEdge = magnitude[at] > most * 0.04 && crossesZero(laplacian, at, width, size);
    local[at] = weights.zero * (isEdge ? 0 : 1) + weights.magnitude * (1 - magnitude[at] / most);
  }
  return { width, height, local, gradientX, gradientY };
}

/** The cheapest pixel near a place: a click close to an edge means the edge (the paper's "cursor snap"). */
export function nearestEdgePixel({ width, height, local }: WireCosts, x: number, y: number, radius: number): [number, number] {
  let [bestX, bestY] = [x, y];
  let least = Infinity;
  for (let nearY = Math.max(0, y - radius); nearY <= Math.min(height - 1, y + radius); nearY++) {
    for (let nearX = Math.max(0, x - radius); nearX <= Math.min(width - 1, x + radius); nearX++) {
      const away = Math.hypot(nearX - x, nearY - y);
      // What lies farther must be clearly better.
      const cost = local[nearY * width + nearX] + (away / Math.max(1, radius)) * 0.1;
      if (away > radius || cost >= least) continue;
      least = cost;
      [bestX, bestY] = [nearX, nearY];
    }
  }
  return [bestX, bestY];
}

/** The sign changes towards a neighbour, and this pixel is the nearer one to zero. */
function crossesZero(laplacian: Float32Array, at: number, width: number, size: number): boolean {
  const value = laplacian[at];
  if (value === 0) return true;
  for (const next of [at - 1, at + 1, at - width, at + width]) {
    if (next < 0 || next >= size) continue;
    const other = laplacian[next];
    if (value > 0 !== other > 0 && Math.abs(value) <= Math.abs(other)) return true;
  }
  return false;
}

/**
 * The cheapest ways from one pixel to all others, found as far as they are asked for: Dijkstra's algorithm with buckets
 * for whole-numbered costs (Dial, CACM 12(11), 1969). One object per seed.
 */
export class LiveWire {
  private readonly costs: WireCosts;
  private readonly total: Int32Array;
  /** 0–7: the step that led here; 8: the seed; 9: not reached. */
  private readonly cameBy: Uint8Array;
  private readonly isDone: Uint8Array;
  private readonly buckets: number[][];
  private current = 0;
  private waiting = 1;

  constructor(costs: WireCosts, seedX: number, seedY: number) {
    const size = costs.width * costs.height;
    this.costs = costs;
    this.total = new Int32Array(size).fill(0x7fffffff);
    this.cameBy = new Uint8Array(size).fill(9);
    this.isDone = new Uint8Array(size);
    this.buckets = Array.from({ length: maxLinkCost + 1 }, () => []);
    const seed = seedY * costs.width + seedX;
    this.total[seed] = 0;
    this.cameBy[seed] = 8;
    this.buckets[0].push(seed);
  }

  /** The pixels from the seed to a place, both included. */
  path(x: number, y: number): [number, number][] {
    const { width } = this.costs;
    const target = y * width + x;
    this.searchUntil(target);
    const path: [number, number][] = [];
    for (let at = target; ; ) {
      path.push([at % width, Math.floor(at / width)]);
      const step = this.cameBy[at];
      if (step >= 8) break;
      at -= stepY[step] * width + stepX[step];
    }
    return path.toReversed();
  }

  private searchUntil(target: number): void {
    while (this.isDone[target] === 0 && this.waiting > 0) {
      const bucket = this.buckets[this.current % this.buckets.length];
      const at = bucket.pop();
      if (at === undefined) {
        this.current++;
        continue;
      }
      this.waiting--;
      if (this.isDone[at] === 1 || this.total[at] !== this.current) continue;
      this.isDone[at] = 1;
      this.relax(at);
    }
  }

  private relax(at: number): void {
    const { width, height } = this.costs;
    const x = at % width;
    const y = (at - x) / width;
    for (let step = 0; step < 8; step++) {
      const [nextX, nextY] = [x + stepX[step], y + stepY[step]];
      if (nextX < 0 || nextY < 0 || nextX >= width || nextY >= height) continue;
      const next = nextY * width + nextX;
      if (this.isDone[next] === 1) continue;
      const total = this.current + this.linkCost(at, next, step);
      if (total >= this.total[next]) continue;
      this.total[next] = total;
      this.cameBy[next] = step;
      this.buckets[total % this.buckets.length].push(next);
      this.waiting++;
    }
  }

  /** Local cost of the pixel stepped onto, and how far the step turns away from both edges (section 3.1 of the paper). */
  private linkCost(from: number, to: number, step: number): number {
    const { local, gradientX, gradientY } = this.costs;
    const isDiagonal = step % 2 === 1;
    const length = isDiagonal ? Math.SQRT2 : 1;
    const [linkX, linkY] = [stepX[step] / length, stepY[step] / length];
    // Along the edge: the gradient turned by a quarter, pointing the way of the step at the first pixel.
    let alongFrom = gradientY[from] * linkX - gradientX[from] * linkY;
    let alongTo = gradientY[to] * linkX - gradientX[to] * linkY;
    if (alongFrom < 0) {
      alongFrom = -alongFrom;
      alongTo = -alongTo;
    }
    const direction = (Math.acos(Math.min(1, alongFrom)) + Math.acos(Math.max(-1, Math.min(1, alongTo)))) / (1.5 * Math.PI);
    const cost = (local[to] + weights.direction * Math.min(1, direction)) * length;
    return Math.min(maxLinkCost, 1 + Math.floor(cost * (costScale - 1)));
  }
}
