import { segmentations, type ResultOf } from '@fovea/contract';
import { platform } from '#platform';
import type { CallOptions, Upload } from '../client.ts';
import { Feature } from '../feature.ts';
import { openSource, type UploadSource } from '../transfer/source.ts';

/** What an uploaded segmentation says. */
export interface SegmentationOptions extends CallOptions {
  /** Names of the label values: `{ 1: 'liver' }`; of a coloured PNG `{ '#ff0000': 'liver' }`. */
  labels?: Record<string | number, string> | undefined;
  /** Of a PNG: the frame that it lies on. */
  frame?: number | undefined;
  /** Bring it onto the voxels of the scan when it lies on others. Default: no, that is an error. */
  resample?: boolean | undefined;
  source?: 'human' | 'model' | 'import' | undefined;
}

/** A segmentation as a file, with the names of its values. */
export interface SegmentationFile {
  bytes: Uint8Array;
  labels: Record<string, string>;
  notes: string[];
}

/** Segmentations of scans: volumes and masks as annotations, from and to NIfTI, PNG and DICOM SEG. */
export class Segmentations extends Feature {
  /** What belongs to a volume annotation, frame by frame, run-length encoded (COCO). */
  readonly slices = this.method(segmentations.slices, 'annotation');

  /** Adds the segmentation in a NIfTI, PNG or DICOM SEG file to an item: an annotation for each label. */
  async upload(item: string, source: UploadSource, options: SegmentationOptions = {}): Promise<ResultOf<typeof segmentations.upload>> {
    const { labels, frame, resample, source: by, ...call } = options;
    const query = { ...queryOf(labels, resample, by), frame };
    return this.client.run(segmentations.upload, { ...call, params: { item }, query, body: await bodyOf(source) });
  }

  /** Adds a segmentation to a series: a mask for each label on the items that it touches. */
  async uploadToSeries(dataset: string, uid: string, source: UploadSource, options: Omit<SegmentationOptions, 'frame'> = {}): Promise<ResultOf<typeof segmentations.uploadToSeries>> {
    const { labels, resample, source: by, ...call } = options;
    return this.client.run(segmentations.uploadToSeries, { ...call, params: { dataset, series: uid }, query: queryOf(labels, resample, by), body: await bodyOf(source) });
  }

  /** The volumes and masks of an item as one NIfTI or DICOM SEG file. */
  async download(item: string, query: { format?: 'nifti' | 'seg'; label?: string } = {}, options: CallOptions = {}): Promise<SegmentationFile> {
    return fileOf(await this.client.run(segmentations.download, { ...options, params: { item }, query }));
  }

  /** The masks of the items of a series as one NIfTI or DICOM SEG file. */
  async downloadOfSeries(dataset: string, uid: string, query: { format?: 'nifti' | 'seg'; label?: string } = {}, options: CallOptions = {}): Promise<SegmentationFile> {
    return fileOf(await this.client.run(segmentations.downloadOfSeries, { ...options, params: { dataset, series: uid }, query }));
  }

  /** What lies on one frame or slice, run-length encoded (COCO). */
  frame(item: string, frame: number | string, options: CallOptions = {}): Promise<ResultOf<typeof segmentations.frame>> {
    return this.client.run(segmentations.frame, { ...options, params: { item, frame: String(frame) } });
  }
}

function queryOf(labels: SegmentationOptions['labels'], resample: boolean | undefined, source: SegmentationOptions['source']): Record<string, unknown> {
  return { labels: labels && JSON.stringify(labels), resample, source };
}

async function bodyOf(source: UploadSource): Promise<Upload> {
  const opened = await openSource(source);
  return { open: (sent) => platform.body(opened, sent), replayable: opened.replayable, onSent: () => undefined };
}

async function fileOf(response: Response): Promise<SegmentationFile> {
  const json = (name: string): unknown => JSON.parse(response.headers.get(name) ?? 'null');
  return {
    bytes: new Uint8Array(await response.arrayBuffer()),
    labels: (json('x-fovea-labels') ?? {}) as Record<string, string>,
    notes: (json('x-fovea-notes') ?? []) as string[],
  };
}
