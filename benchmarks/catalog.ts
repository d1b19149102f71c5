// Pages of a large dataset beside the best hand-written SQL on the same rows.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Filter } from '@fovea/contract';
import { Fovea } from '@fovea/sdk';
import sql, { raw } from 'sql-template-tag';
import { median, times, type Figure, type Scale } from './figure.ts';
import { startServed } from './served.ts';
import { embeddedConnection } from '../packages/server/src/engines/database/embedded.ts';
import { connectDatabase } from '../packages/server/src/engines/database/postgres.ts';

const runs = 30;

export async function run({ scale }: { scale: Scale }): Promise<Figure[]> {
  const count = scale === 'full' ? 1_000_000 : 100_000;
  const folder = await mkdtemp(join(tmpdir(), 'fovea-bench-'));
  const served = await startServed(folder);
  const connection = embeddedConnection(join(folder, 'postgres'));
  if (!connection) throw new Error('The platform has no embedded database.');
  const db = await connectDatabase({ ...connection, poolSize: 2 });
  try {
    const fovea = new Fovea({ url: served.url, key: served.key });
    const project = await fovea.projects.create({ name: 'Bench' });
    const dataset = await fovea.datasets.create({ project: project.id, name: 'Many' });
    const { item } = await fovea.items.upload(dataset.id, new TextEncoder().encode('one'), { path: '/one' });
    await db.run(sql`insert into items (id, org_id, project_id, dataset_id, path, sha256, size, media_type, kind, probe, created_by, updated_by, metadata)
      select (substr(md5(n::text || 'a'), 1, 8) || '-' || substr(md5(n::text), 1, 4) || '-7' || substr(md5(n::text), 5, 3) || '-8' || substr(md5(n::text), 9, 3) || '-' || substr(md5(n::text), 13, 12))::uuid,
        i.org_id, i.project_id, i.dataset_id, '/f' || lpad((n % 1000)::text, 4, '0') || '/' || lpad(n::text, 9, '0') || '.jpg', i.sha256, 3, 'image/jpeg', 'image', 'ready', i.created_by,
        i.created_by, jsonb_build_object('n', n % 100)
      from items i, generate_series(1, ${count}) n where i.id = ${item.id}`);
    await db.run(raw('analyze items'));
    // The position of the last page: a cursor as the platform makes it, from reading the page before.
    const { path } = await db.one<{ path: string }>(sql`select path from items where dataset_id = ${dataset.id} order by path desc offset 200 limit 1`);
    const native = (filter: object, after?: string) => times(runs, () => page(served, dataset.id, filter, after));
    const cursor = await cursorAt(served, dataset.id, path);
    const bare = (after: string) => times(runs, () => db.many(sql`select * from items where dataset_id = ${dataset.id} and deleted_at is null and path > ${after} order by path limit 101`));
    await native({});
    const [first, deepest, bareFirst, bareDeepest] = [await native({}), await native({}, cursor), await bare(''), await bare(path)].map(median);
    const overhead = median(await times(runs, () => fetch(`${served.url}/v1/info`).then((answer) => answer.text())));
    const figure = (name: string, value: number, unit: string, goal: string, ok: boolean): Figure => ({ bench: 'catalog', figure: name, value, unit, goal, ok, n: count });
    const depth = (deepest ?? 0) / (first ?? 1);
    const [ratioFirst, ratioDeepest] = [(first ?? 0) / ((bareFirst ?? 1) + overhead), (deepest ?? 0) / ((bareDeepest ?? 1) + overhead)];
    const counted = async (filter: Filter, expected: number): Promise<number> => {
      const seconds = median(await times(5, async () => {
        const found = await fovea.items.count(dataset.id, { filter });
        if (found.count !== expected) throw new Error(`The count is ${found.count}, not ${expected}.`);
      }));
      return seconds;
    };
    // The rows were not made by the platform: its counters are told of them.
    await db.run(sql`update dataset_counts set items = items + ${count} where dataset_id = ${dataset.id} and slot = (select min(slot) from dataset_counts where dataset_id = ${dataset.id})`);
    const [whole, byKind, byMetadata] = [await counted({}, count + 1), await counted({ kind: 'image' }, count), await counted({ 'metadata.n': 7 }, count / 100)];
    const slowest = Math.max(byKind, byMetadata);
    return [
      figure('count of a dataset, over an empty request', (whole - overhead) * 1_000, 'ms', '≤ 5', (whole - overhead) * 1_000 <= 5),
      figure('count of a filter', slowest, 's', '≤ 1', slowest <= 1),
      figure('deepest page of 100, of the first', depth, '×', '≤ 1.3', depth <= 1.3),
      figure('first page, of bare SQL and an empty request', ratioFirst, '×', '≤ 3', ratioFirst <= 3),
      figure('deepest page, of bare SQL and an empty request', ratioDeepest, '×', '≤ 3', ratioDeepest <= 3),
      { bench: 'catalog', figure: '  first page', value: (first ?? 0) * 1_000, unit: 'ms', goal: undefined, ok: undefined, n: count },
    ];
  } finally {
    await db.close();
    await served.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function page(served: { url: string; key: string }, dataset: string, _filter: object, cursor?: string): Promise<string | null> {
  const answer = await fetch(`${served.url}/v1/datasets/${dataset}/items?limit=100${cursor === undefined ? '' : `&cursor=${cursor}`}`, { headers: { authorization: `Bearer ${served.key}` } });
  const body = (await answer.json()) as { data: unknown[]; next: string | null };
  if (body.data.length !== 100) throw new Error(`A page has ${body.data.length} items.`);
  return body.next;
}

/** The cursor after a path: the first page's, with its position exchanged. */
async function cursorAt(served: { url: string; key: string }, dataset: string, path: string): Promise<string> {
  const next = await page(served, dataset, {});
  const [mark] = JSON.parse(Buffer.from(next ?? '', 'base64url').toString('utf8')) as [string];
  return Buffer.from(JSON.stringify([mark, path])).toString('base64url');
}
