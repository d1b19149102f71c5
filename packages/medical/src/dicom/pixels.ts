import { decodeWithCodec } from './codecs.ts';
import type { CodecFrame } from './codec-modules.ts';
import { frameFragments, joinFragments } from './encapsulated.ts';
import { DicomError } from './error.ts';
import { frameBits, imageModule } from './image-module.ts';
import type { ImageModule } from './image-module.ts';
import { decodeDctJpeg } from './jpeg-dct.ts';
import { decodeLosslessJpeg } from './jpeg-lossless.ts';
import { readJpegStream } from './jpeg-stream.ts';
import { decodeNative, samplesFromBytes } from './native-pixels.ts';
import type { SampleArray } from './native-pixels.ts';
import type { DicomFile } from './parse.ts';
import { decodeRle } from './rle.ts';

/** One frame, decompressed. */
export interface DicomFrame {
  /** Stored values, row by row, interleaved by pixel; before rescale, palette and colour conversion. */
  readonly data: SampleArray;
  readonly rows: number;
  readonly columns: number;
  readonly samplesPerPixel: number;
  /** Of `data`: differs from the header where the codec converted colours (JPEG and JPEG 2000 give RGB). */
  readonly photometric: string;
  readonly bitsStored: number;
  readonly signed: boolean;
  /** Stored words before bits outside of Bits Stored were masked; only for native data that may hide overlays there. */
  readonly words?: SampleArray;
}

/**
 * Decodes a frame (0-based) of a file that was read whole.
 * @throws DicomError when there is no such frame, or its data are damaged or compressed in a way we do not know
 */
export async function decodeFrame(file: DicomFile, frame: number): Promise<DicomFrame> {
  const image = imageModule(file);
  checkFrame(image, frame);
  if (image.element.fragments !== undefined) {
    const fragments = frameFragments(file.dataSet, image.element, image.frames)[frame] ?? [];
    return decodeEncapsulated(image, joinFragments(file.dataSet.bytes, fragments));
  }
  const { start, length, bitOffset } = nativeFrameRange(image, frame);
  const value = file.dataSet.value(image.element);
  return decodeNativeFrame(image, value.subarray(start, start + length), bitOffset);
}

export function checkFrame(image: ImageModule, frame: number): void {
  if (!Number.isInteger(frame) || frame < 0 || frame >= image.frames) {
    throw new DicomError(`there is no frame ${frame}: the object has ${image.frames}`);
  }
}

/** Where a native frame lies in the value of the pixel data; bit-packed frames need not start at a byte. */
export function nativeFrameRange(image: ImageModule, frame: number): { start: number; length: number; bitOffset: number } {
  const bits = frameBits(image);
  const firstBit = bits * frame;
  const start = Math.floor(firstBit / 8);
  return { start, length: Math.ceil((firstBit + bits) / 8) - start, bitOffset: firstBit % 8 };
}

/** Decodes the bytes of one native frame. Missing bytes at its end are zero; a frame without any bytes is an error. */
export function decodeNativeFrame(image: ImageModule, bytes: Uint8Array, bitOffset: number): DicomFrame {
  const expected = Math.ceil((bitOffset + frameBits(image)) / 8);
  if (bytes.length === 0) throw new DicomError('the pixel data end before this frame');
  if (bytes.length < expected / 8 && expected > 16 * 1024 ** 2) {
    throw new DicomError(`a frame of ${expected} bytes, of which only ${bytes.length} are there`);
  }
  const { data, words } = decodeNative(image, bytes, bitOffset);
  const photometric = image.photometric.replace('_422', '');
  return { ...frameFacts(image), data, photometric, ...(words === undefined ? {} : { words }) };
}

function frameFacts(image: ImageModule): Pick<DicomFrame, 'rows' | 'columns' | 'samplesPerPixel' | 'bitsStored' | 'signed'> {
  const { rows, columns, samplesPerPixel, bitsStored, signed } = image;
  return { rows, columns, samplesPerPixel, bitsStored, signed };
}

/** Decodes the compressed bytes of one frame. */
export async function decodeEncapsulated(image: ImageModule, bytes: Uint8Array): Promise<DicomFrame> {
  if (bytes.length === 0) throw new DicomError('the frame has no data');
  switch (actualCompression(image, bytes)) {
    case 'none':
      return decodeNativeFrame(image, bytes, 0);
    case 'rle': {
      const pixels = image.rows * image.columns;
      const unpacked = decodeRle(bytes, pixels, image.samplesPerPixel, Math.ceil(image.bitsAllocated / 8));
      return { ...frameFacts(image), data: samplesFromBytes(image, unpacked), photometric: image.photometric };
    }
    case 'jpeg':
    case 'jpeg-lossless':
      return decodeJpeg(image, bytes);
    case 'jpeg-ls':
      return fromCodec(image, await decodeWithCodec('jpeg-ls', bytes, image), image.photometric);
    case 'jpeg2000':
      return fromCodec(image, await decodeWithCodec('jpeg2000', bytes, image), jpeg2000Photometric(image));
    default:
      throw new DicomError(`pixel data in ${image.transferSyntax.name} (${image.transferSyntax.uid}) are not supported`);
  }
}

