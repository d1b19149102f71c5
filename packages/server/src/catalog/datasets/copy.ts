import { newId, type Command, type datasets as operations, type Dataset, type Filter, type Parsed } from '@fovea/contract';
import sql from 'sql-template-tag';
import { violatedConstraint, type Database, type Tx, type WhenMade } from '../../engines/database/database.ts';
import { emit } from '../../events/outbox.ts';
import { Fault, notFound } from '../../fault.ts';
import { authorize } from '../../identity/access.ts';
import type { Caller } from '../../identity/caller.ts';
import type { ProjectsService } from '../../identity/projects/service.ts';
import type { CommandRun, CommandsService } from '../commands/service.ts';
import { itemEntity } from '../items/entity.ts';
import { sweepExpired } from '../items/expired.ts';
import { compileFilter } from '../query/compile.ts';
import { queryCount, rowAlias } from '../query/page.ts';
import { authorizeDataset } from './access.ts';
import { completeFacts, insertCopies, removeTaken, selectClashes, uniteAnnotations, type CopyPlan } from './copy-store.ts';
import { count, insertDataset, markDataset, selectDataset, updateDataset } from './store.ts';

type Body<K extends keyof typeof operations> = Parsed<(typeof operations)[K]>['body'];
type ClashRule = Body<'merge'>['onConflict'];

/** What the command keeps: everything that a worker needs to go on with it. */
interface CopyInput {
  sources: { id: string; folder: string }[];
  target: string;
  /** The target was made for this, and goes again when the copy fails. */
  made: boolean;
  filter: Filter;
  rule: ClashRule;
  withMetadata: boolean;
  withAnnotations: boolean;
  withAnnotationStatus: boolean;
}

/** Where a worker left off. */
interface CopyState {
  source: number;
  after: string | null;
  items: number;
  annotations: number;
}

const kinds = { clone: 'dataset.clone', merge: 'dataset.merge' } as const;
const stepItems = 5_000;
export type DatasetCopies = ReturnType<typeof datasetCopies>;

