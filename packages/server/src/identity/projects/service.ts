import { isId, newId, type projects, type Parsed, type Project, type ProjectRole } from '@fovea/contract';
import { violatedConstraint, type Database, type Queryable, type Tx, type WhenMade } from '../../engines/database/database.ts';
import type { AddressCheck } from '../../events/callback-address.ts';
import { emit } from '../../events/outbox.ts';
import { Fault, notFound } from '../../fault.ts';
import { cutPage, listMark, readCursor, type Page } from '../../paging.ts';
import { authorize } from '../access.ts';
import { needScope, type Caller } from '../caller.ts';
import { insertMember } from '../members/store.ts';
import {
  insertProject,
  lockProjectExtra,
  markProject,
  selectProject,
  selectProjectByExternalId,
  selectProjectByName,
  selectProjects,
  selectStoredProjects,
  setProjectExtra,
  updateProject,
  type ProjectFilter,
  type StoredProject,
} from './store.ts';

type Body<K extends keyof typeof projects> = Parsed<(typeof projects)[K]>['body'];
type Query<K extends keyof typeof projects> = Parsed<(typeof projects)[K]>['query'];

export type ProjectsService = ReturnType<typeof projectsService>;

/** What a door may add to a project. */
export interface ProjectExtras {
  externalId?: string | undefined;
  extra?: unknown;
}

/** Projects: what members, datasets and recipes belong to, and the boundary of every permission. */
export function projectsService({ db, mayCall }: { db: Database; mayCall: AddressCheck }) {
  async function need(caller: Caller, id: string, on: Queryable = db): Promise<Project> {
    const found = await selectProject(on, caller, id);
    if (!found) throw notFound('project', id);
    return found;
  }

  return {
    async create(caller: Caller, body: Body<'create'> & ProjectExtras, whenMade?: WhenMade<Project>): Promise<Project> {
      needCreator(caller);
      await mayCall(body.callbackUrl);
      const id = newId();
      return db
        .tx(async (tx) => {
          await insertProject(tx, { id, orgId: caller.orgId, createdBy: caller.email, ...body });
          await insertMember(tx, { projectId: id, userId: caller.userId, orgId: caller.orgId, role: 'owner' });
          await emit(tx, event('project.created', caller, id, { name: body.name }));
          const made = await need(caller, id, tx);
          await whenMade?.(tx, made);
          return made;
        })
        .catch(nameTaken(body.name));
    },

    /** The projects that the caller sees, with what doors keep on them, newest first. */
    find(caller: Caller, filter: ProjectFilter = {}, on: Queryable = db): Promise<StoredProject[]> {
      needScope(caller, 'read');
      return selectStoredProjects(on, caller, filter);
    },

    /**
     * The one project of the organisation that a door knows by this id, made on first use: two that ask at once get the same. Where the
     * name is taken it gets a number. A caller who is no member becomes one with the role.
     */
    async ensure(caller: Caller, wanted: { externalId: string; name: string; role: ProjectRole; extra?: unknown }): Promise<StoredProject> {
      const { externalId } = wanted;
      const [found] = await selectStoredProjects(db, caller, { externalId });
      if (found) return found;
      needCreator(caller);
      await db.tx(async (tx) => {
        const id = await ensureRow(tx, caller, wanted);
        if (!caller.admin) await insertMember(tx, { projectId: id, userId: caller.userId, orgId: caller.orgId, role: wanted.role });
      });
      const [made] = await selectStoredProjects(db, caller, { externalId });
      if (!made) throw notFound('project', wanted.name);
      return made;
    },

    /** Changes what doors keep on a project, under its lock. */
    async changeExtra(caller: Caller, id: string, change: (extra: unknown) => unknown): Promise<void> {
      await authorize(db, caller, id, { role: 'manager', scope: 'write' });
      await db.tx(async (tx) => {
        await setProjectExtra(tx, id, change(await lockProjectExtra(tx, id)));
        await emit(tx, event('project.updated', caller, id, { changed: ['extra'] }));
      });
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
      await mayCall(body.callbackUrl);
      const changed = await db
        .tx(async (tx) => {
          const rows = await updateProject(tx, id, { name: body.name, description: body.description, metadata: body.metadata, callbackUrl: body.callbackUrl }, revision);
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

function needCreator(caller: Caller): void {
  needScope(caller, 'write');
  if (caller.onlyProjectId !== null) throw new Fault('forbidden', 'This key opens one project only and cannot create another.');
}

async function ensureRow(tx: Tx, caller: Caller, wanted: { externalId: string; name: string; extra?: unknown }): Promise<string> {
  for (let number = 1; ; number++) {
    const known = await selectProjectByExternalId(tx, caller.orgId, wanted.externalId);
    if (known) return known.id;
    const id = newId();
    const name = number === 1 ? wanted.name : `${wanted.name} ${number}`;
    await insertProject(tx, { id, orgId: caller.orgId, createdBy: caller.email, description: '', metadata: {}, ...wanted, name }, { orNothing: true });
    const made = await selectProjectByExternalId(tx, caller.orgId, wanted.externalId);
    if (made?.id === id) await emit(tx, event('project.created', caller, id, { name }));
  }
}

function event(type: string, caller: Caller, id: string, data: Record<string, unknown> = {}) {
  return { type, orgId: caller.orgId, projectId: id, subject: { kind: 'project', id }, actor: caller.email, data };
}

function nameTaken(name: string) {
  return (error: unknown): never => {
    if (violatedConstraint(error) === 'projects_external') {
      throw new Fault('conflict', `A project named "${name}" exists already.`, { errors: [{ path: 'externalId', message: 'is taken' }] });
    }
    if (violatedConstraint(error) === 'projects_name') throw new Fault('conflict', `A project named "${name}" exists already.`);
    throw error;
  };
}
