import type { SceneEntry } from '../scene/scene.ts';
import { boundsCenter, intersectBounds } from '../math/bounds.ts';
import type { Bounds } from '../math/bounds.ts';
import type { Context2d } from '../shapes/pen.ts';
import { asImage, contextOf, finished, intoDevice, reopened, visibleBounds } from './surface.ts';
import type { MakeSurface, Surface, View } from './surface.ts';
import { paintCost } from './shape-painter.ts';
import type { PaintPlace } from './shape-painter.ts';
import { isFresh, tilePx } from './tile-level.ts';
import type { Tile, TileLevel } from './tile-level.ts';
import { TileLevels } from './tile-levels.ts';

export interface TileLayerOptions {
  readonly makeSurface: MakeSurface;
  /** The shapes that belong on tiles and touch a rectangle, bottom first. */
  readonly entriesIn: (bounds: Bounds) => readonly SceneEntry[];
  readonly paint: (entry: SceneEntry, place: PaintPlace) => void;
  readonly nowMs: () => number;
}

/** How long a frame may draw on tiles: little while the view moves, so that it moves smoothly; more once it stands. */
const shareMs = { moving: 1.5, standing: 7 };
/** Vertices drawn in one frame at most: where a graphics card draws, the time it takes is not seen here. */
const maxCost = 12_000;
/** Vertices drawn before the clock is looked at. */
const stepCost = 700;

interface Work {
  readonly level: TileLevel;
  readonly tile: Tile;
  readonly surface: Surface;
  readonly place: PaintPlace;
  readonly entries: readonly SceneEntry[];
  next: number;
}

/** What is left of a frame's share. */
interface Share {
  readonly endMs: number;
  cost: number;
  readonly canvas: Context2d;
}

/**
 * The shapes at rest, drawn once onto tiles that are moved and stretched while the view changes. Each frame draws a
 * bounded share of what is missing; until then the tiles of another scale, or of the overview, fill in.
 */
export class TileLayer {
  private readonly options: TileLayerOptions;
  private readonly levels: TileLevels;
  /** Tiles that have been begun, one of a scale. */
  private readonly works = new Map<TileLevel, Work>();
  private area: Bounds = { minX: 0, minY: 0, maxX: 1, maxY: 1 };
  private active: TileLevel | undefined;
  private lastView: View | undefined;

  constructor(options: TileLayerOptions) {
    this.options = options;
    this.levels = new TileLevels(options.nowMs);
  }

  /** Another picture: nothing that was drawn is of use. */
  reset(area: Bounds): void {
    this.area = area;
    this.levels.reset(area);
    this.active = undefined;
    this.works.clear();
  }

  invalidate(bounds: Bounds): void {
    this.levels.invalidate(bounds);
    for (const work of this.works.values()) if (touches(work, bounds)) this.works.delete(work.level);
  }

  invalidateAll(): void {
    this.levels.invalidateAll();
    this.works.clear();
  }

  /**
   * Draws a share of what is missing; `hasMore`: later frames have to go on with it, or to see the zoom come to rest.
   * `canvas` is what the tiles will be put on: its first pixel is drawn over.
   */
  prepare(view: View, canvas: Context2d): { hasDrawn: boolean; hasMore: boolean } {
    const startMs = this.options.nowMs();
    const { active, overview, isResting } = this.levels.aim(view);
    if (this.active && active !== this.active) this.works.delete(this.active);
    this.active = active;
    const isMoving = this.lastView !== undefined && isElsewhere(this.lastView, view);
    this.lastView = view;
    const visible = visibleBounds(view);
    const ofOverview = overview.around(this.area, 0).map((tile) => ({ level: overview, tile }));
    // Until there is an overview, nothing at all would be seen in some places: that goes before smoothness and sharpness.
    const bare = ofOverview.filter(({ tile }) => !tile.isReady);
    const isHasty = isMoving && bare.length === 0;
    const share: Share = { endMs: startMs + (isHasty ? shareMs.moving : shareMs.standing), cost: 0, canvas };
    const begun = this.works.get(active)?.tile;
    const wanted = [
      ...bare,
      ...nearestFirst(active, active.around(visible, 0), { visible, begun }).map((tile) => ({ level: active, tile })),
      ...ofOverview,
      // Beyond the edges of the view only at rest: while it moves, what is in sight comes first.
      ...(isResting ? active.around(visible, 1) : []).map((tile) => ({ level: active, tile })),
    ];
    const missing = wanted.filter(({ tile }) => !isFresh(tile));
    for (const { level, tile } of missing) {
      if (isFresh(tile)) continue;
      if (this.isSpent(share)) break;
      this.refresh(level, tile, share);
    }
    this.levels.evict(visible);
    return { hasDrawn: missing.length > 0, hasMore: !isResting || missing.some(({ tile }) => !isFresh(tile)) };
  }

  /** Puts the tiles onto the canvas. */
  draw(context: Context2d, view: View): void {
    const { active } = this;
    if (!active) return;
    intoDevice(context);
    for (const tile of active.around(visibleBounds(view), 0)) {
      if (tile.isReady) drawPart(context, view, active, tile, active.boundsOf(tile));
      else this.fillIn(context, view, active.boundsOf(tile));
    }
    context.imageSmoothingEnabled = true;
  }

  private isSpent({ cost, endMs }: Share): boolean {
    return cost > 0 && (cost >= maxCost || this.options.nowMs() >= endMs);
  }

