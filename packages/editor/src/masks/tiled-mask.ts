import type { Bounds } from '../math/bounds.ts';

/** Pixels along a side of a tile; a row of a tile is two 32-bit words. */
export const tileSize = 64;
const wordsPerRow = tileSize / 32;
const wordsPerTile = tileSize * wordsPerRow;

/** 64 × 64 pixels, one bit each: bit `x % 32` of word `y · 2 + ⌊x / 32⌋`. Never changed once it is part of a mask. */
export type MaskTile = Uint32Array;

/** Sets the pixels `fromX … toX - 1` of row `y`. */
export type SpanSink = (y: number, fromX: number, toX: number) => void;

/**
 * A set of pixels, in tiles that versions share: a stroke makes new tiles where it passes and keeps the others, so that
 * a step of the history costs the tiles it touched, and a painter knows which of them to draw again.
 */
export class TiledMask {
  readonly width: number;
  readonly height: number;
  private readonly tiles: ReadonlyMap<number, MaskTile>;

  constructor(width: number, height: number, tiles: ReadonlyMap<number, MaskTile> = new Map()) {
    this.width = width;
    this.height = height;
    this.tiles = tiles;
  }

  get tileColumns(): number {
    return Math.ceil(this.width / tileSize);
  }

  has(x: number, y: number): boolean {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return false;
    const tile = this.tiles.get(Math.floor(y / tileSize) * this.tileColumns + Math.floor(x / tileSize));
    if (!tile) return false;
    const inX = x % tileSize;
    return ((tile[(y % tileSize) * wordsPerRow + (inX >>> 5)] >>> (inX & 31)) & 1) === 1;
  }

  get isEmpty(): boolean {
    return this.tiles.size === 0;
  }

  /** The tiles that hold pixels, by place (row · columns + column). */
  entries(): Iterable<readonly [number, MaskTile]> {
    return this.tiles;
  }

  tileAt(place: number): MaskTile | undefined {
    return this.tiles.get(place);
  }

  /** The picture rectangle of a tile. */
  tileBounds(place: number): Bounds {
    const minX = (place % this.tileColumns) * tileSize;
    const minY = Math.floor(place / this.tileColumns) * tileSize;
    return { minX, minY, maxX: Math.min(this.width, minX + tileSize), maxY: Math.min(this.height, minY + tileSize) };
  }

  /** The places whose tiles differ from those of another mask of the same size: what has to be drawn again. */
  changedTiles(other: TiledMask): number[] {
    const changed: number[] = [];
    for (const [place, tile] of this.tiles) if (other.tiles.get(place) !== tile) changed.push(place);
    for (const place of other.tiles.keys()) if (!this.tiles.has(place)) changed.push(place);
    return changed;
  }

  /** The number of pixels. */
  area(): number {
    let count = 0;
    for (const tile of this.tiles.values()) for (const word of tile) count += bitCount(word);
    return count;
  }

  /** The rectangle around the pixels, in whole pixels; undefined for an empty mask. */
  bounds(): Bounds | undefined {
    let [minX, minY, maxX, maxY] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const [place, tile] of this.tiles) {
      const origin = this.tileBounds(place);
      let columns0 = 0;
      let columns1 = 0;
      for (let row = 0; row < tileSize; row++) {
        const [low, high] = [tile[row * wordsPerRow], tile[row * wordsPerRow + 1]];
        if ((low | high) === 0) continue;
        minY = Math.min(minY, origin.minY + row);
        maxY = Math.max(maxY, origin.minY + row + 1);
        columns0 |= low;
        columns1 |= high;
      }
      const first = columns0 !== 0 ? lowestBit(columns0) : 32 + lowestBit(columns1);
      const last = columns1 !== 0 ? 63 - Math.clz32(columns1) : 31 - Math.clz32(columns0);
      minX = Math.min(minX, origin.minX + first);
      maxX = Math.max(maxX, origin.minX + last + 1);
    }
    return minX < maxX ? { minX, minY, maxX, maxY } : undefined;
  }

  /** A mask with spans of pixels set or cleared; `paint` is called once and hands spans to the sink. */
  paint(value: boolean, paint: (sink: SpanSink) => void): TiledMask {
    const brush = new TileBrush(this, value);
    paint((y, fromX, toX) => brush.span(y, fromX, toX));
    return brush.finish();
  }

  /** Calls back with each span of pixels in a row, tiles apart: a span ends at the edge of its tile. */
  eachSpan(visit: SpanSink): void {
    for (const [place, tile] of this.tiles) {
      const { minX, minY } = this.tileBounds(place);
      for (let word = 0; word < wordsPerTile; word++) {
        if (tile[word] === 0) continue;
        eachBitRun(tile[word], (from, to) => {
          const left = minX + (word % wordsPerRow) * 32;
          visit(minY + Math.floor(word / wordsPerRow), left + from, left + to);
        });
      }
    }
  }

  static sameSize(a: TiledMask, b: TiledMask): boolean {
    return a.width === b.width && a.height === b.height;
  }
}

