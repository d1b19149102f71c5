import { newMask, type Mask, type Plane, type Rect } from '../imaging/plane.ts';
import { lumaOf, type PlacedFrame } from './canvas.ts';

export interface BackgroundOptions {
  /** A pixel is foreground when it differs by this many standard deviations. */
  sensitivity: number;
  /** Treats evenly darkened background as shadow, not as object. */
  suppressShadows: boolean;
  /** Pixels may also be like one of their neighbours: frames that were resampled do not lie exactly. */
  tolerant: boolean;
}

/** Share by which background pixels move towards each new frame, and foreground pixels, which are absorbed slowly. */
const learnRate = 0.03;
const absorbRate = 0.0015;
/** Camera noise is never taken for less than this standard deviation, in grey levels. */
const leastDeviation = 5;
/** What a moving camera shows for the first time may be anything. */
const firstDeviation = 18;

/**
 * A still camera's background: per pixel a mean colour and one variance, kept by running averages
 * (C. Wren et al., "Pfinder", TPAMI 1997), begun from the median of several frames so that objects that move from the
 * first frame on are not learnt.
 */
export class BackgroundModel {
  readonly width: number;
  readonly height: number;
  readonly #mean: Float32Array;
  readonly #variance: Float32Array;
  /** 1 where any frame has shown the place. */
  readonly #seen: Uint8Array;
  readonly #options: BackgroundOptions;

  constructor(frames: PlacedFrame[], size: { width: number; height: number }, options: BackgroundOptions) {
    this.width = size.width;
    this.height = size.height;
    this.#options = options;
    const count = size.width * size.height;
    this.#mean = new Float32Array(count * 3);
    this.#variance = new Float32Array(count);
    this.#seen = new Uint8Array(count);
    this.#learnMedian(frames);
  }

