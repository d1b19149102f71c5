import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DicomError } from './error.ts';
import { parseDicom } from './parse.ts';
import { decodeFrame } from './pixels.ts';
import { rawFrame, renderDicomFrame } from './render.ts';
import { sampleCt, sampleFile, syntaxUids } from './sample-files.ts';
import type { SampleElement, SampleFragments, SampleImage } from './sample-files.ts';
import { encodeDcOnlyJpeg, encodeLosslessJpeg } from './sample-jpeg.ts';

const jpegUids = { baseline: '1.2.840.10008.1.2.4.50', extended: '1.2.840.10008.1.2.4.51', lossless: '1.2.840.10008.1.2.4.70', ls: '1.2.840.10008.1.2.4.80', j2k: '1.2.840.10008.1.2.4.90' };

let folder = '';
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'dicom-'))));
afterAll(() => rm(folder, { recursive: true }));

async function save(bytes: Uint8Array): Promise<string> {
  const path = join(folder, 'file.dcm');
  await writeFile(path, bytes);
  return path;
}

async function decoded(bytes: Uint8Array, frame = 0): Promise<number[]> {
  return Array.from((await decodeFrame(parseDicom(bytes), frame)).data);
}

function compressed(transferSyntax: string, pixels: SampleFragments, image: SampleImage = {}, extra: SampleElement[] = []): Uint8Array {
  return sampleFile(sampleCt({ ...image, extra: [...extra, [0x7fe00010, 'OB', pixels]] }), { transferSyntax });
}

const ramp = (count: number, first = 0): number[] => Array.from({ length: count }, (_, at) => at + first);

describe('native frames', () => {
  it.each(Object.entries(syntaxUids).slice(0, 4))('%s: every frame of a multi-frame', async (_, transferSyntax) => {
    const bytes = sampleFile(sampleCt({ frames: 3 }), { transferSyntax });
    expect(await decoded(bytes, 0)).toEqual(ramp(24));
    expect(await decoded(bytes, 2)).toEqual(ramp(24, 2));
    await expect(decoded(bytes, 3)).rejects.toThrow(/no frame 3/);
  });

  it('sign-extends and masks to the bits stored', async () => {
    const extra: SampleElement[] = [[0x00280101, 'US', 12], [0x00280102, 'US', 11], [0x00280103, 'US', 1], [0x00280010, 'US', 1], [0x00280011, 'US', 3], [0x7fe00010, 'OW', [0xf001, 0x0fff, 0x0800]]];
    expect(await decoded(sampleFile(sampleCt({ extra })))).toEqual([1, -1, -2048]);
  });

  it('unpacks bits over frames that do not start at a byte', async () => {
    const extra: SampleElement[] = [[0x00280100, 'US', 1], [0x00280101, 'US', 1], [0x00280102, 'US', 0], [0x00280008, 'IS', '3'], [0x00280010, 'US', 1], [0x00280011, 'US', 3], [0x7fe00010, 'OB', Uint8Array.of(0b11_010_101, 0b1)]];
    const bytes = sampleFile(sampleCt({ extra }));
    expect(await decoded(bytes, 0)).toEqual([1, 0, 1]);
    expect(await decoded(bytes, 1)).toEqual([0, 1, 0]);
    expect(await decoded(bytes, 2)).toEqual([1, 1, 1]);
  });

  it('reads colours by plane, 4:2:2, 32 bits and floats', async () => {
    const colour: SampleElement[] = [[0x00280002, 'US', 3], [0x00280004, 'CS', 'RGB'], [0x00280010, 'US', 1], [0x00280011, 'US', 2], [0x00280100, 'US', 8], [0x00280101, 'US', 8], [0x00280102, 'US', 7]];
    const planar = sampleFile(sampleCt({ extra: [...colour, [0x00280006, 'US', 1], [0x7fe00010, 'OB', [1, 2, 3, 4, 5, 6]]] }));
    expect(await decoded(planar)).toEqual([1, 3, 5, 2, 4, 6]);
    const halved = colour.map((element): SampleElement => (element[0] === 0x00280004 ? [0x00280004, 'CS', 'YBR_FULL_422'] : element));
    expect(await decoded(sampleFile(sampleCt({ extra: [...halved, [0x7fe00010, 'OB', [10, 20, 100, 200]]] })))).toEqual([10, 100, 200, 20, 100, 200]);
    const size: SampleElement[] = [[0x00280010, 'US', 1], [0x00280011, 'US', 2], [0x00280100, 'US', 32], [0x00280101, 'US', 32], [0x00280102, 'US', 31]];
    expect(await decoded(sampleFile(sampleCt({ extra: [...size, [0x7fe00010, 'OW', Uint8Array.of(0, 0, 0, 0x80, 1, 0, 0, 0)]] })))).toEqual([2 ** 31, 1]);
    const floats = sampleCt({ extra: [...size, [0x7fe00008, 'OF', [1.5, -2]]] }).filter(([tag]) => tag !== 0x7fe00010);
    expect(await decoded(sampleFile(floats))).toEqual([1.5, -2]);
  });

  it('fills a truncated frame with zeros and refuses one without data or with absurd sizes', async () => {
    const whole = sampleFile(sampleCt({ frames: 2 }));
    expect(await decoded(whole.subarray(0, whole.length - 4), 1)).toEqual([...ramp(22, 1), 0, 0]);
    await expect(decoded(whole.subarray(0, whole.length - 48), 1)).rejects.toThrow(/end before this frame/);
    await expect(decoded(sampleFile(sampleCt({ extra: [[0x00280010, 'US', 65535], [0x00280011, 'US', 65535]] })))).rejects.toThrow(/larger than/);
    await expect(decoded(sampleFile(sampleCt({ extra: [[0x00280010, 'US', 9000], [0x00280011, 'US', 9000]] })))).rejects.toThrow(/only 48 are there/);
  });
});

