import { expect, it } from 'vitest';
import { FormatError, type LabelledItem } from './dataset.ts';
import { collectFiles, memorySource } from './files.ts';
import { parquet } from './parquet.ts';

const path = 'annotations.parquet';
const box = { type: 'box', label: 'cat', geometry: { type: 'box', x: 1, y: 2, width: 3, height: 4 }, attributes: {}, frame: null, endFrame: null, confidence: null, source: 'human' } as const;

/** Whether items have labels changes every fifty rows: the column of types then has its levels as runs. */
const items = Array.from({ length: 200 }, (_, index): LabelledItem => ({
  path: `${index}.png`,
  width: 10,
  height: 10,
  annotations: Math.floor(index / 50) % 2 === 0 ? [] : [{ ...box }],
}));

async function fileOf(list: readonly LabelledItem[]): Promise<Uint8Array> {
  const files = await collectFiles(parquet.write(list, { labels: [{ name: 'cat' }] }).pieces);
  return files[path] ?? new Uint8Array(0);
}

const read = (bytes: Uint8Array) => Array.fromAsync(parquet.read!(memorySource({ [path]: bytes })).items);

/** Puts other bytes in the place of all that are like these. */
function replaced(bytes: Uint8Array, these: readonly number[], others: readonly number[]): { bytes: Uint8Array; count: number } {
  const [result, wanted] = [Buffer.from(bytes), Buffer.from(these)];
  let count = 0;
  for (let at = result.indexOf(wanted); at !== -1; at = result.indexOf(wanted, at + 1)) {
    Buffer.from(others).copy(result, at);
    count += 1;
  }
  return { bytes: result, count };
}

// Two runs of fifty: absent, present, and half of the next; as a run's length stands before its value.
const runs = [100, 0, 100, 1, 100, 0];

it.each([
  ['a run of two thousand million rows', [0xfe, 0xff, 0xff, 0xff, 0x0f, 1]],
  ['a bit-packed run of as many', [0xff, 0xff, 0xff, 0xff, 0x07, 1]],
  ['a bit-packed run of fewer than none', [0xff, 0xff, 0xff, 0xff, 0x0f, 1]],
  ['runs of no rows', [0, 0, 0, 0, 0, 0]],
])('levels with %s end the reading, not the process', { timeout: 60_000 }, async (_, broken) => {
  const { bytes, count } = replaced(await fileOf(items), runs, broken);
  expect(count).toBeGreaterThan(0);
  await expect(read(bytes)).rejects.toThrow(FormatError);
  // The next file is read as if nothing had been.
  expect(await read(await fileOf(items))).toHaveLength(items.length);
});

it.each([
  ['no bytes', Buffer.alloc(0)],
  ['its marks alone', Buffer.from('PAR1PAR1')],
  ['a footer that is longer than the file', Buffer.concat([Buffer.from('PAR1'), Buffer.from([0xff, 0xff, 0xff, 0x7f]), Buffer.from('PAR1')])],
  ['text', Buffer.from('path,width\na.png,3\n')],
])('a file of %s is refused', async (_, bytes) => {
  await expect(read(bytes)).rejects.toThrow(FormatError);
});
