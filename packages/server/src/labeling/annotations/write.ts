// Changes of one annotation with all that goes with them — its counters, what it was before, its event — each a single statement: a person waits for every edit.
import sql, { join, raw, type Sql } from 'sql-template-tag';
import { countChange } from '../../catalog/datasets/store.ts';
import { annotationCountChange } from '../../catalog/items/store.ts';
import type { Queryable } from '../../engines/database/database.ts';
import { eventsChannel, eventsInsert, type NewEvent } from '../../events/outbox.ts';
import { annotationColumns, annotationSet, annotationValues, newAnnotationColumns, operationInsert, revisionInsert, toStoredAnnotation, type AnnotationRow, type NewAnnotation, type NewOperation, type StoredAnnotation, type StoredAnnotationChange } from './store.ts';

const written = annotationColumns(sql`written`);

/**
 * Adds an annotation, and remembers the edit that makes it. An annotation that exists violates `annotations_pkey`, an edit that came before
 * `annotation_operations_pkey`; then nothing is written.
 */
export async function insertWhole(db: Queryable, row: NewAnnotation, more: { operation?: NewOperation; event: NewEvent }): Promise<StoredAnnotation> {
  const insert = sql`insert into annotations (${raw(newAnnotationColumns.join(', '))}) values (${join(annotationValues(row), ', ')}) returning *`;
  return write(db, insert, [
    ...(more.operation ? [operationInsert(more.operation)] : []),
    ...counting({ itemId: row.itemId, datasetId: row.datasetId, projectId: row.projectId }, row.draft ? undefined : 1),
    eventsInsert([more.event]),
  ]);
}

/**
 * Changes the annotation that the transaction has locked; `before` is kept as a revision. `by`: how many annotations more its item has, 0 where
 * only what they say changed; drafts are not counted.
 */
export async function updateWhole(db: Queryable, before: StoredAnnotation, change: StoredAnnotationChange, more: { actor: string; by: number; event: NewEvent }): Promise<StoredAnnotation> {
  const update = sql`update annotations set ${annotationSet(change, more.actor)} where id = ${before.id} returning *`;
  return write(db, update, [revisionInsert(before, more.actor), ...counting(before, before.draft ? undefined : more.by), eventsInsert([more.event])]);
}

/** What the item and its dataset keep about their annotations. */
function counting(of: { itemId: string; datasetId: string; projectId: string }, by: number | undefined): Sql[] {
  if (by === undefined) return [];
  return [annotationCountChange([{ id: of.itemId, by }]), countChange({ id: of.datasetId, projectId: of.projectId }, { items: 0, bytes: 0, annotations: by })];
}

/** All in one statement, and who waits for events is told. */
async function write(db: Queryable, change: Sql, beside: readonly Sql[]): Promise<StoredAnnotation> {
  const steps = beside.map((step, index) => sql`${raw(`beside_${index}`)} as (${step})`);
  const row = await db.one<AnnotationRow>(sql`with written as (${change}), ${join(steps, ', ')} select ${written} from written`);
  db.tell(eventsChannel);
  return toStoredAnnotation(row);
}
