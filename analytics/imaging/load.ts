import { open } from 'node:fs/promises';
import sharp, { type Metadata, type Sharp } from 'sharp';
import { InputError } from '../analytic.ts';
import type { Pixels } from './colour.ts';

/** Pictures up to this many pixels are decoded; beyond it a small file could fill the memory. */
export const maxPixels = 200_000_000;

/** What libvips says of a picture beyond the limit. */
const tooManyPixels = 'Input image exceeds pixel limit';

export type StillFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | 'heif' | 'svg' | 'unknown';

/** Tells the format by the first bytes of the file, never by its name. */
export async function sniffStill(path: string): Promise<StillFormat> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(32), 0, 32, 0);
    return sniffStillBytes(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

export function sniffStillBytes(head: Buffer): StillFormat {
  const text = head.toString('latin1');
  if (head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff) return 'jpeg';
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  if (text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP') return 'webp';
  if (text.startsWith('GIF8')) return 'gif';
  if (text.startsWith('II*\0') || text.startsWith('MM\0*')) return 'tiff';
  if (text.slice(4, 8) === 'ftyp') return 'heif';
  if (text.trimStart().startsWith('<')) return 'svg';
  return 'unknown';
}

/**
 * Opens a photo or drawing for sharp. SVG is refused: one filter in it can run for minutes.
 * Throws InputError where the file is not a picture that can be decoded.
 */
export async function openStill(
  path: string,
  options: { ignoreIcc?: boolean } = {},
): Promise<{ image: Sharp; metadata: Metadata }> {
  const format = await sniffStill(path);
  if (format === 'svg' || format === 'unknown')
    throw new InputError('is not a picture in a known format (JPEG, PNG, WebP, GIF, TIFF, AVIF)');
  const image = sharp(path, { limitInputPixels: maxPixels, failOn: 'error', ...options });
  return { image, metadata: await asInputError(image.metadata()) };
}

/** Turns what sharp says about bad bytes into an error that blames the input. */
export async function asInputError<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const text = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new InputError(text === tooManyPixels ? `has more than ${maxPixels.toLocaleString('en')} pixels, which is the most that are decoded` : `cannot be decoded: ${inWords(text)}`, { cause: error });
  }
}

/** What libvips says, without the path that the file has on this machine. */
function inWords(text: string): string {
  return text.replace(/(?:\/[^\s/:]+)+:\s*/g, '').replace(/bad seek to \d+/, 'the file ends too early');
}

/** Upright sRGB pixels, reduced so that the longer side is at most `maxSide`. */
export async function loadPixels(
  path: string,
  maxSide: number,
): Promise<Pixels & { originalWidth: number; originalHeight: number }> {
  const { image, metadata } = await openStill(path);
  const upright = uprightSize(metadata);
  const work = image.autoOrient().resize({ width: maxSide, height: maxSide, fit: 'inside', withoutEnlargement: true });
  const { data, info } = await asInputError(
    work.flatten({ background: '#ffffff' }).toColourspace('srgb').raw().toBuffer({ resolveWithObject: true }),
  );
  return { ...toRgb(data, info), originalWidth: upright.width, originalHeight: upright.height };
}

/** Width and height after the EXIF orientation is applied (orientations 5 to 8 turn by a quarter). */
export function uprightSize(metadata: Metadata): { width: number; height: number } {
  const turned = (metadata.orientation ?? 1) >= 5;
  return turned
    ? { width: metadata.height, height: metadata.width }
    : { width: metadata.width, height: metadata.height };
}

/** Raw output of sharp as three or four channels: grey becomes RGB, grey with alpha RGBA. */
export function toRgb(data: Buffer, info: { width: number; height: number; channels: number }): Pixels {
  const { width, height, channels } = info;
  if (channels === 3 || channels === 4) return { width, height, channels, data };
  const wide: 3 | 4 = channels === 2 ? 4 : 3;
  const out = new Uint8Array(width * height * wide);
  for (let i = 0; i < width * height; i++) {
    const grey = data[i * channels] ?? 0;
    out.fill(grey, i * wide, i * wide + 3);
    if (wide === 4) out[i * 4 + 3] = data[i * channels + 1] ?? 255;
  }
  return { width, height, channels: wide, data: out };
}
