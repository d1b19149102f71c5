import type { Command } from 'commander';
import type { StorageFault } from '@fovea/server';
import type { Context } from '../context.ts';
import { CommandFailure } from '../failure.ts';
import { print, type Io } from '../io.ts';
import { checks, type Finding } from '../doctor/checks.ts';
import { formatBytes, formatCount } from '../terminal/format.ts';
import { Progress } from '../terminal/progress.ts';
import { pad, plain } from '../terminal/text.ts';
import { withExamples, withJson } from './options.ts';

interface Flags {
  json?: boolean;
  deep?: boolean;
  data?: string;
}
type Told = Finding & { check: string };

const storage = 'storage';
const width = Math.max(storage.length, ...checks.map(({ name }) => name.length));

export function doctorCommand(program: Command, context: Context): void {
  withExamples(
    withJson(
      program
        .command('doctor')
        .description('check what a platform here needs, and say what to fix')
        .option('--deep', 'also read every file that the platform keeps, and compare it with its digest and size')
        .option('--data <dir>', 'folder of its data (default: FOVEA_DATA or ./data)'),
    ),
    'fovea doctor',
    'fovea doctor --deep --data /srv/fovea',
  ).action(async (flags: Flags) => {
    const io: Io = flags.data === undefined ? context.io : { ...context.io, env: { ...context.io.env, FOVEA_DATA: flags.data } };
    const told: Told[] = [];
    const tell = (finding: Told, more: object = {}) => {
      told.push(finding);
      printFinding(context, finding, flags.json === true, more);
    };
    for (const { name, run } of checks) for (const finding of await run(io)) tell({ check: name, ...finding });
    if (flags.deep) await lookDeep(io, tell);
    const faults = told.filter(({ state }) => state === 'fault').length;
    if (faults > 0) throw new CommandFailure(`${formatCount(faults)} of ${formatCount(told.length)} checks found something to fix.`);
    if (!flags.json) print(io, `Everything that a platform needs is here${told.some(({ state }) => state === 'warning') ? ', with the restrictions above' : ''}.`);
  });
}

function printFinding({ io, style }: Context, finding: Told, json: boolean, more: object): void {
  if (json) return print(io, JSON.stringify({ ...more, ...finding }));
  const marks = { ok: style.green('✓'), warning: style.yellow('!'), fault: style.red('✗') };
  print(io, `${marks[finding.state]} ${pad(finding.check, width)}  ${finding.message}`);
  if (finding.fix !== undefined) print(io, `  ${pad('', width)}  → ${finding.fix}`);
}

/** Every byte that is stored, with a progress bar; each fault is a finding of its own. */
async function lookDeep(io: Io, tell: (finding: Told, more?: object) => void): Promise<void> {
  const { checkStorage } = await import('@fovea/server');
  const progress = new Progress(io, { label: 'Reading', unit: 'files' });
  let faults = 0;
  try {
    const report = await checkStorage(
      { env: io.env, ...(io.env['FOVEA_DATA'] === undefined ? {} : { dataDir: io.env['FOVEA_DATA'] }) },
      {
        signal: io.signal,
        onProgress: ({ blobs, bytes, totalBlobs, totalBytes }) => progress.update({ done: blobs, total: totalBlobs, bytes, totalBytes, failed: faults }),
        onFault: (fault) => {
          faults += 1;
          progress.clear();
          tell({ check: storage, state: 'fault', message: describe(fault), fix: remedy }, fault);
        },
      },
    );
    progress.clear();
    const unknown = report.unknown === 0 ? '' : `; ${formatCount(report.unknown)} of them belong to nothing and are removed at night`;
    const message = `${formatCount(report.blobs)} ${report.blobs === 1 ? 'file' : 'files'} (${formatBytes(report.bytes)}) read, and compared with digest and size${unknown}`;
    if (report.faults === 0) tell({ check: storage, state: 'ok', message }, report);
    else tell({ check: storage, state: 'warning', message: `${message}; ${formatCount(report.faults)} faults, told above` }, report);
  } catch (error) {
    progress.clear();
    if (io.signal.aborted) throw error;
    tell({ check: storage, state: 'fault', message: `The store could not be read: ${(error as Error).message}`, fix: 'Give the folder of the platform with --data, and the settings that it runs with.' });
  }
}

const remedy = 'Bring it back from a backup ("fovea restore" into a new folder, then copy the file), or upload the same file again.';

function describe({ sha256, message, items }: StorageFault): string {
  const used = items.map(({ path, dataset }) => `${plain(path)} in "${plain(dataset)}"`).join(', ');
  return `${sha256}: ${message}${used === '' ? '' : ` Items: ${used}.`}`;
}
