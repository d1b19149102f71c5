import { readFile } from 'node:fs/promises';
import { annotationContent } from '@fovea/contract';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noiseDeviation } from './image-quality/measure.ts';
import { newPlane } from './imaging/plane.ts';
import { drawPortrait } from './test-support/portraits.ts';
import { randomNumbers } from './test-support/random.ts';
import { makeScratch, type Scratch } from './test-support/scratch.ts';
import { tryAnalytic } from './try.ts';

let scratch: Scratch;
beforeAll(async () => {
  scratch = await makeScratch();
});
afterAll(() => scratch.remove());

const run = async (name: string, inputs: Record<string, string | string[]>, parameters: Record<string, unknown> = {}) =>
  tryAnalytic(name, { inputs, parameters, outDir: await scratch.folder() });

async function json<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, 'utf8')) as T;
}

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
    const paths = await Promise.all(Object.entries(files).map(([name, bytes]) => scratch.file(`${name}.png`, bytes)));
    const { labels, files: outputs, summary } = await run('image-quality', { images: paths });
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
    expect(await json<unknown[]>(outputs[0]!.path)).toHaveLength(7);
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

describe('colours', () => {
  it('finds the main colours and their shares', async () => {
    const svg =
      '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="100"><rect width="200" height="100" fill="#2060c0"/><rect width="60" height="100" fill="#e04020"/><rect x="60" width="20" height="100" fill="#f0f0e0"/></svg>';
    const path = await scratch.file('flag.png', await sharp(Buffer.from(svg)).png().toBuffer());
    const { files } = await run('colors', { images: [path, await scratch.file('broken.png', 'x')] });
    const [{ colours }] = await json<[{ colours: { hex: string; share: number }[] }]>(files[0]!.path);
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

describe('near duplicates', () => {
  it('groups versions of one picture and keeps others apart', async () => {
    const originals = await Promise.all(
      Array.from({ length: 30 }, async (_, i) => scratch.file(`p${i}.png`, await picture(i + 1))),
    );
    const source = sharp(await picture(4));
    const versions = {
      'small.jpg': source.clone().resize(200).jpeg({ quality: 60 }),
      'bright.webp': source.clone().linear(1.1, 8).webp({ quality: 70 }),
      'noisy.jpg': source.clone().jpeg({ quality: 15 }),
    };
    const paths = await Promise.all(
      Object.entries(versions).map(async ([name, image]) => scratch.file(name, await image.toBuffer())),
    );
    const mirrored = await scratch.file('mirrored.png', await source.clone().flop().png().toBuffer());
    const copy = await scratch.file('copy.png', await picture(9));
    const { files, labels, summary } = await run('near-duplicates', {
      images: [...originals, ...paths, mirrored, copy],
    });
    const groups = await json<{ name: string; distance: number }[][]>(files[0]!.path);
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
    const withMirrored = await run('near-duplicates', { images: [...originals, mirrored] }, { mirrored: true });
    expect(withMirrored.summary).toMatchObject({ groups: 1, duplicates: 1 });
  });

  it('tells flat pictures apart by their colour', async () => {
    const flat = async (name: string, background: string) =>
      scratch.file(
        name,
        await sharp({ create: { width: 90, height: 60, channels: 3, background } })
          .png()
          .toBuffer(),
      );
    const { summary } = await run('near-duplicates', {
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

describe('dataset statistics', () => {
  it('counts and plots', async () => {
    const box = (x: number, y: number, width: number, height: number) => ({ type: 'box', x, y, width, height });
    const items = [
      {
        path: '/a.jpg',
        mediaType: 'image/jpeg',
        width: 100,
        height: 50,
        bytes: 1_000,
        annotations: [
          { label: 'car', geometry: box(0, 0, 50, 25) },
          { label: 'car', geometry: box(60, 30, 10, 10) },
          { label: '<b>&', type: 'classification' },
        ],
      },
      { path: '/b.jpg', mediaType: 'image/jpeg', width: 200, height: 200, bytes: 3_000, annotations: [] },
      { path: '/c.mp4', mediaType: 'video/mp4', width: 320, height: 240, bytes: 90_000, durationSeconds: 4 },
    ];
    const path = await scratch.file('items.json', JSON.stringify({ items }));
    const { files, summary } = await run('dataset-stats', { items: path });
    expect(summary).toEqual({ items: 3, annotatedItems: 1, annotations: 3, labels: 2, balance: 0.9183 });
    const stats = await json<Record<string, unknown>>(files[0]!.path);
    expect(stats).toMatchObject({
      mediaTypes: { 'image/jpeg': 2, 'video/mp4': 1 },
      annotationTypes: { box: 2, classification: 1 },
      labels: [
        { label: 'car', annotations: 2, items: 1 },
        { label: '<b>&', annotations: 1, items: 1 },
      ],
      width: { least: 100, median: 200, most: 320 },
      objectSize: { count: 2, most: 0.5 },
    });
    expect((stats.places as number[][])[4]![4]).toBe(1);
    for (const file of files.slice(1)) {
      expect((await sharp(await readFile(file.path)).metadata()).format).toBe('svg');
      expect(await readFile(file.path, 'utf8')).not.toContain('<b>');
    }
    const plain = await run('dataset-stats', { items: await scratch.file('list.json', '[]') });
    expect(plain.summary).toMatchObject({ items: 0, balance: null });
  });

  it('names what is wrong with its input', async () => {
    await expect(run('dataset-stats', { items: await scratch.file('half.json', '{"items": [') })).rejects.toThrow(
      'half.json: is not JSON',
    );
    await expect(
      run('dataset-stats', { items: await scratch.file('bad.json', '{"items":[{"width":"wide"}]}') }),
    ).rejects.toMatchObject({ name: 'InputError' });
  });
});

describe('agreement', () => {
  const box = (label: string, x: number, size = 40) =>
    annotationContent.parse({ type: 'box', label, geometry: { type: 'box', x, y: 10, width: size, height: size } });
  const kind = (label: string) =>
    annotationContent.parse({ type: 'classification', label, geometry: { type: 'classification' } });

  it('measures items, people, pairs and labels', async () => {
    const items = [
      {
        id: '1',
        answers: [
          { by: 'ada', annotations: [box('cat', 0), box('dog', 100)] },
          { by: 'bob', annotations: [box('cat', 2), box('dog', 102)] },
          { by: 'eve', annotations: [box('dog', 0)] },
        ],
      },
      {
        id: '2',
        answers: [
          { by: 'ada', annotations: [] },
          { by: 'bob', annotations: [] },
        ],
      },
      { id: '3', answers: [{ by: 'ada', annotations: [box('cat', 5)] }] },
    ];
    const path = await scratch.file('answers.json', JSON.stringify({ items }));
    const { files, summary } = await run('agreement', { answers: path }, { reference: 'ada' });
    const report = await json<{
      items: { agreement: number | null }[];
      people: Record<string, unknown>[];
      pairs: Record<string, unknown>[];
      confusion: unknown;
    }>(files[0]!.path);
    // ada-bob 1; ada-eve and bob-eve: the one common object has another label: 0.
    expect(report.items.map(({ agreement }) => agreement)).toEqual([0.3333, 1, null]);
    expect(report.pairs).toContainEqual({ a: 'ada', b: 'bob', items: 2, agreement: 1, likeness: 0.9048, sameLabel: 1 });
    expect(report.people).toContainEqual({
      by: 'bob',
      items: 2,
      annotations: 2,
      agreement: 0.6667,
      precision: 1,
      recall: 1,
    });
    expect(report.people).toContainEqual({
      by: 'eve',
      items: 1,
      annotations: 1,
      agreement: 0,
      precision: 0,
      recall: 0,
    });
    expect(report.confusion).toEqual({
      labels: ['cat', 'dog'],
      counts: [
        [1, 2],
        [2, 1],
      ],
    });
    expect(summary).toMatchObject({ items: 3, people: 3, agreement: 0.6667, alpha: null });
    for (const file of files.slice(1)) expect((await sharp(await readFile(file.path)).metadata()).format).toBe('svg');
  });

  it('gives Krippendorff α for classifications', async () => {
    const answers = (a: string, b: string) => [
      { by: 'a', annotations: [kind(a)] },
      { by: 'b', annotations: [kind(b)] },
    ];
    const labels = [
      ['x', 'x'],
      ['x', 'x'],
      ['y', 'y'],
      ['y', 'x'],
    ] as const;
    const items = labels.map(([a, b], id) => ({ id: String(id), answers: answers(a, b) }));
    const { summary } = await run('agreement', {
      answers: await scratch.file('kinds.json', JSON.stringify({ items })),
    });
    // Of 8 values 5 are x: expected disagreement 2·5·3/(8·7), observed 2/8; α = 1 − 0.25 / 0.5357.
    expect(summary!.alpha).toBeCloseTo(0.5333, 3);
    await expect(
      run('agreement', { answers: await scratch.file('again.json', JSON.stringify({ items })) }, { reference: 'zoe' }),
    ).rejects.toThrow('nobody called zoe');
  });
});
