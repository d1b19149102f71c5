import type { Assignment } from '@fovea/contract';
import sql, { empty, join, type Sql } from 'sql-template-tag';
import { alive } from '../../catalog/items/store.ts';
import type { Queryable } from '../../engines/database/database.ts';
import { shareAmong } from '../tasks/batch-store.ts';

interface AssignmentRow {
  id: string;
  project_id: string;
  batch_id: string;
  email: string;
  load: number | null;
  created_at: Date;
  total: number;
  completed: number;
  seconds: number;
}

function toAssignment(row: AssignmentRow): Assignment {
  return { id: row.id, batchId: row.batch_id, email: row.email, load: row.load, total: row.total, completed: row.completed, secondsSpent: row.seconds, createdAt: row.created_at.toISOString() };
}

const fromAssignments = sql`select a.*, c.total, c.completed, c.seconds from assignments a cross join lateral (
  select count(*) filter (where t.assignment_id = a.id or t.submitted_by = a.email) as total,
    count(*) filter (where t.submitted_by = a.email) as completed,
    coalesce(sum(t.seconds_spent) filter (where t.submitted_by = a.email), 0)::float8 as seconds
  from tasks t where t.batch_id = a.batch_id and t.deleted_at is null) c`;

export async function selectAssignments(db: Queryable, batchId: string, options: { limit: number; after: string | undefined }): Promise<Assignment[]> {
  const rows = await db.many<AssignmentRow>(sql`${fromAssignments} where a.batch_id = ${batchId}
    ${options.after === undefined ? empty : sql`and a.id > ${options.after}`} order by a.id limit ${options.limit + 1}`);
  return rows.map(toAssignment);
}

export async function selectAssignment(db: Queryable, id: string): Promise<(Assignment & { projectId: string }) | undefined> {
  const row = await db.maybe<AssignmentRow>(sql`${fromAssignments} where a.id = ${id}`);
  return row && { ...toAssignment(row), projectId: row.project_id };
}

/** Gives a person a share of a batch, or changes it; gives the assignment's id. */
export async function upsertAssignment(db: Queryable, row: { id: string; orgId: string; projectId: string; batchId: string; email: string; load: number | null }): Promise<string> {
  const { id } = await db.one<{ id: string }>(sql`insert into assignments (id, org_id, project_id, batch_id, email, load)
    values (${row.id}, ${row.orgId}, ${row.projectId}, ${row.batchId}, ${row.email}, ${row.load}) on conflict (batch_id, email) do update set load = excluded.load
    returning id`);
  return id;
}

export interface AssignmentFilter {
  ids?: readonly string[] | undefined;
  projectIds?: readonly string[] | undefined;
  batchIds?: readonly string[] | undefined;
  email?: string | undefined;
}

/** Assignments of living batches, oldest first. `visible` is a condition on them under the name `a`. */
export async function findAssignments(db: Queryable, visible: Sql, filter: AssignmentFilter): Promise<(Assignment & { projectId: string })[]> {
  const all: Sql[] = [visible, sql`exists (select from batches b where b.id = a.batch_id and b.deleted_at is null)`];
  if (filter.ids !== undefined) all.push(sql`a.id = any(${[...filter.ids]}::uuid[])`);
  if (filter.projectIds !== undefined) all.push(sql`a.project_id = any(${[...filter.projectIds]}::uuid[])`);
  if (filter.batchIds !== undefined) all.push(sql`a.batch_id = any(${[...filter.batchIds]}::uuid[])`);
  if (filter.email !== undefined) all.push(sql`a.email = ${filter.email}`);
  const rows = await db.many<AssignmentRow>(sql`${fromAssignments} where ${join(all, ' and ')} order by a.id limit 10000`);
  return rows.map((row) => ({ ...toAssignment(row), projectId: row.project_id }));
}

export interface ItemStatusCounts {
  batchId: string;
  assignmentId: string | null;
  /** Null for items without one. */
  status: string | null;
  items: number;
}

/** How the living items of batches were left, by assignment and status. */
export async function countItemStatuses(db: Queryable, batchIds: readonly string[]): Promise<ItemStatusCounts[]> {
  const rows = await db.many<{ batch_id: string; assignment_id: string | null; item_status: string | null; n: number }>(sql`
    select t.batch_id, t.assignment_id, t.item_status, count(*) as n from tasks t join items i on i.id = t.item_id and ${alive}
    where t.batch_id = any(${[...batchIds]}::uuid[]) and t.deleted_at is null and t.status <> 'cancelled' group by 1, 2, 3`);
  return rows.map((row) => ({ batchId: row.batch_id, assignmentId: row.assignment_id, status: row.item_status, items: row.n }));
}

/** Shares all tasks of one assignment out among assignments by load, in the way of {@link shareAmong}. */
export async function shareOutAssignment(db: Queryable, of: { id: string; batchId: string }, shares: readonly { id: string; load: number }[]): Promise<void> {
  await shareAmong(db, of.batchId, {
    tasks: sql`assignment_id = ${of.id}`,
    shares: sql`select a.id, a.email, s.load, s.place from unnest(${shares.map((share) => share.id)}::uuid[], ${shares.map((share) => share.load)}::float8[]) with ordinality as s (id, load, place)
      join assignments a on a.id = s.id`,
  });
}

/** Gives what one person has not handed in yet of a batch to the other shares, by their load, or else to the common queue; gives how many tasks that are. */
export async function handOver(db: Queryable, of: { id: string; batchId: string }): Promise<number> {
  const open = sql`assignment_id = ${of.id} and status in ('pending', 'claimed')`;
  const { n } = await db.one<{ n: number }>(sql`select count(*) as n from tasks where batch_id = ${of.batchId} and deleted_at is null and ${open}`);
  await shareAmong(db, of.batchId, { tasks: open, shares: sql`select id, email, load, id::text as place from assignments where batch_id = ${of.batchId} and id <> ${of.id}` });
  await db.run(sql`update tasks set assignment_id = null where batch_id = ${of.batchId} and ${open}`);
  return n;
}

/** Ends a share: it goes, or stays without load where its person handed something in, which it counts. */
export async function endAssignment(db: Queryable, { id, batchId, email }: { id: string; batchId: string; email: string }): Promise<void> {
  const { worked } = await db.one<{ worked: boolean }>(sql`select exists (select from tasks where batch_id = ${batchId} and submitted_by = ${email} and deleted_at is null) as worked`);
  if (worked) await db.run(sql`update assignments set load = 0 where id = ${id}`);
  else await deleteAssignment(db, id);
}

/** Shares of open batches of an organisation that one person has, in its projects where `projectIs` (of the share `a`) is true, by batch. */
export async function selectOpenShares(db: Queryable, of: { orgId: string; email: string; projectIs: Sql }): Promise<{ id: string; batchId: string }[]> {
  return db.many<{ id: string; batchId: string }>(sql`select a.id, a.batch_id as "batchId" from assignments a join batches b on b.id = a.batch_id and b.deleted_at is null and b.status in ('staging', 'in_progress')
    where a.org_id = ${of.orgId} and a.email = ${of.email} and (a.load is null or a.load > 0) and ${of.projectIs} order by a.batch_id`);
}

export async function deleteAssignment(db: Queryable, id: string): Promise<void> {
  await db.run(sql`delete from assignments where id = ${id}`);
}

export async function deleteAssignments(db: Queryable, batchId: string, exceptEmails: readonly string[]): Promise<void> {
  await db.run(sql`delete from assignments where batch_id = ${batchId} and email <> all(${[...exceptEmails]}::text[])`);
}
