import { scans, series, type ArrayFacts, type sliceAxes } from '@fovea/contract';
import type { CallOptions, QueryInput } from '../client.ts';
import { Feature } from '../feature.ts';
import { readArray, type ScanArray } from '../transfer/scan-array.ts';

type SliceAxis = (typeof sliceAxes)[number];
export type { ArrayFacts, ScanArray };

/** DICOM and NIfTI items: headers, pictures, stored values. Frames and slices count from 0. */
export class Scans extends Feature {
  /** The whole header: the DICOM JSON model, or the fields of a NIfTI header. */
  readonly header = this.method(scans.header, 'item');
  /** A frame as PNG or JPEG, at any window, as a Response. */
  frame(item: string, frame: number | string, query: QueryInput<typeof scans.frame> = {}, options: CallOptions = {}): Promise<Response> {
    return this.client.run(scans.frame, { ...options, params: { item, frame: String(frame) }, query });
  }
  /** A slice of a volume along any axis as PNG or JPEG, as a Response. */
  slice(item: string, axis: SliceAxis, index: number | 'middle', query: QueryInput<typeof scans.slice> = {}, options: CallOptions = {}): Promise<Response> {
    return this.client.run(scans.slice, { ...options, params: { item, axis, index: String(index) }, query });
  }

  /** The stored values of a frame as a typed array, with what turns them into real ones. */
  async pixels(item: string, frame: number | string, query: QueryInput<typeof scans.pixels> = {}, options: CallOptions = {}): Promise<ScanArray> {
    return readArray(await this.client.run(scans.pixels, { ...options, params: { item, frame: String(frame) }, query }));
  }

  /** The voxels of a volume as a typed array, [slice][row][column]. For a NIfTI file instead, call `scans.volume` with `format: 'nifti'`. */
  async volume(item: string, query: Omit<QueryInput<typeof scans.volume>, 'format'> = {}, options: CallOptions = {}): Promise<ScanArray> {
    return readArray(await this.client.run(scans.volume, { ...options, params: { item }, query: { ...query, format: 'raw' } }));
  }
}

/** DICOM series of a dataset. */
export class Series extends Feature {
  /** Lists the series of a dataset. */
  readonly list = this.listOf(series.list, 'dataset');
  /** A series in order, by where its slices lie in the patient; gaps and duplicates are reported. */
  readonly get = this.method(series.get, 'dataset', 'series');
  /** A slice of the volume that the series makes, along any axis, as PNG or JPEG, as a Response. */
  slice(dataset: string, uid: string, axis: SliceAxis, index: number | 'middle', query: QueryInput<typeof series.slice> = {}, options: CallOptions = {}): Promise<Response> {
    return this.client.run(series.slice, { ...options, params: { dataset, series: uid, axis, index: String(index) }, query });
  }

  /** The voxels of the series in real values as a typed array, [slice][row][column]. */
  async volume(dataset: string, uid: string, query: Omit<QueryInput<typeof series.volume>, 'format'> = {}, options: CallOptions = {}): Promise<ScanArray> {
    return readArray(await this.client.run(series.volume, { ...options, params: { dataset, series: uid }, query: { ...query, format: 'raw' } }));
  }
}
