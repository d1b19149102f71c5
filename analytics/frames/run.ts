import { join } from 'node:path';
import sharp from 'sharp';
import { InputError, type AnalyticTask, type InputFile, type OutputFile, type RunAnalytic } from '../analytic.ts';
import { writeJson } from '../json-output.ts';
import { frameTimes, probeVideo } from '../video/probe.ts';
import { fitSide, rawFrames } from '../video/raw-frames.ts';

interface FrameOptions {
  /** Wanted numbers, ascending; null for the range. */
  wanted: number[] | null;
  from: number;
  to: number;
  every: number;
  maxFrames: number;
  maxSide: number;
  format: 'jpeg' | 'png' | 'webp';
  quality: number;
}

const run: RunAnalytic = async (task) => {
  const video = task.inputs.video?.[0];
  if (video === undefined) throw new InputError('input video: a video is needed');
  const options = readOptions(task.parameters);
  const made = await extractFrames(task, video, options);
  if (options.wanted !== null && made.length < options.wanted.length && made.length < options.maxFrames) {
    const missing = options.wanted.filter((number) => !made.some(({ frame }) => frame === number));
    throw new InputError(`${video.name} has no frame ${missing[0]}: its frames end before`);
  }
  if (made.length === 0) throw new InputError(`${video.name} has no frame from ${options.from} on`);
  const times = await frameTimes(video.path, task.signal);
  const index = made.map(({ frame, file }) => ({ frame, seconds: times[frame] ?? null, file: file.name }));
  return {
    files: [...made.map(({ file }) => file), await writeJson(task, 'index', 'frames.json', index)],
    summary: { frames: made.length, first: made[0]?.frame, last: made.at(-1)?.frame },
  };
};
export default run;

function readOptions(parameters: Record<string, unknown>): FrameOptions {
  const format = parameters.format ?? 'jpeg';
  if (format !== 'jpeg' && format !== 'png' && format !== 'webp')
    throw new InputError('parameter format: must be jpeg, png or webp');
  const list = Array.isArray(parameters.frames) ? parameters.frames.map(Number) : [];
  if (list.some((number) => !Number.isInteger(number) || number < 0))
    throw new InputError('parameter frames: must hold whole numbers from 0');
  const wanted = list.length === 0 ? null : [...new Set(list)].toSorted((a, b) => a - b);
  const to = Number(parameters.to ?? -1);
  return {
    wanted,
    from: wanted?.[0] ?? Number(parameters.from ?? 0),
    to: wanted?.at(-1) ?? (to < 0 ? Infinity : to),
    every: wanted === null ? Number(parameters.every ?? 1) : 1,
    maxFrames: Number(parameters.max_frames ?? 10_000),
    maxSide: Number(parameters.max_side ?? 0),
    format,
    quality: Number(parameters.quality ?? 92),
  };
}

async function extractFrames(
  task: AnalyticTask,
  video: InputFile,
  options: FrameOptions,
): Promise<{ frame: number; file: OutputFile }[]> {
  const facts = await probeVideo(video.path, task.signal);
  const size =
    options.maxSide > 0
      ? fitSide(facts.width, facts.height, options.maxSide)
      : { width: facts.width, height: facts.height };
  const wanted = options.wanted === null ? null : new Set(options.wanted);
  const last = Math.min(options.to, facts.frameCountEstimate - 1);
  const made: { frame: number; file: OutputFile }[] = [];
  for await (const { frame, data } of rawFrames(video.path, {
    ...size,
    from: options.from,
    to: options.to,
    every: options.every,
    signal: task.signal,
  })) {
    if (wanted !== null && !wanted.has(frame)) continue;
    const extension = options.format === 'jpeg' ? 'jpg' : options.format;
    const name = `frame-${String(frame).padStart(6, '0')}.${extension}`;
    const path = join(task.outputDir, name);
    const picture = sharp(data, { raw: { ...size, channels: 3 } });
    await picture.toFormat(options.format, options.format === 'png' ? {} : { quality: options.quality }).toFile(path);
    made.push({ frame, file: { output: 'frames', path, name, mediaType: `image/${options.format}`, from: video } });
    task.progress(Math.min(0.99, (frame - options.from + 1) / Math.max(1, last - options.from + 1)), name);
    if (made.length >= options.maxFrames) break;
  }
  return made;
}
