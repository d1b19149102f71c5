import type { LabelledAnnotation, LabelledItem, Ledger } from '@fovea/formats';
import sql from 'sql-template-tag';
import { compileFilter } from '../../catalog/query/compile.ts';
import type { ItemQueries } from '../../catalog/items/bulk.ts';
import type { StoredItem } from '../../catalog/items/store.ts';
import type { VersionsService } from '../../catalog/versions/service.ts';
import type { Database } from '../../engines/database/database.ts';
import type { Caller } from '../../identity/caller.ts';
import { annotationEntity } from '../annotations/entity.ts';
import { selectOfItems } from '../annotations/store.ts';
import { splitOf } from './splits.ts';
import type { StoredRequest } from './store.ts';

const pageItems = 500;
/** Annotations are read for so many items at once that they are about this many. */
const stepAnnotations = 10_000;
const picturelike = new Set(['image', 'video', 'dicom', 'nifti']);

/** An item as formats carry it, and what only we know of it: where its bytes are. */
export type Found = { labelled: LabelledItem; sha256: string; sizeBytes: number; link: string };

/** What tells items of datasets and of versions alike. */
type Source = Pick<StoredItem, 'path' | 'sha256' | 'sizeBytes' | 'kind' | 'mediaType' | 'width' | 'height' | 'frames' | 'metadata' | 'labels' | 'channel'> & { fps?: number | null; split?: string | null };

export interface ExportSource {
  db: Database;
  queries: ItemQueries;
  versions: VersionsService;
  /** The platform's address, for links to items. */
  publicUrl(): string;
}

/** The items of an export by path, with their annotations: read page by page, in constant memory. */
export async function* exportItems(deps: ExportSource, caller: Caller, given: { datasetId: string; request: StoredRequest; ledger: Ledger }): AsyncGenerator<Found> {
  const { request, ledger } = given;
  for await (const { item, annotations, link } of request.version === undefined ? itemsNow(deps, caller, given) : itemsOfVersion(deps, caller, { ...given, version: request.version })) {
    if (annotations.length === 0 && !picturelike.has(item.kind)) {
      ledger.noted(item.path.slice(1), 'item left out: it is no image, video or scan, and has no annotations');
      continue;
    }
    if (item.labels.length > 0) ledger.noted(item.path.slice(1), "the item's own labels are left out: label formats have no place for them");
    yield { labelled: labelledItem(item, annotations, request), sha256: item.sha256, sizeBytes: item.sizeBytes, link };
  }
}

type Labelled = { item: Source; annotations: LabelledAnnotation[]; link: string };

async function* itemsNow(deps: ExportSource, caller: Caller, { datasetId, request }: { datasetId: string; request: StoredRequest }): AsyncGenerator<Labelled> {
  const where = compileFilter(annotationEntity, request.annotations, sql`a`);
  let cursor: string | undefined;
  do {
    const page = await deps.queries.find(caller, datasetId, { filter: request.filter, limit: pageItems, cursor });
    for (const step of steps(page.data)) {
      const annotations = Map.groupBy(await selectOfItems(deps.db, step.map(({ id }) => id), { where }), ({ itemId }) => itemId);
      for (const item of step) yield { item, annotations: (annotations.get(item.id) ?? []).map(labelledAnnotation), link: `${deps.publicUrl()}/v1/items/${item.id}/file` };
    }
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
}

async function* itemsOfVersion(deps: ExportSource, caller: Caller, { datasetId, version }: { datasetId: string; version: string }): AsyncGenerator<Labelled> {
  const base = `${deps.publicUrl()}/v1/datasets/${datasetId}/versions/${version}/file`;
  for await (const item of deps.versions.walk(caller, datasetId, version)) {
    const annotations = item.annotations.map((annotation) => labelledAnnotation({ attributes: {}, frame: null, endFrame: null, confidence: null, source: 'human', ...annotation } as LabelledAnnotation));
    yield { item, annotations, link: `${base}?path=${encodeURIComponent(item.path)}` };
  }
}

function* steps(items: readonly StoredItem[]): Generator<StoredItem[]> {
  let step: StoredItem[] = [];
  let count = 0;
  for (const item of items) {
    if (step.length > 0 && count + item.annotationCount > stepAnnotations) {
      yield step;
      [step, count] = [[], 0];
    }
    step.push(item);
    count += item.annotationCount;
  }
  if (step.length > 0) yield step;
}

function labelledItem(item: Source, annotations: LabelledAnnotation[], request: StoredRequest): LabelledItem {
  const { splits } = request;
  const split = item.split ?? splitOf(item, splits);
  const metadata = Object.fromEntries(Object.entries(item.metadata).filter(([key, value]) => !(splits.by === 'metadata' && value === split && key === splits.field)));
  return {
    path: item.path.slice(1),
    width: item.width ?? 0,
    height: item.height ?? 0,
    ...(item.kind !== 'image' && item.frames !== null && { frames: item.frames }),
    ...(typeof item.fps === 'number' && { fps: item.fps }),
    mediaType: item.mediaType,
    sha256: item.sha256,
    ...(split !== undefined && { split }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
    annotations,
  };
}

function labelledAnnotation(annotation: LabelledAnnotation): LabelledAnnotation {
  const { id, type, label, geometry, attributes, frame, endFrame, keyframes, confidence, source, group, zOrder } = annotation;
  return { ...(id !== undefined && { id }), type, label, geometry, attributes, frame, endFrame, confidence, source, ...(keyframes && { keyframes }), ...(group !== undefined && { group }), ...(zOrder !== undefined && { zOrder }) };
}
