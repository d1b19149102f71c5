import type { Batch } from '@fovea/contract';
import sql, { empty, join, type Sql } from 'sql-template-tag';
import { alive } from '../../catalog/items/store.ts';
import type { Entity } from '../../catalog/query/entity.ts';
import { queryPage, rowAlias, type EntityQuery } from '../../catalog/query/page.ts';
import type { Queryable } from '../../engines/database/database.ts';
import type { Page } from '../../paging.ts';

interface BatchRow {
  id: string;
  org_id: string;
  project_id: string;
  dataset_id: string | null;
  recipe_id: string | null;
  name: string;
  kind: Batch['kind'];
  status: Batch['status'];
  priority: number;
  test: boolean;
  due_at: Date | null;
  callback_url: string | null;
  settings: Batch['settings'];
  metadata: Record<string, unknown>;
  origin: string | null;
  external_id: string | null;
  extra: unknown;
  revision: number;
  created_by: string;
  created_at: Date;
  updated_at: Date;
  completed_at: Date | null;
  counts: Partial<Batch['counts']> | null;
}

/** A batch with what only the server and the doors know. */
export interface StoredBatch extends Batch {
  orgId: string;
  test: boolean;
  origin: string | null;
  externalId: string | null;
  extra: unknown;
}

/** A batch without the counts of its tasks, which cost as much as it has tasks. */
export type BatchAlone = Omit<StoredBatch, 'counts'>;

function toStoredBatch(row: BatchRow): StoredBatch {
  const counts = { total: 0, pending: 0, claimed: 0, submitted: 0, completed: 0, cancelled: 0, error: 0, ...row.counts };
  const total = counts.pending + counts.claimed + counts.submitted + counts.completed + counts.cancelled + counts.error;
  return { ...toBatchAlone(row), counts: { ...counts, total } };
}

function toBatchAlone(row: Omit<BatchRow, 'counts'>): BatchAlone {
  return {
    id: row.id,
    orgId: row.org_id,
    projectId: row.project_id,
    datasetId: row.dataset_id,
    recipeId: row.recipe_id,
    name: row.name,
    kind: row.kind,
    status: row.status,
    priority: row.priority,
    dueAt: row.due_at?.toISOString() ?? null,
    callbackUrl: row.callback_url,
    settings: row.settings,
    metadata: row.metadata,
    revision: row.revision,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    completedAt: row.completed_at?.toISOString() ?? null,
    test: row.test,
    origin: row.origin,
    externalId: row.external_id,
    extra: row.extra,
  };
}

export function toBatch(stored: StoredBatch): Batch {
  const { orgId: _orgId, test: _test, origin: _origin, externalId: _externalId, extra: _extra, ...batch } = stored;
  return batch;
}

const columns = (b: Sql): Sql => sql`${b}.*, (select jsonb_object_agg(s.status, s.n) from (
  select status, count(*) as n from tasks where batch_id = ${b}.id and deleted_at is null group by status) s) as counts`;

const from = sql`select ${columns(sql`b`)} from batches b`;

export async function insertBatch(
  db: Queryable,
  row: {
    id: string;
    orgId: string;
    projectId: string;
    datasetId: string | null;
    recipeId: string | null;
    name: string;
    kind: string;
    status: Batch['status'];
    priority: number;
    test: boolean;
    dueAt: string | null;
    callbackUrl: string | null;
    settings: unknown;
    metadata: unknown;
    origin: string | null;
    externalId: string | null;
    extra: unknown;
    createdBy: string;
  },
): Promise<void> {
  await db.run(sql`insert into batches (id, org_id, project_id, dataset_id, recipe_id, name, kind, status, priority, test, due_at, callback_url, settings,
      metadata, origin, external_id, extra, created_by)
    values (${row.id}, ${row.orgId}, ${row.projectId}, ${row.datasetId}, ${row.recipeId}, ${row.name}, ${row.kind}, ${row.status}, ${row.priority}, ${row.test},
      ${row.dueAt}, ${row.callbackUrl}, ${JSON.stringify(row.settings)}, ${JSON.stringify(row.metadata)}, ${row.origin}, ${row.externalId},
      ${row.extra === null ? null : JSON.stringify(row.extra)}, ${row.createdBy})`);
}

export async function selectBatch(db: Queryable, id: string, options: { lock?: boolean } = {}): Promise<StoredBatch | undefined> {
  const row = await db.maybe<BatchRow>(sql`${from} where b.id = ${id} and b.deleted_at is null ${options.lock ? sql`for update of b` : empty}`);
  return row && toStoredBatch(row);
}

