// What must not be lost when processes are killed with -9: jobs while a worker is killed every second, events told while the platform is killed.
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Job } from '@fovea/contract';
import { Fovea } from '@fovea/sdk';
import type { Figure, Scale } from './figure.ts';
import { startSlowJobs } from '../test/chaos/slow-jobs.ts';
import { numbersByThing, toldWhileKilled } from '../test/chaos/told-while-killed.ts';
import { processes, type Processes } from '../test/processes.ts';

const key = 'live_chaos-benchmark-0123456789';
const fleet = 4;
const sizes = { quick: { seconds: 10, jobs: 40, things: 30 }, full: { seconds: 60, jobs: 240, things: 300 } } as const;
const changes = 9;

export async function run({ scale }: { scale: Scale }): Promise<Figure[]> {
  return [...(await withFolder((folder) => workersKilled(folder, sizes[scale]))), ...(await withFolder((folder) => platformKilled(folder, sizes[scale].things)))];
}

async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'fovea-chaos-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function workersKilled(dataDir: string, { seconds, jobs: count }: { seconds: number; jobs: number }): Promise<Figure[]> {
  const host = processes({ FOVEA_ADMIN_KEY: key, FOVEA_DATA: dataDir });
  try {
    const { url } = await host.start(['serve', '--no-demo', '--port', '0', '--roles', 'api']);
    const fovea = new Fovea({ url, key });
    const { item, jobs } = await startSlowJobs(fovea, { count, seconds: 0.5 });
    const kills = await killEverySecond(host, seconds);
    const ended: Job[] = [];
    for (const { id } of jobs) ended.push(await fovea.jobs.wait(id, { deadlineMs: 600_000 }));
    const labels = await fovea.annotations.list(item).toArray({ limit: 10 * count });
    return figuresOf({ ended, labels: labels.length, kills });
  } finally {
    await host.endAll();
  }
}

/** Events told to a receiver of which a fifth of the answers fail, while the platform is killed three times. */
async function platformKilled(dataDir: string, things: number): Promise<Figure[]> {
  const { happened, heard, refused, kills, seconds } = await toldWhileKilled({ dataDir, things, changes, kills: 3, waitMs: 600_000 });
  const heardIds = new Set(heard.map(({ id }) => id));
  const missing = happened.filter(({ id }) => !heardIds.has(id)).length;
  const truth = numbersByThing(happened);
  const asTold = numbersByThing(heard);
  const inOrder = Object.keys(truth).filter((id) => JSON.stringify(truth[id]) === JSON.stringify(asTold[id])).length;
  const figure = (name: string, value: number, more: Partial<Figure> = {}): Figure => ({ bench: 'chaos', figure: name, value, unit: '', goal: undefined, ok: undefined, n: happened.length, ...more });
  return [
    figure('times that the platform was killed while events were told', kills),
    figure('events not delivered', missing, { goal: '0', ok: missing === 0 }),
    figure('things whose order the numbers tell, of all', inOrder / things, { unit: '×', goal: '= 1', ok: inOrder === things }),
    figure('  answers that failed, of all calls', refused / (heard.length + refused), { unit: '×' }),
    figure('  deliveries more than once', heard.length - heardIds.size),
    figure('  made and delivered, kills and failures included', happened.length / seconds, { unit: '/s' }),
  ];
}

function figuresOf({ ended, labels, kills }: { ended: readonly Job[]; labels: number; kills: number }): Figure[] {
  const complete = ended.filter((job) => job.status === 'complete' && job.outputs.length === 1).length;
  const figure = (name: string, value: number, more: Partial<Figure>): Figure => ({ bench: 'chaos', figure: name, value, unit: '', goal: undefined, ok: undefined, n: ended.length, ...more });
  for (const { id, status, message, outputs } of ended.filter((job) => job.status !== 'complete' || job.outputs.length !== 1)) console.error(`job ${id}: ${status}, ${outputs.length} outputs, ${message}`);
  return [
    figure('workers killed', kills, {}),
    figure('jobs complete, with one output each', complete / ended.length, { unit: '×', goal: '= 1', ok: complete === ended.length }),
    figure('labels attached, of one for each job', labels / ended.length, { unit: '×', goal: '= 1', ok: labels === ended.length }),
    figure('jobs that lost a worker', ended.filter((job) => job.attempt > 1).length, {}),
    figure('most workers that one job lost', Math.max(...ended.map((job) => job.attempt)) - 1, {}),
  ];
}

/** Every second the worker that runs longest is killed, and another one started; those that are left end what is still to do. */
async function killEverySecond(host: Processes, seconds: number): Promise<number> {
  const workers: ChildProcess[] = [];
  for (let n = 0; n < fleet; n++) workers.push((await host.start(['worker'])).child);
  let kills = 0;
  for (const until = Date.now() + seconds * 1_000; Date.now() < until; kills++) {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    workers.push(host.run(['worker']));
    const oldest = workers.shift();
    if (oldest) await host.end(oldest, 'SIGKILL');
  }
  return kills;
}
