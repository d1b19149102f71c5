// What is brought into worklists by files, who works on them, and their annotations as tables.
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';
import { datamintClient, dicom, png } from './testing.ts';

let fovea: TestPlatform;
let client: ReturnType<typeof datamintClient>;
let scan: string;
let path: string;
beforeAll(async () => {
  fovea = await startTestPlatform();
  client = datamintClient(fovea);
  scan = (await client.upload({ name: 'scan.dcm', bytes: dicom({ frames: 2 }) })).body.id;
  path = `/annotationsets/${(await client.call('POST', '/annotationsets', { body: { name: 'Second look', resource_ids: [scan] } })).body.id}`;
});
afterAll(() => fovea.close());

test('segmentations with their pictures, and without', async () => {
  const payload = JSON.stringify([{ identifier: 'liver', frame_index: 1, width: 8, height: 8 }, { identifier: 'spleen', frame_index: 0, width: 8, height: 8, set_name: null }]);
  const picture = await png(8, 8, (x) => (x < 4 ? 255 : 0));
  const sent = await client.form(`${path}/resources/${scan}/segmentations`, [{ name: 'payload', value: payload }, { name: 'images', value: picture, filename: 'liver.png', type: 'image/png' }]);
  expect([sent.status, sent.body.annotations.map((one: any) => [one.identifier, one.frame_index, one.file !== null])]).toEqual([201, [['liver', 1, true], ['spleen', 0, false]]]);
  const plain = await fovea.call('POST', `/datamint${path}/resources/${scan}/segmentations`, {
    key: null, headers: { apikey: fovea.key, 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams({ payload: '[{"identifier":"kidney","frame_index":0,"width":8,"height":8}]' }).toString(),
  });
  expect(plain.status).toBe(201);
  const listed = (await client.call('GET', `${path}/resources/${scan}/segmentations?all=true`)).body;
  expect(listed.map((one: any) => one.identifier)).toEqual(['liver', 'spleen', 'kidney']);
  const native = (await fovea.call('GET', `/v1/items/${scan}/annotations`)).body.data;
  expect(native.find((one: any) => one.label === 'liver')).toMatchObject({ type: 'mask', frame: 1 });
  const wrong = await client.form(`${path}/resources/${scan}/segmentations`, [{ name: 'payload', value: '[]' }, { name: 'images', value: picture, filename: 'x.png' }]);
  expect([wrong.status, wrong.body.message]).toEqual([400, expect.stringContaining('1 images for 0')]);
  expect((await client.form(`${path}/resources/${scan}/segmentations`, [{ name: 'images', value: picture, filename: 'x.png' }])).body.message).toContain('payload');
});

test.each([
  ['segments.yaml', 'liver:\n  color: [255, 0, 0]\n  index: 2\nspleen:\n  color: "#00ff00"\n'],
  ['segments.json', '[{"identifier":"liver","color":[255,0,0],"index":2},{"identifier":"spleen","color":"#00ff00"}]'],
  ['segments.csv', 'identifier,r,g,b,index\r\n"liver",255,0,0,2\r\nspleen,0,255,0,\r\n'],
])('segments out of %s', async (filename, text) => {
  const upload = (replace: string, value: string) => client.form(`${path}/segmentation-group/upload`, [{ name: 'replace_existing', value: replace }, { name: 'file', value, filename }]);
  expect((await upload('true', text)).body).toEqual({ groups: { liver: { index: 2, color: [255, 0, 0] }, spleen: { index: 1, color: [0, 255, 0] } } });
  const more = filename.endsWith('.csv') ? 'identifier,color\nkidney,#0000ff' : '[{"identifier":"kidney","color":"#0000ff"}]';
  expect(Object.keys((await upload('false', more)).body.groups)).toEqual(['liver', 'spleen', 'kidney']);
  expect((await upload('true', filename.endsWith('.csv') ? 'colour\nred' : '{broken')).status).toBe(400);
});

test('annotators by their ids, and what they did', async () => {
  const { body: user } = await client.call('POST', '/users', { body: { email: 'annie@example.com', firstname: 'Annie' } });
  expect((await client.call('POST', `${path}/annotators/${user.id}`, { body: { status: 'active', expertise_level: 'trained' } })).body).toMatchObject({ email: 'annie@example.com' });
  expect((await client.call('GET', path)).body.annotators).toEqual([expect.objectContaining({ email: 'annie@example.com', status: 'active', expertise_level: 'trained' })]);
  expect((await client.call('POST', `${path}/resources/${scan}/status`, { body: { status: 'closed' } })).body).toEqual([{ resource_id: scan, status: 'closed' }]);
  expect((await client.call('GET', `${path}/annotation-statuses?resource_id=${scan}`)).body).toMatchObject([{ resource_id: scan, status: 'closed' }]);
  expect((await client.call('GET', `${path}/annotation-statuses?user_id=${user.id}`)).body).toEqual([]);
  expect((await client.call('DELETE', `${path}/annotators/${user.id}`)).status).toBe(200);
  expect((await client.call('GET', path)).body.annotators).toEqual([]);
  expect((await client.call('POST', `${path}/annotators/0199a6f0-0000-7000-8000-000000000000`, { body: { status: 'active' } })).status).toBe(404);
});

test('annotations as CSV and as a workbook', async () => {
  await client.call('POST', `/annotations/${scan}/annotations`, { body: [{ type: 'category', identifier: 'side & <form>', scope: 'image', value: '=1+1' }] });
  const csv = await client.bytes(`${path}/download-annotations?format=csv`);
  expect([csv.headers.get('content-type'), csv.bytes.toString()]).toEqual([expect.stringContaining('text/csv'), expect.stringContaining("'=1+1")]);
  const files = unzipSync((await client.bytes(`${path}/download-annotations?format=xlsx&annotations[]=${encodeURIComponent('side & <form>')}`)).bytes);
  const sheet = Buffer.from(files['xl/worksheets/sheet1.xml'] ?? []).toString();
  expect([sheet.match(/<row /g)?.length, sheet.includes('side &amp; &lt;form&gt;'), sheet.includes('>=1+1<')]).toEqual([2, true, true]);
  expect((await client.bytes(`${path}/download-annotations?format=ods`)).status).toBe(400);
});
