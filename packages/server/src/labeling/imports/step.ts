import { isDeepStrictEqual } from 'node:util';
import { pathFault } from '@fovea/contract';
import type { Format, LabelledItem, Ledger } from '@fovea/formats';
import { annotationName } from '@fovea/formats';
import { authorizeDataset, type DatasetAccess } from '../../catalog/datasets/access.ts';
import { itemEvent, placeItems, type Placement } from '../../catalog/items/place.ts';
import { selectItems, updateItem, type StoredItem } from '../../catalog/items/store.ts';
import type { BlobStore } from '../../engines/blobs/blobs.ts';
import type { Database, Tx } from '../../engines/database/database.ts';
import type { Queue } from '../../engines/queue/queue.ts';
import { emit } from '../../events/outbox.ts';
import type { Caller } from '../../identity/caller.ts';
import type { OpenedFiles } from '../../media/archives/source.ts';
import { annotationFault } from '../annotations/check.ts';
import type { AnnotationsService } from '../annotations/service.ts';
import { selectOfItems, type NewAnnotation } from '../annotations/store.ts';
import { isUnkeepable } from './content-key.ts';
import { Present } from './present.ts';
import type { Matched, Matcher } from './match.ts';
import { storeMedia, type StoredMedium } from './media.ts';
import type { ImportOutcome, StoredImport } from './store.ts';

export interface StepDeps {
  db: Database;
  blobs: BlobStore;
  queue: Queue;
  annotations: AnnotationsService;
}

/** What the steps of one import share. */
export interface ImportState {
  caller: Caller;
  row: StoredImport;
  source: OpenedFiles;
  matcher: Matcher;
  ledger: Ledger;
  format: Format;
  counts: Pick<ImportOutcome, 'items' | 'annotations'>;
  /** Nothing is written and counted: these images were brought in before a restart. */
  again: boolean;
}

/** An image that has its item, or will have one that the step makes. */
type Target = { labelled: LabelledItem; item: StoredItem | undefined; medium?: StoredMedium | undefined };

/** Brings some images in: finds or makes their items, adds what they do not have yet. One transaction, in which `after` runs too. */
export async function importStep(deps: StepDeps, state: ImportState, images: readonly LabelledItem[], after: (tx: Tx) => Promise<void>): Promise<void> {
  const { row, counts, again } = state;
  const isDry = row.request.dryRun || again;
  const targets = await findTargets(deps, state, images, isDry);
  const counted = again ? structuredClone(counts) : counts;
  counted.items.read += images.length;
  counted.items.unmatched += images.length - targets.length;
  if (isDry) {
    await bringIn(deps, state, { targets, counted, dataset: undefined, tx: undefined });
    if (!again) await deps.db.tx(after);
    return;
  }
  const dataset = await authorizeDataset(deps.db, state.caller, row.datasetId, { role: 'developer', scope: 'write' });
  const before = structuredClone(counted);
  await deps.db.tx(async (tx) => {
    // The transaction may be tried again.
    Object.assign(counted, structuredClone(before));
    const made = await makeItems(tx, deps, state, dataset, targets.filter(({ item }) => !item));
    await bringIn(deps, state, { targets: targets.map((target) => ({ ...target, item: target.item ?? made.get(target.labelled) })), counted, dataset, tx });
    await after(tx);
  });
}

/** The images that have an item or a file to make one of; the others are reported. */
async function findTargets({ blobs }: StepDeps, { matcher, row, source, ledger }: ImportState, images: readonly LabelledItem[], isDry: boolean): Promise<Target[]> {
  const { match, media } = row.request;
  const matched = await matcher.match(images);
  const open = matched.filter(({ item, labelled }) => !item && labelled.file !== undefined);
  const stored = open.length === 0 || (media === 'skip' && match !== 'auto' && match !== 'sha256') ? new Map<LabelledItem, StoredMedium>() : await storeMedia(blobs, source, open.map(({ labelled }) => labelled), isDry || media === 'skip');
  if (match === 'auto' || match === 'sha256') {
    for (const image of open) image.labelled.sha256 ??= stored.get(image.labelled)?.blob.sha256;
    await matcher.byDigest(open);
  }
  return matched.flatMap((image): Target[] => {
    const { labelled, item } = image;
    if (item) return [{ labelled, item }];
    const medium = stored.get(labelled);
    const fault = medium && media === 'add' ? pathFault(matcher.pathOf(labelled.path)) : undefined;
    if (medium && media === 'add' && fault === undefined) return [{ labelled, item: undefined, medium }];
    refuse(ledger, image, fault === undefined ? image.why : `its path ${fault}`);
    return [];
  });
}

