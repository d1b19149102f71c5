import { randomUUID } from 'node:crypto';
import type { Grid } from '../nifti/labels.ts';
import type { VoxelArray } from '../nifti/parse.ts';
import { DicomError } from './error.ts';
import type { Vector } from './geometry.ts';
import { norm } from './geometry.ts';
import type { DicomFile } from './parse.ts';
import { labelValueText, toCieLab } from './seg.ts';
import { planesOf } from './volume.ts';
import { buildDicom, implementation, numberElement, textElement } from './write.ts';
import type { NewElement } from './write.ts';

export interface SegContent extends Grid {
  /** The value of each voxel; i runs fastest. */
  readonly data: VoxelArray;
  /** Names of the values; a value without one is refused. */
  readonly segments: readonly { readonly value: number; readonly label: string; readonly color?: readonly [number, number, number] }[];
  /** An image of the series that was segmented: patient and study are taken from it. */
  readonly reference?: DicomFile;
  /** The images by slice, to refer to. */
  readonly sources?: readonly { readonly sopClassUid?: string; readonly sopInstanceUid?: string; readonly frame?: number }[];
  readonly seriesDescription?: string;
  /** `MANUAL` for people's work. */
  readonly algorithm?: 'MANUAL' | 'SEMIAUTOMATIC' | 'AUTOMATIC';
  /** Fixed UIDs, for output that can be repeated. */
  readonly seriesInstanceUid?: string;
  readonly sopInstanceUid?: string;
}

const segStorage = '1.2.840.10008.5.1.4.1.1.66.4';

/** A new UID: `2.25.` and a random 128-bit number (PS3.5 section B.2). */
export function newUid(): string {
  return `2.25.${BigInt(`0x${randomUUID().replaceAll('-', '')}`)}`;
}

/**
 * Writes labels as a DICOM segmentation: binary, one bit for a voxel, a frame for each slice that a segment touches,
 * with the geometry of the grid (PS3.3 section A.51).
 * @throws DicomError when a value has no name, or rows and columns are not at right angles
 */
export function writeSeg(content: SegContent): Uint8Array {
  const [columns = 0, rows = 0, depth = 0] = content.dims;
  if (content.data.length !== columns * rows * depth) throw new DicomError(`${content.data.length} voxels do not fill ${columns} × ${rows} × ${depth}`);
  const frames = listFrames(content, columns * rows, depth);
  const segments = content.segments.toSorted((a, b) => a.value - b.value);
  const numbers: SegmentNumbers = new Map(segments.map(({ value }, index) => [value, index + 1]));
  const planes = planesOf(content.affine);
  const sopInstanceUid = content.sopInstanceUid ?? newUid();
  const dimensions = newUid();
  return buildDicom([
    ...patientAndStudy(content.reference),
    textElement(0x00080008, 'CS', 'DERIVED\\PRIMARY'),
    textElement(0x00080016, 'UI', segStorage),
    textElement(0x00080018, 'UI', sopInstanceUid),
    textElement(0x00080060, 'CS', 'SEG'),
    textElement(0x00080070, 'LO', implementation.name),
    textElement(0x0008103e, 'LO', content.seriesDescription ?? 'Segmentation'),
    textElement(0x00081090, 'LO', implementation.name),
    textElement(0x00181000, 'LO', '1'),
    textElement(0x00181020, 'LO', '1'),
    textElement(0x0020000e, 'UI', content.seriesInstanceUid ?? newUid()),
    textElement(0x00200011, 'IS', '1'),
    textElement(0x00200013, 'IS', '1'),
    ...referencedSeries(content),
    { tag: 0x00209221, vr: 'SQ', items: [[textElement(0x00209164, 'UI', dimensions)]] },
    {
      tag: 0x00209222, vr: 'SQ',
      items: [[0x0062000b, 0x0062000a], [0x00200032, 0x00209113]].map(([pointer = 0, group = 0]) => [
        textElement(0x00209164, 'UI', dimensions), tagElement(0x00209165, pointer), tagElement(0x00209167, group),
      ]),
    },
    textElement(0x00280004, 'CS', 'MONOCHROME2'),
    textElement(0x00280008, 'IS', String(frames.length)),
    textElement(0x00282110, 'CS', '00'),
    ...[[0x00280002, 1], [0x00280010, rows], [0x00280011, columns], [0x00280100, 1], [0x00280101, 1], [0x00280102, 0], [0x00280103, 0]].map(
      ([tag = 0, value = 0]) => numberElement(tag, 'US', value),
    ),
    textElement(0x00620001, 'CS', 'BINARY'),
    { tag: 0x00620002, vr: 'SQ', items: segments.map((segment, index) => segmentItem(segment, index + 1, content.algorithm ?? 'MANUAL')) },
    textElement(0x00700080, 'CS', 'SEGMENTATION'),
    textElement(0x00700081, 'LO', content.seriesDescription ?? 'Segmentation'),
    textElement(0x00700084, 'PN', implementation.name),
    { tag: 0x52009229, vr: 'SQ', items: [sharedGroups(planes)] },
    { tag: 0x52009230, vr: 'SQ', items: frames.map((frame) => frameGroups(frame, content, planes, numbers.get(frame.value) ?? 0)) },
    { tag: 0x7fe00010, vr: 'OB', value: packFrames(frames, content.data, columns * rows) },
  ]);
}

