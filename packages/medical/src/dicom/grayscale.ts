import type { DataSet } from './dataset.ts';
import { functionalGroup } from './geometry.ts';
import type { SampleArray } from './native-pixels.ts';

/** Stored values to real ones (PS3.3 section C.11.1): `slope · stored + intercept`, or a table. */
export interface Rescale {
  readonly slope: number;
  readonly intercept: number;
  /** Unit of the result, such as HU. */
  readonly type?: string;
  readonly table?: LookupTable;
}

/** A lookup table (PS3.3 section C.11.1.1.1): inputs below `first` take the first entry, those beyond the last. */
export interface LookupTable {
  readonly first: number;
  readonly values: ArrayLike<number>;
  /** Of the output: entries run from 0 to 2^bits − 1. */
  readonly bits: number;
}

export type WindowFunction = 'LINEAR' | 'LINEAR_EXACT' | 'SIGMOID';

export interface Window {
  readonly center: number;
  readonly width: number;
  readonly function?: WindowFunction;
}

/** Real values to what is shown, 0 to 1. */
export type Voi = { readonly kind: 'window'; readonly window: Window } | { readonly kind: 'table'; readonly table: LookupTable };

/** The modality transform of a frame, from the top level or its functional group (0028,9145). */
export function rescaleOf(dataSet: DataSet, frame: number, signed: boolean): Rescale {
  const group = functionalGroup(dataSet, frame, 0x00289145) ?? dataSet;
  const table = lookupTable(dataSet.items(0x00283000)[0], signed);
  const slope = group.number(0x00281053) ?? 1;
  const type = group.string(0x00281054);
  return {
    slope: slope === 0 ? 1 : slope, // a slope of 0 makes every image one grey: a writer's blank
    intercept: group.number(0x00281052) ?? 0,
    ...(type === undefined ? {} : { type }),
    ...(table === undefined ? {} : { table }),
  };
}

/** The VOI transform that the header gives for a frame: a window first, else a table; undefined without either. */
export function voiOf(dataSet: DataSet, frame: number): Voi | undefined {
  const group = functionalGroup(dataSet, frame, 0x00289132) ?? dataSet;
  const center = group.number(0x00281050);
  const width = group.number(0x00281051);
  if (center !== undefined && width !== undefined && width > 0) {
    return { kind: 'window', window: { center, width, function: windowFunction(group.string(0x00281056)) } };
  }
  const table = lookupTable(group.items(0x00283010)[0] ?? dataSet.items(0x00283010)[0], false);
  return table === undefined ? undefined : { kind: 'table', table };
}

function windowFunction(text: string | undefined): WindowFunction {
  return text === 'LINEAR_EXACT' || text === 'SIGMOID' ? text : 'LINEAR';
}

/** Reads LUT Descriptor (0028,3002) and LUT Data (0028,3006). */
function lookupTable(item: DataSet | undefined, signedInput: boolean): LookupTable | undefined {
  const [length = 0, first = 0, bits = 0] = item?.numbers(0x00283002) ?? [];
  const element = item?.get(0x00283006);
  if (item === undefined || element === undefined || bits < 1 || bits > 16) return undefined;
  const bytes = item.value(element);
  const count = (length & 0xffff) === 0 ? 65536 : length & 0xffff;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Uint16Array(Math.min(count, bytes.length >> 1));
  for (let at = 0; at < values.length; at++) values[at] = view.getUint16(at * 2, item.encoding.littleEndian);
  return values.length === 0 ? undefined : { first: signedInput ? (first << 16) >> 16 : first, values, bits };
}

function lookUp(table: LookupTable, input: number): number {
  const index = Math.min(table.values.length - 1, Math.max(0, Math.round(input) - table.first));
  return table.values[index] ?? 0;
}

export function rescaleValue(rescale: Rescale, stored: number): number {
  return rescale.table === undefined ? stored * rescale.slope + rescale.intercept : lookUp(rescale.table, stored);
}

/** Applies a VOI transform to a real value (PS3.3 sections C.11.2.1.2 and C.11.2.1.3); the result is in 0…1. */
export function applyVoi(voi: Voi, value: number): number {
  if (voi.kind === 'table') return lookUp(voi.table, value) / (2 ** voi.table.bits - 1);
  const { center, width, function: shape = 'LINEAR' } = voi.window;
  if (shape === 'SIGMOID') return 1 / (1 + Math.exp((-4 * (value - center)) / width));
  if (shape === 'LINEAR_EXACT') return clamp((value - center) / width + 0.5);
  if (width <= 1) return value <= center - 0.5 ? 0 : 1;
  return clamp((value - (center - 0.5)) / (width - 1) + 0.5);
}

