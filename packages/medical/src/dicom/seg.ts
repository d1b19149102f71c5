import type { Affine } from '../nifti/affine.ts';
import { applyAffine, invertAffine } from '../nifti/affine.ts';
import type { Grid } from '../nifti/labels.ts';
import { DicomError } from './error.ts';
import { frameGeometry, functionalGroup, normalOf, dot, scale, subtract } from './geometry.ts';
import type { Vector } from './geometry.ts';
import { parseDicom } from './parse.ts';
import type { DicomFile } from './parse.ts';
import { decodeFrame } from './pixels.ts';
import { affineOf } from './volume.ts';

/** A segment of a DICOM segmentation (PS3.3 section C.8.20.4). */
export interface Segment {
  readonly number: number;
  /** Of its voxels in a label volume: the number, but for segmentations that were written from other values. */
  readonly value: number;
  readonly label: string;
  readonly description?: string;
  readonly algorithm?: string;
  /** Recommended colour, 0 to 255 each. */
  readonly color?: readonly [number, number, number];
}

export interface SegmentFrame {
  readonly segment: number;
  /** Centre of the first pixel, DICOM's patient system. */
  readonly position: Vector;
  /** 0 or 1 for each pixel; for fractional segmentations 1 from half the maximum. */
  readonly mask: Uint8Array;
  /** The image that was segmented, where the file says. */
  readonly sourceInstanceUid?: string;
  /** 1-based. */
  readonly sourceFrame?: number;
}

export interface Segmentation {
  readonly rows: number;
  readonly columns: number;
  readonly spacing: readonly [number, number];
  readonly orientation: readonly [Vector, Vector];
  readonly segments: readonly Segment[];
  readonly frames: readonly SegmentFrame[];
  readonly type: 'BINARY' | 'FRACTIONAL' | 'LABELMAP';
  readonly frameOfReferenceUid?: string;
  readonly seriesInstanceUid?: string;
  readonly notes: readonly string[];
}

/** Reads a DICOM segmentation: binary, fractional or label map. @throws DicomError */
export async function readSeg(bytes: Uint8Array): Promise<Segmentation> {
  const file = parseDicom(bytes);
  const { dataSet } = file;
  const sequence = dataSet.items(0x00620002);
  const type = dataSet.string(0x00620001) ?? 'BINARY';
  if (sequence.length === 0) throw new DicomError('the object has no segments: not a segmentation');
  if (type !== 'BINARY' && type !== 'FRACTIONAL' && type !== 'LABELMAP') throw new DicomError(`a segmentation of the unknown type ${type}`);
  const { spacing, orientation } = frameGeometry(dataSet);
  if (spacing === undefined || orientation === undefined) throw new DicomError('the segmentation has no spacing or no orientation');
  const segments = sequence.map((item, index): Segment => {
    const lab = item.numbers(0x0062000d);
    const description = item.string(0x00620006);
    const algorithm = item.string(0x00620009);
    const number = item.number(0x00620004) ?? index + 1;
    return {
      number,
      value: labelValue(description) ?? number,
      label: item.string(0x00620005) ?? `segment ${index + 1}`,
      ...(description === undefined ? {} : { description }),
      ...(algorithm === undefined ? {} : { algorithm }),
      ...(lab === undefined || lab.length < 3 ? {} : { color: fromCieLab([lab[0] ?? 0, lab[1] ?? 0, lab[2] ?? 0]) }),
    };
  });
  const frames = await readFrames(file, type, segments);
  const frameOfReferenceUid = dataSet.string(0x00200052);
  const seriesInstanceUid = dataSet.items(0x00081115)[0]?.string(0x0020000e);
  return {
    rows: dataSet.number(0x00280010) ?? 0,
    columns: dataSet.number(0x00280011) ?? 0,
    spacing, orientation, segments, frames, type,
    ...(frameOfReferenceUid === undefined ? {} : { frameOfReferenceUid }),
    ...(seriesInstanceUid === undefined ? {} : { seriesInstanceUid }),
    notes: type === 'FRACTIONAL' ? ['a fractional segmentation: voxels from half the maximum count'] : [],
  };
}

/** Segments are numbered from 1 without gaps; where the labels were not, their values stand in the description. */
export function labelValueText(value: number): string {
  return `label value ${value}`;
}

