import type { Encoding } from './dataset.ts';

/** How the pixel data of a transfer syntax is compressed. */
export type Compression = 'none' | 'rle' | 'jpeg' | 'jpeg-lossless' | 'jpeg-ls' | 'jpeg2000' | 'other';

export interface TransferSyntax extends Encoding {
  readonly uid: string;
  readonly name: string;
  readonly deflated: boolean;
  readonly compression: Compression;
}

function syntax(uid: string, name: string, compression: Compression, changes: Partial<TransferSyntax> = {}): TransferSyntax {
  return { uid, name, compression, littleEndian: true, explicit: true, deflated: false, ...changes };
}

export const implicitLittleEndian = syntax('1.2.840.10008.1.2', 'Implicit VR Little Endian', 'none', { explicit: false });
export const explicitLittleEndian = syntax('1.2.840.10008.1.2.1', 'Explicit VR Little Endian', 'none');
export const explicitBigEndian = syntax('1.2.840.10008.1.2.2', 'Explicit VR Big Endian', 'none', { littleEndian: false });
export const deflatedLittleEndian = syntax('1.2.840.10008.1.2.1.99', 'Deflated Explicit VR Little Endian', 'none', { deflated: true });

/** PS3.5 chapter 10 and annex A; those not named are explicit little endian with a compression we do not know. */
const known: readonly TransferSyntax[] = [
  implicitLittleEndian,
  explicitLittleEndian,
  explicitBigEndian,
  deflatedLittleEndian,
  syntax('1.2.840.10008.1.2.1.98', 'Encapsulated Uncompressed Explicit VR Little Endian', 'none'),
  syntax('1.2.840.113619.5.2', 'GE Implicit VR, Big Endian Pixels', 'none', { explicit: false }),
  syntax('1.2.840.10008.1.2.5', 'RLE Lossless', 'rle'),
  syntax('1.2.840.10008.1.2.4.50', 'JPEG Baseline (Process 1)', 'jpeg'),
  syntax('1.2.840.10008.1.2.4.51', 'JPEG Extended (Processes 2 and 4)', 'jpeg'),
  syntax('1.2.840.10008.1.2.4.57', 'JPEG Lossless (Process 14)', 'jpeg-lossless'),
  syntax('1.2.840.10008.1.2.4.70', 'JPEG Lossless (Process 14, Selection Value 1)', 'jpeg-lossless'),
  syntax('1.2.840.10008.1.2.4.80', 'JPEG-LS Lossless', 'jpeg-ls'),
  syntax('1.2.840.10008.1.2.4.81', 'JPEG-LS Near-lossless', 'jpeg-ls'),
  syntax('1.2.840.10008.1.2.4.90', 'JPEG 2000 Lossless', 'jpeg2000'),
  syntax('1.2.840.10008.1.2.4.91', 'JPEG 2000', 'jpeg2000'),
  syntax('1.2.840.10008.1.2.4.92', 'JPEG 2000 Multi-component Lossless', 'jpeg2000'),
  syntax('1.2.840.10008.1.2.4.93', 'JPEG 2000 Multi-component', 'jpeg2000'),
  syntax('1.2.840.10008.1.2.4.100', 'MPEG2 Main Profile / Main Level', 'other'),
  syntax('1.2.840.10008.1.2.4.101', 'MPEG2 Main Profile / High Level', 'other'),
  syntax('1.2.840.10008.1.2.4.102', 'MPEG-4 AVC/H.264 High Profile / Level 4.1', 'other'),
  syntax('1.2.840.10008.1.2.4.103', 'MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1', 'other'),
  syntax('1.2.840.10008.1.2.4.104', 'MPEG-4 AVC/H.264 High Profile / Level 4.2 for 2D video', 'other'),
  syntax('1.2.840.10008.1.2.4.105', 'MPEG-4 AVC/H.264 High Profile / Level 4.2 for 3D video', 'other'),
  syntax('1.2.840.10008.1.2.4.106', 'MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2', 'other'),
  syntax('1.2.840.10008.1.2.4.107', 'HEVC/H.265 Main Profile / Level 5.1', 'other'),
  syntax('1.2.840.10008.1.2.4.108', 'HEVC/H.265 Main 10 Profile / Level 5.1', 'other'),
  syntax('1.2.840.10008.1.2.4.201', 'High-Throughput JPEG 2000 Lossless', 'other'),
  syntax('1.2.840.10008.1.2.4.202', 'High-Throughput JPEG 2000 with RPCL Lossless', 'other'),
  syntax('1.2.840.10008.1.2.4.203', 'High-Throughput JPEG 2000', 'other'),
  syntax('1.2.840.10008.1.2.8.1', 'Deflated Image Frame Compression', 'other'),
];

const byUid = new Map(known.map((entry) => [entry.uid, entry]));

/** The syntax of a UID; unknown ones are taken for explicit little endian with an unknown compression. */
export function transferSyntaxOf(uid: string): TransferSyntax {
  return byUid.get(uid) ?? syntax(uid, `unknown transfer syntax ${uid}`, 'other');
}

/** The native syntax with these properties, for files that name none. */
export function nativeSyntax(encoding: Encoding): TransferSyntax {
  if (!encoding.littleEndian) return explicitBigEndian;
  return encoding.explicit ? explicitLittleEndian : implicitLittleEndian;
}
