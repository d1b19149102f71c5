import { frameFragments, joinFragments } from '@fovea/medical/dicom/encapsulated.ts';
import { imageModule } from '@fovea/medical/dicom/image-module.ts';
import type { DicomFile } from '@fovea/medical/dicom/parse.ts';
import { checkFrame, decodeFrame, nativeFrameRange } from '@fovea/medical/dicom/pixels.ts';

/** Media types of compressed frames (PS3.18 table 8.7.3-2). */
const compressed = { rle: 'image/dicom-rle', jpeg: 'image/jpeg', 'jpeg-lossless': 'image/jpeg', 'jpeg-ls': 'image/jls', jpeg2000: 'image/jp2' } as const;

/** The media type that frames are stored in; undefined for native ones. */
export function storedType(file: DicomFile): string | undefined {
  const { compression } = file.transferSyntax;
  return compression in compressed ? compressed[compression as keyof typeof compressed] : undefined;
}

/** A frame (0-based) as it is stored. */
export function storedFrame(file: DicomFile, frame: number): Uint8Array {
  const image = imageModule(file);
  checkFrame(image, frame);
  return joinFragments(file.dataSet.bytes, frameFragments(file.dataSet, image.element, image.frames)[frame] ?? []);
}

/** A frame as native pixels, little endian; one bit a pixel where it is so stored. */
export async function nativeFrame(file: DicomFile, frame: number): Promise<Uint8Array> {
  const image = imageModule(file);
  checkFrame(image, frame);
  if (image.element.fragments === undefined) {
    const { start, length, bitOffset } = nativeFrameRange(image, frame);
    if (bitOffset === 0 && (file.transferSyntax.littleEndian || image.bitsAllocated <= 8)) return file.dataSet.value(image.element).subarray(start, start + length);
  }
  const { data } = await decodeFrame(file, frame);
  if (image.bitsAllocated !== 1) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const packed = new Uint8Array(Math.ceil(data.length / 8));
  for (let at = 0; at < data.length; at++) if (data[at] !== 0) packed[at >> 3] = (packed[at >> 3] ?? 0) | (1 << (at & 7));
  return packed;
}
