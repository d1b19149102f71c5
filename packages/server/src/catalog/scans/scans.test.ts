import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { Fovea } from '@fovea/sdk';
import { sampleCt, sampleFile, syntaxUids } from '@fovea/medical/dicom/sample-files.ts';
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

async function upload(path: string, bytes: Uint8Array) {
  const { body } = await fovea.call('POST', `/v1/datasets/${dataset}/items?path=${path}`, { body: bytes });
  return fovea.probed(body.item.id);
}
const pictureOf = async (response: Response) => {
  const { data, info } = await sharp(Buffer.from(await response.arrayBuffer())).raw().toBuffer({ resolveWithObject: true });
  return { grey: [...data].filter((_, at) => at % info.channels === 0), width: info.width, height: info.height, format: response.headers.get('content-type') };
};
const get = (path: string) => fetch(`${fovea.url}${path}`, { headers: { authorization: `Bearer ${fovea.key}` } });
const statusOf = async (path: string) => (await get(path)).status;

describe('one file', () => {
  test('scans.header 200 gives the DICOM JSON model, queries find by what it says', async () => {
    const item = await upload('/ct.dcm', sampleFile(sampleCt({ extra: [[0x00180015, 'CS', 'CHEST']] })));
    const header = (await sdk.scans.header(item.id)) as Record<string, { vr: string; Value?: unknown[] }>;
    expect(header['00100010']).toEqual({ vr: 'PN', Value: [{ Alphabetic: 'Doe^Jane' }] });
    expect(header['00280030']?.Value).toEqual([0.7, 0.5]);
    expect(header['7FE00010']).toEqual({ vr: 'OW' });
    expect(item.summary).toMatchObject({ modality: 'CT', patientId: 'P-17', bodyPart: 'CHEST', seriesInstanceUid: '1.2.3.10', spacing: [0.7, 0.5], position: [-10, -20, 0] });
    const found = await sdk.items.query(dataset, { filter: { 'summary.modality': 'CT', 'summary.bodyPart': 'CHEST' } }).toArray({ limit: 5 });
    expect(found.map((one) => one.id)).toEqual([item.id]);
    expect(await sdk.items.count(dataset, { filter: { 'dicom.modality': 'MR' } })).toMatchObject({ count: 0 });
  });
  test('scans.frame 200 shows a frame at any window, as PNG or JPEG, at a smaller size', async () => {
    const item = await upload('/ct.dcm', sampleFile(sampleCt({ rows: 4, columns: 6, frames: 2 })));
    const whole = await pictureOf(await sdk.scans.frame(item.id, 1, { windowCenter: -1024 + 12, windowWidth: 24 }));
    expect([whole.width, whole.height, whole.format]).toEqual([6, 4, 'image/png']);
    expect(whole.grey[0]).toBeLessThan(whole.grey[23] ?? 0);
    const narrow = await pictureOf(await sdk.scans.frame(item.id, 0, { windowCenter: -1024 + 12, windowWidth: 1 }));
    expect(narrow.grey).toEqual(Array.from({ length: 24 }, (_, at) => (at > 11 ? 255 : 0)));
    const small = await pictureOf(await sdk.scans.frame(item.id, 0, { format: 'jpeg', maxSize: 3, window: 'percentile' }));
    expect([small.width, small.format]).toEqual([3, 'image/jpeg']);
  });
  test('scans.pixels 200 gives stored values with slope and intercept', async () => {
    const item = await upload('/ct.dcm', sampleFile(sampleCt({ rows: 2, columns: 3, frames: 2 })));
    const array = await sdk.scans.pixels(item.id, 1);
    expect(array).toMatchObject({ dtype: 'uint16', shape: [2, 3], slope: 1, intercept: -1024, photometric: 'MONOCHROME2' });
    expect([...array.data]).toEqual([1, 2, 3, 4, 5, 6]);
  });
  test('scans.slice 200 cuts a NIfTI along each axis, scans.volume 200 gives its voxels and a NIfTI file', async () => {
    const data = Int16Array.from({ length: 2 * 3 * 4 }, (_, at) => at * 10);
    const affine = [[2, 0, 0, 0], [0, 2, 0, 0], [0, 0, 3, 0]] as const;
    const item = await upload('/v.nii.gz', writeNifti({ data, dims: [2, 3, 4], affine, gzip: true }));
    expect(item).toMatchObject({ kind: 'nifti', width: 2, height: 3, frames: 4 });
    const size = async (axis: 'i' | 'j' | 'k' | 'sagittal') => pictureOf(await sdk.scans.slice(item.id, axis, 0)).then(({ width, height }) => [width, height]);
    expect([await size('i'), await size('j'), await size('k'), await size('sagittal')]).toEqual([[3, 4], [2, 4], [2, 3], [3, 6]]);
    const volume = await sdk.scans.volume(item.id);
    expect([volume.dtype, volume.shape, [...volume.data]]).toEqual(['int16', [4, 3, 2], [...data]]);
    const nifti = readVoxels(parseNifti(new Uint8Array(await (await get(`/v1/items/${item.id}/volume?format=nifti`)).arrayBuffer())));
    expect([nifti.dims, [...nifti.data], nifti.header.affine]).toEqual([[2, 3, 4], [...data], affine]);
    expect([...(await sdk.scans.pixels(item.id, 3)).data]).toEqual([...data.subarray(18)]);
    expect(await sdk.scans.header(item.id)).toMatchObject({ version: 1, dims: [2, 3, 4] });
    expect((await pictureOf(await sdk.scans.frame(item.id, 0))).width).toBe(2);
  });
  test('what has no images, no envelope, or a broken one is kept, described and never choked on', async () => {
    const report = sampleCt({ extra: [[0x00080060, 'CS', 'SR']] }).filter(([tag]) => tag >>> 16 !== 0x28 && tag !== 0x7fe00010);
    expect(await upload('/report.dcm', sampleFile(report))).toMatchObject({ kind: 'dicom', probe: 'ready', width: null, summary: { modality: 'SR' } });
    const bare = sampleFile(sampleCt(), { bare: true });
    const shifted = await upload('/shifted', Buffer.concat([Buffer.from(' '), bare]));
    expect(shifted).toMatchObject({ kind: 'dicom', probe: 'ready', frames: 1, summary: { notes: [expect.stringContaining('stray'), expect.stringContaining('no transfer syntax')] } });
    const cut = await upload('/cut.dcm', sampleFile(sampleCt()).subarray(0, -10));
    expect(cut).toMatchObject({ kind: 'dicom', probe: 'failed', problem: expect.stringContaining('holds 38 bytes of pixel data') });
    expect([await statusOf(`/v1/items/${cut.id}/header`), await statusOf(`/v1/items/${cut.id}/frames/0`)]).toEqual([200, 200]);
  });
  test('scans.header 415, scans.frame 415, scans.pixels 415, scans.slice 415, scans.volume 415 for what is no scan; wrong numbers are named', async () => {
    const item = await upload('/a.txt', Buffer.from('no scan'));
    for (const path of ['header', 'frames/0', 'frames/0/pixels', 'slices/k/0', 'volume']) expect([path, await statusOf(`/v1/items/${item.id}/${path}`)]).toEqual([path, 415]);
    const ct = await upload('/ct.dcm', sampleFile(sampleCt()));
    expect(await statusOf(`/v1/items/${ct.id}/frames/7`)).toBe(404);
    expect(await statusOf(`/v1/items/${ct.id}/slices/k/7`)).toBe(404);
    const half = await fovea.call('GET', `/v1/items/${ct.id}/frames/0?windowCenter=3`);
    expect([half.status, half.body.errors[0].path]).toEqual([400, 'query.windowWidth']);
    expect((await fovea.call('GET', `/v1/items/${ct.id}/slices/z/0`)).status).toBe(400);
  });
});

