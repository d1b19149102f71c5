import { createHash } from 'node:crypto';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BlobError } from '../../engines/blobs/blobs.ts';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';

let fovea: TestPlatform;
let dataset: string;
beforeAll(async () => {
  fovea = await startTestPlatform();
  const project = (await fovea.call('POST', '/v1/projects', { body: { name: 'p' } })).body.id;
  dataset = (await fovea.call('POST', '/v1/datasets', { body: { project, name: 'd' } })).body.id;
  const body = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  const { body: made } = await fovea.call('POST', `/v1/datasets/${dataset}/items?path=/a.png`, { body: Buffer.from(body, 'base64') });
  await fovea.probed(made.item.id);
});
afterAll(() => fovea.close());

const coco = (label: string) =>
  Buffer.from(JSON.stringify({ images: [{ id: 1, file_name: 'a.png', width: 1, height: 1 }], annotations: [{ id: 1, image_id: 1, category_id: 1, bbox: [0, 0, 1, 1] }], categories: [{ id: 1, name: label }] }));
const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const begin = (body: object) => fovea.call('POST', `/v1/datasets/${dataset}/imports/uploads`, { body });
const finish = (upload: { id: string }, body: object = {}) => fovea.call('POST', `/v1/datasets/${dataset}/imports/uploads/${upload.id}`, { body });
const send = async (upload: { missing: { url: string }[] }, bytes: Uint8Array) => (await fetch(upload.missing[0]?.url ?? '', { method: 'PUT', body: bytes as BodyInit })).status;
const ended = async (made: { id: string }) => (await fovea.call('GET', `/v1/imports/${made.id}?waitSeconds=60`)).body;

