import { open } from 'node:fs/promises';
import sharp, { type Metadata } from 'sharp';
import type { MediaFacts, MediaLimits } from './describe.ts';
import { readExifFacts } from './exif.ts';

/** More pixels than this are not decoded. */
export const maxPixels = 1_000_000_000;

/** Kinds of picture that are known by name, but whose pixels this program has no decoder for. */
const undecodable: Record<string, string> = {
  'image/heic': 'HEIC pixels cannot be decoded here.',
  'image/jxl': 'JPEG XL pixels cannot be decoded here.',
  'image/jp2': 'JPEG 2000 pixels cannot be decoded here.',
  'image/bmp': 'BMP pixels cannot be decoded here.',
  'image/x-canon-cr3': 'Canon raw pixels cannot be decoded here.',
};

const depthBits: Record<string, number> = { uchar: 8, char: 8, ushort: 16, short: 16, uint: 32, int: 32, float: 32, complex: 64, double: 64, dpcomplex: 128 };

/** Facts of a raster image; sides are upright, as EXIF says. Throws what sharp throws when it is none. */
export async function describeImage(file: { path: string; size: number; mediaType: string; limits?: MediaLimits }): Promise<Partial<MediaFacts>> {
  const { path, mediaType } = file;
  const without = undecodable[mediaType];
  if (without !== undefined) return { ...(await sidesOf(path, mediaType)), problem: without };
  const meta = await sharp(path, { limitInputPixels: false }).metadata();
  const facts = imageFacts(meta);
  const limit = file.limits?.maxPixels ?? maxPixels;
  if (meta.width * meta.height > limit) return { ...facts, problem: `The picture has more than ${limit.toLocaleString('en')} pixels.` };
  const problem = (await endsProperly(file)) ? undefined : await decodeProblem(path, limit);
  return { ...facts, ...(problem === undefined ? {} : { problem }) };
}

function imageFacts(meta: Metadata): Partial<MediaFacts> {
  const orientation = meta.orientation ?? 1;
  const [width, height] = orientation >= 5 ? [meta.height, meta.width] : [meta.width, meta.height];
  const bitDepth = meta.bitsPerSample ?? depthBits[meta.depth];
  const frames = meta.pages ?? 1;
  const { capturedAt, ...exif } = meta.exif ? readExifFacts(meta.exif) : {};
  return {
    width,
    height,
    orientation,
    channels: meta.channels,
    hasAlpha: meta.hasAlpha,
    codec: meta.compression ?? meta.format,
    frames,
    ...(bitDepth === undefined ? {} : { bitDepth }),
    ...(meta.format === 'tiff' && frames > 1 ? { pages: frames } : {}),
    ...(capturedAt === undefined ? {} : { capturedAt }),
    ...animationFacts(meta, frames),
    summary: {
      format: meta.format,
      colourSpace: meta.space,
      ...(meta.density === undefined ? {} : { density: meta.density }),
      ...exif,
    },
  };
}

/** Times of GIF and WebP animations; a delay below 20 ms is shown as 100 ms, as browsers do. */
function animationFacts(meta: Metadata, frames: number): Partial<MediaFacts> {
  if (meta.delay === undefined || frames < 2) return {};
  const durationSeconds = meta.delay.reduce((sum, delay) => sum + (delay < 20 ? 100 : delay), 0) / 1000;
  return { durationSeconds, fps: frames / durationSeconds };
}

/** Whether the last bytes prove that the file was not cut off. False means only that nothing is proved. */
async function endsProperly({ path, size, mediaType }: { path: string; size: number; mediaType: string }): Promise<boolean> {
  const handle = await open(path, 'r');
  try {
    const read = async (at: number, length: number): Promise<Buffer> => {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, Math.max(0, at));
      return buffer.subarray(0, bytesRead);
    };
    if (mediaType === 'image/webp') {
      const head = await read(4, 4);
      return head.length === 4 && head.readUInt32LE(0) + 8 <= size;
    }
    const tail = await read(size - 12, 12);
    if (mediaType === 'image/jpeg') return tail.includes(Buffer.of(0xff, 0xd9));
    if (mediaType === 'image/png') return tail.subarray(4, 8).toString('latin1') === 'IEND';
    return false;
  } finally {
    await handle.close();
  }
}

/** What the decoder says to the whole picture, made small where the format allows it to be decoded small. */
async function decodeProblem(path: string, limit: number): Promise<string | undefined> {
  try {
    await sharp(path, { limitInputPixels: limit, failOn: 'truncated', sequentialRead: true }).resize(64, 64, { fit: 'inside' }).raw().toBuffer();
    return undefined;
  } catch (error) {
    const [first = ''] = (error as Error).message.split('\n');
    return `The picture is damaged or cut off: ${first.slice(0, 200)}`;
  }
}

/** Width and height of formats that only their header can be read of. */
async function sidesOf(path: string, mediaType: string): Promise<Partial<MediaFacts>> {
  if (mediaType === 'image/heic') {
    try {
      return imageFacts(await sharp(path, { limitInputPixels: false }).metadata());
    } catch {
      // The sides are a courtesy: the caller's problem says already that the pixels cannot be had.
      return {};
    }
  }
  const handle = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4096), 0, 4096, 0);
    const head = buffer.subarray(0, bytesRead);
    if (mediaType === 'image/bmp') return bitmapSides(head);
    return mediaType === 'image/jp2' ? jpeg2000Sides(head) : {};
  } finally {
    await handle.close();
  }
}

function bitmapSides(head: Buffer): Partial<MediaFacts> {
  if (head.length < 30) return {};
  if (head.readUInt32LE(14) === 12) return { width: head.readUInt16LE(18), height: head.readUInt16LE(20), frames: 1 };
  return { width: Math.abs(head.readInt32LE(18)), height: Math.abs(head.readInt32LE(22)), frames: 1 };
}

/** The SIZ marker of the code stream (ISO/IEC 15444-1, A.5.1). */
function jpeg2000Sides(head: Buffer): Partial<MediaFacts> {
  const at = head.indexOf(Buffer.of(0xff, 0x4f, 0xff, 0x51));
  if (at < 0 || head.length < at + 24) return {};
  const uint = (offset: number): number => head.readUInt32BE(at + offset);
  return { width: uint(8) - uint(16), height: uint(12) - uint(20), frames: 1 };
}
