import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Fovea } from '@fovea/sdk';
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { wholeDemo } from '../demo/files.ts';
import { runPipeline, type DemoResult } from '../demo/pipeline.ts';
import { UsageError } from '../failure.ts';
import { print } from '../io.ts';
import { formatBytes, formatCount } from '../terminal/format.ts';
import { Progress } from '../terminal/progress.ts';
import { wholeNumber, withExamples } from './options.ts';
import { interrupted } from './serve.ts';

interface DemoFlags {
  folder?: string;
  port?: number;
  keep: boolean;
}

export function demoCommand(program: Command, context: Context): void {
  withExamples(
    program
      .command('demo')
      .description('show the main job on a throw-away platform: upload, look at media, pre-label, label, review, commit a version, export it, download again')
      .option('--folder <dir>', 'take these files instead of drawn ones')
      .option('--port <n>', 'port to listen on (default: a free one)', wholeNumber(0))
      .option('--keep', 'keep the platform running afterwards, to look at in the console', false),
    'fovea demo',
    'fovea demo --folder ./photos --keep',
  ).action(async (flags: DemoFlags) => demo(context, flags));
}

async function demo(context: Context, flags: DemoFlags): Promise<void> {
  const { io } = context;
  const folder = flags.folder === undefined ? undefined : resolve(io.cwd, flags.folder);
  if (folder !== undefined && !statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw new UsageError(`"${flags.folder}" is not a folder.`);
  const { startPlatform } = await import('@fovea/server');
  const started = performance.now();
  const dataDir = mkdtempSync(join(tmpdir(), 'fovea-demo-'));
  const running = await startPlatform({ dataDir, port: flags.port ?? 0, env: { ...io.env, FOVEA_LOG_LEVEL: io.env['FOVEA_LOG_LEVEL'] ?? 'error', FOVEA_ADMIN_KEY: '' } });
  try {
    const fovea = new Fovea({ url: running.url, key: running.adminKey });
    const result = await runPipeline(fovea, { folder, samples: wholeDemo, projectName: 'Demo', verify: true, onProgress: steps(context) });
    const file = await keepExport(fovea, result);
    const seconds = (performance.now() - started) / 1_000;
    summarize(context, result, { url: running.url, file, seconds });
    if (flags.keep) {
      print(io, `Running at ${running.url}, key ${running.adminKey}; Ctrl-C ends it.`);
      await interrupted(io.signal);
    }
    print(io, JSON.stringify({ items: result.items, annotations: result.annotations, tasks: result.tasks, jobs: result.jobs, version: result.version, export: file, seconds: Number(seconds.toFixed(2)) }));
  } finally {
    await running.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** A progress bar for each step, one after the other. */
export function steps({ io }: Context): (step: string, unit: string, done: number, total: number | undefined) => void {
  let current: { step: string; progress: Progress } | undefined;
  return (step, unit, done, total) => {
    if (current?.step !== step) {
      current?.progress.clear();
      current = { step, progress: new Progress(io, { label: step, unit }) };
    }
    current.progress.update({ done, total });
    if (done === total) current.progress.clear();
  };
}

/** Saves the archive where it outlives the platform; gives its path. */
async function keepExport(fovea: Fovea, { exported }: DemoResult): Promise<string> {
  const to = join(mkdtempSync(join(tmpdir(), 'fovea-demo-export-')), exported.fileName ?? 'export.zip');
  return (await fovea.exports.download(exported, { to })).path;
}

function summarize(context: Context, result: DemoResult, { url, file, seconds }: { url: string; file: string; seconds: number }): void {
  const { io } = context;
  const perSecond = (count: number, step: string): string => `${formatCount(Math.round(count / Math.max(result.seconds[step] ?? 0, 0.001)))}/s`;
  const kinds = Object.entries(result.byKind).map(([kind, count]) => `${formatCount(count)} ${kind}`).join(', ');
  const rows = [
    { step: 'uploaded', what: `${formatCount(result.items)} files, ${formatBytes(result.bytes)}`, took: result.seconds['upload'], rate: perSecond(result.items, 'upload') },
    { step: 'looked at', what: kinds, took: result.seconds['probe'], rate: perSecond(result.items, 'probe') },
    { step: 'processed', what: `${formatCount(result.jobs)} jobs`, took: result.seconds['process'], rate: `${(result.jobs / Math.max(result.seconds['process'] ?? 0, 0.001)).toFixed(1)} jobs/s: ${result.jobTimes.waited.toFixed(1)} s in the queue, ${result.jobTimes.worked.toFixed(1)} s at work` },
    { step: 'labeled', what: `${formatCount(result.tasks)} tasks, ${formatCount(result.reviewed)} reviewed, ${formatCount(result.sentBack)} sent back`, took: result.seconds['label'], rate: perSecond(result.tasks, 'label') },
    { step: 'committed', what: `version ${result.version.slice(0, 12)}`, took: result.seconds['commit'], rate: perSecond(result.items, 'commit') },
    { step: 'exported', what: `COCO: ${exportWords(result)}`, took: result.seconds['export'], rate: perSecond(result.items, 'export') },
    { step: 'compared', what: `${formatCount(result.compared)} downloads, all equal`, took: result.seconds['download'], rate: perSecond(result.compared, 'download') },
    { step: 'in all', what: `${formatCount(result.annotations)} annotations`, took: seconds, rate: '' },
  ];
  print(io);
  for (const row of rows) print(io, `  ${row.step.padEnd(10)}  ${row.what.padEnd(44)}  ${(row.took ?? 0).toFixed(1).padStart(6)} s  ${row.rate}`);
  printAgreement(context, result);
  print(io);
  print(io, `  export     ${file}`);
  print(io, `  console    ${url}`);
  print(io);
}

/** How well the made-up people agreed, beside what is known of their hands. */
function printAgreement({ io }: Context, { agreement }: DemoResult): void {
  if (!agreement) return;
  const share = (value: number | null): string => (value === null ? '–' : value.toFixed(2));
  print(io);
  print(io, `  agreement   ${share(agreement.overall)} (95 % between ${share(agreement.low)} and ${share(agreement.high)}), Cohen's κ of the labels ${share(agreement.kappa)}`);
  for (const { name, tasks, mistakes, agreement: own, accepted, rejected } of agreement.people) {
    print(io, `  ${name.padEnd(10)}  ${`${formatCount(tasks)} tasks, ${(mistakes * 100).toFixed(0)} % of names wrong by hand`.padEnd(44)}  agrees ${share(own)}, ${accepted} accepted, ${rejected} sent back`);
  }
}

/** What became of the annotations, in a few words. */
function exportWords({ exported: { report } }: DemoResult): string {
  if (!report) return 'no report';
  return `${formatCount(report.kept)} kept, ${formatCount(report.approximated)} approximated, ${formatCount(report.dropped)} dropped`;
}
