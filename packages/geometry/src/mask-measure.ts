import type { Rle, Xy } from '@fovea/contract';
import { decodeRle, eachRun, type Runs } from './rle.ts';
import type { Box } from './types.ts';

/** The smallest upright box around a mask's pixels; undefined for an empty mask. */
export function maskBounds(rle: Rle): Box | undefined {
  return runsBounds(decodeRle(rle));
}

/** The smallest upright box around the pixels of runs; undefined when there are none. */
export function runsBounds(runs: Runs): Box | undefined {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  const height = runs.height;
  eachRun(runs, (start, end) => {
    const [from, to] = [Math.floor(start / height), Math.floor((end - 1) / height)];
    left = Math.min(left, from);
    right = Math.max(right, to + 1);
    // A run that goes over the end of a column covers both the bottom and the top row.
    top = from === to ? Math.min(top, start % height) : 0;
    bottom = from === to ? Math.max(bottom, ((end - 1) % height) + 1) : height;
  });
  return left === Infinity ? undefined : { x: left, y: top, width: right - left, height: bottom - top };
}

/** The centre of mass of a mask's pixels (of pixel middles, so that pixel (0, 0) has (0.5, 0.5)). */
export function maskCentroid(rle: Rle): Xy | undefined {
  const runs = decodeRle(rle);
  let [x, y, count] = [0, 0, 0];
  eachRun(runs, (start, end) => {
    for (let at = start; at < end;) {
      const column = Math.floor(at / runs.height);
      const stop = Math.min(end, (column + 1) * runs.height);
      const length = stop - at;
      x += length * (column + 0.5);
      y += length * ((at % runs.height) + length / 2);
      count += length;
      at = stop;
    }
  });
  return count === 0 ? undefined : [x / count, y / count];
}

/** Whether the pixel that holds a point belongs to a mask. */
export function maskContains(rle: Rle, [x, y]: Xy): boolean {
  const runs = decodeRle(rle);
  const [column, row] = [Math.floor(x), Math.floor(y)];
  if (!(column >= 0 && column < runs.width && row >= 0 && row < runs.height)) return false;
  let left = column * runs.height + row;
  const index = runs.lengths.findIndex((length) => (left -= length) < 0);
  return index % 2 === 1;
}
