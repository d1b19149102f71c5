import type { FoundObject } from '../../catalog/items/objects-store.ts';

/** An attribute that can be asked for and is answered: PS3.18 tables 10.6.1-5 and 10.6.3-3 to -5. */
export interface Attribute {
  keyword: string;
  tag: string;
  vr: string;
  level: 'study' | 'series' | 'instance';
  /** What the probe calls it; absent where it is counted. */
  key?: string;
}

const attribute = (level: Attribute['level'], tag: string, vr: string, keyword: string, key?: string): Attribute => ({ level, tag, vr, keyword, ...(key === undefined ? {} : { key }) });

export const attributes: readonly Attribute[] = [
  attribute('study', '00080020', 'DA', 'StudyDate', 'studyDate'),
  attribute('study', '00080030', 'TM', 'StudyTime', 'studyTime'),
  attribute('study', '00080050', 'SH', 'AccessionNumber', 'accessionNumber'),
  attribute('study', '00080061', 'CS', 'ModalitiesInStudy'),
  attribute('study', '00080080', 'LO', 'InstitutionName', 'institution'),
  attribute('study', '00081030', 'LO', 'StudyDescription', 'studyDescription'),
  attribute('study', '00100010', 'PN', 'PatientName', 'patientName'),
  attribute('study', '00100020', 'LO', 'PatientID', 'patientId'),
  attribute('study', '00100030', 'DA', 'PatientBirthDate', 'patientBirthDate'),
  attribute('study', '00100040', 'CS', 'PatientSex', 'patientSex'),
  attribute('study', '0020000D', 'UI', 'StudyInstanceUID', 'studyInstanceUid'),
  attribute('study', '00200010', 'SH', 'StudyID', 'studyId'),
  attribute('study', '00201206', 'IS', 'NumberOfStudyRelatedSeries'),
  attribute('study', '00201208', 'IS', 'NumberOfStudyRelatedInstances'),
  attribute('series', '00080060', 'CS', 'Modality', 'modality'),
  attribute('series', '00080070', 'LO', 'Manufacturer', 'manufacturer'),
  attribute('series', '0008103E', 'LO', 'SeriesDescription', 'seriesDescription'),
  attribute('series', '00180015', 'CS', 'BodyPartExamined', 'bodyPart'),
  attribute('series', '00181030', 'LO', 'ProtocolName', 'protocolName'),
  attribute('series', '0020000E', 'UI', 'SeriesInstanceUID', 'seriesInstanceUid'),
  attribute('series', '00200011', 'IS', 'SeriesNumber', 'seriesNumber'),
  attribute('series', '00201209', 'IS', 'NumberOfSeriesRelatedInstances'),
  attribute('instance', '00080008', 'CS', 'ImageType', 'imageType'),
  attribute('instance', '00080016', 'UI', 'SOPClassUID', 'sopClassUid'),
  attribute('instance', '00080018', 'UI', 'SOPInstanceUID', 'sopInstanceUid'),
  attribute('instance', '00200013', 'IS', 'InstanceNumber', 'instanceNumber'),
  attribute('instance', '00280008', 'IS', 'NumberOfFrames', 'frames'),
  attribute('instance', '00280010', 'US', 'Rows', 'height'),
  attribute('instance', '00280011', 'US', 'Columns', 'width'),
  attribute('instance', '00280100', 'US', 'BitsAllocated', 'bitsAllocated'),
];

/** By tag (eight digits) or keyword. */
export function attributeOf(name: string): Attribute | undefined {
  return attributes.find((one) => one.tag === name.toUpperCase() || one.keyword === name);
}

const order = ['study', 'series', 'instance'] as const;

/** An answer of QIDO-RS: the attributes of the level and those above it, in the DICOM JSON model. */
export function answerOf(found: FoundObject, level: Attribute['level'], base: string): Record<string, unknown> {
  const { summary } = found;
  const counted: Record<string, unknown> = {
    ModalitiesInStudy: found.modalities,
    NumberOfStudyRelatedSeries: found.series,
    NumberOfStudyRelatedInstances: found.instances,
    NumberOfSeriesRelatedInstances: found.instances,
  };
  const shown = attributes.filter((one) => order.indexOf(one.level) <= order.indexOf(level) && !(one.key === undefined && one.level !== level));
  const json: Record<string, unknown> = { '00080190': undefined };
  for (const { tag, vr, keyword, key } of shown) json[tag] = valueOf(vr, key === undefined ? counted[keyword] : summary[key]);
  json['00080005'] = { vr: 'CS', Value: ['ISO_IR 192'] };
  json['00080056'] = { vr: 'CS', Value: ['ONLINE'] };
  json['00081190'] = { vr: 'UR', Value: [retrieveUrl(base, summary, level)] };
  return Object.fromEntries(Object.entries(json).filter(([, value]) => value !== undefined).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

export function retrieveUrl(base: string, summary: Record<string, unknown>, level: Attribute['level']): string {
  const study = `${base}/studies/${String(summary['studyInstanceUid'])}`;
  if (level === 'study') return study;
  const series = `${study}/series/${String(summary['seriesInstanceUid'])}`;
  return level === 'series' ? series : `${series}/instances/${String(summary['sopInstanceUid'])}`;
}

function valueOf(vr: string, value: unknown): Record<string, unknown> | undefined {
  if (value === undefined || value === null || value === '') return vr === 'US' ? undefined : { vr };
  const values = Array.isArray(value) ? (value as unknown[]) : [value];
  if (vr === 'PN') return { vr, Value: values.map((name) => ({ Alphabetic: String(name).split('=')[0] })) };
  return { vr, Value: values };
}
