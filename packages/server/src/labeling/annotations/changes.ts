import { count as countInDataset } from '../../catalog/datasets/store.ts';
import { addAnnotationCount, selectItem, type StoredItem } from '../../catalog/items/store.ts';
import type { Tx } from '../../engines/database/database.ts';
import { emit, type NewEvent } from '../../events/outbox.ts';
import { Fault, notFound } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import type { StoredRecipe } from '../recipes/store.ts';
import { annotationFault } from './check.ts';
import { invalid } from './new-row.ts';
import { changeFaults, needNoFaults, takeUpLabels } from './rules.ts';
import { deleteAnnotations, insertAnnotations, selectAnnotation, toAnnotation, type NewAnnotation, type StoredAnnotation, type StoredAnnotationChange } from './store.ts';
import { updateWhole } from './write.ts';

/** A change as rooms and doors make it. */
export type StoredChange = Omit<StoredAnnotationChange, 'draft' | 'deleted'>;

/** Adds annotations to one item, with its counters and an event for each. */
export async function insertInto(tx: Tx, caller: Caller, item: StoredItem, rows: NewAnnotation[]): Promise<void> {
  await insertAnnotations(tx, rows);
  await counted(tx, item, rows.filter((row) => !row.draft).length);
  await emit(tx, ...rows.map((row) => createdEvent(caller, row)));
}

export function createdEvent(caller: Caller, row: NewAnnotation): NewEvent {
  return event('annotation.created', caller, row, { label: row.label, type: row.type });
}

/** What a change is checked by: the state that its maker saw, the item that the annotation must be of, and the recipe. */
export interface ChangeCheck {
  revision?: number | undefined;
  item?: StoredItem | undefined;
  recipe?: StoredRecipe | undefined;
  /** Who labels and no more: what is not open to them is not there. */
  worker?: string | undefined;
}

/** Locks an annotation; `revision_conflict` when somebody was quicker. */
async function lock(tx: Tx, id: string, { revision, item, worker }: ChangeCheck): Promise<StoredAnnotation> {
  const before = await selectAnnotation(tx, id, { lock: true, worker });
  if (!before || before.deleted || (item && before.itemId !== item.id)) throw notFound('annotation', id);
  if (revision !== undefined && before.revision !== revision) {
    throw new Fault('revision_conflict', `The annotation is at revision ${before.revision} now.`, { current: toAnnotation(before) });
  }
  return before;
}

/** Changes one annotation; its state is kept as a revision. */
export async function applyChange(tx: Tx, caller: Caller, id: string, body: StoredChange, check: ChangeCheck = {}): Promise<StoredAnnotation> {
  const before = await lock(tx, id, check);
  const item = check.item ?? (await selectItem(tx, before.itemId));
  const { keyframes, ...rest } = { ...before, ...body };
  const after = { ...rest, ...(keyframes ? { keyframes } : {}) };
  const fault = item && annotationFault(after, item);
  if (fault) throw invalid('body', fault);
  needNoFaults(changeFaults(check.recipe, before, after), 'body');
  if (after.label !== before.label) await takeUpLabels(tx, caller, check.recipe, [after.label]);
  return updateWhole(tx, before, body, { actor: caller.email, by: 0, event: event('annotation.updated', caller, before, { changed: Object.keys(body), revision: before.revision + 1 }) });
}

/** Deletes one annotation; its state is kept as a revision. */
export async function applyDelete(tx: Tx, caller: Caller, id: string, check: ChangeCheck = {}): Promise<StoredAnnotation> {
  const before = await lock(tx, id, check);
  return updateWhole(tx, before, { deleted: true }, { actor: caller.email, by: -1, event: event('annotation.deleted', caller, before, { revision: before.revision + 1 }) });
}

/** Brings an annotation to what is given, also a deleted one: a deletion that was undone, a state from before. */
export function bringBack(tx: Tx, caller: Caller, now: StoredAnnotation, content: StoredChange): Promise<StoredAnnotation> {
  const change = { ...content, keyframes: content.keyframes ?? null, group: content.group ?? null, zOrder: content.zOrder ?? null, status: content.status ?? null, deleted: false };
  return updateWhole(tx, now, change, { actor: caller.email, by: now.deleted ? 1 : 0, event: event('annotation.restored', caller, now, { revision: now.revision + 1 }) });
}

/** Gives back the state of an earlier revision, also to a deleted annotation; the present state becomes a revision itself. */
export async function applyRestore(tx: Tx, caller: Caller, id: string, content: StoredAnnotation): Promise<StoredAnnotation> {
  const now = await selectAnnotation(tx, id, { lock: true });
  if (!now) throw notFound('annotation', id);
  const { type, label, geometry, attributes, frame, endFrame, keyframes, confidence, source, group, zOrder, status, metadata } = content;
  return bringBack(tx, caller, now, { type, label, geometry, attributes, frame, endFrame, keyframes: keyframes ?? null, confidence, source, group: group ?? null, zOrder: zOrder ?? null, status, metadata, blob: content.blob ?? null });
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
