import type { Xy } from '@fovea/contract';

export function add(a: Xy, b: Xy): Xy {
  return [a[0] + b[0], a[1] + b[1]];
}

export function subtract(a: Xy, b: Xy): Xy {
  return [a[0] - b[0], a[1] - b[1]];
}

export function scaleBy(a: Xy, factor: number): Xy {
  return [a[0] * factor, a[1] * factor];
}

export function dot(a: Xy, b: Xy): number {
  return a[0] * b[0] + a[1] * b[1];
}

export function midpoint(a: Xy, b: Xy): Xy {
  return [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
}

/** Turns a point about a centre; the angle is in radians, clockwise as seen on the screen. */
export function rotateAbout(point: Xy, center: Xy, angle: number): Xy {
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  const dx = point[0] - center[0];
  const dy = point[1] - center[1];
  return [center[0] + dx * cos - dy * sin, center[1] + dx * sin + dy * cos];
}

export function clamp(value: number, min: number, max: number): number {
  return value < min ? min : value > max ? max : value;
}

/** The point of the segment that lies nearest. */
export function closestOnSegment(point: Xy, a: Xy, b: Xy): Xy {
  const dx = b[0] - a[0];
  const dy = b[1] - a[1];
  const squared = dx * dx + dy * dy;
  if (squared === 0) return [a[0], a[1]];
  const t = clamp(((point[0] - a[0]) * dx + (point[1] - a[1]) * dy) / squared, 0, 1);
  return [a[0] + t * dx, a[1] + t * dy];
}
