// Resources over HTTP, as they are on the wire. The real clients are driven in test/clients/datamint.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';
import { datamintClient, dicom, nifti, png } from './testing.ts';

let fovea: TestPlatform;
let client: ReturnType<typeof datamintClient>;
beforeAll(async () => {
  fovea = await startTestPlatform();
  client = datamintClient(fovea);
});
afterAll(() => fovea.close());

const notFound = { statusCode: 404, message: 'Not Found', error: 'Not Found' };
const anyId = '0199a6f0-0000-7000-8000-000000000000';

describe('keys and errors', () => {
  test.each([['no key', null], ['an unknown key', 'nobody']])('%s answers 401', async (_name, key) => {
    const answer = await client.call('GET', '/resources?status=inbox&offset=0&limit=50', { key });
    expect([answer.status, answer.body]).toEqual([401, { statusCode: 401, message: expect.any(String), error: expect.any(String) }]);
    expect((await client.upload({ name: 'a.dcm', bytes: dicom() }, {}, { key })).status).toBe(401);
  });
  test('a bearer key alone does not open the door', async () => {
    expect((await fovea.call('GET', '/datamint/projects')).status).toBe(401);
  });
  test.each(['/resources/x', `/resources/${anyId}`, `/resources/${anyId}/file`, `/annotations/${anyId}`, `/projects/${anyId}`, `/datasets/${anyId}/download/dicom`, '/datasets/download/x', '/nothing'])('%s answers 404 in the words that both clients know', async (path) => {
    const { status, body } = await client.call('GET', path);
    expect([status, body]).toEqual([404, notFound]);
  });
  test('a form without the file answers 400 and says so', async () => {
    const { status, body } = await client.form('/resources', [{ name: 'source', value: 'api' }]);
    expect([status, body.message]).toEqual([400, expect.stringContaining('"resource"')]);
  });
});

