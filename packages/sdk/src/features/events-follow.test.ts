import type { ServerResponse } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { AbortedError, ForbiddenError } from '../errors.ts';
import { sendProblem, serveHttp, type TestServer } from '../testing.ts';

let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const line = (seq: number) => `id: ${seq}\nevent: item.created\ndata: ${JSON.stringify({ seq, type: 'item.created' })}\n\n`;
function begin(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).write(`: connected\n\n${text}`);
}

test('events are given as they come, however they are cut, and a broken connection goes on after the last', async () => {
  server = await serveHttp((_, response, count) => {
    if (count === 1) {
      const text = `${line(1)}: alive\r\n\r\n${line(2)}`;
      begin(response, text.slice(0, 40));
      setTimeout(() => response.write(text.slice(40), () => response.socket?.destroy()), 30);
    } else begin(response, line(3));
  });
  const seen: number[] = [];
  let opened = 0;
  for await (const event of server.client().events.follow('p', { onOpen: () => void opened++ })) {
    seen.push(event.seq);
    if (event.seq === 3) break;
  }
  expect([seen, opened]).toEqual([[1, 2, 3], 2]);
  expect(server.seen.map((request) => request.headers['last-event-id'])).toEqual([undefined, '2']);
});

test('after, silence and a server that ends the answer', async () => {
  server = await serveHttp((_, response, count) => {
    begin(response, count === 1 ? '' : line(8));
    if (count === 2) response.end();
  });
  const seen: number[] = [];
  for await (const event of server.client().events.follow('p', { after: 7, timeoutMs: 100 })) if (seen.push(event.seq) === 2) break;
  expect(seen).toEqual([8, 8]);
  expect(server.seen.map((request) => request.headers['last-event-id'])).toEqual(['7', '7', '8']);
});

test('a refusal is thrown, a signal ends it', async () => {
  server = await serveHttp((request, response) => (request.url.includes('secret') ? sendProblem(response, 403, 'forbidden') : begin(response, '')));
  await expect(server.client().events.follow('secret').next()).rejects.toThrow(ForbiddenError);
  await expect(server.client().events.follow('p', { signal: AbortSignal.timeout(80) }).next()).rejects.toThrow(AbortedError);
});
