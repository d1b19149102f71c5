import type { Task } from '@fovea/contract';
import sql, { empty, join, type Sql } from 'sql-template-tag';
import type { Queryable } from '../../engines/database/database.ts';

export interface TaskRow {
  id: string;
  org_id: string;
  project_id: string;
  batch_id: string | null;
  dataset_id: string | null;
  item_id: string | null;
  assignment_id: string | null;
  type: string;
  status: Task['status'];
  test: boolean;
  instruction: string;
  params: Record<string, unknown>;
  attachment: string | null;
  recipe_id: string | null;
  recipe_version: number | null;
  priority: number;
  unique_id: string | null;
  tags: string[] | null;
  metadata: Record<string, unknown>;
  callback_url: string | null;
  callback_succeeded: boolean | null;
  claimed_by: string | null;
  lease_token: string | null;
  lease_until: Date | null;
  response: Record<string, unknown> | null;
  item_status: string | null;
  submitted_by: string | null;
  submitted_at: Date | null;
  seconds_spent: number;
  review_status: Task['reviewStatus'];
  review_comments: unknown[];
  audits: unknown[];
  prior_responses: unknown[];
  rounds: number;
  flag: string | null;
  error: Record<string, unknown> | null;
  origin: string | null;
  external_id: string | null;
  extra: unknown;
  revision: number;
  created_by: string;
  created_at: Date;
  updated_at: Date;
  completed_at: Date | null;
  honeypot: boolean;
}

/** A task with what only the server and the doors know. */
export interface StoredTask extends Task {
  orgId: string;
  test: boolean;
  leaseToken: string | null;
  callbackSucceeded: boolean | null;
  audits: unknown[];
  priorResponses: unknown[];
  origin: string | null;
  externalId: string | null;
  extra: unknown;
  /** Its right answer is known; nobody who may work on it is told. */
  honeypot: boolean;
}

export function toStoredTask(row: TaskRow): StoredTask {
  const iso = (date: Date | null) => date?.toISOString() ?? null;
  return {
    id: row.id,
    orgId: row.org_id,
    projectId: row.project_id,
    batchId: row.batch_id,
    datasetId: row.dataset_id,
    itemId: row.item_id,
    assignmentId: row.assignment_id,
    type: row.type,
    status: row.status,
    instruction: row.instruction,
    params: row.params,
    attachment: row.attachment,
    recipeId: row.recipe_id,
    recipeVersion: row.recipe_version,
    priority: row.priority,
    uniqueId: row.unique_id,
    tags: row.tags,
    metadata: row.metadata,
    callbackUrl: row.callback_url,
    claimedBy: row.claimed_by,
    leaseUntil: iso(row.lease_until),
    response: row.response,
    itemStatus: row.item_status,
    submittedBy: row.submitted_by,
    submittedAt: iso(row.submitted_at),
    secondsSpent: row.seconds_spent,
    reviewStatus: row.review_status,
    reviewComments: row.review_comments,
    rounds: row.rounds,
    flag: row.flag,
    error: row.error,
    revision: row.revision,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    completedAt: iso(row.completed_at),
    test: row.test,
    leaseToken: row.lease_token,
    callbackSucceeded: row.callback_succeeded,
    audits: row.audits,
    priorResponses: row.prior_responses,
    origin: row.origin,
    externalId: row.external_id,
    extra: row.extra,
    honeypot: row.honeypot,
  };
}

export function toTask(stored: StoredTask): Task {
  const { orgId: _o, test: _t, leaseToken: _l, callbackSucceeded: _c, audits: _a, priorResponses: _p, origin: _or, externalId: _e, extra: _x, honeypot: _h, ...task } = stored;
  return task;
}

