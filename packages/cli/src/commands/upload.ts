import type { Dataset } from '@fovea/contract';
import { filesIn, NotFoundError, type UploadFile, type UploadManyResult } from '@fovea/sdk';
import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import type { Context } from '../context.ts';
import { CommandFailure, UsageError } from '../failure.ts';
import { note, print, type Io } from '../io.ts';
import { formatBytes, formatCount, formatDuration } from '../terminal/format.ts';
import { Progress } from '../terminal/progress.ts';
import { plain } from '../terminal/text.ts';
import { Deidentifying, withDeidentify, type DeidentifyFlags } from './deidentify.ts';
import { withNewItems, type NewItemFlags } from './new-items.ts';
import { wholeNumber, withExamples, withJson, withProject } from './options.ts';

interface UploadFlags extends NewItemFlags {
  dataset: string;
  project?: string;
  create?: boolean;
  hidden?: boolean;
  concurrency: number;
  json?: boolean;
}
type Flags = UploadFlags & DeidentifyFlags;

/** So many failures are printed one by one. */
const shownFailures = 20;

export function uploadCommand(program: Command, context: Context): void {
  const command = withExamples(
    withNewItems(
      withJson(
        withProject(
          program
            .command('upload')
            .argument('<path...>', 'files, and folders, whose trees are kept')
            .description('upload files and folders into a dataset; what is there already with the same bytes is left as it is')
            .requiredOption('-D, --dataset <dataset>', 'name or id of the dataset'),
        ),
      ).option('--create', 'create the dataset when it is missing (with --project)'),
    )
      .option('--hidden', 'also take files and folders whose name begins with a dot')
      .addOption(new Option('--concurrency <n>', 'how many requests run at once').argParser(wholeNumber(1)).default(4)),
    'fovea upload ./photos --dataset Night --label rain --label 2026',
    'fovea upload scan.dcm notes.pdf --dataset CT --into /patient-7 --publish',
    'fovea upload ./photos --dataset Night --project Street --create --if-exists skip',
    'fovea upload ./scans --dataset CT --deidentify --dates modified --report scans.jsonl',
  );
  withDeidentify(command).action(async (paths: string[], flags: Flags) => upload(context, paths, flags));
}

async function upload(context: Context, paths: readonly string[], flags: Flags): Promise<void> {
  const { io } = context;
  const sources = paths.map((path) => sourceOf(io, path));
  const dataset = await findDataset(context, flags);
  const total = await countAll(sources, flags.hidden === true);
  if (total.files === 0) throw new CommandFailure(`There is nothing to upload${total.hidden > 0 ? ` but ${total.hidden} hidden files (--hidden takes them too)` : ''}.`);
  const cleaning = flags.deidentify ? await Deidentifying.start(io, flags, dataset) : undefined;
  const progress = new Progress(io, { label: cleaning ? 'De-identifying and uploading' : 'Uploading', unit: 'files' });
  const files = allFiles(sources, flags.hidden === true);
  const result = await context.fovea.items
    .uploadMany(dataset.id, cleaning ? cleaning.open(files) : files, {
      ...cleaning?.options,
      into: flags.into,
      channel: flags.channel,
      labels: flags.label,
      status: flags.publish ? 'published' : undefined,
      expiresAt: flags.expires,
      ifExists: flags.ifExists,
      concurrency: flags.concurrency,
      onError: 'collect',
      signal: io.signal,
      onProgress: ({ files, failed, bytes }) => progress.update({ done: files + (cleaning?.doneBefore ?? 0), total: total.files, bytes, totalBytes: total.bytes, failed }),
    })
    .finally(() => progress.clear());
  const done = cleaning ? cleaning.finish(result, flags.json === true) : result;
  report(context, { result: done, dataset, hidden: total.hidden, seconds: progress.seconds, json: flags.json === true });
}

