import { conflictRules } from '@fovea/contract';
import { Option, type Command } from 'commander';
import type { Context } from '../context.ts';
import { CommandFailure } from '../failure.ts';
import { note } from '../io.ts';
import { formatCount } from '../terminal/format.ts';
import { plain } from '../terminal/text.ts';
import { repeatable, withExamples, withJson, withProject } from './options.ts';
import { finishedWork } from './watch-command.ts';

interface Flags {
  project?: string;
  connection?: string;
  into?: string;
  channel?: string;
  label?: string[];
  publish?: boolean;
  expires?: string;
  ifExists: (typeof conflictRules)[number];
  json?: boolean;
}
interface Result {
  created: number;
  existing: number;
  replaced: number;
  failedCount: number;
  failed: { source: string; message: string }[];
}

/** So many failures are printed one by one. */
const shownFailures = 20;

export function bucketCommands(group: Command, context: Context): void {
  withExamples(
    withProject(
      withJson(
        group
          .command('import-bucket')
          .argument('<dataset>', 'name or id')
          .argument('<source>', 's3://bucket/prefix/ of a bucket that the platform was told of (FOVEA_BUCKETS)')
          .description('make items of the objects in a bucket, without copying them; what is there already is left as it is'),
      ),
    )
      .option('--connection <name>', 'where several connections lead to the bucket')
      .option('--into <folder>', 'folder of the dataset to put everything into (default: its root)')
      .option('-c, --channel <channel>', 'channel of the new items')
      .addOption(new Option('-l, --label <label>', 'label of the new items; may be repeated').argParser(repeatable))
      .option('--publish', 'publish the new items instead of leaving them in the inbox')
      .option('--expires <when>', 'when the new items end: a time such as 2027-01-31T00:00:00Z, or days such as 30d')
      .addOption(new Option('--if-exists <rule>', 'when a path is taken by other bytes').choices(conflictRules).default('error')),
    'fovea datasets import-bucket Night s3://street-photos/2026/',
    'fovea datasets import-bucket CT s3://pacs/archive/ --into /archive --label archive',
  ).action(async (reference: string, source: string, flags: Flags) => {
    const dataset = await context.dataset(reference, flags.project);
    const { project: _project, json: _json, into: folder, label: labels, publish, expires: expiresAt, ...rest } = flags;
    const started = await context.fovea.buckets.import(dataset.id, { ...rest, source, folder, labels, expiresAt, status: publish ? 'published' : undefined });
    const result = (await finishedWork(context, started, 'Looking at objects', 'objects')).result as unknown as Result;
    const parts = [`${formatCount(result.created)} created`, result.existing > 0 && `${formatCount(result.existing)} there already`, result.replaced > 0 && `${formatCount(result.replaced)} replaced`];
    context.printDone(`${parts.filter(Boolean).join(', ')} in "${plain(dataset.name)}"; their bytes stay in the bucket.`, result, flags);
    if (result.failedCount === 0) return;
    for (const { source: from, message } of result.failed.slice(0, shownFailures)) note(context.io, `  ${plain(from)}: ${plain(message)}`);
    throw new CommandFailure(`${formatCount(result.failedCount)} ${result.failedCount === 1 ? 'object became' : 'objects became'} no item.`);
  });
}