export interface NewTask {
  id: string;
  orgId: string;
  projectId: string;
  batchId: string | null;
  datasetId: string | null;
  itemId: string | null;
  type: string;
  test: boolean;
  instruction: string;
  params: unknown;
  attachment: string | null;
  recipeId: string | null;
  recipeVersion: number | null;
  priority: number;
  uniqueId: string | null;
  tags: readonly string[] | null;
  metadata: unknown;
  callbackUrl: string | null;
  origin: string | null;
  externalId: string | null;
  extra: unknown;
  createdBy: string;
  expiresAt: string | null;
}

export async function insertTask(db: Queryable, row: NewTask): Promise<StoredTask> {
  const made = await db.one<TaskRow>(sql`insert into tasks (id, org_id, project_id, batch_id, dataset_id, item_id, type, test, instruction, params, attachment,
      recipe_id, recipe_version, priority, unique_id, tags, metadata, callback_url, origin, external_id, extra, created_by, expires_at)
    values (${row.id}, ${row.orgId}, ${row.projectId}, ${row.batchId}, ${row.datasetId}, ${row.itemId}, ${row.type}, ${row.test}, ${row.instruction},
      ${JSON.stringify(row.params)}, ${row.attachment}, ${row.recipeId}, ${row.recipeVersion}, ${row.priority}, ${row.uniqueId}, ${row.tags ? [...row.tags] : null},
      ${JSON.stringify(row.metadata)}, ${row.callbackUrl}, ${row.origin}, ${row.externalId}, ${row.extra === null || row.extra === undefined ? null : JSON.stringify(row.extra)},
      ${row.createdBy}, ${row.expiresAt}) returning *`);
  return toStoredTask(made);
}

export async function selectTask(db: Queryable, id: string, options: { lock?: boolean } = {}): Promise<StoredTask | undefined> {
  const row = await db.maybe<TaskRow>(sql`select * from tasks where id = ${id} and deleted_at is null ${options.lock ? sql`for update` : empty}`);
  return row && toStoredTask(row);
}

/** The recipe that a task was made under. */
export async function selectTaskRecipe(db: Queryable, id: string): Promise<{ recipeId: string | null; recipeVersion: number | null } | undefined> {
  const row = await db.maybe<{ recipe_id: string | null; recipe_version: number | null }>(sql`select recipe_id, recipe_version from tasks where id = ${id} and deleted_at is null`);
  return row && { recipeId: row.recipe_id, recipeVersion: row.recipe_version };
}

/** The tasks of items that are in a batch and not cancelled, oldest first, as far as a condition on rows `t` lets them be shown. */
export async function selectTasksOfItems(db: Queryable, itemIds: readonly string[], shown: Sql): Promise<StoredTask[]> {
  const rows = await db.many<TaskRow>(sql`select t.* from tasks t join batches b on b.id = t.batch_id and b.deleted_at is null
    where t.item_id = any(${[...itemIds]}::uuid[]) and t.deleted_at is null and t.status <> 'cancelled' and ${shown} order by t.id`);
  return rows.map(toStoredTask);
}

export async function selectTaskByUniqueId(db: Queryable, orgId: string, test: boolean, uniqueId: string): Promise<StoredTask | undefined> {
  const row = await db.maybe<TaskRow>(sql`select * from tasks where org_id = ${orgId} and test = ${test} and unique_id = ${uniqueId} and deleted_at is null`);
  return row && toStoredTask(row);
}

export interface TaskChange {
  status?: Task['status'];
  metadata?: unknown;
  tags?: readonly string[] | null;
  uniqueId?: string | null;
  priority?: number;
  claimedBy?: string | null;
  leaseToken?: string | null;
  leaseUntil?: Date | null;
  response?: unknown;
  itemStatus?: string | null;
  submittedBy?: string | null;
  submittedAt?: Date | null;
  addSeconds?: number;
  reviewStatus?: Task['reviewStatus'];
  addComment?: unknown;
  addAudit?: unknown;
  addPriorResponse?: unknown;
  /** Who would rather not do it. */
  addSkipper?: string;
  rounds?: number;
  flag?: string | null;
  error?: unknown;
  itemId?: string | null;
  datasetId?: string | null;
  callbackSucceeded?: boolean;
  completedAt?: Date | null;
  extra?: unknown;
  deleted?: boolean;
}

