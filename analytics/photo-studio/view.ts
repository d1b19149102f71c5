import type { Pixels } from '../imaging/colour.ts';
import { clampRect, newPlane, type Plane, type Rect } from '../imaging/plane.ts';
import type { Face } from './face.ts';
import type { Scene } from './scene.ts';

/** The pixels being worked on and where they lie in the scene: pixel (0, 0)'s corner is scene point (x, y). */
export interface View {
  pixels: Pixels;
  scene: Scene;
  /** Pixels per scene pixel. */
  scale: number;
  x: number;
  y: number;
}

/** Resamples a map of the scene onto a rectangle of the view's pixels, bilinearly. */
export function viewPlane(view: View, plane: Plane, rect: Rect): Plane {
  const out = newPlane(rect.width, rect.height);
  const columns = Array.from({ length: rect.width }, (_, x) =>
    place(view.x + (rect.x + x + 0.5) / view.scale, plane.width),
  );
  for (let y = 0; y < rect.height; y++) {
    const row = place(view.y + (rect.y + y + 0.5) / view.scale, plane.height);
    const top = row.low * plane.width;
    const bottom = row.high * plane.width;
    for (let x = 0; x < rect.width; x++) {
      const { low, high, weight } = columns[x] as Place;
      const above = (plane.data[top + low] as number) * (1 - weight) + (plane.data[top + high] as number) * weight;
      const below =
        (plane.data[bottom + low] as number) * (1 - weight) + (plane.data[bottom + high] as number) * weight;
      out.data[y * rect.width + x] = above + (below - above) * row.weight;
    }
  }
  return out;
}

interface Place {
  low: number;
  high: number;
  weight: number;
}

function place(position: number, length: number): Place {
  const inside = Math.min(length - 1, Math.max(0, position - 0.5));
  const low = Math.floor(inside);
  return { low, high: Math.min(length - 1, low + 1), weight: inside - low };
}

/** A rectangle of the scene in the view's pixels, clipped to them; null where it lies outside. */
export function viewRect(view: View, rect: Rect): Rect | null {
  const x = (rect.x - view.x) * view.scale;
  const y = (rect.y - view.y) * view.scale;
  const width = rect.width * view.scale;
  const height = rect.height * view.scale;
  if (x >= view.pixels.width || y >= view.pixels.height || x + width <= 0 || y + height <= 0) return null;
  return clampRect({ x, y, width, height }, view.pixels.width, view.pixels.height);
}

/** The face in the view's pixels. */
export function viewFace(view: View): Face | null {
  const { face } = view.scene;
  if (face === null) return null;
  const { scale } = view;
  return {
    ...face,
    cx: (face.cx - view.x) * scale,
    cy: (face.cy - view.y) * scale,
    width: face.width * scale,
    height: face.height * scale,
  };
}

/** One channel of a rectangle of the pixels. */
export function cutChannel(pixels: Pixels, channel: number, rect: Rect): Plane {
  const out = newPlane(rect.width, rect.height);
  for (let y = 0; y < rect.height; y++) {
    let p = ((rect.y + y) * pixels.width + rect.x) * pixels.channels + channel;
    for (let x = 0; x < rect.width; x++, p += pixels.channels) out.data[y * rect.width + x] = pixels.data[p] as number;
  }
  return out;
}

/** Mixes new values into one channel of a rectangle: weight 0 keeps the old, 1 takes the new. */
export function mixChannel(
  pixels: Pixels,
  channel: number,
  rect: Rect,
  change: { values: Plane; weights: Plane },
): void {
  const { values, weights } = change;
  for (let y = 0; y < rect.height; y++) {
    let p = ((rect.y + y) * pixels.width + rect.x) * pixels.channels + channel;
    for (let x = 0; x < rect.width; x++, p += pixels.channels) {
      const i = y * rect.width + x;
      const weight = weights.data[i] as number;
      if (weight <= 0) continue;
      const old = pixels.data[p] as number;
      const value = old + ((values.data[i] as number) - old) * Math.min(1, weight);
      pixels.data[p] = value < 0 ? 0 : value > 255 ? 255 : Math.round(value);
    }
  }
}