/** RLE of one byte plane: a literal run. */
function rleFrame(planes: readonly number[][]): Uint8Array {
  const segments = planes.map((plane) => [plane.length - 1, ...plane]);
  const header = new Uint32Array(16);
  header[0] = planes.length;
  let at = 64;
  segments.forEach((segment, index) => {
    header[index + 1] = at;
    at += segment.length;
  });
  return Buffer.concat([new Uint8Array(header.buffer), ...segments.map((segment) => Uint8Array.from(segment))]);
}

async function encodeWith(codec: 'charls' | 'openjpeg', values: Uint16Array, columns: number, rows: number): Promise<Uint8Array> {
  const require = createRequire(import.meta.url);
  const factory = require(`@cornerstonejs/codec-${codec}/wasmjs`);
  const module = await factory({ wasmBinary: await readFile(require.resolve(`@cornerstonejs/codec-${codec}/wasm`)), print: () => {} });
  const encoder = codec === 'charls' ? new module.JpegLSEncoder() : new module.J2KEncoder();
  const info = { width: columns, height: rows, bitsPerSample: 16, componentCount: 1, isSigned: false };
  encoder.getDecodedBuffer(info).set(new Uint8Array(values.buffer));
  encoder.encode();
  const out = Uint8Array.from(encoder.getEncodedBuffer());
  encoder.delete();
  return out;
}

