import { lumaBlue, lumaGreen, lumaRed, type Pixels } from '../imaging/colour.ts';
import { neutralLook, type BaseLook } from './base-look.ts';
import type { StudioSettings } from './settings.ts';

export type ColourValues = Pick<
  StudioSettings,
  | 'color_red'
  | 'color_green'
  | 'color_blue'
  | 'color_density'
  | 'color_contrast'
  | 'color_shadow_contrast'
  | 'color_midtone_contrast'
  | 'color_highlight_contrast'
  | 'color_gamma'
  | 'color_saturation'
>;

/**
 * The whole colour step as tables. Everything up to saturation acts on each channel alone and gives `before`; saturation
 * mixes the channels around luma; gamma and clipping give `after`. Values between may leave 0–255, so `before` is kept
 * unclipped and `after` covers −512 to 1023.
 */
export interface ColourMapping {
  before: [Float32Array, Float32Array, Float32Array];
  /** Factor of chroma: 0 grey, 1 unchanged, 2 double. */
  chroma: number;
  /** Entry i is the result for the value i + afterOffset. */
  after: Uint8Array;
  /** Nothing changes: the step can be left out. */
  identity: boolean;
}

const afterOffset = -512;
const afterLength = 1536;

/**
 * Builds the mapping in the order of the reference: base look; + red, green, blue; − density;
 * (v − 128)(1 + contrast/100) + 128; contrast in tonal thirds; chroma (1 + saturation/50);
 * 255 (v/255)^(1/(1+gamma)); clip.
 */
export function buildMapping(values: ColourValues, look: BaseLook = neutralLook): ColourMapping {
  const offsets = [values.color_red, values.color_green, values.color_blue];
  const gains = [look.redGain, look.greenGain, look.blueGain];
  const contrast = 1 + values.color_contrast / 100;
  const before = [0, 1, 2].map((channel) =>
    Float32Array.from({ length: 256 }, (_, value) => {
      const based = 255 * Math.min(1, (value * (gains[channel] ?? 1)) / 255) ** look.gamma;
      const shifted = based + (offsets[channel] ?? 0) - values.color_density;
      return inThirds((shifted - 128) * contrast + 128, values);
    }),
  ) as ColourMapping['before'];
  const exponent = 1 / (1 + values.color_gamma);
  const after = Uint8Array.from({ length: afterLength }, (_, index) => {
    const value = Math.min(255, Math.max(0, index + afterOffset));
    return Math.round(255 * (value / 255) ** exponent);
  });
  const chroma = 1 + values.color_saturation / 50;
  const identity =
    chroma === 1 && values.color_gamma === 0 && before.every((table) => table.every((v, i) => Math.abs(v - i) < 0.5));
  return { before, chroma, after, identity };
}

/**
 * Contrast inside one tonal third: values move away from the third's middle, weighted by a raised cosine that is zero at
 * the third's ends, so that tones outside it stay and the curve has no step. Monotone for |contrast| up to 20.
 */
function inThirds(value: number, values: ColourValues): number {
  const third = 85;
  const index = Math.floor(value / third);
  if (index < 0 || index > 2) return value;
  const amount =
    [values.color_shadow_contrast, values.color_midtone_contrast, values.color_highlight_contrast][index] ?? 0;
  if (amount === 0) return value;
  const middle = (index + 0.5) * third;
  const distance = (value - middle) / (third / 2);
  return value + (value - middle) * (amount / 25) * 0.5 * (1 + Math.cos(Math.PI * distance));
}

/** Applies the mapping in place; alpha is left alone. */
export function applyMapping(pixels: Pixels, mapping: ColourMapping): void {
  if (mapping.identity) return;
  if (mapping.chroma === 1) applyTables(pixels, mapping);
  else applyChroma(pixels, mapping);
}

function applyTables(pixels: Pixels, mapping: ColourMapping): void {
  const [red, green, blue] = mapping.before.map((table) =>
    Uint8Array.from(table, (value) => mapping.after[afterIndex(value)] ?? 0),
  ) as [Uint8Array, Uint8Array, Uint8Array];
  const { data, channels } = pixels;
  for (let p = 0; p + 2 < data.length; p += channels) {
    data[p] = red[data[p] as number] as number;
    data[p + 1] = green[data[p + 1] as number] as number;
    data[p + 2] = blue[data[p + 2] as number] as number;
  }
}

function applyChroma(pixels: Pixels, mapping: ColourMapping): void {
  const { data, channels } = pixels;
  const { after, chroma } = mapping;
  const [red, green, blue] = mapping.before;
  for (let p = 0; p + 2 < data.length; p += channels) {
    const r = red[data[p] as number] as number;
    const g = green[data[p + 1] as number] as number;
    const b = blue[data[p + 2] as number] as number;
    const grey = (lumaRed * r + lumaGreen * g + lumaBlue * b) * (1 - chroma);
    data[p] = after[afterIndex(grey + r * chroma)] as number;
    data[p + 1] = after[afterIndex(grey + g * chroma)] as number;
    data[p + 2] = after[afterIndex(grey + b * chroma)] as number;
  }
}

function afterIndex(value: number): number {
  const index = (value - afterOffset + 0.5) | 0;
  return index < 0 ? 0 : index >= afterLength ? afterLength - 1 : index;
}
