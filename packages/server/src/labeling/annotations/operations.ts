import type { Annotation, annotations, OperationResult, Parsed } from '@fovea/contract';
import type { StoredItem } from '../../catalog/items/store.ts';
import { violatedConstraint, type Database, type Queryable } from '../../engines/database/database.ts';
import { Fault, notFound } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import type { StoredRecipe } from '../recipes/store.ts';
import type { AnnotationAccess } from './access.ts';
import { applyChange, applyDelete, insertInto, revive } from './changes.ts';
import { newRow } from './new-row.ts';
import { changeFaults, needNoFaults, newFaults, takeUpLabels, type AnnotationRules } from './rules.ts';
import { claimOperation, selectAnnotation, toAnnotation } from './store.ts';
import { withVoxels, type VoxelWriter } from './voxels.ts';

type Operation = Parsed<typeof annotations.apply>['body']['operations'][number];

/** Edits with client-made ids: one that comes twice changes nothing, one that somebody was quicker with is told with both states. */
export function annotationOperations({ db, access, rules, volumes }: { db: Database; access: AnnotationAccess; rules: AnnotationRules; volumes: VoxelWriter }) {
  /** An edit of a volume's frames, with the file that it makes. The state that it was made upon is checked when it is written. */
  async function drawn(item: StoredItem, operation: Operation): Promise<Operation> {
    if (operation.kind === 'delete' || operation.content.geometry?.type !== 'volume') return operation;
    if (operation.kind === 'create') return { ...operation, content: await withVoxels(volumes, item, operation.content) };
    const before = await selectAnnotation(db, operation.annotationId);
    const isMet = before?.itemId === item.id && before.revision === operation.baseRevision;
    return isMet ? { ...operation, content: await withVoxels(volumes, item, operation.content, before) } : operation;
  }

  async function applyOne(caller: Caller, item: StoredItem, given: Operation, { taskId, recipe }: { taskId: string | undefined; recipe: StoredRecipe | undefined }): Promise<OperationResult> {
    const { opId, annotationId } = given;
    const base = { opId, annotationId };
    try {
      const operation = await drawn(item, given);
      return await db.tx(async (tx): Promise<OperationResult> => {
        const fresh = await claimOperation(tx, { id: opId, projectId: item.projectId, annotationId, outcome: 'applied', revision: null });
        if (!fresh) return { ...base, outcome: 'duplicate', annotation: await present(tx, item, annotationId) };
        if (operation.kind === 'create') {
          const row = newRow(caller, item, { ...operation.content, id: annotationId }, { taskId, at: 'content' });
          const gone = await selectAnnotation(tx, annotationId, { lock: true });
          needNoFaults(gone ? changeFaults(recipe, gone, operation.content) : newFaults(recipe, operation.content, { required: false }), 'content');
          await takeUpLabels(tx, caller, recipe, [row.label]);
          if (gone?.deleted && gone.itemId === item.id) await revive(tx, caller, gone, operation.content);
          else await insertInto(tx, caller, item, [row]);
          return { ...base, outcome: 'applied', annotation: await present(tx, item, annotationId) };
        }
        const existing = await selectAnnotation(tx, annotationId);
        if (existing && existing.itemId !== item.id) throw notFound('annotation', annotationId);
        if (operation.kind === 'update') return { ...base, outcome: 'applied', annotation: toAnnotation(await applyChange(tx, caller, annotationId, operation.content, { revision: operation.baseRevision, recipe })) };
        await applyDelete(tx, caller, annotationId, operation.baseRevision);
        return { ...base, outcome: 'applied', annotation: null };
      });
    } catch (error) {
      if (violatedConstraint(error) === 'annotations_pkey') return { ...base, outcome: 'conflict', annotation: await present(db, item, annotationId), message: 'An annotation with this id exists.' };
      if (!(error instanceof Fault)) throw error;
      const conflict = error.code === 'revision_conflict' || error.code === 'not_found';
      return { ...base, outcome: conflict ? 'conflict' : 'invalid', annotation: await present(db, item, annotationId), message: error.message };
    }
  }

  return {
    async apply(caller: Caller, itemId: string, operations: readonly Operation[], options: { taskId?: string | undefined } = {}): Promise<OperationResult[]> {
      const item = await access.itemFor(caller, itemId, 'label');
      const recipe = await rules.recipe(db, { datasetId: item.datasetId, taskId: options.taskId });
      const results: OperationResult[] = [];
      for (const operation of operations) results.push(await applyOne(caller, item, operation, { taskId: options.taskId, recipe }));
      return results;
    },
  };
}

/** The annotation as it is now; nothing where the id is another item's, of which the caller may know nothing. */
async function present(on: Queryable, item: StoredItem, id: string): Promise<Annotation | null> {
  const found = await selectAnnotation(on, id);
  return found && !found.deleted && found.itemId === item.id ? toAnnotation(found) : null;
}
