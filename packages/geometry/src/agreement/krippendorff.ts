import { bootstrap, type BootstrapOptions, type Interval } from './bootstrap.ts';

/** What differences between values mean: none but equal or not; order; distance; relative distance. */
export type AlphaLevel = 'nominal' | 'ordinal' | 'interval' | 'ratio';

/** One unit's judgements, one per person; undefined or null where a person gave none. */
export type AlphaUnit<T> = readonly (T | null | undefined)[];

/**
 * Krippendorff's α (K. Krippendorff, Computing Krippendorff's Alpha-Reliability, 2011,
 * <https://repository.upenn.edu/asc_papers/43>), for any number of people, any missing values. 1: full agreement; 0: as
 * by chance; below: worse. NaN when no unit has two judgements or all are of one value.
 * @param level values must be numbers for all but nominal; ordinal goes by their order, which makes them ranks.
 */
export function krippendorffAlpha(units: readonly AlphaUnit<string>[], level: 'nominal'): number;
export function krippendorffAlpha(units: readonly AlphaUnit<number>[], level: AlphaLevel): number;
export function krippendorffAlpha(units: readonly AlphaUnit<string | number>[], level: AlphaLevel): number {
  const { values, table } = coincidences(units);
  const totals = table.map((row) => row.reduce((sum, count) => sum + count, 0));
  const all = totals.reduce((sum, count) => sum + count, 0);
  let [observed, expected] = [0, 0];
  for (let i = 0; i < values.length; i += 1) {
    for (let j = i + 1; j < values.length; j += 1) {
      const difference = squaredDifference(values, totals, i, j, level);
      observed += (table[i]?.[j] ?? 0) * difference;
      expected += (totals[i] ?? 0) * (totals[j] ?? 0) * difference;
    }
  }
  return expected === 0 ? Number.NaN : 1 - ((all - 1) * observed) / expected;
}

/** α with a bootstrap interval over units. */
export function krippendorffInterval(
  units: readonly AlphaUnit<number>[],
  level: AlphaLevel,
  options?: BootstrapOptions,
): Interval {
  return bootstrap(units, (drawn) => krippendorffAlpha(drawn, level), options);
}

/** How often values meet within units (2011, step B); units with fewer than two judgements do not count. */
function coincidences(units: readonly AlphaUnit<string | number>[]): {
  values: (string | number)[];
  table: number[][];
} {
  const paired = units
    .map((unit) => unit.filter((value): value is string | number => value !== null && value !== undefined))
    .filter((unit) => unit.length >= 2);
  const values = [...new Set(paired.flat())].sort((a, b) =>
    typeof a === 'number' && typeof b === 'number' ? a - b : String(a) < String(b) ? -1 : 1,
  );
  const places = new Map(values.map((value, index) => [value, index]));
  const table = values.map(() => values.map(() => 0));
  for (const unit of paired) {
    const counts = new Map<number, number>();
    for (const value of unit) counts.set(places.get(value) ?? 0, (counts.get(places.get(value) ?? 0) ?? 0) + 1);
    for (const [i, countI] of counts) {
      for (const [j, countJ] of counts) {
        const row = table[i];
        if (row) row[j] = (row[j] ?? 0) + (countI * (i === j ? countJ - 1 : countJ)) / (unit.length - 1);
      }
    }
  }
  return { values, table };
}

/** The metric differences δ² of step D. */
function squaredDifference(
  values: readonly (string | number)[],
  totals: readonly number[],
  i: number,
  j: number,
  level: AlphaLevel,
): number {
  if (level === 'nominal') return 1;
  if (level === 'ordinal') {
    const between = totals.slice(i, j + 1).reduce((sum, count) => sum + count, 0);
    return (between - ((totals[i] ?? 0) + (totals[j] ?? 0)) / 2) ** 2;
  }
  const [a, b] = [Number(values[i]), Number(values[j])];
  return level === 'interval' ? (a - b) ** 2 : ((a - b) / (a + b)) ** 2;
}
