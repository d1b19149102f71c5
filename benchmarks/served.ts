import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface Served {
  url: string;
  key: string;
  pid: number;
  /** Resident memory of the server's own process. */
  memoryBytes(): number;
  /** Seconds from the start of the process to its being ready. */
  readySeconds: number;
  close(): Promise<void>;
}

const key = 'live_benchmarks-only-0123456789';

/** The platform as a process of its own, as users run it. */
export async function startServed(dataDir: string, env: Record<string, string> = {}): Promise<Served> {
  const started = performance.now();
  const child = spawn(process.execPath, [join(import.meta.dirname, '..', 'packages', 'cli', 'src', 'main.ts'), 'serve', '--no-demo', '--data', dataDir, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, FOVEA_ADMIN_KEY: key, NO_COLOR: '1', ...env },
  });
  const lines = createInterface({ input: child.stdout });
  let url = '';
  for await (const line of lines) {
    url = /ready at (\S+)/.exec(line)?.[1] ?? '';
    if (url !== '') break;
  }
  if (url === '') throw new Error('The platform did not start.');
  const pid = child.pid ?? 0;
  return {
    url,
    key,
    pid,
    readySeconds: (performance.now() - started) / 1_000,
    memoryBytes: () => Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1_024,
    async close() {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}
