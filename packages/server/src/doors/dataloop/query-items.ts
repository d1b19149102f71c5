import type { Filter } from '@fovea/contract';
import type { Folder } from '../../catalog/folders/store.ts';
import type { StoredItem } from '../../catalog/items/store.ts';
import { Fault } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import { pageOf, type WirePage } from './call.ts';
import { countItems } from './count-items.ts';
import type { DataloopDeps } from './context.ts';
import { verdict } from './dql/fold.ts';
import { folderResource, itemFilter, itemResource } from './dql/resources.ts';
import { translate, translateSort, type Dql } from './dql/translate.ts';
import { itemRefs } from './item-refs.ts';
import { asJson, type Json } from './json.ts';
import { showFolder, showItem } from './show-item.ts';

/** So long a request waits for a change of everything that a filter finds; the client gives up after 120 seconds. */
const patienceSeconds = 100;

/** A query on the items of a dataset: a page of them, or a change or the deletion of all that it finds. */
export async function queryItems(deps: DataloopDeps, caller: Caller, datasetId: string, dql: Dql): Promise<unknown> {
  const filter = itemFilter(datasetId, dql);
  const folders = dql.join ? undefined : foldersAsked(datasetId, dql);
  if (dql.delete) return deleteAll(deps, caller, datasetId, filter, folders);
  if (dql.update) return updateAll(deps, caller, datasetId, filter, dql);
  return list(deps, caller, datasetId, dql, { filter: verdict(filter) === false ? undefined : filter, folders });
}

/** The filter on folders; undefined when it asks for none, which is what nearly all queries do. */
function foldersAsked(datasetId: string, dql: Dql): Filter | undefined {
  const filter = translate(folderResource(datasetId), dql.filter);
  return verdict(filter) === false ? undefined : filter;
}

async function list(deps: DataloopDeps, caller: Caller, datasetId: string, dql: Dql, asked: { filter: Filter | undefined; folders: Filter | undefined }): Promise<WirePage> {
  const { itemQueries, folders } = deps.rooms;
  const { page, pageSize } = dql;
  const offset = page * pageSize;
  const sort = translateSort(itemResource(datasetId), dql.sort);
  const byId = sort.length === 0 || sort[0]?.field === 'id';
  const merged = sort[0]?.field === 'id' && page === 0;
  const dirs = asked.folders
    ? await folders.find(caller, datasetId, { filter: asked.folders, sort: translateSort(folderResource(datasetId), dql.sort), limit: pageSize, offset })
    : { data: [], total: 0 };
  const count = asked.filter ? await countItems(deps, caller, datasetId, asked.filter, dql) : 0;
  // Folders come before the files, but for pages that go on from an id: there both stand in one order.
  const left = merged ? pageSize : pageSize - dirs.data.length;
  const files =
    asked.filter && left > 0 && count > 0
      ? (await itemQueries.find(caller, datasetId, { filter: asked.filter, sort: byId && sort.length === 0 ? [{ field: 'id', direction: 'asc' }] : sort, limit: left, offset: merged ? 0 : Math.max(0, offset - dirs.total) })).data
      : [];
  const rows = merged && dirs.data.length > 0 ? mergeById(dirs.data, files, sort[0]?.direction === 'desc').slice(0, pageSize) : [...dirs.data, ...files];
  const total = count + dirs.total;
  return pageOf(await showAll(deps, caller, rows), { total, hasNextPage: pageSize > 0 && offset + rows.length < total, pageSize });
}

type Row = StoredItem | Folder;

function mergeById(dirs: readonly Folder[], files: readonly StoredItem[], desc: boolean): Row[] {
  return [...dirs, ...files].toSorted((a, b) => (a.id < b.id ? -1 : 1) * (desc ? -1 : 1));
}

async function showAll(deps: DataloopDeps, caller: Caller, rows: readonly Row[]): Promise<Json[]> {
  const refs = await itemRefs(deps, caller, rows.filter((row) => 'sha256' in row).map((row) => row.id));
  return rows.map((row) => ('sha256' in row ? showItem(deps, row, refs(row.id)) : showFolder(deps, row)));
}

/** Deletes the files that a filter finds, and folders that it finds with all that lies in them. */
async function deleteAll(deps: DataloopDeps, caller: Caller, datasetId: string, filter: Filter, folders: Filter | undefined): Promise<unknown> {
  const { itemQueries, folders: room } = deps.rooms;
  let deleted = await ended(deps, caller, await itemQueries.deleteMany(caller, datasetId, { filter }));
  if (folders) {
    const seen = new Set<string>();
    for (;;) {
      const found = await room.find(caller, datasetId, { filter: folders, limit: 200 });
      // A folder that came back has items that are still on their way out, or that somebody just added.
      const data = found.data.filter(({ path }) => !seen.has(path));
      if (data.length === 0) break;
      for (const { path } of data) seen.add(path);
      deleted += await ended(deps, caller, await itemQueries.deleteMany(caller, datasetId, { filter: { or: data.map(({ path }) => below(path)) } }));
      for (const { id } of data) await room.delete(caller, id).catch(alreadyGone);
    }
  }
  return { success: true, deleted };
}

/** Everything below a folder: paths sort by byte, and `0` follows `/`. */
export function below(path: string): Filter {
  return { path: { gt: `${path}/`, lt: `${path}0` } };
}

function alreadyGone(error: unknown): void {
  if (!(error instanceof Fault) || error.code !== 'not_found') throw error;
}

async function updateAll(deps: DataloopDeps, caller: Caller, datasetId: string, filter: Filter, dql: Pick<Dql, 'update' | 'systemSpace'>): Promise<unknown> {
  const { system, ...metadata } = asJson(dql.update?.['metadata']) ?? {};
  const change = {
    ...(Object.keys(metadata).length > 0 ? { mergeMetadata: metadata } : {}),
    ...(dql.systemSpace && asJson(system) ? { mergeExtra: { system } } : {}),
  };
  if (Object.keys(change).length === 0) return { success: true, updated: 0 };
  const updated = await ended(deps, caller, await deps.rooms.itemQueries.updateMany(caller, datasetId, { filter, change }));
  return { success: true, updated };
}

/** Waits for a command to end; gives how many rows it changed. What takes longer goes on by itself. */
export async function ended({ rooms }: Pick<DataloopDeps, 'rooms'>, caller: Caller, { id }: { id: string }): Promise<number> {
  const command = await rooms.commands.get(caller, id, patienceSeconds);
  if (command.status === 'failed') throw new Fault('invalid_request', command.message ?? 'The change failed.');
  const changed = command.result?.['changed'];
  return typeof changed === 'number' ? changed : command.done;
}