/** The batch without counts: what each task that is made or done in it asks for. */
export async function selectBatchAlone(db: Queryable, id: string, options: { lock?: boolean } = {}): Promise<BatchAlone | undefined> {
  const row = await db.maybe<BatchRow>(sql`select b.* from batches b where b.id = ${id} and b.deleted_at is null ${options.lock ? sql`for update` : empty}`);
  return row && toBatchAlone(row);
}

export interface BatchFilter {
  orgId: string;
  /** A further condition on rows `b`, such as that the caller sees their project. */
  visible?: Sql | undefined;
  ids?: readonly string[] | undefined;
  projectIds?: readonly string[] | undefined;
  test?: boolean | undefined;
  name?: string | undefined;
  status?: string | undefined;
  datasetId?: string | undefined;
  origin?: string | undefined;
  externalId?: string | undefined;
  /** Any of these states. */
  statuses?: readonly string[] | undefined;
  createdFrom?: string | undefined;
  createdTo?: string | undefined;
  completedFrom?: string | undefined;
  completedTo?: string | undefined;
  /** A task of it was judged in this time. */
  auditedFrom?: string | undefined;
  auditedTo?: string | undefined;
}

function conditions(filter: BatchFilter): Sql {
  const all: Sql[] = [sql`b.org_id = ${filter.orgId}`, sql`b.deleted_at is null`];
  if (filter.visible !== undefined) all.push(filter.visible);
  if (filter.ids !== undefined) all.push(sql`b.id = any(${[...filter.ids]}::uuid[])`);
  if (filter.externalId !== undefined) all.push(sql`b.external_id = ${filter.externalId}`);
  if (filter.statuses !== undefined) all.push(sql`b.status = any(${[...filter.statuses]}::text[])`);
  if (filter.completedFrom !== undefined) all.push(sql`b.completed_at >= ${filter.completedFrom}`);
  if (filter.completedTo !== undefined) all.push(sql`b.completed_at <= ${filter.completedTo}`);
  if (filter.projectIds !== undefined) all.push(sql`b.project_id = any(${[...filter.projectIds]}::uuid[])`);
  if (filter.test !== undefined) all.push(sql`b.test = ${filter.test}`);
  if (filter.name !== undefined) all.push(sql`b.name = ${filter.name}`);
  if (filter.status !== undefined) all.push(sql`b.status = ${filter.status}`);
  if (filter.datasetId !== undefined) all.push(sql`b.dataset_id = ${filter.datasetId}`);
  if (filter.origin !== undefined) all.push(sql`b.origin = ${filter.origin}`);
  if (filter.createdFrom !== undefined) all.push(sql`b.created_at >= ${filter.createdFrom}`);
  if (filter.createdTo !== undefined) all.push(sql`b.created_at <= ${filter.createdTo}`);
  if (filter.auditedFrom !== undefined || filter.auditedTo !== undefined) all.push(audited(filter));
  return join(all, ' and ');
}

function audited({ auditedFrom: from, auditedTo: to }: BatchFilter): Sql {
  const at = sql`(audit->>'audited_at')::timestamptz`;
  return sql`exists (select from tasks t cross join jsonb_array_elements(t.audits) as audit where t.batch_id = b.id and t.deleted_at is null
    ${from === undefined ? empty : sql`and ${at} >= ${from}`} ${to === undefined ? empty : sql`and ${at} <= ${to}`})`;
}

/** Batches newest first, one more than the limit. */
export async function selectBatches(db: Queryable, filter: BatchFilter, options: { limit: number; before?: string | undefined; offset?: number }): Promise<StoredBatch[]> {
  const rows = await db.many<BatchRow>(sql`${from} where ${conditions(filter)} ${options.before === undefined ? empty : sql`and b.id < ${options.before}`}
    order by b.id desc limit ${options.limit + 1} offset ${options.offset ?? 0}`);
  return rows.map(toStoredBatch);
}

/** The same without counts, and no more than the limit. */
export async function selectBatchesAlone(db: Queryable, filter: BatchFilter, options: { limit: number; offset?: number }): Promise<BatchAlone[]> {
  const rows = await db.many<BatchRow>(sql`select b.* from batches b where ${conditions(filter)} order by b.id desc limit ${options.limit} offset ${options.offset ?? 0}`);
  return rows.map(toBatchAlone);
}

/** Batches of a project that a query finds. */
/** A page of what a filter finds; `entity`: batches as filters see them. */
export function queryBatches(db: Queryable, of: { projectId: string; test: boolean; entity: Entity }, query: EntityQuery): Promise<Page<StoredBatch>> {
  return queryPage<BatchRow, StoredBatch>(db, of.entity, query, {
    columns: columns(rowAlias),
    scope: sql`${rowAlias}.project_id = ${of.projectId} and ${rowAlias}.test = ${of.test}`,
    scopeMark: [of.projectId, of.test],
    defaultSort: [{ field: 'id', direction: 'desc' }],
    map: toStoredBatch,
  });
}

