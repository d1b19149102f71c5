import { expect, test } from 'vitest';
import { figuresOf } from './figures.tsx';

const task = (part: object) => ({ reviewStatus: null, rounds: 0, secondsSpent: 60, submittedAt: '2026-03-10T12:00:00.000Z', status: 'completed' as const, ...part });

test('what a person handed in, what became of it, and how long it took', () => {
  const tasks = [task({ reviewStatus: 'accepted' }), task({ reviewStatus: 'fixed', rounds: 1 }), task({ status: 'submitted', reviewStatus: 'pending' }), task({ rounds: 2, submittedAt: '2026-03-09T12:00:00.000Z' })];
  const figures = figuresOf(tasks, Date.parse('2026-03-10T13:00:00Z'));
  expect(figures).toMatchObject({ handedIn: 4, accepted: 2, rejected: 3, inReview: 1, seconds: 240 });
  expect(figures.perDay).toHaveLength(14);
  expect(figures.perDay.slice(-2).map(({ count }) => count)).toEqual([1, 3]);
});
