import type { Profile, ProfileVersion } from '@fovea/contract';
import sql, { empty, join, type Sql } from 'sql-template-tag';
import type { Queryable } from '../../engines/database/database.ts';

interface ProfileRow {
  id: string;
  number: number;
  org_id: string;
  project_id: string;
  analytic: string;
  name: string;
  description: string;
  parameters: Record<string, unknown>;
  files: string[];
  metadata: Record<string, unknown>;
  version: number;
  created_by: string;
  created_at: Date;
  updated_at: Date;
}

export type StoredProfile = Profile & { orgId: string };

function toStored(row: ProfileRow): StoredProfile {
  return {
    id: row.id,
    number: row.number,
    orgId: row.org_id,
    projectId: row.project_id,
    analytic: row.analytic,
    name: row.name,
    description: row.description,
    parameters: row.parameters,
    files: row.files,
    metadata: row.metadata,
    version: row.version,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

export function toProfile({ orgId: _orgId, ...profile }: StoredProfile): Profile {
  return profile;
}

export async function insertProfile(
  db: Queryable,
  row: { id: string; orgId: string; projectId: string; analytic: string; name: string; description: string; parameters: unknown; files: readonly string[]; metadata: unknown; createdBy: string },
): Promise<void> {
  await db.run(sql`insert into profiles (id, org_id, project_id, analytic, name, description, parameters, files, metadata, created_by)
    values (${row.id}, ${row.orgId}, ${row.projectId}, ${row.analytic}, ${row.name}, ${row.description}, ${JSON.stringify(row.parameters)}, ${[...row.files]}::uuid[],
      ${JSON.stringify(row.metadata)}, ${row.createdBy})`);
}

export async function selectProfile(db: Queryable, by: { id: string } | { number: number; orgId: string }): Promise<StoredProfile | undefined> {
  const row = await db.maybe<ProfileRow>(
    sql`select * from profiles where ${'id' in by ? sql`id = ${by.id}` : sql`number = ${by.number} and org_id = ${by.orgId}`} and deleted_at is null`,
  );
  return row && toStored(row);
}

export async function selectProfiles(db: Queryable, projectId: string, options: { analytic?: string | undefined; limit: number; before?: string | undefined; offset?: number }): Promise<StoredProfile[]> {
  const rows = await db.many<ProfileRow>(sql`select * from profiles where project_id = ${projectId} and deleted_at is null
    ${options.analytic === undefined ? empty : sql`and analytic = ${options.analytic}`} ${options.before === undefined ? empty : sql`and id < ${options.before}`}
    order by id desc limit ${options.limit + 1} offset ${options.offset ?? 0}`);
  return rows.map(toStored);
}

export async function updateProfile(
  db: Queryable,
  id: string,
  change: { name?: string | undefined; description?: string | undefined; parameters?: unknown; files?: readonly string[] | undefined; metadata?: unknown; deleted?: boolean },
): Promise<void> {
  const set: Sql[] = [sql`version = version + 1`, sql`updated_at = now()`];
  if (change.name !== undefined) set.push(sql`name = ${change.name}`);
  if (change.description !== undefined) set.push(sql`description = ${change.description}`);
  if (change.parameters !== undefined) set.push(sql`parameters = ${JSON.stringify(change.parameters)}`);
  if (change.files !== undefined) set.push(sql`files = ${[...change.files]}::uuid[]`);
  if (change.metadata !== undefined) set.push(sql`metadata = ${JSON.stringify(change.metadata)}`);
  if (change.deleted) set.push(sql`deleted_at = now()`);
  await db.run(sql`update profiles set ${join(set, ', ')} where id = ${id}`);
}

/** Keeps what a profile is now as its version. */
export async function keepVersion(db: Queryable, id: string, by: string): Promise<void> {
  await db.run(sql`insert into profile_versions (profile_id, version, project_id, name, description, parameters, files, created_by)
    select id, version, project_id, name, description, parameters, files, ${by} from profiles where id = ${id}`);
}

export async function selectVersions(db: Queryable, id: string, options: { limit: number; before: number | undefined }): Promise<ProfileVersion[]> {
  const rows = await db.many<Pick<ProfileRow, 'version' | 'name' | 'description' | 'parameters' | 'files' | 'created_by' | 'created_at'>>(sql`
    select version, name, description, parameters, files, created_by, created_at from profile_versions
    where profile_id = ${id} ${options.before === undefined ? empty : sql`and version < ${options.before}`} order by version desc limit ${options.limit + 1}`);
  return rows.map(({ created_by: createdBy, created_at: createdAt, ...row }) => ({ ...row, createdBy, createdAt: createdAt.toISOString() }));
}
