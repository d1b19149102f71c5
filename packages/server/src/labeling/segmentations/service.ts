import { newId, type AnnotationGeometry, type Parsed, type Rle, type segmentations, type VolumeSlice } from '@fovea/contract';
import { readUntilPixels } from '@fovea/medical/dicom/frame-file.ts';
import { writeSeg } from '@fovea/medical/dicom/seg-write.ts';
import { writeNifti } from '@fovea/medical/nifti/write.ts';
import type { ItemsService } from '../../catalog/items/service.ts';
import { readable } from '../../catalog/scans/readable.ts';
import type { ScansService } from '../../catalog/scans/service.ts';
import type { PlacedVolume } from '../../catalog/scans/volume-cache.ts';
import { Fault } from '../../fault.ts';
import { needScope, type Caller } from '../../identity/caller.ts';
import { newFaults, ruleFault } from '../annotations/rules.ts';
import type { AnnotationsService } from '../annotations/service.ts';
import { toAnnotation, type StoredAnnotation } from '../annotations/store.ts';
import type { CheckedContent } from '../recipes/check.ts';
import { assignValues, LabelPainter, type Combined, type LabelFile } from './combine.ts';
import { readLabels, type LabelLayer, type ScanGrid } from './read-labels.ts';
import { readPicture } from './read-picture.ts';
import { sliceRle, type VolumeFiles } from './volume-files.ts';

type UploadQuery = Parsed<typeof segmentations.upload>['query'];
type DownloadQuery = Parsed<typeof segmentations.download>['query'];
export type SegmentationsService = ReturnType<typeof segmentationsService>;

const maxBytes = 1024 ** 3;

const pictured = ['image', 'video', 'dicom', 'nifti'];