describe('uploads', () => {
  test('the object has every key that either client needs; the bytes come back', async () => {
    const bytes = dicom({ frames: 3 });
    const { status, body } = await client.upload({ name: 'CT scan é.dcm', bytes, type: 'application/dicom' }, { source_filepath: '/data/CT scan é.dcm', mimetype: 'application/dicom', channel: 'CT scans', labels: 'a, b ,,a' });
    expect(status).toBe(201);
    expect(body).not.toHaveProperty('error');
    const shown = (await client.call('GET', `/resources/${body.id}`)).body;
    expect(shown).toEqual({
      id: body.id, filename: 'CT scan é.dcm', mimetype: 'application/dicom', size: bytes.length, status: 'inbox', published: false, deleted: false,
      created_at: expect.stringMatching(/Z$/), created_by: expect.stringContaining('@'), resource_uri: `/resources/${body.id}/file`, storage: 'DicomResource', location: expect.any(String),
      upload_channel: 'CT scans', upload_mechanism: 'api', customer_id: expect.any(String), modality: 'CT', metadata: { frame_count: 3, width: 8, height: 8 }, source_filepath: '/data/CT scan é.dcm',
      published_on: null, published_by: null, deleted_at: null, deleted_by: null, tags: ['a', 'b'], labels: ['a', 'b'],
      instance_uid: '1.2.3.10.1', series_uid: '1.2.3.10', study_uid: '1.2.3.9', patient_id: 'P-17',
    });
    const file = await client.bytes(`/resources/${body.id}/file`);
    expect([file.headers.get('content-type'), file.headers.get('content-length')]).toEqual(['application/dicom', String(bytes.length)]);
    expect(file.bytes.equals(bytes)).toBe(true);
  });
  test('kinds are worked out where nothing is said', async () => {
    const picture = await png(10, 6, (x) => x * 20);
    const kinds: unknown[] = [];
    for (const [name, bytes] of [['scan', dicom()], ['v.nii.gz', nifti([4, 4, 5], () => 1)], ['v.nii', nifti([4, 4, 5], () => 1, false)], ['p.png', picture], ['n.json', Buffer.from('{}')]] as const) {
      const { body } = await client.upload({ name, bytes });
      kinds.push([body.mimetype, body.storage, body.upload_channel, body.metadata]);
    }
    expect(kinds).toEqual([
      ['application/dicom', 'DicomResource', '', { frame_count: 1, width: 8, height: 8 }],
      ['application/nifti', 'NiftiResource', '', { frame_count: 5, width: 4, height: 4, dims: [3, 4, 4, 5], pixDims: [1, 2, 2, 3], affine: [[2, 0, 0, 5], [0, 2, 0, 6], [0, 0, 3, 7], [0, 0, 0, 1]] }],
      ['application/nifti', 'NiftiResource', '', { frame_count: 5, width: 4, height: 4, dims: [3, 4, 4, 5], pixDims: [1, 2, 2, 3], affine: [[2, 0, 0, 5], [0, 2, 0, 6], [0, 0, 3, 7], [0, 0, 0, 1]] }],
      ['image/png', 'ImageResource', '', { width: 10, height: 6 }],
      ['application/json', 'FileResource', '', {}],
    ]);
  });
  test('bypass_inbox publishes at once; metadata and modality go with it', async () => {
    const { body } = await client.form('/resources', [
      { name: 'metadata', value: '{"Modality":"MR","site":{"name":"x"}}', filename: 'metadata.json', type: 'application/json' },
      { name: 'bypass_inbox', value: 'true' },
      { name: 'resource', value: await png(4, 4, () => 9), filename: 'm.png', type: 'image/png' },
      { name: 'tags', value: 'left,knee' },
    ]);
    expect(body).toMatchObject({ status: 'published', published: true, published_on: expect.any(String), published_by: expect.stringContaining('@'), modality: 'MR', tags: ['left', 'knee'], metadata: { Modality: 'MR', site: { name: 'x' }, width: 4, height: 4 } });
  });
  test('a DICOM file whose header was cleared in the vendor\'s way is taken', async () => {
    const cleared = dicom({}, [[0x00101010, 'AS', 'CLEARED_BY_DATAMINT'], [0x00081155, 'UI', 'CLEARED_BY_DATAMINT'], [0x00209161, 'UI', 'CLEARED_BY_DATAMINT']]);
    expect((await client.upload({ name: 'c.dcm', bytes: cleared })).body).toMatchObject({ mimetype: 'application/dicom', storage: 'DicomResource', modality: 'CT' });
  });
  test('equal names and equal bytes are resources of their own', async () => {
    const file = { name: 'same.dcm', bytes: dicom() };
    const ids = await Promise.all(Array.from({ length: 6 }, async () => (await client.upload(file, { channel: 'same' })).body.id as string));
    expect(new Set(ids).size).toBe(6);
    const { body } = await client.call('GET', '/resources?status=inbox&channel_name=same&offset=0&limit=50&ids=False');
    expect(body.data[0].resources.map((resource: { filename: string }) => resource.filename)).toEqual(Array.from({ length: 6 }, () => 'same.dcm'));
  });
});

