import { afterEach, expect, test } from 'vitest';
import { NotAvailableError } from '../errors.ts';
import { sendJson, sendProblem, serveHttp, type TestServer } from '../testing.ts';

let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

test('create and apply send lists, in a task where one is named', async () => {
  server = await serveHttp((_, response) => sendJson(response, 200, { data: [] }));
  const { annotations } = server.client();
  await annotations.create('i', [], { task: 't' });
  await annotations.apply('i', []);
  expect(server.seen.map(({ url, body }) => `${url} ${body.toString()}`)).toEqual(['/v1/items/i/annotations?task=t {"annotations":[]}', '/v1/items/i/operations {"operations":[]}']);
});

test('an import sends lines, from whatever they come', async () => {
  server = await serveHttp((_, response) => sendJson(response, 200, { imported: 2, failed: 0, errors: [] }));
  const { annotations } = server.client();
  const things = [{ path: '/a', label: 'ü' }, { path: '/b' }];
  const text = '{"path":"/a","label":"ü"}\n{"path":"/b"}\n';
  const later = async function* () {
    yield* things;
  };
  for (const lines of [things, later(), text, new TextEncoder().encode(text), new Blob([text]), new Blob([text]).stream()]) await annotations.import('d', lines);
  expect(server.seen.map(({ body }) => body.toString())).toEqual(Array.from({ length: 6 }, () => text));
  expect(server.seen[0]).toMatchObject({ url: '/v1/datasets/d/annotations/import', headers: { 'content-type': 'application/x-ndjson' } });
});

test('many lines go in several chunks, and an import that fails is not repeated', async () => {
  server = await serveHttp((_, response, count) => (count === 1 ? sendJson(response, 200, { imported: 1, failed: 0, errors: [] }) : sendProblem(response, 503, 'not_available')));
  const lines = function* () {
    for (let index = 0; index < 20_000; index++) yield { path: `/f${index}` };
  };
  await server.client().annotations.import('d', lines());
  expect(server.seen[0]!.body.toString().split('\n')).toHaveLength(20_001);
  await expect(server.client().annotations.import('d', lines())).rejects.toThrow(NotAvailableError);
  expect(server.seen).toHaveLength(2);
});