/** Segmentations of scans as annotations, from and to files; and pictures of masks, of whatever has pixels. */
export function segmentationsService({ volumes, items, scans, annotations }: { volumes: VolumeFiles; items: ItemsService; scans: ScansService; annotations: AnnotationsService }) {
  const { gridOf, labelFile } = volumes;

  /** Volumes and masks of items of one project, as far as the caller is shown them. */
  async function segmentsOf(caller: Caller, projectId: string, itemIds: readonly string[], label?: string): Promise<StoredAnnotation[]> {
    const all = await annotations.shownOfItems(caller, projectId, itemIds);
    return all.filter(({ type, draft, label: name }) => (type === 'volume' || type === 'mask') && !draft && (label === undefined || name === label));
  }

  /** A mask for each grey or colour of a picture of the item, or of one frame of it. */
  async function masksOf(caller: Caller, itemId: string, bytes: Uint8Array, { frame: given, labels, source }: UploadQuery) {
    const { kind, mediaType, frames, width, height } = await items.getStored(caller, itemId);
    if (!pictured.includes(kind)) throw new Fault('unsupported_media', `The item is ${mediaType}; a PNG is the mask of a picture, a frame of a video, a DICOM or a NIfTI file.`);
    if (width === null || height === null) throw new Fault('not_available', 'The item has not been looked at yet; its size is not known. Try again soon.', { retryAfterSeconds: 2 });
    const frame = given ?? ((frames ?? 1) === 1 ? (kind === 'image' ? null : 0) : undefined);
    if (frame === undefined) throw new Fault('invalid_request', 'A PNG lies on one frame: say which.', { errors: [{ path: 'query.frame', message: 'is needed' }] });
    const classes = await readPicture(bytes, { width, height }, labels);
    return classes.map(({ label, value, rle }) => ({ source, attributes: {}, endFrame: null, confidence: null, type: 'mask' as const, label, geometry: { type: 'mask' as const, rle }, frame, metadata: { segmentation: { value } } }));
  }

  /** Refuses what the recipe of the item's dataset does not allow, value by value. */
  async function needAllowed(caller: Caller, itemId: string, segments: readonly Segment[]): Promise<void> {
    const recipe = await annotations.recipeOf((await items.getStored(caller, itemId)).datasetId);
    const faults = segments.flatMap(({ metadata, ...content }) => newFaults(recipe, content, { required: false }).map(({ message }) => ({ path: `query.labels.${metadata.segmentation.value}`, message })));
    if (faults.length > 0) throw ruleFault(faults);
  }

  async function combine(segments: readonly StoredAnnotation[], grid: ScanGrid, sliceOf: (segment: StoredAnnotation) => number | undefined): Promise<Combined> {
    if (segments.length === 0) throw new Fault('not_found', 'There is no segmentation.');
    const { values, names } = assignValues(segments);
    const painter = new LabelPainter(grid.dims, Math.max(...names.keys()));
    const files = new Map<string, LabelFile>();
    const notes: string[] = [];
    let { affine } = grid;
    for (const segment of segments) {
      const value = values.get(segment.id) ?? 1;
      const { geometry } = segment;
      if (geometry.type === 'volume') {
        // The file is the one that came with it: what a client wrote into the geometry opens nothing.
        if (segment.blob === null) notes.push(`${segment.label} has no file`);
        else {
          const file = files.get(segment.blob) ?? (await labelFile(segment.blob));
          files.set(segment.blob, file);
          if (file.data.length !== painter.data.length) notes.push(`${segment.label} has another size`);
          else painter.volume(file, geometry.value, value);
          affine = file.affine;
        }
      } else if (geometry.type === 'mask') {
        const slice = sliceOf(segment);
        if (slice === undefined || !painter.mask(geometry, slice, value)) notes.push(`${segment.label} lies on no slice of this size`);
      }
    }
    return { dims: grid.dims.slice(0, 3), affine, data: painter.data, names, notes: [...notes, ...painter.notes()] };
  }

  async function encode(combined: Combined, format: 'nifti' | 'seg', volume: PlacedVolume | undefined): Promise<Uint8Array> {
    const { data, dims, affine, names } = combined;
    if (format === 'nifti') return readable(() => writeNifti({ data, dims, affine, gzip: true, intentCode: 1002 }));
    if (!volume) throw new Fault('unsupported_media', 'A DICOM segmentation needs to know where the scan lies in the patient; its header does not say.');
    const [first] = volume.sources ?? [];
    const segments = [...names].map(([value, label]) => ({ value, label }));
    const reference = first === undefined ? undefined : await readable(() => readUntilPixels(first.path));
    return readable(() => writeSeg({ data, dims, affine, segments, ...(reference ? { reference } : {}), ...(volume.sources ? { sources: volume.sources } : {}) }));
  }

  /** Slices of a multi-frame file are in the order of geometry, frames in that of the file. */
  const sliceOfFrame = (volume: PlacedVolume | undefined, frame: number): number | undefined => {
    if (!volume?.sources) return frame;
    const at = volume.sources.findIndex((source) => source.frame === frame);
    return at === -1 ? undefined : at;
  };

  return {
    maxBytes,

    async upload(caller: Caller, itemId: string, bytes: Uint8Array, query: UploadQuery) {
      needScope(caller, 'label');
      if (isPicture(bytes)) {
        const masks = await masksOf(caller, itemId, bytes, query);
        await needAllowed(caller, itemId, masks);
        return { data: (await annotations.create(caller, itemId, masks, { byRecipe: 'said' })).map(toAnnotation), notes: [] };
      }
      const item = await scans.scan(caller, itemId);
      const extra = { source: query.source, attributes: {}, endFrame: null, confidence: null };
      const { grid } = await gridOf(item);
      const { layers, notes } = await readLabels(bytes, grid, query.labels, query.resample);
      await needAllowed(caller, itemId, segmentsIn(layers, 'volume'));
      const inputs = [];
      for (const layer of layers) {
        const blob = await volumes.store(layer);
        const [i = 1, j = 1, k = 1] = layer.dims;
        for (const [value, label] of layer.names) {
          const geometry: AnnotationGeometry = { type: 'volume', blob, value, size: [i, j, k] };
          inputs.push({ ...extra, type: 'volume' as const, label, geometry, frame: null, blob, metadata: { segmentation: { value } } });
        }
      }
      return { data: (await annotations.create(caller, itemId, inputs, { byRecipe: 'said' })).map(toAnnotation), notes };
    },

    async download(caller: Caller, itemId: string, query: DownloadQuery): Promise<{ bytes: Uint8Array; combined: Combined }> {
      const item = await scans.scan(caller, itemId);
      const segments = await segmentsOf(caller, item.projectId, [itemId], query.label);
      const { grid, volume } = await gridOf(item);
      const combined = await combine(segments, grid, ({ frame }) => sliceOfFrame(volume, frame ?? 0));
      const bytes = await scans.withFile(item.sha256, async (path) => encode(combined, query.format, volume && withPath(volume, path)));
      return { bytes, combined };
    },

    /** What lies on a frame or slice, as masks. */
    async frame(caller: Caller, itemId: string, frame: number): Promise<{ data: { annotationId: string; label: string; value: number; rle: Rle }[] }> {
      const item = await scans.scan(caller, itemId);
      if (item.frames !== null && frame >= item.frames) throw new Fault('not_found', `There is no frame ${frame}: the item has ${item.frames}.`);
      const segments = await segmentsOf(caller, item.projectId, [itemId]);
      const { values } = assignValues(segments);
      const slice = item.kind === 'nifti' || !segments.some(({ type }) => type === 'volume') ? frame : sliceOfFrame((await gridOf(item)).volume, frame);
      const files = new Map<string, LabelFile>();
      const data = [];
      for (const segment of segments) {
        const { geometry, blob } = segment;
        const facts = { annotationId: segment.id, label: segment.label, value: values.get(segment.id) ?? 1 };
        if (geometry.type === 'mask' && (segment.frame ?? 0) === frame) data.push({ ...facts, rle: geometry.rle });
        if (geometry.type !== 'volume' || blob === null || slice === undefined) continue;
        const file = files.get(blob) ?? (await labelFile(blob));
        files.set(blob, file);
        const rle = sliceRle(file, slice, geometry.value);
        if (rle) data.push({ ...facts, rle });
      }
      return { data };
    },

    /** What belongs to a volume annotation, frame by frame. */
    async slices(caller: Caller, annotationId: string): Promise<{ revision: number; data: VolumeSlice[] }> {
      const { geometry, blob, itemId, revision, type } = await annotations.get(caller, annotationId);
      if (geometry.type !== 'volume') throw new Fault('unsupported_media', `The annotation is a ${type}; this is for volumes.`);
      const data = blob === null ? [] : await volumes.slices(await scans.scan(caller, itemId), blob, geometry.value);
      return { revision, data };
    },

    async uploadToSeries(caller: Caller, datasetId: string, uid: string, bytes: Uint8Array, query: Omit<UploadQuery, 'frame'>) {
      needScope(caller, 'label');
      const volume = await scans.seriesVolume(caller, datasetId, uid, true);
      const grid = { dims: volume.dims.slice(0, 3), affine: volume.affine, isPlaced: true };
      const { layers, notes } = await readLabels(bytes, grid, query.labels, query.resample);
      // Before anything is written: the masks are written item by item.
      if (volume.itemIds[0] !== undefined) await needAllowed(caller, volume.itemIds[0], segmentsIn(layers, 'mask'));
      const group = newId();
      const touched = new Set<string>();
      let count = 0;
      for (const [slice, itemId] of volume.itemIds.entries()) {
        const inputs = layers.flatMap((layer) =>
          [...layer.names].flatMap(([value, label]) => {
            const rle = sliceRle(layer, slice, value);
            const frame = volume.sources?.[slice]?.frame ?? 0;
            return rle ? [{ type: 'mask' as const, label, geometry: { type: 'mask' as const, rle }, frame, endFrame: null, attributes: {}, confidence: null, source: query.source, group: `${group}:${value}`, metadata: { segmentation: { value } } }] : [];
          }),
        );
        if (inputs.length === 0) continue;
        await annotations.create(caller, itemId, inputs, { byRecipe: 'said' });
        touched.add(itemId);
        count += inputs.length;
      }
      return { annotations: count, items: touched.size, labels: [...new Set(layers.flatMap((layer) => [...layer.names.values()]))], notes: [...notes, ...volume.notes] };
    },

    async downloadOfSeries(caller: Caller, datasetId: string, uid: string, query: DownloadQuery): Promise<{ bytes: Uint8Array; combined: Combined }> {
      const volume = await scans.seriesVolume(caller, datasetId, uid, true);
      const first = await scans.scan(caller, volume.itemIds[0] ?? '');
      const segments = (await segmentsOf(caller, first.projectId, volume.itemIds, query.label)).filter(({ type }) => type === 'mask');
      const sliceOf = ({ itemId, frame }: StoredAnnotation): number | undefined => {
        const at = volume.itemIds.findIndex((id, slice) => id === itemId && (volume.sources?.[slice]?.frame ?? 0) === (frame ?? 0));
        return at === -1 ? undefined : at;
      };
      const combined = await combine(segments, { dims: volume.dims.slice(0, 3), affine: volume.affine, isPlaced: true }, sliceOf);
      return { bytes: await scans.withFile(first.sha256, (path) => encode(combined, query.format, withPath(volume, path))), combined };
    },
  };
}

/** What a recipe is asked about a label of a file. */
interface Segment extends CheckedContent {
  metadata: { segmentation: { value: number | string } };
}

function segmentsIn(layers: readonly LabelLayer[], type: 'volume' | 'mask'): Segment[] {
  return layers.flatMap(({ names }) => [...names].map(([value, label]) => ({ type, label, attributes: {}, metadata: { segmentation: { value } } })));
}

function isPicture(bytes: Uint8Array): boolean {
  return bytes[0] === 0x89 && bytes[1] === 0x50 && bytes[2] === 0x4e && bytes[3] === 0x47;
}

/** The sources of a volume under the path where the file is now. */
function withPath(volume: PlacedVolume, path: string): PlacedVolume {
  return volume.sources ? { ...volume, sources: volume.sources.map((source) => ({ ...source, path })) } : volume;
}
