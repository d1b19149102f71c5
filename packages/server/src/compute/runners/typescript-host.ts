// Runs one analytic written in TypeScript as a program of its own: `node typescript-host.ts MODULE`. Imports nothing but Node, as nothing else
// is in its sandbox.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

interface Task {
  inputs: Record<string, unknown[]>;
  parameters: Record<string, unknown>;
  outputDir: string;
}

const say = (status: object): void => void process.stdout.write(`${JSON.stringify(status)}\n`);

async function main(): Promise<void> {
  const task = JSON.parse(readFileSync(process.env['FOVEA_TASK'] ?? '', 'utf8')) as Task;
  const module = (await import(pathToFileURL(process.argv[2] ?? '').href)) as { default?: (task: object) => Promise<object> };
  if (typeof module.default !== 'function') throw new Error('The module has no function as its default export.');
  const result = await module.default({
    inputs: task.inputs,
    parameters: task.parameters,
    outputDir: task.outputDir,
    progress: (progress: number, message?: string) => say({ progress, ...(message === undefined ? {} : { message }) }),
    log: (line: string) => void process.stderr.write(`${line}\n`),
    // At a cancellation the whole program is ended.
    signal: new AbortController().signal,
  });
  writeFileSync(join(task.outputDir, 'result.json'), JSON.stringify(result ?? {}));
}

try {
  await main();
} catch (error) {
  const { name = 'Error', message = String(error), stack = '' } = error as Error;
  process.stderr.write(`${stack}\n`);
  say({ error: message, cause: name === 'InputError' ? 'user' : 'analytic' });
  process.exitCode = 1;
}
