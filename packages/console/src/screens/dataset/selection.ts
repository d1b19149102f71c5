import type { Item } from '@fovea/contract';
import { useMemo, useRef, useState } from 'react';

/** Items chosen for a common change. */
export interface Selection {
  items: ReadonlyMap<string, Item>;
  has: (id: string) => boolean;
  /** Chooses or leaves out an item; with `range`, all between it and the one chosen before. */
  toggle: (item: Item, index: number, range: boolean) => void;
  clear: () => void;
}

/** The selection of a grid; `item` gives the item of a row where it is held. */
export function useSelection(item: (index: number) => Item | undefined): Selection {
  const [items, setItems] = useState<ReadonlyMap<string, Item>>(new Map());
  const last = useRef<number | undefined>(undefined);
  const itemRef = useRef(item);
  itemRef.current = item;
  return useMemo(
    () => ({
      items,
      has: (id) => items.has(id),
      toggle(chosen, index, range) {
        const next = new Map(items);
        if (range && last.current !== undefined) {
          for (let at = Math.min(last.current, index); at <= Math.max(last.current, index); at++) {
            const between = itemRef.current(at);
            if (between) next.set(between.id, between);
          }
        } else if (!next.delete(chosen.id)) next.set(chosen.id, chosen);
        last.current = index;
        setItems(next);
      },
      clear() {
        last.current = undefined;
        setItems(new Map());
      },
    }),
    [items],
  );
}
