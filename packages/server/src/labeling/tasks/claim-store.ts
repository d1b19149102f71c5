// Claims as statements: who gets the next task, and what becomes of leases.
import sql, { empty, raw, type Sql } from 'sql-template-tag';
import type { Queryable } from '../../engines/database/database.ts';
import { withEvents } from '../../events/outbox.ts';
import { livingShare, toStoredTask, type StoredTask, type TaskRow } from './store.ts';

/** Who claims what, and for how long where the batch does not say. */
export interface Claimant {
  projectId: string;
  email: string;
  batchId: string | undefined;
  /** This task, and no other. */
  taskId?: string;
  leaseToken: string;
  leaseSeconds: number;
  test: boolean;
  /** The right to claim, asked in the same statement, and what says why there is none; unset where it has been asked. */
  right?: { held: Sql; need: () => Promise<unknown> };
}

function leaseEnd(seconds: number): Sql {
  return sql`now() + make_interval(secs => coalesce((select (settings->>'leaseSeconds')::float8 from batches where id = tasks.batch_id), ${seconds}))`;
}

/** What {@link withEvents} says of a task, as `taskEvent` does. */
const eventData: Sql = sql`jsonb_build_object('batchId', m.batch_id, 'itemId', m.item_id, 'status', m.status)`;

/**
 * How many heads of each queue are looked at: more than people who pull at the same instant, and where others are at all of these, more in steps: a
 * look at thousands costs as much as ten claims, and holds up the others meanwhile. What somebody skipped comes when nothing else is left.
 */
const looks = [{ heads: 24, skipped: false }, { heads: 120, skipped: false }, { heads: 2_000, skipped: false }, { heads: 2_000, skipped: true }] as const;

/**
 * Takes the next task in one statement, which tells of it too: rows that others are taking at this moment are stepped over, so nobody waits and no two people get
 * the same. A person's own share comes first, then what is nobody's; tasks in several hands (consensus) are given to a person once. Only the
 * heads of the queues are looked at, so that a claim costs the same however many tasks are open.
 */
export async function claimNext(db: Queryable, who: Claimant): Promise<StoredTask | undefined> {
  for (const look of looks) {
    const right = look === looks[0] ? who.right : undefined;
    const claim = sql`update tasks set status = 'claimed', claimed_by = ${who.email}, lease_token = ${who.leaseToken},
        lease_until = ${leaseEnd(who.leaseSeconds)},
        revision = revision + 1, updated_at = now()
      where id = (
        select t.id from (${headsOfQueues(who, look)}) as h join tasks t on t.id = h.id
        where t.status = 'pending' and t.deleted_at is null
        order by h.own desc, h.priority desc, h.id limit 1 for update of t skip locked)
        ${right === undefined ? empty : sql`and ${right.held}`}
      returning *`;
    const [row] = await withEvents<TaskRow>(db, claim, { kind: 'task', actor: who.email, data: eventData }, [{ type: 'task.claimed' }]);
    if (row) return toStoredTask(row);
    await right?.need();
  }
  return undefined;
}

/** The first tasks of each queue that the person may take from; nothing is locked by looking. */
function headsOfQueues(who: Claimant, { heads: count, skipped }: (typeof looks)[number]): Sql {
  const free = sql`t.status = 'pending' and t.deleted_at is null and (t.attachment is null or t.item_id is not null) and (t.expires_at is null or t.expires_at > now())
    ${who.taskId === undefined ? empty : sql`and t.id = ${who.taskId}`} ${skipped || who.taskId !== undefined ? empty : sql`and ${who.email} <> all(t.skipped_by)`}
    and not exists (select from tasks o where o.item_id = t.item_id and o.batch_id = t.batch_id and o.id <> t.id and o.deleted_at is null
      and (o.claimed_by = ${who.email} or o.submitted_by = ${who.email}))`;
  // The count is part of the text: with a limit that is a value the statement would be planned anew at every claim, which takes longer than the claim.
  const open = sql`b.project_id = ${who.projectId} and b.test = ${who.test} and b.status = 'in_progress' and b.deleted_at is null ${who.batchId === undefined ? empty : sql`and b.id = ${who.batchId}`}`;
  const first = (where: Sql, own: boolean): Sql => sql`(select t.id, t.priority, ${own ? sql`true` : sql`false`} as own from tasks t where ${where} and ${free} order by t.priority desc, t.id limit ${raw(String(count))})`;
  const alone = sql`union all ${first(sql`t.project_id = ${who.projectId} and t.test = ${who.test} and t.batch_id is null and t.assignment_id is null`, false)}`;
  return sql`
    select c.id, c.priority, c.own from assignments a join batches b on b.id = a.batch_id and ${open}
      cross join lateral ${first(sql`t.assignment_id = a.id`, true)} as c where a.email = ${who.email}
    union all select c.id, c.priority, c.own from batches b cross join lateral ${first(sql`t.batch_id = b.id and t.assignment_id is null`, false)} as c where ${open}
    ${who.batchId === undefined ? alone : empty}`;
}

/** Gives the person who holds a task a new lease on it; undefined when they do not hold it. */
export async function claimAgain(db: Queryable, who: Claimant & { taskId: string }): Promise<StoredTask | undefined> {
  const row = await db.maybe<TaskRow>(sql`update tasks set lease_token = ${who.leaseToken}, lease_until = ${leaseEnd(who.leaseSeconds)}, revision = revision + 1, updated_at = now()
    where id = ${who.taskId} and status = 'claimed' and claimed_by = ${who.email} and deleted_at is null returning *`);
  return row && toStoredTask(row);
}

/** The oldest submitted task that somebody else handed in, for review. */
export async function selectForReview(db: Queryable, who: { projectId: string; email: string; batchId: string | undefined }): Promise<StoredTask | undefined> {
  const row = await db.maybe<TaskRow>(sql`select * from tasks where project_id = ${who.projectId} and status = 'submitted' and deleted_at is null
    ${who.batchId === undefined ? empty : sql`and batch_id = ${who.batchId}`} and submitted_by is distinct from ${who.email}
    order by submitted_at, id limit 1`);
  return row && toStoredTask(row);
}

/** Ends the leases of a person in projects where `projectIs` (of the task `tasks`) is true; what they saved stays with the tasks. `by`: who is told to have done it. */
export async function endLeases(db: Queryable, of: { orgId: string; email: string; projectIs: Sql }, by: string): Promise<void> {
  const back = sql`update tasks set status = 'pending', claimed_by = null, lease_token = null, lease_until = null, assignment_id = ${livingShare}, revision = revision + 1, updated_at = now()
    where org_id = ${of.orgId} and status = 'claimed' and claimed_by = ${of.email} and deleted_at is null and ${of.projectIs} returning *`;
  await withEvents(db, back, { kind: 'task', actor: by, data: sql`${eventData} || jsonb_build_object('flag', null, 'takenFrom', ${of.email}::text)` }, [{ type: 'task.released' }]);
}

/** Leases that ran out go back to the queue. */
export async function returnLapsed(db: Queryable): Promise<StoredTask[]> {
  const rows = await db.many<TaskRow>(sql`update tasks set status = 'pending', claimed_by = null, lease_token = null, lease_until = null, assignment_id = ${livingShare}, revision = revision + 1, updated_at = now()
    where status = 'claimed' and lease_until < now() returning *`);
  return rows.map(toStoredTask);
}
