import { projectRoles, type ProjectRole, type Scope } from '@fovea/contract';
import sql, { type Sql } from 'sql-template-tag';
import type { Queryable } from '../engines/database/database.ts';
import { Fault, notFound } from '../fault.ts';
import { needScope, roleReaches, type Caller } from './caller.ts';
import { projectAccess } from './projects/store.ts';

/** What a caller may do in a project, once it has been checked. */
export interface Access {
  readonly projectId: string;
  readonly role: ProjectRole;
}

/**
 * The one authorisation of the platform: the caller's key has the scope, and the caller is a member of the project with at
 * least the role. A project that does not exist, was deleted or belongs to somebody else answers `not_found` alike; a member
 * whose role does not reach answers `forbidden`.
 */
export async function authorize(db: Queryable, caller: Caller, projectId: string, need: Need): Promise<Access> {
  return decide(caller, projectId, await projectAccess(db, projectId, caller.userId), need);
}

/**
 * The same as a condition of a statement that asks and acts at once. It is false for whoever may not, whatever the reason: who gets nothing asks
 * {@link authorize}, which says it.
 */
export function authorized(caller: Caller, projectId: string, need: { role: ProjectRole; scope: Scope }): Sql {
  if ((caller.onlyProjectId !== null && caller.onlyProjectId !== projectId) || !caller.scopes.has(need.scope)) return sql`false`;
  const roles = projectRoles.filter((role) => roleReaches(role, need.role));
  const member = caller.admin ? sql`true` : sql`exists (select from members m where m.project_id = p.id and m.user_id = ${caller.userId} and m.role = any(${roles}))`;
  return sql`exists (select from projects p where p.id = ${projectId} and p.org_id = ${caller.orgId} and p.deleted_at is null and ${member})`;
}

/** What is needed; `as` names the thing that the error speaks of. */
export interface Need {
  role: ProjectRole;
  scope: Scope;
  deleted?: boolean;
  as?: { kind: string; id: string };
}

/** The decision itself, on what was found of the project and the caller's role in it. */
export function decide(caller: Caller, projectId: string, found: { orgId: string; deleted: boolean; role: ProjectRole | null } | undefined, need: Need): Access {
  const missing = () => notFound(need.as?.kind ?? 'project', need.as?.id ?? projectId);
  if (caller.onlyProjectId !== null && caller.onlyProjectId !== projectId) throw missing();
  if (!found || found.orgId !== caller.orgId || (found.deleted && !need.deleted)) throw missing();
  const role = caller.admin ? 'owner' : found.role;
  if (!role) throw missing();
  needScope(caller, need.scope);
  if (!roleReaches(role, need.role)) {
    throw new Fault('forbidden', `This needs the role ${need.role} in the project; yours is ${role}.`);
  }
  return { projectId, role };
}

/** Throws `forbidden` unless the caller administers the organisation. */
export function needAdmin(caller: Caller, scope: Scope): void {
  needScope(caller, scope);
  if (!caller.admin) throw new Fault('forbidden', 'This is for administrators of the organisation.');
  if (caller.onlyProjectId !== null) throw new Fault('forbidden', 'This key opens one project only.');
}