/** Clones and merges of datasets: rows are copied in steps, bytes are shared. A clone is a merge of one. */
export function datasetCopies({ db, projects, commands }: { db: Database; projects: ProjectsService; commands: CommandsService }) {
  for (const kind of Object.values(kinds)) commands.handle(kind, (run) => copyAll(db, run));

  /** The sources, each checked for the right to take a copy of it. */
  async function readable(caller: Caller, ids: readonly string[]): Promise<Dataset[]> {
    const found: Dataset[] = [];
    for (const id of ids) {
      await authorizeDataset(db, caller, id, { role: 'developer', scope: 'write' });
      const dataset = await selectDataset(db, id);
      if (!dataset) throw notFound('dataset', id);
      found.push(dataset);
    }
    return found;
  }

  async function startCopy(
    caller: Caller,
    kind: keyof typeof kinds,
    target: { name: string; projectId: string; description: string } | { into: string },
    sources: readonly Dataset[],
    input: Omit<CopyInput, 'target' | 'made'>,
    whenMade: WhenMade<Command> | undefined,
  ): Promise<Command> {
    compileFilter(itemEntity, input.filter, rowAlias);
    if ('into' in target) {
      const { projectId } = await authorizeDataset(db, caller, target.into, { role: 'developer', scope: 'write' });
      return db.tx((tx) => commands.start(tx, caller, { kind: kinds[kind], projectId, subjectId: target.into, input: { ...input, target: target.into, made: false } }, whenMade));
    }
    await authorize(db, caller, target.projectId, { role: 'developer', scope: 'write' });
    const id = newId();
    const { name, projectId } = target;
    const made = { id, orgId: caller.orgId, projectId, name, description: target.description, metadata: {}, kind, sources: sources.map((source) => source.id), itemDays: null, createdBy: caller.email };
    return db
      .tx(async (tx) => {
        await insertDataset(tx, made);
        await updateDataset(tx, id, { recipeId: sharedRecipe(sources, projectId) }, undefined);
        await emit(tx, { type: 'dataset.created', orgId: caller.orgId, projectId, subject: { kind: 'dataset', id }, actor: caller.email, data: { name, sources: made.sources } });
        return commands.start(tx, caller, { kind: kinds[kind], projectId, subjectId: id, input: { ...input, target: id, made: true } }, whenMade);
      })
      .catch((error: unknown) => {
        if (violatedConstraint(error) === 'datasets_name') throw new Fault('conflict', `A dataset named "${name}" exists in this project already.`);
        throw error;
      });
  }

  return {
    /** Copies a dataset, or what a filter finds in it, to a new dataset, or into one that is there. Answers the command; its subject is the target. */
    async clone(caller: Caller, datasetId: string, body: Body<'clone'> & { withAnnotationStatus?: boolean }, whenMade?: WhenMade<Command>): Promise<Command> {
      const [source] = await readable(caller, [datasetId]);
      if (!source) throw notFound('dataset', datasetId);
      if ((body.name === undefined) === (body.into === undefined)) {
        throw new Fault('invalid_request', 'Give either name, for a new dataset, or into, for one that exists.', { errors: [{ path: 'body.name', message: 'give either name or into' }] });
      }
      if (body.into === datasetId && body.folder === undefined) throw new Fault('invalid_request', 'A dataset is cloned into itself only below a folder.');
      const project = body.project === undefined ? source.projectId : (await projects.get(caller, body.project)).id;
      const target = body.into === undefined ? { name: body.name ?? '', projectId: project, description: source.description } : { into: body.into };
      const { filter, withMetadata, withAnnotations, withAnnotationStatus = true, onConflict: rule } = body;
      return startCopy(caller, 'clone', target, [source], { sources: [{ id: datasetId, folder: body.folder ?? '' }], filter, rule, withMetadata, withAnnotations, withAnnotationStatus }, whenMade);
    },

    /** Makes one dataset of several. The same path with the same bytes becomes one item with the annotations of both; other bytes follow the rule. */
    async merge(caller: Caller, body: Body<'merge'> & { withAnnotationStatus?: boolean }, whenMade?: WhenMade<Command>): Promise<Command> {
      if (new Set(body.sources).size < body.sources.length) throw new Fault('invalid_request', 'A source stands twice in the list.', { errors: [{ path: 'body.sources', message: 'must differ' }] });
      const sources = await readable(caller, body.sources);
      const project = body.project === undefined ? sources[0]?.projectId : (await projects.get(caller, body.project)).id;
      if (project === undefined) throw new Fault('invalid_request', 'A merge needs sources.');
      const { filter, withMetadata, withAnnotations, withAnnotationStatus = true, onConflict: rule } = body;
      const named = sources.map((source) => ({ id: source.id, folder: rule === 'folder' ? folderOf(source, sources) : '' }));
      return startCopy(caller, 'merge', { name: body.name, projectId: project, description: body.description }, sources, { sources: named, filter, rule, withMetadata, withAnnotations, withAnnotationStatus }, whenMade);
    },
  };
}

/** The recipe that all have, when they are in the project they are copied to. */
function sharedRecipe(sources: readonly Dataset[], projectId: string): string | null {
  const [first] = sources;
  const shared = first && first.projectId === projectId && sources.every((source) => source.recipeId === first.recipeId);
  return shared ? first.recipeId : null;
}

/** A folder named for a source; two of one name are told apart by the end of their ids. */
function folderOf(source: Dataset, all: readonly Dataset[]): string {
  const plain = source.name.replace(/[^\p{L}\p{N}._ -]/gu, '_').trim() || source.id.slice(-12);
  const twice = all.some((other) => other.id !== source.id && other.name === source.name);
  return `/${twice ? `${plain}~${source.id.slice(-12)}` : plain}`;
}

