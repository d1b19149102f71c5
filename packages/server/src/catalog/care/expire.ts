import sql from 'sql-template-tag';
import type { Database } from '../../engines/database/database.ts';

const stepItems = 1_000;

/** How long what was deleted can be brought back, and what expired is kept for workers that still read it. */
export const keepDays = { deleted: 30, expired: 1 } as const;

/** Removes for good what can no longer be brought back: rows of deleted items with their annotations, then deleted datasets. Gives how many items. */
export async function purge(db: Database, signal: AbortSignal, keep: { deleted: number; expired: number } = keepDays): Promise<number> {
  let purged = 0;
  for (;;) {
    const count = await db.tx((tx) => purgeItems(tx, keep));
    purged += count;
    if (count === 0 || signal.aborted) break;
  }
  const datasets = await db.many<{ id: string }>(sql`select id from datasets where deleted_at < now() - make_interval(days => ${keep.deleted})`);
  for (const { id } of datasets) {
    if (signal.aborted) break;
    purged += await purgeDataset(db, id, signal);
  }
  return purged;
}

type Work = Parameters<Parameters<Database['tx']>[0]>[0];

function purgeItems(tx: Work, keep: { deleted: number; expired: number }): Promise<number> {
  return removeItems(tx, sql`deleted_at is not null and (deleted_at < now() - make_interval(days => ${keep.deleted})
    or (expires_at <= deleted_at and deleted_at < now() - make_interval(days => ${keep.expired})))`);
}

async function removeItems(tx: Work, condition: ReturnType<typeof sql>): Promise<number> {
  const row = await tx.one<{ count: number }>(sql`
    with picked as (select id from items where ${condition} limit ${stepItems} for update skip locked),
    notes as (delete from annotations a using picked p where a.item_id = p.id returning a.id),
    history as (delete from annotation_revisions r using notes n where r.annotation_id = n.id),
    gone as (delete from items i using picked p where i.id = p.id returning 1)
    select count(*) as count from gone`);
  return row.count;
}

/** A dataset that was deleted long ago, with all that is in it and its versions. Its row stays, empty, as tasks and jobs may speak of it. */
async function purgeDataset(db: Database, id: string, signal: AbortSignal): Promise<number> {
  let purged = 0;
  for (;;) {
    const count = await db.tx((tx) => removeItems(tx, sql`dataset_id = ${id}`));
    purged += count;
    if (signal.aborted) return purged;
    if (count === 0) break;
  }
  await db.tx(async (tx) => {
    await tx.run(sql`delete from version_tags where dataset_id = ${id}`);
    await tx.run(sql`delete from version_blobs where dataset_id = ${id}`);
    await tx.run(sql`delete from versions where dataset_id = ${id}`);
    await tx.run(sql`delete from dataset_counts where dataset_id = ${id}`);
  });
  return purged;
}
