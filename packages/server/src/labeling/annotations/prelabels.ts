import { selectItem, type StoredItem } from '../../catalog/items/store.ts';
import type { Database, Tx } from '../../engines/database/database.ts';
import { emit } from '../../events/outbox.ts';
import { Fault, notFound } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import { createdEvent } from './changes.ts';
import { annotationFault } from './check.ts';
import { newRow, type AnnotationInput, type DoorExtras } from './new-row.ts';
import { insertAnnotations, type NewAnnotation } from './store.ts';
import { withVoxels, type VoxelWriter } from './voxels.ts';

/** Pre-labels that are checked and ready to be written, and what is wrong with each of the others, by its place in the list that was given. */
export interface Prelabels {
  rows: NewAnnotation[];
  faults: { index: number; message: string }[];
}

/** What a pre-label says, and the item that it lies on. */
export interface Prelabel {
  itemId: string;
  content: AnnotationInput & DoorExtras;
}

/**
 * Pre-labels: the drafts that a task begins with. They are written in the transaction that makes the task or gives it its item, so that a task
 * never is without them and never has them twice. Who may make the task may give them.
 */
export function annotationPrelabels({ db, volumes }: { db: Database; volumes: VoxelWriter }) {
  /** The content with the files that its volumes need, or what is wrong with it. */
  async function readied(item: StoredItem, content: AnnotationInput & DoorExtras): Promise<{ whole: AnnotationInput & DoorExtras; message: string | undefined }> {
    try {
      const whole = await withVoxels(volumes, item, content);
      return { whole, message: annotationFault(whole, item) };
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      return { whole: content, message: error.message };
    }
  }

  return {
    /** Rows of pre-labels, checked against their items; throws `not_found` for an item that is gone. Frames of volumes become files here, before any transaction. */
    async prelabels(caller: Caller, taskId: string, given: readonly Prelabel[]): Promise<Prelabels> {
      const items = new Map<string, StoredItem>();
      const found: Prelabels = { rows: [], faults: [] };
      for (const [index, { itemId, content }] of given.entries()) {
        const item = items.get(itemId) ?? (await selectItem(db, itemId));
        if (!item) throw notFound('item', itemId);
        items.set(itemId, item);
        const { message, whole } = await readied(item, content);
        if (message === undefined) found.rows.push(newRow(caller, item, whole, { taskId }));
        else found.faults.push({ index, message });
      }
      return found;
    },

    /** Writes pre-labels, with an event for each; an id that an annotation has already violates `annotations_pkey`. */
    async insertPrelabels(tx: Tx, caller: Caller, rows: readonly NewAnnotation[]): Promise<void> {
      await insertAnnotations(tx, rows);
      await emit(tx, ...rows.map((row) => createdEvent(caller, row)));
    },
  };
}
