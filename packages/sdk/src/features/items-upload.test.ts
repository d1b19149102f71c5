import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AbortedError, ConflictError, ConnectionError, NotAvailableError, SourceError } from '../errors.ts';
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

const stored = (request: Seen) => ({ outcome: 'created', item: { id: 'i', sizeBytes: request.body.length } });
const accept = () => serveHttp((request, response) => sendJson(response, 201, stored(request)));

function bigFile(bytes: number): { path: string; content: Buffer } {
  const content = Buffer.alloc(bytes, 'fovea ');
  const path = join(folder, 'big file.bin');
  writeFileSync(path, content);
  return { path, content };
}

test('a path is sent with its length under its name, and progress rises to the end', async () => {
  server = await accept();
  const { path, content } = bigFile(3_500_000);
  const told: number[] = [];
  const result = await server.client().items.upload('d', path, { onProgress: ({ sentBytes, totalBytes }) => told.push(sentBytes / (totalBytes ?? 0)) });
  expect(result.outcome).toBe('created');
  const [request] = server.seen;
  expect(request!.url).toBe('/v1/datasets/d/items?path=big+file.bin');
  expect(request!.headers['content-length']).toBe('3500000');
  expect(request!.headers['idempotency-key']).toBeUndefined();
  expect(request!.body.equals(content)).toBe(true);
  expect(told.length).toBeGreaterThan(3);
  expect(told).toEqual(told.toSorted((a, b) => a - b));
  expect(told.at(-1)).toBe(1);
});

test('every kind of source arrives byte for byte', async () => {
  server = await accept();
  const { items } = server.client();
  const bytes = new TextEncoder().encode('some bytes');
  await items.upload('d', bytes, { path: '/bytes' });
  await items.upload('d', new Blob([bytes]), { path: '/blob' });
  await items.upload('d', new File([bytes], 'file.txt'));
  await items.upload('d', new Blob([bytes]).stream(), { path: '/web-stream' });
  await items.upload('d', Readable.from([bytes.subarray(0, 4), bytes.subarray(4)]), { path: '/node-stream' });
  await items.upload('d', new Uint8Array(), { path: '/empty' });
  expect(server.seen.map((request) => [new URLSearchParams(request.url.split('?')[1]).get('path'), request.body.toString()])).toEqual([
    ['/bytes', 'some bytes'],
    ['/blob', 'some bytes'],
    ['file.txt', 'some bytes'],
    ['/web-stream', 'some bytes'],
    ['/node-stream', 'some bytes'],
    ['/empty', ''],
  ]);
});

test('what is said about the item travels in the query', async () => {
  server = await accept();
  await server.client().items.upload('d', new Uint8Array(1), {
    path: '/a',
    ifExists: 'replace',
    labels: ['night', 'rain'],
    channel: 'left',
    status: 'published',
    metadata: { camera: { iso: 400 } },
    expiresAt: new Date('2030-01-01T00:00:00Z'),
  });
  expect(Object.fromEntries(new URLSearchParams(server.seen[0]!.url.split('?')[1]))).toEqual({
    path: '/a',
    ifExists: 'replace',
    labels: 'night,rain',
    channel: 'left',
    status: 'published',
    metadata: '{"camera":{"iso":400}}',
    expiresAt: '2030-01-01T00:00:00.000Z',
  });
  await expect(server.client().items.upload('d', new Uint8Array(1), { path: '/a', labels: ['a,b'] })).rejects.toThrow('contains a comma');
});

test('a failed upload of a path or a Blob is read again from the start', async () => {
  const { path, content } = bigFile(1_500_000);
  server = await serveHttp((request, response, count) => (count % 2 === 1 ? sendProblem(response, 503, 'not_available') : sendJson(response, 201, stored(request))));
  await server.client().items.upload('d', path);
  await server.client().items.upload('d', new Blob([new Uint8Array(content)]), { path: '/b' });
  expect(server.seen.map((request) => request.body.equals(content))).toEqual([true, true, true, true]);
});

test('a stream is sent once only', async () => {
  server = await serveHttp((_, response) => sendProblem(response, 503, 'not_available'));
  await expect(server.client().items.upload('d', new Blob(['x']).stream(), { path: '/s' })).rejects.toThrow(NotAvailableError);
  expect(server.seen).toHaveLength(1);
});

test('a refusal is not repeated', async () => {
  server = await serveHttp((_, response) => sendProblem(response, 409, 'conflict'));
  await expect(server.client().items.upload('d', new Uint8Array(5), { path: '/a' })).rejects.toThrow(ConflictError);
  expect(server.seen).toHaveLength(1);
});

test('a file that is not there, or a folder, is named', async () => {
  server = await accept();
  const { items } = server.client();
  await expect(items.upload('d', join(folder, 'nothing.jpg'))).rejects.toThrow(/nothing\.jpg" does not exist/);
  await expect(items.upload('d', folder)).rejects.toThrow('is not a file');
  await expect(items.upload('d', new Blob(['x']))).rejects.toThrow('needs a path');
  await expect(items.upload('d', 7 as unknown as Blob, { path: '/a' })).rejects.toThrow(TypeError);
  expect(server.seen).toHaveLength(0);
});

test('a file that shrinks while it is sent fails as a source, without a retry', async () => {
  server = await serveHttp(() => undefined);
  const { path } = bigFile(30_000_000);
  const upload = server.client().items.upload('d', path, {
    onProgress: ({ sentBytes }) => {
      if (sentBytes <= 1_048_576) truncateSync(path, 2_000_000);
    },
  });
  const error = await upload.catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(SourceError);
  expect((error as Error).message).toContain('became shorter while it was read');
  expect(server.seen).toHaveLength(0);
});

test('a stream that breaks fails as a source', async () => {
  server = await accept();
  const broken = async function* () {
    yield new Uint8Array(10);
    throw new Error('the camera was unplugged');
  };
  const error = await server.client().items.upload('d', broken(), { path: '/a' }).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(SourceError);
  expect((error as Error).message).toContain('the camera was unplugged');
});

test('a signal ends an upload and lets go of its source', async () => {
  server = await serveHttp(() => undefined);
  let released = false;
  const endless = async function* () {
    try {
      for (;;) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        yield new Uint8Array(1000);
      }
    } finally {
      released = true;
    }
  };
  await expect(server.client().items.upload('d', endless(), { path: '/a', signal: AbortSignal.timeout(60) })).rejects.toThrow(AbortedError);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(released).toBe(true);
});

test('an upload may take longer than timeoutMs as long as bytes move', async () => {
  server = await accept();
  const slow = async function* () {
    for (let index = 0; index < 6; index++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      yield new Uint8Array(10);
    }
  };
  const { item } = await server.client({ timeoutMs: 200 }).items.upload('d', slow(), { path: '/a' });
  expect(item.sizeBytes).toBe(60);
  const stuck = async function* () {
    yield new Uint8Array(10);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
  };
  await expect(server.client({ timeoutMs: 100 }).items.upload('d', stuck(), { path: '/a' })).rejects.toThrow(ConnectionError);
});
