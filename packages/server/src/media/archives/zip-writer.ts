import { pipeline } from 'node:stream/promises';
import { crc32, createDeflateRaw } from 'node:zlib';
import { endOfDirectory } from './zip-end.ts';

/** The record of an entry at the end of the archive. */
interface Written {
  name: Buffer;
  method: 0 | 8;
  crc: number;
  packedBytes: number;
  bytes: number;
  start: number;
}

/** Where the writer keeps its directory until the end: a file makes memory flat at millions of entries. */
export interface DirectorySpool {
  append(bytes: Uint8Array): Promise<void> | void;
  read(): AsyncIterable<Uint8Array>;
}

/** Of entries above this the head is written before their size is known; below, after. */
const heldBytes = 4 * 1024 * 1024;
const limit32 = 0xffff_ffff;
/** 1980-01-01 00:00: archives of equal files are equal. */
const [dosTime, dosDate] = [0, 0x21];
const utf8 = 0x0800;
const sizesFollow = 0x0008;

/**
 * Writes a ZIP archive (PKWARE APPNOTE 6.3.10) as a stream, entry after entry, in constant memory: labels deflated, media stored as they
 * are. Equal entries give equal bytes.
 */
export class ZipWriter {
  readonly #spool: DirectorySpool;
  #offset = 0;
  #count = 0;
  #directoryBytes = 0;

  constructor(spool: DirectorySpool) {
    this.#spool = spool;
  }

  /** An entry. `store` leaves it as it is: for media, which are compressed already. */
  async *entry(path: string, content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, options: { store?: boolean } = {}): AsyncGenerator<Uint8Array> {
    const entry: Written = { name: Buffer.from(path), method: options.store ? 0 : 8, crc: 0, packedBytes: 0, bytes: 0, start: this.#offset };
    const packed = options.store ? counted(content, entry) : deflated(counted(content, entry));
    let held: Uint8Array[] | undefined = [];
    for await (const chunk of packed) {
      entry.packedBytes += chunk.length;
      if (held && entry.packedBytes <= heldBytes) {
        held.push(chunk);
        continue;
      }
      if (held) yield* this.#emit([localHeader(entry, true), ...held]);
      held = undefined;
      yield* this.#emit([chunk]);
    }
    yield* this.#emit(held ? [localHeader(entry, false), ...held] : [descriptor(entry)]);
    const header = centralHeader(entry, held === undefined);
    this.#count += 1;
    this.#directoryBytes += header.length;
    await this.#spool.append(header);
  }

  /** The directory, after the last entry. */
  async *end(): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#spool.read()) yield chunk;
    yield endOfDirectory({ count: this.#count, bytes: this.#directoryBytes, offset: this.#offset });
  }

  *#emit(chunks: readonly Uint8Array[]): Generator<Uint8Array> {
    for (const chunk of chunks) {
      this.#offset += chunk.length;
      yield chunk;
    }
  }
}

async function* counted(content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, entry: Written): AsyncGenerator<Uint8Array> {
  for await (const chunk of content) {
    entry.crc = crc32(chunk, entry.crc);
    entry.bytes += chunk.length;
    yield chunk;
  }
}

async function* deflated(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const deflate = createDeflateRaw({ level: 6 });
  const feeding = pipeline(content, deflate);
  // Awaited below; until then a failure of the source comes out of the stream.
  feeding.catch(() => undefined);
  try {
    for await (const chunk of deflate) yield chunk as Buffer;
    await feeding;
  } finally {
    deflate.destroy();
  }
}

function localHeader(entry: Written, isOpen: boolean): Buffer {
  const extra = isOpen ? zip64([0, 0]) : Buffer.alloc(0);
  const head = Buffer.alloc(30);
  head.writeUInt32LE(0x04034b50, 0);
  head.writeUInt16LE(isOpen ? 45 : 20, 4);
  head.writeUInt16LE(isOpen ? utf8 | sizesFollow : utf8, 6);
  head.writeUInt16LE(entry.method, 8);
  head.writeUInt16LE(dosTime, 10);
  head.writeUInt16LE(dosDate, 12);
  head.writeUInt32LE(isOpen ? 0 : entry.crc, 14);
  head.writeUInt32LE(isOpen ? limit32 : entry.packedBytes, 18);
  head.writeUInt32LE(isOpen ? limit32 : entry.bytes, 22);
  head.writeUInt16LE(entry.name.length, 26);
  head.writeUInt16LE(extra.length, 28);
  return Buffer.concat([head, entry.name, extra]);
}

function descriptor(entry: Written): Buffer {
  const tail = Buffer.alloc(24);
  tail.writeUInt32LE(0x08074b50, 0);
  tail.writeUInt32LE(entry.crc, 4);
  tail.writeBigUInt64LE(BigInt(entry.packedBytes), 8);
  tail.writeBigUInt64LE(BigInt(entry.bytes), 16);
  return tail;
}

function zip64(numbers: readonly number[]): Buffer {
  const extra = Buffer.alloc(4 + numbers.length * 8);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(numbers.length * 8, 2);
  for (const [index, number] of numbers.entries()) extra.writeBigUInt64LE(BigInt(number), 4 + index * 8);
  return extra;
}

function centralHeader(entry: Written, isOpen: boolean): Buffer {
  const isWide = entry.bytes >= limit32 || entry.packedBytes >= limit32;
  const isFar = entry.start >= limit32;
  const extra = isWide || isFar ? zip64([...(isWide ? [entry.bytes, entry.packedBytes] : []), ...(isFar ? [entry.start] : [])]) : Buffer.alloc(0);
  const head = Buffer.alloc(46);
  head.writeUInt32LE(0x02014b50, 0);
  // Made by a Unix system, so that unpacked files get the rights below.
  head.writeUInt16LE((3 << 8) | 45, 4);
  head.writeUInt16LE(isOpen || isWide || isFar ? 45 : 20, 6);
  head.writeUInt16LE(isOpen ? utf8 | sizesFollow : utf8, 8);
  head.writeUInt16LE(entry.method, 10);
  head.writeUInt16LE(dosTime, 12);
  head.writeUInt16LE(dosDate, 14);
  head.writeUInt32LE(entry.crc, 16);
  head.writeUInt32LE(isWide ? limit32 : entry.packedBytes, 20);
  head.writeUInt32LE(isWide ? limit32 : entry.bytes, 24);
  head.writeUInt16LE(entry.name.length, 28);
  head.writeUInt16LE(extra.length, 30);
  head.writeUInt32LE((0o100644 << 16) >>> 0, 38);
  head.writeUInt32LE(isFar ? limit32 : entry.start, 42);
  return Buffer.concat([head, entry.name, extra]);
}
