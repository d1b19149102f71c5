// Versions, clones and changes by query of a large dataset, beside the bare statements on the same rows.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fovea } from '@fovea/sdk';
import sql, { raw } from 'sql-template-tag';
import { times, type Figure, type Scale } from './figure.ts';
import { startServed } from './served.ts';
import { embeddedConnection } from '../packages/server/src/engines/database/embedded.ts';
import type { Database } from '../packages/server/src/engines/database/database.ts';
import { connectDatabase } from '../packages/server/src/engines/database/postgres.ts';

const perItem = 10;
const changed = 1_000;

export async function run({ scale }: { scale: Scale }): Promise<Figure[]> {
  const count = scale === 'full' ? 1_000_000 : 50_000;
  const folder = await mkdtemp(join(tmpdir(), 'fovea-bench-'));
  const served = await startServed(folder);
  const connection = embeddedConnection(join(folder, 'postgres'));
  if (!connection) throw new Error('The platform has no embedded database.');
  const db = await connectDatabase({ ...connection, poolSize: 2 });
  try {
    const fovea = new Fovea({ url: served.url, key: served.key });
    const dataset = await furnish(fovea, db, count);
    const finished = async (started: { id: string }) => {
      for (;;) {
        const command = await fovea.commands.get(started.id, { waitSeconds: 60 });
        if (command.status === 'complete') return command;
        if (command.endedAt !== null) throw new Error(`${command.kind}: ${command.message}`);
      }
    };
    const commit = async () => finished(await fovea.versions.commit(dataset, { message: 'bench' }));
    const timed = async (work: () => Promise<unknown>) => (await times(1, work))[0] ?? Number.NaN;

    const first = await timed(commit);
    const chunkBytes = async () => (await db.one<{ bytes: number }>(sql`select coalesce(sum(pg_column_size(content)), 0)::bigint as bytes from version_chunks`)).bytes;
    const before = await chunkBytes();
    await db.run(sql`update annotations set label = 'changed' where id in (select min(a.id::text)::uuid from annotations a where a.dataset_id = ${dataset} group by a.item_id order by md5(a.item_id::text) limit ${changed})`);
    await db.run(sql`update items set labeled_at = clock_timestamp() where id in (select item_id from annotations where dataset_id = ${dataset} and label = 'changed')`);
    const second = await timed(commit);
    const written = (await chunkBytes()) - before;
    const diff = await timed(async () => {
      const { summary } = await fovea.versions.diff(dataset, 'v2', { limit: 1 });
      if (summary?.itemsChanged !== changed) throw new Error(`The difference has ${summary?.itemsChanged} items of ${changed}.`);
    });

    const bareClone = await timed(() => bareCopy(db, dataset));
    const clone = await timed(async () => finished(await fovea.datasets.clone(dataset, { name: 'Copy', withAnnotations: false })));
    const many = Math.min(100_000, count);
    const bareUpdate = await timed(() => db.run(sql`update items set metadata = '{"bare": true}', revision = revision + 1, updated_at = now() where id in (select id from items where dataset_id = ${dataset} order by id limit ${many})`));
    const filter = { 'metadata.n': { lt: (many / count) * 100 } };
    const update = await timed(async () => finished(await fovea.items.updateMany(dataset, { filter: many === count ? {} : filter, change: { metadata: { ours: true } } })));

    const figure = (name: string, value: number, unit: string, goal?: string, ok?: boolean): Figure => ({ bench: 'versions', figure: name, value, unit, goal, ok, n: count });
    const scaled = count / 1_000_000;
    return [
      figure(`commit of all, ${perItem} annotations each`, first, 's', `≤ ${60 * scaled}`, first <= 60 * scaled),
      figure(`second commit after ${changed} changes`, second, 's', '≤ 2', second <= 2),
      figure('  bytes that it wrote', written / 1e6, 'MB', '< 10', written < 10e6),
      figure('difference of the two', diff, 's', '≤ 2', diff <= 2),
      figure('clone, of a bare INSERT … SELECT', bareClone / clone, '×', '≥ 0.4', bareClone / clone >= 0.4),
      figure(`update by query of ${many.toLocaleString('en')}, of a bare UPDATE`, bareUpdate / update, '×', '≥ 0.5', bareUpdate / update >= 0.5),
    ];
  } finally {
    await db.close();
    await served.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** A dataset of so many items with annotations, made by statements. */
async function furnish(fovea: Fovea, db: Database, count: number): Promise<string> {
  const project = await fovea.projects.create({ name: 'Bench' });
  const dataset = await fovea.datasets.create({ project: project.id, name: 'Many' });
  const { item } = await fovea.items.upload(dataset.id, new TextEncoder().encode('one'), { path: '/one' });
  await db.run(sql`insert into items (id, org_id, project_id, dataset_id, path, sha256, size, media_type, kind, probe, created_by, updated_by, metadata, annotation_count)
    select fovea_new_id(), i.org_id, i.project_id, i.dataset_id, '/f' || lpad((n % 1000)::text, 4, '0') || '/' || lpad(n::text, 9, '0') || '.jpg', i.sha256, 3, 'image/jpeg',
      'image', 'ready', i.created_by, i.created_by, jsonb_build_object('n', n % 100), ${perItem}
    from items i, generate_series(1, ${count}) n where i.id = ${item.id}`);
  await db.run(sql`insert into annotations (id, org_id, project_id, dataset_id, item_id, type, label, geometry, created_by, updated_by)
    select fovea_new_id(), i.org_id, i.project_id, i.dataset_id, i.id, 'box', 'label ' || (n % 7), jsonb_build_object('type', 'box', 'x', (random() * 1000)::numeric(8, 2), 'y',
      (random() * 1000)::numeric(8, 2), 'width', (random() * 100)::numeric(8, 2), 'height', (random() * 100)::numeric(8, 2)), i.created_by, i.created_by
    from items i, generate_series(1, ${perItem}) n where i.dataset_id = ${dataset.id} and i.path <> '/one'`);
  for (const table of ['items', 'annotations']) await db.run(raw(`analyze ${table}`));
  return dataset.id;
}

/** The same rows once more, in one statement, then gone again. */
async function bareCopy(db: Database, dataset: string): Promise<void> {
  const target = await db.one<{ id: string }>(sql`insert into datasets (id, org_id, project_id, name, created_by) select fovea_new_id(), org_id, project_id, 'bare', created_by from datasets where id = ${dataset} returning id`);
  await db.run(sql`insert into items (id, org_id, project_id, dataset_id, path, sha256, size, media_type, kind, probe, created_by, updated_by, metadata, source_item_id)
    select fovea_new_id(), org_id, project_id, ${target.id}, path, sha256, size, media_type, kind, probe, created_by, updated_by, metadata, id from items where dataset_id = ${dataset}`);
}
