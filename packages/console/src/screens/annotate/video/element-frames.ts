import type { VideoFrameIndex } from '@fovea/contract';
import { FrameClock, type FramePicture, type FrameReader } from './frame-reader.ts';

/**
 * Frames by way of the browser's own player, for pages that may not use its decoders (they need a secure context). The
 * player is sent to the middle of each frame, where no rounding leads to its neighbour.
 */
export class ElementFrames extends FrameClock implements FrameReader {
  private readonly video: HTMLVideoElement;
  private queue: Promise<unknown> = Promise.resolve();

  private constructor(video: HTMLVideoElement, index: VideoFrameIndex) {
    super(index);
    this.video = video;
  }

  /** @throws Error when the browser cannot play the video */
  static async open(url: string, index: VideoFrameIndex): Promise<ElementFrames> {
    const video = document.createElement('video');
    video.muted = true;
    video.preload = 'auto';
    video.src = url;
    await new Promise<void>((resolve, reject) => {
      video.onloadeddata = () => resolve();
      video.onerror = () => reject(new Error(`This browser cannot play ${index.codec ?? 'this kind of video'}.`));
    });
    return new ElementFrames(video, index);
  }

  get(frame: number): Promise<FramePicture> {
    return this.inTurn(() => this.seek(frame, 1));
  }

  prepare(): void {
    // The player decodes what it is sent to, and nothing before.
  }

  async *thumbnails(frames: readonly number[], height: number): AsyncGenerator<FramePicture> {
    for (const frame of frames) yield await this.inTurn(() => this.seek(frame, height / this.video.videoHeight));
  }

  end(): void {
    this.video.removeAttribute('src');
    this.video.load();
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.queue.then(work, work);
    this.queue = turn.catch(() => undefined);
    return turn;
  }

  private async seek(frame: number, scale: number): Promise<FramePicture> {
    const { video } = this;
    const begin = (this.index.times[frame] ?? 0) / this.index.ticksPerSecond;
    const end = (this.index.times[frame + 1] ?? Number.NaN) / this.index.ticksPerSecond;
    const middle = begin + (Number.isNaN(end) ? 0.001 : (end - begin) / 2);
    await new Promise<void>((resolve) => {
      video.onseeked = () => resolve();
      video.currentTime = middle;
    });
    const canvas = new OffscreenCanvas(Math.max(1, Math.round(video.videoWidth * scale)), Math.max(1, Math.round(video.videoHeight * scale)));
    canvas.getContext('2d')?.drawImage(video, 0, 0, canvas.width, canvas.height);
    return canvas;
  }
}
