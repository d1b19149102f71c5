import type { Rgba } from './image.ts';

export interface FloodOptions {
  /** How far each of red, green and blue may be from the clicked pixel's, 0–255. */
  readonly tolerance: number;
  /** False takes every pixel of the colour, wherever it is. */
  readonly contiguous: boolean;
}

/** The pixels like the one clicked (a magic wand): 1 for each of them, row by row. 4-connected, filled by spans. */
export function floodFill(image: Rgba, x: number, y: number, options: FloodOptions): Uint8Array {
  const { width, height } = image;
  const like = likeness(image, y * width + x, options.tolerance);
  if (!options.contiguous) return like;
  const filled = new Uint8Array(width * height);
  const seeds = [y * width + x];
  for (let seed = seeds.pop(); seed !== undefined; seed = seeds.pop()) {
    if (filled[seed] === 1) continue;
    const row = seed - (seed % width);
    let from = seed;
    while (from > row && like[from - 1] === 1) from--;
    let to = seed;
    while (to < row + width - 1 && like[to + 1] === 1) to++;
    filled.fill(1, from, to + 1);
    for (const next of [row - width, row + width]) {
      if (next < 0 || next >= width * height) continue;
      pushSpans(like, filled, next + from - row, next + to - row, seeds);
    }
  }
  return filled;
}

/** One seed for each run of open pixels in a row's stretch. */
function pushSpans(like: Uint8Array, filled: Uint8Array, from: number, to: number, seeds: number[]): void {
  let isOpen = false;
  for (let at = from; at <= to; at++) {
    const canFill = like[at] === 1 && filled[at] === 0;
    if (canFill && !isOpen) seeds.push(at);
    isOpen = canFill;
  }
}

function likeness({ width, height, data }: Rgba, seed: number, tolerance: number): Uint8Array {
  const [r, g, b] = [data[seed * 4], data[seed * 4 + 1], data[seed * 4 + 2]];
  const like = new Uint8Array(width * height);
  for (let at = 0; at < like.length; at++) {
    const isLike =
      Math.abs(data[at * 4] - r) <= tolerance && Math.abs(data[at * 4 + 1] - g) <= tolerance && Math.abs(data[at * 4 + 2] - b) <= tolerance;
    like[at] = isLike ? 1 : 0;
  }
  return like;
}
