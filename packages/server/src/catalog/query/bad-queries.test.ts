// Queries that somebody got wrong, or made to hurt: each refused by name, or answered; never an error of the server's own.
import { queryLimits } from '@fovea/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCursor, writeCursor } from '../../paging.ts';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';

let fovea: TestPlatform;
let dataset: string;
let project: string;
beforeAll(async () => {
  fovea = await startTestPlatform({ working: false });
  project = (await fovea.call('POST', '/v1/projects', { body: { name: 'p' } })).body.id;
  dataset = (await fovea.call('POST', '/v1/datasets', { body: { project, name: 'd' } })).body.id;
  for (const [path, n] of [['/a/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.jpg', 1], ['/b', 2], ['/c', 3]] as const) {
    await fovea.call('POST', `/v1/datasets/${dataset}/items?path=${encodeURIComponent(path)}&metadata=${encodeURIComponent(JSON.stringify({ n, text: 'a'.repeat(500) }))}`, { body: path });
  }
});
afterAll(() => fovea.close());

const query = (body: object, of = 'items') => fovea.call('POST', `/v1/datasets/${dataset}/${of}/query`, { body });
/** As by somebody who computes the check sum. */
const cursorFrom = ([mark, ...position]: unknown[]): string => writeCursor(mark as string, position);

test('half of a surrogate pair is refused by its place, a whole one is a character', async () => {
  const send = (json: string) => fovea.call('PATCH', `/v1/datasets/${dataset}`, { body: json, headers: { 'content-type': 'application/json' } });
  for (const [json, path] of [['{"metadata":{"a":["x","\\ud83d"]}}', 'body.metadata.a.1'], ['{"metadata":{"\\udc00":1}}', 'body.metadata'], ['{"description":"\\ude00\\ud83d"}', 'body.description']] as const) {
    const { status, body } = await send(json);
    expect([status, body.code, body.errors]).toEqual([400, 'invalid_request', [{ path, message: expect.stringContaining('surrogate') }]]);
  }
  expect((await send('{"description":"\\ud83d\\ude00"}')).body.description).toBe('😀');
});

describe('too much', () => {
  test.each(['and', 'or', 'not', 'having'])('a hundred levels of %s', async (key) => {
    let filter: object = { path: '/x' };
    for (let level = 0; level < 100; level++) filter = key === 'not' ? { not: filter } : key === 'having' ? { having: { [level % 2 === 0 ? 'annotations' : 'items']: filter } } : { [key]: [filter] };
    const { status, body } = await query({ filter }, key === 'having' ? 'annotations' : 'items');
    expect([status, body.code, body.detail]).toEqual([400, 'invalid_request', expect.stringContaining(`${queryLimits.maxDepth} levels`)]);
    expect(JSON.stringify(body).length).toBeLessThan(5_000);
  });
  test('a million values', async () => {
    const { status, body } = await query({ filter: { 'metadata.n': { in: Array.from({ length: 1_000_000 }, (_, n) => n) } } });
    expect([status, body.errors]).toEqual([400, [{ path: 'filter.metadata.n.in', message: expect.stringContaining('10,000') }]]);
  });
  test('ten thousand values are fine; more than a thousand conditions are not', async () => {
    expect((await query({ filter: { 'metadata.n': { in: Array.from({ length: 200 }, (_, n) => n) }, sizeBytes: { nin: Array.from({ length: 10_000 }, (_, n) => n + 100) } } })).body.data).toHaveLength(3);
    const { status, body } = await query({ filter: { or: Array.from({ length: 1_001 }, (_, n) => ({ sizeBytes: n })) } });
    expect([status, body.detail]).toEqual([400, expect.stringContaining('1000 conditions')]);
  });
  test.each(['path', 'name', 'metadata.text'])('patterns made to hurt, on %s', async (field) => {
    for (const match of ['*a'.repeat(2_000), `${'*a'.repeat(30)}b`, '(a+)+$', `${'?*'.repeat(1_000)}!`, `${'**/'.repeat(500)}x`, 'a'.repeat(10_001)]) {
      const { status } = await query({ filter: { [field]: { match } } });
      expect([match.slice(0, 20), status]).toEqual([match.slice(0, 20), match.length > queryLimits.maxTextLength ? 400 : 200]);
    }
  });
});

