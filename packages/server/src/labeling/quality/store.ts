import type { AnnotationContent } from '@fovea/contract';
import { fromObjectId, toObjectId } from '@fovea/contract';
import { randomBytes } from 'node:crypto';
import sql, { type Sql } from 'sql-template-tag';
import { rowAlias } from '../../catalog/query/page.ts';
import type { Queryable, Tx } from '../../engines/database/database.ts';
import { toStoredAnnotation, annotationColumns, type AnnotationRow, type StoredAnnotation } from '../annotations/store.ts';

/** What a person answered to an item. */
export interface Answer {
  taskId: string;
  by: string;
  annotations: StoredAnnotation[];
}

export interface AnsweredItem {
  itemId: string;
  path: string;
  width: number;
  height: number;
  answers: Answer[];
}

const a = sql`a`;

/** Items of a batch that were answered, after one, by id; with every answer's annotations, also those that a merge has put aside. */
export async function selectAnswers(db: Queryable, batchId: string, options: { honeypots: boolean; after: string | null; limit: number; minPeople: number }): Promise<AnsweredItem[]> {
  const items = await db.many<{ item_id: string; path: string; width: number | null; height: number | null; tasks: string[]; people: string[] }>(sql`
    select t.item_id, i.path, i.width, i.height, array_agg(t.id order by t.id) as tasks, array_agg(t.submitted_by order by t.id) as people
    from tasks t join items i on i.id = t.item_id
    where t.batch_id = ${batchId} and t.honeypot = ${options.honeypots} and t.status in ('completed', 'submitted') and t.deleted_at is null and t.submitted_by is not null
      and (${options.after}::uuid is null or t.item_id > ${options.after})
    group by t.item_id, i.path, i.width, i.height having count(*) >= ${options.minPeople} order by t.item_id limit ${options.limit}`);
  const rows = await db.many<AnnotationRow>(sql`select ${annotationColumns(a)} from annotations a
    where a.task_id = any(${items.flatMap((item) => item.tasks)}::uuid[]) and (a.deleted_at is null
      or exists (select from consensus_merges m where m.batch_id = ${batchId} and m.item_id = a.item_id and a.id = any(m.replaced))) order by a.id`);
  const byTask = Map.groupBy(rows.map(toStoredAnnotation), (annotation) => annotation.taskId ?? '');
  return items.map((item) => ({
    itemId: item.item_id,
    path: item.path,
    width: item.width ?? 0,
    height: item.height ?? 0,
    answers: item.tasks.map((taskId, index) => ({ taskId, by: item.people[index] ?? '', annotations: byTask.get(taskId) ?? [] })),
  }));
}

export function contentOf(annotation: StoredAnnotation): AnnotationContent {
  const { type, label, geometry, attributes, frame, endFrame, keyframes, confidence, source } = annotation;
  return { type, label, geometry, attributes, frame, endFrame, confidence, source, ...(keyframes === undefined ? {} : { keyframes }) };
}

export interface PersonFigures {
  by: string;
  tasks: number;
  seconds: number;
  reviewed: number;
  accepted: number;
  rejected: number;
}

/** What each person did in a batch. */
export function selectPeople(db: Queryable, batchId: string): Promise<PersonFigures[]> {
  return db.many(sql`select submitted_by as by, count(*) as tasks, sum(seconds_spent) as seconds,
      count(*) filter (where review_status in ('accepted', 'rejected', 'fixed')) as reviewed, count(*) filter (where review_status = 'accepted') as accepted,
      sum(rounds)::int + count(*) filter (where review_status = 'rejected') as rejected
    from tasks where batch_id = ${batchId} and submitted_by is not null and deleted_at is null group by submitted_by order by submitted_by`);
}

/** The annotations of items that were there without the batch: the truth of its honeypots. */
export async function selectTruth(db: Queryable, itemIds: readonly string[]): Promise<Map<string, StoredAnnotation[]>> {
  const rows = await db.many<AnnotationRow>(sql`select ${annotationColumns(a)} from annotations a where a.item_id = any(${[...itemIds]}::uuid[])
    and a.deleted_at is null and not a.draft and a.source <> 'model' order by a.id`);
  return Map.groupBy(rows.map(toStoredAnnotation), (annotation) => annotation.itemId);
}

/** What a worker finds on an item before they begin: nothing, what a model said of it, or the pre-labels of the task itself. */
export type Prelabeled = 'none' | 'item' | 'task';

const modelSays = (itemId: Sql): Sql => sql`exists (select from annotations p where p.item_id = ${itemId} and p.deleted_at is null and not p.draft and p.source = 'model')`;

/** Tasks of a batch that are still to be done, in no special order: the company that honeypots hide in. */
export async function selectCompany(db: Queryable, batchId: string, limit: number): Promise<{ id: string; prelabeled: Prelabeled }[]> {
  return db.many(sql`select t.id, case when exists (select from annotations d where d.task_id = t.id and d.deleted_at is null) then 'task' when ${modelSays(sql`t.item_id`)} then 'item' else 'none' end as prelabeled
    from tasks t where t.batch_id = ${batchId} and t.status = 'pending' and not t.honeypot and t.deleted_at is null order by random() limit ${limit}`);
}

