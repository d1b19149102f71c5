import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeidentifyError, Fovea } from '@fovea/sdk';
import { parseDicom } from '@fovea/medical/dicom/parse.ts';
import { sampleCt, sampleFile } from '@fovea/medical/dicom/sample-files.ts';
import { parseNifti } from '@fovea/medical/nifti/parse.ts';
import { writeNifti } from '@fovea/medical/nifti/write.ts';
import { zipSync } from 'fflate';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runCli } from '../../../../cli/src/testing.ts';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';
import { canaries, canaryFile } from '../../testing/canary.ts';

let fovea: TestPlatform;
let sdk: Fovea;
let project = '';
let dataset = '';
let folder = '';
beforeAll(async () => {
  fovea = await startTestPlatform();
  sdk = new Fovea({ url: fovea.url, key: fovea.key });
  folder = mkdtempSync(join(tmpdir(), 'fovea-deidentify-'));
});
afterAll(async () => {
  await fovea.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  project = (await sdk.projects.create({ name: `p ${Math.random()}` })).id;
  dataset = (await sdk.datasets.create({ project, name: `d ${Math.random()}` })).id;
});

const post = (path: string, body: unknown) => fovea.call('POST', `/v1/datasets/${dataset}/items${path}`, { body });
const download = async (id: string) => new Uint8Array(await (await sdk.items.download(id)).arrayBuffer());
const found = (bytes: Uint8Array | string) => {
  const text = typeof bytes === 'string' ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  const wide = typeof bytes === 'string' ? '' : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length - (bytes.length % 2)).toString('utf16le');
  return canaries.filter((canary) => text.includes(canary) || wide.includes(canary));
};

