import type { GeometryOf } from '@fovea/contract';
import { tiledMask } from '../masks/mask-geometry.ts';
import { tileSize } from '../masks/tiled-mask.ts';
import type { MaskTile, TiledMask } from '../masks/tiled-mask.ts';
import type { Bounds } from '../math/bounds.ts';
import type { Context2d, MaskPainter } from '../shapes/pen.ts';
import { asImage, contextOf } from './surface.ts';
import type { MakeSurface, Surface } from './surface.ts';

interface Bitmap {
  readonly surface: Surface;
  readonly context: Context2d;
  /** The picture rectangle that the surface covers, in whole tiles. */
  readonly area: Bounds;
  mask: TiledMask;
  color: string;
}

/** Masks keep their pixels between frames within these bounds: whoever scrolls through a stack passes hundreds of them. */
const maxBitmaps = 64;
const maxPixels = 8_000_000;
/** So many are kept however large they are. */
const leastBitmaps = 8;

/**
 * Masks as bitmaps. A mask that grew out of one drawn before (a stroke) reuses its bitmap: only tiles that differ are
 * written again. Found by the tiles that two versions share, so nobody has to say which mask follows which.
 */
export class MaskBitmaps implements MaskPainter {
  private readonly makeSurface: MakeSurface;
  private bitmaps: Bitmap[] = [];

  constructor(makeSurface: MakeSurface) {
    this.makeSurface = makeSurface;
  }

  paint(context: Context2d, geometry: GeometryOf<'mask'>, color: string): void {
    this.paintMask(context, tiledMask(geometry), color);
  }

  paintMask(context: Context2d, mask: TiledMask, color: string): void {
    if (mask.isEmpty) return;
    const bitmap = this.bitmapOf(mask, color);
    const { minX, minY } = bitmap.area;
    context.imageSmoothingEnabled = false;
    context.drawImage(asImage(bitmap.surface), minX, minY);
    context.imageSmoothingEnabled = true;
  }

  clear(): void {
    this.bitmaps = [];
  }

  private bitmapOf(mask: TiledMask, color: string): Bitmap {
    const at = this.bitmaps.findIndex((bitmap) => bitmap.mask === mask && bitmap.color === color);
    if (at >= 0) return this.touch(at);
    const related = this.bitmaps.findIndex((bitmap) => bitmap.color === color && isDescendant(bitmap, mask));
    if (related >= 0) {
      const bitmap = this.touch(related);
      const changed = mask.changedTiles(bitmap.mask);
      bitmap.mask = mask;
      for (const place of changed) writeTile(bitmap, place);
      return bitmap;
    }
    const fresh = this.make(mask, color);
    this.bitmaps.unshift(fresh);
    this.shrink();
    return fresh;
  }

  private shrink(): void {
    let pixels = 0;
    const fits = this.bitmaps.findIndex(({ surface }, index) => {
      pixels += surface.width * surface.height;
      return index >= maxBitmaps || (index >= leastBitmaps && pixels > maxPixels);
    });
    if (fits >= 0) this.bitmaps.length = fits;
  }

  /** Moves to the front: the last in the list is the first to go. */
  private touch(at: number): Bitmap {
    const [bitmap] = this.bitmaps.splice(at, 1);
    this.bitmaps.unshift(bitmap);
    return bitmap;
  }

  private make(mask: TiledMask, color: string): Bitmap {
    const area = roomFor(mask);
    const surface = this.makeSurface(area.maxX - area.minX, area.maxY - area.minY);
    const bitmap = { surface, context: contextOf(surface), area, mask, color };
    for (const [place] of mask.entries()) writeTile(bitmap, place);
    return bitmap;
  }
}

/** Shares a tile with what was drawn, and fits into the same surface. */
function isDescendant({ mask: drawn, area }: Bitmap, mask: TiledMask): boolean {
  if (drawn.width !== mask.width || drawn.height !== mask.height) return false;
  let shares = false;
  for (const [place, tile] of mask.entries()) {
    const { minX, minY, maxX, maxY } = mask.tileBounds(place);
    if (minX < area.minX || minY < area.minY || maxX > area.maxX || maxY > area.maxY) return false;
    shares ||= drawn.tileAt(place) === tile;
  }
  return shares;
}

/** The mask's tiles and two more around them: room for the strokes to come. */
function roomFor(mask: TiledMask): Bounds {
  let [minX, minY, maxX, maxY] = [Infinity, Infinity, 0, 0];
  for (const [place] of mask.entries()) {
    const tile = mask.tileBounds(place);
    minX = Math.min(minX, tile.minX);
    minY = Math.min(minY, tile.minY);
    maxX = Math.max(maxX, tile.maxX);
    maxY = Math.max(maxY, tile.maxY);
  }
  const room = tileSize * 2;
  return {
    minX: Math.max(0, minX - room),
    minY: Math.max(0, minY - room),
    maxX: Math.min(mask.width, maxX + room),
    maxY: Math.min(mask.height, maxY + room),
  };
}

function writeTile(bitmap: Bitmap, place: number): void {
  const { minX, minY, maxX, maxY } = bitmap.mask.tileBounds(place);
  const tile = bitmap.mask.tileAt(place);
  const { context, area, color } = bitmap;
  const [left, top] = [minX - area.minX, minY - area.minY];
  context.clearRect(left, top, maxX - minX, maxY - minY);
  if (!tile) return;
  context.fillStyle = color;
  eachSpan(tile, (y, from, to) => context.fillRect(left + from, top + y, Math.min(to, maxX - minX) - from, 1));
}

/** Spans of set pixels within a tile, in its own coordinates. */
function eachSpan(tile: MaskTile, visit: (y: number, from: number, to: number) => void): void {
  for (let y = 0; y < tileSize; y++) {
    if ((tile[y * 2] | tile[y * 2 + 1]) === 0) continue;
    let from = -1;
    for (let x = 0; x <= tileSize; x++) {
      const isSet = x < tileSize && ((tile[y * 2 + (x >>> 5)] >>> (x & 31)) & 1) === 1;
      if (isSet && from < 0) from = x;
      if (!isSet && from >= 0) {
        visit(y, from, x);
        from = -1;
      }
    }
  }
}
