import type { BodyOf, Item, items } from '@fovea/contract';
import { fovea } from '../../api/client.ts';
import { itemQuery } from '../../api/items.ts';
import { queryClient } from '../../api/query-client.ts';
import { replaceInLists } from '../dataset/item-list.ts';

/** Changes an item, based on the revision shown unless told to write over others' changes; all that shows it follows. */
export async function changeItem(item: Item, body: BodyOf<typeof items.update>, { over = false } = {}): Promise<Item> {
  const changed = await fovea.items.update(item.id, body, over ? {} : { ifMatch: item.revision });
  takeItem(changed);
  return changed;
}

/** Puts the present state of an item wherever it is shown. */
export function takeItem(item: Item): void {
  queryClient.setQueryData(itemQuery(item.id).queryKey, item);
  replaceInLists(item);
}
