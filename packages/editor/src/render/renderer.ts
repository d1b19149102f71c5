import type { Editor } from '../editor/editor.ts';
import type { EditorSettings } from '../editor/settings.ts';
import type { SceneChange, SceneEntry } from '../scene/scene.ts';
import type { Context2d } from '../shapes/pen.ts';
import { MaskBitmaps } from './mask-bitmaps.ts';
import { OverlayPainter, paintCrosshair, paintGrid, paintName } from './overlay-painter.ts';
import { PictureLayer } from './picture-layer.ts';
import type { PictureSource } from './picture-source.ts';
import { ShapePainter } from './shape-painter.ts';
import { contextOf, intoDevice, intoImage, makeOffscreen, viewOf, visibleBounds } from './surface.ts';
import type { MakeSurface, Surface, View } from './surface.ts';
import { TileLayer } from './tile-layer.ts';

export interface RendererOptions {
  readonly editor: Editor;
  /** An HTMLCanvasElement or an OffscreenCanvas; its size is set to the camera's viewport times the pixel ratio. */
  readonly canvas: HTMLCanvasElement | OffscreenCanvas;
  /** `requestAnimationFrame`, or a test's. */
  readonly requestFrame?: (draw: () => void) => void;
  readonly nowMs?: () => number;
  readonly makeSurface?: MakeSurface;
  /** CSS colour around the picture. */
  readonly background?: string;
}

/** More selected shapes than this are shown by the frame around them only. */
const maxHighlighted = 400;
/** Above this many named shapes in sight, names would cover the picture. */
const maxNames = 250;
/** CSS pixels: smaller shapes get no name. */
const leastNamedPx = 24;
/** More changes at once than this, and everything is drawn anew. */
const maxChanges = 2_000;

/**
 * Draws an editor onto a canvas. From below: the picture; shapes at rest, on cached tiles; shapes in hand, drawn anew
 * each frame; what the tools show. It draws when something has changed, never otherwise.
 */
export class Renderer {
  private readonly editor: Editor;
  private readonly canvas: Surface;
  private readonly context: Context2d;
  private readonly picture: PictureLayer;
  private readonly masks: MaskBitmaps;
  private readonly shapes: ShapePainter;
  private readonly overlay: OverlayPainter;
  private readonly tiles: TileLayer;
  private readonly requestFrame: (draw: () => void) => void;
  private background: string;
  private readonly leave: (() => void)[] = [];
  /** Shapes in hand: not on the tiles. */
  private readonly lifted = new Set<string>();
  private isAsked = false;
  private isStale = true;
  private isEnded = false;
  private tileLook = '';

  constructor(options: RendererOptions) {
    const { editor } = options;
    const makeSurface = options.makeSurface ?? makeOffscreen;
    this.editor = editor;
    this.canvas = options.canvas as unknown as Surface;
    this.context = contextOf(this.canvas, { alpha: false });
    this.requestFrame = options.requestFrame ?? ((draw) => void requestAnimationFrame(draw));
    this.background = options.background ?? '#14181f';
    this.picture = new PictureLayer(makeSurface);
    this.masks = new MaskBitmaps(makeSurface);
    this.shapes = new ShapePainter(editor, this.masks);
    this.overlay = new OverlayPainter(editor, this.masks);
    this.tiles = new TileLayer({
      makeSurface,
      entriesIn: (bounds) => editor.scene.searchOrdered(bounds).filter(({ record }) => !this.lifted.has(record.id)),
      paint: (entry, place) => this.shapes.paint(entry, place, 'plain'),
      nowMs: options.nowMs ?? (() => performance.now()),
    });
    this.adopt(editor.settings);
    this.listen();
    this.resetTiles();
    this.invalidate();
  }

  /** What is beneath the shapes. `isStill` false for a video's frames, which are given anew each time, as is what comes in pieces. */
  setPicture(source: PictureSource | undefined, options: { isStill?: boolean } = {}): void {
    this.picture.setSource(source, this.editor.picture, options.isStill ?? true);
    this.invalidate();
  }

  /** The colour around the picture, as CSS says it: the page's theme may change. */
  setBackground(color: string): void {
    this.background = color;
    this.invalidate();
  }

  /** Asks for a frame; many calls make one. */
  invalidate(): void {
    this.isStale = true;
    this.ask();
  }

  /** Stops drawing and listening. The canvas keeps its last picture. */
  end(): void {
    this.isEnded = true;
    for (const stop of this.leave) stop();
  }

  /** Draws what has changed now, without waiting for a frame. Returns whether tiles are still missing. */
  draw(): boolean {
    const view = viewOf(this.editor.camera.current, this.editor.camera.viewport);
    if (this.canvas.width !== view.width) this.canvas.width = view.width;
    if (this.canvas.height !== view.height) this.canvas.height = view.height;
    this.dropLanded();
    const { hasDrawn, hasMore } = this.tiles.prepare(view, this.context);
    if (this.isStale || hasDrawn) this.compose(view);
    this.isStale = false;
    return hasMore;
  }

