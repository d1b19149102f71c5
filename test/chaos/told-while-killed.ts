// A platform that is killed with -9 again and again while events are made, and a receiver of which a fifth of the answers fail: what was told, beside what happened.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Event } from '@fovea/contract';
import { Fovea, verifyWebhook } from '@fovea/sdk';
import { processes } from '../processes.ts';
import { freeUrl } from './parts.ts';

const key = 'live_chaos-webhooks-0123456789';
const makers = 4;
/** So many of the answers fail. */
const failing = 5;

export interface Told {
  /** What happened, in the words of the platform, in order. */
  happened: Event[];
  /** What arrived and was answered well, in the order of arrival, each as often as it came. */
  heard: Event[];
  refused: number;
  kills: number;
  /** From the first change to the last delivery. */
  seconds: number;
}

/** Changes `things` datasets `changes` times each while the platform is killed; waits until everything arrived, at most so long. */
export async function toldWhileKilled(options: { dataDir: string; things: number; changes: number; kills: number; waitMs: number }): Promise<Told> {
  const host = processes({ FOVEA_ADMIN_KEY: key, FOVEA_ALLOW_PRIVATE_NETWORK: 'true' });
  const url = await freeUrl();
  const start = async () => (await host.start(['serve', '--no-demo', '--port', new URL(url).port, '--data', options.dataDir])).child;
  const receiver = await receive();
  try {
    let server = await start();
    const fovea = new Fovea({ url, key, maxRetries: 60 });
    const project = (await fovea.projects.create({ name: 'Told' })).id;
    receiver.secret = (await fovea.webhooks.create({ project, url: receiver.url, events: ['dataset.*'] })).secret;
    const total = options.things * (options.changes + 1);
    let made = 0;
    const started = performance.now();
    const making = makeEvents(fovea, project, options, () => (made += 1));
    // A failure is told where the making is awaited, not in the middle of a kill.
    let failed = false;
    making.catch(() => (failed = true));
    for (let kill = 1; kill <= options.kills; kill++) {
      while (!failed && made < (total * kill) / (options.kills + 1)) await new Promise((resolve) => setTimeout(resolve, 10));
      await host.end(server, 'SIGKILL');
      server = await start();
    }
    await making;
    const deadline = Date.now() + options.waitMs;
    const history = async () => (await fovea.events.list({ project }).toArray({ limit: 10 * total })).filter(({ type }) => type.startsWith('dataset.'));
    let happened = await history();
    // Events are told once no older transaction runs any more.
    while (happened.length < total && Date.now() < deadline) happened = await history();
    const missing = () => happened.filter(({ id }) => !receiver.heardIds.has(id)).length;
    while (missing() > 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
    return { happened, heard: receiver.heard, refused: receiver.refused(), kills: options.kills, seconds: (performance.now() - started) / 1_000 };
  } finally {
    await host.endAll();
    receiver.close();
  }
}

async function makeEvents(fovea: Fovea, project: string, { things, changes }: { things: number; changes: number }, onMade: () => void): Promise<void> {
  let left = things;
  await Promise.all(Array.from({ length: makers }, async () => {
    while (left > 0) {
      const { id } = await fovea.datasets.create({ project, name: `d${left--}` });
      onMade();
      for (let change = 1; change <= changes; change++) {
        await fovea.datasets.update(id, { description: `change ${change}` });
        onMade();
      }
    }
  }));
}

/** Answers every fifth call with an error, but none twice: otherwise the pauses would be measured. Everything it takes is signed. */
async function receive() {
  const heard: Event[] = [];
  const heardIds = new Set<string>();
  const refused = new Set<string>();
  let calls = 0;
  const self = { url: '', secret: '', heard, heardIds, refused: () => refused.size, close: () => undefined as void };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      verifyWebhook(Buffer.concat(parts), request.headers, self.secret).then(
        (told) => {
          const { data } = told as { data: Event };
          calls += 1;
          if (calls % failing === 0 && !refused.has(data.id)) {
            refused.add(data.id);
            response.writeHead(500).end();
            return;
          }
          heard.push(data);
          heardIds.add(data.id);
          response.writeHead(204).end();
        },
        () => response.writeHead(401).end(),
      );
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  self.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  self.close = () => {
    server.closeAllConnections();
    server.close();
  };
  return self;
}

/** The numbers of the events of each thing, as they are when sorted by number. */
export function numbersByThing(events: readonly Event[]): Record<string, number[]> {
  const byThing = Map.groupBy(events, ({ subject }) => subject.id);
  return Object.fromEntries([...byThing].map(([id, of]) => [id, [...new Set(of.map(({ seq }) => seq))].toSorted((a, b) => a - b)]));
}
