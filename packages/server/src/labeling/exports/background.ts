import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dataset, Recipe } from '@fovea/contract';
import { compareText, FormatError, formatNamed, Ledger, type LabelSet, type LossNote, mergeReports } from '@fovea/formats';
import { recordBlobs } from '../../catalog/blobs/store.ts';
import type { CommandRun } from '../../catalog/commands/service.ts';
import { blobFault } from '../../catalog/items/service.ts';
import { rootOf } from '../../catalog/versions/read.ts';
import type { BlobStore } from '../../engines/blobs/blobs.ts';
import { Fault } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import { FileSpools } from '../../media/archives/file-spool.ts';
import { selectLabels } from '../annotations/store.ts';
import { labelsOfRecipe } from '../recipes/format-labels.ts';
import { recipeOf } from '../recipes/of-dataset.ts';
import type { RecipesService } from '../recipes/service.ts';
import { archiveOf } from './archive.ts';
import { fileNameSafe } from './file-name.ts';
import { exportItems, type ExportSource, type Found } from './items.ts';
import { completeExport, type StoredExport } from './store.ts';

export interface ExportDeps extends ExportSource {
  blobs: BlobStore;
  recipes: RecipesService;
}

const keptDays = 30;
const reportMs = 500;
const maxProbeWaitMs = 15 * 60_000;
const maxArchiveBytes = 4 * 1024 ** 4;

/** Makes the archive of an export. Run again after a crash it begins anew, and makes the same. */
export async function runExport(deps: ExportDeps, run: CommandRun, work: { row: StoredExport; dataset: Dataset }): Promise<{ items: number; report: StoredExport['report']; sha256: string; sizeBytes: number; fileName: string }> {
  const { row, dataset } = work;
  const { request } = row;
  const format = formatNamed(request.format);
  if (!format) throw new Fault('invalid_request', `There is no format "${request.format}".`);
  if (request.version === undefined) await probed(deps, run, work);
  const folder = await mkdtemp(join(tmpdir(), 'fovea-export-'));
  const spools = new FileSpools(folder);
  try {
    const losses = noteList(spools);
    const ledger = new Ledger(undefined, losses.add);
    const counted = { items: 0 };
    const name = request.name ?? dataset.name;
    const archive = archiveOf({
      format,
      request,
      name,
      spools,
      labels: await labelsFor(deps, run, work),
      items: watched(deps, run, { row, ledger, losses, counted }),
      openBlob: (sha256) => deps.blobs.get(sha256),
      onNote: losses.add,
    });
    const blob = await deps.blobs.put(archive.bytes, { maxBytes: maxArchiveBytes });
    await losses.flush();
    const list = await deps.blobs.put(losses.read(), { maxBytes: maxArchiveBytes });
    const report = mergeReports(archive.report(), ledger.report());
    const made = { items: counted.items, fileName: `${fileNameSafe(name)}-${format.name}.zip`, archive: blob, losses: list.sha256, report };
    await deps.db.tx(async (tx) => {
      await recordBlobs(tx, [blob, list]);
      await completeExport(tx, row.id, { ...made, expiresAt: new Date(Date.now() + keptDays * 86_400_000).toISOString() });
    });
    return { items: made.items, report, sha256: blob.sha256, sizeBytes: blob.size, fileName: made.fileName };
  } catch (error) {
    if (error instanceof FormatError) throw new Fault('invalid_request', error.message, { cause: error });
    return blobFault(error);
  } finally {
    await spools.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Waits until every item of the export has been looked at: labels in shares of the picture need its size. */
async function probed({ queries }: ExportDeps, { caller, advance }: CommandRun, { row, dataset }: { row: StoredExport; dataset: Dataset }): Promise<void> {
  const deadline = Date.now() + maxProbeWaitMs;
  for (;;) {
    const { count } = await queries.count(caller, dataset.id, { and: [row.request.filter, { probe: 'pending' }] });
    if (count === 0 || Date.now() > deadline) return;
    await advance({ done: 0, total: null, message: `Waiting until ${count.toLocaleString('en')} items have been looked at.` });
    await new Promise((resolve) => setTimeout(resolve, reportMs));
  }
}

/** The labels in the order that numbered formats number them in: those of the recipe, then all others by name, whatever is filtered. */
async function labelsFor(deps: ExportDeps, { caller }: CommandRun, { dataset, row }: { dataset: Dataset; row: StoredExport }): Promise<LabelSet> {
  const { version } = row.request;
  const recipe = version === undefined ? await recipeOf(deps.recipes, caller, dataset) : ((await rootOf(deps.db, { projectId: row.projectId, id: version })).recipe as Recipe | null);
  const labels = recipe ? labelsOfRecipe(recipe).labels : [];
  const known = new Set(labels.map(({ name }) => name));
  const used = version === undefined ? await selectLabels(deps.db, dataset.id) : await labelsOfVersion(deps, caller, dataset.id, version);
  return { labels: [...labels, ...used.filter((name) => !known.has(name)).map((name) => ({ name }))] };
}

async function labelsOfVersion({ versions }: ExportDeps, caller: Caller, datasetId: string, version: string): Promise<string[]> {
  const names = new Set<string>();
  for await (const { annotations } of versions.walk(caller, datasetId, version)) for (const { label } of annotations) names.add(label);
  return [...names].sort(compareText);
}

/** The items, with the command told how far it is; cancelled, it ends here. */
async function* watched(
  deps: ExportDeps,
  run: CommandRun,
  given: { row: StoredExport; ledger: Ledger; losses: NoteList; counted: { items: number } },
): AsyncGenerator<Found> {
  const { row, ledger, losses, counted } = given;
  const { version, filter } = row.request;
  const total = version === undefined ? (await deps.queries.count(run.caller, row.datasetId, filter)).count : (await deps.versions.get(run.caller, row.datasetId, version)).itemCount;
  let nextMs = 0;
  for await (const found of exportItems(deps, run.caller, { datasetId: row.datasetId, request: row.request, ledger })) {
    counted.items += 1;
    if (Date.now() >= nextMs) {
      await run.advance({ done: counted.items, total: Math.max(total, counted.items), message: 'Writing labels.' });
      nextMs = Date.now() + reportMs;
    }
    await losses.flush();
    yield found;
  }
  await run.advance({ done: counted.items, total: counted.items, message: 'Writing the archive.' });
}

/** Every single loss as a line of JSON, on the disk. */
export type NoteList = ReturnType<typeof noteList>;

export function noteList(spools: FileSpools) {
  const spool = spools.create();
  let waiting: string[] = [];
  return {
    add: (note: LossNote): void => void waiting.push(`${JSON.stringify(note)}\n`),
    async flush(): Promise<void> {
      if (waiting.length === 0) return;
      const text = waiting.join('');
      waiting = [];
      await spool.append(Buffer.from(text));
    },
    read: () => spool.read(),
  };
}
