import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AbortedError, SourceError, UnauthenticatedError } from '../errors.ts';
import { filesIn, UploadManyError, type UploadManyProgress } from '../index.ts';
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

/** The files of a multipart body, read by the runtime's own parser. */
async function filesOf(request: Seen): Promise<{ path: string; text: string }[]> {
  const form = await new Response(new Uint8Array(request.body), { headers: { 'content-type': request.headers['content-type'] ?? '' } }).formData();
  return Promise.all(form.getAll('file').map(async (file) => ({ path: (file as File).name, text: await (file as File).text() })));
}

/** A platform that keeps what it is sent; paths that contain `bad` fail. */
async function storing(): Promise<{ server: TestServer; stored: Map<string, number>; bundles: number[] }> {
  const stored = new Map<string, number>();
  const bundles: number[] = [];
  const made = await serveHttp((request, response) => {
    if (!request.url.includes('/bundle')) {
      const path = new URLSearchParams(request.url.split('?')[1]).get('path') ?? '';
      stored.set(path, request.body.length);
      return sendJson(response, 201, { outcome: 'created', item: { path, sizeBytes: request.body.length } });
    }
    return void answerBundle(request, response);
  });
  const answerBundle = async (request: Seen, response: ServerResponse) => {
    const files = await filesOf(request);
    bundles.push(files.length);
    const results = files.map(({ path, text }) => {
      if (path.includes('bad')) return { path, outcome: 'failed', error: { path, message: 'The path is taken.' } };
      stored.set(path, text.length);
      return { path, outcome: 'created', item: { path, sizeBytes: text.length } };
    });
    sendJson(response, 200, { results });
  };
  server = made;
  return { server: made, stored, bundles };
}

const text = (content: string) => new TextEncoder().encode(content);

test('a folder goes with its tree: small files in bundles, big ones by themselves', async () => {
  mkdirSync(join(folder, 'sub', 'deep'), { recursive: true });
  for (let index = 0; index < 250; index++) writeFileSync(join(folder, 'sub', `small ${index}.txt`), `content ${index}`);
  writeFileSync(join(folder, 'sub', 'deep', 'big.bin'), Buffer.alloc(1_200_000));
  writeFileSync(join(folder, '.hidden'), 'not this');
  const { server: at, stored, bundles } = await storing();
  const told: UploadManyProgress[] = [];
  const result = await at.client().items.uploadMany('d', folder, { onProgress: (progress) => told.push({ ...progress }) });
  const bytes = [...stored.values()].reduce((sum, size) => sum + size, 0);
  expect(result).toEqual({ created: 251, existing: 0, replaced: 0, failed: 0, bytes, failures: [] });
  expect(stored.size).toBe(251);
  expect(stored.get('/sub/deep/big.bin')).toBe(1_200_000);
  expect(stored.get('/sub/small 7.txt')).toBe('content 7'.length);
  expect(bundles.toSorted((a, b) => a - b)).toEqual([50, 100, 100]);
  expect(told.at(-1)).toEqual({ files: 251, failed: 0, bytes, totalFiles: undefined });
});

test('a bundle holds at most about 8 MiB', async () => {
  const { server: at, bundles } = await storing();
  const files = Array.from({ length: 30 }, (_, index) => ({ path: `/f${index}`, file: new Uint8Array(900_000) }));
  expect((await at.client().items.uploadMany('d', files)).created).toBe(30);
  expect(Math.max(...bundles)).toBe(10);
});

test('names survive as they are', async () => {
  const { server: at, stored } = await storing();
  const paths = ['/a "quoted" name.txt', '/ünï/😀.txt', '/שלום.txt', '/100%22.txt', '/a;b=c.txt', '/ blank .txt', "/it's.txt", '/no-slash'];
  const result = await at.client().items.uploadMany('d', paths.map((path) => ({ path: path === '/no-slash' ? 'no-slash' : path, file: text(path) })));
  expect(result.created).toBe(paths.length);
  expect([...stored.keys()].toSorted()).toEqual(paths.toSorted());
});

test('into puts everything below a folder of the dataset', async () => {
  const { server: at, stored } = await storing();
  await at.client().items.uploadMany('d', [{ path: '/a/b.txt', file: text('x') }], { into: 'runs/7/' });
  expect([...stored.keys()]).toEqual(['/runs/7/a/b.txt']);
});

test('stop: the first failure ends it, with what became of the files', async () => {
  const { server: at, bundles } = await storing();
  const files = Array.from({ length: 1_000 }, (_, index) => ({ path: index === 3 ? '/bad.txt' : `/f${index}`, file: text('x') }));
  const error = await at.client().items.uploadMany('d', files, { concurrency: 1 }).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(UploadManyError);
  expect(error).toHaveProperty('message', '"/bad.txt" could not be uploaded: The path is taken.');
  expect((error as UploadManyError).result).toMatchObject({ created: 99, failed: 1, failures: [{ path: '/bad.txt', message: 'The path is taken.' }] });
  expect(bundles).toHaveLength(1);
});

