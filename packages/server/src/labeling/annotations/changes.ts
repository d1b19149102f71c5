import type { AnnotationChange } from '@fovea/contract';
import { count as countInDataset, markChanged } from '../../catalog/datasets/store.ts';
import { addAnnotationCount, markLabeled, selectItem, type StoredItem } from '../../catalog/items/store.ts';
import type { Tx } from '../../engines/database/database.ts';
import { emit, type NewEvent } from '../../events/outbox.ts';
import { Fault, notFound } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import type { StoredRecipe } from '../recipes/store.ts';
import { annotationFault } from './check.ts';
import { invalid, type AnnotationInput } from './new-row.ts';
import { changeFaults, needNoFaults, takeUpLabels } from './rules.ts';
import { deleteAnnotations, insertAnnotations, keepRevision, selectAnnotation, toAnnotation, updateAnnotation, type NewAnnotation, type StoredAnnotation } from './store.ts';

/** A change as rooms and doors make it. */
export type StoredChange = AnnotationChange & { extra?: unknown; blob?: string | null };

/** Adds annotations to one item, with its counters and an event for each. */
export async function insertInto(tx: Tx, caller: Caller, item: StoredItem, rows: NewAnnotation[]): Promise<void> {
  await insertAnnotations(tx, rows);
  await counted(tx, item, rows.filter((row) => !row.draft).length);
  await emit(tx, ...rows.map((row) => event('annotation.created', caller, { ...row, id: row.id }, { label: row.label, type: row.type })));
}

/** Changes one annotation under its lock; `revision_conflict` when somebody was quicker. */
async function change(tx: Tx, caller: Caller, id: string, revision: number | undefined, work: (before: StoredAnnotation) => Promise<void>): Promise<StoredAnnotation> {
  const before = await selectAnnotation(tx, id, { lock: true });
  if (!before || before.deleted) throw notFound('annotation', id);
  if (revision !== undefined && before.revision !== revision) {
    throw new Fault('revision_conflict', `The annotation is at revision ${before.revision} now.`, { current: toAnnotation(before) });
  }
  await keepRevision(tx, before, caller.email);
  await work(before);
  const after = await selectAnnotation(tx, id);
  return after ?? before;
}

/** Changes one annotation; `recipe`: what the change is checked by. */
export async function applyChange(
  tx: Tx,
  caller: Caller,
  id: string,
  body: StoredChange,
  options: { revision?: number | undefined; recipe?: StoredRecipe | undefined } = {},
): Promise<StoredAnnotation> {
  return change(tx, caller, id, options.revision, async (before) => {
    const item = await selectItem(tx, before.itemId);
    const { keyframes, ...rest } = { ...before, ...body };
    const after = { ...rest, ...(keyframes ? { keyframes } : {}) };
    const fault = item && annotationFault(after, item);
    if (fault) throw invalid('body', fault);
    needNoFaults(changeFaults(options.recipe, before, after), 'body');
    if (after.label !== before.label) await takeUpLabels(tx, caller, options.recipe, [after.label]);
    await updateAnnotation(tx, id, body, caller.email);
    await taught(tx, before);
    await emit(tx, event('annotation.updated', caller, before, { changed: Object.keys(body), revision: before.revision + 1 }));
  });
}

/** Deletes one annotation; its state is kept as a revision. */
export async function applyDelete(tx: Tx, caller: Caller, id: string, revision?: number): Promise<StoredAnnotation> {
  return change(tx, caller, id, revision, async (before) => {
    await updateAnnotation(tx, id, { deleted: true }, caller.email);
    if (!before.draft) await counted(tx, before, -1);
    await emit(tx, event('annotation.deleted', caller, before, { revision: before.revision + 1 }));
  });
}

/** A deletion that the person undid: the annotation comes back under its id, with what it says now. */
export async function revive(tx: Tx, caller: Caller, gone: StoredAnnotation, content: AnnotationInput): Promise<void> {
  await keepRevision(tx, gone, caller.email);
  const { keyframes = null, group = null, status = null, id: _id, ...rest } = content;
  await updateAnnotation(tx, gone.id, { ...rest, keyframes, group, status, deleted: false }, caller.email);
  if (!gone.draft) await counted(tx, gone, 1);
  await emit(tx, event('annotation.restored', caller, gone, { revision: gone.revision + 1 }));
}

