import { InputError } from '../analytic.ts';
import { inputArguments, startProgram } from './ffmpeg.ts';

export interface RawFrame {
  /** Decode index, from 0. */
  frame: number;
  /** RGB, row by row; the buffer is the caller's to keep. */
  data: Uint8Array;
}

export interface RawFrameOptions {
  /** Size to scale to. */
  width: number;
  height: number;
  /** Only every nth frame is delivered, beginning with `from`. */
  every?: number;
  /** First and last frame, inclusive; decoding stops behind the last. */
  from?: number;
  to?: number;
  signal: AbortSignal;
}

/**
 * Decodes a video and yields its frames, upright and scaled, as they come out of the decoder: one per decoded frame, none
 * doubled or dropped to fit a rate. A file that ends in the middle yields what it has; one without any frame throws
 * InputError.
 */
export async function* rawFrames(path: string, options: RawFrameOptions): AsyncGenerator<RawFrame> {
  const { width, height, every = 1, from = 0, to = Infinity, signal } = options;
  const choose = every > 1 || from > 0 ? `select=gte(n\\,${from})*not(mod(n-${from}\\,${every})),` : '';
  const running = startProgram(
    'ffmpeg',
    [
      '-v',
      'error',
      '-nostdin',
      ...inputArguments(path),
      '-map',
      '0:v:0',
      '-an',
      '-sn',
      '-fps_mode',
      'passthrough',
      '-vf',
      `${choose}scale=${width}:${height}:flags=area`,
      '-pix_fmt',
      'rgb24',
      '-f',
      'rawvideo',
      'pipe:1',
    ],
    signal,
  );
  const bytes = width * height * 3;
  let frame = from;
  let delivered = 0;
  let current = new Uint8Array(bytes);
  let filled = 0;
  try {
    for await (const part of running.stdout) {
      const chunk = part as Buffer;
      for (let at = 0; at < chunk.length;) {
        const take = Math.min(bytes - filled, chunk.length - at);
        current.set(chunk.subarray(at, at + take), filled);
        filled += take;
        at += take;
        if (filled < bytes) continue;
        if (frame > to) return;
        yield { frame, data: current };
        delivered += 1;
        frame += every;
        if (frame > to) return;
        current = new Uint8Array(bytes);
        filled = 0;
      }
    }
    await endOf(running.done, delivered > 0, signal);
  } finally {
    running.stop();
  }
  if (delivered === 0 && from === 0) throw new InputError('has no frame that can be decoded');
}

/** An error after some frames is a truncated file: what was decoded counts. */
async function endOf(done: Promise<void>, someFrames: boolean, signal: AbortSignal): Promise<void> {
  try {
    await done;
  } catch (error) {
    if (signal.aborted || !someFrames || !(error instanceof InputError)) throw error;
  }
}

/** The largest size of at most `maxSide` with the picture's aspect ratio, never larger than the picture. */
export function fitSide(width: number, height: number, maxSide: number): { width: number; height: number } {
  const scale = Math.min(1, maxSide / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}
