// Jobs that do nothing beside messages that do nothing on the same queue; how soon a job starts; its position among many; and jobs on
// pictures beside bare loops over them.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { analyticManifest, newId } from '@fovea/contract';
import { pino } from 'pino';
import sql, { raw } from 'sql-template-tag';
import { median, times, type Figure, type Scale } from './figure.ts';
import { pictureJobs } from './pictures.ts';
import { workJobs } from '../packages/server/src/compute/jobs/background.ts';
import type { Runner } from '../packages/server/src/compute/runners/runner.ts';
import { diskBlobs } from '../packages/server/src/engines/blobs/disk.ts';
import { systemClock } from '../packages/server/src/engines/clock.ts';
import { startEmbeddedPostgres } from '../packages/server/src/engines/database/embedded.ts';
import { migrate } from '../packages/server/src/engines/database/migrate.ts';
import { connectDatabase } from '../packages/server/src/engines/database/postgres.ts';
import { safeOutbound } from '../packages/server/src/engines/outbound/safe-outbound.ts';
import { startQueue } from '../packages/server/src/engines/queue/pg-boss-queue.ts';
import { messageKind } from '../packages/server/src/engines/queue/queue.ts';
import { bootstrap } from '../packages/server/src/identity/bootstrap.ts';
import { compose, migrationsDir, type Platform } from '../packages/server/src/main/compose.ts';

const senders = 4;
const lanes = 4;
const starts = 40;
const bare = messageKind<{ n: number }>('bench.nothing');

export async function run({ scale }: { scale: Scale }): Promise<Figure[]> {
  return [...(await dispatch(scale)), ...(await pictureJobs(scale))];
}

/** What a job costs that does nothing. */
async function dispatch(scale: Scale): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'fovea-bench-'));
  const world = await open(folder);
  try {
    const count = scale === 'full' ? 2_000 : 400;
    const waiting = scale === 'full' ? 100_000 : 10_000;
    const { share, rate, jobs } = await rates(world, count);
    const bareStart = await startLatency((begin) => world.bareStart(begin));
    const jobStart = await startLatency((begin) => world.jobStart(begin));
    const positionMs = await position(world, waiting);
    const figure = (name: string, value: number, more: Partial<Figure>): Figure => ({ bench: 'compute', figure: name, value, unit: '', goal: undefined, ok: undefined, n: count, ...more });
    const over = jobStart - bareStart;
    return [
      figure('no-op jobs, of the bare queue’s messages', share, { unit: '×', goal: '≥ 0.5', ok: share >= 0.5 }),
      figure('  no-op jobs', jobs, { unit: '/s' }),
      figure('  bare messages', rate, { unit: '/s' }),
      figure('start of a job, over a bare message', over, { unit: 'ms', goal: '≤ 20', ok: over <= 20, n: starts }),
      figure('position in the queue', positionMs, { unit: 'ms', goal: '≤ 5', ok: positionMs <= 5, n: waiting }),
    ];
  } finally {
    await world.close();
    await rm(folder, { recursive: true, force: true });
  }
}

type World = Awaited<ReturnType<typeof open>>;

/** The platform's rooms on a database of their own, with a runner that does nothing. */
async function open(folder: string) {
  const server = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') });
  const db = await connectDatabase({ ...server.connection, poolSize: 10 });
  await migrate(db, migrationsDir);
  const logger = pino({ level: 'silent' });
  const queue = await startQueue({ connection: server.connection, database: db, logger });
  const blobs = await diskBlobs({ root: join(folder, 'blobs') });
  const engines = { db, blobs, queue, outbound: safeOutbound({ allowPrivateNetwork: true }), clock: systemClock, logger };
  const platform = compose(engines, { publicUrl: () => 'http://127.0.0.1', secret: 'a secret for benchmarks, long enough', maxUploadBytes: 1e9, allowPrivateNetwork: true, uploadsDir: join(folder, 'uploads') });
  const { newKey = '' } = await bootstrap(db, { fixedKey: undefined });
  await queue.declare([...platform.messageKinds, bare]);
  const caller = await platform.rooms.keys.authenticate(newKey);
  if (!caller) throw new Error('The first key opens nothing.');
  const project = await platform.rooms.projects.create(caller, { name: 'Bench', description: '', metadata: {} } as Parameters<Platform['rooms']['projects']['create']>[1]);
  const nothing = analyticManifest.parse({ name: 'bench/nothing', version: '1.0.0', inputs: [], outputs: [], runtime: { kind: 'http', url: 'http://127.0.0.1/' } });
  await platform.rooms.analytics.register(caller, nothing);
  const heard = { bare: 0, jobs: 0, onBare: () => {}, onJob: () => {} };
  const noop: Runner = { run: async () => (heard.jobs++, heard.onJob(), { files: [] }), close: async () => undefined };
  await queue.work(bare, async () => void (heard.bare++, heard.onBare()), { concurrency: lanes });
  const { jobs, analytics, annotations } = platform.rooms;
  const stopTelling = await workJobs({ db, blobs, queue, logger, jobs, analytics, annotations, runners: { http: noop }, drawFrame: () => Promise.reject(new Error('No job here looks at a frame.')) }, ['cpu'], lanes);
  const create = () => jobs.create(caller, { project: project.id, analytic: 'bench/nothing', inputs: {}, parameters: {}, compute: 'best', start: true, attachLabels: false, cache: false });
  const send = () => db.tx((tx) => queue.send(tx, bare, { n: 1 }));
  return {
    db,
    heard,
    caller,
    jobs,
    create,
    send,
    bareStart: (begun: () => void) => ((heard.onBare = begun), send()),
    jobStart: (begun: () => void) => ((heard.onJob = begun), create()),
    async close() {
      await queue.stop(1_000);
      await stopTelling();
      await platform.stopWorking();
      await blobs.close();
      await db.close();
      await server.stop();
    },
  };
}

