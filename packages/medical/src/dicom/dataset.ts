import { latin1, textDecoding } from './charset.ts';
import type { TextDecoding } from './charset.ts';
import { tagText } from './dictionary.ts';
import { vrFromCode } from './vr.ts';

/** One data element and where it lies in `DataSet.bytes`. */
export interface DicomElement {
  /** Group and element number as one unsigned 32-bit number: 0x00100010. */
  readonly tag: number;
  /** As the file says; from the dictionary in implicit syntaxes (`UN` where that knows nothing). */
  readonly vr: string;
  /** Offset of the tag. */
  readonly start: number;
  /** Offset of the value. */
  readonly valueStart: number;
  /** Bytes of the value that are there, delimiters left out. Less than declared when the file ends early. */
  readonly valueLength: number;
  /** The length in the element's header; 0xffffffff when undefined. */
  readonly declaredLength: number;
  /** Offset after the element, its delimiters included. */
  readonly end: number;
  /** Of a sequence. */
  readonly items?: DataSet[];
  /** Of encapsulated pixel data: every fragment, the offset table in front included. */
  readonly fragments?: Fragment[];
}

/** A fragment of encapsulated pixel data: `[start, end)` is its value; its item header is the 8 bytes before. */
export interface Fragment {
  readonly start: number;
  readonly end: number;
}

export interface Encoding {
  readonly littleEndian: boolean;
  readonly explicit: boolean;
}

const undefinedLength = 0xffffffff;

/** The elements of a file, of its meta header, or of one item of a sequence. */
export class DataSet {
  readonly bytes: Uint8Array;
  readonly encoding: Encoding;
  readonly parent: DataSet | undefined;
  /** In file order, duplicates included. */
  readonly elements: DicomElement[] = [];
  /** Offset of the item's header (of the first element for a whole file), of its content, and after it all. */
  start = 0;
  contentStart = 0;
  contentEnd = 0;
  end = 0;
  hasUndefinedLength = false;
  private index: Map<number, DicomElement> | undefined;
  private decoding: TextDecoding | undefined;

  constructor(bytes: Uint8Array, encoding: Encoding, parent?: DataSet) {
    this.bytes = bytes;
    this.encoding = encoding;
    this.parent = parent;
  }

  /** The element with this tag; the first one where a broken file repeats it. */
  get(tag: number): DicomElement | undefined {
    if (this.index === undefined) {
      this.index = new Map();
      for (const element of this.elements) if (!this.index.has(element.tag)) this.index.set(element.tag, element);
    }
    return this.index.get(tag);
  }

  has(tag: number): boolean {
    return this.get(tag) !== undefined;
  }

  /** The bytes of a value: a view, not a copy. */
  value(element: DicomElement): Uint8Array {
    return this.bytes.subarray(element.valueStart, element.valueStart + element.valueLength);
  }

  /** Items of a sequence; none where it is absent. */
  items(tag: number): readonly DataSet[] {
    return this.get(tag)?.items ?? [];
  }

  private get text(): TextDecoding {
    if (this.decoding === undefined) {
      const own = this.get(0x00080005);
      this.decoding =
        own === undefined && this.parent !== undefined ? this.parent.text : textDecoding(own === undefined ? [] : this.terms(own));
    }
    return this.decoding;
  }

  private terms(element: DicomElement): string[] {
    return latin1(this.value(element)).replace(/\0/g, '').split('\\').map((term) => term.trim());
  }

  /** The whole text of an element, padding removed, character set decoded. */
  decodeText(element: DicomElement): string {
    const { bytes } = this;
    let end = element.valueStart + element.valueLength;
    while (end > element.valueStart && (bytes[end - 1] === 0x20 || bytes[end - 1] === 0)) end -= 1;
    const vr = vrFromCode(element.vr);
    if (vr?.localized !== true && element.vr !== 'UN') return latin1(bytes, element.valueStart, end);
    return this.text(bytes.subarray(element.valueStart, end), element.vr === 'PN');
  }

