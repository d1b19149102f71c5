/**
 * Fleiss' κ (J. L. Fleiss, Psychological Bulletin 76(5), 1971): agreement of a fixed number of people, not
 * necessarily the same ones for every unit, over categories. 1: full agreement; 0: as by chance; NaN when only one
 * category occurs at all.
 * @param counts for each unit how many people chose each category; every row sums to the same number, at least 2.
 */
export function fleissKappa(counts: readonly (readonly number[])[]): number {
  const people = sum(counts[0] ?? []);
  if (people < 2) throw new RangeError('Fleiss kappa needs at least two people for each unit');
  counts.forEach((row, unit) => {
    if (sum(row) !== people)
      throw new RangeError(`unit ${unit} was judged by ${sum(row)} people, the first by ${people}`);
  });
  const total = counts.length * people;
  const shares = (counts[0] ?? []).map((_, category) => sum(counts.map((row) => row[category] ?? 0)) / total);
  const byChance = sum(shares.map((share) => share * share));
  const agreements = counts.map((row) => (sum(row.map((count) => count * count)) - people) / (people * (people - 1)));
  const observed = sum(agreements) / counts.length;
  return byChance === 1 ? Number.NaN : (observed - byChance) / (1 - byChance);
}

/** Counts of categories for `fleissKappa` from each unit's list of judgements. */
export function countCategories<T>(units: readonly (readonly T[])[], categories: readonly T[]): number[][] {
  return units.map((unit) => categories.map((category) => unit.filter((value) => value === category).length));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
