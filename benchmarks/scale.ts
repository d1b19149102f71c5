// The Scale door beside the native API (tasks made by eight callers at once), and its list of tasks beside hand-written SQL.
import { createServer, type Server } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import sql, { raw, type Sql } from 'sql-template-tag';
import { median, times, type Figure, type Scale } from './figure.ts';
import { startServed, type Served } from './served.ts';
import type { Database } from '../packages/server/src/engines/database/database.ts';
import { embeddedConnection } from '../packages/server/src/engines/database/embedded.ts';
import { connectDatabase } from '../packages/server/src/engines/database/postgres.ts';

const lanes = 8;
/** The two take turns, so many tasks each, so that what else the machine does meets both. */
const turn = 100;
const runs = 30;

export async function run({ scale }: { scale: Scale }): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'fovea-bench-'));
  const files = await servePicture();
  const served = await startServed(folder, { FOVEA_ALLOW_PRIVATE_NETWORK: 'true' });
  const connection = embeddedConnection(join(folder, 'postgres'));
  if (!connection) throw new Error('The platform has no embedded database.');
  const db = await connectDatabase({ ...connection, poolSize: 2 });
  try {
    const attachment = `http://127.0.0.1:${(files.address() as AddressInfo).port}/picture.png`;
    return [...(await creations(served, attachment, scale === 'full' ? 5_000 : 1_000)), ...(await lists(served, db, attachment, scale === 'full' ? 1_000_000 : 100_000))];
  } finally {
    await db.close();
    await served.close();
    files.closeAllConnections();
    files.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function servePicture(): Promise<Server> {
  const png = await sharp({ create: { width: 64, height: 48, channels: 3, background: '#336699' } }).png().toBuffer();
  const server = createServer((_request, response) => void response.setHeader('content-type', 'image/png').end(png));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function post(served: Served, path: string, body: object): Promise<Record<string, unknown>> {
  const authorization = path.startsWith('/scale') ? `Basic ${Buffer.from(`${served.key}:`).toString('base64')}` : `Bearer ${served.key}`;
  const answer = await fetch(`${served.url}${path}`, { method: 'POST', headers: { authorization, 'content-type': 'application/json' }, body: JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text}`);
  return JSON.parse(text) as Record<string, unknown>;
}

const labels = ['car', 'person', 'bicycle', 'sign'];

/** Seconds that `count` requests take, eight at a time. */
async function inLanes(count: number, request: () => Promise<unknown>): Promise<number> {
  let left = count;
  const started = performance.now();
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      while (left-- > 0) await request();
    }),
  );
  return (performance.now() - started) / 1_000;
}

async function creations(served: Served, attachment: string, count: number): Promise<Figure[]> {
  const geometries = { box: { objects_to_annotate: labels } };
  await post(served, '/scale/v1/projects', { name: 'Bench', type: 'imageannotation', params: { geometries, instruction: 'Draw boxes.' } });
  const project = await post(served, '/v1/projects', { name: 'Native' });
  await post(served, '/v1/recipes', { project: project['id'], name: 'Boxes', labels: labels.map((name) => ({ name })), params: { geometries } });
  let serial = 0;
  const metadata = () => ({ number: ++serial });
  const door = () => post(served, '/scale/v1/task/imageannotation', { project: 'Bench', attachment, instruction: 'Here.', unique_id: `door ${serial}`, metadata: metadata() });
  const native = () => post(served, '/v1/tasks', { project: project['id'], type: 'imageannotation', attachment, instruction: 'Here.', uniqueId: `native ${serial}`, metadata: metadata(), params: { geometries } });
  await inLanes(turn, native);
  await inLanes(turn, door);
  let [doorSeconds, nativeSeconds] = [0, 0];
  for (let made = 0; made < count; made += turn) {
    // Whoever comes second meets the work that the first left in the background: both are second as often.
    const order = (made / turn) % 2 === 0;
    if (order) doorSeconds += await inLanes(turn, door);
    nativeSeconds += await inLanes(turn, native);
    if (!order) doorSeconds += await inLanes(turn, door);
  }
  const ratio = nativeSeconds / doorSeconds;
  return [
    { bench: 'scale', figure: 'tasks made by 8 callers, of the native API', value: ratio, unit: '×', goal: '≥ 0.8', ok: ratio >= 0.8, n: count },
    { bench: 'scale', figure: '  tasks through the door', value: count / doorSeconds, unit: '/s', goal: undefined, ok: undefined, n: count },
  ];
}

async function lists(served: Served, db: Database, attachment: string, count: number): Promise<Figure[]> {
  await post(served, '/scale/v1/task/imageannotation', { project: 'Bench', attachment, instruction: 'The last.', metadata: { kind: 'copied' } });
  // Copies of the newest task, each with the earlier id that its number makes and a second later than the one before. The older half is
  // completed, a day after it was made; one in a thousand of the oldest tenth is of another type, and one in a thousand of the completed was rejected.
  await db.run(sql`insert into tasks (id, org_id, project_id, type, status, instruction, params, metadata, recipe_id, recipe_version, origin, extra, created_by, created_at, updated_at, completed_at, review_status)
    select (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, org_id, project_id, case when n % 1000 = 0 and n <= ${count} / 10 then 'annotation' else type end,
      case when ended is null then status else 'completed' end, instruction, params, metadata, recipe_id, recipe_version, origin, extra, created_by, at, coalesce(ended, at), ended,
      case when ended is not null and n % 1000 = 1 then 'rejected' end
    from (select made.*, n, made.created_at - make_interval(secs => ${count} - n) as at from tasks made, generate_series(1, ${count}) n where metadata->>'kind' = 'copied') numbered
      cross join lateral (select case when n <= ${count} / 2 then at + interval '1 day' end as ended) done`);
  await db.run(raw('vacuum analyze tasks'));
  const org = (await db.one<{ org_id: string }>(sql`select org_id from tasks limit 1`)).org_id;
  const place = await db.one<Place>(sql`select id, created_at from tasks where org_id = ${org} and origin = 'scale' order by created_at, id offset 100 limit 1`);
  const first = await list(served);
  const last = tokenAt(first['next_token'] as string, place);
  const end = await list(served, last);
  if (end['has_more'] !== false || (end['docs'] as unknown[]).length !== 100) throw new Error('The last page was not met.');
  const page = (before: Place) => db.many(sql`select * from tasks where org_id = ${org} and test = false and origin = 'scale' and deleted_at is null
    and (created_at, id) < (${before.created_at}, ${before.id}) order by created_at desc, id desc limit 101`);
  const total = () => db.one(sql`select count(*) from tasks where org_id = ${org} and test = false and origin = 'scale' and deleted_at is null`);
  const newest = { id: 'ffffffff-ffff-7fff-8fff-ffffffffffff', created_at: new Date('2999-01-01') };
  const [doorFirst, doorLast, bareFirst, bareLast, empty] = [
    median(await times(runs, () => list(served))),
    median(await times(runs, () => list(served, last))),
    median(await times(runs, () => Promise.all([page(newest), total()]))),
    median(await times(runs, () => page(place))),
    median(await times(runs, () => fetch(`${served.url}/v1/info`).then((answer) => answer.text()))),
  ] as [number, number, number, number, number];
  const [ofFirst, ofBareFirst, ofBareLast] = [doorLast / doorFirst, doorFirst / (bareFirst + empty), doorLast / (bareLast + empty)];
  const figure = (name: string, value: number, goal: number): Figure => ({ bench: 'scale', figure: name, value, unit: '×', goal: `≤ ${goal}`, ok: value <= goal, n: count });
  return [
    figure('last page of 100, of the first', ofFirst, 1.3),
    figure('first page and total, of bare SQL and an empty request', ofBareFirst, 3),
    figure('last page, of bare SQL and an empty request', ofBareLast, 3),
    { bench: 'scale', figure: '  first page', value: doorFirst * 1_000, unit: 'ms', goal: undefined, ok: undefined, n: count },
    { bench: 'scale', figure: '  last page', value: doorLast * 1_000, unit: 'ms', goal: undefined, ok: undefined, n: count },
    ...(await filtered(served, db, { org, count, empty })),
  ];
}

/** First pages with totals by the filters of the list, beside the same asked of the database. */
async function filtered(served: Served, db: Database, { org, count, empty }: { org: string; count: number; empty: number }): Promise<Figure[]> {
  const { at: last } = await db.one<{ at: Date }>(sql`select max(completed_at) as at from tasks where org_id = ${org}`);
  const before = (seconds: number) => new Date(last.getTime() - seconds * 1_000);
  const middle = before(count / 4);
  const filters: [name: string, query: Record<string, string>, condition: Sql][] = [
    ['type (few, all old)', { type: 'annotation' }, sql`type = 'annotation'`],
    ['completed (the older half)', { status: 'completed' }, sql`status = 'completed'`],
    ['completed_after, few', { completed_after: before(50).toISOString() }, sql`completed_at >= ${before(50)}`],
    ['completed_after, a quarter', { completed_after: middle.toISOString() }, sql`completed_at >= ${middle}`],
    ['completed_before, a quarter', { completed_before: middle.toISOString() }, sql`completed_at <= ${middle}`],
    ['updated_after, half', { updated_after: last.toISOString() }, sql`updated_at >= ${last}`],
    ['updated_before, a quarter', { updated_before: middle.toISOString() }, sql`updated_at <= ${middle}`],
    ['customer_review_status (few)', { customer_review_status: 'rejected' }, sql`status = 'completed' and review_status = 'rejected'`],
  ];
  const figures: Figure[] = [];
  for (const [name, query, condition] of filters) {
    const where = sql`from tasks where org_id = ${org} and test = false and origin = 'scale' and deleted_at is null and ${condition}`;
    const bare = () => Promise.all([db.many(sql`select * ${where} order by created_at desc, id desc limit 101`), db.one<{ count: number }>(sql`select count(*) as count ${where}`)]);
    const [, { count: total }] = await bare();
    if ((await list(served, undefined, query))['total'] !== total) throw new Error(`The door counts something else for ${name}.`);
    const [door, plain] = [median(await times(runs, () => list(served, undefined, query))), median(await times(runs, bare))] as [number, number];
    const ratio = door / (plain + empty);
    figures.push({ bench: 'scale', figure: `first page by ${name}, of bare SQL`, value: ratio, unit: '×', goal: '≤ 3', ok: ratio <= 3, n: count });
    figures.push({ bench: 'scale', figure: '  which takes', value: door * 1_000, unit: 'ms', goal: undefined, ok: undefined, n: count });
  }
  return figures;
}

async function list(served: Served, token?: string, filters: Record<string, string> = {}): Promise<Record<string, unknown>> {
  const query = new URLSearchParams({ limit: '100', ...filters, ...(token === undefined ? {} : { next_token: token }) });
  const answer = await fetch(`${served.url}/scale/v1/tasks?${query}`, { headers: { authorization: `Basic ${Buffer.from(`${served.key}:`).toString('base64')}` } });
  return (await answer.json()) as Record<string, unknown>;
}

interface Place {
  id: string;
  created_at: Date;
}

/** The token of the page after a task: the first page's, with its position exchanged. */
function tokenAt(token: string, { id, created_at: createdAt }: Place): string {
  const [, , ...rest] = JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as unknown[];
  return Buffer.from(JSON.stringify([createdAt.toISOString(), id, ...rest])).toString('base64url');
}
