import type { DataSet, DicomElement, Fragment } from './dataset.ts';
import { DicomError } from './error.ts';

/**
 * Finds the bytes of each frame in encapsulated pixel data (PS3.5 section A.4): by the extended offset table, by the
 * basic one, by count, or by the markers that start a compressed image. Returns the fragments of every frame.
 */
export function frameFragments(dataSet: DataSet, element: DicomElement, frames: number): readonly (readonly Fragment[])[] {
  const [table, ...fragments] = element.fragments ?? [];
  if (table === undefined || fragments.length === 0) throw new DicomError('the encapsulated pixel data have no fragments');
  if (frames === 1) return [fragments];
  const found =
    byOffsets(fragments, extendedOffsets(dataSet), frames) ??
    byOffsets(fragments, basicOffsets(dataSet, table), frames) ??
    (fragments.length === frames ? fragments.map((fragment) => [fragment]) : undefined) ??
    byMarkers(dataSet.bytes, fragments, frames);
  if (found === undefined) {
    throw new DicomError(`${fragments.length} fragments of pixel data cannot be divided into ${frames} frames: the header declares a wrong number of frames`);
  }
  return found;
}

function basicOffsets(dataSet: DataSet, table: Fragment): number[] {
  const view = new DataView(dataSet.bytes.buffer, dataSet.bytes.byteOffset + table.start, table.end - table.start);
  return Array.from({ length: Math.floor(view.byteLength / 4) }, (_, index) => view.getUint32(index * 4, true));
}

function extendedOffsets(dataSet: DataSet): number[] {
  const element = dataSet.get(0x7fe00001);
  if (element === undefined) return [];
  const view = new DataView(dataSet.bytes.buffer, dataSet.bytes.byteOffset + element.valueStart, element.valueLength);
  return Array.from({ length: Math.floor(view.byteLength / 8) }, (_, index) => Number(view.getBigUint64(index * 8, true)));
}

/** Offsets count from the item header of the first fragment and must lead to item headers. */
function byOffsets(fragments: readonly Fragment[], offsets: readonly number[], frames: number): Fragment[][] | undefined {
  if (offsets.length !== frames) return undefined;
  const base = (fragments[0]?.start ?? 0) - 8;
  const starts = new Map(offsets.map((offset, frame) => [base + offset + 8, frame]));
  const groups: Fragment[][] = [];
  for (const fragment of fragments) {
    if (starts.get(fragment.start) === groups.length) groups.push([fragment]);
    else groups.at(-1)?.push(fragment);
  }
  return groups.length === frames ? groups : undefined;
}

function byMarkers(bytes: Uint8Array, fragments: readonly Fragment[], frames: number): Fragment[][] | undefined {
  const groups: Fragment[][] = [];
  for (const fragment of fragments) {
    const [a, b] = bytes.subarray(fragment.start, fragment.start + 2);
    const startsImage = a === 0xff && (b === 0xd8 || b === 0x4f);
    if (startsImage || groups.length === 0) groups.push([fragment]);
    else groups.at(-1)?.push(fragment);
  }
  return groups.length === frames ? groups : undefined;
}

/** The bytes of a frame in one piece; no copy when it is a single fragment. */
export function joinFragments(bytes: Uint8Array, fragments: readonly Fragment[]): Uint8Array {
  const [first] = fragments;
  if (first !== undefined && fragments.length === 1) return bytes.subarray(first.start, first.end);
  const joined = new Uint8Array(fragments.reduce((sum, { start, end }) => sum + end - start, 0));
  let at = 0;
  for (const { start, end } of fragments) {
    joined.set(bytes.subarray(start, end), at);
    at += end - start;
  }
  return joined;
}
