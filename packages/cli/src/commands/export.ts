import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { DatasetExport } from '@fovea/contract';
import { Option, type Command } from 'commander';
import type { Context } from '../context.ts';
import { CommandFailure, UsageError } from '../failure.ts';
import { print } from '../io.ts';
import { formatBytes, formatCount } from '../terminal/format.ts';
import { Progress } from '../terminal/progress.ts';
import { plain } from '../terminal/text.ts';
import { formatOption, requestOf, withSelection, type ExportFlags } from './format-options.ts';
import { printLosses, saveLosses } from './losses.ts';
import { withExamples, withJson, withProject } from './options.ts';

type Flags = Omit<ExportFlags, 'version'> & { dataset: string; project?: string; ofVersion?: string; to?: string; losses?: string; json?: boolean };

export function exportCommand(program: Command, context: Context): void {
  withExamples(
    withSelection(
      withJson(
        withProject(
          program
            .command('export')
            .description('export a dataset in a label format, and say what was kept, approximated and dropped')
            .requiredOption('-D, --dataset <dataset>', 'name or id of the dataset')
            .addOption(formatOption('-f, --format <format>', 'the label format').makeOptionMandatory())
            .option('--to <path>', 'file to write when it ends in .zip, else folder to unpack into (default: the archive, here)')
            .option('--of-version <version>', 'a version of the dataset: number like v3, tag or id')
            .addOption(new Option('--media <rule>', 'whether media come along').choices(['included', 'linked', 'none']).default('none')),
        ),
      ),
      'metadata:split',
    ).option('--losses <file>', 'write every single loss to a file, a line of JSON each'),
    'fovea export --dataset Night --format coco --to night.zip',
    'fovea export --dataset Night --format yolo --media included --splits train=0.8,val=0.2 --to ./night',
    'fovea export --dataset Night --format cvat --filter \'{"labels":{"contains":"rain"}}\'',
  ).action(async (flags: Flags) => exportDataset(context, flags));
}

async function exportDataset(context: Context, flags: Flags): Promise<void> {
  const { io, fovea, style } = context;
  const target = flags.to === undefined ? undefined : resolve(io.cwd, flags.to);
  const asFile = target !== undefined && /\.zip$/i.test(target);
  if (target !== undefined && !asFile && (await isFilled(target))) throw new UsageError(`The folder "${flags.to}" is not empty; give another one.`);
  const dataset = await context.dataset(flags.dataset, flags.project);
  const { ofVersion: version, ...rest } = flags;
  const progress = new Progress(io, { label: 'Exporting', unit: 'items' });
  const made = await fovea.exports
    .createAndWait(dataset.id, requestOf({ ...rest, ...(version !== undefined && { version }) }), { signal: io.signal, onProgress: ({ done, total }) => progress.update({ done, total: total ?? undefined }) })
    .finally(() => progress.clear());
  const file = target !== undefined && asFile ? target : join(target === undefined ? io.cwd : dirname(target), made.fileName ?? `${made.id}.zip`);
  await mkdir(dirname(file), { recursive: true });
  await save(context, made, file);
  if (target !== undefined && !asFile) {
    const { unpackInto } = await import('../convert/files.ts');
    await unpackInto(file, target);
    await rm(file);
  }
  if (flags.losses !== undefined) await saveLosses(context, flags.losses, (await fovea.exports.losses(made.id)).body as unknown as AsyncIterable<Uint8Array>);
  const path = target !== undefined && !asFile ? target : file;
  if (flags.json) return print(io, JSON.stringify({ ...made, path }));
  print(io, `${style.green('✓')} ${formatCount(made.items ?? 0)} items of "${plain(dataset.name)}" as ${made.format} in ${plain(path)} (${formatBytes(made.sizeBytes ?? 0)}).`);
  if (made.report) printLosses(context, made.report);
}

async function save(context: Context, made: DatasetExport, to: string): Promise<void> {
  const progress = new Progress(context.io, { label: 'Downloading', unit: 'archives' });
  const onProgress = ({ receivedBytes, totalBytes }: { receivedBytes: number; totalBytes: number }) => progress.update({ done: 0, total: 1, bytes: receivedBytes, totalBytes });
  await context.fovea.exports.download(made, { to, signal: context.io.signal, onProgress }).finally(() => progress.clear());
}

async function isFilled(path: string): Promise<boolean> {
  const facts = await stat(path).catch(() => undefined);
  if (facts && !facts.isDirectory()) throw new CommandFailure(`"${path}" is a file; to write an archive, give a path that ends in .zip.`);
  return facts !== undefined && (await readdir(path)).length > 0;
}
