import { crc32, deflateSync } from 'node:zlib';

/** What is written into a finished picture beside its pixels. */
export interface EmbeddedMetadata {
  /** ICC profile that the pixel values are meant in. */
  icc?: Buffer | undefined;
  /** TIFF block, without the `Exif\0\0` mark. */
  exif?: Buffer | undefined;
  /** Dots per inch. */
  dpi?: number | undefined;
}

/** Writes metadata into an encoded JPEG, PNG or WebP without touching its pixels. */
export function embedMetadata(bytes: Buffer, format: 'jpeg' | 'png' | 'webp', metadata: EmbeddedMetadata): Buffer {
  if (format === 'jpeg') return embedJpeg(bytes, metadata);
  if (format === 'png') return embedPng(bytes, metadata);
  return embedWebp(bytes, metadata);
}

/** Largest payload of an APP2 segment after its 14 bytes of ICC header (ICC.1:2022 annex B.4). */
const iccChunkBytes = 65_519;

function embedJpeg(bytes: Buffer, { icc, exif, dpi }: EmbeddedMetadata): Buffer {
  const segments: Buffer[] = [];
  let rest = bytes.subarray(2);
  if (rest[0] === 0xff && rest[1] === 0xe0) rest = rest.subarray(rest.readUInt16BE(2) + 2);
  segments.push(jfifSegment(dpi));
  // A segment holds 64 KiB; a larger EXIF block cannot be written into a JPEG.
  if (exif !== undefined && exif.length < 65_500)
    segments.push(segment(0xe1, Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), exif])));
  if (icc !== undefined) {
    const count = Math.ceil(icc.length / iccChunkBytes);
    for (let i = 0; i < count; i++) {
      const part = icc.subarray(i * iccChunkBytes, (i + 1) * iccChunkBytes);
      segments.push(
        segment(0xe2, Buffer.concat([Buffer.from('ICC_PROFILE\0', 'latin1'), Buffer.from([i + 1, count]), part])),
      );
    }
  }
  return Buffer.concat([bytes.subarray(0, 2), ...segments, rest]);
}

/** JFIF 1.02 header; without a resolution it says that pixels are square. */
function jfifSegment(dpi: number | undefined): Buffer {
  const payload = Buffer.from('JFIF\0\x01\x02\0\0\x01\0\x01\0\0', 'latin1');
  if (dpi !== undefined) {
    payload[7] = 1; // Unit: dots per inch.
    payload.writeUInt16BE(Math.min(65_535, Math.round(dpi)), 8);
    payload.writeUInt16BE(Math.min(65_535, Math.round(dpi)), 10);
  }
  return segment(0xe0, payload);
}

function segment(marker: number, payload: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(payload.length + 2, 2);
  return Buffer.concat([head, payload]);
}

function embedPng(bytes: Buffer, { icc, exif, dpi }: EmbeddedMetadata): Buffer {
  const afterHeader = 8 + 25;
  const chunks: Buffer[] = [];
  if (icc !== undefined)
    chunks.push(pngChunk('iCCP', Buffer.concat([Buffer.from('ICC profile\0\0', 'latin1'), deflateSync(icc)])));
  if (dpi !== undefined) {
    const density = Buffer.alloc(9);
    const perMetre = Math.round(dpi / 0.0254);
    density.writeUInt32BE(perMetre, 0);
    density.writeUInt32BE(perMetre, 4);
    density[8] = 1; // Unit: metre.
    chunks.push(pngChunk('pHYs', density));
  }
  if (exif !== undefined) chunks.push(pngChunk('eXIf', exif));
  const replaced = new Set([
    ...(icc === undefined ? [] : ['iCCP', 'sRGB']),
    ...(dpi === undefined ? [] : ['pHYs']),
    ...(exif === undefined ? [] : ['eXIf']),
  ]);
  return Buffer.concat([
    bytes.subarray(0, afterHeader),
    ...chunks,
    ...otherPngChunks(bytes.subarray(afterHeader), replaced),
  ]);
}

function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

function otherPngChunks(bytes: Buffer, without: Set<string>): Buffer[] {
  const out: Buffer[] = [];
  for (let at = 0; at + 12 <= bytes.length;) {
    const length = bytes.readUInt32BE(at) + 12;
    if (!without.has(bytes.toString('latin1', at + 4, at + 8))) out.push(bytes.subarray(at, at + length));
    at += length;
  }
  return out;
}

/** Rewrites as the extended format (WebP Container Specification, "Extended File Format"), whose header flags the parts. */
function embedWebp(bytes: Buffer, { icc, exif }: EmbeddedMetadata): Buffer {
  const chunks: { type: string; data: Buffer }[] = [];
  for (let at = 12; at + 8 <= bytes.length;) {
    const length = bytes.readUInt32LE(at + 4);
    chunks.push({ type: bytes.toString('latin1', at, at + 4), data: bytes.subarray(at + 8, at + 8 + length) });
    at += 8 + length + (length % 2);
  }
  const header = Buffer.from(chunks.find(({ type }) => type === 'VP8X')?.data ?? simpleWebpHeader(chunks));
  const kept = chunks.filter(
    ({ type }) =>
      type !== 'VP8X' && !(icc !== undefined && type === 'ICCP') && !(exif !== undefined && type === 'EXIF'),
  );
  if (icc !== undefined) header[0] = (header[0] ?? 0) | 0x20;
  if (exif !== undefined) header[0] = (header[0] ?? 0) | 0x08;
  const parts = [
    riffChunk('VP8X', header),
    ...(icc === undefined ? [] : [riffChunk('ICCP', icc)]),
    ...kept.map(({ type, data }) => riffChunk(type, data)),
    ...(exif === undefined ? [] : [riffChunk('EXIF', exif)]),
  ];
  const body = Buffer.concat([Buffer.from('WEBP', 'latin1'), ...parts]);
  const head = Buffer.alloc(8);
  head.write('RIFF', 'latin1');
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body]);
}

/** Header of the extended format for a file that has only its picture: flags and the size less one, 24 bits each. */
function simpleWebpHeader(chunks: { type: string; data: Buffer }[]): Buffer {
  const header = Buffer.alloc(10);
  const lossless = chunks.find(({ type }) => type === 'VP8L')?.data;
  const lossy = chunks.find(({ type }) => type === 'VP8 ')?.data;
  let [width, height] = [1, 1];
  if (lossless !== undefined) {
    const bits = lossless.readUInt32LE(1);
    width = (bits & 0x3fff) + 1;
    height = ((bits >>> 14) & 0x3fff) + 1;
    if ((bits >>> 28) & 1) header[0] = 0x10;
  } else if (lossy !== undefined) {
    width = lossy.readUInt16LE(6) & 0x3fff;
    height = lossy.readUInt16LE(8) & 0x3fff;
  }
  header.writeUIntLE(width - 1, 4, 3);
  header.writeUIntLE(height - 1, 7, 3);
  return header;
}

function riffChunk(type: string, data: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(type, 'latin1');
  head.writeUInt32LE(data.length, 4);
  return Buffer.concat([head, data, Buffer.alloc(data.length % 2)]);
}
