import type { CameraState, Viewport } from '../scene/camera.ts';
import type { Bounds } from '../math/bounds.ts';
import type { Context2d } from '../shapes/pen.ts';

/** A canvas, on the page or off it, as far as the renderer needs one. */
export interface Surface {
  width: number;
  height: number;
  getContext(kind: '2d', options?: { alpha?: boolean; willReadFrequently?: boolean }): Context2d | null;
  /** Hands over what was drawn, without copying it, and leaves the surface empty. */
  transferToImageBitmap?(): ImageBitmap;
}

/** What has been drawn: to be shown, and in a surface also to be drawn on further. */
export type Drawn = Surface | ImageBitmap;

export type MakeSurface = (width: number, height: number) => Surface;

/** Off-screen canvases of the browser or the worker that this runs in. */
export const makeOffscreen: MakeSurface = (width, height) => new OffscreenCanvas(width, height) as unknown as Surface;

/** @throws {Error} where the browser has no canvas memory left. */
export function contextOf(surface: Surface, options?: { alpha?: boolean; willReadFrequently?: boolean }): Context2d {
  const context = surface.getContext('2d', options);
  if (!context) throw new Error('The browser gave no canvas context: it is out of memory for drawing');
  return context;
}

/** Surfaces are drawn on surfaces; the browser's type says so of its own classes only. */
export function asImage(drawn: Drawn): CanvasImageSource {
  return drawn as unknown as CanvasImageSource;
}

/** For what is shown in every frame from now on: from a surface, the browser would take a new copy each time. */
export function finished(surface: Surface): Drawn {
  return surface.transferToImageBitmap?.() ?? surface;
}

/** A surface to draw on further, whatever became of it. */
export function reopened(drawn: Drawn, makeSurface: MakeSurface): Surface {
  if ('getContext' in drawn) return drawn;
  const surface = makeSurface(drawn.width, drawn.height);
  contextOf(surface).drawImage(drawn, 0, 0);
  return surface;
}

/** The camera in device pixels; the offset is whole, so that cached pixels fall onto pixels. */
export interface View {
  /** Device pixels per image pixel. */
  readonly scale: number;
  readonly offsetX: number;
  readonly offsetY: number;
  readonly width: number;
  readonly height: number;
  readonly pixelRatio: number;
}

export function viewOf({ zoom, offsetX, offsetY }: CameraState, { width, height, pixelRatio }: Viewport): View {
  return {
    scale: zoom * pixelRatio,
    offsetX: Math.round(offsetX * pixelRatio),
    offsetY: Math.round(offsetY * pixelRatio),
    width: Math.round(width * pixelRatio),
    height: Math.round(height * pixelRatio),
    pixelRatio,
  };
}

/** The image rectangle that a view shows. */
export function visibleBounds({ scale, offsetX, offsetY, width, height }: View): Bounds {
  return { minX: -offsetX / scale, minY: -offsetY / scale, maxX: (width - offsetX) / scale, maxY: (height - offsetY) / scale };
}

/** Makes the context's unit the image pixel. */
export function intoImage(context: Context2d, view: Pick<View, 'scale' | 'offsetX' | 'offsetY'>): void {
  context.setTransform(view.scale, 0, 0, view.scale, view.offsetX, view.offsetY);
}

/** Makes the context's unit the device pixel. */
export function intoDevice(context: Context2d): void {
  context.setTransform(1, 0, 0, 1, 0, 0);
}