async function copyAll(db: Database, { command, caller, state, advance }: CommandRun): Promise<Record<string, unknown>> {
  const input = command.input as unknown as CopyInput;
  let at = (state as CopyState | null) ?? { source: 0, after: null, items: 0, annotations: 0 };
  let { done } = command;
  try {
    const total = command.total ?? (await totalOf(db, input));
    // What nobody sees any more takes no path.
    if (!input.made) await sweepExpired(db, { datasetId: input.target });
    while (at.source < input.sources.length) {
      await db.tx(async (tx) => {
        const step = await copyStep(tx, caller, command, input, at);
        done += step.seen;
        at = step.next;
        await advance({ done, total: Math.max(total, done), state: { ...at } }, tx);
      });
    }
    await db.tx(async (tx) => {
      await completeFacts(tx, input.target);
      await emit(tx, event('dataset.copied', caller.email, command, input.target, { sources: input.sources.map((source) => source.id), items: at.items }));
    });
    return { datasetId: input.target, items: at.items, annotations: at.annotations };
  } catch (error) {
    // A target that was made for this copy is of no use with half of it.
    if (error instanceof Fault && input.made) await db.tx((tx) => markDataset(tx, input.target, true));
    throw error;
  }
}

async function totalOf(db: Database, input: CopyInput): Promise<number> {
  let total = 0;
  for (const { id } of input.sources) total += await queryCount(db, itemEntity, input.filter, sql`${rowAlias}.dataset_id = ${id}`);
  return total;
}

async function copyStep(tx: Tx, caller: Caller, command: CommandRun['command'], input: CopyInput, at: CopyState): Promise<{ seen: number; next: CopyState }> {
  const source = input.sources[at.source];
  if (!source) throw new Error('The copy has no such source.');
  await needAlive(tx, source.id, input.target);
  const plan: CopyPlan = {
    from: source.id,
    to: { id: input.target, orgId: command.orgId, projectId: command.projectId },
    filter: input.filter,
    folder: source.folder,
    before: source.id === input.target ? command.id : null,
    withMetadata: input.withMetadata,
    withAnnotations: input.withAnnotations,
    withAnnotationStatus: input.withAnnotationStatus,
    by: caller.email,
  };
  // Only a target that holds something can clash: that of a merge's later sources, or one that was there before.
  const clashes = at.source > 0 || !input.made ? await selectClashes(tx, plan, at.after, stepItems) : [];
  const { beside, counted } = await settle(tx, plan, input.rule, clashes);
  const step = await insertCopies(tx, plan, at.after, stepItems, beside);
  await count(tx, plan.to, { items: step.items - counted.items, bytes: step.bytes - counted.bytes, annotations: step.annotations + counted.annotations });
  const ended = step.seen < stepItems;
  return {
    seen: step.seen,
    next: {
      source: ended ? at.source + 1 : at.source,
      after: ended ? null : step.last,
      items: at.items + step.items - counted.items,
      annotations: at.annotations + step.annotations + counted.annotations,
    },
  };
}

/** Does what the rule says where paths are taken, before the rest is copied. */
async function settle(tx: Tx, plan: CopyPlan, rule: ClashRule, clashes: Awaited<ReturnType<typeof selectClashes>>): Promise<{ beside: string[]; counted: { items: number; bytes: number; annotations: number } }> {
  const counted = { items: 0, bytes: 0, annotations: 0 };
  const same = clashes.filter((clash) => clash.sameBytes);
  const other = clashes.filter((clash) => !clash.sameBytes);
  if (same.length > 0 && plan.withAnnotations) counted.annotations += await uniteAnnotations(tx, plan, same);
  const [first] = other;
  if (!first) return { beside: [], counted };
  if (rule === 'error') throw new Fault('conflict', `"${first.path}" has other bytes in two of the datasets; choose another rule in onConflict.`);
  if (rule === 'last') {
    const gone = await removeTaken(tx, other.map((clash) => clash.taken));
    return { beside: [], counted: { items: gone.items, bytes: gone.bytes, annotations: counted.annotations - gone.annotations } };
  }
  return { beside: rule === 'first' ? [] : other.map((clash) => clash.source), counted };
}

async function needAlive(tx: Tx, ...ids: string[]): Promise<void> {
  const rows = await tx.many<{ id: string }>(sql`select id from datasets where id = any(${ids}::uuid[]) and deleted_at is null for share`);
  const missing = ids.find((id) => !rows.some((row) => row.id === id));
  if (missing !== undefined) throw new Fault('conflict', `The dataset ${missing} was deleted while it was copied.`);
}

function event(type: string, actor: string, command: CommandRun['command'], id: string, data: Record<string, unknown>) {
  return { type, orgId: command.orgId, projectId: command.projectId, subject: { kind: 'dataset', id }, actor, data };
}