describe('an import whose file comes in parts', () => {
  test('imports.begin 201, imports.finish 202: it is imported as was said at the beginning', async () => {
    const bytes = coco('car');
    const begun = await begin({ name: 'labels.json', sizeBytes: bytes.length, createLabels: true, match: 'path' });
    expect([begun.status, begun.body]).toEqual([201, expect.objectContaining({ path: 'labels.json', partCount: 1, arrivedCount: 0, itemId: null })]);
    expect(await send(begun.body, bytes)).toBe(204);
    const made = await finish(begun.body, { sha256: sha256Of(bytes) });
    expect([made.status, made.body]).toEqual([202, expect.objectContaining({ fileName: 'labels.json', sizeBytes: bytes.length, sha256: sha256Of(bytes), request: expect.objectContaining({ match: 'path', createLabels: true, dryRun: false }) })]);
    expect(await ended(made.body)).toMatchObject({ status: 'complete', format: 'coco', annotations: { imported: 1 }, labels: { created: ['car'] } });
  });

  test('one that broke off is found again; so is one that was imported, which is then imported otherwise without being sent', async () => {
    const bytes = coco('dog');
    const wish = { name: 'again.json', sizeBytes: bytes.length, fingerprint: 'size-and-time' };
    const first = (await begin({ ...wish, dryRun: true })).body;
    expect(await send(first, bytes)).toBe(204);
    const second = (await begin({ ...wish, dryRun: true })).body;
    expect([second.id, second.arrivedCount, second.missing]).toEqual([first.id, 1, []]);
    const dry = (await finish(second)).body;
    expect(await ended(dry)).toMatchObject({ status: 'complete', request: { dryRun: true }, annotations: { imported: 1 } });
    const third = (await begin(wish)).body;
    expect([third.id, third.arrivedCount]).toEqual([first.id, 1]);
    const real = (await finish(third, { sha256: sha256Of(bytes) })).body;
    expect(real.id).not.toBe(dry.id);
    expect(await ended(real)).toMatchObject({ status: 'complete', request: { dryRun: false }, annotations: { imported: 1 } });
    expect((await begin({ ...wish, fingerprint: 'other' })).body.id).not.toBe(first.id);
  });

  test('asked for twice while it is under way, it is one import', async () => {
    const bytes = coco('cat');
    const upload = (await begin({ name: 'twice.json', sizeBytes: bytes.length })).body;
    await send(upload, bytes);
    const one = (await finish(upload)).body;
    await ended(one);
    // As it is with a large file, while it is imported.
    await fovea.platform.engines.db.run(sql`update commands set status = 'running', ended_at = null where id = ${one.id}`);
    expect((await finish(upload)).body.id).toBe(one.id);
  });

  test('imports.finish 422 for another digest: the bytes are removed, before and after they were imported', async () => {
    const bytes = coco('owl');
    const lie = (await begin({ name: 'lie.json', sizeBytes: bytes.length })).body;
    await send(lie, bytes);
    expect((await finish(lie, { sha256: 'a'.repeat(64) })).body.code).toBe('digest_mismatch');
    expect((await finish(lie)).status).toBe(404);
    const late = (await begin({ name: 'late.json', sizeBytes: bytes.length, fingerprint: 'f' })).body;
    await send(late, bytes);
    await ended((await finish(late)).body);
    expect((await finish(late, { sha256: 'a'.repeat(64) })).status).toBe(422);
    expect((await begin({ name: 'late.json', sizeBytes: bytes.length, fingerprint: 'f' })).body).toMatchObject({ arrivedCount: 0 });
  });

  test('imports.finish 409 and transfers.complete 409: an upload becomes what it was begun for; imports.finish 400 while a part is missing, imports.finish 410 when the store lost it', async () => {
    const item = (await fovea.call('POST', `/v1/datasets/${dataset}/uploads`, { body: { path: '/b.png', sizeBytes: 5 } })).body;
    expect((await finish(item)).status).toBe(409);
    const upload = (await begin({ name: 'x.json', sizeBytes: 5 })).body;
    expect((await fovea.call('POST', `/v1/datasets/${dataset}/uploads/${upload.id}/complete`, { body: {} })).status).toBe(409);
    expect((await finish(upload)).body.code).toBe('upload_incomplete');
    await fovea.platform.engines.blobs.parts.abort({ key: `upload-${upload.id}`, handle: 'disk', size: 5, partBytes: 5 });
    expect((await finish(upload)).status).toBe(410);
  });

  test('imports.begin 400 for what makes no sense, before anything is sent; imports.begin 413; imports.begin 507 and imports.finish 507 on a full disk', async () => {
    for (const [body, path] of [[{}, 'body.sizeBytes'], [{ sizeBytes: 0 }, 'body.sizeBytes'], [{ sizeBytes: 5, format: 'doc' }, 'body.format'], [{ sizeBytes: 5, format: 'tfrecord' }, 'body.format'], [{ sizeBytes: 5, match: 'luck' }, 'body.match'], [{ sizeBytes: 5, dryRun: 'true' }, 'body.dryRun'], [{ sizeBytes: 5, sha256: 'x' }, 'body.sha256'], [{ sizeBytes: 5, name: '' }, 'body.name'], [{ sizeBytes: 5, name: 'a\0b' }, 'body.name']] as const) {
      const { status, body: problem } = await begin(body);
      expect([status, problem.errors?.map((error: { path: string }) => error.path)]).toEqual([400, [path]]);
    }
    expect((await begin({ sizeBytes: 9e15 })).status).toBe(413);
    const upload = (await begin({ sizeBytes: 5 })).body;
    const { parts } = fovea.platform.engines.blobs;
    const known = { ...parts };
    try {
      const full = async () => Promise.reject(new BlobError('disk_full', 'There is no space left.'));
      await send(upload, Buffer.from('12345'));
      Object.assign(parts, { begin: full, complete: full });
      expect((await begin({ sizeBytes: 6 })).status).toBe(507);
      expect((await finish(upload)).status).toBe(507);
    } finally {
      Object.assign(parts, known);
    }
  });
});
