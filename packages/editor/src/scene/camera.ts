import type { Xy } from '@fovea/contract';
import { boundsCenter } from '../math/bounds.ts';
import type { Bounds } from '../math/bounds.ts';
import { clamp } from '../math/vector.ts';

/** The size of the canvas on the page in CSS pixels, and device pixels per CSS pixel. */
export interface Viewport {
  readonly width: number;
  readonly height: number;
  readonly pixelRatio: number;
}

/** Where the picture stands: `screen = image · zoom + offset`, in CSS pixels. */
export interface CameraState {
  readonly zoom: number;
  readonly offsetX: number;
  readonly offsetY: number;
}

const minZoom = 0.005;
const maxZoom = 64;
/** CSS pixels of the picture that always stay in sight. */
const keepInSight = 40;

/** Which part of the picture is seen. Values only: who moves it asks for the next frame. */
export class Camera {
  private state: CameraState = { zoom: 1, offsetX: 0, offsetY: 0 };
  private port: Viewport = { width: 1, height: 1, pixelRatio: 1 };
  private size = { width: 1, height: 1 };
  private readonly changed: () => void;

  constructor(changed: () => void) {
    this.changed = changed;
  }

  get zoom(): number {
    return this.state.zoom;
  }

  get current(): CameraState {
    return this.state;
  }

  get viewport(): Viewport {
    return this.port;
  }

  /** Keeps the middle of the view in the middle. */
  setViewport(viewport: Viewport): void {
    const dx = (viewport.width - this.port.width) / 2;
    const dy = (viewport.height - this.port.height) / 2;
    const isFirst = this.port.width === 1 && this.port.height === 1;
    this.port = viewport;
    if (isFirst) this.fit();
    else this.set({ ...this.state, offsetX: this.state.offsetX + dx, offsetY: this.state.offsetY + dy });
  }

  /** Image pixels. */
  setPictureSize(width: number, height: number): void {
    this.size = { width, height };
    this.changed();
  }

  set(next: CameraState): void {
    const zoom = clamp(next.zoom, minZoom, maxZoom);
    this.state = {
      zoom,
      offsetX: clamp(next.offsetX, keepInSight - this.size.width * zoom, this.port.width - keepInSight),
      offsetY: clamp(next.offsetY, keepInSight - this.size.height * zoom, this.port.height - keepInSight),
    };
    this.changed();
  }

  toImage([x, y]: Xy): Xy {
    const { zoom, offsetX, offsetY } = this.state;
    return [(x - offsetX) / zoom, (y - offsetY) / zoom];
  }

  toScreen([x, y]: Xy): Xy {
    const { zoom, offsetX, offsetY } = this.state;
    return [x * zoom + offsetX, y * zoom + offsetY];
  }

  /** The visible rectangle in image pixels (beyond the picture's edges too). */
  visible(): Bounds {
    const [minX, minY] = this.toImage([0, 0]);
    const [maxX, maxY] = this.toImage([this.port.width, this.port.height]);
    return { minX, minY, maxX, maxY };
  }

  /** CSS pixels. */
  panBy(dx: number, dy: number): void {
    this.set({ ...this.state, offsetX: this.state.offsetX + dx, offsetY: this.state.offsetY + dy });
  }

  /** Zooms so that the image point under `at` (CSS pixels on the canvas) stays there. */
  zoomBy(factor: number, at: Xy = [this.port.width / 2, this.port.height / 2]): void {
    const zoom = clamp(this.state.zoom * factor, minZoom, maxZoom);
    const real = zoom / this.state.zoom;
    this.set({
      zoom,
      offsetX: at[0] - (at[0] - this.state.offsetX) * real,
      offsetY: at[1] - (at[1] - this.state.offsetY) * real,
    });
  }

  /** The whole picture in the middle of the canvas. */
  fit(marginPx = 16): void {
    this.zoomTo({ minX: 0, minY: 0, maxX: this.size.width, maxY: this.size.height }, { marginPx, maxZoom: Infinity });
  }

  /** Shows a rectangle of the picture as large as it fits, but no larger than `maxZoom`. */
  zoomTo(bounds: Bounds, options: { marginPx?: number; maxZoom?: number } = {}): void {
    const margin = options.marginPx ?? 60;
    const width = Math.max(1, this.port.width - 2 * margin);
    const height = Math.max(1, this.port.height - 2 * margin);
    const wanted = Math.min(width / Math.max(1e-6, bounds.maxX - bounds.minX), height / Math.max(1e-6, bounds.maxY - bounds.minY));
    const zoom = clamp(Math.min(wanted, options.maxZoom ?? 8), minZoom, maxZoom);
    const [x, y] = boundsCenter(bounds);
    this.set({ zoom, offsetX: this.port.width / 2 - x * zoom, offsetY: this.port.height / 2 - y * zoom });
  }
}