/** What has no value comes first. */
describe('lists', () => {
  const list = async (query: string, key?: string) => {
    const { status, body } = await client.call('GET', `/resources?${query}`, key === undefined ? {} : { key });
    expect(status).toBe(200);
    return { names: body.data[0].resources.map((resource: any) => resource.filename ?? resource), total: body.totalCount, pages: body.data.length };
  };
  let other: string;
  beforeAll(async () => {
    other = (await fovea.person({ admin: true })).key;
    for (const [name, bytes, fields] of [
      ['a.dcm', dicom(), { labels: 'x,y', channel: 'one' }],
      ['c.png', await png(4, 4, () => 1), { tags: 'y', modality: 'DX' }],
      ['b.nii.gz', nifti([2, 2, 2], () => 1), { tags: 'z', bypass_inbox: 'true' }],
    ] as const) await client.upload({ name, bytes }, fields, { key: other });
  });
  const today = new Date().toISOString().slice(0, 10);
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);

  test.each([
    ['status=inbox&offset=0&limit=50&ids=False', ['a.dcm', 'c.png']],
    ['status=published', ['b.nii.gz']],
    ['status=', ['a.dcm', 'c.png', 'b.nii.gz']],
    ['status=archived', []],
    ['status=strange', []],
    ['status=&channel_name=one', ['a.dcm']],
    ['status=&modality=DX', ['c.png']],
    ['status=&modality=CT', ['a.dcm']],
    ['status=&mimetype=application%2Fnifti', ['b.nii.gz']],
    ['status=&filename=c.png', ['c.png']],
    ['status=&labels%5B0%5D=x&labels%5B1%5D=z', ['a.dcm', 'b.nii.gz']],
    [`status=&tags=${encodeURIComponent('{"items":["y"],"filterType":"union"}')}`, ['a.dcm', 'c.png']],
    [`status=&tags=${encodeURIComponent('{"items":["x","y"],"filterType":"intersection"}')}`, ['a.dcm']],
    [`status=&from=${today}&to=${tomorrow}`, ['a.dcm', 'c.png', 'b.nii.gz']],
    [`status=&to=${today}`, []],
    [`status=&from=${tomorrow}`, []],
    ['status=&order_field=filename&order_by_asc=True', ['a.dcm', 'b.nii.gz', 'c.png']],
    ['status=&order_field=filename&order_by_asc=false', ['c.png', 'b.nii.gz', 'a.dcm']],
    ['status=&order_field=modality&order_by_asc=true', ['b.nii.gz', 'a.dcm', 'c.png']],
    ['status=&order_field=created_by', ['a.dcm', 'c.png', 'b.nii.gz']],
    ['status=&order_field=published_on&order_by_asc=true', ['a.dcm', 'c.png', 'b.nii.gz']],
    ['status=&order_field=published_by&unknown=1', ['a.dcm', 'c.png', 'b.nii.gz']],
    [`status=&project=${encodeURIComponent('{"items":["none"],"filterType":"intersection"}')}`, []],
  ])('%s', async (query, names) => {
    expect(await list(query, other)).toEqual({ names, total: names.length, pages: 1 });
  });
  test('pages go on where the last one ended; past the end there is one empty element', async () => {
    expect(await list('status=&offset=1&limit=1', other)).toEqual({ names: ['c.png'], total: 3, pages: 1 });
    expect(await list('status=&offset=3&limit=50', other)).toEqual({ names: [], total: 3, pages: 1 });
    expect(await list('status=&offset=0&limit=5000', other)).toMatchObject({ total: 3 });
  });
  test('ids instead of objects', async () => {
    const { names } = await list('status=published&ids=True', other);
    expect(names).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/)]);
  });
  test('a day that is none answers 400', async () => {
    expect((await client.call('GET', '/resources?status=&from=yesterday', { key: other })).status).toBe(400);
  });
  test('channels, with the group of those without one', async () => {
    const { body } = await client.call('GET', '/resources/channels?offset=0&limit=50', { key: other });
    expect(body).toEqual({
      totalCount: 2,
      data: [
        { channel_name: 'one', resource_count: '1', deleted: false, created_at: expect.any(String), updated_at: expect.any(String), resource_data: [{ created_by: expect.any(String), customer_id: expect.any(String), resource_id: expect.any(String), resource_file_name: 'a.dcm', resource_mimetype: 'application/dicom' }] },
        expect.objectContaining({ channel_name: null, resource_count: '2' }),
      ],
    });
    expect((await client.call('GET', '/resources/channels?offset=2&limit=50', { key: other })).body).toEqual({ data: [], totalCount: 2 });
  });
  test('not annotated', async () => {
    const { body } = await client.call('GET', '/resources/not-annotated?offset=0&limit=50', { key: other });
    expect(body.totalCount).toBe(3);
  });
  test('another organisation sees none of it', async () => {
    const stranger = await fovea.person({ admin: true });
    expect(await list('status=', stranger.key)).toMatchObject({ total: 0, names: [] });
    const { body } = await client.call('GET', '/resources?status=&limit=1', { key: other });
    const id = body.data[0].resources[0].id;
    for (const [method, path, sent] of [['GET', `/resources/${id}`], ['GET', `/resources/${id}/file`], ['GET', `/resources/${id}/frames/0`], ['DELETE', `/resources/${id}`], ['POST', `/resources/${id}/publish`], ['PUT', `/resources/${id}/tags`, { tags: ['mine'] }], ['POST', `/annotations/${id}/annotations`, [{ type: 'label', identifier: 'x' }]]] as const) {
      expect([path, await client.call(method, path, { key: stranger.key, body: sent })]).toEqual([path, expect.objectContaining({ status: 404, body: notFound })]);
    }
  });
});

