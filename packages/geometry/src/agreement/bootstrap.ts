import { seededRandom } from './random.ts';

/** A statistic with its interval. `samples` is how many resamples had a value. */
export type Interval = { value: number; low: number; high: number; samples: number };

export type BootstrapOptions = {
  /** Resamples; default 1,000. */
  samples?: number | undefined;
  /** The share of resamples within the interval; default 0.95. */
  level?: number | undefined;
  /** Equal seeds give equal intervals; default 1. */
  seed?: number | undefined;
};

/**
 * A statistic over units with its percentile bootstrap interval (Efron and Tibshirani, An Introduction to the Bootstrap,
 * 1993, §13.3): units are drawn with replacement, as many as there are. Resamples on which the statistic is not a number
 * (such as all of one class) are left out and not counted in `samples`.
 */
export function bootstrap<Unit>(
  units: readonly Unit[],
  statistic: (units: readonly Unit[]) => number,
  { samples = 1000, level = 0.95, seed = 1 }: BootstrapOptions = {},
): Interval {
  const random = seededRandom(seed);
  const values: number[] = [];
  for (let sample = 0; sample < samples; sample += 1) {
    const drawn = units.map((unit) => units[Math.floor(random() * units.length)] ?? unit);
    const value = statistic(drawn);
    if (Number.isFinite(value)) values.push(value);
  }
  values.sort((a, b) => a - b);
  return {
    value: statistic(units),
    low: quantile(values, (1 - level) / 2),
    high: quantile(values, (1 + level) / 2),
    samples: values.length,
  };
}

/** A quantile of ascending numbers by linear interpolation (Hyndman and Fan, 1996, type 7); NaN of none. */
export function quantile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(place)] ?? Number.NaN, sorted[Math.ceil(place)] ?? Number.NaN];
  return low + (high - low) * (place - Math.floor(place));
}
