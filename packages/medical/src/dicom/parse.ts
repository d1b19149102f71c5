import { constants, inflateRawSync } from 'node:zlib';
import { DataSet } from './dataset.ts';
import type { Encoding } from './dataset.ts';
import { defaultBounds, ElementReader } from './element-reader.ts';
import type { ReadBounds } from './element-reader.ts';
import { lookUpTag } from './dictionary.ts';
import { DicomError } from './error.ts';
import { deflatedLittleEndian, nativeSyntax, transferSyntaxOf } from './transfer-syntax.ts';
import type { TransferSyntax } from './transfer-syntax.ts';
import { vrFromBytes } from './vr.ts';

/** A DICOM file, read as far as its element headers; values are decoded when asked for. */
export interface DicomFile {
  /** The file as given. */
  readonly bytes: Uint8Array;
  /** The 128 bytes before `DICM`, if the file has them. */
  readonly preamble: Uint8Array | undefined;
  /** Group 0002; empty when the file has no meta header. */
  readonly meta: DataSet;
  /** Everything else. In a deflated file its offsets are those of the inflated bytes (`dataSet.bytes`). */
  readonly dataSet: DataSet;
  /** What the data set is really written in, also where the meta header says otherwise or nothing. */
  readonly transferSyntax: TransferSyntax;
  /** Faults that were read past. */
  readonly warnings: readonly string[];
  /** The bytes end within an element (pixel data that `stopAtPixelData` skipped does not count). */
  readonly truncated: boolean;
  /** Offset in `dataSet.bytes` of bytes after the last element that could not be read. */
  readonly trailingStart: number | undefined;
}

export interface ParseOptions extends Partial<ReadBounds> {
  /** End at the header of the top-level pixel data; its value need not be in `bytes`. */
  readonly stopAtPixelData?: boolean;
  /** How much a deflated data set may grow to. */
  readonly maxInflatedBytes?: number;
}

const maxInflatedBytes = 1024 ** 3;
/** Above this size a deflated data set must not be more than `maxInflateRatio` times smaller than its content. */
const ratioFromBytes = 32 * 1024 ** 2;
const maxInflateRatio = 200;

/**
 * Reads a DICOM file (PS3.10 section 7, or a bare data set without preamble and meta header) in any transfer syntax.
 * Tolerates wrong lengths, unknown representations and a missing end, see `warnings`.
 * @throws DicomError when the bytes are not DICOM or go beyond the bounds
 */
export function parseDicom(given: Uint8Array, options: ParseOptions = {}): DicomFile {
  const bytes = plainBytes(given);
  const bounds = { ...defaultBounds, ...options };
  const start = findStart(bytes);
  const metaReader = new ElementReader(bytes, bounds, false);
  const meta = readMeta(metaReader, bytes, start.offset);
  const declared = meta.string(0x00020010);
  const hasMeta = meta.elements.length > 0;
  const body = bodyOf(bytes, meta.end, declared, options.maxInflatedBytes ?? maxInflatedBytes);
  const found = settleSyntax(body.bytes, body.start, declared, hasMeta || start.isMarked);
  const reader = new ElementReader(body.bytes, bounds, options.stopAtPixelData ?? false);
  const dataSet = reader.readDataSet(found.start, found.syntax);
  if (dataSet.elements.length === 0 && !hasMeta) throw new DicomError('no data elements: not a DICOM file');
  return {
    bytes,
    preamble: start.isMarked && start.offset === 132 ? bytes.subarray(0, 128) : undefined,
    meta,
    dataSet,
    transferSyntax: found.syntax,
    warnings: [...start.warnings, ...metaReader.warnings, ...body.warnings, ...found.warnings, ...reader.warnings],
    truncated: metaReader.truncated || body.truncated || reader.truncated,
    trailingStart: reader.trailingStart,
  };
}

