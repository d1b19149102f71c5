// The tasks of a batch, all at once.
import type { Task } from '@fovea/contract';
import sql, { empty, type Sql } from 'sql-template-tag';
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

/** Shares the pending tasks of a batch out by load, in the way of {@link shareAmong}. */
export async function shareOut(db: Queryable, batchId: string): Promise<void> {
  await db.run(sql`update tasks set assignment_id = null where batch_id = ${batchId} and status = 'pending'`);
  await shareAmong(db, batchId, { tasks: sql`status = 'pending'`, shares: sql`select id, email, load, id::text as place from assignments where batch_id = ${batchId}` });
}

/**
 * Shares tasks of a batch out by load: the task at place p of n goes to whom the running sum of loads reaches at p/n. Where several people label an
 * item, nobody is given it twice: what would come to somebody who has it already is left to the common queue. `shares` are rows of `id, email, load, place`.
 */
export async function shareAmong(db: Queryable, batchId: string, { tasks, shares }: { tasks: Sql; shares: Sql }): Promise<void> {
  await db.run(sql`
    with shares as (
      select id, email, sum(load) over (order by place) - load as low, sum(load) over (order by place) as high, sum(load) over () as whole
      from (${shares}) as s where load > 0),
    copies as (
      select id, coalesce(item_id, id) as what, row_number() over (partition by coalesce(item_id, id) order by id) as copy from tasks
      where batch_id = ${batchId} and deleted_at is null and ${tasks}),
    places as (select id, what, (row_number() over (order by copy, id) - 0.5) / count(*) over () as place from copies),
    given as (
      select p.id, s.id as share, s.email, row_number() over (partition by s.id, p.what order by p.place) as turn
      from places p join shares s on p.place * s.whole > s.low and p.place * s.whole <= s.high)
    update tasks t set assignment_id = case when g.turn = 1 and not (b.people > 1 and exists (
        select from tasks o where o.item_id = t.item_id and o.batch_id = t.batch_id and o.id <> t.id and o.deleted_at is null
        and (o.claimed_by = g.email or o.submitted_by = g.email or (o.assignment_id = g.share and o.id not in (select id from given))))) then g.share end
      from given g, (select coalesce((settings->>'people')::int, 1) as people from batches where id = ${batchId}) as b where t.id = g.id`);
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