  #learnMedian(frames: PlacedFrame[]): void {
    const values = new Uint8Array(frames.length);
    const squares = new Float32Array(frames.length);
    const covering = frames.map(({ data }) => data);
    const partial = frames.some(({ covered }) => covered !== null);
    for (let i = 0; i < this.#variance.length; i++) {
      if (partial) {
        covering.length = 0;
        for (const { data, covered } of frames) if (covered === null || covered[i] === 1) covering.push(data);
        if (covering.length === 0) continue;
      }
      this.#learnPixel(i, covering, values, squares);
    }
  }

  #learnPixel(i: number, frames: Uint8Array[], values: Uint8Array, squares: Float32Array): void {
    const count = frames.length;
    const middle = count >> 1;
    this.#seen[i] = 1;
    for (let p = i * 3; p < i * 3 + 3; p++) {
      for (let f = 0; f < count; f++) values[f] = (frames[f] as Uint8Array)[p] as number;
      this.#mean[p] = nthSmallest(values, count, middle);
    }
    for (let f = 0; f < count; f++) squares[f] = this.#squaredDistance(frames[f] as Uint8Array, i);
    // The median of squared distances over three channels is 2.37 times the variance of one.
    this.#variance[i] = Math.max(leastDeviation ** 2, nthSmallest(squares, count, middle) / 2.37);
  }

  #squaredDistance(frame: Uint8Array, i: number): number {
    const p = i * 3;
    const dr = (frame[p] as number) - (this.#mean[p] as number);
    const dg = (frame[p + 1] as number) - (this.#mean[p + 1] as number);
    const db = (frame[p + 2] as number) - (this.#mean[p + 2] as number);
    return dr * dr + dg * dg + db * db;
  }

  /** Marks what differs from the background, then learns from the frame. */
  step({ data, covered }: PlacedFrame): Mask {
    const mask = newMask(this.width, this.height);
    for (let i = 0; i < mask.data.length; i++) {
      if (covered !== null && covered[i] !== 1) continue;
      if (this.#seen[i] !== 1) {
        this.#firstSight(data, i);
        continue;
      }
      const distance = this.#squaredDistance(data, i);
      const variance = this.#variance[i] as number;
      const foreground = this.#isForeground(data, i, distance);
      const rate = foreground ? absorbRate : learnRate;
      for (let p = i * 3; p < i * 3 + 3; p++) {
        this.#mean[p] = (this.#mean[p] as number) + rate * ((data[p] as number) - (this.#mean[p] as number));
      }
      if (foreground) mask.data[i] = 1;
      else this.#variance[i] = Math.max(leastDeviation ** 2, variance + learnRate * (distance / 3 - variance));
    }
    return mask;
  }

  #firstSight(data: Uint8Array, i: number): void {
    this.#seen[i] = 1;
    for (let p = i * 3; p < i * 3 + 3; p++) this.#mean[p] = data[p] as number;
    this.#variance[i] = firstDeviation ** 2;
  }

  #isForeground(data: Uint8Array, i: number, distance: number): boolean {
    const limit = this.#options.sensitivity ** 2 * 3 * (this.#variance[i] as number);
    if (distance <= limit) return false;
    if (this.#options.tolerant && this.#likeNeighbour(data, i, limit)) return false;
    return !(this.#options.suppressShadows && this.#isShadow(data, i));
  }

  /** Whether the pixel is like the background next to it (A. Elgammal et al., "Non-parametric model for background subtraction", ECCV 2000, section 3). */
  #likeNeighbour(data: Uint8Array, i: number, limit: number): boolean {
    for (const step of [-1, 1, -this.width, this.width]) {
      const j = i + step;
      if (j < 0 || j >= this.#seen.length || this.#seen[j] !== 1) continue;
      let distance = 0;
      for (let c = 0; c < 3; c++) distance += ((data[i * 3 + c] as number) - (this.#mean[j * 3 + c] as number)) ** 2;
      if (distance <= limit) return true;
    }
    return false;
  }

  /** Luma of the background, to find the place of frames by. */
  luma(): Plane {
    return lumaOf(this.#mean, this);
  }

  /**
   * Darker by 10–55 % in all channels alike (after T. Horprasert et al., "A statistical approach for real-time robust
   * background subtraction and shadow detection", ICCV 1999).
   */
  #isShadow(frame: Uint8Array, i: number): boolean {
    const p = i * 3;
    const ratios = [0, 1, 2].map((c) => (frame[p + c] as number) / Math.max(1, this.#mean[p + c] as number));
    const [r = 1, g = 1, b = 1] = ratios;
    const mean = (r + g + b) / 3;
    return mean > 0.45 && mean < 0.9 && Math.max(r, g, b) - Math.min(r, g, b) < 0.1;
  }

  /** Takes the frame as background within a rectangle, where the mask is set. */
  adopt(frame: Uint8Array, rect: Rect, belongs: (index: number) => boolean): void {
    for (let y = rect.y; y < rect.y + rect.height; y++) {
      for (let x = rect.x; x < rect.x + rect.width; x++) {
        const i = y * this.width + x;
        if (belongs(i)) for (let p = i * 3; p < i * 3 + 3; p++) this.#mean[p] = frame[p] as number;
      }
    }
  }

  /**
   * Whether a blob is a ghost, the hole that a thing left behind when it began to move: then the outline is an edge in
   * the background model and none in the frame (after R. Cucchiara et al., "Detecting moving objects, ghosts, and
   * shadows in video streams", TPAMI 2003).
   */
  isGhost(frame: Uint8Array, outline: number[]): boolean {
    let inFrame = 0;
    let inModel = 0;
    for (const i of outline) {
      inFrame += this.#gradient(frame, i);
      inModel += this.#gradient(this.#mean, i);
    }
    return inModel > 8 * outline.length && inModel > 1.6 * inFrame;
  }

  #gradient(values: Uint8Array | Float32Array, i: number): number {
    const x = i % this.width;
    if (x < 1 || x >= this.width - 1 || i < this.width || i + this.width >= this.width * this.height) return 0;
    let most = 0;
    for (let c = 0; c < 3; c++) {
      const dx = Math.abs((values[(i + 1) * 3 + c] as number) - (values[(i - 1) * 3 + c] as number));
      const dy = Math.abs((values[(i + this.width) * 3 + c] as number) - (values[(i - this.width) * 3 + c] as number));
      most = Math.max(most, dx, dy);
    }
    return most;
  }
}

/** Insertion sort of a short list: for two dozen numbers it is several times faster than the library's sort. */
function nthSmallest(values: Uint8Array | Float32Array, count: number, n: number): number {
  for (let i = 1; i < count; i++) {
    const value = values[i] as number;
    let at = i - 1;
    for (; at >= 0 && (values[at] as number) > value; at--) values[at + 1] = values[at] as number;
    values[at + 1] = value;
  }
  return values[n] as number;
}
