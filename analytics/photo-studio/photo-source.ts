import sharp, { type Metadata } from 'sharp';
import type { Pixels } from '../imaging/colour.ts';
import { asInputError, maxPixels, toRgb, uprightSize } from '../imaging/load.ts';
import type { Rect } from '../imaging/plane.ts';
import { checkPhoto, type PhotoFormat } from './limits.ts';
import { analysisSide } from './scene.ts';
import type { StudioSettings } from './settings.ts';
import { findTilt, innerRect } from './straighten.ts';

/** A checked photo and how it will be read: upright, perhaps turned by a few degrees and cut to what is filled then. */
export interface PhotoSource {
  path: string;
  format: PhotoFormat;
  metadata: Metadata;
  /** Keep the photo's own colour values instead of converting them to sRGB. */
  sourceColours: boolean;
  /** Clockwise turn after the EXIF orientation, degrees. */
  tilt: number;
  /** Size of the picture that all windows refer to. */
  width: number;
  height: number;
  /** Where that picture lies in the turned one. */
  inner: Rect;
}

export async function openPhoto(path: string, settings: StudioSettings): Promise<PhotoSource> {
  const { format, metadata } = await checkPhoto(path);
  const upright = uprightSize(metadata);
  const rgb = metadata.space === 'srgb' || metadata.space === 'rgb';
  const convert = settings.enable_srgb_output || settings.output_icc !== 'keep';
  const source: PhotoSource = {
    path,
    format,
    metadata,
    sourceColours: !convert && (rgb || metadata.icc === undefined),
    tilt: 0,
    ...upright,
    inner: { x: 0, y: 0, ...upright },
  };
  const tilt = await chooseTilt(source, settings);
  if (tilt === 0) return source;
  const inner = innerRect(upright.width, upright.height, tilt);
  return { ...source, tilt, inner, width: inner.width, height: inner.height };
}

async function chooseTilt(source: PhotoSource, settings: StudioSettings): Promise<number> {
  if (settings.straighten === 'degrees') return settings.straighten_degrees;
  return settings.straighten === 'auto' ? findTilt(await readReduced(source)) : 0;
}

/** The whole picture with its longer side reduced to that of the analysis; without alpha, on white. */
export async function readReduced(source: PhotoSource): Promise<Pixels> {
  const scale = Math.min(1, analysisSide / Math.max(source.width, source.height));
  const size = {
    width: Math.max(1, Math.round(source.width * scale)),
    height: Math.max(1, Math.round(source.height * scale)),
  };
  const image =
    source.tilt === 0
      ? open(source)
          .autoOrient()
          .resize({ ...size, fit: 'fill' })
      : sharp(await asInputError(turned(source).toColourspace('srgb').png({ compressionLevel: 1 }).toBuffer())).resize({
          ...size,
          fit: 'fill',
        });
  const { data, info } = await asInputError(
    image.flatten({ background: '#ffffff' }).toColourspace('srgb').raw().toBuffer({ resolveWithObject: true }),
  );
  return toRgb(data, info);
}

function open(source: PhotoSource) {
  return sharp(source.path, { limitInputPixels: maxPixels, failOn: 'error', ignoreIcc: source.sourceColours });
}

function turned(source: PhotoSource) {
  const image = open(source).autoOrient();
  if (source.tilt === 0) return image;
  const { x, y, width, height } = source.inner;
  return image.rotate(source.tilt, { background: '#00000000' }).extract({ left: x, top: y, width, height });
}

/** A window of the picture, reduced or left as it is to the wanted size. Throws InputError for broken bytes. */
export async function readWindow(
  source: PhotoSource,
  window: Rect,
  target: { width: number; height: number },
): Promise<Pixels> {
  const whole = window.width === source.width && window.height === source.height;
  let image = open(source).autoOrient();
  if (source.tilt !== 0) image = image.rotate(source.tilt, { background: '#000000' });
  if (!whole || source.tilt !== 0) {
    image = image.extract({
      left: source.inner.x + window.x,
      top: source.inner.y + window.y,
      width: window.width,
      height: window.height,
    });
  }
  if (target.width !== window.width || target.height !== window.height)
    image = image.resize({ ...target, fit: 'fill' });
  const { data, info } = await asInputError(image.toColourspace('srgb').raw().toBuffer({ resolveWithObject: true }));
  return toRgb(data, info);
}
