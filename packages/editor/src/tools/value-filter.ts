import type { Editor } from '../editor/editor.ts';
import { toGray } from '../kernels/image.ts';
import type { SpanSink } from '../masks/tiled-mask.ts';
import { readRegion } from '../smart/region.ts';

/** Hands on the parts of a span that it lets through. */
export type SpanFilter = (y: number, fromX: number, toX: number, sink: SpanSink) => void;

/** A picture without values of its own is read by its brightness, as far as it is seen and in at most so many pixels. */
const maxPixels = 4_000_000;

/** Lets through the pixels whose values lie within the range of the settings; undefined when there are no pixels to look at. */
export function valueFilter(editor: Editor): SpanFilter | undefined {
  const valueAt = valuesOf(editor);
  if (!valueAt) return undefined;
  const { thresholdLow: low, thresholdHigh: high } = editor.settings;
  const { width, height } = editor.picture;
  return (y, fromX, toX, sink) => {
    if (y < 0 || y >= height) return;
    const end = Math.min(width, toX);
    for (let x = Math.max(0, fromX); x < end; x++) {
      const from = x;
      while (x < end && isWithin(valueAt(x, y))) x++;
      if (x > from) sink(y, from, x);
    }
  };
  function isWithin(value: number): boolean {
    return value >= low && value <= high;
  }
}

/** Real values of the frame (Hounsfield units of a CT); of colours the brightness from 0 to 255. */
export function valuesOf(editor: Editor): ((x: number, y: number) => number) | undefined {
  const stored = editor.pixels?.values?.();
  const { width } = editor.picture;
  if (stored) {
    const { data, slope, intercept } = stored;
    return (x, y) => slope * (data[y * width + x] ?? Number.NaN) + intercept;
  }
  const region = readRegion(editor, editor.camera.visible(), maxPixels);
  if (!region) return undefined;
  const gray = toGray(region.pixels);
  const { bounds, unitX, unitY, pixels } = region;
  return (x, y) => {
    const [column, row] = [Math.floor((x + 0.5 - bounds.minX) / unitX), Math.floor((y + 0.5 - bounds.minY) / unitY)];
    const isSeen = column >= 0 && row >= 0 && column < pixels.width && row < pixels.height;
    return isSeen ? (gray.data[row * pixels.width + column] ?? Number.NaN) : Number.NaN;
  };
}
