import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as arbitrary from '../test/arbitrary.ts';
import { FormatError, type Format, type LabelledItem } from './dataset.ts';
import { collectFiles, decodeText, encodeText, memorySource } from './files.ts';
import { formats } from './formats.ts';

/**
 * The same datasets and changes every time. Another seed, such as a night's run may take, is given by FOVEA_FUZZ_SEED, and how many of
 * them in a row by FOVEA_FUZZ_SEEDS.
 */
const firstSeed = Number(process.env['FOVEA_FUZZ_SEED'] ?? 11);
const seeds = Array.from({ length: Number(process.env['FOVEA_FUZZ_SEEDS'] ?? 1) }, (_, index) => firstSeed + index);
/** Broken sets of files for each seed. */
const runs = 40;

/** A dataset of every kind of item and label. */
function datasetOf(seed: number) {
  const [items = []] = fc.sample(
    arbitrary.items.filter((list) => list.length === 5),
    { seed, numRuns: 1 },
  );
  const [labels = { labels: [] }] = fc.sample(arbitrary.labelSet, { seed, numRuns: 1 });
  return { items, labels };
}

const odd = ['"', '}', '[', ',', '-1', '1e999', '\0', '../../', '<', '&', '99999999999', 'null'];
/** What stands where something else was expected: values that are whole in JSON, XML attributes and tables. */
const oddValues = ['-1', '0', '1e999', '99999999999', '0.5', '-0.0', 'NaN', 'null', 'true', '[]', '{}', '""', '"x"', '"../../x"', '"\\u0000"', '[[]]', '[-1e9,1e9]', '"99999999999"', '[{}]'];

/** Bytes that are put in or taken away at some place; or a number, text or word that becomes another. */
type Change =
  | { kind: 'bytes'; file: number; at: number; bytes: Uint8Array; drop: number }
  | { kind: 'value'; file: number; at: number; value: string };

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({
    kind: fc.constant('bytes' as const),
    file: fc.nat(),
    at: fc.nat(),
    bytes: fc.oneof(fc.uint8Array({ maxLength: 6 }), fc.constantFrom(...odd.map(encodeText))),
    drop: fc.oneof(fc.nat(8), fc.nat(4000)),
  }),
  fc.record({ kind: fc.constant('value' as const), file: fc.nat(), at: fc.nat(), value: fc.constantFrom(...oddValues) }),
);

function changed(files: Record<string, Uint8Array>, changes: readonly Change[]): Record<string, Uint8Array> {
  const result = { ...files };
  const paths = Object.keys(files);
  for (const one of changes) {
    const path = paths[one.file % paths.length]!;
    const content = result[path]!;
    result[path] = one.kind === 'bytes' ? withBytes(content, one) : withValue(content, one);
  }
  return result;
}

function withBytes(content: Uint8Array, { at, bytes, drop }: Change & { kind: 'bytes' }): Uint8Array {
  const place = at % (content.length + 1);
  return Uint8Array.of(...content.subarray(0, place), ...bytes, ...content.subarray(place + drop));
}

const token = /-?\d+(?:\.\d+)?(?:e[-+]?\d+)?|"(?:[^"\\]|\\.)*"|\b(?:true|false|null)\b/g;

function withValue(content: Uint8Array, { at, value }: Change & { kind: 'value' }): Uint8Array {
  // Tables of columns and pictures are no text.
  if (content.includes(0)) return content;
  const text = decodeText(content);
  const tokens = [...text.matchAll(token)];
  const chosen = tokens[at % Math.max(1, tokens.length)];
  if (!chosen) return content;
  return encodeText(`${text.slice(0, chosen.index)}${value}${text.slice(chosen.index + chosen[0].length)}`);
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

/** The files of a dataset that changes are made to. */
async function filesOf(format: Format, seed: number): Promise<Record<string, Uint8Array>> {
  const { items, labels } = datasetOf(seed);
  const media = (list: readonly LabelledItem[]) => list.flatMap((item) => format.mediaPath(item) ?? []);
  const written = await collectFiles(format.write(items, labels).pieces);
  const files = { ...written, ...Object.fromEntries(media(items).map((path) => [path, new Uint8Array(0)])) };
  return Object.fromEntries(Object.entries(files).filter(([, bytes]) => bytes.length < 100_000));
}

describe.each(formats.filter((format) => format.read).map((format) => [format.name, format] as const))(
  '%s',
  (_, format) => {
    it('survives broken files', { timeout: 60_000 + seeds.length * 30_000 }, async () => {
      for (const seed of seeds) {
        const files = await filesOf(format, seed);
        await fc.assert(
          fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
            expect(await endsWell(format, changed(files, changes))).toBe(true);
          }),
          { seed, numRuns: runs, interruptAfterTimeLimit: 20_000 },
        );
      }
    });
  },
);
