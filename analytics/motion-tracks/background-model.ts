import { newMask, type Mask, type Rect } from '../imaging/plane.ts';

export interface BackgroundOptions {
  /** A pixel is foreground when it differs by this many standard deviations. */
  sensitivity: number;
  /** Treats evenly darkened background as shadow, not as object. */
  suppressShadows: boolean;
}

/** Share by which background pixels move towards each new frame, and foreground pixels, which are absorbed slowly. */
const learnRate = 0.03;
const absorbRate = 0.0015;
/** Camera noise is never taken for less than this standard deviation, in grey levels. */
const leastDeviation = 5;

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
  readonly #options: BackgroundOptions;

  constructor(frames: Uint8Array[], size: { width: number; height: number }, options: BackgroundOptions) {
    this.width = size.width;
    this.height = size.height;
    this.#options = options;
    const count = size.width * size.height;
    this.#mean = new Float32Array(count * 3);
    this.#variance = new Float32Array(count);
    this.#learnMedian(frames);
  }

  #learnMedian(frames: Uint8Array[]): void {
    const values = new Uint8Array(frames.length);
    const middle = Math.floor(frames.length / 2);
    for (let i = 0; i < this.#mean.length; i++) {
      for (let f = 0; f < frames.length; f++) values[f] = frames[f]?.[i] ?? 0;
      values.sort();
      this.#mean[i] = values[middle] ?? 0;
    }
    const squares = new Float32Array(frames.length);
    for (let i = 0; i < this.#variance.length; i++) {
      for (const [f, frame] of frames.entries()) squares[f] = this.#squaredDistance(frame, i);
      squares.sort();
      // The median of squared distances over three channels is 2.37 times the variance of one.
      this.#variance[i] = Math.max(leastDeviation ** 2, (squares[middle] ?? 0) / 2.37);
    }
  }

  #squaredDistance(frame: Uint8Array, i: number): number {
    const p = i * 3;
    const dr = (frame[p] as number) - (this.#mean[p] as number);
    const dg = (frame[p + 1] as number) - (this.#mean[p + 1] as number);
    const db = (frame[p + 2] as number) - (this.#mean[p + 2] as number);
    return dr * dr + dg * dg + db * db;
  }

  /** Marks what differs from the background, then learns from the frame. */
  step(frame: Uint8Array): Mask {
    const mask = newMask(this.width, this.height);
    const limit = this.#options.sensitivity ** 2;
    for (let i = 0; i < mask.data.length; i++) {
      const distance = this.#squaredDistance(frame, i);
      const variance = this.#variance[i] as number;
      const foreground =
        distance > limit * 3 * variance && !(this.#options.suppressShadows && this.#isShadow(frame, i));
      const rate = foreground ? absorbRate : learnRate;
      for (let p = i * 3; p < i * 3 + 3; p++)
        this.#mean[p] = (this.#mean[p] as number) + rate * ((frame[p] as number) - (this.#mean[p] as number));
      if (foreground) mask.data[i] = 1;
      else this.#variance[i] = Math.max(leastDeviation ** 2, variance + learnRate * (distance / 3 - variance));
    }
    return mask;
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
