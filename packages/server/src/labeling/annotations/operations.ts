import type { Annotation, annotations, OperationResult, Parsed } from '@fovea/contract';
import type { StoredItem } from '../../catalog/items/store.ts';
import { violatedConstraint, type Database, type Queryable, type Tx } from '../../engines/database/database.ts';
import { Fault } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import type { StoredRecipe } from '../recipes/store.ts';
import type { AnnotationAccess } from './access.ts';
import { applyChange, applyDelete, bringBack, createdEvent, insertInto } from './changes.ts';
import { annotationFault } from './check.ts';
import { newRow } from './new-row.ts';
import { changeFaults, needNoFaults, newFaults, takesUp, takeUpLabels } from './rules.ts';
import { claimOperation, selectAnnotation, toAnnotation } from './store.ts';
import { withVoxels, type VoxelWriter } from './voxels.ts';
import { insertWhole } from './write.ts';

type Operation = Parsed<typeof annotations.apply>['body']['operations'][number];

/** Edits with client-made ids: one that comes twice changes nothing, one that somebody was quicker with is told with both states. */
export function annotationOperations({ db, access, volumes }: { db: Database; access: AnnotationAccess; volumes: VoxelWriter }) {
  /** An edit of a volume's frames, with the file that it makes. The state that it was made upon is checked when it is written. */
  async function drawn({ item, worker }: Place, operation: Operation): Promise<Operation> {
    if (operation.kind === 'delete' || operation.content.geometry?.type !== 'volume') return operation;
    if (operation.kind === 'create') return { ...operation, content: await withVoxels(volumes, item, operation.content) };
    const before = await selectAnnotation(db, operation.annotationId, { worker });
    const isMet = before?.itemId === item.id && before.revision === operation.baseRevision;
    return isMet ? { ...operation, content: await withVoxels(volumes, item, operation.content, before) } : operation;
  }

  /** A new annotation in one statement, as nearly all of them are; undefined where there is more to it: an edit that came before, an id that exists, a fault, a label that the recipe takes up. */
  async function saveNew(caller: Caller, operation: Operation, { item, recipe, taskId }: Place): Promise<OperationResult | undefined> {
    if (operation.kind !== 'create' || operation.content.geometry.type === 'volume' || annotationFault(operation.content, item)) return undefined;
    const { opId, annotationId, content } = operation;
    if (newFaults(recipe, content, { required: false }).length > 0 || takesUp(recipe, content.label)) return undefined;
    const row = newRow(caller, item, { ...content, id: annotationId }, { taskId });
    try {
      const made = await insertWhole(db, row, { operation: { id: opId, projectId: item.projectId, annotationId }, event: createdEvent(caller, row) });
      return { opId, annotationId, outcome: 'applied', annotation: toAnnotation(made) };
    } catch (error) {
      if (!['annotations_pkey', 'annotation_operations_pkey'].includes(violatedConstraint(error) ?? '')) throw error;
      return undefined;
    }
  }

  /** Any edit, step by step in a transaction. */
  async function save(tx: Tx, caller: Caller, operation: Operation, place: Place): Promise<Pick<OperationResult, 'outcome' | 'annotation'>> {
    const { opId, annotationId } = operation;
    const { item, recipe, taskId, worker } = place;
    const fresh = await claimOperation(tx, { id: opId, projectId: item.projectId, annotationId });
    if (!fresh) return { outcome: 'duplicate', annotation: await present(tx, place, annotationId) };
    if (operation.kind === 'update') {
      return { outcome: 'applied', annotation: toAnnotation(await applyChange(tx, caller, annotationId, operation.content, { revision: operation.baseRevision, item, recipe, worker })) };
    }
    if (operation.kind === 'delete') {
      await applyDelete(tx, caller, annotationId, { revision: operation.baseRevision, item, worker });
      return { outcome: 'applied', annotation: null };
    }
    const row = newRow(caller, item, { ...operation.content, id: annotationId }, { taskId, at: 'content' });
    const gone = await selectAnnotation(tx, annotationId, { lock: true, worker });
    needNoFaults(gone ? changeFaults(recipe, gone, operation.content) : newFaults(recipe, operation.content, { required: false }), 'content');
    await takeUpLabels(tx, caller, recipe, [row.label]);
    if (gone?.deleted && gone.itemId === item.id) await bringBack(tx, caller, gone, operation.content);
    else await insertInto(tx, caller, item, [row]);
    return { outcome: 'applied', annotation: await present(tx, place, annotationId) };
  }

  async function applyOne(caller: Caller, given: Operation, place: Place): Promise<OperationResult> {
    const { opId, annotationId } = given;
    const wanted = given.kind === 'delete' ? null : given.content;
    const told = async (outcome: 'conflict' | 'invalid', message: string): Promise<OperationResult> => ({
      opId,
      annotationId,
      outcome,
      annotation: await present(db, place, annotationId),
      message,
      ...(outcome === 'conflict' ? { wanted } : {}),
    });
    try {
      const saved = await saveNew(caller, given, place);
      if (saved) return saved;
      const operation = await drawn(place, given);
      return { opId, annotationId, ...(await db.tx((tx) => save(tx, caller, operation, place))) };
    } catch (error) {
      if (violatedConstraint(error) === 'annotations_pkey') return told('conflict', 'An annotation with this id exists.');
      if (!(error instanceof Fault)) throw error;
      return told(error.code === 'revision_conflict' || error.code === 'not_found' ? 'conflict' : 'invalid', error.message);
    }
  }

  return {
    async apply(caller: Caller, itemId: string, operations: readonly Operation[], options: { taskId?: string | undefined } = {}): Promise<OperationResult[]> {
      const place = { ...(await access.placeFor(caller, itemId, options.taskId)), taskId: options.taskId };
      const results: OperationResult[] = [];
      for (const operation of operations) results.push(await applyOne(caller, operation, place));
      return results;
    },
  };
}

/** Where edits are made. */
interface Place {
  item: StoredItem;
  recipe: StoredRecipe | undefined;
  taskId: string | undefined;
  worker: string | undefined;
}

/** The annotation as it is now; nothing where the id is another item's or one that the caller is not shown, of which they may know nothing. */
async function present(on: Queryable, { item, worker }: Place, id: string): Promise<Annotation | null> {
  const found = await selectAnnotation(on, id, { worker });
  return found && !found.deleted && found.itemId === item.id ? toAnnotation(found) : null;
}
