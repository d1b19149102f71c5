// What a camera noted is in every format of output, and leaves it when asked.
import { readFile } from 'node:fs/promises';
import readExif from 'exif-reader';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeScratch, type Scratch } from '../test-support/scratch.ts';
import { tryAnalytic } from '../try.ts';
import { embedMetadata } from './container.ts';
import { embedTiff } from './tiff-exif.ts';

let scratch: Scratch;
let photos: string[];

beforeAll(async () => {
  scratch = await makeScratch();
  const exif = {
    IFD0: { Copyright: 'Ada', Make: 'Nikon' },
    IFD2: { DateTimeOriginal: '2024:05:06 07:08:09', FNumber: '28/10', LensModel: 'Nikkor' },
    IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '48/1 8/1 30/1', GPSLongitudeRef: 'E', GPSLongitude: '11/1 34/1 0/1' },
  };
  const jpeg = await sharp({ create: { width: 60, height: 40, channels: 3, background: '#88aacc' } }).withExif(exif).withMetadata({ orientation: 6 }).jpeg().toBuffer();
  // Cameras write either byte order: the same block once more, as a directory of big-endian numbers.
  const block = (await sharp(jpeg).metadata()).exif ?? Buffer.alloc(0);
  const bigEndian = embedTiff(Buffer.from('4d4d002a00000008000000000000', 'hex'), block.subarray(6));
  if (bigEndian.toString('latin1', 0, 2) !== 'MM') throw new Error('The block is not in the other byte order.');
  photos = [await scratch.file('little.jpg', jpeg), await scratch.file('big.jpg', embedMetadata(jpeg, 'jpeg', { exif: bigEndian }))];
});
afterAll(() => scratch.remove());

async function studio(parameters: Record<string, unknown>): Promise<string[]> {
  const made = await tryAnalytic('photo-studio', { inputs: { photos }, parameters: { enable_color: false, enable_crop: false, ...parameters }, outDir: await scratch.folder() });
  return made.files.filter(({ mediaType }) => mediaType.startsWith('image/')).map(({ path }) => path);
}

it.each(['jpeg', 'png', 'webp', 'avif', 'tiff'])('camera, time and place are carried over into %s, upright and without thumbnail', async (output_format) => {
  const files = await studio({ output_format });
  expect(files).toHaveLength(2);
  for (const path of files) {
    const { exif, width, height } = await sharp(path).metadata();
    const { Image, Photo, GPSInfo, Thumbnail } = readExif(output_format === 'tiff' ? await readFile(path) : (exif ?? Buffer.alloc(0)));
    expect([Image?.Copyright, Image?.Make, Image?.Orientation ?? 1, Thumbnail]).toEqual(['Ada', 'Nikon', 1, undefined]);
    expect([Photo?.DateTimeOriginal?.toISOString(), Photo?.FNumber, Photo?.LensModel]).toEqual(['2024-05-06T07:08:09.000Z', 2.8, 'Nikkor']);
    expect([GPSInfo?.GPSLatitudeRef, GPSInfo?.GPSLatitude, GPSInfo?.GPSLongitude]).toEqual(['N', [48, 8, 30], [11, 34, 0]]);
    expect([width, height]).toEqual([40, 60]);
    expect((await sharp(path).removeAlpha().raw().toBuffer()).length).toBe(40 * 60 * 3);
  }
  for (const path of await studio({ output_format, strip_metadata: true })) expect((await readFile(path)).includes('Nikon')).toBe(false);
});