/** Columns that a field of a change sets as it is. */
const plainColumns = {
  status: 'status',
  uniqueId: 'unique_id',
  priority: 'priority',
  claimedBy: 'claimed_by',
  leaseToken: 'lease_token',
  leaseUntil: 'lease_until',
  itemStatus: 'item_status',
  submittedBy: 'submitted_by',
  submittedAt: 'submitted_at',
  reviewStatus: 'review_status',
  rounds: 'rounds',
  flag: 'flag',
  itemId: 'item_id',
  datasetId: 'dataset_id',
  callbackSucceeded: 'callback_succeeded',
  completedAt: 'completed_at',
} as const satisfies Partial<Record<keyof TaskChange, string>>;

const named = (name: string): Sql => sql([name]);

/** The share that a task of `tasks` is in, as long as there is one: what comes back from somebody whose share has ended is for the common queue. */
export const livingShare: Sql = sql`(select a.id from assignments a where a.id = tasks.assignment_id and a.load > 0)`;

export async function updateTask(db: Queryable, id: string, change: TaskChange): Promise<StoredTask> {
  const set: Sql[] = [sql`revision = revision + 1`, sql`updated_at = now()`];
  for (const [field, column] of Object.entries(plainColumns) as [keyof typeof plainColumns, string][]) {
    const value = change[field];
    if (value !== undefined) set.push(sql`${named(column)} = ${value}`);
  }
  const json = (value: unknown) => (value === null ? null : JSON.stringify(value));
  if (change.tags !== undefined) set.push(sql`tags = ${change.tags === null ? null : [...change.tags]}`);
  if (change.metadata !== undefined) set.push(sql`metadata = ${json(change.metadata)}`);
  if (change.response !== undefined) set.push(sql`response = ${json(change.response)}`);
  if (change.error !== undefined) set.push(sql`error = ${json(change.error)}`);
  if (change.extra !== undefined) set.push(sql`extra = ${json(change.extra)}`);
  if (change.addSeconds) set.push(sql`seconds_spent = seconds_spent + ${change.addSeconds}`);
  if (change.addComment !== undefined) set.push(sql`review_comments = review_comments || ${JSON.stringify([change.addComment])}::jsonb`);
  if (change.addAudit !== undefined) set.push(sql`audits = audits || ${JSON.stringify([change.addAudit])}::jsonb`);
  if (change.addPriorResponse !== undefined) set.push(sql`prior_responses = prior_responses || ${JSON.stringify([change.addPriorResponse])}::jsonb`);
  if (change.addSkipper !== undefined) set.push(sql`skipped_by = array_append(array_remove(skipped_by, ${change.addSkipper}::text), ${change.addSkipper}::text)`);
  if (change.status === 'pending') set.push(sql`assignment_id = ${livingShare}`);
  if (change.deleted) set.push(sql`deleted_at = now()`);
  return toStoredTask(await db.one<TaskRow>(sql`update tasks set ${join(set, ', ')} where id = ${id} returning *`));
}

/** Whether the callback arrived; what is said about the task itself does not change by it. */
export async function markCalled(db: Queryable, id: string, succeeded: boolean): Promise<void> {
  await db.run(sql`update tasks set callback_succeeded = ${succeeded} where id = ${id}`);
}

/** Ids of tasks that nobody began before their expiry, so many at most. */
export async function selectExpired(db: Queryable, limit: number): Promise<string[]> {
  const rows = await db.many<{ id: string }>(sql`select id from tasks where expires_at <= now() and status = 'pending' and deleted_at is null order by expires_at limit ${limit}`);
  return rows.map((row) => row.id);
}
