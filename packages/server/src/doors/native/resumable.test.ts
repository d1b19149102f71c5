import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Fastify from 'fastify';
import { Upload, type UploadOptions } from 'tus-js-client';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { canaries, canaryFile } from '../../testing/canary.ts';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';
import { resumableUploads } from './resumable.ts';

let fovea: TestPlatform;
let dataset: string;
beforeAll(async () => {
  fovea = await startTestPlatform();
  const project = (await fovea.call('POST', '/v1/projects', { body: { name: 'p' } })).body.id;
  dataset = (await fovea.call('POST', '/v1/datasets', { body: { project, name: 'd' } })).body.id;
});
afterAll(() => fovea.close());

const bytes = randomBytes(3_000_000);
const sha256 = createHash('sha256').update(bytes).digest('hex');
interface Run {
  url?: string;
  endpoint?: string;
  key?: string;
  metadata?: Record<string, string>;
}
interface Sent {
  item: string | undefined;
  /** What became of it, where it is no item. */
  made: string | undefined;
  url: string | null;
}
function send(content: Buffer, { url, endpoint = `${fovea.url}/v1/uploads`, key = fovea.key, metadata = {} }: Run = {}): Promise<Sent> {
  return new Promise((resolve, reject) => {
    let item: string | undefined;
    let made: string | undefined;
    const options: UploadOptions = {
      endpoint,
      ...(url ? { uploadUrl: url } : {}),
      uploadSize: content.length,
      chunkSize: 500_000,
      retryDelays: null as never,
      headers: { authorization: `Bearer ${key}` },
      metadata: { dataset, path: '/big.bin', labels: 'a,b', metadata: '{"x":1}', ...metadata },
      onAfterResponse: (_request, response) => {
        item = response.getHeader('Fovea-Item') ?? item;
        made = response.getHeader('Fovea-Command') ?? response.getHeader('Fovea-Import') ?? made;
      },
      onError: reject,
      onSuccess: () => resolve({ item, made, url: upload.url }),
    };
    const upload = new Upload(content as never, options);
    upload.start();
  });
}
const itemAt = async (path: string) => (await fovea.call('GET', `/v1/datasets/${dataset}/items?path=${path}`)).body.data[0];

test('the protocol\'s own client uploads a file in pieces, and the item has all that was said about it', async () => {
  const { item } = await send(bytes);
  expect((await fovea.call('GET', `/v1/items/${item}`)).body).toMatchObject({ path: '/big.bin', sha256, sizeBytes: bytes.length, labels: ['a', 'b'], metadata: { x: 1 } });
  // Again: the same item.
  expect((await send(bytes)).item).toBe(item);
});