/** A Buffer as what it is underneath: `slice` copies then. */
function plainBytes(bytes: Uint8Array): Uint8Array {
  return Object.getPrototypeOf(bytes) === Uint8Array.prototype ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** True when the bytes look like a DICOM file, with or without preamble; reads at most the first 400 of them. */
export function looksLikeDicom(bytes: Uint8Array): boolean {
  return isMarkedAt(bytes, 128) || isMarkedAt(bytes, 0) || plausibleEncoding(bytes, 0, true) !== undefined;
}

function isMarkedAt(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0x44 && bytes[at + 1] === 0x49 && bytes[at + 2] === 0x43 && bytes[at + 3] === 0x4d;
}

interface Start {
  offset: number;
  /** `DICM` stands before it. */
  isMarked: boolean;
  warnings: string[];
}

function findStart(bytes: Uint8Array): Start {
  if (bytes.length < 8) throw new DicomError(`${bytes.length} bytes are too few for a DICOM file`);
  if (isMarkedAt(bytes, 128)) return { offset: 132, isMarked: true, warnings: [] };
  if (isMarkedAt(bytes, 0)) return { offset: 4, isMarked: true, warnings: ['the file has no preamble'] };
  if (plausibleEncoding(bytes, 0, true) !== undefined) return { offset: 0, isMarked: false, warnings: ['the file has no preamble'] };
  for (let at = 1; at <= 256 && at + 8 <= bytes.length; at++) {
    if (plausibleEncoding(bytes, at, false) === undefined) continue;
    return { offset: at, isMarked: false, warnings: [`${at} stray bytes stand before the first element`] };
  }
  throw new DicomError('neither «DICM» nor a data element at its start: not a DICOM file');
}

/**
 * The encoding in which a data element of a low group could start here. Without `DICM` that is all there is to go
 * by, so the element must be known to the dictionary and its value must fit.
 */
function plausibleEncoding(bytes: Uint8Array, at: number, allowImplicit: boolean): Encoding | undefined {
  if (at + 8 > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const vr = vrFromBytes(bytes[at + 4] ?? 0, bytes[at + 5] ?? 0);
  for (const littleEndian of [true, false]) {
    const group = view.getUint16(at, littleEndian);
    if (group !== 0x0002 && group !== 0x0008) continue;
    const entry = lookUpTag(((group << 16) | view.getUint16(at + 2, littleEndian)) >>> 0);
    if (entry === undefined) continue;
    if (vr !== undefined) return { littleEndian, explicit: true };
    const length = view.getUint32(at + 4, littleEndian);
    if (allowImplicit && littleEndian && (length <= bytes.length - at - 8 || (length === 0xffffffff && entry.vr === 'SQ'))) {
      return { littleEndian, explicit: false };
    }
  }
  return undefined;
}

/** Group 0002 is explicit little endian whatever follows (PS3.10 section 7.1); some writers made it implicit. */
function readMeta(reader: ElementReader, bytes: Uint8Array, offset: number): DataSet {
  const isExplicit = vrFromBytes(bytes[offset + 4] ?? 0, bytes[offset + 5] ?? 0) !== undefined;
  const group = (bytes[offset] ?? 0) | ((bytes[offset + 1] ?? 0) << 8);
  const encoding = { littleEndian: true, explicit: isExplicit };
  if (group === 0x0002) return reader.readDataSet(offset, encoding, 0x0002);
  const none = new DataSet(bytes, encoding);
  none.start = none.contentStart = none.contentEnd = none.end = offset;
  return none;
}

interface Body {
  bytes: Uint8Array;
  start: number;
  truncated: boolean;
  warnings: string[];
}

function bodyOf(bytes: Uint8Array, start: number, declared: string | undefined, maxBytes: number): Body {
  if (declared !== deflatedLittleEndian.uid) return { bytes, start, truncated: false, warnings: [] };
  const packed = bytes.subarray(start);
  if (plausibleEncoding(packed, 0, false) !== undefined) {
    return { bytes, start, truncated: false, warnings: ['declared as deflated, but it is not'] };
  }
  const ratioBytes = Math.max(ratioFromBytes, packed.length * maxInflateRatio);
  return { ...inflateBounded(packed, Math.min(maxBytes, ratioBytes)), start: 0 };
}

/** Inflates a raw deflate stream (RFC 1951), also one that breaks off. */
function inflateBounded(packed: Uint8Array, maxBytes: number): { bytes: Uint8Array; truncated: boolean; warnings: string[] } {
  try {
    return { bytes: plainBytes(inflateRawSync(packed, { maxOutputLength: maxBytes })), truncated: false, warnings: [] };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw new DicomError(`the deflated data set grows beyond ${maxBytes} bytes: refused`, { cause: error });
    if (code !== 'Z_BUF_ERROR') throw new DicomError(`the deflated data set is damaged: ${(error as Error).message}`, { cause: error });
  }
  try {
    const bytes = plainBytes(inflateRawSync(packed, { maxOutputLength: maxBytes, finishFlush: constants.Z_SYNC_FLUSH }));
    return { bytes, truncated: true, warnings: ['the deflated data set breaks off'] };
  } catch (error) {
    throw new DicomError(`the deflated data set is damaged: ${(error as Error).message}`, { cause: error });
  }
}

interface SettledSyntax {
  syntax: TransferSyntax;
  start: number;
  warnings: string[];
}

/** Holds the declared syntax against the first element's looks: writers err, and bare data sets declare nothing. */
function settleSyntax(bytes: Uint8Array, start: number, declared: string | undefined, isMarked: boolean): SettledSyntax {
  const looks = plausibleEncoding(bytes, start, true) ?? looseEncoding(bytes, start);
  if (declared === undefined) {
    if (looks === undefined && !isMarked) throw new DicomError('no data element at its start: not a DICOM file');
    const syntax = nativeSyntax(looks ?? { littleEndian: true, explicit: false });
    return { syntax, start, warnings: [`no transfer syntax is declared; read as ${syntax.name}`] };
  }
  const syntax = transferSyntaxOf(declared);
  const isAsDeclared = looks === undefined || (looks.explicit === syntax.explicit && looks.littleEndian === syntax.littleEndian);
  if (isAsDeclared) return { syntax, start, warnings: [] };
  const actual = nativeSyntax(looks);
  const compression = syntax.compression;
  return {
    syntax: compression === 'none' ? actual : { ...syntax, littleEndian: looks.littleEndian, explicit: looks.explicit },
    start,
    warnings: [`declared as ${syntax.name}, but written as ${actual.name}`],
  };
}

/** For data sets that start with another group: goes by the representation letters and the size of the group. */
function looseEncoding(bytes: Uint8Array, at: number): Encoding | undefined {
  if (at + 8 > bytes.length) return undefined;
  const explicit = vrFromBytes(bytes[at + 4] ?? 0, bytes[at + 5] ?? 0) !== undefined;
  if (!explicit) return undefined;
  const little = ((bytes[at + 1] ?? 0) << 8) | (bytes[at] ?? 0);
  const big = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  return { littleEndian: little <= big || little < 0x0100, explicit };
}
