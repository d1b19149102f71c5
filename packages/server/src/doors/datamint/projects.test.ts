// Projects, worklists and datasets over HTTP, as they are on the wire.
import { parseDicom } from '@fovea/medical/dicom/parse.ts';
import { parseNifti, readVoxels } from '@fovea/medical/nifti/parse.ts';
import { unzipSync } from 'fflate';
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

const scan = async (name = 'scan.dcm', fields: Record<string, string> = {}) => (await client.upload({ name, bytes: dicom() }, fields)).body.id as string;
const project = async (name: string, ids: string[], more: object = {}) => (await client.call('POST', '/projects', { body: { name, description: '', resource_ids: ids, segmentationData: { segmentationValueType: 'single_label', definitions: [] }, ...more } })).body;
const datasets = async (sent: object = {}) => (await client.call('GET', '/datasets', sent)).body.data as any[];
const updatedAt = async (id: string) => (await datasets()).find((dataset) => dataset.id === id).updated_at as string;

/** The guide's client: a stream of events, the token in the last, the archive. */
async function download(id: string, query = ''): Promise<{ events: any[]; files: Record<string, Uint8Array>; description: any }> {
  const stream = await client.bytes(`/datasets/${id}/download/dicom${query}`);
  expect(stream.headers.get('content-type')).toMatch(/^text\/event-stream/);
  const events = stream.bytes.toString().split('\n').filter((line) => line.startsWith('data: ')).map((line) => JSON.parse(line.slice(6)));
  const { zip } = events.at(-1);
  expect(zip).toMatch(/^[\w.-]+$/);
  const archive = await client.bytes(`/datasets/download/${zip}`);
  expect([archive.status, archive.headers.get('content-encoding'), archive.headers.get('content-length')]).toEqual([200, null, String(archive.bytes.length)]);
  const files = unzipSync(archive.bytes);
  return { events, files, description: JSON.parse(Buffer.from(files['dataset.json'] ?? []).toString()) };
}

