import { item, type Command, type Filter, type Item, type ItemBulkChange, type items, type Parsed, type ProjectRole } from '@fovea/contract';
import sql, { empty, join, type Sql } from 'sql-template-tag';
import type { Database, Tx, WhenMade } from '../../engines/database/database.ts';
import { emit, withEvents } from '../../events/outbox.ts';
import { Fault } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import { cutPage, listMark, readCursor, type Page } from '../../paging.ts';
import type { CommandsService } from '../commands/service.ts';
import { countedFor, workerOf } from '../../labeling/quality/hidden.ts';
import { seenBy } from '../../labeling/quality/seen-entities.ts';
import { authorizeDataset } from '../datasets/access.ts';
import { markChanged } from '../datasets/store.ts';
import { compileFilter, fault } from '../query/compile.ts';
import { withDeleted, type Deleted, type Entity } from '../query/entity.ts';
import { queryLines } from '../query/lines.ts';
import { queryCount, queryLandmarks, queryPage, rowAlias } from '../query/page.ts';
import { project } from '../query/project.ts';
import { selectChannels } from './channels.ts';
import { fieldsOf, valuesOf } from './suggestions.ts';
import { moveFolders } from '../folders/store.ts';
import { deleteStep } from './delete-step.ts';
import { itemEntity } from './entity.ts';
import { takingPaths } from './expired.ts';
import { asObject, mergeMetadata, metadataFault } from './metadata.ts';
import { itemEvent } from './place.ts';
import type { DoorChange } from './service.ts';
import { alive, countAll, itemColumns, labeledNow, lockItems, toItem, toStoredItem, type ItemRow, type StoredItem } from './store.ts';

type Query<K extends keyof typeof items> = Parsed<(typeof items)[K]>['query'];
type Body<K extends keyof typeof items> = Parsed<(typeof items)[K]>['body'];
export type ItemQueries = ReturnType<typeof itemQueries>;

/** A change of many items, with what a door may change beside. */
type BulkChange = ItemBulkChange & DoorChange;

const kinds = { update: 'items.update', delete: 'items.delete' } as const;
const stepItems = 1_000;
const defaultSort = [{ field: 'path', direction: 'asc' }] as const;

/** Items as the caller's filters and orders see them. */
const itemsFor = (caller: Caller, role: ProjectRole): Entity => seenBy(workerOf(caller, role)).items;

/** What was deleted is seen by those who may restore it. */
const roleFor = (deleted: Deleted) => (deleted === 'exclude' ? 'annotator' : 'developer');

/** What a line of a stream carries that asks for nothing: what can be asked for, of what an item shows. */
const streamFields = [...Object.keys(itemEntity.fields).filter((name) => Object.hasOwn(item.shape, name)), 'metadata', 'summary'];
const maxStreams = 3;