/** Every file that the platform keeps, and every row of its database that may speak of items. */
async function everywhere(): Promise<string> {
  const blobs = join(fovea.dataDir, 'blobs');
  const files = readdirSync(blobs, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const rows = await fovea.platform.engines.db.many<{ text: string }>(sql`
    select to_jsonb(items)::text as text from items where dataset_id = ${dataset}
    union all select to_jsonb(blobs)::text from blobs
    union all select to_jsonb(events)::text from events where project_id = ${project}
    union all select to_jsonb(commands)::text from commands where project_id = ${project}
    union all select to_jsonb(deidentification_reports)::text from deidentification_reports where project_id = ${project}`);
  return [...files.map((file) => textOf(join(file.parentPath, file.name))), ...rows.map((row) => row.text)].join('\n');
}

/** Of a file that went in the meantime, such as one that was being written, there is nothing left to find. */
function textOf(path: string): string {
  try {
    return readFileSync(path).toString('latin1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

describe('at upload', () => {
  test('items.upload 201 with deidentify: what was planted anywhere comes out nowhere, not in the store, not in the database', async () => {
    const { status, body } = await post(`?path=${encodeURIComponent(`/${canaries[0]}/${canaries[1]}.dcm`)}&deidentify=true`, canaryFile());
    expect(status).toBe(201);
    expect(body.item.path).toMatch(/^\/[0-9A-Z]{16}\/CT-2\.25\.\d+\.dcm$/);
    const item = await fovea.probed(body.item.id);
    expect(item).toMatchObject({ kind: 'dicom', probe: 'ready', summary: { modality: 'CT', patientIdentityRemoved: 'YES' } });
    expect(found(await download(item.id))).toEqual([]);
    expect(found(await everywhere())).toEqual([]);
    const report = await sdk.deidentification.report(item.id);
    expect(report).toMatchObject({ format: 'dicom', options: {}, createdBy: expect.any(String) });
    expect(report.actions.find((action) => action.path === '(0010,0010)')).toMatchObject({ keyword: 'PatientName', action: 'pseudonym' });
    expect(report.actions.length).toBeGreaterThan(20);
  });
  test('the files of an archive are de-identified before they are items; the archive is gone when they are in', async () => {
    const large = new Uint8Array(canaryFile().length + 5 * 1024 * 1024);
    large.set(canaryFile());
    const zip = zipSync({ [`${canaries[0]}/${canaries[1]}.dcm`]: canaryFile(), [`${canaries[0]}/${canaries[2]}.txt`]: Buffer.from('KANARIE'), [`${canaries[1]}.dcm`]: sampleFile(sampleCt({ slice: 3 })), [`${canaries[2]}/large.dcm`]: large }, { level: 0 });
    const { status, body } = await fovea.call('POST', `/v1/datasets/${dataset}/items/import-archive?deidentify=true&folder=/in`, { body: Buffer.from(zip) });
    expect(status).toBe(202);
    const done = (await fovea.call('GET', `/v1/commands/${body.id}?waitSeconds=60`)).body;
    expect(done).toMatchObject({ status: 'complete', done: 4, result: { failedCount: 1, failed: [{ source: 'file 2 of the archive', message: expect.stringContaining('neither DICOM nor NIfTI') }] } });
    const { data } = await sdk.items.list(dataset);
    expect(data.length).toBeGreaterThanOrEqual(2);
    for (const item of data) {
      expect(item.path).toMatch(/^\/in\/[0-9A-Z]{16}\/CT-2\.25\.\d+\.dcm$/);
      expect(found(await download(item.id))).toEqual([]);
      expect(await sdk.deidentification.report(item.id)).toMatchObject({ format: 'dicom' });
    }
    expect(found(await everywhere())).toEqual([]);
  });
  test('an archive that cannot be unpacked is gone too', async () => {
    const zip = zipSync({ [`../../${canaries[0]}.dcm`]: canaryFile() }, { level: 0 });
    const { body } = await fovea.call('POST', `/v1/datasets/${dataset}/items/import-archive?deidentify=true`, { body: Buffer.from(zip) });
    const done = (await fovea.call('GET', `/v1/commands/${body.id}?waitSeconds=60`)).body;
    expect(done).toMatchObject({ status: 'failed', message: expect.stringContaining('leave its folder') });
    expect(found(JSON.stringify(done))).toEqual([]);
    expect(found(await everywhere())).toEqual([]);
  });
  test('deidentification.key 200 is one of the project; UIDs and pseudonyms agree within it and with no other', async () => {
    const one = await sdk.deidentification.key(project);
    expect(one).toEqual(await sdk.deidentification.key(project));
    expect(one.key.length).toBeGreaterThan(40);
    const [a, b] = [(await post('?path=/a.dcm&deidentify=true', sampleFile(sampleCt({ slice: 0 })))).body.item, (await post('?path=/b.dcm&deidentify=true', sampleFile(sampleCt({ slice: 1 })))).body.item];
    const [first, second] = [(await fovea.probed(a.id)).summary, (await fovea.probed(b.id)).summary];
    expect([first.patientId, first.studyInstanceUid, first.seriesInstanceUid]).toEqual([second.patientId, second.studyInstanceUid, second.seriesInstanceUid]);
    expect(first.sopInstanceUid).not.toBe(second.sopInstanceUid);
    const other = await sdk.projects.create({ name: `other ${Math.random()}` });
    dataset = (await sdk.datasets.create({ project: other.id, name: 'd' })).id;
    const c = (await post('?path=/a.dcm&deidentify=true', sampleFile(sampleCt()))).body.item;
    expect((await fovea.probed(c.id)).summary.patientId).not.toBe(first.patientId);
  });
  test('deidentification.report 200 names the options; items.upload 415 for what cannot be de-identified, 400 for options that do not exist', async () => {
    const options = encodeURIComponent(JSON.stringify({ retainUids: true, longitudinalDates: 'full', keepPath: true }));
    const { body } = await post(`?path=/kept.dcm&deidentify=${options}`, sampleFile(sampleCt()));
    expect(body.item.path).toBe('/kept.dcm');
    expect((await fovea.probed(body.item.id)).summary).toMatchObject({ seriesInstanceUid: '1.2.3.10', studyDate: '20240229' });
    expect((await fovea.call('GET', `/v1/items/${body.item.id}/deidentification`)).body.options).toEqual({ retainUids: true, longitudinalDates: 'full', keepPath: true });
    const refused = await post('?path=/a.jpg&deidentify=true', Buffer.from([0xff, 0xd8, 0xff, 1, 2, 3, 4, 5, 6]));
    expect([refused.status, refused.body.detail]).toEqual([415, expect.stringContaining('neither DICOM nor NIfTI')]);
    expect((await post('?path=/a.dcm&deidentify=%7B%22foo%22%3A1%7D', sampleFile(sampleCt()))).status).toBe(400);
    expect((await post('?path=/a.dcm&deidentify=perhaps', sampleFile(sampleCt()))).status).toBe(400);
    const plain = (await post('?path=/plain.dcm', sampleFile(sampleCt({ slice: 9 })))).body.item;
    expect((await fovea.call('GET', `/v1/items/${plain.id}/deidentification`)).status).toBe(404);
  });
  test('a bundle is de-identified file by file, NIfTI texts and extensions are taken out', async () => {
    const nifti = writeNifti({ data: new Uint8Array(8), dims: [2, 2, 2], affine: [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]], description: canaries[2] ?? '', gzip: true });
    const form = new FormData();
    for (const [name, bytes] of [['/x/a.dcm', canaryFile()], ['/x/v.nii.gz', nifti], ['/x/readme.txt', Buffer.from('text')]] as const) form.append('file', new File([new Uint8Array(bytes)], name));
    const { body } = await post('/bundle?deidentify=true', form);
    expect(body.results.map((result: { outcome: string }) => result.outcome)).toEqual(['created', 'created', 'failed']);
    expect(body.results[1].item.path).toMatch(/^\/volumes\/NIFTI-[0-9A-Z]{16}\.nii\.gz$/);
    expect(parseNifti(await download(body.results[1].item.id)).header.description).toBe('');
    expect(found(await everywhere())).toEqual([]);
  });
});

describe('before anything leaves', () => {
  const write = (name: string, bytes: Uint8Array | string) => {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  };

  test('the SDK sends nothing that was planted, and maps as the server does', async () => {
    write(`sdk/${canaries[0]}/${canaries[1]}.dcm`, canaryFile());
    const sent: string[] = [];
    const spying = new Fovea({ url: fovea.url, key: fovea.key, fetch: async (input, init) => {
      const request = new Request(input, init);
      sent.push(request.url, Buffer.from(await request.clone().arrayBuffer()).toString('latin1'));
      return fetch(request);
    } });
    const cleaned: string[] = [];
    const result = await spying.items.uploadMany(dataset, join(folder, 'sdk'), { deidentify: true, onCleaned: ({ path }) => cleaned.push(path) });
    expect(result).toMatchObject({ created: 1, failed: 0 });
    expect(found(sent.join('\n'))).toEqual([]);
    expect(sent.join('\n').length).toBeGreaterThan(1_000);
    const server = await post('?path=/same.dcm&deidentify=true', canaryFile());
    expect([server.body.outcome, server.body.item.path]).toEqual(['existing', cleaned[0]]);
    const single = await spying.items.upload(dataset, sampleFile(sampleCt({ slice: 6 })), { path: '/x.dcm', deidentify: { retainUids: true, key: 'a key of my own, long enough' } });
    expect((await fovea.probed(single.item.id)).summary.sopInstanceUid).toBe('1.2.3.10.7');
    await expect(spying.items.upload(dataset, Buffer.from('text'), { path: '/a.txt', deidentify: true })).rejects.toThrow(DeidentifyError);
    expect((await spying.items.upload(dataset, sampleFile(sampleCt({ slice: 4 })), { path: '/by-server.dcm', deidentify: { where: 'server', keepPath: true } })).item.path).toBe('/by-server.dcm');
  });
  test('fovea upload DIR --deidentify reports every file, leaves others out, and goes on where it was', async () => {
    for (const slice of [0, 1, 2]) write(`cli/${canaries[0]}/${slice}.dcm`, sampleFile(sampleCt({ slice })));
    write('cli/notes.txt', `about ${canaries[0]}`);
    write('cli/broken.dcm', Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), Buffer.from([8, 0, 5, 0])]));
    const env = { FOVEA_URL: fovea.url, FOVEA_KEY: fovea.key };
    const args = ['upload', 'cli', '--dataset', dataset, '--deidentify', '--dates', 'modified', '--report', 'report.jsonl', '--into', '/trial', '--json'];
    const first = await runCli(args, { env, cwd: folder });
    expect(JSON.parse(first.out)).toMatchObject({ created: 3, failed: 1, failures: [{ path: '/trial/broken.dcm', message: expect.stringContaining('cannot be de-identified') }] });
    expect(first.code).toBe(1);
    const lines = readFileSync(join(folder, 'report.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as { file: string; outcome: string; path?: string; report?: { actions: unknown[] } });
    expect(lines.map((line) => line.outcome).toSorted()).toEqual(['created', 'created', 'created', 'failed', 'left out']);
    const one = lines.find((line) => line.outcome === 'created');
    expect([one?.file.startsWith(`/${canaries[0]}/`), one?.path?.startsWith('/trial/'), (one?.report?.actions.length ?? 0) > 3]).toEqual([true, true, true]);
    rmSync(join(folder, 'cli', 'broken.dcm'));
    const again = await runCli(args, { env, cwd: folder });
    expect([again.code, JSON.parse(again.out)]).toEqual([0, expect.objectContaining({ created: 0, existing: 3, failed: 0, bytes: 0 })]);
    expect(existsSync(join(folder, 'report.jsonl'))).toBe(true);
    const items = await sdk.items.list(dataset).toArray({ limit: 10 });
    expect(items.map((item) => item.path.startsWith('/trial/'))).toEqual([true, true, true]);
    expect(found(await everywhere())).toEqual([]);
  });
});

test('the analytic fovea/deidentify cleans items that are there, by the key of the project', async () => {
  const original = (await post('?path=/original.dcm', sampleFile(sampleCt({ slice: 3 })))).body.item;
  const upload = await fovea.probed((await post('?path=/u.dcm&deidentify=true', sampleFile(sampleCt({ slice: 3 })))).body.item.id);
  await fovea.probed(original.id);
  const job = await sdk.jobs.createAndWait({ project, analytic: 'fovea/deidentify', inputs: { scans: [original.id] } });
  expect(job).toMatchObject({ status: 'complete', summary: { files: 1 } });
  expect(JSON.stringify(job.parameters)).not.toContain((await sdk.deidentification.key(project)).key);
  const [output] = job.outputs;
  expect(output).toMatchObject({ output: 'scans', fromItemId: original.id, sha256: upload.sha256 });
  const bytes = new Uint8Array(await (await sdk.jobs.output(job.id, '0')).arrayBuffer());
  expect(parseDicom(bytes).dataSet.string(0x00120062)).toBe('YES');
  expect(Buffer.from(bytes).includes('Doe^Jane')).toBe(false);
});