describe('projects', () => {
  test('a project has a dataset of its name and a worklist; its name is its alone', async () => {
    const [a, b] = [await scan(), await scan()];
    const made = await project('Knees', [a], { is_active_learning: false, annotation_set: { annotators: [], resource_ids: [b], annotations: [] } });
    const whole = { id: made.id, name: 'Knees', description: '', created_at: expect.any(String), created_by: expect.stringContaining('@'), dataset_id: expect.any(String), archived: false, resource_count: 2 };
    expect(made).toMatchObject(whole);
    const list = (await client.call('GET', '/projects?includeArchived=true&offset=0&limit=5000')).body;
    expect(list.data.find((one: any) => one.id === made.id)).toMatchObject(whole);
    expect(list.totalCount).toBe(list.data.length);
    expect((await client.call('GET', `/projects/${made.id}`)).body).toMatchObject(whole);
    expect((await datasets()).find((one) => one.name === 'Knees')).toMatchObject({ id: made.dataset_id, updated_at: expect.any(String) });
    const again = await client.call('POST', '/projects', { body: { name: 'Knees', description: '', resource_ids: [] } });
    expect([again.status, again.body]).toEqual([409, expect.objectContaining({ id: made.id, statusCode: 409 })]);
  });
  test('resources go in and out', async () => {
    const [a, b] = [await scan('a.dcm'), await scan('b.dcm')];
    const { id } = await project('Members', [a]);
    const members = async () => (await client.call('GET', `/projects/${id}/resources`)).body.map((resource: any) => resource.id);
    expect((await client.call('POST', `/projects/${id}/resources`, { body: { resource_ids_to_add: [b], all_files_selected: false } })).status).toBe(200);
    expect(await members()).toEqual([a, b]);
    await client.call('POST', `/projects/${id}/resources`, { body: { resource_ids_to_delete: [a], all_files_selected: false } });
    expect(await members()).toEqual([b]);
    await client.call('DELETE', `/resources/${b}`);
    expect(await members()).toEqual([]);
    expect((await client.call('GET', `/projects/${id}`)).body.resource_count).toBe(0);
    expect((await client.call('POST', `/projects/${id}/resources`, { body: { resource_ids_to_add: ['0199a6f0-0000-7000-8000-000000000000'] } })).status).toBe(404);
    const named = (await client.call('GET', `/resources?status=&project=${encodeURIComponent('{"items":["Members"],"filterType":"intersection"}')}`)).body;
    expect(named.totalCount).toBe(0);
  });
  test('changed, archived, deleted', async () => {
    const { id } = await project('Old', []);
    expect((await client.call('PATCH', `/projects/${id}`, { body: { name: 'New', description: 'words', pinned_metrics: ['dice'] } })).body).toMatchObject({ name: 'New', description: 'words', pinned_metrics: ['dice'] });
    await client.call('PATCH', `/projects/${id}`, { body: { archived: true } });
    const names = async (query: string) => (await client.call('GET', `/projects?${query}`)).body.data.map((one: any) => one.name);
    expect([(await names('')).includes('New'), (await names('includeArchived=true')).includes('New')]).toEqual([false, true]);
    expect((await client.call('DELETE', `/projects/${id}`)).status).toBe(200);
    expect((await client.call('GET', `/projects/${id}`)).status).toBe(404);
    expect(await project('New', [])).toMatchObject({ name: 'New' });
  });
  test('splits, as they are and as they were; work status', async () => {
    const [a, b] = [await scan(), await scan()];
    const { id } = await project('Splits', [a, b]);
    expect((await client.call('POST', `/projects/${id}/splits`, { body: { resource_ids: [a, b], split_name: 'train' } })).status).toBe(200);
    const before = new Date().toISOString();
    await client.call('POST', `/projects/${id}/splits`, { body: { resource_ids: [b], split_name: 'test' } });
    const of = async (query: string) => (await client.call('GET', `/projects/${id}/splits?${query}`)).body.map((split: any) => [split.resource_id, split.split_name]);
    expect(await of('')).toEqual([[a, 'train'], [b, 'test']]);
    expect(await of('split_name=test')).toEqual([[b, 'test']]);
    expect(await of(`as_of_timestamp=${encodeURIComponent(before)}`)).toEqual([[a, 'train'], [b, 'train']]);
    expect((await client.call('GET', `/projects/${id}/resources/${a}/split`)).body).toMatchObject({ split_name: 'train', project_id: id, resource_id: a });
    expect((await client.call('POST', `/projects/${id}/resources/${a}/status`, { body: { status: 'closed' } })).status).toBe(200);
    const statuses = (await client.call('GET', `/projects/${id}/annotation-statuses`)).body;
    expect(statuses.find((row: any) => row.resource_id === a)).toMatchObject({ status: 'closed' });
  });
});

describe('worklists', () => {
  test('the one of a project, its specs and segments', async () => {
    const { id } = await project('Specs', [], { annotation_set: { annotations: [{ type: 'category', scope: 'image', required: true, identifier: 'quality', values: ['good', 'bad'] }] }, segmentationData: { segmentationValueType: 'single_label', definitions: [{ identifier: 'liver', color: [255, 0, 0] }] } });
    const worklists = (await client.call('GET', `/projects/${id}/worklists`)).body;
    expect(worklists).toEqual([{ worklist_id: expect.any(String), worklist_name: expect.any(String), status: expect.any(String), annotators: [], description: expect.anything() }]);
    const path = `/annotationsets/${worklists[0].worklist_id}`;
    expect((await client.call('GET', path)).body).toMatchObject({
      annotations: [{ type: 'category', scope: 'image', required: true, identifier: 'quality', values: ['good', 'bad'] }, { type: 'segmentation', identifier: 'liver' }],
      resource_ids: [], annotators: [], created_at: expect.any(String), created_by: expect.any(String),
    });
    expect((await client.call('GET', `${path}/segmentation-group`)).body).toEqual({ groups: { liver: { index: 1, color: [255, 0, 0] } } });
    const definitions = [{ identifier: 'spleen', color: [0, 255, 0], index: 1 }, { identifier: 'liver', color: [255, 0, 0], index: 2 }];
    expect((await client.call('PUT', `${path}/segmentation-group`, { body: { segmentationData: { segmentationValueType: 'single_label', definitions } } })).status).toBe(200);
    expect((await client.call('GET', `${path}/segmentation-group`)).body.groups).toEqual({ spleen: { index: 1, color: [0, 255, 0] }, liver: { index: 2, color: [255, 0, 0] } });
    expect((await client.call('DELETE', `${path}/segmentation-group/spleen`)).status).toBe(200);
    expect((await client.call('GET', `${path}/segmentation-group`)).body.groups).toEqual({ liver: { index: 2, color: [255, 0, 0] } });
  });
  test('one of its own, with people and resources', async () => {
    const a = await scan();
    const made = await client.call('POST', '/annotationsets', { body: { name: 'First pass', resource_ids: [a], annotators: [], annotations: [{ type: 'label', identifier: 'fracture', scope: 'image', required: false }] } });
    expect([made.status, made.body]).toEqual([201, expect.objectContaining({ name: 'First pass', resource_ids: [a] })]);
    const path = `/annotationsets/${made.body.id}`;
    expect((await client.call('PATCH', path, { body: { name: 'Second pass' } })).body.name).toBe('Second pass');
    expect((await client.call('POST', `${path}/resources`, { body: { resource_ids_to_delete: [a] } })).status).toBe(200);
    expect((await client.call('GET', path)).body.resource_ids).toEqual([]);
  });
});