function report(context: Context, done: { result: UploadManyResult; dataset: Dataset; hidden: number; seconds: number; json: boolean }): void {
  const { io, style } = context;
  const { result, dataset, seconds } = done;
  const { created, existing, replaced, failed, bytes } = result;
  const failures = result.failures.map(({ path, message }) => ({ path, message }));
  if (done.json) print(io, JSON.stringify({ dataset: dataset.id, created, existing, replaced, failed, bytes, seconds: Number(seconds.toFixed(3)), failures }));
  else {
    const parts = [`${formatCount(created)} created`, existing > 0 && `${formatCount(existing)} there already`, replaced > 0 && `${formatCount(replaced)} replaced`];
    const mark = failed === 0 ? style.green('✓') : style.yellow('!');
    print(io, `${mark} ${parts.filter(Boolean).join(', ')} in "${plain(dataset.name)}" (${formatBytes(bytes)} in ${formatDuration(seconds)}, ${formatBytes(bytes / Math.max(seconds, 0.001))}/s).`);
    if (done.hidden > 0) note(io, `${formatCount(done.hidden)} hidden files were left out; --hidden takes them too.`);
  }
  if (failed === 0) return;
  const shown = done.json ? [] : failures.slice(0, shownFailures).map(({ path, message }) => `  ${plain(path)}: ${plain(message)}`);
  const more = done.json || failed <= shownFailures ? [] : [`  … and ${formatCount(failed - shownFailures)} more (--json lists all)`];
  throw new CommandFailure([`${formatCount(failed)} ${failed === 1 ? 'file was' : 'files were'} not uploaded${done.json ? '.' : ':'}`, ...shown, ...more].join('\n'));
}

/** The dataset, created when it is missing and that was asked for. */
async function findDataset(context: Context, flags: UploadFlags): Promise<Dataset> {
  try {
    return await context.dataset(flags.dataset, flags.project);
  } catch (error) {
    if (!(error instanceof NotFoundError) || !flags.create) {
      if (error instanceof NotFoundError) note(context.io, 'With --create --project PROJECT a missing dataset is created.');
      throw error;
    }
    if (flags.project === undefined) throw new UsageError('To create the dataset, say in which project: --project PROJECT.');
    const dataset = await context.fovea.datasets.create({ project: flags.project, name: flags.dataset });
    note(context.io, `Created dataset "${dataset.name}" (${dataset.id}).`);
    return dataset;
  }
}

interface Source {
  path: string;
  isFolder: boolean;
  sizeBytes: number;
}

function sourceOf(io: Io, path: string): Source {
  const facts = statSync(resolve(io.cwd, path), { throwIfNoEntry: false });
  if (!facts) throw new UsageError(`"${path}" does not exist.`);
  if (!facts.isDirectory() && !facts.isFile()) throw new UsageError(`"${path}" is neither a file nor a folder.`);
  return { path: resolve(io.cwd, path), isFolder: facts.isDirectory(), sizeBytes: facts.size };
}

async function* allFiles(sources: readonly Source[], hidden: boolean): AsyncGenerator<UploadFile> {
  for (const { path, isFolder, sizeBytes } of sources) {
    if (isFolder) yield* filesIn(path, { hidden });
    else yield { path: `/${basename(path)}`, file: path, sizeBytes };
  }
}

/** A first walk that only counts, so that the progress bar knows the end without keeping a list of everything. */
async function countAll(sources: readonly Source[], withHidden: boolean): Promise<{ files: number; bytes: number; hidden: number }> {
  const total = { files: 0, bytes: 0, hidden: 0 };
  for (const source of sources) {
    if (!source.isFolder) {
      total.files += 1;
      total.bytes += source.sizeBytes;
      continue;
    }
    for await (const { path, sizeBytes = 0 } of filesIn(source.path, { hidden: true })) {
      if (!withHidden && path.includes('/.')) total.hidden += 1;
      else {
        total.files += 1;
        total.bytes += sizeBytes;
      }
    }
  }
  return total;
}
