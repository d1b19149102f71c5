import { constants } from 'node:fs';
import { lstat, open, readdir, realpath } from 'node:fs/promises';
import { basename, extname, join, sep } from 'node:path';
import type { AnalyticResult, InputFile, OutputFile, OutputLabels } from '@fovea/analytics/analytic.ts';
import { annotationContent, type AnalyticManifest } from '@fovea/contract';
import { z } from 'zod';
import type { RunRequest } from './runner.ts';

const maxJsonBytes = 256 * 1024 * 1024;
const maxFiles = 100_000;

const source = z.union([z.string(), z.object({ path: z.string().optional(), itemId: z.string().optional(), name: z.string().optional() }).loose()]);
const resultFile = z.object({
  files: z.array(z.object({ output: z.string(), path: z.string(), name: z.string().min(1).max(200).optional(), mediaType: z.string().max(200).optional(), from: source.optional() }).loose()).max(maxFiles).default([]),
  labels: z.array(z.object({ output: z.string().optional(), from: source, annotations: z.array(annotationContent) }).loose()).max(maxFiles).default([]),
  failures: z.array(z.object({ from: source, message: z.string().max(2_000) }).loose()).max(maxFiles).default([]),
  summary: z.record(z.string(), z.unknown()).optional(),
});

type Output = AnalyticManifest['outputs'][number];

/**
 * What a program left in its folder `out`: the files that its manifest names, or what its `result.json` says. Everything is looked at
 * without following links, so that nothing but the program's own files can be taken. Throws an Error that says what is wrong with them.
 */
export async function collectResult(request: RunRequest, toHost: (path: string) => string): Promise<AnalyticResult> {
  const { manifest, task } = request;
  const described = await readResult(task.outputDir);
  const find = sourceFinder(request, toHost);
  const files: OutputFile[] = [];
  if (described) {
    for (const file of described.files) {
      const output = manifest.outputs.find((one) => one.name === file.output);
      if (!output) throw new Error(`result.json names the output "${file.output}", which the manifest does not have; it has ${manifest.outputs.map((one) => one.name).join(', ') || 'none'}.`);
      const path = file.path.startsWith('/') ? toHost(file.path) : join(task.outputDir, file.path);
      const from = file.from === undefined ? undefined : find(file.from);
      files.push({ output: output.name, path, name: file.name ?? basename(path), mediaType: file.mediaType ?? typeOf(output, path), ...(from ? { from } : {}) });
    }
  } else files.push(...(await namedFiles(manifest, task.outputDir)));
  for (const file of files) await checkFile(file, manifest, task.outputDir);
  const labels: OutputLabels[] = (described?.labels ?? []).map(({ output, from, annotations }) => ({ output: output ?? labelsOutput(manifest), from: find(from), annotations }));
  const missing = manifest.outputs.find((output) => output.filename !== undefined && !output.many && output.type !== 'labels' && !files.some((file) => file.output === output.name));
  if (missing) throw new Error(`The program ended without an error but left no file ${missing.filename} for its output "${missing.name}" in its output folder.`);
  if (manifest.outputs.length > 0 && files.length === 0 && !described) throw new Error('The program ended without an error but left nothing in its output folder.');
  const failures = (described?.failures ?? []).map(({ from, message }) => ({ from: find(from), message }));
  return { files, labels, failures, ...(described?.summary ? { summary: described.summary } : {}) };
}

async function readResult(outputDir: string): Promise<z.infer<typeof resultFile> | undefined> {
  const path = join(outputDir, 'result.json');
  if (!(await lstat(path).catch(() => undefined))) return undefined;
  const parsed = resultFile.safeParse(await readJsonFile(path, 'result.json'));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new Error(`result.json: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is not valid'}`);
}

/** Reads JSON that a program wrote; a link, a pipe or half a document is told. */
async function readJsonFile(path: string, name: string): Promise<unknown> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => undefined);
  if (!file) throw new Error(`${name} is a link or cannot be read; write it as a file of its own.`);
  try {
    const facts = await file.stat();
    if (!facts.isFile()) throw new Error(`${name} is no file.`);
    if (facts.size > maxJsonBytes) throw new Error(`${name} has ${facts.size} bytes; JSON may have at most ${maxJsonBytes}.`);
    const text = await file.readFile('utf8');
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new Error(`${name} is not valid JSON: ${(error as Error).message.slice(0, 200)}`, { cause: error });
    }
  } finally {
    await file.close();
  }
}

