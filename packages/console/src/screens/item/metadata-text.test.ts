import { expect, test } from 'vitest';
import { parseMetadata, printMetadata } from './metadata-text.ts';

test('what is printed reads back', () => {
  const metadata = { site: 'north', nested: { list: [1, null, 'ä'] } };
  expect(parseMetadata(printMetadata(metadata))).toEqual({ metadata });
});

test('nothing is an empty object', () => expect(parseMetadata(' \n')).toEqual({ metadata: {} }));

test.each(['[1]', '"text"', 'null', '3'])('%s is refused: not an object', (text) => {
  expect(parseMetadata(text).fault).toMatch(/object/);
});

test('broken JSON is refused with the place', () => {
  expect(parseMetadata('{"a": 1,}').fault).toMatch(/position 8|line 1/);
});
