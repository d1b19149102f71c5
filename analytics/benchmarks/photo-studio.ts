/**
 * Photo studio (resize + colour) against a bare sharp loop that does the same to the same photos.
 * Run: node analytics/benchmarks/photo-studio.ts [photos = 200] [rounds = 3]
 * The last line is JSON: {"photos":…,"ratio":…}; ratio = bare seconds / studio seconds, the goal is 0.8 or more.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { drawPortrait } from '../test-support/portraits.ts';
import { makeScratch } from '../test-support/scratch.ts';
import { tryAnalytic } from '../try.ts';

const width = 1_600;
const settings = { color_red: 6, color_contrast: 10, color_gamma: 0.1, color_saturation: 8 };

/** The same colour work as the studio's, as sharp's own operations: saturation, gain and offset, gamma. */
async function bareLoop(files: string[], outDir: string): Promise<void> {
  const chroma = 1 + settings.color_saturation / 50;
  const [r, g, b] = [0.299, 0.587, 0.114].map((weight) => weight * (1 - chroma)) as [number, number, number];
  const matrix: [[number, number, number], [number, number, number], [number, number, number]] = [
    [r + chroma, g, b],
    [r, g + chroma, b],
    [r, g, b + chroma],
  ];
  let next = 0;
  const worker = async () => {
    for (let i = next++; i < files.length; i = next++) {
      await sharp(files[i])
        .autoOrient()
        .resize({ width })
        .recomb(matrix)
        .linear([1.1, 1.1, 1.1], [-6, -12, -12])
        .gamma(1.1)
        .jpeg({ quality: 95, chromaSubsampling: '4:4:4' })
        .toFile(join(outDir, `${i}.jpg`));
    }
  };
  await Promise.all([worker(), worker()]);
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1_000;
}

const count = Number(process.argv[2] ?? 200);
const rounds = Number(process.argv[3] ?? 3);
const scratch = await makeScratch();
try {
  const { png } = await drawPortrait({ width: 3_000, height: 4_000, grain: 4, blemishes: true });
  const files: string[] = [];
  for (let i = 0; i < count; i++) {
    // Eight different photos, each under many names: the files differ, drawing them takes its time.
    const path = join(scratch.dir, `photo-${i}.jpg`);
    if (i < 8)
      await sharp(png)
        .linear(1, i * 3)
        .jpeg({ quality: 92 })
        .toFile(path);
    files.push(i < 8 ? path : (files[i % 8] ?? path));
  }
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const outDir = await scratch.folder();
    await mkdir(outDir, { recursive: true });
    const bare = await seconds(() => bareLoop(files, outDir));
    const parameters = { ...settings, enable_crop: false, resize_width: width };
    const studioDir = await scratch.folder();
    const studio = await seconds(() =>
      tryAnalytic('photo-studio', { inputs: { photos: files }, parameters, outDir: studioDir }),
    );
    ratios.push(bare / studio);
    console.log(
      `round ${round + 1}: bare ${bare.toFixed(2)} s, studio ${studio.toFixed(2)} s, ${(count / studio).toFixed(1)} photos/s, ratio ${(bare / studio).toFixed(2)}`,
    );
  }
  const ratio = ratios.toSorted((a, b) => a - b)[Math.floor(ratios.length / 2)] ?? 0;
  console.log(JSON.stringify({ photos: count, ratio: Math.round(ratio * 100) / 100 }));
} finally {
  await scratch.remove();
}
