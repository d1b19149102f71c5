import { newId, type Assignment, type Batch, type batches, type Filter, type Parsed } from '@fovea/contract';
import sql from 'sql-template-tag';
import { itemEntity } from '../../catalog/items/entity.ts';
import type { DatasetsService } from '../../catalog/datasets/service.ts';
import { compileFilter } from '../../catalog/query/compile.ts';
import { rowAlias } from '../../catalog/query/page.ts';
import { project as projectFields } from '../../catalog/query/project.ts';
import { violatedConstraint, type Database, type Queryable, type Tx, type WhenMade } from '../../engines/database/database.ts';
import { keeping } from '../../engines/database/keeping.ts';
import type { AddressCheck } from '../../events/callback-address.ts';
import { emit } from '../../events/outbox.ts';
import { Fault, notFound } from '../../fault.ts';
import { authorize } from '../../identity/access.ts';
import { needScope, type Caller } from '../../identity/caller.ts';
import type { ProjectsService } from '../../identity/projects/service.ts';
import { inVisibleProject } from '../../identity/projects/store.ts';
import { workerOf } from '../quality/hidden.ts';
import { seenBy } from '../quality/seen-entities.ts';
import { setPeople } from '../quality/store.ts';
import { cutPage, listMark, readCursor, type Page } from '../../paging.ts';
import { selectRecipe } from '../recipes/store.ts';
import { cancelOpen, insertTasksForItems, shareOut } from '../tasks/batch-store.ts';
import { batchEntity } from './entity.ts';
import { needMembers, type Share } from './people.ts';
import { batchEvent } from './settle.ts';
import { countBatches, deleteOpenTasks, deleteTasksOfBatch, deleteTasksOfItems, insertBatch, markContents, queryBatches, selectBatch, selectBatches, selectBatchesAlone, selectContents, toBatch, updateBatch, type BatchAlone, type BatchFilter, type StoredBatch } from './store.ts';
import { deleteAssignments, selectAssignments, upsertAssignment } from './assignment-store.ts';

type Body<K extends keyof typeof batches> = Parsed<(typeof batches)[K]>['body'];
export type BatchesService = ReturnType<typeof batchesService>;

/** What a door may add to a batch. */
export interface BatchExtras {
  origin?: string;
  externalId?: string;
  extra?: unknown;
  /** Open for work at once. */
  open?: boolean;
}

const stepItems = 2_000;

async function stored(tx: Tx, id: string): Promise<StoredBatch> {
  const batch = await selectBatch(tx, id);
  if (!batch) throw new Error('The batch that was just stored is not there.');
  return batch;
}

