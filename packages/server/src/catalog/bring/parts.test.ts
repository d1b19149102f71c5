import { createHash, randomBytes } from 'node:crypto';
import { zipSync } from 'fflate';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { BlobError } from '../../engines/blobs/blobs.ts';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';

let fovea: TestPlatform;
let dataset: string;
beforeAll(async () => void (fovea = await startTestPlatform()));
afterAll(() => fovea.close());
beforeEach(async () => {
  const project = (await fovea.call('POST', '/v1/projects', { body: { name: `p ${Math.random()}` } })).body.id;
  dataset = (await fovea.call('POST', '/v1/datasets', { body: { project, name: 'd' } })).body.id;
});

const archive = () => Buffer.from(zipSync({ 'a/one.txt': Buffer.from('one'), 'two.bin': randomBytes(50) }));
const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const begin = (body: object) => fovea.call('POST', `/v1/datasets/${dataset}/items/import-archive/uploads`, { body });
const finish = (upload: { id: string }, body: object = {}) => fovea.call('POST', `/v1/datasets/${dataset}/items/import-archive/uploads/${upload.id}`, { body });
const send = async (upload: { missing: { url: string }[] }, bytes: Uint8Array) => (await fetch(upload.missing[0]?.url ?? '', { method: 'PUT', body: bytes as BodyInit })).status;
const ended = async (command: { id: string }) => (await fovea.call('GET', `/v1/commands/${command.id}?waitSeconds=60`)).body;
const sent = async (wish: object, bytes: Uint8Array) => {
  const { body } = await begin({ sizeBytes: bytes.length, ...wish });
  expect(await send(body, bytes)).toBe(204);
  return body;
};
const items = async () => (await fovea.call('GET', `/v1/datasets/${dataset}/items`)).body.data;

test('transfers.beginArchive 201, transfers.finishArchive 202: it is unpacked as was said at the beginning; said twice, once', async () => {
  const bytes = archive();
  const begun = await begin({ sizeBytes: bytes.length, folder: '/in', labels: ['z'], status: 'published' });
  expect([begun.status, begun.body]).toEqual([201, expect.objectContaining({ partCount: 1, arrivedCount: 0, itemId: null })]);
  expect(await send(begun.body, bytes)).toBe(204);
  const made = await finish(begun.body, { sha256: sha256Of(bytes) });
  expect([made.status, made.body]).toEqual([202, expect.objectContaining({ kind: 'items.import-archive', subjectId: dataset })]);
  expect(await ended(made.body)).toMatchObject({ status: 'complete', result: { created: 2, failedCount: 0 } });
  expect((await items()).map((item: any) => [item.path, item.labels, item.status])).toEqual([['/in/a/one.txt', ['z'], 'published'], ['/in/two.bin', ['z'], 'published']]);
  expect((await finish(begun.body, { sha256: sha256Of(bytes) })).body.id).toBe(made.body.id);
});

test('one that broke off is found again, until it is unpacked; then the same file is sent and unpacked once more', async () => {
  const bytes = archive();
  const wish = { fingerprint: 'size-and-time' };
  const first = await sent(wish, bytes);
  const second = (await begin({ ...wish, sizeBytes: bytes.length, folder: '/later' })).body;
  expect([second.id, second.arrivedCount, second.missing]).toEqual([first.id, 1, []]);
  const made = (await finish(second)).body;
  await ended(made);
  // As it is with a large archive, while it is unpacked.
  const { db } = fovea.platform.engines;
  await db.run(sql`update commands set status = 'running', ended_at = null, input = input || ${JSON.stringify({ sha256: sha256Of(bytes) })}::jsonb where id = ${made.id}`);
  await db.run(sql`update uploads set fingerprint = 'size-and-time' where id = ${first.id}`);
  const again = (await begin({ ...wish, sizeBytes: bytes.length, folder: '/later' })).body;
  expect([again.id, again.missing]).toEqual([first.id, []]);
  expect((await finish(again, { sha256: sha256Of(bytes) })).body.id).toBe(made.id);
  await db.run(sql`update uploads set fingerprint = null where id = ${first.id}`);
  await db.run(sql`update commands set status = 'complete', ended_at = now() where id = ${made.id}`);
  const anew = await sent(wish, bytes);
  expect([anew.id === first.id, anew.arrivedCount]).toEqual([false, 0]);
  expect(await ended((await finish(anew)).body)).toMatchObject({ result: { created: 2, existing: 0 } });
  expect((await items()).map((item: any) => item.path)).toEqual(['/a/one.txt', '/later/a/one.txt', '/later/two.bin', '/two.bin']);
});

