/**
 * Makes small valid DICOM files, for tests and benchmarks: a plain writer of its own, so that reader and rewriter are
 * not checked against themselves.
 */
import { deflateRawSync } from 'node:zlib';

/** `[tag, vr, value]`; text and numbers are encoded by their representation, arrays of numbers likewise. */
export type SampleElement = readonly [tag: number, vr: string, value: SampleValue];
export type SampleValue = string | number | readonly number[] | Uint8Array | SampleSequence | SampleFragments;
export interface SampleSequence {
  readonly items: readonly (readonly SampleElement[])[];
  readonly undefinedLength?: boolean;
}
export interface SampleFragments {
  readonly fragments: readonly Uint8Array[];
  /** Offsets for the basic offset table; empty when absent. */
  readonly offsets?: readonly number[];
}

export interface SampleOptions {
  readonly transferSyntax?: string;
  /** Leave out the preamble and the meta header. */
  readonly bare?: boolean;
  readonly preamble?: Uint8Array;
  readonly meta?: readonly SampleElement[];
  readonly trailing?: Uint8Array;
}

const longHeaders = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV']);

interface Form {
  readonly little: boolean;
  readonly explicit: boolean;
}

/** The bytes of a data set in a given form. */
export function sampleDataSet(elements: readonly SampleElement[], form: Form): Uint8Array {
  return Buffer.concat(elements.toSorted((a, b) => a[0] - b[0]).map((element) => encodeElement(element, form)));
}

function uint(value: number, size: 2 | 4, little: boolean): Buffer {
  const bytes = Buffer.alloc(size);
  if (little) bytes.writeUIntLE(value, 0, size);
  else bytes.writeUIntBE(value, 0, size);
  return bytes;
}

function tagBytes(tag: number, little: boolean): Buffer {
  return Buffer.concat([uint(tag >>> 16, 2, little), uint(tag & 0xffff, 2, little)]);
}

function encodeElement([tag, vr, value]: SampleElement, form: Form): Buffer {
  const { little, explicit } = form;
  const [body, isOpen] = encodeValue(vr, value, form);
  const length = isOpen ? 0xffffffff : body.length;
  if (!explicit) return Buffer.concat([tagBytes(tag, little), uint(length, 4, little), body]);
  const header = longHeaders.has(vr) ? [Buffer.from(`${vr}\0\0`, 'latin1'), uint(length, 4, little)] : [Buffer.from(vr, 'latin1'), uint(length, 2, little)];
  return Buffer.concat([tagBytes(tag, little), ...header, body]);
}

function encodeValue(vr: string, value: SampleValue, form: Form): [Buffer, isOpen: boolean] {
  if (typeof value === 'string') return [padded(Buffer.from(value, 'latin1'), vr === 'UI' ? 0 : 0x20), false];
  if (value instanceof Uint8Array) return [padded(Buffer.from(value), 0), false];
  if (typeof value === 'number') return [encodeNumbers(vr, [value], form.little), false];
  if ('items' in value) return [encodeItems(value, form), value.undefinedLength === true];
  if ('fragments' in value) return [encodeFragments(value), true];
  return [encodeNumbers(vr, value, form.little), false];
}

function padded(bytes: Buffer, pad: number): Buffer {
  return bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.from([pad])]);
}

