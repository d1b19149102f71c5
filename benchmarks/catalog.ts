// What is asked of a large dataset — pages, filters, joins, counts, all of it — beside the best hand-written SQL on the same rows.
import type { Filter, SortKey } from '@fovea/contract';
import sql, { empty, type Sql } from 'sql-template-tag';
import { median, times, type Figure, type Scale } from './figure.ts';
import { catalogWorld, type World } from './world.ts';

const runs = 30;

export async function run({ scale }: { scale: Scale }): Promise<Figure[]> {
  const world = await catalogWorld(scale);
  const overhead = median(await times(runs, () => fetch(`${world.served.url}/v1/info`).then((answer) => answer.text())));
  return [...(await pages(world, overhead)), ...(await filters(world, overhead)), ...(await counts(world, overhead)), ...(await ids(world))];
}

const figure = (name: string, value: number, unit: string, n: number, goal?: string, ok?: boolean): Figure => ({ bench: 'catalog', figure: name, value, unit, goal, ok, n });

/** The first page and the one before the last, as the list gives them. */
async function pages(world: World, overhead: number): Promise<Figure[]> {
  const { db, dataset, count } = world;
  const { path } = await db.one<{ path: string }>(sql`select path from items where dataset_id = ${dataset} order by path desc offset 200 limit 1`);
  const list = async (cursor?: string) => read(world, 'GET', `/v1/datasets/${dataset}/items?limit=100${cursor === undefined ? '' : `&cursor=${cursor}`}`);
  const cursor = moved((await list()).next, [path]);
  const native = async (after?: string) => median(await times(runs, () => list(after)));
  const bare = async (after: string) => median(await times(runs, () => db.many(sql`select * from items where dataset_id = ${dataset} and deleted_at is null and path > ${after} order by path limit 101`)));
  await native();
  const [first, deepest, bareFirst, bareDeepest] = [await native(), await native(cursor), await bare(''), await bare(path)];
  return [
    figure('deepest page of 100, of the first', deepest / first, '×', count, '≤ 1.3', deepest / first <= 1.3),
    ...againstBare('first page', first, bareFirst + overhead, count),
    ...againstBare('deepest page', deepest, bareDeepest + overhead, count),
  ];
}

interface Asked {
  name: string;
  filter: Filter;
  sort?: SortKey[];
  /** The same by hand; `after` continues behind a path. */
  bare: Sql;
}

/** First and a late page of queries that an index serves. */
async function filters(world: World, overhead: number): Promise<Figure[]> {
  const { db, dataset, count } = world;
  const asked: Asked[] = [
    { name: 'a status', filter: { status: 'archived' }, bare: sql`i.status = 'archived'` },
    { name: 'a channel', filter: { channel: 'left' }, bare: sql`i.channel = 'left'` },
    { name: 'a label of items', filter: { labels: 'rain' }, bare: sql`i.labels @> '{rain}'` },
    { name: 'a folder', filter: { path: { match: '/f05*/**' } }, bare: sql`i.path >= '/f05' and i.path < '/f06'` },
    { name: 'having a point Ear', filter: { having: { annotations: { type: 'point', label: 'Ear' } } }, bare: sql`exists (select from annotations a where a.item_id = i.id and a.type = 'point' and a.label = 'Ear' and a.deleted_at is null)` },
  ];
  const figures: Figure[] = [];
  for (const { name, filter, bare } of asked) {
    const query = async (cursor?: string) => read(world, 'POST', `/v1/datasets/${dataset}/items/query`, { filter, limit: 100, cursor });
    const rows = (after: Sql) => db.many<{ path: string }>(sql`select i.* from items i where i.dataset_id = ${dataset} and i.deleted_at is null and ${bare} ${after} order by i.path limit 101`);
    const [{ path = '', id = '' } = {}] = await db.many<{ path: string; id: string }>(sql`select i.path, i.id from items i where i.dataset_id = ${dataset} and i.deleted_at is null and ${bare} order by i.path desc offset 150 limit 1`);
    const late = moved((await query()).next, [path, id]);
    const [first, last] = [median(await times(runs, () => query())), median(await times(runs, () => query(late)))];
    const [bareFirst, bareLast] = [median(await times(runs, () => rows(empty))), median(await times(runs, () => rows(sql`and i.path > ${path}`)))];
    figures.push(...againstBare(`${name}, first page`, first, bareFirst + overhead, count), ...againstBare(`${name}, late page`, last, bareLast + overhead, count));
  }
  return figures;
}

async function counts({ fovea, dataset, count }: World, overhead: number): Promise<Figure[]> {
  const counted = async (filter: Filter, expected: number): Promise<number> =>
    median(await times(5, async () => {
      const found = await fovea.items.count(dataset, { filter });
      if (found.count !== expected) throw new Error(`The count is ${found.count}, not ${expected}.`);
    }));
  const whole = (await counted({}, count + 1)) - overhead;
  const of = [await counted({ kind: 'image' }, count), await counted({ 'metadata.n': 7 }, count / 100), await counted({ having: { annotations: { label: 'Ear' } } }, count / 100)];
  const slowest = Math.max(...of);
  return [
    figure('count of a dataset, over an empty request', whole * 1_000, 'ms', count, '≤ 5', whole <= 0.005),
    figure('count of a filter, of metadata, of a join: the slowest', slowest, 's', count, '≤ 1', slowest <= 1),
  ];
}

/** The ids of all items as a program reads them, beside COPY of the column. */
async function ids({ served, db, dataset, count }: World): Promise<Figure[]> {
  const streamed = async () => {
    const answer = await fetch(`${served.url}/v1/datasets/${dataset}/items/stream`, { method: 'POST', headers: { authorization: `Bearer ${served.key}`, 'content-type': 'application/json' }, body: '{"fields":["id"]}' });
    return lines(answer.body as unknown as AsyncIterable<Uint8Array>, count + 1);
  };
  const copied = () => lines(db.copyOut(sql`select id from items where dataset_id = ${dataset}`), count + 1);
  await streamed();
  const [bare, native] = [median(await times(3, copied)), median(await times(3, streamed))];
  return [figure('ids of all items streamed, of COPY of the column', bare / native, '×', count, '≥ 0.5', bare / native >= 0.5)];
}

async function lines(chunks: AsyncIterable<Uint8Array>, expected: number): Promise<void> {
  let found = 0;
  for await (const chunk of chunks) for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) found += 1;
  if (found !== expected) throw new Error(`${found} lines came of ${expected}.`);
}

function againstBare(name: string, seconds: number, bare: number, n: number): Figure[] {
  const ratio = seconds / bare;
  return [figure(`${name}, of bare SQL and an empty request`, ratio, '×', n, '≤ 3', ratio <= 3), figure('  it takes', seconds * 1_000, 'ms', n)];
}

async function read({ served }: World, method: string, path: string, body?: object): Promise<{ next: string }> {
  const answer = await fetch(`${served.url}${path}`, { method, headers: { authorization: `Bearer ${served.key}`, 'content-type': 'application/json' }, ...(body && { body: JSON.stringify(body) }) });
  const page = (await answer.json()) as { data: unknown[]; next: string | null };
  if (page.data.length !== 100 || page.next === null) throw new Error(`A page has ${page.data.length} items, and ${page.next === null ? 'no' : 'a'} next one.`);
  return { next: page.next };
}

/** A cursor with its position exchanged: as if one had paged until there. */
function moved(cursor: string, position: readonly string[]): string {
  const [mark] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as [string];
  return Buffer.from(JSON.stringify([mark, ...position])).toString('base64url');
}
