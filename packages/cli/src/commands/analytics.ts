import { neededFiles, type Analytic, type AnalyticManifest } from '@fovea/contract';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import type { Context, ListOptions } from '../context.ts';
import { CommandFailure } from '../failure.ts';
import { note, print } from '../io.ts';
import { formatDuration, formatTime } from '../terminal/format.ts';
import { Progress } from '../terminal/progress.ts';
import type { Column } from '../terminal/table.ts';
import { plain } from '../terminal/text.ts';
import { repeatable, withExamples, withJson, withList } from './options.ts';
import { pairs, parameterPairs } from './pairs.ts';

const columns: Column<Analytic>[] = [
  { name: 'NAME', value: (row) => row.name },
  { name: 'VERSION', value: (row) => row.version },
  { name: 'RUNS AS', value: (row) => row.manifest.runtime.kind },
  { name: 'STATE', value: (row) => (row.pending ? 'pending' : row.deprecated ? 'deprecated' : 'ready') },
  { name: 'TITLE', value: (row) => row.manifest.title },
  { name: 'ID', value: (row) => row.id },
];

export function analyticCommands(program: Command, context: Context): void {
  const group = program.command('analytics').description('list, show, push and try analytics');

  withList(group.command('list').description('list the analytics that you can run').option('-a, --all-versions', 'every version, not only the newest').option('-n, --name <name>', 'only this one')).action(
    (options: ListOptions & { allVersions?: boolean; name?: string }) => context.printList(context.fovea.analytics.list({ allVersions: options.allVersions ?? false, name: options.name }), columns, options, 'No analytics found.'),
  );

  for (const name of ['show', 'get']) {
    withJson(group.command(name, { hidden: name === 'get' }).argument('<analytic>', 'owner/name, owner/name@version, or id').description('show an analytic with its inputs, parameters and outputs')).action(async (reference: string, options: ListOptions) => {
      const analytic = await context.fovea.analytics.get(reference);
      if (options.json) return print(context.io, JSON.stringify(analytic));
      for (const line of documentLines(analytic)) print(context.io, line);
    });
  }

  for (const name of ['push', 'create']) {
    withExamples(withJson(group.command(name, { hidden: name === 'create' }).argument('<folder>').description('register the analytic of a folder, or a new version of it, with its files')), 'fovea analytics push ./blur-score').action((folder: string, options: ListOptions) =>
      push(context, folder, options),
    );
  }

  withJson(group.command('deprecate').argument('<analytic>').description('mark a version as one that should no longer be used')).action(async (reference: string, options: ListOptions) => {
    const analytic = await context.fovea.analytics.deprecate(reference);
    context.printDone(`${analytic.name}@${analytic.version} is deprecated.`, analytic, options);
  });

  withJson(group.command('delete').argument('<analytic...>').description('delete versions of analytics; finished jobs stay')).action(async (references: string[], options: ListOptions) => {
    for (const reference of references) {
      await context.fovea.analytics.delete(reference);
      context.printDone(`Deleted ${reference}.`, { analytic: reference, deleted: true }, options);
    }
  });

  withExamples(
    withJson(group.command('try').argument('<analytic>', 'a folder, or the name of a built-in one').description('run an analytic on local files, without a platform'))
      .addOption(new Option('-i, --input <name=file>', 'a file for an input; may be repeated').argParser(repeatable))
      .addOption(new Option('--param <name=value>', 'a parameter; may be repeated').argParser(repeatable))
      .addOption(new Option('-o, --out <folder>', 'where outputs go').default('out')),
    'fovea analytics try ./blur-score --input image=photo.jpg',
    'fovea analytics try fovea/motion-tracks --input video=street.mp4 --param accel=2 --out tracks',
  ).action((reference: string, options: TryFlags) => tryIt(context, reference, options));
}

interface TryFlags extends ListOptions {
  input?: string[];
  param?: string[];
  out: string;
}

