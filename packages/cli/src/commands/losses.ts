import { createWriteStream } from 'node:fs';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { LossReport } from '@fovea/contract';
import type { Context } from '../context.ts';
import { CommandFailure } from '../failure.ts';
import { note, print } from '../io.ts';
import { formatCount } from '../terminal/format.ts';
import { renderTable, type Column } from '../terminal/table.ts';

type Sum = LossReport['sums'][number];

const columns: Column<Sum>[] = [
  { name: 'OUTCOME', value: (row) => row.outcome },
  { name: 'COUNT', value: (row) => formatCount(row.count), align: 'right' },
  { name: 'HOW', value: (row) => row.how },
];
const shownSums = 20;

/** What became of annotations, as a table of every way with how often it happened. */
export function printLosses(context: Context, report: LossReport): void {
  const { io, style } = context;
  print(io, `  ${formatCount(report.kept)} annotations kept, ${formatCount(report.approximated)} approximated, ${formatCount(report.dropped)} dropped, in ${formatCount(report.items)} items.`);
  if (report.sums.length === 0) return;
  print(io);
  for (const line of renderTable(report.sums.slice(0, shownSums), columns, { style, maxWidth: io.stdout.isTTY ? io.stdout.columns : undefined })) print(io, `  ${line}`);
  if (report.sums.length > shownSums) note(io, `  … and ${formatCount(report.sums.length - shownSums)} more ways; --losses FILE writes every single one.`);
}

/** Writes every single loss to a file, a line of JSON each. */
export async function saveLosses(context: Context, to: string, lines: AsyncIterable<Uint8Array | string>): Promise<void> {
  const file = resolve(context.io.cwd, to);
  await pipeline(Readable.from(lines), createWriteStream(file)).catch((cause: Error) => {
    throw new CommandFailure(`The file "${to}" cannot be written: ${cause.message}`, { cause });
  });
}
