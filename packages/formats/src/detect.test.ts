import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import * as arbitrary from '../test/arbitrary.ts';
import { detectFormat, formatNamed, guessFormats } from './detect.ts';
import { collectFiles, memorySource } from './files.ts';
import { formats } from './formats.ts';

const [items = []] = fc.sample(
  arbitrary.items.filter((list) => list.length === 5 && list.every((item) => item.annotations.length > 2)),
  { seed: 5, numRuns: 1 },
);

it.each(formats.filter((format) => format.read).map((format) => [format.name, format] as const))(
  'knows %s by its files',
  async (name, format) => {
    const labels = { labels: [{ name: 'person', skeleton: { points: ['nose', 'left eye', 'tail'], edges: [] } }] };
    // One annotation that every format has: an upright box, with key points and a mask beside it.
    const files = await collectFiles(format.write(items, labels).pieces);
    const fitting = format.fitting(labels);
    const media = items.flatMap((item) => {
      const fitted = fitting.fit(item);
      return (fitted && format.mediaPath(fitted)) ?? [];
    });
    const source = memorySource({ ...files, ...Object.fromEntries(media.map((path) => [path, ''])) });
    const guesses = await guessFormats(source);
    expect(guesses.map((guess) => `${guess.format.name} ${guess.score}`)).toContainEqual(
      expect.stringMatching(`^${name} `),
    );
    expect((await detectFormat(source))?.name).toBe(name);
  },
);

it.each(formats.filter((format) => format.read).map((format) => [format.name, format] as const))(
  'knows and reads %s also when all of it lies in a folder',
  async (name, format) => {
    const labels = { labels: [{ name: 'person', skeleton: { points: ['nose', 'left eye', 'tail'], edges: [] } }] };
    const written = await collectFiles(format.write(items, labels).pieces);
    const fitting = format.fitting(labels);
    const media = items.flatMap((item) => {
      const fitted = fitting.fit(item);
      return (fitted && format.mediaPath(fitted)) ?? [];
    });
    const files = { ...Object.fromEntries(media.map((path) => [path, ''])), ...written };
    const sizes = new Map(items.map(({ path, ...size }) => [path, size]));
    const read = async (prefix: string) => {
      const placed = Object.fromEntries(Object.entries(files).map(([path, bytes]) => [`${prefix}${path}`, bytes]));
      const source = memorySource({ ...placed, [`${prefix}README.md`]: '# A dataset' });
      expect((await detectFormat(source))?.name).toBe(name);
      const mediaOf = (path: string) => sizes.get(path) ?? sizes.get(path.replace(prefix, '')) ?? [...sizes.values()][0];
      const reading = format.read!(source, { mediaOf });
      const found = await Array.fromAsync(reading.items);
      return { paths: found.map(({ path }) => path.replace(prefix, '')).sort(), kept: reading.report().kept };
    };
    expect(await read('my set (2)/')).toEqual(await read(''));
  },
);

it('knows nothing of other files', async () => {
  expect(await detectFormat(memorySource({ 'readme.md': '# hello', 'data.bin': new Uint8Array(10) }))).toBeUndefined();
  expect(await detectFormat(memorySource({}))).toBeUndefined();
});

it('finds formats by name', () => {
  expect(formatNamed('coco')?.title).toContain('COCO');
  expect(formatNamed('nope')).toBeUndefined();
  expect(new Set(formats.map((format) => format.name)).size).toBe(formats.length);
});
