import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Dataset, DatasetImport, FormatName, ImportQuery } from '@fovea/contract';
import { NotFoundError, type ImportWishes } from '@fovea/sdk';
import { Option, type Command } from 'commander';
import type { Context } from '../context.ts';
import { UsageError } from '../failure.ts';
import { note, print } from '../io.ts';
import { formatCount } from '../terminal/format.ts';
import { Progress } from '../terminal/progress.ts';
import { plain } from '../terminal/text.ts';
import { formatOption } from './format-options.ts';
import { printLosses, saveLosses } from './losses.ts';
import { withExamples, withJson, withProject } from './options.ts';
import { sendWithProgress } from './sending.ts';

interface Flags {
  dataset: string;
  project?: string;
  create?: boolean;
  format?: FormatName;
  match: NonNullable<ImportQuery['match']>;
  into?: string;
  media: boolean;
  replace?: boolean;
  createLabels?: boolean;
  dryRun?: boolean;
  publish?: boolean;
  losses?: string;
  json?: boolean;
}

export function importCommand(program: Command, context: Context): void {
  withExamples(
    withJson(
      withProject(
        program
          .command('import')
          .argument('<path>', 'folder, archive (ZIP, TAR, TAR.GZ) or file of labels')
          .description('import labels, and the media that lie beside them, and say what was not understood; what is there already does not come twice')
          .requiredOption('-D, --dataset <dataset>', 'name or id of the dataset')
          .addOption(formatOption('-f, --format <format>', 'the label format (default: found out)')),
      ),
    )
      .option('--create', 'create the dataset when it is missing (needs --project)')
      .addOption(new Option('--match <rule>', 'how images find their items').choices(['auto', 'path', 'name', 'sha256']).default('auto'))
      .option('--into <folder>', 'folder of the dataset that paths start from')
      .option('--no-media', 'make no items of media that no item matches')
      .option('--replace', 'delete annotations of matched items that the files do not have')
      .option('--create-labels', "add labels that are not in the dataset's recipe to it")
      .option('--publish', 'items that it makes are published at once')
      .option('--dry-run', 'say what would happen, and change nothing')
      .option('--losses <file>', 'write everything that the report speaks of to a file, a line of JSON each'),
    'fovea import ./coco --dataset Night --create-labels',
    'fovea import instances.json --dataset Night --format coco --dry-run',
    'fovea import labels.zip --dataset Night --create --project Street',
  ).action(async (path: string, flags: Flags) => importLabels(context, path, flags));
}

async function importLabels(context: Context, path: string, flags: Flags): Promise<void> {
  const { io, fovea } = context;
  const source = resolve(io.cwd, path);
  const facts = await stat(source).catch(() => undefined);
  if (!facts) throw new UsageError(`"${path}" does not exist.`);
  const dataset = await findDataset(context, flags);
  const send = (file: string, fingerprint?: string): Promise<DatasetImport> => sendFile(context, dataset, { file, name: basename(source), fingerprint, flags });
  const done = facts.isDirectory() ? await packed(context, source, send) : await send(source);
  if (flags.losses !== undefined) await saveLosses(context, flags.losses, (await fovea.imports.losses(done.id)).body as unknown as AsyncIterable<Uint8Array>);
  report(context, dataset, done, flags.json === true);
}

/** So many files that were left out of a folder are named. */
const shownNotes = 20;

/** A folder travels as an archive, which is made anew after a break and known again by its digest. */
async function packed({ io }: Context, folder: string, send: (file: string, fingerprint: string) => Promise<DatasetImport>): Promise<DatasetImport> {
  const { packFolder, withFolder } = await import('../convert/files.ts');
  return withFolder(async (room) => {
    const file = join(room, 'folder.zip');
    const packing = new Progress(io, { label: 'Packing', unit: 'files' });
    const { digest, notes } = await packFolder(folder, file, (state) => packing.update(state)).finally(() => packing.clear());
    for (const { path, how } of notes.slice(0, shownNotes)) note(io, `${plain(path)}: ${how}.`);
    if (notes.length > shownNotes) note(io, `… and ${formatCount(notes.length - shownNotes)} more.`);
    return send(file, digest);
  });
}

async function sendFile(context: Context, dataset: Dataset, given: { file: string; name: string; fingerprint: string | undefined; flags: Flags }): Promise<DatasetImport> {
  const { io, fovea } = context;
  const { file, name, fingerprint, flags } = given;
  const query: ImportWishes = {
    name,
    match: flags.match,
    media: flags.media ? 'add' : 'skip',
    ...(flags.format !== undefined && { format: flags.format }),
    ...(flags.into !== undefined && { into: flags.into }),
    ...(flags.replace && { annotations: 'replace' }),
    ...(flags.createLabels && { createLabels: true }),
    ...(flags.dryRun && { dryRun: true }),
    ...(flags.publish && { status: 'published' }),
  };
  const made = await sendWithProgress(context, (call) => fovea.imports.create(dataset.id, file, { ...query, fingerprint, ...call }));
  const progress = new Progress(io, { label: flags.dryRun ? 'Reading' : 'Importing', unit: 'images' });
  return fovea.imports.wait(made.id, { signal: io.signal, onProgress: ({ done, total }) => progress.update({ done, ...(total === null ? {} : { total }) }) }).finally(() => progress.clear());
}

/** The dataset, created when it is missing and that was asked for. */
async function findDataset(context: Context, flags: Flags): Promise<Dataset> {
  try {
    return await context.dataset(flags.dataset, flags.project);
  } catch (error) {
    if (!(error instanceof NotFoundError) || !flags.create) throw error;
    if (flags.project === undefined) throw new UsageError('To create the dataset, say in which project: --project PROJECT.');
    const dataset = await context.fovea.datasets.create({ project: flags.project, name: flags.dataset });
    note(context.io, `Created dataset "${plain(dataset.name)}" (${dataset.id}).`);
    return dataset;
  }
}

function report(context: Context, dataset: Dataset, done: DatasetImport, json: boolean): void {
  const { io, style } = context;
  if (json) return print(io, JSON.stringify(done));
  const { items, annotations, labels } = done;
  const would = done.request.dryRun ? ' (dry run: nothing was changed)' : '';
  print(io, `${style.green('✓')} ${done.format} into "${plain(dataset.name)}"${would}.`);
  print(io, `  Images: ${formatCount(items.read)} read, ${formatCount(items.matched)} matched, ${formatCount(items.created)} created, ${formatCount(items.unmatched)} without an item.`);
  print(io, `  Annotations: ${formatCount(annotations.imported)} imported, ${formatCount(annotations.existing)} there already, ${formatCount(annotations.deleted)} deleted, ${formatCount(annotations.dropped)} dropped.`);
  if (labels.created.length > 0) print(io, `  Labels added to the recipe: ${labels.created.map(plain).join(', ')}.`);
  else if (labels.unknown.length > 0) note(io, `  Labels that are not in the recipe: ${labels.unknown.map(plain).join(', ')}; --create-labels adds them.`);
  if (done.report && done.report.sums.length > 0) printLosses(context, done.report);
}
