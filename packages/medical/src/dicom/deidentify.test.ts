import { describe, expect, it } from 'vitest';
import { basicProfile } from './confidentiality-profile.ts';
import { createDeidentifier, deidentifyDicom, deidentifyWithPixels } from './deidentify.ts';
import type { Deidentification } from './deidentify.ts';
import { lookUpTag, tagOfKeyword } from './dictionary.ts';
import { keyedMapping, shiftDate } from './keyed-mapping.ts';
import { parseDicom } from './parse.ts';
import { decodeFrame } from './pixels.ts';
import { sampleCt, sampleDataSet, sampleFile, syntaxUids } from './sample-files.ts';
import type { SampleElement, SampleOptions } from './sample-files.ts';
import { encodeLosslessJpeg } from './sample-jpeg.ts';

const key = 'a secret of this project';
const run = (bytes: Uint8Array, settings: Partial<Deidentification> = {}): ReturnType<typeof deidentifyDicom> => deidentifyDicom(bytes, { key, ...settings });

function tag(keyword: string): number {
  return tagOfKeyword(keyword) ?? Number.parseInt(keyword, 16);
}

const profileTags = Object.values(basicProfile).flatMap((list) => list.trim().split(/\s+/)).map(tag);

/** A value that would identify, for every representation that can carry one. */
function canary(number: number, vr: string): SampleElement[2] {
  switch (vr) {
    case 'SQ': return { items: [[[0x00100010, 'PN', `CANARY^${number}`], [0x00401001, 'SH', `CANARY${number}`]]], undefinedLength: number % 2 === 0 };
    case 'UI': return `1.9.777.${number}`;
    case 'DA': return '19771122';
    case 'DT': return '19771122101112';
    case 'TM': return '235958';
    case 'AS': return '077Y';
    case 'DS': case 'IS': return '777777';
    case 'US': case 'SS': case 'UL': case 'SL': case 'FD': case 'FL': case 'AT': return [];
    default: return `CANARY${number}`;
  }
}

const leak = /CANARY|1\.9\.777\.|19771122|235958|077Y|777777/;

/** What identifies, with what stands before it. */
function leaksOf(bytes: Uint8Array): string[] {
  const { dataSet } = parseDicom(bytes);
  return [Buffer.from(bytes), Buffer.from(dataSet.bytes)].flatMap((content) => {
    const text = content.toString('latin1');
    const found = leak.exec(text);
    const shown = found === null ? [] : [text.slice(found.index - 40, found.index + 20)];
    // Wide characters and swapped pairs would escape the pattern above.
    return /CANARY/.test(text.replaceAll('\0', '')) || text.includes('ACANYR') ? [...shown, 'CANARY in disguise'] : shown;
  });
}

/** Every attribute of the table at once. */
const everything: SampleElement[] = profileTags
  .filter((number) => number >>> 16 >= 8)
  .map((number, index): SampleElement => {
    const vr = lookUpTag(number)?.vr ?? 'LO';
    return [number, vr, canary(index, vr)];
  });

