import type { Affine } from './nifti/affine.ts';
import { maskOf } from './nifti/labels.ts';
import { parseNifti, readVoxels, type VoxelArray } from './nifti/parse.ts';

/** Labels of voxels, i running fastest: dims are those along i, j, k; the affine leads from them to millimetres in the patient (RAS+). */
export interface LabelVolume {
  readonly data: VoxelArray;
  readonly dims: readonly number[];
  readonly affine: Affine;
}

/** Reads the NIfTI file of a segmentation, gzip or not. @throws NiftiError */
export function readLabelVolume(bytes: Uint8Array): LabelVolume {
  const { dims, header, data } = readVoxels(parseNifti(bytes));
  return { data, dims: [...dims.slice(0, 3), 1, 1].slice(0, 3), affine: header.affine };
}

/** 1 where a voxel has the label, else 0. */
export function labelMask({ data }: Pick<LabelVolume, 'data'>, value: number): Uint8Array {
  return maskOf(data, value);
}
