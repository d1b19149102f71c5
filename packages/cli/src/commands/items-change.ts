import { itemStatuses, type Filter, type ItemBulkChange } from '@fovea/contract';
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { Context, ListOptions } from '../context.ts';
import { UsageError } from '../failure.ts';
import { formatCount } from '../terminal/format.ts';
import { plain } from '../terminal/text.ts';
import { parseFilter } from './format-options.ts';
import { repeatable, withExamples, withJson, withProject } from './options.ts';
import { finishedWork } from './watch-command.ts';

/** Which items: some by id, or all of a dataset that a filter finds. */
interface Which {
  dataset?: string;
  project?: string;
  filter?: Filter;
}

interface ChangeFlags extends Which, ListOptions {
  status?: (typeof itemStatuses)[number];
  label?: string[];
  addLabel?: string[];
  removeLabel?: string[];
  channel?: string;
  description?: string;
  metadata?: Record<string, unknown>;
  mergeMetadata?: Record<string, unknown>;
  expires?: string;
}

const withWhich = (command: Command): Command =>
  withProject(withJson(command))
    .option('-D, --dataset <dataset>', 'name or id of the dataset, with --filter')
    .addOption(new Option('--filter <json>', 'all items that a filter of the query language finds; {} for all').argParser(parseFilter));

export function changeCommands(group: Command, context: Context): void {
  withExamples(
    withWhich(group.command('update').argument('[id...]').description('change what is said about items: some, or all that a filter finds'))
      .addOption(new Option('--status <status>', 'publish or archive them, or put them back').choices(itemStatuses))
      .option('-l, --label <label>', 'the only labels they have from now on; may be repeated', repeatable)
      .option('--add-label <label>', 'a label more; may be repeated', repeatable)
      .option('--remove-label <label>', 'a label less; may be repeated', repeatable)
      .option('-c, --channel <channel>', 'their channel; an empty text for none')
      .option('--description <text>', 'their description')
      .addOption(new Option('--metadata <json>', 'replaces the metadata').argParser(jsonObject))
      .addOption(new Option('--merge-metadata <json>', 'merged into the metadata; null removes a key').argParser(jsonObject))
      .option('--expires <when>', 'when they end: a time, days such as 30d, or never'),
    'fovea items update 019c1f3e-… --status published',
    `fovea items update -D Night --filter '{"metadata.weather": "rain"}' --add-label rain --merge-metadata '{"checked": true}'`,
  ).action(async (ids: string[], flags: ChangeFlags) => {
    const change = changeOf(flags);
    if (Object.keys(change).length === 0) throw new UsageError('Say what to change, e.g. --status published or --add-label rain.');
    if (needOne(ids, flags)) {
      const { dataset, filter } = await chosen(context, flags);
      const work = await finishedWork(context, await context.fovea.items.updateMany(dataset.id, { filter, change }), 'Changing', 'items');
      return context.printDone(`${formatCount(work.done)} items of "${plain(dataset.name)}" changed.`, work.result ?? {}, flags);
    }
    for (const id of ids) {
      const { addLabels = [], removeLabels = [], ...rest } = change;
      const relabel = addLabels.length + removeLabels.length > 0;
      const labels = relabel ? [...new Set([...(rest.labels ?? (await context.fovea.items.get(id)).labels), ...addLabels])].filter((label) => !removeLabels.includes(label)) : rest.labels;
      const item = await context.fovea.items.update(id, { ...rest, ...(labels && { labels }) });
      context.printDone(`${plain(item.path)} changed.`, item, flags);
    }
  });

  withExamples(
    withWhich(group.command('delete').argument('[id...]').description('delete items, some or all that a filter finds; they can be restored for 30 days')),
    'fovea items delete 019c1f3e-…',
    `fovea items delete -D Night --filter '{"path": {"match": "/old/**"}}'`,
  ).action(async (ids: string[], flags: Which & ListOptions) => {
    if (needOne(ids, flags)) {
      const { dataset, filter } = await chosen(context, flags);
      const work = await finishedWork(context, await context.fovea.items.deleteMany(dataset.id, { filter }), 'Deleting', 'items');
      return context.printDone(`${formatCount(work.done)} items of "${plain(dataset.name)}" deleted; they can be restored for 30 days.`, work.result ?? {}, flags);
    }
    for (const id of ids) {
      await context.fovea.items.delete(id);
      context.printDone(`Deleted item ${id}; "fovea items restore ${id}" brings it back within 30 days.`, { id, deleted: true }, flags);
    }
  });
}

/** Folders of a dataset: what paths have in common. */
export function folderCommands(group: Command, context: Context): void {
  const folders = group.command('folders').description('list and move folders of a dataset');
  withExamples(
    withProject(withJson(folders.command('list').argument('<dataset>', 'name or id').argument('[folder]', 'the folder to look into', '/').description('list the folders directly in a folder'))),
    'fovea datasets folders list Night /2026',
  ).action(async (reference: string, folder: string, flags: ListOptions & { project?: string }) => {
    const dataset = await context.dataset(reference, flags.project);
    await context.printList(context.fovea.items.folders(dataset.id, { folder, limit: 1_000 }), [{ name: 'PATH', value: (row) => row.path }], flags, 'No folders there.');
  });
  withExamples(
    withProject(withJson(folders.command('move').argument('<dataset>', 'name or id').argument('<from>').argument('<to>').description('rename or move a folder with everything in it'))),
    'fovea datasets folders move Night /2026/tmp /2026/june',
  ).action(async (reference: string, from: string, to: string, flags: ListOptions & { project?: string }) => {
    const dataset = await context.dataset(reference, flags.project);
    const result = await context.fovea.items.moveFolder(dataset.id, { from, to });
    context.printDone(`${formatCount(result.moved)} items moved from ${plain(from)} to ${plain(to)}.`, result, flags);
  });
}

/** Whether a filter says which items; UsageError when it is not clear. */
function needOne(ids: readonly string[], { dataset, filter }: Which): boolean {
  if (ids.length > 0 && filter === undefined) return false;
  if (ids.length === 0 && filter !== undefined && dataset !== undefined) return true;
  throw new UsageError('Name items by their ids, or say --dataset and --filter ({} for all of its items).');
}

async function chosen(context: Context, { dataset, project, filter = {} }: Which) {
  return { dataset: await context.dataset(dataset ?? '', project), filter };
}

function changeOf({ status, label, addLabel, removeLabel, channel, description, metadata, mergeMetadata, expires }: ChangeFlags): ItemBulkChange {
  return {
    ...(status && { status }),
    ...(label && { labels: label }),
    ...(addLabel && { addLabels: addLabel }),
    ...(removeLabel && { removeLabels: removeLabel }),
    ...(channel !== undefined && { channel: channel === '' ? null : channel }),
    ...(description !== undefined && { description }),
    ...(metadata && { metadata }),
    ...(mergeMetadata && { mergeMetadata }),
    ...(expires !== undefined && { expiresAt: expires === 'never' ? null : expires }),
  };
}

function jsonObject(text: string): Record<string, unknown> {
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below, as for JSON that is no object.
  }
  throw new InvalidArgumentError('It must be a JSON object such as \'{"weather":"rain"}\'.');
}
