import { affineFromQuaternion } from './affine.ts';
import type { Affine } from './affine.ts';
import { NiftiError } from './error.ts';

/** The header of a NIfTI file (nifti1.h, nifti2.h of the NIfTI data format working group). */
export interface NiftiHeader {
  readonly version: 1 | 2;
  readonly littleEndian: boolean;
  /** Sizes along i, j, k, time and further axes: at least three. */
  readonly dims: readonly number[];
  readonly datatype: Datatype;
  /** Voxel sizes along i, j, k (in `units.space`), then steps of further axes. */
  readonly spacing: readonly number[];
  /** Offset of the first voxel in the (inflated) file. */
  readonly voxelOffset: number;
  readonly slope: number;
  readonly intercept: number;
  readonly displayMin: number;
  readonly displayMax: number;
  readonly units: { readonly space: string; readonly time: string };
  readonly description: string;
  readonly intentName: string;
  readonly intentCode: number;
  readonly qformCode: number;
  readonly sformCode: number;
  readonly qform: Affine;
  readonly sform: Affine;
  /** From voxel indices to millimetres: the sform where it is set, else the qform, else the spacing alone. */
  readonly affine: Affine;
  readonly affineFrom: 'sform' | 'qform' | 'spacing';
  /** The voxels are in a file of their own (`ni1`, `ni2`). */
  readonly isPair: boolean;
}

export type DatatypeName =
  | 'uint8' | 'int8' | 'uint16' | 'int16' | 'uint32' | 'int32' | 'uint64' | 'int64' | 'float32' | 'float64' | 'rgb24' | 'rgba32' | 'bit' | 'complex64';

export interface Datatype {
  readonly code: number;
  readonly name: DatatypeName;
  readonly bits: number;
}

export const datatypes: readonly Datatype[] = [
  { code: 1, name: 'bit', bits: 1 },
  { code: 2, name: 'uint8', bits: 8 },
  { code: 4, name: 'int16', bits: 16 },
  { code: 8, name: 'int32', bits: 32 },
  { code: 16, name: 'float32', bits: 32 },
  { code: 32, name: 'complex64', bits: 64 },
  { code: 64, name: 'float64', bits: 64 },
  { code: 128, name: 'rgb24', bits: 24 },
  { code: 256, name: 'int8', bits: 8 },
  { code: 512, name: 'uint16', bits: 16 },
  { code: 768, name: 'uint32', bits: 32 },
  { code: 1024, name: 'int64', bits: 64 },
  { code: 1280, name: 'uint64', bits: 64 },
  { code: 2304, name: 'rgba32', bits: 32 },
];

export const headerSizes = { 1: 348, 2: 540 } as const;

/** Volumes with more voxels than this are refused: no array could hold them. */
const maxVoxels = 2 ** 32;
const maxAxis = 2 ** 24;

/** True when (inflated) bytes start like a NIfTI-1 or NIfTI-2 file. */
export function looksLikeNifti(bytes: Uint8Array): boolean {
  return versionOf(bytes) !== undefined;
}

function versionOf(bytes: Uint8Array): { version: 1 | 2; littleEndian: boolean } | undefined {
  if (bytes.length < headerSizes[1]) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const littleEndian of [true, false]) {
    const size = view.getInt32(0, littleEndian);
    const magic1 = text(bytes, 344, 4);
    const magic2 = text(bytes, 4, 4);
    if (size === 348 && (magic1 === 'n+1' || magic1 === 'ni1')) return { version: 1, littleEndian };
    if (size === 540 && (magic2 === 'n+2' || magic2 === 'ni2') && bytes.length >= headerSizes[2]) return { version: 2, littleEndian };
  }
  return undefined;
}

function text(bytes: Uint8Array, at: number, length: number): string {
  let out = '';
  for (let index = at; index < at + length && bytes[index] !== 0; index++) out += String.fromCharCode(bytes[index] ?? 0);
  return out;
}

/** Reads values of the header; the two versions differ in sizes and places. */
interface Fields {
  readonly dim: (index: number) => number;
  readonly pixdim: (index: number) => number;
  readonly quaternion: readonly [b: number, c: number, d: number, x: number, y: number, z: number];
  readonly rows: readonly number[];
  readonly datatype: number;
  readonly voxelOffset: number;
  readonly slope: number;
  readonly intercept: number;
  readonly displayMax: number;
  readonly displayMin: number;
  readonly units: number;
  readonly qformCode: number;
  readonly sformCode: number;
  readonly intentCode: number;
  readonly description: string;
  readonly intentName: string;
}

function fieldsOf1(bytes: Uint8Array, little: boolean): Fields {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const float = (at: number): number => view.getFloat32(at, little);
  const short = (at: number): number => view.getInt16(at, little);
  return {
    dim: (index) => short(40 + index * 2),
    pixdim: (index) => float(76 + index * 4),
    quaternion: [float(256), float(260), float(264), float(268), float(272), float(276)],
    rows: Array.from({ length: 12 }, (_, index) => float(280 + index * 4)),
    datatype: short(70),
    voxelOffset: float(108),
    slope: float(112),
    intercept: float(116),
    displayMax: float(124),
    displayMin: float(128),
    units: bytes[123] ?? 0,
    qformCode: short(252),
    sformCode: short(254),
    intentCode: short(68),
    description: text(bytes, 148, 80),
    intentName: text(bytes, 328, 16),
  };
}

