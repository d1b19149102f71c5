import type { Dataset, Item } from '@fovea/contract';
import { AbortedError, ApiError, type Fovea } from '@fovea/sdk';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Option, type Command } from 'commander';
import type { Context } from '../context.ts';
import { CommandFailure } from '../failure.ts';
import { note, print } from '../io.ts';
import { formatBytes, formatCount, formatDuration } from '../terminal/format.ts';
import { Progress } from '../terminal/progress.ts';
import { plain } from '../terminal/text.ts';
import { filterOf, isFiltered, withItemFilter, type FilterOptions } from './item-filter.ts';
import { wholeNumber, withExamples, withJson, withProject } from './options.ts';

interface DownloadFlags extends FilterOptions {
  dataset: string;
  project?: string;
  to: string;
  overwrite?: boolean;
  concurrency: number;
  json?: boolean;
}

interface Tally {
  downloaded: number;
  existing: number;
  failed: number;
  bytes: number;
  failures: { path: string; message: string }[];
}

export function downloadCommand(program: Command, context: Context): void {
  withExamples(
    withItemFilter(
      withJson(
        withProject(
          program
            .command('download')
            .description('download a dataset with its tree; what is there already is kept, what broke off is resumed, and every digest is compared')
            .requiredOption('-D, --dataset <dataset>', 'name or id of the dataset')
            .requiredOption('--to <dir>', 'folder to write to'),
        ),
      ),
    )
      .option('--overwrite', 'replace files here that have other bytes')
      .addOption(new Option('--concurrency <n>', 'how many downloads run at once').argParser(wholeNumber(1)).default(4)),
    'fovea download --dataset Night --to ./night',
    'fovea download --dataset Night --to ./rain --label rain --kind image',
  ).action(async (flags: DownloadFlags) => download(context, flags));
}

async function download(context: Context, flags: DownloadFlags): Promise<void> {
  const { io, style } = context;
  const dataset = await context.dataset(flags.dataset, flags.project);
  const folder = resolve(io.cwd, flags.to);
  await mkdir(folder, { recursive: true }).catch((cause: Error) => {
    throw new CommandFailure(`The folder "${flags.to}" cannot be made: ${cause.message}`, { cause });
  });
  const { tally, seconds } = await downloadAll(context, { dataset, folder, flags });
  const { downloaded, existing, failed, bytes, failures } = tally;
  if (flags.json) print(io, JSON.stringify({ dataset: dataset.id, downloaded, existing, failed, bytes, seconds: Number(seconds.toFixed(3)), failures }));
  else {
    const mark = failed === 0 ? style.green('✓') : style.yellow('!');
    const there = existing > 0 ? `, ${formatCount(existing)} there already` : '';
    print(io, `${mark} ${formatCount(downloaded)} downloaded${there} (${formatBytes(bytes)} in ${formatDuration(seconds)}); every digest matches.`);
    for (const failure of failures.slice(0, 20)) note(io, `  ${plain(failure.path)}: ${plain(failure.message)}`);
  }
  if (failed > 0) throw new CommandFailure(`${formatCount(failed)} ${failed === 1 ? 'item was' : 'items were'} not downloaded.`);
}

async function downloadAll(context: Context, given: { dataset: Dataset; folder: string; flags: DownloadFlags }): Promise<{ tally: Tally; seconds: number }> {
  const { fovea, io } = context;
  const { dataset, folder, flags } = given;
  const tally: Tally = { downloaded: 0, existing: 0, failed: 0, bytes: 0, failures: [] };
  const totals = isFiltered(flags) ? {} : { total: dataset.itemCount, totalBytes: dataset.sizeBytes };
  const progress = new Progress(io, { label: 'Downloading', unit: 'items' });
  const underway = new Map<string, number>();
  let doneBytes = 0;
  const show = () => {
    const bytes = [...underway.values()].reduce((sum, received) => sum + received, doneBytes);
    progress.update({ done: tally.downloaded + tally.existing + tally.failed, bytes, failed: tally.failed, ...totals });
  };
  const one = async (item: Item) => {
    try {
      const received = (bytes: number) => {
        underway.set(item.id, bytes);
        show();
      };
      const outcome = await fetchItem(fovea, item, { target: targetOf(folder, item.path), overwrite: flags.overwrite === true, received });
      tally[outcome] += 1;
      if (outcome === 'downloaded') tally.bytes += item.sizeBytes;
      doneBytes += item.sizeBytes;
    } catch (error) {
      if (error instanceof AbortedError || (error instanceof ApiError && ['unauthenticated', 'forbidden'].includes(error.code))) throw error;
      tally.failed += 1;
      tally.failures.push({ path: item.path, message: (error as Error).message });
    } finally {
      underway.delete(item.id);
      show();
    }
  };
  try {
    await eachOf(fovea.items.list(dataset.id, { ...filterOf(flags), limit: 1000 }), flags.concurrency, one);
  } finally {
    progress.clear();
  }
  return { tally, seconds: progress.seconds };
}

/** Runs work on every entry, so many at once; settles all of it before it throws the first error. */
async function eachOf<T>(entries: AsyncIterable<T>, concurrency: number, work: (entry: T) => Promise<void>): Promise<void> {
  const iterator = entries[Symbol.asyncIterator]();
  let turn: Promise<IteratorResult<T>> | undefined;
  const failed: { error?: unknown; yes: boolean } = { yes: false };
  const next = () => (turn = (turn ?? Promise.resolve(undefined)).then(() => iterator.next()));
  const worker = async () => {
    try {
      while (!failed.yes) {
        const { done, value } = await next();
        if (done) return;
        await work(value);
      }
    } catch (error) {
      if (!failed.yes) Object.assign(failed, { error, yes: true });
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  if (failed.yes) throw failed.error;
}

async function fetchItem(fovea: Fovea, item: Item, given: { target: string; overwrite: boolean; received(bytes: number): void }): Promise<'downloaded' | 'existing'> {
  const { target, overwrite, received } = given;
  const facts = await stat(target).catch(() => undefined);
  if (facts?.isDirectory()) throw new CommandFailure('There is a folder of this name here.');
  if (facts) {
    if (facts.size === item.sizeBytes && (await digestOf(target)) === item.sha256) return 'existing';
    if (!overwrite) throw new CommandFailure('A file with other bytes is here already; --overwrite replaces it.');
  }
  await fovea.items.download(item, { to: target, onProgress: ({ receivedBytes }) => received(receivedBytes) });
  return 'downloaded';
}

/** Where an item is written; its path is data from elsewhere and must not lead out of the folder. */
function targetOf(folder: string, path: string): string {
  const target = join(folder, ...path.split('/'));
  const inside = relative(folder, target);
  if (inside === '' || inside === '..' || inside.startsWith(`..${sep}`) || path.includes('\0')) throw new CommandFailure('The path leads out of the folder.');
  return target;
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 1024 * 1024 }), hash);
  return hash.digest('hex');
}
