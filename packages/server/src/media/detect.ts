import type { MediaKind } from '@fovea/contract';
import { detectText } from './detect-text.ts';
import { inflateFront } from '@fovea/medical/nifti/inflate.ts';
import { NiftiError } from '@fovea/medical/nifti/error.ts';

export interface DetectedMedia {
  mediaType: string;
  kind: MediaKind;
}

/** How many first bytes {@link detectMedia} wants to see. */
export const detectBytes = 4_100;

const is = (mediaType: string, kind: MediaKind): DetectedMedia => ({ mediaType, kind });
const unknown = is('application/octet-stream', 'other');

/**
 * What a file is, by its first bytes (`detectBytes` of them, or the whole file when it is shorter). The name decides
 * nothing but which kind of plain text it is.
 */
export function detectMedia(head: Uint8Array, name = ''): DetectedMedia {
  const bytes = Buffer.from(head.buffer, head.byteOffset, Math.min(head.byteLength, detectBytes));
  if (bytes.length === 0) return unknown;
  return detectBinary(bytes) ?? detectText(bytes, name, bytes.length < detectBytes) ?? unknown;
}

/** First bytes that settle it by themselves, as hexadecimal. */
const signatures: readonly [hex: string, mediaType: string, kind: MediaKind][] = [
  ['ffd8ff', 'image/jpeg', 'image'],
  ['89504e470d0a1a0a', 'image/png', 'image'],
  ['474946383761', 'image/gif', 'image'],
  ['474946383961', 'image/gif', 'image'],
  ['49492a00', 'image/tiff', 'image'],
  ['4d4d002a', 'image/tiff', 'image'],
  ['49492b00', 'image/tiff', 'image'],
  ['4d4d002b', 'image/tiff', 'image'],
  ['0000000c6a5020200d0a870a', 'image/jp2', 'image'],
  ['ff4fff51', 'image/jp2', 'image'],
  ['0000000c4a584c200d0a870a', 'image/jxl', 'image'],
  ['ff0a', 'image/jxl', 'image'],
  ['664c6143', 'audio/flac', 'audio'],
  ['49443302', 'audio/mpeg', 'audio'],
  ['49443303', 'audio/mpeg', 'audio'],
  ['49443304', 'audio/mpeg', 'audio'],
  ['000001ba', 'video/mpeg', 'video'],
  ['000001b3', 'video/mpeg', 'video'],
  ['464c5601', 'video/x-flv', 'video'],
  ['3026b2758e66cf11a6d900aa0062ce6c', 'video/x-ms-asf', 'video'],
  ['255044462d', 'application/pdf', 'pdf'],
  ['504b0304', 'application/zip', 'other'],
  ['504b0506', 'application/zip', 'other'],
  ['377abcaf271c', 'application/x-7z-compressed', 'other'],
  ['526172211a07', 'application/vnd.rar', 'other'],
  ['fd377a585a00', 'application/x-xz', 'other'],
  ['28b52ffd', 'application/zstd', 'other'],
];

