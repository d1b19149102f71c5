import { expect, it } from 'vitest';
import { Ledger, mergeReports } from './report.ts';

it('sums add up also when there are more ways than are listed', () => {
  const seen: string[] = [];
  const ledger = new Ledger(3, ({ how }) => seen.push(how));
  for (let index = 0; index < 10; index += 1) ledger.dropped('a.jpg', `#${index}`, `a label of class ${index} is not known`);
  const { dropped, sums, notes, omittedNotes } = ledger.report();
  expect([dropped, sums.length, sums.reduce((sum, { count }) => sum + count, 0)]).toEqual([10, 4, 10]);
  expect(sums[0]).toEqual({ outcome: 'dropped', how: 'in further ways, which the whole list names', count: 7 });
  expect([notes.length, omittedNotes, seen.length]).toEqual([3, 7, 10]);
});

it('what is lost after it was read is counted once', () => {
  const [reading, bringing] = [new Ledger(), new Ledger()];
  reading.item();
  for (const ways of [[], ['to whole pixels'], ['to whole pixels']]) reading.passed('a.jpg', '#1', ways);
  reading.dropped('a.jpg', '#4', 'it has no label');
  for (let index = 0; index < 2; index += 1) bringing.dropped('a.jpg', `#${index}`, 'its image is left out');
  const { kept, approximated, dropped } = mergeReports(reading.report(), bringing.report());
  expect([kept, approximated, dropped]).toEqual([0, 1, 3]);
});