describe('canaries', () => {
  it('the table is whole', () => {
    expect(profileTags.length).toBeGreaterThan(640);
    expect(new Set(profileTags).size).toBe(profileTags.length);
    expect(profileTags.every(Number.isFinite)).toBe(true);
  });

  it.each(Object.entries(syntaxUids).slice(0, 4))('none of the table come out of %s', (_, transferSyntax) => {
    const { bytes, report } = run(sampleFile(sampleCt({ extra: everything }), { transferSyntax }));
    expect(leaksOf(bytes)).toEqual([]);
    expect(parseDicom(bytes).transferSyntax.uid).toBe(transferSyntax);
    expect(report.actions.length).toBeGreaterThan(500);
    expect(JSON.stringify(report)).not.toMatch(leak);
  });

  it('none come out of sequences, however deep and of whatever length', () => {
    let inner: SampleElement[] = everything;
    for (let depth = 0; depth < 8; depth++) inner = [[0x00082218, 'SQ', { items: [inner, [[0x00080100, 'SH', 'T-1']]], undefinedLength: depth % 2 === 0 }]];
    const { bytes } = run(sampleFile(sampleCt({ extra: inner })));
    expect(leaksOf(bytes)).toEqual([]);
    expect(Buffer.from(bytes).toString('latin1')).toContain('T-1');
  });

  const plain = sampleCt({ extra: [[0x00100010, 'PN', 'CANARY^NAME']] });
  const unknownSequence = sampleDataSet([[0x00100010, 'PN', 'CANARY^UN']], { little: true, explicit: false });
  const item = Buffer.concat([Buffer.from('feff00e0', 'hex'), Buffer.from(Uint32Array.of(unknownSequence.length).buffer), unknownSequence]);
  const preamble = Buffer.alloc(128, 'CANARY in the preamble ');
  const places: [string, SampleElement[], SampleOptions?][] = [
    ['private attributes', [[0x00090010, 'LO', 'CANARY CREATOR'], [0x00091001, 'LO', 'CANARY'], [0x00091002, 'SQ', { items: [[[0x00091003, 'UN', Buffer.from('CANARY')]]] }]]],
    ['private attributes within sequences', [[0x00081140, 'SQ', { items: [[[0x00090010, 'LO', 'CANARY'], [0x00091001, 'OB', Buffer.from('CANARY')]]] }]]],
    ['the preamble', [], { preamble }],
    ['bytes after the end', [], { trailing: Buffer.from('CANARY') }],
    ['many bytes after the end', [], { trailing: Buffer.from('\x10\0\x10\0XXCANARY CANARY CANARY', 'latin1') }],
    ['trailing padding', [[0xfffcfffc, 'OB', Buffer.from('CANARY')]]],
    ['UN for a known attribute', [[0x00100030, 'UN', Buffer.from('CANARY')], [0x00100010, 'UN', Buffer.from('CANARY')]]],
    ['UN for a known sequence', [[0x00081111, 'UN', item], [0x00082218, 'UN', item]]],
    ['UN for a sequence that cannot be read', [[0x00082218, 'UN', Buffer.from('CANARY CANARY CANARY')]]],
    ['group lengths', [[0x00100000, 'UL', Buffer.from('CANARY')]]],
    ['the file meta header', [], { meta: [[0x00020016, 'AE', 'CANARY'], [0x00020100, 'UI', '1.9.777.1'], [0x00020102, 'OB', Buffer.from('CANARY')]] }],
    ['overlays', [[0x60003000, 'OW', Buffer.from('CANARY')], [0x60004000, 'LT', 'CANARY'], [0x60000022, 'LO', 'CANARY'], [0x60021500, 'LO', 'CANARY']]],
    ['curves', [[0x50003000, 'OW', Buffer.from('CANARY')], [0x50000022, 'LO', 'CANARY'], [0x50020040, 'SH', 'CANARY']]],
    ['attributes that the dictionary does not know', [[0x00120999, 'LO', 'CANARY'], [0x7ffe0010, 'LO', 'CANARY']]],
    ['groups that are no part of a data set', [[0x00040010, 'LO', 'CANARY'], [0x00060010, 'LO', 'CANARY']]],
    ['codes, numbers, dates that are none', [[0x00080060, 'CS', 'CANARY: (Jane)'], [0x00200013, 'IS', 'CANARY'], [0x00180050, 'DS', 'CANARY'], [0x0040a13a, 'DT', 'CANARY'], [0x00080016, 'UI', 'CANARY']]],
    ['values behind a NUL', [[0x00180022, 'CS', 'HELICAL\0CANARY']]],
    ['another representation than the attribute has', [[0x00180022, 'LT', 'CANARY: (Jane)'], [0x00280030, 'UT', 'CANARY']]],
    ['persons that the table forgets', [[0x00189999, 'PN', 'CANARY'], [0x00104000, 'PN', 'CANARY']]],
    ['pixel data beyond the last frame', [[0x7fe00010, 'OW', Buffer.concat([Buffer.alloc(48), Buffer.from('CANARY')])]]],
    ['old markers', [[0x00120063, 'LO', 'CANARY'], [0x00120064, 'SQ', { items: [[[0x00080104, 'LO', 'CANARY']]] }]]],
    ['structured reports', [[0x0040a730, 'SQ', { items: [[[0x0040a040, 'CS', 'TEXT'], [0x0040a160, 'UT', 'CANARY'], [0x0040a123, 'PN', 'CANARY']], [[0x0040a730, 'SQ', { items: [[[0x0040a160, 'UT', 'CANARY']]] }]]] }]]],
  ];

  it.each(places)('none come out of %s', (_, extra, options) => {
    const replaced = new Set(extra.map(([number]) => number));
    const elements = [...plain.filter(([number]) => !replaced.has(number)), ...extra];
    for (const transferSyntax of Object.values(syntaxUids).slice(0, 4)) {
      const given = sampleFile(elements, { ...options, transferSyntax });
      expect(Buffer.from(parseDicom(given).dataSet.bytes).toString('latin1') + Buffer.from(given).toString('latin1')).toMatch(/CANARY/);
      expect(leaksOf(run(given).bytes)).toEqual([]);
    }
  });

  it('none come out of a file that says an attribute twice', () => {
    const twice = sampleFile([...plain, [0x00100020, 'LO', 'CANARY-2'], [0x00100020, 'LO', 'CANARY-3']]);
    expect(leaksOf(run(twice).bytes)).toEqual([]);
  });

  it('none come out of a bare data set with stray bytes in front', () => {
    const bytes = Buffer.concat([Buffer.from('CANARY'), sampleFile(plain, { bare: true })]);
    expect(leaksOf(run(bytes).bytes)).toEqual([]);
  });

  it('none come out from behind a deflated data set', () => {
    const bytes = Buffer.concat([sampleFile(plain, { transferSyntax: syntaxUids.deflated }), Buffer.from('CANARY')]);
    expect(leaksOf(run(bytes).bytes)).toEqual([]);
  });

  it('none come out of comments within compressed frames, which still decode', async () => {
    const jpeg = encodeLosslessJpeg(Array.from({ length: 24 }, (_, at) => at * 3), 6, 4, 16);
    const comment = Buffer.concat([Buffer.from([0xff, 0xfe, 0, 8]), Buffer.from('CANARY'), Buffer.from([0xff, 0xe1, 0, 8]), Buffer.from('CANARY')]);
    const told = Buffer.concat([jpeg.subarray(0, 2), comment, jpeg.subarray(2), Buffer.from('CANARY')]);
    const bytes = sampleFile(sampleCt({ extra: [[0x7fe00010, 'OB', { fragments: [told], offsets: [0] }]] }), { transferSyntax: '1.2.840.10008.1.2.4.70' });
    const out = run(bytes).bytes;
    expect(leaksOf(out)).toEqual([]);
    expect(Array.from((await decodeFrame(parseDicom(out), 0)).data)).toEqual(Array.from({ length: 24 }, (_, at) => at * 3));
  });

  it('none come out of bits that no sample uses', () => {
    const extra: SampleElement[] = [[0x00280101, 'US', 8], [0x00280102, 'US', 7], [0x7fe00010, 'OW', Buffer.from('.C.A.N.A.R.Y'.padEnd(48, '.'))]];
    const out = parseDicom(run(sampleFile(sampleCt({ extra }))).bytes);
    expect(Buffer.from(out.dataSet.value(out.dataSet.get(0x7fe00010)!)).toString('latin1').replaceAll('\0', '')).not.toContain('CANARY');
  });
});

