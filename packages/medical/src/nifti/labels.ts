import { affineDistance, applyAffine, composeAffine, invertAffine } from './affine.ts';
import type { Affine } from './affine.ts';
import { NiftiError } from './error.ts';
import { voxelCount } from './parse.ts';
import type { VoxelArray } from './parse.ts';

/** A regular lattice of voxels in the patient. */
export interface Grid {
  readonly dims: readonly number[];
  readonly affine: Affine;
}

/** Positions that differ by less are the same: headers are written as float32 or as short decimal texts. */
const toleranceMm = 1e-2;

/** What keeps labels on one grid from lying voxel by voxel on another; undefined when nothing does. */
export function gridDifference(labels: Grid, volume: Grid): string | undefined {
  const [a, b] = [labels.dims.slice(0, 3), volume.dims.slice(0, 3)];
  if (a.some((size, axis) => size !== b[axis])) return `the segmentation is ${a.join(' × ')} voxels, the volume ${b.join(' × ')}`;
  const corner = b.map((size) => size - 1) as [number, number, number];
  const [far, farVolume] = [applyAffine(labels.affine, corner), applyAffine(volume.affine, corner)];
  const distance = Math.max(affineDistance(labels.affine, volume.affine), ...far.map((value, axis) => Math.abs(value - (farVolume[axis] ?? 0))));
  if (distance <= toleranceMm) return undefined;
  return `the segmentation lies up to ${distance.toFixed(2)} mm from the volume (another position, orientation or spacing)`;
}

/** How many voxels have each value, 0 included; values in order. @throws NiftiError when a value is no label (not a whole number from 0) */
export function countLabels(data: VoxelArray, maxLabels = 65_536): Map<number, number> {
  const counts = new Map<number, number>();
  let value = -1;
  let run = 0;
  for (let at = 0; at <= data.length; at++) {
    const next = data[at];
    if (next === value && at < data.length) {
      run += 1;
      continue;
    }
    if (run > 0) counts.set(value, (counts.get(value) ?? 0) + run);
    if (at === data.length || next === undefined) break;
    if (!Number.isInteger(next) || next < 0) throw new NiftiError(`the value ${next} is no label: labels are whole numbers from 0`);
    if (counts.size > maxLabels) throw new NiftiError(`more than ${maxLabels} different values: not a segmentation`);
    value = next;
    run = 1;
  }
  return new Map([...counts].sort(([a], [b]) => a - b));
}

/** 1 where a voxel has the value, else 0. */
export function maskOf(data: VoxelArray, value: number): Uint8Array {
  const mask = new Uint8Array(data.length);
  for (let at = 0; at < data.length; at++) if (data[at] === value) mask[at] = 1;
  return mask;
}

/**
 * Brings labels onto another grid: each voxel takes the label of the nearest one, 0 outside. Only for when it was asked
 * for: it changes the segmentation, except where the grids differ by flips and permutations of axes alone.
 */
export function resampleLabels<T extends VoxelArray>(data: T, from: Grid, to: Grid): T {
  const inverse = invertAffine(from.affine);
  if (inverse === undefined) throw new NiftiError('the affine of the segmentation is singular');
  const step = composeAffine(inverse, to.affine);
  const [width = 1, height = 1, depth = 1] = from.dims;
  const [toWidth = 1, toHeight = 1, toDepth = 1] = to.dims;
  const out = new (data.constructor as new (length: number) => T)(voxelCount([toWidth, toHeight, toDepth]));
  let at = 0;
  for (let k = 0; k < toDepth; k++) {
    for (let j = 0; j < toHeight; j++) {
      for (let i = 0; i < toWidth; i++, at++) {
        const x = Math.round(step[0][0] * i + step[0][1] * j + step[0][2] * k + step[0][3]);
        const y = Math.round(step[1][0] * i + step[1][1] * j + step[1][2] * k + step[1][3]);
        const z = Math.round(step[2][0] * i + step[2][1] * j + step[2][2] * k + step[2][3]);
        if (x >= 0 && y >= 0 && z >= 0 && x < width && y < height && z < depth) out[at] = data[(z * height + y) * width + x] ?? 0;
      }
    }
  }
  return out;
}
