import type { AnnotationGeometry, Item } from '@fovea/contract';
import { bitmapFromRuns, decodeRle, encodeRle, runsFromBitmap } from '@fovea/geometry';
import sharp from 'sharp';
import type { BlobStore } from '../../engines/blobs/blobs.ts';
import { Fault } from '../../fault.ts';
import { annotationFault } from '../../labeling/annotations/check.ts';
import type { StoredAnnotation } from '../../labeling/annotations/store.ts';
import { NiftiError } from '@fovea/medical/nifti/error.ts';
import { countLabels, maskOf } from '@fovea/medical/nifti/labels.ts';
import { isNifti, parseNifti, readVoxels, type Volume } from '@fovea/medical/nifti/parse.ts';
import { writeNifti } from '@fovea/medical/nifti/write.ts';
import { annotationNotes, type AnnotationSource } from './annotation.ts';

/** What a file of a segmentation is: its media type, and its shape where that fits the item. */
export interface MaskFile {
  mediaType: string;
  geometry: AnnotationGeometry | undefined;
}

/** A mask as large as this is decoded; larger ones are only kept. */
const maxMaskPixels = 2 ** 28;

/** Looks at an uploaded mask: a picture whose every pixel but the black ones belongs to the segment, or a NIfTI volume. */
export async function readMask(bytes: Uint8Array, blob: string, content: { frame: number | null }, item: Item): Promise<MaskFile> {
  if (isNifti(bytes)) {
    const geometry = volumeGeometry(readLabels(bytes), blob);
    return { mediaType: 'application/nifti', geometry: fits(geometry, content.frame, item) };
  }
  const geometry = await pictureMask(bytes);
  return { mediaType: geometry ? 'image/png' : 'application/octet-stream', geometry: geometry && fits(geometry, content.frame, item) };
}

function fits(geometry: AnnotationGeometry, frame: number | null, item: Item): AnnotationGeometry | undefined {
  return annotationFault({ type: geometry.type, geometry, frame, endFrame: null }, item) === undefined ? geometry : undefined;
}

async function pictureMask(bytes: Uint8Array): Promise<AnnotationGeometry | undefined> {
  let decoded: { data: Buffer; info: { width: number; height: number; channels: number } };
  try {
    decoded = await sharp(bytes, { limitInputPixels: maxMaskPixels }).removeAlpha().toColourspace('b-w').raw().toBuffer({ resolveWithObject: true });
  } catch {
    // Not a picture that can be read: the bytes are kept as they are.
    return undefined;
  }
  const { data, info } = decoded;
  const bitmap = new Uint8Array(info.width * info.height);
  for (let at = 0; at < bitmap.length; at++) bitmap[at] = (data[at * info.channels] ?? 0) > 0 ? 1 : 0;
  return { type: 'mask', rle: encodeRle(runsFromBitmap(bitmap, info.width, info.height)) };
}

/** The voxels of a segmentation. Faults say what the file is instead. */
export function readLabels(bytes: Uint8Array): Volume {
  try {
    return readVoxels(parseNifti(bytes));
  } catch (error) {
    if (error instanceof NiftiError) throw new Fault('invalid_request', `The NIfTI file cannot be read: ${error.message}`);
    throw error;
  }
}

function volumeGeometry({ dims }: Volume, blob: string): AnnotationGeometry {
  const [i = 1, j = 1, k = 1] = dims;
  return { type: 'volume', blob, value: 1, size: [i, j, k] };
}

/** The values of a segmentation, each as a volume of its own: 1 inside, 0 outside, on the grid of the whole. */
export function splitLabels(bytes: Uint8Array): { value: number; nifti: Uint8Array; size: [number, number, number] }[] {
  const volume = readLabels(bytes);
  const [i = 1, j = 1, k = 1] = volume.dims;
  try {
    const values = [...countLabels(volume.data).keys()].filter((value) => value !== 0);
    return values.map((value) => ({
      value,
      nifti: writeNifti({ data: maskOf(volume.data, value), dims: volume.dims, affine: volume.header.affine, gzip: true, intentCode: 1002 }),
      size: [i, j, k],
    }));
  } catch (error) {
    if (error instanceof NiftiError) throw new Fault('invalid_request', `The segmentation cannot be read: ${error.message}`);
    throw error;
  }
}

/** The file of a segmentation: as it was uploaded, or made of the shape that it was given in Fovea. Undefined when it has neither. */
export async function maskFile(blobs: BlobStore, annotation: AnnotationSource & Pick<StoredAnnotation, 'id' | 'blob'>): Promise<{ sha256: string; size: number; mediaType: string; name: string } | undefined> {
  const { file } = annotationNotes(annotation);
  const sha256 = annotation.blob ?? (annotation.geometry.type === 'volume' ? annotation.geometry.blob : undefined);
  if (sha256 !== undefined) {
    const stat = await blobs.stat(sha256);
    if (!stat) throw new Fault('not_found', 'The file of the annotation is gone.');
    const mediaType = file?.mediaType ?? 'application/nifti';
    return { sha256, size: stat.size, mediaType, name: `${annotation.id}${mediaType === 'application/nifti' ? '.nii.gz' : '.png'}` };
  }
  if (annotation.geometry.type !== 'mask') return undefined;
  const [stored] = await blobs.putMany([await maskPicture(annotation.geometry)]);
  return stored && { ...stored, mediaType: 'image/png', name: `${annotation.id}.png` };
}

/** 255 inside, 0 outside. */
function maskPicture({ rle }: Extract<AnnotationGeometry, { type: 'mask' }>): Promise<Buffer> {
  const runs = decodeRle(rle);
  return sharp(bitmapFromRuns(runs, 255), { raw: { width: runs.width, height: runs.height, channels: 1 }, limitInputPixels: false }).toColourspace('b-w').png().toBuffer();
}
