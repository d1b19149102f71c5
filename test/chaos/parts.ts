// How far a large upload is, seen from outside: parts on the disk, and parts that a platform has taken.
import { existsSync, readdirSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** How many parts of the only upload on its way have arrived. */
export function arrivedParts(dataDir: string): number {
  const root = join(dataDir, 'blobs', '.uploads');
  const [upload] = existsSync(root) ? readdirSync(root) : [];
  return upload === undefined ? 0 : readdirSync(join(root, upload)).filter((name) => name.startsWith('part-')).length;
}

/** Waits until some have. */
export async function someArrived(dataDir: string): Promise<void> {
  while (arrivedParts(dataDir) < 3) await sleep(2);
}

/** Parts that a platform has taken since its start. */
export async function partsTaken(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const line = metrics.split('\n').find((one) => one.startsWith('fovea_http_request_duration_seconds_count') && one.includes('/parts/') && one.includes('"204"'));
  return Number(line?.split(' ').at(-1) ?? 0);
}

/** An address that a platform can be started at, and again after it was killed. */
export async function freeUrl(): Promise<string> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return `http://127.0.0.1:${port}`;
}
