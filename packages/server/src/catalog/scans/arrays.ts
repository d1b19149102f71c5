import type { ArrayFacts } from '@fovea/contract';
import type { RawFrame } from '@fovea/medical/dicom/render.ts';
import { displayWindow, type SlicePlane } from '@fovea/medical/nifti/slice.ts';
import type { PlacedVolume } from './volume-cache.ts';

type NumberArray = RawFrame['data'];

/** Bytes with how to read them. */
export interface StoredArray {
  facts: ArrayFacts;
  bytes: Uint8Array;
}

function dtypeOf(data: NumberArray): ArrayFacts['dtype'] {
  return data.constructor.name.replace(/Array$/, '').toLowerCase() as ArrayFacts['dtype'];
}

/** Typed arrays are little endian on every machine that Node runs on. */
function bytesOf(data: NumberArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** The stored values of a DICOM frame. */
export function frameArray(frame: RawFrame): StoredArray {
  const { data, rows, columns, samplesPerPixel, rescale, window } = frame;
  const facts: ArrayFacts = {
    dtype: dtypeOf(data),
    shape: samplesPerPixel > 1 ? [rows, columns, samplesPerPixel] : [rows, columns],
    slope: rescale.slope,
    intercept: rescale.intercept,
    window: window ? { center: window.center, width: window.width } : null,
    photometric: frame.photometric,
    affine: null,
  };
  return { facts, bytes: bytesOf(data) };
}

/** The voxels of a slice of a volume. */
export function sliceArray(volume: PlacedVolume, { data, width, height }: SlicePlane): StoredArray {
  return { facts: { ...volumeFacts(volume), shape: [height, width, ...samples(volume)], dtype: dtypeOf(data) }, bytes: bytesOf(data) };
}

/** All voxels: the slowest axis first, so that [slice][row][column] is [k][j][i]. */
export function volumeArray(volume: PlacedVolume): StoredArray {
  return { facts: volumeFacts(volume), bytes: bytesOf(volume.data) };
}

function volumeFacts(volume: PlacedVolume): ArrayFacts {
  const { header, data, dims, affine } = volume;
  const window = volume.channels === 1 ? displayWindow(volume) : undefined;
  return {
    dtype: dtypeOf(data),
    shape: [dims[2] ?? 1, dims[1] ?? 1, dims[0] ?? 1, ...samples(volume)],
    slope: header.slope,
    intercept: header.intercept,
    window: window ? { center: window.center, width: window.width } : null,
    photometric: null,
    affine: affine.map((row) => [...row]),
  };
}

function samples({ channels }: PlacedVolume): number[] {
  return channels > 1 ? [channels] : [];
}
