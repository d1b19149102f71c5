import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as arbitrary from '../test/arbitrary.ts';
import { difference, itemDifference } from '../test/equality.ts';
import type { Format, LabelledItem, LabelSet, Reading } from './dataset.ts';
import { collectFiles, memorySource } from './files.ts';
import { formats } from './formats.ts';

async function written(format: Format, items: readonly LabelledItem[], labels: LabelSet) {
  const writing = format.write(items, labels);
  return { files: await collectFiles(writing.pieces), report: writing.report() };
}

async function drain(reading: Reading): Promise<LabelledItem[]> {
  return Array.fromAsync(reading.items);
}

/** The written files, with empty media where the format wants them. */
function withMedia(format: Format, files: Record<string, Uint8Array>, items: readonly LabelledItem[]) {
  const media = items.flatMap((item) => format.mediaPath(item) ?? []);
  return memorySource({ ...Object.fromEntries(media.map((path) => [path, new Uint8Array(0)])), ...files });
}

describe.each(formats.filter((format) => format.read).map((format) => [format.name, format] as const))(
  '%s',
  (_, format) => {
    it('reads what it wrote, equal up to its table', async () => {
      await fc.assert(
        fc.asyncProperty(arbitrary.items, arbitrary.labelSet, async (items, labels) => {
          const fitting = format.fitting(labels);
          const expected = items.flatMap((item) => fitting.fit(item) ?? []);
          const { files, report } = await written(format, items, labels);
          expect(report).toEqual(fitting.report());
          const facts = new Map(
            items.map((item) => [
              item.path,
              { width: item.width, height: item.height, frames: item.frames, fps: item.fps },
            ]),
          );
          const reading = format.read!(withMedia(format, files, expected), { mediaOf: (path) => facts.get(path) });
          const found = new Map((await drain(reading)).map((item) => [item.path, item]));
          expect([...found.keys()].sort()).toEqual(expected.map((item) => item.path).sort());
          for (const item of expected)
            expect(itemDifference(item, found.get(item.path)!, format.table)).toBeUndefined();
          expect(reading.report()).toMatchObject({ items: expected.length, approximated: 0, dropped: 0 });
          expect(labelDifference(format, fitting.labels(), reading.labels())).toBeUndefined();
        }),
        { numRuns: 40 },
      );
    });

    it('accounts for every annotation', async () => {
      await fc.assert(
        fc.asyncProperty(arbitrary.items, arbitrary.labelSet, async (items, labels) => {
          const { report } = await written(format, items, labels);
          const fitting = format.fitting(labels);
          expect(report.items).toBe(items.filter((item) => fitting.fit(item)).length);
          const leftOut = report.notes.filter((note) => note.how.startsWith('item ')).length;
          expect(report.items + leftOut).toBe(items.length);
          const counted = report.kept + report.approximated + report.dropped;
          expect(counted).toBe(items.reduce((sum, item) => sum + item.annotations.length, 0));
        }),
        { numRuns: 20 },
      );
    });

    it('writes equal bytes for equal items', async () => {
      await fc.assert(
        fc.asyncProperty(arbitrary.items, arbitrary.labelSet, async (items, labels) => {
          const [first, second] = [
            await written(format, items, labels),
            await written(format, structuredClone(items), labels),
          ];
          expect(second.files).toEqual(first.files);
        }),
        { numRuns: 5 },
      );
    });
  },
);

/** Labels are compared by what the table says is carried. */
function labelDifference({ table }: Format, expected: LabelSet, actual: LabelSet): string | undefined {
  for (const label of expected.labels) {
    const found = actual.labels.find((other) => other.name === label.name);
    if (found === undefined) {
      if (table.label.unused.fit === 'exact') return `label ${label.name} is missing`;
      continue;
    }
    for (const feature of ['color', 'parent', 'skeleton'] as const) {
      if (table.label[feature].fit !== 'exact' || label[feature] === undefined) continue;
      const differs = difference(label[feature], found[feature], 0, `${label.name}.${feature}`);
      if (differs !== undefined) return differs;
    }
  }
  return undefined;
}
