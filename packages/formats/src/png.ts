import { decode } from 'fast-png';
import { zlibSync } from 'fflate';
import { FormatError } from './dataset.ts';
import { concatBytes, encodeText } from './files.ts';
import { imageSize } from './image-size.ts';

/** 8-bit pixels row by row: one channel (grey, or places in `palette`), three (RGB) or four (RGBA). */
export type Pixels = {
  width: number;
  height: number;
  channels: 1 | 3 | 4;
  data: Uint8Array;
  palette?: readonly (readonly [number, number, number])[] | undefined;
};

/** Pictures over this many pixels are refused: a small file can ask for any amount of memory. */
const maxPixels = 2 ** 28;

/** Writes a PNG (ISO/IEC 15948): filter 0 on every row, one IDAT, no optional chunks; equal bytes for equal pixels. */
export function encodePng({ width, height, channels, data, palette }: Pixels): Uint8Array {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, palette ? 3 : channels === 1 ? 0 : channels === 3 ? 2 : 6, 0, 0, 0], 8);
  const row = width * channels;
  const filtered = new Uint8Array((row + 1) * height);
  for (let y = 0; y < height; y += 1) filtered.set(data.subarray(y * row, (y + 1) * row), y * (row + 1) + 1);
  return concatBytes([
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk('IHDR', header),
    ...(palette ? [chunk('PLTE', Uint8Array.from(palette.flat()))] : []),
    chunk('IDAT', zlibSync(filtered, { level: 6 })),
    chunk('IEND', new Uint8Array(0)),
  ]);
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(encodeText(type), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  let value = n;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

/** The CRC-32 of PNG (annex D) and zip. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crcTable[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** A PNG's pixels: `data` as stored (palette places, or 1, 2, 3 or 4 channels), 16-bit samples as numbers. */
export type DecodedPng = {
  width: number;
  height: number;
  channels: number;
  data: ArrayLike<number>;
  /** The greatest sample: 1 for bitmaps, 255 or 65,535. */
  most: number;
  palette?: readonly (readonly number[])[] | undefined;
};

/** Reads a PNG. @throws {FormatError} when it is none, is broken, or has over 2^28 pixels. */
export function decodePng(bytes: Uint8Array, path: string): DecodedPng {
  const size = imageSize(bytes);
  if (size === undefined || bytes[1] !== 0x50) throw new FormatError(`${path} is not a PNG`);
  if (size.width * size.height > maxPixels) throw new FormatError(`${path} has more than ${maxPixels} pixels`);
  try {
    const { width, height, channels, data, depth, palette } = decode(bytes);
    const unpacked = depth < 8 ? unpack(data as Uint8Array, width, height, depth) : data;
    return { width, height, channels, data: unpacked, most: 2 ** depth - 1, ...(palette && { palette }) };
  } catch (error) {
    throw new FormatError(
      `${path} is not a PNG that can be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** Samples of less than a byte each, which PNG packs from the left, rows beginning at a byte. */
function unpack(data: Uint8Array, width: number, height: number, depth: number): Uint8Array {
  const rowBytes = Math.ceil((width * depth) / 8);
  const result = new Uint8Array(width * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const bit = x * depth;
      const byte = data[y * rowBytes + (bit >> 3)] ?? 0;
      result[y * width + x] = (byte >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
    }
  }
  return result;
}