/** Finding items by the query language, and changing all that a filter finds. */
export function itemQueries({ db, commands }: { db: Database; commands: CommandsService }) {
  const scopeOf = (datasetId: string) => sql`${rowAlias}.dataset_id = ${datasetId}`;
  let streams = 0;

  async function* counting(lines: AsyncIterable<string>): AsyncGenerator<string> {
    streams += 1;
    try {
      yield* lines;
    } finally {
      streams -= 1;
    }
  }

  async function find(caller: Caller, datasetId: string, query: Omit<Body<'query'>, 'fields'> & { offset?: number | undefined; deleted?: Deleted | undefined }): Promise<Page<StoredItem>> {
    const { deleted = 'exclude' } = query;
    const { role } = await authorizeDataset(db, caller, datasetId, { role: roleFor(deleted), scope: 'read' });
    const found = await queryPage<ItemRow, StoredItem>(db, withDeleted(itemsFor(caller, role), deleted), query, {
      columns: itemColumns(rowAlias),
      scope: scopeOf(datasetId),
      scopeMark: datasetId,
      defaultSort,
      map: toStoredItem,
    });
    return { ...found, data: await countedFor(db, workerOf(caller, role), found.data) };
  }

  async function startBulk(caller: Caller, datasetId: string, kind: string, input: { filter: Filter; change?: BulkChange }, whenMade?: WhenMade<Command>): Promise<Command> {
    const dataset = await authorizeDataset(db, caller, datasetId, { role: 'developer', scope: 'write' });
    // Compiled now, so that a filter that is wrong is told at once and not by a failed command.
    compileFilter(itemEntity, input.filter, rowAlias);
    const problem = metadataFault(input.change?.metadata ?? input.change?.mergeMetadata ?? {});
    if (problem) throw fault('change.metadata', problem);
    return db.tx((tx) => commands.start(tx, caller, { kind, projectId: dataset.projectId, subjectId: datasetId, input: { datasetId, ...input } }, whenMade));
  }

  for (const kind of Object.values(kinds)) {
    commands.handle(kind, async ({ command, caller, state, advance }) => {
      const { datasetId, filter, change } = command.input as { datasetId: string; filter: Filter; change?: BulkChange };
      let { done } = command;
      let after = (state?.['after'] as string | undefined) ?? null;
      const total = command.total ?? (await queryCount(db, itemEntity, filter, scopeOf(datasetId)));
      for (;;) {
        const ids = await db.many<{ id: string }>(sql`select ${rowAlias}.id from items ${rowAlias}
          where ${scopeOf(datasetId)} and ${itemEntity.alive(rowAlias)} and ${compileFilter(itemEntity, filter, rowAlias)}
          and (${after}::uuid is null or ${rowAlias}.id > ${after}) order by ${rowAlias}.id limit ${stepItems}`);
        const last = ids.at(-1)?.id;
        if (last === undefined) return { changed: done };
        await db.tx(async (tx) => {
          const step = ids.map(({ id }) => id);
          if (kind === kinds.delete) await deleteStep(tx, caller, { datasetId, projectId: command.projectId }, step, 'item.deleted');
          else await changeStep(tx, caller, step, change ?? {});
          await advance({ done: done + ids.length, total: Math.max(total, done + ids.length), state: { after: last } }, tx);
        });
        done += ids.length;
        after = last;
      }
    });
  }

  return {
    find,

    async query(caller: Caller, datasetId: string, body: Body<'query'>): Promise<Page<Partial<Item>>> {
      const { data, next } = await find(caller, datasetId, body);
      return { data: data.map((found) => project(toItem(found), body.fields, itemEntity)), next };
    },

    /** All that a filter finds, as lines of JSON. A stream holds a connection of the database: no more than {@link maxStreams} go at once. */
    async stream(caller: Caller, datasetId: string, { filter, sort, fields = streamFields }: Body<'stream'>): Promise<AsyncIterable<string>> {
      await authorizeDataset(db, caller, datasetId, { role: 'developer', scope: 'read' });
      if (streams >= maxStreams) throw new Fault('rate_limited', `${maxStreams} streams are being read already; try again when one has ended.`);
      return counting(queryLines(db, itemEntity, { filter, sort, fields }, scopeOf(datasetId)));
    },

    /** Cursors of {@link query} after every so many items. */
    async landmarks(caller: Caller, datasetId: string, { every, ...query }: Body<'landmarks'>) {
      const { role } = await authorizeDataset(db, caller, datasetId, { role: 'annotator', scope: 'read' });
      const found = await queryLandmarks(db, itemsFor(caller, role), { ...query, every }, { scope: scopeOf(datasetId), scopeMark: datasetId, defaultSort });
      return { every, ...found };
    },

    /** What items can be filtered by. */
    async fields(caller: Caller, datasetId: string) {
      await authorizeDataset(db, caller, datasetId, { role: 'annotator', scope: 'read' });
      return fieldsOf(db, datasetId);
    },

    /** Values that a field has. */
    async values(caller: Caller, datasetId: string, query: Query<'values'>) {
      const { role } = await authorizeDataset(db, caller, datasetId, { role: 'annotator', scope: 'read' });
      return valuesOf(db, datasetId, query, seenBy(workerOf(caller, role)));
    },

    /** How many items a filter finds; with `atMost`, counted no further than that. */
    async count(caller: Caller, datasetId: string, filter: Filter, atMost?: number, deleted: Deleted = 'exclude'): Promise<{ count: number; exact: boolean }> {
      const { role } = await authorizeDataset(db, caller, datasetId, { role: roleFor(deleted), scope: 'read' });
      if (atMost === undefined && deleted === 'exclude' && Object.keys(filter).length === 0) return { count: await countAll(db, datasetId), exact: true };
      const count = await queryCount(db, withDeleted(itemsFor(caller, role), deleted), filter, scopeOf(datasetId), atMost);
      return { count, exact: count !== atMost };
    },

    /** The channels of a dataset with their items. */
    async channels(caller: Caller, datasetId: string, page: { limit: number; offset: number }) {
      await authorizeDataset(db, caller, datasetId, { role: 'annotator', scope: 'read' });
      return selectChannels(db, datasetId, page);
    },

    updateMany: (caller: Caller, datasetId: string, body: { filter: Filter; change: BulkChange }, whenMade?: WhenMade<Command>): Promise<Command> => startBulk(caller, datasetId, kinds.update, body, whenMade),
    deleteMany: (caller: Caller, datasetId: string, body: Body<'deleteMany'>, whenMade?: WhenMade<Command>): Promise<Command> => startBulk(caller, datasetId, kinds.delete, body, whenMade),

    /** Folders directly in a folder. Each is found by one step through the index of paths, whatever lies in it. */
    async folders(caller: Caller, datasetId: string, query: Query<'folders'>): Promise<Page<{ path: string; name: string }>> {
      await authorizeDataset(db, caller, datasetId, { role: 'annotator', scope: 'read' });
      const base = query.folder === '/' ? '/' : `${query.folder.replace(/\/+$/, '')}/`;
      const mark = listMark('folders', [datasetId, base]);
      const after = readCursor(query.cursor, mark, 1)?.[0]?.toString();
      const rows = await db.many<{ path: string }>(sql`
        with recursive walk (folder) as (
          (select ${folderIn(base)} from items i where ${inFolder(datasetId, base)} ${after === undefined ? empty : sql`and i.path >= ${`${after}0`}`}
            and position('/' in substr(i.path, ${base.length + 1})) > 0 order by i.path limit 1)
          union all
          select (select ${folderIn(base)} from items i where ${inFolder(datasetId, base)} and i.path >= walk.folder || '0'
            and position('/' in substr(i.path, ${base.length + 1})) > 0 order by i.path limit 1)
          from walk where walk.folder is not null
        ) select folder as path from walk where folder is not null limit ${query.limit + 1}`);
      return cutPage(rows, {
        limit: query.limit,
        mark,
        position: (row) => [row.path],
        map: (row) => ({ path: row.path, name: row.path.slice(base.length) }),
      });
    },

    async moveFolder(caller: Caller, datasetId: string, { from, to }: Body<'moveFolder'>, whenMade?: WhenMade<{ moved: number }>): Promise<{ moved: number }> {
      const dataset = await authorizeDataset(db, caller, datasetId, { role: 'developer', scope: 'write' });
      if (`${to}/`.startsWith(`${from}/`)) throw new Fault('invalid_request', 'A folder cannot be moved into itself.');
      return takingPaths(db, datasetId, `Under "${to}" lies an item of the same name already.`, () =>
        db.tx(async (tx) => {
          const moved = await tx.run(sql`update items set path = ${to} || substr(path, ${from.length + 1}), revision = revision + 1, updated_at = now(),
            updated_by = ${caller.email} where dataset_id = ${datasetId} and deleted_at is null and path >= ${`${from}/`} and path < ${`${from}0`}`);
          await moveFolders(tx, datasetId, from, to);
          await emit(tx, { type: 'folder.moved', orgId: caller.orgId, projectId: dataset.projectId, subject: { kind: 'dataset', id: datasetId }, actor: caller.email, data: { from, to, moved } });
          await whenMade?.(tx, { moved });
          return { moved };
        }),
      );
    },
  };
}

