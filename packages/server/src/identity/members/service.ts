import type { Member, ProjectRole } from '@fovea/contract';
import sql from 'sql-template-tag';
import type { Database, Tx } from '../../engines/database/database.ts';
import { emit } from '../../events/outbox.ts';
import { Fault, notFound } from '../../fault.ts';
import { cutPage, listMark, readCursor, type Page } from '../../paging.ts';
import { authorize } from '../access.ts';
import { needScope, roleReaches, type Caller } from '../caller.ts';
import { inVisibleProject } from '../projects/store.ts';
import { ensureUser } from '../users/store.ts';
import { deleteMember, insertMember, lockOwners, selectMember, selectMembers, selectMembersOf } from './store.ts';

/** Called when somebody left a project, or may have left some (no project named), by the caller's doing. */
export type WhenLeft = (tx: Tx, caller: Caller, gone: { email: string; projectId?: string }) => Promise<void>;
export type MembersService = ReturnType<typeof membersService>;

/** Members of projects and their roles. `left`: what rooms do when somebody leaves one, in the transaction in which they do. */
export function membersService({ db, left }: { db: Database; left: WhenLeft }) {
  return {
    async list(caller: Caller, projectId: string, query: { limit: number; cursor?: string | undefined }): Promise<Page<Member>> {
      await authorize(db, caller, projectId, { role: 'annotator', scope: 'read' });
      const mark = listMark('members', projectId);
      const rows = await selectMembers(db, projectId, { limit: query.limit, after: readCursor(query.cursor, mark, 1)?.[0]?.toString() });
      return cutPage(rows, { limit: query.limit, mark, position: (row) => [row.userId], map: (row) => row });
    },

    /** Members of those of the projects that the caller sees. */
    ofProjects(caller: Caller, projectIds: readonly string[]): Promise<(Member & { projectId: string })[]> {
      needScope(caller, 'read');
      return selectMembersOf(db, projectIds, inVisibleProject(caller, sql`m.project_id`));
    },

    /** Adds a member or changes a role. Nobody gives a role above their own, nor changes somebody who stands above them. */
    async set(caller: Caller, projectId: string, email: string, role: ProjectRole): Promise<Member> {
      const access = await authorize(db, caller, projectId, { role: 'manager', scope: 'admin' });
      if (!roleReaches(access.role, role)) throw new Fault('forbidden', `A ${access.role} cannot make somebody ${role}.`);
      await db.tx(async (tx) => {
        const userId = await ensureUser(tx, caller.orgId, email);
        const before = await selectMember(tx, projectId, email);
        if (before && !roleReaches(access.role, before.role)) throw new Fault('forbidden', `A ${access.role} cannot change an ${before.role}.`);
        if (before?.role === 'owner' && role !== 'owner') await keepAnOwner(tx, projectId, userId);
        await insertMember(tx, { projectId, userId, orgId: caller.orgId, role });
        await emit(tx, {
          type: before ? 'member.updated' : 'member.added',
          orgId: caller.orgId,
          projectId,
          subject: { kind: 'member', id: userId },
          actor: caller.email,
          data: { email, role },
        });
      });
      const member = await selectMember(db, projectId, email);
      if (!member) throw notFound('member', email);
      return member;
    },

    async remove(caller: Caller, projectId: string, email: string): Promise<Member> {
      const access = await authorize(db, caller, projectId, { role: 'manager', scope: 'admin' });
      return db.tx(async (tx) => {
        const member = await selectMember(tx, projectId, email);
        if (!member) throw notFound('member', email);
        if (!roleReaches(access.role, member.role)) throw new Fault('forbidden', `A ${access.role} cannot remove an ${member.role}.`);
        if (member.role === 'owner') await keepAnOwner(tx, projectId, member.userId);
        await deleteMember(tx, projectId, member.userId);
        await left(tx, caller, { email, projectId });
        await emit(tx, {
          type: 'member.removed',
          orgId: caller.orgId,
          projectId,
          subject: { kind: 'member', id: member.userId },
          actor: caller.email,
          data: { email },
        });
        return member;
      });
    },
  };
}

async function keepAnOwner(tx: Parameters<Parameters<Database['tx']>[0]>[0], projectId: string, leaving: string): Promise<void> {
  const owners = await lockOwners(tx, projectId);
  if (owners.every((owner) => owner === leaving)) throw new Fault('conflict', 'A project keeps at least one owner; make somebody else owner first.');
}
