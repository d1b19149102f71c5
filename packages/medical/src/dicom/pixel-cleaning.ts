import type { DataSet, DicomElement } from './dataset.ts';
import { DicomError } from './error.ts';
import { frameBits, imageModule, isHalved } from './image-module.ts';
import type { ImageModule } from './image-module.ts';
import type { DicomFile } from './parse.ts';
import type { ElementChange } from './write.ts';

/** Pixels, 0-based, from the upper left. */
export interface Region {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Regions to black out in every frame of the images that a rule applies to. */
export interface PixelRule {
  /** All that are given must hold; texts are compared without regard to case, `*` stands for anything. */
  readonly when?: {
    readonly modality?: string;
    readonly manufacturer?: string;
    readonly model?: string;
    readonly station?: string;
    readonly rows?: number;
    readonly columns?: number;
  };
  readonly regions: readonly Region[];
}

/** The regions of all rules that apply, cut to the image. */
export function matchingRegions({ dataSet }: DicomFile, rules: readonly PixelRule[]): Region[] {
  const columns = dataSet.number(0x00280011) ?? 0;
  const rows = dataSet.number(0x00280010) ?? 0;
  const cut = ({ x, y, width, height }: Region): Region => {
    const [left, top] = [Math.max(0, Math.floor(x)), Math.max(0, Math.floor(y))];
    return { x: left, y: top, width: Math.min(columns, Math.ceil(x + width)) - left, height: Math.min(rows, Math.ceil(y + height)) - top };
  };
  return rules.filter((rule) => applies(rule, dataSet)).flatMap((rule) => rule.regions.map(cut)).filter(({ width, height }) => width > 0 && height > 0);
}

function applies({ when = {} }: PixelRule, dataSet: DataSet): boolean {
  const matches = (pattern: string | undefined, tag: number): boolean => {
    if (pattern === undefined) return true;
    const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(`^${parts.join('.*')}$`, 'i').test(dataSet.string(tag) ?? '');
  };
  return (
    matches(when.modality, 0x00080060) && matches(when.manufacturer, 0x00080070) && matches(when.model, 0x00081090) && matches(when.station, 0x00081010) &&
    (when.rows === undefined || when.rows === dataSet.number(0x00280010)) && (when.columns === undefined || when.columns === dataSet.number(0x00280011))
  );
}

export interface PixelPlan {
  readonly changes: Map<DicomElement, ElementChange>;
  readonly warnings: string[];
}

/** Modalities whose pictures commonly carry text. */
const oftenBurnedIn = new Set(['US', 'XA', 'RF', 'ES', 'OT', 'SC', 'XC', 'GM', 'SM', 'OP', 'IVUS', 'DG', 'ECG']);

/**
 * Plans what happens to the pixels: regions blacked out, bits outside of the samples (old overlays) and bytes after the
 * last frame zeroed or cut, comments inside of compressed frames zeroed.
 * @throws DicomError when regions are asked for in compressed pixel data: decompress first, see `decompressDicom`
 */
export function planPixels(file: DicomFile, regions: readonly Region[]): PixelPlan {
  const { dataSet } = file;
  const plan: PixelPlan = { changes: new Map(), warnings: [] };
  const element = dataSet.get(0x7fe00010);
  if (element === undefined) return plan;
  if (regions.length === 0) plan.warnings.push(...burnedInWarnings(dataSet));
  if (element.fragments !== undefined) {
    if (regions.length > 0) throw new DicomError('regions can only be blacked out in pixel data that are not compressed');
    const cleaned = withoutComments(dataSet, element);
    if (cleaned !== undefined) plan.changes.set(element, cleaned);
    return plan;
  }
  const value = cleanNative(file, element, regions, plan.warnings);
  if (value !== undefined) plan.changes.set(element, { kind: 'value', vr: element.vr, value });
  const burned = dataSet.get(0x00280301);
  if (regions.length > 0 && burned !== undefined) plan.changes.set(burned, { kind: 'value', vr: 'CS', value: new Uint8Array(Buffer.from('NO')) });
  return plan;
}

function burnedInWarnings(dataSet: DataSet): string[] {
  const burned = dataSet.string(0x00280301);
  const modality = dataSet.string(0x00080060) ?? '';
  if (burned === 'YES') return ['the header says that the pixels hold identifying text, and no rule blacks it out'];
  if (burned !== 'NO' && oftenBurnedIn.has(modality)) return [`images of ${modality} often have text in their pixels, and no rule blacks it out`];
  return dataSet.string(0x00280302) === 'YES' ? ['the header says that the patient could be recognised from the image'] : [];
}

function cleanNative(file: DicomFile, element: DicomElement, regions: readonly Region[], warnings: string[]): Uint8Array | undefined {
  let image: ImageModule;
  try {
    image = imageModule(file);
  } catch (error) {
    if (!(error instanceof DicomError) || regions.length > 0) throw error;
    warnings.push(`the pixels could not be checked: ${error.message}`);
    return undefined;
  }
  const value = file.dataSet.value(element);
  const expected = Math.ceil((frameBits(image) * countedFrames(file.dataSet, image, value.length)) / 8);
  const padded = expected + (expected % 2);
  const isLong = value.length > padded || (value.length > expected && value[expected] !== 0);
  const hasSpareBits = image.bitsAllocated === 16 && image.bitsStored < 16 && usesSpareBits(image, value);
  const isShort = element.declaredLength !== element.valueLength;
  if (!isLong && !isShort && !hasSpareBits && regions.length === 0) return undefined;
  const copy = value.slice(0, Math.min(value.length, expected));
  if (hasSpareBits) clearSpareBits(image, copy);
  for (const region of regions) blackOut(image, copy, region);
  return copy;
}

/** Where the header's number of frames is no number, every whole frame that is there counts. */
function countedFrames(dataSet: DataSet, image: ImageModule, bytes: number): number {
  const isReadable = !dataSet.has(0x00280008) || dataSet.number(0x00280008) !== undefined;
  return isReadable ? image.frames : Math.max(1, Math.floor((bytes * 8) / frameBits(image)));
}

/** Bits that no sample uses: sign extension of signed samples does not count. */
function spareMask(image: ImageModule): number {
  return 0xffff & ~(((1 << image.bitsStored) - 1) << (image.highBit + 1 - image.bitsStored));
}

function usesSpareBits(image: ImageModule, value: Uint8Array): boolean {
  if (image.signed) return false;
  const mask = spareMask(image);
  const high = image.transferSyntax.littleEndian ? 1 : 0;
  for (let at = 0; at + 1 < value.length; at += 2) {
    if ((((value[at + high] ?? 0) << 8) | (value[at + 1 - high] ?? 0)) & mask) return true;
  }
  return false;
}

function clearSpareBits(image: ImageModule, value: Uint8Array): void {
  const keep = ~spareMask(image);
  const high = image.transferSyntax.littleEndian ? 1 : 0;
  for (let at = 0; at + 1 < value.length; at += 2) {
    value[at + high] = (value[at + high] ?? 0) & (keep >> 8);
    value[at + 1 - high] = (value[at + 1 - high] ?? 0) & keep;
  }
}

/** Black: the lowest value, the highest one for MONOCHROME1; in YBR luminance 0 with neutral chroma. */
function blackOut(image: ImageModule, value: Uint8Array, { x, y, width, height }: Region): void {
  const { rows, columns, samplesPerPixel: samples, bitsAllocated } = image;
  if (bitsAllocated === 1 || isHalved(image)) throw new DicomError('regions cannot be blacked out in pixels of this form');
  const size = bitsAllocated / 8;
  const frameBytes = rows * columns * samples * size;
  const isYbr = image.photometric.startsWith('YBR');
  const fill = (sample: number): Uint8Array => sampleBytes(image, isYbr && sample > 0 ? 128 : blackOf(image));
  const fills = Array.from({ length: samples }, (_, sample) => fill(sample));
  for (let frame = 0; frame < image.frames; frame++) {
    for (let row = y; row < y + height; row++) {
      for (let column = x; column < x + width; column++) {
        for (let sample = 0; sample < samples; sample++) {
          const pixel = row * columns + column;
          const at = frame * frameBytes + (image.planar ? sample * rows * columns + pixel : pixel * samples + sample) * size;
          if (at + size <= value.length) value.set(fills[sample] ?? new Uint8Array(size), at);
        }
      }
    }
  }
}

function blackOf(image: ImageModule): number {
  if (image.photometric === 'MONOCHROME1') return image.signed ? 2 ** (image.bitsStored - 1) - 1 : 2 ** image.bitsStored - 1;
  return image.signed ? -(2 ** (image.bitsStored - 1)) : 0;
}

function sampleBytes(image: ImageModule, sample: number): Uint8Array {
  const size = image.bitsAllocated / 8;
  const bytes = new Uint8Array(size);
  for (let index = 0; index < size; index++) bytes[image.transferSyntax.littleEndian ? index : size - 1 - index] = Math.floor(sample / 2 ** (8 * index)) & 255;
  return bytes;
}

/** Zeroes the comments in JPEG, JPEG-LS and JPEG 2000 streams in place: lengths and offsets stay as they are. */
function withoutComments(dataSet: DataSet, element: DicomElement): ElementChange | undefined {
  const base = element.valueStart;
  let copy: Uint8Array | undefined;
  for (const { start, end } of (element.fragments ?? []).slice(1)) {
    for (const [from, to] of commentRanges(dataSet.bytes, start, end)) {
      copy ??= dataSet.bytes.slice(base, element.end);
      copy.fill(0, from - base, to - base);
    }
  }
  return copy === undefined ? undefined : { kind: 'raw', valueBytes: copy };
}

/** Contents of the comment and application segments in front of the first scan, and what follows the end of the image. */
function commentRanges(bytes: Uint8Array, start: number, end: number): [number, number][] {
  const ranges: [number, number][] = [];
  const isJpeg = bytes[start] === 0xff && bytes[start + 1] === 0xd8;
  const isJpeg2000 = bytes[start] === 0xff && bytes[start + 1] === 0x4f;
  if (!isJpeg && !isJpeg2000) return ranges;
  const addIfUsed = (from: number, to: number): void => {
    if (bytes.subarray(from, to).some((byte) => byte !== 0)) ranges.push([from, to]);
  };
  let at = start + 2;
  while (at + 4 <= end && bytes[at] === 0xff) {
    const marker = bytes[at + 1] ?? 0;
    const length = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
    if (marker === (isJpeg ? 0xda : 0x90) || length < 2) break;
    const isTold = isJpeg ? marker === 0xfe || (marker >= 0xe1 && marker <= 0xef && marker !== 0xee) : marker === 0x64;
    if (isTold) addIfUsed(at + (isJpeg ? 4 : 6), Math.min(end, at + 2 + length));
    at += 2 + length;
  }
  const last = endOfImage(bytes, start, end);
  if (last !== undefined) addIfUsed(last, end);
  return ranges;
}

/** After the last EOI or EOC marker (both FFD9). */
function endOfImage(bytes: Uint8Array, start: number, end: number): number | undefined {
  for (let at = end - 2; at > start; at--) if (bytes[at] === 0xff && bytes[at + 1] === 0xd9) return at + 2;
  return undefined;
}