/** Writes spans into copies of tiles, each copied once. */
class TileBrush {
  private readonly fresh = new Map<number, MaskTile>();
  private readonly mask: TiledMask;
  private readonly value: boolean;

  constructor(mask: TiledMask, value: boolean) {
    this.mask = mask;
    this.value = value;
  }

  span(y: number, fromX: number, toX: number): void {
    const { width, height, tileColumns } = this.mask;
    if (y < 0 || y >= height) return;
    const end = Math.min(width, toX);
    for (let x = Math.max(0, fromX); x < end; ) {
      const place = Math.floor(y / tileSize) * tileColumns + Math.floor(x / tileSize);
      const stop = Math.min(end, (Math.floor(x / tileSize) + 1) * tileSize);
      const tile = this.tile(place);
      if (tile) fillRow(tile, (y % tileSize) * wordsPerRow, x % tileSize, ((stop - 1) % tileSize) + 1, this.value);
      x = stop;
    }
  }

  finish(): TiledMask {
    const tiles = new Map(this.mask.entries());
    let isChanged = false;
    for (const [place, tile] of this.fresh) {
      const before = tiles.get(place);
      if (before ? equalWords(before, tile) : tile.every((word) => word === 0)) continue;
      isChanged = true;
      if (tile.every((word) => word === 0)) tiles.delete(place);
      else tiles.set(place, tile);
    }
    return isChanged ? new TiledMask(this.mask.width, this.mask.height, tiles) : this.mask;
  }

  private tile(place: number): MaskTile | undefined {
    const fresh = this.fresh.get(place);
    if (fresh) return fresh;
    const before = this.mask.tileAt(place);
    if (!before && !this.value) return undefined;
    const tile = before ? before.slice() : new Uint32Array(wordsPerTile);
    this.fresh.set(place, tile);
    return tile;
  }
}

function fillRow(tile: MaskTile, rowStart: number, from: number, to: number, value: boolean): void {
  for (let word = from >>> 5; word <= (to - 1) >>> 5; word++) {
    const low = Math.max(0, from - word * 32);
    const high = Math.min(32, to - word * 32);
    const bits = (high === 32 ? 0xffffffff : (1 << high) - 1) & ~(low === 0 ? 0 : (1 << low) - 1);
    if (value) tile[rowStart + word] |= bits;
    else tile[rowStart + word] &= ~bits;
  }
}

function eachBitRun(word: number, visit: (from: number, to: number) => void): void {
  let at = 0;
  while (at < 32) {
    const rest = word >>> at;
    if (rest === 0) return;
    const from = at + lowestBit(rest);
    const ones = ~(word >>> from);
    const length = ones === 0 ? 32 : lowestBit(ones);
    const to = Math.min(32, from + length);
    visit(from, to);
    at = to;
  }
}

function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}

function bitCount(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function equalWords(a: MaskTile, b: MaskTile): boolean {
  for (let index = 0; index < wordsPerTile; index++) if (a[index] !== b[index]) return false;
  return true;
}
