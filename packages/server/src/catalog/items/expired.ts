// Items past their expiry are invisible at once, but hold their paths and their place in the counters until they are swept.
import sql, { empty } from 'sql-template-tag';
import { violatedConstraint, type Database } from '../../engines/database/database.ts';
import { Fault } from '../../fault.ts';
import { systemCaller } from '../../identity/caller.ts';
import { deleteStep } from './delete-step.ts';

const stepItems = 1_000;

/** Deletes items past their expiry, of one dataset or of all, with counters and events. Gives how many. */
export async function sweepExpired(db: Database, { datasetId, signal }: { datasetId?: string; signal?: AbortSignal } = {}): Promise<number> {
  let swept = 0;
  while (!signal?.aborted) {
    const found = await db.tx(async (tx) => {
      const rows = await tx.many<{ id: string; org_id: string; project_id: string; dataset_id: string }>(sql`select id, org_id, project_id, dataset_id from items
        where expires_at <= now() and deleted_at is null ${datasetId === undefined ? empty : sql`and dataset_id = ${datasetId}`}
        order by expires_at limit ${stepItems} for update skip locked`);
      for (const [id, group] of Map.groupBy(rows, (row) => row.dataset_id)) {
        const [first] = group;
        if (first) await deleteStep(tx, systemCaller(first.org_id), { datasetId: id, projectId: first.project_id }, group.map((row) => row.id), 'item.expired');
      }
      return rows.length;
    });
    swept += found;
    if (found < stepItems) break;
  }
  return swept;
}

/** Gives items of a dataset other paths, by `work`: what is past its expiry makes room. Throws `conflict` with the words of `taken` where a living item has the path. */
export async function takingPaths<T>(db: Database, datasetId: string, taken: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (violatedConstraint(error) !== 'items_path') throw error;
    if ((await sweepExpired(db, { datasetId })) > 0) return takingPaths(db, datasetId, taken, work);
    throw new Fault('conflict', taken);
  }
}