describe('changes', () => {
  const fresh = async (fields: Record<string, string> = {}) => (await client.upload({ name: 'n.dcm', bytes: dicom() }, fields)).body.id as string;
  const shown = async (id: string) => (await client.call('GET', `/resources/${id}`)).body;

  test('publishing once; twice answers 400 in the words that the client swallows', async () => {
    const id = await fresh();
    expect((await client.call('POST', `/resources/${id}/publish`)).status).toBe(200);
    expect(await shown(id)).toMatchObject({ status: 'published', published: true, published_on: expect.any(String), published_by: expect.stringContaining('@') });
    const again = await client.call('POST', `/resources/${id}/publish`);
    expect([again.status, again.body.message]).toEqual([400, expect.stringContaining('Resource must be in inbox status to be approved')]);
    expect((await client.call('POST', `/resources/${anyId}/publish`)).body).toEqual(notFound);
  });
  test('many are published together, or none', async () => {
    const [a, b] = [await fresh(), await fresh()];
    expect((await client.call('POST', '/resources/bulk-publish', { body: { resource_ids: [a, b] } })).status).toBe(200);
    const c = await fresh();
    expect((await client.call('POST', '/resources/bulk-publish', { body: { resource_ids: [c, a] } })).status).toBe(400);
    expect([(await shown(a)).status, (await shown(b)).status, (await shown(c)).status]).toEqual(['published', 'published', 'inbox']);
  });
  test('labels and tags are replaced', async () => {
    const [a, b] = [await fresh({ labels: 'old' }), await fresh()];
    await client.call('PUT', `/resources/${a}/labels`, { body: { labels: ['one'] } });
    expect(await shown(a)).toMatchObject({ labels: ['one'], tags: ['one'] });
    await client.call('PUT', `/resources/${a}/labels`, { body: { frame_labels: [] } });
    await client.call('PUT', `/resources/${b}/tags`, { body: { tags: ['two'] } });
    expect([(await shown(a)).tags, (await shown(b)).tags]).toEqual([['one'], ['two']]);
    expect((await client.call('PUT', '/resources/tags', { body: { resource_ids: [a, b], tags: ['three'] } })).status).toBe(200);
    expect([(await shown(a)).tags, (await shown(b)).tags]).toEqual([['three'], ['three']]);
    expect((await client.call('PUT', `/resources/${a}/tags`, { body: { tags: 'x' } })).status).toBe(400);
  });
  test('what was deleted is gone; an archived resource is listed as such', async () => {
    const [a, b, c] = [await fresh({ channel: 'gone' }), await fresh({ channel: 'gone' }), await fresh({ channel: 'gone' })];
    expect((await client.call('DELETE', `/resources/${a}`)).status).toBe(200);
    expect((await client.call('GET', `/resources/${a}`)).body).toEqual(notFound);
    expect((await client.call('DELETE', `/resources?resource_ids=${b}`)).status).toBe(200);
    expect((await fovea.call('PATCH', `/v1/items/${c}`, { body: { status: 'archived' } })).status).toBe(200);
    const { body } = await client.call('GET', '/resources?status=archived&channel_name=gone');
    expect(body).toMatchObject({ totalCount: 1, data: [{ resources: [{ id: c, status: 'archived', published: false }] }] });
  });
  test('what was deleted is restored, and until then only in lists that ask for it', async () => {
    const [a, b] = [await fresh({ channel: 'back' }), await fresh({ channel: 'back' })];
    await client.call('DELETE', `/resources/${a}`);
    const listed = async (deleted: string) => (await client.call('GET', `/resources?status=&channel_name=back&deleted=${deleted}`)).body.data[0].resources.map((one: any) => [one.id, one.status, one.deleted]);
    expect(await listed('only')).toEqual([[a, 'deleted', true]]);
    expect(await listed('include')).toEqual([[a, 'deleted', true], [b, 'inbox', false]]);
    expect(await listed('exclude')).toEqual([[b, 'inbox', false]]);
    const { body } = await client.call('POST', '/resources/restore', { body: { ids: [a, b, anyId] } });
    expect([body.restored.includes(a), body.skipped.map(({ id }: { id: string }) => id).includes(anyId)]).toEqual([true, true]);
    expect(await shown(a)).toMatchObject({ id: a, status: 'inbox' });
  });
  test('a frame as a picture', async () => {
    const { body } = await client.upload({ name: 'f.dcm', bytes: dicom({ frames: 2 }) });
    const frame = await client.bytes(`/resources/${body.id}/frames/1`);
    expect([frame.status, frame.headers.get('content-type'), frame.bytes.subarray(1, 4).toString()]).toEqual([200, 'image/png', 'PNG']);
    expect((await client.bytes(`/resources/${body.id}/frames/2`)).status).toBe(404);
  });
});
