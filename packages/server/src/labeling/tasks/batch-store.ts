// The tasks of a batch, all at once.
import type { Task } from '@fovea/contract';
import sql, { empty } from 'sql-template-tag';
import { unseen, type Queryable } from '../../engines/database/database.ts';

/** One task for each of the items that has none in the batch yet; ids rise in the order of the items. */
export async function insertTasksForItems(
  db: Queryable,
  batch: { id: string; orgId: string; projectId: string; datasetId: string; recipeId: string | null; recipeVersion: number | null; priority: number; test: boolean },
  rows: readonly { id: string; itemId: string }[],
  by: string,
): Promise<number> {
  return db.run(sql`insert into tasks (id, org_id, project_id, batch_id, dataset_id, item_id, type, test, recipe_id, recipe_version, priority, created_by)
    select n.id, ${batch.orgId}, ${batch.projectId}, ${batch.id}, ${batch.datasetId}, n.item_id, 'annotation', ${batch.test}, ${batch.recipeId},
      ${batch.recipeVersion}::int, ${batch.priority}::int, ${by}
    from unnest(${rows.map((row) => row.id)}::uuid[], ${rows.map((row) => row.itemId)}::uuid[]) as n (id, item_id)
    where not exists (select from tasks t where t.batch_id = ${unseen(batch.id)} and t.item_id = n.item_id and t.deleted_at is null)`);
}

/** Ids of the pending tasks of a batch after one, in order. */
export async function selectPending(db: Queryable, batchId: string, options: { after: string; limit: number }): Promise<string[]> {
  const rows = await db.many<{ id: string }>(sql`select id from tasks where batch_id = ${batchId} and status = 'pending' and deleted_at is null
    ${options.after === '' ? empty : sql`and id > ${options.after}`} order by id limit ${options.limit}`);
  return rows.map((row) => row.id);
}

/** Cancels what is not done of a batch; gives how many. */
export async function cancelOpen(db: Queryable, batchId: string): Promise<number> {
  return db.run(sql`update tasks set status = 'cancelled', claimed_by = null, lease_token = null, lease_until = null, revision = revision + 1, updated_at = now()
    where batch_id = ${batchId} and status in ('pending', 'claimed', 'submitted') and deleted_at is null`);
}

/** Shares the pending tasks of a batch out by load: the task at place p of n goes to whom the running sum of loads reaches at p/n. */
export async function shareOut(db: Queryable, batchId: string): Promise<void> {
  await db.run(sql`update tasks set assignment_id = null where batch_id = ${batchId} and status = 'pending'`);
  await db.run(sql`
    with shares as (
      select id, sum(load) over (order by id) - load as low, sum(load) over (order by id) as high, sum(load) over () as whole
      from assignments where batch_id = ${batchId} and load > 0),
    places as (
      select id, (row_number() over (order by id) - 0.5) / count(*) over () as place from tasks
      where batch_id = ${batchId} and status = 'pending' and deleted_at is null)
    update tasks t set assignment_id = s.id from places p join shares s on p.place * s.whole > s.low and p.place * s.whole <= s.high
    where t.id = p.id`);
}

/**
 * Whether a batch has tasks that are open, and some that are done: a look into the index for each state. The next entry from there on is
 * asked for, as a search for any row of a state would be planned as a walk over the table where the state is expected to be common.
 */
export async function openTasks(db: Queryable, batchId: string): Promise<{ open: boolean; done: boolean }> {
  const has = (status: Task['status']) => sql`coalesce((select next.batch_id = ${batchId}::uuid and next.status = ${status}::text
    from (select batch_id, status from tasks where (batch_id, status) >= (${batchId}::uuid, ${status}::text) and deleted_at is null order by batch_id, status limit 1) as next), false)`;
  return db.one(sql`select ${has('pending')} or ${has('claimed')} or ${has('submitted')} as open, ${has('completed')} or ${has('error')} as done`);
}
