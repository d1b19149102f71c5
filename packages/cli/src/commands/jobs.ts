import type { Job } from '@fovea/contract';
import { JobFailedError, type Fovea } from '@fovea/sdk';
import { createWriteStream } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Option, type Command } from 'commander';
import type { Context, ListOptions } from '../context.ts';
import { CommandFailure, UsageError } from '../failure.ts';
import { note, print } from '../io.ts';
import { formatBytes, formatDuration, formatTime } from '../terminal/format.ts';
import { Progress } from '../terminal/progress.ts';
import type { Column } from '../terminal/table.ts';
import { plain } from '../terminal/text.ts';
import { withExamples, withJson, withList } from './options.ts';

const columns: Column<Job>[] = [
  { name: 'NAME', value: (row) => row.name },
  { name: 'ANALYTIC', value: (row) => `${row.analytic}@${row.version}` },
  { name: 'STATE', value: stateOf },
  { name: 'CREATED', value: (row) => formatTime(row.createdAt) },
  { name: 'TOOK', value: (row) => (row.startedAt && row.endedAt ? formatDuration((Date.parse(row.endedAt) - Date.parse(row.startedAt)) / 1_000) : ''), align: 'right' },
  { name: 'ID', value: (row) => row.id },
];

const statuses = ['ready', 'queued', 'scheduled', 'running', 'complete', 'failed', 'cancelled'];

export function jobCommands(program: Command, context: Context): void {
  const group = program.command('jobs').description('list, watch, cancel and download jobs');

  withExamples(
    withList(group.command('list').description('list the jobs of a project, newest first').option('-p, --project <project>', 'name or id of the project, where there are several'))
      .option('-a, --analytic <name>', 'only those of this analytic')
      .addOption(new Option('-s, --status <status>', 'only those in this state').choices(statuses)),
    'fovea jobs list --project Street --status failed',
  ).action(async (options: ListOptions & { project?: string; analytic?: string; status?: string }) => {
    const project = await projectId(context, options.project);
    const filter = { archived: false, ...(options.analytic === undefined ? {} : { analytic: options.analytic }), ...(options.status === undefined ? {} : { status: options.status }) };
    const limit = Math.min(options.limit ?? (options.json ? 1_000 : 100), 999) + 1;
    await context.printList(context.fovea.jobs.query(project, { filter, limit }) as never, columns, options, 'No jobs found.');
  });

  withJson(group.command('get').argument('<id>').description('show a job')).action(async (id: string, options: ListOptions) => {
    const job = await context.fovea.jobs.get(id);
    context.printOne(job, factsOf(job), options);
  });

  withJson(group.command('watch').argument('<id>').description('follow a job to its end: progress and log')).action(async (id: string, options: ListOptions) => {
    finished(context, await watchJob(context, id), options);
  });

  withJson(group.command('log').argument('<id>').description('print the log of a job')).action(async (id: string, options: ListOptions) => {
    for await (const line of logOf(context.fovea, id)) print(context.io, options.json ? JSON.stringify(line) : plain(line.text));
  });

  withJson(group.command('start').argument('<id...>').description('queue jobs that were created without being started')).action(async (ids: string[], options: ListOptions) => {
    for (const id of ids) {
      const job = await context.fovea.jobs.start(id);
      context.printDone(`Started "${plain(job.name)}" (${id}).`, job, options);
    }
  });

  withJson(group.command('cancel').argument('<id...>').description('cancel jobs, also running ones')).action(async (ids: string[], options: ListOptions) => {
    for (const id of ids) {
      const job = await context.fovea.jobs.cancel(id);
      context.printDone(`Cancelled "${plain(job.name)}" (${id}).`, job, options);
    }
  });

  withExamples(withJson(group.command('download').argument('<id>').description('download the outputs of a complete job').addOption(new Option('-t, --to <folder>', 'where they go').default('.'))), 'fovea jobs download 0190… --to ./results').action(
    async (id: string, options: ListOptions & { to: string }) => {
      const job = await context.fovea.jobs.get(id);
      const files = await downloadOutputs(context, job, options.to);
      if (options.json) return print(context.io, JSON.stringify({ job: job.id, files }));
      for (const file of files) print(context.io, file);
    },
  );
}

/** The project by name or id; the only one where none is named. */
export async function projectId({ fovea }: Context, reference: string | undefined): Promise<string> {
  if (reference !== undefined) return (await fovea.projects.get(reference)).id;
  const [only, other] = await fovea.projects.list({ limit: 2 }).toArray({ limit: 2 });
  if (!only) throw new CommandFailure('There is no project yet: create one with "fovea projects create NAME".');
  if (other) throw new UsageError('There are several projects; say which with --project PROJECT.');
  return only.id;
}

