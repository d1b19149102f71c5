import type { Xy } from '@fovea/contract';
import type { Editor } from '../editor/editor.ts';
import type { PixelRect } from '../editor/picture.ts';
import { intersectBounds } from '../math/bounds.ts';
import type { Bounds } from '../math/bounds.ts';
import { editorTexts as t } from '../texts.ts';

/** Pixels of a part of the picture, reduced where it is large, and the way between the two. */
export interface Region {
  readonly pixels: PixelRect;
  /** Whole image pixels. */
  readonly bounds: Bounds;
  /** Image pixels per region pixel. */
  readonly unitX: number;
  readonly unitY: number;
}

/**
 * Reads a part of the picture in at most so many pixels. Undefined where there is no part of the picture, or the page
 * gave no pixels: then the person is told.
 */
export function readRegion(editor: Editor, wanted: Bounds, maxPixels: number): Region | undefined {
  const { width, height } = editor.picture;
  if (!editor.pixels) {
    editor.notify(t.notices.noPixelsYet);
    return undefined;
  }
  const part = intersectBounds(wanted, { minX: 0, minY: 0, maxX: width, maxY: height });
  if (!part) return undefined;
  const bounds = { minX: Math.floor(part.minX), minY: Math.floor(part.minY), maxX: Math.ceil(part.maxX), maxY: Math.ceil(part.maxY) };
  const [fullWidth, fullHeight] = [bounds.maxX - bounds.minX, bounds.maxY - bounds.minY];
  if (fullWidth < 1 || fullHeight < 1) return undefined;
  const shrink = Math.min(1, Math.sqrt(maxPixels / (fullWidth * fullHeight)));
  const [toWidth, toHeight] = [Math.max(1, Math.round(fullWidth * shrink)), Math.max(1, Math.round(fullHeight * shrink))];
  const pixels = editor.pixels.read({ x: bounds.minX, y: bounds.minY, width: fullWidth, height: fullHeight, toWidth, toHeight });
  return { pixels, bounds, unitX: fullWidth / toWidth, unitY: fullHeight / toHeight };
}

/** The region pixel that holds an image point, if it lies within. */
export function toRegion({ bounds, unitX, unitY, pixels }: Region, [x, y]: Xy): [number, number] | undefined {
  const [column, row] = [Math.floor((x - bounds.minX) / unitX), Math.floor((y - bounds.minY) / unitY)];
  return column >= 0 && row >= 0 && column < pixels.width && row < pixels.height ? [column, row] : undefined;
}

/** The image point of a place in the region; (0, 0) is the top left corner of its first pixel. */
export function fromRegion({ bounds, unitX, unitY }: Region, x: number, y: number): Xy {
  return [bounds.minX + x * unitX, bounds.minY + y * unitY];
}
