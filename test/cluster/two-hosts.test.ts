// Two servers and a worker, as on three hosts: nothing in common but a database, a store of bytes and a secret.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fovea } from '@fovea/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../packages/server/src/engines/database/embedded.ts';
import { processes, type Processes } from '../processes.ts';

const key = 'live_cluster-tests-0123456789';
const folder = mkdtempSync(join(tmpdir(), 'fovea-cluster-'));
const own = (name: string) => ({ FOVEA_DATA: join(folder, name) });
let database: EmbeddedPostgres;
let hosts: Processes;
let one: Fovea;
let two: Fovea;
let project: string;
let dataset: string;

beforeAll(async () => {
  database = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), unsafeFast: true });
  const { host, port, user, database: name } = database.connection;
  mkdirSync(join(folder, 'blobs'));
  hosts = processes({
    FOVEA_DATABASE_URL: `postgres://${user}@localhost:${port}/${name}?host=${encodeURIComponent(host)}`,
    FOVEA_BLOBS: join(folder, 'blobs'),
    FOVEA_SECRET: 'the same on every host, long enough for it',
    FOVEA_ADMIN_KEY: key,
  });
  const serve = ['serve', '--no-demo', '--port', '0', '--roles', 'api,console'];
  // At once: the schema is made by one of them.
  const [first, second] = await Promise.all([hosts.start(serve, own('one')), hosts.start(serve, own('two'))]);
  one = new Fovea({ url: first.url, key });
  two = new Fovea({ url: second.url, key });
  project = (await one.projects.create({ name: 'Cluster' })).id;
  dataset = (await two.datasets.create({ project, name: 'd' })).id;
}, 180_000);
afterAll(async () => {
  await hosts.endAll();
  await database.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

test('what one stores the other gives, with events as they happen', async () => {
  const heard = two.events.follow(project);
  const next = heard.next();
  const bytes = new TextEncoder().encode('the same bytes on both');
  const { item } = await one.items.upload(dataset, bytes, { path: '/a.txt' });
  expect((await next).value).toMatchObject({ projectId: project });
  await heard.return(undefined);
  expect(await two.items.get(item.id)).toMatchObject({ path: '/a.txt', sizeBytes: bytes.length });
  expect(await (await two.items.download(item.id)).text()).toBe('the same bytes on both');
  // A link that one signs opens at the other.
  const { url } = await two.transfers.link(item.id);
  expect(await (await fetch(new URL(new URL(url).pathname + new URL(url).search, one.url))).text()).toBe('the same bytes on both');
});

test('two servers never give one task to two people', async () => {
  const items = await one.items.uploadMany(dataset, Array.from({ length: 40 }, (_, index) => ({ path: `/t/${index}.txt`, file: new Blob([`${index}`]) })));
  expect(items.created).toBe(40);
  const batch = await one.batches.create({ project, name: 'b', dataset });
  const ids = await one.items.query(dataset, { filter: { folder: '/t' } }).toArray({ limit: 100 });
  for (const { id } of ids) await two.tasks.create({ project, batch: batch.id, item: id ?? '' });
  await two.batches.finalize(batch.id);
  const claimed: string[] = [];
  await Promise.all(
    [one, two, one, two].map(async (fovea) => {
      for (;;) {
        const { task, lease } = await fovea.tasks.claim(project, { batch: batch.id });
        if (!task || lease === null) return;
        claimed.push(task.id);
        await fovea.tasks.submit(task.id, { lease, response: {} });
      }
    }),
  );
  expect(new Set(claimed).size).toBe(claimed.length);
  expect(claimed).toHaveLength(40);
});

test('a job that one server takes in is run by a worker elsewhere, and by another when that one is killed', async () => {
  const { item } = await one.items.upload(dataset, new TextEncoder().encode('words'), { path: '/job.txt' });
  const analytic = await one.analytics.register({
    name: 'cluster/slow',
    version: '1.0.0',
    inputs: [{ name: 'text', media: ['text'] }],
    outputs: [{ name: 'done', type: 'file', filename: 'done.txt' }],
    runtime: { kind: 'process', command: ['sh', '-c', 'sleep 2; echo done > "$FOVEA_OUTPUT/done.txt"'] },
  });
  const job = await one.jobs.create({ project, analytic: analytic.id, inputs: { text: item.id } });
  expect(await two.jobs.get(job.id)).toMatchObject({ status: 'queued', position: 0 });
  const { child } = await hosts.start(['worker'], own('worker'));
  await expect.poll(async () => (await two.jobs.get(job.id)).status, { timeout: 30_000 }).toBe('running');
  await hosts.end(child, 'SIGKILL');
  await hosts.start(['worker'], own('worker'));
  const ended = await two.jobs.wait(job.id);
  expect([ended.status, ended.attempt, ended.outputs.length]).toEqual(['complete', 2, 1]);
  await expect.poll(async () => (await two.items.get(item.id)).probe, { timeout: 30_000 }).toBe('ready');
}, 120_000);
