// Versions, clones and changes by query of a large dataset, beside the bare statements on the same rows; and what an item of it costs, against an item of smaller ones.
import type { Fovea } from '@fovea/sdk';
import sql from 'sql-template-tag';
import { times, type Figure, type Scale } from './figure.ts';
import { catalogWorld, perItem, type World } from './world.ts';
import type { Database } from '../packages/server/src/engines/database/database.ts';

const changed = 1_000;

const figure = (name: string, value: number, unit: string, n: number, goal?: string, ok?: boolean): Figure => ({ bench: 'versions', figure: name, value, unit, goal, ok, n });
const timed = async (work: () => Promise<unknown>): Promise<number> => (await times(1, work))[0] ?? Number.NaN;

async function finished(fovea: Fovea, started: { id: string }): Promise<void> {
  for (;;) {
    const command = await fovea.commands.get(started.id, { waitSeconds: 30 });
    if (command.status === 'complete') return;
    if (command.endedAt !== null) throw new Error(`${command.kind}: ${command.message}`);
  }
}

/** What is done with a whole dataset, in seconds. */
async function wholes({ fovea, db }: World, dataset: string, count: number) {
  const commit = await timed(async () => finished(fovea, await fovea.versions.commit(dataset, { message: 'bench' })));
  const bareClone = await timed(() => bareCopy(db, dataset));
  const clone = await timed(async () => finished(fovea, await fovea.datasets.clone(dataset, { name: `Copy of ${count}`, withAnnotations: false })));
  return { commit, clone, bareClone };
}

export async function run({ scale }: { scale: Scale }): Promise<Figure[]> {
  const world = await catalogWorld(scale);
  const { count, dataset } = world;
  const smaller: { size: number; commit: number; clone: number }[] = [];
  for (const size of scale === 'full' ? [10_000, 100_000] : [5_000]) smaller.push({ size, ...(await wholes(world, await world.more(size), size)) });
  const { commit, clone, bareClone } = await wholes(world, dataset, count);
  const seconds = [...smaller, { size: count, commit, clone }];
  const goal = 60 * (count / 1_000_000);
  const [least] = seconds;
  return [
    figure(`commit of all, ${perItem} annotations each`, commit, 's', count, `≤ ${goal}`, commit <= goal),
    figure('clone, of a bare INSERT … SELECT', bareClone / clone, '×', count, '≥ 0.4', bareClone / clone >= 0.4),
    ...(['commit', 'clone'] as const).flatMap((what) => {
      const growth = costOf(seconds.at(-1), what) / costOf(least, what);
      return [...seconds.map((one) => figure(`  ${what}, an item of ${one.size.toLocaleString('en')}`, costOf(one, what), 'µs', one.size)), figure(`cost of an item in a ${what}, most against fewest`, growth, '×', count, '≤ 1.5', growth <= 1.5)];
    }),
    ...(await afterwards(world)),
    ...(await updating(world)),
  ];
}

const costOf = (one: { size: number; commit: number; clone: number } | undefined, what: 'commit' | 'clone'): number => ((one?.[what] ?? Number.NaN) / (one?.size ?? 1)) * 1e6;

/** The next version after a few changes, and what is different in it. */
async function afterwards({ fovea, db, dataset, count }: World): Promise<Figure[]> {
  const chunkBytes = async () => (await db.one<{ bytes: number }>(sql`select coalesce(sum(pg_column_size(content)), 0)::bigint as bytes from version_chunks`)).bytes;
  const before = await chunkBytes();
  await db.run(sql`update annotations set label = 'changed' where id in (select min(a.id::text)::uuid from annotations a where a.dataset_id = ${dataset} group by a.item_id order by md5(a.item_id::text) limit ${changed})`);
  await db.run(sql`update items set labeled_at = clock_timestamp() where id in (select item_id from annotations where dataset_id = ${dataset} and label = 'changed')`);
  const second = await timed(async () => finished(fovea, await fovea.versions.commit(dataset, { message: 'bench' })));
  const written = (await chunkBytes()) - before;
  const diff = await timed(async () => {
    const { summary } = await fovea.versions.diff(dataset, 'v2', { limit: 1 });
    if (summary?.itemsChanged !== changed) throw new Error(`The difference has ${summary?.itemsChanged} items of ${changed}.`);
  });
  return [
    figure(`second commit after ${changed} changes`, second, 's', count, '≤ 2', second <= 2),
    figure('  bytes that it wrote', written / 1e6, 'MB', count, '< 10', written < 10e6),
    figure('difference of the two', diff, 's', count, '≤ 2', diff <= 2),
  ];
}

async function updating({ fovea, db, dataset, count }: World): Promise<Figure[]> {
  const many = Math.min(100_000, count);
  const bare = await timed(() => db.run(sql`update items set metadata = metadata || '{"bare": true}', revision = revision + 1, updated_at = now() where id in (select id from items where dataset_id = ${dataset} order by id limit ${many})`));
  const filter = { 'metadata.n': { lt: (many / count) * 100 } };
  const update = await timed(async () => finished(fovea, await fovea.items.updateMany(dataset, { filter: many === count ? {} : filter, change: { mergeMetadata: { ours: true } } })));
  return [figure(`update by query of ${many.toLocaleString('en')}, of a bare UPDATE`, bare / update, '×', many, '≥ 0.5', bare / update >= 0.5)];
}

/** The same rows once more, in one statement, then gone again. */
async function bareCopy(db: Database, dataset: string): Promise<void> {
  const target = await db.one<{ id: string }>(sql`insert into datasets (id, org_id, project_id, name, created_by) select fovea_new_id(), org_id, project_id, 'bare of ' || id, created_by from datasets where id = ${dataset} returning id`);
  await db.run(sql`insert into items (id, org_id, project_id, dataset_id, path, sha256, size, media_type, kind, probe, created_by, updated_by, metadata, source_item_id)
    select fovea_new_id(), org_id, project_id, ${target.id}, path, sha256, size, media_type, kind, probe, created_by, updated_by, metadata, id from items where dataset_id = ${dataset}`);
}
