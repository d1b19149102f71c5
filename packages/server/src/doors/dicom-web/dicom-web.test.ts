import { sampleCt, sampleFile } from '@fovea/medical/dicom/sample-files.ts';
import { parseDicom } from '@fovea/medical/dicom/parse.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';

let fovea: TestPlatform;
let dataset = '';
beforeAll(async () => {
  fovea = await startTestPlatform();
  const project = (await fovea.call('POST', '/v1/projects', { body: { name: 'p' } })).body;
  dataset = (await fovea.call('POST', '/v1/datasets', { body: { project: project.id, name: 'd' } })).body.id;
});
afterAll(() => fovea.close());

const related = { 'content-type': 'multipart/related; type="application/dicom"; boundary=xyz' };
const body = (...files: Uint8Array[]) => Buffer.concat([...files.flatMap((file) => [Buffer.from('--xyz\r\nContent-Type: application/dicom\r\n\r\n'), Buffer.from(file), Buffer.from('\r\n')]), Buffer.from('--xyz--')]);
const at = (path: string) => `/dicom-web/datasets/${dataset}${path}`;
const ct = (slice: number, study = '1.2.3.9') => sampleFile(sampleCt({ slice, extra: [[0x0020000d, 'UI', study]] }));

describe('store', () => {
  test('tells which instances are stored and which failed: 200, 202, 409, 400, 415, 401', async () => {
    const good = await fovea.call('POST', at('/studies'), { headers: related, body: body(ct(0)) });
    expect([good.status, good.body['00081199'].Value[0]['00081155'].Value, good.body['00081190'].Value]).toEqual([200, ['1.2.3.10.1'], [`${fovea.url}${at('/studies/1.2.3.9')}`]]);
    const some = await fovea.call('POST', at('/studies'), { headers: related, body: body(ct(1), Buffer.from('broken'), ct(0).map((byte, index, all) => (index === all.length - 1 ? 7 : byte))) });
    expect([some.status, some.body['00081198'].Value.map((one: Record<string, { Value: unknown[] }>) => one['00081197']?.Value[0])]).toEqual([202, [0xc000, 0x0111]]);
    const other = await fovea.call('POST', at('/studies/9.9.9'), { headers: related, body: body(ct(2)) });
    expect([other.status, other.body['00081198'].Value[0]['00081197'].Value]).toEqual([409, [0xa901]]);
    expect((await fovea.call('POST', at('/studies'), { headers: related, body: '--xyz--' })).status).toBe(400);
    expect((await fovea.call('POST', at('/studies'), { headers: related, body: body(ct(3)).subarray(0, -8) })).status).toBe(400);
    expect((await fovea.call('POST', at('/studies'), { headers: { 'content-type': 'application/dicom' }, body: ct(3) })).status).toBe(415);
    expect((await fovea.call('POST', at('/studies'), { key: null, headers: related, body: body(ct(3)) })).status).toBe(401);
  });
  test('de-identifies what is to be, and keeps what comes without a dataset in one of its own', async () => {
    const { status, body: answer } = await fovea.call('POST', '/dicom-web/studies?deidentify=true', { headers: related, body: body(ct(7)) });
    expect([status, answer['00081199'].Value[0]['00081155'].Value[0].startsWith('2.25.')]).toEqual([200, true]);
    const found = await fovea.call('GET', '/dicom-web/studies?PatientName=');
    expect(found.body.length).toBe(2);
    expect((await fovea.call('GET', '/v1/datasets?name=DICOMweb')).body.data[0].itemCount).toBe(1);
  });
});

describe('search and retrieve', () => {
  test('matches by wildcard, range and list, names what cannot be matched, stays in the dataset and the organisation', async () => {
    const count = async (path: string) => (await fovea.call('GET', at(path))).body.length;
    expect([await count('/studies?PatientName=doe*'), await count('/studies?00100020=P-1?'), await count('/studies?StudyDate=20250101-')]).toEqual([1, 1, 0]);
    expect([await count('/instances?SOPInstanceUID=1.2.3.10.1,1.2.3.10.2'), await count('/series?Modality=MR'), await count('/instances?limit=1')]).toEqual([2, 0, 1]);
    const bad = await fovea.call('GET', at('/studies?FavouriteColour=blue'));
    expect([bad.status, bad.body.detail]).toEqual([400, expect.stringContaining('StudyDate')]);
    const stranger = await fovea.person({ admin: true });
    expect((await fovea.call('GET', '/dicom-web/studies', { key: stranger.key })).body).toEqual([]);
    expect((await fovea.call('GET', at('/studies'), { key: stranger.key })).status).toBe(404);
    expect((await fovea.call('GET', '/dicom-web/studies/1.2.3.9', { key: stranger.key })).status).toBe(404);
  });
  test('gives an instance by itself or in parts, its frames, pictures and values; 404, 406 and 415 otherwise', async () => {
    const get = (path: string, accept: string) => fetch(`${fovea.url}${at(path)}`, { headers: { authorization: `Bearer ${fovea.key}`, accept } });
    const instance = '/studies/1.2.3.9/series/1.2.3.10/instances/1.2.3.10.1';
    const alone = await get(instance, 'application/dicom');
    expect(parseDicom(new Uint8Array(await alone.arrayBuffer())).dataSet.string(0x00080018)).toBe('1.2.3.10.1');
    const parts = await get(instance, 'multipart/related; type="application/dicom"; transfer-syntax=*');
    expect(parts.headers.get('content-type')).toMatch(/^multipart\/related; type="application\/dicom"; boundary=/);
    const frame = await get(`${instance}/frames/1`, 'multipart/related; type="application/octet-stream"');
    expect([frame.status, (await frame.text()).includes('Content-Type: application/octet-stream')]).toEqual([200, true]);
    expect((await get(`${instance}/rendered?window=0,100,linear`, 'image/png')).headers.get('content-type')).toBe('image/png');
    expect((await get(`${instance}/thumbnail`, 'image/jpeg')).status).toBe(200);
    expect((await get(`${instance}/bulkdata/7FE00010`, 'application/octet-stream')).headers.get('content-length')).toBe('48');
    expect((await get(`${instance}/frames/9`, '*/*')).status).toBe(404);
    expect((await get(`${instance}/frames/x`, '*/*')).status).toBe(400);
    expect((await get(`${instance}/bulkdata/00990099`, '*/*')).status).toBe(404);
    expect((await get(instance, 'text/html')).status).toBe(406);
    expect((await get('/studies/1.2.3.9/series/1.2.3.10/instances/9', '*/*')).status).toBe(404);
    const metadata = (await (await get(`${instance}/metadata`, 'application/dicom+json')).json()) as Record<string, { BulkDataURI?: string }>[];
    expect(metadata[0]?.['7FE00010']?.BulkDataURI).toBe(`${fovea.url}${at(instance)}/bulkdata/7FE00010`);
  });
});
