/** How much a disagreement between categories weighs: all alike, by distance, or by squared distance in their order. */
export type KappaWeights = 'none' | 'linear' | 'quadratic';

/** The share of units on which two people agree; NaN of no units. */
export function percentAgreement<T>(a: readonly T[], b: readonly T[]): number {
  requireSameLength(a, b);
  return a.filter((value, index) => value === b[index]).length / a.length;
}

/**
 * Cohen's κ of two people's categories (J. Cohen, Educational and Psychological Measurement 20(1), 1960), or weighted κ
 * (J. Cohen, Psychological Bulletin 70(4), 1968) with disagreement weights |i - j| or (i - j)² by the order of
 * `categories`. 1: full agreement; 0: as by chance. When both used a single category alone, chance explains all and κ is
 * not defined: NaN.
 * @param categories in their order; needed for weights, else those that occur.
 */
export function cohenKappa<T>(
  a: readonly T[],
  b: readonly T[],
  options: { weights?: KappaWeights; categories?: readonly T[] } = {},
): number {
  requireSameLength(a, b);
  const { weights = 'none' } = options;
  if (weights !== 'none' && options.categories === undefined)
    throw new RangeError('weighted kappa needs the order of the categories');
  const categories = options.categories ?? [...new Set([...a, ...b])];
  const table = countPairs(a, b, categories);
  const rows = table.map((row) => row.reduce((sum, count) => sum + count, 0));
  const columns = categories.map((_, j) => table.reduce((sum, row) => sum + (row[j] ?? 0), 0));
  let [observed, expected] = [0, 0];
  table.forEach((row, i) =>
    row.forEach((count, j) => {
      const weight = weights === 'none' ? Number(i !== j) : weights === 'linear' ? Math.abs(i - j) : (i - j) ** 2;
      observed += weight * count;
      expected += (weight * (rows[i] ?? 0) * (columns[j] ?? 0)) / a.length;
    }),
  );
  return expected === 0 ? Number.NaN : 1 - observed / expected;
}

/** How often each category of one list meets each of the other: `table[i][j]` units are `i` for a, `j` for b. */
export function countPairs<T>(a: readonly T[], b: readonly T[], categories: readonly T[]): number[][] {
  requireSameLength(a, b);
  const places = new Map(categories.map((category, index) => [category, index]));
  const table = categories.map(() => categories.map(() => 0));
  a.forEach((value, unit) => {
    const other = b[unit] as T;
    const [i, j] = [places.get(value), places.get(other)];
    const row = i === undefined ? undefined : table[i];
    if (row === undefined || j === undefined) throw new RangeError(`unit ${unit} has a category that is not listed`);
    row[j] = (row[j] ?? 0) + 1;
  });
  return table;
}

function requireSameLength(a: readonly unknown[], b: readonly unknown[]): void {
  if (a.length !== b.length)
    throw new RangeError(`both lists must have as many units, not ${a.length} and ${b.length}`);
}
