import type { PictureAdjustments } from '../editor/settings.ts';
import { asImage, contextOf, finished, intoDevice, visibleBounds } from './surface.ts';
import type { Drawn, MakeSurface, Surface, View } from './surface.ts';
import type { Context2d } from '../shapes/pen.ts';
import { isPiecewise, pieceSidePx as sidePx } from './picture-source.ts';
import type { PictureSource, PiecewisePicture } from './picture-source.ts';

/** Four megabytes each. */
const maxTiles = 24;

/**
 * The picture beneath the shapes. Seen from afar it is drawn from halved copies (a pyramid, made where it is looked at),
 * so that a frame costs the pixels of the screen and not those of the picture, and does not shimmer. Brightness,
 * contrast and gamma are worked into the same copies. A video's frame is drawn as it comes.
 */
export class PictureLayer {
  private readonly makeSurface: MakeSurface;
  private source: CanvasImageSource | undefined;
  /** Of a picture that comes in pieces, whose overview is the source. */
  private pieces: PiecewisePicture | undefined;
  private size = { width: 0, height: 0 };
  private isStill = true;
  private adjustments: PictureAdjustments = { brightness: 1, contrast: 1, gamma: 1 };
  private table: Uint8ClampedArray | undefined;
  private readonly tiles = new Map<string, Drawn>();
  private scratch: Surface | undefined;

  constructor(makeSurface: MakeSurface) {
    this.makeSurface = makeSurface;
  }

  /** `isStill` false: the source changes all the time, nothing of it is kept. */
  setSource(source: PictureSource | undefined, size: { width: number; height: number }, isStill: boolean): void {
    this.pieces = source && isPiecewise(source) ? source : undefined;
    this.source = source && isPiecewise(source) ? source.overview : source;
    this.size = size;
    this.isStill = isStill;
    this.tiles.clear();
  }

  setAdjustments(adjustments: PictureAdjustments): void {
    const { brightness, contrast, gamma } = this.adjustments;
    if (adjustments.brightness === brightness && adjustments.contrast === contrast && adjustments.gamma === gamma) return;
    this.adjustments = adjustments;
    this.table = adjustmentTable(adjustments);
    this.tiles.clear();
  }

  draw(context: Context2d, view: View): void {
    if (!this.source || this.size.width === 0) return;
    const level = Math.max(0, Math.floor(-Math.log2(view.scale)));
    context.imageSmoothingEnabled = view.scale < 4;
    context.imageSmoothingQuality = 'low';
    if (!this.isStill) this.drawMoving(context, view);
    else this.drawTiles(context, view, level);
    context.imageSmoothingEnabled = true;
  }

  private drawDirect(context: Context2d, view: View): void {
    const part = this.visiblePart(view);
    if (!part || !this.source) return;
    intoDevice(context);
    const { x, y, width, height } = part;
    const [left, top] = [Math.round(x * view.scale + view.offsetX), Math.round(y * view.scale + view.offsetY)];
    const right = Math.round((x + width) * view.scale + view.offsetX);
    const bottom = Math.round((y + height) * view.scale + view.offsetY);
    context.drawImage(this.source, x, y, width, height, left, top, right - left, bottom - top);
  }

  /** The visible part in whole image pixels. */
  private visiblePart(view: View): { x: number; y: number; width: number; height: number } | undefined {
    const visible = visibleBounds(view);
    const x = Math.max(0, Math.floor(visible.minX));
    const y = Math.max(0, Math.floor(visible.minY));
    const width = Math.min(this.size.width, Math.ceil(visible.maxX)) - x;
    const height = Math.min(this.size.height, Math.ceil(visible.maxY)) - y;
    return width > 0 && height > 0 ? { x, y, width, height } : undefined;
  }

  private drawTiles(context: Context2d, view: View, level: number): void {
    const part = this.visiblePart(view);
    if (!part) return;
    intoDevice(context);
    const side = sidePx * 2 ** level;
    for (let row = Math.floor(part.y / side); row * side < part.y + part.height; row++) {
      for (let column = Math.floor(part.x / side); column * side < part.x + part.width; column++) {
        const tile = this.tile(level, column, row);
        const left = Math.round(column * side * view.scale + view.offsetX);
        const top = Math.round(row * side * view.scale + view.offsetY);
        const right = Math.round(Math.min(this.size.width, (column + 1) * side) * view.scale + view.offsetX);
        const bottom = Math.round(Math.min(this.size.height, (row + 1) * side) * view.scale + view.offsetY);
        context.drawImage(asImage(tile), 0, 0, tile.width, tile.height, left, top, right - left, bottom - top);
      }
    }
  }

