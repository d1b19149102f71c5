import { bitmapFromRuns, decodeRle } from '@fovea/geometry';
import { fovea } from '../../../api/client.ts';
import { NotFoundError } from '@fovea/sdk';
import type { LabelFrame } from './labels-paint.ts';
import { cut, type Plane } from './planes.ts';

export interface LabelVolume {
  size: [number, number, number];
  data: Uint8Array | Uint16Array;
  names: Record<string, string>;
}

/** What lies on one frame of an item, with the names of the labels by value. */
export async function loadLabels(itemId: string, frame: number, signal: AbortSignal): Promise<{ frame: LabelFrame; names: Record<string, string> } | undefined> {
  const { data } = await fovea.segmentations.frame(itemId, frame, { signal });
  const [first] = data;
  if (!first) return undefined;
  const [height, width] = first.rle.size;
  const values = new Uint16Array(width * height);
  const names: Record<string, string> = {};
  // Masks of series items carry values of their own; the label decides which colour they get.
  for (const { label, value, rle } of data) {
    names[value] = label;
    const bitmap = bitmapFromRuns(decodeRle(rle));
    for (let at = 0; at < bitmap.length; at++) if (bitmap[at] === 1) values[at] = value;
  }
  return { frame: { width, height, data: values }, names };
}

/** All labels of an item or a series as one volume; undefined when there are none. */
export async function loadLabelVolume(of: { itemId: string } | { datasetId: string; series: string }, signal: AbortSignal): Promise<LabelVolume | undefined> {
  try {
    const file = 'itemId' in of ? await fovea.segmentations.download(of.itemId, {}, { signal }) : await fovea.segmentations.downloadOfSeries(of.datasetId, of.series, {}, { signal });
    return { ...(await readNifti(file.bytes)), names: file.labels };
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

/** The NIfTI-1 files of labels that the platform writes: gzip, little endian, 8 or 16 bits (nifti1.h). */
async function readNifti(bytes: Uint8Array): Promise<Pick<LabelVolume, 'size' | 'data'>> {
  const plain = await new Response(new Blob([bytes as BlobPart]).stream().pipeThrough(new DecompressionStream('gzip'))).arrayBuffer();
  const view = new DataView(plain);
  const size: [number, number, number] = [view.getInt16(42, true), view.getInt16(44, true), view.getInt16(46, true)];
  const offset = view.getFloat32(108, true);
  const length = size[0] * size[1] * size[2];
  return { size, data: view.getInt16(70, true) === 2 ? new Uint8Array(plain, offset, length) : new Uint16Array(plain, offset, length) };
}

export function labelPlane(volume: LabelVolume, plane: Plane, slice: number): LabelFrame {
  return { width: plane.width, height: plane.height, data: cut(volume.data, volume.size, plane, slice) };
}