/** Gives back the state of an earlier revision, also to a deleted annotation; the present state becomes a revision itself. */
export async function applyRestore(tx: Tx, caller: Caller, id: string, content: StoredAnnotation): Promise<StoredAnnotation> {
  const locked = await selectAnnotation(tx, id, { lock: true });
  if (!locked) throw notFound('annotation', id);
  await keepRevision(tx, locked, caller.email);
  await updateAnnotation(
    tx,
    id,
    {
      type: content.type,
      label: content.label,
      geometry: content.geometry,
      attributes: content.attributes,
      frame: content.frame,
      endFrame: content.endFrame,
      keyframes: content.keyframes ?? null,
      confidence: content.confidence,
      source: content.source,
      group: content.group ?? null,
      status: content.status,
      metadata: content.metadata,
      blob: content.blob ?? null,
      deleted: false,
    },
    caller.email,
  );
  if (locked.deleted && !locked.draft) await counted(tx, locked, 1);
  else await taught(tx, locked);
  await emit(tx, event('annotation.restored', caller, locked, { revision: locked.revision + 1 }));
  return (await selectAnnotation(tx, id)) ?? locked;
}

/** Deletes annotations of one dataset by a few statements, however many they are. Who is gone already is passed over. */
export async function deleteTogether(tx: Tx, caller: Caller, ids: readonly string[]): Promise<void> {
  const gone = await deleteAnnotations(tx, ids, caller.email);
  const counting = gone.filter(({ draft }) => !draft);
  const [first] = counting;
  if (first) {
    await addAnnotationCount(tx, [...Map.groupBy(counting, ({ itemId }) => itemId)].map(([id, of]) => ({ id, by: -of.length })));
    await countInDataset(tx, { id: first.datasetId, projectId: first.projectId }, { items: 0, bytes: 0, annotations: -counting.length });
  }
  await emit(tx, ...gone.map((before) => event('annotation.deleted', caller, before, { revision: before.revision + 1 })));
}

/** Keeps the counters of the item and its dataset. */
export async function counted(tx: Tx, of: { id?: string; itemId?: string; datasetId: string; projectId: string }, by: number): Promise<void> {
  if (by === 0) return;
  await addAnnotationCount(tx, [{ id: of.itemId ?? of.id ?? '', by }]);
  await countInDataset(tx, { id: of.datasetId, projectId: of.projectId }, { items: 0, bytes: 0, annotations: by });
}

/** What an item teaches changed although the number of its annotations did not. */
async function taught(tx: Tx, of: { itemId: string; datasetId: string; projectId: string }): Promise<void> {
  await markLabeled(tx, of.itemId);
  await markChanged(tx, { id: of.datasetId, projectId: of.projectId });
}

/** Adds rows to items of one dataset: by COPY, with one event for all. */
export async function insertManyIn(tx: Tx, caller: Caller, dataset: { id: string; projectId: string }, rows: NewAnnotation[]): Promise<void> {
  await insertAnnotations(tx, rows);
  const perItem = Map.groupBy(rows, (row) => row.itemId);
  await addAnnotationCount(tx, [...perItem].map(([id, of]) => ({ id, by: of.length })));
  await countInDataset(tx, dataset, { items: 0, bytes: 0, annotations: rows.length });
  await emit(tx, {
    type: 'annotations.imported',
    orgId: caller.orgId,
    projectId: dataset.projectId,
    subject: { kind: 'dataset', id: dataset.id },
    actor: caller.email,
    data: { annotations: rows.length, items: perItem.size },
  });
}

function event(
  type: string,
  caller: Caller,
  of: { id: string; projectId: string; itemId: string; datasetId: string; taskId: string | null },
  data: Record<string, unknown> = {},
): NewEvent {
  return {
    type,
    orgId: caller.orgId,
    projectId: of.projectId,
    subject: { kind: 'annotation', id: of.id },
    actor: caller.email,
    data: { itemId: of.itemId, datasetId: of.datasetId, ...(of.taskId === null ? {} : { taskId: of.taskId }), ...data },
  };
}
