import type { Annotation, AnnotationChange } from '@fovea/contract';
import sql, { empty, join, raw, type Sql } from 'sql-template-tag';
import type { Queryable } from '../../engines/database/database.ts';
import { openTo, shownTo } from '../quality/hidden.ts';

export interface AnnotationRow {
  id: string;
  project_id: string;
  dataset_id: string;
  item_id: string;
  type: Annotation['type'];
  label: string;
  geometry: Annotation['geometry'];
  attributes: Annotation['attributes'];
  frame: number | null;
  end_frame: number | null;
  keyframes: NonNullable<Annotation['keyframes']> | null;
  confidence: number | null;
  source: Annotation['source'];
  group_key: string | null;
  z_order: number | null;
  status: Annotation['status'];
  metadata: Record<string, unknown>;
  blob: Buffer | null;
  task_id: string | null;
  draft: boolean;
  origin: string | null;
  external_id: string | null;
  extra: unknown;
  revision: number;
  created_by: string;
  created_at: Date;
  updated_by: string;
  updated_at: Date;
  deleted_at: Date | null;
}

/** An annotation with what only the server and the doors know. */
export interface StoredAnnotation extends Annotation {
  blob: string | null;
  origin: string | null;
  externalId: string | null;
  extra: unknown;
  deleted: boolean;
}

export function toStoredAnnotation(row: AnnotationRow): StoredAnnotation {
  return {
    id: row.id,
    projectId: row.project_id,
    datasetId: row.dataset_id,
    itemId: row.item_id,
    type: row.type,
    label: row.label,
    geometry: row.geometry,
    attributes: row.attributes,
    frame: row.frame,
    endFrame: row.end_frame,
    ...(row.keyframes === null ? {} : { keyframes: row.keyframes }),
    confidence: row.confidence,
    source: row.source,
    ...(row.group_key === null ? {} : { group: row.group_key }),
    ...(row.z_order === null ? {} : { zOrder: row.z_order }),
    status: row.status,
    metadata: row.metadata,
    taskId: row.task_id,
    draft: row.draft,
    revision: row.revision,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    updatedBy: row.updated_by,
    updatedAt: row.updated_at.toISOString(),
    blob: row.blob?.toString('hex') ?? null,
    origin: row.origin,
    externalId: row.external_id,
    extra: row.extra,
    deleted: row.deleted_at !== null,
  };
}

export function toAnnotation(stored: StoredAnnotation): Annotation {
  const { blob: _blob, origin: _origin, externalId: _externalId, extra: _extra, deleted: _deleted, ...annotation } = stored;
  return annotation;
}

export const annotationColumns = (t: Sql): Sql => sql`${t}.id, ${t}.project_id, ${t}.dataset_id, ${t}.item_id, ${t}.type, ${t}.label, ${t}.geometry,
  ${t}.attributes, ${t}.frame, ${t}.end_frame, ${t}.keyframes, ${t}.confidence, ${t}.source, ${t}.group_key, ${t}.z_order, ${t}.status, ${t}.metadata, ${t}.blob,
  ${t}.task_id, ${t}.draft, ${t}.origin, ${t}.external_id, ${t}.extra, ${t}.revision, ${t}.created_by, ${t}.created_at, ${t}.updated_by,
  ${t}.updated_at, ${t}.deleted_at`;

const a = sql`a`;

export interface NewAnnotation {
  id: string;
  orgId: string;
  projectId: string;
  datasetId: string;
  itemId: string;
  type: string;
  label: string;
  geometry: unknown;
  attributes: unknown;
  frame: number | null;
  endFrame: number | null;
  keyframes: unknown;
  confidence: number | null;
  source: string;
  group: string | null;
  zOrder: number | null;
  status: string | null;
  metadata: unknown;
  blob: string | null;
  taskId: string | null;
  draft: boolean;
  origin: string | null;
  externalId: string | null;
  extra: unknown;
  createdBy: string;
}

