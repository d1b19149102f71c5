import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assign, boxIou, matchGreedily, matchOptimally } from './index.ts';

/** The least cost by trying every assignment. */
function bruteForce(costs: number[][]): number {
  const [row, ...rest] = costs;
  if (row === undefined) return 0;
  const each = row.map((cost, column) => cost + bruteForce(rest.map((other) => other.filter((_, i) => i !== column))));
  return Math.min(...each, ...(costs.length > row.length ? [bruteForce(rest)] : []));
}

describe('assignment', () => {
  it('costs as little as the best of all, for any shape', () => {
    const costs = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })).chain(([rows, columns]) =>
      fc.array(fc.array(fc.integer({ min: -20, max: 20 }), { minLength: columns, maxLength: columns }), {
        minLength: rows,
        maxLength: rows,
      }),
    );
    fc.assert(
      fc.property(costs, (table) => {
        const columns = assign(table);
        const used = columns.filter((column) => column >= 0);
        expect(new Set(used).size).toBe(Math.min(table.length, table[0]!.length));
        const total = columns.reduce((sum, column, row) => sum + (column < 0 ? 0 : table[row]![column]!), 0);
        const best =
          table.length > table[0]!.length
            ? bruteForce(table[0]!.map((_, j) => table.map((row) => row[j]!)))
            : bruteForce(table);
        expect(total).toBe(best);
      }),
    );
  });

  it('assigns 300 by 300 in under a second', () => {
    const table = Array.from({ length: 300 }, (_, i) =>
      Array.from({ length: 300 }, (_, j) => ((i * 7919 + j * 104_729) % 1000) / 1000),
    );
    const start = performance.now();
    expect(new Set(assign(table)).size).toBe(300);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

describe('matching', () => {
  const at = (x: number) => ({ x, y: 0, width: 10, height: 10 });

  it('takes the best pair first when greedy, the best sum when optimal', () => {
    const scores: Record<string, number> = { 'a-x': 0.9, 'a-y': 0.8, 'b-x': 0.85, 'b-y': 0 };
    const score = (a: string, b: string) => scores[`${a}-${b}`]!;
    expect(matchGreedily(['a', 'b'], ['x', 'y'], score, 0.5).pairs).toEqual([{ a: 0, b: 0, score: 0.9 }]);
    expect(matchOptimally(['a', 'b'], ['x', 'y'], score, 0.5).pairs).toEqual([
      { a: 0, b: 1, score: 0.8 },
      { a: 1, b: 0, score: 0.85 },
    ]);
  });

  it('leaves out pairs below the threshold and names what found no partner', () => {
    const matching = matchOptimally([at(0), at(100)], [at(1), at(50), at(109)], boxIou, 0.5);
    expect(matching.pairs.map(({ a, b }) => [a, b])).toEqual([[0, 0]]);
    expect(matching.unmatchedA).toEqual([1]);
    expect(matching.unmatchedB).toEqual([1, 2]);
    expect(matchOptimally([at(0)], [], boxIou, 0.5)).toEqual({ pairs: [], unmatchedA: [0], unmatchedB: [] });
    expect(matchGreedily([], [at(0)], boxIou, 0.5)).toEqual({ pairs: [], unmatchedA: [], unmatchedB: [0] });
  });
});
