import { gzipSync } from 'node:zlib';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pack } from 'tar-stream';
import { zipSync } from 'fflate';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { BlobError } from '../../engines/blobs/blobs.ts';
import { Fault } from '../../fault.ts';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';

let fovea: TestPlatform;
let dataset: string;
let origin: string;
const picture = await sharp({ create: { width: 8, height: 6, channels: 3, background: '#3a7' } }).png().toBuffer();
const web = createServer((request, response) => {
  if (request.url?.startsWith('/away')) response.writeHead(302, { location: '/picture.png?signature=secret' }).end();
  else if (request.url?.startsWith('/picture')) response.writeHead(200, { 'content-type': 'text/plain' }).end(picture);
  else if (request.url?.startsWith('/text')) response.end('some text');
  else if (request.url?.startsWith('/broken')) {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('half');
    setTimeout(() => response.destroy(), 20);
  } else response.writeHead(404).end();
});
beforeAll(async () => {
  fovea = await startTestPlatform();
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
});
afterAll(async () => {
  web.close();
  await fovea.close();
});
beforeEach(async () => {
  const project = (await fovea.call('POST', '/v1/projects', { body: { name: `p ${Math.random()}` } })).body.id;
  dataset = (await fovea.call('POST', '/v1/datasets', { body: { project, name: 'd' } })).body.id;
});
const wait = async (command: { id: string }) => (await fovea.call('GET', `/v1/commands/${command.id}?waitSeconds=60`)).body;
const paths = async () => (await fovea.call('GET', `/v1/datasets/${dataset}/items`)).body.data.map((item: any) => [item.path, item.mediaType]);

test('items.importUrls 202 fetches what it can and says why the rest did not come', async () => {
  const urls = [{ url: `${origin}/away` }, { url: `${origin}/picture.png?signature=x`, metadata: { a: 1 } }, { url: `${origin}/text`, path: '/t.txt' }, { url: `${origin}/nothing` }, { url: `${origin}/broken` }, { url: 'http://127.0.0.1:9/refused' }];
  const answer = await fovea.call('POST', `/v1/datasets/${dataset}/items/import-urls`, { body: { urls, folder: '/in', mediaTypes: ['image/*'], maxBytes: 10_000, labels: ['web'] } });
  expect(answer.status).toBe(202);
  const { status, done, total, result } = await wait(answer.body);
  expect([status, done, total, result.created, result.failedCount]).toEqual(['complete', 6, 6, 2, 4]);
  expect(await paths()).toEqual([['/in/away', 'image/png'], ['/in/picture.png', 'image/png']]);
  expect(JSON.stringify(result)).not.toContain('signature');
  const messages = Object.fromEntries(result.failed.map((one: any) => [one.source.replace(origin, ''), one.message]));
  expect(messages).toMatchObject({ '/text': expect.stringContaining('text/plain; taken are image/*'), '/nothing': 'The address answered 404.' });
  const again = await wait((await fovea.call('POST', `/v1/datasets/${dataset}/items/import-urls`, { body: { urls: [{ url: `${origin}/picture.png` }], folder: '/in' } })).body);
  expect(again.result).toMatchObject({ created: 0, existing: 1, failedCount: 0 });
  for (const body of [{ urls: [] }, { urls: [{ url: 'file:///etc/passwd' }] }, { urls: [{ url: 'nothing' }] }]) {
    expect((await fovea.call('POST', `/v1/datasets/${dataset}/items/import-urls`, { body })).status).toBe(400);
  }
});

test('private addresses are refused where they are not allowed', async () => {
  const careful = await startTestPlatform({ allowPrivateNetwork: false });
  try {
    const project = (await careful.call('POST', '/v1/projects', { body: { name: 'p' } })).body.id;
    const id = (await careful.call('POST', '/v1/datasets', { body: { project, name: 'd' } })).body.id;
    const { body } = await careful.call('POST', `/v1/datasets/${id}/items/import-urls`, { body: { urls: [{ url: `${origin}/picture.png` }] } });
    const done = (await careful.call('GET', `/v1/commands/${body.id}?waitSeconds=30`)).body;
    expect(done.result).toMatchObject({ created: 0, failedCount: 1 });
  } finally {
    await careful.close();
  }
});

test('items.importArchive 202 unpacks ZIP and TAR, large files too; nothing of one that leaves its folder', async () => {
  const large = Buffer.alloc(6 * 1024 * 1024, 7);
  const zip = Buffer.from(zipSync({ 'a/one.png': picture, 'a/two.txt': Buffer.from('two'), 'big.bin': large, '__MACOSX/x': Buffer.from('no') }));
  const send = (body: Buffer, query = '') => fovea.call('POST', `/v1/datasets/${dataset}/items/import-archive${query}`, { body });
  const answer = await send(zip, '?folder=/from-zip&labels=z');
  expect(answer.status).toBe(202);
  expect(await wait(answer.body)).toMatchObject({ status: 'complete', done: 3, total: 3, result: { created: 3, failedCount: 0 } });
  expect(await paths()).toEqual([['/from-zip/a/one.png', 'image/png'], ['/from-zip/a/two.txt', 'text/plain'], ['/from-zip/big.bin', 'application/octet-stream']]);
  const tar = pack();
  tar.entry({ name: 'x/y.txt' }, 'y');
  tar.entry({ name: 'x/link', type: 'symlink', linkname: '/etc/passwd' });
  tar.finalize();
  const tarBytes = Buffer.concat(await Array.fromAsync(tar as AsyncIterable<Buffer>));
  expect(await wait((await send(tarBytes)).body)).toMatchObject({ status: 'complete', result: { created: 1, failedCount: 1 } });
  const evil = Buffer.from(zipSync({ '../../evil.txt': Buffer.from('x'), 'good.txt': Buffer.from('y') }));
  expect(await wait((await send(evil)).body)).toMatchObject({ status: 'failed', message: expect.stringContaining('leave its folder') });
  expect((await paths()).some(([path]: string[]) => path === '/good.txt')).toBe(false);
  for (const [broken, message] of [[Buffer.from('no archive at all'), 'no archive'], [gzipSync('one file'), 'no archive'], [zip.subarray(0, zip.length - 40), 'ZIP']] as const) {
    expect(await wait((await send(broken)).body)).toMatchObject({ status: 'failed', message: expect.stringContaining(message) });
  }
  expect((await fovea.call('GET', `/v1/datasets/${dataset}`)).body.itemCount).toBe(4);
});

test('items.importArchive 507 on a full disk, items.importArchive 413 and items.importArchive 400 as the store says', async () => {
  const { blobs } = fovea.platform.engines;
  const { put } = blobs;
  try {
    for (const [code, status] of [['disk_full', 507], ['too_large', 413], ['upload_incomplete', 400]] as const) {
      blobs.put = async () => Promise.reject(code === 'upload_incomplete' ? new Fault(code, 'It broke off.') : new BlobError(code, 'It does not fit.'));
      expect((await fovea.call('POST', `/v1/datasets/${dataset}/items/import-archive`, { body: 'PK' })).status).toBe(status);
    }
  } finally {
    blobs.put = put;
  }
  expect((await fovea.call('GET', `/v1/datasets/${dataset}`)).body.itemCount).toBe(0);
});
