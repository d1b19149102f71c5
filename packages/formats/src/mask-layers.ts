import {
  bitmapFromRuns,
  decodeRle,
  eachRun,
  emptyRuns,
  encodeRle,
  mergeRuns,
  type Runs,
  runsArea,
  runsFromBorders,
  type Size,
} from '@fovea/geometry';
import type { LabelledAnnotation, LabelledItem } from './dataset.ts';
import type { Marker } from './fit.ts';

/**
 * An item's masks so that no two cover one pixel, for formats that give every pixel one owner: later annotations lie on
 * top. Says of each what it loses. Annotations that are no masks stay as they are.
 */
export function withoutOverlaps(item: LabelledItem, mark: Marker): LabelledItem {
  let above: Runs = emptyRuns(item);
  const kept: LabelledAnnotation[] = [];
  for (const annotation of item.annotations.toReversed()) {
    if (annotation.geometry.type !== 'mask') {
      kept.push(annotation);
      continue;
    }
    const runs = decodeRle(annotation.geometry.rle);
    const visible = mergeRuns(runs, above, 'subtract');
    above = mergeRuns(above, runs, 'union');
    const [before, after] = [runsArea(runs), runsArea(visible)];
    if (after === 0) mark.lose(annotation, before === 0 ? 'its mask is empty' : 'its mask is covered by later ones');
    else {
      if (after < before) mark.way(annotation, 'pixels under later masks left out');
      kept.push(after < before ? { ...annotation, geometry: { type: 'mask', rle: encodeRle(visible) } } : annotation);
    }
  }
  return { ...item, annotations: kept.toReversed() };
}

/** A picture of numbers: each mask's pixels hold its number, all others 0. */
export function paintNumbers(size: Size, masks: readonly { runs: Runs; number: number }[]): Uint32Array {
  const painted = new Uint32Array(size.width * size.height);
  for (const { runs, number } of masks) {
    eachRun(runs, (start, end) => {
      for (let place = start; place < end; place += 1) {
        painted[(place % runs.height) * runs.width + Math.floor(place / runs.height)] = number;
      }
    });
  }
  return painted;
}

/** The masks of all numbers but 0 in a picture of numbers, in one walk. */
export function masksOfNumbers(numbers: ArrayLike<number>, { width, height }: Size): Map<number, Runs> {
  const borders = new Map<number, number[]>();
  let previous = 0;
  const end = (number: number, place: number) => (number === 0 ? undefined : borders.get(number)?.push(place));
  for (let x = 0; x < width; x += 1) {
    for (let y = 0; y < height; y += 1) {
      const number = numbers[y * width + x] ?? 0;
      if (number === previous) continue;
      const place = x * height + y;
      end(previous, place);
      if (number !== 0) {
        const list = borders.get(number);
        if (list) list.push(place);
        else borders.set(number, [place]);
      }
      previous = number;
    }
  }
  end(previous, width * height);
  return new Map([...borders].map(([number, list]) => [number, runsFromBorders(list, { width, height })]));
}

/** Where the pixels of a mask lie in a picture. */
export type MaskBox = { left: number; top: number; width: number; height: number };

/**
 * The mask of those pixels of a box that `isSet` tells. It takes time by the pixels of the box, however large the
 * picture is said to be.
 */
export function runsInBox(
  { left, top, width, height }: MaskBox,
  size: Size,
  isSet: (x: number, y: number) => boolean,
): Runs {
  const borders: number[] = [];
  for (let x = 0; x < width; x += 1) {
    const first = (left + x) * size.height + top;
    let isInside = false;
    for (let y = 0; y < height; y += 1) {
      if (isSet(x, y) === isInside) continue;
      borders.push(first + y);
      isInside = !isInside;
    }
    if (isInside) borders.push(first + height);
  }
  return runsFromBorders(borders, { width: size.width, height: size.height });
}

/**
 * The mask of runs that go along the rows of a box, off and on in turn. It takes time by the runs and the columns that
 * they cover; rows that are covered whole cost as much as one.
 */
export function runsOfRows({ left, top, width, height }: MaskBox, size: Size, lengths: readonly number[]): Runs {
  const columns = new Map<number, number[]>();
  const cover = (fromX: number, toX: number, fromY: number, toY: number) => {
    for (let x = fromX; x < toX; x += 1) {
      const list = columns.get(x);
      if (list) list.push(fromY, toY);
      else columns.set(x, [fromY, toY]);
    }
  };
  let at = 0;
  for (const [index, length] of lengths.entries()) {
    const end = Math.min(at + length, width * height);
    if (index % 2 === 1 && end > at) coverRun(at, end, width, cover);
    at = end;
  }
  const borders: number[] = [];
  for (const x of [...columns.keys()].sort((a, b) => a - b)) {
    const first = (left + x) * size.height + top;
    for (const y of columns.get(x) ?? []) borders.push(first + y);
  }
  return runsFromBorders(borders, { width: size.width, height: size.height });
}

/** A run along rows as up to three rectangles: the end of a row, whole rows, the beginning of one. */
function coverRun(
  from: number,
  end: number,
  width: number,
  cover: (fromX: number, toX: number, fromY: number, toY: number) => void,
): void {
  let at = from;
  if (at % width !== 0) {
    const row = Math.floor(at / width);
    const stop = Math.min(end, (row + 1) * width);
    cover(at % width, stop - row * width, row, row + 1);
    at = stop;
  }
  const wholeRows = Math.floor((end - at) / width);
  if (wholeRows > 0) cover(0, width, at / width, at / width + wholeRows);
  at += Math.max(0, wholeRows) * width;
  if (at < end) cover(0, end - at, at / width, at / width + 1);
}

/** A mask as a bitmap of its annotation's item, row by row. */
export function bitmapOf(annotation: LabelledAnnotation): Uint8Array | undefined {
  return annotation.geometry.type === 'mask' ? bitmapFromRuns(decodeRle(annotation.geometry.rle)) : undefined;
}
