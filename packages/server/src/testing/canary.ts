// A DICOM file with strings that would identify a patient in every place that the standard names, and in odd ones.
import { basicProfile } from '@fovea/medical/dicom/confidentiality-profile.ts';
import { lookUpTag, tagOfKeyword } from '@fovea/medical/dicom/dictionary.ts';
import { sampleCt, sampleDataSet, sampleFile, type SampleElement } from '@fovea/medical/dicom/sample-files.ts';

/** What must be found nowhere. The first two are fit for names of files and folders. */
export const canaries: readonly string[] = ['KANARIE-NAME', 'KANARIE-DATEI', 'KANARIE', '19771122', '1.9.777.', '077Y'];

function value(vr: string, index: number): SampleElement[2] | undefined {
  switch (vr) {
    case 'SQ': return { items: [[[0x00100010, 'PN', `KANARIE^${index}`], [0x00401001, 'SH', `KANARIE${index}`]]], undefinedLength: index % 2 === 0 };
    case 'UI': return `1.9.777.${index}`;
    case 'DA': return '19771122';
    case 'DT': return '19771122101112';
    case 'AS': return '077Y';
    case 'LO': case 'SH': case 'LT': case 'ST': case 'UT': case 'UC': case 'UR': case 'PN': case 'CS': case 'AE': return `KANARIE${index}`;
    default: return undefined;
  }
}

/** Every attribute of the profile's table that can say something, one within another, private ones, preamble, meta header, the end. */
export function canaryFile(): Uint8Array {
  const tags = Object.values(basicProfile).flatMap((list) => list.trim().split(/\s+/)).map((word) => tagOfKeyword(word) ?? Number.parseInt(word, 16));
  const named = tags.flatMap((tag, index): SampleElement[] => {
    const vr = lookUpTag(tag)?.vr ?? 'LO';
    const planted = tag >>> 16 >= 8 ? value(vr, index) : undefined;
    return planted === undefined ? [] : [[tag, vr, planted]];
  });
  const odd: SampleElement[] = [
    [0x00090010, 'LO', 'KANARIE CORP'],
    [0x00091001, 'LO', 'KANARIE private'],
    [0x00091002, 'UN', sampleDataSet([[0x00100010, 'PN', 'KANARIE^UN']], { little: true, explicit: false })],
    [0x00204000, 'LT', 'Comments: KANARIE'],
    [0x60004000, 'LT', 'KANARIE overlay comments'],
    [0xfffcfffc, 'OB', Buffer.from('KANARIE padding!')],
  ];
  const own = new Set([...named, ...odd].map(([tag]) => tag));
  const ct = sampleCt().filter(([tag]) => !own.has(tag));
  const elements = [...new Map([...ct, ...named, ...odd].map((element) => [element[0], element])).values()];
  return sampleFile(elements.toSorted((a, b) => a[0] - b[0]), {
    preamble: Buffer.from('MZ KANARIE'.padEnd(128, '.')),
    meta: [[0x00020016, 'AE', 'KANARIE'], [0x00020100, 'UI', '1.9.777.2'], [0x00020102, 'OB', Buffer.from('KANARIE')]],
    trailing: Buffer.from('KANARIE at the end'),
  });
}