describe('what it leaves', () => {
  const bytes = sampleFile(sampleCt({ extra: [[0x00081030, 'LO', 'CT of Jane Doe'], [0x00280301, 'CS', 'YES']] }));

  it('keeps everything else byte for byte', () => {
    const before = parseDicom(bytes).dataSet;
    const after = parseDicom(run(bytes).bytes).dataSet;
    for (const number of [0x00080016, 0x00080060, 0x00200032, 0x00200037, 0x00280010, 0x00280030, 0x00281052, 0x7fe00010]) {
      expect(Buffer.from(after.value(after.get(number)!))).toEqual(Buffer.from(before.value(before.get(number)!)));
    }
  });

  it('marks the file as the standard asks', () => {
    const { dataSet } = parseDicom(run(bytes, { options: { longitudinalDates: 'modified', retainDevice: true } }).bytes);
    expect(dataSet.string(0x00120062)).toBe('YES');
    expect(dataSet.string(0x00120063)).toContain('PS3.15');
    expect(dataSet.items(0x00120064).map((entry) => entry.string(0x00080100))).toEqual(['113100', '113107', '113109']);
    expect(dataSet.string(0x00280303)).toBe('MODIFIED');
    expect(parseDicom(run(bytes).bytes).dataSet.string(0x00280303)).toBe('REMOVED');
  });

  it('maps UIDs, patients and dates by the key, the same in every file', () => {
    const deidentify = createDeidentifier({ key, options: { longitudinalDates: 'modified' } });
    const [first, second] = [0, 1].map((slice) => deidentify(sampleFile(sampleCt({ slice }))));
    const [a, b] = [first, second].map((result) => parseDicom(result!.bytes));
    expect(a!.dataSet.string(0x0020000e)).toMatch(/^2\.25\.\d+$/);
    expect(a!.dataSet.string(0x0020000e)).toBe(b!.dataSet.string(0x0020000e));
    expect(a!.dataSet.string(0x00080018)).not.toBe(b!.dataSet.string(0x00080018));
    expect(a!.meta.string(0x00020003)).toBe(a!.dataSet.string(0x00080018));
    expect(first!.report.sopInstanceUid).toBe(a!.dataSet.string(0x00080018));
    expect(a!.dataSet.string(0x00100020)).toBe(b!.dataSet.string(0x00100020));
    expect(a!.dataSet.string(0x00080020)).toMatch(/^20\d{6}$/);
    expect(a!.dataSet.string(0x00080020)).not.toBe('20240229');
    expect(a!.dataSet.string(0x00080020)).toBe(b!.dataSet.string(0x00080020));
    const other = parseDicom(run(sampleFile(sampleCt()), { key: 'the secret of another project' }).bytes);
    expect(other.dataSet.string(0x0020000e)).not.toBe(a!.dataSet.string(0x0020000e));
    expect(other.dataSet.string(0x00100020)).not.toBe(a!.dataSet.string(0x00100020));
    expect(first!.report.fileName).toMatch(/^CT-2\.25\.\d+\.dcm$/);
  });

  it('is the same again: output of output has the same attributes', () => {
    const once = run(bytes).bytes;
    const twice = run(once).bytes;
    expect(parseDicom(twice).dataSet.elements.map(({ tag }) => tag)).toEqual(parseDicom(once).dataSet.elements.map(({ tag }) => tag));
  });

  it('warns of pixels that may hold text', () => {
    expect(run(bytes).report.warnings.join()).toContain('no rule blacks it out');
    expect(run(sampleFile(sampleCt())).report.warnings).toEqual([]);
  });

  it('refuses short keys and contradictory options', () => {
    expect(() => run(bytes, { key: 'short' })).toThrow(/needs 16/);
    expect(() => run(bytes, { options: { longitudinalDates: 'both' as 'full' } })).toThrow(/full or modified/);
  });
});

