import type { Command, Filter, Parsed, QualityReport, quality } from '@fovea/contract';
import sql from 'sql-template-tag';
import type { CommandRun, CommandsService } from '../../catalog/commands/service.ts';
import { itemEntity } from '../../catalog/items/entity.ts';
import { compileFilter } from '../../catalog/query/compile.ts';
import { rowAlias } from '../../catalog/query/page.ts';
import { count } from '../../catalog/datasets/store.ts';
import { addAnnotationCount } from '../../catalog/items/store.ts';
import type { Database, Tx, WhenMade } from '../../engines/database/database.ts';
import { keeping } from '../../engines/database/keeping.ts';
import { emit } from '../../events/outbox.ts';
import { Fault, notFound } from '../../fault.ts';
import { authorize } from '../../identity/access.ts';
import type { Caller } from '../../identity/caller.ts';
import { insertAnnotations } from '../annotations/store.ts';
import { selectBatch, type StoredBatch } from '../batches/store.ts';
import { mergeAnswers, mergedRows, type Merged, type MergeRule } from './merge.ts';
import { makeReport } from './report.ts';
import { deleteMerges, idBeside, insertHoneypots, insertMerge, isMerged, putAside, removeHoneypots, selectAnswers, selectCompany, selectKnownItems, selectMerges, type AnsweredItem, type Prelabeled } from './store.ts';
import { volumeReader, withFile, type VolumeVoxels } from './volumes.ts';

type Query<K extends keyof typeof quality> = Parsed<(typeof quality)[K]>['query'];
type Body<K extends keyof typeof quality> = Parsed<(typeof quality)[K]>['body'];
export type QualityService = ReturnType<typeof qualityService>;

const mergeKind = 'quality.merge';
const stepItems = 100;
const maxHoneypots = 10_000;

/** How good the labels of a batch are, and one set of labels out of several people's. Everything here can be taken back. */
export function qualityService({ db, commands, volumes }: { db: Database; commands: CommandsService; volumes: VolumeVoxels }) {
  commands.handle(mergeKind, (run) => mergeBatch(db, volumes, run));

  async function need(caller: Caller, id: string, role: 'reviewer' | 'manager'): Promise<StoredBatch> {
    const found = await selectBatch(db, id);
    if (!found || found.test !== caller.test) throw notFound('batch', id);
    await authorize(db, caller, found.projectId, { role, scope: role === 'manager' ? 'write' : 'read', as: { kind: 'batch', id } });
    return found;
  }

  return {
    async report(caller: Caller, batchId: string, query: Query<'report'>): Promise<QualityReport> {
      await need(caller, batchId, 'reviewer');
      return makeReport(db, volumes, batchId, query);
    },

    async merge(caller: Caller, batchId: string, body: Body<'merge'>, whenMade?: WhenMade<Command>): Promise<Command> {
      const batch = await need(caller, batchId, 'manager');
      if (await isMerged(db, batchId)) throw new Fault('conflict', 'The answers of this batch are merged already; take that back first.');
      return db.tx((tx) => commands.start(tx, caller, { kind: mergeKind, projectId: batch.projectId, subjectId: batchId, input: { batchId, ...body } }, whenMade));
    },

    async unmerge(caller: Caller, batchId: string): Promise<{ items: number }> {
      const batch = await need(caller, batchId, 'manager');
      let items = 0;
      for (;;) {
        const undone = await db.tx((tx) => unmergeStep(tx, caller, batch));
        items += undone;
        if (undone === 0) break;
      }
      if (items > 0) await db.tx((tx) => emit(tx, event('batch.unmerged', caller, batch, { items })));
      return { items };
    },

    async addHoneypots(caller: Caller, batchId: string, { filter, copies }: Body<'addHoneypots'>, whenMade?: WhenMade<{ added: number }>): Promise<{ added: number }> {
      const batch = await need(caller, batchId, 'manager');
      const condition = sql`${itemEntity.alive(rowAlias)} and ${compileFilter(itemEntity, filter as Filter, rowAlias)}`;
      if (batch.datasetId === null) throw new Fault('illegal_state', 'The batch has no dataset; its known items come from there.');
      const items = await selectKnownItems(db, batch.datasetId, condition, maxHoneypots);
      const company = await selectCompany(db, batchId, 1_000);
      if (company.length === 0) throw new Fault('illegal_state', 'The batch has no pending task that known items could hide among.');
      const rows = hiddenAmong(company, items, copies);
      if (items.length > 0 && rows.length === 0) throw new Fault('illegal_state', standsOut(items[0]?.prelabeled ?? 'none'));
      return db.tx(keeping(whenMade, async (tx) => ({ added: await insertHoneypots(tx, rows) })));
    },

    async removeHoneypots(caller: Caller, batchId: string): Promise<{ removed: number }> {
      await need(caller, batchId, 'manager');
      return { removed: await db.tx((tx) => removeHoneypots(tx, batchId)) };
    },
  };
}

