import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AnalyticManifest } from '@fovea/contract';
import { InputError, type AnalyticResult, type InputFile, type RunAnalytic } from './analytic.ts';
import { readAnalyticFolder } from './folder.ts';
import { builtinAnalytics } from './registry.ts';

export interface TryOptions {
  /** Input name → path or paths of local files. */
  inputs: Record<string, string | string[]>;
  /** Parameter name → value; texts are converted to the type of the manifest, of `file` ones the text is a path. */
  parameters?: Record<string, unknown>;
  outDir: string;
  /** Where the paths of `file` parameters begin; the current folder by default. */
  cwd?: string;
  log?: (line: string) => void;
  progress?: (fraction: number, message?: string) => void;
  signal?: AbortSignal;
}

export interface TryResult extends AnalyticResult {
  manifest: AnalyticManifest;
  seconds: number;
}

/**
 * Runs one analytic on local files, without a server: a built-in one by name (`fovea/colors` or `colors`), or that of a
 * folder with `manifest.ts` and `run.ts` (or .js). Throws InputError where inputs or parameters do not fit the manifest.
 */
export async function tryAnalytic(dirOrName: string, options: TryOptions): Promise<TryResult> {
  const { manifest, run } = await loadAnalytic(dirOrName);
  const inputs = bindInputs(manifest, options.inputs);
  const parameters = bindParameters(manifest, options.parameters ?? {}, options.cwd);
  const outputDir = resolve(options.outDir);
  await mkdir(outputDir, { recursive: true });
  const started = performance.now();
  const result = await run({
    inputs,
    parameters,
    outputDir,
    progress: options.progress ?? (() => undefined),
    log: options.log ?? (() => undefined),
    signal: options.signal ?? new AbortController().signal,
  });
  return { ...result, manifest, seconds: (performance.now() - started) / 1_000 };
}

async function loadAnalytic(dirOrName: string): Promise<{ manifest: AnalyticManifest; run: RunAnalytic }> {
  const builtin = builtinAnalytics.findLast(
    ({ manifest }) => manifest.name === dirOrName || manifest.name === `fovea/${dirOrName}`,
  );
  if (builtin !== undefined) return { manifest: builtin.manifest, run: await builtin.load() };
  const load = async (part: string): Promise<Record<string, unknown>> => {
    for (const ending of ['ts', 'js', 'mjs']) {
      try {
        return (await import(pathToFileURL(resolve(dirOrName, `${part}.${ending}`)).href)) as Record<string, unknown>;
      } catch (error) {
        const missing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
        if (!missing || !error.message.includes(`${part}.${ending}`)) throw error;
      }
    }
    throw new InputError(`${dirOrName} is neither a built-in analytic nor a folder with ${part}.ts`);
  };
  const manifest = await readAnalyticFolder(dirOrName);
  return { manifest, run: (await load('run')).default as RunAnalytic };
}

/** Local files for the inputs of an analytic. Throws InputError where they do not fit. */
export function bindInputs(manifest: AnalyticManifest, given: TryOptions['inputs']): Record<string, InputFile[]> {
  const unknown = Object.keys(given).find((name) => !manifest.inputs.some((input) => input.name === name));
  if (unknown !== undefined)
    throw new InputError(`${manifest.name} has no input ${unknown}; it has ${listNames(manifest.inputs)}`);
  const out: Record<string, InputFile[]> = {};
  for (const input of manifest.inputs) {
    const paths = [given[input.name] ?? []].flat();
    if (input.required && paths.length === 0) throw new InputError(`input ${input.name} is missing`);
    if (!input.many && paths.length > 1)
      throw new InputError(`input ${input.name} takes one file, not ${paths.length}`);
    out[input.name] = paths.map(localFile);
  }
  return out;
}

function listNames(list: { name: string }[]): string {
  return list.length === 0 ? 'none' : list.map(({ name }) => name).join(', ');
}

/** Media types of the usual extensions; analytics look at the content anyway. */
const mediaTypes: Record<string, string> = {
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.tif': 'image/tiff',
  '.tiff': 'image/tiff',
  '.gif': 'image/gif',
  '.mp4': 'video/mp4',
  '.mov': 'video/quicktime',
  '.webm': 'video/webm',
  '.mkv': 'video/x-matroska',
  '.json': 'application/json',
  '.txt': 'text/plain',
  '.dcm': 'application/dicom',
};

export function localFile(path: string): InputFile {
  return {
    name: basename(path),
    path: resolve(path),
    mediaType: mediaTypes[extname(path).toLowerCase()] ?? 'application/octet-stream',
  };
}

/** Parameters of an analytic, texts turned into what it takes, files named by their paths. Throws InputError where they do not fit. */
export function bindParameters(
  manifest: AnalyticManifest,
  given: Record<string, unknown>,
  cwd = process.cwd(),
): Record<string, unknown> {
  const unknown = Object.keys(given).find((name) => !manifest.parameters.some((parameter) => parameter.name === name));
  if (unknown !== undefined)
    throw new InputError(`${manifest.name} has no parameter ${unknown}; it has ${listNames(manifest.parameters)}`);
  const out: Record<string, unknown> = {};
  for (const parameter of manifest.parameters) {
    const value = given[parameter.name] ?? parameter.default;
    if (value === undefined) {
      if (parameter.required) throw new InputError(`parameter ${parameter.name} is missing`);
      continue;
    }
    out[parameter.name] = convert(parameter, value, cwd);
  }
  return out;
}

type Parameter = AnalyticManifest['parameters'][number];

function convert(parameter: Parameter, value: unknown, cwd: string): unknown {
  const wrong = (expected: string) =>
    new InputError(`parameter ${parameter.name} must be ${expected}, not ${JSON.stringify(value)}`);
  if (parameter.type === 'number' || parameter.type === 'integer') return convertNumber(parameter, value, wrong);
  if (parameter.type === 'boolean') {
    if (typeof value === 'boolean') return value;
    if (value === 'true' || value === 'false') return value === 'true';
    throw wrong('true or false');
  }
  if (parameter.type === 'file') {
    if (typeof value !== 'string' || !existsSync(resolve(cwd, value))) throw wrong('the path of a file');
    return localFile(resolve(cwd, value));
  }
  if (parameter.type === 'object' || parameter.type === 'array') return convertJson(parameter, value, wrong);
  if (typeof value !== 'string') throw wrong('a text');
  if (parameter.choices !== undefined && !parameter.choices.includes(value))
    throw wrong(`one of ${parameter.choices.join(', ')}`);
  return value;
}

function convertNumber(parameter: Parameter, value: unknown, wrong: (expected: string) => InputError): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) throw wrong('a number');
  if (parameter.type === 'integer' && !Number.isInteger(number)) throw wrong('a whole number');
  if (parameter.min !== undefined && number < parameter.min) throw wrong(`at least ${parameter.min}`);
  if (parameter.max !== undefined && number > parameter.max) throw wrong(`at most ${parameter.max}`);
  return number;
}

function convertJson(parameter: Parameter, value: unknown, wrong: (expected: string) => InputError): unknown {
  const expected = parameter.type === 'array' ? 'a JSON array' : 'a JSON object';
  let parsed = value;
  if (typeof value === 'string') {
    try {
      parsed = JSON.parse(value);
    } catch {
      throw wrong(expected);
    }
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed) !== (parameter.type === 'array'))
    throw wrong(expected);
  return parsed;
}
