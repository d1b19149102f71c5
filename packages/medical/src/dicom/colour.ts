import type { DataSet } from './dataset.ts';
import { DicomError } from './error.ts';
import type { SampleArray } from './native-pixels.ts';
import type { DicomFrame } from './pixels.ts';

/** Turns a colour frame into 8-bit RGB, interleaved by pixel. */
export function toRgb(dataSet: DataSet, frame: DicomFrame): Uint8Array {
  const { photometric, samplesPerPixel } = frame;
  if (photometric === 'PALETTE COLOR') return applyPalette(dataSet, frame.data);
  if (samplesPerPixel < 3) throw new DicomError(`${photometric} with ${samplesPerPixel} sample(s) per pixel`);
  const bytes = toBytes(frame);
  if (photometric === 'YBR_FULL' || photometric === 'YBR_FULL_422') return fromYbr(bytes, false);
  if (photometric === 'YBR_PARTIAL' || photometric === 'YBR_PARTIAL_422' || photometric === 'YBR_PARTIAL_420') return fromYbr(bytes, true);
  return bytes;
}

/** The first three samples, brought to 8 bits. */
function toBytes({ data, samplesPerPixel, bitsStored }: DicomFrame): Uint8Array {
  if (samplesPerPixel === 3 && data instanceof Uint8Array && bitsStored === 8) return data;
  const pixels = data.length / samplesPerPixel;
  const out = new Uint8Array(pixels * 3);
  const scale = 255 / (2 ** bitsStored - 1);
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let sample = 0; sample < 3; sample++) out[pixel * 3 + sample] = Math.round((data[pixel * samplesPerPixel + sample] ?? 0) * scale);
  }
  return out;
}

function byte(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : Math.round(value);
}

/** ITU-R BT.601 full or studio range (PS3.3 sections C.7.6.3.1.2). */
function fromYbr(ybr: Uint8Array, partial: boolean): Uint8Array {
  const rgb = new Uint8Array(ybr.length);
  const [yScale, yBase, chroma] = partial ? [255 / 219, 16, 255 / 224] : [1, 0, 1];
  for (let at = 0; at + 2 < ybr.length; at += 3) {
    const luma = ((ybr[at] ?? 0) - yBase) * yScale;
    const blue = ((ybr[at + 1] ?? 0) - 128) * chroma;
    const red = ((ybr[at + 2] ?? 0) - 128) * chroma;
    rgb[at] = byte(luma + 1.402 * red);
    rgb[at + 1] = byte(luma - 0.344136 * blue - 0.714136 * red);
    rgb[at + 2] = byte(luma + 1.772 * blue);
  }
  return rgb;
}

/** Palette Color Lookup Tables, plain (0028,1201…) and segmented (0028,1221…), PS3.3 section C.7.6.3.1.5 and C.7.9.2. */
function applyPalette(dataSet: DataSet, data: SampleArray): Uint8Array {
  const tables = [0, 1, 2].map((channel) => paletteChannel(dataSet, channel));
  const rgb = new Uint8Array(data.length * 3);
  tables.forEach(({ first, values }, channel) => {
    const last = values.length - 1;
    for (let at = 0; at < data.length; at++) {
      const index = (data[at] ?? 0) - first;
      rgb[at * 3 + channel] = values[index < 0 ? 0 : index > last ? last : index] ?? 0;
    }
  });
  return rgb;
}

function paletteChannel(dataSet: DataSet, channel: number): { first: number; values: Uint8Array } {
  const [length = 0, first = 0, bits = 16] = dataSet.numbers(0x00281101 + channel) ?? [];
  const count = (length & 0xffff) === 0 ? 65536 : length & 0xffff;
  const plain = dataSet.get(0x00281201 + channel);
  const segmented = dataSet.get(0x00281221 + channel);
  const element = plain ?? segmented;
  if (element === undefined) throw new DicomError('PALETTE COLOR without a palette');
  const bytes = dataSet.value(element);
  const words = paletteWords(bytes, plain !== undefined && bits === 8 && bytes.length <= count + 1, dataSet.encoding.littleEndian);
  const entries = plain === undefined ? expandSegments(words, count) : words.subarray(0, count);
  // 16-bit entries are scaled by their high byte; some writers put 8-bit values into the low byte all the same.
  const isLow = bits <= 8 || entries.every((entry) => entry < 256);
  return { first, values: Uint8Array.from(entries, (entry) => (isLow ? entry : entry >> 8)) };
}

function paletteWords(bytes: Uint8Array, isBytes: boolean, littleEndian: boolean): Uint16Array {
  if (isBytes) return Uint16Array.from(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint16Array.from({ length: bytes.length >> 1 }, (_, at) => view.getUint16(at * 2, littleEndian));
}

/** Segments: 0 discrete, 1 linear from the entry before, 2 indirect (a number of segments, by offset). */
function expandSegments(words: Uint16Array, count: number): Uint16Array {
  const out = new Uint16Array(count);
  let filled = 0;
  const expand = (start: number, segments: number, depth: number): void => {
    let at = start;
    for (let done = 0; done < segments && at + 1 < words.length && filled < count; done++) {
      const [kind = 0, length = 0] = words.subarray(at, at + 2);
      if (kind === 0) {
        for (let index = 0; index < length && filled < count; index++) out[filled++] = words[at + 2 + index] ?? 0;
        at += 2 + length;
      } else if (kind === 1) {
        const from = out[filled - 1] ?? 0;
        const to = words[at + 2] ?? 0;
        for (let index = 1; index <= length && filled < count; index++) out[filled++] = Math.round(from + ((to - from) * index) / length);
        at += 3;
      } else if (kind === 2 && depth === 0) {
        expand((words[at + 2] ?? 0) | ((words[at + 3] ?? 0) << 16), length, 1);
        at += 4;
      } else {
        throw new DicomError('a segmented palette is damaged');
      }
    }
  };
  expand(0, Number.MAX_SAFE_INTEGER, 0);
  return out;
}
