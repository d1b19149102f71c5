import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FfmpegError, type FfmpegRun, inputArguments, runFfmpeg } from './ffmpeg.ts';
import { type FrameIndex, frameAt, frameAtSeconds, indexFrames, keyFrameBefore, VideoError } from './frame-index.ts';

/** Which frames: numbers in the index, every n-th from the first, or those on the screen at given times. */
export type FrameChoice = { readonly frames: readonly number[] } | { readonly everyNth: number } | { readonly atSeconds: readonly number[] };

export type FrameFormat = 'png' | 'jpg' | 'webp';

export interface ExtractOptions {
  readonly format?: FrameFormat;
  readonly signal?: AbortSignal;
  /** Of the file, when the caller has it already. */
  readonly index?: FrameIndex;
  /** Refuses to write more pictures than this. Default 100,000. */
  readonly maxFrames?: number;
  /** Pictures done so far, of how many. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface ExtractedFrame {
  readonly frame: number;
  readonly seconds: number;
  readonly path: string;
}

/** Stretches of neighbouring frames that one ffmpeg run picks out: an expression of more terms gets slow. */
const maxStretches = 400;
/** Rather seek anew than decode and throw away more frames than this between two that are wanted. */
const maxIdleFrames = 600;

const encoders: Record<FrameFormat, readonly string[]> = {
  png: ['-c:v', 'png', '-compression_level', '3'],
  jpg: ['-c:v', 'mjpeg', '-q:v', '2', '-pix_fmt', 'yuvj420p'],
  webp: ['-c:v', 'libwebp', '-quality', '90'],
};

/**
 * Writes frames of a video as upright pictures `frame-00000042.png` into a folder, by ffmpeg from PATH. Every picture is
 * checked to have the presentation time that the index gives for its frame.
 * @throws FfmpegMissingError, FfmpegError, VideoError, or the reason of the signal; nothing is left of a run that fails
 */
export async function extractFrames(path: string, choice: FrameChoice, outDir: string, options: ExtractOptions = {}): Promise<ExtractedFrame[]> {
  const index = options.index ?? (await indexFrames(path));
  const frames = chosenFrames(index, choice);
  const { format = 'png', signal, maxFrames = 100_000 } = options;
  if (frames.length > maxFrames) throw new VideoError(`${frames.length} frames are more than the ${maxFrames} that may be written at once`);
  await mkdir(outDir, { recursive: true });
  const folder = await mkdtemp(join(outDir, '.frames-'));
  try {
    const done: ExtractedFrame[] = [];
    for (const run of planRuns(index, frames)) {
      await extractRun({ path, index, run, folder, format, signal });
      for (const frame of framesOf(run)) {
        done.push({ frame, seconds: frameAt(index, frame).seconds, path: join(outDir, pictureName('frame', frame, format)) });
      }
      options.onProgress?.(done.length, frames.length);
    }
    for (const { frame, path: target } of done) await rename(join(folder, pictureName('frame', frame, format)), target);
    return done;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Ascending, each once. @throws VideoError for a frame that there is not */
export function chosenFrames(index: FrameIndex, choice: FrameChoice): number[] {
  if ('everyNth' in choice) {
    const step = choice.everyNth;
    if (!Number.isInteger(step) || step < 1) throw new VideoError(`every ${step}th frame: a whole number from 1 is needed`);
    return Array.from({ length: Math.ceil(index.count / step) }, (_, at) => at * step);
  }
  const frames = 'frames' in choice ? choice.frames : choice.atSeconds.map((seconds) => frameAtSeconds(index, seconds));
  for (const frame of frames) frameAt(index, frame);
  return [...new Set(frames)].toSorted((a, b) => a - b);
}

/** First and last of frames without a gap between them. */
type Stretch = readonly [first: number, last: number];

function stretchesOf(frames: readonly number[]): Stretch[] {
  const stretches: [number, number][] = [];
  for (const frame of frames) {
    const last = stretches.at(-1);
    if (last?.[1] === frame - 1) last[1] = frame;
    else stretches.push([frame, frame]);
  }
  return stretches;
}

/** Cuts a long list into runs that are each worth one start of ffmpeg. */
function planRuns(index: FrameIndex, frames: readonly number[]): Stretch[][] {
  const runs: Stretch[][] = [];
  for (const stretch of stretchesOf(frames)) {
    const run = runs.at(-1);
    const last = run?.at(-1)?.[1];
    const isNear = last !== undefined && (stretch[0] - last <= maxIdleFrames || keyFrameBefore(index, stretch[0]) <= last);
    if (run !== undefined && isNear && run.length < maxStretches) run.push(stretch);
    else runs.push([stretch]);
  }
  return runs;
}

const framesOf = (run: readonly Stretch[]): number[] => run.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, at) => first + at));

