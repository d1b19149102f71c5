import type { Bounds } from '../math/bounds.ts';
import type { View } from './surface.ts';
import { TileLevel } from './tile-level.ts';

/** While the zoom moves, tiles are stretched up to this factor before those of another scale take over. */
const maxStretch = 1.5;
/** How long the zoom must rest before tiles are drawn at exactly its scale. */
const restMs = 120;
/** Of all scales together. 256 × 256 pixels are a quarter of a megabyte. */
const maxTiles = 480;
/** Scales that are kept beside the one in use. */
const maxKept = 4;
/** Tiles finer than this many times the scale in use do not fill in: it would take too many of them. */
const finestFiller = 4;
/** CSS pixels that lines and dots reach beyond the bounds of their shape. */
const overhangPx = 8;
/** The overview's longer side, in device pixels. */
const overviewPx = 1024;

export interface Aim {
  /** The scale that is drawn at now. */
  readonly active: TileLevel;
  /** The whole picture on few tiles: there is always something to show. */
  readonly overview: TileLevel;
  /** The zoom has stood still for a while. */
  readonly isResting: boolean;
}

/**
 * The scales at which there are tiles. While the zoom moves it goes by powers of two, which are found again on the way
 * back; at rest it is exact.
 */
export class TileLevels {
  private readonly nowMs: () => number;
  private area: Bounds = { minX: 0, minY: 0, maxX: 1, maxY: 1 };
  private active: TileLevel | undefined;
  private overview: TileLevel | undefined;
  /** Used before, the latest first. */
  private kept: TileLevel[] = [];
  private pixelRatio = 1;
  private lastScale = 0;
  private scaleSinceMs = 0;

  constructor(nowMs: () => number) {
    this.nowMs = nowMs;
  }

  /** Another picture: nothing that was drawn is of use. */
  reset(area: Bounds): void {
    this.area = area;
    this.active = undefined;
    this.overview = undefined;
    this.kept = [];
  }

  /** What is in use first. */
  all(): TileLevel[] {
    return [this.active, this.overview, ...this.kept].filter((level) => level !== undefined);
  }

  invalidate(bounds: Bounds): void {
    for (const level of this.all()) level.invalidate(bounds);
  }

  /** Scales not in use are let go: they would be drawn again before they were seen. */
  invalidateAll(): void {
    this.kept = [];
    for (const level of this.all()) level.invalidateAll();
  }

  /** Chooses the scale to draw at. */
  aim(view: View): Aim {
    const now = this.nowMs();
    if (view.pixelRatio !== this.pixelRatio) {
      this.pixelRatio = view.pixelRatio;
      this.reset(this.area);
    }
    if (view.scale !== this.lastScale) {
      this.lastScale = view.scale;
      this.scaleSinceMs = now;
    }
    const isResting = now - this.scaleSinceMs >= restMs;
    const stretch = this.active ? view.scale / this.active.scale : 1;
    const isFar = stretch > maxStretch || stretch < 1 / maxStretch;
    if (!this.active || (isResting && stretch !== 1)) this.use(view.scale);
    else if (isFar) this.use(2 ** Math.round(Math.log2(view.scale)));
    const active = (this.active ??= this.levelAt(view.scale));
    const longer = Math.max(this.area.maxX, this.area.maxY, 1);
    const overview = (this.overview ??= this.levelAt(Math.min(1, overviewPx / longer)));
    return { active, overview, isResting };
  }

  /** What can be shown in place of a tile that is not drawn yet: the nearest scale that has all of it. */
  fillerFor(bounds: Bounds): TileLevel | undefined {
    const wanted = this.active?.scale ?? 1;
    const away = (level: TileLevel) => Math.abs(Math.log(level.scale / wanted));
    let best: TileLevel | undefined;
    for (const level of this.kept) {
      if (level.scale > wanted * finestFiller || (best && away(best) <= away(level))) continue;
      if (level.covers(bounds)) best = level;
    }
    return best ?? this.overview;
  }

  /** Lets go of what was not seen for long, once there is too much. */
  evict(visible: Bounds): void {
    const { active, kept } = this;
    if (!active) return;
    let count = active.tiles.size + kept.reduce((sum, level) => sum + level.tiles.size, 0);
    while (count > maxTiles && kept.length > 1) count -= kept.pop()?.tiles.size ?? 0;
    if (active.tiles.size <= maxTiles) return;
    const near = new Set(active.around(visible, 2));
    for (const [key, tile] of active.tiles) if (!near.has(tile)) active.tiles.delete(key);
  }

  private use(scale: number): void {
    if (this.active?.scale === scale) return;
    const before = this.active;
    const found = this.kept.find((level) => level.scale === scale);
    this.kept = this.kept.filter((level) => level !== found);
    if (before?.hasReady()) this.kept = [before, ...this.kept].slice(0, maxKept);
    this.active = found ?? this.levelAt(scale);
  }

  private levelAt(scale: number): TileLevel {
    return new TileLevel(scale, overhangPx * this.pixelRatio);
  }
}
