/** Colours row by row, four bytes a pixel: red, green, blue, alpha. */
export interface Rgba {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

/** One value a pixel, row by row. */
export interface Gray {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** Luma of Rec. 601, 0–255. */
export function toGray({ width, height, data }: Rgba): Gray {
  const gray = new Float32Array(width * height);
  for (let at = 0; at < gray.length; at++) {
    gray[at] = 0.299 * data[at * 4] + 0.587 * data[at * 4 + 1] + 0.114 * data[at * 4 + 2];
  }
  return { width, height, data: gray };
}

/** Gaussian blur with a kernel of ± 3 sigma, in two passes; the edge pixels are repeated outwards. */
export function blur({ width, height, data }: Gray, sigma: number): Gray {
  const radius = Math.max(1, Math.ceil(sigma * 3));
  const weights = new Float32Array(radius * 2 + 1);
  let sum = 0;
  for (let at = -radius; at <= radius; at++) sum += weights[at + radius] = Math.exp(-(at * at) / (2 * sigma * sigma));
  for (let at = 0; at < weights.length; at++) weights[at] /= sum;
  const rows = new Float32Array(data.length);
  const out = new Float32Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let value = 0;
      for (let by = -radius; by <= radius; by++) value += weights[by + radius] * data[y * width + clamp(x + by, width)];
      rows[y * width + x] = value;
    }
  }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let value = 0;
      for (let by = -radius; by <= radius; by++) value += weights[by + radius] * rows[clamp(y + by, height) * width + x];
      out[y * width + x] = value;
    }
  }
  return { width, height, data: out };
}

function clamp(value: number, size: number): number {
  return value < 0 ? 0 : value >= size ? size - 1 : value;
}

/** CIE L*a*b* (D65) of each pixel, three values a pixel. */
export function toLab({ width, height, data }: Rgba): Float32Array {
  const lab = new Float32Array(width * height * 3);
  const linear = new Float32Array(256);
  for (let value = 0; value < 256; value++) {
    const share = value / 255;
    linear[value] = share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }
  for (let at = 0; at < width * height; at++) {
    const [r, g, b] = [linear[data[at * 4]], linear[data[at * 4 + 1]], linear[data[at * 4 + 2]]];
    const x = labCurve((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047);
    const y = labCurve(0.2126729 * r + 0.7151522 * g + 0.072175 * b);
    const z = labCurve((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / 1.08883);
    lab[at * 3] = 116 * y - 16;
    lab[at * 3 + 1] = 500 * (x - y);
    lab[at * 3 + 2] = 200 * (y - z);
  }
  return lab;
}

function labCurve(value: number): number {
  return value > 216 / 24_389 ? Math.cbrt(value) : ((24_389 / 27) * value + 16) / 116;
}