  private compose(view: View): void {
    const { context } = this;
    intoDevice(context);
    context.fillStyle = this.background;
    context.fillRect(0, 0, view.width, view.height);
    this.picture.setAdjustments(this.editor.settings.picture);
    this.picture.draw(context, view);
    if (this.editor.settings.grid) paintGrid(context, view, this.editor.picture, this.editor.settings.gridSize);
    this.tiles.draw(context, view);
    this.drawInHand(view);
    if (this.editor.settings.showNames) this.drawNames(view);
    this.overlay.paint(context, view, this.editor.tools.overlay());
    const pointer = this.editor.tools.pointerAt;
    if (this.editor.settings.crosshair && pointer) paintCrosshair(context, view, pointer.image);
  }

  private listen(): void {
    const { events, scene, document } = this.editor;
    const again = () => this.invalidate();
    this.leave.push(
      scene.events.on('change', (changes) => this.follow(changes)),
      document.events.on('history', again),
      events.on('camera', again),
      events.on('selection', again),
      events.on('tool', again),
      events.on('overlay', again),
      events.on('labels', () => this.redrawAll()),
      events.on('settings', (settings) => this.adopt(settings)),
      events.on('picture', () => this.resetTiles()),
    );
  }

  /** Tiles depend on a few settings only; a new brush size leaves them alone. */
  private adopt(settings: EditorSettings): void {
    const look = [settings.fillOpacity, settings.maskOpacity, settings.lineWidth, settings.pointRadius, JSON.stringify(settings.labelOpacity)].join();
    if (look !== this.tileLook) this.tiles.invalidateAll();
    this.tileLook = look;
    this.invalidate();
  }

  private follow(changes: readonly SceneChange[] | undefined): void {
    if (!changes || changes.length > maxChanges) {
      this.lifted.clear();
      this.redrawAll();
      return;
    }
    for (const { id, before, after } of changes) {
      const isInHand = this.editor.document.isUncommitted(id);
      if (before && !this.lifted.has(id)) this.tiles.invalidate(before);
      if (isInHand) this.lifted.add(id);
      else if (after) this.tiles.invalidate(after);
    }
    this.invalidate();
  }

  /** Shapes that are not being changed any more go back onto the tiles. */
  private dropLanded(): void {
    for (const id of this.lifted) {
      if (this.editor.document.isUncommitted(id)) continue;
      this.lifted.delete(id);
      const entry = this.editor.scene.get(id);
      if (entry) this.tiles.invalidate(entry);
    }
  }

  private drawInHand(view: View): void {
    const { scene, selection } = this.editor;
    const place = { context: this.context, scale: view.scale, pixelRatio: view.pixelRatio };
    intoImage(this.context, view);
    this.context.lineJoin = 'round';
    for (const id of this.lifted) {
      const entry = scene.get(id);
      if (entry && !selection.has(id)) this.shapes.paint(entry, place, 'plain');
    }
    const chosen = [...selection.ids].flatMap((id) => scene.get(id) ?? []);
    if (chosen.length <= maxHighlighted) for (const entry of chosen) this.shapes.paint(entry, place, 'selected');
    else for (const entry of chosen) if (this.lifted.has(entry.record.id)) this.shapes.paint(entry, place, 'plain');
    const hovered = this.editor.tools.hovered;
    const entry = hovered !== undefined && !selection.has(hovered) ? scene.get(hovered) : undefined;
    if (entry) this.shapes.paint(entry, place, 'hovered');
  }

  private drawNames(view: View): void {
    const visible = this.editor.scene.search(visibleBounds(view));
    const isRoomy = (entry: SceneEntry) => (entry.maxX - entry.minX) * view.scale >= leastNamedPx * view.pixelRatio;
    for (const entry of visible.filter(isRoomy).slice(0, maxNames)) {
      paintName(this.context, view, entry, { name: entry.record.label, color: this.editor.labels.color(entry.record.label) });
    }
  }

  private resetTiles(): void {
    const { width, height } = this.editor.picture;
    this.tiles.reset({ minX: 0, minY: 0, maxX: width, maxY: height });
    this.masks.clear();
    this.invalidate();
  }

  private redrawAll(): void {
    this.tiles.invalidateAll();
    this.invalidate();
  }

  private ask(): void {
    if (this.isAsked || this.isEnded) return;
    this.isAsked = true;
    this.requestFrame(() => this.onFrame());
  }

  private onFrame(): void {
    this.isAsked = false;
    if (!this.isEnded && this.draw()) this.ask();
  }
}
