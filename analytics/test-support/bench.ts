import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll } from 'vitest';
import { tryAnalytic, type TryResult } from '../try.ts';
import { makeScratch, type Scratch } from './scratch.ts';

/** A place of a test file's own, in which analytics are run on files. */
export interface AnalyticBench {
  /** A path in a folder that is removed at the end. */
  file(name: string, content: string | Uint8Array): Promise<string>;
  run(name: string, inputs: Record<string, string | string[]>, parameters?: Record<string, unknown>): Promise<TryResult>;
  readonly dir: string;
}

export function analyticBench(): AnalyticBench {
  let scratch: Scratch | undefined;
  beforeAll(async () => {
    scratch = await makeScratch();
  });
  afterAll(() => scratch?.remove());
  const need = (): Scratch => {
    if (scratch === undefined) throw new Error('The folder of the test is made before its first test.');
    return scratch;
  };
  return {
    file: (name, content) => need().file(name, content as never),
    run: async (name, inputs, parameters = {}) =>
      tryAnalytic(name, { inputs, parameters, outDir: await need().folder() }),
    get dir() {
      return need().dir;
    },
  };
}

export async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, 'utf8')) as T;
}
