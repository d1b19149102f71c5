import { deflateRawSync } from 'node:zlib';
import { hasUndefinedLength } from './dataset.ts';
import type { DataSet, DicomElement, Encoding } from './dataset.ts';
import { DicomError } from './error.ts';
import { nestedItems } from './nested-items.ts';
import type { DicomFile } from './parse.ts';
import { explicitLittleEndian } from './transfer-syntax.ts';
import { vrFromCode } from './vr.ts';

/** An element to be written anew. Bytes are in the data set's endianness; odd lengths are padded. */
export interface NewElement {
  readonly tag: number;
  readonly vr: string;
  readonly value?: Uint8Array;
  readonly items?: readonly (readonly NewElement[])[];
  /** Encapsulated frames: each becomes a fragment, after an offset table. */
  readonly frames?: readonly Uint8Array[];
}

/** What becomes of an element that is there; one without a change keeps its bytes. */
export type ElementChange =
  | { readonly kind: 'remove' }
  | { readonly kind: 'value'; readonly vr: string; readonly value: Uint8Array }
  /** What follows the header up to the end of the element, delimiters included; the header stays. */
  | { readonly kind: 'raw'; readonly valueBytes: Uint8Array }
  /** One plan for each item, in order; `undefined` keeps the item's bytes. */
  | { readonly kind: 'items'; readonly plans: readonly (DataSetPlan | undefined)[] };

export interface DataSetPlan {
  readonly changes: ReadonlyMap<DicomElement, ElementChange>;
  /** Put in by tag; in tag order. */
  readonly additions: readonly NewElement[];
}

export interface FilePlan {
  readonly meta?: DataSetPlan;
  readonly dataSet?: DataSetPlan;
  readonly preamble?: 'keep' | 'zero';
  /** Bytes after the last element that were not understood. Default keep. */
  readonly trailing?: 'keep' | 'drop';
}

/** Grows as it is written to. */
class Sink {
  private bytes: Uint8Array;
  length = 0;

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
  }

  private reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + count));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }

  copy(source: Uint8Array): void {
    this.reserve(source.length);
    this.bytes.set(source, this.length);
    this.length += source.length;
  }

  zeros(count: number): void {
    this.reserve(count);
    this.length += count;
  }

  uint16(value: number, little: boolean): void {
    this.reserve(2);
    this.bytes[this.length] = little ? value & 255 : value >> 8;
    this.bytes[this.length + 1] = little ? value >> 8 : value & 255;
    this.length += 2;
  }

  uint32(value: number, little: boolean): void {
    this.reserve(4);
    this.putUint32(this.length, value, little);
    this.length += 4;
  }

  putUint32(at: number, value: number, little: boolean): void {
    for (let index = 0; index < 4; index++) this.bytes[at + index] = (value >>> ((little ? index : 3 - index) * 8)) & 255;
  }

  tag(tag: number, little: boolean): void {
    this.uint16(tag >>> 16, little);
    this.uint16(tag & 0xffff, little);
  }

  result(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
}

/**
 * Writes a file anew by a plan. Whatever the plan does not name stays byte for byte as it is; transfer syntax, lengths
 * (defined or not) and order are kept. Without changes the result equals the input.
 */
export function rewriteDicom(file: DicomFile, plan: FilePlan): Uint8Array {
  const { bytes, meta, dataSet } = file;
  const sink = new Sink(bytes.length + 4096);
  const head = bytes.subarray(0, meta.start);
  if (plan.preamble === 'zero' && file.preamble !== undefined) {
    sink.zeros(128);
    sink.copy(head.subarray(128));
  } else if (plan.preamble === 'zero') {
    sink.copy(head.length === 4 ? head : head.subarray(0, 0)); // «DICM» alone stays, stray bytes go
  } else {
    sink.copy(head);
  }
  writeMeta(sink, meta, plan.meta);
  if (dataSet.bytes === bytes) {
    writeBody(sink, file, plan);
  } else if (plan.dataSet === undefined && plan.trailing !== 'drop') {
    sink.copy(bytes.subarray(meta.end)); // deflated and untouched
  } else {
    const body = new Sink(dataSet.bytes.length + 4096);
    writeBody(body, file, plan);
    const deflated = deflateRawSync(body.result());
    sink.copy(deflated);
    if (deflated.length % 2 === 1) sink.zeros(1);
  }
  return sink.result();
}

