// A dataset with as many items and annotations as a figure wants, made by statements: what is measured is not how they came.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fovea } from '@fovea/sdk';
import sql, { raw } from 'sql-template-tag';
import type { Scale } from './figure.ts';
import { startServed, type Served } from './served.ts';
import { embeddedConnection } from '../packages/server/src/engines/database/embedded.ts';
import type { Database } from '../packages/server/src/engines/database/database.ts';
import { connectDatabase } from '../packages/server/src/engines/database/postgres.ts';

export const perItem = 10;

export interface World {
  served: Served;
  fovea: Fovea;
  db: Database;
  /** The large dataset and its items, one of which was uploaded. */
  dataset: string;
  count: number;
  /** A further dataset of so many items. */
  more(count: number): Promise<string>;
  close(): Promise<void>;
}

let shared: Promise<World> | undefined;

/** The dataset of benchmarks that look at a large one; made once, however many of them are run. */
export function catalogWorld(scale: Scale): Promise<World> {
  shared ??= makeWorld(scale === 'full' ? 1_000_000 : 50_000);
  return shared;
}

/** Ends what {@link catalogWorld} began. */
export async function closeWorld(): Promise<void> {
  const world = await shared;
  await world?.close();
}

async function makeWorld(count: number): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'fovea-bench-'));
  const served = await startServed(folder);
  const connection = embeddedConnection(join(folder, 'postgres'));
  if (!connection) throw new Error('The platform has no embedded database.');
  const db = await connectDatabase({ ...connection, poolSize: 2 });
  const fovea = new Fovea({ url: served.url, key: served.key });
  const project = await fovea.projects.create({ name: 'Bench' });
  const more = (items: number) => furnish(fovea, db, project.id, items);
  return {
    served,
    fovea,
    db,
    dataset: await more(count),
    count,
    more,
    async close() {
      await db.close();
      await served.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Items in a thousand folders: one in fifty archived, one in twenty with a label, one in ten in a channel; one in a hundred has a point `Ear` among its boxes. */
async function furnish(fovea: Fovea, db: Database, project: string, count: number): Promise<string> {
  const dataset = await fovea.datasets.create({ project, name: `Of ${count}` });
  const { item } = await fovea.items.upload(dataset.id, new TextEncoder().encode('one'), { path: '/one' });
  await db.run(sql`insert into items (id, org_id, project_id, dataset_id, path, sha256, size, media_type, kind, probe, created_by, updated_by, metadata, annotation_count, status, labels, channel)
    select fovea_new_id(), i.org_id, i.project_id, i.dataset_id, '/f' || lpad((n % 1000)::text, 4, '0') || '/' || lpad(n::text, 9, '0') || '.jpg', i.sha256, 3, 'image/jpeg', 'image', 'ready',
      i.created_by, i.created_by, jsonb_build_object('n', n % 100), ${perItem}, case when n % 50 = 0 then 'archived' else 'inbox' end, case when n % 20 = 0 then '{rain}'::text[] else '{}' end,
      case when n % 10 = 0 then 'left' end
    from items i, generate_series(1, ${count}) n where i.id = ${item.id}`);
  await db.run(sql`insert into annotations (id, org_id, project_id, dataset_id, item_id, type, label, geometry, created_by, updated_by)
    select fovea_new_id(), i.org_id, i.project_id, i.dataset_id, i.id, case when ear then 'point' else 'box' end, case when ear then 'Ear' else 'label ' || (n % 7) end,
      case when ear then jsonb_build_object('type', 'point', 'x', x, 'y', y) else jsonb_build_object('type', 'box', 'x', x, 'y', y, 'width', (random() * 100)::numeric(8, 2), 'height', (random() * 100)::numeric(8, 2)) end,
      i.created_by, i.created_by
    from items i, generate_series(1, ${perItem}) n, lateral (select (random() * 1000)::numeric(8, 2) as x, (random() * 1000)::numeric(8, 2) as y, n = 1 and i.metadata @> '{"n": 1}' as ear) r
    where i.dataset_id = ${dataset.id} and i.path <> '/one'`);
  // The rows were not made by the platform: its counters are told of them.
  await db.run(sql`update dataset_counts set items = items + ${count}, annotations = annotations + ${count * perItem} where dataset_id = ${dataset.id} and slot = (select min(slot) from dataset_counts where dataset_id = ${dataset.id})`);
  for (const table of ['items', 'annotations']) await db.run(raw(`vacuum analyze ${table}`));
  return dataset.id;
}
