import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { analyticBench, readJson } from '../test-support/bench.ts';

const bench = analyticBench();

describe('colours', () => {
  it('finds the main colours and their shares', async () => {
    const svg =
      '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="100"><rect width="200" height="100" fill="#2060c0"/><rect width="60" height="100" fill="#e04020"/><rect x="60" width="20" height="100" fill="#f0f0e0"/></svg>';
    const path = await bench.file('flag.png', await sharp(Buffer.from(svg)).png().toBuffer());
    const { files } = await bench.run('colors', { images: [path, await bench.file('broken.png', 'x')] });
    const [{ colours }] = await readJson<[{ colours: { hex: string; share: number }[] }]>(files[0]!.path);
    const channels = (hex: string) => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
    expect(colours).toHaveLength(3);
    for (const [index, [hex, share]] of (
      [
        ['#2060c0', 0.6],
        ['#e04020', 0.3],
        ['#f0f0e0', 0.1],
      ] as const
    ).entries()) {
      expect(colours[index]!.share).toBeCloseTo(share, 1);
      channels(colours[index]!.hex).forEach((value, c) => expect(Math.abs(value - channels(hex)[c]!)).toBeLessThan(8));
    }
    expect(await readFile(files[1]!.path, 'utf8')).toContain('flag.png');
  });
});
