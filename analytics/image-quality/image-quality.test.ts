import { readFile } from 'node:fs/promises';
import { annotationContent } from '@fovea/contract';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { newPlane } from '../imaging/plane.ts';
import { analyticBench, readJson } from '../test-support/bench.ts';
import { drawPortrait } from '../test-support/portraits.ts';
import { randomNumbers } from '../test-support/random.ts';
import { noiseDeviation } from './measure.ts';

const bench = analyticBench();

describe('image quality', () => {
  it('measures noise to a few percent', () => {
    const random = randomNumbers(3);
    for (const sigma of [2, 5, 10]) {
      const plane = newPlane(300, 200);
      for (let i = 0; i < plane.data.length; i++)
        plane.data[i] = 100 + (i % 300) / 3 + (random() + random() + random() + random() - 2) * Math.sqrt(3) * sigma;
      expect(noiseDeviation(plane) / sigma).toBeGreaterThan(0.93);
      expect(noiseDeviation(plane) / sigma).toBeLessThan(1.07);
    }
  });

  it('finds what is blurred, noisy, dark, bright and flat, and nothing on a good photo', async () => {
    const { png } = await drawPortrait({ grain: 2 });
    const noisy = (await drawPortrait({ grain: 20 })).png;
    const files: Record<string, Buffer> = {
      good: png,
      blurred: await sharp(png).blur(8).png().toBuffer(),
      grainyBlur: await sharp(await sharp(png).blur(8).png().toBuffer())
        .composite([{ input: await noise(), blend: 'soft-light' }])
        .png()
        .toBuffer(),
      noisy,
      dark: await sharp(png).linear(0.3, 0).png().toBuffer(),
      bright: await sharp(png).linear(0.3, 190).png().toBuffer(),
      flat: await sharp(png).linear(0.1, 110).png().toBuffer(),
    };
    const paths = await Promise.all(Object.entries(files).map(([name, bytes]) => bench.file(`${name}.png`, bytes)));
    const { labels, files: outputs, summary } = await bench.run('image-quality', { images: paths });
    const findings = Object.fromEntries(
      labels!.map(({ from, annotations }) => [from.name.slice(0, -4), annotations.map(({ label }) => label)]),
    );
    expect(findings.good).toEqual([]);
    expect(findings.blurred).toEqual(['blurred']);
    expect(findings.grainyBlur).toContain('blurred');
    expect(findings.noisy).toEqual(['noisy']);
    expect(findings.dark).toContain('dark');
    expect(findings.bright).toContain('bright');
    expect(findings.flat).toContain('flat');
    for (const { annotations } of labels!) for (const annotation of annotations) annotationContent.parse(annotation);
    expect(await readJson<unknown[]>(outputs[0]!.path)).toHaveLength(7);
    expect(summary).toMatchObject({ images: 7 });
    expect((await sharp(await readFile(outputs[1]!.path)).metadata()).format).toBe('svg');
  });

  async function noise(): Promise<Buffer> {
    const random = randomNumbers(5);
    const data = Buffer.from(Array.from({ length: 660 * 880 }, () => 100 + random() * 56));
    return sharp(data, { raw: { width: 660, height: 880, channels: 1 } })
      .toColourspace('srgb')
      .png()
      .toBuffer();
  }
});