describe('options', () => {
  const rich = sampleFile(sampleCt({ extra: [
    [0x00080080, 'LO', 'Charité Berlin'.normalize()], [0x00081010, 'SH', 'CT01'], [0x00181000, 'LO', 'SN-4711'], [0x00101010, 'AS', '042Y'], [0x00100040, 'CS', 'F'],
    [0x00100030, 'DA', '19820101'], [0x00080022, 'DA', '20240228'], [0x00081030, 'LO', 'Chest CT of Jane DOE, P-17, seen by Dr. Miller on 2024-02-28'],
    [0x00190010, 'LO', 'SIEMENS MR HEADER'], [0x0019100c, 'IS', '1000'], [0x001910ff, 'LO', 'CANARY'],
  ] }));
  const read = (options: Deidentification['options']): ReturnType<typeof parseDicom>['dataSet'] => parseDicom(run(rich, { options }).bytes).dataSet;

  it('retain what they say, and no more', () => {
    expect(read({ retainInstitution: true }).string(0x00080080)).toContain('Berlin');
    expect(read({ retainDevice: true }).string(0x00181000)).toBe('SN-4711');
    expect(read({ retainDevice: true }).string(0x00080080)).toBe('Removed');
    expect(read({ retainPatientCharacteristics: true }).string(0x00101010)).toBe('042Y');
    expect(read({ retainPatientCharacteristics: true }).string(0x00100030)).toBeUndefined();
    expect(read({ retainUids: true }).string(0x0020000e)).toBe('1.2.3.10');
    expect(read({ longitudinalDates: 'full' }).string(0x00080022)).toBe('20240228');
    expect(read({ longitudinalDates: 'full' }).string(0x00100030)).toBeUndefined();
    expect(read({}).has(0x0019100c)).toBe(false);
  });

  it('keep intervals when dates are modified', () => {
    const dataSet = read({ longitudinalDates: 'modified' });
    const day = (text: string | undefined): number => Date.parse(`${text?.slice(0, 4)}-${text?.slice(4, 6)}-${text?.slice(6)}T00:00Z`) / 86_400_000;
    expect(day(dataSet.string(0x00080020)) - day(dataSet.string(0x00080022))).toBe(1);
  });

  it('clean descriptions of the names, numbers and dates of this file', () => {
    expect(read({}).string(0x00081030)).toBeUndefined();
    const cleaned = read({ cleanDescriptors: true }).string(0x00081030) ?? '';
    expect(cleaned).toContain('Chest CT of');
    expect(cleaned).not.toMatch(/jane|doe|P-17|miller|2024/i);
  });

  it('keep safe private attributes with their creator', () => {
    const dataSet = read({ retainSafePrivate: true });
    expect(dataSet.string(0x00190010)).toBe('SIEMENS MR HEADER');
    expect(dataSet.number(0x0019100c)).toBe(1000);
    expect(dataSet.has(0x001910ff)).toBe(false);
  });

  it('enter structured content', () => {
    const content: SampleElement = [0x0040a730, 'SQ', { items: [[[0x0040a040, 'CS', 'TEXT'], [0x0040a160, 'UT', 'Nodule of Doe, 8 mm'], [0x0040a043, 'SQ', { items: [[[0x00080104, 'LO', 'Finding']]] }]]] }];
    const file = sampleFile(sampleCt({ extra: [content] }));
    const clean = parseDicom(run(file, { options: { cleanStructuredContent: true } }).bytes).dataSet.items(0x0040a730)[0];
    expect(clean?.string(0x0040a160)).toBe('Nodule of , 8 mm');
    expect(clean?.items(0x0040a043)[0]?.string(0x00080104)).toBe('Finding');
    expect(parseDicom(run(file).bytes).dataSet.items(0x0040a730)[0]?.string(0x0040a160)).toBe('Removed');
  });
});

