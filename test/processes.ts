// The program `fovea` as processes of its own, as users run it.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

const cli = join(import.meta.dirname, '..', 'packages', 'cli', 'src', 'main.ts');

export interface Processes {
  /** Starts the program, with its output to be read. */
  run(args: readonly string[], env?: Record<string, string>): ChildProcess & { stdout: Readable };
  /** Starts the program and gives it when it has said that it is ready; `url` is where it then is, of `serve`. */
  start(args: readonly string[], env?: Record<string, string>): Promise<{ child: ChildProcess; url: string }>;
  /** Ends one as told and waits for it. */
  end(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** Ends all that still run. */
  endAll(): Promise<void>;
}

/** Processes of one test file, all with this environment. */
export function processes(env: Record<string, string>): Processes {
  const running = new Set<ChildProcess>();
  const end = async (child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM') => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  };
  const run = (args: readonly string[], more: Record<string, string> = {}) => {
    const child = spawn(process.execPath, [cli, ...args], { stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, FOVEA_LOG_LEVEL: 'silent', NO_COLOR: '1', ...env, ...more } });
    running.add(child);
    child.once('exit', () => running.delete(child));
    return child;
  };
  return {
    run,
    async start(args, more) {
      const child = run(args, more);
      for await (const line of createInterface({ input: child.stdout })) {
        if (line.includes('ready')) return { child, url: /at (\S+)/.exec(line)?.[1] ?? '' };
      }
      throw new Error(`fovea ${args.join(' ')} ended before it was ready.`);
    },
    end,
    async endAll() {
      await Promise.all(Array.from(running, (child) => end(child, 'SIGTERM')));
    },
  };
}