export async function countBatches(db: Queryable, filter: BatchFilter): Promise<number> {
  return (await db.one<{ n: number }>(sql`select count(*) as n from batches b where ${conditions(filter)}`)).n;
}

export async function updateBatch(
  db: Queryable,
  id: string,
  change: {
    name?: string | undefined;
    priority?: number | undefined;
    dueAt?: string | null | undefined;
    callbackUrl?: string | null | undefined;
    metadata?: unknown;
    settings?: unknown;
    status?: Batch['status'] | undefined;
    extra?: unknown;
    externalId?: string | null | undefined;
    deleted?: boolean;
  },
): Promise<void> {
  const set: Sql[] = [sql`revision = revision + 1`, sql`updated_at = now()`];
  if (change.externalId !== undefined) set.push(sql`external_id = ${change.externalId}`);
  if (change.name !== undefined) set.push(sql`name = ${change.name}`);
  if (change.priority !== undefined) set.push(sql`priority = ${change.priority}`);
  if (change.dueAt !== undefined) set.push(sql`due_at = ${change.dueAt}`);
  if (change.callbackUrl !== undefined) set.push(sql`callback_url = ${change.callbackUrl}`);
  if (change.metadata !== undefined) set.push(sql`metadata = ${JSON.stringify(change.metadata)}`);
  if (change.settings !== undefined) set.push(sql`settings = ${JSON.stringify(change.settings)}`);
  if (change.extra !== undefined) set.push(sql`extra = ${JSON.stringify(change.extra)}`);
  if (change.deleted) set.push(sql`deleted_at = now()`);
  if (change.status !== undefined) {
    set.push(sql`status = ${change.status}`, sql`completed_at = ${change.status === 'completed' ? sql`now()` : sql`null`}`);
  }
  await db.run(sql`update batches set ${join(set, ', ')} where id = ${id}`);
}

/** Opens a batch that was completed, as a task came into it. */
export async function reopenBatch(db: Queryable, id: string): Promise<void> {
  await db.run(sql`update batches set status = 'in_progress', completed_at = null, revision = revision + 1, updated_at = now() where id = ${id} and status = 'completed'`);
}

/** Notes that items came into a batch or left it. */
export async function markContents(db: Queryable, id: string): Promise<void> {
  await db.run(sql`update batches set contents_at = clock_timestamp() where id = ${id}`);
}

/** Takes the tasks of items out of a batch; gives how many. */
export async function deleteTasksOfItems(db: Queryable, batchId: string, itemIds: readonly string[]): Promise<number> {
  return db.run(sql`update tasks set deleted_at = now(), updated_at = now(), revision = revision + 1
    where batch_id = ${batchId} and item_id = any(${[...itemIds]}::uuid[]) and deleted_at is null`);
}

export async function deleteTasksOfBatch(db: Queryable, batchId: string): Promise<number> {
  return db.run(sql`update tasks set deleted_at = now(), updated_at = now(), revision = revision + 1 where batch_id = ${batchId} and deleted_at is null`);
}

/** How many living items each batch has, and when one came or went or what one of them teaches last changed. */
export async function selectContents(db: Queryable, ids: readonly string[]): Promise<Map<string, { items: number; changedAt: string }>> {
  const rows = await db.many<{ id: string; items: number; changed_at: Date }>(sql`
    select b.id, count(i.id) filter (where ${alive}) as items, greatest(b.contents_at, max(i.labeled_at), max(i.deleted_at),
      max(i.expires_at) filter (where i.expires_at <= now())) as changed_at
    from batches b left join tasks t on t.batch_id = b.id and t.deleted_at is null left join items i on i.id = t.item_id
    where b.id = any(${[...ids]}::uuid[]) group by b.id`);
  return new Map(rows.map((row) => [row.id, { items: row.items, changedAt: row.changed_at.toISOString() }]));
}

/** Takes out of a batch the items that a condition on them (under the name `t`) finds and that have no status yet; gives how many there were, and how many went. */
export async function deleteOpenTasks(db: Queryable, batchId: string, itemIds: Sql): Promise<{ removed: number; total: number }> {
  return db.one(sql`
    with found as (select k.id, k.item_status from tasks k where k.batch_id = ${batchId} and k.deleted_at is null and k.item_id in (${itemIds})),
    gone as (update tasks k set deleted_at = now(), updated_at = now(), revision = revision + 1 from found f where k.id = f.id and f.item_status is null returning k.id)
    select (select count(*) from gone) as removed, (select count(*) from found) as total`);
}
