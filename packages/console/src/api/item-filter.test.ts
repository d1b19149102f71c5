import { expect, test } from 'vitest';
import { conditionsOf } from './conditions.ts';
import { besideFilter, toFilter } from './item-filter.ts';

test('nothing asked for is the empty filter', () => expect(toFilter({})).toEqual({}));

test('everything asked for must hold', () => {
  expect(toFilter({ kind: 'image', status: 'inbox', probe: 'ready', channel: 'left', label: 'dusk' })).toEqual({
    and: [{ kind: 'image' }, { status: 'inbox' }, { probe: 'ready' }, { channel: 'left' }, { labels: 'dusk' }],
  });
});

test('a folder means what lies below it, not its namesakes, whatever characters it has', () => {
  expect(toFilter({ folder: '/a*b' })).toEqual({ and: [{ path: { gte: '/a*b/', lt: '/a*b0' } }] });
  for (const [path, inside] of [
    ['/a*b/x.jpg', true],
    ['/a*b/c/x.jpg', true],
    ['/a*bc/x.jpg', false],
    ['/a*b.jpg', false],
  ] as const) {
    expect(path >= '/a*b/' && path < '/a*b0').toBe(inside);
  }
  expect(toFilter({ folder: '/' })).toEqual({});
});

test('conditions on any field, on annotations by one and the same', () => {
  expect(toFilter({ where: [['metadata.site', 'eq', 'north'], ['sizeBytes', 'gt', 100], ['annotations.label', 'eq', 'car'], ['annotations.label', 'ne', 'dog'], ['channel', 'missing', true]] })).toEqual({
    and: [{ 'metadata.site': { eq: 'north' } }, { sizeBytes: { gt: 100 } }, { having: { annotations: { label: { eq: 'car' } } } }, { not: { having: { annotations: { label: { eq: 'dog' } } } } }, { channel: { exists: false } }],
  });
  expect(conditionsOf([['a', 'eq', 1], ['b', 'drop', 1], 'x', ['', 'eq', 1], ['c', 'eq', {}]])).toEqual([['a', 'eq', 1]]);
  expect(conditionsOf('x')).toBeUndefined();
});

test('words are looked for in names, patterns in paths', () => {
  expect(toFilter({ q: 'IMG_1' })).toEqual({ and: [{ name: { contains: 'IMG_1' } }] });
  expect(toFilter({ q: '*.dcm' })).toEqual({ and: [{ path: { match: '/**/*.dcm' } }] });
  expect(toFilter({ q: '/a/*.dcm' })).toEqual({ and: [{ path: { match: '/a/*.dcm' } }] });
});

test('neighbours lie on either side of a path within the filter', () => {
  expect(besideFilter({ kind: 'image' }, '/m', 'before')).toEqual({ and: [{ and: [{ kind: 'image' }] }, { path: { lt: '/m' } }] });
  expect(besideFilter({}, '/m', 'after')).toEqual({ and: [{}, { path: { gt: '/m' } }] });
});
