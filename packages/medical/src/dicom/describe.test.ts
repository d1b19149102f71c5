import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeDicom, describeDicomBytes } from './describe.ts';
import { dicomJson } from './json-model.ts';
import { sampleCt, sampleFile, syntaxUids } from './sample-files.ts';
import type { SampleElement } from './sample-files.ts';
import { orderSeries } from './series.ts';

let folder = '';
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'dicom-'))));
afterAll(() => rm(folder, { recursive: true }));

async function describeBytes(bytes: Uint8Array): ReturnType<typeof describeDicom> {
  const path = join(folder, 'file.dcm');
  await writeFile(path, bytes);
  return describeDicom(path);
}

describe('describeDicom', () => {
  it.each(Object.entries(syntaxUids).slice(0, 4))('gives the facts of an image in %s', async (_, transferSyntax) => {
    const found = await describeBytes(sampleFile(sampleCt({ slice: 3, extra: [[0x00281050, 'DS', '40'], [0x00281051, 'DS', '400']] }), { transferSyntax }));
    expect(found).toMatchObject({ width: 6, height: 4, frames: 1 });
    expect(found.problem).toBeUndefined();
    expect(found.summary).toMatchObject({
      kind: 'image', modality: 'CT', patientId: 'P-17', patientName: 'Doe^Jane', studyInstanceUid: '1.2.3.9',
      seriesInstanceUid: '1.2.3.10', sopInstanceUid: '1.2.3.10.4', transferSyntaxUid: transferSyntax, studyDate: '20240229',
      instanceNumber: 4, spacing: [0.7, 0.5], orientation: [1, 0, 0, 0, 1, 0], position: [-10, -20, 7.5],
      window: { center: 40, width: 400 }, photometric: 'MONOCHROME2', bitsAllocated: 16,
    });
  });

  it('reads only the front of a large file, and more where the header is long', async () => {
    const large = sampleFile(sampleCt({ rows: 1000, columns: 1000, extra: [[0x00204000, 'LT', 'x'.repeat(60_000)], [0x00324000, 'LT', 'y'.repeat(60_000)]] }));
    expect(await describeBytes(large)).toMatchObject({ width: 1000, height: 1000, frames: 1 });
  });

  it('reports a frame count that lies', async () => {
    const found = await describeBytes(sampleFile(sampleCt({ extra: [[0x00280008, 'IS', '500']] })));
    expect(found.frames).toBe(1);
    expect(found.problem).toContain('declares 500 frame(s)');
  });

  it('reports truncated pixel data and files that are none', async () => {
    const whole = sampleFile(sampleCt());
    expect((await describeBytes(whole.subarray(0, whole.length - 9))).problem).toContain('holds 39 bytes');
    expect(await describeBytes(Buffer.from('no DICOM at all'))).toEqual({ summary: {}, problem: expect.stringContaining('not a DICOM file') });
    expect((await describeBytes(new Uint8Array(0))).problem).toContain('too few');
  });

  it.each<[string, SampleElement[], object]>([
    ['structures', [[0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.481.3'], [0x30060020, 'SQ', { items: [[[0x30060022, 'IS', '1'], [0x30060026, 'LO', 'liver']]] }]],
      { kind: 'rtstruct', structures: [{ number: 1, name: 'liver' }] }],
    ['reports', [[0x00080060, 'CS', 'SR'], [0x0040a043, 'SQ', { items: [[[0x00080104, 'LO', 'Chest report']]] }]], { kind: 'sr', title: 'Chest report' }],
    ['waveforms', [[0x00080060, 'CS', 'ECG'], [0x54000100, 'SQ', { items: [[[0x003a0005, 'US', 12], [0x003a0010, 'UL', 5000], [0x003a001a, 'DS', '500']]] }]],
      { kind: 'waveform', waveforms: [{ channels: 12, samples: 5000, hertz: 500, seconds: 10 }] }],
  ])('describes %s', async (_, elements, expected) => {
    const found = await describeBytes(sampleFile(elements));
    expect(found.summary).toMatchObject(expected);
    expect(found).not.toHaveProperty('width');
    expect(found.problem).toBeUndefined();
  });

  it('finds the geometry of enhanced objects in their functional groups', () => {
    const shared: SampleElement = [0x52009229, 'SQ', { items: [[
      [0x00209116, 'SQ', { items: [[[0x00200037, 'DS', [0, 1, 0, 0, 0, -1]]]] }],
      [0x00289110, 'SQ', { items: [[[0x00180050, 'DS', '3'], [0x00280030, 'DS', [2, 1]]]] }],
    ]] }];
    const perFrame: SampleElement = [0x52009230, 'SQ', { items: [[[0x00209113, 'SQ', { items: [[[0x00200032, 'DS', [7, 8, 9]]]] }]]] }];
    const elements = sampleCt({ extra: [shared, perFrame] }).filter(([tag]) => ![0x00200032, 0x00200037, 0x00280030].includes(tag));
    expect(describeDicomBytes(sampleFile(elements)).summary).toMatchObject({ spacing: [2, 1], sliceThickness: 3, position: [7, 8, 9], orientation: [0, 1, 0, 0, 0, -1] });
  });
});

describe('dicomJson', () => {
  it('follows PS3.18 annex F', () => {
    const json = dicomJson(
      sampleFile([
        [0x00080005, 'CS', 'ISO_IR 192'],
        [0x00081115, 'SQ', { items: [[[0x00081155, 'UI', '1.2.78']], []] }],
        [0x00100010, 'PN', Buffer.from('Yamada^Tarou=山田^太郎')],
        [0x00100030, 'DA', ''],
        [0x00200013, 'IS', '7'],
        [0x00280009, 'AT', [0x00181063]],
        [0x00280030, 'DS', '0.5\\x'],
        [0x00189087, 'FD', [1.5, Number.NaN]],
        [0x00091001, 'UN', Uint8Array.of(1, 2, 3, 4)],
        [0x7fe00010, 'OW', Array.from({ length: 1000 }, () => 1)],
      ]),
      { bulkDataUri: (path) => `bulk/${path.join('/')}` },
    );
    expect(json).toEqual({
      '00080005': { vr: 'CS', Value: ['ISO_IR 192'] },
      '00081115': { vr: 'SQ', Value: [{ '00081155': { vr: 'UI', Value: ['1.2.78'] } }, {}] },
      '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Yamada^Tarou', Ideographic: '山田^太郎' }] },
      '00100030': { vr: 'DA' },
      '00200013': { vr: 'IS', Value: [7] },
      '00280009': { vr: 'AT', Value: ['00181063'] },
      '00280030': { vr: 'DS', Value: [0.5, 'x'] },
      '00189087': { vr: 'FD', Value: [1.5, 'NaN'] },
      '00091001': { vr: 'UN', InlineBinary: 'AQIDBA==' },
      '7FE00010': { vr: 'OW', BulkDataURI: 'bulk/7FE00010' },
    });
  });
});

