// Photos for benchmarks, and what a bare sharp loop makes of them by the operations of the photo studio's colour step.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { drawPortrait } from '../analytics/test-support/portraits.ts';

/** The studio's parameters of the work that the bare loop does too. */
export const colour = { color_preset: 'none', color_red: 6, color_contrast: 10, color_gamma: 0.1, color_saturation: 8 };

export interface Photo {
  name: string;
  path: string;
}

/** So many photos of 12 megapixels: eight different ones, each under many names, as drawing takes longer than everything else. */
export async function drawPhotos(folder: string, count: number): Promise<Photo[]> {
  await mkdir(folder, { recursive: true });
  const { png } = await drawPortrait({ width: 3_000, height: 4_000, grain: 4, blemishes: true });
  const files: string[] = [];
  for (let number = 0; number < Math.min(count, 8); number++) {
    const path = join(folder, `${number}.jpg`);
    await sharp(png).linear(1, number * 3).jpeg({ quality: 92 }).toFile(path);
    files.push(path);
  }
  return Array.from({ length: count }, (_, number) => ({ name: `photo-${number}.jpg`, path: files[number % files.length] ?? '' }));
}

/** Resize if asked, saturation, gain and offset, gamma by sharp's own operations; two photos at a time, as the studio. */
export async function bareLoop(photos: readonly Photo[], folder: string, width?: number): Promise<void> {
  const chroma = 1 + colour.color_saturation / 50;
  const [r, g, b] = [0.299, 0.587, 0.114].map((weight) => weight * (1 - chroma)) as [number, number, number];
  const matrix: [[number, number, number], [number, number, number], [number, number, number]] = [
    [r + chroma, g, b],
    [r, g + chroma, b],
    [r, g, b + chroma],
  ];
  await mkdir(folder, { recursive: true });
  await inLanes(2, photos, async ({ name, path }) => {
    const upright = sharp(path).autoOrient();
    const sized = width === undefined ? upright : upright.resize({ width });
    await sized.recomb(matrix).linear([1.1, 1.1, 1.1], [-6, -12, -12]).gamma(1.1).jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toFile(join(folder, name));
  });
}

/** Works through a list, so many at a time. */
export async function inLanes<T>(count: number, list: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const queue = list.values();
  await Promise.all(
    Array.from({ length: count }, async () => {
      for (const one of queue) await work(one);
    }),
  );
}

/** How long something takes, in seconds. */
export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1_000;
}

/** How much of a bare loop's pace another way has: the loop runs half before and half after, so that what else the machine does meets both. */
export async function ofBare<T>(list: readonly T[], bare: (part: readonly T[]) => Promise<unknown>, other: () => Promise<unknown>): Promise<{ ratio: number; perSecond: number }> {
  const middle = Math.ceil(list.length / 2);
  const before = await seconds(() => bare(list.slice(0, middle)));
  const took = await seconds(other);
  const after = await seconds(() => bare(list.slice(middle)));
  return { ratio: (before + after) / took, perSecond: list.length / took };
}
