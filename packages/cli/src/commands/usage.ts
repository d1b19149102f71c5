import type { ProjectUsage } from '@fovea/contract';
import { InvalidArgumentError, type Command } from 'commander';
import type { Context, ListOptions } from '../context.ts';
import { formatBytes, formatCount } from '../terminal/format.ts';
import type { Column } from '../terminal/table.ts';
import { withExamples, withJson, withList } from './options.ts';

const columns: Column<ProjectUsage>[] = [
  { name: 'PROJECT', value: (row) => row.name },
  { name: 'ITEMS', value: (row) => formatCount(row.items) },
  { name: 'SIZE', value: (row) => formatBytes(row.itemBytes) },
  { name: 'STORED', value: (row) => formatBytes(row.storedBytes) },
  { name: 'QUOTA', value: (row) => (row.quotaBytes === null ? '' : formatBytes(row.quotaBytes)) },
  { name: 'ANNOTATIONS', value: (row) => formatCount(row.annotations) },
  { name: 'TASKS', value: (row) => formatCount(row.tasks) },
  { name: 'JOBS', value: (row) => formatCount(row.jobs) },
];

const units: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12 };

/** Bytes as `500G`, `1.5T`, `20000`; null for `none`. */
function bytesOf(text: string): number | null {
  if (text === 'none') return null;
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)([kMGT]?)B?$/.exec(text) ?? [];
  if (number === '') throw new InvalidArgumentError('It must be bytes such as 500G, 1.5T or 20000, or none.');
  return Math.round(Number(number) * (units[unit] ?? 1));
}

export function usageCommands(program: Command, context: Context): void {
  const group = program.command('usage').description('how much projects hold, and how much they may');

  withList(group.command('list').description('list what every project of the organisation holds; for its administrators')).action(async (options: ListOptions) => {
    await context.printList(context.fovea.usage.organization(), columns, options, 'There are no projects.');
  });

  withJson(group.command('show').description('show what a project holds').argument('<project>', 'its name or id')).action(async (reference: string, options: { json?: boolean }) => {
    const usage = await context.fovea.usage.project((await context.project(reference)).id);
    context.printOne(usage, columns.map(({ name, value }) => [name.toLowerCase(), value(usage)]), options);
  });

  withExamples(
    withJson(group.command('quota').description('limit what a project holds: uploads beyond are refused, nothing is deleted').argument('<project>', 'its name or id').argument('<bytes>', 'such as 500G; none for no limit', bytesOf)),
    'fovea usage quota Street 500G',
    'fovea usage quota Street none',
  ).action(async (reference: string, bytes: number | null, options: { json?: boolean }) => {
    const usage = await context.fovea.usage.setQuota((await context.project(reference)).id, { quotaBytes: bytes });
    context.printDone(bytes === null ? `Project "${usage.name}" has no limit.` : `Project "${usage.name}" may hold ${formatBytes(bytes)}; it holds ${formatBytes(usage.itemBytes)}.`, usage, options);
  });
}
