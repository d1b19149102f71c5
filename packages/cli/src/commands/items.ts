import type { Filter, Item } from '@fovea/contract';
import type { Command } from 'commander';
import type { Context, ListOptions } from '../context.ts';
import { print } from '../io.ts';
import { formatBytes, formatDuration, formatTime } from '../terminal/format.ts';
import type { Column } from '../terminal/table.ts';
import { parseFilter } from './format-options.ts';
import { changeCommands } from './items-change.ts';
import { filterOf, withItemFilter, type FilterOptions } from './item-filter.ts';
import { withExamples, withJson, withList, withProject } from './options.ts';

const columns: Column<Item>[] = [
  { name: 'PATH', value: (row) => row.path },
  { name: 'KIND', value: (row) => row.kind },
  { name: 'SIZE', value: (row) => formatBytes(row.sizeBytes), align: 'right' },
  { name: 'PIXELS', value: pixelsOf, align: 'right' },
  { name: 'STATUS', value: (row) => row.status },
  { name: 'LABELS', value: (row) => row.labels.join(', ') },
  { name: 'ID', value: (row) => row.id },
];

export function itemCommands(program: Command, context: Context): void {
  const group = program.command('items').description('list, show, delete and restore items');

  withExamples(
    withList(withItemFilter(withProject(group.command('list').description('list the items of a dataset by path').requiredOption('-D, --dataset <dataset>', 'name or id of the dataset')))),
    'fovea items list --dataset Night --kind image --label rain',
    'fovea items list --dataset Night --folder /2026/05 --json | wc -l',
  ).action(async (options: ListOptions & FilterOptions & { dataset: string; project?: string }) => {
    const dataset = await context.dataset(options.dataset, options.project);
    const limit = Math.min(options.limit ?? (options.json ? 1000 : 100), 999) + 1;
    await context.printList(context.fovea.items.list(dataset.id, { ...filterOf(options), limit }), columns, options, 'No items found.');
  });

  withExamples(
    withProject(group.command('query').argument('[filter]', 'a filter of the query language as JSON; everything without it', parseFilter).description('print all items that a filter finds, a line of JSON each').requiredOption('-D, --dataset <dataset>', 'name or id of the dataset'))
      .option('-f, --fields <fields>', 'only these, separated by commas: id,path,metadata.weather')
      .option('-s, --sort <fields>', 'by these fields, separated by commas, a minus before one that descends: kind,-createdAt'),
    'fovea items query -D Night --fields id | wc -l',
    `fovea items query -D Night '{"metadata.weather": "rain", "having": {"annotations": {"label": "car"}}}' --fields path --sort path`,
  ).action(async (filter: Filter | undefined, options: { dataset: string; project?: string; fields?: string; sort?: string }) => {
    const dataset = await context.dataset(options.dataset, options.project);
    const sort = options.sort?.split(',').map((field) => (field.startsWith('-') ? { field: field.slice(1), direction: 'desc' as const } : { field, direction: 'asc' as const }));
    for await (const item of context.fovea.items.stream(dataset.id, { ...(filter && { filter }), ...(options.fields && { fields: options.fields.split(',') }), ...(sort && { sort }) })) print(context.io, JSON.stringify(item));
  });

  withJson(group.command('get').argument('<id>').description('show an item')).action(async (id: string, options: ListOptions) => {
    const item = await context.fovea.items.get(id);
    context.printOne(item, factsOf(item), options);
  });

  changeCommands(group, context);

  withExamples(
    withJson(group.command('expire').argument('<id...>').description('change when items end').requiredOption('--at <when>', 'a time such as 2027-01-31T00:00:00Z, days from now such as 30d, or never')),
    'fovea items expire 019c1f3e-… --at 30d',
    'fovea items expire 019c1f3e-… --at never',
  ).action(async (ids: string[], options: ListOptions & { at: string }) => {
    for (const id of ids) {
      const item = await context.fovea.items.update(id, { expiresAt: options.at === 'never' ? null : options.at });
      context.printDone(item.expiresAt === null ? `${item.path} does not end.` : `${item.path} ends ${formatTime(item.expiresAt)}.`, item, options);
    }
  });

  withJson(group.command('restore').argument('<id...>').description('bring deleted items back')).action(async (ids: string[], options: ListOptions) => {
    for (const id of ids) {
      const item = await context.fovea.items.restore(id);
      context.printDone(`Restored item ${item.path}.`, item, options);
    }
  });
}

function pixelsOf(item: Item): string {
  return item.width === null || item.height === null ? '–' : `${item.width} × ${item.height}`;
}

function factsOf(item: Item) {
  return [
    ['path', item.path],
    ['id', item.id],
    ['dataset', item.datasetId],
    ['media type', item.mediaType],
    ['size', formatBytes(item.sizeBytes)],
    ['sha256', item.sha256],
    ['pixels', item.width === null ? null : pixelsOf(item)],
    ['frames', item.frames],
    ['duration', item.durationSeconds === null ? null : formatDuration(item.durationSeconds)],
    ['frames per second', item.fps],
    ['media facts', item.probe],
    ['problem', item.problem],
    ['status', item.status],
    ['labels', item.labels.join(', ')],
    ['channel', item.channel],
    ['description', item.description],
    ['annotations', item.annotationCount],
    ['uploaded', `${formatTime(item.createdAt)} by ${item.createdBy}`],
    ['changed', formatTime(item.updatedAt)],
    ['expires', item.expiresAt === null ? null : formatTime(item.expiresAt)],
  ] as const;
}
