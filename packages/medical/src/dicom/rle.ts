import { DicomError } from './error.ts';

/**
 * Decodes an RLE frame (PS3.5 annex G): up to 15 segments, one for each byte of each sample, most significant first,
 * each packed by PackBits. Gives little endian samples interleaved by pixel.
 */
export function decodeRle(bytes: Uint8Array, pixels: number, samplesPerPixel: number, bytesPerSample: number): Uint8Array {
  if (bytes.length < 64) throw new DicomError('the RLE data break off in their header');
  const header = new DataView(bytes.buffer, bytes.byteOffset, 64);
  const count = header.getUint32(0, true);
  const expected = samplesPerPixel * bytesPerSample;
  if (count !== expected) throw new DicomError(`the RLE data have ${count} segments where the image needs ${expected}`);
  const out = new Uint8Array(pixels * expected);
  const plane = new Uint8Array(pixels);
  for (let segment = 0; segment < count; segment++) {
    const start = header.getUint32(4 + segment * 4, true);
    const end = segment + 1 < count ? header.getUint32(8 + segment * 4, true) : bytes.length;
    if (start < 64 || end < start || end > bytes.length) throw new DicomError('the RLE data name a segment outside of themselves');
    unpackBits(bytes.subarray(start, end), plane);
    const sample = Math.floor(segment / bytesPerSample);
    const first = sample * bytesPerSample + (bytesPerSample - 1 - (segment % bytesPerSample));
    for (let at = 0, to = first; at < pixels; at++, to += expected) out[to] = plane[at] ?? 0;
  }
  return out;
}

function unpackBits(packed: Uint8Array, out: Uint8Array): void {
  let at = 0;
  let to = 0;
  while (to < out.length) {
    const control = packed[at++];
    if (control === undefined) throw new DicomError(`the RLE data break off after ${to} of ${out.length} pixels`);
    if (control < 128) {
      const count = Math.min(control + 1, out.length - to);
      if (at + count > packed.length) throw new DicomError(`the RLE data break off after ${to} of ${out.length} pixels`);
      out.set(packed.subarray(at, at + count), to);
      at += control + 1;
      to += count;
    } else if (control > 128) {
      const count = Math.min(257 - control, out.length - to);
      out.fill(packed[at++] ?? 0, to, to + count);
      to += count;
    }
  }
}
