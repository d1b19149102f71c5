import type { Item } from '@fovea/contract';
import { useEffect } from 'react';
import { fileUrl } from '../../api/items.ts';
import type { ItemSearch } from '../../router.tsx';
import { itemList, useItemList } from '../dataset/item-list.ts';

/** How far an item is looked for when one comes to it from elsewhere than its grid. */
const mostPages = 25;
/** Pictures up to this size are fetched before one asks for them. */
const aheadBytes = 12_000_000;

export interface Neighbours {
  previous: Item | undefined;
  next: Item | undefined;
  /** Counted from 1; undefined where it is not known. */
  position: number | undefined;
}

/** The items before and after one in the list that one came from, or in that of its dataset. */
export function useNeighbours(item: Item, search: ItemSearch): Neighbours {
  const pages = useItemList(itemList(item.datasetId, search));
  const index = pages.indexOf(item.id);
  useEffect(() => {
    let ended = false;
    const find = async () => {
      for (let page = 0; page < mostPages && !ended && pages.indexOf(item.id) < 0; page++) {
        if ((await pages.fetch(page * pages.pageSize)) === undefined) return;
      }
      const found = pages.indexOf(item.id);
      if (!ended && found >= 0) pages.show(found, found);
    };
    // A list that cannot be had shows in the grid; here the arrows just stay grey.
    find().catch(() => undefined);
    return () => {
      ended = true;
    };
  }, [pages, item.id]);
  const next = index < 0 ? undefined : pages.item(index + 1);
  useEffect(() => {
    if (next?.kind !== 'image' || next.sizeBytes > aheadBytes) return;
    new Image().src = fileUrl(next.id);
  }, [next?.id]);
  return { previous: index > 0 ? pages.item(index - 1) : undefined, next, position: index < 0 ? undefined : index + 1 };
}
