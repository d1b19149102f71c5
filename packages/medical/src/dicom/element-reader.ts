import { DataSet } from './dataset.ts';
import type { DicomElement, Encoding, Fragment } from './dataset.ts';
import { lookUpTag, tagText } from './dictionary.ts';
import { DicomError } from './error.ts';
import { areLetters, vrFromBytes } from './vr.ts';

/** What the reader will not go beyond, whatever the file says. */
export interface ReadBounds {
  /** Sequences within sequences. */
  readonly maxDepth: number;
  /** Elements, items and fragments of the whole file. */
  readonly maxElements: number;
}

export const defaultBounds: ReadBounds = { maxDepth: 64, maxElements: 2_000_000 };

const item = 0xfffee000;
const itemEnd = 0xfffee00d;
const sequenceEnd = 0xfffee0dd;
const undefinedLength = 0xffffffff;
const implicitLittle: Encoding = { littleEndian: true, explicit: false };

function isPixelData(tag: number): boolean {
  return tag === 0x7fe00010 || tag === 0x7fe00008 || tag === 0x7fe00009;
}

interface Header {
  tag: number;
  vr: string;
  valueStart: number;
  length: number;
}

/**
 * Reads elements by their headers only: no value is decoded or copied. Faults that leave the rest readable are
 * noted in `warnings`; what goes beyond the bounds is a DicomError.
 */
export class ElementReader {
  readonly warnings: string[] = [];
  /** The bytes end within an element. */
  truncated = false;
  /** Offset of the first byte that could not be read as an element, if any. */
  trailingStart: number | undefined;
  private readonly bytes: Uint8Array;
  private readonly bounds: ReadBounds;
  private readonly stopAtPixelData: boolean;
  private readonly header: Header = { tag: 0, vr: '', valueStart: 0, length: 0 };
  private remaining: number;
  private signedPixels = false;

  constructor(bytes: Uint8Array, bounds: ReadBounds, stopAtPixelData: boolean) {
    this.bytes = bytes;
    this.bounds = bounds;
    this.stopAtPixelData = stopAtPixelData;
    this.remaining = bounds.maxElements;
  }

  /** Reads a whole data set that starts at `start`; `onlyGroup` ends it before the first element of another group. */
  readDataSet(start: number, encoding: Encoding, onlyGroup?: number): DataSet {
    const dataSet = new DataSet(this.bytes, encoding);
    dataSet.start = start;
    dataSet.contentStart = start;
    dataSet.end = this.readElements(dataSet, start, this.bytes.length, 0, onlyGroup);
    dataSet.contentEnd = dataSet.end;
    return dataSet;
  }

  /** Reads a UN value whose attribute is a sequence: always implicit little endian (PS3.5 section 6.2.2). */
  readUnknownAsSequence(dataSet: DataSet, element: DicomElement): DataSet[] | undefined {
    const end = element.valueStart + element.valueLength;
    const items: DataSet[] = [];
    const stop = this.readItems(items, dataSet, implicitLittle, element.valueStart, end, undefinedLength, 1);
    return stop === end && this.warnings.length === 0 ? items : undefined;
  }

  private warn(message: string): void {
    if (this.warnings.length < 100) this.warnings.push(message);
  }

  private count(): void {
    this.remaining -= 1;
    if (this.remaining < 0) throw new DicomError(`more than ${this.bounds.maxElements} elements`);
  }

  private tagAt(at: number, little: boolean): number {
    const b = this.bytes;
    const [g0 = 0, g1 = 0, e0 = 0, e1 = 0] = [b[at], b[at + 1], b[at + 2], b[at + 3]];
    return (little ? (g1 << 24) | (g0 << 16) | (e1 << 8) | e0 : (g0 << 24) | (g1 << 16) | (e0 << 8) | e1) >>> 0;
  }

  private uint16(at: number, little: boolean): number {
    const [a = 0, b = 0] = [this.bytes[at], this.bytes[at + 1]];
    return little ? (b << 8) | a : (a << 8) | b;
  }

