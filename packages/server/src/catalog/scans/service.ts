import type { Parsed, scans, series } from '@fovea/contract';
import { fileJson, type JsonDataSet } from '@fovea/medical/dicom/json-model.ts';
import { readUntilPixels } from '@fovea/medical/dicom/frame-file.ts';
import { rawFrame, renderDicomFrame } from '@fovea/medical/dicom/render.ts';
import { orderSeries } from '@fovea/medical/dicom/series.ts';
import { volumeFromDicomSeries } from '@fovea/medical/dicom/volume.ts';
import { parseNiftiFront } from '@fovea/medical/nifti/parse.ts';
import { readVolume } from '@fovea/medical/nifti/read.ts';
import { cutSlice, renderVolumeSlice, type Axis, type SliceOptions } from '@fovea/medical/nifti/slice.ts';
import { writeNifti } from '@fovea/medical/nifti/write.ts';
import type { BlobStore } from '../../engines/blobs/blobs.ts';
import type { Database } from '../../engines/database/database.ts';
import { Fault, notFound } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import { cutPage, listMark, readCursor, type Page } from '../../paging.ts';
import { authorizeDataset } from '../datasets/access.ts';
import { selectSeries, selectSeriesItems, type SeriesSummary } from '../items/series-store.ts';
import { blobFault, type ItemsService } from '../items/service.ts';
import type { StoredItem } from '../items/store.ts';
import { frameArray, sliceArray, volumeArray, type StoredArray } from './arrays.ts';
import { describeOrder } from './ordered-series.ts';
import { readable } from './readable.ts';
import { VolumeCache, type PlacedVolume } from './volume-cache.ts';

type FrameQuery = Parsed<typeof scans.frame>['query'];
type SliceQuery = Parsed<typeof scans.slice>['query'];
type SliceAxis = Parsed<typeof scans.slice>['params']['axis'];
export type ScansService = ReturnType<typeof scansService>;

/** A picture with what names it: the same name, the same bytes. */
export interface Rendered {
  bytes: Uint8Array;
  mediaType: 'image/png' | 'image/jpeg';
}

const maxInstances = 10_000;

