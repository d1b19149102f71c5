/** Orders versions by their dotted numbers (`0.10` after `0.9`); one with a suffix (`1.0-beta`) comes before the one without. */
export function compareVersions(a: string, b: string): number {
  const [left = '', leftSuffix] = a.split(/-(.*)/s);
  const [right = '', rightSuffix] = b.split(/-(.*)/s);
  const [l, r] = [left.split('.').map(Number), right.split('.').map(Number)];
  for (let index = 0; index < Math.max(l.length, r.length); index++) {
    const difference = (l[index] ?? 0) - (r[index] ?? 0);
    if (difference !== 0) return difference;
  }
  if (leftSuffix === undefined || rightSuffix === undefined) return Number(rightSuffix !== undefined) - Number(leftSuffix !== undefined);
  return leftSuffix < rightSuffix ? -1 : Number(leftSuffix > rightSuffix);
}

/** The greatest version, the newest upload among equal ones. */
export function latest<T extends { version: string; createdAt: string }>(versions: readonly T[]): T | undefined {
  return versions.toSorted((a, b) => compareVersions(b.version, a.version) || (a.createdAt < b.createdAt ? 1 : -1))[0];
}
