// Changes of one annotation with all that goes with them — its counters, what it was before, its event — each a single statement: a person waits for every edit.
import sql, { join, raw, type Sql } from 'sql-template-tag';
import { countChange } from '../../catalog/datasets/store.ts';
import { annotationCountChange } from '../../catalog/items/store.ts';
import type { Queryable } from '../../engines/database/database.ts';
import { eventsChannel, eventsInsert, type NewEvent } from '../../events/outbox.ts';
import { annotationColumns, annotationSet, annotationValues, newAnnotationColumns, operationInsert, revisionInsert, toStoredAnnotation, type AnnotationRow, type NewAnnotation, type NewOperation, type StoredAnnotation, type StoredAnnotationChange } from './store.ts';

/**
 * Adds an annotation, and remembers the edit that makes it. An annotation that exists violates `annotations_pkey`, an edit that came before
 * `annotation_operations_pkey`; then nothing is written.
 */
export async function insertWhole(db: Queryable, row: NewAnnotation, more: { operation?: NewOperation; event: NewEvent }): Promise<StoredAnnotation> {
  const insert = sql`insert into annotations (${raw(newAnnotationColumns.join(', '))}) values (${join(annotationValues(row), ', ')}) returning *`;
  const beside = [
    ...(more.operation ? [operationInsert(more.operation)] : []),
    ...counting({ itemId: row.itemId, datasetId: row.datasetId, projectId: row.projectId }, row.draft ? undefined : 1),
    eventsInsert([more.event]),
  ];
  return asWritten(row, await write<GivenByTable>(db, insert, beside, givenByTable));
}

/** What the table itself gives to a new annotation, or keeps in another form (ids in small letters, a float): all else is as it was sent, and need not come back. */
type GivenByTable = Pick<AnnotationRow, 'id' | 'task_id' | 'confidence' | 'revision' | 'created_at' | 'updated_at'>;
const givenByTable = sql`written.id, written.task_id, written.confidence, written.revision, written.created_at, written.updated_at`;

function asWritten({ orgId: _orgId, createdBy, keyframes, group, zOrder, ...row }: NewAnnotation, given: GivenByTable): StoredAnnotation {
  // Checked by the contract and against its item before it was written.
  const content = row as typeof row & Pick<StoredAnnotation, 'type' | 'geometry' | 'attributes' | 'source' | 'status' | 'metadata'>;
  return {
    ...content,
    id: given.id,
    taskId: given.task_id,
    ...(keyframes === null ? {} : { keyframes: keyframes as NonNullable<StoredAnnotation['keyframes']> }),
    ...(group === null ? {} : { group }),
    ...(zOrder === null ? {} : { zOrder }),
    confidence: given.confidence,
    revision: given.revision,
    createdBy,
    createdAt: given.created_at.toISOString(),
    updatedBy: createdBy,
    updatedAt: given.updated_at.toISOString(),
    deleted: false,
  };
}

/**
 * Changes the annotation that the transaction has locked; `before` is kept as a revision. `by`: how many annotations more its item has, 0 where
 * only what they say changed; drafts are not counted.
 */
export async function updateWhole(db: Queryable, before: StoredAnnotation, change: StoredAnnotationChange, more: { actor: string; by: number; event: NewEvent }): Promise<StoredAnnotation> {
  const update = sql`update annotations set ${annotationSet(change, more.actor)} where id = ${before.id} returning *`;
  return toStoredAnnotation(await write<AnnotationRow>(db, update, [revisionInsert(before, more.actor), ...counting(before, before.draft ? undefined : more.by), eventsInsert([more.event])], annotationColumns(sql`written`)));
}

/** What the item and its dataset keep about their annotations. */
function counting(of: { itemId: string; datasetId: string; projectId: string }, by: number | undefined): Sql[] {
  if (by === undefined) return [];
  return [annotationCountChange([{ id: of.itemId, by }]), countChange({ id: of.datasetId, projectId: of.projectId }, { items: 0, bytes: 0, annotations: by })];
}

/** All in one statement, which gives what is asked of the row `written`; and who waits for events is told. */
async function write<Given>(db: Queryable, change: Sql, beside: readonly Sql[], give: Sql): Promise<Given> {
  const steps = beside.map((step, index) => sql`${raw(`beside_${index}`)} as (${step})`);
  const row = await db.one<Given>(sql`with written as (${change}), ${join(steps, ', ')} select ${give} from written`);
  db.tell(eventsChannel);
  return row;
}