function detectBinary(bytes: Buffer): DetectedMedia | undefined {
  const ascii = (start: number, end: number): string => bytes.toString('latin1', start, end);
  // First of all: the preamble of a DICOM file may hold anything, a TIFF header or a program among it (PS3.10, 7.1).
  if (ascii(128, 132) === 'DICM') return is('application/dicom', 'dicom');
  const hex = bytes.toString('hex', 0, 16);
  const signed = signatures.find(([start]) => hex.startsWith(start));
  if (signed) return is(signed[1], signed[2]);
  const start = ascii(0, 4);
  if (start === 'RIFF' || start === 'RF64') return detectRiff(ascii(8, 12));
  if (/^(ftyp|moov|mdat|wide|pnot)$/.test(ascii(4, 8)) && bytes.subarray(0, 32).some((byte) => byte < 9)) return detectIsoMedia(bytes);
  if (hex.startsWith('1a45dfa3')) return is(ascii(0, 64).includes('webm') ? 'video/webm' : 'video/x-matroska', 'video');
  if (start === 'OggS') return ascii(0, 300).includes('theora') ? is('video/ogg', 'video') : is('audio/ogg', 'audio');
  if (isTransportStream(bytes)) return is('video/mp2t', 'video');
  if (isMpegAudio(bytes)) return is('audio/mpeg', 'audio');
  if (/^fff[0189]/.test(hex)) return is('audio/aac', 'audio');
  if (isBareDicom(bytes)) return is('application/dicom', 'dicom');
  if (isNifti(bytes)) return is('application/nifti', 'nifti');
  if (hex.startsWith('1f8b')) return isNifti(gunzipFront(bytes)) ? is('application/nifti', 'nifti') : is('application/gzip', 'other');
  if (start.startsWith('BZh') && hex.startsWith('314159265359', 8)) return is('application/x-bzip2', 'other');
  if (ascii(257, 262) === 'ustar') return is('application/x-tar', 'other');
  if (isBitmap(bytes)) return is('image/bmp', 'image');
  if (isShiftedDicom(bytes)) return is('application/dicom', 'dicom');
  return undefined;
}

function detectRiff(form: string): DetectedMedia {
  if (form === 'WEBP') return is('image/webp', 'image');
  if (form === 'AVI ') return is('video/x-msvideo', 'video');
  return form === 'WAVE' ? is('audio/wav', 'audio') : unknown;
}

/** ISO base media files by their brands (ISO/IEC 14496-12, 4.3); QuickTime files from before there were any. */
function detectIsoMedia(bytes: Buffer): DetectedMedia {
  if (bytes.toString('latin1', 4, 8) !== 'ftyp') return is('video/quicktime', 'video');
  const end = Math.min(bytes.readUInt32BE(0), 256);
  const major = bytes.toString('latin1', 8, 12);
  const brands = [major];
  for (let at = 16; at + 4 <= end; at += 4) brands.push(bytes.toString('latin1', at, at + 4));
  if (brands.some((brand) => /^avi[fs]$/.test(brand))) return is('image/avif', 'image');
  if (/^(hei[cxms]|hev[cxms]|mif1|msf1)$/.test(major)) return is('image/heic', 'image');
  if (major === 'crx ') return is('image/x-canon-cr3', 'image');
  if (major === 'qt  ') return is('video/quicktime', 'video');
  if (/^M4[AB]/.test(major)) return is('audio/mp4', 'audio');
  return is(/^3g[p2]/.test(major) ? 'video/3gpp' : 'video/mp4', 'video');
}

/** Packets of 188 bytes that begin with 0x47 (ISO/IEC 13818-1, 2.4.3.2), or of 192 with a time stamp before each. */
function isTransportStream(bytes: Buffer): boolean {
  const runs = (first: number, step: number): boolean =>
    bytes.length > first + 2 * step && [0, 1, 2].every((index) => bytes[first + index * step] === 0x47);
  return runs(0, 188) || runs(4, 192);
}

const bitRates = {
  1: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  2: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
} as const;

/** Layer III frames without a tag before them: two in a row, the second where the first says (ISO/IEC 11172-3, 2.4.2.3). */
function isMpegAudio(bytes: Buffer): boolean {
  const length = frameLength(bytes, 0);
  if (length === undefined) return false;
  return bytes.length < length + 4 || frameLength(bytes, length) !== undefined;
}

function frameLength(bytes: Buffer, at: number): number | undefined {
  if (bytes.length < at + 4 || bytes.readUInt16BE(at) < 0xffe0) return undefined;
  const version = ((bytes[at + 1] ?? 0) >> 3) & 3;
  const layer = ((bytes[at + 1] ?? 0) >> 1) & 3;
  const rateIndex = (bytes[at + 2] ?? 0) >> 4;
  const sampling = [44_100, 48_000, 32_000][((bytes[at + 2] ?? 0) >> 2) & 3];
  if (version === 1 || layer !== 1 || sampling === undefined) return undefined;
  const bitRate = bitRates[version === 3 ? 1 : 2][rateIndex];
  if (!bitRate) return undefined;
  const samplesPerSecond = version === 3 ? sampling : version === 2 ? sampling / 2 : sampling / 4;
  const padding = ((bytes[at + 2] ?? 0) >> 1) & 1;
  return Math.floor(((version === 3 ? 144 : 72) * bitRate * 1000) / samplesPerSecond) + padding;
}

