import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { AbortedError, ConnectionError, InternalError, InvalidRequestError, NotAvailableError, NotFoundError, RateLimitedError, RevisionConflictError, TimeoutError, UnexpectedAnswerError } from './errors.ts';
import { Fovea } from './fovea.ts';
import { retryAfterMs } from './answer.ts';
import { sendJson, sendProblem, serveHttp, type TestServer } from './testing.ts';
import { waitBeforeRetryMs } from './transport.ts';

let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

test('a POST that fails for a passing reason is sent again under the same idempotency key', async () => {
  server = await serveHttp((_, response, count) => (count < 3 ? sendProblem(response, count === 1 ? 503 : 429, count === 1 ? 'not_available' : 'rate_limited') : sendJson(response, 201, { id: 'p' })));
  const project = await server.client().projects.create({ name: 'A' });
  expect(project).toEqual({ id: 'p' });
  const keys = server.seen.map((request) => request.headers['idempotency-key']);
  expect(keys).toHaveLength(3);
  expect(new Set(keys).size).toBe(1);
  expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
  expect(JSON.parse(server.seen[2]!.body.toString())).toEqual({ name: 'A' });
});

test('two calls have two idempotency keys, a key that is given is kept, and a GET has none', async () => {
  server = await serveHttp((_, response) => sendJson(response, 200, {}));
  const fovea = server.client();
  await fovea.projects.create({ name: 'A' });
  await fovea.projects.create({ name: 'A' });
  await fovea.projects.create({ name: 'A' }, { idempotencyKey: 'mine' });
  await fovea.projects.get('A');
  const keys = server.seen.map((request) => request.headers['idempotency-key']);
  expect(keys[0]).not.toBe(keys[1]);
  expect(keys[2]).toBe('mine');
  expect(keys[3]).toBeUndefined();
});

test('it gives up after maxRetries with the last error', async () => {
  server = await serveHttp((_, response) => sendProblem(response, 500, 'internal'));
  await expect(server.client({ maxRetries: 1 }).projects.get('A')).rejects.toThrow(InternalError);
  expect(server.seen).toHaveLength(2);
});

test('what does not pass by itself is not repeated', async () => {
  server = await serveHttp((_, response, count) => (count === 1 ? sendProblem(response, 404, 'not_found') : sendProblem(response, 507, 'disk_full')));
  const error = await server.client().projects.get('A').catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(NotFoundError);
  expect(error).toMatchObject({ code: 'not_found', status: 404, requestId: 'request-1', detail: 'It is not_found.', errors: [] });
  await expect(server.client().projects.get('A')).rejects.toMatchObject({ code: 'disk_full' });
  expect(server.seen).toHaveLength(2);
});

test('Retry-After is honoured up to a minute, and a longer one is handed to the caller', async () => {
  server = await serveHttp((_, response, count) => {
    if (count === 1) sendProblem(response, 429, 'rate_limited', {}, { 'retry-after': '1' });
    else if (count === 2) sendJson(response, 200, { id: 'p' });
    else sendProblem(response, 429, 'rate_limited', {}, { 'retry-after': '3600' });
  });
  const startedMs = performance.now();
  await server.client().projects.get('A');
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(990);
  const error = await server.client().projects.get('A').catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(RateLimitedError);
  expect(error).toMatchObject({ retryAfterMs: 3_600_000 });
  expect(server.seen).toHaveLength(3);
});

test('Retry-After is read as seconds and as a date', () => {
  expect(retryAfterMs('7')).toBe(7_000);
  expect(retryAfterMs('Wed, 21 Oct 2015 07:28:00 GMT', Date.parse('2015-10-21T07:27:30Z'))).toBe(30_000);
  expect(retryAfterMs('soon')).toBeUndefined();
  expect(retryAfterMs(null)).toBeUndefined();
});

test('waits grow and are jittered', () => {
  const failure = new ConnectionError('');
  expect([0, 1, 2, 3, 10].map((attempt) => waitBeforeRetryMs(failure, attempt, () => 1))).toEqual([500, 1000, 2000, 4000, 8000]);
  expect(waitBeforeRetryMs(failure, 0, () => 0)).toBe(250);
});