async function tryIt(context: Context, reference: string, options: TryFlags): Promise<void> {
  const { io, style } = context;
  const { tryLocally } = await import('@fovea/server');
  const path = (text: string): string => resolve(io.cwd, text);
  const inputs = Object.fromEntries([...pairs('input', options.input)].map(([name, files]) => [name, files.map(path)]));
  for (const file of Object.values(inputs).flat()) if (!existsSync(file)) throw new CommandFailure(`"${file}" does not exist.`);
  const local = existsSync(path(reference)) ? path(reference) : reference;
  const progress = new Progress(io, { label: 'Running', unit: '%' });
  const outDir = path(options.out);
  const result = await tryLocally(local, {
    inputs,
    parameters: parameterPairs(options.param),
    outDir,
    cwd: io.cwd,
    log: (line) => (progress.clear(), note(io, style.dim(plain(line)))),
    progress: (fraction) => progress.update({ done: Math.round(fraction * 100), total: 100 }),
    signal: io.signal,
  })
    .catch((error: unknown) => {
      // What an analytic did wrong is told in its words; where in this program that was noticed helps nobody.
      throw error instanceof Error && !io.signal.aborted ? new CommandFailure(plain(error.message)) : error;
    })
    .finally(() => progress.clear());
  const { manifest, files, labels = [], failures = [], summary, seconds } = result;
  const annotations = labels.reduce((sum, { annotations: found }) => sum + found.length, 0);
  if (options.json) {
    const told = { analytic: manifest.name, version: manifest.version, seconds, outputs: files.map((file) => ({ output: file.output, path: file.path })), annotations, failures: failures.map((one) => one.message), summary: summary ?? null };
    return print(io, JSON.stringify(told));
  }
  print(io, `${style.green('✓')} ${manifest.name}@${manifest.version} took ${formatDuration(seconds)}.`);
  for (const file of files) print(io, `  ${file.output}: ${file.path}`);
  if (annotations > 0) print(io, `  ${annotations} annotations in ${resolve(outDir, 'labels.json')}`);
  for (const failure of failures) note(io, `  ${plain(failure.message)}`);
  if (summary) print(io, `  ${JSON.stringify(summary)}`);
}

async function push(context: Context, folder: string, options: ListOptions): Promise<void> {
  const { io } = context;
  const dir = resolve(io.cwd, folder);
  const { readAnalyticFolder } = await import('@fovea/server');
  const manifest: AnalyticManifest = await readAnalyticFolder(dir);
  const files = neededFiles(manifest);
  const missing = files.filter((path) => !existsSync(resolve(dir, path)));
  if (missing.length > 0) throw new CommandFailure(`The manifest names ${missing.join(', ')}, which ${missing.length === 1 ? 'is' : 'are'} not in ${folder}.`);
  let analytic = await register(context, manifest);
  for (const path of files) analytic = await context.fovea.analytics.putFile(analytic.id, path, resolve(dir, path));
  const secret = manifest.runtime.kind === 'http' ? (await context.fovea.analytics.secret(analytic.id)).secret : undefined;
  context.printDone(`Pushed ${analytic.name}@${analytic.version} with ${files.length} ${files.length === 1 ? 'file' : 'files'}.`, secret === undefined ? analytic : { ...analytic, secret }, options);
  if (secret !== undefined && !options.json) print(io, `  Its tasks are signed with ${secret}`);
}

/** Registers it; one whose files were not all sent the last time is taken up again. */
async function register({ fovea }: Context, manifest: AnalyticManifest): Promise<Analytic> {
  try {
    return await fovea.analytics.register(manifest);
  } catch (error) {
    if ((error as { code?: string }).code !== 'conflict') throw error;
    const known = await fovea.analytics.get(`${manifest.name}@${manifest.version}`);
    if (known.pending) return known;
    throw new CommandFailure(`${manifest.name} has a version ${manifest.version} already; raise the version in the manifest.`, { cause: error });
  }
}

function documentLines({ name, version, manifest, pending, createdAt, createdBy }: Analytic): string[] {
  const line = (entry: { name: string; description: string }, facts: string) => `  ${entry.name}  (${facts})${entry.description === '' ? '' : `  ${entry.description}`}`;
  const limits = ({ min, max, unit, choices }: AnalyticManifest['parameters'][number]) => [min === undefined ? '' : `from ${min}`, max === undefined ? '' : `to ${max}`, unit ?? '', choices ? choices.join(' | ') : ''].filter(Boolean).join(' ');
  return [
    `${name}@${version}${pending ? ' (pending: not all of its files have been uploaded)' : ''}`,
    ...(manifest.title === '' ? [] : [manifest.title]),
    ...(manifest.description === '' ? [] : [manifest.description]),
    `Runs as ${manifest.runtime.kind}, by ${createdBy}, ${formatTime(createdAt)}.`,
    'Inputs:',
    ...manifest.inputs.map((input) => line(input, [input.media.join(', '), input.many ? 'several' : 'one', input.required ? '' : 'optional'].filter(Boolean).join('; '))),
    'Parameters:',
    ...manifest.parameters.map((parameter) => line(parameter, [parameter.type, limits(parameter), parameter.required ? 'required' : parameter.default === undefined ? '' : `default ${JSON.stringify(parameter.default)}`].filter(Boolean).join('; '))),
    'Outputs:',
    ...manifest.outputs.map((output) => line(output, [output.type, output.filename ?? '', output.many ? 'one per input' : ''].filter(Boolean).join('; '))),
  ].map(plain);
}
