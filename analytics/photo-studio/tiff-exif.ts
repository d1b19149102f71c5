/**
 * Puts the tags of an EXIF block into a TIFF file, whose own directory is where they belong (Exif 2.32, 4.5.4): the tags of the block's first
 * directory beside those that say how the picture is stored, camera and place behind them in directories of their own.
 */

/** Sizes of the values of each type, and of the parts of them that have a byte order (TIFF 6.0, section 2). */
const types: Readonly<Record<number, { size: number; part: number }>> = {
  1: { size: 1, part: 1 },
  2: { size: 1, part: 1 },
  3: { size: 2, part: 2 },
  4: { size: 4, part: 4 },
  5: { size: 8, part: 4 },
  6: { size: 1, part: 1 },
  7: { size: 1, part: 1 },
  8: { size: 2, part: 2 },
  9: { size: 4, part: 4 },
  10: { size: 8, part: 4 },
  11: { size: 4, part: 4 },
  12: { size: 8, part: 8 },
};
const longType = 4;
/** Camera, place, interoperability: their value is where another directory begins. */
const pointers = new Set([0x8769, 0x8825, 0xa005]);
/** How pixels are stored, in strips or tiles, thumbnails and profiles: of the picture that the block was made for. */
const ofStorage = new Set([
  0xfe, 0xff, 0x100, 0x101, 0x102, 0x103, 0x106, 0x10a, 0x111, 0x115, 0x116, 0x117, 0x11c, 0x13d, 0x140, 0x142, 0x143, 0x144, 0x145, 0x14a, 0x152, 0x153, 0x15b,
  0x201, 0x202, 0x211, 0x212, 0x213, 0x214, 0x8773,
]);
const maxTags = 1_000;

interface Tag {
  tag: number;
  type: number;
  count: number;
  /** Values in the byte order of the file, or the tags of the directory that is pointed to. */
  content: Buffer | Tag[];
}

/** The file with the tags of the block; what the file says itself stays. Throws for a file that is no TIFF of the classic kind. */
export function embedTiff(file: Buffer, exif: Buffer): Buffer {
  const reader = readerOf(file);
  const directoryAt = reader?.u32(4);
  if (!reader || directoryAt === undefined) throw new Error('This is no TIFF file.');
  const count = reader.u16(directoryAt);
  const own = Array.from({ length: count }, (_, index) => file.subarray(directoryAt + 2 + index * 12, directoryAt + 14 + index * 12));
  const present = new Set(Array.from({ length: count }, (_, index) => reader.u16(directoryAt + 2 + index * 12)));
  const block = readerOf(exif);
  const added = (block ? readDirectory(block, block.u32(4), reader.little, 0) : []).filter(({ tag }) => !present.has(tag) && !ofStorage.has(tag));
  if (added.length === 0) return file;
  const padded = file.length % 2 === 0 ? file : Buffer.concat([file, Buffer.alloc(1)]);
  const write = writer(reader.little);
  const next = file.subarray(directoryAt + 2 + count * 12, directoryAt + 6 + count * 12);
  const out = Buffer.concat([padded, write.directory(added, padded.length, { own, next })]);
  write.long(padded.length).copy(out, 4);
  return out;
}

interface Reader {
  bytes: Buffer;
  little: boolean;
  u16(at: number): number;
  u32(at: number): number;
}

/** Undefined for what is no TIFF structure. What lies behind the end reads as 0. */
function readerOf(bytes: Buffer): Reader | undefined {
  const mark = bytes.toString('latin1', 0, 2);
  if (mark !== 'II' && mark !== 'MM') return undefined;
  const little = mark === 'II';
  const u16 = (at: number) => (at + 2 > bytes.length ? 0 : little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  const u32 = (at: number) => (at + 4 > bytes.length ? 0 : little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  return u16(2) === 42 ? { bytes, little, u16, u32 } : undefined;
}

/** The tags of a directory, without those that point outside of the block; directories lie at most two deep. */
function readDirectory(block: Reader, at: number, little: boolean, depth: number): Tag[] {
  const count = Math.min(block.u16(at), maxTags);
  return Array.from({ length: count }, (_, index) => at + 2 + index * 12).flatMap((entry): Tag[] => {
    const [tag, type, values] = [block.u16(entry), block.u16(entry + 2), block.u32(entry + 4)];
    const kind = types[type];
    if (!kind || values === 0) return [];
    if (pointers.has(tag)) {
      const content = depth < 2 ? readDirectory(block, block.u32(entry + 8), little, depth + 1) : [];
      return content.length === 0 ? [] : [{ tag, type: longType, count: 1, content }];
    }
    const bytes = kind.size * values;
    const start = bytes <= 4 ? entry + 8 : block.u32(entry + 8);
    if (start + bytes > block.bytes.length) return [];
    const content = Buffer.from(block.bytes.subarray(start, start + bytes));
    return [{ tag, type, count: values, content: block.little === little ? content : swapped(content, kind.part) }];
  });
}

function swapped(content: Buffer, part: number): Buffer {
  if (part === 2) return content.swap16();
  if (part === 4) return content.swap32();
  return part === 8 ? content.swap64() : content;
}

/** Writes directories in a byte order. */
function writer(little: boolean) {
  function long(value: number): Buffer {
    const out = Buffer.alloc(4);
    if (little) out.writeUInt32LE(value);
    else out.writeUInt32BE(value);
    return out;
  }
  const short = (value: number) => (little ? long(value).subarray(0, 2) : long(value).subarray(2));
  const tagOf = (entry: Buffer) => (little ? entry.readUInt16LE(0) : entry.readUInt16BE(0));

  /** A directory that begins at a place of the file, with what its tags point to right behind it; `own` are entries as they stand already. */
  function directory(tags: readonly Tag[], at: number, { own = [], next = long(0) }: { own?: readonly Buffer[]; next?: Buffer } = {}): Buffer {
    const behind: Buffer[] = [];
    let end = at + 2 + (tags.length + own.length) * 12 + 4;
    const place = (bytes: Buffer): Buffer => {
      const even = bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(1)]);
      const start = end;
      behind.push(even);
      end += even.length;
      return long(start);
    };
    const entries = tags.map(({ tag, type, count, content }) => {
      const bytes = Array.isArray(content) ? directory(content, end) : content;
      const value = !Array.isArray(content) && bytes.length <= 4 ? Buffer.concat([bytes, Buffer.alloc(4 - bytes.length)]) : place(bytes);
      return Buffer.concat([short(tag), short(type), long(count), value]);
    });
    const sorted = [...own, ...entries].toSorted((a, b) => tagOf(a) - tagOf(b));
    return Buffer.concat([short(sorted.length), ...sorted, next, ...behind]);
  }

  return { long, directory };
}
