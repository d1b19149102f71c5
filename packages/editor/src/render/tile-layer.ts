import type { SceneEntry } from '../scene/scene.ts';
import { boundsCenter, intersectBounds } from '../math/bounds.ts';
import type { Bounds } from '../math/bounds.ts';
import type { Context2d } from '../shapes/pen.ts';
import { asImage, contextOf, intoDevice, visibleBounds } from './surface.ts';
import type { MakeSurface, Surface, View } from './surface.ts';
import { paintCost } from './shape-painter.ts';
import type { PaintPlace } from './shape-painter.ts';
import { TileLevel, tilePx } from './tile-level.ts';
import type { Tile } from './tile-level.ts';

export interface TileLayerOptions {
  readonly makeSurface: MakeSurface;
  /** The shapes that belong on tiles and touch a rectangle, bottom first. */
  readonly entriesIn: (bounds: Bounds) => readonly SceneEntry[];
  readonly paint: (entry: SceneEntry, place: PaintPlace) => void;
  readonly nowMs: () => number;
}

/** While the zoom moves, tiles are stretched up to this factor before others are drawn at the new scale. */
const maxStretch = 1.5;
/** How long the zoom must rest before tiles are drawn at exactly its scale. */
const restMs = 120;
/** 256 × 256 pixels are a quarter of a megabyte. */
const maxTiles = 320;
/** Vertices drawn onto tiles in one frame: to begin with, and how far experience may move that. */
const firstCost = 6_000;
const costLimits = { least: 1_500, most: 60_000 };
/** A frame that draws on tiles should take about this long: some are left out, none stands still. */
const aimMs = { least: 4, most: 9 };
/** CSS pixels that lines and dots reach beyond the bounds of their shape. */
const overhangPx = 8;
/** The overview's longer side, in device pixels. */
const overviewPx = 1024;

interface Work {
  readonly level: TileLevel;
  readonly tile: Tile;
  readonly surface: Surface;
  readonly place: PaintPlace;
  readonly entries: readonly SceneEntry[];
  next: number;
}

/**
 * The shapes at rest, drawn once onto tiles that are moved and stretched while the view changes. Each frame draws a
 * bounded share of what is missing; until then the tiles of the scale before, or of the overview, fill in.
 */
export class TileLayer {
  private readonly options: TileLayerOptions;
  private maxCost = firstCost;
  private area: Bounds = { minX: 0, minY: 0, maxX: 1, maxY: 1 };
  private active: TileLevel | undefined;
  private previous: TileLevel | undefined;
  private overview: TileLevel | undefined;
  private work: Work | undefined;
  private pixelRatio = 1;
  private lastScale = 0;
  private scaleSinceMs = 0;

  constructor(options: TileLayerOptions) {
    this.options = options;
  }

  /** Another picture: nothing that was drawn is of use. */
  reset(area: Bounds): void {
    this.area = area;
    this.active = undefined;
    this.previous = undefined;
    this.overview = undefined;
    this.work = undefined;
  }

  invalidate(bounds: Bounds): void {
    for (const level of this.levels()) level.invalidate(bounds);
    if (this.work && touches(this.work, bounds)) this.dropWork();
  }

  invalidateAll(): void {
    for (const level of this.levels()) level.invalidateAll();
    this.dropWork();
  }

  /** Draws a share of what is missing; `hasMore`: later frames have to go on with it, or to see the zoom come to rest. */
  prepare(view: View): { hasDrawn: boolean; hasMore: boolean } {
    const { active, overview, isResting } = this.aim(view);
    let budget = this.maxCost;
    const visible = visibleBounds(view);
    const shown = nearestFirst(active, active.around(visible, 0), visible);
    const wanted = [
      ...shown.map((tile) => ({ level: active, tile })),
      ...overview.around(this.area, 0).map((tile) => ({ level: overview, tile })),
      // Beyond the edges of the view only at rest: while it moves, what is in sight comes first.
      ...(isResting ? active.around(visible, 1) : []).map((tile) => ({ level: active, tile })),
    ];
    for (const { level, tile } of wanted) {
      if (isFresh(tile)) continue;
      if (budget <= 0) return { hasDrawn: true, hasMore: true };
      budget -= this.refresh(level, tile, budget);
    }
    if (shown.every(isFresh)) this.previous = undefined;
    this.evict(active, visible);
    return { hasDrawn: budget < this.maxCost, hasMore: !isResting || wanted.some(({ tile }) => !isFresh(tile)) };
  }

  /** How long a frame took in which tiles were drawn: the next ones take a larger or smaller share. */
  adapt(frameMs: number): void {
    const factor = frameMs > aimMs.most ? 0.6 : frameMs < aimMs.least ? 1.4 : 1;
    this.maxCost = Math.min(costLimits.most, Math.max(costLimits.least, this.maxCost * factor));
  }

