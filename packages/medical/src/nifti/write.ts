import { gzipSync } from 'node:zlib';
import { affineSpacing, quaternionFromAffine } from './affine.ts';
import type { Affine } from './affine.ts';
import { NiftiError } from './error.ts';
import { datatypes } from './header.ts';
import type { Datatype, DatatypeName } from './header.ts';
import { voxelCount } from './parse.ts';
import type { VoxelArray } from './parse.ts';

export interface NiftiContent {
  /** i runs fastest. */
  readonly data: VoxelArray;
  readonly dims: readonly number[];
  readonly affine: Affine;
  /** That of `data` when absent. */
  readonly datatype?: DatatypeName;
  readonly gzip?: boolean;
  /** Seconds between points in time. */
  readonly timeStep?: number;
  readonly slope?: number;
  readonly intercept?: number;
  /** At most 79 characters. */
  readonly description?: string;
  /** 1002 for labels (NIFTI_INTENT_LABEL). */
  readonly intentCode?: number;
}

/**
 * Writes a single-file NIfTI-1, or a NIfTI-2 where an axis has more than 32,767 voxels. Millimetres and seconds; the
 * affine goes into the sform, and into the qform as well when its axes are at right angles.
 * @throws NiftiError when data, dimensions and datatype do not fit together
 */
export function writeNifti(content: NiftiContent): Uint8Array {
  const { data, dims } = content;
  if (dims.length < 1 || dims.length > 7 || dims.some((size) => !Number.isInteger(size) || size < 1)) throw new NiftiError(`dimensions ${dims.join(' × ')} cannot be written`);
  if (voxelCount(dims) !== data.length) throw new NiftiError(`${data.length} voxels do not fill ${dims.join(' × ')}`);
  const datatype = datatypeOf(content);
  const voxels = encodeVoxels(data, datatype);
  const header = dims.some((size) => size > 32767) ? header2(content, datatype) : header1(content, datatype);
  const bytes = new Uint8Array(header.length + 4 + voxels.length); // four bytes: no extensions follow
  bytes.set(header);
  bytes.set(voxels, header.length + 4);
  return content.gzip === true ? gzipSync(bytes) : bytes;
}

const writable: Partial<Record<DatatypeName, new (data: ArrayLike<number>) => VoxelArray>> = {
  uint8: Uint8Array, int8: Int8Array, uint16: Uint16Array, int16: Int16Array, uint32: Uint32Array, int32: Int32Array,
  float32: Float32Array, float64: Float64Array,
};

function datatypeOf({ data, datatype }: NiftiContent): Datatype {
  const name = datatype ?? (Object.entries(writable).find(([, type]) => data instanceof type)?.[0] as DatatypeName | undefined);
  const found = datatypes.find((entry) => entry.name === name);
  if (found === undefined || writable[found.name] === undefined) throw new NiftiError(`the datatype ${name ?? 'of the data'} cannot be written`);
  return found;
}

/** Values that the datatype cannot hold are refused: wrapping them around would change labels silently. */
function encodeVoxels(data: VoxelArray, datatype: Datatype): Uint8Array {
  const Type = writable[datatype.name];
  if (Type === undefined) throw new NiftiError(`the datatype ${datatype.name} cannot be written`);
  if (data instanceof Type) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const converted = new Type(data);
  if (!datatype.name.startsWith('float')) {
    for (let at = 0; at < data.length; at++) {
      if (converted[at] !== data[at]) throw new NiftiError(`the value ${data[at]} does not fit ${datatype.name}`);
    }
  }
  return new Uint8Array(converted.buffer, converted.byteOffset, converted.byteLength);
}

const millimetresAndSeconds = 2 | 8;

function ascii(bytes: Uint8Array, at: number, text: string, length: number): void {
  for (let index = 0; index < Math.min(text.length, length - 1); index++) bytes[at + index] = text.charCodeAt(index) & 0x7f;
}

function pixdims(content: NiftiContent): number[] {
  const spacing: number[] = affineSpacing(content.affine);
  return Array.from({ length: 7 }, (_, axis) => (axis < 3 ? (spacing[axis] ?? 1) : axis === 3 ? (content.timeStep ?? 1) : 1));
}

function header1(content: NiftiContent, datatype: Datatype): Uint8Array {
  const bytes = new Uint8Array(348);
  const view = new DataView(bytes.buffer);
  const { dims, affine } = content;
  const quaternion = quaternionFromAffine(affine);
  const float = (at: number, value: number): void => view.setFloat32(at, value, true);
  const short = (at: number, value: number): void => view.setInt16(at, value, true);
  view.setInt32(0, 348, true);
  bytes[38] = 114; // regular
  short(40, dims.length);
  for (let axis = 0; axis < 7; axis++) short(42 + axis * 2, dims[axis] ?? 1);
  short(68, content.intentCode ?? 0);
  short(70, datatype.code);
  short(72, datatype.bits);
  float(76, quaternion?.factor ?? 1);
  pixdims(content).forEach((size, axis) => float(80 + axis * 4, size));
  float(108, 352);
  float(112, content.slope ?? 1);
  float(116, content.intercept ?? 0);
  bytes[123] = millimetresAndSeconds;
  ascii(bytes, 148, content.description ?? '', 80);
  short(252, quaternion === undefined ? 0 : 1);
  short(254, 1);
  if (quaternion !== undefined) {
    [quaternion.b, quaternion.c, quaternion.d, quaternion.x, quaternion.y, quaternion.z].forEach((value, index) => float(256 + index * 4, value));
  }
  affine.flat().forEach((value, index) => float(280 + index * 4, value));
  ascii(bytes, 344, 'n+1', 4);
  return bytes;
}

function header2(content: NiftiContent, datatype: Datatype): Uint8Array {
  const bytes = new Uint8Array(540);
  const view = new DataView(bytes.buffer);
  const { dims, affine } = content;
  const quaternion = quaternionFromAffine(affine);
  const double = (at: number, value: number): void => view.setFloat64(at, value, true);
  const long = (at: number, value: number): void => view.setBigInt64(at, BigInt(value), true);
  view.setInt32(0, 540, true);
  bytes.set([0x6e, 0x2b, 0x32, 0, 0x0d, 0x0a, 0x1a, 0x0a], 4); // «n+2» and a line-end check
  view.setInt16(12, datatype.code, true);
  view.setInt16(14, datatype.bits, true);
  long(16, dims.length);
  for (let axis = 0; axis < 7; axis++) long(24 + axis * 8, dims[axis] ?? 1);
  double(104, quaternion?.factor ?? 1);
  pixdims(content).forEach((size, axis) => double(112 + axis * 8, size));
  long(168, 544);
  double(176, content.slope ?? 1);
  double(184, content.intercept ?? 0);
  ascii(bytes, 240, content.description ?? '', 80);
  view.setInt32(344, quaternion === undefined ? 0 : 1, true);
  view.setInt32(348, 1, true);
  if (quaternion !== undefined) {
    [quaternion.b, quaternion.c, quaternion.d, quaternion.x, quaternion.y, quaternion.z].forEach((value, index) => double(352 + index * 8, value));
  }
  affine.flat().forEach((value, index) => double(400 + index * 8, value));
  view.setInt32(500, millimetresAndSeconds, true);
  view.setInt32(504, content.intentCode ?? 0, true);
  return bytes;
}
