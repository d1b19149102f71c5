import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { InputError, type AnalyticTask, type InputFile, type OutputFile, type RunAnalytic } from '../analytic.ts';
import { eachInput, OutputNames, throwIfAllFailed } from '../batch.ts';
import { asInputError, openStill } from '../imaging/load.ts';
import { isVideo } from '../video/is-video.ts';
import { probeVideo } from '../video/probe.ts';
import { fitSide, rawFrames } from '../video/raw-frames.ts';

interface ThumbnailOptions {
  size: number;
  square: boolean;
  format: 'webp' | 'jpeg' | 'png';
  quality: number;
  videoPosition: number;
}

const run: RunAnalytic = async (task) => {
  const files = task.inputs.files ?? [];
  if (files.length === 0) throw new InputError('input files: at least one file is needed');
  const options = readOptions(task.parameters);
  const made = new Map<InputFile, OutputFile>();
  const each = { concurrency: 2, signal: task.signal, progress: task.progress.bind(task) };
  const failures = await eachInput(files, each, async (file) => {
    made.set(file, await makeThumbnail(task, file, { options, number: files.indexOf(file) + 1 }));
  });
  throwIfAllFailed(files, failures);
  const names = new OutputNames();
  const outputs = files.flatMap((file) => made.get(file) ?? []);
  for (const output of outputs) output.name = names.unique(output.name);
  return { files: outputs, failures, summary: { thumbnails: outputs.length } };
};
export default run;

function readOptions(parameters: Record<string, unknown>): ThumbnailOptions {
  const format = parameters.format ?? 'webp';
  if (format !== 'webp' && format !== 'jpeg' && format !== 'png')
    throw new InputError('parameter format: must be webp, jpeg or png');
  return {
    size: Number(parameters.size ?? 320),
    square: parameters.square === true,
    format,
    quality: Number(parameters.quality ?? 80),
    videoPosition: Number(parameters.video_position ?? 0.1),
  };
}

async function makeThumbnail(
  task: AnalyticTask,
  file: InputFile,
  work: { options: ThumbnailOptions; number: number },
): Promise<OutputFile> {
  const { options, number } = work;
  const source = (await isVideo(file))
    ? await videoPicture(file, options, task.signal)
    : (await openStill(file.path)).image.autoOrient();
  const shape = options.square
    ? { fit: 'cover' as const, position: 'attention' }
    : { fit: 'inside' as const, withoutEnlargement: true };
  const sized = source.resize({ width: options.size, height: options.size, ...shape });
  const extension = options.format === 'jpeg' ? 'jpg' : options.format;
  const path = join(task.outputDir, `thumbnail-${number}.${extension}`);
  const flat = options.format === 'jpeg' ? sized.flatten({ background: '#ffffff' }) : sized;
  await asInputError(
    flat.toFormat(options.format, options.format === 'png' ? {} : { quality: options.quality }).toFile(path),
  );
  return {
    output: 'thumbnails',
    path,
    name: `${file.name.replace(/\.[^.]*$/, '')}.${extension}`,
    mediaType: `image/${options.format}`,
    from: file,
  };
}

async function videoPicture(file: InputFile, options: ThumbnailOptions, signal: AbortSignal): Promise<Sharp> {
  const video = await probeVideo(file.path, signal);
  const size = fitSide(video.width, video.height, options.size * 2);
  const wanted = Math.max(
    0,
    Math.min(video.frameCountEstimate - 1, Math.floor(video.frameCountEstimate * options.videoPosition)),
  );
  for (const from of [wanted, 0]) {
    // A header may promise more frames than there are: then the first one does.
    for await (const { data } of rawFrames(file.path, { ...size, from, to: from, signal })) {
      return sharp(data, { raw: { ...size, channels: 3 } });
    }
  }
  throw new InputError('has no frame that can be decoded');
}
