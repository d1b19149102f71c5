import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeMedia, type MediaFacts, type MediaLimits } from './describe.ts';
import { buildDicom, textElement } from '@fovea/medical/dicom/write.ts';
import { writeNifti } from '@fovea/medical/nifti/write.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-describe-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function describeBytes(bytes: Uint8Array, limits?: MediaLimits): Promise<MediaFacts> {
  const path = join(folder, `${Math.random()}`);
  await writeFile(path, bytes);
  return describeMedia({ path, size: (await stat(path)).size, ...(limits ? { limits } : {}) });
}

/** A noisy picture, so that its bytes are many and cutting them shows. */
function noise(width: number, height: number) {
  return sharp({ create: { width, height, channels: 3, background: 'white', noise: { type: 'gaussian', mean: 128, sigma: 40 } } });
}

describe('pictures', () => {
  it('are measured upright', async () => {
    const file = await noise(40, 20).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    expect(await describeBytes(file)).toMatchObject({ kind: 'image', width: 20, height: 40, orientation: 6, channels: 3, bitDepth: 8, frames: 1, hasAlpha: false });
  });

  it('tell their samples: 16 bits, alpha', async () => {
    const file = await sharp(new Uint16Array(10 * 10 * 4).fill(700), { raw: { width: 10, height: 10, channels: 4 } })
      .toColourspace('rgb16')
      .png()
      .toBuffer();
    expect(await describeBytes(file)).toMatchObject({ bitDepth: 16, channels: 4, hasAlpha: true, summary: { bitDepth: 16, hasAlpha: true } });
  });

  it('tell when, where and with what they were taken', async () => {
    const file = await noise(16, 16)
      .withExif({
        IFD0: { Make: 'Fovea', Model: 'Sample 1' },
        IFD2: { DateTimeOriginal: '2025:03:09 07:08:09', OffsetTimeOriginal: '+02:00', FNumber: '28/10', ISOSpeedRatings: '400' },
        IFD3: { GPSLatitudeRef: 'S', GPSLatitude: '33/1 30/1 0/1', GPSLongitudeRef: 'E', GPSLongitude: '151/1 15/1 36/1' },
      })
      .jpeg()
      .toBuffer();
    const { capturedAt, summary } = await describeBytes(file);
    expect(capturedAt).toBe('2025-03-09T07:08:09+02:00');
    expect(summary).toMatchObject({
      camera: { make: 'Fovea', model: 'Sample 1' },
      exposure: { fNumber: 2.8, iso: 400 },
      location: { latitude: -33.5, longitude: 151.26 },
      capturedAt: '2025-03-09T07:08:09+02:00',
    });
  });

  it('that move have frames and a duration', async () => {
    const pages = await sharp(Buffer.alloc(8 * 24 * 3, 90).fill(10, 0, 8 * 8 * 3).fill(200, 8 * 16 * 3), { raw: { width: 8, height: 24, channels: 3, pageHeight: 8 } })
      .gif({ delay: [100, 200, 300] })
      .toBuffer();
    expect(await describeBytes(pages)).toMatchObject({ mediaType: 'image/gif', width: 8, height: 8, frames: 3, durationSeconds: 0.6, fps: 5 });
  });

  it.each(['jpeg', 'png', 'webp', 'gif', 'tiff'] as const)('that are cut off have a problem: %s', async (format) => {
    const whole = await noise(300, 200).toFormat(format).toBuffer();
    expect(await describeBytes(whole)).not.toHaveProperty('problem');
    const facts = await describeBytes(whole.subarray(0, whole.length * 0.6));
    expect(facts).toMatchObject({ kind: 'image', mediaType: `image/${format}` });
    expect(facts.problem).toMatch(/cut off|cannot be read/);
  });

  it('beyond the limit have a problem, and their sides', async () => {
    const facts = await describeBytes(await noise(100, 50).png().toBuffer(), { maxPixels: 4_000 });
    expect(facts).toMatchObject({ width: 100, height: 50, problem: 'The picture has more than 4,000 pixels.' });
  });

  it('that cannot be decoded are named, with their sides where the header has them', async () => {
    const bmp = Buffer.from('424d460000000000000036000000280000000300000002000000010018000000000010000000', 'hex');
    expect(await describeBytes(bmp)).toMatchObject({ mediaType: 'image/bmp', width: 3, height: 2, problem: 'BMP pixels cannot be decoded here.' });
    const jp2 = Buffer.concat([Buffer.from('ff4fff5100290000', 'hex'), Buffer.from('00000140000000f00000000000000000', 'hex'), Buffer.alloc(30)]);
    expect(await describeBytes(jp2)).toMatchObject({ mediaType: 'image/jp2', width: 320, height: 240, problem: 'JPEG 2000 pixels cannot be decoded here.' });
    expect((await describeBytes(Buffer.from('ff0afa1f', 'hex'))).problem).toBe('JPEG XL pixels cannot be decoded here.');
  });
});

