import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { affineSpacing } from './affine.ts';
import { NiftiError } from './error.ts';
import type { NiftiHeader } from './header.ts';
import { isGzip } from './inflate.ts';
import { decodeVoxels, fileBytes, frontBytes, parseNifti, parseNiftiFront, readVoxels, voxelCount } from './parse.ts';
import type { Volume } from './parse.ts';

/** As a DICOM file is described: see `describeDicom`. */
export interface NiftiDescription {
  /** Voxels along i and j. */
  width?: number;
  height?: number;
  /** Slices along k. */
  frames?: number;
  summary: Record<string, unknown>;
  problem?: string;
}

async function withFile<T>(path: string, work: (handle: FileHandle, size: number) => Promise<T>): Promise<T> {
  const handle = await open(path, 'r');
  try {
    return await work(handle, (await handle.stat()).size);
  } finally {
    await handle.close();
  }
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

/**
 * Describes a NIfTI file by its header; reads no voxels. Never throws for what the file holds: see `problem`.
 * @throws the file system's error when the file cannot be read
 */
export async function describeNifti(path: string): Promise<NiftiDescription> {
  return withFile(path, async (handle, size) => {
    try {
      const front = await readAt(handle, 0, Math.min(size, frontBytes + 1024));
      const header = parseNiftiFront(front);
      const problem = isGzip(front) ? await gzipProblem(handle, size, header) : sizeProblem(header, size);
      return describeHeader(header, problem);
    } catch (error) {
      if (!(error instanceof NiftiError)) throw error;
      return { summary: {}, problem: error.message };
    }
  });
}

function sizeProblem(header: NiftiHeader, size: number): string | undefined {
  if (header.isPair) return 'the voxels are in a separate .img file';
  const needed = fileBytes(header);
  return size < needed ? `the header calls for ${needed} bytes, the file has ${size}` : undefined;
}

/** The last four bytes of a gzip file are its inflated size modulo 2^32 (RFC 1952 section 2.3.1). */
async function gzipProblem(handle: FileHandle, size: number, header: NiftiHeader): Promise<string | undefined> {
  const trailer = await readAt(handle, Math.max(0, size - 4), 4);
  if (trailer.length < 4) return 'the gzip stream breaks off';
  const inflated = new DataView(trailer.buffer, trailer.byteOffset, 4).getUint32(0, true);
  if (fileBytes(header) >= 2 ** 32) return undefined;
  return sizeProblem(header, inflated);
}

/** Facts of a header, in the form of `describeNifti`. */
export function describeHeader(header: NiftiHeader, problem?: string): NiftiDescription {
  const { dims, datatype, affine, units } = header;
  const [width = 1, height = 1, frames = 1] = dims;
  return {
    width, height, frames,
    summary: {
      kind: 'volume',
      format: `NIfTI-${header.version}`,
      dims, datatype: datatype.name, bitsAllocated: datatype.bits,
      littleEndian: header.littleEndian,
      spacing: affineSpacing(affine),
      ...(dims.length > 3 ? { timePoints: dims[3], timeStep: header.spacing[3] } : {}),
      affine, affineFrom: header.affineFrom,
      qformCode: header.qformCode, sformCode: header.sformCode,
      qform: header.qform, sform: header.sform,
      units, slope: header.slope, intercept: header.intercept,
      ...(header.description === '' ? {} : { description: header.description }),
      ...(header.intentName === '' ? {} : { intentName: header.intentName }),
      ...(header.intentCode === 0 ? {} : { intentCode: header.intentCode }),
    },
    ...(problem === undefined ? {} : { problem }),
  };
}

/**
 * Reads the voxels of a file: all, or those of one point in time (0-based), for which only they are read from a file
 * that is not compressed.
 * @throws NiftiError; the file system's error when the file cannot be read
 */
export async function readVolume(path: string, options: { time?: number } = {}): Promise<Volume> {
  return withFile(path, async (handle, size) => {
    const front = await readAt(handle, 0, Math.min(size, frontBytes + 1024));
    const header = parseNiftiFront(front);
    const { time } = options;
    const problem = isGzip(front) ? undefined : sizeProblem(header, size);
    if (problem !== undefined) throw new NiftiError(problem);
    const wholeDims = header.dims.slice(0, 3);
    const times = voxelCount(header.dims.slice(3));
    if (time !== undefined && (!Number.isInteger(time) || time < 0 || time >= times)) {
      throw new NiftiError(`there is no point in time ${time}: the file has ${times}`);
    }
    if (time === undefined || isGzip(front)) {
      const volume = readVoxels(parseNifti(await readAt(handle, 0, checkedSize(size))));
      return time === undefined ? volume : oneTime(volume, time);
    }
    const bits = voxelCount(wholeDims) * header.datatype.bits;
    if (bits % 8 !== 0) return oneTime(readVoxels(parseNifti(await readAt(handle, 0, checkedSize(size)))), time);
    const bytes = await readAt(handle, header.voxelOffset + (bits / 8) * time, checkedSize(bits / 8));
    return decodeVoxels(header, bytes, wholeDims);
  });
}

function checkedSize(size: number): number {
  if (size > 2 ** 32) throw new NiftiError(`${size} bytes are more than can be read at once`);
  return size;
}

function oneTime(volume: Volume, time: number): Volume {
  const dims = volume.dims.slice(0, 3);
  const length = voxelCount(dims) * volume.channels;
  return { ...volume, dims, data: volume.data.subarray(time * length, (time + 1) * length) };
}
