import { afterEach, expect, test } from 'vitest';
import { sendJson, serveHttp, type TestServer } from '../testing.ts';

let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const lines = Array.from({ length: 50 }, (_, index) => ({ path: `/\u00e9 ${index}`, split: 'train' }));

async function serveLines(): Promise<TestServer> {
  return serveHttp(async (_request, response) => {
    const bytes = Buffer.from(`${lines.map((line) => JSON.stringify(line)).join('\n')}\n`);
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    for (let start = 0; start < bytes.length; start += 7) response.write(bytes.subarray(start, start + 7));
    response.end();
  });
}

test('items.stream gives the lines of the answer, and sends the query', async () => {
  server = await serveLines();
  const seen: unknown[] = [];
  for await (const item of server.client().items.stream('d', { filter: { kind: 'image' }, fields: ['path'] })) seen.push(item);
  expect(seen).toEqual(lines);
  expect(server.seen[0]).toMatchObject({ method: 'POST', url: '/v1/datasets/d/items/stream' });
  expect(JSON.parse(String(server.seen[0]?.body))).toEqual({ filter: { kind: 'image' }, fields: ['path'] });
});

test('versions.stream gives the lines of the answer one after another, wherever the network cuts them', async () => {
  server = await serveLines();
  const seen: unknown[] = [];
  for await (const item of server.client().versions.stream('the dataset', 'latest', { split: 'train' })) seen.push(item);
  expect(seen).toEqual(lines);
  expect(server.seen[0]?.url).toBe('/v1/datasets/the%20dataset/versions/latest/stream?split=train');
});

test('runs.input and runs.report go to the address of the task', async () => {
  server = await serveHttp((_request, response) => sendJson(response, 200, {}));
  const at = (rest: string) => `${server?.url}/v1/runs/a/1${rest}?expires=9&signature=s`;
  await server.client().runs.input(at('/inputs/video/0'));
  await server.client().runs.report(at('/report'), { status: 'running', progress: 0.5 });
  expect(server.seen.map((request) => [request.method, request.url])).toEqual([
    ['GET', '/v1/runs/a/1/inputs/video/0?expires=9&signature=s'],
    ['POST', '/v1/runs/a/1/report?expires=9&signature=s'],
  ]);
});