describe('series', () => {
  const uid = '1.2.3.77';
  const slices = (numbers: readonly number[]) => Promise.all(numbers.map((slice, at) => upload(`/s/${at}.dcm`, sampleFile(sampleCt({ slice, seriesUid: uid })))));

  test('series.list 200 groups, series.get 200 orders by geometry and reports gaps and duplicates', async () => {
    await slices([3, 0, 1, 5, 2]);
    await upload('/again.dcm', sampleFile(sampleCt({ slice: 2, seriesUid: uid })));
    await upload('/other.dcm', sampleFile(sampleCt({ seriesUid: '1.2.3.88' })));
    const list = await sdk.series.list(dataset).toArray({ limit: 10 });
    expect(list.map((one) => [one.series, one.instances, one.modality, one.studyInstanceUid])).toEqual([['1.2.3.77', 6, 'CT', '1.2.3.9'], ['1.2.3.88', 1, 'CT', '1.2.3.9']]);
    expect((await sdk.series.list(dataset, { modality: 'MR' })).data).toEqual([]);
    const ordered = await sdk.series.get(dataset, uid);
    expect(ordered).toMatchObject({ orderedBy: 'geometry', spacing: 2.5, gaps: [{ afterIndex: 4, distance: 5, missing: 1 }] });
    expect(ordered.items.map((item) => item.place)).toEqual([0, 2.5, 5, 5, 7.5, 12.5]);
    expect(ordered.duplicates).toEqual([{ kind: 'same-instance', indices: [2, 3] }, { kind: 'same-place', indices: [2, 3] }]);
  });
  test('series.volume 200 and series.slice 200 are of the patient, whatever the order of the files', async () => {
    await slices([2, 0, 1]);
    const volume = await sdk.series.volume(dataset, uid);
    expect([volume.dtype, volume.shape]).toEqual(['int16', [3, 4, 6]]);
    expect(volume.affine?.[2]).toEqual([0, 0, 2.5, 0]);
    expect(volume.data[0]).toBe(-1024);
    const sagittal = await pictureOf(await sdk.series.slice(dataset, uid, 'sagittal', 'middle'));
    expect(sagittal.height).toBeGreaterThan(3);
    const j = await pictureOf(await sdk.series.slice(dataset, uid, 'j', 0));
    expect([j.width, j.height]).toEqual([6, 3]);
  });
  test('series.volume 415 with slices missing, series.slice 415 without images; series.get 404 for another', async () => {
    await slices([0, 1, 4]);
    const refused = await fovea.call('GET', `/v1/datasets/${dataset}/series/${uid}/volume`);
    expect([refused.status, refused.body.detail]).toEqual([415, expect.stringContaining('missing')]);
    expect(await statusOf(`/v1/datasets/${dataset}/series/${uid}/volume?allowGaps=true`)).toBe(200);
    expect(await statusOf(`/v1/datasets/${dataset}/series/9.9.9`)).toBe(404);
    await upload('/report.dcm', sampleFile(sampleCt({ seriesUid: '1.5' }).filter(([tag]) => tag >>> 16 !== 0x28 && tag !== 0x7fe00010)));
    expect(await statusOf(`/v1/datasets/${dataset}/series/1.5/slices/k/0`)).toBe(415);
  });
  test('series.get 413, series.volume 413 and series.slice 413 for more instances than are read', async () => {
    const item = (await slices([0]))[0];
    await fovea.platform.engines.db.run({
      text: `insert into items (id, org_id, project_id, dataset_id, path, sha256, size, media_type, kind, probe, summary, created_by, updated_by)
        select gen_random_uuid(), org_id, project_id, dataset_id, path || n, sha256, size, media_type, kind, 'ready', summary, '', '' from items, generate_series(1, 10000) n where id = '${item.id}'`,
      values: [], sql: '', strings: [],
    } as never);
    for (const path of ['', '/volume', '/slices/k/0']) expect(await statusOf(`/v1/datasets/${dataset}/series/${uid}${path}`)).toBe(413);
  });
});

