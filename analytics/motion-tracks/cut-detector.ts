/** A cut changes the picture by more grey levels on average than this, … */
const leastDifference = 10;
/** … and by this many times the usual change from frame to frame. */
const timesUsual = 4;
/** One pixel in so many is compared. */
const step = 7;

/** Tells cuts by the mean difference of successive frames against its running average. */
export class CutDetector {
  #last: Uint8Array | null = null;
  #usual = 2;

  /** Whether this frame begins a new shot. */
  isCut(frame: Uint8Array): boolean {
    const last = this.#last;
    this.#last = frame;
    if (last === null) return false;
    let sum = 0;
    for (let p = 0; p < frame.length; p += step) sum += Math.abs((frame[p] as number) - (last[p] as number));
    const difference = sum / Math.ceil(frame.length / step);
    if (difference > leastDifference && difference > timesUsual * this.#usual) return true;
    this.#usual += 0.1 * (difference - this.#usual);
    return false;
  }
}
