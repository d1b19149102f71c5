import type { Xy } from '@fovea/contract';
import type { Box } from '@fovea/geometry';

/** An axis-parallel rectangle by its extremes: the form that the spatial index keeps. Image pixels unless said otherwise. */
export interface Bounds {
  readonly minX: number;
  readonly minY: number;
  readonly maxX: number;
  readonly maxY: number;
}

export function boundsOf(points: Iterable<Xy>): Bounds | undefined {
  let minX = Infinity;
  let minY = Infinity;
  let maxX = -Infinity;
  let maxY = -Infinity;
  for (const [x, y] of points) {
    if (x < minX) minX = x;
    if (y < minY) minY = y;
    if (x > maxX) maxX = x;
    if (y > maxY) maxY = y;
  }
  return minX <= maxX ? { minX, minY, maxX, maxY } : undefined;
}

/** The rectangle that has two given points as opposite corners. */
export function boundsBetween(a: Xy, b: Xy): Bounds {
  return {
    minX: Math.min(a[0], b[0]),
    minY: Math.min(a[1], b[1]),
    maxX: Math.max(a[0], b[0]),
    maxY: Math.max(a[1], b[1]),
  };
}

export function unionBounds(all: Iterable<Bounds>): Bounds | undefined {
  let union: Bounds | undefined;
  for (const next of all) union = union ? joinBounds(union, next) : next;
  return union;
}

export function joinBounds(a: Bounds, b: Bounds): Bounds {
  return {
    minX: Math.min(a.minX, b.minX),
    minY: Math.min(a.minY, b.minY),
    maxX: Math.max(a.maxX, b.maxX),
    maxY: Math.max(a.maxY, b.maxY),
  };
}

/** The common part, or undefined where the two do not even touch. */
export function intersectBounds(a: Bounds, b: Bounds): Bounds | undefined {
  const minX = Math.max(a.minX, b.minX);
  const minY = Math.max(a.minY, b.minY);
  const maxX = Math.min(a.maxX, b.maxX);
  const maxY = Math.min(a.maxY, b.maxY);
  return minX <= maxX && minY <= maxY ? { minX, minY, maxX, maxY } : undefined;
}

export function growBounds(bounds: Bounds, by: number): Bounds {
  return { minX: bounds.minX - by, minY: bounds.minY - by, maxX: bounds.maxX + by, maxY: bounds.maxY + by };
}

export function boundsOverlap(a: Bounds, b: Bounds): boolean {
  return a.minX <= b.maxX && a.maxX >= b.minX && a.minY <= b.maxY && a.maxY >= b.minY;
}

export function boundsContain(outer: Bounds, inner: Bounds): boolean {
  return (
    inner.minX >= outer.minX && inner.maxX <= outer.maxX && inner.minY >= outer.minY && inner.maxY <= outer.maxY
  );
}

export function boundsHold(bounds: Bounds, [x, y]: Xy): boolean {
  return x >= bounds.minX && x <= bounds.maxX && y >= bounds.minY && y <= bounds.maxY;
}

export function boundsCenter(bounds: Bounds): Xy {
  return [(bounds.minX + bounds.maxX) / 2, (bounds.minY + bounds.maxY) / 2];
}

export function boundsArea(bounds: Bounds): number {
  return (bounds.maxX - bounds.minX) * (bounds.maxY - bounds.minY);
}

/** Clockwise on the screen, from the top left corner. */
export function boundsCorners({ minX, minY, maxX, maxY }: Bounds): [Xy, Xy, Xy, Xy] {
  return [
    [minX, minY],
    [maxX, minY],
    [maxX, maxY],
    [minX, maxY],
  ];
}

export function fromBox({ x, y, width, height }: Box): Bounds {
  return { minX: x, minY: y, maxX: x + width, maxY: y + height };
}

export function toBox({ minX, minY, maxX, maxY }: Bounds): Box {
  return { x: minX, y: minY, width: maxX - minX, height: maxY - minY };
}

/**
 * As much of a movement as leaves a rectangle within a picture. One that already reaches beyond an edge may move back, but
 * no further out.
 */
export function heldWithin(bounds: Bounds, [dx, dy]: Xy, { width, height }: { width: number; height: number }): Xy {
  const held = (by: number, min: number, max: number, size: number) => Math.min(Math.max(0, size - max), Math.max(Math.min(0, -min), by));
  return [held(dx, bounds.minX, bounds.maxX, width), held(dy, bounds.minY, bounds.maxY, height)];
}
