import { isId, newId, type Dataset, type datasets, type Parsed } from '@fovea/contract';
import { violatedConstraint, type Database, type Queryable, type WhenMade } from '../../engines/database/database.ts';
import { emit } from '../../events/outbox.ts';
import { Fault, notFound } from '../../fault.ts';
import { authorize } from '../../identity/access.ts';
import { needScope, type Caller } from '../../identity/caller.ts';
import type { ProjectsService } from '../../identity/projects/service.ts';
import { cutPage, listMark, readCursor, type Page } from '../../paging.ts';
import { authorizeDataset } from './access.ts';
import { insertDataset, markDataset, selectChangeTimes, selectDataset, selectDatasets, updateDataset } from './store.ts';

type Body<K extends keyof typeof datasets> = Parsed<(typeof datasets)[K]>['body'];
type Query<K extends keyof typeof datasets> = Parsed<(typeof datasets)[K]>['query'];
export type DatasetsService = ReturnType<typeof datasetsService>;

/** Datasets: trees of items. */
export function datasetsService({ db, projects }: { db: Database; projects: ProjectsService }) {
  async function need(id: string, on: Queryable = db): Promise<Dataset> {
    const found = await selectDataset(on, id);
    if (!found) throw notFound('dataset', id);
    return found;
  }

  return {
    async create(caller: Caller, body: Body<'create'>, whenMade?: WhenMade<Dataset>): Promise<Dataset> {
      needScope(caller, 'write');
      const project = await projects.get(caller, body.project);
      await authorize(db, caller, project.id, { role: 'developer', scope: 'write' });
      const id = newId();
      const { name, description, metadata, itemDays } = body;
      return db
        .tx(async (tx) => {
          await insertDataset(tx, { id, orgId: caller.orgId, projectId: project.id, name, description, metadata, kind: 'master', sources: [], itemDays, createdBy: caller.email });
          await emit(tx, event('dataset.created', caller, project.id, id, { name }));
          const made = await need(id, tx);
          await whenMade?.(tx, made);
          return made;
        })
        .catch(nameTaken(name));
    },

    /** The dataset of this name in a project, made when there is none; two that ask at once get the same. */
    async ensure(caller: Caller, body: Body<'create'>): Promise<Dataset> {
      const known = await this.list(caller, { project: body.project, name: body.name, limit: 1 });
      if (known.data[0]) return known.data[0];
      try {
        return await this.create(caller, body);
      } catch (error) {
        if (!(error instanceof Fault) || error.code !== 'conflict') throw error;
        return this.get(caller, body.name, { project: body.project });
      }
    },

    async list(caller: Caller, query: Query<'list'>): Promise<Page<Dataset>> {
      needScope(caller, 'read');
      const project = query.project === undefined ? undefined : await projects.get(caller, query.project);
      const mark = listMark('datasets', [project?.id, query.name]);
      const after = readCursor(query.cursor, mark, 1)?.[0]?.toString();
      const rows = await selectDatasets(db, caller, { projectId: project?.id, name: query.name, limit: query.limit, after });
      return cutPage(rows, { limit: query.limit, mark, position: (row) => [row.id], map: (row) => row });
    },

    /** By id, or by a name that just one visible dataset has. */
    async get(caller: Caller, reference: string, query: Query<'get'> = {}): Promise<Dataset> {
      if (isId(reference)) {
        await authorizeDataset(db, caller, reference, { role: 'annotator', scope: 'read' });
        return need(reference);
      }
      needScope(caller, 'read');
      const project = query.project === undefined ? undefined : await projects.get(caller, query.project);
      const [found, second] = await selectDatasets(db, caller, { projectId: project?.id, name: reference, limit: 1, after: undefined });
      if (!found) throw notFound('dataset', reference);
      if (second) throw new Fault('conflict', `Several datasets are named "${reference}"; name the project too, or use an id.`);
      return found;
    },

    /** When an item or annotation of datasets last came, changed or went; rights were checked on the datasets. */
    changeTimes: (ids: readonly string[]) => selectChangeTimes(db, ids),

    async update(caller: Caller, id: string, body: Body<'update'>, revision?: number): Promise<Dataset> {
      const access = await authorizeDataset(db, caller, id, { role: 'developer', scope: 'write' });
      const changed = await db
        .tx(async (tx) => {
          const rows = await updateDataset(tx, id, body, revision);
          if (rows > 0) await emit(tx, event('dataset.updated', caller, access.projectId, id, { changed: Object.keys(body) }));
          return rows;
        })
        .catch(nameTaken(body.name ?? ''));
      const current = await need(id);
      if (changed === 0) throw new Fault('revision_conflict', `The dataset is at revision ${current.revision} now.`, { current });
      return current;
    },

    async delete(caller: Caller, id: string): Promise<void> {
      const access = await authorizeDataset(db, caller, id, { role: 'manager', scope: 'write' });
      await db.tx(async (tx) => {
        if (await markDataset(tx, id, true)) await emit(tx, event('dataset.deleted', caller, access.projectId, id));
      });
    },

    async restore(caller: Caller, id: string): Promise<Dataset> {
      const access = await authorizeDataset(db, caller, id, { role: 'manager', scope: 'write', deleted: true });
      await db
        .tx(async (tx) => {
          if (await markDataset(tx, id, false)) await emit(tx, event('dataset.restored', caller, access.projectId, id));
        })
        .catch(nameTaken('it had'));
      return need(id);
    },
  };
}

function event(type: string, caller: Caller, projectId: string, id: string, data: Record<string, unknown> = {}) {
  return { type, orgId: caller.orgId, projectId, subject: { kind: 'dataset', id }, actor: caller.email, data };
}

function nameTaken(name: string) {
  return (error: unknown): never => {
    if (violatedConstraint(error) === 'datasets_name') throw new Fault('conflict', `A dataset named "${name}" exists in this project already.`);
    throw error;
  };
}
