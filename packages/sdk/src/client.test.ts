import { allOperations } from '@fovea/contract';
import { afterEach, expect, test, vi } from 'vitest';
import { Fovea } from './fovea.ts';
import { sendJson, serveHttp, type TestServer } from './testing.ts';

let server: TestServer | undefined;
afterEach(async () => {
  vi.unstubAllEnvs();
  await server?.close();
  server = undefined;
});

test.each(allOperations.map((operation) => [operation.id, operation] as const))('%s is a method of the client', (id) => {
  const [feature = '', verb = ''] = id.split('.');
  const fovea = new Fovea({ url: 'http://127.0.0.1:1' }) as unknown as Record<string, Record<string, unknown> | undefined>;
  expect(fovea[feature]?.[verb], `fovea.${id}() is missing in packages/sdk/src/features`).toBeTypeOf('function');
});

/** Operations whose methods do more than pass their arguments on; they have tests of their own. */
const special = new Set(['versions.stream', 'items.stream', 'runs.input', 'runs.report', 'items.upload', 'items.uploadMany', 'items.download', 'segmentations.download', 'segmentations.downloadOfSeries', 'scans.pixels', 'scans.volume', 'series.volume', 'annotations.create', 'annotations.apply']);
const plain = allOperations.filter((operation) => !special.has(operation.id) && typeof operation.body !== 'string');

test.each(plain.map((operation) => [operation.id, operation] as const))('%s calls its operation', async (id, operation) => {
  server = await serveHttp((_, response) => (operation.result === undefined ? response.writeHead(204).end() : sendJson(response, operation.status, { data: [], next: null })));
  const [feature = '', verb = ''] = id.split('.');
  const names = [...operation.path.matchAll(/\{(\w+)\}/g)].map((match) => `the ${match[1]}`);
  const fovea = server.client() as unknown as Record<string, Record<string, (...given: unknown[]) => PromiseLike<unknown>>>;
  await fovea[feature]![verb]!(...names, typeof operation.body === 'object' ? { given: true } : {});
  const [request] = server.seen;
  expect(request!.method).toBe(operation.method);
  expect(request!.url.split('?')[0]).toBe(operation.path.replace(/\{(\w+)\}/g, (_, name: string) => `the%20${name}`));
  expect(request!.body.toString()).toBe(typeof operation.body === 'object' ? '{"given":true}' : '');
});

test('the key travels as a bearer token, but not to operations that are open to all', async () => {
  server = await serveHttp((_, response) => sendJson(response, 200, {}));
  await server.client().projects.get('A');
  await server.client().system.info();
  expect(server.seen.map((request) => request.headers.authorization)).toEqual(['Bearer test-key', undefined]);
});

test('a console session sends its csrf token on changes, once it knows it', async () => {
  server = await serveHttp((request, response) => (request.url === '/v1/me' ? sendJson(response, 200, { csrf: 'token-1' }) : sendJson(response, 200, {})));
  const fovea = server.client({ key: '' });
  await fovea.projects.create({ name: 'A' });
  await fovea.session.get();
  await fovea.projects.create({ name: 'A' });
  await fovea.projects.get('A');
  await fovea.session.logout();
  await fovea.projects.create({ name: 'A' });
  const tokens = server.seen.map((request) => `${request.method} ${request.url} ${String(request.headers['x-fovea-csrf'])} ${String(request.headers.authorization)}`);
  expect(tokens).toEqual([
    'POST /v1/projects undefined undefined',
    'GET /v1/me undefined undefined',
    'POST /v1/projects token-1 undefined',
    'GET /v1/projects/A undefined undefined',
    'DELETE /v1/session token-1 undefined',
    'POST /v1/projects undefined undefined',
  ]);
});

test('parameters are encoded, and those that would change the path are refused', async () => {
  server = await serveHttp((_, response) => sendJson(response, 200, {}));
  const fovea = server.client();
  await fovea.projects.get('a/b?c#d é');
  await fovea.members.set('p', 'x+y@example.org', { role: 'reviewer' });
  await fovea.datasets.get('night', { project: 'Street & Co' });
  expect(server.seen.map((request) => request.url)).toEqual(['/v1/projects/a%2Fb%3Fc%23d%20%C3%A9', '/v1/projects/p/members/x%2By%40example.org', '/v1/datasets/night?project=Street+%26+Co']);
  for (const bad of ['', '.', '..', undefined]) await expect(fovea.projects.get(bad as string)).rejects.toThrow(TypeError);
  expect(server.seen).toHaveLength(3);
});

test('url and key come from the environment when they are not given', async () => {
  server = await serveHttp((_, response) => sendJson(response, 200, {}));
  vi.stubEnv('FOVEA_URL', `${server.url}/`);
  vi.stubEnv('FOVEA_KEY', 'key-of-the-environment\n');
  const fovea = new Fovea();
  expect(fovea.url).toBe(server.url);
  await fovea.projects.get('A');
  expect(server.seen[0]!.headers.authorization).toBe('Bearer key-of-the-environment');
});

test('without a url it says how to give one', () => {
  vi.stubEnv('FOVEA_URL', '');
  expect(() => new Fovea()).toThrow('pass { url } or set FOVEA_URL');
  expect(() => new Fovea({ url: 'ftp://x' })).toThrow('"ftp://x" is not an http or https URL');
});

test('a key that cannot be one is refused without being shown', () => {
  expect(() => new Fovea({ url: 'http://x', key: 'sec ret' })).toThrow(/^The key contains characters that no key has/);
});

test('a signal of the client ends all its calls', async () => {
  server = await serveHttp(() => undefined);
  const ended = new AbortController();
  const fovea = server.client({ signal: ended.signal });
  const calls = [fovea.projects.get('A'), fovea.projects.get('B', { signal: new AbortController().signal })].map((call) => call.catch((error: Error) => error.name));
  setTimeout(() => ended.abort(), 50);
  expect(await Promise.all(calls)).toEqual(['AbortedError', 'AbortedError']);
});

test('a fetch that is given is used', async () => {
  const urls: string[] = [];
  const fovea = new Fovea({
    url: 'http://platform.test/base',
    key: 'k',
    fetch: async (url) => {
      urls.push(url as string);
      return Response.json({ id: 'p' });
    },
  });
  expect(await fovea.projects.get('A')).toEqual({ id: 'p' });
  expect(urls).toEqual(['http://platform.test/base/v1/projects/A']);
});
