import type { Item, items, QueryOf } from '@fovea/contract';
import { queryOptions } from '@tanstack/react-query';
import { fovea } from './client.ts';

/** What a list of items can be narrowed by. */
export type ItemFilter = Omit<NonNullable<QueryOf<typeof items.list>>, 'limit' | 'cursor'>;

/** The page of a dataset's items that begins at the cursor; without one, the first. */
export function fetchItemPage(dataset: string, query: ItemFilter & { limit: number }, cursor: string | undefined, signal: AbortSignal) {
  return fovea.items.list(dataset, query, { signal }).page(cursor);
}

export const itemQuery = (id: string) => queryOptions({ queryKey: ['items', id], queryFn: () => fovea.items.get(id) });

/** Where the bytes and the preview are; the session's cookie opens them. */
export const fileUrl = (id: string) => `/v1/items/${id}/file`;
/** The fragment makes a new address of new content, so that no old picture stays. */
export const thumbnailUrl = (item: Pick<Item, 'id' | 'sha256'>) => `/v1/items/${item.id}/thumbnail#${item.sha256.slice(0, 12)}`;
