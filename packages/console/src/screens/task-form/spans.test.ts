import { expect, test } from 'vitest';
import { cutAt } from './spans.ts';

test('a text is cut where marks begin and end', () => {
  const parts = cutAt('Ada met Bob', [{ start: 0, end: 3, label: 'person' }, { start: 8, end: 11, label: 'person' }]);
  expect(parts).toEqual([{ from: 0, to: 3, label: 'person' }, { from: 3, to: 8, label: undefined }, { from: 8, to: 11, label: 'person' }]);
  expect(cutAt('abcd', [{ start: 0, end: 3, label: 'a' }, { start: 2, end: 4, label: 'b' }]).map(({ label }) => label)).toEqual(['a', 'b', 'b']);
  expect(cutAt('', [])).toEqual([]);
});
