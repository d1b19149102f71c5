import type { Rle } from '@fovea/contract';

/**
 * A binary mask as the lengths of its runs, column by column, beginning with a run of zeros (which may be empty):
 * COCO's run-length encoding, <https://github.com/cocodataset/cocoapi>, `common/maskApi.h`. The lengths sum to
 * `height * width`.
 */
export type Runs = { height: number; width: number; lengths: readonly number[] };

/** A mask that cannot be read, with the reason. */
export class RleError extends Error {
  override name = 'RleError';
}

/** The most pixels a mask may have: lengths are read and written as 32-bit numbers. */
export const maxMaskPixels = 2 ** 31 - 1;

/**
 * Reads a mask in either form of `counts`.
 * @throws {RleError} when it is too large, its text is not an encoding, or its lengths do not sum to its pixels.
 */
export function decodeRle({ size: [height, width], counts }: Rle): Runs {
  const pixels = height * width;
  if (!(pixels <= maxMaskPixels))
    throw new RleError(`mask of ${height} by ${width} pixels is larger than ${maxMaskPixels} pixels`);
  const lengths = typeof counts === 'string' ? parseCounts(counts) : counts;
  let sum = 0;
  for (const length of lengths) {
    if (!Number.isInteger(length) || length < 0) throw new RleError(`mask has a run of ${length} pixels`);
    sum += length;
  }
  if (sum !== pixels)
    throw new RleError(`mask of ${height} by ${width} pixels has runs of ${sum} pixels, not ${pixels}`);
  return { height, width, lengths };
}

/** Writes a mask with compressed counts. */
export function encodeRle(runs: Runs): { size: [number, number]; counts: string } {
  return { size: [runs.height, runs.width], counts: formatCounts(runs.lengths) };
}

/** Writes a mask with its counts as plain numbers. */
export function plainRle(runs: Runs): { size: [number, number]; counts: number[] } {
  return { size: [runs.height, runs.width], counts: [...runs.lengths] };
}

/**
 * The text form of counts (cocoapi `rleToString`): from the fourth on, each length is written as its difference from the
 * length two before it; each number is cut into groups of five bits, lowest first, a sixth bit says that more follow,
 * and 48 is added to make a printable character. Bit five of the last group is the sign.
 */
export function formatCounts(lengths: readonly number[]): string {
  const pieces: string[] = [];
  let codes: number[] = [];
  for (let index = 0; index < lengths.length; index += 1) {
    let rest = (lengths[index] ?? 0) - (index > 2 ? (lengths[index - 2] ?? 0) : 0);
    for (let more = true; more;) {
      const group = rest & 0x1f;
      rest >>= 5;
      more = (group & 0x10) === 0 ? rest !== 0 : rest !== -1;
      codes.push((more ? group | 0x20 : group) + 48);
    }
    // In pieces, because an array of codes becomes arguments of one call, and their number is limited.
    if (codes.length > 4096) {
      pieces.push(String.fromCharCode(...codes));
      codes = [];
    }
  }
  return pieces.join('') + String.fromCharCode(...codes);
}

/** Reads the text form of counts (cocoapi `rleFrString`). @throws {RleError} on characters or ends that are not of it. */
export function parseCounts(text: string): number[] {
  const lengths: number[] = [];
  for (let at = 0; at < text.length;) {
    let [value, shift, more] = [0, 0, true];
    while (more) {
      const code = text.charCodeAt(at) - 48;
      if (!(code >= 0 && code < 64))
        throw new RleError(
          at < text.length ? `mask counts have a wrong character at ${at}` : 'mask counts end in mid number',
        );
      if (shift > 30) throw new RleError(`mask counts have a number over 32 bits at ${at}`);
      value |= (code & 0x1f) << shift;
      more = (code & 0x20) !== 0;
      shift += 5;
      at += 1;
      if (!more && (code & 0x10) !== 0 && shift < 32) value |= -1 << shift;
    }
    lengths.push(lengths.length > 2 ? value + (lengths[lengths.length - 2] ?? 0) : value);
  }
  return lengths;
}

/** The runs of a mask given as bytes row by row; every byte but 0 belongs to it. */
export function runsFromBitmap(bitmap: ArrayLike<number>, width: number, height: number): Runs {
  const lengths: number[] = [];
  let [set, length] = [false, 0];
  for (let x = 0; x < width; x += 1) {
    for (let y = 0; y < height; y += 1) {
      if ((bitmap[y * width + x] !== 0) !== set) {
        lengths.push(length);
        set = !set;
        length = 0;
      }
      length += 1;
    }
  }
  lengths.push(length);
  return { height, width, lengths };
}

/** A mask as bytes row by row, 1 inside and 0 outside (or `value` inside, written over `into` when given). */
export function bitmapFromRuns(runs: Runs, value = 1, into?: Uint8Array): Uint8Array {
  const bitmap = into ?? new Uint8Array(runs.width * runs.height);
  eachRun(runs, (start, end) => {
    for (let at = start; at < end; at += 1)
      bitmap[(at % runs.height) * runs.width + Math.floor(at / runs.height)] = value;
  });
  return bitmap;
}

/** Calls back with the first and past-the-last place of each run of the mask, in column-major order. */
export function eachRun(runs: Runs, visit: (start: number, end: number) => void): void {
  let at = 0;
  runs.lengths.forEach((length, index) => {
    if (index % 2 === 1 && length > 0) visit(at, at + length);
    at += length;
  });
}

/** The pixels of a mask. */
export function runsArea(runs: Runs): number {
  return runs.lengths.reduce((sum, length, index) => sum + (index % 2) * length, 0);
}

/**
 * The runs between ordered border places: `borders[0]` is where the mask begins, `borders[1]` where it ends, and so on.
 * Places that occur twice cancel out.
 */
export function runsFromBorders(
  borders: readonly number[],
  { height, width }: { height: number; width: number },
): Runs {
  const ends: number[] = [];
  for (const border of borders) {
    if (ends.length > 0 && ends[ends.length - 1] === border) ends.pop();
    else ends.push(border);
  }
  if (ends[ends.length - 1] !== height * width) ends.push(height * width);
  return { height, width, lengths: ends.map((end, index) => end - (ends[index - 1] ?? 0)) };
}
