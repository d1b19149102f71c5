import { expect, test } from 'vitest';
import { folderTrail } from './folder-trail.ts';

test('the trail of a folder, outermost first', () => {
  expect(folderTrail('/a/b c')).toEqual([
    { name: 'a', path: '/a' },
    { name: 'b c', path: '/a/b c' },
  ]);
  expect(folderTrail('/')).toEqual([]);
});