function fieldsOf2(bytes: Uint8Array, little: boolean): Fields {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const double = (at: number): number => view.getFloat64(at, little);
  const long = (at: number): number => Number(view.getBigInt64(at, little));
  const int = (at: number): number => view.getInt32(at, little);
  return {
    dim: (index) => long(16 + index * 8),
    pixdim: (index) => double(104 + index * 8),
    quaternion: [double(352), double(360), double(368), double(376), double(384), double(392)],
    rows: Array.from({ length: 12 }, (_, index) => double(400 + index * 8)),
    datatype: view.getInt16(12, little),
    voxelOffset: long(168),
    slope: double(176),
    intercept: double(184),
    displayMax: double(192),
    displayMin: double(200),
    units: int(500),
    qformCode: int(344),
    sformCode: int(348),
    intentCode: int(504),
    description: text(bytes, 240, 80),
    intentName: text(bytes, 508, 16),
  };
}

const spaceUnits: Record<number, string> = { 1: 'm', 2: 'mm', 3: 'um' };
const timeUnits: Record<number, string> = { 8: 's', 16: 'ms', 24: 'us', 32: 'Hz', 40: 'ppm', 48: 'rad/s' };

/**
 * Reads the header of inflated bytes.
 * @throws NiftiError when they are no NIfTI file, or describe a volume that cannot be
 */
export function readNiftiHeader(bytes: Uint8Array): NiftiHeader {
  const found = versionOf(bytes);
  if (found === undefined) throw new NiftiError('neither a NIfTI-1 nor a NIfTI-2 header: not a NIfTI file');
  const { version, littleEndian } = found;
  const fields = version === 1 ? fieldsOf1(bytes, littleEndian) : fieldsOf2(bytes, littleEndian);
  const dims = readDims(fields);
  const datatype = datatypes.find(({ code }) => code === fields.datatype);
  if (datatype === undefined) throw new NiftiError(`the datatype ${fields.datatype} is unknown or not supported`);
  const isPair = text(bytes, version === 1 ? 344 : 4, 4) === `ni${version}`;
  const spacing = dims.map((_, axis) => positive(fields.pixdim(axis + 1)));
  return {
    version, littleEndian, dims, datatype, spacing, isPair,
    voxelOffset: readOffset(fields.voxelOffset, headerSizes[version], isPair),
    slope: Number.isFinite(fields.slope) && fields.slope !== 0 ? fields.slope : 1,
    intercept: Number.isFinite(fields.intercept) && fields.slope !== 0 ? fields.intercept : 0,
    displayMin: fields.displayMin,
    displayMax: fields.displayMax,
    units: { space: spaceUnits[fields.units & 7] ?? 'unknown', time: timeUnits[fields.units & 56] ?? 'unknown' },
    description: fields.description,
    intentName: fields.intentName,
    intentCode: fields.intentCode,
    ...readAffines(fields, spacing),
  };
}

function positive(value: number): number {
  return Number.isFinite(value) && value !== 0 ? Math.abs(value) : 1;
}

function readDims(fields: Fields): number[] {
  const count = fields.dim(0);
  if (!Number.isInteger(count) || count < 1 || count > 7) throw new NiftiError(`the header declares ${count} dimensions`);
  const dims = Array.from({ length: Math.max(3, count) }, (_, axis) => (axis < count ? fields.dim(axis + 1) : 1));
  const bad = dims.find((size) => !Number.isInteger(size) || size < 1 || size > maxAxis);
  if (bad !== undefined) throw new NiftiError(`the header declares an axis of ${bad} voxels`);
  if (dims.reduce((product, size) => product * size, 1) > maxVoxels) throw new NiftiError(`the header declares ${dims.join(' × ')} voxels: refused`);
  return dims;
}

function readOffset(declared: number, headerSize: number, isPair: boolean): number {
  if (isPair) return Math.max(0, Math.trunc(declared));
  const offset = Math.trunc(declared);
  if (!Number.isFinite(declared) || offset < 0) throw new NiftiError(`the header places the voxels at ${declared}`);
  return offset < headerSize ? headerSize + 4 : offset; // some writers leave 0
}

function readAffines(fields: Fields, spacing: readonly number[]): Pick<NiftiHeader, 'qformCode' | 'sformCode' | 'qform' | 'sform' | 'affine' | 'affineFrom'> {
  const [si = 1, sj = 1, sk = 1] = spacing;
  const [b, c, d, x, y, z] = fields.quaternion;
  const factor = fields.pixdim(0) < 0 ? -1 : 1;
  const qform = affineFromQuaternion({ b, c, d, x, y, z, spacing: [si, sj, sk], factor });
  const r = fields.rows;
  const row = (at: number): [number, number, number, number] => [r[at] ?? 0, r[at + 1] ?? 0, r[at + 2] ?? 0, r[at + 3] ?? 0];
  const sform: Affine = [row(0), row(4), row(8)];
  const plain: Affine = [[si, 0, 0, 0], [0, sj, 0, 0], [0, 0, sk, 0]];
  const { qformCode, sformCode } = fields;
  const isUsable = (affine: Affine): boolean => affine.flat().every(Number.isFinite);
  if (sformCode > 0 && isUsable(sform)) return { qformCode, sformCode, qform, sform, affine: sform, affineFrom: 'sform' };
  if (qformCode > 0 && isUsable(qform)) return { qformCode, sformCode, qform, sform, affine: qform, affineFrom: 'qform' };
  return { qformCode, sformCode, qform, sform, affine: plain, affineFrom: 'spacing' };
}
