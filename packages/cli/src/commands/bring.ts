import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { CommandFailure, UsageError } from '../failure.ts';
import { note } from '../io.ts';
import { formatCount } from '../terminal/format.ts';
import { plain } from '../terminal/text.ts';
import { newItemsOf, withNewItems, type NewItemFlags } from './new-items.ts';
import { repeatable, withExamples, withJson, withProject } from './options.ts';
import { sendWithProgress } from './sending.ts';
import { finishedWork } from './watch-command.ts';

interface Flags extends NewItemFlags {
  project?: string;
  json?: boolean;
}

/** What came of files, objects or URLs that became items in the background. */
interface Result {
  created: number;
  existing: number;
  replaced: number;
  failedCount: number;
  failed: { source: string; message: string }[];
}

/** So many failures are printed one by one. */
const shownFailures = 20;
const maxUrls = 10_000;

/** Ways into a dataset that the platform goes by itself: buckets, URLs, archives. */
export function bringCommands(group: Command, context: Context): void {
  withExamples(
    withNewItems(
      withProject(withJson(group.command('import-bucket').argument('<dataset>', 'name or id').argument('<source>', 's3://bucket/prefix/ of a bucket that the platform was told of (FOVEA_BUCKETS)')))
        .description('make items of the objects in a bucket, without copying them; what is there already is left as it is')
        .option('--connection <name>', 'where several connections lead to the bucket'),
    ),
    'fovea datasets import-bucket Night s3://street-photos/2026/',
    'fovea datasets import-bucket CT s3://pacs/archive/ --into /archive --label archive',
  ).action(async (reference: string, source: string, flags: Flags & { connection?: string }) => {
    const dataset = await context.dataset(reference, flags.project);
    const started = await context.fovea.buckets.import(dataset.id, { ...newItemsOf(flags), ...(flags.connection !== undefined && { connection: flags.connection }), source });
    await told(context, started, flags, { label: 'Looking at objects', unit: 'objects', in: `"${plain(dataset.name)}"; their bytes stay in the bucket` });
  });

  withExamples(
    withNewItems(
      withProject(withJson(group.command('import-urls').argument('<dataset>', 'name or id').argument('[url...]', 'http and https addresses of files')))
        .description('have the platform fetch files by URL')
        .option('--list <file>', 'a text file with an address in each line')
        .option('--media-type <type>', 'refuse files of other types, e.g. image/*; may be repeated', repeatable),
    ),
    'fovea datasets import-urls Night https://example.org/1.jpg https://example.org/2.jpg --into /web',
    'fovea datasets import-urls Night --list addresses.txt --media-type "image/*" --if-exists skip',
  ).action(async (reference: string, given: string[], flags: Flags & { list?: string; mediaType?: string[] }) => {
    const urls = [...given, ...(flags.list === undefined ? [] : linesOf(resolve(context.io.cwd, flags.list)))].map((url) => ({ url }));
    if (urls.length === 0) throw new UsageError('Name at least one URL, or a file of them with --list.');
    const dataset = await context.dataset(reference, flags.project);
    for (let start = 0; start < urls.length; start += maxUrls) {
      const started = await context.fovea.items.importUrls(dataset.id, { ...newItemsOf(flags), urls: urls.slice(start, start + maxUrls), ...(flags.mediaType && { mediaTypes: flags.mediaType }) });
      await told(context, started, flags, { label: 'Fetching', unit: 'files', in: `"${plain(dataset.name)}"` });
    }
  });

  withExamples(
    withNewItems(withProject(withJson(group.command('import-archive').argument('<dataset>', 'name or id').argument('<file>', 'a ZIP or TAR archive, gzipped too'))).description('send an archive and have its files become items, in their folders')),
    'fovea datasets import-archive Night photos.zip --into /2026 --publish',
  ).action(async (reference: string, file: string, flags: Flags) => {
    const dataset = await context.dataset(reference, flags.project);
    const { labels, ...query } = newItemsOf(flags);
    const wishes = { ...query, ...(labels && { labels: labels.join(',') }) };
    const started = await sendWithProgress(context, (call) => context.fovea.items.importArchive(dataset.id, resolve(context.io.cwd, file), wishes, call));
    await told(context, started, flags, { label: 'Unpacking', unit: 'files', in: `"${plain(dataset.name)}"` });
  });
}

function linesOf(file: string): string[] {
  return readFileSync(file, 'utf8').split(/\r?\n/).map((line) => line.trim()).filter(Boolean);
}

/** Waits for the work, says what came of it; fails when something became no item. */
async function told(context: Context, started: { id: string }, flags: Flags, work: { label: string; unit: string; in: string }): Promise<void> {
  const result = (await finishedWork(context, started, work.label, work.unit)).result as unknown as Result;
  const parts = [`${formatCount(result.created)} created`, result.existing > 0 && `${formatCount(result.existing)} there already`, result.replaced > 0 && `${formatCount(result.replaced)} replaced`];
  context.printDone(`${parts.filter(Boolean).join(', ')} in ${work.in}.`, result, flags);
  if (result.failedCount === 0) return;
  for (const { source, message } of result.failed.slice(0, shownFailures)) note(context.io, `  ${plain(source)}: ${plain(message)}`);
  throw new CommandFailure(`${formatCount(result.failedCount)} of the ${work.unit} became no item.`);
}
