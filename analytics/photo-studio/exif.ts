/**
 * A small editor of the EXIF block (Exif 2.32 / TIFF 6.0): it sets tags of the first directory and leaves everything
 * else where it is. The directory is written anew at the end of the block, so that no offset into old data moves.
 */
interface Entry {
  tag: number;
  type: number;
  count: number;
  /** The four bytes of value or offset, in the block's byte order. */
  value: Buffer;
}

const asciiTags: Record<string, number> = {
  ImageDescription: 0x010e,
  Make: 0x010f,
  Model: 0x0110,
  Software: 0x0131,
  DateTime: 0x0132,
  Artist: 0x013b,
  HostComputer: 0x013c,
  Copyright: 0x8298,
};
const orientationTag = 0x0112;

export function isExifTextTag(name: string): boolean {
  return name in asciiTags;
}

/**
 * Returns the TIFF block (without the `Exif\0\0` mark) with orientation 1, without thumbnail directory, and with the
 * given text tags; begins a new block where there is none or it is not readable.
 */
export function editExif(source: Buffer | undefined, texts: Record<string, string>): Buffer {
  const block = readableBlock(source) ?? Buffer.from('49492a0008000000000000000000', 'hex');
  const little = block.toString('latin1', 0, 2) === 'II';
  const u16 = (at: number) => (little ? block.readUInt16LE(at) : block.readUInt16BE(at));
  const u32 = (at: number) => (little ? block.readUInt32LE(at) : block.readUInt32BE(at));
  const start = u32(4);
  const entries = new Map<number, Entry>();
  for (let i = 0; i < u16(start); i++) {
    const at = start + 2 + i * 12;
    if (at + 12 > block.length) break;
    entries.set(u16(at), {
      tag: u16(at),
      type: u16(at + 2),
      count: u32(at + 4),
      value: block.subarray(at + 8, at + 12),
    });
  }
  if (entries.has(orientationTag)) {
    entries.set(orientationTag, {
      tag: orientationTag,
      type: 3,
      count: 1,
      value: little ? Buffer.from([1, 0, 0, 0]) : Buffer.from([0, 1, 0, 0]),
    });
  }
  return appendDirectory(block, entries, texts, little);
}

function readableBlock(source: Buffer | undefined): Buffer | null {
  if (source === undefined) return null;
  const block = source.toString('latin1', 0, 4) === 'Exif' ? source.subarray(6) : source;
  const mark = block.toString('latin1', 0, 2);
  if ((mark !== 'II' && mark !== 'MM') || block.length < 14) return null;
  const start = mark === 'II' ? block.readUInt32LE(4) : block.readUInt32BE(4);
  return start + 2 <= block.length ? Buffer.from(block) : null;
}

function appendDirectory(
  block: Buffer,
  entries: Map<number, Entry>,
  texts: Record<string, string>,
  little: boolean,
): Buffer {
  const number32 = (value: number) => {
    const out = Buffer.alloc(4);
    if (little) out.writeUInt32LE(value);
    else out.writeUInt32BE(value);
    return out;
  };
  const number16 = (value: number) => (little ? number32(value).subarray(0, 2) : number32(value).subarray(2));
  const parts: Buffer[] = [block];
  let length = block.length;
  const append = (part: Buffer) => {
    const even = part.length % 2 === 0 ? part : Buffer.concat([part, Buffer.alloc(1)]);
    parts.push(even);
    length += even.length;
  };
  if (length % 2 === 1) append(Buffer.alloc(1));
  for (const [name, text] of Object.entries(texts)) {
    const tag = asciiTags[name];
    if (tag === undefined) continue;
    const bytes = Buffer.from(`${text}\0`, 'utf8');
    const value = bytes.length <= 4 ? Buffer.concat([bytes, Buffer.alloc(4 - bytes.length)]) : number32(length);
    entries.set(tag, { tag, type: 2, count: bytes.length, value });
    if (bytes.length > 4) append(bytes);
  }
  const directoryAt = length;
  const sorted = [...entries.values()].toSorted((a, b) => a.tag - b.tag);
  append(
    Buffer.concat([
      number16(sorted.length),
      ...sorted.flatMap((entry) => [number16(entry.tag), number16(entry.type), number32(entry.count), entry.value]),
      number32(0), // No further directory: the old thumbnail would show the unfinished photo.
    ]),
  );
  const out = Buffer.concat(parts);
  number32(directoryAt).copy(out, 4);
  return out;
}
