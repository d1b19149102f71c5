import type { Analytic, AnalyticManifest } from '@fovea/contract';
import sql, { empty, type Sql } from 'sql-template-tag';
import { queryPage, rowAlias, type EntityQuery } from '../../catalog/query/page.ts';
import type { Queryable } from '../../engines/database/database.ts';
import type { Caller } from '../../identity/caller.ts';
import type { Page } from '../../paging.ts';
import { analyticEntity } from './entity.ts';

interface AnalyticRow {
  id: string;
  org_id: string | null;
  user_id: string | null;
  name: string;
  version: string;
  scope: string;
  manifest: AnalyticManifest;
  builtin: boolean;
  pending: boolean;
  deprecated: boolean;
  origin: string | null;
  extra: unknown;
  created_by: string;
  created_at: Date;
}

/** An analytic with what only the server and the doors know. */
export interface StoredAnalytic extends Analytic {
  orgId: string | null;
  userId: string | null;
  origin: string | null;
  extra: unknown;
}

function toStored(row: AnalyticRow): StoredAnalytic {
  return {
    id: row.id,
    name: row.name,
    version: row.version,
    manifest: row.manifest,
    builtin: row.builtin,
    pending: row.pending,
    deprecated: row.deprecated,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    orgId: row.org_id,
    userId: row.user_id,
    origin: row.origin,
    extra: row.extra,
  };
}

export function toAnalytic({ orgId: _orgId, userId: _userId, origin: _origin, extra: _extra, ...analytic }: StoredAnalytic): Analytic {
  return analytic;
}

/** Built-in ones, those of the organisation, and the caller's private ones. */
const visible = (caller: Caller, a: Sql = sql`a`) => sql`${a}.deleted_at is null and (${a}.org_id is null or (${a}.org_id = ${caller.orgId} and (${a}.scope <> 'private' or ${a}.user_id = ${caller.userId})))`;

export async function insertAnalytic(
  db: Queryable,
  row: { id: string; orgId: string | null; userId: string | null; manifest: AnalyticManifest; builtin: boolean; pending: boolean; origin: string | null; extra: unknown; createdBy: string },
): Promise<void> {
  const { manifest } = row;
  await db.run(sql`insert into analytics (id, org_id, user_id, name, version, scope, manifest, builtin, pending, origin, extra, created_by)
    values (${row.id}, ${row.orgId}, ${row.userId}, ${manifest.name}, ${manifest.version}, ${manifest.scope}, ${JSON.stringify(manifest)}, ${row.builtin}, ${row.pending},
      ${row.origin}, ${row.extra === null ? null : JSON.stringify(row.extra)}, ${row.createdBy})`);
}

export async function selectAnalyticById(db: Queryable, caller: Caller, id: string): Promise<StoredAnalytic | undefined> {
  const row = await db.maybe<AnalyticRow>(sql`select a.* from analytics a where a.id = ${id} and ${visible(caller)}`);
  return row && toStored(row);
}

/** The document of the analytic of a job, whoever may see it, and even when it was deleted since: rights were checked when the job was made. */
export async function selectManifest(db: Queryable, id: string): Promise<AnalyticManifest | undefined> {
  return (await db.maybe<{ manifest: AnalyticManifest }>(sql`select manifest from analytics where id = ${id}`))?.manifest;
}

/** Every visible version, or those of one name. */
export async function selectAnalytics(db: Queryable, caller: Caller, options: { name?: string | undefined } = {}): Promise<StoredAnalytic[]> {
  const rows = await db.many<AnalyticRow>(sql`select a.* from analytics a where ${visible(caller)}
    ${options.name === undefined ? empty : sql`and a.name = ${options.name}`} order by a.id desc limit 10000`);
  return rows.map(toStored);
}

