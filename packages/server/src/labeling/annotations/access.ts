import { selectItem, type StoredItem } from '../../catalog/items/store.ts';
import type { Database } from '../../engines/database/database.ts';
import { notFound } from '../../fault.ts';
import { authorize } from '../../identity/access.ts';
import type { Caller } from '../../identity/caller.ts';
import { selectAnnotation, type StoredAnnotation } from './store.ts';

export type AnnotationAccess = ReturnType<typeof annotationAccess>;

/** Items and annotations, with the check of what the caller may do with their annotations. */
export function annotationAccess(db: Database) {
  return {
    async itemFor(caller: Caller, itemId: string, scope: 'read' | 'label'): Promise<StoredItem> {
      const item = await selectItem(db, itemId);
      if (!item) throw notFound('item', itemId);
      await authorize(db, caller, item.projectId, { role: 'annotator', scope, as: { kind: 'item', id: itemId } });
      return item;
    },

    /** `deleted`: also one that is in the bin. */
    async need(caller: Caller, id: string, scope: 'read' | 'label', deleted = false): Promise<StoredAnnotation> {
      const found = await selectAnnotation(db, id);
      if (!found || (found.deleted && !deleted)) throw notFound('annotation', id);
      await authorize(db, caller, found.projectId, { role: 'annotator', scope, as: { kind: 'annotation', id } });
      return found;
    },
  };
}
