import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AbortedError, ConnectionError, IntegrityError, NotFoundError } from '../errors.ts';
import { sendJson, sendProblem, serveHttp, type Seen, type TestServer } from '../testing.ts';

let folder: string;
let server: TestServer | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fovea-sdk-'));
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const content = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 31) % 251));
const sha256 = createHash('sha256').update(content).digest('hex');
const item = { id: 'i', sha256, sizeBytes: content.length };
const partOf = (target: string) => `${target}.${sha256.slice(0, 16)}.part`;

/** Answers as the platform does, ranges included; sends `upTo` bytes at most before the connection breaks. */
function sendContent(request: Seen, response: ServerResponse, upTo = content.length): void {
  const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const rest = content.subarray(from);
  response.writeHead(from > 0 ? 206 : 200, { 'content-length': rest.length, etag: `"${sha256}"` });
  if (rest.length <= upTo) response.end(rest);
  else response.write(rest.subarray(0, upTo), () => setTimeout(() => response.socket?.destroy(), 30));
}

test('without a target it gives the Response, whole or a range', async () => {
  server = await serveHttp((request, response) => sendContent(request, response));
  const response = await server.client().items.download('i');
  expect(Buffer.from(await response.arrayBuffer()).equals(content)).toBe(true);
  const part = await server.client().items.download(item, { range: 'bytes=299990-' });
  expect(part.status).toBe(206);
  expect(Buffer.from(await part.arrayBuffer()).equals(content.subarray(299_990))).toBe(true);
});

test('a file is written under its name when it is whole, with progress', async () => {
  server = await serveHttp((request, response) => (request.url === '/v1/items/i' ? sendJson(response, 200, item) : sendContent(request, response)));
  const target = join(folder, 'new', 'out.bin');
  const told: number[] = [];
  const saved = await server.client().items.download('i', { to: target, onProgress: ({ receivedBytes }) => told.push(receivedBytes) });
  expect(saved).toEqual({ path: target, sizeBytes: content.length, sha256, resumedBytes: 0 });
  expect(readFileSync(target).equals(content)).toBe(true);
  expect(readdirSync(join(folder, 'new'))).toEqual(['out.bin']);
  expect(told.at(-1)).toBe(content.length);
});

test('a connection that breaks off is resumed where it ended', async () => {
  server = await serveHttp((request, response, count) => sendContent(request, response, count < 3 ? 100_000 : undefined));
  const target = join(folder, 'out.bin');
  await server.client().items.download(item, { to: target });
  expect(readFileSync(target).equals(content)).toBe(true);
  const ranges = server.seen.map((request) => request.headers.range);
  expect(ranges[0]).toBeUndefined();
  expect(ranges[1]).toMatch(/^bytes=[1-9]\d*-$/);
  expect(server.seen[1]!.headers['if-range']).toBe(`"${sha256}"`);
});

test('what an earlier download left is taken up', async () => {
  server = await serveHttp((request, response) => sendContent(request, response));
  const target = join(folder, 'out.bin');
  writeFileSync(partOf(target), content.subarray(0, 123_456));
  const saved = await server.client().items.download(item, { to: target });
  expect(saved.resumedBytes).toBe(123_456);
  expect(server.seen.map((request) => request.headers.range)).toEqual(['bytes=123456-']);
  expect(readFileSync(target).equals(content)).toBe(true);
});

test('a leftover that is not of this content is fetched anew', async () => {
  server = await serveHttp((request, response) => sendContent(request, response));
  const target = join(folder, 'out.bin');
  writeFileSync(partOf(target), Buffer.alloc(50_000, 'wrong'));
  await server.client().items.download(item, { to: target });
  expect(readFileSync(target).equals(content)).toBe(true);
  writeFileSync(partOf(target), Buffer.alloc(content.length + 5));
  await server.client().items.download(item, { to: target });
  expect(readFileSync(target).equals(content)).toBe(true);
});

test('a server that ignores the range sends all, and all is taken', async () => {
  server = await serveHttp((request, response) => sendContent({ ...request, headers: {} }, response));
  const target = join(folder, 'out.bin');
  writeFileSync(partOf(target), content.subarray(0, 1_000));
  await server.client().items.download(item, { to: target });
  expect(readFileSync(target).equals(content)).toBe(true);
});

test('wrong bytes never come under the name, and nothing of them stays', async () => {
  server = await serveHttp((_, response) => response.end(Buffer.alloc(content.length)));
  const target = join(folder, 'out.bin');
  writeFileSync(target, 'the old file');
  await expect(server.client().items.download(item, { to: target })).rejects.toThrow(IntegrityError);
  expect(readFileSync(target, 'utf8')).toBe('the old file');
  expect(readdirSync(folder)).toEqual(['out.bin']);
});

test('an empty file needs no request', async () => {
  server = await serveHttp((_, response) => sendProblem(response, 500, 'internal'));
  const target = join(folder, 'empty');
  await server.client().items.download({ id: 'i', sizeBytes: 0, sha256: createHash('sha256').digest('hex') }, { to: target });
  expect(readFileSync(target)).toHaveLength(0);
  expect(server.seen).toHaveLength(0);
});

test('it gives up when the connection breaks off again and again without a byte, and keeps what it has', async () => {
  server = await serveHttp((request, response, count) => (count === 1 ? sendContent(request, response, 50_000) : response.socket?.destroy()));
  const target = join(folder, 'out.bin');
  await expect(server.client({ maxRetries: 1 }).items.download(item, { to: target })).rejects.toThrow(ConnectionError);
  expect(existsSync(target)).toBe(false);
  expect(readFileSync(partOf(target)).length).toBeGreaterThan(0);
});

test('a signal ends it, an item that is gone is told', async () => {
  server = await serveHttp((request, response) => (request.url.includes('gone') ? sendProblem(response, 404, 'not_found') : response.writeHead(200).write('x')));
  await expect(server.client().items.download(item, { to: join(folder, 'a'), signal: AbortSignal.timeout(80) })).rejects.toThrow(AbortedError);
  await expect(server.client().items.download({ ...item, id: 'gone' }, { to: join(folder, 'b') })).rejects.toThrow(NotFoundError);
});