interface Run {
  readonly path: string;
  readonly index: FrameIndex;
  readonly run: readonly Stretch[];
  readonly folder: string;
  readonly format: FrameFormat;
  readonly signal: AbortSignal | undefined;
}

/**
 * Decodes from the key frame before the first one, and picks by time. Where times are not to be trusted, or seeking does
 * not give every frame (some containers have no index), decodes from the start of the file, and picks by number.
 */
async function extractRun(work: Run): Promise<void> {
  const first = work.run[0]?.[0] ?? 0;
  const key = frameAt(work.index, keyFrameBefore(work.index, first));
  const seekSeconds = key.seconds - work.index.fileStartSeconds - 0.001;
  if (seekSeconds > 0 && work.index.hasPlainTimes && (await decodeRun(work, seekSeconds))) return;
  if (await decodeRun(work, undefined)) return;
  throw new VideoError(`ffmpeg does not give the frames ${first} to ${work.run.at(-1)?.[1]} at the times that the index has`);
}

/** Whether every frame came, each at its time. */
async function decodeRun({ path, index, run, folder, format, signal }: Run, seekSeconds: number | undefined): Promise<boolean> {
  const frames = framesOf(run);
  const wanted = frames.map((frame) => frameAt(index, frame));
  const least = wanted.reduce((shortest, frame) => Math.min(shortest, frame.durationSeconds || 0.01), 1);
  const grace = least / 3;
  const spans = run.map(([first, last]) => [frameAt(index, first).seconds - grace, frameAt(index, last).seconds + grace] as const);
  const expression = seekSeconds === undefined ? selection('n', run) : selection('t', spans);
  const seek = seekSeconds === undefined ? [] : ['-noaccurate_seek', '-ss', seekSeconds.toFixed(6)];
  const pick = ['-map', '0:v:0', '-an', '-sn', '-dn', '-vf', `select='${expression}',showinfo`];
  const write = ['-frames:v', String(frames.length), ...encoders[format], '-f', 'image2', '-y', join(folder, `run-%08d.${format}`)];
  const found: number[] = [];
  let secondsPerTick: number | undefined;
  const onLine = (line: string): void => {
    const base = /showinfo.*config in time_base: *(\d+)\/(\d+)/.exec(line);
    if (base) secondsPerTick = Number(base[1]) / Number(base[2]);
    const time = /showinfo.*\bn: *\d+ pts: *(-?\d+)/.exec(line)?.[1];
    if (time !== undefined && secondsPerTick !== undefined) found.push(Number(time) * secondsPerTick);
  };
  await runPassingAll((passAll) => ['-nostdin', '-hide_banner', '-nostats', '-copyts', ...seek, ...inputArguments(path), ...pick, ...passAll, ...write], { onLine, timeoutMs: 6 * 3_600_000, signal });
  // Picked by number, a time may be off by what ffmpeg moved the whole track: less than one frame.
  const tolerance = seekSeconds === undefined ? 1.01 * wanted.reduce((longest, frame) => Math.max(longest, frame.durationSeconds), 0.01) : grace;
  if (found.length !== frames.length || !wanted.every((frame, at) => Math.abs(frame.seconds - (found[at] ?? Number.NaN)) <= tolerance)) return false;
  for (const [at, frame] of frames.entries()) await rename(join(folder, pictureName('run', at + 1, format)), join(folder, pictureName('frame', frame, format)));
  return true;
}

/** Runs with the option that neither drops nor doubles a frame; it had another name before ffmpeg 5.1. */
async function runPassingAll(args: (passAll: readonly string[]) => readonly string[], run: FfmpegRun): Promise<void> {
  try {
    await runFfmpeg(args(['-fps_mode', 'passthrough']), run);
  } catch (error) {
    if (!(error instanceof FfmpegError) || !error.message.includes('fps_mode')) throw error;
    await runFfmpeg(args(['-vsync', 'passthrough']), run);
  }
}

const pictureName = (prefix: string, number: number, format: FrameFormat): string => `${prefix}-${String(number).padStart(8, '0')}.${format}`;

/** A filter expression that is true within the given spans: a balanced tree, so that long lists stay quick. */
function selection(of: 'n' | 't', spans: readonly (readonly [from: number, to: number])[]): string {
  const digits = of === 'n' ? 0 : 6;
  const [first] = spans;
  if (spans.length === 1 && first) return `between(${of},${first[0].toFixed(digits)},${first[1].toFixed(digits)})`;
  const middle = spans.length >> 1;
  return `if(lt(${of},${(spans[middle]?.[0] ?? 0).toFixed(digits)}),${selection(of, spans.slice(0, middle))},${selection(of, spans.slice(middle))})`;
}