function folderIn(base: string): Sql {
  return sql`${base} || split_part(substr(i.path, ${base.length + 1}), '/', 1) as folder`;
}

function inFolder(datasetId: string, base: string): Sql {
  return sql`i.dataset_id = ${datasetId} and i.deleted_at is null and (i.expires_at is null or i.expires_at > now())
    and i.path >= ${base} and i.path < ${`${base.slice(0, -1)}0`}`;
}

async function changeStep(tx: Tx, caller: Caller, ids: readonly string[], change: BulkChange): Promise<void> {
  const { mergeMetadata: merge, mergeExtra, addLabels, removeLabels, ...same } = change;
  const relabel = addLabels !== undefined || removeLabels !== undefined;
  if (!merge && !mergeExtra && !relabel) return changeAlike(tx, caller, ids, same);
  const items = await lockItems(tx, ids);
  // What depends on each row's own state is worked out here, and written with all the rest in one statement.
  const own = items.map((item) => ({
    id: item.id,
    metadata: merge && mergeMetadata(same.metadata ?? item.metadata, merge),
    extra: mergeExtra && mergeMetadata(asObject(item.extra), mergeExtra),
    labels: relabel ? [...new Set([...(same.labels ?? item.labels), ...(addLabels ?? [])])].filter((label) => !removeLabels?.includes(label)) : undefined,
  }));
  await updateItems(tx, own, same, caller.email);
  const [first] = items;
  if (first && (relabel || same.labels)) await markChanged(tx, { id: first.datasetId, projectId: first.projectId });
  await emit(tx, ...items.map((item) => itemEvent('item.updated', caller, item, { changed: Object.keys(change) })));
}

