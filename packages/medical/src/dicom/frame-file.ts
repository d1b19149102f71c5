import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { DicomError } from './error.ts';
import { imageModule } from './image-module.ts';
import { parseDicom } from './parse.ts';
import type { DicomFile } from './parse.ts';
import { checkFrame, decodeFrame, decodeNativeFrame, nativeFrameRange } from './pixels.ts';
import type { DicomFrame } from './pixels.ts';

/** Files up to this size are read whole; of larger native ones only the header and the frame that is asked for. */
const readWholeBytes = 8 * 1024 ** 2;
const maxWholeBytes = 2 * 1024 ** 3 - 1;
const headerReadBytes = 1024 ** 2;

/** Reads exactly these bytes, or fewer where the file ends. */
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
 * Reads one frame (0-based) of a DICOM file on disk, without reading the other frames of large uncompressed ones.
 * @throws DicomError; the file system's error when the file cannot be read
 */
export async function readFrame(path: string, frame: number): Promise<{ file: DicomFile; frame: DicomFrame }> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    if (size > readWholeBytes) {
      const header = await readHeader(handle, size);
      if (header !== undefined) return { file: header, frame: await readNativeFrame(handle, header, frame) };
    }
    if (size > maxWholeBytes) throw new DicomError(`a compressed file of ${size} bytes is larger than can be read`);
    const file = parseDicom(await readAt(handle, 0, size));
    return { file, frame: await decodeFrame(file, frame) };
  } finally {
    await handle.close();
  }
}

/**
 * Reads a file as far as its pixel data: everything else, without what may be gigabytes.
 * @throws DicomError; the file system's error when the file cannot be read
 */
export async function readUntilPixels(path: string): Promise<DicomFile> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    for (let length = Math.min(size, headerReadBytes); ; length = Math.min(size, length * 8, maxWholeBytes)) {
      const isWhole = length >= Math.min(size, maxWholeBytes);
      const file = tryParse(await readAt(handle, 0, length), isWhole);
      const isEnough = file !== undefined && !file.truncated && [0x7fe00010, 0x7fe00008, 0x7fe00009].some((tag) => file.dataSet.has(tag));
      if (file !== undefined && (isEnough || isWhole)) return file;
    }
  } finally {
    await handle.close();
  }
}

/** Undefined when only the front was given and cannot be read without the rest. */
function tryParse(bytes: Uint8Array, isWhole: boolean): DicomFile | undefined {
  try {
    return parseDicom(bytes, { stopAtPixelData: true });
  } catch (error) {
    if (!(error instanceof DicomError) || isWhole) throw error;
    return undefined;
  }
}

/** The header of a file whose pixel data are native; undefined for any other, or when the header is very long. */
async function readHeader(handle: FileHandle, size: number): Promise<DicomFile | undefined> {
  for (let length = headerReadBytes; length <= Math.min(size, 64 * headerReadBytes); length *= 8) {
    const file = parseDicom(await readAt(handle, 0, length), { stopAtPixelData: true });
    if (file.dataSet.bytes !== file.bytes) return undefined; // deflated
    const element = file.dataSet.get(0x7fe00010) ?? file.dataSet.get(0x7fe00008) ?? file.dataSet.get(0x7fe00009);
    if (element !== undefined && !file.truncated) return element.fragments === undefined ? file : undefined;
  }
  return undefined;
}

async function readNativeFrame(handle: FileHandle, file: DicomFile, frame: number): Promise<DicomFrame> {
  const image = imageModule(file);
  checkFrame(image, frame);
  const { start, length, bitOffset } = nativeFrameRange(image, frame);
  const available = Math.max(0, Math.min(length, image.element.declaredLength - start));
  return decodeNativeFrame(image, await readAt(handle, image.element.valueStart + start, available), bitOffset);
}