/** Known items beside tasks that look like them: where the others show what a model said, they must, and where the others show nothing, they must not. */
function hiddenAmong(company: readonly { id: string; prelabeled: Prelabeled }[], items: readonly { id: string; prelabeled: Prelabeled }[], copies: number): { id: string; like: string; itemId: string }[] {
  const alike = Map.groupBy(company, ({ prelabeled }) => prelabeled);
  return items.flatMap(({ id: itemId, prelabeled }) => {
    const among = alike.get(prelabeled) ?? [];
    return Array.from({ length: among.length === 0 ? 0 : copies }, () => {
      const like = among[Math.floor(Math.random() * among.length)]?.id ?? '';
      return { id: idBeside(like), like, itemId };
    });
  });
}

function standsOut(prelabeled: Prelabeled): string {
  return prelabeled === 'none'
    ? 'These known items would stand out: every pending task of the batch begins with pre-labels, and they have none. Have a model label them too, as it did the others.'
    : 'These known items would stand out: they show what a model said, and no pending task of the batch does. Take items that no model has labeled.';
}

async function mergeBatch(db: Database, volumes: VolumeVoxels, { command, caller, state, signal, advance }: CommandRun): Promise<Record<string, unknown>> {
  const { batchId, ...rule } = command.input as unknown as MergeRule & { batchId: string };
  const done = { items: 0, annotations: 0, after: null as string | null, ...(state as object | null) };
  for (;;) {
    if (signal.aborted) throw new Error('The worker stops.');
    const batch = await selectBatch(db, batchId);
    if (!batch?.datasetId) throw new Fault('illegal_state', 'The batch has no dataset.');
    const { datasetId } = batch;
    const items = await selectAnswers(db, batchId, { honeypots: false, after: done.after, limit: stepItems, minPeople: 2 });
    const last = items.at(-1);
    if (!last) break;
    const merged = await mergeItems(db, volumes, items, rule);
    await db.tx(async (tx) => {
      for (const { item, results } of merged) {
        const of = { orgId: command.orgId, projectId: command.projectId, datasetId, itemId: item.itemId, batchId, by: caller.email };
        const rows = mergedRows(of, results);
        const replaced = item.answers.flatMap((answer) => answer.annotations.map((one) => one.id));
        await insertMerge(tx, { ...of, made: rows.map((row) => row.id), replaced });
        await putAside(tx, replaced, true, caller.email);
        await insertAnnotations(tx, rows);
        await counted(tx, of, rows.length - replaced.length);
        done.annotations += rows.length;
      }
      done.items += items.length;
      done.after = last.itemId;
      await advance({ done: done.items, total: null, state: { ...done } }, tx);
    });
  }
  const batch = await selectBatch(db, batchId);
  if (batch && done.items > 0) await db.tx((tx) => emit(tx, event('batch.merged', caller, batch, { items: done.items, annotations: done.annotations })));
  return { items: done.items, annotations: done.annotations };
}

/** Worked out before anything is written: files of merged volumes are made on the way. */
async function mergeItems(db: Database, volumes: VolumeVoxels, items: readonly AnsweredItem[], rule: MergeRule): Promise<{ item: AnsweredItem; results: (Merged & { blob: string | null })[] }[]> {
  const done = [];
  for (const item of items) {
    // A reader for each item: none is left out.
    const answered = (await volumeReader(db, volumes).answered(item)) ?? item;
    const results = [];
    for (const one of mergeAnswers(answered, { ...rule, minVotes: rule.minVotes })) results.push(await withFile(db, volumes, item.itemId, one));
    done.push({ item, results });
  }
  return done;
}

async function unmergeStep(tx: Tx, caller: Caller, batch: StoredBatch): Promise<number> {
  const merges = await selectMerges(tx, batch.id, stepItems);
  for (const { item_id: itemId, made, replaced } of merges) {
    const gone = await putAside(tx, made, true, caller.email);
    const back = await putAside(tx, replaced, false, caller.email);
    const datasetId = (back[0] ?? gone[0])?.dataset_id ?? batch.datasetId;
    if (datasetId) await counted(tx, { itemId, datasetId, projectId: batch.projectId }, back.length - gone.length);
  }
  await deleteMerges(tx, batch.id, merges.map((merge) => merge.item_id));
  return merges.length;
}

async function counted(tx: Tx, of: { itemId: string; datasetId: string; projectId: string }, by: number): Promise<void> {
  await addAnnotationCount(tx, [{ id: of.itemId, by }]);
  await count(tx, { id: of.datasetId, projectId: of.projectId }, { items: 0, bytes: 0, annotations: by });
}

function event(type: string, caller: Caller, batch: StoredBatch, data: Record<string, unknown>) {
  return { type, orgId: batch.orgId, projectId: batch.projectId, subject: { kind: 'batch', id: batch.id }, actor: caller.email, data };
}
