import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { affineDistance } from '../nifti/affine.ts';
import type { Affine } from '../nifti/affine.ts';
import { countLabels, gridDifference, maskOf, resampleLabels } from '../nifti/labels.ts';
import { parseNifti, readVoxels } from '../nifti/parse.ts';
import { renderVolumeSlice } from '../nifti/slice.ts';
import { writeNifti } from '../nifti/write.ts';
import { describeDicomBytes } from './describe.ts';
import { parseDicom } from './parse.ts';
import { sampleCt, sampleFile } from './sample-files.ts';
import { fromCieLab, readSeg, segToLabelVolume, toCieLab } from './seg.ts';
import { writeSeg } from './seg-write.ts';
import { volumeFromDicomSeries } from './volume.ts';

let folder = '';
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'series-'))));
afterAll(() => rm(folder, { recursive: true }));

async function saveSeries(slices: readonly number[], extra: Parameters<typeof sampleCt>[0] = {}): Promise<string[]> {
  const paths: string[] = [];
  for (const [index, slice] of slices.entries()) {
    const path = join(folder, `${slices.length}-${index}.dcm`);
    await writeFile(path, sampleFile(sampleCt({ slice, ...extra })));
    paths.push(path);
  }
  return paths;
}

/** Of `sampleCt`: rows 0.7 mm apart, columns 0.5 mm, slices 2.5 mm; first pixel at (−10, −20, 0) in DICOM's system. */
const ctAffine: Affine = [[-0.5, -0, -0, 10], [-0, -0.7, -0, 20], [0, 0, 2.5, 0]];

describe('volumes of series', () => {
  it('are ordered by geometry and hold real values', async () => {
    const paths = await saveSeries([2, 0, 1]);
    const volume = await volumeFromDicomSeries(paths);
    expect(volume.dims).toEqual([6, 4, 3]);
    expect(affineDistance(volume.affine, ctAffine)).toBeLessThan(1e-9);
    expect(volume.data).toBeInstanceOf(Int16Array);
    expect(Array.from(volume.data.subarray(0, 3))).toEqual([-1024, -1023, -1022]);
    expect(volume.sources.map(({ sopInstanceUid }) => sopInstanceUid)).toEqual(['1.2.3.10.1', '1.2.3.10.2', '1.2.3.10.3']);
    expect(volume.notes).toEqual([]);
    expect((await renderVolumeSlice(volume, { axis: 'j' })).length).toBeGreaterThan(60);
  });

  it('become float where two bytes do not do', async () => {
    const paths = await saveSeries([0, 1], { extra: [[0x00281053, 'DS', '0.5']] });
    expect((await volumeFromDicomSeries(paths)).data).toBeInstanceOf(Float32Array);
  });

  it('are refused with gaps, unless asked; duplicates are noted', async () => {
    const paths = await saveSeries([0, 1, 2, 5]);
    await expect(volumeFromDicomSeries(paths)).rejects.toThrow(/slices are missing: 2 slice/);
    expect((await volumeFromDicomSeries(paths, { allowGaps: true })).dims[2]).toBe(4);
    const twice = await volumeFromDicomSeries(await saveSeries([0, 1, 1, 2]));
    expect(twice.dims[2]).toBe(3);
    expect(twice.notes.join()).toContain('two slices at 2.50 mm');
  });

  it('are refused over several series or sizes', async () => {
    const [first = ''] = await saveSeries([0]);
    const other = join(folder, 'other.dcm');
    await writeFile(other, sampleFile(sampleCt({ seriesUid: '1.2.3.11' })));
    await expect(volumeFromDicomSeries([first, other])).rejects.toThrow(/belong to 2 series/);
    await writeFile(other, sampleFile(sampleCt({ rows: 5, slice: 1 })));
    await expect(volumeFromDicomSeries([first, other])).rejects.toThrow(/6 × 4 and of 6 × 5/);
    await expect(volumeFromDicomSeries([])).rejects.toThrow(/no files/);
  });
});

const labels = Uint8Array.from({ length: 6 * 4 * 3 }, (_, at) => (at >= 24 && at < 30 ? 1 : at === 50 ? 5 : 0));
const named = [{ value: 5, label: 'lesion', color: [255, 128, 0] as const }, { value: 1, label: 'liver' }];

