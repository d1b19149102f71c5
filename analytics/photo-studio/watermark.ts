import sharp, { type OverlayOptions } from 'sharp';
import { asInputError, openStill } from '../imaging/load.ts';
import type { StudioSettings } from './settings.ts';

type WatermarkSettings = Pick<
  StudioSettings,
  'watermark_text' | 'watermark_image' | 'watermark_position' | 'watermark_opacity' | 'watermark_scale'
>;

const gravities = {
  'bottom-right': 'southeast',
  'bottom-left': 'southwest',
  'top-right': 'northeast',
  'top-left': 'northwest',
  center: 'centre',
  tile: 'centre',
} as const;

/** The overlays that the settings ask for, sized for an output of this size; empty for none. */
export async function watermarkOverlays(
  size: { width: number; height: number },
  settings: WatermarkSettings,
): Promise<OverlayOptions[]> {
  const marks: Buffer[] = [];
  const width = Math.max(8, Math.round((size.width * settings.watermark_scale) / 100));
  const height = Math.max(8, Math.round(size.height * 0.9));
  if (settings.watermark_image !== undefined)
    marks.push(await imageMark(settings.watermark_image.path, { width: Math.min(width, size.width), height }));
  if (settings.watermark_text !== '') marks.push(await textMark(settings.watermark_text, Math.min(width, size.width)));
  const margin = Math.round(Math.min(size.width, size.height) * 0.02);
  return Promise.all(
    marks.map(async (mark) => ({
      input: await fade(mark, { opacity: settings.watermark_opacity, margin, size }),
      gravity: gravities[settings.watermark_position],
      tile: settings.watermark_position === 'tile',
    })),
  );
}

async function imageMark(path: string, size: { width: number; height: number }): Promise<Buffer> {
  const { image } = await openStill(path);
  return asInputError(
    image
      .autoOrient()
      .resize({ ...size, fit: 'inside' })
      .ensureAlpha()
      .png()
      .toBuffer(),
  );
}

/** White letters with a thin dark edge, which can be read on any ground. */
async function textMark(text: string, width: number): Promise<Buffer> {
  const escaped = text.replace(/[<>&"']/g, (character) => `&#${character.codePointAt(0)};`);
  const letters = Math.max(1, [...text].length);
  const fontSize = (width / letters) * 1.6;
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${Math.ceil(fontSize * 1.4)}">` +
    `<text x="50%" y="${fontSize}" text-anchor="middle" textLength="${Math.floor(width * 0.96)}" lengthAdjust="spacingAndGlyphs" ` +
    `font-family="DejaVu Sans, Arial, sans-serif" font-size="${fontSize.toFixed(1)}" fill="#fff" stroke="#000" ` +
    `stroke-width="${(fontSize / 40).toFixed(2)}">${escaped}</text></svg>`;
  return sharp(Buffer.from(svg)).png().toBuffer();
}

/** Multiplies the alpha and adds a transparent margin, as far as the output has room for it. */
async function fade(
  mark: Buffer,
  options: { opacity: number; margin: number; size: { width: number; height: number } },
): Promise<Buffer> {
  const { data, info } = await sharp(mark).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  for (let p = 3; p < data.length; p += 4) data[p] = Math.round((data[p] ?? 0) * options.opacity);
  const room = Math.min((options.size.width - info.width) / 2, (options.size.height - info.height) / 2);
  const margin = Math.max(0, Math.floor(Math.min(options.margin, room)));
  return sharp(data, { raw: { width: info.width, height: info.height, channels: 4 } })
    .extend({ top: margin, bottom: margin, left: margin, right: margin, background: { r: 0, g: 0, b: 0, alpha: 0 } })
    .png()
    .toBuffer();
}
