import type { Bounds } from '../math/bounds.ts';
import { TiledMask } from './tiled-mask.ts';

/** The pixels of a mask without those of others. Tiles that nothing is taken from stay shared. */
export function withoutMasks(mask: TiledMask, others: readonly TiledMask[]): TiledMask {
  return others.reduce((rest, other) => rest.paint(false, (sink) => other.eachSpan(sink)), mask);
}

export function joinMasks(mask: TiledMask, others: readonly TiledMask[]): TiledMask {
  return others.reduce((all, other) => all.paint(true, (sink) => other.eachSpan(sink)), mask);
}

/** A mask of bytes over a part of the picture (anything but 0 belongs to it), put in its place. */
export function fromPatch(
  size: { readonly width: number; readonly height: number },
  patch: { readonly x: number; readonly y: number; readonly width: number; readonly data: ArrayLike<number> },
): TiledMask {
  const { x: left, y: top, width, data } = patch;
  return new TiledMask(size.width, size.height).paint(true, (sink) => {
    for (let row = 0; row * width < data.length; row++) {
      for (let x = 0; x < width; x++) {
        if (data[row * width + x] === 0) continue;
        const from = x;
        while (x < width && data[row * width + x] !== 0) x++;
        sink(top + row, left + from, left + x);
      }
    }
  });
}

/** A part of a mask as bytes, row by row: 1 for its pixels. */
export function toPatch(mask: TiledMask, { minX, minY, maxX, maxY }: Bounds): Uint8Array {
  const [width, height] = [maxX - minX, maxY - minY];
  const data = new Uint8Array(width * height);
  mask.eachSpan((y, from, to) => {
    if (y < minY || y >= maxY) return;
    const row = (y - minY) * width;
    data.fill(1, row + Math.max(0, from - minX), row + Math.max(0, Math.min(width, to - minX)));
  });
  return data;
}

/**
 * The connected gap in a mask around a pixel (4-connected): the pixels that a fill adds. Undefined when the gap reaches
 * the picture's edge, that is when the mask does not enclose the place, or when the place belongs to the mask.
 */
export function enclosedGap(mask: TiledMask, x: number, y: number): TiledMask | undefined {
  const bounds = mask.bounds();
  if (!bounds || mask.has(x, y)) return undefined;
  if (x < bounds.minX || y < bounds.minY || x >= bounds.maxX || y >= bounds.maxY) return undefined;
  const [width, height] = [bounds.maxX - bounds.minX, bounds.maxY - bounds.minY];
  const data = toPatch(mask, bounds);
  const gap = new Uint8Array(data.length);
  const stack = [(y - bounds.minY) * width + (x - bounds.minX)];
  gap[stack[0]] = 1;
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    const column = at % width;
    const row = (at - column) / width;
    // A gap that comes to the edge of the mask's own rectangle runs out of it.
    if (column === 0 || row === 0 || column === width - 1 || row === height - 1) return undefined;
    for (const next of [at - 1, at + 1, at - width, at + width]) {
      if (data[next] !== 0 || gap[next] !== 0) continue;
      gap[next] = 1;
      stack.push(next);
    }
  }
  return fromPatch(mask, { x: bounds.minX, y: bounds.minY, width, data: gap });
}
