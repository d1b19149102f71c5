import { expect, test } from 'vitest';
import { folderTrail, folderTree } from './folder-tree.ts';

test('a folder brings those above it, each once, sorted as people count', () => {
  const tree = folderTree(['/a10/x', '/a2', '/', '/a10', '/a10/x/y']);
  expect(tree.map((node) => node.name)).toEqual(['a2', 'a10']);
  expect(tree[1]).toEqual({
    path: '/a10',
    name: 'a10',
    children: [{ path: '/a10/x', name: 'x', children: [{ path: '/a10/x/y', name: 'y', children: [] }] }],
  });
});

test('folders whose names begin alike stay apart', () => {
  expect(folderTree(['/a', '/ab/c']).map((node) => [node.path, node.children.length])).toEqual([
    ['/a', 0],
    ['/ab', 1],
  ]);
});

test('the trail of a folder, outermost first', () => {
  expect(folderTrail('/a/b c')).toEqual([
    { name: 'a', path: '/a' },
    { name: 'b c', path: '/a/b c' },
  ]);
  expect(folderTrail('/')).toEqual([]);
});
