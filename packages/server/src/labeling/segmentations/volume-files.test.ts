import { newId, type AnnotationOperation, type VolumeSlice } from '@fovea/contract';
import { bitmapFromRuns, decodeRle, encodeRle, runsFromBitmap } from '@fovea/geometry';
import { sampleCt, sampleFile } from '@fovea/medical/dicom/sample-files.ts';
import { parseNifti, readVoxels } from '@fovea/medical/nifti/parse.ts';
import { writeNifti } from '@fovea/medical/nifti/write.ts';
import { Fovea } from '@fovea/sdk';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';

let fovea: TestPlatform;
let sdk: Fovea;
let item = '';
const affine = [[-0.7, 0, 0, 90.123], [0, -0.7, 0, 80.5], [0, 0, 2.5, -40.25]] as const;
const size: [number, number, number] = [5, 4, 3];
const scan = writeNifti({ data: Int16Array.from({ length: 60 }, (_, at) => at * 3), dims: size, affine, gzip: true });
const upload = async (path: string, bytes: Uint8Array) => {
  const project = await sdk.projects.create({ name: `p ${Math.random()}` });
  const dataset = (await sdk.datasets.create({ project: project.id, name: 'd' })).id;
  const { body } = await fovea.call('POST', `/v1/datasets/${dataset}/items?path=${path}`, { body: bytes });
  return (await fovea.probed(body.item.id)).id;
};
beforeAll(async () => {
  fovea = await startTestPlatform();
  sdk = new Fovea({ url: fovea.url, key: fovea.key });
});
afterAll(() => fovea.close());
beforeEach(async () => {
  item = await upload('/scan.nii.gz', scan);
});

/** A slice with just these pixels. */
const slice = (frame: number, ...pixels: readonly number[]): VolumeSlice => ({
  frame,
  rle: encodeRle(runsFromBitmap(Uint8Array.from({ length: 20 }, (_, at) => (pixels.includes(at) ? 1 : 0)), 5, 4)),
});
const pixelsOf = ({ rle }: VolumeSlice): number[] => (rle ? [...bitmapFromRuns(decodeRle(rle))].flatMap((value, at) => (value === 1 ? [at] : [])) : []);
const apply = async (operation: AnnotationOperation) => (await sdk.annotations.apply(item, [operation])).data[0];
const volume = (slices: VolumeSlice[]) => ({ type: 'volume' as const, value: 1, size, slices });
const create = async (slices: VolumeSlice[], label = 'liver') => {
  const annotationId = newId();
  return { annotationId, result: await apply({ opId: newId(), kind: 'create', annotationId, content: { type: 'volume', label, geometry: volume(slices) } }) };
};
const voxels = async (label?: string) => [...readVoxels(parseNifti((await sdk.segmentations.download(item, label === undefined ? {} : { label })).bytes)).data];

