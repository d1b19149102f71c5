import type { Xy } from '@fovea/contract';
import type { Editor } from '../editor/editor.ts';
import type { LineLook, OverlayItem } from '../editor/overlay.ts';
import type { TiledMask } from '../masks/tiled-mask.ts';
import type { Bounds } from '../math/bounds.ts';
import { kindOf } from '../shapes/registry.ts';
import type { Context2d, MaskPainter } from '../shapes/pen.ts';
import { intoDevice, intoImage } from './surface.ts';
import type { View } from './surface.ts';

interface MaskSource extends MaskPainter {
  paintMask(context: Context2d, mask: TiledMask, color: string): void;
}

const ink = '#0b1220';
const paper = '#ffffff';
const accent = '#2f81f7';

/** Draws what tools show: in device pixels, so that handles and lines keep their size at every zoom. */
export class OverlayPainter {
  private readonly editor: Editor;
  private readonly masks: MaskSource;

  constructor(editor: Editor, masks: MaskSource) {
    this.editor = editor;
    this.masks = masks;
  }

  paint(context: Context2d, view: View, items: readonly OverlayItem[]): void {
    intoDevice(context);
    for (const item of items) this.paintItem(context, view, item);
  }

  private paintItem(context: Context2d, view: View, item: OverlayItem): void {
    switch (item.kind) {
      case 'draft':
        return this.paintDraft(context, view, item);
      case 'line':
        return strokeLine(context, view, item.points, { closed: item.closed, look: item.look, color: item.color });
      case 'vertex':
        return paintVertex(context, view, item);
      case 'rectangle':
        return paintRectangle(context, view, item.bounds, item.look);
      case 'brush':
        return paintBrush(context, view, item);
      case 'pixels':
        intoImage(context, view);
        context.globalAlpha = this.editor.settings.maskOpacity;
        this.masks.paintMask(context, item.mask, item.color);
        context.globalAlpha = 1;
        return intoDevice(context);
      case 'snap':
        return paintSnap(context, view, item.at);
    }
  }

  private paintDraft(context: Context2d, view: View, { geometry, color }: Extract<OverlayItem, { kind: 'draft' }>): void {
    const unit = view.pixelRatio / view.scale;
    const { settings, labels, activeLabel } = this.editor;
    intoImage(context, view);
    context.fillStyle = color;
    context.strokeStyle = color;
    context.lineWidth = settings.lineWidth * unit * 1.3;
    kindOf(geometry).draw(
      {
        context,
        scale: view.scale,
        lineWidth: context.lineWidth,
        pointRadius: settings.pointRadius * unit,
        color,
        fillOpacity: settings.fillOpacity,
        skeleton: labels.skeleton(activeLabel),
        masks: this.masks,
      },
      geometry,
    );
    intoDevice(context);
  }
}

/** A cross hair through the pointer, from edge to edge. */
export function paintCrosshair(context: Context2d, view: View, at: Xy): void {
  intoDevice(context);
  const [x, y] = onScreen(view, at);
  for (const [color, width] of [[ink, 3], [paper, 1]] as const) {
    context.strokeStyle = color;
    context.globalAlpha = color === ink ? 0.35 : 0.9;
    context.lineWidth = width * view.pixelRatio;
    context.beginPath();
    context.moveTo(x, 0);
    context.lineTo(x, view.height);
    context.moveTo(0, y);
    context.lineTo(view.width, y);
    context.stroke();
  }
  context.globalAlpha = 1;
}

/** Lines every so many image pixels over the picture; left out where they would lie closer than 8 CSS pixels. */
export function paintGrid(context: Context2d, view: View, picture: { width: number; height: number }, size: number): void {
  const step = size * view.scale;
  if (!(step >= 8 * view.pixelRatio)) return;
  intoDevice(context);
  context.strokeStyle = paper;
  context.globalAlpha = 0.25;
  context.lineWidth = view.pixelRatio;
  context.beginPath();
  const [right, bottom] = onScreen(view, [picture.width, picture.height]);
  const [left, top] = [Math.max(0, view.offsetX), Math.max(0, view.offsetY)];
  for (let x = view.offsetX + Math.ceil((left - view.offsetX) / step) * step; x <= Math.min(right, view.width); x += step) {
    context.moveTo(Math.round(x) + 0.5, top);
    context.lineTo(Math.round(x) + 0.5, Math.min(bottom, view.height));
  }
  for (let y = view.offsetY + Math.ceil((top - view.offsetY) / step) * step; y <= Math.min(bottom, view.height); y += step) {
    context.moveTo(left, Math.round(y) + 0.5);
    context.lineTo(Math.min(right, view.width), Math.round(y) + 0.5);
  }
  context.stroke();
  context.globalAlpha = 1;
}