/** DICOM and NIfTI items and DICOM series: headers, pictures, stored values, volumes. */
export function scansService({ db, blobs, items, cache = new VolumeCache() }: { db: Database; blobs: BlobStore; items: ItemsService; cache?: VolumeCache }) {
  /** Runs with the item's bytes as a file on this machine. */
  async function withFile<T>(sha256: string, work: (path: string) => Promise<T>): Promise<T> {
    const file = await blobs.localPath(sha256).catch(blobFault);
    try {
      return await readable(() => work(file.path));
    } finally {
      await file.release();
    }
  }

  /** The item, when it is a scan. */
  async function scan(caller: Caller, itemId: string): Promise<StoredItem & { kind: 'dicom' | 'nifti' }> {
    const item = await items.getStored(caller, itemId);
    if (item.kind === 'dicom' || item.kind === 'nifti') return item as StoredItem & { kind: 'dicom' | 'nifti' };
    throw new Fault('unsupported_media', `The item is ${item.mediaType}; this is for DICOM and NIfTI files.`);
  }

  /** The volume of one item: a NIfTI file at a point in time, or the frames of a DICOM file. */
  function itemVolume(item: Pick<StoredItem, 'sha256' | 'kind'>, time: number): Promise<PlacedVolume> {
    return cache.get(`${item.sha256}@${time}`, () =>
      withFile(item.sha256, async (path) => {
        if (item.kind === 'dicom') return volumeFromDicomSeries([path]);
        const volume = await readVolume(path, { time });
        return { ...volume, affine: volume.header.affine, notes: [] };
      }),
    );
  }

  async function seriesItems(caller: Caller, datasetId: string, uid: string): Promise<StoredItem[]> {
    await authorizeDataset(db, caller, datasetId, { role: 'annotator', scope: 'read' });
    const found = await selectSeriesItems(db, datasetId, uid, maxInstances + 1);
    if (found.length === 0) throw notFound('series', uid);
    if (found.length > maxInstances) throw new Fault('too_large', `The series has more than ${maxInstances.toLocaleString('en')} instances.`);
    return found;
  }

  /** The volume that the image items of a series make, with the items by slice. */
  async function seriesVolume(caller: Caller, datasetId: string, uid: string, allowGaps: boolean): Promise<PlacedVolume & { itemIds: readonly string[] }> {
    const images = (await seriesItems(caller, datasetId, uid)).filter((item) => (item.frames ?? 0) > 0 && item.problem === null);
    if (images.length === 0) throw new Fault('unsupported_media', 'The series has no images.');
    const key = [...images.map((item) => item.sha256).sort(), allowGaps].join(',');
    const releases: (() => Promise<void>)[] = [];
    const volume = await cache.get(key, async () => {
      try {
        const paths = new Set<string>();
        for (const item of images) {
          const file = await blobs.localPath(item.sha256).catch(blobFault);
          releases.push(file.release);
          paths.add(file.path);
        }
        return await readable(() => volumeFromDicomSeries([...paths], { allowGaps }));
      } finally {
        for (const release of releases) await release();
      }
    });
    const byUid = new Map(images.map((item) => [item.summary['sopInstanceUid'], item.id]));
    return { ...volume, itemIds: (volume.sources ?? []).map((source) => byUid.get(source.sopInstanceUid) ?? '') };
  }

  async function paint(volume: PlacedVolume, axis: SliceAxis, index: string, query: Omit<SliceQuery, 'time'>): Promise<Rendered> {
    const bytes = await readable(() => renderVolumeSlice(volume, { ...sliceOptions(volume, axis, index), ...pictureOptions(query) }));
    return { bytes, mediaType: `image/${query.format}` };
  }

  return {
    scan,
    itemVolume,
    seriesVolume,
    seriesItems,
    withFile,

    /** The DICOM JSON model (PS3.18 annex F) of a DICOM item, or the header fields of a NIfTI item. */
    async header(caller: Caller, itemId: string): Promise<Record<string, unknown>> {
      const item = await scan(caller, itemId);
      if (item.kind === 'dicom') return withFile(item.sha256, async (path) => withoutPixels(fileJson(await readUntilPixels(path))));
      const front: Buffer[] = [];
      for await (const part of await blobs.get(item.sha256, { start: 0, end: Math.min(item.sizeBytes, 65_536) - 1 }).catch(blobFault)) front.push(part as Buffer);
      return readable(() => ({ ...parseNiftiFront(new Uint8Array(Buffer.concat(front))) }));
    },

    async frame(caller: Caller, itemId: string, frame: number, query: FrameQuery): Promise<Rendered> {
      const item = await scan(caller, itemId);
      const { format } = query;
      if (item.kind === 'nifti') return paint(await itemVolume(item, query.time), 'k', String(frame), query);
      const options = { frame, overlays: query.overlays, ...pictureOptions(query), format };
      return { bytes: await withFile(item.sha256, (path) => renderDicomFrame(path, options)), mediaType: `image/${format}` };
    },

    /** The stored values of a frame, or of a slice along k. */
    async pixels(caller: Caller, itemId: string, frame: number, time: number): Promise<StoredArray> {
      const item = await scan(caller, itemId);
      if (item.kind === 'dicom') return withFile(item.sha256, async (path) => frameArray(await rawFrame(path, frame)));
      const volume = await itemVolume(item, time);
      return readable(() => sliceArray(volume, cutSlice(volume, 'k', frame)));
    },

    async slice(caller: Caller, itemId: string, axis: SliceAxis, index: string, query: SliceQuery): Promise<Rendered> {
      return paint(await itemVolume(await scan(caller, itemId), query.time), axis, index, query);
    },

    async volume(caller: Caller, itemId: string, time: number): Promise<PlacedVolume> {
      return itemVolume(await scan(caller, itemId), time);
    },

    async listSeries(caller: Caller, datasetId: string, query: Parsed<typeof series.list>['query']): Promise<Page<SeriesSummary>> {
      await authorizeDataset(db, caller, datasetId, { role: 'annotator', scope: 'read' });
      const { limit, cursor, ...filter } = query;
      const mark = listMark('series', [datasetId, filter]);
      const after = readCursor(cursor, mark, 1)?.[0]?.toString();
      const rows = await selectSeries(db, datasetId, { ...filter, limit, after });
      return cutPage(rows, { limit, mark, position: (row) => [row.series], map: (row) => row });
    },

    /** A series in the order of its geometry, with what is missing and what is there twice. */
    async getSeries(caller: Caller, datasetId: string, uid: string) {
      const found = await seriesItems(caller, datasetId, uid);
      const [summary] = await selectSeries(db, datasetId, { limit: 1, series: uid });
      const [order] = orderSeries(found.map((item) => ({ ...item.summary, item })));
      if (!summary || !order) throw notFound('series', uid);
      return { ...summary, ...describeOrder(order) };
    },

    async seriesSlice(caller: Caller, datasetId: string, uid: string, slice: { axis: SliceAxis; index: string }, query: Parsed<typeof series.slice>['query']): Promise<Rendered> {
      return paint(await seriesVolume(caller, datasetId, uid, query.allowGaps), slice.axis, slice.index, query);
    },

    /** All voxels as an array. */
    array: (volume: PlacedVolume): StoredArray => volumeArray(volume),

    /** All voxels as a compressed NIfTI file. */
    nifti(volume: PlacedVolume): Promise<Uint8Array> {
      const { data, dims, affine, header } = volume;
      if (volume.channels !== 1) throw new Fault('unsupported_media', 'A volume of colours or complex numbers is not written as NIfTI.');
      return readable(() => writeNifti({ data, dims, affine, gzip: true, slope: header.slope, intercept: header.intercept }));
    },
  };
}