test('finished by several at once it is one command; an archive that is de-identified leaves nothing behind', async () => {
  const bytes = archive();
  const upload = await sent({ deidentify: {}, fingerprint: 'patients' }, bytes);
  const answers = await Promise.all([finish(upload), finish(upload), finish(upload)]);
  // Who comes when all is done already finds nothing left of it.
  expect(answers.filter(({ status }) => status !== 202 && status !== 404)).toEqual([]);
  const made = answers.filter(({ status }) => status === 202);
  expect(new Set(made.map(({ body }) => body.id)).size).toBe(1);
  expect(await ended(made[0]?.body)).toMatchObject({ status: 'complete', result: { created: 0, failedCount: 2 } });
  expect(await fovea.platform.engines.blobs.stat(sha256Of(bytes))).toBeUndefined();
});

test('transfers.finishArchive 422 for another digest, transfers.finishArchive 409 for what becomes something else, transfers.finishArchive 400 while a part is missing, transfers.finishArchive 410 when the store lost it', async () => {
  const bytes = archive();
  const lie = await sent({}, bytes);
  expect((await finish(lie, { sha256: 'a'.repeat(64) })).body.code).toBe('digest_mismatch');
  expect((await finish(lie)).status).toBe(404);
  const item = (await fovea.call('POST', `/v1/datasets/${dataset}/uploads`, { body: { path: '/b.zip', sizeBytes: 5 } })).body;
  expect((await finish(item)).status).toBe(409);
  const upload = (await begin({ sizeBytes: 5 })).body;
  expect((await fovea.call('POST', `/v1/datasets/${dataset}/uploads/${upload.id}/complete`, { body: {} })).status).toBe(409);
  expect((await fovea.call('POST', `/v1/datasets/${dataset}/imports/uploads/${upload.id}`, { body: {} })).status).toBe(409);
  expect((await finish(upload)).body.code).toBe('upload_incomplete');
  await fovea.platform.engines.blobs.parts.abort({ key: `upload-${upload.id}`, handle: 'disk', size: 5, partBytes: 5 });
  expect((await finish(upload)).status).toBe(410);
  // Cancelled before it began: nothing is left to go on with.
  const idle = await sent({ fingerprint: 'idle' }, bytes);
  const made = (await finish(idle)).body;
  await ended(made);
  await fovea.platform.engines.db.run(sql`update commands set status = 'cancelled' where id = ${made.id}`);
  expect((await finish(idle)).status).toBe(410);
});

test('transfers.beginArchive 400 for what makes no sense, transfers.beginArchive 413; transfers.beginArchive 507 and transfers.finishArchive 507 on a full disk', async () => {
  for (const [body, path] of [[{}, 'body.sizeBytes'], [{ sizeBytes: 0 }, 'body.sizeBytes'], [{ sizeBytes: 5, folder: '/../x' }, 'body.folder'], [{ sizeBytes: 5, ifExists: 'luck' }, 'body.ifExists'], [{ sizeBytes: 5, labels: 'a' }, 'body.labels'], [{ sizeBytes: 5, sha256: 'x' }, 'body.sha256'], [{ sizeBytes: 5, deidentify: true }, 'body.deidentify']] as const) {
    const { status, body: problem } = await begin(body);
    expect([status, problem.errors?.map((error: { path: string }) => error.path)]).toEqual([400, [path]]);
  }
  expect((await begin({ sizeBytes: 9e15 })).status).toBe(413);
  const upload = await sent({}, Buffer.from('12345'));
  const { parts } = fovea.platform.engines.blobs;
  const known = { ...parts };
  try {
    const full = async () => Promise.reject(new BlobError('disk_full', 'There is no space left.'));
    Object.assign(parts, { begin: full, complete: full });
    expect((await begin({ sizeBytes: 6 })).status).toBe(507);
    expect((await finish(upload)).status).toBe(507);
  } finally {
    Object.assign(parts, known);
  }
});