/** The name of a shape in a small plate above its top left corner. */
export function paintName(context: Context2d, view: View, bounds: Bounds, text: { name: string; color: string }): void {
  intoDevice(context);
  const ratio = view.pixelRatio;
  const [x, y] = onScreen(view, [bounds.minX, bounds.minY]);
  context.font = `500 ${11 * ratio}px system-ui, sans-serif`;
  context.textBaseline = 'middle';
  const width = context.measureText(text.name).width + 8 * ratio;
  const height = 16 * ratio;
  const top = y - height < 0 ? y : y - height;
  context.fillStyle = text.color;
  context.fillRect(x, top, width, height);
  context.fillStyle = textColorOn(text.color);
  context.fillText(text.name, x + 4 * ratio, top + height / 2);
}

/** Dark or light, whichever has more contrast on a `#rrggbb` or `#rgb` colour (relative luminance of WCAG 2.2). */
export function textColorOn(color: string): string {
  const digits = color.length === 4 ? color.slice(1).replaceAll(/./g, '$&$&') : color.slice(1);
  const value = Number.parseInt(digits, 16);
  const linear = (channel: number) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  const luminance = 0.2126 * linear((value >> 16) & 255) + 0.7152 * linear((value >> 8) & 255) + 0.0722 * linear(value & 255);
  return luminance > 0.179 ? ink : paper;
}

function onScreen({ scale, offsetX, offsetY }: View, [x, y]: Xy): Xy {
  return [x * scale + offsetX, y * scale + offsetY];
}

interface LineStyle {
  readonly closed: boolean;
  readonly look: LineLook;
  readonly color?: string | undefined;
}

/** A dark line beneath a light one: seen on any picture. */
function strokeLine(context: Context2d, view: View, points: readonly Xy[], { closed, look, color }: LineStyle): void {
  const ratio = view.pixelRatio;
  context.beginPath();
  for (const [index, point] of points.entries()) {
    const [x, y] = onScreen(view, point);
    if (index === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  }
  if (closed) context.closePath();
  context.globalAlpha = 0.5;
  context.strokeStyle = ink;
  context.lineWidth = 3 * ratio;
  context.stroke();
  context.globalAlpha = 1;
  context.strokeStyle = color ?? paper;
  context.lineWidth = 1.5 * ratio;
  if (look !== 'solid') context.setLineDash([5 * ratio, 4 * ratio]);
  context.stroke();
  if (look !== 'solid') context.setLineDash([]);
}

function paintVertex(context: Context2d, view: View, { at, isHot, color }: Extract<OverlayItem, { kind: 'vertex' }>): void {
  const ratio = view.pixelRatio;
  const [x, y] = onScreen(view, at);
  const isMidpoint = color === 'transparent';
  const radius = (isHot ? 6 : isMidpoint ? 3 : 4.5) * ratio;
  context.beginPath();
  context.arc(x, y, radius, 0, Math.PI * 2);
  context.fillStyle = isHot ? accent : paper;
  context.globalAlpha = isMidpoint && !isHot ? 0.75 : 1;
  context.fill();
  context.globalAlpha = 1;
  context.strokeStyle = isMidpoint ? ink : color;
  context.lineWidth = (isMidpoint ? 1 : 2) * ratio;
  context.stroke();
}

function paintRectangle(context: Context2d, view: View, bounds: Bounds, look: LineLook): void {
  const [x, y] = onScreen(view, [bounds.minX, bounds.minY]);
  const [width, height] = [(bounds.maxX - bounds.minX) * view.scale, (bounds.maxY - bounds.minY) * view.scale];
  if (look === 'marquee') {
    context.fillStyle = accent;
    context.globalAlpha = 0.15;
    context.fillRect(x, y, width, height);
    context.globalAlpha = 1;
  }
  context.strokeStyle = look === 'marquee' ? accent : paper;
  context.lineWidth = view.pixelRatio;
  if (look === 'dashed') context.setLineDash([5 * view.pixelRatio, 4 * view.pixelRatio]);
  context.strokeRect(x, y, width, height);
  if (look === 'dashed') context.setLineDash([]);
}

function paintBrush(context: Context2d, view: View, { at, size, shape, isErasing }: Extract<OverlayItem, { kind: 'brush' }>): void {
  const [x, y] = onScreen(view, at);
  const radius = Math.max((size / 2) * view.scale, 1.5 * view.pixelRatio);
  context.beginPath();
  if (shape === 'circle') context.arc(x, y, radius, 0, Math.PI * 2);
  else context.rect(x - radius, y - radius, radius * 2, radius * 2);
  context.strokeStyle = ink;
  context.lineWidth = 3 * view.pixelRatio;
  context.globalAlpha = 0.5;
  context.stroke();
  context.globalAlpha = 1;
  context.strokeStyle = isErasing ? '#ff8080' : paper;
  context.lineWidth = 1.5 * view.pixelRatio;
  context.stroke();
}

function paintSnap(context: Context2d, view: View, at: Xy): void {
  const [x, y] = onScreen(view, at);
  const reach = 6 * view.pixelRatio;
  context.strokeStyle = '#ff3ea5';
  context.lineWidth = 2 * view.pixelRatio;
  context.strokeRect(x - reach, y - reach, reach * 2, reach * 2);
}