/** A change that is the same for each item: nothing of them has to be known, and their events are made by the statement that changes them. */
async function changeAlike(tx: Tx, caller: Caller, ids: readonly string[], change: SameChange): Promise<void> {
  const update = sql`update items i set ${join(sameForAll(change, caller.email), ', ')} where i.id = any(${ids}::uuid[]) and ${alive}
    returning i.id, i.org_id, i.project_id, i.dataset_id, i.path`;
  const data = sql`jsonb_build_object('datasetId', m.dataset_id, 'path', m.path, 'changed', ${JSON.stringify(Object.keys(change))}::jsonb)`;
  const [first] = await withEvents<{ dataset_id: string; project_id: string }>(tx, update, { kind: 'item', actor: caller.email, data }, [{ type: 'item.updated' }]);
  if (first && change.labels) await markChanged(tx, { id: first.dataset_id, projectId: first.project_id });
}

/** What is written to one item of a step and to no other; the same keys in all of them. */
interface OwnChange {
  id: string;
  metadata: Record<string, unknown> | undefined;
  extra: Record<string, unknown> | undefined;
  labels: readonly string[] | undefined;
}

type SameChange = Omit<BulkChange, 'mergeMetadata' | 'mergeExtra' | 'addLabels' | 'removeLabels'>;

async function updateItems(tx: Tx, own: readonly OwnChange[], change: SameChange, by: string): Promise<void> {
  const [first] = own;
  if (!first) return;
  const { metadata, labels, ...rest } = change;
  const set = sameForAll({ ...rest, ...(first.metadata === undefined ? { metadata } : {}), ...(first.labels === undefined ? { labels } : {}) }, by);
  if (first.metadata !== undefined) set.push(sql`metadata = o.metadata`);
  if (first.extra !== undefined) set.push(sql`extra = o.extra`);
  if (first.labels !== undefined) set.push(sql`labels = array(select jsonb_array_elements_text(o.labels))`, labeledNow);
  const json = (value: unknown) => (value === undefined ? null : JSON.stringify(value));
  await tx.run(sql`update items i set ${join(set, ', ')} from unnest(${own.map(({ id }) => id)}::uuid[], ${own.map((one) => json(one.metadata))}::jsonb[],
    ${own.map(({ extra }) => json(extra))}::jsonb[], ${own.map((one) => json(one.labels))}::jsonb[]) as o (id, metadata, extra, labels) where i.id = o.id`);
}

/** What is written to every item alike. */
function sameForAll(change: SameChange, by: string): Sql[] {
  const set: Sql[] = [sql`revision = revision + 1`, sql`updated_at = now()`, sql`updated_by = ${by}`];
  if (change.metadata !== undefined) set.push(sql`metadata = ${JSON.stringify(change.metadata)}`);
  if (change.labels !== undefined) set.push(sql`labels = ${[...new Set(change.labels)]}`, labeledNow);
  if (change.channel !== undefined) set.push(sql`channel = ${change.channel}`);
  if (change.description !== undefined) set.push(sql`description = ${change.description}`);
  if (change.expiresAt !== undefined) set.push(sql`expires_at = ${change.expiresAt}`);
  if (change.status !== undefined) {
    set.push(sql`status = ${change.status}`);
    if (change.status === 'published') set.push(sql`published_at = coalesce(published_at, now()), published_by = coalesce(published_by, ${by})`);
  }
  return set;
}