  private uint32(at: number, little: boolean): number {
    const bytes = this.bytes;
    const [a = 0, b = 0, c = 0, d = 0] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
    return (little ? (d << 24) | (c << 16) | (b << 8) | a : (a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  }

  private implicitVr(tag: number): string {
    const entry = lookUpTag(tag);
    if (entry === undefined) return 'UN';
    return entry.ambiguous && this.signedPixels ? 'SS' : entry.vr;
  }

  /** Fills `this.header`; false when the bytes end within it. */
  private readHeader(at: number, limit: number, encoding: Encoding): boolean {
    const { header, bytes } = this;
    const little = encoding.littleEndian;
    header.tag = this.tagAt(at, little);
    if (!encoding.explicit || header.tag >>> 16 === 0xfffe) {
      header.vr = header.tag >>> 16 === 0xfffe ? '' : this.implicitVr(header.tag);
      header.length = this.uint32(at + 4, little);
      header.valueStart = at + 8;
      return true;
    }
    const [first = 0, second = 0] = [bytes[at + 4], bytes[at + 5]];
    const vr = vrFromBytes(first, second);
    if (vr === undefined) return this.readOddHeader(at, limit, little, first, second);
    header.vr = vr.code;
    if (!vr.longHeader) {
      header.length = this.uint16(at + 6, little);
      header.valueStart = at + 8;
      return true;
    }
    header.length = at + 12 <= limit ? this.uint32(at + 8, little) : 0;
    header.valueStart = at + 12;
    return at + 12 <= limit;
  }

  /** No known representation: unknown letters, or an implicit header that slipped into an explicit file. */
  private readOddHeader(at: number, limit: number, little: boolean, first: number, second: number): boolean {
    const { header } = this;
    const implicitLength = this.uint32(at + 4, little);
    if (!areLetters(first, second) && (implicitLength <= limit - at - 8 || implicitLength === undefinedLength)) {
      this.warn(`${tagText(header.tag)} has no value representation; read as implicit`);
      header.vr = this.implicitVr(header.tag);
      header.length = implicitLength;
      header.valueStart = at + 8;
      return true;
    }
    const shown = areLetters(first, second)
      ? `«${String.fromCharCode(first, second)}»`
      : `0x${((first << 8) | second).toString(16).padStart(4, '0')}`;
    this.warn(`${tagText(header.tag)} has the unknown value representation ${shown}; read as UN`);
    header.vr = 'UN';
    const reserved = this.uint16(at + 6, little);
    const long = at + 12 <= limit ? this.uint32(at + 8, little) : undefinedLength;
    const isLong = reserved === 0 && long <= limit - at - 12;
    header.length = isLong ? long : reserved;
    header.valueStart = at + (isLong ? 12 : 8);
    return true;
  }

  /** Reads elements into `dataSet` from `at` to `limit`, or to the item delimiter; returns the offset after them. */
  private readElements(dataSet: DataSet, at: number, limit: number, depth: number, onlyGroup?: number): number {
    const { header } = this;
    const { encoding, elements } = dataSet;
    while (at + 8 <= limit) {
      if (onlyGroup !== undefined && this.tagAt(at, encoding.littleEndian) >>> 16 !== onlyGroup) return at;
      if (!this.readHeader(at, limit, encoding)) break;
      const { tag } = header;
      if (tag === itemEnd && depth > 0) {
        dataSet.contentEnd = at;
        return at + 8;
      }
      if (tag === sequenceEnd && depth > 0) return at; // an item without its delimiter: the sequence sees to it
      this.count();
      const element = this.readValue(dataSet, at, limit, depth);
      elements.push(element);
      at = element.end;
      if (depth === 0 && this.stopAtPixelData && isPixelData(tag)) return at;
    }
    if (at < limit) {
      this.warn(`${limit - at} bytes at offset ${at} are no element`);
      if (depth === 0) this.trailingStart = at;
      this.truncated = true;
    }
    return depth === 0 ? at : limit;
  }

  /** Makes the element whose header was just read. */
  private readValue(dataSet: DataSet, start: number, limit: number, depth: number): DicomElement {
    const { tag, vr, valueStart, length } = this.header;
    if (tag === 0x00280103) this.signedPixels = length >= 2 && this.uint16(valueStart, dataSet.encoding.littleEndian) === 1;
    if (vr === 'SQ' || length === undefinedLength) return this.readNested(dataSet, start, limit, depth);
    let end = valueStart + length;
    if (end > limit) {
      const isSkipped = this.stopAtPixelData && depth === 0 && isPixelData(tag);
      if (!isSkipped) {
        this.warn(`${tagText(tag)} declares ${length} bytes where ${Math.max(0, limit - valueStart)} are left`);
        this.truncated = true;
      }
      end = limit;
    }
    return makeElement(tag, vr, start, valueStart, Math.max(0, end - valueStart), length, end);
  }

  private readNested(dataSet: DataSet, start: number, limit: number, depth: number): DicomElement {
    const { tag, vr, valueStart, length } = this.header;
    const { encoding } = dataSet;
    let end = length === undefinedLength ? limit : valueStart + length;
    if (end > limit) {
      this.warn(`${tagText(tag)} declares ${length} bytes where ${Math.max(0, limit - valueStart)} are left`);
      this.truncated = true;
      end = limit;
    }
    if (tag >>> 16 === 0xfffe) return makeElement(tag, 'UN', start, valueStart, 0, 0, valueStart); // stray delimiter
    if (vr !== 'SQ' && vr !== 'UN') {
      if (this.stopAtPixelData && depth === 0 && isPixelData(tag)) {
        return makeElement(tag, vr, start, valueStart, 0, length, end, undefined, []);
      }
      return this.readFragments(start, limit, encoding);
    }
    // UN of undefined length is an implicit little endian sequence in every syntax (PS3.5 section 6.2.2, note 4).
    const inner = vr === 'UN' ? implicitLittle : encoding;
    const items: DataSet[] = [];
    const stop = this.readItems(items, dataSet, inner, valueStart, end, length, depth + 1);
    const after = length === undefinedLength ? stop : end;
    const valueEnd = length === undefinedLength ? (items.at(-1)?.end ?? valueStart) : end;
    return makeElement(tag, vr, start, valueStart, Math.max(0, valueEnd - valueStart), length, after, items);
  }

  /** Reads the items of a sequence; returns the offset after its delimiter, if any. */
  private readItems(
    items: DataSet[], parent: DataSet, encoding: Encoding, at: number, limit: number, length: number, depth: number,
  ): number {
    if (depth > this.bounds.maxDepth) throw new DicomError(`sequences are nested deeper than ${this.bounds.maxDepth} levels`);
    const little = encoding.littleEndian;
    while (at + 8 <= limit) {
      const tag = this.tagAt(at, little);
      if (tag === sequenceEnd) return at + 8;
      if (tag !== item) {
        this.warn(`${tagText(tag)} at offset ${at} stands where an item of a sequence should`);
        return length === undefinedLength ? at : limit;
      }
      this.count();
      const dataSet = this.readItem(parent, encoding, at, limit, depth);
      items.push(dataSet);
      at = dataSet.end;
    }
    if (at < limit || length === undefinedLength) {
      this.warn('a sequence ends within an item or without its delimiter');
      this.truncated = true;
    }
    return limit;
  }

  private readItem(parent: DataSet, encoding: Encoding, at: number, limit: number, depth: number): DataSet {
    const length = this.uint32(at + 4, encoding.littleEndian);
    const dataSet = new DataSet(this.bytes, encoding, parent);
    dataSet.start = at;
    dataSet.contentStart = at + 8;
    dataSet.hasUndefinedLength = length === undefinedLength;
    let end = dataSet.hasUndefinedLength ? limit : at + 8 + length;
    if (end > limit) {
      this.warn(`an item at offset ${at} declares ${length} bytes where ${limit - at - 8} are left`);
      this.truncated = true;
      end = limit;
    }
    dataSet.contentEnd = end;
    const stop = this.readElements(dataSet, at + 8, end, depth);
    if (dataSet.hasUndefinedLength) {
      if (dataSet.contentEnd > stop) dataSet.contentEnd = stop;
      dataSet.end = stop;
    } else {
      dataSet.end = end;
    }
    return dataSet;
  }

  /** Encapsulated pixel data (PS3.5 section A.4): items that hold bytes, up to the sequence delimiter. */
  private readFragments(start: number, limit: number, encoding: Encoding): DicomElement {
    const { tag, vr, valueStart, length } = this.header;
    const fragments: Fragment[] = [];
    let at = valueStart;
    let ended = false;
    while (at + 8 <= limit && !ended) {
      const next = this.tagAt(at, encoding.littleEndian);
      const size = this.uint32(at + 4, encoding.littleEndian);
      if (next === sequenceEnd) {
        ended = true;
        at += 8;
        break;
      }
      if (next !== item) {
        this.warn(`${tagText(next)} at offset ${at} stands where a fragment of ${tagText(tag)} should`);
        break;
      }
      this.count();
      const end = Math.min(limit, at + 8 + size);
      fragments.push({ start: at + 8, end });
      if (end < at + 8 + size) this.warn(`a fragment of ${tagText(tag)} declares ${size} bytes where ${end - at - 8} are left`);
      at = end;
    }
    if (!ended) {
      this.warn(`${tagText(tag)} has no end`);
      this.truncated = true;
    }
    const valueEnd = fragments.at(-1)?.end ?? valueStart;
    return makeElement(tag, vr, start, valueStart, valueEnd - valueStart, length, at, undefined, fragments);
  }
}

/** One literal for all elements, so that they share a shape. */
function makeElement(
  tag: number, vr: string, start: number, valueStart: number, valueLength: number, declaredLength: number, end: number,
  items?: DataSet[], fragments?: Fragment[],
): DicomElement {
  return { tag, vr, start, valueStart, valueLength, declaredLength, end, items, fragments };
}