describe('encapsulated frames', () => {
  it('RLE, two frames by count', async () => {
    const frame = (first: number): Uint8Array => rleFrame([ramp(24).map(() => 2), ramp(24, first)]);
    const bytes = compressed(syntaxUids.rle, { fragments: [frame(0), frame(5)] }, { frames: 2 });
    expect(await decoded(bytes, 1)).toEqual(ramp(24, 517));
  });

  it('finds frames of several fragments by the offset table and by their markers', async () => {
    const jpeg = [0, 7].map((first) => encodeLosslessJpeg(ramp(24, first), 6, 4, 16));
    const fragments = jpeg.flatMap((data) => [data.subarray(0, 20), data.subarray(20)]);
    const second = fragments.slice(0, 2).reduce((sum, data) => sum + 8 + data.length + (data.length % 2), 0);
    expect(await decoded(compressed(jpegUids.lossless, { fragments, offsets: [0, second] }, { frames: 2 }), 1)).toEqual(ramp(24, 7));
    expect(await decoded(compressed(jpegUids.lossless, { fragments }, { frames: 2 }), 1)).toEqual(ramp(24, 7));
    expect(await decoded(compressed(jpegUids.lossless, { fragments, offsets: [0, 3] }, { frames: 2 }), 1)).toEqual(ramp(24, 7));
    await expect(decoded(compressed(jpegUids.lossless, { fragments }, { frames: 9 }), 1)).rejects.toThrow(/wrong number of frames/);
  });

  it('JPEG lossless, every predictor', async () => {
    const values = ramp(24).map((value) => (value * 7919) % 65536);
    for (let predictor = 1; predictor <= 7; predictor++) {
      expect(await decoded(compressed(jpegUids.lossless, { fragments: [encodeLosslessJpeg(values, 6, 4, 16, predictor)] }))).toEqual(values);
    }
  });

  it('JPEG extended of 12 bits', async () => {
    const image = compressed(jpegUids.extended, { fragments: [encodeDcOnlyJpeg([100, 3000, 4095, 0], 16, 16)] }, { rows: 16, columns: 16 });
    const values = await decoded(image);
    expect([values[0], values[8], values[8 * 16], values[255]]).toEqual([100, 3000, 4095, 0]);
  });

  it.each([['JPEG-LS', 'charls', jpegUids.ls], ['JPEG 2000', 'openjpeg', jpegUids.j2k]] as const)('%s', async (_, codec, uid) => {
    const values = Uint16Array.from(ramp(64 * 64), (value) => (value * 31) % 65536);
    const data = await encodeWith(codec, values, 64, 64);
    const bytes = compressed(uid, { fragments: [data] }, { rows: 64, columns: 64 });
    expect(await decoded(bytes)).toEqual(Array.from(values));
    await expect(decoded(compressed(uid, { fragments: [data] }))).rejects.toThrow(/64 × 64, the header says 6 × 4/);
    await expect(decoded(compressed(uid, { fragments: [data.subarray(0, 60)] }, { rows: 64, columns: 64 }))).rejects.toThrow(DicomError);
    expect(await decoded(bytes)).toEqual(Array.from(values)); // the codec is whole again after a bad stream
  });

  it('JPEG baseline gives RGB', async () => {
    const jpeg = await sharp({ create: { width: 16, height: 16, channels: 3, background: '#c80a1e' } }).jpeg({ quality: 100 }).toBuffer();
    const extra: SampleElement[] = [[0x00280002, 'US', 3], [0x00280004, 'CS', 'YBR_FULL_422'], [0x00280100, 'US', 8], [0x00280101, 'US', 8], [0x00280102, 'US', 7]];
    const [r = 0, g = 0, b = 0] = await decoded(compressed(jpegUids.baseline, { fragments: [jpeg] }, { rows: 16, columns: 16 }, extra));
    expect(Math.max(Math.abs(r - 200), Math.abs(g - 10), Math.abs(b - 30))).toBeLessThanOrEqual(2);
  });

  it('names a syntax that is not supported', async () => {
    await expect(decoded(compressed('1.2.840.10008.1.2.4.102', { fragments: [Uint8Array.of(0, 0, 1, 2)] }))).rejects.toThrow(/H\.264/);
  });
});

async function greys(bytes: Uint8Array, options: Partial<Parameters<typeof renderDicomFrame>[1]> = {}): Promise<number[]> {
  const png = await renderDicomFrame(await save(bytes), { format: 'png', ...options });
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  return Array.from(data).filter((_, at) => at % info.channels === 0);
}

