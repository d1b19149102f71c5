import { describe, expect, it } from 'vitest';
import { parseDicom } from './parse.ts';
import { sampleCt, sampleFile, syntaxUids } from './sample-files.ts';
import type { SampleElement } from './sample-files.ts';
import { buildDicom, numberElement, rewriteDicom, textElement, textValue } from './write.ts';
import type { ElementChange } from './write.ts';
import type { DicomElement } from './dataset.ts';

const sequences: SampleElement[] = [
  [0x00081115, 'SQ', { items: [[[0x0020000e, 'UI', '1.2.77'], [0x00081199, 'SQ', { items: [[[0x00081155, 'UI', '1.2.78']], []], undefinedLength: true }]]] }],
  [0x00082112, 'SQ', { items: [[[0x00081155, 'UI', '1.2.79']]], undefinedLength: true }],
];
const syntaxes = Object.entries(syntaxUids).slice(0, 4);

describe('rewriteDicom', () => {
  it.each(syntaxes)('%s: without changes, the bytes are the same', (_, transferSyntax) => {
    const given = sampleFile(sampleCt({ extra: sequences }), { transferSyntax, trailing: transferSyntax === syntaxUids.deflated ? new Uint8Array(0) : Buffer.from('odd') });
    const file = parseDicom(given);
    const nothing = { changes: new Map(), additions: [] };
    expect(Buffer.compare(rewriteDicom(file, {}), given)).toBe(0);
    const rewritten = rewriteDicom(file, { meta: nothing, dataSet: nothing });
    expect(Buffer.compare(Buffer.from(parseDicom(rewritten).dataSet.bytes), Buffer.from(transferSyntax === syntaxUids.deflated ? file.dataSet.bytes : given))).toBe(0);
  });

  it.each(syntaxes)('%s: changes, removes and adds, also within sequences, and nothing else', (_, transferSyntax) => {
    const file = parseDicom(sampleFile(sampleCt({ extra: sequences }), { transferSyntax }));
    const { dataSet } = file;
    const series = dataSet.get(0x00081115)!;
    const inner = series.items![0]!.get(0x00081199)!;
    const deep = inner.items![0]!.get(0x00081155)!;
    const change = (element: DicomElement, to: ElementChange): ReadonlyMap<DicomElement, ElementChange> => new Map([[element, to]]);
    const rewritten = parseDicom(rewriteDicom(file, {
      dataSet: {
        changes: new Map<DicomElement, ElementChange>([
          [dataSet.get(0x00100010)!, { kind: 'value', vr: 'PN', value: textValue('Somebody^Else') }],
          [dataSet.get(0x00100020)!, { kind: 'remove' }],
          [series, { kind: 'items', plans: [{
            changes: change(inner, { kind: 'items', plans: [{ changes: change(deep, { kind: 'value', vr: 'UI', value: textValue('2.25.123456789') }), additions: [] }, undefined] }),
            additions: [textElement(0x00081195, 'UI', '1.2.80')],
          }] }],
        ]),
        additions: [textElement(0x00101010, 'AS', '042Y'), { tag: 0x00120064, vr: 'SQ', items: [[textElement(0x00080100, 'SH', '113100')]] }],
      },
    }));
    expect(rewritten.warnings).toEqual([]);
    expect(rewritten.transferSyntax.uid).toBe(transferSyntax);
    const after = rewritten.dataSet;
    expect(after.string(0x00100010)).toBe('Somebody^Else');
    expect(after.has(0x00100020)).toBe(false);
    expect(after.string(0x00101010)).toBe('042Y');
    expect(after.items(0x00120064)[0]?.string(0x00080100)).toBe('113100');
    expect(after.items(0x00081115)[0]?.items(0x00081199)[0]?.string(0x00081155)).toBe('2.25.123456789');
    expect(after.items(0x00081115)[0]?.items(0x00081199)).toHaveLength(2);
    expect(after.items(0x00081115)[0]?.string(0x00081195)).toBe('1.2.80');
    expect(after.items(0x00082112)[0]?.string(0x00081155)).toBe('1.2.79');
    expect(after.elements.map(({ tag }) => tag)).toEqual(after.elements.map(({ tag }) => tag).toSorted((a, b) => a - b));
    expect(Buffer.from(after.value(after.get(0x7fe00010)!))).toEqual(Buffer.from(dataSet.value(dataSet.get(0x7fe00010)!)));
  });

  it('keeps the length of the meta header right', () => {
    const file = parseDicom(sampleFile(sampleCt()));
    const changes = new Map<DicomElement, ElementChange>([[file.meta.get(0x00020003)!, { kind: 'value', vr: 'UI', value: textValue('2.25.12345678901234567890') }]]);
    const after = parseDicom(rewriteDicom(file, { meta: { changes, additions: [] }, preamble: 'zero' }));
    expect(after.meta.number(0x00020000)).toBe(after.meta.end - after.meta.get(0x00020000)!.end);
    expect(after.meta.string(0x00020003)).toBe('2.25.12345678901234567890');
  });

  it('refuses a value that is too long for its representation', () => {
    const file = parseDicom(sampleFile(sampleCt()));
    expect(() => rewriteDicom(file, { dataSet: { changes: new Map(), additions: [textElement(0x00204000, 'LT', 'x'.repeat(70_000))] } })).toThrow(/too long for LT/);
  });
});

describe('buildDicom', () => {
  it('makes a file that reads back', () => {
    const file = parseDicom(buildDicom([
      textElement(0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.7'), textElement(0x00080018, 'UI', '1.2.3'), numberElement(0x00280010, 'US', 1),
      { tag: 0x7fe00010, vr: 'OB', frames: [Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5)] },
    ], '1.2.840.10008.1.2.4.50'));
    expect(file.warnings).toEqual([]);
    expect(file.meta.string(0x00020002)).toBe('1.2.840.10008.5.1.4.1.1.7');
    expect(file.dataSet.get(0x7fe00010)?.fragments?.map(({ start, end }) => end - start)).toEqual([8, 4, 2]);
  });
});
