import { newId, type User } from '@fovea/contract';
import sql, { empty } from 'sql-template-tag';
import type { Queryable } from '../../engines/database/database.ts';

interface UserRow {
  id: string;
  org_id: string;
  email: string;
  name: string;
  admin: boolean;
  disabled: boolean;
  password_hash: string | null;
  created_at: Date;
}

export interface StoredUser extends User {
  orgId: string;
  passwordHash: string | null;
}

function toUser(row: UserRow): StoredUser {
  return {
    id: row.id,
    orgId: row.org_id,
    email: row.email,
    name: row.name,
    admin: row.admin,
    disabled: row.disabled,
    passwordHash: row.password_hash,
    createdAt: row.created_at.toISOString(),
  };
}

export function withoutSecrets({ passwordHash: _passwordHash, orgId: _orgId, ...user }: StoredUser): User {
  return user;
}

export async function insertUser(
  db: Queryable,
  row: { id: string; orgId: string; email: string; name: string; admin: boolean; passwordHash: string | null },
): Promise<void> {
  await db.run(sql`insert into users (id, org_id, email, name, admin, password_hash)
    values (${row.id}, ${row.orgId}, ${row.email}, ${row.name}, ${row.admin}, ${row.passwordHash})`);
}

export async function selectUser(db: Queryable, id: string): Promise<StoredUser | undefined> {
  const row = await db.maybe<UserRow>(sql`select * from users where id = ${id}`);
  return row && toUser(row);
}

/** Who has this e-mail, in whichever organisation; who came first is first. */
export async function selectUsersByEmail(db: Queryable, email: string): Promise<StoredUser[]> {
  return (await db.many<UserRow>(sql`select * from users where email = ${email} order by id`)).map(toUser);
}

/** The id of the user with this e-mail in the organisation; one without a password is made when there is none. */
export async function ensureUser(db: Queryable, orgId: string, email: string): Promise<string> {
  const name = email.split('@')[0] ?? email;
  await db.run(sql`insert into users (id, org_id, email, name) values (${newId()}, ${orgId}, ${email}, ${name}) on conflict (email, org_id) do nothing`);
  return (await db.one<{ id: string }>(sql`select id from users where email = ${email} and org_id = ${orgId}`)).id;
}

export async function selectUsers(db: Queryable, orgId: string, options: { limit: number; after: string | undefined }): Promise<StoredUser[]> {
  const rows = await db.many<UserRow>(sql`select * from users where org_id = ${orgId}
    ${options.after === undefined ? empty : sql`and id > ${options.after}`} order by id limit ${options.limit + 1}`);
  return rows.map(toUser);
}

/** Working administrators of an organisation. */
export async function selectAdmins(db: Queryable, orgId: string): Promise<StoredUser[]> {
  const rows = await db.many<UserRow>(sql`select * from users where org_id = ${orgId} and admin and not disabled order by id`);
  return rows.map(toUser);
}

export async function updateUser(
  db: Queryable,
  id: string,
  change: { name?: string | undefined; admin?: boolean | undefined; disabled?: boolean | undefined; passwordHash?: string | undefined },
): Promise<void> {
  await db.run(sql`update users set name = coalesce(${change.name ?? null}, name), admin = coalesce(${change.admin ?? null}, admin),
    disabled = coalesce(${change.disabled ?? null}, disabled), password_hash = coalesce(${change.passwordHash ?? null}, password_hash)
    where id = ${id}`);
}

/** Locks the organisation's working administrators and counts them, so that the last one stays. */
export async function lockAdmins(db: Queryable, orgId: string): Promise<string[]> {
  const rows = await db.many<{ id: string }>(sql`select id from users where org_id = ${orgId} and admin and not disabled for update`);
  return rows.map((row) => row.id);
}

export async function insertOrganization(db: Queryable, row: { id: string; name: string }): Promise<void> {
  await db.run(sql`insert into organizations (id, name) values (${row.id}, ${row.name})`);
}

export async function selectOrganization(db: Queryable, id: string): Promise<{ id: string; name: string } | undefined> {
  return db.maybe(sql`select id, name from organizations where id = ${id}`);
}

export async function firstOrganization(db: Queryable): Promise<{ id: string; name: string } | undefined> {
  return db.maybe(sql`select id, name from organizations order by id limit 1`);
}
