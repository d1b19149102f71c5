import { gunzipSync, constants } from 'node:zlib';
import type { MediaKind } from '@fovea/contract';

export interface DetectedMedia {
  mediaType: string;
  kind: MediaKind;
}

/** How many first bytes {@link detectMedia} wants to see. */
export const detectBytes = 4_100;

const is = (mediaType: string, kind: MediaKind): DetectedMedia => ({ mediaType, kind });

/** What a file is, by its first bytes. The name decides nothing but which kind of plain text it is. */
export function detectMedia(head: Uint8Array, name = ''): DetectedMedia {
  const bytes = Buffer.from(head.buffer, head.byteOffset, Math.min(head.byteLength, detectBytes));
  return binary(bytes) ?? text(bytes, name) ?? is('application/octet-stream', 'other');
}

function binary(bytes: Buffer): DetectedMedia | undefined {
  const ascii = (start: number, end: number) => bytes.toString('latin1', start, end);
  const hex = bytes.toString('hex', 0, 16);
  // First of all: the preamble of a DICOM file may hold anything, a TIFF header or a program among it.
  if (ascii(128, 132) === 'DICM') return is('application/dicom', 'dicom');
  if (hex.startsWith('ffd8ff')) return is('image/jpeg', 'image');
  if (hex.startsWith('89504e470d0a1a0a')) return is('image/png', 'image');
  if (ascii(0, 4) === 'RIFF') return riff(ascii(8, 12));
  if (/^GIF8[79]a$/.test(ascii(0, 6))) return is('image/gif', 'image');
  if (/^(49492a00|4d4d002a|49492b00|4d4d002b)/.test(hex)) return is('image/tiff', 'image');
  if (hex.startsWith('0000000c6a502020') || hex.startsWith('ff4fff51')) return is('image/jp2', 'image');
  if (hex.startsWith('0000000c4a584c20') || hex.startsWith('ff0a')) return is('image/jxl', 'image');
  if (ascii(4, 8) === 'ftyp') return isoMedia(ascii(8, 32));
  if (hex.startsWith('1a45dfa3')) return is(ascii(0, 64).includes('webm') ? 'video/webm' : 'video/x-matroska', 'video');
  if (ascii(0, 4) === 'OggS') return ascii(0, 80).includes('theora') ? is('video/ogg', 'video') : is('audio/ogg', 'audio');
  if (bytes.length > 376 && bytes[0] === 0x47 && bytes[188] === 0x47 && bytes[376] === 0x47) return is('video/mp2t', 'video');
  if (ascii(0, 4) === 'fLaC') return is('audio/flac', 'audio');
  if (ascii(0, 3) === 'ID3' || /^fff[ab23]/.test(hex)) return is('audio/mpeg', 'audio');
  if (ascii(0, 5) === '%PDF-') return is('application/pdf', 'pdf');
  if (isBareDicom(bytes)) return is('application/dicom', 'dicom');
  if (isNifti(bytes)) return is('application/nifti', 'nifti');
  if (hex.startsWith('1f8b')) return isNifti(gunzipHead(bytes)) ? is('application/nifti', 'nifti') : is('application/gzip', 'other');
  if (hex.startsWith('504b0304') || hex.startsWith('504b0506')) return is('application/zip', 'other');
  if (ascii(257, 262) === 'ustar') return is('application/x-tar', 'other');
  if (ascii(0, 2) === 'BM' && bytes.length > 26 && bytes.readUInt32LE(6) === 0) return is('image/bmp', 'image');
  return undefined;
}

function riff(form: string): DetectedMedia {
  if (form === 'WEBP') return is('image/webp', 'image');
  if (form === 'AVI ') return is('video/x-msvideo', 'video');
  return form === 'WAVE' ? is('audio/wav', 'audio') : is('application/octet-stream', 'other');
}

/** ISO base media files by their brands (ISO/IEC 14496-12, 4.3). */
function isoMedia(brands: string): DetectedMedia {
  const major = brands.slice(0, 4);
  if (/avi[fs]/.test(brands)) return is('image/avif', 'image');
  if (/hei[cxms]|hev[cx]|mif1|msf1/.test(major)) return is('image/heic', 'image');
  if (major === 'qt  ') return is('video/quicktime', 'video');
  if (/^M4[AB]/.test(major)) return is('audio/mp4', 'audio');
  return is('video/mp4', 'video');
}

/** A data set without preamble: begins with a plausible element of group 0002 or 0008 in either byte order (PS3.5, section 7.1). */
function isBareDicom(bytes: Buffer): boolean {
  if (bytes.length < 16) return false;
  const little = bytes.readUInt16LE(0) === 0x0002 || bytes.readUInt16LE(0) === 0x0008;
  const big = bytes.readUInt16BE(0) === 0x0008;
  if (!little && !big) return false;
  const element = little ? bytes.readUInt16LE(2) : bytes.readUInt16BE(2);
  if (element > 0x0120) return false;
  const vr = bytes.toString('latin1', 4, 6);
  if (/^(AE|AS|CS|DA|DS|DT|IS|LO|LT|OB|PN|SH|SQ|ST|TM|UI|UL|UN|US|UT|OW)$/.test(vr)) return true;
  return little && bytes.readUInt32LE(4) < 256 && bytes.readUInt16LE(0) === 0x0008;
}

/** NIfTI-1 (header size 348, magic at 344) and NIfTI-2 (540, magic at 4), in either byte order. */
function isNifti(bytes: Buffer): boolean {
  if (bytes.length < 348) return false;
  const size = [bytes.readInt32LE(0), bytes.readInt32BE(0)];
  if (size.includes(348)) return /^n(\+1|i1)\0/.test(bytes.toString('latin1', 344, 348));
  return size.includes(540) && /^n(\+2|i2)\0/.test(bytes.toString('latin1', 4, 8));
}

function gunzipHead(bytes: Buffer): Buffer {
  try {
    return gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 1024 * 1024 });
  } catch {
    // No gzip, or too short to tell: then it is no NIfTI that we know.
    return Buffer.alloc(0);
  }
}

function text(bytes: Buffer, name: string): DetectedMedia | undefined {
  if (bytes.length === 0) return is('application/octet-stream', 'other');
  const content = utf8(bytes);
  if (content === undefined || /[\u0000-\u0008\u000e-\u001a\u001c-\u001f]/.test(content)) return undefined;
  const start = content.replace(/^\ufeff/, '').trimStart().slice(0, 1_000).toLowerCase();
  if (/^(<\?xml[^>]*>\s*)?(<!--[\s\S]*?-->\s*)*(<!doctype svg[^>]*>\s*)?<svg[\s>]/.test(start)) return is('image/svg+xml', 'other');
  if (/^(<!doctype html|<html[\s>]|<head[\s>]|<body[\s>]|<script[\s>])/.test(start)) return is('text/html', 'text');
  if (start.startsWith('<?xml')) return is('application/xml', 'text');
  if (/^[{[]/.test(start)) return is('application/json', 'text');
  const ending = /\.(csv|tsv|md)$/i.exec(name)?.[1]?.toLowerCase();
  const types: Record<string, string> = { csv: 'text/csv', tsv: 'text/tab-separated-values', md: 'text/markdown' };
  return is(types[ending ?? ''] ?? 'text/plain', 'text');
}

/** The bytes as UTF-8, a character cut off at the end forgiven; undefined when they are something else. */
function utf8(bytes: Buffer): string | undefined {
  for (let cut = 0; cut < 4 && cut < bytes.length; cut++) {
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, bytes.length - cut));
    } catch {
      if (bytes.length < detectBytes - 4) return undefined;
    }
  }
  return undefined;
}
