import type { Item } from '@fovea/contract';
import { useEffect, useSyncExternalStore } from 'react';
import { noticeSession } from '../../api/query-client.ts';
import type { ItemSearch } from '../../api/item-filter.ts';
import { fetchItemPage, fetchLandmarks } from '../../api/items.ts';
import { onForget } from '../../api/session.ts';
import { ItemPages } from './item-pages.ts';

const pageSize = 100;
/** Lists kept for going back and forth between grid and item. */
const keptLists = 4;
/** More names than this are of no use in a list to choose from. */
const mostNames = 5_000;

/** What was seen of a dataset on the way, under any filter. */
export interface SeenNames {
  channels: Set<string>;
  labels: Set<string>;
}

/** The items of a dataset under a filter. */
export interface ItemList {
  key: string;
  pages: ItemPages<Item>;
  seen: SeenNames;
  /** The row at the top of the grid when it was last left. */
  anchor: number;
}

/** Most recently used last. */
const lists = new Map<string, ItemList>();
const seenNames = new Map<string, SeenNames>();

/** The names seen in a dataset so far. */
export function seenIn(datasetId: string): SeenNames {
  const known = seenNames.get(datasetId) ?? { channels: new Set(), labels: new Set() };
  seenNames.set(datasetId, known);
  return known;
}

/** The list of a dataset and filter; the same one as long as it is in use. */
export function itemList(datasetId: string, filter: ItemSearch): ItemList {
  const key = JSON.stringify([datasetId, Object.entries(filter).toSorted()]);
  const known = lists.get(key);
  if (known) {
    lists.delete(key);
    lists.set(key, known);
    return known;
  }
  const list: ItemList = {
    key,
    seen: seenIn(datasetId),
    anchor: 0,
    pages: new ItemPages<Item>({
      pageSize,
      fetchLandmarks: (signal) => fetchLandmarks(datasetId, filter, signal),
      fetchPage: async (cursor, signal, offset, limit) => {
        try {
          const page = await fetchItemPage(datasetId, filter, limit, cursor, signal, offset);
          for (const item of page.data) remember(list.seen, item);
          return page;
        } catch (error) {
          noticeSession(error);
          throw error;
        }
      },
    }),
  };
  lists.set(key, list);
  for (const [oldKey, old] of lists) {
    if (lists.size <= keptLists) break;
    old.pages.close();
    lists.delete(oldKey);
  }
  return list;
}

/** Forgets the lists of a dataset, after changes that moved many rows; or all of them, at sign-out. */
export function forgetLists(datasetId?: string): void {
  if (datasetId === undefined) seenNames.clear();
  else seenNames.delete(datasetId);
  for (const [key, list] of lists) {
    if (datasetId !== undefined && !key.startsWith(`["${datasetId}"`)) continue;
    list.pages.close();
    lists.delete(key);
  }
}

onForget(() => forgetLists());

/** Puts a changed item into every list that holds it. */
export function replaceInLists(item: Item): void {
  for (const list of lists.values()) list.pages.replace(item);
  remember(seenIn(item.datasetId), item);
}

function remember({ channels, labels }: SeenNames, item: Item): void {
  if (item.channel !== null) add(channels, item.channel);
  for (const label of item.labels) add(labels, label);
}

function add(names: Set<string>, name: string): void {
  if (names.size < mostNames) names.add(name);
}

/** Renders again whenever the list changes. */
export function useItemList(list: ItemList): ItemPages<Item> {
  useSyncExternalStore(list.pages.subscribe, list.pages.version);
  return list.pages;
}

const pollMs = 1_500;

/** Looks again at the rows shown while `active`: the platform is still reading files, or files still arrive. */
export function useLiveRefresh(pages: ItemPages<Item>, active: boolean): void {
  useEffect(() => {
    if (!active) return undefined;
    let timer: ReturnType<typeof setTimeout>;
    let ended = false;
    const tick = async () => {
      if (document.visibilityState === 'visible') await pages.refresh();
      if (!ended) timer = setTimeout(() => void tick(), pollMs);
    };
    timer = setTimeout(() => void tick(), pollMs);
    return () => {
      ended = true;
      clearTimeout(timer);
    };
  }, [pages, active]);
}