  /** Draws a tile, or as much of it as the share allows. */
  private refresh(level: TileLevel, tile: Tile, share: Share): void {
    if (tile.isReady && tile.dirty !== 'all') return this.repair(level, tile, tile.dirty, share);
    const begun = this.works.get(level);
    const work = begun?.tile === tile ? begun : this.begin(level, tile);
    share.cost += 1;
    if (!work) return;
    this.works.set(level, work);
    while (work.next < work.entries.length && !this.isSpent(share)) share.cost += this.step(work, share.canvas);
    if (work.next < work.entries.length) return;
    tile.drawn = finished(work.surface);
    tile.isReady = true;
    tile.dirty = [];
    this.works.delete(level);
  }

  /** Draws the next few shapes of a tile; returns the cost. */
  private step(work: Work, canvas: Context2d): number {
    let cost = 0;
    while (work.next < work.entries.length && cost < stepCost) {
      const entry = work.entries[work.next++];
      this.options.paint(entry, work.place);
      cost += paintCost(entry);
    }
    // Browsers note down what is to be drawn, and do so when the surface is looked at: here, to know how long it takes.
    intoDevice(canvas);
    canvas.drawImage(asImage(work.surface), 0, 0, 1, 1, 0, 0, 1, 1);
    return cost;
  }

  /** Undefined when the tile turns out to be empty: then it is ready at once. */
  private begin(level: TileLevel, tile: Tile): Work | undefined {
    const bounds = level.boundsOf(tile);
    const entries = this.options.entriesIn(level.reach(bounds));
    if (entries.length === 0) {
      tile.drawn = undefined;
      tile.isReady = true;
      tile.dirty = [];
      return undefined;
    }
    // A fresh surface, not the tile's own: what was drawn before stays in sight until this is complete.
    const surface = this.options.makeSurface(tilePx, tilePx);
    const context = contextOf(surface);
    context.setTransform(level.scale, 0, 0, level.scale, -tile.column * tilePx, -tile.row * tilePx);
    context.lineJoin = 'round';
    return { level, tile, surface, place: { context, scale: level.scale, pixelRatio: this.pixelRatio }, entries, next: 0 };
  }

  /** Draws the changed places of a tile again, and nothing else. */
  private repair(level: TileLevel, tile: Tile, places: readonly Bounds[], share: Share): void {
    if (!tile.drawn) {
      tile.dirty = 'all';
      return this.refresh(level, tile, share);
    }
    const surface = reopened(tile.drawn, this.options.makeSurface);
    // It stays one: where something has changed, it soon changes again.
    tile.drawn = surface;
    const context = contextOf(surface);
    for (const place of places) {
      const entries = this.options.entriesIn(level.reach(place));
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.save();
      context.beginPath();
      const [left, top] = [place.minX * level.scale - tile.column * tilePx, place.minY * level.scale - tile.row * tilePx];
      const right = Math.ceil(left + (place.maxX - place.minX) * level.scale);
      const bottom = Math.ceil(top + (place.maxY - place.minY) * level.scale);
      const [x, y] = [Math.floor(left), Math.floor(top)];
      context.rect(x, y, right - x, bottom - y);
      context.clip();
      context.clearRect(x, y, right - x, bottom - y);
      context.setTransform(level.scale, 0, 0, level.scale, -tile.column * tilePx, -tile.row * tilePx);
      for (const entry of entries) {
        this.options.paint(entry, { context, scale: level.scale, pixelRatio: this.pixelRatio });
        share.cost += paintCost(entry);
      }
      context.restore();
    }
    share.cost += 1;
    tile.dirty = [];
  }

  private get pixelRatio(): number {
    return this.lastView?.pixelRatio ?? 1;
  }

  private fillIn(context: Context2d, view: View, bounds: Bounds): void {
    const level = this.levels.fillerFor(bounds);
    if (!level) return;
    for (const tile of level.around(bounds, 0)) {
      if (tile.isReady) drawPart(context, view, level, tile, bounds);
    }
  }
}

function touches(work: Work, bounds: Bounds): boolean {
  return intersectBounds(work.level.boundsOf(work.tile), work.level.reach(bounds)) !== undefined;
}

function isElsewhere(a: View, b: View): boolean {
  return a.scale !== b.scale || a.offsetX !== b.offsetX || a.offsetY !== b.offsetY;
}

/** What has been begun, then from the middle of the view outwards. */
function nearestFirst(level: TileLevel, tiles: readonly Tile[], { visible, begun }: { visible: Bounds; begun: Tile | undefined }): Tile[] {
  const [x, y] = boundsCenter(visible);
  const away = (tile: Tile) => {
    if (tile === begun) return -1;
    const [tileX, tileY] = boundsCenter(level.boundsOf(tile));
    return Math.hypot(tileX - x, tileY - y);
  };
  return tiles.toSorted((a, b) => away(a) - away(b));
}

/**
 * Draws the part of a tile that lies within `bounds`. Edges are rounded to whole device pixels, so that neighbours meet
 * without a seam.
 */
function drawPart(context: Context2d, view: View, level: TileLevel, tile: Tile, bounds: Bounds): void {
  if (!tile.drawn) return;
  const own = level.boundsOf(tile);
  const part = intersectBounds(own, bounds);
  if (!part) return;
  const left = Math.round(part.minX * view.scale + view.offsetX);
  const top = Math.round(part.minY * view.scale + view.offsetY);
  const right = Math.round(part.maxX * view.scale + view.offsetX);
  const bottom = Math.round(part.maxY * view.scale + view.offsetY);
  if (right <= left || bottom <= top) return;
  const [fromX, fromY] = [(part.minX - own.minX) * level.scale, (part.minY - own.minY) * level.scale];
  const [width, height] = [(part.maxX - part.minX) * level.scale, (part.maxY - part.minY) * level.scale];
  context.imageSmoothingEnabled = level.scale !== view.scale;
  context.drawImage(asImage(tile.drawn), fromX, fromY, width, height, left, top, right - left, bottom - top);
}