function encodeNumbers(vr: string, values: readonly number[], little: boolean): Buffer {
  if (vr === 'AT') return Buffer.concat(values.map((value) => tagBytes(value, little)));
  if (vr === 'DS' || vr === 'IS') return padded(Buffer.from(values.join('\\'), 'latin1'), 0x20);
  const sizes: Record<string, number> = { US: 2, SS: 2, OW: 2, UL: 4, SL: 4, FL: 4, OF: 4, FD: 8, OD: 8, OB: 1 };
  const size = sizes[vr];
  if (size === undefined) throw new Error(`numbers in ${vr}`);
  const bytes = Buffer.alloc(values.length * size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  values.forEach((value, index) => {
    const at = index * size;
    if (vr === 'FL' || vr === 'OF') view.setFloat32(at, value, little);
    else if (size === 8) view.setFloat64(at, value, little);
    else if (size === 4) view.setInt32(at, value, little);
    else if (size === 2) view.setInt16(at, value, little);
    else view.setUint8(at, value);
  });
  return padded(bytes, 0);
}

function encodeItems({ items, undefinedLength }: SampleSequence, form: Form): Buffer {
  const { little } = form;
  const parts = items.flatMap((elements) => {
    const body = sampleDataSet(elements, form);
    if (undefinedLength === true) {
      return [tagBytes(0xfffee000, little), uint(0xffffffff, 4, little), body, tagBytes(0xfffee00d, little), uint(0, 4, little)];
    }
    return [tagBytes(0xfffee000, little), uint(body.length, 4, little), body];
  });
  if (undefinedLength === true) parts.push(tagBytes(0xfffee0dd, little), uint(0, 4, little));
  return Buffer.concat(parts);
}

function encodeFragments({ fragments, offsets = [] }: SampleFragments): Buffer {
  const table = Buffer.concat(offsets.map((offset) => uint(offset, 4, true)));
  const parts = [table, ...fragments.map((fragment) => padded(Buffer.from(fragment), 0))].flatMap((body) => [
    tagBytes(0xfffee000, true), uint(body.length, 4, true), body,
  ]);
  return Buffer.concat([...parts, tagBytes(0xfffee0dd, true), uint(0, 4, true)]);
}

export const syntaxUids = {
  implicit: '1.2.840.10008.1.2',
  explicit: '1.2.840.10008.1.2.1',
  big: '1.2.840.10008.1.2.2',
  deflated: '1.2.840.10008.1.2.1.99',
  rle: '1.2.840.10008.1.2.5',
} as const;

/** A DICOM file with these elements. */
export function sampleFile(elements: readonly SampleElement[], options: SampleOptions = {}): Uint8Array {
  const uid = options.transferSyntax ?? syntaxUids.explicit;
  const form = { little: uid !== syntaxUids.big, explicit: uid !== syntaxUids.implicit };
  const plain = sampleDataSet(elements, form);
  const body = uid === syntaxUids.deflated ? deflateRawSync(plain) : plain;
  const trailing = options.trailing ?? new Uint8Array(0);
  if (options.bare === true) return Buffer.concat([body, trailing]);
  const of = (tag: number, fallback: string): string => {
    const found = elements.find((element) => element[0] === tag)?.[2];
    return typeof found === 'string' ? found : fallback;
  };
  const meta = sampleDataSet(
    [
      [0x00020001, 'OB', Uint8Array.of(0, 1)],
      [0x00020002, 'UI', of(0x00080016, '1.2.840.10008.5.1.4.1.1.7')],
      [0x00020003, 'UI', of(0x00080018, '1.2.3.4')],
      [0x00020010, 'UI', uid],
      [0x00020012, 'UI', '1.2.3.4.5'],
      ...(options.meta ?? []),
    ],
    { little: true, explicit: true },
  );
  const length = sampleDataSet([[0x00020000, 'UL', meta.length]], { little: true, explicit: true });
  return Buffer.concat([options.preamble ?? Buffer.alloc(128), Buffer.from('DICM'), length, meta, body, trailing]);
}

export interface SampleImage {
  readonly rows?: number;
  readonly columns?: number;
  readonly frames?: number;
  readonly bits?: 8 | 16;
  readonly slice?: number;
  readonly seriesUid?: string;
  readonly extra?: readonly SampleElement[];
}

/** Elements of a small CT slice whose stored value at (row, column) of frame f is `row * columns + column + f`. */
export function sampleCt(image: SampleImage = {}): SampleElement[] {
  const { rows = 4, columns = 6, frames = 1, bits = 16, slice = 0, seriesUid = '1.2.3.10', extra = [] } = image;
  const values = Array.from({ length: rows * columns * frames }, (_, at) => (at % (rows * columns)) + Math.floor(at / (rows * columns)));
  const own: SampleElement[] = [
    [0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.2'],
    [0x00080018, 'UI', `${seriesUid}.${slice + 1}`],
    [0x00080020, 'DA', '20240229'],
    [0x00080060, 'CS', 'CT'],
    [0x00100010, 'PN', 'Doe^Jane'],
    [0x00100020, 'LO', 'P-17'],
    [0x0020000d, 'UI', '1.2.3.9'],
    [0x0020000e, 'UI', seriesUid],
    [0x00200013, 'IS', String(slice + 1)],
    [0x00200032, 'DS', [-10, -20, slice * 2.5]],
    [0x00200037, 'DS', [1, 0, 0, 0, 1, 0]],
    [0x00200052, 'UI', '1.2.3.8'],
    [0x00280002, 'US', 1],
    [0x00280004, 'CS', 'MONOCHROME2'],
    ...(frames > 1 ? [[0x00280008, 'IS', String(frames)] satisfies SampleElement] : []),
    [0x00280010, 'US', rows],
    [0x00280011, 'US', columns],
    [0x00280030, 'DS', [0.7, 0.5]],
    [0x00280100, 'US', bits],
    [0x00280101, 'US', bits],
    [0x00280102, 'US', bits - 1],
    [0x00280103, 'US', 0],
    [0x00281052, 'DS', '-1024'],
    [0x00281053, 'DS', '1'],
    [0x7fe00010, bits === 8 ? 'OB' : 'OW', values],
  ];
  const replaced = new Set(extra.map(([tag]) => tag));
  return [...own.filter(([tag]) => !replaced.has(tag)), ...extra].toSorted((a, b) => a[0] - b[0]);
}