function labelValue(description: string | undefined): number | undefined {
  const found = /^label value (\d{1,5})$/.exec(description ?? '');
  return found === null ? undefined : Number(found[1]);
}

/** A file of so many frames is read at most. */
const maxFrames = 100_000;

async function readFrames(file: DicomFile, type: Segmentation['type'], segments: readonly Segment[]): Promise<SegmentFrame[]> {
  const { dataSet } = file;
  const count = dataSet.number(0x00280008) ?? 1;
  if (count > maxFrames) throw new DicomError(`the segmentation has ${count} frames`);
  const threshold = type === 'FRACTIONAL' ? (dataSet.number(0x0062000e) ?? 255) / 2 : 1;
  const frames: SegmentFrame[] = [];
  for (let index = 0; index < count; index++) {
    const position = frameGeometry(dataSet, index).position;
    if (position === undefined) throw new DicomError(`frame ${index} of the segmentation has no position`);
    const { data } = await decodeFrame(file, index);
    const source = functionalGroup(dataSet, index, 0x00089124)?.items(0x00082112)[0];
    const sourceInstanceUid = source?.string(0x00081155);
    const sourceFrame = source?.number(0x00081160);
    const facts = { position, ...(sourceInstanceUid === undefined ? {} : { sourceInstanceUid }), ...(sourceFrame === undefined ? {} : { sourceFrame }) };
    if (type === 'LABELMAP') {
      for (const { number } of segments) {
        const mask = Uint8Array.from(data, (value) => (value === number ? 1 : 0));
        if (mask.includes(1)) frames.push({ ...facts, segment: number, mask });
      }
      continue;
    }
    const segment = functionalGroup(dataSet, index, 0x0062000a)?.number(0x0062000b) ?? (segments.length === 1 ? segments[0]?.number : undefined);
    if (segment === undefined) throw new DicomError(`frame ${index} of the segmentation names no segment`);
    frames.push({ ...facts, segment, mask: Uint8Array.from(data, (value) => (value >= threshold ? 1 : 0)) });
  }
  return frames;
}

/** A segmentation as one array: the value of the segment in each voxel, 0 for none. */
export interface LabelVolume extends Grid {
  readonly data: Uint8Array | Uint16Array;
  readonly notes: readonly string[];
}

const toleranceMm = 0.05;

/**
 * Puts the frames of a segmentation into a volume: that of the images it was made on, or the smallest that holds them.
 * Where segments overlap, the one with the higher number is kept, and it is noted.
 * @throws DicomError when frames do not lie on slices of the volume
 */
export function segToLabelVolume(seg: Segmentation, target?: Grid): LabelVolume {
  const grid = target ?? ownGrid(seg);
  const [width = 0, height = 0, depth = 0] = grid.dims;
  const inverse = invertAffine(grid.affine);
  if (inverse === undefined) throw new DicomError('the affine of the volume is singular');
  if (width !== seg.columns || height !== seg.rows) throw new DicomError(`the segmentation is ${seg.columns} × ${seg.rows} pixels, the volume ${width} × ${height}`);
  const values = new Map(seg.segments.map(({ number, value }) => [number, value]));
  const highest = Math.max(0, ...values.keys(), ...values.values());
  const data = highest > 255 ? new Uint16Array(width * height * depth) : new Uint8Array(width * height * depth);
  let overlaps = 0;
  for (const frame of seg.frames.toSorted((a, b) => a.segment - b.segment)) {
    const slice = sliceOf(frame, seg, grid, inverse);
    const offset = slice * width * height;
    const value = values.get(frame.segment) ?? frame.segment;
    for (let at = 0; at < frame.mask.length; at++) {
      if (frame.mask[at] !== 1) continue;
      if (data[offset + at] !== 0 && data[offset + at] !== value) overlaps += 1;
      data[offset + at] = value;
    }
  }
  const notes = overlaps === 0 ? seg.notes : [...seg.notes, `segments overlap in ${overlaps} voxels: the higher number is kept`];
  return { dims: grid.dims.slice(0, 3), affine: grid.affine, data, notes };
}

