import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isPublicAddress } from './addresses.ts';
import { OutboundError, type OutboundRequest } from './outbound.ts';
import { safeOutbound } from './safe-outbound.ts';

type Seen = { method: string; url: string; headers: IncomingMessage['headers']; body: string };
let server: Server;
let port: number;
let seen: Seen[] = [];
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => void (body += text));
    request.on('end', () => {
      seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
      answer(request, response);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
beforeEach(() => {
  seen = [];
  answer = (_request, response) => void response.end('hello');
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const strict = safeOutbound({ allowPrivateNetwork: false });
const open = safeOutbound({ allowPrivateNetwork: true });
/** 127.0.0.1 plays the public internet, everything else is what it is. */
const names: Record<string, string[]> = {
  'public.example': ['127.0.0.1'],
  'inside.example': ['10.0.0.7'],
  'half.example': ['127.0.0.1', '169.254.169.254'],
  'empty.example': [],
};
const staged = safeOutbound({
  allowPrivateNetwork: false,
  resolve: async (hostname) => names[hostname] ?? Promise.reject(new Error('ENOTFOUND')),
  isPublic: (address) => address === '127.0.0.1' || isPublicAddress(address),
});
const codeOf = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => 'nothing thrown',
    (fault: unknown) => fault,
  );
  return error instanceof OutboundError ? error.code : String(error);
};
async function text(request: OutboundRequest, from = open): Promise<string> {
  const { body } = await from.request(request);
  let read = '';
  for await (const chunk of body) read += String(chunk);
  return read;
}

describe('server-side request forgery', () => {
  test.each([
    ['loopback', 'http://127.0.0.1/'],
    ['loopback, another', 'http://127.8.9.10:8080/'],
    ['loopback by name', 'http://localhost/'],
    ['loopback by name with a dot', 'http://localhost./'],
    ['loopback by name in capitals', 'http://LOCALHOST/'],
    ['decimal', 'http://2130706433/'],
    ['octal', 'http://0177.0.0.1/'],
    ['hexadecimal', 'http://0x7f.0.0.1/'],
    ['hexadecimal, whole', 'http://0x7f000001/'],
    ['short', 'http://127.1/'],
    ['percent-encoded', 'http://%31%32%37.0.0.1/'],
    ['full-width digits', 'http://１２７.０.０.１/'],
    ['circled digits', 'http://①②⑦.⓪.⓪.①/'],
    ['trailing dot', 'http://127.0.0.1./'],
    ['this host', 'http://0.0.0.0/'],
    ['this host, short', 'http://0/'],
    ['private', 'http://10.0.0.1/'],
    ['private', 'http://192.168.1.1/'],
    ['private', 'http://172.16.0.1/'],
    ['shared', 'http://100.64.0.1/'],
    ['cloud metadata', 'http://169.254.169.254/latest/meta-data/'],
    ['cloud metadata, decimal', 'http://2852039166/'],
    ['IPv6 loopback', 'http://[::1]/'],
    ['IPv6 loopback, written out', 'http://[0:0:0:0:0:0:0:1]/'],
    ['IPv6 unspecified', 'http://[::]/'],
    ['unique local', 'http://[fc00::1]/'],
    ['unique local, cloud metadata', 'http://[fd00:ec2::254]/'],
    ['link-local', 'http://[fe80::1]/'],
    ['IPv4-mapped', 'http://[::ffff:127.0.0.1]/'],
    ['IPv4-mapped, hexadecimal', 'http://[::ffff:7f00:1]/'],
    ['NAT64', 'http://[64:ff9b::127.0.0.1]/'],
    ['NAT64 of cloud metadata', 'http://[64:ff9b::a9fe:a9fe]/'],
    ['6to4', 'http://[2002:7f00:1::]/'],
    ['broadcast', 'http://255.255.255.255/'],
    ['multicast', 'http://224.0.0.1/'],
    ['credentials', 'http://user:pass@8.8.8.8/'],
    ['a user that looks like a host', 'http://8.8.8.8@127.0.0.1/'],
    ['file', 'file:///etc/passwd'],
    ['ftp', 'ftp://8.8.8.8/'],
    ['gopher', 'gopher://8.8.8.8/'],
    ['data', 'data:text/plain,x'],
    ['no URL', 'not a url'],
    ['nothing', ''],
  ])('%s is refused: %s', async (_class, url) => {
    expect(await codeOf(strict.check(url))).toBe('refused');
    expect(await codeOf(strict.request({ url }))).toBe('refused');
  });

  test('a name with a private address, even among public ones, is refused', async () => {
    expect(await codeOf(staged.check('http://inside.example/'))).toBe('refused');
    expect(await codeOf(staged.check(`http://half.example:${port}/`))).toBe('refused');
    expect(await codeOf(staged.check('http://public.example/'))).toBe('nothing thrown');
    expect(await codeOf(staged.check('http://empty.example/'))).toBe('unreachable');
    expect(await codeOf(staged.check('http://missing.example/'))).toBe('unreachable');
  });

  test('a name that changes its address after the check is called at the checked one', async () => {
    let asked = 0;
    const rebinding = safeOutbound({
      allowPrivateNetwork: false,
      resolve: async () => [asked++ === 0 ? '127.0.0.1' : '127.0.0.2'],
      isPublic: (address) => address === '127.0.0.1',
    });
    expect(await text({ url: `http://rebinding.example:${port}/` }, rebinding)).toBe('hello');
    expect(asked).toBe(1);
    expect(seen[0]?.headers.host).toBe(`rebinding.example:${port}`);
    expect(await codeOf(rebinding.request({ url: `http://rebinding.example:${port}/` }))).toBe('refused');
    expect(seen).toHaveLength(1);
  });

  test.each([
    'http://127.0.0.2/',
    'http://169.254.169.254/latest/meta-data/',
    'http://[::1]/',
    '//10.0.0.1/',
    'http://inside.example/',
    'http://2130706434/',
    'file:///etc/passwd',
    'http://user:pass@public.example/',
  ])('a redirect to %s is refused', async (location) => {
    answer = (_request, response) => void response.writeHead(302, { location }).end();
    expect(await codeOf(staged.request({ url: `http://public.example:${port}/`, maxRedirects: 5 }))).toBe('refused');
    expect(seen).toHaveLength(1);
  });

  test('private networks may be allowed, schemes and credentials not', async () => {
    expect(await text({ url: `http://127.0.0.1:${port}/x?y=1` })).toBe('hello');
    expect(seen[0]).toMatchObject({ method: 'GET', url: '/x?y=1' });
    expect(await codeOf(open.check('file:///etc/passwd'))).toBe('refused');
    expect(await codeOf(open.check('http://a:b@127.0.0.1/'))).toBe('refused');
  });
});

describe('requests', () => {
  test('carry method, headers and body; what shapes the exchange is ours', async () => {
    const url = `http://127.0.0.1:${port}/hook`;
    const headers = {
      'Content-Type': 'application/json',
      'webhook-id': 'w1',
      host: 'evil.example',
      'Content-Length': '1',
      'transfer-encoding': 'chunked',
      connection: 'upgrade',
    };
    await text({ url, method: 'POST', headers, body: '{"ü":1}' });
    expect(seen[0]).toMatchObject({
      method: 'POST',
      body: '{"ü":1}',
      headers: {
        'content-type': 'application/json',
        'webhook-id': 'w1',
        host: `127.0.0.1:${port}`,
        'content-length': '8',
        'user-agent': 'Fovea',
      },
    });
    expect(seen[0]?.headers['transfer-encoding']).toBeUndefined();
  });

  test('give status, headers and a body that streams', async () => {
    answer = (_request, response) =>
      void response.writeHead(418, { 'x-kind': 'teapot', 'set-cookie': ['a=1', 'b=2'] }).end('short and stout');
    const response = await open.request({ url: `http://127.0.0.1:${port}/` });
    expect(response).toMatchObject({
      status: 418,
      url: `http://127.0.0.1:${port}/`,
      headers: { 'x-kind': 'teapot', 'set-cookie': 'a=1, b=2' },
    });
    response.body.destroy();
  });

  test('follow as many redirects as they may, and no more', async () => {
    answer = ({ url = '' }, response) => {
      const left = Number(url.slice(1));
      if (left > 0) response.writeHead(302, { location: `/${left - 1}` }).end();
      else response.end('arrived');
    };
    const url = `http://public.example:${port}/3`;
    expect(await text({ url, maxRedirects: 3 }, staged)).toBe('arrived');
    expect(await codeOf(staged.request({ url, maxRedirects: 2 }))).toBe('too_many_redirects');
    const plain = await staged.request({ url });
    expect([plain.status, plain.headers['location']]).toEqual([302, '/2']);
    plain.body.destroy();
  });

  test.each([
    [301, 'POST', 'GET', ''],
    [303, 'PUT', 'GET', ''],
    [307, 'POST', 'POST', 'body'],
    [308, 'PUT', 'PUT', 'body'],
    [302, 'PUT', 'PUT', 'body'],
  ] as const)('after %i a %s becomes a %s; a secret stays at its origin', async (status, method, then, body) => {
    answer = ({ url }, response) => {
      if (url === '/') response.writeHead(status, { location: `http://127.0.0.1:${port}/next` }).end();
      else response.end();
    };
    await text(
      {
        url: `http://public.example:${port}/`,
        method,
        body: 'body',
        headers: { Authorization: 'Bearer secret', cookie: 'c=1', 'x-other': 'kept' },
        maxRedirects: 1,
      },
      staged,
    );
    expect(seen[0]?.headers.authorization).toBe('Bearer secret');
    expect(seen[1]).toMatchObject({ method: then, url: '/next', body, headers: { 'x-other': 'kept' } });
    expect([seen[1]?.headers.authorization, seen[1]?.headers.cookie]).toEqual([undefined, undefined]);
  });

  test('that get no answer end in time, redirects and name included', async () => {
    answer = () => undefined;
    const url = `http://127.0.0.1:${port}/`;
    expect(await codeOf(open.request({ url, timeoutMs: 100 }))).toBe('timeout');
    const slowName = safeOutbound({ allowPrivateNetwork: true, resolve: () => new Promise(() => undefined) });
    expect(await codeOf(slowName.request({ url: 'http://slow.example/', timeoutMs: 100 }))).toBe('timeout');
    answer = (_request, response) => void sleep(60).then(() => response.writeHead(302, { location: '/again' }).end());
    const started = performance.now();
    expect(await codeOf(open.request({ url, timeoutMs: 200, maxRedirects: 100 }))).toBe('timeout');
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  test('stop when the caller says so, before and after the headers', async () => {
    answer = () => undefined;
    const early = new AbortController();
    const waiting = open.request({ url: `http://127.0.0.1:${port}/`, signal: early.signal });
    early.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    answer = (_request, response) => void response.write('begin');
    const late = new AbortController();
    const { body } = await open.request({ url: `http://127.0.0.1:${port}/`, signal: late.signal });
    late.abort(new Error('enough now'));
    await expect(once(body, 'end')).rejects.toThrow('enough now');
  });

  test('a port where nobody listens, and one that does not speak HTTP, are unreachable', async () => {
    expect(await codeOf(open.request({ url: 'http://127.0.0.1:1/' }))).toBe('unreachable');
    const talker = createTcpServer((socket) => void socket.end('SSH-2.0-OpenSSH\r\n')).listen(0, '127.0.0.1');
    await once(talker, 'listening');
    expect(await codeOf(open.request({ url: `http://127.0.0.1:${(talker.address() as AddressInfo).port}/` }))).toBe(
      'unreachable',
    );
    expect(await codeOf(open.request({ url: `https://127.0.0.1:${port}/` }))).toBe('unreachable');
    talker.close();
  });
});
