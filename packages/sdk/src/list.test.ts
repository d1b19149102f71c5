import { expect, test } from 'vitest';
import { UnexpectedAnswerError } from './errors.ts';
import { List } from './list.ts';

/** Pages of three, of `count` numbers. */
function numbers(count: number): { list: List<number>; asked: (string | undefined)[] } {
  const asked: (string | undefined)[] = [];
  const list = new List(async (cursor) => {
    asked.push(cursor);
    const start = Number(cursor ?? 0);
    const data = Array.from({ length: Math.min(3, count - start) }, (_, index) => start + index);
    return { data, next: start + 3 < count ? String(start + 3) : null };
  });
  return { list, asked };
}

test('awaited, a list is its first page', async () => {
  const { list, asked } = numbers(7);
  expect(await list).toEqual({ data: [0, 1, 2], next: '3' });
  expect(await list.page('6')).toEqual({ data: [6], next: null });
  expect(asked).toEqual([undefined, '6']);
});

test('iterated over, it is all of it, page after page as needed', async () => {
  const { list, asked } = numbers(7);
  const found: number[] = [];
  let askedAtFirst = 0;
  for await (const one of list) {
    if (found.push(one) === 1) askedAtFirst = asked.length;
  }
  expect(askedAtFirst).toBe(1);
  expect(found).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(asked).toEqual([undefined, '3', '6']);
});

test('toArray stops at its limit without asking for more than it needs', async () => {
  const { list, asked } = numbers(100);
  expect(await list.toArray({ limit: 4 })).toEqual([0, 1, 2, 3]);
  expect(asked).toHaveLength(2);
  expect(await list.toArray({ limit: 0 })).toEqual([]);
  expect(await numbers(7).list.toArray({ limit: Number.POSITIVE_INFINITY })).toHaveLength(7);
});

test('nothing is asked for until it is used, and an empty page in the middle does not end it', async () => {
  const { list, asked } = numbers(7);
  expect(asked).toHaveLength(0);
  void list;
  const gaps = new List<number>(async (cursor) => (cursor === undefined ? { data: [], next: 'more' } : { data: [1], next: null }));
  expect(await gaps.toArray({ limit: 10 })).toEqual([1]);
});

test('a server that gives the same cursor again is not asked for ever', async () => {
  const circle = new List<number>(async () => ({ data: [1], next: 'same' }));
  await expect(circle.toArray({ limit: Number.POSITIVE_INFINITY })).rejects.toThrow(UnexpectedAnswerError);
});

test('a failed page rejects the await', async () => {
  const broken = new List<number>(() => Promise.reject(new Error('no')));
  await expect(Promise.resolve(broken)).rejects.toThrow('no');
});