describe('wrong', () => {
  test.each<[object, string]>([
    [{ 'users.password': 'x' }, 'filter.users.password'],
    [{ password: 'x' }, 'filter.password'],
    [{ constructor: 'x' }, 'filter.constructor'],
    [{ 'metadata.': 1 }, 'filter.metadata.'],
    [{ having: { users: {} } }, 'filter.having.users'],
    [{ having: [] }, 'filter.having'],
    [{ and: {} }, 'filter.and'],
    [{ or: ['x'] }, 'filter.or[0]'],
    [{ not: 'x' }, 'filter.not'],
    [{ sizeBytes: '3' }, 'filter.sizeBytes.eq'],
    [{ sizeBytes: { in: [1, '2'] } }, 'filter.sizeBytes.in[1]'],
    [{ sizeBytes: { between: [1, 2] } }, 'filter.sizeBytes.between'],
    [{ sizeBytes: { in: 5 } }, 'filter.sizeBytes.in'],
    [{ sizeBytes: {} }, 'filter.sizeBytes'],
    [{ sizeBytes: { match: '1*' } }, 'filter.sizeBytes.match'],
    [{ path: { match: 5 } }, 'filter.path.match'],
    [{ path: { exists: 'yes' } }, 'filter.path.exists'],
    [{ path: 'a\u0000b' }, 'filter.path.eq'],
    [{ path: '\ud800' }, 'body.filter.path'],
    [{ id: 'x' }, 'filter.id.eq'],
    [{ createdAt: { gt: '2026-01-01T00:00:00' } }, 'filter.createdAt.gt'],
    [{ createdAt: { gt: 'yesterday' } }, 'filter.createdAt.gt'],
    [{ kind: 'picture' }, 'filter.kind.eq'],
    [{ labels: { gt: 'a' } }, 'filter.labels.gt'],
    [{ hidden: { gt: true } }, 'filter.hidden.gt'],
    [{ 'metadata.n': { gt: true } }, 'filter.metadata.n.gt'],
    [{ 'metadata.n': { eq: '\ud800' } }, 'body.filter.metadata.n.eq'],
  ])('%j is refused at its place', async (filter, path) => {
    const { status, body } = await query({ filter });
    expect([status, body.code, body.errors[0].path]).toEqual([400, 'invalid_request', path]);
  });
  test.each<object>([{ sizeBytes: 1.5 }, { sizeBytes: 1e300 }, { width: { gt: 3e9 } }, { width: { in: [0.5, 3e9] } }, { sizeBytes: { lt: -1e-300 } }, { 'metadata.n': { gt: 1e300 } }, { createdAt: { gt: '0001-01-01T00:00:00Z' } }, { createdAt: { lt: '9999-12-31T23:59:59Z' } }])('%j has an answer', async (filter) => {
    expect((await query({ filter })).status).toBe(200);
  });
});

describe('cursors', () => {
  const sorts = [['path'], ['sizeBytes'], ['createdAt'], ['kind'], ['metadata.n'], ['width', 'path'], ['hidden'], ['sha256'], ['publishedAt']].map((names) => names.map((field) => ({ field })));
  test('of another filter, sort, dataset or kind of thing are refused', async () => {
    const { next } = (await query({ filter: {}, limit: 1 })).body;
    const other = (await fovea.call('POST', '/v1/datasets', { body: { project, name: 'other' } })).body.id;
    const answers = await Promise.all([
      query({ filter: { path: '/b' }, limit: 1, cursor: next }),
      query({ filter: {}, sort: [{ field: 'path', direction: 'desc' }], limit: 1, cursor: next }),
      query({ filter: {}, limit: 1, cursor: next }, 'annotations'),
      fovea.call('POST', `/v1/datasets/${other}/items/query`, { body: { filter: {}, limit: 1, cursor: next } }),
    ]);
    for (const { status, body } of answers) expect([status, body.errors[0].path]).toEqual([400, 'cursor']);
    expect((await query({ filter: {}, limit: 1, cursor: next })).status).toBe(200);
  });
  test.each(sorts.map((sort) => [JSON.stringify(sort.map(({ field }) => field)), sort] as const))('forged ones are refused, sorted by %s', async (_name, sort) => {
    const { next } = (await query({ filter: {}, sort, limit: 1 })).body;
    const { mark, position } = openCursor(next) ?? { mark: '', position: [] };
    expect(position).not.toEqual([]);
    const forged = ['x', "'; drop table items; --", '\ud800', 'a\u0000', '', '1e999', 'NaN', '2026-13-41', '{', [], {}, 5, true];
    for (const value of forged) {
      for (const place of position.keys()) {
        const { status, body } = await query({ filter: {}, sort, limit: 1, cursor: cursorFrom([mark, ...position.with(place, value)]) });
        expect([value, [200, 400].includes(status), status === 200 || body.errors[0].path === 'cursor']).toEqual([value, true, true]);
      }
    }
    for (const cursor of ['x', '%%%', cursorFrom([]), cursorFrom([mark]), cursorFrom(['0', ...position]), Buffer.from('[').toString('base64url'), 'A'.repeat(20_000), next.slice(0, -2), Buffer.from(Buffer.from(next, 'base64url').map((byte, at) => (at === 20 ? byte ^ 1 : byte))).toString('base64url')]) {
      expect([cursor.slice(0, 20), (await query({ filter: {}, sort, limit: 1, cursor })).status]).toEqual([cursor.slice(0, 20), 400]);
    }
    expect((await query({ filter: {}, sort, limit: 1, cursor: next })).status).toBe(200);
  });
});
