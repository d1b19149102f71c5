// Work of people: annotations imported and saved, tasks claimed, callers told — beside the bare engine doing the same work in the same run.
import { createServer, type Server } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { newId } from '@fovea/contract';
import sql, { raw } from 'sql-template-tag';
import { median, times, type Figure, type Scale } from './figure.ts';
import { claimAll } from './claims.ts';
import { startServed, type Served } from './served.ts';
import { embeddedConnection } from '../packages/server/src/engines/database/embedded.ts';
import { connectDatabase } from '../packages/server/src/engines/database/postgres.ts';
import type { Database } from '../packages/server/src/engines/database/database.ts';
import { newAnnotationColumns } from '../packages/server/src/labeling/annotations/store.ts';

const pullers = 50;
const savers = 200;
const senders = 8;

interface World {
  folder: string;
  served: Served;
  db: Database;
  project: string;
  dataset: string;
  items: string[];
}

interface Sizes {
  annotations: number;
  open: number;
  claims: number;
  /** Claims without HTTP, for the question whether any task is ever given to two people. */
  manyClaims: number;
  events: number;
}

const sizesOf = (scale: Scale): Sizes => (scale === 'full' ? { annotations: 1_000_000, open: 100_000, claims: 5_000, manyClaims: 1_000_000, events: 5_000 } : { annotations: 50_000, open: 100_000, claims: 500, manyClaims: 10_000, events: 200 });

