import sharp from 'sharp';
import { toRgb } from '../imaging/load.ts';
import type { Pixels } from '../imaging/colour.ts';
import type { Rect } from '../imaging/plane.ts';
import { cropWindow, wholePixels } from './crop.ts';
import type { PhotoSource } from './photo-source.ts';
import type { Head, Scene } from './scene.ts';
import type { StudioSettings } from './settings.ts';

/** Which part of the picture is used and how large the output becomes. */
export interface Framing {
  window: Rect;
  /** Size of the picture part in the output. */
  width: number;
  height: number;
  /** Size of the output, larger than the part where padding is added. */
  outerWidth: number;
  outerHeight: number;
}

export function chooseFraming(source: PhotoSource, scene: Scene | null, settings: StudioSettings): Framing {
  const size = { width: source.width, height: source.height };
  if (settings.enable_crop) {
    const head = scene === null ? null : headInPicture(scene, source);
    const exact = { width: settings.crop_size_x, height: settings.crop_size_y };
    return {
      window: wholePixels(cropWindow(size, head, settings), size),
      ...exact,
      outerWidth: exact.width,
      outerHeight: exact.height,
    };
  }
  return resizeFraming(size, settings);
}

function headInPicture(scene: Scene, source: PhotoSource): Head | null {
  if (scene.head === null) return null;
  const scale = source.width / scene.pixels.width;
  const { cx, cy, top, height } = scene.head;
  return { cx: cx * scale, cy: cy * scale, top: top * scale, height: height * scale };
}

function resizeFraming(size: { width: number; height: number }, settings: StudioSettings): Framing {
  const whole = { x: 0, y: 0, ...size };
  const [wantedWidth, wantedHeight] = [settings.resize_width, settings.resize_height];
  if (wantedWidth === 0 && wantedHeight === 0) return framed(whole, size, size);
  const byWidth = wantedWidth > 0 ? wantedWidth / size.width : Infinity;
  const byHeight = wantedHeight > 0 ? wantedHeight / size.height : Infinity;
  if (settings.resize_fit === 'cover' && wantedWidth > 0 && wantedHeight > 0) {
    const scale = Math.max(byWidth, byHeight);
    const part = { width: wantedWidth / scale, height: wantedHeight / scale };
    const window = wholePixels({ x: (size.width - part.width) / 2, y: (size.height - part.height) / 2, ...part }, size);
    const exact = { width: wantedWidth, height: wantedHeight };
    return framed(window, exact, exact);
  }
  const scale = Math.min(byWidth, byHeight);
  const inner = {
    width: Math.max(1, Math.round(size.width * scale)),
    height: Math.max(1, Math.round(size.height * scale)),
  };
  const outer =
    settings.resize_fit === 'pad' ? { width: wantedWidth || inner.width, height: wantedHeight || inner.height } : inner;
  return framed(whole, inner, outer);
}

function framed(
  window: Rect,
  inner: { width: number; height: number },
  outer: { width: number; height: number },
): Framing {
  return { window, ...inner, outerWidth: outer.width, outerHeight: outer.height };
}

/** Enlarges the processed pixels where the window was smaller than the output, and pads. */
export async function finishFraming(pixels: Pixels, framing: Framing, padColour: string): Promise<Pixels> {
  const enlarge = pixels.width !== framing.width || pixels.height !== framing.height;
  const pad = framing.outerWidth !== framing.width || framing.outerHeight !== framing.height;
  if (!enlarge && !pad) return pixels;
  let image = sharp(pixels.data, { raw: { width: pixels.width, height: pixels.height, channels: pixels.channels } });
  if (enlarge) image = image.resize({ width: framing.width, height: framing.height, fit: 'fill' });
  if (pad) {
    const left = Math.floor((framing.outerWidth - framing.width) / 2);
    const top = Math.floor((framing.outerHeight - framing.height) / 2);
    const transparent = padColour.length === 9 && !padColour.toLowerCase().endsWith('ff');
    if (transparent) image = image.ensureAlpha();
    image = image.extend({
      left,
      top,
      right: framing.outerWidth - framing.width - left,
      bottom: framing.outerHeight - framing.height - top,
      background: padColour,
    });
  }
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  return toRgb(data, info);
}