describe('pixels', () => {
  const rule = { when: { modality: 'c*', rows: 4 }, regions: [{ x: 4, y: -1, width: 10, height: 3 }] };
  const expected = Array.from({ length: 24 }, (_, at) => (at % 6 >= 4 && at < 12 ? 0 : at));

  it.each(Object.entries(syntaxUids).slice(0, 4))('are blacked out by rule in every frame of %s', async (_, transferSyntax) => {
    const { bytes, report } = run(sampleFile(sampleCt({ frames: 2 }), { transferSyntax }), { pixelRules: [rule] });
    expect(Array.from((await decodeFrame(parseDicom(bytes), 0)).data)).toEqual(expected);
    expect(Array.from((await decodeFrame(parseDicom(bytes), 1)).data)[23]).toBe(24);
    expect(report.blackedOut).toEqual([{ x: 4, y: 0, width: 2, height: 2 }]);
    expect(parseDicom(bytes).dataSet.items(0x00120064).map((entry) => entry.string(0x00080100))).toEqual(['113100', '113101']);
  });

  it('stay where no rule applies', () => {
    expect(run(sampleFile(sampleCt()), { pixelRules: [{ ...rule, when: { modality: 'US' } }] }).report.blackedOut).toEqual([]);
  });

  it('are decompressed to be blacked out', async () => {
    const jpeg = encodeLosslessJpeg(Array.from({ length: 24 }, (_, at) => at), 6, 4, 16);
    const file = sampleFile(sampleCt({ extra: [[0x7fe00010, 'OB', { fragments: [jpeg] }]] }), { transferSyntax: '1.2.840.10008.1.2.4.70' });
    expect(() => run(file, { pixelRules: [rule] })).toThrow(/not compressed/);
    const { bytes } = await deidentifyWithPixels(file, { key, pixelRules: [rule] });
    expect(parseDicom(bytes).transferSyntax.uid).toBe(syntaxUids.explicit);
    expect(Array.from((await decodeFrame(parseDicom(bytes), 0)).data)).toEqual(expected);
  });
});

describe('keyed mapping', () => {
  it('gives valid UIDs, leaves the standard’s own', () => {
    const mapping = keyedMapping(key);
    for (let n = 0; n < 200; n++) expect(mapping.uid(`1.2.${n}`)).toMatch(/^2\.25\.(0|[1-9]\d{0,38})$/);
    expect(mapping.uid('1.2.840.10008.1.2')).toBe('1.2.840.10008.1.2');
    expect(keyedMapping(key).uid('1.2.3')).toBe(mapping.uid('1.2.3'));
  });

  it('shifts dates over leap days and years, and no others', () => {
    expect(shiftDate('20240301', 1)).toBe('20240229');
    expect(shiftDate('2024.01.01', 1)).toBe('20231231');
    expect(shiftDate('20240301101112.5+0100', 1)).toBe('20240229101112.5+0100');
    expect(shiftDate('20240230', 1)).toBeUndefined();
    expect(shiftDate('2024', 1)).toBeUndefined();
  });
});
