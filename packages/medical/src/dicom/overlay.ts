import type { DataSet } from './dataset.ts';
import type { SampleArray } from './native-pixels.ts';

/** A plane of one-bit pixels over the image (PS3.3 section C.9.2). */
export interface Overlay {
  readonly group: number;
  readonly rows: number;
  readonly columns: number;
  /** 0-based row and column in the image of the plane's first pixel; may be negative. */
  readonly origin: readonly [row: number, column: number];
  readonly type: 'G' | 'R';
  readonly label?: string;
  /** 0 or 1 for each pixel. */
  readonly bits: Uint8Array;
}

/** Overlays larger than this are left out: no display has so many pixels. */
const maxPixels = 64 * 1024 ** 2;

/**
 * The overlays that apply to a frame (0-based): from Overlay Data (60xx,3000), or from unused bits of the pixels
 * (retired, but common), for which `words` are the unmasked samples.
 */
export function overlaysOf(dataSet: DataSet, frame: number, words?: SampleArray): Overlay[] {
  const overlays: Overlay[] = [];
  for (let group = 0x6000; group <= 0x601e; group += 2) {
    const overlay = readOverlay(dataSet, group, frame, words);
    if (overlay !== undefined) overlays.push(overlay);
  }
  return overlays;
}

function readOverlay(dataSet: DataSet, group: number, frame: number, words?: SampleArray): Overlay | undefined {
  const tag = (element: number): number => ((group << 16) | element) >>> 0;
  const rows = dataSet.number(tag(0x0010)) ?? 0;
  const columns = dataSet.number(tag(0x0011)) ?? 0;
  const pixels = rows * columns;
  if (pixels === 0 || pixels > maxPixels) return undefined;
  const frames = dataSet.number(tag(0x0015)) ?? 1;
  const firstFrame = (dataSet.number(tag(0x0051)) ?? 1) - 1;
  const hasFrames = dataSet.has(tag(0x0015)) || dataSet.has(tag(0x0051));
  const index = hasFrames ? frame - firstFrame : 0;
  if (index < 0 || index >= frames) return undefined;
  const bits = overlayBits(dataSet, tag, index * pixels, pixels, words);
  if (bits === undefined) return undefined;
  const [row = 1, column = 1] = dataSet.numbers(tag(0x0050)) ?? [];
  const label = dataSet.string(tag(0x1500));
  return {
    group, rows, columns, bits,
    origin: [row - 1, column - 1],
    type: dataSet.string(tag(0x0040)) === 'R' ? 'R' : 'G',
    ...(label === undefined ? {} : { label }),
  };
}

function overlayBits(
  dataSet: DataSet, tag: (element: number) => number, firstBit: number, pixels: number, words?: SampleArray,
): Uint8Array | undefined {
  const bits = new Uint8Array(pixels);
  const element = dataSet.get(tag(0x3000));
  if (element !== undefined) {
    const bytes = dataSet.value(element);
    const isSwapped = element.vr === 'OW' && !dataSet.encoding.littleEndian;
    for (let at = 0; at < pixels; at++) {
      const byteAt = (firstBit + at) >> 3;
      bits[at] = ((bytes[isSwapped ? byteAt ^ 1 : byteAt] ?? 0) >> ((firstBit + at) & 7)) & 1;
    }
    return bits;
  }
  const position = dataSet.number(tag(0x0102)) ?? 0;
  if (words === undefined || position === 0 || (dataSet.number(tag(0x0100)) ?? 1) === 1) return undefined;
  for (let at = 0; at < Math.min(pixels, words.length); at++) bits[at] = ((words[at] ?? 0) >> position) & 1;
  return bits;
}

/** Paints overlays white into an 8-bit picture of `channels` samples per pixel. */
export function paintOverlays(picture: Uint8Array, rows: number, columns: number, channels: number, overlays: readonly Overlay[]): void {
  for (const overlay of overlays) {
    const [top, left] = overlay.origin;
    for (let row = Math.max(0, -top); row < overlay.rows && row + top < rows; row++) {
      for (let column = Math.max(0, -left); column < overlay.columns && column + left < columns; column++) {
        if (overlay.bits[row * overlay.columns + column] !== 1) continue;
        const at = ((row + top) * columns + column + left) * channels;
        picture.fill(255, at, at + channels);
      }
    }
  }
}
