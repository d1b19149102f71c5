import { isId, newId, type projects, type Parsed, type Project } from '@fovea/contract';
import { violatedConstraint, type Database } from '../../engines/database/database.ts';
import { emit } from '../../events/outbox.ts';
import { Fault, notFound } from '../../fault.ts';
import { cutPage, listMark, readCursor, type Page } from '../../paging.ts';
import { authorize } from '../access.ts';
import { needScope, type Caller } from '../caller.ts';
import { insertMember } from '../members/store.ts';
import { insertProject, markProject, selectProject, selectProjectByName, selectProjects, updateProject } from './store.ts';

type Body<K extends keyof typeof projects> = Parsed<(typeof projects)[K]>['body'];
type Query<K extends keyof typeof projects> = Parsed<(typeof projects)[K]>['query'];

export type ProjectsService = ReturnType<typeof projectsService>;

/** Projects: what members, datasets and recipes belong to, and the boundary of every permission. */
export function projectsService({ db }: { db: Database }) {
  async function need(caller: Caller, id: string): Promise<Project> {
    const found = await selectProject(db, caller, id);
    if (!found) throw notFound('project', id);
    return found;
  }

  return {
    async create(caller: Caller, body: Body<'create'>): Promise<Project> {
      needScope(caller, 'write');
      if (caller.onlyProjectId !== null) throw new Fault('forbidden', 'This key opens one project only and cannot create another.');
      const id = newId();
      await db
        .tx(async (tx) => {
          await insertProject(tx, { id, orgId: caller.orgId, createdBy: caller.email, ...body });
          await insertMember(tx, { projectId: id, userId: caller.userId, orgId: caller.orgId, role: 'owner' });
          await emit(tx, event('project.created', caller, id, { name: body.name }));
        })
        .catch(nameTaken(body.name));
      return need(caller, id);
    },

    async list(caller: Caller, query: Query<'list'>): Promise<Page<Project>> {
      needScope(caller, 'read');
      const mark = listMark('projects', [query.name]);
      const after = readCursor(query.cursor, mark, 1)?.[0];
      const rows = await selectProjects(db, caller, { limit: query.limit, after: after?.toString(), name: query.name });
      return cutPage(rows, { limit: query.limit, mark, position: (row) => [row.id], map: (row) => row });
    },

    /** By id or exact name. */
    async get(caller: Caller, reference: string): Promise<Project> {
      needScope(caller, 'read');
      const found = isId(reference) ? await selectProject(db, caller, reference) : await selectProjectByName(db, caller, reference);
      if (!found) throw notFound('project', reference);
      return found;
    },

    async update(caller: Caller, id: string, body: Body<'update'>, revision?: number): Promise<Project> {
      await authorize(db, caller, id, { role: 'manager', scope: 'write' });
      const changed = await db
        .tx(async (tx) => {
          const rows = await updateProject(tx, id, { name: body.name, description: body.description, metadata: body.metadata }, revision);
          if (rows > 0) await emit(tx, event('project.updated', caller, id, { changed: Object.keys(body) }));
          return rows;
        })
        .catch(nameTaken(body.name ?? ''));
      const current = await need(caller, id);
      if (changed === 0) throw new Fault('revision_conflict', `The project is at revision ${current.revision} now.`, { current });
      return current;
    },

    async delete(caller: Caller, id: string): Promise<void> {
      await authorize(db, caller, id, { role: 'owner', scope: 'admin' });
      await db.tx(async (tx) => {
        if (await markProject(tx, id, true)) await emit(tx, event('project.deleted', caller, id));
      });
    },

    async restore(caller: Caller, id: string): Promise<Project> {
      await authorize(db, caller, id, { role: 'owner', scope: 'admin', deleted: true });
      await db
        .tx(async (tx) => {
          if (await markProject(tx, id, false)) await emit(tx, event('project.restored', caller, id));
        })
        .catch(nameTaken('it had'));
      return need(caller, id);
    },
  };
}

function event(type: string, caller: Caller, id: string, data: Record<string, unknown> = {}) {
  return { type, orgId: caller.orgId, projectId: id, subject: { kind: 'project', id }, actor: caller.email, data };
}

function nameTaken(name: string) {
  return (error: unknown): never => {
    if (violatedConstraint(error) === 'projects_name') throw new Fault('conflict', `A project named "${name}" exists already.`);
    throw error;
  };
}