interface Frame {
  readonly value: number;
  readonly slice: number;
}

function listFrames({ data, segments }: SegContent, slicePixels: number, depth: number): Frame[] {
  const names = new Set(segments.map(({ value }) => value));
  const bad = segments.find(({ value }) => !Number.isInteger(value) || value < 1 || value > 65535);
  if (bad !== undefined) throw new DicomError(`the segment «${bad.label}» has the value ${bad.value}; values go from 1 to 65535`);
  const frames: Frame[] = [];
  for (let slice = 0; slice < depth; slice++) {
    const present = new Set<number>(data.subarray(slice * slicePixels, (slice + 1) * slicePixels));
    for (const value of present) {
      if (value === 0) continue;
      if (!names.has(value)) throw new DicomError(`the value ${value} has no name`);
      frames.push({ value, slice });
    }
  }
  if (frames.length === 0) throw new DicomError('no voxel is labelled: a segmentation needs at least one');
  return frames.sort((a, b) => a.value - b.value || a.slice - b.slice);
}

/** Frames follow each other without padding between (PS3.3 section C.8.20.2.1: bit-packed as in PS3.5 section 8.1.1). */
function packFrames(frames: readonly Frame[], data: VoxelArray, slicePixels: number): Uint8Array {
  const packed = new Uint8Array(Math.ceil((frames.length * slicePixels) / 8));
  let bit = 0;
  for (const { value, slice } of frames) {
    const offset = slice * slicePixels;
    for (let at = 0; at < slicePixels; at++, bit++) {
      if (data[offset + at] === value) packed[bit >> 3] = (packed[bit >> 3] ?? 0) | (1 << (bit & 7));
    }
  }
  return packed;
}

function tagElement(tag: number, value: number): NewElement {
  return { ...numberElement(tag, 'US', value >>> 16, value & 0xffff), vr: 'AT' };
}

/** Values of DS take at most 16 characters. */
function decimals(...values: number[]): string {
  return values.map((value) => {
    for (let digits = 16; digits > 0; digits--) {
      const text = String(Number(value.toPrecision(digits)));
      if (text.length <= 16) return text;
    }
    return '0';
  }).join('\\');
}

function code(value: string, scheme: string, meaning: string): NewElement[] {
  return [textElement(0x00080100, 'SH', value), textElement(0x00080102, 'SH', scheme), textElement(0x00080104, 'LO', meaning)];
}

/** Segment numbers by label value: from 1, without gaps (PS3.3 section C.8.20.2). */
type SegmentNumbers = Map<number, number>;

function segmentItem({ value, label, color }: SegContent['segments'][number], number: number, algorithm: string): NewElement[] {
  return [
    { tag: 0x00620003, vr: 'SQ', items: [code('85756007', 'SCT', 'Tissue')] },
    numberElement(0x00620004, 'US', number),
    textElement(0x00620005, 'LO', label.slice(0, 64)),
    ...(value === number ? [] : [textElement(0x00620006, 'ST', labelValueText(value))]),
    textElement(0x00620008, 'CS', algorithm),
    ...(algorithm === 'MANUAL' ? [] : [textElement(0x00620009, 'LO', implementation.name)]),
    ...(color === undefined ? [] : [numberElement(0x0062000d, 'US', ...toCieLab(color))]),
    { tag: 0x0062000f, vr: 'SQ', items: [code('85756007', 'SCT', 'Tissue')] },
  ];
}

type Planes = ReturnType<typeof planesOf>;

