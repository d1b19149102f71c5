import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A network in which nothing but the platform answers. */
export interface OwnNetwork {
  /** What podman calls it. */
  name: string;
  /** Names that lead to the platform there. */
  hosts: string[];
  close(): Promise<void>;
}

let possible: boolean | undefined;

/** Whether this machine lets us make networks: as root, with iproute2. */
export function canMakeNetworks(): boolean {
  return (possible ??= process.getuid?.() === 0 && spawnSync('ip', ['netns', 'list'], { stdio: 'ignore' }).status === 0);
}

/** Makes a network for one container, with a relay in it from the platform's own address and port to the platform. */
export async function openOwnNetwork({ id, folder, platform }: { id: string; folder: string; platform: URL }): Promise<OwnNetwork> {
  const port = Number(platform.port || (platform.protocol === 'https:' ? 443 : 80));
  const host = platform.hostname.replace(/^\[|\]$/g, '');
  const socket = join(folder, 'relay');
  const near = createServer((client) => {
    const server = connect(port, host);
    client.pipe(server).pipe(client);
    for (const [one, other] of [[client, server], [server, client]] as const) one.on('error', () => other.destroy()).on('close', () => other.destroy());
  });
  const open = new Set<import('node:net').Socket>();
  near.on('connection', (client) => (open.add(client), client.once('close', () => open.delete(client))));
  await once(near.listen(socket), 'listening');
  const closeNear = async (): Promise<void> => {
    for (const client of open) client.destroy();
    near.close();
  };
  await run('ip', ['netns', 'delete', id]).catch(() => undefined);
  try {
    await run('ip', ['netns', 'add', id]);
    await run('ip', ['-n', id, 'link', 'set', 'lo', 'up']);
    const relay = spawn('ip', ['netns', 'exec', id, process.execPath, join(import.meta.dirname, 'relay-program.ts'), String(port), socket], { stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: process.env['PATH'] } });
    const ended = once(relay, 'exit');
    const first = await Promise.race([once(createInterface({ input: relay.stdout }), 'line'), ended]);
    if (first[0] !== 'ready') throw new Error('The relay to the platform did not start.');
    return {
      name: `ns:/run/netns/${id}`,
      hosts: /^[\d.]+$|^localhost$|:/.test(host) ? [] : [`${host}:127.0.0.1`],
      async close() {
        relay.kill('SIGKILL');
        await ended;
        await closeNear();
        await run('ip', ['netns', 'delete', id]).catch(() => undefined);
      },
    };
  } catch (error) {
    await closeNear();
    await run('ip', ['netns', 'delete', id]).catch(() => undefined);
    throw error;
  }
}
