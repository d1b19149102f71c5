import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import type { Context } from '../context.ts';
import type { Converted } from '../convert/convert.ts';
import { UsageError } from '../failure.ts';
import { print } from '../io.ts';
import { formatCount, formatDuration } from '../terminal/format.ts';
import { Progress } from '../terminal/progress.ts';
import { plain } from '../terminal/text.ts';
import { formatOption } from './format-options.ts';
import { printLosses, saveLosses } from './losses.ts';
import { withExamples, withJson } from './options.ts';

interface ConvertFlags {
  from?: string;
  to: string;
  media: boolean;
  rle?: 'compressed' | 'plain';
  losses?: string;
  overwrite?: boolean;
  json?: boolean;
}

export function convertCommand(program: Command, context: Context): void {
  withExamples(
    withJson(
      program
        .command('convert')
        .argument('<in>', 'folder, archive (ZIP, TAR, TAR.GZ) or file to read')
        .argument('<out>', 'folder to write to, or an archive when it ends in .zip')
        .description('convert labels from one format to another, without a platform, and say what was lost'),
    )
      .addOption(formatOption('--from <format>', 'the format that is read (default: found out)'))
      .addOption(formatOption('--to <format>', 'the format that is written').makeOptionMandatory())
      .option('--no-media', 'leave out the media that lie beside the labels')
      .addOption(new Option('--rle <kind>', 'COCO: how masks are written').choices(['compressed', 'plain']))
      .option('--losses <file>', 'write every single loss to a file, a line of JSON each')
      .option('--overwrite', 'write into a folder that is not empty, or over a file'),
    'fovea convert ./coco ./yolo --to yolo',
    'fovea convert labels.zip labels.xml.zip --from datumaro --to cvat --losses lost.ndjson',
  ).action(async (input: string, output: string, flags: ConvertFlags) => convertFiles(context, input, output, flags));
}

async function convertFiles(context: Context, input: string, output: string, flags: ConvertFlags): Promise<void> {
  const { io } = context;
  const [from, to] = [resolve(io.cwd, input), resolve(io.cwd, output)];
  if (!existsSync(from)) throw new UsageError(`"${input}" does not exist.`);
  if (!flags.overwrite && (await isFilled(to))) throw new UsageError(`"${output}" is there already; --overwrite writes over it.`);
  const { convert } = await import('../convert/convert.ts');
  const progress = new Progress(io, { label: 'Converting', unit: 'items' });
  const notes: string[] = [];
  const done = await convert({
    input: from,
    output: to,
    from: flags.from,
    to: flags.to,
    media: flags.media,
    rle: flags.rle,
    onProgress: (items) => progress.update({ done: items }),
    onNote: (note) => void (flags.losses !== undefined && notes.push(`${JSON.stringify(note)}\n`)),
  }).finally(() => progress.clear());
  if (flags.losses !== undefined) await saveLosses(context, flags.losses, asLines(notes));
  report(context, done, { output, seconds: progress.seconds, json: flags.json === true });
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
  print(io, style.dim(`  Reading ${done.from}:`));
  printLosses(context, done.reading);
  print(io, style.dim(`  Writing ${done.to}:`));
  printLosses(context, done.writing);
}
