import type { QualityReport } from '@fovea/contract';
import { expect, test } from 'vitest';
import { acceptedShare, byPair, byPerson, confusionOf, knownScore, weightedMean } from './totals.ts';

const person = (by: string, given: Partial<QualityReport['people'][number]> = {}) => ({ by, tasks: 10, annotations: 20, secondsSpent: 100, agreement: null, reviewed: 0, accepted: 0, rejected: 0, honeypots: 0, precision: null, recall: null, f1: null, iou: null, ...given });
const report = (given: Partial<QualityReport>): QualityReport => ({
  batchId: 'b', items: [], itemCount: 0, sampled: false, people: [], pairs: [], confusion: { labels: [], counts: [] }, overall: { agreement: null, low: null, high: null }, fleiss: null, alpha: { value: null, low: null, high: null }, ...given,
});

test('shares are weighted by what they are about, and what is not known weighs nothing', () => {
  expect(weightedMean([{ value: 1, weight: 1 }, { value: 0, weight: 3 }, { value: null, weight: 100 }])).toBe(0.25);
  expect(weightedMean([{ value: null, weight: 1 }, { value: 1, weight: 0 }])).toBeNull();
});

test('people and pairs are added up over batches', () => {
  const one = report({ people: [person('ada', { agreement: 0.5 }), person('bob', { accepted: 1, rejected: 1, reviewed: 2 })], pairs: [{ a: 'ada', b: 'bob', items: 10, agreement: 0.5, likeness: 0.5, sameLabel: 1, kappa: null }] });
  const two = report({ people: [person('ada', { tasks: 30, agreement: 0.9, honeypots: 4, f1: 0.8 })], pairs: [{ a: 'bob', b: 'ada', items: 30, agreement: 0.9, likeness: 0.9, sameLabel: 1, kappa: 0.7 }] });
  const [ada, bob] = byPerson([one, two]);
  expect(ada).toMatchObject({ by: 'ada', batches: 2, tasks: 40, annotations: 40, f1: 0.8, honeypots: 4 });
  expect(ada?.agreement).toBeCloseTo(0.8, 12);
  expect(bob).toMatchObject({ by: 'bob', batches: 1, agreement: null, accepted: 1, rejected: 1 });
  const [pair, ...more] = byPair([one, two]);
  expect(more).toEqual([]);
  expect(pair).toMatchObject({ items: 40, kappa: 0.7 });
  expect(pair?.agreement).toBeCloseTo(0.8, 12);
  expect([acceptedShare(one), acceptedShare(two), knownScore(one), knownScore(two)]).toEqual([0.5, null, null, 0.8]);
});

test('tables of labels are added up whatever their order, the most frequent first', () => {
  const one = report({ confusion: { labels: ['car', 'bus'], counts: [[4, 1], [1, 2]] } });
  const two = report({ confusion: { labels: ['bus', 'van'], counts: [[10, 3], [3, 0]] } });
  expect(confusionOf([one, two])).toEqual({ labels: ['bus', 'car', 'van'], counts: [[12, 1, 3], [1, 4, 0], [3, 0, 0]] });
  expect(confusionOf([])).toEqual({ labels: [], counts: [] });
});
