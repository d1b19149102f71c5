import type { Editor } from '../editor/editor.ts';
import { grabCutBanded } from '../kernels/grab-cut-fine.ts';
import { fromBox, growBounds } from '../math/bounds.ts';
import type { Bounds } from '../math/bounds.ts';
import { boxBetween } from '../shapes/box.ts';
import { DragShapeGesture } from '../tools/drag-shape-gesture.ts';
import type { Tool } from '../tools/gesture.ts';
import { applyArea, areaMode } from './apply-area.ts';
import type { AreaMode } from './apply-area.ts';
import { readRegion } from './region.ts';
import { editorTexts as t } from '../texts.ts';

/** What lies around the box shows what the background looks like. */
const marginShare = 0.3;
const finePixels = 90_000;
const coarsePixels = 14_000;

/** A box around an object becomes the object's outline. */
export function smartBoxTool(editor: Editor): Tool {
  return {
    id: 'smart_box',
    title: t.tools.smart_box,
    cursor: () => 'crosshair',
    press(at) {
      if (at.button !== 0) return undefined;
      const mode = areaMode(at);
      return new DragShapeGesture(editor, at, {
        shape: (from, to) => boxBetween(from, to),
        finish: (geometry) => geometry.type === 'box' && outlineIn(editor, fromBox(geometry), mode),
        color: '#ffffff',
      });
    },
  };
}

/** Finds the object within a box on the picture, and adds it. */
export function outlineIn(editor: Editor, box: Bounds, mode: AreaMode = 'new'): void {
  const [width, height] = [box.maxX - box.minX, box.maxY - box.minY];
  if (width < 4 || height < 4) return;
  const around = growBounds(box, Math.max(4, Math.max(width, height) * marginShare));
  const fine = readRegion(editor, around, finePixels);
  const coarse = fine && readRegion(editor, around, coarsePixels);
  if (!fine || !coarse) return;
  const { bounds, unitX, unitY } = fine;
  const found = grabCutBanded(fine.pixels, coarse.pixels, {
    minX: (box.minX - bounds.minX) / unitX,
    minY: (box.minY - bounds.minY) / unitY,
    maxX: (box.maxX - bounds.minX) / unitX,
    maxY: (box.maxY - bounds.minY) / unitY,
  });
  applyArea(editor, fine, found, { mode, title: t.tools.smart_box });
}