/** Also pixels that are small enough to stand inline are no part of a header. */
function withoutPixels(header: JsonDataSet): JsonDataSet {
  const pixels = ['7FE00010', '7FE00008', '7FE00009'].flatMap((tag) => (header[tag] ? [[tag, { vr: header[tag].vr }] as const] : []));
  return { ...header, ...Object.fromEntries(pixels) };
}

const anatomical = { sagittal: 0, coronal: 1, axial: 2 } as const;
const axes = ['i', 'j', 'k'] as const;

/** Which voxel axis runs along an axis of the patient (RAS+): the one whose direction is nearest to it. */
function sliceOptions(volume: PlacedVolume, axis: SliceAxis, index: string): Pick<SliceOptions, 'axis' | 'index' | 'upright'> {
  const at = index === 'middle' ? {} : { index: Number(index) };
  if (axis === 'i' || axis === 'j' || axis === 'k') return { axis, ...at };
  const row = volume.affine[anatomical[axis]];
  const steps = [0, 1, 2].map((column) => {
    const length = Math.hypot(...volume.affine.map((other) => other[column] ?? 0));
    return Math.abs(row[column] ?? 0) / (length || 1);
  });
  const nearest: Axis = axes[steps.indexOf(Math.max(...steps))] ?? 'k';
  return { axis: nearest, upright: true, ...at };
}

function pictureOptions(query: Pick<SliceQuery, 'window' | 'windowCenter' | 'windowWidth' | 'maxSize' | 'format'>): Pick<SliceOptions, 'window' | 'maxSize'> & { format: 'png' | 'jpeg' } {
  const { windowCenter: center, windowWidth: width } = query;
  const window = center !== undefined && width !== undefined ? { center, width } : query.window === 'percentile' ? ('percentile' as const) : undefined;
  return { format: query.format, ...(window === undefined ? {} : { window }), ...(query.maxSize === undefined ? {} : { maxSize: query.maxSize }) };
}
