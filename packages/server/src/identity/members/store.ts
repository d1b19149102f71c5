import type { Member, ProjectRole } from '@fovea/contract';
import sql, { empty, type Sql } from 'sql-template-tag';
import type { Queryable } from '../../engines/database/database.ts';

interface MemberRow {
  user_id: string;
  email: string;
  name: string;
  role: ProjectRole;
  created_at: Date;
}

function toMember(row: MemberRow): Member {
  return { userId: row.user_id, email: row.email, name: row.name, role: row.role, createdAt: row.created_at.toISOString() };
}

const from = sql`select m.user_id, u.email, u.name, m.role, m.created_at from members m join users u on u.id = m.user_id`;

export async function insertMember(db: Queryable, row: { projectId: string; userId: string; orgId: string; role: ProjectRole }): Promise<void> {
  await db.run(sql`insert into members (project_id, user_id, org_id, role) values (${row.projectId}, ${row.userId}, ${row.orgId}, ${row.role})
    on conflict (project_id, user_id) do update set role = excluded.role`);
}

export async function selectMember(db: Queryable, projectId: string, email: string): Promise<Member | undefined> {
  const row = await db.maybe<MemberRow>(sql`${from} where m.project_id = ${projectId} and u.email = ${email}`);
  return row && toMember(row);
}

/** Members by user id, one more than the limit. */
export async function selectMembers(db: Queryable, projectId: string, options: { limit: number; after: string | undefined }): Promise<Member[]> {
  const rows = await db.many<MemberRow>(sql`${from} where m.project_id = ${projectId}
    ${options.after === undefined ? empty : sql`and m.user_id > ${options.after}`} order by m.user_id limit ${options.limit + 1}`);
  return rows.map(toMember);
}

/** Members of several projects, by project and then e-mail. */
export async function selectMembersOf(db: Queryable, projectIds: readonly string[], visible: Sql): Promise<(Member & { projectId: string })[]> {
  const rows = await db.many<MemberRow & { project_id: string }>(sql`select m.project_id, m.user_id, u.email, u.name, m.role, m.created_at
    from members m join users u on u.id = m.user_id where m.project_id = any(${[...projectIds]}::uuid[]) and ${visible} order by m.project_id, u.email`);
  return rows.map((row) => ({ ...toMember(row), projectId: row.project_id }));
}

/** Who of these people neither is a member of the project nor administers its organisation, in the order given. */
export async function selectStrangers(db: Queryable, project: { id: string; orgId: string }, emails: readonly string[]): Promise<string[]> {
  const rows = await db.many<{ email: string }>(sql`select w.email from unnest(${[...emails]}::text[]) with ordinality as w (email, place)
    where not exists (select from users u where u.org_id = ${project.orgId} and u.email = w.email
      and (u.admin or exists (select from members m where m.project_id = ${project.id} and m.user_id = u.id)))
    order by w.place`);
  return rows.map(({ email }) => email);
}

export async function deleteMember(db: Queryable, projectId: string, userId: string): Promise<number> {
  return db.run(sql`delete from members where project_id = ${projectId} and user_id = ${userId}`);
}

/** How many owners a project has; locks them, so that two cannot both stop being the last. */
export async function lockOwners(db: Queryable, projectId: string): Promise<string[]> {
  const rows = await db.many<{ user_id: string }>(sql`select user_id from members where project_id = ${projectId} and role = 'owner' for update`);
  return rows.map((row) => row.user_id);
}
