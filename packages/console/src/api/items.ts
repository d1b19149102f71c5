import type { Filter, Item } from '@fovea/contract';
import { queryOptions } from '@tanstack/react-query';
import { fovea } from './client.ts';
import { besideFilter, toFilter, type ItemSearch } from './item-filter.ts';
import { queryClient } from './query-client.ts';

/** Folders in one folder that are shown; more would be of no use in a tree. */
const mostFolders = 2_000;

/** A page of items, whole ones as no fields are chosen. */
async function findItems(dataset: string, body: { filter: Filter; limit: number; backwards?: boolean; offset?: number }, cursor: string | undefined, signal: AbortSignal) {
  const { filter, limit, backwards = false, offset = 0 } = body;
  const sort = [{ field: 'path', direction: backwards ? ('desc' as const) : ('asc' as const) }];
  return (await fovea.items.query(dataset, { filter, limit, sort, ...(offset > 0 && { offset }) }, { signal }).page(cursor)) as { data: Item[]; next: string | null };
}

/** The page of a dataset's items, by path, that begins so many items after the cursor; without one, after the beginning. */
export function fetchItemPage(dataset: string, search: ItemSearch, limit: number, cursor: string | undefined, signal: AbortSignal, offset: number = 0) {
  return findItems(dataset, { filter: toFilter(search), limit, offset }, cursor, signal);
}

/** Cursors of the pages of a dataset's items, by path. */
export function fetchLandmarks(dataset: string, search: ItemSearch, signal: AbortSignal) {
  return fovea.items.landmarks(dataset, { filter: toFilter(search), sort: [{ field: 'path', direction: 'asc' }], every: 1_000 }, { signal });
}

export const itemQuery = (id: string) => queryOptions({ queryKey: ['items', id], queryFn: () => fovea.items.get(id) });

/** How many items a filter finds. */
export const countQuery = (dataset: string, search: ItemSearch) =>
  queryOptions({
    queryKey: ['datasets', 'count', dataset, search],
    queryFn: async ({ signal }) => (await fovea.items.count(dataset, { filter: toFilter(search) }, { signal })).count,
  });

/** The items just before and after one, within a filter. */
export const besideQuery = (item: Pick<Item, 'datasetId' | 'path'>, search: ItemSearch) =>
  queryOptions({
    queryKey: ['datasets', 'beside', item.datasetId, item.path, search],
    queryFn: async ({ signal }) => {
      const beside = async (side: 'before' | 'after') => {
        const filter = besideFilter(search, item.path, side);
        return (await findItems(item.datasetId, { filter, limit: 1, backwards: side === 'before' }, undefined, signal)).data[0] ?? null;
      };
      const [previous, next] = await Promise.all([beside('before'), beside('after')]);
      return { previous, next };
    },
  });

/** The folders directly in a folder. */
export const foldersQuery = (dataset: string, folder: string) =>
  queryOptions({
    queryKey: ['folders', dataset, folder],
    queryFn: ({ signal }) => fovea.items.folders(dataset, { folder, limit: 1000 }, { signal }).toArray({ limit: mostFolders }),
  });

export function refreshFolders(dataset: string): Promise<void> {
  return queryClient.invalidateQueries({ queryKey: ['folders', dataset] });
}

/** Where the bytes and the preview are; the session's cookie opens them. */
export const fileUrl = (id: string) => `/v1/items/${id}/file`;
/** The fragment makes a new address of new content, so that no old picture stays. */
export const thumbnailUrl = (item: Pick<Item, 'id' | 'sha256'>) => `/v1/items/${item.id}/thumbnail#${item.sha256.slice(0, 12)}`;