function refuse(ledger: Ledger, { labelled }: Matched, why = 'there is no item for it in the dataset'): void {
  ledger.noted(labelled.path, `image left out: ${why}`);
  for (const [index, annotation] of labelled.annotations.entries()) ledger.dropped(labelled.path, annotationName(annotation, index), 'its image is left out');
}

/** Items of media out of the archive. */
async function makeItems(tx: Tx, { queue }: StepDeps, { caller, row, matcher, ledger }: ImportState, dataset: DatasetAccess, targets: readonly Target[]): Promise<Map<LabelledItem, StoredItem>> {
  const placements = targets.flatMap(({ labelled, medium }): Placement[] => {
    if (!medium) return [];
    const metadata = { ...labelled.metadata, ...(labelled.split !== undefined && { split: labelled.split }) };
    const isBad = isUnkeepable(metadata);
    if (isBad) ledger.noted(labelled.path, 'metadata left out: it has characters that cannot be kept (NUL, or half of a pair)');
    return [{ path: matcher.pathOf(labelled.path), blob: medium.blob, media: medium.media, status: row.request.status, ...(!isBad && { metadata }) }];
  });
  if (placements.length === 0) return new Map();
  const placed = await placeItems(tx, queue, caller, dataset, placements, 'skip');
  const items = new Map((await selectItems(tx, placed.map(({ id }) => id))).map((item) => [item.id, item]));
  return new Map(targets.flatMap(({ labelled }, index) => {
    const item = items.get(placed[index]?.id ?? '');
    return item ? [[labelled, item] as const] : [];
  }));
}

/** Adds the annotations that items do not have, and deletes the others where that was asked for. */
async function bringIn(
  deps: StepDeps,
  state: ImportState,
  step: { targets: readonly Target[]; counted: ImportState['counts']; dataset: DatasetAccess | undefined; tx: Tx | undefined },
): Promise<void> {
  const { targets, counted, dataset, tx } = step;
  const { row, caller } = state;
  const known = targets.flatMap(({ item, medium }) => (item && !medium ? [item.id] : []));
  const existing = Map.groupBy(known.length > 0 ? await selectOfItems(tx ?? deps.db, known) : [], ({ itemId }) => itemId);
  const rows: NewAnnotation[] = [];
  for (const { labelled, item, medium } of targets) {
    if (medium) counted.items.created += 1;
    else counted.items.matched += 1;
    if (item && !medium) noteMetadata(state.ledger, labelled, item);
    const present = new Present((item && existing.get(item.id)) ?? [], labelled, state.format);
    for (const content of accepted(state, labelled, item, counted)) {
      if (present.take(content)) counted.annotations.existing += 1;
      else {
        counted.annotations.imported += 1;
        const { id: _id, ...rest } = content;
        if (item && tx) rows.push(deps.annotations.row(caller, item, { ...rest, source: rest.source === 'human' ? 'import' : rest.source }));
      }
    }
    if (row.request.annotations === 'replace') {
      for (const id of present.rest()) {
        counted.annotations.deleted += 1;
        if (tx) await deps.annotations.deleteIn(tx, caller, id);
      }
    }
    if (item && tx && !medium) await keepSplit(tx, caller, item, labelled.split);
  }
  if (tx && dataset && rows.length > 0) await deps.annotations.insertManyIn(tx, caller, dataset, rows);
}

/** An item that was there before keeps its own metadata; what the files say besides is told. */
function noteMetadata(ledger: Ledger, { path, metadata = {} }: LabelledItem, item: StoredItem): void {
  const left = Object.keys(metadata).filter((key) => !isDeepStrictEqual(item.metadata[key], metadata[key]));
  if (left.length > 0) ledger.noted(path, `metadata left out, as the item was there before and keeps its own: ${left.sort().slice(0, 10).join(', ').slice(0, 200)}`);
}

/** The annotations of an image that its item can have; the others are reported. */
function accepted({ ledger }: ImportState, labelled: LabelledItem, item: StoredItem | undefined, counted: ImportState['counts']): LabelledItem['annotations'] {
  return labelled.annotations.filter((annotation, index) => {
    const size = item ?? { width: null, height: null, frames: null };
    const fault = isUnkeepable(annotation) ? 'it has characters that cannot be kept (NUL, or half of a pair)' : annotationFault(annotation, size);
    if (fault === undefined) return true;
    counted.annotations.dropped += 1;
    ledger.dropped(labelled.path, annotationName(annotation, index), fault);
    return false;
  });
}

/** The part of the dataset that the files put an item into. */
async function keepSplit(tx: Tx, caller: Caller, item: StoredItem, split: string | undefined): Promise<void> {
  if (split === undefined || item.metadata['split'] === split || isUnkeepable(split)) return;
  await updateItem(tx, item.id, { metadata: { ...item.metadata, split } }, caller.email);
  await emit(tx, itemEvent('item.updated', caller, item, { changed: ['metadata'] }));
}
