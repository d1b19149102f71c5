import type { Dataset, ProjectRole } from '@fovea/contract';
import sql, { empty, type Sql } from 'sql-template-tag';
import type { Queryable } from '../../engines/database/database.ts';
import type { Caller } from '../../identity/caller.ts';

interface DatasetRow {
  id: string;
  project_id: string;
  name: string;
  description: string;
  metadata: Record<string, unknown>;
  kind: Dataset['kind'];
  sources: string[];
  item_count: number;
  size_bytes: number;
  recipe_id: string | null;
  item_days: number | null;
  revision: number;
  created_by: string;
  created_at: Date;
  updated_at: Date;
}

function toDataset(row: DatasetRow): Dataset {
  return {
    id: row.id,
    projectId: row.project_id,
    name: row.name,
    description: row.description,
    metadata: row.metadata,
    kind: row.kind,
    sources: row.sources,
    itemCount: row.item_count,
    sizeBytes: row.size_bytes,
    recipeId: row.recipe_id,
    itemDays: row.item_days,
    revision: row.revision,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

const from = sql`select d.id, d.project_id, d.name, d.description, d.metadata, d.kind, d.sources, d.recipe_id, d.item_days, d.revision,
    d.created_by, d.created_at, d.updated_at, c.items as item_count, c.bytes as size_bytes
  from datasets d cross join lateral (
    select coalesce(sum(items), 0)::bigint as items, coalesce(sum(bytes), 0)::bigint as bytes
    from dataset_counts where dataset_id = d.id) c`;

/** The condition that a dataset is in a project that the caller may see. */
export function visible(caller: Caller): Sql {
  return sql`d.deleted_at is null and exists (
    select from projects p left join members m on m.project_id = p.id and m.user_id = ${caller.userId}
    where p.id = d.project_id and p.org_id = ${caller.orgId} and p.deleted_at is null
    ${caller.onlyProjectId === null ? empty : sql`and p.id = ${caller.onlyProjectId}`}
    ${caller.admin ? empty : sql`and m.role is not null`})`;
}

export async function insertDataset(
  db: Queryable,
  row: {
    id: string;
    orgId: string;
    projectId: string;
    name: string;
    description: string;
    metadata: unknown;
    kind: Dataset['kind'];
    sources: string[];
    itemDays: number | null;
    createdBy: string;
  },
): Promise<void> {
  await db.run(sql`insert into datasets (id, org_id, project_id, name, description, metadata, kind, sources, item_days, created_by)
    values (${row.id}, ${row.orgId}, ${row.projectId}, ${row.name}, ${row.description}, ${JSON.stringify(row.metadata)}, ${row.kind},
      ${row.sources}::uuid[], ${row.itemDays}, ${row.createdBy})`);
}

export interface DatasetPlace {
  projectId: string;
  deleted: boolean;
  itemDays: number | null;
  quotaBytes: number | null;
  /** What decides over rights: the project's organisation and state, and the user's role in it. */
  project: { orgId: string; deleted: boolean; role: ProjectRole | null };
}

/** Where a dataset lies, how its items expire, and what decides over rights in it. */
export async function datasetPlace(db: Queryable, id: string, userId: string): Promise<DatasetPlace | undefined> {
  const row = await db.maybe<{ project_id: string; deleted: boolean; item_days: number | null; quota_bytes: number | null; org_id: string; project_deleted: boolean; role: ProjectRole | null }>(sql`
    select d.project_id, d.deleted_at is not null as deleted, d.item_days, p.quota_bytes, p.org_id, p.deleted_at is not null as project_deleted, m.role
    from datasets d join projects p on p.id = d.project_id left join members m on m.project_id = p.id and m.user_id = ${userId} where d.id = ${id}`);
  return row && { projectId: row.project_id, deleted: row.deleted, itemDays: row.item_days, quotaBytes: row.quota_bytes, project: { orgId: row.org_id, deleted: row.project_deleted, role: row.role } };
}

export async function selectDataset(db: Queryable, id: string): Promise<Dataset | undefined> {
  const row = await db.maybe<DatasetRow>(sql`${from} where d.id = ${id} and d.deleted_at is null`);
  return row && toDataset(row);
}

/** Visible datasets newest first, one more than the limit. */
/** The id of a dataset's recipe, as part of another's question. */
export function recipeIdOf(datasetId: string): Sql {
  return sql`(select recipe_id from datasets where id = ${datasetId})`;
}

export async function selectDatasets(
  db: Queryable,
  caller: Caller,
  options: { projectId: string | undefined; name: string | undefined; limit: number; after: string | undefined },
): Promise<Dataset[]> {
  const rows = await db.many<DatasetRow>(sql`${from} where ${visible(caller)}
    ${options.projectId === undefined ? empty : sql`and d.project_id = ${options.projectId}`}
    ${options.name === undefined ? empty : sql`and d.name = ${options.name}`}
    ${options.after === undefined ? empty : sql`and d.id < ${options.after}`}
    order by d.id desc limit ${options.limit + 1}`);
  return rows.map(toDataset);
}

export async function updateDataset(
  db: Queryable,
  id: string,
  change: { name?: string; description?: string; metadata?: unknown; itemDays?: number | null; recipeId?: string | null },
  revision: number | undefined,
): Promise<number> {
  return db.run(sql`update datasets set
      name = coalesce(${change.name ?? null}, name),
      description = coalesce(${change.description ?? null}, description),
      metadata = coalesce(${change.metadata === undefined ? null : JSON.stringify(change.metadata)}::jsonb, metadata),
      item_days = ${change.itemDays === undefined ? sql`item_days` : sql`${change.itemDays}`},
      recipe_id = ${change.recipeId === undefined ? sql`recipe_id` : sql`${change.recipeId}`},
      revision = revision + 1, updated_at = now()
    where id = ${id} and deleted_at is null ${revision === undefined ? empty : sql`and revision = ${revision}`}`);
}

export async function markDataset(db: Queryable, id: string, deleted: boolean): Promise<number> {
  return db.run(sql`update datasets set deleted_at = ${deleted ? sql`now()` : sql`null`}, updated_at = now(), revision = revision + 1
    where id = ${id} and deleted_at is ${deleted ? sql`null` : sql`not null`}`);
}

const slots = 16;

/** Adds to the counters of a dataset, in the transaction of the change that they count. */
export async function count(db: Queryable, dataset: { id: string; projectId: string }, by: Counted): Promise<void> {
  await db.run(countChange(dataset, by));
}

/** What is added to the counters of a dataset. */
export interface Counted {
  items: number;
  bytes: number;
  annotations?: number;
}

/** The same, as part of another's statement. */
export function countChange(dataset: { id: string; projectId: string }, by: Counted): Sql {
  const slot = Math.floor(Math.random() * slots);
  return sql`insert into dataset_counts (dataset_id, slot, project_id, items, bytes, annotations)
    values (${dataset.id}, ${slot}, ${dataset.projectId}, ${by.items}, ${by.bytes}, ${by.annotations ?? 0})
    on conflict (dataset_id, slot) do update set items = dataset_counts.items + excluded.items,
      bytes = dataset_counts.bytes + excluded.bytes, annotations = dataset_counts.annotations + excluded.annotations,
      changed_at = clock_timestamp()`;
}

/** How many items a dataset has by its counters, as part of another's question. */
export function itemCountOf(datasetId: string): Sql {
  return sql`(select coalesce(sum(items), 0)::bigint from dataset_counts where dataset_id = ${datasetId})`;
}

/** Notes that what the items of a dataset teach changed although their number did not. */
export function markChanged(db: Queryable, dataset: { id: string; projectId: string }): Promise<void> {
  return count(db, dataset, { items: 0, bytes: 0 });
}

/** When an item or an annotation of each dataset last came, changed or went; of an empty dataset, when it was made. */
export async function selectChangeTimes(db: Queryable, ids: readonly string[]): Promise<Map<string, string>> {
  const rows = await db.many<{ id: string; changed_at: Date }>(sql`select d.id, coalesce(max(c.changed_at), d.created_at) as changed_at
    from datasets d left join dataset_counts c on c.dataset_id = d.id where d.id = any(${[...ids]}::uuid[]) group by d.id`);
  return new Map(rows.map((row) => [row.id, row.changed_at.toISOString()]));
}