function writeMeta(sink: Sink, meta: DataSet, plan?: DataSetPlan): void {
  const start = sink.length;
  writeContent(sink, meta, plan, meta.end);
  const length = meta.get(0x00020000);
  if (plan === undefined || length === undefined || plan.changes.has(length)) return;
  const headerBytes = length.end - length.start;
  sink.putUint32(start + headerBytes - 4, sink.length - start - headerBytes, true);
}

function writeBody(sink: Sink, { dataSet, trailingStart }: DicomFile, plan: FilePlan): void {
  writeContent(sink, dataSet, plan.dataSet, trailingStart ?? dataSet.end);
  if (plan.trailing !== 'drop') sink.copy(dataSet.bytes.subarray(trailingStart ?? dataSet.end));
}

/** Copies runs of unchanged elements in one go. `end` is where the content of the data set ends. */
function writeContent(sink: Sink, dataSet: DataSet, plan: DataSetPlan | undefined, end: number): void {
  const { bytes, elements, encoding } = dataSet;
  if (plan === undefined) return sink.copy(bytes.subarray(dataSet.contentStart, end));
  let copied = dataSet.contentStart;
  let added = 0;
  for (const element of elements) {
    let addition = plan.additions[added];
    const change = plan.changes.get(element);
    if (change === undefined && (addition === undefined || addition.tag > element.tag)) continue;
    sink.copy(bytes.subarray(copied, element.start));
    while (addition !== undefined && addition.tag <= element.tag) {
      writeNew(sink, addition, encoding);
      added += 1;
      addition = plan.additions[added];
    }
    copied = change === undefined ? element.start : element.end;
    if (change !== undefined) writeChange(sink, dataSet, element, change);
  }
  sink.copy(bytes.subarray(copied, Math.max(copied, Math.min(end, elements.at(-1)?.end ?? copied))));
  for (const addition of plan.additions.slice(added)) writeNew(sink, addition, encoding);
}

function writeChange(sink: Sink, dataSet: DataSet, element: DicomElement, change: ElementChange): void {
  if (change.kind === 'remove') return;
  if (change.kind === 'value') return writeNew(sink, { tag: element.tag, vr: change.vr, value: change.value }, dataSet.encoding);
  if (change.kind === 'raw') {
    sink.copy(dataSet.bytes.subarray(element.start, element.valueStart));
    return sink.copy(change.valueBytes);
  }
  const items = nestedItems(dataSet, element) ?? [];
  const { littleEndian } = dataSet.encoding;
  const isOpen = hasUndefinedLength(element);
  writeHeader(sink, element.tag, element.vr, 0xffffffff, dataSet.encoding);
  const start = sink.length;
  items.forEach((item, index) => writeItem(sink, item, change.plans[index]));
  if (isOpen) {
    sink.tag(0xfffee0dd, items[0]?.encoding.littleEndian ?? littleEndian);
    sink.uint32(0, littleEndian);
  } else {
    sink.putUint32(start - 4, sink.length - start, littleEndian);
  }
}

function writeItem(sink: Sink, item: DataSet, plan: DataSetPlan | undefined): void {
  const { littleEndian } = item.encoding;
  if (plan === undefined) return sink.copy(item.bytes.subarray(item.start, item.end));
  sink.tag(0xfffee000, littleEndian);
  sink.uint32(0xffffffff, littleEndian);
  const start = sink.length;
  writeContent(sink, item, plan, item.contentEnd);
  if (item.hasUndefinedLength) {
    sink.tag(0xfffee00d, littleEndian);
    sink.uint32(0, littleEndian);
  } else {
    sink.putUint32(start - 4, sink.length - start, littleEndian);
  }
}

function writeHeader(sink: Sink, tag: number, vr: string, length: number, encoding: Encoding): void {
  const { littleEndian, explicit } = encoding;
  sink.tag(tag, littleEndian);
  if (!explicit) return sink.uint32(length, littleEndian);
  sink.copy(Uint8Array.of(vr.charCodeAt(0), vr.charCodeAt(1)));
  if (vrFromCode(vr)?.longHeader === false) {
    if (length > 0xfffe) throw new DicomError(`a value of ${length} bytes is too long for ${vr}`);
    return sink.uint16(length, littleEndian);
  }
  sink.uint16(0, littleEndian);
  sink.uint32(length, littleEndian);
}

