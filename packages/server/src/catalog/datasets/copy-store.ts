import type { Filter } from '@fovea/contract';
import sql, { empty, type Sql } from 'sql-template-tag';
import { unseen, type Tx } from '../../engines/database/database.ts';
import { itemEntity } from '../items/entity.ts';
import { compileFilter } from '../query/compile.ts';
import { rowAlias as t } from '../query/page.ts';

/** Which items are copied where, and what of them. */
export interface CopyPlan {
  from: string;
  to: { id: string; orgId: string; projectId: string };
  filter: Filter;
  /** Put before the paths, e.g. `/first`; empty for none. */
  folder: string;
  /** Only items older than this id: a copy within one dataset does not copy its copies. */
  before: string | null;
  withMetadata: boolean;
  withAnnotations: boolean;
  withAnnotationStatus: boolean;
  by: string;
}

/** A path that is taken in the target. */
export interface Clash {
  source: string;
  taken: string;
  path: string;
  sameBytes: boolean;
}

export interface CopiedStep {
  /** Items of the source that were looked at; fewer than the limit at the end. */
  seen: number;
  last: string | null;
  items: number;
  bytes: number;
  annotations: number;
}

/** The next items of the source, by id. */
function pageOf(plan: CopyPlan, after: string | null, limit: number): Sql {
  return sql`select ${t}.id, ${plan.folder} || ${t}.path as path, ${t}.sha256 from items ${t}
    where ${t}.dataset_id = ${plan.from} and ${itemEntity.alive(t)} and ${compileFilter(itemEntity, plan.filter, t)}
    ${after === null ? empty : sql`and ${t}.id > ${after}::uuid`} ${plan.before === null ? empty : sql`and ${t}.id < ${plan.before}::uuid`} order by ${t}.id limit ${limit}`;
}

/** Which of the next items meet a path that is taken. */
export async function selectClashes(tx: Tx, plan: CopyPlan, after: string | null, limit: number): Promise<Clash[]> {
  const rows = await tx.many<{ source: string; taken: string; path: string; same_bytes: boolean }>(sql`
    with page as materialized (${pageOf(plan, after, limit)})
    select p.id as source, e.id as taken, p.path, e.sha256 = p.sha256 as same_bytes from page p
    join items e on e.dataset_id = ${unseen(plan.to.id)} and e.path = p.path and e.deleted_at is null order by p.path`);
  return rows.map((row) => ({ source: row.source, taken: row.taken, path: row.path, sameBytes: row.same_bytes }));
}

/** `/a/scan.dcm` as `/a/scan~0f3a9c1b2d4e.dcm`. */
const besideName = (path: Sql, id: Sql): Sql => sql`regexp_replace(${path}, '((\\.[A-Za-z0-9]{1,8}){0,2})$', '~' || right(${id}::text, 12) || '\\1')`;

/**
 * Copies the next items of the source with their annotations: rows only, the bytes are shared. Paths that are taken are stepped over, but
 * for the sources in `beside`, whose copies are put next to what is there.
 */
export async function insertCopies(tx: Tx, plan: CopyPlan, after: string | null, limit: number, beside: readonly string[]): Promise<CopiedStep> {
  const row = await tx.one<{ seen: number; last: string | null; items: number; bytes: number; annotations: number }>(sql`
    with page as materialized (${pageOf(plan, after, limit)}),
    placed as (
      select p.id, case when p.id = any(${[...beside]}::uuid[]) then ${besideName(sql`p.path`, sql`p.id`)} else p.path end as path from page p
    ),
    inserted as (
      insert into items (id, org_id, project_id, dataset_id, path, sha256, size, media_type, kind, probe, problem, width, height, orientation, frames,
        duration, fps, summary, thumbnail, metadata, labels, channel, status, description, annotation_count, extra, source_item_id, created_by,
        updated_by, published_at, published_by, expires_at)
      select fovea_new_id(), ${plan.to.orgId}::uuid, ${plan.to.projectId}::uuid, ${plan.to.id}::uuid, p.path, i.sha256, i.size, i.media_type, i.kind, i.probe,
        i.problem, i.width, i.height, i.orientation, i.frames, i.duration, i.fps, i.summary, i.thumbnail,
        ${plan.withMetadata ? sql`i.metadata, i.labels, i.channel, i.status, i.description` : sql`'{}'::jsonb, '{}'::text[], null, 'inbox', ''`},
        ${plan.withAnnotations ? sql`i.annotation_count` : sql`0`}, ${plan.withMetadata ? sql`i.extra` : sql`null`}, i.id, ${plan.by}, ${plan.by},
        ${plan.withMetadata ? sql`i.published_at, i.published_by` : sql`null, null`}, i.expires_at
      from placed p join items i on i.id = p.id
      where not exists (select from items e where e.dataset_id = ${unseen(plan.to.id)} and e.path = p.path and e.deleted_at is null)
      returning id, source_item_id, size
    ),
    annotated as (
      ${plan.withAnnotations ? annotationCopies(plan, sql`select id as to_item, source_item_id as from_item from inserted`) : sql`select 1 where false`}
    )
    select (select count(*) from page) as seen, (select id from page order by id desc limit 1) as last, (select count(*) from inserted) as items,
      (select coalesce(sum(size), 0)::bigint from inserted) as bytes, (select count(*) from annotated) as annotations`);
  return row;
}