/** Columns in the order of {@link annotationValues}, for COPY. */
export const newAnnotationColumns = [
  'id', 'org_id', 'project_id', 'dataset_id', 'item_id', 'type', 'label', 'geometry', 'attributes', 'frame', 'end_frame', 'keyframes', 'confidence',
  'source', 'group_key', 'z_order', 'status', 'metadata', 'blob', 'task_id', 'draft', 'origin', 'external_id', 'extra', 'created_by', 'updated_by',
] as const;

export function annotationValues(row: NewAnnotation): unknown[] {
  const json = (value: unknown) => (value === null || value === undefined ? null : JSON.stringify(value));
  return [
    row.id, row.orgId, row.projectId, row.datasetId, row.itemId, row.type, row.label, json(row.geometry), json(row.attributes), row.frame, row.endFrame,
    json(row.keyframes), row.confidence, row.source, row.group, row.zOrder, row.status, json(row.metadata), row.blob === null ? null : Buffer.from(row.blob, 'hex'),
    row.taskId, row.draft, row.origin, row.externalId, json(row.extra), row.createdBy, row.createdBy,
  ];
}

/** Inserts one, or many by COPY; an id that exists violates `annotations_pkey`. */
export async function insertAnnotations(db: Queryable, rows: readonly NewAnnotation[]): Promise<void> {
  if (rows.length > 20) {
    await db.copyIn('annotations', newAnnotationColumns, rows.map(annotationValues));
    return;
  }
  for (const row of rows) {
    await db.run(sql`insert into annotations (${join(newAnnotationColumns.map((name) => raw(name)), ', ')}) values (${join(annotationValues(row), ', ')})`);
  }
}

/** An annotation, also a deleted one; to a `worker` only what is open to those. */
export async function selectAnnotation(db: Queryable, id: string, options: { lock?: boolean; worker?: string | undefined } = {}): Promise<StoredAnnotation | undefined> {
  const row = await db.maybe<AnnotationRow>(sql`select ${annotationColumns(a)} from annotations a where a.id = ${id}
    ${options.worker === undefined ? empty : sql`and ${openTo(options.worker, a)}`} ${options.lock ? sql`for update` : empty}`);
  return row && toStoredAnnotation(row);
}

/** Annotations in the order of the ids given; unknown ones are left out. */
export async function selectAnnotations(db: Queryable, ids: readonly string[]): Promise<StoredAnnotation[]> {
  const rows = await db.many<AnnotationRow>(sql`select ${annotationColumns(a)} from annotations a where a.id = any(${ids}::uuid[]) and a.deleted_at is null`);
  const found = new Map(rows.map((row) => [row.id, toStoredAnnotation(row)]));
  return ids.flatMap((id) => found.get(id) ?? []);
}

/** Living annotations of items, oldest first; with a task, its drafts too; to a `worker` no known answers are shown. `where` is a condition on them under the name `a`. */
export async function selectOfItems(
  db: Queryable,
  itemIds: readonly string[],
  options: { limit?: number | undefined; after?: string | undefined; taskId?: string | undefined; where?: Sql; worker?: string | undefined } = {},
): Promise<StoredAnnotation[]> {
  const shown = options.worker === undefined ? sql`not a.draft` : shownTo(options.worker, a);
  const rows = await db.many<AnnotationRow>(sql`select ${annotationColumns(a)} from annotations a
    where a.item_id = any(${itemIds}::uuid[]) and a.deleted_at is null
    and ${options.taskId === undefined ? shown : ofTask(options.taskId, options.worker)}
    ${options.after === undefined ? empty : sql`and a.id > ${options.after}`} ${options.where === undefined ? empty : sql`and ${options.where}`}
    order by a.id ${options.limit === undefined ? empty : sql`limit ${options.limit + 1}`}`);
  return rows.map(toStoredAnnotation);
}

