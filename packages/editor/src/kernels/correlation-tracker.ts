import { Fft2 } from './fft.ts';
import type { Gray } from './image.ts';

/** An upright rectangle in pixels. */
export interface TrackBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface TrackStep {
  readonly box: TrackBox;
  /**
   * Peak to side-lobe ratio of the correlation: above 20 is certain, below about 7 the object is covered or lost (section
   * 3.5 of the paper).
   */
  readonly peakRatio: number;
}

/** The window is this much larger than the object: room for it to move within one frame. */
const margin = 2;
/** The side to which the window is scaled. */
const side = 64;
/** How fast the filter forgets what the object looked like. */
const learningRate = 0.125;
/** Keeps the division from blowing up where the picture has no energy. */
const regularization = 1e-4;
/** Below this the filter learns nothing more: it would learn what covers the object. */
const leastPeakRatio = 7;
const scales = [0.96, 1, 1.04];

/**
 * Follows an object through a video by a filter that answers it with a peak: MOSSE (Bolme et al., "Visual Object
 * Tracking using Adaptive Correlation Filters", CVPR 2010), with three scales tried on each frame.
 */
export class CorrelationTracker {
  private readonly fft = new Fft2(side);
  private readonly window = cosineWindow();
  private readonly goalRe: Float64Array;
  private readonly goalIm: Float64Array;
  private readonly upRe = new Float64Array(side * side);
  private readonly upIm = new Float64Array(side * side);
  private readonly down = new Float64Array(side * side);
  private box: TrackBox;

  /** Learns the object from one frame and small turns and stretches of it. */
  constructor(frame: Gray, box: TrackBox) {
    this.box = box;
    const goal = gaussianPeak();
    this.goalRe = goal;
    this.goalIm = new Float64Array(side * side);
    this.fft.forward(this.goalRe, this.goalIm);
    for (const angle of [0, -0.1, 0.1]) {
      for (const scale of [1, 0.95, 1.05]) this.learn(this.sample(frame, box, scale, angle), 1);
    }
  }

  /** Finds the object on the next frame, and learns how it looks now. */
  next(frame: Gray): TrackStep {
    let best: (TrackStep & { readonly sampled: Spectrum }) | undefined;
    for (const scale of scales) {
      const sampled = this.sample(frame, this.box, scale, 0);
      const { dx, dy, peakRatio } = this.answer(sampled);
      if (best && peakRatio * (scale === 1 ? 1 : 0.97) <= best.peakRatio) continue;
      const [unitX, unitY] = [(this.box.width * margin * scale) / side, (this.box.height * margin * scale) / side];
      best = { box: moved(this.box, dx * unitX, dy * unitY, scale), peakRatio, sampled };
    }
    if (!best) return { box: this.box, peakRatio: 0 };
    if (best.peakRatio >= leastPeakRatio) {
      this.box = best.box;
      this.learn(this.sample(frame, best.box, 1, 0), learningRate);
    }
    return { box: this.box, peakRatio: best.peakRatio };
  }

  /** Where the answer peaks, in window pixels from the middle, with a parabola through the peak's neighbours. */
  private answer({ re, im }: Spectrum): { dx: number; dy: number; peakRatio: number } {
    const outRe = new Float64Array(side * side);
    const outIm = new Float64Array(side * side);
    for (let at = 0; at < outRe.length; at++) {
      const energy = this.down[at] + regularization;
      const [hRe, hIm] = [this.upRe[at] / energy, this.upIm[at] / energy];
      outRe[at] = re[at] * hRe - im[at] * hIm;
      outIm[at] = re[at] * hIm + im[at] * hRe;
    }
    this.fft.backward(outRe, outIm);
    return readPeak(outRe);
  }

  /** Adds a sample to the filter: H* = Σ G·F* / Σ F·F*, both sums running averages (equations 10–12). */
  private learn({ re, im }: Spectrum, rate: number): void {
    const isFirst = rate === 1;
    for (let at = 0; at < this.down.length; at++) {
      const upRe = this.goalRe[at] * re[at] + this.goalIm[at] * im[at];
      const upIm = this.goalIm[at] * re[at] - this.goalRe[at] * im[at];
      const down = re[at] * re[at] + im[at] * im[at];
      this.upRe[at] = isFirst ? this.upRe[at] + upRe : (1 - rate) * this.upRe[at] + rate * upRe;
      this.upIm[at] = isFirst ? this.upIm[at] + upIm : (1 - rate) * this.upIm[at] + rate * upIm;
      this.down[at] = isFirst ? this.down[at] + down : (1 - rate) * this.down[at] + rate * down;
    }
  }

