import { readFile } from 'node:fs/promises';
import type { Item } from '@fovea/contract';
import { npyFile } from '@fovea/formats';
import { DicomError } from '@fovea/medical/dicom/error.ts';
import { parseDicom } from '@fovea/medical/dicom/parse.ts';
import { decodeFrame } from '@fovea/medical/dicom/pixels.ts';
import { volumeFromDicomSeries } from '@fovea/medical/dicom/volume.ts';
import type { Affine } from '@fovea/medical/nifti/affine.ts';
import { parseNifti, readVoxels, type VoxelArray } from '@fovea/medical/nifti/parse.ts';
import { writeNifti } from '@fovea/medical/nifti/write.ts';
import sharp from 'sharp';
import { renderFrame } from './frames.ts';
import { pictureToDicom, volumeToDicom, type CaptureFacts } from './secondary-capture.ts';

/** Forms that the resources of a dataset are downloaded in. */
export const datasetForms = ['dicom', 'png', 'jpg', 'tiff', 'npy', 'nifti'] as const;
export type DatasetForm = (typeof datasetForms)[number];

/** Pixels as arrays have them: the slowest axis first. */
interface Pixels {
  data: VoxelArray;
  shape: number[];
}

type Medium = Pick<Item, 'kind' | 'frames'>;

/** What the file of an item becomes in a form, by the ends of the names; nothing where it has no such form. `undefined` bytes are those of the item itself. */
export async function* filesIn(form: DatasetForm, path: string, item: Medium, facts: CaptureFacts): AsyncGenerator<{ ending: string; bytes: Uint8Array | undefined }> {
  if (!['dicom', 'image', 'nifti'].includes(item.kind)) return;
  switch (form) {
    case 'dicom':
      yield { ending: '.dcm', bytes: item.kind === 'dicom' ? undefined : await (item.kind === 'image' ? pictureToDicom : volumeToDicom)(path, facts) };
      return;
    case 'npy': {
      const { data, shape } = await pixelsOf(path, item);
      yield { ending: '.npy', bytes: npyFile(dtypeOf(data), shape, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)) };
      return;
    }
    case 'nifti':
      if (item.kind === 'nifti') yield { ending: facts.filename.endsWith('.nii') ? '.nii' : '.nii.gz', bytes: undefined };
      else yield { ending: '.nii.gz', bytes: await toNifti(path, item) };
      return;
    default:
      yield* pictures(form, path, item);
  }
}

/** A picture for each frame, numbered where there are several. */
async function* pictures(form: 'png' | 'jpg' | 'tiff', path: string, { kind, frames }: Medium): AsyncGenerator<{ ending: string; bytes: Uint8Array }> {
  const count = frames ?? 1;
  for (let frame = 0; frame < count; frame++) {
    const png = await renderFrame(path, kind, frame);
    const bytes = form === 'png' ? png : await sharp(png).toFormat(form === 'jpg' ? 'jpeg' : 'tiff', form === 'jpg' ? { quality: 95 } : { compression: 'lzw' }).toBuffer();
    yield { ending: `${count === 1 ? '' : `/${String(frame).padStart(4, '0')}`}.${form}`, bytes };
  }
}

const dtypes: Record<string, string> = {
  Uint8Array: '|u1', Int8Array: '|i1', Uint16Array: '<u2', Int16Array: '<i2', Uint32Array: '<u4', Int32Array: '<i4', Float32Array: '<f4', Float64Array: '<f8',
};

function dtypeOf(data: VoxelArray): string {
  const found = dtypes[data.constructor.name];
  if (found === undefined) throw new Error(`NumPy has no name for the values of a ${data.constructor.name}.`);
  return found;
}

/** The stored values: (rows, columns) or (frames, rows, columns), of colours with a last axis more. */
async function pixelsOf(path: string, item: Medium): Promise<Pixels> {
  if (item.kind === 'dicom') return dicomPixels(path, item.frames ?? 1);
  if (item.kind === 'nifti') {
    const { data, dims, channels } = readVoxels(parseNifti(await readFile(path)));
    return { data, shape: [...dims.toReversed(), ...(channels > 1 ? [channels] : [])] };
  }
  const image = sharp(path, { limitInputPixels: false }).rotate();
  const { channels = 3 } = await image.metadata();
  const { data, info } = await image.toColourspace(channels <= 2 ? 'b-w' : 'srgb').raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  return { data: new Uint8Array(data), shape: [info.height, info.width, ...(info.channels > 1 ? [info.channels] : [])] };
}

async function dicomPixels(path: string, count: number): Promise<Pixels> {
  const file = parseDicom(await readFile(path));
  const first = await decodeFrame(file, 0);
  const { rows, columns, samplesPerPixel } = first;
  const shape = [...(count > 1 ? [count] : []), rows, columns, ...(samplesPerPixel > 1 ? [samplesPerPixel] : [])];
  if (count === 1) return { data: first.data, shape };
  const data = new (first.data.constructor as new (length: number) => typeof first.data)(first.data.length * count);
  data.set(first.data);
  for (let frame = 1; frame < count; frame++) data.set((await decodeFrame(file, frame)).data, frame * first.data.length);
  return { data, shape };
}

/** Voxels a millimetre apart, for what does not say where it is. */
const unplaced: Affine = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]];

/** A scan where its header says it is; the first channel of anything else. */
async function toNifti(path: string, item: Medium): Promise<Uint8Array> {
  if (item.kind === 'dicom') {
    try {
      const { data, dims, affine, header, channels } = await volumeFromDicomSeries([path]);
      if (channels === 1 && dims[2] === (item.frames ?? 1)) return writeNifti({ data, dims, affine, gzip: true, slope: header.slope, intercept: header.intercept });
    } catch (error) {
      // Frames without positions, or at one and the same, are stacked as they come.
      if (!(error instanceof DicomError)) throw error;
    }
  }
  const { data, shape } = await pixelsOf(path, item);
  const step = (shape.length === 3 && item.kind === 'image') || shape.length === 4 ? (shape.at(-1) ?? 1) : 1;
  const [columns = 1, rows = 1, frames = 1] = (step > 1 ? shape.slice(0, -1) : shape).toReversed();
  const voxels = step === 1 ? data : data.filter((_value, at) => at % step === 0);
  return writeNifti({ data: voxels, dims: [columns, rows, frames], affine: unplaced, gzip: true });
}