describe('datasets', () => {
  test('the archive that the guide\'s client unpacks', async () => {
    const id = await scan('knee.dcm', { labels: 'fracture' });
    const picture = (await client.upload({ name: 'p.png', bytes: await png(6, 4, (x) => x * 40) })).body.id as string;
    const volume = (await client.upload({ name: 'v.nii.gz', bytes: nifti([4, 3, 5], (i) => i * 10) })).body.id as string;
    const text = (await client.upload({ name: 'notes.txt', bytes: Buffer.from('hello') })).body.id as string;
    const [annotation = ''] = (await client.call('POST', `/annotations/${id}/annotations`, { body: [{ type: 'segmentation', identifier: 'seg_1', scope: 'frame', frame_index: 0 }] })).body;
    const mask = await png(8, 8, (x) => (x < 3 ? 255 : 0));
    await client.form(`/annotations/${id}/annotations/${annotation}/file`, [{ name: 'file', value: mask, filename: 'seg_1', type: 'image/png' }]);
    const { dataset_id: dataset } = await project('Archive', [id, picture, volume, text]);
    const { events, files, description } = await download(dataset);
    expect(events.at(-2)).toEqual({ processedImages: 4, totalImages: 4 });
    expect(description).toMatchObject({ id: dataset, name: 'Archive', version: 1, updated_at: await updatedAt(dataset) });
    expect(description.resources).toHaveLength(3);
    expect(description.resources[0]).toEqual({
      id, file: `images/${id}.dcm`, image_file: `images/${id}.dcm`, filename: 'knee.dcm', mimetype: 'application/dicom', modality: 'CT', labels: ['fracture'], tags: ['fracture'], frame_labels: null,
      annotations: [{ id: annotation, name: 'seg_1', type: 'segmentation', scope: 'frame', index: 0, value: null, added_by: expect.stringContaining('@'), file: `masks/${annotation}.png` }],
    });
    expect(description.images).toEqual(description.resources);
    expect(Buffer.from(files[`images/${id}.dcm`] ?? []).equals(dicom())).toBe(true);
    expect(Buffer.from(files[`masks/${annotation}.png`] ?? []).equals(mask)).toBe(true);
    for (const converted of [picture, volume]) expect(() => parseDicom(files[`images/${converted}.dcm`] ?? new Uint8Array())).not.toThrow();
    expect(Object.keys(files).every((name) => !name.startsWith('/') && !name.includes('..'))).toBe(true);
  });
  test('updated_at moves with members, labels, annotations and their files, and with nothing else', async () => {
    const [a, b] = [await scan(), await scan()];
    const { dataset_id: dataset, id } = await project('Moves', [a]);
    let last = await updatedAt(dataset);
    const moves = async (change: Promise<unknown>) => {
      await change;
      const now = await updatedAt(dataset);
      const moved = now !== last;
      last = now;
      return moved;
    };
    const [annotation = ''] = (await client.call('POST', `/annotations/${a}/annotations`, { body: [{ type: 'segmentation', identifier: 's', scope: 'frame', frame_index: 0 }] })).body;
    expect(await moves(Promise.resolve())).toBe(true);
    expect(await moves(client.form(`/annotations/${a}/annotations/${annotation}/file`, [{ name: 'file', value: await png(8, 8, () => 255), filename: 's', type: 'image/png' }]))).toBe(true);
    expect(await moves(client.call('PUT', `/resources/${a}/tags`, { body: { tags: ['x'] } }))).toBe(true);
    expect(await moves(client.call('POST', `/projects/${id}/resources`, { body: { resource_ids_to_add: [b] } }))).toBe(true);
    expect(await moves(client.call('DELETE', `/annotations/${annotation}`))).toBe(true);
    expect(await moves(client.call('POST', `/projects/${id}/resources`, { body: { resource_ids_to_delete: [b] } }))).toBe(true);
    expect(await moves(client.bytes(`/datasets/${dataset}/download/dicom`))).toBe(false);
    expect(await moves(client.call('POST', `/resources/${a}/publish`))).toBe(false);
    expect(await moves(client.call('PUT', `/resources/${b}/tags`, { body: { tags: ['y'] } }))).toBe(false);
    expect(await moves(scan())).toBe(false);
  });
  test('a key sent twice asks for a token as JSON', async () => {
    const { dataset_id: dataset } = await project('Token', [await scan()]);
    const { body } = await client.call('GET', `/datasets/${dataset}/download/dicom`, { newest: true });
    expect(body).toMatch(/^[\w.-]+$/);
    expect((await client.bytes(`/datasets/download/${body}`)).status).toBe(200);
    expect((await client.call('GET', `/datasets/${dataset}`, { newest: true })).body).toMatchObject({ total_resource: 1, resource_ids: [expect.any(String)] });
    expect((await client.call('GET', `/datasets/${dataset}/resources`, { newest: true })).body).toHaveLength(1);
  });
  test('pictures, arrays and volumes instead of DICOM', async () => {
    const { body: stack } = await client.upload({ name: 's.dcm', bytes: dicom({ frames: 2 }) });
    const { body: flat } = await client.upload({ name: 'f.png', bytes: await png(6, 4, (x) => x * 10) });
    const { dataset_id: dataset } = await project('Forms', [stack.id, flat.id]);
    const files = async (form: string) => {
      const { body } = await client.call('GET', `/datasets/${dataset}/download/${form}`, { newest: true });
      return unzipSync((await client.bytes(`/datasets/download/${body}`)).bytes);
    };
    const pictures = await files('png');
    expect(Object.keys(pictures).toSorted()).toEqual(['dataset.json', `images/${flat.id}.png`, `images/${stack.id}/0000.png`, `images/${stack.id}/0001.png`].toSorted());
    expect(JSON.parse(Buffer.from(pictures['dataset.json'] ?? []).toString()).resources.find((one: any) => one.id === stack.id)).toMatchObject({ file: `images/${stack.id}/0000.png`, files: [expect.anything(), expect.anything()] });
    expect(Buffer.from((await files('jpg'))[`images/${flat.id}.jpg`] ?? []).subarray(0, 2).toString('hex')).toBe('ffd8');
    const arrays = await files('npy');
    expect(Buffer.from(arrays[`images/${stack.id}.npy`] ?? []).toString('latin1')).toContain("'descr': '<u2', 'fortran_order': False, 'shape': (2, 8, 8), }");
    expect(Buffer.from(arrays[`images/${flat.id}.npy`] ?? []).toString('latin1')).toContain("'shape': (4, 6), }");
    const volumes = await files('nifti');
    expect([...readVoxels(parseNifti(volumes[`images/${stack.id}.nii.gz`] ?? new Uint8Array())).dims]).toEqual([8, 8, 2]);
    expect((await client.call('GET', `/datasets/${dataset}/download/gif`, { newest: true })).status).toBe(400);
  });
  test('a dataset of Fovea\'s own is there under its name, its versions as versions', async () => {
    const own = (await fovea.call('POST', '/v1/projects', { body: { name: 'Own' } })).body;
    const { body: dataset } = await fovea.call('POST', '/v1/datasets', { body: { project: own.id, name: 'Made in Fovea' } });
    const add = async (path: string) => {
      const { status, body } = await fovea.call('POST', `/v1/datasets/${dataset.id}/items?path=${path}&labels=knee`, { body: dicom(), headers: { 'content-type': 'application/octet-stream' } });
      expect(status).toBe(201);
      return body.item.id as string;
    };
    const item = await add('/first.dcm');
    const rle = { size: [8, 8], counts: [8, 8, 48] };
    await fovea.call('POST', `/v1/items/${item}/annotations`, { body: { annotations: [{ type: 'mask', label: 'bone', frame: 0, geometry: { type: 'mask', rle } }] } });
    const { body: command } = await fovea.call('POST', `/v1/datasets/${dataset.id}/versions`, { body: { message: 'one' } });
    for (let state = command; state.status !== 'complete'; state = (await fovea.call('GET', `/v1/commands/${command.id}`)).body) await new Promise((resolve) => setTimeout(resolve, 20));
    await add('/second.dcm');
    expect((await datasets()).find((one) => one.name === 'Made in Fovea')).toMatchObject({ id: dataset.id, last_version: 1 });
    const now = await download(dataset.id);
    expect(now.description).toMatchObject({ name: 'Made in Fovea', resources: [{ id: item, filename: 'first.dcm', labels: ['knee'], annotations: [{ name: 'bone', type: 'segmentation', index: 0 }] }, { filename: 'second.dcm' }] });
    const past = await download(dataset.id, '?version=1');
    expect(past.description).toMatchObject({ name: 'Made in Fovea', version: 1, resources: [{ filename: 'first.dcm', labels: ['knee'], annotations: [{ name: 'bone', type: 'segmentation', index: 0 }] }] });
    const [entry] = past.description.resources;
    expect(Buffer.from(past.files[entry.file] ?? []).equals(dicom())).toBe(true);
    expect(Buffer.from(past.files[entry.annotations[0].file] ?? []).subarray(1, 4).toString()).toBe('PNG');
    expect((await client.bytes(`/datasets/${dataset.id}/download/dicom?version=7`)).bytes.toString()).toContain('event: error');
  });
  test('clients 1.x get the archive at once, on wish without what nobody annotated', async () => {
    const [a, b] = [await scan(), await scan()];
    await client.call('POST', `/annotations/${a}/annotations`, { body: [{ type: 'label', identifier: 'x', scope: 'image' }] });
    const { id } = await project('At once', [a, b]);
    const ids = async (query: string) => JSON.parse(Buffer.from(unzipSync((await client.bytes(`/projects/${id}/annotated_dataset?${query}`)).bytes)['dataset.json'] ?? []).toString()).resources.map((one: any) => one.id);
    expect([await ids('all_annotations=False'), await ids('all_annotations=True&include_unannotated=True')]).toEqual([[a], [a, b]]);
  });
  test('a stranger sees no project or dataset, and cannot use the token of another', async () => {
    const { id, dataset_id: dataset } = await project('Secret', [await scan()]);
    const { body: token } = await client.call('GET', `/datasets/${dataset}/download/dicom`, { newest: true });
    const { key } = await fovea.person({ admin: true });
    expect((await client.call('GET', '/projects', { key })).body).toEqual({ data: [], totalCount: 0 });
    expect((await client.call('GET', '/datasets', { key })).body).toEqual({ data: [], totalCount: 0 });
    for (const path of [`/projects/${id}`, `/projects/${id}/resources`, `/projects/${id}/worklists`, `/annotationsets/${id}`, `/datasets/${dataset}/download/dicom`, `/datasets/download/${token}`]) {
      expect([path, (await client.call('GET', path, { key })).status]).toEqual([path, 404]);
    }
  });
});

describe('users', () => {
  test('listed, made, changed, gone', async () => {
    const made = await client.call('POST', '/users', { body: { email: 'New.Person@example.com', firstname: 'New', lastname: 'Person', password: 'a long enough password', roles: [] } });
    expect([made.status, made.body]).toEqual([201, expect.objectContaining({ email: 'new.person@example.com', firstname: 'New', lastname: 'Person', roles: ['user'], customer_id: expect.any(String), created_at: expect.any(String) })]);
    expect((await client.call('GET', '/users')).body.data.map((user: any) => user.email)).toContain('new.person@example.com');
    expect((await client.call('PATCH', '/users/new.person@example.com', { body: { lastname: 'Name' } })).body).toMatchObject({ lastname: 'Name' });
    expect((await client.call('DELETE', '/users/new.person@example.com')).status).toBe(200);
    expect((await client.call('GET', '/users/new.person@example.com')).status).toBe(404);
  });
});
