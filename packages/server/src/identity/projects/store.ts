import type { Project, ProjectRole } from '@fovea/contract';
import sql, { empty, type Sql } from 'sql-template-tag';
import type { Queryable } from '../../engines/database/database.ts';
import type { Caller } from '../caller.ts';

interface ProjectRow {
  id: string;
  name: string;
  description: string;
  metadata: Record<string, unknown>;
  callback_url: string | null;
  revision: number;
  created_by: string;
  created_at: Date;
  updated_at: Date;
  role: ProjectRole | null;
  external_id: string | null;
  extra: unknown;
}

/** A project with what doors keep on it. */
export interface StoredProject extends Project {
  externalId: string | null;
  extra: unknown;
}

function toStoredProject(row: ProjectRow, admin: boolean): StoredProject {
  return { ...toProject(row, admin), externalId: row.external_id, extra: row.extra };
}

export function toProject(row: ProjectRow, admin: boolean): Project {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    metadata: row.metadata,
    callbackUrl: row.callback_url,
    role: admin ? 'owner' : (row.role ?? 'annotator'),
    revision: row.revision,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

/** The organisation of a project and the user's role in it. */
export async function projectAccess(
  db: Queryable,
  projectId: string,
  userId: string,
): Promise<{ orgId: string; deleted: boolean; role: ProjectRole | null } | undefined> {
  const row = await db.maybe<{ org_id: string; deleted: boolean; role: ProjectRole | null }>(sql`
    select p.org_id, p.deleted_at is not null as deleted, m.role
    from projects p left join members m on m.project_id = p.id and m.user_id = ${userId}
    where p.id = ${projectId}`);
  return row && { orgId: row.org_id, deleted: row.deleted, role: row.role };
}

/** The condition that a project is visible to the caller. */
function visible(caller: Caller): Sql {
  return sql`p.org_id = ${caller.orgId} and p.deleted_at is null
    ${caller.onlyProjectId === null ? empty : sql`and p.id = ${caller.onlyProjectId}`}
    ${caller.admin ? empty : sql`and m.role is not null`}`;
}

/** The condition that a row of another table, by its column of project ids, lies in a project that the caller sees. */
export function inVisibleProject(caller: Caller, column: Sql): Sql {
  return sql`${column} in (select p.id from projects p left join members m on m.project_id = p.id and m.user_id = ${caller.userId} where ${visible(caller)})`;
}

/** The condition that somebody of an organisation may work in a project, by a column of project ids: as a member, or as an administrator. */
export function mayBeIn(person: { orgId: string; email: string }, column: Sql): Sql {
  return sql`exists (select from users u where u.org_id = ${person.orgId} and u.email = ${person.email} and not u.disabled
    and (u.admin or exists (select from members m where m.project_id = ${column} and m.user_id = u.id)))`;
}

/** The condition that a row of another table, by its column of project ids, lies in a project in which the caller may label and no more. */
export function inProjectOfWorker(caller: Caller, column: Sql): Sql {
  return sql`${column} in (select m.project_id from members m where m.user_id = ${caller.userId} and m.role = 'annotator')`;
}

/** The projects that the caller sees, with what names them, as a table for the lists of rooms: `id`, `name`, `extra`. */
export function visibleProjects(caller: Caller): Sql {
  return sql`(select p.id, p.name, p.extra from projects p left join members m on m.project_id = p.id and m.user_id = ${caller.userId} where ${visible(caller)})`;
}

const columns = sql`p.id, p.name, p.description, p.metadata, p.callback_url, p.revision, p.created_by, p.created_at, p.updated_at, m.role, p.external_id, p.extra`;

export async function insertProject(
  db: Queryable,
  row: { id: string; orgId: string; name: string; description: string; metadata: unknown; callbackUrl?: string | null | undefined; createdBy: string; externalId?: string | undefined; extra?: unknown },
  options: { orNothing?: boolean } = {},
): Promise<void> {
  await db.run(sql`insert into projects (id, org_id, name, description, metadata, callback_url, created_by, external_id, extra)
    values (${row.id}, ${row.orgId}, ${row.name}, ${row.description}, ${JSON.stringify(row.metadata)}, ${row.callbackUrl ?? null}, ${row.createdBy}, ${row.externalId ?? null},
      ${row.extra === undefined ? null : JSON.stringify(row.extra)}) ${options.orNothing ? sql`on conflict do nothing` : empty}`);
}

/** Who is called for tasks of a project that name nobody. */
export async function selectCallbackUrl(db: Queryable, id: string): Promise<string | null> {
  return (await db.maybe<{ callback_url: string | null }>(sql`select callback_url from projects where id = ${id} and deleted_at is null`))?.callback_url ?? null;
}

/** The project that a door knows by this id, whoever sees it. */
export async function selectProjectByExternalId(db: Queryable, orgId: string, externalId: string): Promise<{ id: string } | undefined> {
  return db.maybe(sql`select id from projects where org_id = ${orgId} and external_id = ${externalId} and deleted_at is null`);
}

export interface ProjectFilter {
  ids?: readonly string[];
  name?: string;
  externalId?: string;
}

/** Visible projects with what doors keep on them, newest first. */
export async function selectStoredProjects(db: Queryable, caller: Caller, filter: ProjectFilter): Promise<StoredProject[]> {
  const rows = await db.many<ProjectRow>(sql`select ${columns} from projects p
    left join members m on m.project_id = p.id and m.user_id = ${caller.userId} where ${visible(caller)}
    ${filter.ids === undefined ? empty : sql`and p.id = any(${[...filter.ids]}::uuid[])`}
    ${filter.name === undefined ? empty : sql`and p.name = ${filter.name}`}
    ${filter.externalId === undefined ? empty : sql`and p.external_id = ${filter.externalId}`}
    order by p.id desc`);
  return rows.map((row) => toStoredProject(row, caller.admin));
}

export async function lockProjectExtra(db: Queryable, id: string): Promise<unknown> {
  return (await db.one<{ extra: unknown }>(sql`select extra from projects where id = ${id} for update`)).extra;
}

export async function setProjectExtra(db: Queryable, id: string, extra: unknown): Promise<void> {
  await db.run(sql`update projects set extra = ${JSON.stringify(extra)}, revision = revision + 1, updated_at = now() where id = ${id}`);
}

export async function selectProject(db: Queryable, caller: Caller, id: string): Promise<Project | undefined> {
  const row = await db.maybe<ProjectRow>(sql`select ${columns} from projects p
    left join members m on m.project_id = p.id and m.user_id = ${caller.userId} where p.id = ${id} and ${visible(caller)}`);
  return row && toProject(row, caller.admin);
}

export async function selectProjectByName(db: Queryable, caller: Caller, name: string): Promise<Project | undefined> {
  const row = await db.maybe<ProjectRow>(sql`select ${columns} from projects p
    left join members m on m.project_id = p.id and m.user_id = ${caller.userId} where p.name = ${name} and ${visible(caller)}`);
  return row && toProject(row, caller.admin);
}

/** Projects newest first, one more than the limit. */
export async function selectProjects(
  db: Queryable,
  caller: Caller,
  options: { limit: number; after: string | undefined; name: string | undefined },
): Promise<Project[]> {
  const rows = await db.many<ProjectRow>(sql`select ${columns} from projects p
    left join members m on m.project_id = p.id and m.user_id = ${caller.userId} where ${visible(caller)}
    ${options.after === undefined ? empty : sql`and p.id < ${options.after}`}
    ${options.name === undefined ? empty : sql`and p.name = ${options.name}`}
    order by p.id desc limit ${options.limit + 1}`);
  return rows.map((row) => toProject(row, caller.admin));
}

/** Changes what is given; undefined when the revision is no longer the expected one. */
export async function updateProject(
  db: Queryable,
  id: string,
  change: { name: string | undefined; description: string | undefined; metadata: unknown; callbackUrl: string | null | undefined },
  revision: number | undefined,
): Promise<number> {
  return db.run(sql`update projects set
      name = coalesce(${change.name ?? null}, name),
      description = coalesce(${change.description ?? null}, description),
      metadata = coalesce(${change.metadata === undefined ? null : JSON.stringify(change.metadata)}::jsonb, metadata),
      callback_url = ${change.callbackUrl === undefined ? sql`callback_url` : sql`${change.callbackUrl}`},
      revision = revision + 1, updated_at = now()
    where id = ${id} and deleted_at is null ${revision === undefined ? empty : sql`and revision = ${revision}`}`);
}

export async function markProject(db: Queryable, id: string, deleted: boolean): Promise<number> {
  return db.run(sql`update projects set deleted_at = ${deleted ? sql`now()` : sql`null`}, updated_at = now(), revision = revision + 1
    where id = ${id} and deleted_at is ${deleted ? sql`null` : sql`not null`}`);
}