describe('hostile files', () => {
  const tag = (group: number, element: number) => Buffer.from([group & 255, group >> 8, element & 255, element >> 8]);
  const open = Buffer.concat([tag(0x0008, 0x1140), Buffer.from('SQ\0\0'), Buffer.from([255, 255, 255, 255]), tag(0xfffe, 0xe000), Buffer.from([255, 255, 255, 255])]);
  const niftiHeader = (dims: readonly number[]) => {
    const header = Buffer.from(writeNifti({ data: new Uint8Array(8), dims: [2, 2, 2], affine: [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]] }));
    dims.forEach((size, axis) => header.writeInt16LE(size, 42 + axis * 2));
    return header;
  };
  const files: Record<string, () => Uint8Array> = {
    'nested.dcm': () => Buffer.concat([sampleFile(sampleCt().filter(([number]) => number < 0x00081140)), ...Array.from({ length: 10_000 }, () => open)]),
    'polyglot-program.dcm': () => sampleFile(sampleCt(), { preamble: Buffer.from('MZ\x90'.padEnd(128, 'x')) }),
    'polyglot-json.dcm': () => sampleFile(sampleCt(), { preamble: Buffer.from('{"a":"'.padEnd(128, ' ')) }),
    'lying-frames.dcm': () => sampleFile(sampleCt({ extra: [[0x00280008, 'IS', '2000000000']] })),
    'huge-image.dcm': () => sampleFile(sampleCt({ extra: [[0x00280010, 'US', 65_535], [0x00280011, 'US', 65_535]] })),
    'deflate-bomb.dcm': () => Buffer.concat([sampleFile([], { transferSyntax: syntaxUids.deflated }), deflateRawSync(Buffer.alloc(300_000_000))]),
    'absurd.nii': () => niftiHeader([32_767, 32_767, 32_767]),
    'absurd.nii.gz': () => gzipSync(niftiHeader([32_767, 32_767, 32_767])),
    'bomb.nii.gz': () => gzipSync(Buffer.concat([niftiHeader([2, 2, 2]), Buffer.alloc(200_000_000)])),
  };
  test.each(Object.keys(files))('%s is kept in a clear state, and every look at it ends in an answer', async (name) => {
    const bytes = files[name]?.() ?? new Uint8Array();
    const item = await upload(`/${name}`, bytes);
    expect(['ready', 'failed']).toContain(item.probe);
    for (const path of ['header', 'frames/0', 'frames/0/pixels', 'volume', 'slices/i/0']) expect([path, [200, 404, 415].includes(await statusOf(`/v1/items/${item.id}/${path}`))]).toEqual([path, true]);
    const cleaned = await fovea.call('POST', `/v1/datasets/${dataset}/items?path=/clean/${name}&deidentify=true`, { body: bytes });
    expect([name, [201, 415].includes(cleaned.status)]).toEqual([name, true]);
    expect((await fovea.call('GET', '/healthz', { key: null })).status).toBe(200);
  }, 60_000);
});

const real = join(import.meta.dirname, '..', '..', '..', '..', '..', '..', 'shared', 'data', 'dicom');
describe.skipIf(!existsSync(real))('real files', () => {
  test('every one is kept with a clear state, and shown or refused in words', async () => {
    const rows: string[] = [];
    for (const name of readdirSync(real).filter((file) => file.endsWith('.dcm'))) {
      const item = await upload(`/${name}`, readFileSync(join(real, name)));
      expect([name, item.kind]).toEqual([name, 'dicom']);
      const header = await get(`/v1/items/${item.id}/header`);
      const frame = await get(`/v1/items/${item.id}/frames/0`);
      expect([name, [200, 415].includes(header.status), [200, 404, 415].includes(frame.status)]).toEqual([name, true, true]);
      rows.push(`${name} ${item.probe} ${item.frames} ${header.status} ${frame.status} ${item.problem ?? ''} ${frame.status === 200 ? '' : await frame.text()}`);
    }
    if (process.env['FOVEA_SHOW_REAL']) console.log(rows.join('\n'));
  });
});
