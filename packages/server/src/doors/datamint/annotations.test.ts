// Annotations, projects and datasets over HTTP, as they are on the wire.
import { parseNifti, readVoxels } from '@fovea/medical/nifti/parse.ts';
import sharp from 'sharp';
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

const uuid = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
const scan = async (image: Parameters<typeof dicom>[0] = {}, name = 'scan.dcm') => (await client.upload({ name, bytes: dicom(image) }, {})).body.id as string;
const search = async (body: object) => (await client.call('POST', '/annotations/search', { body })).body;
const annotate = async (id: string, items: object[]) => (await client.call('POST', `/annotations/${id}/annotations`, { body: items })).body as string[];
const mask = (inside: (x: number, y: number) => boolean) => png(8, 8, (x, y) => (inside(x, y) ? 255 : 0));

describe('segmentations frame by frame', () => {
  test('ids in the order of the request, then a file for each; the bytes come back and are a mask in Fovea', async () => {
    const id = await scan({ frames: 3 });
    const ids = await annotate(id, [
      { identifier: 'SegmentationName_1', scope: 'frame', frame_index: 2, type: 'segmentation' },
      { identifier: 'SegmentationName_2', scope: 'frame', frame_index: 2, type: 'segmentation' },
    ]);
    expect(ids).toEqual([uuid, uuid]);
    const file = await sharp(await mask((x) => x < 4)).toColourspace('srgb').png().toBuffer();
    const sent = await client.form(`/annotations/${id}/annotations/${ids[1]}/file`, [{ name: 'file', value: file, filename: 'SegmentationName_2', type: 'image/png' }]);
    expect([sent.status, sent.body]).toEqual([201, expect.objectContaining({ id: ids[1] })]);
    expect(sent.body).not.toHaveProperty('error');
    expect((await client.bytes(`/annotations/${id}/annotations/${ids[1]}/file`)).bytes.equals(file)).toBe(true);
    const { data } = (await fovea.call('GET', `/v1/items/${id}/annotations`)).body;
    expect(data.find((annotation: any) => annotation.id === ids[1])).toMatchObject({ type: 'mask', label: 'SegmentationName_2', frame: 2, geometry: { type: 'mask', rle: { size: [8, 8] } } });
    const { data: found, totalCount } = await search({ resource_id: id, annotation_type: 'segmentation', offset: '0', limit: '5000' });
    expect(totalCount).toBe(2);
    expect(found[0].annotations[1]).toMatchObject({ id: ids[1], identifier: 'SegmentationName_2', annotation_type: 'segmentation', scope: 'frame', frame_index: 2, resource_id: id, created_by: expect.stringContaining('@'), status: 'new', file: expect.any(String), associated_file: expect.any(String), resource_filename: 'scan.dcm', resource_modality: 'CT' });
  });
  test('a resource, an annotation or a file that is not there answers 404', async () => {
    const [a, b] = [await scan(), await scan()];
    const [annotation = ''] = await annotate(a, [{ type: 'segmentation', identifier: 'x', scope: 'frame', frame_index: 0 }]);
    expect((await client.form(`/annotations/${b}/annotations/${annotation}/file`, [{ name: 'file', value: 'x', filename: 'x' }])).status).toBe(404);
    expect((await client.bytes(`/annotations/${a}/annotations/${annotation}/file`)).status).toBe(404);
    expect((await client.call('POST', `/annotations/${annotation}/annotations`, { body: [{ type: 'label', identifier: 'x' }] })).status).toBe(404);
  });
  test('a type that there is not answers 400 and names the types', async () => {
    const answer = await client.call('POST', `/annotations/${await scan()}/annotations`, { body: [{ type: 'blob', identifier: 'x' }] });
    expect([answer.status, answer.body.message]).toEqual([400, expect.stringContaining('segmentation')]);
  });
});

