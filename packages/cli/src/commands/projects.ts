import type { Project } from '@fovea/contract';
import type { Command } from 'commander';
import type { Context, ListOptions } from '../context.ts';
import { formatTime } from '../terminal/format.ts';
import type { Column } from '../terminal/table.ts';
import { withExamples, withJson, withList } from './options.ts';

const columns: Column<Project>[] = [
  { name: 'NAME', value: (row) => row.name },
  { name: 'ROLE', value: (row) => row.role },
  { name: 'CREATED', value: (row) => formatTime(row.createdAt) },
  { name: 'ID', value: (row) => row.id },
];

export function projectCommands(program: Command, context: Context): void {
  const group = program.command('projects').description('list, create and delete projects');

  withList(group.command('list').description('list the projects that you are a member of, newest first')).action((options: ListOptions) =>
    context.printList(context.fovea.projects.list(), columns, options, 'No projects yet: create one with "fovea projects create NAME".'),
  );

  withJson(group.command('get').argument('<project>', 'name or id').description('show a project')).action(async (reference: string, options: ListOptions) => {
    const project = await context.project(reference);
    context.printOne(project, factsOf(project), options);
  });

  withExamples(
    withJson(group.command('create').argument('<name>').description('create a project; you become its owner').option('-d, --description <text>', 'what it is for')),
    'fovea projects create Street --description "Crossings at night"',
  ).action(async (name: string, options: ListOptions & { description?: string }) => {
    const project = await context.fovea.projects.create({ name, description: options.description });
    context.printDone(`Created project "${project.name}" (${project.id}).`, project, options);
  });

  withJson(group.command('delete').argument('<project>', 'name or id').description('delete a project with all that is in it; it can be restored for 30 days')).action(
    async (reference: string, options: ListOptions) => {
      const project = await context.project(reference);
      await context.fovea.projects.delete(project.id);
      context.printDone(`Deleted project "${project.name}"; "fovea projects restore ${project.id}" brings it back within 30 days.`, { id: project.id, deleted: true }, options);
    },
  );

  withJson(group.command('restore').argument('<id>').description('bring a deleted project back')).action(async (id: string, options: ListOptions) => {
    const project = await context.fovea.projects.restore(id);
    context.printDone(`Restored project "${project.name}".`, project, options);
  });
}

function factsOf(project: Project) {
  return [
    ['name', project.name],
    ['id', project.id],
    ['description', project.description],
    ['your role', project.role],
    ['created', `${formatTime(project.createdAt)} by ${project.createdBy}`],
    ['changed', formatTime(project.updatedAt)],
  ] as const;
}
