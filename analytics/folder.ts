import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { analyticManifest, type AnalyticManifest } from '@fovea/contract';
import { InputError } from './analytic.ts';

const jsonNames = ['analytic.json', 'manifest.json'];
const moduleNames = ['manifest.ts', 'manifest.js', 'manifest.mjs'];
const runNames = ['run.ts', 'run.js', 'run.mjs'];

/** The document of the analytic that lies in a folder, as it is written there. Throws InputError where there is none, or it is not valid. */
export async function readAnalyticFolder(folder: string): Promise<AnalyticManifest> {
  const dir = resolve(folder);
  const json = jsonNames.find((name) => existsSync(join(dir, name)));
  const module = moduleNames.find((name) => existsSync(join(dir, name)));
  if (!existsSync(dir)) throw new InputError(`${folder} is neither a built-in analytic nor a folder with a manifest`);
  if (json === undefined && module === undefined) throw new InputError(`${folder} has no ${[...jsonNames, ...moduleNames].join(', ')}`);
  const given = json === undefined ? await exported(join(dir, module ?? '')) : await parsed(join(dir, json));
  const run = runNames.find((name) => existsSync(join(dir, name)));
  // A folder with code and no word on how it runs is a module.
  const whole = run !== undefined && typeof given === 'object' && given !== null && !('runtime' in given) ? { ...given, runtime: { kind: 'typescript', module: run } } : given;
  const checked = analyticManifest.safeParse(whole);
  if (checked.success) return checked.data;
  const issues = checked.error.issues.map(({ path, message }) => `${path.join('.') || 'it'} ${message}`);
  throw new InputError(`the manifest of ${folder} is not valid: ${issues.join('; ')}`);
}

async function exported(path: string): Promise<unknown> {
  const module = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  return module.manifest ?? module.default;
}

async function parsed(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new InputError(`${path} is not valid JSON: ${(error as Error).message}`);
  }
}
