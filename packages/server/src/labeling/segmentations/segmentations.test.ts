import { InvalidRequestError, Fovea } from '@fovea/sdk';
import { bitmapFromRuns, decodeRle } from '@fovea/geometry';
import { parseDicom } from '@fovea/medical/dicom/parse.ts';
import { readSeg } from '@fovea/medical/dicom/seg.ts';
import { sampleCt, sampleFile } from '@fovea/medical/dicom/sample-files.ts';
import { parseNifti, readVoxels } from '@fovea/medical/nifti/parse.ts';
import { writeNifti } from '@fovea/medical/nifti/write.ts';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';

let fovea: TestPlatform;
let sdk: Fovea;
let dataset = '';
beforeAll(async () => {
  fovea = await startTestPlatform();
  sdk = new Fovea({ url: fovea.url, key: fovea.key });
});
afterAll(() => fovea.close());
beforeEach(async () => {
  const project = await sdk.projects.create({ name: `p ${Math.random()}` });
  dataset = (await sdk.datasets.create({ project: project.id, name: 'd' })).id;
});

const affine = [[-0.7, 0, 0, 90.123], [0, -0.7, 0, 80.5], [0, 0, 2.5, -40.25]] as const;
const dims = [5, 4, 3];
const labels = Int16Array.from({ length: 60 }, (_, at) => (at % 7 === 0 ? 1 : at % 11 === 0 ? 200 : 0));
const nifti = (data: Int16Array | Uint8Array = labels, over: Partial<Parameters<typeof writeNifti>[0]> = {}) => writeNifti({ data, dims, affine, gzip: true, ...over });

async function upload(path: string, bytes: Uint8Array): Promise<string> {
  const { body } = await fovea.call('POST', `/v1/datasets/${dataset}/items?path=${path}`, { body: bytes });
  return (await fovea.probed(body.item.id)).id;
}
const scan = () => upload('/scan.nii.gz', nifti(Int16Array.from({ length: 60 }, (_, at) => at * 3)));
const errorOf = (promise: Promise<unknown>) => promise.then(() => 'no error', (error: Error) => error.message);

