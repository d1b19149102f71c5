/**
 * Holds the DICOM and NIfTI code against programs of another ecosystem: pydicom, nibabel. Makes a Python environment
 * of its own; skipped, by name, where Python or its package index cannot be had.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deidentifyDicom } from '../../packages/medical/src/dicom/deidentify.ts';
import { parseDicom } from '../../packages/medical/src/dicom/parse.ts';
import { decodeFrame } from '../../packages/medical/src/dicom/pixels.ts';
import { sampleCt, sampleFile, syntaxUids } from '../../packages/medical/src/dicom/sample-files.ts';
import { encodeLosslessJpeg } from '../../packages/medical/src/dicom/sample-jpeg.ts';
import { writeSeg } from '../../packages/medical/src/dicom/seg-write.ts';
import { writeNifti } from '../../packages/medical/src/nifti/write.ts';

const run = promisify(execFile);
const setupMs = 300_000;

let folder = '';
let python = '';
let missing = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dicom-reference-'));
  const environment = join(folder, 'python');
  try {
    await run('python3', ['-m', 'venv', environment], { timeout: setupMs });
    python = join(environment, 'bin', 'python');
    await run(python, ['-m', 'pip', 'install', '-q', '--disable-pip-version-check', 'pydicom', 'numpy', 'pylibjpeg', 'pylibjpeg-libjpeg', 'nibabel'], { timeout: setupMs });
  } catch (error) {
    missing = `no Python with pydicom and nibabel: ${error instanceof Error ? error.message.slice(0, 200) : String(error)}`;
  }
}, 2 * setupMs);
beforeEach(({ skip }) => skip(missing !== '', missing));
afterAll(() => rm(folder, { recursive: true }));

/** Runs a program that prints one JSON value. */
async function ask(program: string, ...args: string[]): Promise<unknown> {
  const { stdout } = await run(python, ['-c', program, ...args], { timeout: 120_000 });
  return JSON.parse(stdout);
}

async function save(name: string, bytes: Uint8Array): Promise<string> {
  await mkdir(join(folder, 'files'), { recursive: true });
  const path = join(folder, 'files', name);
  await writeFile(path, bytes);
  return path;
}

const readPixels = `
import sys, json, pydicom
ds = pydicom.dcmread(sys.argv[1])
print(json.dumps({'pixels': ds.pixel_array.reshape(-1).tolist(), 'name': str(ds.PatientName), 'rows': ds.Rows}))
`;

const readEverything = `
import sys, json, pydicom
ds = pydicom.dcmread(sys.argv[1])
text = str(ds) + str(ds.file_meta) + repr(ds.preamble)
print(json.dumps({
  'leaks': 'CANARY' in text, 'removed': ds.PatientIdentityRemoved, 'private': any(e.tag.is_private for e in ds.iterall()),
  'codes': [c.CodeValue for c in ds.DeidentificationMethodCodeSequence], 'same': ds.SOPInstanceUID == ds.file_meta.MediaStorageSOPInstanceUID,
  'valid': pydicom.uid.UID(ds.SOPInstanceUID).is_valid, 'pixels': ds.pixel_array.reshape(-1).tolist()[:5],
}))
`;

const readSegmentation = `
import sys, json, pydicom
ds = pydicom.dcmread(sys.argv[1])
frames = ds.pixel_array.reshape(int(ds.NumberOfFrames), ds.Rows, ds.Columns)
print(json.dumps({
  'labels': [s.SegmentLabel for s in ds.SegmentSequence],
  'frames': [[int(g.SegmentIdentificationSequence[0].ReferencedSegmentNumber), [float(v) for v in g.PlanePositionSequence[0].ImagePositionPatient], f.reshape(-1).tolist()]
             for g, f in zip(ds.PerFrameFunctionalGroupsSequence, frames)],
}))
`;

const readNifti = `
import sys, json, nibabel, numpy
image = nibabel.load(sys.argv[1])
print(json.dumps({'shape': image.shape, 'affine': image.affine.tolist(), 'qform': image.get_qform().tolist(), 'voxels': numpy.asarray(image.dataobj).reshape(-1, order='F').tolist()}))
`;

