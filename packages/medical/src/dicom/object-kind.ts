import type { DataSet } from './dataset.ts';

/** What a DICOM object is about, coarsely. */
export type DicomKind =
  | 'image' | 'seg' | 'rtstruct' | 'rtdose' | 'rtplan' | 'sr' | 'waveform' | 'presentation' | 'document' | 'registration' | 'surface' | 'other';

/** By SOP class (PS3.4 annex B); longer prefixes first. */
const kindsByClass: readonly (readonly [prefix: string, kind: DicomKind])[] = [
  ['1.2.840.10008.5.1.4.1.1.66.4', 'seg'],
  ['1.2.840.10008.5.1.4.1.1.66.5', 'surface'],
  ['1.2.840.10008.5.1.4.1.1.66.1', 'registration'],
  ['1.2.840.10008.5.1.4.1.1.66.3', 'registration'],
  ['1.2.840.10008.5.1.4.1.1.481.2', 'rtdose'],
  ['1.2.840.10008.5.1.4.1.1.481.3', 'rtstruct'],
  ['1.2.840.10008.5.1.4.1.1.481.5', 'rtplan'],
  ['1.2.840.10008.5.1.4.1.1.481.8', 'rtplan'],
  ['1.2.840.10008.5.1.4.1.1.88', 'sr'],
  ['1.2.840.10008.5.1.4.1.1.9', 'waveform'],
  ['1.2.840.10008.5.1.4.1.1.11', 'presentation'],
  ['1.2.840.10008.5.1.4.1.1.104', 'document'],
];

const kindsByModality: Record<string, DicomKind> = {
  SEG: 'seg', RTSTRUCT: 'rtstruct', RTDOSE: 'rtdose', RTPLAN: 'rtplan', SR: 'sr', KO: 'sr', ECG: 'waveform', HD: 'waveform',
  PR: 'presentation', DOC: 'document', REG: 'registration',
};

export function kindOf(dataSet: DataSet, meta: DataSet): DicomKind {
  const sopClass = dataSet.string(0x00080016) ?? meta.string(0x00020002) ?? '';
  const byClass = kindsByClass.find(([prefix]) => sopClass === prefix || sopClass.startsWith(`${prefix}.`));
  if (byClass !== undefined) return byClass[1];
  const hasPixels = dataSet.has(0x7fe00010) || dataSet.has(0x7fe00008) || dataSet.has(0x7fe00009);
  if (hasPixels) return kindsByModality[dataSet.string(0x00080060) ?? ''] === 'seg' ? 'seg' : 'image';
  return kindsByModality[dataSet.string(0x00080060) ?? ''] ?? 'other';
}

/** Lists in summaries stay short: they are stored with each item. */
const maxListed = 200;

/** Facts peculiar to a kind. */
export function describeContent(kind: DicomKind, dataSet: DataSet): Record<string, unknown> {
  switch (kind) {
    case 'seg':
      return { segmentationType: dataSet.string(0x00620001), segments: named(dataSet.items(0x00620002), 0x00620004, 0x00620005) };
    case 'rtstruct':
      return { label: dataSet.string(0x30060002), structures: named(dataSet.items(0x30060020), 0x30060022, 0x30060026) };
    case 'rtdose':
      return {
        doseUnits: dataSet.string(0x30040002),
        doseType: dataSet.string(0x30040004),
        doseSummation: dataSet.string(0x3004000a),
        doseGridScaling: dataSet.number(0x3004000e),
      };
    case 'rtplan':
      return { label: dataSet.string(0x300a0002), beams: dataSet.items(0x300a00b0).length };
    case 'sr':
      return {
        title: dataSet.items(0x0040a043)[0]?.string(0x00080104),
        completion: dataSet.string(0x0040a491),
        verification: dataSet.string(0x0040a493),
        contentItems: dataSet.items(0x0040a730).length,
      };
    case 'waveform':
      return { waveforms: dataSet.items(0x54000100).slice(0, maxListed).map(describeWaveform) };
    case 'document':
      return { title: dataSet.string(0x00420010), mediaType: dataSet.string(0x00420012) };
    default:
      return {};
  }
}

function named(items: readonly DataSet[], numberTag: number, nameTag: number): { number?: number; name?: string }[] {
  return items.slice(0, maxListed).map((item) => {
    const number = item.number(numberTag);
    const name = item.string(nameTag);
    return { ...(number === undefined ? {} : { number }), ...(name === undefined ? {} : { name }) };
  });
}

function describeWaveform(item: DataSet): Record<string, number> {
  const samples = item.number(0x003a0010) ?? 0;
  const hertz = item.number(0x003a001a) ?? 0;
  return { channels: item.number(0x003a0005) ?? 0, samples, hertz, seconds: hertz > 0 ? samples / hertz : 0 };
}
