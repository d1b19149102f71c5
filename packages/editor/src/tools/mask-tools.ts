import type { Editor } from '../editor/editor.ts';
import type { KeyInput } from '../editor/input.ts';
import type { OverlayItem } from '../editor/overlay.ts';
import { mayPaint } from '../editing/label-masks.ts';
import { setGeometries } from '../editing/shapes.ts';
import { enclosedGap, joinMasks } from '../masks/combine.ts';
import { maskGeometry, tiledMask } from '../masks/mask-geometry.ts';
import { clamp } from '../math/vector.ts';
import { BrushGesture, maskInHand } from './brush-gesture.ts';
import type { Gesture, PointerAt, Tool } from './gesture.ts';
import { valueFilter } from './value-filter.ts';
import type { SpanFilter } from './value-filter.ts';
import { editorTexts as t } from '../texts.ts';

const maxBrush = 500;

export function maskTools(editor: Editor): Tool[] {
  return [brushTool(editor), thresholdTool(editor), eraserTool(editor), fillTool(editor)];
}

function brushTool(editor: Editor): Tool {
  return {
    id: 'brush',
    title: t.tools.brush,
    cursor: () => 'none',
    press: (at) => stroke(editor, at),
    overlay: (at) => brushOverlay(editor, at, at?.alt ?? false),
    key: (key) => sizeKey(editor, key),
  };
}

/** A brush that paints only pixels whose values lie within a range. */
function thresholdTool(editor: Editor): Tool {
  return {
    ...brushTool(editor),
    id: 'threshold_brush',
    title: t.tools.threshold_brush,
    press(at) {
      const filter = at.button === 0 ? valueFilter(editor) : undefined;
      return filter && stroke(editor, at, filter);
    },
  };
}

function stroke(editor: Editor, at: PointerAt, filter?: SpanFilter): Gesture | undefined {
  if (at.button !== 0) return undefined;
  const target = maskInHand(editor);
  if (!target && !mayPaint(editor, editor.activeLabel)) {
    editor.notify(t.notices.mayNotBe(editor.activeLabel, 'mask'));
    return undefined;
  }
  return new BrushGesture(editor, at, { isErasing: at.alt, targets: target ? [target] : [], filter });
}

function eraserTool(editor: Editor): Tool {
  return {
    id: 'eraser',
    title: t.tools.eraser,
    cursor: () => 'none',
    press(at) {
      if (at.button !== 0) return undefined;
      const targets = erasable(editor, at);
      return targets.length > 0 ? new BrushGesture(editor, at, { isErasing: true, targets }) : undefined;
    },
    overlay: (at) => brushOverlay(editor, at, true),
    key: (key) => sizeKey(editor, key),
  };
}

/** The selected mask; where none is selected, every mask that is not locked. */
function erasable(editor: Editor, at: PointerAt): string[] {
  const target = maskInHand(editor);
  if (target) return [target];
  const reach = editor.settings.brushSize;
  const [x, y] = at.image;
  const near = editor.scene.search({ minX: x - reach, minY: y - reach, maxX: x + reach, maxY: y + reach });
  return near.filter(({ geometry, record }) => geometry.type === 'mask' && !record.locked).map(({ record }) => record.id);
}

/** A click into a gap of a mask fills it. */
function fillTool(editor: Editor): Tool {
  return {
    id: 'fill',
    title: t.tools.fill,
    cursor: () => 'crosshair',
    press(at) {
      if (at.button === 0) fillGap(editor, at);
      return undefined;
    },
  };
}

function fillGap(editor: Editor, at: PointerAt): void {
  const [x, y] = [Math.floor(at.image[0]), Math.floor(at.image[1])];
  const inHand = maskInHand(editor);
  const candidates = editor.scene
    .search({ minX: x, minY: y, maxX: x + 1, maxY: y + 1 })
    .filter(({ geometry, record }) => geometry.type === 'mask' && !record.locked && (!inHand || record.id === inHand));
  for (const { record, geometry } of candidates) {
    if (geometry.type !== 'mask') continue;
    const mask = tiledMask(geometry);
    const gap = enclosedGap(mask, x, y);
    if (!gap) continue;
    editor.document.edit(t.edits.fill, () => setGeometries(editor, [[record.id, maskGeometry(joinMasks(mask, [gap]))]]));
    if (!editor.isStack) editor.selection.set([record.id]);
    return;
  }
  editor.notify(t.notices.noMaskAround);
}

function brushOverlay(editor: Editor, at: PointerAt | undefined, isErasing: boolean): readonly OverlayItem[] {
  if (!at) return [];
  const { brushSize: size, brushShape: shape } = editor.settings;
  return [{ kind: 'brush', at: at.image, size, shape, isErasing }];
}

/** Brackets make the brush smaller and larger, by a fifth. */
function sizeKey(editor: Editor, { key }: KeyInput): true | undefined {
  const factor = key === ']' ? 1.25 : key === '[' ? 0.8 : undefined;
  if (factor === undefined) return undefined;
  const { brushSize } = editor.settings;
  const next = Math.round(brushSize * factor) === brushSize ? brushSize + Math.sign(factor - 1) : Math.round(brushSize * factor);
  editor.set({ brushSize: clamp(next, 1, maxBrush) });
  return true;
}
