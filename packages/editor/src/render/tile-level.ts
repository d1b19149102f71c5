import { boundsOverlap, growBounds, intersectBounds } from '../math/bounds.ts';
import type { Bounds } from '../math/bounds.ts';
import type { Drawn } from './surface.ts';

/** Device pixels along a side of a tile. Small, because a tile's shapes reach the screen in one go: 512 took 20 ms. */
export const tilePx = 256;
/** A tile with more changed places than this is drawn anew as a whole. */
const maxDirty = 12;
/** Columns and rows lie within ± this many tiles: at the largest zoom, a picture of four million pixels a side. */
const halfKeys = 2 ** 23;

export interface Tile {
  readonly column: number;
  readonly row: number;
  /** Undefined while nothing has been drawn: not yet (`isReady` false), or there is nothing to draw (`isReady` true). */
  drawn: Drawn | undefined;
  isReady: boolean;
  /** Places to be drawn again, image coordinates; `all`: the whole tile. */
  dirty: Bounds[] | 'all';
}

/** The tiles of one scale. Tile (0, 0) has its corner at the picture's top left corner. */
export class TileLevel {
  /** Device pixels per image pixel. */
  readonly scale: number;
  readonly tiles = new Map<number, Tile>();
  /** Image pixels that a shape's line or dots reach beyond its bounds. */
  private readonly overhang: number;

  constructor(scale: number, overhangPx: number) {
    this.scale = scale;
    this.overhang = overhangPx / scale;
  }

  boundsOf({ column, row }: Pick<Tile, 'column' | 'row'>): Bounds {
    const side = tilePx / this.scale;
    return { minX: column * side, minY: row * side, maxX: (column + 1) * side, maxY: (row + 1) * side };
  }

  /** The image rectangle whose shapes can leave marks within `bounds`. */
  reach(bounds: Bounds): Bounds {
    return growBounds(bounds, this.overhang);
  }

  /** The tiles that cover a rectangle, with `ring` more on each side. */
  around(bounds: Bounds, ring: number): Tile[] {
    const { fromColumn, toColumn, fromRow, toRow } = this.rangeOf(bounds);
    const found: Tile[] = [];
    for (let row = fromRow - ring; row <= toRow + ring; row++) {
      for (let column = fromColumn - ring; column <= toColumn + ring; column++) found.push(this.tile(column, row));
    }
    return found;
  }

  /** A place looks different now: the tiles that show it take note. */
  invalidate(bounds: Bounds): void {
    const touched = this.reach(bounds);
    for (const tile of this.tiles.values()) {
      if (!tile.isReady && tile.dirty === 'all') continue;
      const own = this.boundsOf(tile);
      if (!boundsOverlap(own, touched)) continue;
      const place = intersectBounds(own, touched);
      if (!place || tile.dirty === 'all') continue;
      tile.dirty.push(place);
      if (tile.dirty.length > maxDirty) tile.dirty = 'all';
    }
  }

  /** Whether a rectangle is wholly on tiles that are drawn and up to date. */
  covers(bounds: Bounds): boolean {
    const { fromColumn, toColumn, fromRow, toRow } = this.rangeOf(bounds);
    for (let row = fromRow; row <= toRow; row++) {
      for (let column = fromColumn; column <= toColumn; column++) {
        const tile = this.tiles.get(keyOf(column, row));
        if (!tile || !isFresh(tile)) return false;
      }
    }
    return true;
  }

  hasReady(): boolean {
    for (const tile of this.tiles.values()) if (tile.isReady) return true;
    return false;
  }

  invalidateAll(): void {
    for (const tile of this.tiles.values()) tile.dirty = 'all';
  }

  private rangeOf(bounds: Bounds): { fromColumn: number; toColumn: number; fromRow: number; toRow: number } {
    const side = tilePx / this.scale;
    return {
      fromColumn: Math.floor(bounds.minX / side),
      toColumn: Math.ceil(bounds.maxX / side) - 1,
      fromRow: Math.floor(bounds.minY / side),
      toRow: Math.ceil(bounds.maxY / side) - 1,
    };
  }

  private tile(column: number, row: number): Tile {
    const key = keyOf(column, row);
    let tile = this.tiles.get(key);
    if (!tile) this.tiles.set(key, (tile = { column, row, drawn: undefined, isReady: false, dirty: 'all' }));
    return tile;
  }
}

/** Drawn, and as things are now. */
export function isFresh(tile: Tile): boolean {
  return tile.isReady && tile.dirty !== 'all' && tile.dirty.length === 0;
}

function keyOf(column: number, row: number): number {
  return (row + halfKeys) * halfKeys * 2 + column + halfKeys;
}