describe('rendering', () => {
  const line = (values: number[], extra: SampleElement[] = []): Uint8Array =>
    sampleFile(sampleCt({ extra: [[0x00280010, 'US', 1], [0x00280011, 'US', values.length], [0x7fe00010, 'OW', values], ...extra] }));

  it('windows real values: LINEAR, LINEAR_EXACT, SIGMOID', async () => {
    // Stored 1024 is 0 after the intercept of −1024.
    const stored = [824, 974, 1024, 1074, 1224];
    expect(await greys(line(stored), { window: { center: 0, width: 201 } })).toEqual([0, 64, 128, 192, 255]);
    expect(await greys(line(stored), { window: { center: 0, width: 200, function: 'LINEAR_EXACT' } })).toEqual([0, 64, 128, 191, 255]);
    const sigmoid = await greys(line(stored), { window: { center: 0, width: 100, function: 'SIGMOID' } });
    expect(sigmoid).toEqual([0, 30, 128, 225, 255]);
  });

  it('takes the window of the header, inverts MONOCHROME1, shrinks', async () => {
    const window: SampleElement[] = [[0x00281050, 'DS', '0'], [0x00281051, 'DS', '201']];
    expect(await greys(line([824, 1224], window))).toEqual([0, 255]);
    expect(await greys(line([824, 1224], [...window, [0x00280004, 'CS', 'MONOCHROME1']]))).toEqual([255, 0]);
    expect(await greys(sampleFile(sampleCt({ rows: 40, columns: 80 })), { maxSize: 8 })).toHaveLength(8 * 4);
  });

  it('falls back on percentiles, which outliers do not move', async () => {
    const values = Array.from({ length: 1000 }, (_, at) => (at === 500 ? 60000 : at % 100));
    const shown = await greys(line(values));
    expect(shown[0]).toBe(0);
    expect(shown[98]).toBeGreaterThan(250);
  });

  it('maps palettes and converts YBR', async () => {
    const small: SampleElement[] = [[0x00280010, 'US', 1], [0x00280011, 'US', 2], [0x00280100, 'US', 8], [0x00280101, 'US', 8], [0x00280102, 'US', 7]];
    const table = (channel: number, values: number[]): SampleElement[] => [[0x00281101 + channel, 'US', [values.length, 5, 16]], [0x00281201 + channel, 'OW', values]];
    const palette = sampleFile(sampleCt({ extra: [...small, [0x00280004, 'CS', 'PALETTE COLOR'], ...table(0, [0xff00, 0x1000]), ...table(1, [0, 0x2000]), ...table(2, [0, 0x3000]), [0x7fe00010, 'OB', [5, 6]]] }));
    const png = await renderDicomFrame(await save(palette), { format: 'png' });
    expect([...(await sharp(png).raw().toBuffer())]).toEqual([255, 0, 0, 16, 32, 48]);
    const ybr = sampleFile(sampleCt({ extra: [...small, [0x00280002, 'US', 3], [0x00280004, 'CS', 'YBR_FULL'], [0x7fe00010, 'OB', [76, 85, 255, 128, 128, 128]]] }));
    expect([...(await sharp(await renderDicomFrame(await save(ybr), { format: 'png' })).raw().toBuffer())]).toEqual([254, 0, 0, 128, 128, 128]);
  });

  it('paints overlays, also those in unused bits', async () => {
    const overlay: SampleElement[] = [[0x60000010, 'US', 1], [0x60000011, 'US', 2], [0x60000040, 'CS', 'G'], [0x60000050, 'SS', [1, 2]], [0x60000100, 'US', 1], [0x60000102, 'US', 0]];
    const window = { center: -1023, width: 100 };
    const plain = await greys(line([0, 0, 0, 0]), { window });
    expect(await greys(line([0, 0, 0, 0], [...overlay, [0x60003000, 'OW', [0b10]]]), { window })).toEqual([plain[0], plain[1], 255, plain[3]]);
    const hidden = overlay.map((element): SampleElement => (element[0] === 0x60000102 ? [0x60000102, 'US', 15] : element[0] === 0x60000100 ? [0x60000100, 'US', 16] : element[0] === 0x60000011 ? [0x60000011, 'US', 4] : element[0] === 0x60000050 ? [0x60000050, 'SS', [1, 1]] : element));
    const bits: SampleElement[] = [[0x00280101, 'US', 12], [0x00280102, 'US', 11]];
    expect(await greys(line([0, 0x8000, 0, 0], [...hidden, ...bits]), { window })).toEqual([plain[0], 255, plain[2], plain[3]]);
  });

  it('gives stored values with their rescale', async () => {
    const raw = await rawFrame(await save(line([0, 1024, 3000])));
    expect(Array.from(raw.data)).toEqual([0, 1024, 3000]);
    expect(raw).toMatchObject({ rows: 1, columns: 3, rescale: { slope: 1, intercept: -1024 } });
    expect(raw).not.toHaveProperty('words');
  });

  it('reads one frame out of a large file', async () => {
    const bytes = sampleFile(sampleCt({ rows: 600, columns: 1000, frames: 9 }));
    expect(bytes.length).toBeGreaterThan(8 * 1024 ** 2);
    const raw = await rawFrame(await save(bytes), 7);
    expect(raw.data[0]).toBe(7);
  });

  it('refuses objects without pixels', async () => {
    await expect(rawFrame(await save(sampleFile([[0x00080060, 'CS', 'SR']])))).rejects.toThrow(/no pixel data/);
  });
});
