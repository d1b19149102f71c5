import { newId, type MediaKind } from '@fovea/contract';
import sql from 'sql-template-tag';
import type { Tx } from '../../engines/database/database.ts';
import type { Queue } from '../../engines/queue/queue.ts';
import type { Caller } from '../../identity/caller.ts';
import { insertAnnotations, keepRevision, selectAnnotations, type NewAnnotation } from '../../labeling/annotations/store.ts';
import type { DatasetAccess } from '../datasets/access.ts';
import { count } from '../datasets/store.ts';
import { deleteStep } from '../items/delete-step.ts';
import { placeItems } from '../items/place.ts';
import { addAnnotationCount, lockPaths, updateItem } from '../items/store.ts';
import { annotationChanges, type Difference } from './diff.ts';
import type { Entry, EntryAnnotation } from './read.ts';
import { annotationText, selectFacts } from './store.ts';

/** Makes items what they are in a version, in the transaction of the step: `after` of each difference, or gone where it has none. */
export async function restoreStep(tx: Tx, queue: Queue, caller: Caller, dataset: DatasetAccess, step: readonly Difference[]): Promise<void> {
  const there = new Map((await lockPaths(tx, dataset.id, step.map((one) => one.path))).map((item) => [item.path, item]));
  const gone = step.flatMap(({ path, after }) => (after ? [] : (there.get(path)?.id ?? [])));
  if (gone.length > 0) await deleteStep(tx, caller, { datasetId: dataset.id, projectId: dataset.projectId }, gone, 'item.deleted');
  const wanted = step.flatMap(({ after }) => after ?? []);
  if (wanted.length === 0) return;
  const ids = await placeEntries(tx, queue, caller, dataset, wanted);
  for (const [at, entry] of wanted.entries()) {
    const { labels = [], channel = null, status, description = '', metadata = {} } = entry;
    await updateItem(tx, ids[at] ?? '', { labels, channel, status, description, metadata }, caller.email);
  }
  await restoreAnnotations(tx, caller, dataset, wanted, ids);
}

/** Gives each entry an item with its bytes; the ids in the order of the entries. */
async function placeEntries(tx: Tx, queue: Queue, caller: Caller, dataset: DatasetAccess, wanted: readonly Entry[]): Promise<string[]> {
  const facts = await selectFacts(tx, wanted.map((entry) => entry.sha256));
  const placements = wanted.map((entry) => {
    const known = facts.get(entry.sha256);
    const media = { mediaType: known?.mediaType ?? 'application/octet-stream', kind: (known?.kind ?? 'other') as MediaKind };
    return { path: entry.path, blob: { sha256: entry.sha256, size: entry.sizeBytes }, media };
  });
  return (await placeItems(tx, queue, caller, dataset, placements, 'replace')).map((one) => one.id);
}

async function restoreAnnotations(tx: Tx, caller: Caller, dataset: DatasetAccess, wanted: readonly Entry[], ids: readonly string[]): Promise<void> {
  const rows = await tx.many<{ id: string; item_id: string; text: string }>(sql`select a.id, a.item_id, ${annotationText} as text from annotations a
    where a.item_id = any(${[...ids]}::uuid[]) and a.deleted_at is null and not a.draft`);
  const inserts: NewAnnotation[] = [];
  const removed: string[] = [];
  const counts: { id: string; by: number }[] = [];
  wanted.forEach((entry, at) => {
    const itemId = ids[at] ?? '';
    const present = rows.filter((row) => row.item_id === itemId).map((row) => ({ id: row.id, annotation: JSON.parse(row.text) as EntryAnnotation }));
    const changes = annotationChanges(present.map((one) => one.annotation), entry.annotations);
    const extra = new Set(changes.removed);
    removed.push(...present.filter((one) => extra.has(one.annotation)).map((one) => one.id));
    inserts.push(...changes.added.map((annotation) => newAnnotation(caller, dataset, itemId, annotation)));
    const by = changes.added.length - changes.removed.length;
    if (changes.added.length + changes.removed.length > 0) counts.push({ id: itemId, by });
  });
  for (const before of await selectAnnotations(tx, removed)) await keepRevision(tx, before, caller.email);
  await tx.run(sql`update annotations set deleted_at = now(), updated_at = now(), updated_by = ${caller.email}, revision = revision + 1 where id = any(${removed}::uuid[])`);
  await insertAnnotations(tx, inserts);
  if (counts.length > 0) await addAnnotationCount(tx, counts);
  await count(tx, { id: dataset.id, projectId: dataset.projectId }, { items: 0, bytes: 0, annotations: inserts.length - removed.length });
}

function newAnnotation(caller: Caller, dataset: DatasetAccess, itemId: string, one: EntryAnnotation): NewAnnotation {
  return {
    id: newId(),
    orgId: caller.orgId,
    projectId: dataset.projectId,
    datasetId: dataset.id,
    itemId,
    type: one.geometry.type,
    label: one.label,
    geometry: one.geometry,
    attributes: one.attributes ?? {},
    frame: one.frame ?? null,
    endFrame: one.endFrame ?? null,
    keyframes: one.keyframes ?? null,
    confidence: one.confidence ?? null,
    source: one.source,
    group: one.group ?? null,
    zOrder: one.zOrder ?? null,
    status: one.status ?? null,
    metadata: one.metadata ?? {},
    blob: one.blob ?? null,
    taskId: null,
    draft: false,
    origin: null,
    externalId: null,
    extra: null,
    createdBy: caller.email,
  };
}