describe('volumes', () => {
  test('one annotation for each value, each a volume of its own on the grid of the whole', async () => {
    const { body } = await client.upload({ name: 'v.nii.gz', bytes: nifti([4, 4, 5], () => 7) });
    const bytes = nifti([4, 4, 5], (i, _j, k) => (k === 2 ? (i < 2 ? 1 : 3) : 0));
    const sent = await client.form(`/annotations/${body.id}/segmentations/file`, [
      { name: 'segmentation_map', value: '{"1":"liver"}', type: 'application/json' },
      { name: 'file', value: bytes, filename: 'seg.nii.gz', type: 'application/nifti' },
    ]);
    expect([sent.status, sent.body]).toEqual([201, [uuid, uuid]]);
    const { data } = await search({ resource_id: body.id });
    expect(data[0].annotations).toMatchObject([
      { identifier: 'liver', scope: 'image', frame_index: null, annotation_type: 'segmentation', resource_id: body.id },
      { identifier: 'seg_3', scope: 'image', frame_index: null },
    ]);
    const native = await fovea.call('GET', `/v1/items/${body.id}/segmentations`);
    expect([native.status, JSON.parse(native.headers.get('x-fovea-labels') ?? '{}')]).toEqual([200, { 1: 'liver', 2: 'seg_3' }]);
    const file = await client.bytes(`/annotations/${body.id}/annotations/${sent.body[1]}/file`);
    const volume = parseNifti(file.bytes);
    expect(volume.header.affine).toEqual([[2, 0, 0, 5], [0, 2, 0, 6], [0, 0, 3, 7]]);
    const { dims, data: voxels } = readVoxels(volume);
    expect([[...dims], [...voxels].filter((value) => value === 1).length, voxels[2 * 16 + 2]]).toEqual([[4, 4, 5], 8, 1]);
  });
  test('a file that is no NIfTI answers 400 and says so', async () => {
    const answer = await client.form(`/annotations/${await scan()}/segmentations/file`, [{ name: 'file', value: 'text', filename: 'seg.nii', type: 'application/nifti' }]);
    expect([answer.status, answer.body.message]).toEqual([400, expect.stringContaining('NIfTI')]);
  });
});

