import type { SceneEntry } from '../scene/scene.ts';
import type { Editor } from '../editor/editor.ts';
import { kindOf } from '../shapes/registry.ts';
import type { Context2d, MaskPainter, Pen } from '../shapes/pen.ts';

/** How a shape is shown: as one of many, under the pointer, or chosen. */
export type Look = 'plain' | 'hovered' | 'selected';

export interface PaintPlace {
  readonly context: Context2d;
  /** Device pixels per image pixel. */
  readonly scale: number;
  readonly pixelRatio: number;
}

/** Device pixels: below the first a shape is a dot, below the second an area without a line. */
const dotSize = 3;
const plainSize = 9;

/** Draws records in the colours of their labels, with less detail where there is no room for it. */
export class ShapePainter {
  private readonly editor: Editor;
  private readonly masks: MaskPainter;

  constructor(editor: Editor, masks: MaskPainter) {
    this.editor = editor;
    this.masks = masks;
  }

  /** The context's unit must be the image pixel. */
  paint(entry: SceneEntry, place: PaintPlace, look: Look): void {
    const { context, scale } = place;
    const color = this.editor.labels.color(entry.record.label);
    const size = Math.max(entry.maxX - entry.minX, entry.maxY - entry.minY) * scale;
    if (look === 'plain' && size < dotSize && size > 0) {
      paintDot(entry, place, color);
      return;
    }
    const pen = this.penFor(entry, place, look, size);
    context.fillStyle = color;
    context.strokeStyle = color;
    context.lineWidth = pen.lineWidth;
    const dash = dashOf(entry);
    if (dash) context.setLineDash(dash.map((length) => (length * place.pixelRatio) / scale));
    if (entry.geometry.type === 'mask') context.globalAlpha = this.maskOpacity(look, entry.record.label);
    kindOf(entry.geometry).draw(pen, entry.geometry);
    context.globalAlpha = 1;
    if (dash) context.setLineDash([]);
  }

  private penFor(entry: SceneEntry, { context, scale, pixelRatio }: PaintPlace, look: Look, size: number): Pen {
    const { settings, labels } = this.editor;
    const unit = pixelRatio / scale;
    const isTiny = look === 'plain' && size < plainSize && size > 0;
    return {
      context,
      scale,
      lineWidth: isTiny ? 0 : settings.lineWidth * unit * (look === 'plain' ? 1 : 1.6),
      pointRadius: settings.pointRadius * unit,
      color: labels.color(entry.record.label),
      fillOpacity: isTiny ? Math.min(1, settings.fillOpacity + 0.4) : this.fillOpacity(look),
      skeleton: labels.skeleton(entry.record.label),
      masks: this.masks,
    };
  }

  private fillOpacity(look: Look): number {
    const { fillOpacity } = this.editor.settings;
    return look === 'plain' ? fillOpacity : Math.min(1, fillOpacity + 0.12);
  }

  private maskOpacity(look: Look, label: string): number {
    const { labelOpacity } = this.editor.settings;
    const maskOpacity = labelOpacity[label] ?? this.editor.settings.maskOpacity;
    return look === 'plain' ? maskOpacity : Math.min(1, maskOpacity + 0.12);
  }
}

function paintDot(entry: SceneEntry, { context, scale, pixelRatio }: PaintPlace, color: string): void {
  const side = Math.max(entry.maxX - entry.minX, entry.maxY - entry.minY, (1.5 * pixelRatio) / scale);
  context.fillStyle = color;
  context.fillRect((entry.minX + entry.maxX - side) / 2, (entry.minY + entry.maxY - side) / 2, side, side);
}

/** Proposals have long dashes, objects that are covered short ones. CSS pixels. */
function dashOf(entry: SceneEntry): readonly number[] | undefined {
  if (entry.record.proposal) return [8, 4];
  return entry.occluded ? [3, 3] : undefined;
}

/** What drawing a shape costs, in vertices: for the share of work of a frame. */
export function paintCost({ geometry }: SceneEntry): number {
  if (geometry.type === 'polygon' || geometry.type === 'polyline') return 8 + geometry.points.length;
  return geometry.type === 'mask' ? 60 : 16;
}
