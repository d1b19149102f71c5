import { Worker } from 'node:worker_threads';
import { InputError, type AnalyticResult } from '@fovea/analytics/analytic.ts';
import { RunnerError, type Runner, type RunRequest } from './runner.ts';

/** What the thread is told. */
export interface ThreadRequest {
  /** Module that has the analytics; the program's own registry unless tests bring theirs. */
  registry?: string | undefined;
  name: string;
  version: string;
  inputs: RunRequest['task']['inputs'];
  parameters: Record<string, unknown>;
  outputDir: string;
}

/** What the thread says. */
export type ThreadAnswer =
  | { kind: 'progress'; fraction: number; message?: string }
  | { kind: 'log'; line: string }
  | { kind: 'done'; result: AnalyticResult }
  | { kind: 'failed'; input: boolean; message: string };

const graceMs = 2_000;

/** Runs the analytics of the program in worker threads, so that they never hold up the API. Idle threads are kept for the next job. */
export function builtinRunner({ threads = 2, registry }: { threads?: number; registry?: string } = {}): Runner {
  const idle: Worker[] = [];

  function take(): Worker {
    return idle.pop() ?? new Worker(new URL('./builtin-thread.ts', import.meta.url));
  }

  return {
    async run({ manifest, task }) {
      task.signal.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers<AnalyticResult>();
      const worker = take();
      let stopping: NodeJS.Timeout | undefined;
      const settle = (keep: boolean): void => {
        clearTimeout(stopping);
        task.signal.removeEventListener('abort', stop);
        worker.off('message', onMessage).off('error', onError).off('exit', onExit);
        if (keep && idle.length < threads) {
          worker.unref();
          idle.push(worker);
        } else void worker.terminate();
      };
      const stop = (): void => {
        worker.postMessage({ kind: 'abort' });
        // One that does not listen is ended.
        stopping = setTimeout(() => {
          settle(false);
          reject(task.signal.reason as Error);
        }, graceMs);
      };
      const onMessage = (answer: ThreadAnswer): void => {
        if (answer.kind === 'progress') task.progress(answer.fraction, answer.message);
        else if (answer.kind === 'log') task.log(answer.line);
        else {
          settle(!task.signal.aborted);
          if (answer.kind === 'done') resolve(answer.result);
          else reject(task.signal.aborted ? (task.signal.reason as Error) : answer.input ? new InputError(answer.message) : new Error(answer.message));
        }
      };
      const onError = (error: Error): void => {
        settle(false);
        reject(error);
      };
      const onExit = (code: number): void => {
        settle(false);
        reject(new RunnerError(`The worker thread ended with code ${code}.`));
      };
      worker.ref();
      worker.on('message', onMessage).on('error', onError).on('exit', onExit);
      task.signal.addEventListener('abort', stop, { once: true });
      const request: ThreadRequest = { registry, name: manifest.name, version: manifest.version, inputs: task.inputs, parameters: task.parameters, outputDir: task.outputDir };
      worker.postMessage({ kind: 'run', request });
      return promise;
    },
    async close() {
      await Promise.all(idle.splice(0).map((worker) => worker.terminate()));
    },
  };
}
