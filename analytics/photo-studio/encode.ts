import sharp, { type Metadata, type Sharp } from 'sharp';
import type { Pixels } from '../imaging/colour.ts';
import { embedMetadata, type EmbeddedMetadata } from './container.ts';
import { editExif } from './exif.ts';
import type { PhotoFormat } from './limits.ts';
import type { StudioSettings } from './settings.ts';
import { embedTiff } from './tiff-exif.ts';
import { watermarkOverlays } from './watermark.ts';

export type OutputFormat = 'jpeg' | 'png' | 'webp' | 'avif' | 'tiff';

export interface EncodeOptions {
  settings: StudioSettings;
  format: OutputFormat;
  /** Of the photo, for what is carried over. */
  metadata: Metadata;
  /** The pixel values are the photo's own, not converted to sRGB. */
  sourceColours: boolean;
  /** Text tags for the EXIF block. */
  tags: Record<string, string>;
}

export const mediaTypes: Record<OutputFormat, string> = {
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  avif: 'image/avif',
  tiff: 'image/tiff',
};

/** Extensions that a file of the format may have; the first is given to new ones. */
export const extensions: Record<OutputFormat, string[]> = {
  jpeg: ['jpg', 'jpeg'],
  png: ['png'],
  webp: ['webp'],
  avif: ['avif'],
  tiff: ['tif', 'tiff'],
};

/** The format of an output: with a cut-out one that has transparency, else what is asked for or that of the photo. */
export function chooseFormat(photo: PhotoFormat, settings: StudioSettings, transparent: boolean): OutputFormat {
  const wanted = settings.output_format === 'same' ? photo : settings.output_format;
  if (!transparent) return wanted;
  return settings.output_format === 'same' || wanted === 'jpeg' ? 'png' : wanted;
}

/** Encodes finished pixels, with watermark, sharpening, colour profile, resolution and metadata. */
export async function encodePixels(pixels: Pixels, options: EncodeOptions): Promise<Buffer> {
  const { settings, format } = options;
  const { width, height, channels } = pixels;
  let image = sharp(pixels.data, { raw: { width, height, channels } });
  // Radius about one pixel; flat areas (below 2 levels of L) stay as they are.
  if (settings.sharpen > 0) image = image.sharpen({ sigma: 1, m1: 0, m2: settings.sharpen / 12 });
  const overlays = await watermarkOverlays(pixels, settings);
  if (overlays.length > 0) image = image.composite(overlays);
  if (overlays.length > 0 && channels === 3) image = image.removeAlpha();
  if (channels === 4 && format === 'jpeg') image = image.flatten({ background: settings.pad_color });
  const embedded = metadataFor(options);
  if (!options.sourceColours) image = image.withIccProfile(settings.output_icc === 'p3' ? 'p3' : 'srgb');
  if (format === 'avif' || format === 'tiff') return encodeOther(image, options, embedded);
  const bytes = await encodeAs(image, format, settings).toBuffer();
  return embedded === null ? bytes : embedMetadata(bytes, format, embedded);
}

/** AVIF and TIFF take their profile, and AVIF its EXIF, along from an uncompressed PNG; libvips writes none into TIFF. */
async function encodeOther(image: Sharp, options: EncodeOptions, embedded: EmbeddedMetadata | null): Promise<Buffer> {
  const png = await image.png({ compressionLevel: 0 }).toBuffer();
  const carrier = sharp(embedMetadata(png, 'png', embedded ?? {}), { ignoreIcc: options.sourceColours });
  const kept = embedded?.exif === undefined ? carrier.keepIccProfile() : carrier.keepIccProfile().keepExif();
  const bytes = await encodeAs(kept, options.format, options.settings, embedded?.dpi).toBuffer();
  return options.format === 'tiff' && embedded?.exif !== undefined ? embedTiff(bytes, embedded.exif) : bytes;
}

function encodeAs(image: Sharp, format: OutputFormat, settings: StudioSettings, dpi?: number): Sharp {
  const quality = settings.output_quality;
  if (format === 'jpeg') return image.jpeg({ quality, chromaSubsampling: quality >= 90 ? '4:4:4' : '4:2:0' });
  if (format === 'png') return image.png({ compressionLevel: 6 });
  if (format === 'webp') return image.webp({ quality, alphaQuality: 100 });
  if (format === 'avif') return image.avif({ quality });
  const perMillimetre = dpi === undefined ? {} : { xres: dpi / 25.4, yres: dpi / 25.4 };
  return image.tiff({ compression: 'deflate', ...perMillimetre });
}

/** What is carried over from the photo and what is new; null for nothing at all. */
function metadataFor(options: EncodeOptions): EmbeddedMetadata | null {
  const { settings, metadata, format, tags } = options;
  const strip = settings.strip_metadata || (settings.enable_strip_png_metadata && format === 'png');
  const oldDpi = strip || metadata.density === undefined ? undefined : metadata.density;
  const dpi = settings.output_dpi > 0 ? settings.output_dpi : oldDpi;
  const oldExif = strip ? undefined : metadata.exif;
  const exif = oldExif !== undefined || Object.keys(tags).length > 0 ? editExif(oldExif, tags) : undefined;
  // A profile is part of the colours, not of the metadata: it stays even when the rest is stripped.
  const icc = options.sourceColours ? metadata.icc : undefined;
  return dpi === undefined && exif === undefined && icc === undefined ? null : { dpi, exif, icc };
}