describe('pydicom', () => {
  it.each(Object.entries(syntaxUids).slice(0, 4))('reads the same pixels in %s', async (name, transferSyntax) => {
    const bytes = sampleFile(sampleCt({ rows: 16, columns: 24 }), { transferSyntax });
    const theirs = (await ask(readPixels, await save(`${name}.dcm`, bytes))) as { pixels: number[] };
    expect(theirs).toMatchObject({ name: 'Doe^Jane', rows: 16 });
    expect(theirs.pixels).toEqual(Array.from((await decodeFrame(parseDicom(bytes), 0)).data));
  });

  it('reads the same pixels out of JPEG lossless', async () => {
    const jpeg = encodeLosslessJpeg(Array.from({ length: 64 }, (_, at) => (at * 977) % 4096), 8, 8, 16, 6);
    const bytes = sampleFile(sampleCt({ rows: 8, columns: 8, extra: [[0x7fe00010, 'OB', { fragments: [jpeg] }]] }), { transferSyntax: '1.2.840.10008.1.2.4.57' });
    const theirs = (await ask(readPixels, await save('lossless.dcm', bytes))) as { pixels: number[] };
    expect(theirs.pixels).toEqual(Array.from((await decodeFrame(parseDicom(bytes), 0)).data));
  });

  it.each(Object.entries(syntaxUids).slice(0, 4))('finds nobody in a file de-identified in %s', async (name, transferSyntax) => {
    const given = sampleFile(
      sampleCt({ extra: [[0x00100010, 'PN', 'CANARY'], [0x00081030, 'LO', 'CANARY'], [0x00091001, 'UN', Buffer.from('CANARY')], [0x00081140, 'SQ', { items: [[[0x00100020, 'LO', 'CANARY'], [0x00081155, 'UI', '1.2.3.10.1']]] }]] }),
      { transferSyntax, preamble: Buffer.alloc(128, 'CANARY') },
    );
    const { bytes } = deidentifyDicom(given, { key: 'a key for this very test', options: { longitudinalDates: 'modified' } });
    expect(await ask(readEverything, await save(`deidentified-${name}.dcm`, bytes))).toEqual({
      leaks: false, removed: 'YES', private: false, codes: ['113100', '113107'], same: true, valid: true, pixels: [0, 1, 2, 3, 4],
    });
  });

  it('reads a segmentation as it was written', async () => {
    const data = Uint8Array.from({ length: 5 * 3 * 2 }, (_, at) => (at < 15 ? at % 2 : 2));
    const bytes = writeSeg({
      data, dims: [5, 3, 2], affine: [[-1, 0, 0, 10], [0, -1, 0, 20], [0, 0, 2.5, 30]], segments: [{ value: 1, label: 'Leber' }, { value: 2, label: 'Läsion' }],
    });
    expect(await ask(readSegmentation, await save('seg.dcm', bytes))).toEqual({
      labels: ['Leber', 'Läsion'],
      frames: [[1, [-10, -20, 30], Array.from(data.subarray(0, 15))], [2, [-10, -20, 32.5], Array.from({ length: 15 }, () => 1)]],
    });
  });
});

describe('nibabel', () => {
  it.each([['plain', false], ['gzip', true]])('reads voxels and affine as they were written, %s', async (name, gzip) => {
    const data = Int16Array.from({ length: 24 }, (_, at) => at * 100 - 1000);
    const [cos, sin] = [Math.cos(0.2), Math.sin(0.2)];
    const affine = [[-2 * cos, 3 * sin, 0, 7.5], [2 * sin, 3 * cos, 0, -8.25], [0, 0, 4, 100]] as const;
    const path = await save(gzip ? `${name}.nii.gz` : `${name}.nii`, writeNifti({ data, dims: [4, 3, 2], affine: [[...affine[0]], [...affine[1]], [...affine[2]]], gzip }));
    const theirs = (await ask(readNifti, path)) as { shape: number[]; affine: number[][]; qform: number[][]; voxels: number[] };
    expect(theirs.shape).toEqual([4, 3, 2]);
    expect(theirs.voxels).toEqual(Array.from(data));
    for (const matrix of [theirs.affine, theirs.qform]) {
      affine.flat().forEach((value, at) => expect(matrix.flat()[at]).toBeCloseTo(value, 4));
    }
  });
});
