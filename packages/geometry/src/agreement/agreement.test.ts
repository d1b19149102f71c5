import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  accuracy,
  bootstrap,
  classScores,
  cohenKappa,
  confusionMatrix,
  countCategories,
  fleissKappa,
  krippendorffAlpha,
  krippendorffInterval,
  macroF1,
  percentAgreement,
  quantile,
  scoreOf,
  seededRandom,
} from '../index.ts';

const none = null;
/** Krippendorff (2011), example C: four observers, twelve units, missing values. */
const observers = [
  [1, 2, 3, 3, 2, 1, 4, 1, 2, none, none, none],
  [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, none, 3],
  [none, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, none],
  [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, none],
];
const units = observers[0]!.map((_, unit) => observers.map((row) => row[unit]!));
const [a, b] = [
  [1, 2, 3, 4, 4, 3, 2, 1, 2, 3, 1, 1, 4, 2, 3],
  [1, 2, 3, 4, 3, 3, 1, 1, 2, 4, 2, 1, 4, 2, 2],
];

describe("Krippendorff's alpha", () => {
  // Published to three digits (0.743, 0.815, 0.849, 0.797); further digits by the Python package krippendorff 0.9.
  it.each([
    ['nominal', 0.743421052631579],
    ['ordinal', 0.8153875037548814],
    ['interval', 0.8491071428571428],
    ['ratio', 0.7974027747116121],
  ] as const)('is the published value on %s data', (level, value) => {
    expect(Math.abs(krippendorffAlpha(units, level) - value)).toBeLessThan(1e-9);
  });

  it('takes names for nominal data', () => {
    const named = units.map((unit) => unit.map((value) => (value === null ? null : `class ${value}`)));
    expect(krippendorffAlpha(named, 'nominal')).toBeCloseTo(0.743421052631579, 9);
  });

  it('is 1 for full agreement and not a number without variation or pairs', () => {
    expect(
      krippendorffAlpha(
        [
          [1, 1],
          [2, 2],
        ],
        'interval',
      ),
    ).toBe(1);
    expect(
      krippendorffAlpha(
        [
          [1, 1],
          [1, 1],
        ],
        'nominal',
      ),
    ).toBeNaN();
    expect(krippendorffAlpha([[1, null], [2]], 'nominal')).toBeNaN();
  });

  it('does not depend on the order of units or people', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.option(fc.integer({ min: 1, max: 4 })), { minLength: 3, maxLength: 3 }), {
          minLength: 2,
          maxLength: 12,
        }),
        (data) => {
          const turned = data.map((unit) => unit.toReversed()).toReversed();
          // Neither is a number when nothing can be compared.
          expect(krippendorffAlpha(turned, 'ordinal') || 0).toBeCloseTo(krippendorffAlpha(data, 'ordinal') || 0, 9);
        },
      ),
    );
  });

  it('has an interval around it, equal for equal seeds', () => {
    const interval = krippendorffInterval(units, 'nominal', { seed: 7 });
    expect(interval.value).toBeCloseTo(0.743421052631579, 9);
    expect(interval.low).toBeLessThan(interval.value);
    expect(interval.high).toBeGreaterThan(interval.value);
    expect(interval.samples).toBe(1000);
    expect(krippendorffInterval(units, 'nominal', { seed: 7 })).toEqual(interval);
    expect(krippendorffInterval(units, 'nominal', { seed: 8 })).not.toEqual(interval);
  });
});

describe("Fleiss' kappa", () => {
  it('is the value of the worked example of ten subjects, fourteen raters, five categories', () => {
    const counts = [
      [0, 0, 0, 0, 14],
      [0, 2, 6, 4, 2],
      [0, 0, 3, 5, 6],
      [0, 3, 9, 2, 0],
      [2, 2, 8, 1, 1],
      [7, 7, 0, 0, 0],
      [3, 2, 6, 3, 0],
      [2, 5, 3, 2, 2],
      [6, 5, 2, 1, 0],
      [0, 2, 2, 3, 7],
    ];
    // Published as 0.210; further digits by statsmodels 0.15.
    expect(Math.abs(fleissKappa(counts) - 0.20993070442195522)).toBeLessThan(1e-9);
  });

  it('refuses units with different numbers of people', () => {
    expect(() =>
      fleissKappa([
        [2, 0],
        [1, 0],
      ]),
    ).toThrow('unit 1 was judged by 1 people');
    expect(() => fleissKappa([[1, 0]])).toThrow('at least two people');
    expect(countCategories([['x', 'y', 'x']], ['x', 'y'])).toEqual([[2, 1]]);
  });
});

describe("Cohen's kappa", () => {
  // By scikit-learn 1.9: cohen_kappa_score.
  it.each([
    ['none', 0.5535714285714286],
    ['linear', 0.7232472324723247],
    ['quadratic', 0.8571428571428572],
  ] as const)('with weights %s is that of scikit-learn', (weights, value) => {
    expect(Math.abs(cohenKappa(a, b, { weights, categories: [1, 2, 3, 4] }) - value)).toBeLessThan(1e-9);
  });

  it('is 1 for full agreement, 0 by chance, undefined for one category', () => {
    expect(cohenKappa(['x', 'y'], ['x', 'y'])).toBe(1);
    expect(cohenKappa(['x', 'x', 'y', 'y'], ['x', 'y', 'x', 'y'])).toBe(0);
    expect(cohenKappa(['x', 'x'], ['x', 'x'])).toBeNaN();
    expect(() => cohenKappa(['x'], ['x', 'y'])).toThrow(RangeError);
    expect(() => cohenKappa(['x'], ['z'], { categories: ['x'] })).toThrow('not listed');
    expect(percentAgreement(a, b)).toBeCloseTo(10 / 15, 12);
  });
});

describe('precision, recall and F1', () => {
  it('are those of scikit-learn per class', () => {
    const matrix = confusionMatrix(a, b, [1, 2, 3, 4]);
    const scores = classScores(matrix).map(({ score }) => score);
    expect(scores.map((score) => score.precision)).toEqual([0.75, 0.6, 2 / 3, 2 / 3]);
    expect(scores.map((score) => score.recall)).toEqual([0.75, 0.75, 0.5, 2 / 3]);
    expect(scores[2]?.f1).toBeCloseTo(0.5714285714285714, 12);
    expect(accuracy(matrix)).toBeCloseTo(10 / 15, 12);
    expect(macroF1(matrix)).toBeCloseTo((0.75 + 2 / 3 + 4 / 7 + 2 / 3) / 4, 12);
    expect(scoreOf(0, 0, 0).f1).toBeNaN();
  });
});

describe('the bootstrap', () => {
  it('covers a mean about as often as it says', () => {
    const random = seededRandom(3);
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    let covered = 0;
    for (let round = 0; round < 200; round += 1) {
      const values = Array.from({ length: 40 }, random);
      const { low, high } = bootstrap(values, mean, { samples: 200, seed: round });
      if (low <= 0.5 && high >= 0.5) covered += 1;
    }
    expect(covered).toBeGreaterThan(175);
    expect(covered).toBeLessThan(200);
  });

  it('interpolates quantiles', () => {
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
    expect(quantile([], 0.5)).toBeNaN();
  });
});