function clamp(value: number): number {
  return value < 0 ? 0 : value > 1 ? 1 : value;
}

/** The window from the 1st to the 99th percentile of the real values; `padding` (stored) does not count. */
export function percentileWindow(data: SampleArray, rescale: Rescale, padding?: number): Window {
  const isWide = data instanceof Float32Array || data instanceof Float64Array || data.BYTES_PER_ELEMENT === 4;
  const [low = 0, high = 1] = (isWide ? sortedEnds : countedEnds)(data, rescale, padding);
  return { center: (low + high) / 2, width: Math.max(high - low, Number.EPSILON * Math.max(1, Math.abs(high))), function: 'LINEAR_EXACT' };
}

type Ends = [low: number | undefined, high: number | undefined];

/** Every so many values are looked at. */
const stepOf = (data: SampleArray): number => Math.max(1, Math.floor(data.length / 250_000));
/** Places of the ends among so many values in their order. */
const placesOf = (count: number): [number, number] => [Math.floor((count - 1) * 0.01), Math.ceil((count - 1) * 0.99)];

function sortedEnds(data: SampleArray, rescale: Rescale, padding: number | undefined): Ends {
  const step = stepOf(data);
  const sample = new Float64Array(Math.ceil(data.length / step));
  let count = 0;
  for (let at = 0; at < data.length; at += step) {
    const stored = data[at] ?? 0;
    if (stored !== padding && Number.isFinite(stored)) sample[count++] = rescaleValue(rescale, stored);
  }
  const sorted = sample.subarray(0, count).sort();
  const [low, high] = placesOf(count);
  return [sorted[low], sorted[high]];
}

/** The same by counting, for values of at most 16 bits: to sort the pixels took longer than all else about a thumbnail. */
function countedEnds(data: SampleArray, rescale: Rescale, padding: number | undefined): Ends {
  const signed = data instanceof Int8Array || data instanceof Int16Array;
  const first = signed ? -(2 ** (data.BYTES_PER_ELEMENT * 8 - 1)) : 0;
  const counts = new Uint32Array(2 ** (data.BYTES_PER_ELEMENT * 8));
  const step = stepOf(data);
  let count = 0;
  for (let at = 0; at < data.length; at += step) {
    const stored = data[at] ?? 0;
    if (stored === padding) continue;
    counts[stored - first] = (counts[stored - first] ?? 0) + 1;
    count += 1;
  }
  const values: { real: number; times: number }[] = [];
  counts.forEach((times, index) => {
    if (times > 0) values.push({ real: rescaleValue(rescale, index + first), times });
  });
  values.sort((a, b) => a.real - b.real);
  const ends = placesOf(count).map((place) => {
    let before = 0;
    return values.find(({ times }) => (before += times) > place)?.real;
  });
  return [ends[0], ends[1]];
}

/** Turns stored values into 8-bit greys. `invert` for MONOCHROME1 and inverse presentation. */
export function toGrey(data: SampleArray, rescale: Rescale, voi: Voi, invert: boolean): Uint8Array {
  const shade = (stored: number): number => {
    const shown = applyVoi(voi, rescaleValue(rescale, stored));
    return Math.round((invert ? 1 - shown : shown) * 255);
  };
  const grey = new Uint8Array(data.length);
  const isWide = data instanceof Float32Array || data instanceof Float64Array || data.BYTES_PER_ELEMENT === 4;
  if (isWide || data.length < 65536) {
    for (let at = 0; at < data.length; at++) grey[at] = shade(data[at] ?? 0);
    return grey;
  }
  const signed = data instanceof Int8Array || data instanceof Int16Array;
  const first = signed ? -(2 ** (data.BYTES_PER_ELEMENT * 8 - 1)) : 0;
  const table = Uint8Array.from({ length: 2 ** (data.BYTES_PER_ELEMENT * 8) }, (_, index) => shade(index + first));
  for (let at = 0; at < data.length; at++) grey[at] = table[(data[at] ?? 0) - first] ?? 0;
  return grey;
}