export async function run({ scale }: { scale: Scale }): Promise<Figure[]> {
  const sizes = sizesOf(scale);
  const folder = await mkdtemp(join(tmpdir(), 'fovea-bench-'));
  const served = await startServed(folder, { FOVEA_ALLOW_PRIVATE_NETWORK: 'true' });
  const connection = embeddedConnection(join(folder, 'postgres'));
  if (!connection) throw new Error('The platform has no embedded database.');
  const db = await connectDatabase({ ...connection, poolSize: 10 });
  try {
    const world = await open(served, db, folder);
    return [...(await importing(world, sizes)), ...(await saving(world)), ...(await claiming(world, sizes)), ...(await telling(world, sizes)), ...(await manyClaims(world, sizes))];
  } finally {
    await db.close();
    await served.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function call<T = { id: string }>(served: Served, method: string, path: string, body?: unknown): Promise<T> {
  const text = typeof body === 'string' || isStream(body);
  const answer = await fetch(`${served.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${served.key}`, ...(body === undefined || text ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: text ? (body as BodyInit) : JSON.stringify(body) }),
    ...(isStream(body) ? { duplex: 'half' } : {}),
  } as RequestInit);
  const said = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${said.slice(0, 300)}`);
  return (said === '' ? undefined : JSON.parse(said)) as T;
}

const isStream = (body: unknown): boolean => typeof body === 'object' && body !== null && 'getReader' in body;

/** A dataset of items that nobody uploaded: rows made from the one that was. */
async function open(served: Served, db: Database, folder: string): Promise<World> {
  const project = (await call(served, 'POST', '/v1/projects', { name: 'Bench' })).id;
  const dataset = (await call(served, 'POST', '/v1/datasets', { project, name: 'Many' })).id;
  const { item } = await call<{ item: { id: string } }>(served, 'POST', `/v1/datasets/${dataset}/items?path=/one.txt`, 'one');
  const items = Array.from({ length: 1_000 }, () => newId());
  await db.run(sql`insert into items (id, org_id, project_id, dataset_id, path, sha256, size, media_type, kind, probe, created_by, updated_by)
    select n.id, i.org_id, i.project_id, i.dataset_id, '/' || n.id || '.jpg', i.sha256, 3, 'image/jpeg', 'image', 'ready', i.created_by, i.created_by
    from items i, unnest(${items}::uuid[]) as n (id) where i.id = ${item.id}`);
  return { folder, served, db, project, dataset, items };
}

const figure = (name: string, value: number, unit: string, n: number, goal?: string, ok?: boolean): Figure => ({ bench: 'labeling', figure: name, value, unit, goal, ok, n });

/** Annotations as lines over HTTP, beside a bare COPY of the rows that came of it. */
async function importing({ served, db, dataset, items }: World, { annotations }: Sizes): Promise<Figure[]> {
  const line = (n: number): string => `${JSON.stringify({ itemId: items[n % items.length], type: 'box', label: `label ${n % 20}`, geometry: { type: 'box', x: n % 500, y: n % 300, width: 20.5, height: 10.25 }, attributes: { n } })}\n`;
  function* lines(): Generator<Uint8Array> {
    const encoder = new TextEncoder();
    for (let n = 0; n < annotations; n += 500) yield encoder.encode(Array.from({ length: Math.min(500, annotations - n) }, (_, at) => line(n + at)).join(''));
  }
  const before = served.memoryBytes();
  let most = before;
  const watch = setInterval(() => (most = Math.max(most, served.memoryBytes())), 50);
  const [seconds = 0] = await times(1, async () => {
    const { imported } = await call<{ imported: number }>(served, 'POST', `/v1/datasets/${dataset}/annotations/import`, Readable.toWeb(Readable.from(lines())));
    if (imported !== annotations) throw new Error(`${imported} of ${annotations} were imported.`);
  });
  clearInterval(watch);
  await db.run(raw('create table bare_annotations (like annotations including all)'));
  const columns = newAnnotationColumns.join(', ');
  const rows = await db.many<Record<string, unknown>>(raw(`select ${columns} from annotations limit ${annotations}`));
  const values = rows.map((row) => newAnnotationColumns.map((name) => (['geometry', 'attributes', 'metadata'].includes(name) ? JSON.stringify(row[name]) : row[name])));
  const [bare = 0] = await times(1, () => db.copyIn('bare_annotations', newAnnotationColumns, values));
  const ratio = bare / seconds;
  const grown = (most - before) / 1024 ** 2;
  return [
    figure('annotations imported as lines, of a bare COPY of the rows', ratio, '×', annotations, '≥ 0.4', ratio >= 0.4),
    figure('  imported', annotations / seconds, '/s', annotations),
    figure('  memory of the server while they come', grown, 'MiB', annotations, '< 200', grown < 200),
  ];
}

/** One edit saved, beside one row inserted; then many people at once, of whom nobody's work may be lost. */
async function saving({ served, db, items, dataset }: World): Promise<Figure[]> {
  const content = { type: 'box', label: 'car', geometry: { type: 'box', x: 1, y: 1, width: 5, height: 5 } };
  const save = (item: string, annotationId: string) => call(served, 'POST', `/v1/items/${item}/operations`, { operations: [{ opId: newId(), kind: 'create', annotationId, content }] });
  const runs = 200;
  const [one = ''] = items;
  // What has been done often is quicker in any engine: it is measured as it is in the middle of a day.
  await times(200, () => save(one, newId()));
  const saved = median(await times(runs, () => save(one, newId())));
  const columns = newAnnotationColumns.join(', ');
  const bare = median(await times(runs, () => db.run(sql`insert into bare_annotations (${raw(columns)}) select ${newId()}::uuid, ${raw(newAnnotationColumns.slice(1).join(', '))} from bare_annotations limit 1`)));
  const empty = median(await times(runs, () => call(served, 'GET', '/v1/info')));
  const ratio = saved / (bare + empty);
  const each = 5;
  const ids = Array.from({ length: savers * each }, () => newId());
  const [together = 0] = await times(1, () => Promise.all(Array.from({ length: savers }, async (_, person) => {
    for (let n = 0; n < each; n++) await save(items[person % items.length] ?? one, ids[person * each + n] ?? '');
  })));
  const { n: kept } = await db.one<{ n: number }>(sql`select count(*) as n from annotations where id = any(${ids}::uuid[]) and dataset_id = ${dataset} and deleted_at is null`);
  const lost = ids.length - kept;
  return [
    figure('one edit saved, of a bare INSERT with commit and an empty request', ratio, '×', runs, '≤ 3', ratio <= 3),
    figure('  one edit saved', saved * 1_000, 'ms', runs),
    figure('edits lost of 200 people who save at once', lost, '', ids.length, '0', lost === 0),
    figure('  edits of 200 people at once', ids.length / together, '/s', ids.length),
  ];
}

/** The next of 100,000 open tasks, pulled by fifty people, beside a bare claim that steps over locked rows. */
async function claiming({ served, db, project, items }: World, { open: count, claims }: Sizes): Promise<Figure[]> {
  const batch = (await call(served, 'POST', '/v1/batches', { project, name: 'Open' })).id;
  await call(served, 'POST', `/v1/batches/${batch}/finalize`);
  await db.run(sql`insert into tasks (id, org_id, project_id, batch_id, item_id, type, created_by, priority)
    select (substr(md5(n::text || 'a'), 1, 8) || '-' || substr(md5(n::text), 1, 4) || '-7' || substr(md5(n::text), 5, 3) || '-8' || substr(md5(n::text), 9, 3) || '-' || substr(md5(n::text), 13, 12))::uuid,
      b.org_id, b.project_id, b.id, null, 'annotation', b.created_by, n % 3 from batches b, generate_series(1, ${count}) n where b.id = ${batch}`);
  await db.run(raw('create table bare_tasks as select * from tasks'));
  await db.run(raw(`create index on bare_tasks (batch_id, priority desc, id) where status = 'pending'`));
  await db.run(raw('create unique index on bare_tasks (id)'));
  await db.run(raw('analyze tasks; analyze bare_tasks'));
  const taken: string[] = [];
  const pull = async (one: () => Promise<string | undefined>): Promise<number> => {
    let left = claims;
    const [seconds = 0] = await times(1, () => Promise.all(Array.from({ length: pullers }, async () => {
      while (left-- > 0) taken.push((await one()) ?? '');
    })));
    return seconds;
  };
  const keys = await peopleOf(served, project);
  let turn = 0;
  const native = await pull(async () => {
    const answer = await fetch(`${served.url}/v1/projects/${project}/tasks/claim`, { method: 'POST', headers: { authorization: `Bearer ${keys[turn++ % keys.length]}`, 'content-type': 'application/json' }, body: '{}' });
    return ((await answer.json()) as { task: { id: string } | null }).task?.id;
  });
  const claimed = taken.splice(0);
  const double = claimed.length - new Set(claimed).size;
  if (claimed.includes('')) throw new Error('A claim came back empty.');
  const bare = await pull(async () => (await db.maybe<{ id: string }>(sql`update bare_tasks set status = 'claimed', claimed_by = 'x', lease_until = now() where id = (
    select id from bare_tasks where batch_id = ${batch} and status = 'pending' order by priority desc, id limit 1 for update skip locked) returning id`))?.id);
  const empty = await pull(async () => (await call<{ name: string }>(served, 'GET', '/v1/info')).name);
  const ratio = native / (bare + empty);
  return [
    figure(`next of ${count.toLocaleString('en')} tasks, 50 people, of a bare claim and an empty request`, ratio, '×', claims, '≤ 3', ratio <= 3),
    figure('  claims', claims / native, '/s', claims),
    figure('tasks given to two people', double, '', claims, '0', double === 0),
    figure('  bare claims', claims / bare, '/s', items.length),
  ];
}

/** The same question asked as often as the goal says. */
async function manyClaims({ folder, served, db }: World, { manyClaims: claims }: Sizes): Promise<Figure[]> {
  const project = (await call(served, 'POST', '/v1/projects', { name: 'Many claims' })).id;
  // No claim runs out meanwhile: what goes back to the queue may well be given to somebody else.
  const batch = (await call(served, 'POST', '/v1/batches', { project, name: 'Open', settings: { leaseSeconds: 86_400 } })).id;
  await call(served, 'POST', `/v1/batches/${batch}/finalize`);
  return claimAll({ db, folder, project, batch, claims });
}

/** Keys of the one account: claims take what is nobody's. */
async function peopleOf(served: Served, project: string): Promise<string[]> {
  return Promise.all(Array.from({ length: 10 }, async (_, n) => (await call<{ key: string }>(served, 'POST', '/v1/keys', { name: `p${n}`, project, scopes: ['read', 'label'] })).key));
}

/** Events told to a local receiver, all of whose answers are good, then a fifth of them not. */
async function telling({ served }: World, { events }: Sizes): Promise<Figure[]> {
  const heard = new Map<string, number>();
  const refused = new Set<string>();
  let failing = 0;
  let calls = 0;
  const receiver = await receive((id) => {
    calls += 1;
    // Nobody is refused twice: the second pause would be measured, and not the work.
    if (failing > 0 && calls % failing === 0 && !refused.has(id)) {
      refused.add(id);
      return 500;
    }
    heard.set(id, (heard.get(id) ?? 0) + 1);
    return 200;
  });
  try {
    const figures: Figure[] = [];
    for (const [name, every] of [['all answers good', 0], ['a fifth of the answers failing', 5]] as const) {
      failing = every;
      heard.clear();
      const project = (await call(served, 'POST', '/v1/projects', { name: `Told ${every}` })).id;
      await call(served, 'POST', '/v1/webhooks', { project, url: receiver.url, events: ['dataset.created'] });
      let left = events;
      const started = performance.now();
      await Promise.all(Array.from({ length: senders }, async () => {
        while (left > 0) await call(served, 'POST', '/v1/datasets', { project, name: `d${left--}` });
      }));
      const made = (performance.now() - started) / 1_000;
      const deadline = Date.now() + 60_000;
      while (heard.size < events && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
      const seconds = (performance.now() - started) / 1_000;
      const missing = events - heard.size;
      figures.push(figure(`events not delivered, ${name}`, missing, '', events, '0', missing === 0), figure(`  made and delivered, ${name}`, events / seconds, '/s', events), figure('  made', events / made, '/s', events));
    }
    return figures;
  } finally {
    receiver.server.closeAllConnections();
    receiver.server.close();
  }
}

async function receive(answer: (id: string) => number): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(answer(String(request.headers['webhook-id']))).end());
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}
