import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { buildDicom, numberElement, textElement, type NewElement } from '@fovea/medical/dicom/write.ts';
import { parseNifti, readVoxels, type VoxelArray } from '@fovea/medical/nifti/parse.ts';

/** Pixels of a picture or a stack, and what the header says of them. */
interface Pixels {
  rows: number;
  columns: number;
  frames: number;
  samples: 1 | 3;
  /** 8-bit samples, or 16-bit little endian. */
  bytes: Uint8Array;
  bits: 8 | 16;
  rescale?: { slope: number; intercept: number };
}

/** What the header of a converted file tells about where it came from. */
export interface CaptureFacts {
  itemId: string;
  modality: string | null;
  filename: string;
  createdAt: string;
}

/**
 * A picture as a Secondary Capture (PS3.3, A.8): grey or RGB, 8 bits, upright. The same picture always gives the same file.
 * Throws what sharp throws when the picture cannot be decoded.
 */
export async function pictureToDicom(path: string, facts: CaptureFacts): Promise<Uint8Array> {
  const image = sharp(path, { limitInputPixels: false }).rotate().flatten({ background: '#000' });
  const { channels = 3 } = await image.metadata();
  const grey = channels <= 2;
  const { data, info } = await image.toColourspace(grey ? 'b-w' : 'srgb').raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  return capture({ rows: info.height, columns: info.width, frames: 1, samples: info.channels === 1 ? 1 : 3, bytes: data, bits: 8 }, facts);
}

/** A NIfTI volume as a multi-frame Secondary Capture: a frame for each slice along k, voxels stretched to 16 bits with the rescale that undoes it. */
export async function volumeToDicom(path: string, facts: CaptureFacts): Promise<Uint8Array> {
  const { dims, data, channels, header } = readVoxels(parseNifti(await readFile(path)));
  const [columns = 1, rows = 1, slices = 1] = dims;
  const count = columns * rows * slices;
  if (channels === 3) {
    return capture({ rows, columns, frames: slices, samples: 3, bytes: Uint8Array.from(data.subarray(0, count * 3)), bits: 8 }, facts);
  }
  const { bytes, slope, intercept } = toWords(data, count, channels);
  const scale = header.slope === 0 ? 1 : header.slope;
  const rescale = { slope: slope * scale, intercept: intercept * scale + header.intercept };
  return capture({ rows, columns, frames: slices, samples: 1, bytes, bits: 16, rescale }, facts);
}

/** The first sample of each voxel as an unsigned 16-bit word: as it is where it fits, else stretched over the range of the volume. */
function toWords(data: VoxelArray, count: number, step: number): { bytes: Uint8Array; slope: number; intercept: number } {
  let [low, high, whole] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, true];
  for (let at = 0; at < count; at++) {
    const value = data[at * step] ?? 0;
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
    whole &&= Number.isInteger(value);
  }
  if (low > high) [low, high] = [0, 0];
  const intercept = low >= 0 && high <= 0xffff && whole ? 0 : low;
  const slope = whole && high - intercept <= 0xffff ? 1 : (high - intercept) / 0xffff || 1;
  const words = new Uint16Array(count);
  for (let at = 0; at < count; at++) {
    const value = data[at * step] ?? 0;
    words[at] = Number.isFinite(value) ? Math.round((value - intercept) / slope) : 0;
  }
  return { bytes: new Uint8Array(words.buffer), slope, intercept };
}

/** UIDs below 2.25 are UUIDs as decimal numbers (PS3.5, B.2). */
const uidOf = (uuid: string, part: number): string => `2.25.${BigInt(`0x${uuid.replaceAll('-', '')}`) ^ BigInt(part)}`;

const classes = {
  single: '1.2.840.10008.5.1.4.1.1.7',
  greyBytes: '1.2.840.10008.5.1.4.1.1.7.2',
  greyWords: '1.2.840.10008.5.1.4.1.1.7.3',
  colour: '1.2.840.10008.5.1.4.1.1.7.4',
};

function classOf({ frames, samples, bits }: Pixels): string {
  if (frames === 1 && bits === 8) return classes.single;
  return samples === 3 ? classes.colour : bits === 16 ? classes.greyWords : classes.greyBytes;
}

function capture(pixels: Pixels, { itemId, modality, filename, createdAt }: CaptureFacts): Uint8Array {
  const { rows, columns, frames, samples, bytes, bits, rescale } = pixels;
  const [day = '', time = ''] = createdAt.split('T');
  const elements: NewElement[] = [
    textElement(0x00080005, 'CS', 'ISO_IR 192'),
    textElement(0x00080008, 'CS', 'DERIVED\\SECONDARY'),
    textElement(0x00080016, 'UI', classOf(pixels)),
    textElement(0x00080018, 'UI', uidOf(itemId, 1)),
    textElement(0x00080020, 'DA', day.replaceAll('-', '')),
    textElement(0x00080030, 'TM', time.replaceAll(':', '').slice(0, 6)),
    textElement(0x00080060, 'CS', modality ?? 'OT'),
    textElement(0x00080064, 'CS', 'WSD'),
    textElement(0x00082111, 'ST', `Converted from ${filename}`.slice(0, 1_000)),
    textElement(0x00100010, 'PN', ''),
    textElement(0x00100020, 'LO', ''),
    textElement(0x0020000d, 'UI', uidOf(itemId, 2)),
    textElement(0x0020000e, 'UI', uidOf(itemId, 3)),
    textElement(0x00200013, 'IS', '1'),
    numberElement(0x00280002, 'US', samples),
    textElement(0x00280004, 'CS', samples === 3 ? 'RGB' : 'MONOCHROME2'),
    ...(samples === 3 ? [numberElement(0x00280006, 'US', 0)] : []),
    ...(frames > 1 || bits === 16 ? [textElement(0x00280008, 'IS', String(frames))] : []),
    numberElement(0x00280010, 'US', rows),
    numberElement(0x00280011, 'US', columns),
    numberElement(0x00280100, 'US', bits),
    numberElement(0x00280101, 'US', bits),
    numberElement(0x00280102, 'US', bits - 1),
    numberElement(0x00280103, 'US', 0),
    ...(rescale ? [textElement(0x00281052, 'DS', decimal(rescale.intercept)), textElement(0x00281053, 'DS', decimal(rescale.slope)), textElement(0x00281054, 'LO', 'US')] : []),
    { tag: 0x7fe00010, vr: bits === 16 ? 'OW' : 'OB', value: bytes },
  ];
  return buildDicom(elements);
}

/** At most 16 characters (PS3.5, 6.2). */
function decimal(value: number): string {
  for (let digits = 15; digits > 0; digits--) {
    const text = String(Number(value.toPrecision(digits)));
    if (text.length <= 16) return text;
  }
  return '0';
}
