import { crc32 } from 'node:zlib';
import { endOfDirectory } from '../media/archives/zip-end.ts';

/** A file in an archive; its size in bytes must be right. */
export interface ZipEntry {
  /** Relative, with `/` between folders. */
  name: string;
  size: number;
  open(): Promise<AsyncIterable<Uint8Array>>;
}

const limit32 = 0xffff_ffff;
/** 1980-01-01 00:00: archives of equal files are equal. */
const dosTime = 0;
const dosDate = 0x21;
/** Bit 3: sizes and checksum follow the data; bit 11: the name is UTF-8. */
const flags = 0x0808;

const nameOf = (entry: ZipEntry): Buffer => Buffer.from(entry.name, 'utf8');
const isLarge = (entry: ZipEntry): boolean => entry.size >= limit32;

/** Bytes of the archive that {@link zipStream} writes, known before a byte is read: entries are stored, not compressed. */
export function zipLength(entries: readonly ZipEntry[]): number {
  let length = 0;
  let directory = 0;
  let wide = entries.length >= 0xffff;
  for (const entry of entries) {
    const nameBytes = nameOf(entry).length;
    const start = length;
    length += 30 + nameBytes + (isLarge(entry) ? 20 : 0) + entry.size + (isLarge(entry) ? 24 : 16);
    const extra = centralExtra(entry, start);
    directory += 46 + nameBytes + extra.length;
    wide ||= extra.length > 0;
  }
  wide ||= length >= limit32 || directory >= limit32;
  return length + directory + (wide ? 76 : 0) + 22;
}

/**
 * An archive of stored entries as a stream (PKWARE APPNOTE 6.3.10), with ZIP64 fields where a number needs them. Checksums are made on
 * the way, so that nothing is read twice. Throws when an entry has not the size that was promised.
 */
export async function* zipStream(entries: readonly ZipEntry[]): AsyncGenerator<Uint8Array> {
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const start = offset;
    const head = localHeader(entry);
    yield head;
    let crc = 0;
    let size = 0;
    for await (const chunk of await entry.open()) {
      crc = crc32(chunk, crc);
      size += chunk.length;
      yield chunk;
    }
    if (size !== entry.size) throw new Error(`"${entry.name}" has ${size} bytes instead of ${entry.size}.`);
    const tail = descriptor(entry, crc);
    yield tail;
    offset += head.length + size + tail.length;
    directory.push(centralHeader(entry, crc, start));
  }
  const central = Buffer.concat(directory);
  yield central;
  yield endOfDirectory({ count: entries.length, bytes: central.length, offset, wide: entries.some(isLarge) || directory.some((header) => header.readUInt16LE(30) > 0) });
}

function localHeader(entry: ZipEntry): Buffer {
  const name = nameOf(entry);
  const extra = isLarge(entry) ? zip64([0, 0]) : Buffer.alloc(0);
  const head = Buffer.alloc(30);
  head.writeUInt32LE(0x04034b50, 0);
  head.writeUInt16LE(isLarge(entry) ? 45 : 20, 4);
  head.writeUInt16LE(flags, 6);
  head.writeUInt16LE(dosTime, 10);
  head.writeUInt16LE(dosDate, 12);
  if (isLarge(entry)) head.fill(0xff, 18, 26);
  head.writeUInt16LE(name.length, 26);
  head.writeUInt16LE(extra.length, 28);
  return Buffer.concat([head, name, extra]);
}

function descriptor(entry: ZipEntry, crc: number): Buffer {
  const tail = Buffer.alloc(isLarge(entry) ? 24 : 16);
  tail.writeUInt32LE(0x08074b50, 0);
  tail.writeUInt32LE(crc, 4);
  if (isLarge(entry)) {
    tail.writeBigUInt64LE(BigInt(entry.size), 8);
    tail.writeBigUInt64LE(BigInt(entry.size), 16);
  } else {
    tail.writeUInt32LE(entry.size, 8);
    tail.writeUInt32LE(entry.size, 12);
  }
  return tail;
}

function zip64(numbers: readonly number[]): Buffer {
  const extra = Buffer.alloc(4 + numbers.length * 8);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(numbers.length * 8, 2);
  numbers.forEach((number, index) => extra.writeBigUInt64LE(BigInt(number), 4 + index * 8));
  return extra;
}

function centralExtra(entry: ZipEntry, start: number): Buffer {
  const numbers = [...(isLarge(entry) ? [entry.size, entry.size] : []), ...(start >= limit32 ? [start] : [])];
  return numbers.length === 0 ? Buffer.alloc(0) : zip64(numbers);
}

function centralHeader(entry: ZipEntry, crc: number, start: number): Buffer {
  const name = nameOf(entry);
  const extra = centralExtra(entry, start);
  const size = isLarge(entry) ? limit32 : entry.size;
  const head = Buffer.alloc(46);
  head.writeUInt32LE(0x02014b50, 0);
  head.writeUInt16LE(45, 4);
  head.writeUInt16LE(extra.length > 0 ? 45 : 20, 6);
  head.writeUInt16LE(flags, 8);
  head.writeUInt16LE(dosTime, 12);
  head.writeUInt16LE(dosDate, 14);
  head.writeUInt32LE(crc, 16);
  head.writeUInt32LE(size, 20);
  head.writeUInt32LE(size, 24);
  head.writeUInt16LE(name.length, 28);
  head.writeUInt16LE(extra.length, 30);
  head.writeUInt32LE(Math.min(start, limit32), 42);
  return Buffer.concat([head, name, extra]);
}