  /** The text values of an element, split at `\` where its representation allows several. */
  textValues(element: DicomElement): string[] {
    const text = this.decodeText(element);
    if (text === '') return [];
    if (element.vr === 'LT' || element.vr === 'ST' || element.vr === 'UT' || element.vr === 'UR') return [text];
    return text.includes('\\') ? text.split('\\').map((value) => value.trim()) : [text.trim()];
  }

  /** All values as text; undefined when absent or empty. */
  strings(tag: number): string[] | undefined {
    const element = this.get(tag);
    if (element === undefined || element.items !== undefined) return undefined;
    const values = this.textValues(element);
    return values.length === 0 ? undefined : values;
  }

  /** The first value as text; undefined when absent or empty. */
  string(tag: number): string | undefined {
    const first = this.strings(tag)?.[0];
    return first === '' ? undefined : first;
  }

  /** All values as numbers: binary numbers as they are, decimal and integer strings parsed, others skipped. */
  numbers(tag: number): number[] | undefined {
    const element = this.get(tag);
    if (element === undefined) return undefined;
    const values = this.numberValues(element);
    return values.length === 0 ? undefined : values;
  }

  /** The first value as a number. */
  number(tag: number): number | undefined {
    return this.numbers(tag)?.[0];
  }

  numberValues(element: DicomElement): number[] {
    const read = readers[element.vr];
    if (read === undefined) {
      if (element.items !== undefined || vrFromCode(element.vr)?.text === false) return [];
      return this.textValues(element).map(parseDecimal).filter(Number.isFinite);
    }
    const values: number[] = [];
    const view = new DataView(this.bytes.buffer, this.bytes.byteOffset + element.valueStart, element.valueLength);
    const count = Math.floor(element.valueLength / read.size);
    for (let at = 0; at < count; at++) values.push(read.at(view, at * read.size, this.encoding.littleEndian));
    return values;
  }

  /** Attribute tags (VR AT). */
  tags(element: DicomElement): number[] {
    const values: number[] = [];
    const view = new DataView(this.bytes.buffer, this.bytes.byteOffset + element.valueStart, element.valueLength);
    const { littleEndian } = this.encoding;
    for (let at = 0; at + 4 <= element.valueLength; at += 4) {
      values.push(((view.getUint16(at, littleEndian) << 16) | view.getUint16(at + 2, littleEndian)) >>> 0);
    }
    return values;
  }
}

/** The number in a DS or IS value; NaN for anything else (also for an empty one). */
export function parseDecimal(text: string): number {
  const trimmed = text.trim().replace(',', '.');
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(trimmed) ? Number(trimmed) : Number.NaN;
}

const readers: Record<string, { size: number; at: (view: DataView, offset: number, littleEndian: boolean) => number }> = {
  US: { size: 2, at: (view, offset, little) => view.getUint16(offset, little) },
  SS: { size: 2, at: (view, offset, little) => view.getInt16(offset, little) },
  UL: { size: 4, at: (view, offset, little) => view.getUint32(offset, little) },
  SL: { size: 4, at: (view, offset, little) => view.getInt32(offset, little) },
  FL: { size: 4, at: (view, offset, little) => view.getFloat32(offset, little) },
  FD: { size: 8, at: (view, offset, little) => view.getFloat64(offset, little) },
  SV: { size: 8, at: (view, offset, little) => Number(view.getBigInt64(offset, little)) },
  UV: { size: 8, at: (view, offset, little) => Number(view.getBigUint64(offset, little)) },
};

/** True where the header left the length open. */
export function hasUndefinedLength(element: DicomElement): boolean {
  return element.declaredLength === undefinedLength;
}

/** `(0010,0010) PN`, for messages. */
export function elementText(element: DicomElement): string {
  return `${tagText(element.tag)} ${element.vr}`;
}
