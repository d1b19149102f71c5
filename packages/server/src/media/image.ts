import sharp from 'sharp';
import type { MediaFacts } from './describe.ts';

/** More pixels than this are not decoded. */
export const maxPixels = 1_000_000_000;

const undecodable: Record<string, string> = {
  'image/heic': 'HEIC pixels cannot be decoded here.',
  'image/jxl': 'JPEG XL pixels cannot be decoded here.',
  'image/jp2': 'JPEG 2000 pixels cannot be decoded here.',
};

/** Facts of a raster image by its header; sides are upright, as EXIF says. */
export async function describeImage(path: string, mediaType: string): Promise<Partial<MediaFacts>> {
  const problem = undecodable[mediaType];
  if (problem !== undefined) return { problem };
  const meta = await sharp(path, { limitInputPixels: false, failOn: 'error' }).metadata();
  const turned = (meta.orientation ?? 1) >= 5;
  const [width, height] = turned ? [meta.height, meta.width] : [meta.width, meta.height];
  return {
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
    orientation: meta.orientation ?? 1,
    frames: meta.pages ?? 1,
    summary: { format: meta.format, channels: meta.channels, depth: meta.depth, space: meta.space, hasAlpha: meta.hasAlpha, density: meta.density ?? null },
    ...((width ?? 0) * (height ?? 0) > maxPixels ? { problem: `The picture has more than ${maxPixels.toLocaleString('en')} pixels.` } : {}),
  };
}
