/** Pairs of places in two lists, with their scores, and the places that found no partner. Pairs ascend by `a`. */
export type Matching = { pairs: { a: number; b: number; score: number }[]; unmatchedA: number[]; unmatchedB: number[] };

/**
 * The assignment of rows to columns with the least total cost, each row and column used at most once: the Hungarian
 * method by shortest augmenting paths (Kuhn, 1955; Jonker and Volgenant, Computing 38, 1987), O(rows² · columns) when
 * there are no more rows than columns (else the other way round).
 * @param costs rows of equal length, of finite numbers.
 * @returns for each row its column, or -1 for a row left over when there are more rows than columns.
 */
export function assign(costs: readonly (readonly number[])[]): number[] {
  const [rows, columns] = [costs.length, costs[0]?.length ?? 0];
  if (rows > columns) {
    const rowOf = assign(Array.from({ length: columns }, (_, column) => costs.map((row) => row[column] ?? 0)));
    const result = Array.from({ length: rows }, () => -1);
    rowOf.forEach((row, column) => (result[row] = column));
    return result;
  }
  const state: Potentials = {
    rowPotential: new Float64Array(rows + 1),
    columnPotential: new Float64Array(columns + 1),
    rowOfColumn: new Int32Array(columns + 1),
  };
  for (let row = 1; row <= rows; row += 1) addRow(costs, row, state);
  const result = Array.from({ length: rows }, () => -1);
  for (let column = 1; column <= columns; column += 1) {
    const row = state.rowOfColumn[column] ?? 0;
    if (row > 0) result[row - 1] = column - 1;
  }
  return result;
}

/** Rows and columns count from 1; column 0 stands for the row that is being placed. */
type Potentials = { rowPotential: Float64Array; columnPotential: Float64Array; rowOfColumn: Int32Array };

function addRow(costs: readonly (readonly number[])[], newRow: number, state: Potentials): void {
  const { rowPotential, columnPotential, rowOfColumn } = state;
  const count = columnPotential.length;
  const slack = new Float64Array(count).fill(Infinity);
  const cameFrom = new Int32Array(count);
  const done = new Uint8Array(count);
  rowOfColumn[0] = newRow;
  let column = 0;
  do {
    done[column] = 1;
    const row = rowOfColumn[column] ?? 0;
    let [least, next] = [Infinity, 0];
    for (let other = 1; other < count; other += 1) {
      if (done[other] === 1) continue;
      const reduced = (costs[row - 1]?.[other - 1] ?? 0) - (rowPotential[row] ?? 0) - (columnPotential[other] ?? 0);
      if (reduced < (slack[other] ?? Infinity)) {
        slack[other] = reduced;
        cameFrom[other] = column;
      }
      if ((slack[other] ?? Infinity) < least) [least, next] = [slack[other] ?? Infinity, other];
    }
    for (let other = 0; other < count; other += 1) {
      if (done[other] === 1) {
        const owner = rowOfColumn[other] ?? 0;
        rowPotential[owner] = (rowPotential[owner] ?? 0) + least;
        columnPotential[other] = (columnPotential[other] ?? 0) - least;
      } else slack[other] = (slack[other] ?? Infinity) - least;
    }
    column = next;
  } while (rowOfColumn[column] !== 0);
  while (column !== 0) {
    const before = cameFrom[column] ?? 0;
    rowOfColumn[column] = rowOfColumn[before] ?? 0;
    column = before;
  }
}

/**
 * Pairs two lists so that the sum of the scores is greatest, over pairs that score at least `threshold`.
 * @param score from 0 to 1 (such as `similarity`); pairs that score 0 are never made.
 */
export function matchOptimally<A, B>(
  a: readonly A[],
  b: readonly B[],
  score: (a: A, b: B) => number,
  threshold: number,
): Matching {
  const scores = a.map((left) => b.map((right) => score(left, right)));
  const isAllowed = (value: number) => value > 0 && value >= threshold;
  const columns =
    b.length === 0 ? a.map(() => -1) : assign(scores.map((row) => row.map((value) => (isAllowed(value) ? -value : 0))));
  const pairs = columns
    .map((column, row) => ({ a: row, b: column, score: scores[row]?.[column] ?? 0 }))
    .filter((pair) => isAllowed(pair.score));
  return toMatching(pairs, a.length, b.length);
}

/** Pairs two lists by taking the best-scoring pair first, as long as it scores at least `threshold` (and over 0). */
export function matchGreedily<A, B>(
  a: readonly A[],
  b: readonly B[],
  score: (a: A, b: B) => number,
  threshold: number,
): Matching {
  const candidates = a
    .flatMap((left, i) => b.map((right, j) => ({ a: i, b: j, score: score(left, right) })))
    .filter((pair) => pair.score > 0 && pair.score >= threshold)
    .sort((p, q) => q.score - p.score || p.a - q.a || p.b - q.b);
  const [usedA, usedB] = [new Set<number>(), new Set<number>()];
  const pairs = candidates.filter((pair) => {
    if (usedA.has(pair.a) || usedB.has(pair.b)) return false;
    usedA.add(pair.a);
    usedB.add(pair.b);
    return true;
  });
  return toMatching(pairs, a.length, b.length);
}

function toMatching(pairs: Matching['pairs'], countA: number, countB: number): Matching {
  const [usedA, usedB] = [new Set(pairs.map((pair) => pair.a)), new Set(pairs.map((pair) => pair.b))];
  const rest = (count: number, used: Set<number>) =>
    Array.from({ length: count }, (_, i) => i).filter((i) => !used.has(i));
  return {
    pairs: pairs.toSorted((p, q) => p.a - q.a),
    unmatchedA: rest(countA, usedA),
    unmatchedB: rest(countB, usedB),
  };
}
