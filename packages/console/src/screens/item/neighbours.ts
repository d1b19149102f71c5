import type { Item } from '@fovea/contract';
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { ItemSearch } from '../../api/item-filter.ts';
import { besideQuery, fileUrl } from '../../api/items.ts';
import { itemList, useItemList } from '../dataset/item-list.ts';

/** Pictures up to this size are fetched before one asks for them. */
const aheadBytes = 12_000_000;

export interface Neighbours {
  previous: Item | undefined;
  next: Item | undefined;
  /** Counted from 1; undefined where it is not known. */
  position: number | undefined;
}

/** The items before and after one: of the grid that one came from while it is held, else asked for. */
export function useNeighbours(item: Item, search: ItemSearch): Neighbours {
  const pages = useItemList(itemList(item.datasetId, search));
  const index = pages.indexOf(item.id);
  useEffect(() => {
    if (index >= 0) pages.show(index, index);
  }, [pages, index]);
  const held = index < 0 ? undefined : { previous: index === 0 ? null : pages.item(index - 1), next: pages.complete && index === pages.length - 1 ? null : pages.item(index + 1) };
  const known = held?.previous !== undefined && held.next !== undefined;
  const asked = useQuery({ ...besideQuery(item, search), enabled: !known });
  const previous = (held?.previous === undefined ? asked.data?.previous : held.previous) ?? undefined;
  const next = (held?.next === undefined ? asked.data?.next : held.next) ?? undefined;
  useEffect(() => {
    if (next?.kind !== 'image' || next.sizeBytes > aheadBytes) return;
    new Image().src = fileUrl(next.id);
  }, [next?.id]);
  return { previous, next, position: index < 0 ? undefined : index + 1 };
}
