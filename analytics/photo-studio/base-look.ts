import { luma, type Pixels } from '../imaging/colour.ts';

/** What automatic exposure and white balance do: each channel is multiplied by its gain. */
export interface BaseLook {
  redGain: number;
  greenGain: number;
  blueGain: number;
  /** Exponent of a gamma curve after the gains: below 1 brightens. */
  gamma: number;
}

export const neutralLook: BaseLook = { redGain: 1, greenGain: 1, blueGain: 1, gamma: 1 };

/** Pixels looked at, spread evenly: enough for percentiles to settle within a grey level. */
const sampleCount = 40_000;
/** White balance never moves a channel by more than this share. */
const maxCast = 0.15;

/**
 * Computes the base look from the picture alone. White balance: shades of grey with Minkowski norm 6
 * (G. Finlayson, E. Trezzi, "Shades of gray and colour constancy", CIC 2004), over nearly neutral pixels only, so that
 * a coloured backdrop is not taken for a cast. Exposure: the 99.5th percentile of luma is brought towards 247 and the
 * median part of the way towards mid grey.
 */
export function findBaseLook(pixels: Pixels): BaseLook {
  const samples = sample(pixels);
  if (samples.length === 0) return neutralLook;
  const balance = findBalance(samples);
  const lumas = Float32Array.from(samples, ([r, g, b]) =>
    luma(r * balance.red, g * balance.green, b * balance.blue),
  ).sort();
  const at = (fraction: number) => lumas[Math.floor(fraction * (lumas.length - 1))] ?? 0;
  const gain = clamp(247 / Math.max(1, at(0.995)), 1, 1.25);
  const median = Math.min(254, Math.max(1, at(0.5) * gain));
  // A third of the way (in the exponent) to a median of 118: dark and bright scenes keep their mood.
  const gamma = clamp((Math.log(118 / 255) / Math.log(median / 255)) ** 0.33, 0.8, 1.2);
  return { redGain: balance.red * gain, greenGain: balance.green * gain, blueGain: balance.blue * gain, gamma };
}

/** Median of each figure: one look for a whole batch. */
export function medianLook(looks: BaseLook[]): BaseLook {
  const median = (pick: (look: BaseLook) => number) => {
    const sorted = looks.map(pick).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? 1;
  };
  return {
    redGain: median((look) => look.redGain),
    greenGain: median((look) => look.greenGain),
    blueGain: median((look) => look.blueGain),
    gamma: median((look) => look.gamma),
  };
}

function sample(pixels: Pixels): [number, number, number][] {
  const total = pixels.width * pixels.height;
  const step = Math.max(1, Math.floor(total / sampleCount));
  const out: [number, number, number][] = [];
  for (let i = 0; i < total; i += step) {
    const p = i * pixels.channels;
    if (pixels.channels === 4 && (pixels.data[p + 3] ?? 0) < 128) continue;
    out.push([pixels.data[p] ?? 0, pixels.data[p + 1] ?? 0, pixels.data[p + 2] ?? 0]);
  }
  return out;
}

function findBalance(samples: [number, number, number][]): { red: number; green: number; blue: number } {
  const neutral = samples.filter(([r, g, b]) => {
    const high = Math.max(r, g, b);
    const low = Math.min(r, g, b);
    return high < 250 && low > 20 && (high - low) / high < 0.22;
  });
  // Too few pixels to tell a cast from a colour.
  if (neutral.length < samples.length * 0.08) return { red: 1, green: 1, blue: 1 };
  const norm = (channel: 0 | 1 | 2) => {
    let sum = 0;
    for (const pixel of neutral) sum += (pixel[channel] / 255) ** 6;
    return (sum / neutral.length) ** (1 / 6);
  };
  const [r, g, b] = [norm(0), norm(1), norm(2)];
  const grey = luma(r, g, b);
  const gain = (value: number) => clamp(1 + 0.7 * (grey / value - 1), 1 - maxCast, 1 + maxCast);
  return { red: gain(r), green: gain(g), blue: gain(b) };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
