import { newId } from '@fovea/contract';
import sql, { type Sql } from 'sql-template-tag';
import type { Queryable } from '../../engines/database/database.ts';

interface FolderRow {
  id: string;
  project_id: string;
  dataset_id: string;
  path: string;
  created_by: string;
  created_at: Date;
}

/** A folder of a dataset. */
export interface Folder {
  id: string;
  projectId: string;
  datasetId: string;
  /** `/a/b`. */
  path: string;
  createdBy: string;
  createdAt: string;
}

export function toFolder(row: FolderRow): Folder {
  return { id: row.id, projectId: row.project_id, datasetId: row.dataset_id, path: row.path, createdBy: row.created_by, createdAt: row.created_at.toISOString() };
}

export const folderColumns = (f: Sql): Sql => sql`${f}.id, ${f}.project_id, ${f}.dataset_id, ${f}.path, ${f}.created_by, ${f}.created_at`;

export async function selectFolder(db: Queryable, by: { id: string } | { datasetId: string; path: string }): Promise<Folder | undefined> {
  const where = 'id' in by ? sql`f.id = ${by.id}` : sql`f.dataset_id = ${by.datasetId} and f.path = ${by.path}`;
  const row = await db.maybe<FolderRow>(sql`select ${folderColumns(sql`f`)} from folders f where ${where}`);
  return row && toFolder(row);
}

/** Adds folders that are not there yet. */
export async function insertFolders(db: Queryable, place: { orgId: string; projectId: string; datasetId: string; createdBy: string }, paths: readonly string[]): Promise<void> {
  await db.run(sql`insert into folders (id, org_id, project_id, dataset_id, path, created_by)
    select id, ${place.orgId}, ${place.projectId}, ${place.datasetId}, path, ${place.createdBy}
    from unnest(${paths.map(() => newId())}::uuid[], ${[...paths]}::text[]) as n (id, path) on conflict (dataset_id, path) do nothing`);
}

/** The folders that the paths of items speak of and that have no row yet, with those above them; at most `limit`. */
export async function selectUnnamed(db: Queryable, datasetId: string, limit: number): Promise<string[]> {
  const rows = await db.many<{ path: string }>(sql`
    with recursive up (path) as (
      select regexp_replace(i.path, '/[^/]*$', '') from items i where i.dataset_id = ${datasetId} and i.deleted_at is null and (i.expires_at is null or i.expires_at > now())
      union select regexp_replace(up.path, '/[^/]*$', '') from up where up.path <> ''
    ) select up.path from up where up.path <> '' and not exists (select from folders f where f.dataset_id = ${datasetId} and f.path = up.path collate "C")
    order by up.path limit ${limit}`);
  return rows.map((row) => row.path);
}

export async function selectAllFolders(db: Queryable, datasetId: string, limit: number): Promise<Folder[]> {
  const rows = await db.many<FolderRow>(sql`select ${folderColumns(sql`f`)} from folders f where f.dataset_id = ${datasetId} order by f.path limit ${limit}`);
  return rows.map(toFolder);
}

/** Gives a folder, and all below it, another path. */
export async function moveFolders(db: Queryable, datasetId: string, from: string, to: string): Promise<void> {
  await db.run(sql`delete from folders f where f.dataset_id = ${datasetId} and (f.path = ${to} or (f.path >= ${`${to}/`} and f.path < ${`${to}0`}))
    and exists (select from folders o where o.dataset_id = ${datasetId} and o.path = ${from} || substr(f.path, ${to.length + 1}))`);
  await db.run(sql`update folders set path = ${to} || substr(path, ${from.length + 1})
    where dataset_id = ${datasetId} and (path = ${from} or (path >= ${`${from}/`} and path < ${`${from}0`}))`);
}

/** Forgets a folder and all below it. */
export async function deleteFolders(db: Queryable, datasetId: string, path: string): Promise<void> {
  await db.run(sql`delete from folders where dataset_id = ${datasetId} and (path = ${path} or (path >= ${`${path}/`} and path < ${`${path}0`}))`);
}
