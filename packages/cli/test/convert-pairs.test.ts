// Every format into every other, without a platform: nothing is lost that the reports do not name.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formats } from '@fovea/formats';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { convert, type Converted } from '../src/convert/convert.ts';

const folder = mkdtempSync(join(tmpdir(), 'fovea-pairs-'));
const at = (...names: string[]) => join(folder, ...names);
const readable = formats.filter(({ read }) => read).map(({ name }) => name);

beforeAll(async () => {
  const images = ['street/a.png', 'b.png', 'unlabelled.png'].map((file_name, index) => ({ id: index + 1, file_name, width: 64, height: 48 }));
  for (const { id, file_name } of images) {
    mkdirSync(at('given', 'images', file_name, '..'), { recursive: true });
    writeFileSync(at('given', 'images', file_name), await sharp({ create: { width: 64, height: 48, channels: 3, background: { r: id, g: 1, b: 1 } } }).png().toBuffer());
  }
  const annotations = [
    { id: 1, image_id: 1, category_id: 1, bbox: [4, 8, 16, 24], attributes: { wet: true } },
    { id: 2, image_id: 1, category_id: 2, bbox: [10, 10, 40, 30], segmentation: [[10, 10, 50, 10, 10, 40]] },
    { id: 3, image_id: 1, category_id: 3, bbox: [10, 10, 10, 20], keypoints: [10, 10, 2, 20, 30, 1], num_keypoints: 2 },
    { id: 4, image_id: 2, category_id: 2, iscrowd: 1, bbox: [2, 0, 2, 48], segmentation: { size: [48, 64], counts: [96, 96, 2880] } },
  ];
  const categories = [{ id: 1, name: 'car' }, { id: 2, name: 'dog, big' }, { id: 3, name: 'person', keypoints: ['nose', 'tail'], skeleton: [[1, 2]] }];
  writeFileSync(at('given', 'annotations.json'), JSON.stringify({ images, annotations, categories }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function into(input: string, to: string, output: string): Promise<Converted> {
  return convert({ input, output, from: undefined, to, media: true, write: {}, select: {}, onProgress: () => undefined, onNote: () => undefined });
}

const came = ({ kept, approximated }: Converted['reading']) => kept + approximated;
const left = ({ items, notes }: Converted['writing']) => items + notes.filter(({ how }) => how.startsWith('item ')).length;

test.each(readable)('%s, found out, into every other', { timeout: 120_000 }, async (from) => {
  const there = await into(at('given'), from, at(from));
  expect([there.from, there.items, left(there.writing)]).toEqual(['coco', 3, 3]);
  expect(came(there.writing) + there.writing.dropped).toBe(came(there.reading));
  // Films and whole pictures alone: formats that have no place for any of it.
  if (there.writing.items === 0) return;
  for (const { name: to } of formats) {
    const { from: found, items, reading, writing } = await into(at(from), to, at(`${from}-${to}`));
    expect([to, found, items, left(writing)]).toEqual([to, from, there.writing.items, there.writing.items]);
    // What the format made is read without a loss, and all of it is accounted for in the next.
    expect([to, reading.dropped, reading.approximated, reading.sums]).toEqual([to, 0, 0, []]);
    expect([to, came(writing) + writing.dropped]).toEqual([to, came(reading)]);
  }
});