/** What is seen in a task: its drafts and what is there already, but not what others answered to the same question, nor a known answer; a worker sees no more there than anywhere, and no drafts of a task that somebody else has in hand or handed in. */
function ofTask(taskId: string, worker: string | undefined): Sql {
  const there = worker === undefined ? sql`not a.draft and not exists (select from tasks me where me.id = ${taskId} and me.honeypot and a.source <> 'model')` : shownTo(worker, a);
  const own = worker === undefined ? empty : sql`and (a.created_by = ${worker} or exists (select from tasks me where me.id = ${taskId} and (me.status = 'pending' or me.claimed_by = ${worker} or me.submitted_by = ${worker})))`;
  return sql`((a.task_id = ${taskId} ${own}) or (${there} and not exists (select from tasks me join tasks o on o.id = a.task_id and o.id <> me.id and o.batch_id = me.batch_id and o.item_id = me.item_id
    where me.id = ${taskId})))`;
}

/** The labels of a dataset's annotations, by name. */
export async function selectLabels(db: Queryable, datasetId: string): Promise<string[]> {
  const rows = await db.many<{ label: string }>(sql`select distinct label collate "C" as label from annotations where dataset_id = ${datasetId}
    and deleted_at is null and not draft order by 1`);
  return rows.map(({ label }) => label);
}

/**
 * What a task led to, oldest first: the annotations that were made in it; where there are none, those without a task that the person made
 * on its items since.
 */
export async function selectOfTask(db: Queryable, work: { taskId: string; itemIds: readonly string[]; by: string | null; since: string }): Promise<StoredAnnotation[]> {
  const own = await db.many<AnnotationRow>(sql`select ${annotationColumns(a)} from annotations a where a.task_id = ${work.taskId} and a.deleted_at is null order by a.id`);
  if (own.length > 0 || work.by === null) return own.map(toStoredAnnotation);
  const beside = await db.many<AnnotationRow>(sql`select ${annotationColumns(a)} from annotations a where a.item_id = any(${[...work.itemIds]}::uuid[])
    and a.deleted_at is null and not a.draft and a.task_id is null and a.created_by = ${work.by} and a.created_at >= ${work.since} order by a.id`);
  return beside.map(toStoredAnnotation);
}

/** Keeps the present state before it is changed. */
export async function keepRevision(db: Queryable, before: StoredAnnotation, by: string): Promise<void> {
  await db.run(revisionInsert(before, by));
}

/** The same, as part of a statement. */
export function revisionInsert(before: StoredAnnotation, by: string): Sql {
  return sql`insert into annotation_revisions (annotation_id, revision, project_id, content, changed_by)
    values (${before.id}, ${before.revision}, ${before.projectId}, ${JSON.stringify(before)}, ${by})`;
}

export type StoredAnnotationChange = AnnotationChange & { blob?: string | null; extra?: unknown; draft?: boolean; deleted?: boolean };

/** Sets the columns that a change names, and who changed them: part of an update. */
export function annotationSet(change: StoredAnnotationChange, by: string): Sql {
  const set: Sql[] = [sql`revision = revision + 1`, sql`updated_at = now()`, sql`updated_by = ${by}`];
  const json = (value: unknown) => (value === null ? null : JSON.stringify(value));
  if (change.type !== undefined) set.push(sql`type = ${change.type}`);
  if (change.label !== undefined) set.push(sql`label = ${change.label}`);
  if (change.geometry !== undefined) set.push(sql`geometry = ${json(change.geometry)}`);
  if (change.attributes !== undefined) set.push(sql`attributes = ${json(change.attributes)}`);
  if (change.frame !== undefined) set.push(sql`frame = ${change.frame}`);
  if (change.endFrame !== undefined) set.push(sql`end_frame = ${change.endFrame}`);
  if (change.keyframes !== undefined) set.push(sql`keyframes = ${json(change.keyframes)}`);
  if (change.confidence !== undefined) set.push(sql`confidence = ${change.confidence}`);
  if (change.source !== undefined) set.push(sql`source = ${change.source}`);
  if (change.group !== undefined) set.push(sql`group_key = ${change.group}`);
  if (change.zOrder !== undefined) set.push(sql`z_order = ${change.zOrder}`);
  if (change.status !== undefined) set.push(sql`status = ${change.status}`);
  if (change.metadata !== undefined) set.push(sql`metadata = ${json(change.metadata)}`);
  if (change.blob !== undefined) set.push(sql`blob = ${change.blob === null ? null : Buffer.from(change.blob, 'hex')}`);
  if (change.extra !== undefined) set.push(sql`extra = ${json(change.extra)}`);
  if (change.draft !== undefined) set.push(sql`draft = ${change.draft}`);
  if (change.deleted !== undefined) set.push(sql`deleted_at = ${change.deleted ? sql`now()` : sql`null`}`);
  return sql`${join(set, ', ')}`;
}

