import { pathFault, type Filter, type SortKey } from '@fovea/contract';
import sql from 'sql-template-tag';
import type { Database } from '../../engines/database/database.ts';
import { Fault, notFound } from '../../fault.ts';
import { authorize } from '../../identity/access.ts';
import type { Caller } from '../../identity/caller.ts';
import { authorizeDataset } from '../datasets/access.ts';
import { queryCount, queryPage, rowAlias } from '../query/page.ts';
import { folderEntity } from './entity.ts';
import { deleteFolders, folderColumns, insertFolders, selectAllFolders, selectFolder, selectUnnamed, toFolder, type Folder } from './store.ts';

export type FoldersService = ReturnType<typeof foldersService>;

const step = 5_000;
/** A tree is read whole, so it is bounded. */
const maxTree = 100_000;

/** Folders with ids: for what is said of a folder itself, be it empty. Where items lie is told by their paths alone. */
export function foldersService({ db }: { db: Database }) {
  async function need(caller: Caller, id: string, role: 'annotator' | 'developer', scope: 'read' | 'write'): Promise<Folder> {
    const found = await selectFolder(db, { id });
    if (!found) throw notFound('item', id);
    await authorize(db, caller, found.projectId, { role, scope, as: { kind: 'item', id } });
    return found;
  }

  /** Gives every folder that has none a row. */
  async function nameAll(caller: Caller, dataset: { id: string; projectId: string }): Promise<void> {
    const place = { orgId: caller.orgId, projectId: dataset.projectId, datasetId: dataset.id, createdBy: caller.email };
    for (;;) {
      const paths = await selectUnnamed(db, dataset.id, step);
      if (paths.length > 0) await insertFolders(db, place, paths);
      if (paths.length < step) return;
    }
  }

  return {
    /** The folder at a path, made with those above it when it is not there. */
    async ensure(caller: Caller, datasetId: string, path: string): Promise<Folder> {
      const dataset = await authorizeDataset(db, caller, datasetId, { role: 'developer', scope: 'write' });
      const fault = pathFault(path);
      if (fault) throw new Fault('invalid_request', `The path ${fault}.`, { errors: [{ path: 'path', message: fault }] });
      const place = { orgId: caller.orgId, projectId: dataset.projectId, datasetId, createdBy: caller.email };
      await insertFolders(db, place, withParents(path));
      const made = await selectFolder(db, { datasetId, path });
      if (!made) throw notFound('item', path);
      return made;
    },

    get: (caller: Caller, id: string): Promise<Folder> => need(caller, id, 'annotator', 'read'),

    /** A page of folders, with how many there are. */
    async find(caller: Caller, datasetId: string, query: { filter: Filter; sort?: readonly SortKey[]; limit: number; offset?: number }): Promise<{ data: Folder[]; total: number }> {
      const dataset = await authorizeDataset(db, caller, datasetId, { role: 'annotator', scope: 'read' });
      await nameAll(caller, dataset);
      const scope = sql`${rowAlias}.dataset_id = ${datasetId}`;
      const total = await queryCount(db, folderEntity, query.filter, scope);
      if (query.limit === 0) return { data: [], total };
      const page = await queryPage<Parameters<typeof toFolder>[0], Folder>(db, folderEntity, query, {
        columns: folderColumns(rowAlias),
        scope,
        scopeMark: datasetId,
        defaultSort: [{ field: 'id', direction: 'asc' }],
        map: toFolder,
      });
      return { data: page.data, total };
    },

    /** All folders of a dataset by path. */
    async all(caller: Caller, datasetId: string): Promise<Folder[]> {
      const dataset = await authorizeDataset(db, caller, datasetId, { role: 'annotator', scope: 'read' });
      await nameAll(caller, dataset);
      const found = await selectAllFolders(db, datasetId, maxTree + 1);
      if (found.length > maxTree) throw new Fault('too_large', `The dataset has more than ${maxTree.toLocaleString('en')} folders; ask for them page by page.`);
      return found;
    },

    /** Forgets a folder and those below it. What lies in them is deleted by whoever asks for this. */
    async delete(caller: Caller, id: string): Promise<Folder> {
      const folder = await need(caller, id, 'developer', 'write');
      await deleteFolders(db, folder.datasetId, folder.path);
      return folder;
    },
  };
}

/** `/a/b/c` as `/a`, `/a/b`, `/a/b/c`. */
function withParents(path: string): string[] {
  const segments = path.split('/').slice(1);
  return segments.map((_segment, index) => `/${segments.slice(0, index + 1).join('/')}`);
}