describe('DICOM segmentations', () => {
  it('round trip is voxel-identical, with names, colours, references and geometry', async () => {
    const paths = await saveSeries([0, 1, 2]);
    const volume = await volumeFromDicomSeries(paths);
    const reference = parseDicom(sampleFile(sampleCt()));
    const bytes = writeSeg({ data: labels, dims: volume.dims, affine: volume.affine, segments: named, reference, sources: volume.sources });
    const seg = await readSeg(bytes);
    expect(seg.segments).toMatchObject([{ number: 1, value: 1, label: 'liver' }, { number: 2, value: 5, label: 'lesion' }]);
    expect(seg.segments[1]?.color?.every((value, at) => Math.abs(value - ([255, 128, 0][at] ?? 0)) <= 1)).toBe(true);
    expect(seg.frames).toHaveLength(2);
    expect(seg.frames[0]?.sourceInstanceUid).toBe('1.2.3.10.2');
    expect(seg).toMatchObject({ seriesInstanceUid: '1.2.3.10', frameOfReferenceUid: '1.2.3.8' });
    const back = segToLabelVolume(seg, volume);
    expect(Array.from(back.data)).toEqual(Array.from(labels));
    const alone = segToLabelVolume(seg);
    expect(alone.dims).toEqual([6, 4, 2]);
    expect(describeDicomBytes(bytes).summary).toMatchObject({ kind: 'seg', patientId: 'P-17', segments: [{ number: 1, name: 'liver' }, { number: 2, name: 'lesion' }] });
  });

  it('keeps oblique affines within 1e-4 mm', async () => {
    const affine: Affine = [[-0.48, 0.4, 0.3, 91.123456], [0.1, 0.65, -0.2, -120.98765], [-0.0667, 0.26, 2.4, 1033.33333]];
    const right: Affine = [[-0.5 * Math.cos(0.3), 0.7 * Math.sin(0.3), 0, 91.1234567], [-0.5 * Math.sin(0.3), -0.7 * Math.cos(0.3), 0, -120.9876543], [0, 0, 2.5, 1033.3333333]];
    expect(() => writeSeg({ data: labels, dims: [6, 4, 3], affine, segments: named })).toThrow(/right angles/);
    const full = labels.map((value, at) => (at % 24 === 0 ? 1 : value));
    const seg = await readSeg(writeSeg({ data: full, dims: [6, 4, 3], affine: right, segments: named }));
    expect(affineDistance(segToLabelVolume(seg).affine, right)).toBeLessThan(1e-4);
    expect(Array.from(segToLabelVolume(seg, { dims: [6, 4, 3], affine: right }).data)).toEqual(Array.from(full));
  });

  it('refuses values without a name, empty ones, other sizes and places', async () => {
    const grid = { dims: [6, 4, 3], affine: ctAffine };
    expect(() => writeSeg({ ...grid, data: labels, segments: [{ value: 1, label: 'liver' }] })).toThrow(/value 5 has no name/);
    expect(() => writeSeg({ ...grid, data: new Uint8Array(72), segments: named })).toThrow(/no voxel is labelled/);
    expect(() => writeSeg({ ...grid, data: new Uint8Array(70), segments: named })).toThrow(/do not fill/);
    const seg = await readSeg(writeSeg({ ...grid, data: labels, segments: named }));
    expect(() => segToLabelVolume(seg, { ...grid, dims: [6, 5, 3] })).toThrow(/6 × 4 pixels, the volume 6 × 5/);
    const moved: Affine = [ctAffine[0], ctAffine[1], [0, 0, 2.5, 1]];
    expect(() => segToLabelVolume(seg, { ...grid, affine: moved })).toThrow(/1\.00 mm off/);
    expect(() => segToLabelVolume(seg, { ...grid, dims: [6, 4, 2] })).toThrow(/off the slices/);
    await expect(readSeg(sampleFile(sampleCt()))).rejects.toThrow(/not a segmentation/);
  });

  it('colours go to CIELab and back', () => {
    for (const color of [[0, 0, 0], [255, 255, 255], [255, 0, 0], [12, 200, 99]] as const) {
      const back = fromCieLab(toCieLab(color));
      expect(Math.max(...back.map((value, at) => Math.abs(value - (color[at] ?? 0))))).toBeLessThanOrEqual(1);
    }
  });
});

describe('label volumes', () => {
  const grid = { dims: [6, 4, 3], affine: ctAffine };

  it('count, cut and go through NIfTI unchanged', () => {
    expect([...countLabels(labels)]).toEqual([[0, 65], [1, 6], [5, 1]]);
    expect(maskOf(labels, 5).indexOf(1)).toBe(50);
    expect(() => countLabels(Float32Array.of(0, 1.5))).toThrow(/1.5 is no label/);
    const back = readVoxels(parseNifti(writeNifti({ ...grid, data: labels, gzip: true, intentCode: 1002 })));
    expect(Array.from(back.data)).toEqual(Array.from(labels));
    expect(gridDifference({ dims: back.dims, affine: back.header.affine }, grid)).toBeUndefined();
  });

  it('say how a grid differs', () => {
    expect(gridDifference({ ...grid, dims: [6, 4, 4] }, grid)).toContain('6 × 4 × 4 voxels, the volume 6 × 4 × 3');
    const flipped: Affine = [[0.5, 0, 0, 7.5], ctAffine[1], ctAffine[2]];
    expect(gridDifference({ ...grid, affine: flipped }, grid)).toContain('mm from the volume');
  });

  it('come back from a flipped grid when resampled', () => {
    const flipped: Affine = [[0.5, 0, 0, 7.5], ctAffine[1], ctAffine[2]];
    const there = resampleLabels(labels, grid, { ...grid, affine: flipped });
    expect(Array.from(there)).not.toEqual(Array.from(labels));
    expect(Array.from(resampleLabels(there, { ...grid, affine: flipped }, grid))).toEqual(Array.from(labels));
  });
});