  /** The window about a box: logarithm of the values, mean 0, norm 1, faded out towards the edges; transformed. */
  private sample(frame: Gray, box: TrackBox, scale: number, angle: number): Spectrum {
    const re = new Float64Array(side * side);
    const [cx, cy] = [box.x + box.width / 2, box.y + box.height / 2];
    const [unitX, unitY] = [(box.width * margin * scale) / side, (box.height * margin * scale) / side];
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    let sum = 0;
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const [dx, dy] = [(x - side / 2) * unitX, (y - side / 2) * unitY];
        const value = Math.log(1 + readLinear(frame, cx + dx * cos - dy * sin - 0.5, cy + dx * sin + dy * cos - 0.5));
        re[y * side + x] = value;
        sum += value;
      }
    }
    const mean = sum / re.length;
    let energy = 0;
    for (let at = 0; at < re.length; at++) {
      re[at] -= mean;
      energy += re[at] * re[at];
    }
    const norm = Math.sqrt(energy) + 1e-5;
    for (let at = 0; at < re.length; at++) re[at] = (re[at] / norm) * this.window[at];
    const im = new Float64Array(side * side);
    this.fft.forward(re, im);
    return { re, im };
  }
}

interface Spectrum {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

function moved({ x, y, width, height }: TrackBox, dx: number, dy: number, scale: number): TrackBox {
  const [w, h] = [width * scale, height * scale];
  return { x: x + width / 2 + dx - w / 2, y: y + height / 2 + dy - h / 2, width: w, height: h };
}

function readPeak(answer: Float64Array): { dx: number; dy: number; peakRatio: number } {
  let peak = 0;
  for (let at = 1; at < answer.length; at++) if (answer[at] > answer[peak]) peak = at;
  const [px, py] = [peak % side, Math.floor(peak / side)];
  let [sum, squares, count] = [0, 0, 0];
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      if (Math.abs(x - px) <= 5 && Math.abs(y - py) <= 5) continue;
      const value = answer[y * side + x];
      sum += value;
      squares += value * value;
      count++;
    }
  }
  const mean = sum / count;
  const deviation = Math.sqrt(Math.max(0, squares / count - mean * mean));
  const at = (x: number, y: number) => answer[((y + side) % side) * side + ((x + side) % side)];
  return {
    dx: px - side / 2 + vertexOf(at(px - 1, py), at(px, py), at(px + 1, py)),
    dy: py - side / 2 + vertexOf(at(px, py - 1), at(px, py), at(px, py + 1)),
    peakRatio: deviation > 0 ? (answer[peak] - mean) / deviation : 0,
  };
}

/** Where a parabola through three values at -1, 0, 1 has its top. */
function vertexOf(before: number, middle: number, after: number): number {
  const bend = before - 2 * middle + after;
  return bend === 0 ? 0 : Math.max(-0.5, Math.min(0.5, (before - after) / (2 * bend)));
}

function gaussianPeak(): Float64Array {
  const peak = new Float64Array(side * side);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) peak[y * side + x] = Math.exp(-((x - side / 2) ** 2 + (y - side / 2) ** 2) / (2 * 2 * 2));
  }
  return peak;
}

function cosineWindow(): Float64Array {
  const window = new Float64Array(side * side);
  const fade = (at: number) => 0.5 * (1 - Math.cos((2 * Math.PI * at) / (side - 1)));
  for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) window[y * side + x] = fade(x) * fade(y);
  return window;
}

/** Bilinear, with the edge pixels repeated outwards. */
function readLinear({ width, height, data }: Gray, x: number, y: number): number {
  const [x0, y0] = [Math.floor(x), Math.floor(y)];
  const [fx, fy] = [x - x0, y - y0];
  const hold = (value: number, size: number) => (value < 0 ? 0 : value >= size ? size - 1 : value);
  const [left, right] = [hold(x0, width), hold(x0 + 1, width)];
  const [top, bottom] = [hold(y0, height) * width, hold(y0 + 1, height) * width];
  return (data[top + left] * (1 - fx) + data[top + right] * fx) * (1 - fy) + (data[bottom + left] * (1 - fx) + data[bottom + right] * fx) * fy;
}
