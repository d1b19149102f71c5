import { newPlane, type Plane } from './plane.ts';

/** Eight-bit pixels, three (RGB) or four (RGBA) channels, row by row. */
export interface Pixels {
  width: number;
  height: number;
  channels: 3 | 4;
  data: Uint8Array;
}

/** Luma of ITU-R BT.601, which YCbCr of JPEG (JFIF 1.02) uses. */
export const lumaRed = 0.299;
export const lumaGreen = 0.587;
export const lumaBlue = 0.114;

export function luma(red: number, green: number, blue: number): number {
  return lumaRed * red + lumaGreen * green + lumaBlue * blue;
}

/** Luma of every pixel, 0 to 255. */
export function lumaPlane(pixels: Pixels): Plane {
  const out = newPlane(pixels.width, pixels.height);
  const { data, channels } = pixels;
  for (let i = 0, p = 0; i < out.data.length; i++, p += channels) {
    out.data[i] =
      lumaRed * (data[p] as number) + lumaGreen * (data[p + 1] as number) + lumaBlue * (data[p + 2] as number);
  }
  return out;
}

/** One channel as numbers from 0 to 255. */
export function channelPlane(pixels: Pixels, channel: number): Plane {
  const out = newPlane(pixels.width, pixels.height);
  for (let i = 0, p = channel; i < out.data.length; i++, p += pixels.channels) out.data[i] = pixels.data[p] as number;
  return out;
}

/** sRGB value 0–255 to linear light 0–1 (IEC 61966-2-1). */
const linear = Float32Array.from({ length: 256 }, (_, value) => {
  const v = value / 255;
  return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
});

/** f of CIE 1976 L*a*b* as a table over 0–1.1 in 4096 steps: the cube root is what costs time per pixel. */
const labSteps = 4096;
const labTable = Float32Array.from({ length: labSteps + 512 }, (_, step) => {
  const t = step / labSteps;
  return t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116;
});

/** CIE L*a*b* (D65) of an sRGB colour: L 0–100, a and b about −128 to 127. */
export function labOf(red: number, green: number, blue: number): [number, number, number] {
  const r = linear[red] as number;
  const g = linear[green] as number;
  const b = linear[blue] as number;
  const x = labTable[Math.round((labSteps * (0.4124564 * r + 0.3575761 * g + 0.1804375 * b)) / 0.95047)] as number;
  const y = labTable[Math.round(labSteps * (0.2126729 * r + 0.7151522 * g + 0.072175 * b))] as number;
  const z = labTable[Math.round((labSteps * (0.0193339 * r + 0.119192 * g + 0.9503041 * b)) / 1.08883)] as number;
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

export interface LabPlanes {
  l: Plane;
  a: Plane;
  b: Plane;
}

export function labPlanes(pixels: Pixels): LabPlanes {
  const l = newPlane(pixels.width, pixels.height);
  const a = newPlane(pixels.width, pixels.height);
  const b = newPlane(pixels.width, pixels.height);
  const { data, channels } = pixels;
  for (let i = 0, p = 0; i < l.data.length; i++, p += channels) {
    const lab = labOf(data[p] as number, data[p + 1] as number, data[p + 2] as number);
    l.data[i] = lab[0];
    a.data[i] = lab[1];
    b.data[i] = lab[2];
  }
  return { l, a, b };
}

/** sRGB 0–255 of a CIE L*a*b* (D65) colour, clipped to the gamut. */
export function rgbOfLab(l: number, a: number, b: number): [number, number, number] {
  const fy = (l + 16) / 116;
  const inverse = (f: number) => (f > 6 / 29 ? f ** 3 : (f - 16 / 116) / 7.787);
  const x = 0.95047 * inverse(fy + a / 500);
  const y = inverse(fy);
  const z = 1.08883 * inverse(fy - b / 200);
  const encode = (value: number) => {
    const clipped = Math.min(1, Math.max(0, value));
    return Math.round(255 * (clipped <= 0.0031308 ? 12.92 * clipped : 1.055 * clipped ** (1 / 2.4) - 0.055));
  };
  return [
    encode(3.2404542 * x - 1.5371385 * y - 0.4985314 * z),
    encode(-0.969266 * x + 1.8760108 * y + 0.041556 * z),
    encode(0.0556434 * x - 0.2040259 * y + 1.0572252 * z),
  ];
}