/** Follows a job until it has ended: a bar on the terminal, log lines as they come. */
export async function watchJob({ fovea, io, style }: Context, id: string): Promise<Job> {
  const progress = new Progress(io, { label: 'Waiting', unit: '%' });
  const running = new Progress(io, { label: 'Running', unit: '%' });
  let after = 0;
  const showLog = async (): Promise<void> => {
    const { lines, next } = await fovea.jobs.log(id, { after });
    after = next;
    if (lines.length > 0) running.clear();
    for (const { text } of lines) note(io, style.dim(plain(text)));
  };
  const shown = async (job: Job): Promise<void> => {
    await showLog();
    if (job.position !== null) progress.update({ done: 0, total: 100 });
    else running.update({ done: Math.round(job.progress * 100), total: 100 });
  };
  let chain = Promise.resolve();
  try {
    return await fovea.jobs.wait(id, { deadlineMs: 7 * 86_400_000, signal: io.signal, onProgress: (job) => void (chain = chain.then(() => shown(job))) });
  } catch (error) {
    if (error instanceof JobFailedError) return error.job;
    throw error;
  } finally {
    await chain;
    await showLog();
    progress.clear();
    running.clear();
  }
}

/** Says how a job ended; throws CommandFailure unless it is complete. */
export function finished(context: Context, job: Job, options: ListOptions): void {
  const { io, style } = context;
  if (options.json) print(io, JSON.stringify(job));
  else if (job.status === 'complete') {
    const seconds = job.startedAt && job.endedAt ? (Date.parse(job.endedAt) - Date.parse(job.startedAt)) / 1_000 : 0;
    print(io, `${style.green('✓')} "${plain(job.name)}" (${job.id}) is complete after ${formatDuration(seconds)}; ${job.outputs.length} ${job.outputs.length === 1 ? 'output' : 'outputs'}.`);
    if (job.summary) print(io, `  ${plain(JSON.stringify(job.summary))}`);
  }
  for (const failure of job.failures.slice(0, 20)) note(io, `  ${plain(failure.message)}`);
  if (job.status !== 'complete') throw new CommandFailure(`The job ${job.id} is ${job.status}${job.message === null ? '.' : `: ${plain(job.message)}`}`);
}

/** Writes every output of a job into a folder; of two of one name the second gets a number. */
export async function downloadOutputs({ fovea, io }: Context, job: Job, folder: string): Promise<string[]> {
  if (job.status !== 'complete') throw new CommandFailure(`The job is ${job.status}; outputs exist once it is complete.`);
  const target = resolve(io.cwd, folder);
  await mkdir(target, { recursive: true });
  const used = new Set<string>();
  const written: string[] = [];
  for (const { index, name } of job.outputs) {
    const path = join(target, freeName(basename(name), used));
    const response = await fovea.jobs.output(job.id, String(index));
    if (!response.body) throw new CommandFailure(`The output ${name} came without a body.`);
    // Under its name only when it is whole.
    await pipeline(Readable.fromWeb(response.body as never), createWriteStream(`${path}.part`));
    await rename(`${path}.part`, path);
    written.push(path);
  }
  return written;
}

function freeName(name: string, used: Set<string>): string {
  const ending = extname(name);
  const stem = name.slice(0, name.length - ending.length);
  let free = name === '' || name === '.' || name === '..' ? 'output' : name;
  for (let number = 2; used.has(free.toLowerCase()); number++) free = `${stem} (${number})${ending}`;
  used.add(free.toLowerCase());
  return free;
}

async function* logOf(fovea: Fovea, id: string): AsyncGenerator<{ at: string; text: string }> {
  for (let after = 0; ; ) {
    const { lines, next } = await fovea.jobs.log(id, { after });
    yield* lines;
    if (lines.length === 0 || next === after) return;
    after = next;
  }
}

function stateOf(job: Job): string {
  if (job.status === 'running') return `running ${Math.round(job.progress * 100)} %`;
  return job.status === 'failed' && job.cause !== null ? `failed (${job.cause})` : job.status;
}

function factsOf(job: Job) {
  return [
    ['name', job.name],
    ['id', job.id],
    ['analytic', `${job.analytic}@${job.version}`],
    ['state', stateOf(job)],
    ['message', job.message],
    ['jobs in front', job.position],
    ['begins about', job.estimatedStartAt === null ? null : formatTime(job.estimatedStartAt)],
    ['parameters', JSON.stringify(job.parameters)],
    ['outputs', job.outputs.map((output) => `${output.name} (${formatBytes(output.sizeBytes)})`).join(', ')],
    ['summary', job.summary === null ? null : JSON.stringify(job.summary)],
    ['created', `${formatTime(job.createdAt)} by ${job.createdBy}`],
    ['started', job.startedAt === null ? null : formatTime(job.startedAt)],
    ['ended', job.endedAt === null ? null : formatTime(job.endedAt)],
  ] as const;
}
