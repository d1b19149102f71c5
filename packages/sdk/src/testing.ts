// A small HTTP server that tests program request by request.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Fovea } from './fovea.ts';
import type { FoveaOptions } from './client.ts';

/** A request as it came. */
export interface Seen {
  method: string;
  /** Path with query. */
  url: string;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

export interface TestServer {
  url: string;
  seen: Seen[];
  /** A client of it, with a key and without waiting between attempts being noticed. */
  client(options?: FoveaOptions): Fovea;
  close(): Promise<void>;
}

/** Answers each request, body read already, by `answer`. */
export async function serveHttp(answer: (request: Seen, response: ServerResponse, count: number) => void): Promise<TestServer> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const one = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body: Buffer.concat(parts) };
      seen.push(one);
      answer(one, response, seen.length);
    });
    request.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    seen,
    client: (options) => new Fovea({ url, key: 'test-key', ...options }),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

export function sendJson(response: ServerResponse, status: number, value: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
}

/** Problem details of a code. */
export function sendProblem(response: ServerResponse, status: number, code: string, more: Record<string, unknown> = {}, headers: Record<string, string> = {}): void {
  sendJson(response, status, { type: 'about:blank', title: code, status, detail: `It is ${code}.`, code, requestId: 'request-1', ...more }, { ...headers, 'content-type': 'application/problem+json' });
}
