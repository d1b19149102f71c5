import { expect, test } from 'vitest';
import { isSigned, signedQuery } from './signed-url.ts';

const request = { method: 'GET', path: '/files/ä b.png', expiresMs: 2_000 } as const;
const parsed = (query: string) => Object.fromEntries(new URLSearchParams(query));

test('a signature opens its path until it expires, with HEAD too', () => {
  const query = parsed(signedQuery('secret', request));
  const ask = (change: object = {}) => isSigned('secret', { method: 'GET', path: request.path, query, nowMs: 1_000, ...change });
  expect(ask()).toBe(true);
  expect(ask({ method: 'HEAD' })).toBe(true);
  expect(ask({ nowMs: 2_000 })).toBe(false);
  expect(ask({ path: '/files/other.png' })).toBe(false);
  expect(ask({ method: 'PUT' })).toBe(false);
  expect(ask({ query: { ...query, expires: '3000' } })).toBe(false);
  expect(ask({ query: { expires: query['expires'] } })).toBe(false);
  expect(ask({ query: { ...query, signature: ['a', 'b'] } })).toBe(false);
  expect(isSigned('another', { method: 'GET', path: request.path, query, nowMs: 1_000 })).toBe(false);
});