describe('on a volume', () => {
  test('segmentations.upload 201 keeps a NIfTI as annotations, segmentations.download 200 gives the same voxels and place back', async () => {
    const item = await scan();
    const { data, notes } = await sdk.segmentations.upload(item, nifti(), { labels: { 1: 'liver', 200: 'spleen' } });
    expect(data.map(({ type, label, geometry }) => [type, label, geometry.type === 'volume' ? [geometry.value, geometry.size] : []])).toEqual([['volume', 'liver', [1, [5, 4, 3]]], ['volume', 'spleen', [200, [5, 4, 3]]]]);
    expect(notes).toEqual([]);
    expect((await sdk.items.get(item)).annotationCount).toBe(2);
    const back = await sdk.segmentations.download(item);
    const read = readVoxels(parseNifti(back.bytes));
    expect([[...read.data], read.dims, back.labels]).toEqual([[...labels], dims, { 1: 'liver', 200: 'spleen' }]);
    expect(Math.max(...read.header.affine.flat().map((value, at) => Math.abs(value - (affine.flat()[at] ?? 0))))).toBeLessThan(1e-4);
    expect([...readVoxels(parseNifti((await sdk.segmentations.download(item, { label: 'spleen' })).bytes)).data]).toEqual([...labels].map((value) => (value === 200 ? 200 : 0)));
  });
  test('as DICOM SEG and back: voxel-identical, with names', async () => {
    const item = await scan();
    await sdk.segmentations.upload(item, nifti(), { labels: { 1: 'liver', 200: 'spleen' } });
    const seg = (await sdk.segmentations.download(item, { format: 'seg' })).bytes;
    expect((await readSeg(seg)).segments.map(({ label, value }) => [label, value])).toEqual([['liver', 1], ['spleen', 200]]);
    const other = await upload('/other.nii', nifti(Int16Array.from({ length: 60 }, (_, at) => at), { gzip: false }));
    const { data } = await sdk.segmentations.upload(other, seg);
    expect(data.map(({ label }) => label)).toEqual(['liver', 'spleen']);
    expect([...readVoxels(parseNifti((await sdk.segmentations.download(other)).bytes)).data]).toEqual([...labels]);
  });
  test('segmentations.frame 200 gives each label on a slice as RLE', async () => {
    const item = await scan();
    await sdk.segmentations.upload(item, nifti(), { labels: { 1: 'liver', 200: 'spleen' } });
    const { data } = await sdk.segmentations.frame(item, 1);
    const slice = [...labels.subarray(20, 40)];
    expect(data.map(({ label, value, rle }) => [label, value, [...bitmapFromRuns(decodeRle(rle))]])).toEqual([
      ['liver', 1, slice.map((value) => (value === 1 ? 1 : 0))],
      ['spleen', 200, slice.map((value) => (value === 200 ? 1 : 0))],
    ]);
    expect((await fovea.call('GET', `/v1/items/${item}/segmentations/7`)).status).toBe(404);
  });
  test('another size, another place, a value without a name, no label at all are refused in words; resampling is done when asked, and said', async () => {
    const item = await scan();
    expect(await errorOf(sdk.segmentations.upload(item, nifti(new Uint8Array(8).fill(1), { dims: [2, 2, 2] })))).toContain('2 × 2 × 2 voxels, the volume 5 × 4 × 3');
    const moved = nifti(labels, { affine: [[-0.7, 0, 0, 95], [0, -0.7, 0, 80.5], [0, 0, 2.5, -40.25]] });
    expect(await errorOf(sdk.segmentations.upload(item, moved))).toMatch(/lies up to 4\.\d+ mm from the volume.*resample=true/);
    expect(await errorOf(sdk.segmentations.upload(item, nifti(), { labels: { 1: 'liver' } }))).toContain('the label value 200 has no name');
    expect(await errorOf(sdk.segmentations.upload(item, nifti(new Uint8Array(60))))).toContain('labels no voxel');
    await expect(sdk.segmentations.upload(item, nifti(), { labels: { 1: 'a' } })).rejects.toThrow(InvalidRequestError);
    const flipped = nifti(Int16Array.from(labels, (_, at) => labels[at - (at % 5) + 4 - (at % 5)] ?? 0), { affine: [[0.7, 0, 0, 90.123 - 2.8], [0, -0.7, 0, 80.5], [0, 0, 2.5, -40.25]] });
    const { notes } = await sdk.segmentations.upload(item, flipped, { resample: true });
    expect(notes).toEqual([expect.stringContaining('resampled')]);
    expect([...readVoxels(parseNifti((await sdk.segmentations.download(item)).bytes)).data]).toEqual([...labels]);
  });
  test('segmentations.upload 415, segmentations.download 415, segmentations.frame 415 for what is no scan and no segmentation, segmentations.upload 413 for a huge one', async () => {
    const text = await upload('/a.txt', Buffer.from('text'));
    for (const [method, path] of [['POST', ''], ['GET', ''], ['GET', '/0']] as const) expect((await fovea.call(method, `/v1/items/${text}/segmentations${path}`, method === 'POST' ? { body: nifti() } : {})).status).toBe(415);
    const item = await scan();
    expect((await fovea.call('POST', `/v1/items/${item}/segmentations`, { body: Buffer.from('neither nor') })).status).toBe(415);
    expect((await fovea.call('GET', `/v1/items/${item}/segmentations`)).status).toBe(404);
    const huge = await new Promise<number | undefined>((resolve, reject) => {
      import('node:http').then(({ request }) => {
        const call = request(`${fovea.url}/v1/items/${item}/segmentations`, { method: 'POST', headers: { authorization: `Bearer ${fovea.key}`, 'content-length': 2 ** 31 } }, (answer) => resolve(answer.statusCode));
        call.on('error', reject).flushHeaders();
      }, reject);
    });
    expect(huge).toBe(413);
  });
  test('a blob that a client names in a geometry opens nothing', async () => {
    const item = await scan();
    const other = await sdk.items.get(item);
    await sdk.annotations.create(item, [{ type: 'volume', label: 'x', geometry: { type: 'volume', blob: other.sha256, value: 3, size: [5, 4, 3] } }]);
    const { bytes, notes } = await sdk.segmentations.download(item);
    expect([...readVoxels(parseNifti(bytes)).data].every((value) => value === 0)).toBe(true);
    expect(notes).toEqual(['x has no file']);
  });
});

