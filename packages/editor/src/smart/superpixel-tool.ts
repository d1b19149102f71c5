import type { Xy } from '@fovea/contract';
import type { Editor } from '../editor/editor.ts';
import type { KeyInput } from '../editor/input.ts';
import type { OverlayItem } from '../editor/overlay.ts';
import { slic } from '../kernels/slic.ts';
import type { Superpixels } from '../kernels/slic.ts';
import { fromPatch } from '../masks/combine.ts';
import { TiledMask } from '../masks/tiled-mask.ts';
import { clamp, subtract } from '../math/vector.ts';
import type { Gesture, GestureStep, PointerAt, Tool } from '../tools/gesture.ts';
import { applyArea, areaMode } from './apply-area.ts';
import { readRegion, toRegion } from './region.ts';
import type { Region } from './region.ts';
import { editorTexts as t } from '../texts.ts';

const maxPixels = 240_000;

/** The view cut into superpixels, as long as view and size stay. */
interface Cut {
  readonly key: string;
  readonly region: Region;
  readonly superpixels: Superpixels;
  readonly borders: TiledMask;
}

/** Paints with superpixels: the picture is cut into small areas of one colour, and those that the pointer passes are taken. */
export class SuperpixelTool implements Tool {
  readonly id = 'superpixels';
  readonly title = t.tools.superpixels;
  private readonly editor: Editor;
  private cut: Cut | undefined;

  constructor(editor: Editor) {
    this.editor = editor;
  }

  cursor(): string {
    return 'crosshair';
  }

  press(at: PointerAt): Gesture | undefined {
    const cut = at.button === 0 ? this.refresh() : undefined;
    return cut && new SuperpixelGesture(this.editor, cut, at);
  }

  overlay(at: PointerAt | undefined): readonly OverlayItem[] {
    const cut = this.refresh();
    if (!cut || !at) return [];
    const label = labelAt(cut, at.image);
    const items: OverlayItem[] = [{ kind: 'pixels', mask: cut.borders, color: '#ffffff' }];
    if (label !== undefined) items.push({ kind: 'pixels', mask: pixelsOf(this.editor, cut, new Set([label])), color: this.editor.labels.color(this.editor.activeLabel) });
    return items;
  }

  key({ key }: KeyInput): true | undefined {
    const factor = key === ']' ? 1.25 : key === '[' ? 0.8 : undefined;
    if (factor === undefined) return undefined;
    this.editor.set({ superpixelSize: clamp(Math.round(this.editor.settings.superpixelSize * factor), 6, 120) });
    return true;
  }

  leave(): void {
    this.cut = undefined;
  }

  /** Cuts the view anew when it has changed; the size of the setting is in CSS pixels, as one sees it. */
  private refresh(): Cut | undefined {
    if (!this.editor.pixels) return undefined;
    const { zoom, offsetX, offsetY } = this.editor.camera.current;
    const size = this.editor.settings.superpixelSize;
    const key = [zoom, offsetX, offsetY, size, this.editor.frame].join();
    if (this.cut?.key === key) return this.cut;
    const region = readRegion(this.editor, this.editor.camera.visible(), maxPixels);
    if (!region) return undefined;
    const superpixels = slic(region.pixels, { size: Math.max(4, this.editor.imageLength(size) / region.unitX) });
    return (this.cut = { key, region, superpixels, borders: bordersOf(this.editor, region, superpixels) });
  }
}

class SuperpixelGesture implements Gesture {
  private readonly editor: Editor;
  private readonly cut: Cut;
  private readonly start: PointerAt;
  private readonly taken = new Set<number>();
  private mask: TiledMask;
  private last: Xy;

  constructor(editor: Editor, cut: Cut, at: PointerAt) {
    this.editor = editor;
    this.cut = cut;
    this.start = at;
    this.last = at.image;
    this.mask = new TiledMask(editor.picture.width, editor.picture.height);
    this.move(at);
  }

  /** Everything on the straight way since the last place: a fast pointer skips nothing. */
  move(at: PointerAt): void {
    const before = this.taken.size;
    const [dx, dy] = subtract(at.image, this.last);
    const steps = Math.max(1, Math.ceil(Math.hypot(dx, dy) / this.cut.region.unitX));
    for (let step = 1; step <= steps; step++) {
      const label = labelAt(this.cut, [this.last[0] + (dx * step) / steps, this.last[1] + (dy * step) / steps]);
      if (label !== undefined) this.taken.add(label);
    }
    this.last = at.image;
    if (this.taken.size > before) this.mask = pixelsOf(this.editor, this.cut, this.taken);
  }

  up(): GestureStep {
    const { labels } = this.cut.superpixels;
    const found = Uint8Array.from(labels, (label) => (this.taken.has(label) ? 1 : 0));
    applyArea(this.editor, this.cut.region, found, { mode: areaMode(this.start), title: t.tools.superpixels });
    return 'end';
  }

  cancel(): void {
    // Nothing was written yet.
  }

  overlay(): readonly OverlayItem[] {
    const color = this.start.alt ? '#ff5050' : this.editor.labels.color(this.editor.activeLabel);
    return [{ kind: 'pixels', mask: this.mask, color }];
  }
}

function labelAt({ region, superpixels }: Cut, point: Xy): number | undefined {
  const place = toRegion(region, point);
  return place && superpixels.labels[place[1] * superpixels.width + place[0]];
}

/** Superpixels as pixels of the picture, for showing them. */
function pixelsOf(editor: Editor, { region, superpixels }: Cut, labels: ReadonlySet<number>): TiledMask {
  return spread(editor, region, (at) => labels.has(superpixels.labels[at]));
}

function bordersOf(editor: Editor, region: Region, { labels, width }: Superpixels): TiledMask {
  return spread(editor, region, (at) => (at % width < width - 1 && labels[at] !== labels[at + 1]) || (at + width < labels.length && labels[at] !== labels[at + width]));
}

/** Region pixels drawn as large as they are on the picture. */
function spread(editor: Editor, region: Region, has: (at: number) => boolean): TiledMask {
  const { bounds, unitX, unitY, pixels } = region;
  if (unitX === 1 && unitY === 1) {
    const data = Uint8Array.from({ length: pixels.width * pixels.height }, (_, at) => (has(at) ? 1 : 0));
    return fromPatch(editor.picture, { x: bounds.minX, y: bounds.minY, width: pixels.width, data });
  }
  return new TiledMask(editor.picture.width, editor.picture.height).paint(true, (sink) => {
    for (let row = 0; row < pixels.height; row++) {
      const [top, bottom] = [Math.round(bounds.minY + row * unitY), Math.round(bounds.minY + (row + 1) * unitY)];
      for (let column = 0; column < pixels.width; column++) {
        if (!has(row * pixels.width + column)) continue;
        const from = column;
        while (column < pixels.width && has(row * pixels.width + column)) column++;
        const [left, right] = [Math.round(bounds.minX + from * unitX), Math.round(bounds.minX + column * unitX)];
        for (let y = top; y < bottom; y++) sink(y, left, right);
      }
    }
  });
}
