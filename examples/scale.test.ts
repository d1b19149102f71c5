import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../packages/server/src/testing/platform.ts';
import { runExample } from '../test/run-example.ts';

let fovea: TestPlatform;
let server: Server;
const heard: any[] = [];

beforeAll(async () => {
  fovea = await startTestPlatform();
  const png = await sharp({ create: { width: 40, height: 30, channels: 3, background: '#336699' } }).png().toBuffer();
  server = createServer((request, response) => {
    if (request.method === 'GET') return void response.setHeader('content-type', 'image/png').end(png);
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      heard.push(JSON.parse(Buffer.concat(parts).toString('utf8')));
      response.end();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await fovea.close();
});

test('the steps of the README of Scale\'s client', { timeout: 120_000 }, async () => {
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect(await runExample('scale.ts', [`${origin}/sign.png`, `${origin}/callback`], fovea)).toEqual([
    'projects: true',
    'recipe versions: 1 2 2',
    'webhook: true',
    "task: pending { source: 'README' }",
    'unique id taken: 409',
    'response of a pending task: null',
    'listed: sign-2',
    'listed: sign-1',
    'cancelled: cancelled null',
    "open batches: [ 'First batch 1' ]",
    'done: completed completed',
    "drawn: [ 'box stop' ]",
    'review: accepted',
    "error: 400 invalid_request [ 'body.type' ]",
  ]);
  await expect.poll(() => heard.map(({ type }) => type), { timeout: 20_000 }).toEqual(['task.completed']);
});