describe('a volume that is painted frame by frame', () => {
  test('segmentations.slices 200: made by an operation, changed on single frames, read back by frame and as NIfTI in its place', async () => {
    const { annotationId, result } = await create([slice(0, 3, 4), slice(2, 7)]);
    expect(result).toMatchObject({ outcome: 'applied', annotation: { type: 'volume', revision: 1, geometry: { type: 'volume', blob: expect.stringMatching(/^[0-9a-f]{64}$/), value: 1, size } } });
    expect(result?.annotation?.geometry).not.toHaveProperty('slices');
    const update: AnnotationOperation = { opId: newId(), kind: 'update', annotationId, baseRevision: 1, content: { geometry: volume([slice(1, 0, 19), { frame: 2, rle: null }]) } };
    expect(await apply(update)).toMatchObject({ outcome: 'applied', annotation: { revision: 2 } });
    expect(await apply(update)).toMatchObject({ outcome: 'duplicate', annotation: { revision: 2 } });
    const read = await sdk.segmentations.slices(annotationId);
    expect([read.revision, read.data.map((one) => [one.frame, pixelsOf(one)])]).toEqual([2, [[0, [3, 4]], [1, [0, 19]]]]);
    expect((await voxels()).flatMap((value, at) => (value === 1 ? [at] : []))).toEqual([3, 4, 20, 39]);
    const { header } = readVoxels(parseNifti((await sdk.segmentations.download(item)).bytes));
    expect(Math.max(...header.affine.flat().map((value, at) => Math.abs(value - (affine.flat()[at] ?? 0))))).toBeLessThan(1e-4);
  });
  test('of several labels in one file, an edit changes its own alone', async () => {
    const labels = Uint8Array.from({ length: 60 }, (_, at) => (at < 10 ? 1 : at < 20 ? 2 : 0));
    const { data } = await sdk.segmentations.upload(item, writeNifti({ data: labels, dims: size, affine, gzip: true }), { labels: { 1: 'liver', 2: 'spleen' } });
    const [liver] = data;
    const change = { geometry: volume([slice(1, 5)]) };
    expect(await apply({ opId: newId(), kind: 'update', annotationId: liver?.id ?? '', baseRevision: 1, content: change })).toMatchObject({ outcome: 'applied' });
    expect(await voxels('liver')).toEqual(Array.from({ length: 60 }, (_, at) => (at < 10 || at === 25 ? 1 : 0)));
    expect((await voxels('spleen')).filter((value) => value === 2)).toHaveLength(10);
  });
  test('upon another state it is a conflict, and nothing is written; an earlier revision comes back with its voxels', async () => {
    const { annotationId } = await create([slice(0, 1)]);
    await sdk.annotations.update(annotationId, { geometry: volume([slice(0, 2)]) });
    expect(await apply({ opId: newId(), kind: 'update', annotationId, baseRevision: 1, content: { geometry: volume([slice(0, 9)]) } })).toMatchObject({ outcome: 'conflict', annotation: { revision: 2 } });
    expect((await sdk.segmentations.slices(annotationId)).data.map(pixelsOf)).toEqual([[2]]);
    await sdk.annotations.restore(annotationId, { revision: 1 });
    expect((await sdk.segmentations.slices(annotationId)).data.map(pixelsOf)).toEqual([[1]]);
  });
  test('deleted and made again under its id, it has the voxels of then', async () => {
    const { annotationId } = await create([slice(0, 1)]);
    await apply({ opId: newId(), kind: 'delete', annotationId, baseRevision: 1 });
    await apply({ opId: newId(), kind: 'create', annotationId, content: { type: 'volume', label: 'liver', geometry: volume([slice(1, 6)]) } });
    expect((await sdk.segmentations.slices(annotationId)).data.map((one) => [one.frame, pixelsOf(one)])).toEqual([[1, [6]]]);
  });
  test('of a multi-frame DICOM file, frames are those of the file', async () => {
    item = await upload('/ct.dcm', sampleFile(sampleCt({ rows: 4, columns: 5, frames: 3 })));
    const { annotationId, result } = await create([slice(1, 3), slice(2, 8)]);
    expect(result).toMatchObject({ outcome: 'applied' });
    expect((await sdk.segmentations.slices(annotationId)).data.map((one) => [one.frame, pixelsOf(one)])).toEqual([[1, [3]], [2, [8]]]);
    expect((await sdk.segmentations.frame(item, 2)).data.map(({ rle }) => pixelsOf({ frame: 2, rle }))).toEqual([[8]]);
  });
  test('what does not fit is refused in words', async () => {
    const wrong = async (geometry: Record<string, unknown>) => (await apply({ opId: newId(), kind: 'create', annotationId: newId(), content: { type: 'volume', label: 'x', geometry: { ...volume([]), ...geometry } as never } }))?.message;
    expect(await wrong({ size: [5, 4, 4] })).toBe('geometry.size is 5 × 4 × 4; the scan has 5 × 4 × 3 voxels');
    expect(await wrong({ slices: [slice(3, 1)] })).toBe('geometry.slices.0.frame is 3; the scan has 3 frames');
    expect(await wrong({ slices: [{ frame: 0, rle: { size: [5, 4], counts: [20] } }] })).toContain('is a mask of 4 × 5 pixels; a frame has 5 × 4');
    expect(await wrong({ slices: [{ frame: 0, rle: { size: [4, 5], counts: [7] } }] })).toContain('geometry.slices.0.rle');
    expect(await wrong({ slices: undefined })).toContain('geometry.blob: is needed');
  });
  test('segmentations.slices 415 for an annotation that is no volume, segmentations.slices 404 for none', async () => {
    const { data } = await sdk.annotations.create(item, [{ type: 'classification', label: 'x', geometry: { type: 'classification' } }]);
    expect((await fovea.call('GET', `/v1/annotations/${data[0]?.id}/slices`)).status).toBe(415);
    expect((await fovea.call('GET', `/v1/annotations/${newId()}/slices`)).status).toBe(404);
  });
});
