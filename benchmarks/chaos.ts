// Workers that are killed with -9, one every second for a minute, while jobs run: every job must complete once, none be lost, nothing doubled.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Job } from '@fovea/contract';
import { Fovea } from '@fovea/sdk';
import type { Figure, Scale } from './figure.ts';

const cli = join(import.meta.dirname, '..', 'packages', 'cli', 'src', 'main.ts');
const key = 'live_chaos-benchmark-0123456789';
const fleet = 4;
const sizes = { quick: { seconds: 10, jobs: 40 }, full: { seconds: 60, jobs: 240 } } as const;

export async function run({ scale }: { scale: Scale }): Promise<Figure[]> {
  const { seconds, jobs: count } = sizes[scale];
  const dataDir = await mkdtemp(join(tmpdir(), 'fovea-chaos-'));
  const machines = new Machines(dataDir);
  try {
    const line = await machines.ready(machines.start(['serve', '--no-demo', '--port', '0', '--roles', 'api']));
    const fovea = new Fovea({ url: /at (\S+)/.exec(line)?.[1] ?? '', key });
    const { item, jobs } = await load(fovea, count);
    const kills = await killEverySecond(machines, seconds);
    const ended: Job[] = [];
    for (const { id } of jobs) ended.push(await fovea.jobs.wait(id, { deadlineMs: 600_000 }));
    const labels = await fovea.annotations.list(item).toArray({ limit: 10 * count });
    return figuresOf({ ended, labels: labels.length, kills });
  } finally {
    await machines.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
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

/** Jobs of half a second that leave a file and a label. */
async function load(fovea: Fovea, count: number): Promise<{ item: string; jobs: Job[] }> {
  const project = (await fovea.projects.create({ name: 'Chaos' })).id;
  const dataset = (await fovea.datasets.create({ project, name: 'd' })).id;
  const { item } = await fovea.items.upload(dataset, new TextEncoder().encode('words'), { path: '/a.txt' });
  const result = '{"files": [{"output": "done", "path": "done.txt"}], "labels": [{"from": "a.txt", "annotations": [{"type": "classification", "label": "seen", "geometry": {"type": "classification"}}]}]}';
  const analytic = await fovea.analytics.register({
    name: 'chaos/slow',
    version: '1.0.0',
    inputs: [{ name: 'text', media: ['text'] }],
    outputs: [{ name: 'done', type: 'file', filename: 'done.txt' }, { name: 'labels', type: 'labels' }],
    runtime: { kind: 'process', command: ['sh', '-c', `sleep 0.5; echo done > "$FOVEA_OUTPUT/done.txt"; echo '${result}' > "$FOVEA_OUTPUT/result.json"`] },
  });
  const jobs = await Promise.all(Array.from({ length: count }, () => fovea.jobs.create({ project, analytic: analytic.id, inputs: { text: item.id }, attachLabels: true })));
  return { item: item.id, jobs };
}

/** Every second the worker that runs longest is killed, and another one started; those that are left end what is still to do. */
async function killEverySecond(machines: Machines, seconds: number): Promise<number> {
  const workers: ChildProcess[] = Array.from({ length: fleet }, () => machines.start(['worker']));
  for (const worker of workers) await machines.ready(worker);
  let kills = 0;
  for (const until = Date.now() + seconds * 1_000; Date.now() < until; kills++) {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    workers.push(machines.start(['worker']));
    const oldest = workers.shift();
    oldest?.kill('SIGKILL');
    if (oldest && oldest.exitCode === null && oldest.signalCode === null) await once(oldest, 'exit');
  }
  return kills;
}

/** Processes of the program over one data folder. */
class Machines {
  readonly #dataDir: string;
  readonly #running = new Set<ChildProcess>();

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  start(args: readonly string[]): ChildProcess {
    const child = spawn(process.execPath, [cli, ...args, '--data', this.#dataDir], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, FOVEA_ADMIN_KEY: key, FOVEA_LOG_LEVEL: 'silent', NO_COLOR: '1' } });
    this.#running.add(child);
    child.once('exit', () => this.#running.delete(child));
    return child;
  }

  /** The line with which it says that it is ready. */
  async ready(child: ChildProcess): Promise<string> {
    if (child.stdout) for await (const line of createInterface({ input: child.stdout })) if (line.includes('ready')) return line;
    throw new Error('A process of the program ended before it was ready.');
  }

  /** Workers first: the database ends with the platform. */
  async stop(): Promise<void> {
    for (const child of Array.from(this.#running).toReversed()) {
      child.kill('SIGTERM');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }
  }
}