test('an upload that broke off goes on where it was, also in another process', async () => {
  const headers = { authorization: `Bearer ${fovea.key}`, 'tus-resumable': '1.0.0' };
  const made = await fetch(`${fovea.url}/v1/uploads`, {
    method: 'POST',
    headers: { ...headers, 'upload-length': String(bytes.length), 'upload-metadata': `dataset ${btoa(dataset)},path ${btoa('/resumed.bin')}` },
  });
  const id = (made.headers.get('location') ?? '').split('/').at(-1) ?? '';
  const part = { ...headers, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' };
  const piece = await fetch(`${fovea.url}/v1/uploads/${id}`, { method: 'PATCH', headers: part, body: bytes.subarray(0, 1_200_000) });
  expect([piece.status, piece.headers.get('upload-offset')]).toEqual([204, '1200000']);
  // Another server over the same folder and database, as after a restart.
  const other = Fastify();
  await other.register(resumableUploads(fovea.platform));
  const origin = await other.listen({ host: '127.0.0.1', port: 0 });
  try {
    await send(bytes, { url: `${origin}/v1/uploads/${id}`, endpoint: `${origin}/v1/uploads`, metadata: { path: '/resumed.bin' } });
  } finally {
    await other.close();
  }
  expect(await itemAt('/resumed.bin')).toMatchObject({ sha256, sizeBytes: bytes.length });
});

test('bytes that all came before the process ended become an item when the client asks again', async () => {
  const made = await fetch(`${fovea.url}/v1/uploads`, {
    method: 'POST',
    headers: { authorization: `Bearer ${fovea.key}`, 'tus-resumable': '1.0.0', 'upload-length': '5', 'upload-metadata': `dataset ${btoa(dataset)},path ${btoa('/late.txt')}` },
  });
  expect(made.status).toBe(201);
  const url = new URL(made.headers.get('location') ?? '', fovea.url).href;
  writeFileSync(join(fovea.dataDir, 'uploads', url.split('/').at(-1) ?? ''), 'hello');
  const ask = () => fetch(url, { method: 'HEAD', headers: { authorization: `Bearer ${fovea.key}`, 'tus-resumable': '1.0.0' } });
  expect((await ask()).headers.get('upload-offset')).toBe('5');
  expect(await itemAt('/late.txt')).toMatchObject({ sizeBytes: 5 });
  expect((await ask()).headers.get('upload-offset')).toBe('5');
});

test('refusals: no key, a stranger, somebody else\'s upload, bad wishes, a taken path, another digest', async () => {
  const statusOf = (work: Promise<unknown>) => work.then(() => 0, (error) => error.originalResponse?.getStatus() ?? -1);
  const stranger = await fovea.person({ admin: true });
  expect(await statusOf(send(bytes, { key: 'live_nothing' }))).toBe(401);
  expect(await statusOf(send(bytes, { key: stranger.key }))).toBe(404);
  expect(await statusOf(send(bytes, { metadata: { path: '/../x' } }))).toBe(400);
  expect(await statusOf(send(bytes, { metadata: { ifExists: 'maybe' } }))).toBe(400);
  expect(await statusOf(send(randomBytes(10)))).toBe(409);
  expect(await statusOf(send(bytes, { metadata: { path: '/digest.bin', sha256: 'a'.repeat(64) } }))).toBe(422);
  const { url } = await send(bytes, { metadata: { path: '/mine.bin' } });
  expect((await fetch(url ?? '', { method: 'HEAD', headers: { authorization: `Bearer ${stranger.key}`, 'tus-resumable': '1.0.0' } })).status).toBe(404);
  // Of finished uploads only holes and their notes are left.
  expect(readdirSync(join(fovea.dataDir, 'uploads')).length).toBeLessThan(20);
});

test('a scan is de-identified when all of it is there: what was planted is nowhere, neither in the store nor in what waited', async () => {
  const { item, url } = await send(Buffer.from(canaryFile()), { metadata: { path: `/${canaries[0]}/${canaries[1]}.dcm`, deidentify: 'true' } });
  const { path, labels } = (await fovea.call('GET', `/v1/items/${item}`)).body;
  expect([path, labels]).toEqual([expect.stringMatching(/^\/[0-9A-Z]{16}\/CT-2\.25\.\d+\.dcm$/), ['a', 'b']]);
  expect((await fovea.call('GET', `/v1/items/${item}/deidentification`)).body).toMatchObject({ format: 'dicom', options: {} });
  const places = ['uploads', 'blobs'].map((folder) => join(fovea.dataDir, folder));
  const files = places.flatMap((folder) => readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)));
  const kept = files.map((file) => readFileSync(file).toString('latin1')).join('\n');
  expect(canaries.filter((canary) => kept.includes(canary))).toEqual([]);
  // Who asks again hears that it is complete.
  const asked = await fetch(url ?? '', { method: 'HEAD', headers: { authorization: `Bearer ${fovea.key}`, 'tus-resumable': '1.0.0' } });
  expect(asked.headers.get('upload-offset')).toBe(String(canaryFile().length));
});

test('a file that cannot be de-identified is refused, and nothing of it is kept', async () => {
  const before = readdirSync(join(fovea.dataDir, 'uploads')).length;
  await expect(send(Buffer.from('no scan'), { metadata: { path: '/x.dcm', deidentify: 'true' } })).rejects.toThrow(/neither DICOM nor NIfTI/);
  await expect(send(Buffer.from('x'), { metadata: { path: '/x.dcm', deidentify: 'perhaps' } })).rejects.toThrow(/must be true, false, or the options/);
  expect(readdirSync(join(fovea.dataDir, 'uploads'))).toHaveLength(before);
});

test('a finished upload is unpacked as an archive, or imported as labels', async () => {
  const zip = Buffer.from(zipSync({ 'one.txt': Buffer.from('1'), 'two.txt': Buffer.from('2') }));
  const unpacked = await send(zip, { metadata: { use: 'archive', folder: '/unpacked' } });
  expect((await fovea.call('GET', `/v1/commands/${unpacked.made}?waitSeconds=60`)).body).toMatchObject({ status: 'complete', result: { created: 2 } });
  expect(await itemAt('/unpacked/one.txt')).toMatchObject({ sizeBytes: 1, labels: ['a', 'b'] });
  const coco = { images: [{ id: 1, file_name: 'unpacked/one.txt', width: 10, height: 10 }], categories: [{ id: 1, name: 'cat' }], annotations: [{ id: 1, image_id: 1, category_id: 1, bbox: [1, 1, 2, 2] }] };
  const labels = await send(Buffer.from(JSON.stringify(coco)), { metadata: { use: 'import', filename: 'instances.json', match: 'path' } });
  expect((await fovea.call('GET', `/v1/imports/${labels.made}?waitSeconds=60`)).body).toMatchObject({ status: 'complete', fileName: 'instances.json', format: 'coco', annotations: { imported: 1 } });
  for (const [metadata, message] of [[{ use: 'toy' }, /must be one of item, archive, import/], [{ use: 'import', format: 'doc' }, /must be auto or one of coco/], [{ use: 'import', deidentify: 'true' }, /is for items and archives/]] as const) {
    await expect(send(zip, { metadata })).rejects.toThrow(message);
  }
});
