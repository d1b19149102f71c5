import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as arbitrary from '../test/arbitrary.ts';
import { FormatError, type Format, type LabelledItem } from './dataset.ts';
import { collectFiles, memorySource } from './files.ts';
import { formats } from './formats.ts';

/** A dataset of every kind of item and label, always the same. */
const [items = []] = fc.sample(
  arbitrary.items.filter((list) => list.length === 5),
  { seed: 11, numRuns: 1 },
);
const [labels = { labels: [] }] = fc.sample(arbitrary.labelSet, { seed: 11, numRuns: 1 });

/** The same changes every time; another seed, such as a night's run may take, is given by FOVEA_FUZZ_SEED. */
type Change = { file: number; at: number; bytes: Uint8Array; drop: number };

const change: fc.Arbitrary<Change> = fc.record({
  file: fc.nat(),
  at: fc.nat(),
  bytes: fc.oneof(
    fc.uint8Array({ maxLength: 6 }),
    fc.constantFrom(
      ...['"', '}', '[', ',', '-1', '1e999', '\0', '../../', '<', '&', '99999999999', 'null'].map((text) =>
        new TextEncoder().encode(text),
      ),
    ),
  ),
  drop: fc.oneof(fc.nat(8), fc.nat(4000)),
});

function changed(files: Record<string, Uint8Array>, changes: readonly Change[]): Record<string, Uint8Array> {
  const result = { ...files };
  const paths = Object.keys(files);
  for (const { file, at, bytes, drop } of changes) {
    const path = paths[file % paths.length]!;
    const content = result[path]!;
    const place = at % (content.length + 1);
    result[path] = Uint8Array.of(...content.subarray(0, place), ...bytes, ...content.subarray(place + drop));
  }
  return result;
}

/** Whether reading ends well, or says in its own words what is wrong; every path it gives stays in the dataset. */
async function endsWell(format: Format, files: Record<string, Uint8Array>): Promise<boolean> {
  const reading = format.read!(memorySource(files), { mediaOf: () => ({ width: 50, height: 50 }) });
  try {
    for await (const item of reading.items)
      if (item.path.startsWith('/') || item.path.split('/').includes('..')) return false;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
  }
  return reading.report().kept >= 0;
}

describe.each(formats.filter((format) => format.read).map((format) => [format.name, format] as const))(
  '%s',
  (_, format) => {
    it('survives broken files', async () => {
      const media = (list: readonly LabelledItem[]) => list.flatMap((item) => format.mediaPath(item) ?? []);
      const written = await collectFiles(format.write(items, labels).pieces);
      const files = { ...written, ...Object.fromEntries(media(items).map((path) => [path, new Uint8Array(0)])) };
      const small = Object.fromEntries(Object.entries(files).filter(([, bytes]) => bytes.length < 100_000));
      await fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
          expect(await endsWell(format, changed(small, changes))).toBe(true);
        }),
        { seed: Number(process.env['FOVEA_FUZZ_SEED'] ?? 11), numRuns: 80, interruptAfterTimeLimit: 20_000 },
      );
    });
  },
);
