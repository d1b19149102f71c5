import type { VideoFrameIndex } from '@fovea/contract';

/** A frame of a video, upright, at the size of the video. */
export type FramePicture = HTMLCanvasElement | OffscreenCanvas;

/** Gives the frames of a video by their numbers in the platform's index. */
export interface FrameReader {
  readonly count: number;
  readonly index: VideoFrameIndex;
  secondsOf(frame: number): number;
  frameAt(seconds: number): number;
  get(frame: number): Promise<FramePicture>;
  /** Has the next frames decoded before they are asked for. */
  prepare(frame: number): void;
  /** Small pictures of some frames, in their order; ascending frames cost the least. */
  thumbnails(frames: readonly number[], height: number): AsyncGenerator<FramePicture | undefined>;
  end(): void;
}

/** Which frame is on the screen at what time. */
export class FrameClock {
  readonly index: VideoFrameIndex;

  constructor(index: VideoFrameIndex) {
    this.index = index;
  }

  get count(): number {
    return this.index.count;
  }

  /** Seconds from the first frame on. */
  secondsOf(frame: number): number {
    return ((this.index.times[frame] ?? 0) - (this.index.times[0] ?? 0)) / this.index.ticksPerSecond;
  }

  /** The frame that is on the screen so many seconds after the first. */
  frameAt(seconds: number): number {
    // A nanosecond of grace, so that the time of a frame finds that frame again.
    const ticks = (seconds + 1e-9) * this.index.ticksPerSecond + (this.index.times[0] ?? 0);
    let [low, high] = [0, this.count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.index.times[middle] ?? 0) <= ticks) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }
}
