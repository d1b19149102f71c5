import { expect, test } from 'vitest';
import { turns } from './turns.ts';

test('as many as may run at a time, the others in their order, also after one that failed', async () => {
  const inTurn = turns(2);
  const began: number[] = [];
  const ends: (() => void)[] = [];
  const work = (n: number) =>
    inTurn(async () => {
      began.push(n);
      await new Promise<void>((end) => ends.push(end));
      if (n === 0) throw new Error('failed');
      return n;
    });
  const all = Promise.allSettled([0, 1, 2, 3].map(work));
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  await settle();
  expect(began).toEqual([0, 1]);
  ends[0]?.();
  await settle();
  expect(began).toEqual([0, 1, 2]);
  ends[1]?.();
  await settle();
  expect(began).toEqual([0, 1, 2, 3]);
  ends[2]?.();
  ends[3]?.();
  expect((await all).map((one) => (one.status === 'fulfilled' ? one.value : 'failed'))).toEqual(['failed', 1, 2, 3]);
  await expect(inTurn(async () => 4)).resolves.toBe(4);
});
