import type { User } from '@fovea/contract';
import type { Command } from 'commander';
import type { Context, ListOptions } from '../context.ts';
import { formatTime } from '../terminal/format.ts';
import { ask, readPiped } from '../terminal/prompt.ts';
import type { Column } from '../terminal/table.ts';
import { withExamples, withJson, withList } from './options.ts';

const columns: Column<User>[] = [
  { name: 'E-MAIL', value: (row) => row.email },
  { name: 'NAME', value: (row) => row.name },
  { name: 'ADMIN', value: (row) => (row.admin ? 'yes' : '') },
  { name: 'STATE', value: (row) => (row.disabled ? 'disabled' : 'active') },
  { name: 'CREATED', value: (row) => formatTime(row.createdAt) },
  { name: 'ID', value: (row) => row.id },
];

export function userCommands(program: Command, context: Context): void {
  const group = program.command('users').description('list and create users of the organisation (for administrators)');

  withList(group.command('list').description('list the users of the organisation')).action((options: ListOptions) =>
    context.printList(context.fovea.users.list(), columns, options, 'There are no users.'),
  );

  withExamples(
    withJson(
      group
        .command('create')
        .argument('<email>')
        .description('create a user')
        .option('-n, --name <name>', 'how the user is called')
        .option('--admin', 'make the user an administrator of the organisation')
        .option('--password', 'set a console password: asked for, or read from standard input'),
    ),
    'fovea users create ann@example.org --name "Ann Example" --password',
    'pwgen 20 1 | fovea users create ann@example.org --password',
  ).action(async (email: string, options: ListOptions & { name?: string; admin?: boolean; password?: boolean }) => {
    const password = options.password ? await readPassword(context) : undefined;
    const user = await context.fovea.users.create({ email, name: options.name, admin: options.admin, password });
    context.printDone(`Created user ${user.email} (${user.id}).`, user, options);
  });
}

/** Never a flag: other users of the machine could read it. */
async function readPassword({ io }: Context): Promise<string> {
  return (await readPiped(io)) ?? ask(io, 'Password', { hidden: true, otherwise: 'Pipe the password into standard input.' });
}