/** Some files hold another codec's stream than they declare: the stream itself decides. */
function actualCompression(image: ImageModule, bytes: Uint8Array): string {
  const declared = image.transferSyntax.compression;
  if (bytes[0] === 0xff && bytes[1] === 0x4f && bytes[2] === 0xff && bytes[3] === 0x51) return 'jpeg2000';
  if (declared !== 'none' && declared !== 'rle' && bytes[0] === 0xff && bytes[1] === 0xd8) {
    return hasJpegLsFrame(bytes) ? 'jpeg-ls' : 'jpeg';
  }
  return declared;
}

function hasJpegLsFrame(bytes: Uint8Array): boolean {
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff; ) {
    const marker = bytes[at + 1];
    if (marker === 0xf7) return true;
    if (marker === 0xda || marker === undefined) return false;
    at += 2 + (((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0));
  }
  return false;
}

/** The multi-component transform of JPEG 2000 is undone by the decoder, which leaves RGB. */
function jpeg2000Photometric(image: ImageModule): string {
  return image.photometric === 'YBR_RCT' || image.photometric === 'YBR_ICT' ? 'RGB' : image.photometric;
}

async function decodeJpeg(image: ImageModule, bytes: Uint8Array): Promise<DicomFrame> {
  const header = readJpegStream(bytes, true);
  const { rows, columns, components, precision } = header;
  if (rows !== image.rows || columns !== image.columns) {
    throw new DicomError(`the compressed frame is ${columns} × ${rows}, the header says ${image.columns} × ${image.rows}`);
  }
  const samplesPerPixel = components.length;
  if (header.process === 3 || precision > 8) {
    const jpeg = readJpegStream(bytes);
    const samples = header.process === 3 ? decodeLosslessJpeg(jpeg) : decodeDctJpeg(jpeg);
    const data = signSamples(samples, image.signed, precision);
    return { ...frameFacts(image), data, samplesPerPixel, photometric: image.photometric };
  }
  const ids = components.map(({ id }) => String.fromCharCode(id)).join('');
  const isRgb = samplesPerPixel === 3 && !header.namesColours && image.photometric === 'RGB' && ids !== 'RGB';
  const decoded = await decodeWithCodec('jpeg', isRgb ? withAdobeMarker(bytes) : bytes, image);
  return fromCodec(image, decoded, decoded.samplesPerPixel === 3 ? 'RGB' : image.photometric);
}

/** Says that the three components are RGB: without it, decoders take them for YCbCr. */
function withAdobeMarker(bytes: Uint8Array): Uint8Array {
  const marker = [0xff, 0xee, 0, 14, 0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0, 0];
  const marked = new Uint8Array(bytes.length + marker.length);
  marked.set(bytes.subarray(0, 2));
  marked.set(marker, 2);
  marked.set(bytes.subarray(2), 2 + marker.length);
  return marked;
}

function fromCodec(image: ImageModule, frame: CodecFrame, photometric: string): DicomFrame {
  const { samplesPerPixel, bitsPerSample } = frame;
  const wide = bitsPerSample > 8;
  const bytesNeeded = image.rows * image.columns * samplesPerPixel * (wide ? 2 : 1);
  if (frame.bytes.length < bytesNeeded) throw new DicomError('the codec gave fewer pixels than the header asks for');
  const samples = wide ? new Uint16Array(frame.bytes.buffer, 0, bytesNeeded / 2) : new Uint8Array(frame.bytes.buffer, 0, bytesNeeded);
  const interleaved = frame.planar ? byPixel(samples, samplesPerPixel) : samples;
  const data = signSamples(interleaved, image.signed, bitsPerSample);
  return { ...frameFacts(image), data, samplesPerPixel, photometric };
}

function byPixel<T extends Uint8Array | Uint16Array>(planes: T, samplesPerPixel: number): T {
  const out = planes.slice() as T;
  const pixels = planes.length / samplesPerPixel;
  for (let at = 0; at < planes.length; at++) out[(at % pixels) * samplesPerPixel + Math.floor(at / pixels)] = planes[at] ?? 0;
  return out;
}

/** Codecs give bit patterns; two's complement of `bits` becomes negative numbers. */
function signSamples(samples: Uint8Array | Uint16Array, signed: boolean, bits: number): SampleArray {
  if (!signed) return samples;
  const shift = 32 - bits;
  const out = samples.BYTES_PER_ELEMENT === 1 ? new Int8Array(samples.length) : new Int16Array(samples.length);
  for (let at = 0; at < samples.length; at++) out[at] = ((samples[at] ?? 0) << shift) >> shift;
  return out;
}