describe('annotations', () => {
  const line = { points: [[1, 1, 0], [6, 6, 0]] };
  const square = { points: [[1, 1, 0], [5, 1, 0], [1, 4, 0], [5, 4, 0]] };
  const patient = { points: [[-100.5, 3, 9], [7, 8, 9]], viewPlaneNormal: [0, 0, 1], viewUp: [0, -1, 0] };
  test('every type comes back as it was said', async () => {
    const id = await scan();
    const items = [
      { type: 'line', identifier: 'length', scope: 'frame', frame_index: 0, geometry: line, units: 'mm' },
      { type: 'square', identifier: 'lesion', scope: 'frame', frame_index: 0, geometry: square },
      { type: 'line', identifier: 'far', scope: 'image', geometry: patient },
      { type: 'category', identifier: 'quality', scope: 'image', value: 'good' },
      { type: 'label', identifier: 'fracture', scope: 'image' },
      { type: 'integer', identifier: 'count', scope: 'image', value: 3 },
      { type: 'float', identifier: 'score', scope: 'image', value: 0.25 },
      { type: 'point', identifier: 'tip', scope: 'frame', frame_index: 0, geometry: { points: [[2, 3, 0]] } },
      ...['area', 'distance', 'angle', 'region', 'circle'].map((type) => ({ type, identifier: type, scope: 'frame', frame_index: 0, geometry: { points: [[1, 1, 0], [5, 1, 0], [5, 5, 0]] } })),
    ];
    const ids = await annotate(id, items);
    const { data } = await search({ resource_ids: [id] });
    const back = new Map(data[0].annotations.map((annotation: any) => [annotation.id, annotation]));
    items.forEach((item: any, index) => {
      const numeric = item.type === 'integer' || item.type === 'float';
      expect(back.get(ids[index])).toMatchObject({
        identifier: item.identifier, annotation_type: item.type, scope: item.scope, frame_index: item.frame_index ?? null, geometry: item.geometry ?? null, units: item.units ?? null,
        text_value: numeric || item.value === undefined ? null : item.value, numeric_value: numeric ? item.value : null,
      });
    });
    const native = (await fovea.call('GET', `/v1/items/${id}/annotations?limit=100`)).body.data;
    expect(native.find((annotation: any) => annotation.label === 'lesion')).toMatchObject({ type: 'box', geometry: { x: 1, y: 1, width: 4, height: 3 } });
  });
  test('searches by type, author, time, worklist, status and origin; pages', async () => {
    const id = await scan();
    const worklist = '0199a6f0-0000-7000-8000-000000000000';
    const [a = '', , c = ''] = await annotate(id, [
      { type: 'label', identifier: 'a', scope: 'image' },
      { type: 'category', identifier: 'b', scope: 'image', value: 'x', import_author: 'Jane@example.com', imported_from: 'elsewhere' },
      { type: 'label', identifier: 'c', scope: 'image', is_model: true, model_id: 'net', annotation_worklist_id: worklist },
    ]);
    const names = async (body: object) => (await search({ resource_id: id, ...body })).data[0].annotations.map((annotation: any) => annotation.identifier);
    expect(await names({})).toEqual(['a', 'b', 'c']);
    expect(await names({ annotation_type: 'label' })).toEqual(['a', 'c']);
    expect(await names({ annotatorEmail: 'jane@example.com' })).toEqual(['b']);
    expect(await names({ annotation_worklist_id: worklist })).toEqual(['c']);
    expect(await names({ load_ai_segmentations: false })).toEqual(['a', 'b']);
    expect(await names({ to: '2020-01-01' })).toEqual([]);
    expect(await names({ from: '2020-01-01', offset: '1', limit: '1' })).toEqual(['b']);
    expect((await client.call('PATCH', `/annotations/${a}/approve`)).status).toBe(200);
    expect(await names({ status: 'published' })).toEqual(['a']);
    expect(await names({ status: 'new' })).toEqual(['b', 'c']);
    expect((await client.call('GET', `/annotations/${a}`)).body).toMatchObject({ approved_at: expect.any(String), approved_by: expect.stringContaining('@') });
    expect((await client.call('GET', `/annotations/${c}`)).body).toMatchObject({ is_model: true, model_id: 'net', created_by_model: 'net', annotation_worklist_id: worklist });
  });
  test('renamed, deleted, deleted together', async () => {
    const id = await scan();
    const [a = '', b = '', c = ''] = await annotate(id, ['a', 'b', 'c'].map((identifier) => ({ type: 'label', identifier, scope: 'image' })));
    expect((await client.call('PATCH', `/annotations/${a}`, { body: { identifier: 'z' } })).body).toMatchObject({ id: a, identifier: 'z' });
    expect((await client.call('DELETE', `/annotations/${a}`)).status).toBe(200);
    expect((await client.call('POST', '/annotations/delete-batch', { body: { ids: [b, c] } })).status).toBe(200);
    expect(await search({ resource_id: id })).toMatchObject({ totalCount: 0, data: [{ annotations: [] }] });
  });
  test('what was drawn in Fovea is found too, with a file where it is a mask', async () => {
    const id = await scan();
    const rle = { size: [8, 8], counts: [8, 8, 48] };
    const { body } = await fovea.call('POST', `/v1/items/${id}/annotations`, { body: { annotations: [{ type: 'mask', label: 'drawn', frame: 0, geometry: { type: 'mask', rle } }, { type: 'box', label: 'boxed', geometry: { type: 'box', x: 1, y: 2, width: 3, height: 4 } }] } });
    expect(body).toHaveProperty('data');
    const { data } = await search({ resource_id: id });
    expect(data[0].annotations).toMatchObject([{ annotation_type: 'segmentation', identifier: 'drawn' }, { annotation_type: 'square', geometry: { points: [[1, 2, 0], [4, 2, 0], [1, 6, 0], [4, 6, 0]] } }]);
    const { bytes } = await client.bytes(`/annotations/${id}/annotations/${data[0].annotations[0].id}/file`);
    const { channels } = await sharp(bytes).metadata();
    const pixels = await sharp(bytes).extractChannel(0).raw().toBuffer();
    expect([channels, [...pixels].filter((value) => value === 255).length]).toEqual([1, 8]);
  });
});
