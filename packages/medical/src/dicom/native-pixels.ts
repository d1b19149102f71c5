import { frameBits, isHalved } from './image-module.ts';
import type { ImageModule } from './image-module.ts';

export type SampleArray = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array | Float64Array;

/**
 * Decodes the bytes of one uncompressed frame (PS3.5 section 8.1.1 and annex D): any endianness, 1, 8, 16 or 32 bits,
 * float and double, colours by plane or by pixel, 4:2:2. `words` are the samples with the bits outside of Bits Stored.
 */
export function decodeNative(image: ImageModule, bytes: Uint8Array, bitOffset: number): { data: SampleArray; words?: SampleArray } {
  if (image.bitsAllocated === 1) return { data: unpackBits(bytes, bitOffset, frameBits(image)) };
  const words = readWords(image, bytes);
  const full = isHalved(image) ? fromHalved(image, words) : words;
  const ordered = image.planar && !isHalved(image) ? interleavePlanes(full, image.samplesPerPixel) : full;
  const data = maskSamples(image, ordered);
  return data === ordered ? { data } : { data, words: ordered };
}

/** As `decodeNative`, for little endian samples interleaved by pixel, as RLE gives them. */
export function samplesFromBytes(image: ImageModule, bytes: Uint8Array): SampleArray {
  if (image.bitsAllocated === 1) return bytes;
  const little = { ...image, transferSyntax: { ...image.transferSyntax, littleEndian: true }, planar: false, photometric: '' };
  return maskSamples(image, readWords(little, bytes));
}

/** Least significant bit first (PS3.5 section D.2). */
function unpackBits(bytes: Uint8Array, bitOffset: number, count: number): Uint8Array {
  const bits = new Uint8Array(count);
  for (let at = 0; at < count; at++) {
    const bit = bitOffset + at;
    bits[at] = ((bytes[bit >> 3] ?? 0) >> (bit & 7)) & 1;
  }
  return bits;
}

function readWords(image: ImageModule, bytes: Uint8Array): SampleArray {
  const size = image.bitsAllocated / 8;
  const count = frameBits(image) / image.bitsAllocated;
  const copy = new Uint8Array(count * size);
  copy.set(bytes.subarray(0, copy.length));
  if (!image.transferSyntax.littleEndian) swapEndian(image, copy, size);
  const { buffer } = copy;
  if (image.sampleFormat === 'float') return new Float32Array(buffer);
  if (image.sampleFormat === 'double') return new Float64Array(buffer);
  if (size === 1) return image.signed ? new Int8Array(buffer) : copy;
  if (size === 2) return image.signed ? new Int16Array(buffer) : new Uint16Array(buffer);
  return image.signed ? new Int32Array(buffer) : new Uint32Array(buffer);
}

/** 8-bit samples in big endian OW lie swapped in pairs, as the words of OW are swapped, not the samples (annex D.3). */
function swapEndian(image: ImageModule, bytes: Uint8Array, size: number): void {
  const unit = size === 1 ? (image.element.vr === 'OW' ? 2 : 1) : size;
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length - (bytes.length % unit));
  if (unit === 2) whole.swap16();
  else if (unit === 4) whole.swap32();
  else if (unit === 8) whole.swap64();
}

function interleavePlanes(planes: SampleArray, samplesPerPixel: number): SampleArray {
  const out = planes.slice();
  const pixels = planes.length / samplesPerPixel;
  for (let sample = 0; sample < samplesPerPixel; sample++) {
    for (let at = 0; at < pixels; at++) out[at * samplesPerPixel + sample] = planes[sample * pixels + at] ?? 0;
  }
  return out;
}

/** Y1 Y2 Cb Cr → Y1 Cb Cr, Y2 Cb Cr. */
function fromHalved(image: ImageModule, words: SampleArray): SampleArray {
  const out = new Uint8Array(image.rows * image.columns * 3);
  for (let pair = 0; pair < words.length / 4; pair++) {
    const [first = 0, second = 0, blue = 0, red = 0] = words.subarray(pair * 4, pair * 4 + 4);
    out.set([first, blue, red, second, blue, red], pair * 6);
  }
  return out;
}

/** Keeps Bits Stored below High Bit; sign-extends. Returns the samples themselves when every bit counts. */
function maskSamples(image: ImageModule, samples: SampleArray): SampleArray {
  const { bitsAllocated, bitsStored, highBit, signed } = image;
  if (image.sampleFormat !== 'integer' || bitsStored === bitsAllocated) return samples;
  const out = samples.slice();
  const up = 31 - highBit;
  const down = 32 - bitsStored;
  for (let at = 0; at < out.length; at++) {
    const moved = (samples[at] ?? 0) << up;
    out[at] = signed ? moved >> down : moved >>> down;
  }
  return out;
}