/** Does something so often, a few at once. */
async function many(count: number, work: () => Promise<unknown>): Promise<void> {
  let left = count;
  await Promise.all(Array.from({ length: senders }, async () => {
    while (left-- > 0) await work();
  }));
}

async function until(done: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await done())) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Both by turns, so that what else the machine does meets both; the middle of their ratios. */
async function rates(world: World, count: number): Promise<{ share: number; rate: number; jobs: number }> {
  await bareRate(world, 20);
  await jobRate(world, 20);
  const rounds: { bare: number; jobs: number }[] = [];
  for (let round = 0; round < 5; round++) rounds.push({ bare: await bareRate(world, count / 5), jobs: await jobRate(world, count / 5) });
  return { share: median(rounds.map(({ bare, jobs }) => jobs / bare)), rate: median(rounds.map((round) => round.bare)), jobs: median(rounds.map((round) => round.jobs)) };
}

async function bareRate({ heard, send }: World, count: number): Promise<number> {
  const before = heard.bare;
  const [seconds = 1] = await times(1, async () => {
    await many(count, send);
    await until(() => heard.bare === before + count);
  });
  return count / seconds;
}

/** Until the last one is complete, not only begun. */
async function jobRate({ db, heard, create }: World, count: number): Promise<number> {
  const wanted = heard.jobs + count;
  const complete = async () => heard.jobs >= wanted && (await db.one<{ n: number }>(sql`select count(*) as n from jobs where status = 'complete'`)).n >= wanted;
  const [seconds = 1] = await times(1, async () => {
    await many(count, create);
    await until(complete);
  });
  return count / seconds;
}

/** Median milliseconds from the call that sends to the begin of the work, one after the other. */
async function startLatency(start: (begun: () => void) => Promise<unknown>): Promise<number> {
  const tookMs: number[] = [];
  for (let at = 0; at < starts; at++) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const began = performance.now();
    await Promise.all([start(() => (tookMs.push(performance.now() - began), resolve())), promise]);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return median(tookMs);
}

/** Median milliseconds of asking for the last of so many that wait. */
async function position({ db, jobs, caller, create }: World, count: number): Promise<number> {
  const sample = await create();
  await until(async () => (await jobs.get(caller, sample.id)).endedAt !== null);
  const columns = 'org_id, project_id, analytic_id, analytic, version, name, compute, created_by';
  await db.run(sql`insert into jobs (id, ticket, queue, status, queued_at, ${raw(columns)})
    select (substr(md5(n::text || 'a'), 1, 8) || '-' || substr(md5(n::text), 1, 4) || '-7' || substr(md5(n::text), 5, 3) || '-8' || substr(md5(n::text), 9, 3) || '-' || substr(md5(n::text), 13, 12))::uuid,
      nextval('job_tickets'), 'gpu', 'queued', now(), ${raw(columns)} from jobs, generate_series(1, ${count}) n where id = ${sample.id}`);
  const last = newId();
  await db.run(sql`insert into jobs (id, ticket, queue, status, queued_at, ${raw(columns)}) select ${last}, nextval('job_tickets'), 'gpu', 'queued', now(), ${raw(columns)} from jobs where id = ${sample.id}`);
  await db.run(raw('analyze jobs'));
  const found = await jobs.get(caller, last);
  if (found.position !== count) throw new Error(`The position is ${found.position}, not ${count}.`);
  return median(await times(30, () => jobs.get(caller, last))) * 1_000;
}
