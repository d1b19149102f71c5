import type { Annotation, annotations, Filter, Parsed } from '@fovea/contract';
import sql, { type Sql } from 'sql-template-tag';
import { authorizeDataset } from '../../catalog/datasets/access.ts';
import { selectItem, type StoredItem } from '../../catalog/items/store.ts';
import { withDeleted, type Deleted, type Entity } from '../../catalog/query/entity.ts';
import { queryCount, queryPage, rowAlias } from '../../catalog/query/page.ts';
import { project } from '../../catalog/query/project.ts';
import type { Database, Queryable } from '../../engines/database/database.ts';
import { authorize } from '../../identity/access.ts';
import type { Caller } from '../../identity/caller.ts';
import { cutPage, listMark, readCursor, type Page } from '../../paging.ts';
import { likeAnyOther, workerOf } from '../quality/hidden.ts';
import { seenBy } from '../quality/seen-entities.ts';
import type { AnnotationAccess } from './access.ts';
import { annotationEntity } from './entity.ts';
import { annotationColumns, selectOfItems, selectOfTask, selectRevisions, toAnnotation, toStoredAnnotation, type AnnotationRow, type StoredAnnotation } from './store.ts';

type Query<K extends keyof typeof annotations> = Parsed<(typeof annotations)[K]>['query'];
type Body<K extends keyof typeof annotations> = Parsed<(typeof annotations)[K]>['body'];

/** What queries find; a worker sees nothing of what was deleted. */
const entityFor = (worker: string | undefined, deleted: Deleted = 'exclude'): Entity =>
  worker === undefined ? withDeleted(annotationEntity, deleted, (t) => sql`not ${t}.draft`) : seenBy(worker).annotations;
const scopeOf = (datasetId: string): Sql => sql`${rowAlias}.dataset_id = ${datasetId}`;

/** Annotations as they are read: of an item, of a task, by a query, with what they were before. */
export function annotationReading(db: Database, access: AnnotationAccess) {
  return {
    async list(caller: Caller, itemId: string, query: Query<'list'>): Promise<Page<Annotation>> {
      const { worker } = await access.itemFor(caller, itemId, 'read');
      const mark = listMark('annotations', [itemId, query.task]);
      const after = readCursor(query.cursor, mark, 1)?.[0]?.toString();
      const rows = await selectOfItems(db, [itemId], { limit: query.limit, after, taskId: query.task, worker });
      return cutPage(worker === undefined ? rows : await likeAnyOther(db, rows), { limit: query.limit, mark, position: (row) => [row.id], map: toAnnotation });
    },

    /** The living annotations of items with what doors keep on them; rights were checked on the items. */
    ofItems: (itemIds: readonly string[], taskId?: string): Promise<StoredAnnotation[]> => selectOfItems(db, itemIds, { taskId }),

    /** The same of items of one project, as far as the caller is shown them. */
    async shownOfItems(caller: Caller, projectId: string, itemIds: readonly string[]): Promise<StoredAnnotation[]> {
      const { role } = await authorize(db, caller, projectId, { role: 'annotator', scope: 'read' });
      const worker = workerOf(caller, role);
      return likeAnyOther(db, await selectOfItems(db, itemIds, { worker }));
    },

    /** What a task led to, and the first of its items: read in the transaction that ends it. */
    async ofTask(on: Queryable, work: Parameters<typeof selectOfTask>[1]): Promise<{ annotations: StoredAnnotation[]; item: StoredItem | undefined }> {
      const [first] = work.itemIds;
      return { annotations: await selectOfTask(on, work), item: first === undefined ? undefined : await selectItem(on, first) };
    },

    get: (caller: Caller, id: string): Promise<StoredAnnotation> => access.need(caller, id, 'read'),

    async revisions(caller: Caller, id: string, query: Query<'revisions'>) {
      await access.need(caller, id, 'read', true);
      const mark = listMark('revisions', id);
      const before = readCursor(query.cursor, mark, 1)?.[0];
      const rows = await selectRevisions(db, id, { limit: query.limit, before: before === undefined ? undefined : Number(before) });
      return cutPage(rows, { limit: query.limit, mark, position: (row) => [row.revision], map: (row) => ({ ...row, content: toAnnotation(row.content) }) });
    },

    async query(caller: Caller, datasetId: string, body: Body<'query'>): Promise<Page<Partial<Annotation>>> {
      const { role } = await authorizeDataset(db, caller, datasetId, { role: 'annotator', scope: 'read' });
      const worker = workerOf(caller, role);
      const { data, next } = await queryPage<AnnotationRow, StoredAnnotation>(db, entityFor(worker), body, {
        columns: annotationColumns(rowAlias),
        scope: scopeOf(datasetId),
        scopeMark: datasetId,
        defaultSort: [{ field: 'id', direction: 'asc' }],
        map: toStoredAnnotation,
      });
      const rows = worker === undefined ? data : await likeAnyOther(db, data);
      return { data: rows.map((row) => project(toAnnotation(row), body.fields, annotationEntity)), next };
    },

    /** The same with what doors keep, and paging by offset for the protocols that have it. */
    async find(caller: Caller, datasetId: string, body: Omit<Body<'query'>, 'fields'> & { offset?: number | undefined; deleted?: Deleted | undefined }): Promise<Page<StoredAnnotation>> {
      const { role } = await authorizeDataset(db, caller, datasetId, { role: 'annotator', scope: 'read' });
      const worker = workerOf(caller, role);
      const { data, next } = await queryPage<AnnotationRow, StoredAnnotation>(db, entityFor(worker, body.deleted), body, {
        columns: annotationColumns(rowAlias),
        scope: scopeOf(datasetId),
        scopeMark: datasetId,
        defaultSort: [{ field: 'id', direction: 'asc' }],
        map: toStoredAnnotation,
      });
      return { data: worker === undefined ? data : await likeAnyOther(db, data), next };
    },

    /** How many annotations a filter finds, counted no further than `atMost` where that is given. */
    async count(caller: Caller, datasetId: string, filter: Filter, atMost?: number, deleted?: Deleted): Promise<{ count: number; exact: boolean }> {
      const { role } = await authorizeDataset(db, caller, datasetId, { role: 'annotator', scope: 'read' });
      const worker = workerOf(caller, role);
      const count = await queryCount(db, entityFor(worker, deleted), filter, scopeOf(datasetId), atMost);
      return { count, exact: count !== atMost };
    },
  };
}
