import type { Dataset } from '@fovea/contract';
import { Option, type Command } from 'commander';
import type { Context, ListOptions } from '../context.ts';
import { formatBytes, formatCount, formatTime } from '../terminal/format.ts';
import type { Column } from '../terminal/table.ts';
import { bringCommands } from './bring.ts';
import { folderCommands } from './items-change.ts';
import { withExamples, withJson, withList, withProject } from './options.ts';
import { finishedWork } from './watch-command.ts';

type Options = ListOptions & { project?: string; description?: string };

const columns: Column<Dataset>[] = [
  { name: 'NAME', value: (row) => row.name },
  { name: 'KIND', value: (row) => row.kind },
  { name: 'ITEMS', value: (row) => formatCount(row.itemCount), align: 'right' },
  { name: 'SIZE', value: (row) => formatBytes(row.sizeBytes), align: 'right' },
  { name: 'CREATED', value: (row) => formatTime(row.createdAt) },
  { name: 'ID', value: (row) => row.id },
];

export function datasetCommands(program: Command, context: Context): void {
  const group = program.command('datasets').description('list, create and delete datasets');

  withList(group.command('list').description('list datasets, newest first').option('-p, --project <project>', 'only those of this project (name or id)')).action((options: Options) =>
    context.printList(context.fovea.datasets.list({ project: options.project }), columns, options, 'No datasets yet: create one with "fovea datasets create NAME --project PROJECT".'),
  );

  withProject(withJson(group.command('get').argument('<dataset>', 'name or id').description('show a dataset'))).action(async (reference: string, options: Options) => {
    const dataset = await context.dataset(reference, options.project);
    context.printOne(dataset, factsOf(dataset), options);
  });

  withExamples(
    withJson(
      group
        .command('create')
        .argument('<name>')
        .description('create a dataset in a project')
        .requiredOption('-p, --project <project>', 'name or id of the project')
        .option('-d, --description <text>', 'what is in it'),
    ),
    'fovea datasets create Night --project Street',
  ).action(async (name: string, options: Options & { project: string }) => {
    const dataset = await context.fovea.datasets.create({ project: options.project, name, description: options.description });
    context.printDone(`Created dataset "${dataset.name}" (${dataset.id}).`, dataset, options);
  });

  withProject(withJson(group.command('delete').argument('<dataset>', 'name or id').description('delete a dataset with its items; it can be restored for 30 days'))).action(
    async (reference: string, options: Options) => {
      const dataset = await context.dataset(reference, options.project);
      await context.fovea.datasets.delete(dataset.id);
      const back = `"fovea datasets restore ${dataset.id}" brings it back within 30 days`;
      context.printDone(`Deleted dataset "${dataset.name}" with ${formatCount(dataset.itemCount)} items; ${back}.`, { id: dataset.id, deleted: true }, options);
    },
  );

  withJson(group.command('restore').argument('<id>').description('bring a deleted dataset back')).action(async (id: string, options: Options) => {
    const dataset = await context.fovea.datasets.restore(id);
    context.printDone(`Restored dataset "${dataset.name}".`, dataset, options);
  });
  copyCommands(group, context);
  bringCommands(group, context);
  folderCommands(group, context);
}

function copyCommands(group: Command, context: Context): void {
  withExamples(
    withProject(withJson(group.command('clone').argument('<dataset>', 'name or id').argument('<name>', 'of the copy').description('copy a dataset; no byte is copied')))
      .option('--without-annotations', 'leave the labels behind')
      .option('--without-metadata', 'leave metadata behind')
      .option('--folder <path>', 'only what lies in this folder'),
    'fovea datasets clone Night Night-2 --without-annotations',
  ).action(async (reference: string, name: string, options: Options & { withoutAnnotations?: boolean; withoutMetadata?: boolean; folder?: string }) => {
    const source = await context.dataset(reference, options.project);
    const filter = options.folder === undefined ? {} : { path: { match: `${options.folder.replace(/\/+$/, '')}/**` } };
    const input = { name, filter, withAnnotations: options.withoutAnnotations !== true, withMetadata: options.withoutMetadata !== true };
    const work = await finishedWork(context, await context.fovea.datasets.clone(source.id, input), 'cloning', 'items');
    context.printDone(`Cloned ${formatCount(Number(work.result?.['items']))} items to "${name}" (${String(work.subjectId)}).`, work.result ?? {}, options);
  });

  withExamples(
    withProject(withJson(group.command('merge').argument('<name>', 'of the new dataset').argument('<datasets...>', 'names or ids').description('make one dataset of several'))).addOption(
      new Option('--on-conflict <rule>', 'where paths hold other bytes').choices(['error', 'first', 'last', 'beside', 'folder']).default('beside'),
    ),
    'fovea datasets merge All Night Day --on-conflict folder',
  ).action(async (name: string, references: string[], options: Options & { onConflict: 'error' | 'first' | 'last' | 'beside' | 'folder' }) => {
    const sources: string[] = [];
    for (const reference of references) sources.push((await context.dataset(reference, options.project)).id);
    const work = await finishedWork(context, await context.fovea.datasets.merge({ name, sources, onConflict: options.onConflict }), 'merging', 'items');
    context.printDone(`Merged ${formatCount(Number(work.result?.['items']))} items into "${name}" (${String(work.subjectId)}).`, work.result ?? {}, options);
  });
}

function factsOf(dataset: Dataset) {
  return [
    ['name', dataset.name],
    ['id', dataset.id],
    ['project', dataset.projectId],
    ['description', dataset.description],
    ['kind', dataset.kind],
    ['items', formatCount(dataset.itemCount)],
    ['size', formatBytes(dataset.sizeBytes)],
    ['items expire', dataset.itemDays === null ? null : `after ${dataset.itemDays} days`],
    ['created', `${formatTime(dataset.createdAt)} by ${dataset.createdBy}`],
    ['changed', formatTime(dataset.updatedAt)],
  ] as const;
}
