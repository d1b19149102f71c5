import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError, type RunAnalytic } from '../analytic.ts';
import { inputArguments, runFfmpeg } from '../video/ffmpeg.ts';
import { countPackets, probeVideo, type VideoFacts } from '../video/probe.ts';

interface TranscodeOptions {
  format: 'mp4' | 'webm';
  maxSide: number;
  quality: number;
  rate: number;
  audio: boolean;
  start: number;
  end: number;
}

const run: RunAnalytic = async (task) => {
  const video = task.inputs.video?.[0];
  if (video === undefined) throw new InputError('input video: a video is needed');
  const options = readOptions(task.parameters);
  const facts = await probeVideo(video.path, task.signal);
  const path = join(task.outputDir, `video.${options.format}`);
  const seconds = Math.max(
    0.01,
    (options.end > 0 ? Math.min(options.end, facts.durationSeconds) : facts.durationSeconds) - options.start,
  );
  await runFfmpeg([...inputArguments(video.path), ...encodeArguments(options, facts), path], task.signal, (at) =>
    task.progress(Math.min(0.99, at / seconds), 'encoding'),
  );
  const made = await probeVideo(path, task.signal);
  const frames = await countPackets(path, task.signal);
  if (frames === 0) throw new InputError(`${video.name} has no frame between ${options.start} s and ${options.end} s`);
  const summary = {
    frames,
    width: made.width,
    height: made.height,
    durationSeconds: made.durationSeconds,
    codec: made.codec,
    bytes: (await stat(path)).size,
    bytesBefore: (await stat(video.path)).size,
  };
  const name = `${video.name.replace(/\.[^.]*$/, '')}.${options.format}`;
  return { files: [{ output: 'video', path, name, mediaType: `video/${options.format}`, from: video }], summary };
};
export default run;

function readOptions(parameters: Record<string, unknown>): TranscodeOptions {
  const format = parameters.format ?? 'mp4';
  if (format !== 'mp4' && format !== 'webm') throw new InputError('parameter format: must be mp4 or webm');
  const options = {
    format,
    maxSide: Number(parameters.max_side ?? 0),
    quality: Number(parameters.quality ?? 23),
    rate: Number(parameters.rate ?? 0),
    audio: parameters.audio !== false,
    start: Number(parameters.start ?? 0),
    end: Number(parameters.end ?? 0),
  } as const;
  if (options.end > 0 && options.end <= options.start)
    throw new InputError('parameter end: must be greater than start');
  return options;
}

function encodeArguments(options: TranscodeOptions, facts: VideoFacts): string[] {
  const { format, maxSide, quality, rate, audio, start, end } = options;
  const scale = maxSide > 0 ? Math.min(1, maxSide / Math.max(facts.width, facts.height)) : 1;
  // Chroma at half resolution needs even sides.
  const even = (side: number) => Math.max(2, 2 * Math.round((side * scale) / 2));
  const filters = [
    `scale=${even(facts.width)}:${even(facts.height)}:flags=lanczos`,
    ...(rate > 0 ? [`fps=${rate}`] : []),
  ];
  const codec =
    format === 'mp4'
      ? [
          '-c:v',
          'libx264',
          '-preset',
          'veryfast',
          '-crf',
          String(quality),
          '-pix_fmt',
          'yuv420p',
          '-movflags',
          '+faststart',
        ]
      : [
          '-c:v',
          'libvpx-vp9',
          '-crf',
          String(Math.min(63, quality + 8)),
          '-b:v',
          '0',
          '-row-mt',
          '1',
          '-deadline',
          'realtime',
          '-cpu-used',
          '6',
          '-pix_fmt',
          'yuv420p',
        ];
  const sound =
    audio && facts.audio !== null ? ['-map', '0:a:0', '-c:a', format === 'mp4' ? 'aac' : 'libopus'] : ['-an'];
  // Times after -i cut at exact frames, not at key frames.
  const cut = [...(start > 0 ? ['-ss', String(start)] : []), ...(end > 0 ? ['-to', String(end)] : [])];
  return [
    '-map',
    '0:v:0',
    ...sound,
    '-sn',
    '-dn',
    '-map_metadata',
    '-1',
    '-vf',
    filters.join(','),
    ...(rate > 0 ? [] : ['-fps_mode', 'passthrough']),
    ...codec,
    ...cut,
  ];
}