/** The slice that a frame covers: its corners must be those of the slice. */
function sliceOf(frame: SegmentFrame, seg: Segmentation, grid: Grid, inverse: Affine): number {
  const ras = (p: Vector): [number, number, number] => [-p[0], -p[1], p[2]];
  const voxel = applyAffine(inverse, ras(frame.position));
  const k = Math.round(voxel[2]);
  const [right, down] = [scale(seg.orientation[0], seg.spacing[1] * (seg.columns - 1)), scale(seg.orientation[1], seg.spacing[0] * (seg.rows - 1))];
  const far: Vector = [frame.position[0] + right[0] + down[0], frame.position[1] + right[1] + down[1], frame.position[2] + right[2] + down[2]];
  const distance = (a: readonly number[], b: readonly number[]): number => Math.hypot((a[0] ?? 0) - (b[0] ?? 0), (a[1] ?? 0) - (b[1] ?? 0), (a[2] ?? 0) - (b[2] ?? 0));
  const off = Math.max(
    distance(applyAffine(grid.affine, [0, 0, k]), ras(frame.position)),
    distance(applyAffine(grid.affine, [seg.columns - 1, seg.rows - 1, k]), ras(far)),
  );
  if (k < 0 || k >= (grid.dims[2] ?? 0) || off > toleranceMm) {
    throw new DicomError(`a frame of the segmentation lies ${off.toFixed(2)} mm off the slices of the volume`);
  }
  return k;
}

function ownGrid(seg: Segmentation): Grid {
  const normal = normalOf(seg.orientation) ?? [0, 0, 1];
  const byPlace = new Map(seg.frames.map((frame) => [Math.round(dot(frame.position, normal) * 1000), frame.position]));
  const sorted = [...byPlace].sort(([a], [b]) => a - b);
  const first = sorted[0]?.[1] ?? [0, 0, 0];
  const steps = sorted.slice(1).map(([place], index) => place - (sorted[index]?.[0] ?? 0));
  const smallest = steps.length === 0 ? 1000 : Math.min(...steps);
  const last = sorted.at(-1)?.[1] ?? first;
  const depth = steps.length === 0 ? 1 : Math.round(((sorted.at(-1)?.[0] ?? 0) - (sorted[0]?.[0] ?? 0)) / smallest) + 1;
  const step = depth === 1 ? normal : scale(subtract(last, first), 1 / (depth - 1));
  return { dims: [seg.columns, seg.rows, depth], affine: affineOf(seg.orientation, seg.spacing, step, first) };
}

const white = [0.95047, 1, 1.08883] as const;

/** CIELab as DICOM encodes it in 16 bits (PS3.3 section C.10.7.1.1) to sRGB. */
export function fromCieLab([l, a, b]: readonly [number, number, number]): [number, number, number] {
  const [lightness, redGreen, blueYellow] = [(l / 65535) * 100, (a / 65535) * 255 - 128, (b / 65535) * 255 - 128];
  const fy = (lightness + 16) / 116;
  const cube = (t: number): number => (t > 6 / 29 ? t ** 3 : 3 * (6 / 29) ** 2 * (t - 4 / 29));
  const [x, y, z] = [white[0] * cube(fy + redGreen / 500), white[1] * cube(fy), white[2] * cube(fy - blueYellow / 200)];
  const gamma = (v: number): number => Math.round(255 * Math.min(1, Math.max(0, v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055)));
  return [
    gamma(3.2404542 * x - 1.5371385 * y - 0.4985314 * z), gamma(-0.969266 * x + 1.8760108 * y + 0.041556 * z), gamma(0.0556434 * x - 0.2040259 * y + 1.0572252 * z),
  ];
}

/** sRGB to CIELab as DICOM encodes it. */
export function toCieLab(rgb: readonly [number, number, number]): [number, number, number] {
  const linear = rgb.map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
  const [r = 0, g = 0, b = 0] = linear;
  const root = (t: number): number => (t > (6 / 29) ** 3 ? Math.cbrt(t) : t / (3 * (6 / 29) ** 2) + 4 / 29);
  const fx = root((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / white[0]);
  const fy = root((0.2126729 * r + 0.7151522 * g + 0.072175 * b) / white[1]);
  const fz = root((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / white[2]);
  const word = (value: number): number => Math.min(65535, Math.max(0, Math.round(value)));
  return [word(((116 * fy - 16) / 100) * 65535), word(((500 * (fx - fy) + 128) / 255) * 65535), word(((200 * (fy - fz) + 128) / 255) * 65535)];
}