test('errors carry what the server said: field errors and the present state', async () => {
  server = await serveHttp((_, response, count) =>
    count === 1
      ? sendProblem(response, 400, 'invalid_request', { errors: [{ path: 'body.name', message: 'must not be empty' }] })
      : sendProblem(response, 412, 'revision_conflict', { current: { revision: 4 } }),
  );
  const invalid = await server.client().projects.create({ name: '' }).catch((caught: unknown) => caught);
  expect(invalid).toBeInstanceOf(InvalidRequestError);
  expect(invalid).toMatchObject({ errors: [{ path: 'body.name', message: 'must not be empty' }] });
  const lost = await server.client().projects.update('p', { name: 'B' }, { ifMatch: 3 }).catch((caught: unknown) => caught);
  expect(lost).toBeInstanceOf(RevisionConflictError);
  expect(lost).toMatchObject({ current: { revision: 4 } });
  expect(server.seen[1]!.headers['if-match']).toBe('"3"');
});

test('an error page of a proxy becomes the nearest error', async () => {
  server = await serveHttp((_, response) => response.writeHead(502, { 'content-type': 'text/html', 'x-request-id': 'edge-7' }).end('<h1>Bad Gateway</h1>'));
  const error = await server.client({ maxRetries: 0 }).projects.get('A').catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(NotAvailableError);
  expect(error).toMatchObject({ status: 502, requestId: 'edge-7', detail: 'The server answered 502 Bad Gateway without saying why.' });
});

test('a page where JSON belongs is reported as a wrong URL, not retried', async () => {
  server = await serveHttp((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'));
  const error = await server.client().projects.get('A').catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(UnexpectedAnswerError);
  expect(error).toHaveProperty('message', expect.stringContaining('answered text/html instead of JSON'));
  expect(server.seen).toHaveLength(1);
});

test('nobody listening is a ConnectionError that says where', async () => {
  const fovea = new Fovea({ url: 'http://127.0.0.1:1', key: 'k', maxRetries: 0 });
  const error = await fovea.projects.get('A').catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ConnectionError);
  expect(error).toHaveProperty('message', expect.stringContaining('http://127.0.0.1:1 cannot be reached: '));
});

test('a connection that breaks off is retried', async () => {
  server = await serveHttp((_, response, count) => {
    if (count === 1) response.socket?.destroy();
    else if (count === 2) {
      response.writeHead(200, { 'content-length': '100' }).write('{"id":');
      setTimeout(() => response.socket?.destroy(), 20);
    } else sendJson(response, 200, { id: 'p' });
  });
  expect(await server.client().projects.get('A')).toEqual({ id: 'p' });
  expect(server.seen).toHaveLength(3);
});

test('silence ends in TimeoutError after timeoutMs', async () => {
  const silent = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const fovea = new Fovea({ url: `http://127.0.0.1:${(silent.address() as AddressInfo).port}`, key: 'k', timeoutMs: 100, maxRetries: 0 });
  const startedMs = performance.now();
  const error = await fovea.projects.get('A').catch((caught: unknown) => caught);
  silent.close();
  expect(error).toBeInstanceOf(TimeoutError);
  expect(performance.now() - startedMs).toBeLessThan(5_000);
});

test('an answer whose body never ends runs into the deadline too', async () => {
  server = await serveHttp((_, response) => response.writeHead(200, { 'content-type': 'application/json' }).write('{'));
  await expect(server.client({ timeoutMs: 100, maxRetries: 0 }).projects.get('A')).rejects.toThrow(TimeoutError);
});

test('a signal ends a call: before it, during it, and while it waits for its next attempt', async () => {
  server = await serveHttp((_, response) => sendProblem(response, 503, 'not_available', {}, { 'retry-after': '30' }));
  const fovea = server.client();
  await expect(fovea.projects.get('A', { signal: AbortSignal.abort('no') })).rejects.toThrow(AbortedError);
  expect(server.seen).toHaveLength(0);
  const startedMs = performance.now();
  const error = await fovea.projects.get('A', { signal: AbortSignal.timeout(150) }).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(AbortedError);
  expect(performance.now() - startedMs).toBeLessThan(5_000);
  await server.close();
  server = await serveHttp(() => undefined);
  await expect(server.client().projects.get('A', { signal: AbortSignal.timeout(100) })).rejects.toThrow(AbortedError);
  expect(server.seen).toHaveLength(1);
});

test('the logger hears of requests and retries, never of the key', async () => {
  server = await serveHttp((_, response, count) => (count === 1 ? sendProblem(response, 503, 'not_available') : sendJson(response, 200, {})));
  const lines: string[] = [];
  const hear = (level: string) => (fields: object, message: string) => void lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  await server.client({ key: 'very-secret-key', logger: { debug: hear('debug'), warn: hear('warn') } }).projects.get('A');
  expect(lines.map((line) => line.split(' ')[0])).toEqual(['debug', 'warn', 'debug']);
  expect(lines.join()).not.toContain('secret');
});
