import { mkdir, readFile } from 'node:fs/promises';
import { buildDicom, textElement } from '@fovea/medical/dicom/write.ts';
import { describe, expect, it } from 'vitest';
import type { AnalyticResult } from '../analytic.ts';
import { analyticBench, readJson } from '../test-support/bench.ts';
import deidentify from './run.ts';

const bench = analyticBench();

/** A file of one patient, with nothing in it but who that is. */
function scan(uid: string): Uint8Array {
  return buildDicom([
    textElement(0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.2'),
    textElement(0x00080018, 'UI', uid),
    textElement(0x00080060, 'CS', 'CT'),
    textElement(0x00100010, 'PN', 'Doe^Jane'),
    textElement(0x00100020, 'LO', 'PATIENT-17'),
  ]);
}

/** As a worker runs it: the secret of the project is added to the parameters of the job. */
async function run(paths: string[], parameters: Record<string, unknown>): Promise<AnalyticResult> {
  const outputDir = `${bench.dir}/out`;
  await mkdir(outputDir, { recursive: true });
  const scans = paths.map((path) => ({ name: 'scan.dcm', path, mediaType: 'application/dicom' }));
  const nothing = () => undefined;
  return deidentify({ inputs: { scans }, parameters, outputDir, progress: nothing, log: nothing, signal: new AbortController().signal });
}

describe('deidentify', () => {
  const key = 'a secret of sixteen characters or more';

  it('leaves nothing of the patient, and gives one patient one pseudonym', async () => {
    const scans = [await bench.file('jane-1.dcm', scan('2.25.1')), await bench.file('jane-2.dcm', scan('2.25.2'))];
    const { files, summary } = await run(scans, { key });
    expect(summary).toMatchObject({ files: 2 });
    for (const { path } of files) expect(await readFile(path, 'latin1')).not.toMatch(/Doe|PATIENT-17/);
    const [one, two] = await readJson<{ path: string }[]>(files.at(-1)!.path);
    expect(one!.path.split('/')[0]).toBe(two!.path.split('/')[0]);
    expect(one!.path).not.toBe(two!.path);
  });

  it('says what it cannot do', async () => {
    const text = await bench.file('notes.dcm', 'no scan');
    await expect(run([text], { key })).rejects.toMatchObject({ name: 'InputError', message: expect.stringContaining('neither DICOM nor NIfTI') });
    const { files, failures } = await run([await bench.file('jane.dcm', scan('2.25.3')), text], { key });
    expect([files.length, failures?.length]).toEqual([2, 1]);
    await expect(run([text], {})).rejects.toThrow('key');
    await expect(run([text], { key, pixel_rules: [{ regions: [] }] })).rejects.toThrow('pixel_rules');
  });
});