describe('masks of frames', () => {
  test('a PNG is a mask of a frame for each grey or colour, and comes back as NIfTI', async () => {
    const item = await upload('/ct.dcm', sampleFile(sampleCt({ rows: 4, columns: 6, frames: 3 })));
    const grey = Buffer.from(Array.from({ length: 24 }, (_, at) => (at < 6 ? 1 : at < 8 ? 2 : 0)));
    const png = await sharp(grey, { raw: { width: 6, height: 4, channels: 1 } }).toColourspace('b-w').png().toBuffer();
    const { data } = await sdk.segmentations.upload(item, png, { frame: 2, labels: { 1: 'liver', 2: 'spleen' } });
    expect(data.map(({ type, label, frame }) => [type, label, frame])).toEqual([['mask', 'liver', 2], ['mask', 'spleen', 2]]);
    const back = await sdk.segmentations.download(item);
    const read = readVoxels(parseNifti(back.bytes));
    expect([read.dims, back.labels]).toEqual([[6, 4, 3], { 1: 'liver', 2: 'spleen' }]);
    expect([...read.data.subarray(48)]).toEqual([...grey]);
    const colour = await sharp({ create: { width: 6, height: 4, channels: 3, background: '#ff0000' } }).png().toBuffer();
    expect((await sdk.segmentations.upload(item, colour, { frame: 0, labels: { '#ff0000': 'red' } })).data[0]?.label).toBe('red');
    expect(await errorOf(sdk.segmentations.upload(item, colour))).toContain('say which');
    expect(await errorOf(sdk.segmentations.upload(item, await sharp(grey.subarray(0, 4), { raw: { width: 2, height: 2, channels: 1 } }).png().toBuffer(), { frame: 0 }))).toContain('The mask is 2 × 2 pixels, the frame 6 × 4');
  });
});

describe('masks of pictures', () => {
  test('a PNG is a mask of a picture for each grey or colour; of another size, or of what has no pixels, it is refused', async () => {
    const picture = await sharp({ create: { width: 6, height: 4, channels: 3, background: '#456' } }).jpeg().toBuffer();
    const item = await upload('/a.jpg', picture);
    const grey = Buffer.from(Array.from({ length: 24 }, (_, at) => (at < 6 ? 255 : at < 8 ? 7 : 0)));
    const png = await sharp(grey, { raw: { width: 6, height: 4, channels: 1 } }).toColourspace('b-w').png().toBuffer();
    const { data } = await sdk.segmentations.upload(item, png, { labels: { 255: 'sky', 7: 'bird' } });
    expect(data.map(({ type, label, frame, source }) => [type, label, frame, source])).toEqual([['mask', 'bird', null, 'import'], ['mask', 'sky', null, 'import']]);
    const bitmaps = data.map(({ geometry }) => (geometry.type === 'mask' ? [...bitmapFromRuns(decodeRle(geometry.rle))] : []));
    expect(bitmaps).toEqual([7, 255].map((value) => [...grey].map((at) => (at === value ? 1 : 0))));
    expect(await errorOf(sdk.segmentations.upload(item, await sharp(grey.subarray(0, 4), { raw: { width: 2, height: 2, channels: 1 } }).png().toBuffer()))).toContain('The mask is 2 × 2 pixels, the frame 6 × 4');
    const text = await upload('/b.txt', Buffer.from('text'));
    expect((await fovea.call('POST', `/v1/items/${text}/segmentations`, { body: png })).status).toBe(415);
  });
});

