import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { describeMedia } from './describe.ts';
import { writeNifti } from '@fovea/medical/nifti/write.ts';
import { drawDicomSeries } from './samples/dicom-series.ts';
import { drawVideo } from './samples/video.ts';
import { makeThumbnail, type Thumbnail } from './thumbnail.ts';
import { hasFfmpeg } from './video/test-clips.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-thumbnail-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(() => {
  vi.unstubAllEnvs();
});

async function thumbnailOf(bytes: Uint8Array, size?: number): Promise<Thumbnail | undefined> {
  const path = join(folder, `${Math.random()}`);
  await writeFile(path, bytes);
  const facts = await describeMedia({ path, size: (await stat(path)).size });
  return makeThumbnail({ path, facts, ...(size === undefined ? {} : { size }) });
}

/** Mean red, green, blue of the left and of the right half. */
async function halves({ bytes }: Thumbnail): Promise<number[][]> {
  const { width = 0, height = 0 } = await sharp(bytes).metadata();
  const side = async (left: number): Promise<number[]> => {
    const { channels } = await sharp(await sharp(bytes).extract({ left, top: 0, width: width >> 1, height }).png().toBuffer()).stats();
    return channels.slice(0, 3).map(({ mean }) => mean);
  };
  return [await side(0), await side(width - (width >> 1))];
}

describe('pictures', () => {
  it('are made small, upright, as WebP', async () => {
    // Red above blue; turned by 90° anticlockwise the red half lies on the left.
    const picture = await sharp({ create: { width: 400, height: 800, channels: 3, background: 'blue' } })
      .composite([{ input: { create: { width: 400, height: 400, channels: 3, background: 'red' } }, top: 0, left: 0 }])
      .withMetadata({ orientation: 8 })
      .jpeg()
      .toBuffer();
    const thumbnail = await thumbnailOf(picture);
    expect(thumbnail).toMatchObject({ width: 256, height: 128 });
    expect((await sharp(thumbnail!.bytes).metadata()).format).toBe('webp');
    const [left, right] = await halves(thumbnail!);
    expect(left![0]).toBeGreaterThan(200);
    expect(right![2]).toBeGreaterThan(200);
  });

  it('are never enlarged', async () => {
    const picture = await sharp({ create: { width: 20, height: 10, channels: 3, background: 'red' } }).png().toBuffer();
    expect(await thumbnailOf(picture)).toMatchObject({ width: 20, height: 10 });
    expect(await thumbnailOf(picture, 10)).toMatchObject({ width: 10, height: 5 });
  });

  it('that are damaged are an error', async () => {
    const picture = await sharp({ create: { width: 600, height: 600, channels: 3, background: 'red', noise: { type: 'gaussian', mean: 100, sigma: 50 } } }).png().toBuffer();
    await expect(thumbnailOf(picture.subarray(0, 20_000))).rejects.toThrow(/./);
  });
});

describe('scans', () => {
  it('DICOM files and NIfTI volumes show their middle', async () => {
    for await (const { bytes } of drawDicomSeries({ slices: 1, seed: 1 })) {
      const thumbnail = await thumbnailOf(bytes);
      expect(thumbnail).toMatchObject({ width: 256, height: 256 });
      expect((await sharp(thumbnail!.bytes).stats()).channels[0]!.stdev).toBeGreaterThan(20);
    }
    const data = Uint8Array.from({ length: 40 * 30 * 9 }, (_, at) => (Math.floor(at / 1200) === 4 ? at % 250 : 0));
    const volume = writeNifti({ dims: [40, 30, 9], data, affine: [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]] });
    const thumbnail = await thumbnailOf(volume);
    expect(thumbnail).toMatchObject({ width: 40, height: 30 });
    expect((await sharp(thumbnail!.bytes).stats()).channels[0]!.stdev).toBeGreaterThan(20);
  });
});

describe('videos', () => {
  it.skipIf(!hasFfmpeg)('show a frame at a tenth of their length (needs ffmpeg)', async () => {
    const { bytes } = await drawVideo({ seconds: 1, fps: 10, width: 320, height: 240, seed: 1 });
    const thumbnail = await thumbnailOf(bytes);
    expect(thumbnail).toMatchObject({ width: 256, height: 192 });
    expect((await sharp(thumbnail!.bytes).stats()).channels[0]!.stdev).toBeGreaterThan(5);
  });

  it('have none where there is no ffmpeg', async () => {
    const { bytes } = await drawVideo({ seconds: 0.3, fps: 10, width: 160, height: 120, seed: 1 });
    vi.stubEnv('PATH', folder);
    expect(await thumbnailOf(bytes)).toBeUndefined();
  });
});

it('text has none', async () => {
  expect(await thumbnailOf(Buffer.from('plain text'))).toBeUndefined();
});
