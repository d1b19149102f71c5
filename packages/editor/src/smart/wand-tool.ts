import type { Editor } from '../editor/editor.ts';
import { largestPiece } from '../kernels/grab-cut-fine.ts';
import { floodFill } from '../kernels/flood-fill.ts';
import { clamp } from '../math/vector.ts';
import type { Tool } from '../tools/gesture.ts';
import { applyArea, areaMode } from './apply-area.ts';
import { readRegion, toRegion } from './region.ts';
import { editorTexts as t } from '../texts.ts';

const maxPixels = 1_500_000;

/** A click takes the connected area of a colour; Control all of the colour in view. Brackets change the tolerance. */
export function wandTool(editor: Editor): Tool {
  return {
    id: 'wand',
    title: t.tools.wand,
    cursor: () => 'crosshair',
    press(at) {
      const region = at.button === 0 ? readRegion(editor, editor.camera.visible(), maxPixels) : undefined;
      const place = region && toRegion(region, at.image);
      if (!region || !place) return undefined;
      const tolerance = editor.settings.fillTolerance;
      const found = floodFill(region.pixels, place[0], place[1], { tolerance, contiguous: !at.mod });
      const whole = at.mod ? found : largestPiece(found, region.pixels.width, region.pixels.height);
      applyArea(editor, region, whole, { mode: areaMode(at), title: t.tools.wand });
      return undefined;
    },
    key({ key }) {
      const by = key === ']' ? 4 : key === '[' ? -4 : 0;
      if (by === 0) return undefined;
      editor.set({ fillTolerance: clamp(editor.settings.fillTolerance + by, 0, 255) });
      return true;
    },
  };
}
