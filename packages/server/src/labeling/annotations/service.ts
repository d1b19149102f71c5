import {
  newId,
  type Annotation,
  type AnnotationChange,
  type annotations,
  type Command,
  type Filter,
  type OperationResult,
  type Parsed,
} from '@fovea/contract';
import sql from 'sql-template-tag';
import type { CommandsService } from '../../catalog/commands/service.ts';
import { authorizeDataset } from '../../catalog/datasets/access.ts';
import { count as countInDataset, markChanged } from '../../catalog/datasets/store.ts';
import { addAnnotationCount, markLabeled, selectItem, type StoredItem } from '../../catalog/items/store.ts';
import { compileFilter } from '../../catalog/query/compile.ts';
import { withDeleted, type Deleted } from '../../catalog/query/entity.ts';
import { queryCount, queryPage, rowAlias } from '../../catalog/query/page.ts';
import { project } from '../../catalog/query/project.ts';
import { violatedConstraint, type Database, type Queryable, type Tx } from '../../engines/database/database.ts';
import { emit, type NewEvent } from '../../events/outbox.ts';
import { Fault, notFound } from '../../fault.ts';
import { authorize } from '../../identity/access.ts';
import type { Caller } from '../../identity/caller.ts';
import { cutPage, listMark, readCursor, type Page } from '../../paging.ts';
import type { StoredRecipe } from '../recipes/store.ts';
import { annotationFault } from './check.ts';
import { annotationEntity } from './entity.ts';
import { annotationRules, bulkFaults, changeFaults, needNoFaults, newFaults, ruleFault, takeUpLabels } from './rules.ts';
import {
  annotationColumns,
  claimOperation,
  deleteAnnotations,
  insertAnnotations,
  keepRevision,
  selectAnnotation,
  selectAnnotations,
  selectOfItems,
  selectOfTask,
  selectRevisions,
  toAnnotation,
  toStoredAnnotation,
  updateAnnotation,
  type AnnotationRow,
  type NewAnnotation,
  type StoredAnnotation,
} from './store.ts';
import { withVoxels, type VoxelWriter } from './voxels.ts';

type Query<K extends keyof typeof annotations> = Parsed<(typeof annotations)[K]>['query'];
type Body<K extends keyof typeof annotations> = Parsed<(typeof annotations)[K]>['body'];
type Input = Body<'create'>['annotations'][number];
type Operation = Body<'apply'>['operations'][number];
export type AnnotationsService = ReturnType<typeof annotationsService>;

/** What a door may add to an annotation: its own id and what it must echo, and the file that came with it. */
export interface DoorExtras {
  blob?: string | undefined;
  origin?: string | undefined;
  externalId?: string | undefined;
  extra?: unknown;
  createdBy?: string | undefined;
}

const kinds = { update: 'annotations.update', delete: 'annotations.delete' } as const;
const bulkStep = 500;

const entityWith = (deleted: Deleted = 'exclude') => withDeleted(annotationEntity, deleted, (t) => sql`not ${t}.draft`);

