// Items with known answers must look like any other to who is measured by them: people who may label and no more.
import type { ProjectRole } from '@fovea/contract';
import sql, { type Sql } from 'sql-template-tag';
import type { Queryable } from '../../engines/database/database.ts';
import type { StoredAnnotation } from '../annotations/store.ts';

/** A person who labels and must not see what is hidden; undefined for everybody else. */
export function workerOf(caller: { email: string }, role: ProjectRole): string | undefined {
  return role === 'annotator' ? caller.email : undefined;
}

const honeypots = (condition: Sql): Sql => sql`exists (select from tasks h where ${condition} and h.honeypot and h.deleted_at is null)`;

/** Tasks of batches that people are measured in. */
const measured = (condition: Sql): Sql => sql`exists (select from tasks w where ${condition} and w.deleted_at is null and ${honeypots(sql`h.batch_id = w.batch_id`)})`;

/** The condition that a worker sees an annotation that is no draft: a model's, their own, and, on items that nobody is measured beside, everybody's. */
const finalShownTo = (worker: string, a: Sql): Sql => sql`(${a}.source = 'model' or ${a}.created_by = ${worker} or not ${measured(sql`w.item_id = ${a}.item_id`)})`;

/** Whether a draft is an answer to a known item, which looks like any other answer once its task is done. */
const answersKnown = (a: Sql): Sql => honeypots(sql`h.id = ${a}.task_id and h.status = 'completed'`);

/**
 * The condition that a worker sees an annotation among those of an item: known answers of others are not shown, their own to such an item are. What
 * others drew on any item of a batch with known items is not shown either, whether they did in the batch or before it: where it were, the known ones
 * would stand out.
 */
export function shownTo(worker: string, a: Sql): Sql {
  return sql`(case when ${a}.draft then ${a}.created_by = ${worker} and ${answersKnown(a)} else ${finalShownTo(worker, a)} end)`;
}

/** The condition that a worker can open, change or delete a single annotation: what they are shown, and the work in progress of tasks. */
export function openTo(worker: string, a: Sql): Sql {
  return sql`(case when ${a}.draft then ${a}.created_by = ${worker} or not ${answersKnown(a)} else ${finalShownTo(worker, a)} end)`;
}

/** The number of an item's annotations that a worker is shown. */
export function countShownTo(worker: string, i: Sql): Sql {
  return sql`(case when ${measured(sql`w.item_id = ${i}.id`)}
    then (select count(*) from annotations seen where seen.item_id = ${i}.id and seen.deleted_at is null and ${shownTo(worker, sql`seen`)}) else ${i}.annotation_count end)`;
}

/** How many own answers to known items a worker takes for annotations of a project. */
export async function countOwnKnown(db: Queryable, worker: string, projectId: string): Promise<number> {
  const row = await db.one<{ n: number }>(sql`select count(*) as n from tasks h join annotations a on a.task_id = h.id and a.draft and a.deleted_at is null
    where h.project_id = ${projectId} and h.honeypot and h.status = 'completed' and h.deleted_at is null and a.created_by = ${worker}`);
  return row.n;
}

/** Whether a dataset has items by which people are measured. */
export async function hasKnownItems(db: Queryable, datasetId: string): Promise<boolean> {
  return (await db.one<{ known: boolean }>(sql`select ${honeypots(sql`h.dataset_id = ${datasetId}`)} as known`)).known;
}

/** Own answers to known items, as any other answer looks once its task is done. */
export async function likeAnyOther(db: Queryable, rows: readonly StoredAnnotation[]): Promise<StoredAnnotation[]> {
  const taskIds = [...new Set(rows.flatMap((row) => (row.draft && row.taskId !== null ? [row.taskId] : [])))];
  if (taskIds.length === 0) return [...rows];
  const done = await db.many<{ id: string; completed_at: Date }>(sql`select id, completed_at from tasks where id = any(${taskIds}::uuid[]) and honeypot and status = 'completed'`);
  const doneAt = new Map(done.map((task) => [task.id, task.completed_at.toISOString()]));
  return rows.map((row) => {
    const at = row.draft ? doneAt.get(row.taskId ?? '') : undefined;
    return at === undefined ? row : { ...row, draft: false, revision: row.revision + 1, updatedAt: at };
  });
}

/** Items with the number of annotations that a worker sees. */
export async function countedFor<T extends { id: string; annotationCount: number }>(db: Queryable, worker: string | undefined, items: readonly T[]): Promise<T[]> {
  if (worker === undefined || items.length === 0) return [...items];
  const known = await db.many<{ id: string; seen: number }>(sql`select i.id, (select count(*) from annotations a where a.item_id = i.id and a.deleted_at is null and ${shownTo(worker, sql`a`)}) as seen
    from unnest(${items.map(({ id }) => id)}::uuid[]) as i (id) where ${measured(sql`w.item_id = i.id`)}`);
  const seen = new Map(known.map((row) => [row.id, row.seen]));
  return items.map((item) => ({ ...item, annotationCount: seen.get(item.id) ?? item.annotationCount }));
}

/** The condition that a worker hears of an event: not of what others label in tasks or on items of a batch with known ones, nor of who else works in a batch with such items. */
export function heardBy(worker: string): Sql {
  return sql`(actor = ${worker} or case subject_kind
    when 'annotation' then not (data ? 'taskId') and not ${measured(sql`w.item_id = (data->>'itemId')::uuid`)}
    when 'task' then not ${honeypots(sql`h.batch_id = (data->>'batchId')::uuid`)} else true end)`;
}

/** The condition that a worker sees a task: in a batch with known items, only what they have or had in hand. */
export function taskShownTo(worker: string, t: Sql): Sql {
  return sql`(${t}.claimed_by = ${worker} or ${t}.submitted_by = ${worker} or not ${honeypots(sql`h.batch_id = ${t}.batch_id`)})`;
}