/** Every visible version that a query finds. */
export function queryAnalytics(db: Queryable, caller: Caller, query: EntityQuery): Promise<Page<StoredAnalytic>> {
  return queryPage<AnalyticRow, StoredAnalytic>(db, analyticEntity, query, {
    columns: sql`${rowAlias}.*`,
    scope: visible(caller, rowAlias),
    scopeMark: [caller.orgId, caller.userId],
    defaultSort: [{ field: 'id', direction: 'desc' }],
    map: toStored,
  });
}

export async function selectBuiltins(db: Queryable): Promise<StoredAnalytic[]> {
  return (await db.many<AnalyticRow>(sql`select * from analytics a where a.builtin and a.deleted_at is null`)).map(toStored);
}

export async function updateAnalytic(db: Queryable, id: string, change: { manifest?: AnalyticManifest; deprecated?: boolean; pending?: boolean; extra?: unknown; deleted?: boolean }): Promise<void> {
  await db.run(sql`update analytics set manifest = coalesce(${change.manifest ? JSON.stringify(change.manifest) : null}::jsonb, manifest),
    deprecated = coalesce(${change.deprecated ?? null}, deprecated), pending = coalesce(${change.pending ?? null}, pending),
    extra = coalesce(${change.extra === undefined ? null : JSON.stringify(change.extra)}::jsonb, extra),
    deleted_at = ${change.deleted ? sql`now()` : sql`deleted_at`} where id = ${id}`);
}

/** A file that belongs to an analytic. */
export interface AnalyticFile {
  path: string;
  sha256: string;
  sizeBytes: number;
}

export async function upsertFile(db: Queryable, analyticId: string, file: AnalyticFile): Promise<void> {
  await db.run(sql`insert into analytic_files (analytic_id, path, sha256, size) values (${analyticId}, ${file.path}, ${file.sha256}, ${file.sizeBytes})
    on conflict (analytic_id, path) do update set sha256 = excluded.sha256, size = excluded.size, created_at = now()`);
}

export async function selectFiles(db: Queryable, analyticId: string): Promise<AnalyticFile[]> {
  const rows = await db.many<{ path: string; sha256: string; size: number }>(sql`select path, sha256, size from analytic_files where analytic_id = ${analyticId} order by path`);
  return rows.map(({ path, sha256, size }) => ({ path, sha256, sizeBytes: size }));
}

/** Those of the beginnings of digests that a file of an analytic has which is there, or was until a day ago: its jobs may still run. */
export async function selectWantedDigests(db: Queryable, beginnings: readonly string[]): Promise<Set<string>> {
  const rows = await db.many<{ beginning: string }>(sql`select b.beginning from unnest(${[...beginnings]}::text[]) as b (beginning)
    where exists (select from analytic_files f join analytics a on a.id = f.analytic_id where left(f.sha256, length(b.beginning)) = b.beginning
      and (a.deleted_at is null or a.deleted_at > now() - interval '1 day'))`);
  return new Set(rows.map(({ beginning }) => beginning));
}

/** Holds the row, so that of two last files one sees the other. */
export async function lockAnalytic(db: Queryable, id: string): Promise<{ pending: boolean } | undefined> {
  return db.maybe<{ pending: boolean }>(sql`select pending from analytics where id = ${id} and deleted_at is null for update`);
}

/** What a worker needs to run an analytic: the document and the files. */
export interface Runnable {
  manifest: AnalyticManifest;
  files: AnalyticFile[];
}

/** Those of several, in one question. */
export async function selectRunnables(db: Queryable, ids: readonly string[]): Promise<Map<string, Runnable>> {
  const rows = await db.many<Runnable & { id: string }>(sql`select id, manifest,
    (select coalesce(json_agg(json_build_object('path', path, 'sha256', sha256, 'sizeBytes', size) order by path), '[]'::json) from analytic_files f where f.analytic_id = a.id) as files
    from analytics a where id = any(${[...ids]}::uuid[])`);
  return new Map(rows.map(({ id, manifest, files }) => [id, { manifest, files }]));
}