/** Annotations: what is said about places in items. */
export function annotationsService({ db, commands, volumes }: { db: Database; commands: CommandsService; volumes: VoxelWriter }) {
  const rules = annotationRules();

  async function itemFor(caller: Caller, itemId: string, scope: 'read' | 'label'): Promise<StoredItem> {
    const item = await selectItem(db, itemId);
    if (!item) throw notFound('item', itemId);
    await authorize(db, caller, item.projectId, { role: 'annotator', scope, as: { kind: 'item', id: itemId } });
    return item;
  }

  async function need(caller: Caller, id: string, scope: 'read' | 'label', deleted = false): Promise<StoredAnnotation> {
    const found = await selectAnnotation(db, id);
    if (!found || (found.deleted && !deleted)) throw notFound('annotation', id);
    await authorize(db, caller, found.projectId, { role: 'annotator', scope, as: { kind: 'annotation', id } });
    return found;
  }

  async function insert(tx: Tx, caller: Caller, item: StoredItem, rows: NewAnnotation[]): Promise<void> {
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

  /** `recipe`: what the change is checked by. */
  async function applyChange(
    tx: Tx,
    caller: Caller,
    id: string,
    body: AnnotationChange & { extra?: unknown; blob?: string | null },
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

  async function applyDelete(tx: Tx, caller: Caller, id: string, revision?: number): Promise<StoredAnnotation> {
    return change(tx, caller, id, revision, async (before) => {
      await updateAnnotation(tx, id, { deleted: true }, caller.email);
      if (!before.draft) await counted(tx, before, -1);
      await emit(tx, event('annotation.deleted', caller, before, { revision: before.revision + 1 }));
    });
  }

  /** A deletion that the person undid: the annotation comes back under its id, with what it says now. */
  async function revive(tx: Tx, caller: Caller, gone: StoredAnnotation, content: Input): Promise<void> {
    await keepRevision(tx, gone, caller.email);
    const { keyframes = null, group = null, status = null, id: _id, ...rest } = content;
    await updateAnnotation(tx, gone.id, { ...rest, keyframes, group, status, deleted: false }, caller.email);
    if (!gone.draft) await counted(tx, gone, 1);
    await emit(tx, event('annotation.restored', caller, gone, { revision: gone.revision + 1 }));
  }

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
        if (!fresh) return { ...base, outcome: 'duplicate', annotation: await present(tx, annotationId) };
        if (operation.kind === 'create') {
          const row = newRow(caller, item, { ...operation.content, id: annotationId }, { taskId, at: 'content' });
          const gone = await selectAnnotation(tx, annotationId, { lock: true });
          needNoFaults(gone ? changeFaults(recipe, gone, operation.content) : newFaults(recipe, operation.content, { required: false }), 'content');
          await takeUpLabels(tx, caller, recipe, [row.label]);
          if (gone?.deleted && gone.itemId === item.id) await revive(tx, caller, gone, operation.content);
          else await insert(tx, caller, item, [row]);
          return { ...base, outcome: 'applied', annotation: await present(tx, annotationId) };
        }
        const existing = await selectAnnotation(tx, annotationId);
        if (existing && existing.itemId !== item.id) throw notFound('annotation', annotationId);
        if (operation.kind === 'update') return { ...base, outcome: 'applied', annotation: toAnnotation(await applyChange(tx, caller, annotationId, operation.content, { revision: operation.baseRevision, recipe })) };
        await applyDelete(tx, caller, annotationId, operation.baseRevision);
        return { ...base, outcome: 'applied', annotation: null };
      });
    } catch (error) {
      if (violatedConstraint(error) === 'annotations_pkey') return { ...base, outcome: 'conflict', annotation: await present(db, annotationId), message: 'An annotation with this id exists.' };
      if (!(error instanceof Fault)) throw error;
      const conflict = error.code === 'revision_conflict' || error.code === 'not_found';
      return { ...base, outcome: conflict ? 'conflict' : 'invalid', annotation: await present(db, annotationId), message: error.message };
    }
  }

  async function present(on: Database | Tx, id: string): Promise<Annotation | null> {
    const found = await selectAnnotation(on, id);
    return found && !found.deleted ? toAnnotation(found) : null;
  }

  /** Runs a change by query in bounded steps, by id, so that it goes on where it left off. */
  for (const kind of Object.values(kinds)) {
    commands.handle(kind, async ({ command, caller, state, advance }) => {
      const { datasetId, filter, change: wanted } = command.input as { datasetId: string; filter: Filter; change?: AnnotationChange };
      let done = command.done;
      let after = (state?.['after'] as string | undefined) ?? null;
      const scope = sql`${rowAlias}.dataset_id = ${datasetId}`;
      const total = command.total ?? (await queryCount(db, annotationEntity, filter, scope));
      for (;;) {
        const ids = await db.many<{ id: string }>(sql`select ${rowAlias}.id from annotations ${rowAlias} where ${scope} and ${annotationEntity.alive(rowAlias)}
          and ${compileFilter(annotationEntity, filter, rowAlias)} and (${after}::uuid is null or ${rowAlias}.id > ${after}) order by ${rowAlias}.id limit ${bulkStep}`);
        if (ids.length === 0) return { changed: done };
        const last = ids.at(-1)?.id ?? '';
        await db.tx(async (tx) => {
          if (kind === kinds.delete) await deleteTogether(tx, caller, ids.map(({ id }) => id));
          else for (const { id } of ids) await applyChange(tx, caller, id, wanted ?? {});
          await advance({ done: done + ids.length, total: Math.max(total, done + ids.length), state: { after: last } }, tx);
        });
        done += ids.length;
        after = last;
      }
    });
  }

  async function bulk(caller: Caller, datasetId: string, kind: string, input: { filter: Filter; change?: unknown }): Promise<Command> {
    const dataset = await authorizeDataset(db, caller, datasetId, { role: 'developer', scope: 'label' });
    compileFilter(annotationEntity, input.filter, rowAlias);
    return db.tx((tx) => commands.start(tx, caller, { kind, projectId: dataset.projectId, subjectId: datasetId, input: { datasetId, ...input } }));
  }

  return {
    async list(caller: Caller, itemId: string, query: Query<'list'>): Promise<Page<Annotation>> {
      await itemFor(caller, itemId, 'read');
      const mark = listMark('annotations', [itemId, query.task]);
      const after = readCursor(query.cursor, mark, 1)?.[0]?.toString();
      const rows = await selectOfItems(db, [itemId], { limit: query.limit, after, taskId: query.task });
      return cutPage(rows, { limit: query.limit, mark, position: (row) => [row.id], map: toAnnotation });
    },

    /** The living annotations of items with what doors keep on them; rights were checked on the items. */
    ofItems: (itemIds: readonly string[], taskId?: string): Promise<StoredAnnotation[]> => selectOfItems(db, itemIds, { taskId }),

    /** What a task led to, and the first of its items: read in the transaction that ends it. */
    async ofTask(on: Queryable, work: Parameters<typeof selectOfTask>[1]): Promise<{ annotations: StoredAnnotation[]; item: StoredItem | undefined }> {
      const [first] = work.itemIds;
      return { annotations: await selectOfTask(on, work), item: first === undefined ? undefined : await selectItem(on, first) };
    },

    /** Adds annotations to an item. `byRecipe`: what the recipe does not allow is refused; doors and models may say more than a recipe knows. */
    async create(caller: Caller, itemId: string, inputs: readonly (Input & DoorExtras)[], options: { taskId?: string | undefined; byRecipe?: boolean } = {}): Promise<StoredAnnotation[]> {
      const item = await itemFor(caller, itemId, 'label');
      const rows: NewAnnotation[] = [];
      for (const [index, input] of inputs.entries()) rows.push(newRow(caller, item, await withVoxels(volumes, item, input), { taskId: options.taskId, at: `body.annotations.${index}` }));
      const recipe = options.byRecipe ? await rules.recipe(db, { datasetId: item.datasetId, taskId: options.taskId }) : undefined;
      const wrong = inputs.flatMap((input, index) => newFaults(recipe, input, { required: options.taskId === undefined }).map(({ path, message }) => ({ path: `body.annotations.${index}.${path}`, message })));
      if (wrong.length > 0) throw ruleFault(wrong);
      await db
        .tx(async (tx) => {
          await takeUpLabels(tx, caller, recipe, rows.map(({ label }) => label));
          await insert(tx, caller, item, rows);
        })
        .catch((error: unknown) => {
          if (violatedConstraint(error) === 'annotations_pkey') throw new Fault('conflict', 'An annotation with one of these ids exists already.');
          throw error;
        });
      return selectAnnotations(db, rows.map((row) => row.id));
    },

    async apply(caller: Caller, itemId: string, operations: readonly Operation[], options: { taskId?: string | undefined } = {}): Promise<OperationResult[]> {
      const item = await itemFor(caller, itemId, 'label');
      const recipe = await rules.recipe(db, { datasetId: item.datasetId, taskId: options.taskId });
      const results: OperationResult[] = [];
      for (const operation of operations) results.push(await applyOne(caller, item, operation, { taskId: options.taskId, recipe }));
      return results;
    },

    async get(caller: Caller, id: string): Promise<StoredAnnotation> {
      return need(caller, id, 'read');
    },

    async update(caller: Caller, id: string, body: AnnotationChange & { extra?: unknown; blob?: string | null }, revision?: number, options: { byRecipe?: boolean } = {}): Promise<StoredAnnotation> {
      const before = await need(caller, id, 'label');
      const recipe = options.byRecipe ? await rules.recipe(db, { datasetId: before.datasetId, taskId: before.taskId ?? undefined }) : undefined;
      if (body.geometry?.type !== 'volume') return db.tx((tx) => applyChange(tx, caller, id, body, { revision, recipe }));
      const painted = await withVoxels(volumes, await itemFor(caller, before.itemId, 'label'), body, before);
      return db.tx((tx) => applyChange(tx, caller, id, painted, { revision: revision ?? before.revision, recipe }));
    },

    async delete(caller: Caller, id: string, revision?: number): Promise<void> {
      await need(caller, id, 'label');
      await db.tx((tx) => applyDelete(tx, caller, id, revision));
    },

    async revisions(caller: Caller, id: string, query: Query<'revisions'>) {
      await need(caller, id, 'read', true);
      const mark = listMark('revisions', id);
      const before = readCursor(query.cursor, mark, 1)?.[0];
      const rows = await selectRevisions(db, id, { limit: query.limit, before: before === undefined ? undefined : Number(before) });
      return cutPage(rows, { limit: query.limit, mark, position: (row) => [row.revision], map: (row) => ({ ...row, content: toAnnotation(row.content) }) });
    },

    /** Gives back the state of an earlier revision, also to a deleted annotation; the present state becomes a revision itself. */
    async restore(caller: Caller, id: string, revision?: number): Promise<StoredAnnotation> {
      const now = await need(caller, id, 'label', true);
      const [wanted] = await selectRevisions(db, id, { limit: 1, before: revision === undefined ? undefined : revision + 1 });
      if (!wanted || (revision !== undefined && wanted.revision !== revision)) throw notFound('revision', String(revision ?? 'last'));
      return db.tx(async (tx) => {
        const locked = await selectAnnotation(tx, id, { lock: true });
        if (!locked) throw notFound('annotation', id);
        await keepRevision(tx, locked, caller.email);
        const { content } = wanted;
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
        await emit(tx, event('annotation.restored', caller, now, { revision: locked.revision + 1 }));
        return (await selectAnnotation(tx, id)) ?? locked;
      });
    },

    async query(caller: Caller, datasetId: string, body: Body<'query'>): Promise<Page<Partial<Annotation>>> {
      await authorizeDataset(db, caller, datasetId, { role: 'annotator', scope: 'read' });
      return queryPage<AnnotationRow, Partial<Annotation>>(db, annotationEntity, body, {
        columns: annotationColumns(rowAlias),
        scope: sql`${rowAlias}.dataset_id = ${datasetId}`,
        scopeMark: datasetId,
        defaultSort: [{ field: 'id', direction: 'asc' }],
        map: (row) => project(toAnnotation(toStoredAnnotation(row)), body.fields, annotationEntity),
      });
    },

    /** The same with what doors keep, and paging by offset for the protocols that have it. */
    async find(caller: Caller, datasetId: string, body: Omit<Body<'query'>, 'fields'> & { offset?: number | undefined; deleted?: Deleted | undefined }): Promise<Page<StoredAnnotation>> {
      await authorizeDataset(db, caller, datasetId, { role: 'annotator', scope: 'read' });
      return queryPage<AnnotationRow, StoredAnnotation>(db, entityWith(body.deleted), body, {
        columns: annotationColumns(rowAlias),
        scope: sql`${rowAlias}.dataset_id = ${datasetId}`,
        scopeMark: datasetId,
        defaultSort: [{ field: 'id', direction: 'asc' }],
        map: toStoredAnnotation,
      });
    },

    /** How many annotations a filter finds, counted no further than `atMost` where that is given. */
    async count(caller: Caller, datasetId: string, filter: Filter, atMost?: number, deleted?: Deleted): Promise<{ count: number; exact: boolean }> {
      await authorizeDataset(db, caller, datasetId, { role: 'annotator', scope: 'read' });
      const count = await queryCount(db, entityWith(deleted), filter, sql`${rowAlias}.dataset_id = ${datasetId}`, atMost);
      return { count, exact: count !== atMost };
    },

    async updateMany(caller: Caller, datasetId: string, filter: Filter, wanted: AnnotationChange): Promise<Command> {
      await authorizeDataset(db, caller, datasetId, { role: 'developer', scope: 'label' });
      needNoFaults(bulkFaults(await rules.recipe(db, { datasetId }), wanted), 'body.change');
      return bulk(caller, datasetId, kinds.update, { filter, change: wanted });
    },
    deleteMany: (caller: Caller, datasetId: string, filter: Filter): Promise<Command> => bulk(caller, datasetId, kinds.delete, { filter }),

    /** What the annotations of a dataset are checked by. */
    recipeOf: (datasetId: string): Promise<StoredRecipe | undefined> => rules.recipe(db, { datasetId }),
    /** What is wrong with the drafts of a task, required attributes included. */
    async draftFaults(on: Queryable, task: { id: string; datasetId: string | null; createdAt: string }): Promise<{ path: string; message: string }[]> {
      if (task.datasetId === null) return [];
      const recipe = await rules.recipe(on, { datasetId: task.datasetId, taskId: task.id });
      if (!recipe?.attributes.some(({ required }) => required)) return [];
      const drafts = await selectOfTask(on, { taskId: task.id, itemIds: [], by: null, since: task.createdAt });
      return drafts.filter(({ draft }) => draft).flatMap((draft) => newFaults(recipe, draft, { required: true }).map(({ path, message }) => ({ path: `annotations.${draft.id}.${path}`, message })));
    },

    /** Row of a new annotation, checked; for imports, which write rows by the thousand. */
    row: newRow,
    /** Adds rows that {@link row} made to items of one dataset: by COPY, with one event for all. */
    insertMany: (caller: Caller, dataset: { id: string; projectId: string }, rows: NewAnnotation[]): Promise<void> => db.tx((tx) => insertManyIn(tx, caller, dataset, rows)),
    /** The same, and a deletion, as part of a larger change. */
    insertManyIn,
    deleteIn: applyDelete,
  };
}

