import { stat } from 'node:fs/promises';
import type { Metadata } from 'sharp';
import { InputError } from '../analytic.ts';
import { openStill, sniffStill } from '../imaging/load.ts';

export const maxPhotoBytes = 27 * 1024 * 1024;
export const maxPhotoSide = 6_500;
export const maxPhotoArea = 27_000_000;

export type PhotoFormat = 'jpeg' | 'png' | 'webp';

/**
 * Checks a photo by its content: JPEG, PNG or WebP, within the limits of size.
 * Throws InputError that says which rule is broken, with the figures.
 */
export async function checkPhoto(path: string): Promise<{ format: PhotoFormat; metadata: Metadata }> {
  const { size } = await stat(path);
  if (size > maxPhotoBytes)
    throw new InputError(
      `has ${size.toLocaleString('en')} bytes; at most ${maxPhotoBytes.toLocaleString('en')} (27 MiB) are taken`,
    );
  const format = await sniffStill(path);
  if (format !== 'jpeg' && format !== 'png' && format !== 'webp') {
    throw new InputError(
      size === 0
        ? 'is empty'
        : `is not a JPEG, PNG or WebP picture${format === 'unknown' ? '' : ` but ${format.toUpperCase()}`}`,
    );
  }
  const { metadata } = await openStill(path);
  const { width, height } = metadata;
  if (width > maxPhotoSide || height > maxPhotoSide) {
    throw new InputError(`is ${width} × ${height} pixels; a side has at most ${maxPhotoSide}`);
  }
  if (width * height > maxPhotoArea) {
    throw new InputError(
      `has ${(width * height).toLocaleString('en')} pixels; at most ${maxPhotoArea.toLocaleString('en')} are taken`,
    );
  }
  return { format, metadata };
}