/** Items of a dataset whose answers are known, with what else a worker finds on them; `condition` is on items under the name of {@link rowAlias}. */
export async function selectKnownItems(db: Queryable, datasetId: string, condition: Sql, limit: number): Promise<{ id: string; prelabeled: Prelabeled }[]> {
  return db.many(sql`select ${rowAlias}.id, case when ${modelSays(sql`${rowAlias}.id`)} then 'item' else 'none' end as prelabeled from items ${rowAlias} where ${rowAlias}.dataset_id = ${datasetId}
    and ${condition} and exists (select from annotations a where a.item_id = ${rowAlias}.id and a.deleted_at is null and not a.draft and a.source <> 'model')
    order by ${rowAlias}.id limit ${limit}`);
}

/** An id as old as another one: it sorts among its neighbours. */
export function idBeside(id: string): string {
  const made = fromObjectId(`${toObjectId(id).slice(0, 12)}7${randomBytes(2).toString('hex').slice(1)}${(8 + (randomBytes(1).readUInt8() & 3)).toString(16)}${randomBytes(4).toString('hex').slice(1)}`);
  if (made === undefined) throw new Error('The id beside another one is no id.');
  return made;
}

/** Inserts honeypots as copies of tasks in everything but the item. */
export async function insertHoneypots(tx: Tx, rows: readonly { id: string; like: string; itemId: string }[]): Promise<number> {
  return tx.run(sql`insert into tasks (id, org_id, project_id, batch_id, dataset_id, item_id, type, test, instruction, params, recipe_id, recipe_version, priority, tags, metadata,
      assignment_id, created_by, created_at, updated_at, honeypot)
    select n.id, t.org_id, t.project_id, t.batch_id, t.dataset_id, n.item_id, t.type, t.test, t.instruction, t.params, t.recipe_id, t.recipe_version, t.priority, t.tags, t.metadata,
      t.assignment_id, t.created_by, t.created_at, t.created_at, true
    from unnest(${rows.map((row) => row.id)}::uuid[], ${rows.map((row) => row.like)}::uuid[], ${rows.map((row) => row.itemId)}::uuid[]) as n (id, like_id, item_id)
    join tasks t on t.id = n.like_id
    where not exists (select from tasks o where o.batch_id = t.batch_id and o.item_id = n.item_id and not o.honeypot and o.deleted_at is null)`);
}

export function removeHoneypots(tx: Tx, batchId: string): Promise<number> {
  return tx.run(sql`update tasks set deleted_at = now(), updated_at = now() where batch_id = ${batchId} and honeypot and status = 'pending' and deleted_at is null`);
}

export async function insertMerge(tx: Tx, row: { batchId: string; itemId: string; projectId: string; made: string[]; replaced: string[]; by: string }): Promise<void> {
  await tx.run(sql`insert into consensus_merges (batch_id, item_id, project_id, made, replaced, merged_by)
    values (${row.batchId}, ${row.itemId}, ${row.projectId}, ${row.made}::uuid[], ${row.replaced}::uuid[], ${row.by})`);
}

export function selectMerges(tx: Tx, batchId: string, limit: number): Promise<{ item_id: string; made: string[]; replaced: string[] }[]> {
  return tx.many(sql`select item_id, made, replaced from consensus_merges where batch_id = ${batchId} order by item_id limit ${limit} for update`);
}

export async function isMerged(db: Queryable, batchId: string): Promise<boolean> {
  return (await db.one<{ merged: boolean }>(sql`select exists (select from consensus_merges where batch_id = ${batchId}) as merged`)).merged;
}

export async function deleteMerges(tx: Tx, batchId: string, itemIds: readonly string[]): Promise<void> {
  await tx.run(sql`delete from consensus_merges where batch_id = ${batchId} and item_id = any(${[...itemIds]}::uuid[])`);
}

/** Puts annotations aside or brings them back, without a word in their history: a merge is undone as a whole. */
export async function putAside(tx: Tx, ids: readonly string[], aside: boolean, by: string): Promise<{ item_id: string; dataset_id: string }[]> {
  const state: Sql = aside ? sql`now()` : sql`null`;
  return tx.many(sql`update annotations set deleted_at = ${state}, updated_at = now(), updated_by = ${by}, revision = revision + 1
    where id = any(${[...ids]}::uuid[]) and deleted_at is ${aside ? sql`null` : sql`not null`} returning item_id, dataset_id`);
}

/** Gives each item of a batch as many tasks as people are to label it: more are added, pending ones too many are taken away. */
export async function setPeople(tx: Tx, batchId: string, people: number): Promise<void> {
  await tx.run(sql`
    with present as (
      select item_id, count(*)::int as count, (array_agg(id order by id))[1] as sample from tasks
      where batch_id = ${batchId} and item_id is not null and not honeypot and status <> 'cancelled' and deleted_at is null group by item_id)
    insert into tasks (id, org_id, project_id, batch_id, dataset_id, item_id, type, test, instruction, params, recipe_id, recipe_version, priority, tags, metadata, created_by)
    select fovea_new_id(), t.org_id, t.project_id, t.batch_id, t.dataset_id, t.item_id, t.type, t.test, t.instruction, t.params, t.recipe_id, t.recipe_version, t.priority, t.tags,
      t.metadata, t.created_by
    from present p join tasks t on t.id = p.sample cross join lateral generate_series(1, ${people}::int - p.count)`);
  await tx.run(sql`
    with ranked as (
      select id, status, row_number() over (partition by item_id order by (status = 'pending'), id) as place from tasks
      where batch_id = ${batchId} and item_id is not null and not honeypot and status <> 'cancelled' and deleted_at is null)
    update tasks t set deleted_at = now(), updated_at = now() from ranked r where r.id = t.id and r.place > ${people} and r.status = 'pending'`);
}
