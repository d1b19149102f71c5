import type { VersionItem } from '@fovea/contract';
import { platform } from '#platform';
import { FoveaError } from '../errors.ts';
import type { LabelVolume } from '../platform/platform.ts';

/** One label of a segmentation of a volume. */
export interface VolumeMask {
  label: string;
  /** The value that its voxels have in the file. */
  value: number;
  /** Voxels along i, j, k. */
  size: [number, number, number];
  /** The file that it came with: NIfTI, packed with gzip. Labels of one segmentation share it, and it is fetched once. */
  nifti(): Promise<Uint8Array>;
  /** Its voxels, i running fastest: 1 where the label is, else 0. In Node, with the package `@fovea/medical`. */
  voxels(): Promise<MaskVoxels>;
}

/** The voxels of a label, with where they lie. */
export interface MaskVoxels {
  data: Uint8Array;
  size: [number, number, number];
  /** From i, j, k to millimetres in the patient (RAS+): three rows of four. */
  affine: readonly (readonly number[])[];
}

/** Fetches the file of a volume among the labels of an item. */
export type FetchVolume = (item: VersionItem, blob: string) => Promise<Uint8Array>;

/** The volumes among the labels of an item. Nothing is fetched before it is asked for, and then once for all labels of one file. */
export function volumesOf(item: VersionItem, fetch: FetchVolume): VolumeMask[] {
  const files = new Map<string, Promise<Uint8Array>>();
  const read = new Map<string, Promise<LabelVolume>>();
  const file = (blob: string): Promise<Uint8Array> => kept(files, blob, () => fetch(item, blob));
  return item.annotations.flatMap(({ label, geometry, blob }): VolumeMask[] => {
    if (geometry?.type !== 'volume' || blob === undefined) return [];
    const { value, size } = geometry;
    return [{ label, value, size, nifti: () => file(blob), voxels: () => voxelsOf(() => kept(read, blob, async () => (await reader()).readLabelVolume(await file(blob))), value) }];
  });
}

async function voxelsOf(open: () => Promise<LabelVolume>, value: number): Promise<MaskVoxels> {
  const [{ labelMask }, volume] = await Promise.all([reader(), open()]);
  const [i = 1, j = 1, k = 1] = volume.dims;
  return { data: labelMask(volume, value), size: [i, j, k], affine: volume.affine };
}

async function reader(): ReturnType<NonNullable<typeof platform.volumeReader>> {
  if (!platform.volumeReader) throw new FoveaError('This platform cannot read segmentations by itself: take nifti(), or use Node.');
  return platform.volumeReader();
}

/** What is under way or done already; a failure is not kept, so that it can be tried again. */
function kept<T>(known: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const found = known.get(key);
  if (found) return found;
  const made = make();
  known.set(key, made);
  made.catch(() => known.delete(key));
  return made;
}
