import { formats, type Format } from '@fovea/formats';
import type { Command } from 'commander';
import type { Context, ListOptions } from '../context.ts';
import { print } from '../io.ts';
import { renderTable, type Column } from '../terminal/table.ts';
import { withJson } from './options.ts';

const types = (format: Format, fit: string): string =>
  Object.entries(format.table.types).flatMap(([type, capability]) => (capability.fit === fit ? [type] : [])).join(', ');

const columns: Column<Format>[] = [
  { name: 'FORMAT', value: (row) => row.name },
  { name: 'TITLE', value: (row) => row.title },
  { name: 'IMPORT', value: (row) => (row.read ? 'yes' : 'no') },
  { name: 'KEEPS', value: (row) => types(row, 'exact') },
  { name: 'APPROXIMATES', value: (row) => types(row, 'approximated') },
];

export function formatsCommand(program: Command, context: Context): void {
  withJson(program.command('formats').description('list the label formats with what each keeps and approximates')).action((options: ListOptions) => {
    const { io, style } = context;
    if (options.json) {
      for (const { name, title, reference, extensions, table, read } of formats) print(io, JSON.stringify({ name, title, reference, extensions, canImport: read !== undefined, table }));
      return;
    }
    for (const line of renderTable(formats, columns, { style, maxWidth: io.stdout.isTTY ? io.stdout.columns : undefined })) print(io, line);
  });
}