describe('scans', () => {
  it('DICOM and NIfTI files are described by their own readers', async () => {
    const uid = [textElement(0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.7'), textElement(0x00080018, 'UI', '2.25.1')];
    expect(await describeBytes(buildDicom([...uid, textElement(0x00080060, 'CS', 'OT')]))).toMatchObject({ kind: 'dicom', summary: { modality: 'OT' } });
    const nifti = writeNifti({ dims: [4, 3, 2], data: new Uint8Array(24), affine: [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]] });
    expect(await describeBytes(nifti)).toMatchObject({ kind: 'nifti', width: 4, height: 3, frames: 2 });
  });
});

describe('documents', () => {
  const page = (count: number): string => `1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj\n2 0 obj <</Type /Pages /Kids [3 0 R] /Count ${count}>> endobj\n`;

  it('PDF pages are counted, in plain and in compressed page trees', async () => {
    expect(await describeBytes(Buffer.from(`%PDF-1.4\n${page(12)}%%EOF\n`))).toMatchObject({ kind: 'pdf', pages: 12, summary: { pages: 12 } });
    const packed = deflateSync(Buffer.from('1 0 2 40 <</Type/Catalog/Pages 2 0 R>> <</Count 31/Type/Pages/Kids[3 0 R 4 0 R]>>'));
    const modern = Buffer.concat([Buffer.from(`%PDF-1.7\n5 0 obj <</Type/ObjStm/N 2/First 9/Length ${packed.length}/Filter/FlateDecode>>\nstream\n`), packed, Buffer.from('\nendstream endobj\n%%EOF')]);
    expect((await describeBytes(modern)).pages).toBe(31);
  });

  it('a PDF without its end has a problem', async () => {
    expect((await describeBytes(Buffer.from(`%PDF-1.4\n${page(12)}`))).problem).toMatch(/cut off/);
  });
});

describe('bad files', () => {
  it('an empty file has a problem', async () => {
    expect(await describeBytes(new Uint8Array())).toEqual({ kind: 'other', mediaType: 'application/octet-stream', problem: 'The file is empty.' });
  });

  it.each([
    ['image/png', '89504e470d0a1a0a00000000'],
    ['image/jpeg', 'ffd8ffe000104a464946'],
    ['video/mp4', '000000186674797069736f6d0000020069736f6d61766331ffffffff'],
    ['video/webm', '1a45dfa39f4286810142f7810142f2810442f381084282847765626d'],
    ['audio/wav', '524946460000000057415645666d7420'],
  ])('%s with nothing behind its first bytes has a problem', async (mediaType, hex) => {
    const facts = await describeBytes(Buffer.from(hex, 'hex'));
    expect(facts.mediaType).toBe(mediaType);
    expect(facts.problem).toBeTruthy();
  });

  it('a file that is not there is an error, not a fact', async () => {
    await expect(describeMedia({ path: join(folder, 'nowhere'), size: 1 })).rejects.toThrow(/ENOENT/);
  });
});