function writeNew(sink: Sink, element: NewElement, encoding: Encoding): void {
  const { tag, vr, items, frames } = element;
  if (frames !== undefined) return writeFrames(sink, tag, vr, frames, encoding);
  if (items === undefined) {
    const value = element.value ?? new Uint8Array(0);
    writeHeader(sink, tag, vr, value.length + (value.length % 2), encoding);
    sink.copy(value);
    if (value.length % 2 === 1) sink.copy(Uint8Array.of(vrFromCode(vr)?.text === true && vr !== 'UI' ? 0x20 : 0));
    return;
  }
  writeHeader(sink, tag, vr, 0xffffffff, encoding);
  const start = sink.length;
  for (const elements of items) {
    sink.tag(0xfffee000, encoding.littleEndian);
    sink.uint32(0, encoding.littleEndian);
    const itemStart = sink.length;
    for (const inner of inTagOrder(elements)) writeNew(sink, inner, encoding);
    sink.putUint32(itemStart - 4, sink.length - itemStart, encoding.littleEndian);
  }
  sink.putUint32(start - 4, sink.length - start, encoding.littleEndian);
}

function writeFrames(sink: Sink, tag: number, vr: string, frames: readonly Uint8Array[], encoding: Encoding): void {
  writeHeader(sink, tag, vr, 0xffffffff, encoding);
  sink.tag(0xfffee000, true);
  sink.uint32(frames.length * 4, true);
  let offset = 0;
  for (const frame of frames) {
    sink.uint32(offset, true);
    offset += 8 + frame.length + (frame.length % 2);
  }
  for (const frame of frames) {
    sink.tag(0xfffee000, true);
    sink.uint32(frame.length + (frame.length % 2), true);
    sink.copy(frame);
    sink.zeros(frame.length % 2);
  }
  sink.tag(0xfffee0dd, true);
  sink.uint32(0, true);
}

export function inTagOrder(elements: readonly NewElement[]): NewElement[] {
  return elements.toSorted((a, b) => a.tag - b.tag);
}

/** Text as bytes: Latin-1, or UTF-8 for a data set in `ISO_IR 192`. */
export function textValue(text: string, charset: 'latin1' | 'utf8' = 'latin1'): Uint8Array {
  return new Uint8Array(Buffer.from(text, charset));
}

export function textElement(tag: number, vr: string, text: string): NewElement {
  return { tag, vr, value: textValue(text, 'utf8') };
}

/** Numbers of a binary representation, little endian. */
export function numberElement(tag: number, vr: 'US' | 'UL' | 'SS' | 'FD' | 'FL', ...values: number[]): NewElement {
  const size = vr === 'FD' ? 8 : vr === 'US' || vr === 'SS' ? 2 : 4;
  const value = new Uint8Array(values.length * size);
  const view = new DataView(value.buffer);
  values.forEach((entry, index) => {
    if (vr === 'FD') view.setFloat64(index * 8, entry, true);
    else if (vr === 'FL') view.setFloat32(index * 4, entry, true);
    else if (vr === 'UL') view.setUint32(index * 4, entry, true);
    else view.setUint16(index * 2, entry & 0xffff, true);
  });
  return { tag, vr, value };
}

/** The implementation that wrote a file (0002,0012) and its version name. */
export const implementation = { uid: '2.25.308140627401872694508412590362987161', name: 'FOVEA' } as const;

/** A new Part 10 file, explicit little endian unless `transferSyntaxUid` says otherwise (values are little endian). */
export function buildDicom(elements: readonly NewElement[], transferSyntaxUid: string = explicitLittleEndian.uid): Uint8Array {
  const text = (tag: number): string => {
    const value = elements.find((element) => element.tag === tag)?.value;
    return value === undefined ? '' : Buffer.from(value).toString('latin1').replace(/[\0 ]+$/, '');
  };
  const meta = new Sink(512);
  const encoding = { littleEndian: true, explicit: true };
  const metaElements = [
    { tag: 0x00020001, vr: 'OB', value: Uint8Array.of(0, 1) },
    textElement(0x00020002, 'UI', text(0x00080016)),
    textElement(0x00020003, 'UI', text(0x00080018)),
    textElement(0x00020010, 'UI', transferSyntaxUid),
    textElement(0x00020012, 'UI', implementation.uid),
    textElement(0x00020013, 'SH', implementation.name),
  ];
  for (const element of metaElements) writeNew(meta, element, encoding);
  const sink = new Sink(8192);
  sink.zeros(128);
  sink.copy(textValue('DICM'));
  writeNew(sink, numberElement(0x00020000, 'UL', meta.length), encoding);
  sink.copy(meta.result());
  for (const element of inTagOrder(elements)) writeNew(sink, element, encoding);
  return sink.result();
}
