import { NiftiError } from './error.ts';
import { looksLikeNifti, readNiftiHeader } from './header.ts';
import type { NiftiHeader } from './header.ts';
import { inflateFront, inflateWhole, isGzip, maxInflatedBytes, plainBytes } from './inflate.ts';

/** Voxels in the order of the file: i runs fastest. 64-bit integers are given as float64, exact up to 2^53. */
export type VoxelArray = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array | Float64Array;

export interface NiftiFile {
  readonly header: NiftiHeader;
  /** Inflated. */
  readonly bytes: Uint8Array;
}

/** A volume in memory. `value = slope · voxel + intercept`. */
export interface Volume {
  readonly header: NiftiHeader;
  readonly dims: readonly number[];
  readonly data: VoxelArray;
  /** Samples per voxel: 3 and 4 for colours, 2 for complex numbers. */
  readonly channels: 1 | 2 | 3 | 4;
}

/** Enough for either header and its extensions' start. */
export const frontBytes = 4096;
/** Bytes after the voxels that are put up with: padding. */
const slackBytes = 1024 ** 2;
/** Deflate cannot pack more than this many bytes into one (RFC 1951: 258 bytes in 2 bits). */
const maxDeflateRatio = 1032;

/** True when bytes, gzip or not, start like a NIfTI file. */
export function isNifti(bytes: Uint8Array): boolean {
  try {
    return looksLikeNifti(isGzip(bytes) ? inflateFront(bytes, frontBytes) : bytes);
  } catch (error) {
    if (error instanceof NiftiError) return false;
    throw error;
  }
}

/** Reads the header off the front of a file, gzip or not. @throws NiftiError */
export function parseNiftiFront(front: Uint8Array): NiftiHeader {
  return readNiftiHeader(isGzip(front) ? inflateFront(front, frontBytes) : front);
}

/**
 * Reads a NIfTI-1 or NIfTI-2 file, gzip or not, in either byte order. A gzip stream is inflated only as far as the
 * header calls for.
 * @throws NiftiError
 */
export function parseNifti(bytes: Uint8Array): NiftiFile {
  if (!isGzip(bytes)) return { header: readNiftiHeader(bytes), bytes: plainBytes(bytes) };
  const header = parseNiftiFront(bytes);
  const needed = fileBytes(header);
  if (needed > maxInflatedBytes) throw new NiftiError(`the header calls for ${needed} bytes: more than the ${maxInflatedBytes} that are read`);
  if (needed > bytes.length * maxDeflateRatio + slackBytes) {
    throw new NiftiError(`the header calls for ${needed} bytes, which ${bytes.length} bytes of gzip cannot hold`);
  }
  return { header, bytes: inflateWhole(bytes, needed + slackBytes) };
}

export function voxelCount(dims: readonly number[]): number {
  return dims.reduce((product, size) => product * size, 1);
}

/** Bytes of a whole file with this header, inflated. */
export function fileBytes(header: NiftiHeader): number {
  return header.voxelOffset + Math.ceil((voxelCount(header.dims) * header.datatype.bits) / 8);
}

/**
 * Decodes the voxels.
 * @throws NiftiError when they are not all there, or in a file of their own
 */
export function readVoxels({ header, bytes }: NiftiFile): Volume {
  if (header.isPair) throw new NiftiError('the voxels are in a separate .img file');
  const needed = fileBytes(header);
  if (bytes.length < needed) {
    throw new NiftiError(`the header calls for ${needed} bytes, the file has ${bytes.length}: truncated, or wrong dimensions`);
  }
  return decodeVoxels(header, bytes.subarray(header.voxelOffset, needed), header.dims);
}

/** Decodes voxels that were cut out of a file. */
export function decodeVoxels(header: NiftiHeader, bytes: Uint8Array, dims: readonly number[]): Volume {
  const { name } = header.datatype;
  const volume = { header, dims };
  if (name === 'bit') return { ...volume, channels: 1, data: unpackBits(bytes, voxelCount(dims)) };
  if (name === 'rgb24') return { ...volume, channels: 3, data: bytes.slice() };
  if (name === 'rgba32') return { ...volume, channels: 4, data: bytes.slice() };
  const unit = name === 'complex64' ? 4 : header.datatype.bits / 8;
  const aligned = header.littleEndian ? bytes.slice() : swapped(bytes, unit);
  return { ...volume, channels: name === 'complex64' ? 2 : 1, data: arrayOf(name, aligned.buffer) };
}

function arrayOf(name: string, buffer: ArrayBuffer): VoxelArray {
  switch (name) {
    case 'uint8': return new Uint8Array(buffer);
    case 'int8': return new Int8Array(buffer);
    case 'uint16': return new Uint16Array(buffer);
    case 'int16': return new Int16Array(buffer);
    case 'uint32': return new Uint32Array(buffer);
    case 'int32': return new Int32Array(buffer);
    case 'float64': return new Float64Array(buffer);
    case 'int64': return Float64Array.from(new BigInt64Array(buffer), Number);
    case 'uint64': return Float64Array.from(new BigUint64Array(buffer), Number);
    default: return new Float32Array(buffer);
  }
}

function swapped(bytes: Uint8Array, unit: number): Uint8Array<ArrayBuffer> {
  const copy = Buffer.from(bytes);
  if (unit === 2) copy.swap16();
  else if (unit === 4) copy.swap32();
  else if (unit === 8) copy.swap64();
  return new Uint8Array(copy); // off the pool, so that the buffer is its own
}

function unpackBits(bytes: Uint8Array, count: number): Uint8Array {
  const bits = new Uint8Array(count);
  for (let at = 0; at < count; at++) bits[at] = ((bytes[at >> 3] ?? 0) >> (at & 7)) & 1;
  return bits;
}