/** Batches: tasks handed out together. */
export function batchesService({ db, projects, datasets, mayCall }: { db: Database; projects: ProjectsService; datasets: DatasetsService; mayCall: AddressCheck }) {
  async function need(caller: Caller, id: string, role: 'annotator' | 'manager'): Promise<StoredBatch> {
    const found = await selectBatch(db, id);
    if (!found || found.test !== caller.test) throw notFound('batch', id);
    await authorize(db, caller, found.projectId, { role, scope: role === 'manager' ? 'write' : 'read', as: { kind: 'batch', id } });
    return found;
  }

  /** Adds a task for each item found, in the order of their paths; shares them out. */
  async function fill(tx: Tx, caller: Caller, batch: StoredBatch, filter: Filter, limit: number): Promise<number> {
    const { datasetId } = batch;
    if (datasetId === null) throw new Fault('invalid_request', 'The batch has no dataset to take items from.');
    const recipe = batch.recipeId === null ? undefined : await selectRecipe(tx, batch.recipeId);
    const target = { ...batch, datasetId, recipeVersion: recipe?.version ?? null };
    let added = 0;
    let after = '';
    for (;;) {
      const rows = await tx.many<{ id: string; path: string }>(sql`select ${rowAlias}.id, ${rowAlias}.path from items ${rowAlias}
        where ${rowAlias}.dataset_id = ${datasetId} and ${itemEntity.alive(rowAlias)} and ${compileFilter(itemEntity, filter, rowAlias)}
        and ${rowAlias}.path > ${after} order by ${rowAlias}.path limit ${Math.min(stepItems, limit - added)}`);
      const last = rows.at(-1);
      if (!last) break;
      // So many people label each item: as many tasks, each taken by another person.
      const fresh = rows.flatMap((row) => Array.from({ length: batch.settings.people }, () => ({ id: newId(), itemId: row.id })));
      added += (await insertTasksForItems(tx, target, fresh, caller.email)) / batch.settings.people;
      after = last.path;
      if (added >= limit) break;
    }
    await shareOut(tx, batch.id);
    if (added > 0) await markContents(tx, batch.id);
    return added;
  }

  async function setAssignments(tx: Tx, caller: Caller, batch: StoredBatch, shares: readonly Share[]): Promise<void> {
    await deleteAssignments(tx, batch.id, shares.map((share) => share.email));
    for (const { email, load } of shares) {
      await upsertAssignment(tx, { id: newId(), orgId: caller.orgId, projectId: batch.projectId, batchId: batch.id, email, load: load ?? null });
    }
    await shareOut(tx, batch.id);
  }

  return {
    /** Makes a batch; one that comes through no vendor's door has members of the project work on it only. */
    async create(caller: Caller, body: Body<'create'> & BatchExtras, whenMade?: WhenMade<StoredBatch>): Promise<StoredBatch> {
      const project = await projects.get(caller, body.project);
      await authorize(db, caller, project.id, { role: 'manager', scope: 'write' });
      const dataset = body.dataset === undefined ? undefined : await datasets.get(caller, body.dataset);
      if (dataset && dataset.projectId !== project.id) throw notFound('dataset', dataset.id);
      const recipeId = body.recipe ?? dataset?.recipeId ?? null;
      const recipe = recipeId === null ? undefined : await selectRecipe(db, recipeId);
      if (recipeId !== null && recipe?.projectId !== project.id) throw notFound('recipe', recipeId);
      if (body.filter !== undefined) compileFilter(itemEntity, body.filter, rowAlias);
      await mayCall(body.callbackUrl);
      if (body.origin === undefined) await needMembers(db, { id: project.id, orgId: caller.orgId }, body.assignments);
      const id = newId();
      return db.tx(async (tx) => {
        await insertBatch(tx, {
          ...body,
          id,
          orgId: caller.orgId,
          projectId: project.id,
          datasetId: dataset?.id ?? null,
          recipeId,
          status: body.open ? 'in_progress' : 'staging',
          test: caller.test,
          origin: body.origin ?? null,
          externalId: body.externalId ?? null,
          extra: body.extra ?? null,
          createdBy: caller.email,
        });
        const batch = await stored(tx, id);
        await emit(tx, batchEvent('batch.created', caller, batch, { name: batch.name }));
        if (body.assignments.length > 0) await setAssignments(tx, caller, batch, body.assignments);
        if (dataset && body.filter !== undefined) await fill(tx, caller, batch, body.filter, Number.MAX_SAFE_INTEGER);
        const made = await stored(tx, id);
        await whenMade?.(tx, made);
        return made;
      }).catch((error: unknown) => {
        if (violatedConstraint(error) === 'batches_external') throw new Fault('conflict', `A batch named "${body.externalId}" exists already.`);
        throw error;
      });
    },

    async list(caller: Caller, query: Parsed<typeof batches.list>['query']): Promise<Page<Batch>> {
      const project = await projects.get(caller, query.project);
      const mark = listMark('batches', [project.id, query.status, query.name]);
      const before = readCursor(query.cursor, mark, 1)?.[0]?.toString();
      const filter = { orgId: caller.orgId, projectIds: [project.id], test: caller.test, status: query.status, name: query.name };
      const rows = await selectBatches(db, filter, { limit: query.limit, before });
      return cutPage(rows, { limit: query.limit, mark, position: (row) => [row.id], map: toBatch });
    },

    async query(caller: Caller, projectId: string, body: Parsed<typeof batches.query>['body']): Promise<Page<Partial<Batch>>> {
      const { role } = await authorize(db, caller, projectId, { role: 'annotator', scope: 'read' });
      const { data, next } = await queryBatches(db, { projectId, test: caller.test, entity: seenBy(workerOf(caller, role)).batches }, body);
      return { data: data.map((one) => projectFields(toBatch(one), body.fields, batchEntity)), next };
    },

    /** Batches of all projects that the caller sees, newest first, with what doors keep; one more than the limit. */
    find(caller: Caller, filter: Omit<BatchFilter, 'orgId' | 'visible' | 'test'>, page: { limit: number; offset?: number }, on: Queryable = db): Promise<StoredBatch[]> {
      needScope(caller, 'read');
      return selectBatches(on, visibleOnly(caller, filter), page);
    },

    /** The same without the counts of their tasks, which cost as much as there are tasks; no more than the limit. */
    findAlone(caller: Caller, filter: Omit<BatchFilter, 'orgId' | 'visible' | 'test'>, page: { limit: number; offset?: number }, on: Queryable = db): Promise<BatchAlone[]> {
      needScope(caller, 'read');
      return selectBatchesAlone(on, visibleOnly(caller, filter), page);
    },

    count(caller: Caller, filter: Omit<BatchFilter, 'orgId' | 'visible' | 'test'>): Promise<number> {
      needScope(caller, 'read');
      return countBatches(db, visibleOnly(caller, filter));
    },

    get: (caller: Caller, id: string): Promise<StoredBatch> => need(caller, id, 'annotator'),

    async update(caller: Caller, id: string, body: Body<'update'> & { extra?: unknown; externalId?: string }, revision?: number): Promise<StoredBatch> {
      await need(caller, id, 'manager');
      await mayCall(body.callbackUrl);
      return db.tx(async (tx) => {
        const now = await selectBatch(tx, id, { lock: true });
        if (!now) throw notFound('batch', id);
        if (revision !== undefined && now.revision !== revision) throw new Fault('revision_conflict', `The batch is at revision ${now.revision} now.`, { current: toBatch(now) });
        if (body.settings?.people !== undefined && body.settings.people !== now.settings.people) {
          await setPeople(tx, id, body.settings.people);
          await shareOut(tx, id);
          if (now.status === 'completed' && body.settings.people > now.settings.people) await updateBatch(tx, id, { status: 'in_progress' });
        }
        await updateBatch(tx, id, { ...body, ...(body.settings ? { settings: { ...now.settings, ...body.settings } } : {}) });
        await emit(tx, batchEvent('batch.updated', caller, now, { changed: Object.keys(body) }));
        return (await selectBatch(tx, id)) ?? now;
      });
    },

    /** Opens a staged batch; an open one stays as it is. */
    async finalize(caller: Caller, id: string, whenMade?: WhenMade<StoredBatch>): Promise<StoredBatch> {
      await need(caller, id, 'manager');
      return db.tx(keeping(whenMade, async (tx) => {
        const now = await selectBatch(tx, id, { lock: true });
        if (!now) throw notFound('batch', id);
        if (now.status !== 'staging') throw new Fault('illegal_state', `The batch is ${now.status}; only a staged one can be finalized.`);
        await updateBatch(tx, id, { status: 'in_progress' });
        await emit(tx, batchEvent('batch.finalized', caller, now));
        return (await selectBatch(tx, id)) ?? now;
      }));
    },

    async cancel(caller: Caller, id: string, whenMade?: WhenMade<StoredBatch>): Promise<StoredBatch> {
      await need(caller, id, 'manager');
      return db.tx(keeping(whenMade, async (tx) => {
        const now = await selectBatch(tx, id, { lock: true });
        if (!now) throw notFound('batch', id);
        if (now.status === 'completed' || now.status === 'cancelled') throw new Fault('illegal_state', `The batch is ${now.status}; only staged and open ones can be cancelled.`);
        const cancelled = await cancelOpen(tx, id);
        await updateBatch(tx, id, { status: 'cancelled' });
        await emit(tx, batchEvent('batch.cancelled', caller, now, { cancelled }));
        return (await selectBatch(tx, id)) ?? now;
      }));
    },

    async addItems(caller: Caller, id: string, { filter, limit }: { filter: Filter; limit?: number | undefined }, whenMade?: WhenMade<{ added: number }>): Promise<{ added: number }> {
      const batch = await need(caller, id, 'manager');
      compileFilter(itemEntity, filter, rowAlias);
      if (batch.status === 'cancelled') throw new Fault('illegal_state', 'The batch is cancelled.');
      return db.tx(keeping(whenMade, async (tx) => {
        const added = await fill(tx, caller, batch, filter, limit ?? Number.MAX_SAFE_INTEGER);
        if (added > 0 && batch.status === 'completed') await updateBatch(tx, id, { status: 'in_progress' });
        await emit(tx, batchEvent('batch.extended', caller, batch, { added }));
        return { added };
      }));
    },

    /** Takes items out of a batch again, whatever their tasks have come to. */
    async removeItems(caller: Caller, id: string, itemIds: readonly string[]): Promise<{ removed: number }> {
      const batch = await need(caller, id, 'manager');
      return db.tx(async (tx) => {
        const removed = await deleteTasksOfItems(tx, id, itemIds);
        if (removed > 0) await markContents(tx, id);
        await emit(tx, batchEvent('batch.reduced', caller, batch, { removed }));
        return { removed };
      });
    },

    /** Takes the items that a filter finds out of a batch again, but for those that were left with a status. */
    async removeMatching(caller: Caller, id: string, filter: Filter): Promise<{ removed: number; total: number }> {
      const batch = await need(caller, id, 'manager');
      const found = sql`select ${rowAlias}.id from items ${rowAlias} where ${rowAlias}.dataset_id = ${batch.datasetId} and ${compileFilter(itemEntity, filter, rowAlias)}`;
      return db.tx(async (tx) => {
        const done = await deleteOpenTasks(tx, id, found);
        if (done.removed > 0) await markContents(tx, id);
        await emit(tx, batchEvent('batch.reduced', caller, batch, { removed: done.removed }));
        return done;
      });
    },

    /** The batch, where the caller may change it. */
    forChange: (caller: Caller, id: string): Promise<StoredBatch> => need(caller, id, 'manager'),

    /** Changes what a door keeps on a batch, under its lock. */
    async changeExtra(caller: Caller, id: string, make: (extra: unknown) => unknown): Promise<StoredBatch> {
      const batch = await need(caller, id, 'manager');
      return db.tx(async (tx) => {
        const now = await selectBatch(tx, id, { lock: true });
        if (!now) throw notFound('batch', id);
        await updateBatch(tx, id, { extra: make(now.extra) });
        await emit(tx, batchEvent('batch.updated', caller, batch, { changed: ['extra'] }));
        return (await selectBatch(tx, id)) ?? now;
      });
    },

    async delete(caller: Caller, id: string): Promise<void> {
      const batch = await need(caller, id, 'manager');
      await db.tx(async (tx) => {
        await deleteTasksOfBatch(tx, id);
        await updateBatch(tx, id, { deleted: true });
        await emit(tx, batchEvent('batch.deleted', caller, batch));
      });
    },

    /** The number of living items of batches, and when they or what is said about them last changed; rights were checked on the batches. */
    contents: (ids: readonly string[]) => selectContents(db, ids),

    async assignments(caller: Caller, id: string, query: { limit: number; cursor?: string | undefined }): Promise<Page<Assignment>> {
      await need(caller, id, 'annotator');
      const mark = listMark('assignments', id);
      const rows = await selectAssignments(db, id, { limit: query.limit, after: readCursor(query.cursor, mark, 1)?.[0]?.toString() });
      return cutPage(rows, { limit: query.limit, mark, position: (row) => [row.id], map: (row) => row });
    },

    /** Sets who works on a batch; with `membersOnly` nobody but members of the project. */
    async assign(caller: Caller, id: string, shares: readonly Share[], options: { membersOnly?: boolean } = {}): Promise<Page<Assignment>> {
      const batch = await need(caller, id, 'manager');
      if (batch.status === 'cancelled' || batch.status === 'completed') throw new Fault('illegal_state', `The batch is ${batch.status}.`);
      if (options.membersOnly) await needMembers(db, { id: batch.projectId, orgId: batch.orgId }, shares);
      await db.tx(async (tx) => {
        await setAssignments(tx, caller, batch, shares);
        await emit(tx, batchEvent('batch.assigned', caller, batch, { people: shares.length }));
      });
      return { data: await selectAssignments(db, id, { limit: 1_000, after: undefined }), next: null };
    },
  };
}

function visibleOnly(caller: Caller, filter: Omit<BatchFilter, 'orgId' | 'visible' | 'test'>): BatchFilter {
  return { ...filter, orgId: caller.orgId, test: caller.test, visible: inVisibleProject(caller, sql`b.project_id`) };
}
