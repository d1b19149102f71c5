import { doors, scopes, type ApiKey, type Door, type Scope } from '@fovea/contract';
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { Context, ListOptions } from '../context.ts';
import { note, print } from '../io.ts';
import { formatTime } from '../terminal/format.ts';
import type { Column } from '../terminal/table.ts';
import { timeToCome, withExamples, withJson, withList } from './options.ts';

interface CreateOptions {
  name: string;
  scope?: Scope[];
  project?: string;
  test?: boolean;
  door?: Door;
  expires?: string;
  json?: boolean;
}

const columns: Column<ApiKey>[] = [
  { name: 'NAME', value: (row) => row.name },
  { name: 'BEGINS', value: (row) => row.prefix },
  { name: 'SCOPES', value: (row) => row.scopes.join(',') },
  { name: 'STATE', value: stateOf },
  { name: 'LAST USED', value: (row) => formatTime(row.lastUsedAt) },
  { name: 'EXPIRES', value: (row) => formatTime(row.expiresAt) },
  { name: 'ID', value: (row) => row.id },
];

export function keyCommands(program: Command, context: Context): void {
  const group = program.command('keys').description('create, list and revoke keys');

  withExamples(
    withJson(
      group
        .command('create')
        .description('create a key; its text is shown this once, and it can do no more than you')
        .requiredOption('-n, --name <name>', 'what it is for')
        .addOption(new Option('-s, --scope <scope>', `what it may do: ${scopes.join(', ')}; may be repeated (default: what you may)`).argParser(scopeList))
        .option('-p, --project <project>', 'open only this project (name or id)')
        .option('--test', 'test mode: labeling tasks complete themselves')
        .addOption(new Option('--door <door>', "also print what this vendor's client wants to be given").choices(doors))
        .addOption(new Option('--expires <time>', 'when it ends: 30d, 12h, 2w, 2027-01-31 or an RFC 3339 time').argParser(timeToCome)),
    ),
    'fovea keys create --name nightly --scope read --scope write --project Street --expires 90d',
    'fovea keys create --name trainer --door dataloop --json',
  ).action(async (options: CreateOptions) => create(context, options));

  withList(group.command('list').description('list your keys; administrators see those of the organisation')).action((options: ListOptions) =>
    context.printList(context.fovea.keys.list(), columns, options, 'There are no keys.'),
  );

  withJson(group.command('revoke').argument('<id...>').description('revoke keys; they stop working at once')).action(async (ids: string[], options: ListOptions) => {
    for (const id of ids) {
      await context.fovea.keys.revoke(id);
      context.printDone(`Revoked key ${id}.`, { id, revoked: true }, options);
    }
  });
}

async function create(context: Context, options: CreateOptions): Promise<void> {
  const project = options.project === undefined ? undefined : (await context.project(options.project)).id;
  const created = await context.fovea.keys.create({ name: options.name, scopes: options.scope, project, test: options.test, door: options.door, expiresAt: options.expires });
  const { id, key, door = {} } = created;
  if (options.json) return print(context.io, JSON.stringify({ id, key, door }));
  note(context.io, `${context.style.green('✓')} Created key "${created.record.name}" (${id}). This is shown only now:`);
  print(context.io, key);
  if (options.door === undefined) return;
  note(context.io, `What the client for ${options.door} is given:`);
  print(context.io, JSON.stringify(door, null, 2));
}

function scopeList(text: string, before: Scope[] | undefined): Scope[] {
  const known = scopes.find((scope) => scope === text);
  if (!known) throw new InvalidArgumentError(`Allowed are ${scopes.join(', ')}.`);
  return [...(before ?? []), known];
}

function stateOf(key: ApiKey): string {
  if (key.revokedAt !== null) return 'revoked';
  if (key.expiresAt !== null && Date.parse(key.expiresAt) <= Date.now()) return 'expired';
  return key.test ? 'test' : 'active';
}