/** Deletes annotations of one dataset by a few statements, however many they are. Who is gone already is passed over. */
async function deleteTogether(tx: Tx, caller: Caller, ids: readonly string[]): Promise<void> {
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

async function insertManyIn(tx: Tx, caller: Caller, dataset: { id: string; projectId: string }, rows: NewAnnotation[]): Promise<void> {
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

function newRow(caller: Caller, item: StoredItem, input: Input & DoorExtras, options: { taskId?: string | undefined; at?: string } = {}): NewAnnotation {
  const fault = annotationFault(input, item);
  if (fault) throw invalid(options.at ?? 'body', fault);
  return {
    id: input.id ?? newId(),
    orgId: caller.orgId,
    projectId: item.projectId,
    datasetId: item.datasetId,
    itemId: item.id,
    type: input.type,
    label: input.label,
    geometry: input.geometry,
    attributes: input.attributes,
    frame: input.frame,
    endFrame: input.endFrame,
    keyframes: input.keyframes ?? null,
    confidence: input.confidence,
    source: input.source,
    group: input.group ?? null,
    status: input.status ?? null,
    metadata: input.metadata ?? {},
    blob: input.blob ?? null,
    taskId: options.taskId ?? null,
    draft: options.taskId !== undefined,
    origin: input.origin ?? null,
    externalId: input.externalId ?? null,
    extra: input.extra ?? null,
    createdBy: input.createdBy ?? caller.email,
  };
}

function invalid(path: string, message: string): Fault {
  return new Fault('invalid_request', `${path}: ${message}`, { errors: [{ path, message }] });
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
