import type { ScanArray } from '@fovea/sdk';
import type { Frame } from './frame.ts';

export type PlaneName = 'axial' | 'coronal' | 'sagittal';
type Axis = 0 | 1 | 2;
type Voxels = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array | Float64Array;

/** How a plane lies in the voxels: along which axis one goes through it, which run along x and y, and which way. */
export interface Plane {
  name: PlaneName;
  through: Axis;
  x: Axis;
  y: Axis;
  flipX: boolean;
  flipY: boolean;
  slices: number;
  width: number;
  height: number;
  /** Millimetres of a pixel. */
  spacing: [number, number];
}

type Matrix = readonly (readonly number[])[];
const identity: Matrix = [[-1, 0, 0, 0], [0, -1, 0, 0], [0, 0, 1, 0]];

/** Voxels along i, j, k. */
export function sizeOf({ shape }: Pick<ScanArray, 'shape'>): [number, number, number] {
  return [shape[2] ?? 1, shape[1] ?? 1, shape[0] ?? 1];
}

function direction(affine: Matrix, axis: Axis): { main: Axis; positive: boolean; length: number } {
  const column = affine.map((row) => row[axis] ?? 0);
  const main = column.reduce((best, value, at) => (Math.abs(value) > Math.abs(column[best] ?? 0) ? at : best), 0) as Axis;
  return { main, positive: (column[main] ?? 0) > 0, length: Math.hypot(...column) || 1 };
}

/** The three planes of a volume as radiologists look at them: the patient's right on the left, front or head up. */
export function planesOf(volume: Pick<ScanArray, 'shape' | 'affine'>): Plane[] {
  const affine = volume.affine ?? identity;
  const size = sizeOf(volume);
  const directions = ([0, 1, 2] as const).map((axis) => direction(affine, axis));
  // The voxel axis of each axis of the patient (right, front, head). Oblique volumes may not have one for each: then as stored.
  const found = ([0, 1, 2] as const).map((main) => directions.findIndex((one) => one.main === main));
  const axes = (found.includes(-1) ? [0, 1, 2] : found) as [Axis, Axis, Axis];
  const plane = (name: PlaneName, through: Axis, x: Axis, y: Axis): Plane => ({
    name, through, x, y,
    flipX: directions[x]?.positive === true,
    flipY: directions[y]?.positive === true,
    slices: size[through], width: size[x], height: size[y],
    spacing: [directions[x]?.length ?? 1, directions[y]?.length ?? 1],
  });
  const [right, front, head] = axes;
  return [plane('axial', head, right, front), plane('coronal', front, right, head), plane('sagittal', right, front, head)];
}

/** Cuts a slice out of an array of voxels, turned upright. */
export function cut<T extends Voxels>(data: T, size: readonly [number, number, number], plane: Plane, slice: number): T {
  const strides = [1, size[0], size[0] * size[1]];
  const [stepX = 1, stepY = 1] = [strides[plane.x], strides[plane.y]];
  const start = slice * (strides[plane.through] ?? 1);
  const out = new (data.constructor as new (length: number) => T)(plane.width * plane.height);
  for (let y = 0, to = 0; y < plane.height; y++) {
    const row = start + (plane.flipY ? plane.height - 1 - y : y) * stepY;
    for (let x = 0; x < plane.width; x++, to++) out[to] = data[row + (plane.flipX ? plane.width - 1 - x : x) * stepX] ?? 0;
  }
  return out;
}

/** A slice of a volume as a frame. */
export function planeFrame(volume: ScanArray, plane: Plane, slice: number): Frame {
  const data = cut(volume.data, sizeOf(volume), plane, slice);
  return { kind: 'values', width: plane.width, height: plane.height, data, slope: volume.slope, intercept: volume.intercept, inverse: false, window: volume.window ?? undefined };
}