/** Copies the annotations of items to items that are there already; gives how many. */
export async function uniteAnnotations(tx: Tx, plan: CopyPlan, pairs: readonly { source: string; taken: string }[]): Promise<number> {
  const row = await tx.one<{ annotations: number }>(sql`
    with annotated as (
      ${annotationCopies(plan, sql`select * from unnest(${pairs.map((pair) => pair.taken)}::uuid[], ${pairs.map((pair) => pair.source)}::uuid[]) as pairs (to_item, from_item)`)}
    ), counted as (
      update items i set annotation_count = i.annotation_count + a.count, labeled_at = clock_timestamp()
      from (select item_id, count(*)::int as count from annotated group by item_id) a where i.id = a.item_id
    )
    select count(*) as annotations from annotated`);
  return row.annotations;
}

/** The statement that copies annotations, for pairs of `to_item` and `from_item`. Work in progress and a task's name stay behind. */
function annotationCopies(plan: CopyPlan, pairs: Sql): Sql {
  return sql`insert into annotations (id, org_id, project_id, dataset_id, item_id, type, label, geometry, attributes, frame, end_frame, keyframes,
      confidence, source, group_key, z_order, status, metadata, blob, extra, created_by, created_at, updated_by)
    select fovea_new_id(), ${plan.to.orgId}::uuid, ${plan.to.projectId}::uuid, ${plan.to.id}::uuid, n.to_item, a.type, a.label, a.geometry, a.attributes, a.frame,
      a.end_frame, a.keyframes, a.confidence, a.source, a.group_key, a.z_order, ${plan.withAnnotationStatus ? sql`a.status` : sql`null`}, a.metadata, a.blob, a.extra,
      a.created_by, a.created_at, ${plan.by}
    from (${pairs}) n join annotations a on a.item_id = n.from_item and a.deleted_at is null and not a.draft
    returning item_id`;
}

/** Deletes items of a target that a later source takes the place of; gives what that takes off the counters. */
export async function removeTaken(tx: Tx, ids: readonly string[]): Promise<{ items: number; bytes: number; annotations: number }> {
  return tx.one(sql`
    with gone as (
      update items set deleted_at = now(), updated_at = now(), revision = revision + 1 where id = any(${[...ids]}::uuid[]) and deleted_at is null
      returning size, annotation_count
    )
    select count(*) as items, coalesce(sum(size), 0)::bigint as bytes, coalesce(sum(annotation_count), 0)::bigint as annotations from gone`);
}

/** Gives copies of bytes that were being looked at while they were copied what was found meanwhile. */
export async function completeFacts(tx: Tx, datasetId: string): Promise<void> {
  await tx.run(sql`update items i set probe = case when b.facts->>'problem' is null then 'ready' else 'failed' end, problem = b.facts->>'problem',
      media_type = coalesce(b.media_type, i.media_type), kind = coalesce(b.kind, i.kind), width = (b.facts->>'width')::int, height = (b.facts->>'height')::int,
      orientation = (b.facts->>'orientation')::smallint, frames = (b.facts->>'frames')::int, duration = (b.facts->>'durationSeconds')::float8,
      fps = (b.facts->>'fps')::float8, summary = coalesce(b.facts->'summary', '{}'), thumbnail = b.thumbnail
    from blobs b where i.dataset_id = ${datasetId} and i.probe = 'pending' and b.sha256 = i.sha256 and b.facts is not null`);
}
