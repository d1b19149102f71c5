// From the command to a platform that answers, on data that is there already, beside PostgreSQL's own start.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median, type Figure } from './figure.ts';
import { startServed } from './served.ts';
import { startEmbeddedPostgres } from '../packages/server/src/engines/database/embedded.ts';

export async function run(): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'fovea-bench-'));
  try {
    await (await startServed(folder)).close();
    const whole: number[] = [];
    const bare: number[] = [];
    for (let run = 0; run < 3; run++) {
      const started = performance.now();
      const server = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') });
      bare.push((performance.now() - started) / 1_000);
      await server.stop();
      const served = await startServed(folder);
      whole.push(served.readySeconds);
      await served.close();
    }
    const beyond = median(whole) - median(bare);
    return [{ bench: 'start', figure: 'ready on existing data, beyond PostgreSQL itself', value: beyond, unit: 's', goal: '≤ 3', ok: beyond <= 3, n: whole.length }];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