function sharedGroups({ orientation, spacing, sliceStep }: Planes): NewElement[] {
  const thickness = norm(sliceStep);
  return [
    { tag: 0x00209116, vr: 'SQ', items: [[textElement(0x00200037, 'DS', decimals(...orientation[0], ...orientation[1]))]] },
    {
      tag: 0x00289110, vr: 'SQ',
      items: [[textElement(0x00180050, 'DS', decimals(thickness)), textElement(0x00180088, 'DS', decimals(thickness)), textElement(0x00280030, 'DS', decimals(...spacing))]],
    },
  ];
}

function frameGroups({ slice }: Frame, content: SegContent, { position, sliceStep }: Planes, number: number): NewElement[] {
  const place: Vector = [position[0] + sliceStep[0] * slice, position[1] + sliceStep[1] * slice, position[2] + sliceStep[2] * slice];
  const source = content.sources?.[slice];
  const references =
    source?.sopInstanceUid === undefined
      ? []
      : [[
          textElement(0x00081150, 'UI', source.sopClassUid ?? ''),
          textElement(0x00081155, 'UI', source.sopInstanceUid),
          ...(source.frame === undefined || source.frame === 0 ? [] : [textElement(0x00081160, 'IS', String(source.frame + 1))]),
          textElement(0x0028135a, 'CS', 'YES'), // pixels lie where those of the source lie
          { tag: 0x0040a170, vr: 'SQ', items: [code('121322', 'DCM', 'Source image for image processing operation')] },
        ]];
  return [
    {
      tag: 0x00089124, vr: 'SQ',
      items: references.length === 0 ? [] : [[{ tag: 0x00082112, vr: 'SQ', items: references }, { tag: 0x00089215, vr: 'SQ', items: [code('113076', 'DCM', 'Segmentation')] }]],
    },
    { tag: 0x00209111, vr: 'SQ', items: [[numberElement(0x00209157, 'UL', number, slice + 1)]] },
    { tag: 0x00209113, vr: 'SQ', items: [[textElement(0x00200032, 'DS', decimals(...place))]] },
    { tag: 0x0062000a, vr: 'SQ', items: [[numberElement(0x0062000b, 'US', number)]] },
  ];
}

function referencedSeries({ reference, sources = [] }: SegContent): NewElement[] {
  const series = reference?.dataSet.string(0x0020000e);
  const instances = new Map(sources.flatMap((source) => (source.sopInstanceUid === undefined ? [] : [[source.sopInstanceUid, source.sopClassUid ?? '']])));
  if (series === undefined || instances.size === 0) return [];
  const items = [...instances].map(([uid, sopClass]) => [textElement(0x00081150, 'UI', sopClass), textElement(0x00081155, 'UI', uid)]);
  return [{ tag: 0x00081115, vr: 'SQ', items: [[textElement(0x0020000e, 'UI', series), { tag: 0x0008114a, vr: 'SQ', items }]] }];
}

const copied: readonly (readonly [tag: number, vr: string])[] = [
  [0x00080020, 'DA'], [0x00080030, 'TM'], [0x00080050, 'SH'], [0x00080090, 'PN'], [0x00081030, 'LO'], [0x00100010, 'PN'], [0x00100020, 'LO'],
  [0x00100030, 'DA'], [0x00100040, 'CS'], [0x0020000d, 'UI'], [0x00200010, 'SH'], [0x00200052, 'UI'], [0x00120062, 'CS'], [0x00120063, 'LO'],
];
/** Mandatory, but may be empty. */
const maybeEmpty = new Set([0x00080020, 0x00080030, 0x00080050, 0x00080090, 0x00100010, 0x00100020, 0x00100030, 0x00100040, 0x00200010]);

/** Text is written as UTF-8, whatever the source uses. */
function patientAndStudy(reference: DicomFile | undefined): NewElement[] {
  const elements = copied.flatMap(([tag, vr]): NewElement[] => {
    const value = reference?.dataSet.strings(tag)?.join('\\');
    if (value !== undefined) return [textElement(tag, vr, value)];
    if (tag === 0x0020000d || tag === 0x00200052) return [textElement(tag, 'UI', newUid())];
    return maybeEmpty.has(tag) ? [textElement(tag, vr, '')] : [];
  });
  return [textElement(0x00080005, 'CS', 'ISO_IR 192'), ...elements, textElement(0x00080023, 'DA', today().slice(0, 8)), textElement(0x00080033, 'TM', today().slice(8))];
}

/** Now, in UTC: `YYYYMMDDHHMMSS`. */
function today(): string {
  return new Date().toISOString().replace(/\D/g, '').slice(0, 14);
}