/** Deletes the living ones of these annotations, their states kept as revisions; gives them as they were. A revision fits a row, not a parameter: masks are long. */
export async function deleteAnnotations(db: Queryable, ids: readonly string[], by: string): Promise<StoredAnnotation[]> {
  const rows = await db.many<AnnotationRow>(sql`select ${annotationColumns(a)} from annotations a where a.id = any(${ids}::uuid[]) and a.deleted_at is null
    order by a.id for update`);
  const before = rows.map(toStoredAnnotation);
  if (before.length === 0) return before;
  await db.copyIn(
    'annotation_revisions',
    ['annotation_id', 'revision', 'project_id', 'content', 'changed_by'],
    before.map((one) => [one.id, one.revision, one.projectId, JSON.stringify(one), by]),
  );
  await db.run(sql`update annotations set deleted_at = now(), revision = revision + 1, updated_at = now(), updated_by = ${by}
    where id = any(${before.map(({ id }) => id)}::uuid[])`);
  return before;
}

export async function selectRevisions(
  db: Queryable,
  id: string,
  options: { limit: number; before: number | undefined },
): Promise<{ revision: number; content: StoredAnnotation; changedBy: string; changedAt: string }[]> {
  const rows = await db.many<{ revision: number; content: StoredAnnotation; changed_by: string; changed_at: Date }>(sql`
    select revision, content, changed_by, changed_at from annotation_revisions where annotation_id = ${id}
    ${options.before === undefined ? empty : sql`and revision < ${options.before}`} order by revision desc limit ${options.limit + 1}`);
  return rows.map((row) => ({ revision: row.revision, content: row.content, changedBy: row.changed_by, changedAt: row.changed_at.toISOString() }));
}

/** An edit that was made, by the id that its maker gave it. */
export interface NewOperation {
  id: string;
  projectId: string;
  annotationId: string;
}

/** Remembers an edit: part of a statement. One that came before violates `annotation_operations_pkey`. */
export function operationInsert(row: NewOperation): Sql {
  return sql`insert into annotation_operations (id, project_id, annotation_id, outcome) values (${row.id}, ${row.projectId}, ${row.annotationId}, 'applied')`;
}

/** Claims the id of an edit; false when it was seen before. */
export async function claimOperation(db: Queryable, row: NewOperation): Promise<boolean> {
  return (await db.run(sql`${operationInsert(row)} on conflict (id) do nothing`)) > 0;
}

/** Drafts of a task become annotations of its item, or go away. */
export async function settleDrafts(db: Queryable, taskId: string, keep: boolean): Promise<{ id: string; item_id: string; dataset_id: string }[]> {
  return keep
    ? db.many(sql`update annotations set draft = false, revision = revision + 1, updated_at = now() where task_id = ${taskId} and draft and deleted_at is null
        returning id, item_id, dataset_id`)
    : db.many(sql`update annotations set deleted_at = now(), revision = revision + 1 where task_id = ${taskId} and draft and deleted_at is null
        returning id, item_id, dataset_id`);
}

/** How many drafts a task has. */
export async function countDrafts(db: Queryable, taskId: string): Promise<number> {
  return (await db.one<{ n: number }>(sql`select count(*) as n from annotations where task_id = ${taskId} and draft and deleted_at is null`)).n;
}
