import { RleError, type Runs, runsFromBorders } from './rle.ts';

/** Which pixels of two masks a merge keeps. */
export type MaskMerge = 'union' | 'intersect' | 'subtract' | 'differ';

const keeps: Record<MaskMerge, (inA: boolean, inB: boolean) => boolean> = {
  union: (inA, inB) => inA || inB,
  intersect: (inA, inB) => inA && inB,
  subtract: (inA, inB) => inA && !inB,
  differ: (inA, inB) => inA !== inB,
};

/** Merges two masks of one size by walking their runs; no pixel is touched. @throws {RleError} on different sizes. */
export function mergeRuns(a: Runs, b: Runs, how: MaskMerge): Runs {
  const keep = keeps[how];
  const lengths: number[] = [];
  let [set, length] = [false, 0];
  walkPair(a, b, (inA, inB, pixels) => {
    if (keep(inA, inB) !== set) {
      lengths.push(length);
      set = !set;
      length = 0;
    }
    length += pixels;
  });
  lengths.push(length);
  return { height: a.height, width: a.width, lengths };
}

/**
 * Merges any number of masks of one size into the pixels that at least `least` of them hold (1: union; their number:
 * intersection; more than half: majority). @throws {RleError} on different sizes or none.
 */
export function voteRuns(masks: readonly Runs[], least: number): Runs {
  const [first] = masks;
  if (first === undefined) throw new RleError('no masks to merge');
  const changes: [place: number, change: number][] = [];
  for (const mask of masks) {
    requireSameSize(first, mask);
    let at = 0;
    mask.lengths.forEach((length, index) => {
      if (index % 2 === 1) changes.push([at, 1], [at + length, -1]);
      at += length;
    });
  }
  changes.sort((p, q) => p[0] - q[0]);
  const borders: number[] = [];
  let votes = 0;
  changes.forEach(([place, change], index) => {
    votes += change;
    const isLastHere = changes[index + 1]?.[0] !== place;
    const isInside = borders.length % 2 === 1;
    if (isLastHere && votes >= least !== isInside) borders.push(place);
  });
  return runsFromBorders(borders, first);
}

/**
 * Intersection over union of two masks without decoding them (cocoapi `rleIou`). With `crowd`, the union is the area of
 * `a` alone, as COCO does when `b` is a crowd region. Two empty masks have 1.
 */
export function runsIou(a: Runs, b: Runs, crowd = false): number {
  let [intersection, union] = [0, 0];
  walkPair(a, b, (inA, inB, pixels) => {
    if (inA && inB) intersection += pixels;
    if (inA || (inB && !crowd)) union += pixels;
  });
  return union === 0 ? 1 : intersection / union;
}

/** A mask with inside and outside exchanged. */
export function invertRuns(runs: Runs): Runs {
  const [first = 0, ...rest] = runs.lengths;
  return { ...runs, lengths: first === 0 && rest.length > 0 ? rest : [0, first, ...rest] };
}

function walkPair(a: Runs, b: Runs, visit: (inA: boolean, inB: boolean, pixels: number) => void): void {
  requireSameSize(a, b);
  const end = a.height * a.width;
  let [indexA, indexB] = [0, 0];
  let [endA, endB] = [a.lengths[0] ?? end, b.lengths[0] ?? end];
  for (let at = 0; at < end;) {
    while (endA <= at) endA += a.lengths[(indexA += 1)] ?? end;
    while (endB <= at) endB += b.lengths[(indexB += 1)] ?? end;
    const stop = Math.min(endA, endB);
    visit(indexA % 2 === 1, indexB % 2 === 1, stop - at);
    at = stop;
  }
}

function requireSameSize(a: Runs, b: Runs): void {
  if (a.height === b.height && a.width === b.width) return;
  throw new RleError(`masks of ${a.height} by ${a.width} and ${b.height} by ${b.width} pixels do not fit`);
}