  /** Puts the tiles onto the canvas. */
  draw(context: Context2d, view: View): void {
    const { active } = this;
    if (!active) return;
    intoDevice(context);
    context.imageSmoothingEnabled = active.scale !== view.scale;
    for (const tile of active.around(visibleBounds(view), 0)) {
      if (tile.isReady) drawPart(context, view, active, tile, active.boundsOf(tile));
      else this.fillIn(context, view, active.boundsOf(tile));
    }
    context.imageSmoothingEnabled = true;
  }

  /** For tests and the benchmark. */
  get tileCount(): number {
    return this.levels().reduce((count, level) => count + [...level.tiles.values()].filter((tile) => tile.surface).length, 0);
  }

  /** Chooses the scale to draw at. */
  private aim(view: View): { active: TileLevel; overview: TileLevel; isResting: boolean } {
    const now = this.options.nowMs();
    if (view.pixelRatio !== this.pixelRatio) {
      this.pixelRatio = view.pixelRatio;
      this.reset(this.area);
    }
    if (view.scale !== this.lastScale) {
      this.lastScale = view.scale;
      this.scaleSinceMs = now;
    }
    const isResting = now - this.scaleSinceMs >= restMs;
    const overhang = overhangPx * view.pixelRatio;
    let { active } = this;
    const stretch = active ? view.scale / active.scale : Infinity;
    if (!active || stretch > maxStretch || stretch < 1 / maxStretch || (isResting && stretch !== 1)) {
      this.retire();
      this.active = active = new TileLevel(view.scale, overhang);
      this.dropWork();
    }
    const longer = Math.max(this.area.maxX, this.area.maxY, 1);
    const overview = (this.overview ??= new TileLevel(Math.min(1, overviewPx / longer), overhang));
    return { active, overview, isResting };
  }

  /** Draws a tile, or as much of it as the budget allows; returns the cost. */
  private refresh(level: TileLevel, tile: Tile, budget: number): number {
    if (tile.isReady && tile.dirty !== 'all') return this.repair(level, tile, tile.dirty);
    const work = this.work?.tile === tile ? this.work : this.begin(level, tile);
    if (!work) return 1;
    this.work = work;
    let cost = 0;
    while (work.next < work.entries.length && cost < budget) {
      const entry = work.entries[work.next++];
      this.options.paint(entry, work.place);
      cost += paintCost(entry);
    }
    if (work.next === work.entries.length) {
      tile.surface = work.surface;
      tile.isReady = true;
      tile.dirty = [];
      this.work = undefined;
    }
    return Math.max(1, cost);
  }

  /** Undefined when the tile turns out to be empty: then it is ready at once. */
  private begin(level: TileLevel, tile: Tile): Work | undefined {
    const bounds = level.boundsOf(tile);
    const entries = this.options.entriesIn(level.reach(bounds));
    if (entries.length === 0) {
      tile.surface = undefined;
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
  private repair(level: TileLevel, tile: Tile, places: readonly Bounds[]): number {
    if (!tile.surface) {
      tile.dirty = 'all';
      return 0;
    }
    const context = contextOf(tile.surface);
    let cost = 1;
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
        cost += paintCost(entry);
      }
      context.restore();
    }
    tile.dirty = [];
    return cost;
  }

  private fillIn(context: Context2d, view: View, bounds: Bounds): void {
    context.imageSmoothingEnabled = true;
    const level = this.previous && isCovered(this.previous, bounds) ? this.previous : this.overview;
    if (!level) return;
    for (const tile of level.around(bounds, 0)) {
      if (tile.isReady) drawPart(context, view, level, tile, bounds);
    }
  }

  private levels(): TileLevel[] {
    return [this.active, this.previous, this.overview].filter((level) => level !== undefined);
  }

  /** The scale before fills in until the new one is drawn; one of which little was drawn does not push a better one out. */
  private retire(): void {
    const { active, previous } = this;
    if (!active) return;
    const ready = (level: TileLevel | undefined) => [...(level?.tiles.values() ?? [])].filter((tile) => tile.isReady).length;
    if (!previous || ready(active) > 0) this.previous = active;
  }

  private dropWork(): void {
    this.work = undefined;
  }

  private evict(active: TileLevel, visible: Bounds): void {
    if (active.tiles.size <= maxTiles) return;
    const near = new Set(active.around(visible, 2));
    for (const [key, tile] of active.tiles) if (!near.has(tile)) active.tiles.delete(key);
  }
}

function isFresh(tile: Tile): boolean {
  return tile.isReady && tile.dirty !== 'all' && tile.dirty.length === 0;
}

function isCovered(level: TileLevel, bounds: Bounds): boolean {
  return level.around(bounds, 0).every((tile) => tile.isReady);
}

function touches(work: Work, bounds: Bounds): boolean {
  return intersectBounds(work.level.boundsOf(work.tile), work.level.reach(bounds)) !== undefined;
}

function nearestFirst(level: TileLevel, tiles: readonly Tile[], visible: Bounds): Tile[] {
  const [x, y] = boundsCenter(visible);
  const away = (tile: Tile) => {
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
  if (!tile.surface) return;
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
  context.drawImage(asImage(tile.surface), fromX, fromY, width, height, left, top, right - left, bottom - top);
}