const representations = /^(AE|AS|AT|CS|DA|DS|DT|IS|LO|LT|OB|OW|PN|SH|SQ|ST|TM|UI|UL|UN|US|UT)$/;

/**
 * A data set without preamble: begins with a plausible element of group 0002 or 0008, in either byte order, and has
 * another plausible one where the first one ends (PS3.5, section 7.1).
 */
function isBareDicom(bytes: Buffer): boolean {
  if (bytes.length < 16) return false;
  for (const little of [true, false]) {
    const uint16 = (at: number): number => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
    const uint32 = (at: number): number => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
    const group = uint16(0);
    if ((group !== 2 && group !== 8) || uint16(2) > 0x0120) continue;
    const isExplicit = representations.test(bytes.toString('latin1', 4, 6));
    const isLong = isExplicit && /^(OB|OW|SQ|UN|UT)$/.test(bytes.toString('latin1', 4, 6));
    const length = isExplicit && !isLong ? uint16(6) : uint32(isLong ? 8 : 4);
    const next = (isLong ? 12 : 8) + length;
    if (length % 2 === 1 || (!isExplicit && length > 256)) continue;
    if (next + 4 > bytes.length) {
      if (isExplicit) return true;
      continue;
    }
    const nextGroup = uint16(next);
    // After the identification comes the patient or the acquisition; letters of text would be groups from 0x2020.
    const follows = nextGroup === group ? uint16(next + 2) > uint16(2) : nextGroup > group && nextGroup < 0x0100;
    // The meta group is always little endian; a big endian data set may follow it.
    if (follows || (group === 2 && bytes.readUInt16BE(next) === 8)) return true;
  }
  return false;
}

/** So many stray bytes may stand before the first element of a data set without preamble: as the reader puts up with. */
const maxStrayBytes = 256;

/** A data set in explicit representation behind stray bytes: what is left of a file whose front was cut off or changed. */
function isShiftedDicom(bytes: Buffer): boolean {
  for (let at = 1; at <= maxStrayBytes && at + 32 < bytes.length; at++) {
    const group = bytes.readUInt16LE(at);
    if ((group === 8 || group === 2) && representations.test(bytes.toString('latin1', at + 4, at + 6)) && isBareDicom(bytes.subarray(at))) return true;
  }
  return false;
}

/** NIfTI-1 (header size 348, magic at 344) and NIfTI-2 (540, magic at 4), in either byte order. */
function isNifti(bytes: Buffer): boolean {
  if (bytes.length < 348) return false;
  const size = [bytes.readInt32LE(0), bytes.readInt32BE(0)];
  if (size.includes(348)) return /^n(\+1|i1)\0/.test(bytes.toString('latin1', 344, 348));
  return size.includes(540) && /^n(\+2|i2)\0/.test(bytes.toString('latin1', 4, 8));
}

function gunzipFront(bytes: Buffer): Buffer {
  try {
    return Buffer.from(inflateFront(bytes, 1_024));
  } catch (error) {
    if (!(error instanceof NiftiError)) throw error;
    // A damaged stream is still no NIfTI file that anybody could read.
    return Buffer.alloc(0);
  }
}

/** `BM`, reserved zeros, pixels inside the file, and one of the known sizes of the second header. */
function isBitmap(bytes: Buffer): boolean {
  if (bytes.length < 26 || bytes.toString('latin1', 0, 2) !== 'BM' || bytes.readUInt32LE(6) !== 0) return false;
  return [12, 16, 40, 52, 56, 64, 108, 124].includes(bytes.readUInt32LE(14)) && bytes.readUInt32LE(10) >= 26;
}
