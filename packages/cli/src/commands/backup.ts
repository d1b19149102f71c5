import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { print } from '../io.ts';
import { formatBytes, formatCount } from '../terminal/format.ts';
import { steps } from './demo.ts';
import { withExamples, withJson } from './options.ts';

interface Flags {
  data?: string;
  json?: boolean;
  snapshot?: string;
}

const dataOption = ['--data <dir>', 'folder of its data (default: FOVEA_DATA or ./data)'] as const;

/** `backup`, `restore` and `blobs migrate`: what an operator does with a whole installation, beside the running server or without one. */
export function backupCommands(program: Command, context: Context): void {
  const { io, style } = context;
  withExamples(
    withJson(program.command('backup <folder>').description('back the platform up while it runs: database, files, secrets; again into the same folder adds what is new').option(...dataOption)),
    'fovea backup /backups/fovea',
  ).action(async (folder: string, flags: Flags) => {
    const { backup } = await import('@fovea/server');
    const result = await backup(folder, optionsOf(flags, io.env), showing(context));
    if (flags.json) print(io, JSON.stringify(result));
    else print(io, `${style.green('✓')} Snapshot ${result.snapshot}: ${formatCount(result.rows)} rows, ${formatCount(result.blobs)} files (${formatCount(result.copied)} new, ${formatBytes(result.copiedBytes)}).`);
  });

  withExamples(
    withJson(
      program
        .command('restore <folder>')
        .description('restore a backup into an empty platform that does not run')
        .option(...dataOption)
        .option('--snapshot <name>', 'one of its snapshots (default: the newest)'),
    ),
    'fovea restore /backups/fovea --data ./data-new',
  ).action(async (folder: string, flags: Flags) => {
    const { restore } = await import('@fovea/server');
    const result = await restore(folder, { ...optionsOf(flags, io.env), ...(flags.snapshot === undefined ? {} : { snapshot: flags.snapshot }) }, showing(context));
    if (flags.json) print(io, JSON.stringify(result));
    else print(io, `${style.green('✓')} Restored ${result.snapshot}: ${formatCount(result.rows)} rows and ${formatCount(result.blobs)} files, every one checked. Start it with ${style.bold('fovea serve')}.`);
  });

  const blobs = program.command('blobs').description('where the bytes are kept');
  withExamples(
    withJson(blobs.command('migrate <to>').description('copy every file to another store (a folder, or s3://bucket/prefix), checked by digest; then set FOVEA_BLOBS').option(...dataOption)),
    'fovea blobs migrate s3://my-bucket/fovea',
  ).action(async (to: string, flags: Flags) => {
    const { migrateBlobs } = await import('@fovea/server');
    const result = await migrateBlobs(to, optionsOf(flags, io.env), showing(context));
    if (flags.json) print(io, JSON.stringify(result));
    else print(io, `${style.green('✓')} ${formatCount(result.copied)} files copied (${formatBytes(result.copiedBytes)}), ${formatCount(result.verified)} verified there. Set FOVEA_BLOBS=${to} and start the platform again; run this once more after that for what came meanwhile.`);
  });
}

function optionsOf(flags: Flags, env: Context['io']['env']) {
  return { env, ...(flags.data === undefined ? {} : { dataDir: flags.data }) };
}

/** Shows steps as progress bars on a terminal. */
function showing(context: Context): (step: string, done: number, total: number | undefined) => void {
  const show = steps(context);
  return (step, done, total) => show(step.startsWith('table ') ? 'database' : step, step.startsWith('table ') ? 'tables' : 'files', done, total);
}
