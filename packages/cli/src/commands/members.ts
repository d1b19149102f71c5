import { projectRoles, type Member, type ProjectRole } from '@fovea/contract';
import { Argument, type Command } from 'commander';
import type { Context, ListOptions } from '../context.ts';
import { formatTime } from '../terminal/format.ts';
import type { Column } from '../terminal/table.ts';
import { withExamples, withJson, withList } from './options.ts';

type Options = ListOptions & { project: string };

const columns: Column<Member>[] = [
  { name: 'E-MAIL', value: (row) => row.email },
  { name: 'NAME', value: (row) => row.name },
  { name: 'ROLE', value: (row) => row.role },
  { name: 'SINCE', value: (row) => formatTime(row.createdAt) },
];

export function memberCommands(program: Command, context: Context): void {
  const group = program.command('members').description('list and change the members of a project');
  const inProject = (command: Command) => command.requiredOption('-p, --project <project>', 'name or id of the project');

  withList(inProject(group.command('list').description('list the members of a project'))).action(async (options: Options) => {
    const project = await context.project(options.project);
    await context.printList(context.fovea.members.list(project.id), columns, options, 'The project has no members.');
  });

  withExamples(
    withJson(
      inProject(
        group.command('set').description('add a member or change the role of one').argument('<email>').addArgument(new Argument('<role>', 'what the member may do').choices(projectRoles)),
      ),
    ),
    'fovea members set ann@example.org annotator --project Street',
  ).action(async (email: string, role: ProjectRole, options: Options) => {
    const project = await context.project(options.project);
    const member = await context.fovea.members.set(project.id, email, { role });
    context.printDone(`${member.email} is ${member.role} in project "${project.name}".`, member, options);
  });

  withJson(inProject(group.command('remove').description('remove a member from a project').argument('<email>'))).action(async (email: string, options: Options) => {
    const project = await context.project(options.project);
    await context.fovea.members.remove(project.id, email);
    context.printDone(`${email} is no longer a member of project "${project.name}".`, { email, removed: true }, options);
  });
}
