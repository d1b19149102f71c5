import type { Item } from '@fovea/contract';
import type { Stack } from '../../item/scan/frame-store.ts';
import { oneItem, SeriesPlaces, type Places } from './places.ts';
import { flipsOf, upright } from './upright.ts';

/** Where the annotations of what is shown are kept, and how they lie there. */
export function placesOf(item: Item, stack: Stack | undefined, taskId: string | undefined): Places {
  if (stack?.series !== undefined) return new SeriesPlaces(item, stack.places, taskId);
  return upright(oneItem(item.id, taskId), flipsOf(item), { width: item.width ?? 1, height: item.height ?? 1 });
}