describe('orderSeries', () => {
  const slice = (n: number, z: number, seriesInstanceUid = '1.2'): Record<string, unknown> => ({
    seriesInstanceUid, sopInstanceUid: `1.2.${n}`, instanceNumber: n, orientation: [1, 0, 0, 0, 1, 0], position: [0, 0, z],
  });

  it('groups by series and orders by place, not by number', () => {
    const [a, b] = orderSeries([slice(1, 5), slice(2, 0), slice(3, 2.5), slice(9, 1, '1.3')]);
    expect(a?.instances.map((entry) => entry.place)).toEqual([0, 2.5, 5]);
    expect(a).toMatchObject({ orderedBy: 'geometry', spacing: 2.5, gaps: [], duplicates: [], notes: [] });
    expect(b?.instances).toHaveLength(1);
  });

  it('reports gaps and duplicates', () => {
    const [series] = orderSeries([slice(1, 0), slice(2, 2), slice(3, 4), slice(3, 4), slice(6, 10)]);
    expect(series?.gaps).toEqual([{ afterIndex: 3, distance: 6, missing: 2 }]);
    expect(series?.duplicates).toEqual([{ kind: 'same-instance', indices: [2, 3] }, { kind: 'same-place', indices: [2, 3] }]);
  });

  it('falls back on instance numbers', () => {
    const [series] = orderSeries([{ seriesInstanceUid: '1', instanceNumber: 2 }, { seriesInstanceUid: '1', instanceNumber: 1 }]);
    expect(series?.orderedBy).toBe('instance-number');
    expect(series?.instances.map((entry) => entry.instance['instanceNumber'])).toEqual([1, 2]);
  });
});