  /** A tile of a level; level n is the picture at 1/2ⁿ. */
  private tile(level: number, column: number, row: number): Drawn {
    const key = `${level}/${column}/${row}`;
    const kept = this.tiles.get(key);
    if (kept) {
      // Put last: the first in the map is the one used longest ago.
      this.tiles.delete(key);
      this.tiles.set(key, kept);
      return kept;
    }
    const piece = this.pieces?.piece(level, column, row);
    const made = this.makeTile(2 ** level, column, row, piece);
    this.tiles.set(key, made);
    const [oldest] = this.tiles.keys();
    if (this.tiles.size > maxTiles && oldest !== undefined) this.tiles.delete(oldest);
    return made;
  }

  /** Of a picture in pieces whose piece is not there yet, the tile shows the overview, enlarged. */
  private makeTile(factor: number, column: number, row: number, piece: ImageBitmap | undefined): Drawn {
    if (piece && !this.table) return piece;
    const [x, y] = [column * sidePx * factor, row * sidePx * factor];
    const [width, height] = [Math.min(sidePx * factor, this.size.width - x), Math.min(sidePx * factor, this.size.height - y)];
    const surface = this.makeSurface(Math.max(1, Math.round(width / factor)), Math.max(1, Math.round(height / factor)));
    const context = contextOf(surface, { willReadFrequently: this.table !== undefined });
    context.imageSmoothingQuality = 'high';
    // The overview is smaller than what it shows.
    const [shrinkX, shrinkY] = this.pieces ? [this.pieces.overview.width / this.size.width, this.pieces.overview.height / this.size.height] : [1, 1];
    if (piece) context.drawImage(piece, 0, 0, surface.width, surface.height);
    else if (this.source) context.drawImage(this.source, x * shrinkX, y * shrinkY, width * shrinkX, height * shrinkY, 0, 0, surface.width, surface.height);
    this.adjust(context, surface.width, surface.height);
    return finished(surface);
  }

  /** Without adjustments straight onto the canvas, with them by way of a copy of the size that is seen. */
  private drawMoving(context: Context2d, view: View): void {
    const part = this.visiblePart(view);
    if (!part || !this.source) return;
    if (!this.table) {
      this.drawDirect(context, view);
      return;
    }
    const shrink = Math.min(1, view.scale);
    const [width, height] = [Math.max(1, Math.round(part.width * shrink)), Math.max(1, Math.round(part.height * shrink))];
    this.scratch = this.scratch?.width === width && this.scratch.height === height ? this.scratch : this.makeSurface(width, height);
    const copy = contextOf(this.scratch, { willReadFrequently: true });
    copy.drawImage(this.source, part.x, part.y, part.width, part.height, 0, 0, width, height);
    this.adjust(copy, width, height);
    intoDevice(context);
    const [left, top] = [part.x * view.scale + view.offsetX, part.y * view.scale + view.offsetY];
    context.drawImage(asImage(this.scratch), 0, 0, width, height, left, top, part.width * view.scale, part.height * view.scale);
  }

  private adjust(context: Context2d, width: number, height: number): void {
    if (!this.table) return;
    const pixels = context.getImageData(0, 0, width, height);
    adjustPixels(pixels.data, this.table);
    context.putImageData(pixels, 0, 0);
  }
}

/**
 * The new value for each value 0–255: gamma first (a power of 1/gamma), then contrast about mid grey, then brightness.
 * Undefined when nothing would change.
 */
export function adjustmentTable({ brightness, contrast, gamma }: PictureAdjustments): Uint8ClampedArray | undefined {
  if (brightness === 1 && contrast === 1 && gamma === 1) return undefined;
  const table = new Uint8ClampedArray(256);
  for (let value = 0; value < 256; value++) {
    const lit = (value / 255) ** (1 / gamma);
    table[value] = ((lit - 0.5) * contrast + 0.5) * brightness * 255;
  }
  return table;
}

export function adjustPixels(data: Uint8ClampedArray, table: Uint8ClampedArray): void {
  for (let at = 0; at < data.length; at += 4) {
    data[at] = table[data[at]];
    data[at + 1] = table[data[at + 1]];
    data[at + 2] = table[data[at + 2]];
  }
}
