// Runs one built-in analytic after the other in a thread of its own.
import { parentPort } from 'node:worker_threads';
import { InputError } from '@fovea/analytics/analytic.ts';
import { builtinAnalytics, type BuiltinAnalytic } from '@fovea/analytics/registry.ts';
import type { ThreadAnswer, ThreadRequest } from './builtin.ts';

let running: AbortController | undefined;
const say = (answer: ThreadAnswer): void => parentPort?.postMessage(answer);

parentPort?.on('message', (message: { kind: 'abort' } | { kind: 'run'; request: ThreadRequest }) => {
  if (message.kind === 'abort') running?.abort(new Error('The job was cancelled.'));
  else void run(message.request);
});

async function run(request: ThreadRequest): Promise<void> {
  running = new AbortController();
  try {
    const known = request.registry === undefined ? builtinAnalytics : ((await import(request.registry)) as { builtinAnalytics: BuiltinAnalytic[] }).builtinAnalytics;
    const builtin = known.find(({ manifest }) => manifest.name === request.name && manifest.version === request.version);
    if (!builtin) throw new Error(`The program does not have ${request.name}@${request.version}.`);
    const analytic = await builtin.load();
    const result = await analytic({
      inputs: request.inputs,
      parameters: request.parameters,
      outputDir: request.outputDir,
      progress: (fraction, text) => say({ kind: 'progress', fraction, ...(text === undefined ? {} : { message: text }) }),
      log: (line) => say({ kind: 'log', line }),
      signal: running.signal,
    });
    say({ kind: 'done', result });
  } catch (error) {
    say({ kind: 'failed', input: error instanceof InputError, message: (error as Error).message });
  } finally {
    running = undefined;
  }
}
