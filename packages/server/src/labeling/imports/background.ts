import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dataset, LossReport } from '@fovea/contract';
import { type Format, FormatError, formatNamed, guessFormats, Ledger, type LabelledItem, mergeReports, splitLists, watchSource, withSplits, type FileSource } from '@fovea/formats';
import { recordBlobs } from '../../catalog/blobs/store.ts';
import type { CommandRun } from '../../catalog/commands/service.ts';
import type { DatasetsService } from '../../catalog/datasets/service.ts';
import { blobFault } from '../../catalog/items/service.ts';
import { Fault } from '../../fault.ts';
import { FileSpools } from '../../media/archives/file-spool.ts';
import { openFiles } from '../../media/archives/open.ts';
import type { OpenedFiles } from '../../media/archives/source.ts';
import { noteList } from '../exports/background.ts';
import { labelsOfRecipe } from '../recipes/format-labels.ts';
import { recipeOf } from '../recipes/of-dataset.ts';
import type { RecipesService } from '../recipes/service.ts';
import { settleLabels } from './labels.ts';
import { Matcher } from './match.ts';
import { importStep, type ImportState, type StepDeps } from './step.ts';
import { reportImport, updateImport, type ImportOutcome, type StoredImport } from './store.ts';

export interface ImportDeps extends StepDeps {
  recipes: RecipesService;
  datasets: DatasetsService;
}

const stepImages = 200;
const stepAnnotations = 5_000;

/** Brings the labels of an uploaded archive in. Run again after a crash, it goes on after the last image that was brought in. */
export async function runImport(deps: ImportDeps, run: CommandRun, work: { row: StoredImport; dataset: Dataset }): Promise<ImportOutcome & { report: LossReport }> {
  const { row } = work;
  const folder = await mkdtemp(join(tmpdir(), 'fovea-import-'));
  const spools = new FileSpools(folder);
  const archive = await deps.blobs.localPath(row.sha256 ?? '');
  let source: OpenedFiles | undefined;
  try {
    source = await openFiles({ path: archive.path, name: row.fileName, bytes: row.sizeBytes, folder });
    const losses = noteList(spools);
    const done = await readAll(deps, run, { ...work, source, losses });
    await losses.flush();
    const list = await deps.blobs.put(losses.read());
    await deps.db.tx(async (tx) => {
      await recordBlobs(tx, [list]);
      await updateImport(tx, row.id, done.outcome);
      await reportImport(tx, row.id, { losses: list.sha256, report: done.report });
    });
    return { ...done.outcome, report: done.report };
  } catch (error) {
    if (error instanceof FormatError) throw new Fault('invalid_request', error.message, { cause: error });
    return blobFault(error);
  } finally {
    await source?.close();
    await archive.release();
    await spools.close();
    await rm(folder, { recursive: true, force: true });
  }
}

type Reading = { row: StoredImport; dataset: Dataset; source: OpenedFiles; losses: ReturnType<typeof noteList> };

async function readAll(deps: ImportDeps, run: CommandRun, given: Reading): Promise<{ outcome: ImportOutcome; report: LossReport }> {
  const { row, dataset, source, losses } = given;
  const { caller } = run;
  const { format, guesses } = await formatOf(source, row.request.format);
  const ledger = new Ledger(undefined, losses.add);
  for (const { path, how } of source.notes) ledger.noted(path, how);
  const recipe = await recipeOf(deps.recipes, caller, dataset);
  const matcher = new Matcher(deps.db, dataset.id, row.request);
  const watched = await watchSource(source);
  const reading = format.read?.(watched.source, { mediaOf: (path) => matcher.mediaOf(path), onNote: losses.add, ...(recipe && { labels: labelsOfRecipe(recipe) }) });
  if (!reading) throw new Fault('invalid_request', `The format "${format.name}" is written only; it cannot be imported.`);
  const state: ImportState = { caller, row, source, matcher, ledger, format, counts: countsOf(run), again: false };
  const total = (seen: number): number | null => reading.expected() ?? watched.estimate(seen);
  await bringAllIn(deps, run, { state, losses, items: withSplits(reading.items, await splitLists(source)), onFile: watched.used, total });
  for (const path of await watched.unread()) ledger.noted(path, `file left out: nothing in it was understood as ${format.title}`);
  const create = row.request.createLabels && !row.request.dryRun;
  const labels = await settleLabels(deps, { caller, dataset, found: reading.labels(), create, ledger });
  const report = mergeReports(reading.report(), ledger.report());
  const { items, annotations } = state.counts;
  // What readers could not bring in did not come in either.
  return { outcome: { format: format.name, guesses, items, annotations: { ...annotations, dropped: report.dropped }, labels }, report };
}

function countsOf({ state }: CommandRun): ImportState['counts'] {
  const kept = state?.['counts'] as ImportState['counts'] | undefined;
  return kept ?? { items: { read: 0, matched: 0, created: 0, unmatched: 0 }, annotations: { imported: 0, existing: 0, deleted: 0, dropped: 0 } };
}

async function formatOf(source: FileSource, wanted: StoredImport['request']['format']): Promise<{ format: Format; guesses: ImportOutcome['guesses'] }> {
  const guesses = await guessFormats(source);
  const named = wanted === 'auto' ? guesses[0]?.format : formatNamed(wanted);
  if (!named) throw new Fault('invalid_request', 'The files are in no label format that is known here. Name it with "format" if they are after all; docs/formats lists them.');
  return { format: named, guesses: guesses.slice(0, 5).map(({ format, score }) => ({ format: format.name, score })) };
}

/** Brings all images in, some at a time. */
async function bringAllIn(
  deps: ImportDeps,
  run: CommandRun,
  given: { state: ImportState; losses: ReturnType<typeof noteList>; items: AsyncIterable<LabelledItem>; onFile: (path: string) => void; total: (seen: number) => number | null },
): Promise<void> {
  const { state, losses, items, onFile, total } = given;
  const before = state.counts.items.read;
  let [step, annotations, seen]: [LabelledItem[], number, number] = [[], 0, 0];
  const bring = async (isLast = false): Promise<void> => {
    // Steps end where those of the run before did, as they depend on the files alone.
    state.again = seen < before;
    seen += step.length;
    await importStep(deps, state, step, (tx) => run.advance({ done: seen, total: isLast ? seen : atLeast(total(seen), seen), message: 'Reading labels.', state: { counts: state.counts } }, tx));
    await losses.flush();
    [step, annotations] = [[], 0];
  };
  for await (const item of items) {
    if (item.file !== undefined) onFile(item.file);
    step.push(item);
    annotations += item.annotations.length;
    if (step.length >= stepImages || annotations >= stepAnnotations) await bring();
  }
  if (step.length > 0) await bring(true);
  else await run.advance({ done: seen, total: seen, message: 'Reading labels.', state: { counts: state.counts } });
}

function atLeast(total: number | null, seen: number): number | null {
  return total === null ? null : Math.max(total, seen);
}