describe('by the recipe of the dataset', () => {
  test('segmentations.upload 400, segmentations.uploadToSeries 400: an unknown label and a shape that a label may not have are named with what is allowed, and nothing is kept; new labels are taken up where the recipe says so', async () => {
    const { projectId } = await sdk.datasets.get(dataset);
    const recipe = await sdk.recipes.create({ project: projectId, name: 'organs', labels: [{ name: 'liver', geometry: ['mask'] }, { name: 'lesion', geometry: ['box'] }], attributes: [{ key: 'sure', type: 'boolean', required: true }] });
    await sdk.datasets.update(dataset, { recipeId: recipe.id });
    const item = await scan();
    const wrong = (await sdk.segmentations.upload(item, nifti(), { labels: { 1: 'lesion', 200: 'spleen' } }).catch((error: unknown) => error)) as InstanceType<typeof InvalidRequestError>;
    expect([wrong.status, wrong.errors]).toEqual([400, [{ path: 'query.labels.1', message: '"lesion" may not be a volume; it may be box' }, { path: 'query.labels.200', message: '"spleen" is no label of the recipe "organs"; its labels are liver, lesion' }]]);
    const picture = await upload('/a.png', await sharp({ create: { width: 6, height: 4, channels: 3, background: '#456' } }).png().toBuffer());
    const mask = await sharp(Buffer.alloc(24, 1), { raw: { width: 6, height: 4, channels: 1 } }).toColourspace('b-w').png().toBuffer();
    expect(await errorOf(sdk.segmentations.upload(picture, mask, { labels: { 1: 'lesion' } }))).toContain('"lesion" may not be a mask; it may be box');
    expect(await errorOf(sdk.segmentations.upload(picture, mask))).toContain('is no label of the recipe');
    const ct = await upload('/1.dcm', sampleFile(sampleCt({ slice: 0, seriesUid: '1.2.3.98' })));
    const volume = await sdk.series.volume(dataset, '1.2.3.98');
    const own = nifti(new Uint8Array(24).fill(1), { dims: [6, 4, 1], affine: volume.affine as never });
    expect(await errorOf(sdk.segmentations.uploadToSeries(dataset, '1.2.3.98', own, { labels: { 1: 'spleen' } }))).toContain('query.labels.1: "spleen" is no label');
    expect(await Promise.all([item, picture, ct].map(async (id) => (await sdk.items.get(id)).annotationCount))).toEqual([0, 0, 0]);
    expect((await sdk.segmentations.upload(item, nifti(), { labels: { 1: 'liver', 200: 'liver' } })).data.map(({ label }) => label)).toEqual(['liver', 'liver']);
    expect((await sdk.segmentations.uploadToSeries(dataset, '1.2.3.98', own, { labels: { 1: 'liver' } })).annotations).toBe(1);
    await sdk.recipes.update(recipe.id, { allowNewLabels: true });
    expect((await sdk.segmentations.upload(picture, mask, { labels: { 1: 'sky' } })).data[0]?.label).toBe('sky');
    expect((await sdk.recipes.get(recipe.id)).labels.map(({ name }) => name)).toContain('sky');
  });
});

describe('on a series', () => {
  const uid = '1.2.3.99';
  test('segmentations.uploadToSeries 201 makes masks on the items, segmentations.downloadOfSeries 200 gives the same voxels as NIfTI and SEG', async () => {
    const ids: string[] = [];
    for (const slice of [2, 0, 1]) ids[slice] = await upload(`/${slice}.dcm`, sampleFile(sampleCt({ slice, seriesUid: uid })));
    const volume = await sdk.series.volume(dataset, uid);
    const own = Uint8Array.from({ length: 72 }, (_, at) => (at >= 24 && at < 30 ? 1 : at > 60 ? 3 : 0));
    const grid = { dims: [6, 4, 3], affine: volume.affine as never };
    const done = await sdk.segmentations.uploadToSeries(dataset, uid, nifti(own, grid), { labels: { 1: 'a', 3: 'b' } });
    expect(done).toMatchObject({ annotations: 2, items: 2, labels: ['a', 'b'] });
    expect((await sdk.annotations.list(ids[1] ?? '').toArray({ limit: 5 })).map(({ label, type }) => [label, type])).toEqual([['a', 'mask']]);
    const back = await sdk.segmentations.downloadOfSeries(dataset, uid);
    expect([[...readVoxels(parseNifti(back.bytes)).data], back.labels]).toEqual([[...own], { 1: 'a', 3: 'b' }]);
    const seg = (await sdk.segmentations.downloadOfSeries(dataset, uid, { format: 'seg' })).bytes;
    const { dataSet } = parseDicom(seg);
    expect([dataSet.string(0x00080060), dataSet.string(0x0020000d), dataSet.string(0x00100020), dataSet.items(0x00081115)[0]?.string(0x0020000e)]).toEqual(['SEG', '1.2.3.9', 'P-17', uid]);
    expect(await sdk.segmentations.uploadToSeries(dataset, uid, seg)).toMatchObject({ annotations: 2, items: 2 });
  });
  test('segmentations.uploadToSeries 415 and segmentations.downloadOfSeries 415 without images, 413 for too much', async () => {
    await upload('/report.dcm', sampleFile(sampleCt({ seriesUid: '1.5' }).filter(([tag]) => tag >>> 16 !== 0x28 && tag !== 0x7fe00010)));
    const path = `/v1/datasets/${dataset}/series/1.5/segmentations`;
    expect((await fovea.call('POST', path, { body: nifti() })).status).toBe(415);
    expect((await fovea.call('GET', path)).status).toBe(415);
    // segmentations.uploadToSeries 413 and segmentations.downloadOfSeries 413 are those of series.get 413: the same instances are read.
  });
});
