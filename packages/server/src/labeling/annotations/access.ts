import sql from 'sql-template-tag';
import { selectItem, selectItemPlace, type StoredItem } from '../../catalog/items/store.ts';
import type { Database } from '../../engines/database/database.ts';
import { notFound } from '../../fault.ts';
import { authorize, decide } from '../../identity/access.ts';
import type { Caller } from '../../identity/caller.ts';
import { likeAnyOther, workerOf } from '../quality/hidden.ts';
import { newestRecipeOf } from '../recipes/newest.ts';
import type { StoredRecipe } from '../recipes/store.ts';
import { workPlaceOf, type WorkPlace } from '../tasks/work-place.ts';
import type { AnnotationRules } from './rules.ts';
import { selectAnnotation, type StoredAnnotation } from './store.ts';

export type AnnotationAccess = ReturnType<typeof annotationAccess>;

/** Items and annotations, with the check of what the caller may do with their annotations. */
export function annotationAccess(db: Database, rules: AnnotationRules) {
  return {
    /** `worker`: set where the caller labels and no more, and must not see what is hidden from those. */
    async itemFor(caller: Caller, itemId: string, scope: 'read' | 'label'): Promise<{ item: StoredItem; worker: string | undefined }> {
      const item = await selectItem(db, itemId);
      if (!item) throw notFound('item', itemId);
      const { role } = await authorize(db, caller, item.projectId, { role: 'annotator', scope, as: { kind: 'item', id: itemId } });
      return { item, worker: workerOf(caller, role) };
    },

    /** The item that somebody labels, perhaps in a task of its project, the recipe in force there, and who it is where they label and no more. Item, rights, task and recipe are one question: every edit asks it. */
    async placeFor(caller: Caller, itemId: string, taskId: string | undefined): Promise<{ item: StoredItem; recipe: StoredRecipe | undefined; worker: string | undefined }> {
      const more = sql`${taskId === undefined ? sql`null` : workPlaceOf(taskId)} as work, ${newestRecipeOf(sql`d.recipe_id`)} as newest`;
      const found = await selectItemPlace<{ work: WorkPlace | null; newest: { id: string; version: number } | null }>(db, itemId, caller.userId, more);
      if (!found) throw notFound('item', itemId);
      const { item, project, more: { work, newest } } = found;
      const { role } = decide(caller, item.projectId, project, { role: 'annotator', scope: 'label', as: { kind: 'item', id: itemId } });
      const worker = workerOf(caller, role);
      if (taskId !== undefined && work?.projectId !== item.projectId) throw notFound('task', taskId);
      if (work?.recipeId) return { item, worker, recipe: await rules.ofTask(db, work) };
      return { item, worker, recipe: newest === null ? undefined : await rules.version(db, newest.id, newest.version) };
    },

    /** An annotation of a living item; `deleted`: also one that is in the bin. */
    async need(caller: Caller, id: string, scope: 'read' | 'label', deleted = false): Promise<StoredAnnotation> {
      const found = await selectAnnotation(db, id);
      if (!found || (found.deleted && !deleted) || !(await selectItem(db, found.itemId))) throw notFound('annotation', id);
      const { role } = await authorize(db, caller, found.projectId, { role: 'annotator', scope, as: { kind: 'annotation', id } });
      const worker = workerOf(caller, role);
      if (worker === undefined) return found;
      if (!(await selectAnnotation(db, id, { worker }))) throw notFound('annotation', id);
      const [shown = found] = scope === 'read' ? await likeAnyOther(db, [found]) : [found];
      return shown;
    },
  };
}
