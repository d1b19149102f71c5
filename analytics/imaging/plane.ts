/** One channel of a picture as floating-point numbers, row by row. */
export interface Plane {
  width: number;
  height: number;
  data: Float32Array;
}

/** A yes/no picture: 1 inside, 0 outside. */
export interface Mask {
  width: number;
  height: number;
  data: Uint8Array;
}

/** A rectangle of whole pixels. */
export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

export function newPlane(width: number, height: number): Plane {
  return { width, height, data: new Float32Array(width * height) };
}

export function newMask(width: number, height: number): Mask {
  return { width, height, data: new Uint8Array(width * height) };
}

export function mapPlane(plane: Plane, change: (value: number, index: number) => number): Plane {
  const out = newPlane(plane.width, plane.height);
  for (let i = 0; i < out.data.length; i++) out.data[i] = change(plane.data[i] ?? 0, i);
  return out;
}

export function threshold(plane: Plane, limit: number): Mask {
  const out = newMask(plane.width, plane.height);
  for (let i = 0; i < out.data.length; i++) out.data[i] = (plane.data[i] ?? 0) >= limit ? 1 : 0;
  return out;
}

export function maskToPlane(mask: Mask): Plane {
  return { width: mask.width, height: mask.height, data: Float32Array.from(mask.data) };
}

export function countMask(mask: Mask): number {
  let count = 0;
  for (const value of mask.data) count += value;
  return count;
}

/** The part of `rect` that lies inside a picture of this size. */
export function clampRect(rect: Rect, width: number, height: number): Rect {
  const x = Math.max(0, Math.min(width - 1, Math.floor(rect.x)));
  const y = Math.max(0, Math.min(height - 1, Math.floor(rect.y)));
  return {
    x,
    y,
    width: Math.max(1, Math.min(width, Math.ceil(rect.x + rect.width)) - x),
    height: Math.max(1, Math.min(height, Math.ceil(rect.y + rect.height)) - y),
  };
}

/** Bilinear resampling; pixel centres are at half integers. For enlarging maps, not for making small pictures. */
export function resizePlane(plane: Plane, width: number, height: number): Plane {
  const out = newPlane(width, height);
  const scaleX = plane.width / width;
  const scaleY = plane.height / height;
  const columns = sampleColumns(plane.width, width, scaleX);
  for (let y = 0; y < height; y++) {
    const sourceY = Math.min(plane.height - 1, Math.max(0, (y + 0.5) * scaleY - 0.5));
    const y0 = Math.floor(sourceY);
    const weightY = sourceY - y0;
    const row0 = y0 * plane.width;
    const row1 = Math.min(plane.height - 1, y0 + 1) * plane.width;
    for (let x = 0; x < width; x++) {
      const x0 = columns.left[x] as number;
      const x1 = columns.right[x] as number;
      const weightX = columns.weight[x] as number;
      const top = (plane.data[row0 + x0] as number) * (1 - weightX) + (plane.data[row0 + x1] as number) * weightX;
      const bottom = (plane.data[row1 + x0] as number) * (1 - weightX) + (plane.data[row1 + x1] as number) * weightX;
      out.data[y * width + x] = top + (bottom - top) * weightY;
    }
  }
  return out;
}

function sampleColumns(sourceWidth: number, width: number, scale: number) {
  const left = new Int32Array(width);
  const right = new Int32Array(width);
  const weight = new Float32Array(width);
  for (let x = 0; x < width; x++) {
    const source = Math.min(sourceWidth - 1, Math.max(0, (x + 0.5) * scale - 0.5));
    left[x] = Math.floor(source);
    right[x] = Math.min(sourceWidth - 1, Math.floor(source) + 1);
    weight[x] = source - Math.floor(source);
  }
  return { left, right, weight };
}

/** Cuts a rectangle out; the rectangle must lie inside. */
export function cutPlane(plane: Plane, rect: Rect): Plane {
  const out = newPlane(rect.width, rect.height);
  for (let y = 0; y < rect.height; y++) {
    const start = (rect.y + y) * plane.width + rect.x;
    out.data.set(plane.data.subarray(start, start + rect.width), y * rect.width);
  }
  return out;
}

/** The value below which the share `fraction` of the values lies (nearest rank). */
export function percentile(values: Float32Array | number[], fraction: number): number {
  if (values.length === 0) return 0;
  const sorted = Float32Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.floor(fraction * sorted.length)))] ?? 0;
}
