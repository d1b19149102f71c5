import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { analyticBench, readJson } from '../test-support/bench.ts';
import { randomNumbers } from '../test-support/random.ts';

const bench = analyticBench();

/** A picture of shapes, another for each seed. */
async function picture(seed: number): Promise<Buffer> {
  const random = randomNumbers(seed);
  const shapes = Array.from({ length: 14 }, () => {
    const [x, y, r] = [random() * 600, random() * 400, 20 + random() * 90];
    const colour = `rgb(${[random(), random(), random()].map((value) => Math.round(value * 255)).join(',')})`;
    return random() < 0.5
      ? `<circle cx="${x}" cy="${y}" r="${r}" fill="${colour}"/>`
      : `<rect x="${x}" y="${y}" width="${r * 2}" height="${r}" fill="${colour}"/>`;
  });
  return sharp(
    Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="600" height="400"><rect width="100%" height="100%" fill="#99a"/>${shapes.join('')}</svg>`,
    ),
  )
    .removeAlpha()
    .png()
    .toBuffer();
}

describe('near duplicates', () => {
  it('groups versions of one picture and keeps others apart', async () => {
    const originals = await Promise.all(
      Array.from({ length: 30 }, async (_, i) => bench.file(`p${i}.png`, await picture(i + 1))),
    );
    const source = sharp(await picture(4));
    const versions = {
      'small.jpg': source.clone().resize(200).jpeg({ quality: 60 }),
      'bright.webp': source.clone().linear(1.1, 8).webp({ quality: 70 }),
      'noisy.jpg': source.clone().jpeg({ quality: 15 }),
    };
    const paths = await Promise.all(
      Object.entries(versions).map(async ([name, image]) => bench.file(name, await image.toBuffer())),
    );
    const mirrored = await bench.file('mirrored.png', await source.clone().flop().png().toBuffer());
    const copy = await bench.file('copy.png', await picture(9));
    const { files, labels, summary } = await bench.run('near-duplicates', {
      images: [...originals, ...paths, mirrored, copy],
    });
    const groups = await readJson<{ name: string; distance: number }[][]>(files[0]!.path);
    const names = groups
      .map((group) => group.map(({ name }) => name).toSorted())
      .toSorted((a, b) => a.length - b.length);
    expect(names).toEqual([
      ['copy.png', 'p8.png'],
      ['bright.webp', 'noisy.jpg', 'p3.png', 'small.jpg'],
    ]);
    expect(groups.find((group) => group.length === 4)!.at(-1)!.name).toBe('small.jpg');
    expect(labels).toHaveLength(4);
    expect(summary).toEqual({ images: 35, groups: 2, duplicates: 4 });
    const withMirrored = await bench.run('near-duplicates', { images: [...originals, mirrored] }, { mirrored: true });
    expect(withMirrored.summary).toMatchObject({ groups: 1, duplicates: 1 });
  });

  it('tells flat pictures apart by their colour', async () => {
    const flat = async (name: string, background: string) =>
      bench.file(
        name,
        await sharp({ create: { width: 90, height: 60, channels: 3, background } })
          .png()
          .toBuffer(),
      );
    const { summary } = await bench.run('near-duplicates', {
      images: [
        await flat('a.png', '#ffffff'),
        await flat('b.png', '#fefefe'),
        await flat('c.png', '#202020'),
        await flat('d.png', '#c02020'),
      ],
    });
    expect(summary).toEqual({ images: 4, groups: 1, duplicates: 1 });
  });
});
