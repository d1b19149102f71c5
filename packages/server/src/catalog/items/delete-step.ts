import type { Tx } from '../../engines/database/database.ts';
import { emit } from '../../events/outbox.ts';
import type { Caller } from '../../identity/caller.ts';
import { count } from '../datasets/store.ts';
import { itemEvent } from './place.ts';
import { markItems } from './store.ts';

/** Deletes a step's items, with counters and events of the type. */
export async function deleteStep(tx: Tx, caller: Caller, dataset: { datasetId: string; projectId: string }, ids: readonly string[], type: string): Promise<void> {
  const removed = await markItems(tx, ids);
  const bytes = removed.reduce((sum, item) => sum + item.size, 0);
  await count(tx, { id: dataset.datasetId, projectId: dataset.projectId }, { items: -removed.length, bytes: -bytes });
  await emit(tx, ...removed.map((item) => itemEvent(type, caller, { ...item, ...dataset })));
}
