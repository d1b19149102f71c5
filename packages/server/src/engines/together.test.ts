import { expect, test } from 'vitest';
import { together } from './together.ts';

const tick = () => new Promise((resolve) => setTimeout(resolve, 5));

test('those of a moment go at once, those that come meanwhile together, each gets its own', async () => {
  const batches: number[][] = [];
  const double = together(async (keys: readonly number[]) => {
    batches.push([...keys]);
    await tick();
    return keys.map((key) => key * 2);
  });
  const first = double(1);
  await Promise.resolve();
  expect(await Promise.all([first, ...[2, 3, 4].map(double)])).toEqual([2, 4, 6, 8]);
  expect(batches).toEqual([[1], [2, 3, 4]]);
  expect(await Promise.all([6, 7].map(double))).toEqual([12, 14]);
  expect(batches.at(-1)).toEqual([6, 7]);
  expect(await double(5)).toBe(10);
  expect(batches).toHaveLength(4);
});

test('the fault of one meets no other', async () => {
  const work = together(async (keys: readonly string[]) => {
    await tick();
    if (keys.includes('bad')) throw new Error('no');
    return keys;
  });
  const settled = await Promise.allSettled(['a', 'b', 'bad', 'c'].map(work));
  expect(settled.map((one) => (one.status === 'fulfilled' ? one.value : String(one.reason)))).toEqual(['a', 'b', 'Error: no', 'c']);
  expect(await work('d')).toBe('d');
});

test('no more than 64 at once', async () => {
  const sizes: number[] = [];
  const work = together(async (keys: readonly number[]) => {
    sizes.push(keys.length);
    await tick();
    return keys;
  });
  await Promise.all(Array.from({ length: 150 }, (_, index) => work(index)));
  expect(sizes).toEqual([64, 64, 22]);
});
