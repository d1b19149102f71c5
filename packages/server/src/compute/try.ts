import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { InputError, type AnalyticResult } from '@fovea/analytics/analytic.ts';
import { OutputNames } from '@fovea/analytics/batch.ts';
import { readAnalyticFolder } from '@fovea/analytics/folder.ts';
import { builtinAnalytics } from '@fovea/analytics/registry.ts';
import { bindInputs, bindParameters, tryAnalytic, type TryOptions, type TryResult } from '@fovea/analytics/try.ts';
import { neededFiles, newId, type AnalyticManifest } from '@fovea/contract';
import { keptLog } from './kept-log.ts';
import { builtinRunner } from './runners/builtin.ts';
import { containerRunner, findContainerEngine } from './runners/container.ts';
import { onnxRunner } from './runners/onnx.ts';
import { processRunner } from './runners/process.ts';
import { removeFolder } from './runners/remove-folder.ts';
import { RunnerError, type Runner } from './runners/runner.ts';

export type { TryOptions, TryResult };

/**
 * Runs an analytic on local files without a platform, by the runner that would run it there: a built-in one by name, or that of a folder.
 * Throws InputError where inputs or parameters do not fit.
 */
export async function tryLocally(folderOrName: string, options: TryOptions): Promise<TryResult> {
  const known = builtinAnalytics.some(({ manifest }) => manifest.name === folderOrName || manifest.name === `fovea/${folderOrName}`);
  if (known && !existsSync(folderOrName)) return tryBuiltin(folderOrName, options);
  const manifest = await readAnalyticFolder(folderOrName);
  if (manifest.runtime.kind === 'builtin') return tryBuiltin(folderOrName, options);
  const inputs = bindInputs(manifest, options.inputs);
  const parameters = bindParameters(manifest, options.parameters ?? {}, options.cwd);
  const runner = runnerOf(manifest);
  const time = timeOf(manifest, options.signal);
  const folder = await mkdtemp(join(tmpdir(), 'fovea-try-'));
  try {
    const outputDir = join(folder, 'out');
    await mkdir(outputDir);
    const started = performance.now();
    const result = await runner.run({
      manifest,
      folder,
      files: filesOf(manifest, folderOrName),
      job: { id: newId(), ticket: 1 },
      task: { inputs, parameters, outputDir, progress: options.progress ?? (() => undefined), log: keptLog(options.log ?? (() => undefined)), signal: time.signal },
    });
    const seconds = (performance.now() - started) / 1_000;
    return { ...(await keep(result, options.outDir)), manifest, seconds };
  } finally {
    time.clear();
    await runner.close();
    await removeFolder(folder);
  }
}

/** The time that a job may take, as on a platform, and whoever interrupts it. */
function timeOf({ timeoutSeconds }: AnalyticManifest, given: AbortSignal | undefined): { signal: AbortSignal; clear(): void } {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(new RunnerError(`The job took longer than ${timeoutSeconds} seconds, which is the timeoutSeconds of its manifest.`)), timeoutSeconds * 1_000);
  return { signal: given ? AbortSignal.any([stop.signal, given]) : stop.signal, clear: () => clearTimeout(timer) };
}

/** One of the program's own, in a folder of its own: its outputs get their names where they are wanted. */
async function tryBuiltin(name: string, options: TryOptions): Promise<TryResult> {
  const folder = await mkdtemp(join(tmpdir(), 'fovea-try-'));
  try {
    const result = await tryAnalytic(name, { ...options, outDir: folder });
    return { ...result, ...(await keep(result, options.outDir)) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Labels of a run that is tried, by the names of their files. */
const labelsFile = 'labels.json';

async function writeLabels({ labels = [] }: AnalyticResult, path: string): Promise<void> {
  if (labels.length === 0) return;
  await writeFile(path, JSON.stringify(labels.map(({ from, annotations }) => ({ name: from.name, annotations })), null, 2));
}

function runnerOf({ runtime }: AnalyticManifest): Runner {
  switch (runtime.kind) {
    case 'process':
    case 'typescript':
      return processRunner();
    case 'onnx': {
      const builtin = builtinRunner();
      return { ...onnxRunner(builtin), close: () => builtin.close() };
    }
    case 'container':
      return containerRunner({ engine: findContainerEngine() });
    default:
      throw new InputError('an analytic at an endpoint is tried on a platform: its endpoint fetches the inputs from there');
  }
}

function filesOf(manifest: AnalyticManifest, folder: string): Record<string, string> {
  return Object.fromEntries(
    neededFiles(manifest).map((path) => {
      const place = resolve(folder, path);
      if (!existsSync(place)) throw new InputError(`the manifest names the file ${path}, which is not in ${folder}`);
      return [path, place];
    }),
  );
}

/** Copies what was made to where the user wants it; labels become `labels.json` there, unless the analytic gave one. */
async function keep(result: AnalyticResult, outDir: string): Promise<AnalyticResult> {
  const target = resolve(outDir);
  await mkdir(target, { recursive: true });
  const names = new OutputNames();
  const files: AnalyticResult['files'] = [];
  for (const file of result.files) {
    const path = join(target, names.unique(basename(file.name)));
    await copyFile(file.path, path);
    files.push({ ...file, path });
  }
  if (!files.some(({ path }) => path === join(target, labelsFile))) await writeLabels(result, join(target, labelsFile));
  return { ...result, files };
}
