import type { Dataset } from '@fovea/contract';
import type { Command } from 'commander';
import type { Context, ListOptions } from '../context.ts';
import { formatBytes, formatCount, formatTime } from '../terminal/format.ts';
import type { Column } from '../terminal/table.ts';
import { withExamples, withJson, withList, withProject } from './options.ts';

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
