import type { ApiKey, Scope } from '@fovea/contract';
import sql, { empty } from 'sql-template-tag';
import type { Queryable } from '../../engines/database/database.ts';

interface KeyRow {
  id: string;
  org_id: string;
  user_id: string;
  name: string;
  prefix: string;
  scopes: Scope[];
  project_id: string | null;
  test: boolean;
  created_at: Date;
  expires_at: Date | null;
  last_used_at: Date | null;
  revoked_at: Date | null;
}

function toKey(row: KeyRow): ApiKey {
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    scopes: row.scopes,
    projectId: row.project_id,
    test: row.test,
    userId: row.user_id,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at?.toISOString() ?? null,
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    revokedAt: row.revoked_at?.toISOString() ?? null,
  };
}

const columns = sql`id, org_id, user_id, name, prefix, scopes, project_id, test, created_at, expires_at, last_used_at, revoked_at`;

export interface NewKey {
  id: string;
  orgId: string;
  userId: string;
  name: string;
  prefix: string;
  hash: Buffer;
  scopes: readonly Scope[];
  projectId: string | null;
  test: boolean;
  expiresAt: string | null;
}

export async function insertKey(db: Queryable, key: NewKey): Promise<void> {
  await db.run(sql`insert into keys (id, org_id, user_id, name, prefix, hash, scopes, project_id, test, expires_at)
    values (${key.id}, ${key.orgId}, ${key.userId}, ${key.name}, ${key.prefix}, ${key.hash}, ${[...key.scopes]}, ${key.projectId}, ${key.test}, ${key.expiresAt})`);
}

export async function selectKey(db: Queryable, id: string): Promise<(ApiKey & { orgId: string }) | undefined> {
  const row = await db.maybe<KeyRow>(sql`select ${columns} from keys where id = ${id}`);
  return row && { ...toKey(row), orgId: row.org_id };
}

/** Keys newest first, one more than the limit; of one user, or of the whole organisation. */
export async function selectKeys(
  db: Queryable,
  options: { orgId: string; userId: string | undefined; limit: number; before: string | undefined },
): Promise<ApiKey[]> {
  const rows = await db.many<KeyRow>(sql`select ${columns} from keys where org_id = ${options.orgId}
    ${options.userId === undefined ? empty : sql`and user_id = ${options.userId}`}
    ${options.before === undefined ? empty : sql`and id < ${options.before}`}
    order by id desc limit ${options.limit + 1}`);
  return rows.map(toKey);
}

export async function revokeKey(db: Queryable, id: string): Promise<number> {
  return db.run(sql`update keys set revoked_at = now() where id = ${id} and revoked_at is null`);
}

/** Everything that authentication needs, in one look-up. */
export interface KeyHolder {
  keyId: string;
  orgId: string;
  userId: string;
  email: string;
  admin: boolean;
  disabled: boolean;
  scopes: Scope[];
  projectId: string | null;
  test: boolean;
  expiresAt: Date | null;
  revokedAt: Date | null;
  lastUsedAt: Date | null;
}

interface HolderRow extends KeyRow {
  email: string;
  admin: boolean;
  disabled: boolean;
}

export async function selectHolder(db: Queryable, by: { hash: Buffer } | { id: string }): Promise<KeyHolder | undefined> {
  const row = await db.maybe<HolderRow>(sql`
    select k.id, k.org_id, k.user_id, k.name, k.prefix, k.scopes, k.project_id, k.test, k.created_at, k.expires_at, k.last_used_at,
      k.revoked_at, u.email, u.admin, u.disabled
    from keys k join users u on u.id = k.user_id where ${'hash' in by ? sql`k.hash = ${by.hash}` : sql`k.id = ${by.id}`}`);
  return (
    row && {
      keyId: row.id,
      orgId: row.org_id,
      userId: row.user_id,
      email: row.email,
      admin: row.admin,
      disabled: row.disabled,
      scopes: row.scopes,
      projectId: row.project_id,
      test: row.test,
      expiresAt: row.expires_at,
      revokedAt: row.revoked_at,
      lastUsedAt: row.last_used_at,
    }
  );
}

export async function touchKey(db: Queryable, id: string): Promise<void> {
  await db.run(sql`update keys set last_used_at = now() where id = ${id}`);
}
