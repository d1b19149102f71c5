import { describe, expect, it } from 'vitest';
import { tagOfKeyword } from './dictionary.ts';
import { DicomError } from './error.ts';
import { looksLikeDicom, parseDicom } from './parse.ts';
import { sampleCt, sampleDataSet, sampleFile, syntaxUids } from './sample-files.ts';
import type { SampleElement } from './sample-files.ts';

const patientName = 0x00100010;
const nested: SampleElement = [
  0x00081115, 'SQ',
  { items: [[[0x0020000e, 'UI', '1.2.77'], [0x00081199, 'SQ', { items: [[[0x00081155, 'UI', '1.2.78']]], undefinedLength: true }]]] },
];

describe('parseDicom', () => {
  it.each(Object.entries(syntaxUids).slice(0, 4))('reads %s', (_, transferSyntax) => {
    const file = parseDicom(sampleFile(sampleCt({ extra: [nested] }), { transferSyntax }));
    expect(file.transferSyntax.uid).toBe(transferSyntax);
    expect(file.warnings).toEqual([]);
    expect(file.dataSet.string(patientName)).toBe('Doe^Jane');
    expect(file.dataSet.number(0x00280010)).toBe(4);
    expect(file.dataSet.numbers(0x00280030)).toEqual([0.7, 0.5]);
    expect(file.dataSet.items(0x00081115)[0]?.items(0x00081199)[0]?.string(0x00081155)).toBe('1.2.78');
    expect(file.dataSet.get(0x7fe00010)?.valueLength).toBe(48);
  });

  it.each([
    ['explicit little', syntaxUids.explicit],
    ['implicit little', syntaxUids.implicit],
    ['explicit big', syntaxUids.big],
  ])('guesses %s endian in a file without preamble and meta header', (_, transferSyntax) => {
    const bytes = sampleFile(sampleCt(), { transferSyntax, bare: true });
    const file = parseDicom(bytes);
    expect(looksLikeDicom(bytes)).toBe(true);
    expect(file.transferSyntax.uid).toBe(transferSyntax);
    expect(file.dataSet.string(patientName)).toBe('Doe^Jane');
  });

  it('reads past stray bytes in front of a bare data set', () => {
    const file = parseDicom(Buffer.concat([Buffer.from(' '), sampleFile(sampleCt(), { bare: true })]));
    expect(file.dataSet.string(patientName)).toBe('Doe^Jane');
    expect(file.warnings[0]).toContain('1 stray bytes');
  });

  it('goes by what is written when the meta header lies', () => {
    const bytes = Buffer.from(sampleFile(sampleCt(), { transferSyntax: syntaxUids.explicit }));
    const lying = Buffer.from(bytes.toString('latin1').replace('1.2.840.10008.1.2.1\0', '1.2.840.10008.1.2.2\0'), 'latin1');
    const file = parseDicom(lying);
    expect(file.transferSyntax.uid).toBe(syntaxUids.explicit);
    expect(file.dataSet.string(patientName)).toBe('Doe^Jane');
    expect(file.warnings.join()).toContain('declared as');
  });

  it('reads an unknown representation as bytes and goes on', () => {
    const bytes = Buffer.from(sampleFile(sampleCt({ extra: [[0x00200010, 'SH', 'S1']] }))).toString('latin1');
    const file = parseDicom(Buffer.from(bytes.replace('SH\x02\0S1', 'XX\x02\0S1'), 'latin1'));
    expect(file.warnings.join()).toContain('«XX»');
    expect(file.dataSet.get(0x00200010)?.vr).toBe('UN');
    expect(file.dataSet.number(0x00280011)).toBe(6);
  });

  it('reads truncated pixel data as far as it goes', () => {
    const bytes = sampleFile(sampleCt());
    const file = parseDicom(bytes.subarray(0, bytes.length - 10));
    expect(file.truncated).toBe(true);
    expect(file.dataSet.get(0x7fe00010)).toMatchObject({ declaredLength: 48, valueLength: 38 });
  });

  it('reads a UN value of undefined length as an implicit sequence', () => {
    const item = sampleDataSet([[0x00080100, 'SH', 'CODE']], { little: true, explicit: false });
    const sequence = Buffer.concat([Buffer.from('feff00e0', 'hex'), Buffer.from([item.length, 0, 0, 0]), item, Buffer.from('feffdde000000000', 'hex')]);
    const head = sampleFile([[0x00080060, 'CS', 'CT']]);
    const unknown = Buffer.concat([Buffer.from('09000110554e0000ffffffff', 'hex'), sequence]);
    const rest = sampleDataSet([[0x00100020, 'LO', 'after']], { little: true, explicit: true });
    const file = parseDicom(Buffer.concat([head, unknown, rest]));
    expect(file.dataSet.items(0x00091001)[0]?.string(0x00080100)).toBe('CODE');
    expect(file.dataSet.string(0x00100020)).toBe('after');
  });

  it('refuses sequences nested beyond the bound', () => {
    const open = Buffer.from('08001511535100 00ffffffff feff00e0ffffffff'.replaceAll(' ', ''), 'hex');
    const bytes = Buffer.concat([sampleFile([[0x00080005, 'CS', 'ISO_IR 100']]), ...Array.from({ length: 10_000 }, () => open)]);
    expect(() => parseDicom(bytes)).toThrow(/nested deeper than 64/);
  });

  it('refuses more elements than the bound', () => {
    expect(() => parseDicom(sampleFile(sampleCt()), { maxElements: 10 })).toThrow(/more than 10 elements/);
  });

  it('refuses a deflate bomb and reads a deflated file that breaks off', () => {
    const bomb = sampleFile([[0x00080060, 'CS', 'CT'], [0x7fe00010, 'OB', new Uint8Array(64 * 1024 ** 2)]], { transferSyntax: syntaxUids.deflated });
    expect(bomb.length).toBeLessThan(100_000);
    expect(() => parseDicom(bomb)).toThrow(/grows beyond/);
    const whole = sampleFile(sampleCt(), { transferSyntax: syntaxUids.deflated });
    expect(parseDicom(whole.subarray(0, whole.length - 8)).truncated).toBe(true);
  });

  it.each([
    ['nothing', new Uint8Array(0)],
    ['a PNG', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')],
    ['text', Buffer.from('{"not": "a DICOM file", "but": "JSON that is long enough to be looked at"}')],
  ])('refuses %s', (_, bytes) => {
    expect(looksLikeDicom(bytes)).toBe(false);
    expect(() => parseDicom(bytes)).toThrow(DicomError);
  });

  it('takes no notice of what stands in the preamble', () => {
    const preamble = Buffer.alloc(128);
    preamble.write('MZ {"looks": "like something else"}');
    expect(parseDicom(sampleFile(sampleCt(), { preamble })).dataSet.string(patientName)).toBe('Doe^Jane');
  });
});

describe('character sets', () => {
  const name = (terms: string, hex: string): string | undefined => {
    const value = Buffer.from(hex.replaceAll(' ', ''), 'hex');
    return parseDicom(sampleFile([[0x00080005, 'CS', terms], [patientName, 'PN', value]])).dataSet.string(patientName);
  };

  // The examples of PS3.5 annexes H, I, J and K.
  it.each([
    ['ISO_IR 100', '4275 63 5ee4', 'Buc^ä'],
    ['ISO_IR 144', 'bb ee da', 'Люк'],
    ['ISO_IR 192', 'e78e8b 5e e5b08f', '王^小'],
    ['GB18030', 'cdf5 5e d0a1', '王^小'],
    ['GBK', 'cdf5 5e d0a1', '王^小'],
    ['ISO_IR 13', 'd4cfc0de 5e c0dbb3', 'ﾔﾏﾀﾞ^ﾀﾛｳ'],
    ['\\ISO 2022 IR 87', '59616d616461 3d 1b2442 3b33 4544 1b2842 5e 1b2442 4240 4f3a 1b2842', 'Yamada=山田^太郎'],
    ['\\ISO 2022 IR 149', '486f6e67 3d 1b242943 fbf3 5e 1b242943 d1ce d4d7', 'Hong=洪^吉洞'],
    ['\\ISO 2022 IR 58', '5a68616e67 3d 1b242941 d5c5 5e 1b242941 d0a1 b6ab', 'Zhang=张^小东'],
    ['ISO_IR 166', 'c3d0', 'ระ'],
  ])('%s', (terms, hex, expected) => {
    expect(name(terms, hex)).toBe(expected);
  });

  it('keeps a backslash inside a multi-byte character', () => {
    const value = Buffer.from('835c', 'hex'); // GBK: one character whose second byte is 5C
    const file = parseDicom(sampleFile([[0x00080005, 'CS', 'GBK'], [0x00081030, 'LO', value]]));
    expect(file.dataSet.strings(0x00081030)).toEqual(['僜']);
  });

  it('inherits the character set in sequences', () => {
    const inner: SampleElement = [0x00081115, 'SQ', { items: [[[patientName, 'PN', Buffer.from('e4', 'hex')]]] }];
    const file = parseDicom(sampleFile([[0x00080005, 'CS', 'ISO_IR 100'], inner]));
    expect(file.dataSet.items(0x00081115)[0]?.string(patientName)).toBe('ä');
  });
});

it('knows the dictionary', () => {
  expect(tagOfKeyword('PixelData')).toBe(0x7fe00010);
  expect(tagOfKeyword('PatientName')).toBe(patientName);
});
