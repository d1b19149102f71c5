import type { Scope } from '@fovea/contract';
import sql from 'sql-template-tag';
import type { Queryable } from '../../engines/database/database.ts';

export interface SessionHolder {
  orgId: string;
  orgName: string;
  userId: string;
  email: string;
  admin: boolean;
  disabled: boolean;
  csrf: string;
  scopes: Scope[];
  expiresAt: Date;
  keyDead: boolean;
  projectId: string | null;
  test: boolean;
}

interface Row {
  org_id: string;
  org_name: string;
  user_id: string;
  email: string;
  admin: boolean;
  disabled: boolean;
  csrf: string;
  scopes: Scope[];
  expires_at: Date;
  key_dead: boolean;
  project_id: string | null;
  test: boolean | null;
}

export async function insertSession(
  db: Queryable,
  row: { hash: Buffer; orgId: string; userId: string; keyId: string | null; csrf: string; scopes: readonly Scope[]; expiresAt: Date },
): Promise<void> {
  await db.run(sql`insert into sessions (hash, org_id, user_id, key_id, csrf, scopes, expires_at)
    values (${row.hash}, ${row.orgId}, ${row.userId}, ${row.keyId}, ${row.csrf}, ${[...row.scopes]}, ${row.expiresAt})`);
}

export async function selectSession(db: Queryable, hash: Buffer): Promise<SessionHolder | undefined> {
  const row = await db.maybe<Row>(sql`
    select s.org_id, o.name as org_name, s.user_id, u.email, u.admin, u.disabled, s.csrf, s.scopes, s.expires_at,
      coalesce(k.revoked_at is not null or k.expires_at <= now(), false) as key_dead, k.project_id, k.test
    from sessions s join users u on u.id = s.user_id join organizations o on o.id = s.org_id left join keys k on k.id = s.key_id
    where s.hash = ${hash}`);
  return (
    row && {
      orgId: row.org_id,
      orgName: row.org_name,
      userId: row.user_id,
      email: row.email,
      admin: row.admin,
      disabled: row.disabled,
      csrf: row.csrf,
      scopes: row.scopes,
      expiresAt: row.expires_at,
      keyDead: row.key_dead,
      projectId: row.project_id,
      test: row.test ?? false,
    }
  );
}

export async function deleteSession(db: Queryable, hash: Buffer): Promise<void> {
  await db.run(sql`delete from sessions where hash = ${hash}`);
}

export async function deleteOldSessions(db: Queryable): Promise<number> {
  return db.run(sql`delete from sessions where expires_at <= now()`);
}
