import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import {
  InputError,
  type AnalyticResult,
  type AnalyticTask,
  type InputFailure,
  type InputFile,
  type OutputFile,
  type RunAnalytic,
} from '../analytic.ts';
import { eachInput, OutputNames, throwIfAllFailed } from '../batch.ts';
import type { Pixels } from '../imaging/colour.ts';
import { openStill } from '../imaging/load.ts';
import { medianLook, type BaseLook } from './base-look.ts';
import { parseCube, type CubeLut } from './cube-lut.ts';
import { extensions, mediaTypes, type OutputFormat } from './encode.ts';
import { readSettings, type StudioSettings } from './settings.ts';
import { finishPhoto, previewLook, type FinishedPhoto, type PhotoReport, type StudioContext } from './studio.ts';
import { loadStudioModels } from './studio-models.ts';

/** Two photos at a time: while one is in libvips, the other is in JavaScript. */
const concurrency = 2;

const run: RunAnalytic = async (task) => {
  const settings = readSettings(task.parameters);
  const photos = task.inputs.photos ?? [];
  if (photos.length === 0) throw new InputError('input photos: at least one photo is needed');
  const models = await loadStudioModels(settings);
  try {
    const shared = settings.batch_consistency && settings.enable_color;
    const sharedLook = shared ? await shareLook(photos, settings, task.signal) : null;
    const context: StudioContext = { settings, lut: await loadLut(settings), models, sharedLook };
    const work: Work = { task, context, files: [], saved: 0, reports: new Map() };
    const each = { concurrency, signal: task.signal, progress: task.progress.bind(task) };
    const failures = await eachInput(photos, each, (photo) => deliver(photo, work));
    throwIfAllFailed(photos, failures);
    return finish(work, photos, failures);
  } finally {
    await models.close();
  }
};
export default run;

interface Work {
  task: AnalyticTask;
  context: StudioContext;
  files: OutputFile[];
  /** Files begun so far, for their names on disk. */
  saved: number;
  reports: Map<InputFile, PhotoReport>;
}

async function loadLut(settings: StudioSettings): Promise<CubeLut | null> {
  return settings.color_lut === undefined ? null : parseCube(await readFile(settings.color_lut.path, 'utf8'));
}

/** Photos that cannot be read have no say in the common look; they fail by themselves later. */
async function shareLook(photos: InputFile[], settings: StudioSettings, signal: AbortSignal): Promise<BaseLook | null> {
  const looks: BaseLook[] = [];
  await eachInput(photos, { concurrency, signal }, async (photo) => {
    looks.push(await previewLook(photo.path, settings));
  });
  return looks.length === 0 ? null : medianLook(looks);
}

async function deliver(photo: InputFile, work: Work): Promise<void> {
  const finished = await finishPhoto(photo.path, work.context);
  work.reports.set(photo, finished.report);
  if (finished.output === null) return;
  const composites = await compose(photo, finished, work);
  if (composites > 0 && !work.context.settings.dual_file_output) return;
  const { bytes, format } = finished.output;
  await save(work, { output: 'photos', photo, bytes, format, suffix: composites > 0 ? ' (cut-out)' : '' });
}

interface Saved {
  output: string;
  photo: InputFile;
  bytes: Buffer;
  format: OutputFormat;
  suffix: string;
}

async function save(work: Work, saved: Saved): Promise<void> {
  const name = outputName(saved.photo.name, saved.format, saved.suffix);
  work.saved += 1;
  const path = join(work.task.outputDir, `photo-${work.saved}.${extensions[saved.format][0] ?? ''}`);
  await writeFile(path, saved.bytes);
  work.files.push({ output: saved.output, path, name, mediaType: mediaTypes[saved.format], from: saved.photo });
}

/** The photo's own name; the extension changes only where it would not be true. */
export function outputName(name: string, format: OutputFormat, suffix = ''): string {
  const dot = name.lastIndexOf('.');
  const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot + 1)] : [name, ''];
  const known = extensions[format];
  return `${stem}${suffix}.${known.includes(extension.toLowerCase()) ? extension : (known[0] ?? format)}`;
}

/** Lays the cut-out over each background, scaled and cut to the output's size. Returns how many composites were made. */
async function compose(photo: InputFile, finished: FinishedPhoto, work: Work): Promise<number> {
  const { settings } = work.context;
  if (!settings.replace_background || !settings.enable_extract || finished.output === null) return 0;
  const cutOut = finished.output.pixels;
  const format: OutputFormat =
    settings.output_file_type === 'jpg' || settings.output_file_type === 'dp2_jpg' ? 'jpeg' : 'png';
  const grounds = work.task.inputs.backgrounds ?? [];
  const layers: Promise<Buffer>[] = grounds.map((ground) => groundPixels(ground.path, cutOut));
  if (grounds.length === 0 && settings.background_color !== '')
    layers.push(colourGround(settings.background_color, cutOut));
  for (const [index, layer] of (await Promise.all(layers)).entries()) {
    const raw = { width: cutOut.width, height: cutOut.height, channels: 4 as const };
    const merged = sharp(layer)
      .composite([{ input: Buffer.from(cutOut.data.buffer, cutOut.data.byteOffset, cutOut.data.length), raw }])
      .removeAlpha();
    const bytes = await (
      format === 'jpeg' ? merged.jpeg({ quality: settings.output_quality }) : merged.png()
    ).toBuffer();
    await save(work, { output: 'composites', photo, bytes, format, suffix: index === 0 ? '' : ` (${index + 1})` });
  }
  return layers.length;
}

async function groundPixels(path: string, size: Pixels): Promise<Buffer> {
  const { image } = await openStill(path);
  return image
    .autoOrient()
    .resize({ width: size.width, height: size.height, fit: 'cover' })
    .toColourspace('srgb')
    .png({ compressionLevel: 1 })
    .toBuffer();
}

async function colourGround(background: string, size: Pixels): Promise<Buffer> {
  return sharp({ create: { width: size.width, height: size.height, channels: 3, background } })
    .png({ compressionLevel: 1 })
    .toBuffer();
}

function finish(work: Work, photos: InputFile[], failures: InputFailure[]): AnalyticResult {
  const order = new Map(photos.map((photo, index) => [photo, index]));
  work.files.sort((a, b) => (order.get(a.from as InputFile) ?? 0) - (order.get(b.from as InputFile) ?? 0));
  const names = new OutputNames();
  for (const file of work.files) file.name = names.unique(file.name);
  const reports = [...work.reports.values()];
  const reportNames = new OutputNames();
  const named = photos.flatMap((photo) => {
    const report = work.reports.get(photo);
    return report === undefined ? [] : [[reportNames.unique(photo.name), report] as const];
  });
  const count = (step: string) => reports.filter(({ steps }) => steps.includes(step)).length;
  const processed = {
    color: count('color'),
    crop: count('crop'),
    retouch: count('retouch'),
    extract: count('extract'),
    total: reports.length,
  };
  const look = work.context.sharedLook === null ? {} : { batchLook: work.context.sharedLook };
  return { files: work.files, failures, summary: { processed, photos: Object.fromEntries(named), ...look } };
}
