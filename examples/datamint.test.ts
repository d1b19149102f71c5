import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sampleCt, sampleFile } from '@fovea/medical/dicom/sample-files.ts';
import { writeNifti } from '@fovea/medical/nifti/write.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../packages/server/src/testing/platform.ts';
import { runExample } from '../test/run-example.ts';

let fovea: TestPlatform;
const folder = mkdtempSync(join(tmpdir(), 'fovea-example-'));
const dims = [8, 6, 4];
const affine = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 2, 0]] as const;

beforeAll(async () => {
  fovea = await startTestPlatform();
  writeFileSync(join(folder, 'scan.dcm'), sampleFile(sampleCt({ rows: 16, columns: 16 })));
  const nifti = (at: (index: number) => number) => writeNifti({ data: Uint8Array.from({ length: 192 }, (_, index) => at(index)), dims, affine, gzip: true });
  writeFileSync(join(folder, 'volume.nii.gz'), nifti((index) => index));
  writeFileSync(join(folder, 'segmentation.nii.gz'), nifti((index) => (index < 48 ? 1 : index < 60 ? 2 : 0)));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await fovea.close();
});

test('the steps of the guide of Datamint\'s client', { timeout: 120_000 }, async () => {
  const files = ['scan.dcm', 'volume.nii.gz', 'segmentation.nii.gz'].map((name) => join(folder, name));
  expect(await runExample('datamint.ts', files, fovea)).toEqual([
    'uploaded: scan.dcm inbox existing',
    'uploaded many: 2 []',
    'listed: /again/scan.dcm',
    'listed: /volumes/volume.nii.gz',
    'by id: application/dicom',
    'de-identified: true',
    'patient name left: false',
    'filed: /path/to',
    'downloaded: true',
    'published: published',
    'published on upload: published',
    "segments: [ 'volume liver', 'volume spleen' ]",
    "segmentation: { '1': 'liver', '2': 'spleen' }",
    "trained on: /ready/volume.nii.gz true [ 'liver', 'spleen' ]",
    'deleted: 404',
  ]);
});
