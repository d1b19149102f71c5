import type { Format, LabelledItem, WriteOptions } from './dataset.ts';
import { concatBytes, encodeText, type FilePiece } from './files.ts';
import { fittingOf } from './fit.ts';
import { extensionOf } from './paths.ts';
import { Shards } from './shards.ts';
import { exact, tableOf } from './table.ts';
import { type WriteContext, writingOf } from './writing.ts';

const table = tableOf({
  types: {
    classification: exact,
    point: exact,
    box: exact,
    rotated_box: exact,
    polygon: exact,
    polyline: exact,
    ellipse: exact,
    cuboid: exact,
    keypoints: exact,
    mask: exact,
    text: exact,
    volume: exact,
  },
  annotation: {
    holes: exact,
    attributes: exact,
    confidence: exact,
    group: exact,
    zOrder: exact,
    frame: exact,
    frameRange: exact,
    track: exact,
    trackFlags: exact,
    trackAttributes: exact,
    id: exact,
    source: exact,
  },
  item: { frames: exact, fps: exact, mediaType: exact, sha256: exact, split: exact, metadata: exact },
  label: { color: exact, parent: exact, attributes: exact, skeleton: exact, unused: exact },
});
const rules = { table };

/** WebDataset: tar shards, each item a JSON file with all its labels and the media under the same number. */
export const webdataset: Format = {
  name: 'webdataset',
  title: 'WebDataset shards (export)',
  reference: 'https://github.com/webdataset/webdataset',
  extensions: ['tar'],
  table,
  detect: async () => 0,
  write: (items, labels, options) => writingOf(rules, items, labels, options, writeShards),
  fitting: (labels, options) => fittingOf(rules, labels, options),
  mediaPath: () => undefined,
};

async function* writeShards({ items, labels, options }: WriteContext): AsyncIterable<FilePiece> {
  const shards = new Shards(options, 'tar', new Uint8Array(1024));
  let number = 0;
  for await (const item of items) {
    const key = String(number).padStart(9, '0');
    number += 1;
    yield* shards.add(item.split, await membersOf(item, key, options));
  }
  yield* shards.rest();
  yield { path: 'labels.json', bytes: encodeText(`${JSON.stringify(labels())}\n`) };
}

async function membersOf(item: LabelledItem, key: string, options: WriteOptions): Promise<Uint8Array[]> {
  const { file: _, ...record } = item;
  const members = tarMember(`${key}.json`, encodeText(`${JSON.stringify(record)}\n`));
  const media = options.openMedia?.(item);
  if (media === undefined) return members;
  return [
    ...members,
    ...tarMember(`${key}.${extensionOf(item.path) || 'bin'}`, concatBytes(await Array.fromAsync(media))),
  ];
}

/**
 * A file in a tar archive (POSIX.1-1988 ustar): a header of 512 bytes, the bytes, and zeros up to a multiple of 512.
 * Owner 0, time 0, so that equal files give equal archives. @param name ASCII of at most 100 characters.
 */
export function tarMember(name: string, bytes: Uint8Array): Uint8Array[] {
  const header = new Uint8Array(512);
  const put = (at: number, text: string) => header.set(encodeText(text), at);
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`;
  put(0, name);
  put(100, octal(0o644, 8));
  put(108, octal(0, 8));
  put(116, octal(0, 8));
  put(124, octal(bytes.length, 12));
  put(136, octal(0, 12));
  put(148, ' '.repeat(8));
  put(156, '0');
  put(257, 'ustar\u000000');
  put(
    148,
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
  );
  return [header, bytes, new Uint8Array((512 - (bytes.length % 512)) % 512)];
}