test('collect: every file is tried, and every failure is told with its path', async () => {
  const { server: at } = await storing();
  const files = [
    { path: '/ok.txt', file: text('x') },
    { path: '/bad.txt', file: text('x') },
    { path: '/../up.txt', file: text('x') },
    { path: '/missing.txt', file: join(folder, 'missing.txt') },
    { path: '/missing too.txt', file: join(folder, 'missing too.txt'), sizeBytes: 5 },
    { path: '/ok too.txt', file: new Blob(['x']) },
  ];
  const result = await at.client().items.uploadMany('d', files, { onError: 'collect' });
  expect(result).toMatchObject({ created: 2, failed: 4 });
  const reasons = Object.fromEntries(result.failures.map(({ path, message }) => [path, message]));
  expect(reasons['/bad.txt']).toBe('The path is taken.');
  expect(reasons['/../up.txt']).toContain('must not contain the segment ".."');
  expect(reasons['/missing.txt']).toContain('does not exist');
  expect(reasons['/missing too.txt']).toContain('does not exist');
});

test('a request that fails fails its files', async () => {
  server = await serveHttp((_, response) => sendProblem(response, 400, 'upload_incomplete'));
  const result = await server.client().items.uploadMany('d', [{ path: '/a', file: text('x') }, { path: '/b', file: text('y') }], { onError: 'collect' });
  expect(result.failures.map(({ path, message }) => `${path} ${message}`)).toEqual(['/a It is upload_incomplete.', '/b It is upload_incomplete.']);
});

test('what concerns all files ends it even when failures are collected', async () => {
  server = await serveHttp((_, response) => sendProblem(response, 401, 'unauthenticated'));
  const files = Array.from({ length: 2_000 }, (_, index) => ({ path: `/f${index}`, file: text('x') }));
  await expect(server.client().items.uploadMany('d', files, { onError: 'collect', concurrency: 2 })).rejects.toThrow(UnauthenticatedError);
  expect(server.seen.length).toBeLessThanOrEqual(2);
});

test('it settles every worker before it throws', async () => {
  let running = 0;
  server = await serveHttp((request, response) => {
    running += 1;
    const path = new URLSearchParams(request.url.split('?')[1]).get('path');
    const answer = () => {
      running -= 1;
      if (path === '/0') sendProblem(response, 409, 'conflict');
      else sendJson(response, 201, { outcome: 'created', item: { path, sizeBytes: 1 } });
    };
    setTimeout(answer, path === '/0' ? 5 : 150);
  });
  const files = Array.from({ length: 20 }, (_, index) => ({ path: `/${index}`, file: new Uint8Array(1_100_000) }));
  const error = await server.client().items.uploadMany('d', files, { concurrency: 3 }).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(UploadManyError);
  expect(running).toBe(0);
  expect((error as UploadManyError).result).toMatchObject({ created: 2, failed: 1 });
  expect(server.seen).toHaveLength(3);
});

test('no more than concurrency requests run at once', async () => {
  let running = 0;
  let most = 0;
  server = await serveHttp((request, response) => {
    most = Math.max(most, ++running);
    setTimeout(() => {
      running -= 1;
      sendJson(response, 201, { outcome: 'created', item: { sizeBytes: request.body.length } });
    }, 10);
  });
  const files = Array.from({ length: 12 }, (_, index) => ({ path: `/${index}`, file: new Uint8Array(1_100_000) }));
  await server.client().items.uploadMany('d', files, { concurrency: 3 });
  expect(most).toBe(3);
});

test('a signal ends it with AbortedError', async () => {
  server = await serveHttp(() => undefined);
  const files = Array.from({ length: 500 }, (_, index) => ({ path: `/${index}`, file: text('x') }));
  await expect(server.client().items.uploadMany('d', files, { signal: AbortSignal.timeout(80), onError: 'collect' })).rejects.toThrow(AbortedError);
});

test('a source that breaks ends it with its own error', async () => {
  const { server: at } = await storing();
  const broken = async function* () {
    yield { path: '/a', file: text('x') };
    throw new Error('the listing broke off');
  };
  await expect(at.client().items.uploadMany('d', broken(), { onError: 'collect' })).rejects.toThrow('the listing broke off');
  await expect(at.client().items.uploadMany('d', join(folder, 'nowhere'))).rejects.toThrow(SourceError);
});

test('a folder is walked through links, but not in circles', async () => {
  mkdirSync(join(folder, 'a'));
  writeFileSync(join(folder, 'a', 'x.txt'), 'x');
  symlinkSync(folder, join(folder, 'a', 'circle'));
  symlinkSync(join(folder, 'a', 'x.txt'), join(folder, 'link.txt'));
  symlinkSync(join(folder, 'gone'), join(folder, 'broken.txt'));
  const found: string[] = [];
  for await (const { path } of filesIn(folder)) found.push(path);
  expect(found).toEqual(['/a/x.txt', '/broken.txt', '/link.txt']);
  const { server: at } = await storing();
  const result = await at.client().items.uploadMany('d', folder, { onError: 'collect' });
  expect(result).toMatchObject({ created: 2, failed: 1, failures: [{ path: '/broken.txt' }] });
});
