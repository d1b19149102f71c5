import type { Rect } from '../imaging/plane.ts';
import type { Head } from './scene.ts';
import type { StudioSettings } from './settings.ts';

export type CropSettings = Pick<
  StudioSettings,
  | 'crop_size_x'
  | 'crop_size_y'
  | 'crop_position_x'
  | 'crop_position_y'
  | 'crop_scale'
  | 'enable_head_top'
  | 'head_top_margin'
>;

/**
 * The part of the picture that becomes the output: of the output's aspect ratio, with the face centre where the settings
 * want it and the head as tall as they want it, then shrunk and shifted to lie inside. Without a head: as large as fits,
 * in the middle. Coordinates are pixels of the upright picture; not rounded.
 */
export function cropWindow(size: { width: number; height: number }, head: Head | null, settings: CropSettings): Rect {
  const aspect = settings.crop_size_x / settings.crop_size_y;
  const largest = Math.min(size.height, size.width / aspect);
  if (head === null)
    return place(size, { height: largest, aspect }, (size.width - largest * aspect) / 2, (size.height - largest) / 2);
  const wanted = settings.crop_scale > 0 ? head.height / (settings.crop_scale / 100) : largest;
  let height = Math.min(wanted, largest);
  const margin = settings.enable_head_top ? settings.head_top_margin : 0;
  if (margin > 0) {
    // A smaller window makes the room above the head a larger share of it, but must not cut the chin.
    const roomFor = head.top / margin;
    if (roomFor < height)
      height = Math.max(Math.min(height, roomFor), Math.min(height, (head.top + head.height) * 1.02));
  }
  const x = head.cx - (settings.crop_position_x / 100) * height * aspect;
  let y = head.cy - (settings.crop_position_y / 100) * height;
  if (margin > 0) y = Math.min(y, head.top - margin * height);
  return place(size, { height, aspect }, x, y);
}

function place(
  size: { width: number; height: number },
  shape: { height: number; aspect: number },
  x: number,
  y: number,
): Rect {
  const width = Math.min(size.width, shape.height * shape.aspect);
  const height = Math.min(size.height, shape.height);
  return {
    x: Math.min(size.width - width, Math.max(0, x)),
    y: Math.min(size.height - height, Math.max(0, y)),
    width,
    height,
  };
}

/** Rounds a window to whole pixels that lie inside the picture. */
export function wholePixels(window: Rect, size: { width: number; height: number }): Rect {
  const width = Math.min(size.width, Math.max(1, Math.round(window.width)));
  const height = Math.min(size.height, Math.max(1, Math.round(window.height)));
  return {
    x: Math.min(size.width - width, Math.max(0, Math.round(window.x))),
    y: Math.min(size.height - height, Math.max(0, Math.round(window.y))),
    width,
    height,
  };
}
