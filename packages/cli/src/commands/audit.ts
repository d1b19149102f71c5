import type { Event } from '@fovea/contract';
import type { Command } from 'commander';
import type { Context, ListOptions } from '../context.ts';
import { formatTime } from '../terminal/format.ts';
import type { Column } from '../terminal/table.ts';
import { timeOf, withExamples, withList } from './options.ts';

type Options = ListOptions & { actor?: string; type?: string; project?: string; from?: string; to?: string };

const columns: Column<Event>[] = [
  { name: 'WHEN', value: (row) => formatTime(row.createdAt) },
  { name: 'WHO', value: (row) => row.actor },
  { name: 'WHAT', value: (row) => row.type },
  { name: 'TO WHAT', value: (row) => [row.data['name'], row.data['path'], row.data['email']].find((one) => typeof one === 'string') ?? row.subject.id },
];

export function auditCommand(program: Command, context: Context): void {
  withExamples(
    withList(
      program
        .command('audit')
        .description('list who did what in the organisation, newest first; for its administrators')
        .option('--actor <email>', 'only what this person did')
        .option('--type <type>', 'only what is of this type, e.g. task.completed or dataset.*')
        .option('-p, --project <project>', 'only what was done in this project: its name or id')
        .option('--from <time>', 'not before this day or time', timeOf)
        .option('--to <time>', 'before this day or time', timeOf),
    ),
    'fovea audit --type key.*',
    'fovea audit --actor ann@example.org --from 2026-01-31',
  ).action(async ({ actor, type, project, from, to, ...options }: Options) => {
    await context.printList(context.fovea.audit.list({ actor, type, project, from, to }), columns, options, 'Nothing of this kind was done.');
  });
}
