import type { DataSet, DicomElement } from './dataset.ts';
import { DicomError } from './error.ts';
import type { DicomFile } from './parse.ts';
import type { TransferSyntax } from './transfer-syntax.ts';

/** How the pixels of an object are laid down (PS3.3 section C.7.6.3). */
export interface ImageModule {
  readonly rows: number;
  readonly columns: number;
  readonly frames: number;
  readonly samplesPerPixel: number;
  readonly photometric: string;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly highBit: number;
  readonly signed: boolean;
  /** Colours by plane instead of by pixel. */
  readonly planar: boolean;
  readonly sampleFormat: 'integer' | 'float' | 'double';
  readonly transferSyntax: TransferSyntax;
  /** Pixel Data, Float Pixel Data or Double Float Pixel Data. */
  readonly element: DicomElement;
}

/** Decoded frames larger than this are refused. */
const maxFrameBytes = 1024 ** 3;

/**
 * Reads the image module.
 * @throws DicomError when the object has no pixels, or describes ones that cannot be
 */
export function imageModule(file: DicomFile): ImageModule {
  const { dataSet } = file;
  const element = dataSet.get(0x7fe00010) ?? dataSet.get(0x7fe00008) ?? dataSet.get(0x7fe00009);
  if (element === undefined) throw new DicomError('the object has no pixel data');
  const rows = dataSet.number(0x00280010) ?? 0;
  const columns = dataSet.number(0x00280011) ?? 0;
  if (rows === 0 || columns === 0) throw new DicomError(`an image of ${columns} × ${rows} pixels`);
  const sampleFormat = element.tag === 0x7fe00008 ? 'float' : element.tag === 0x7fe00009 ? 'double' : 'integer';
  const bitsAllocated = sampleFormat === 'float' ? 32 : sampleFormat === 'double' ? 64 : bitsOf(dataSet);
  const samplesPerPixel = dataSet.number(0x00280002) ?? 1;
  if (samplesPerPixel < 1 || samplesPerPixel > 4) throw new DicomError(`${samplesPerPixel} samples per pixel are not supported`);
  if (rows * columns * samplesPerPixel * Math.ceil(bitsAllocated / 8) > maxFrameBytes) {
    throw new DicomError(`a frame of ${columns} × ${rows} pixels is larger than ${maxFrameBytes} bytes`);
  }
  const bitsStored = Math.min(bitsAllocated, Math.max(1, dataSet.number(0x00280101) ?? bitsAllocated));
  const highBit = dataSet.number(0x00280102) ?? bitsStored - 1;
  return {
    rows, columns, samplesPerPixel, bitsAllocated, bitsStored,
    frames: Math.max(1, Math.trunc(dataSet.number(0x00280008) ?? 1)),
    photometric: dataSet.string(0x00280004) ?? (samplesPerPixel === 3 ? 'RGB' : 'MONOCHROME2'),
    highBit: highBit >= bitsStored - 1 && highBit < bitsAllocated ? highBit : bitsStored - 1,
    signed: dataSet.number(0x00280103) === 1,
    planar: samplesPerPixel > 1 && dataSet.number(0x00280006) === 1,
    sampleFormat,
    transferSyntax: file.transferSyntax,
    element,
  };
}

function bitsOf(dataSet: DataSet): number {
  const bits = dataSet.number(0x00280100) ?? 16;
  if (bits !== 1 && bits !== 8 && bits !== 16 && bits !== 32) throw new DicomError(`${bits} bits allocated are not supported`);
  return bits;
}

/** Bits of one frame as native pixel data hold it; 4:2:2 has two samples for each pixel (PS3.3 section C.7.6.3.1.2). */
export function frameBits(image: ImageModule): number {
  const samples = isHalved(image) ? 2 : image.samplesPerPixel;
  return image.rows * image.columns * samples * image.bitsAllocated;
}

/** Native 4:2:2: Y1 Y2 Cb Cr for two pixels. */
export function isHalved(image: ImageModule): boolean {
  return image.samplesPerPixel === 3 && (image.photometric === 'YBR_FULL_422' || image.photometric === 'YBR_PARTIAL_422');
}
