import type { DataSet } from './dataset.ts';

/** x, y, z in the patient's coordinate system, millimetres: x to the left, y to the back, z to the head. */
export type Vector = readonly [number, number, number];

/** Where a frame's pixels lie in the patient (PS3.3 sections C.7.6.2 and C.7.6.16.2). */
export interface FrameGeometry {
  /** Between rows, between columns, in mm. */
  readonly spacing?: readonly [number, number];
  readonly sliceThickness?: number;
  /** Direction of a row (growing column index), then of a column. Unit vectors. */
  readonly orientation?: readonly [Vector, Vector];
  /** Centre of the first pixel. */
  readonly position?: Vector;
}

const sharedGroups = 0x52009229;
const perFrameGroups = 0x52009230;

/** The item of a functional group macro that counts for a frame: its own, else the shared one. */
export function functionalGroup(dataSet: DataSet, frame: number, macro: number): DataSet | undefined {
  const own = dataSet.items(perFrameGroups)[frame]?.items(macro)[0];
  return own ?? dataSet.items(sharedGroups)[0]?.items(macro)[0];
}

function exactly(values: number[] | undefined, count: number): number[] | undefined {
  return values !== undefined && values.length >= count ? values : undefined;
}

/** Geometry of a frame (0-based) from the top level or from the functional groups of enhanced objects. */
export function frameGeometry(dataSet: DataSet, frame = 0): FrameGeometry {
  const measures = functionalGroup(dataSet, frame, 0x00289110) ?? dataSet;
  const plane = functionalGroup(dataSet, frame, 0x00209116) ?? dataSet;
  const place = functionalGroup(dataSet, frame, 0x00209113) ?? dataSet;
  const spacing = exactly(measures.numbers(0x00280030), 2) ?? exactly(dataSet.numbers(0x00181164), 2) ?? exactly(dataSet.numbers(0x00182010), 2);
  const sliceThickness = measures.number(0x00180050) ?? dataSet.number(0x00180050);
  const cosines = exactly(plane.numbers(0x00200037), 6);
  const position = exactly(place.numbers(0x00200032), 3);
  return {
    ...(spacing === undefined ? {} : { spacing: [at(spacing, 0), at(spacing, 1)] as const }),
    ...(sliceThickness === undefined ? {} : { sliceThickness }),
    ...(cosines === undefined ? {} : { orientation: [vectorAt(cosines, 0), vectorAt(cosines, 3)] as const }),
    ...(position === undefined ? {} : { position: vectorAt(position, 0) }),
  };
}

function at(values: readonly number[], index: number): number {
  return values[index] ?? 0;
}

function vectorAt(values: readonly number[], index: number): Vector {
  return [at(values, index), at(values, index + 1), at(values, index + 2)];
}

export function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

export function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

export function subtract(a: Vector, b: Vector): Vector {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

export function scale(a: Vector, by: number): Vector {
  return [a[0] * by, a[1] * by, a[2] * by];
}

export function norm(a: Vector): number {
  return Math.sqrt(dot(a, a));
}

/** The unit normal of a plane; undefined when its directions are not two independent ones. */
export function normalOf(orientation: readonly [Vector, Vector]): Vector | undefined {
  const normal = cross(orientation[0], orientation[1]);
  const length = norm(normal);
  return length < 0.5 ? undefined : scale(normal, 1 / length);
}
