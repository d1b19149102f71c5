import type { ScanArray } from '@fovea/sdk';

export interface Window {
  center: number;
  width: number;
}

/** A picture of a scan: values to be shown through a window, or colours as they are. */
export type Frame =
  | { kind: 'values'; width: number; height: number; data: ScanArray['data']; slope: number; intercept: number; inverse: boolean; window: Window | undefined; affine?: ScanArray['affine'] }
  | { kind: 'picture'; width: number; height: number; bitmap: ImageBitmap };

/** Makes a frame of stored values; undefined for colours, which the platform renders. */
export function frameOf(array: ScanArray): Frame | undefined {
  const [height = 0, width = 0, samples] = array.shape;
  if (samples !== undefined || array.photometric === 'PALETTE COLOR') return undefined;
  return { kind: 'values', width, height, data: array.data, slope: array.slope, intercept: array.intercept, inverse: array.photometric === 'MONOCHROME1', window: array.window ?? undefined, affine: array.affine };
}

/** Bytes that a frame holds on to. */
export function frameBytes(frame: Frame): number {
  return frame.kind === 'values' ? frame.data.byteLength : frame.width * frame.height * 4;
}

/** Writes a frame through a window into RGBA pixels. */
export function paint(frame: Extract<Frame, { kind: 'values' }>, window: Window, into: Uint8ClampedArray): void {
  const { data, slope, intercept, inverse } = frame;
  const scale = 255 / Math.max(window.width, 1e-9);
  const low = window.center - window.width / 2;
  const [a, b] = [slope * scale, (intercept - low) * scale];
  for (let at = 0, to = 0; at < data.length; at++, to += 4) {
    const shade = a * (data[at] ?? 0) + b;
    const grey = shade < 0 ? 0 : shade > 255 ? 255 : shade;
    into[to] = into[to + 1] = into[to + 2] = inverse ? 255 - grey : grey;
    into[to + 3] = 255;
  }
}

/** The lowest and highest value, as a window. */
export function fullRange({ data, slope, intercept }: Extract<Frame, { kind: 'values' }>): Window {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of data) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return Number.isFinite(low) ? { center: (slope * (low + high)) / 2 + intercept, width: Math.max(1e-6, Math.abs(slope) * (high - low)) } : { center: 0, width: 1 };
}

/** Windows of computed tomography, in Hounsfield units. */
export const presets = {
  soft: { center: 40, width: 400 },
  lung: { center: -600, width: 1500 },
  bone: { center: 480, width: 2500 },
  brain: { center: 40, width: 80 },
  liver: { center: 60, width: 160 },
  angio: { center: 300, width: 600 },
} as const satisfies Record<string, Window>;
