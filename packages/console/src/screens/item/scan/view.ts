/** Where a picture lies in its pane: its corner at `x`, `y`; `scale` is for the finer of its two pixel sides. */
export interface PaneView {
  scale: number;
  x: number;
  y: number;
}

export interface Extent {
  width: number;
  height: number;
  /** How much wider and higher a pixel is shown than the finer side. */
  stretchX: number;
  stretchY: number;
}

/** Pixels of unlike sides keep their shape. */
export function extentOf(size: { width: number; height: number }, spacing: readonly [number, number] | undefined): Extent {
  const [x, y] = spacing ?? [1, 1];
  const finest = Math.min(x, y) || 1;
  return { ...size, stretchX: x / finest, stretchY: y / finest };
}

export function fit(extent: Extent, room: { width: number; height: number }): PaneView {
  const [width, height] = [extent.width * extent.stretchX, extent.height * extent.stretchY];
  const scale = Math.max(0.01, Math.min(room.width / width, room.height / height));
  return { scale, x: (room.width - width * scale) / 2, y: (room.height - height * scale) / 2 };
}

export function zoomAt(view: PaneView, factor: number, at: { x: number; y: number }): PaneView {
  const scale = Math.min(64, Math.max(0.02, view.scale * factor));
  const by = scale / view.scale;
  return { scale, x: at.x - (at.x - view.x) * by, y: at.y - (at.y - view.y) * by };
}

/** A point of the pane in pixels of the picture. */
export function toPicture(view: PaneView, extent: Extent, at: { x: number; y: number }): { x: number; y: number } {
  return { x: (at.x - view.x) / (view.scale * extent.stretchX), y: (at.y - view.y) / (view.scale * extent.stretchY) };
}

export function toPane(view: PaneView, extent: Extent, at: { x: number; y: number }): { x: number; y: number } {
  return { x: view.x + at.x * view.scale * extent.stretchX, y: view.y + at.y * view.scale * extent.stretchY };
}

export interface Measurement {
  slice: number;
  from: { x: number; y: number };
  to: { x: number; y: number };
}

/** Length in mm; in pixels where the spacing is not known. */
export function lengthOf({ from, to }: Measurement, spacing: readonly [number, number] | undefined): number {
  const [x, y] = spacing ?? [1, 1];
  return Math.hypot((to.x - from.x) * x, (to.y - from.y) * y);
}
