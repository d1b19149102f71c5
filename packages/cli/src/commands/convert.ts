import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { Filter, SplitRule } from '@fovea/contract';
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import type { Converted } from '../convert/convert.ts';
import { UsageError } from '../failure.ts';
import { print } from '../io.ts';
import { formatCount, formatDuration } from '../terminal/format.ts';
import { Progress } from '../terminal/progress.ts';
import { plain } from '../terminal/text.ts';
import { formatOption, splitsOf, withSelection } from './format-options.ts';
import { printLosses, saveLosses } from './losses.ts';
import { withExamples, withJson } from './options.ts';

interface ConvertFlags {
  from?: string;
  to: string;
  media: boolean;
  rle?: 'compressed' | 'plain';
  filter?: Filter;
  annotations?: Filter;
  splits?: SplitRule;
  splitStyle?: 'folders' | 'lists';
  shardItems?: number;
  losses?: string;
  overwrite?: boolean;
  json?: boolean;
}

export function convertCommand(program: Command, context: Context): void {
  withExamples(
    withSelection(
      withJson(
        program
          .command('convert')
          .argument('<in>', 'folder, archive (ZIP, TAR, TAR.GZ) or file to read')
          .argument('<out>', 'folder to write to, or an archive when it ends in .zip')
          .description('convert labels from one format to another, without a platform, and say what was lost'),
      )
        .addOption(formatOption('--from <format>', 'the format that is read (default: found out)'))
        .addOption(formatOption('--to <format>', 'the format that is written').makeOptionMandatory())
        .option('--no-media', 'leave out the media that lie beside the labels'),
      'those of the files',
    )
      .option('--losses <file>', 'write every single loss to a file, a line of JSON each')
      .option('--overwrite', 'write into a folder that is not empty, or over a file'),
    'fovea convert ./coco ./yolo --to yolo',
    'fovea convert labels.zip labels.xml.zip --from datumaro --to cvat --losses lost.ndjson',
    'fovea convert ./coco ./yolo --to yolo --splits train=0.8,val=0.2',
    'fovea convert ./coco ./cars --to voc --filter \'{"having":{"annotations":{"label":"car"}}}\' --annotations \'{"label":"car"}\'',
  ).action(async (input: string, output: string, flags: ConvertFlags) => convertFiles(context, input, output, flags));
}

async function convertFiles(context: Context, input: string, output: string, flags: ConvertFlags): Promise<void> {
  const { io } = context;
  const [from, to] = [resolve(io.cwd, input), resolve(io.cwd, output)];
  if (!existsSync(from)) throw new UsageError(`"${input}" does not exist.`);
  if (isWithin(from, to)) throw new UsageError(`"${output}" is, or lies in, what is read; write to another place.`);
  if (!flags.overwrite && (await isFilled(to))) throw new UsageError(`"${output}" is there already; --overwrite writes over it.`);
  if (flags.splits?.by === 'label') throw new UsageError('Files have no labels of items to take parts from; --splits takes none, folder, metadata:FIELD or shares such as train=0.8,val=0.2.');
  const splits = flags.splits && splitsOf(flags.splits);
  const { convert } = await import('../convert/convert.ts');
  const progress = new Progress(io, { label: 'Converting', unit: 'items' });
  const notes: string[] = [];
  const done = await convert({
    input: from,
    output: to,
    from: flags.from,
    to: flags.to,
    media: flags.media,
    write: { rle: flags.rle, splitStyle: flags.splitStyle, shardItems: flags.shardItems },
    select: { filter: flags.filter, annotations: flags.annotations, splits },
    onProgress: (items) => progress.update({ done: items }),
    onNote: (note) => void (flags.losses !== undefined && notes.push(`${JSON.stringify(note)}\n`)),
  }).finally(() => progress.clear());
  if (flags.losses !== undefined) await saveLosses(context, flags.losses, asLines(notes));
  report(context, done, { output, seconds: progress.seconds, json: flags.json === true });
}

/** Whether a path is another one, or lies below it. */
function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || !(way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way));
}

async function isFilled(path: string): Promise<boolean> {
  try {
    return (await readdir(path)).length > 0;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOTDIR';
  }
}

async function* asLines(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

function report(context: Context, done: Converted, { output, seconds, json }: { output: string; seconds: number; json: boolean }): void {
  const { io, style } = context;
  if (json) return print(io, JSON.stringify({ ...done, output, seconds: Number(seconds.toFixed(3)) }));
  print(io, `${style.green('✓')} ${formatCount(done.items)} items from ${done.from} to ${done.to} in "${plain(output)}" (${formatDuration(seconds)}).`);
  const { items, annotations } = done.leftOut;
  if (items + annotations > 0) print(io, `  Not asked for: ${formatCount(items)} items, and ${formatCount(annotations)} annotations of the others.`);
  print(io, style.dim(`  Reading ${done.from}:`));
  printLosses(context, done.reading);
  print(io, style.dim(`  Writing ${done.to}:`));
  printLosses(context, done.writing);
}
