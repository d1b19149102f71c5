// The protocol's real clients, unmodified, against a platform of this test. Each check of a program is an assertion here.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { callbackAuthKey } from '../../../packages/server/src/doors/scale/callback-auth.ts';
import { startTestPlatform, type TestPlatform } from '../../../packages/server/src/testing/platform.ts';
import { nodeModulesWith } from '../node.ts';
import { pythonWith } from '../python.ts';
import { runChecks } from '../run-checks.ts';

let fovea: TestPlatform;
let files: Server;
let keys: { liveKey: string; testKey: string; otherKey: string; liveAuth: string; testAuth: string };
const received: { headers: unknown; body: unknown }[] = [];

beforeAll(async () => {
  fovea = await startTestPlatform();
  files = await serveFiles();
  const { id: orgId } = (await fovea.call('GET', '/v1/me')).body.organization;
  const secret = fovea.platform.settings.secret;
  keys = {
    liveKey: fovea.key,
    testKey: (await fovea.person({ orgId, admin: true, test: true })).key,
    otherKey: (await fovea.person({ admin: true })).key,
    liveAuth: callbackAuthKey(secret, orgId, 'live'),
    testAuth: callbackAuthKey(secret, orgId, 'test'),
  };
});
afterAll(async () => {
  files.closeAllConnections();
  files.close();
  await fovea.close();
});

/** A picture to fetch, a place for callbacks, and what came there. */
async function serveFiles(): Promise<Server> {
  const png = await sharp({ create: { width: 20, height: 10, channels: 3, background: '#336699' } }).png().toBuffer();
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    if (path === '/image.png') return void response.setHeader('content-type', 'image/png').end(png);
    if (path === '/received') return void response.end(JSON.stringify(received));
    if (request.method !== 'POST') return void response.writeHead(404).end();
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      received.push({ headers: request.headers, body: JSON.parse(Buffer.concat(parts).toString('utf8')) });
      response.end('ok');
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return server;
}

const settings = (mark: string) => ({ url: fovea.url, files: `http://127.0.0.1:${(files.address() as AddressInfo).port}`, mark, ...keys });

const clients = [
  ['scaleapi 1.0.3', 'scaleapi==1.0.3', 'client1.py', 9],
  ['scaleapi 1.0.4', 'scaleapi==1.0.4', 'client1.py', 9],
  ['scaleapi 2.0.0', 'scaleapi==2.0.0', 'client2.py', 19],
  ['scaleapi 2.0.0 beyond the README', 'scaleapi==2.0.0', 'customer2.py', 12],
  ['scaleapi 2.9.0', 'scaleapi==2.9.0', 'client2.py', 19],
  ['scaleapi 2.18.4', 'scaleapi==2.18.4', 'client2.py', 19],
  ['scaleapi 2.18.4 beyond the README', 'scaleapi==2.18.4', 'customer2.py', 12],
] as const;

describe.each(clients)('%s', (name, requirement, program, checks) => {
  const found = pythonWith([requirement, 'setuptools<81']);
  test.skipIf('missing' in found)(`${checks} checks pass${lack(found)}`, { timeout: 300_000 }, async () => {
    const { passed, failed } = await runChecks('python' in found ? found.python : '', [program], { cwd: import.meta.dirname, settings: settings(name) });
    expect(failed).toEqual([]);
    expect(passed).toHaveLength(checks);
  });
});

describe('scaleapi 2.3.2 of npm', () => {
  const found = nodeModulesWith(['scaleapi@2.3.2']);
  test.skipIf('missing' in found)(`3 checks pass${lack(found)}`, { timeout: 300_000 }, async () => {
    const { passed, failed } = await runChecks(process.execPath, ['client-node.cjs', 'folder' in found ? found.folder : ''], { cwd: import.meta.dirname, settings: settings('npm') });
    expect(failed).toEqual([]);
    expect(passed).toHaveLength(3);
  });
});

function lack(found: object): string {
  return 'missing' in found ? `: needs ${String(found.missing)}` : '';
}