/** Without a result.json: a file under the name of each output, and for outputs with many files a folder of the output's name. */
async function namedFiles(manifest: AnalyticManifest, outputDir: string): Promise<OutputFile[]> {
  const found: OutputFile[] = [];
  const there = await readdir(outputDir, { withFileTypes: true });
  for (const output of manifest.outputs) {
    const folder = there.find((entry) => entry.isDirectory() && entry.name === output.name);
    if (output.many && folder) {
      const names = (await readdir(join(outputDir, folder.name))).toSorted();
      if (names.length > maxFiles) throw new Error(`The output "${output.name}" has ${names.length} files; at most ${maxFiles} are taken.`);
      for (const name of names) found.push({ output: output.name, path: join(outputDir, folder.name, name), name, mediaType: typeOf(output, name) });
      continue;
    }
    const entry = there.find(({ name }) => name === output.filename) ?? there.find(({ name }) => name === output.name || name.startsWith(`${output.name}.`));
    if (entry && !entry.isDirectory()) found.push({ output: output.name, path: join(outputDir, entry.name), name: entry.name, mediaType: typeOf(output, entry.name) });
  }
  return found;
}

/** A file that is there, is a plain file of the output folder, and is whole where it must be JSON. */
async function checkFile(file: OutputFile, manifest: AnalyticManifest, outputDir: string): Promise<void> {
  const facts = await lstat(file.path).catch(() => undefined);
  if (!facts) throw new Error(`The output "${file.output}": the file ${file.name} is not there.`);
  if (!facts.isFile()) throw new Error(`The output "${file.output}": ${file.name} is ${facts.isSymbolicLink() ? 'a link' : 'no file'}; only plain files are taken.`);
  const [real, root] = [await realpath(file.path), await realpath(outputDir)];
  if (!real.startsWith(root + sep)) throw new Error(`The output "${file.output}": ${file.name} lies outside the output folder.`);
  const output = manifest.outputs.find((one) => one.name === file.output);
  if (output?.type === 'json' || output?.type === 'labels') await readJsonFile(file.path, file.name);
}

/** The input that a program means: by its path, the id of its item, or its name where that is the only one. */
function sourceFinder({ task }: RunRequest, toHost: (path: string) => string): (given: z.infer<typeof source>) => InputFile {
  const inputs = Object.values(task.inputs).flat();
  const paths = new Map<string, InputFile>(Object.entries(task.inputs).flatMap(([name, files]) => files.map((file, index): [string, InputFile] => [`${name}/${index}`, file])));
  return (given) => {
    const { path, itemId, name } = typeof given === 'string' ? { path: given, itemId: given, name: given } : given;
    const place = path === undefined ? undefined : /[\\/]in[\\/]([^\\/]+)[\\/](\d+)[\\/][^\\/]+$/.exec(toHost(path));
    const found = (place && paths.get(`${place[1]}/${place[2]}`)) ?? (itemId === undefined ? undefined : inputs.find((file) => file.itemId === itemId)) ?? (name === undefined ? undefined : inputs.find((file) => file.name === name)) ?? (inputs.length === 1 ? inputs[0] : undefined);
    if (!found) throw new Error(`The result speaks of an input that the job does not have: ${JSON.stringify(given).slice(0, 200)}.`);
    return found;
  };
}

function labelsOutput(manifest: AnalyticManifest): string {
  return manifest.outputs.find((output) => output.type === 'labels')?.name ?? 'labels';
}

const endings: Record<string, string> = { '.json': 'application/json', '.txt': 'text/plain', '.csv': 'text/csv', '.jpg': 'image/jpeg', '.jpeg': 'image/jpeg', '.png': 'image/png', '.webp': 'image/webp', '.svg': 'image/svg+xml', '.mp4': 'video/mp4', '.webm': 'video/webm', '.zip': 'application/zip' };

/** The media type of an output's file: what the manifest says, else by its ending. */
export function typeOf(output: Output, path: string): string {
  if (output.mediaType !== 'application/octet-stream') return output.mediaType;
  return endings[extname(path).toLowerCase()] ?? (output.type === 'json' || output.type === 'labels' ? 'application/json' : 'application/octet-stream');
}
