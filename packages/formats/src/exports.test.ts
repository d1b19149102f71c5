import { expect, it } from 'vitest';
import type { LabelledAnnotation, LabelledItem } from './dataset.ts';
import { collectFiles, concatBytes, decodeText } from './files.ts';
import { formatNamed } from './detect.ts';
import { crc32c } from './tfrecord.ts';

const annotation = (geometry: LabelledAnnotation['geometry'], label = 'cat'): LabelledAnnotation => ({
  type: geometry.type,
  label,
  geometry,
  attributes: {},
  frame: null,
  endFrame: null,
  confidence: null,
  source: 'human',
});
const item = (path: string, split: string, annotations: LabelledAnnotation[]): LabelledItem => ({
  path,
  width: 100,
  height: 50,
  split,
  annotations,
});
const box = annotation({ type: 'box', x: 10, y: 10, width: 50, height: 20 });
const items = [
  item('a.jpg', 'train', [box, annotation({ type: 'classification' }, 'day')]),
  item('b.jpg', 'val', []),
  item('c.png', 'train', [annotation({ type: 'mask', rle: { size: [50, 100], counts: [10, 40, 4950] } })]),
];

async function* media(text: string) {
  yield new TextEncoder().encode(text);
}

/** The files of a tar archive: header blocks of 512 bytes with name, size and check sum. */
function untar(bytes: Uint8Array): Record<string, Uint8Array> {
  const files: Record<string, Uint8Array> = {};
  for (let at = 0; bytes[at] !== 0;) {
    const header = bytes.subarray(at, at + 512);
    const text = (from: number, length: number) => decodeText(header.subarray(from, from + length)).split('\0')[0]!;
    const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0);
    expect(Number.parseInt(text(148, 8), 8)).toBe(sum);
    const size = Number.parseInt(text(124, 12), 8);
    files[text(0, 100)] = bytes.slice(at + 512, at + 512 + size);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}

it('WebDataset shards hold labels and media by number, and end as tar does', async () => {
  const options = { shardItems: 1, openMedia: (one: LabelledItem) => media(`bytes of ${one.path}`) };
  const files = await collectFiles(
    formatNamed('webdataset')!.write(items, { labels: [{ name: 'cat' }] }, options).pieces,
  );
  expect(Object.keys(files)).toEqual(['train-000000.tar', 'val-000000.tar', 'train-000001.tar', 'labels.json']);
  const first = untar(files['train-000000.tar']!);
  expect(Object.keys(first)).toEqual(['000000000.json', '000000000.jpg']);
  expect(decodeText(first['000000000.jpg']!)).toBe('bytes of a.jpg');
  expect(JSON.parse(decodeText(first['000000000.json']!))).toEqual(JSON.parse(JSON.stringify(items[0])));
  expect(files['train-000000.tar']!.slice(-1024).every((byte) => byte === 0)).toBe(true);
});

/** Fields of a Protocol Buffers message: number → values, as bytes or varints. */
function fields(bytes: Uint8Array): Map<number, (Uint8Array | number)[]> {
  const found = new Map<number, (Uint8Array | number)[]>();
  let at = 0;
  const varint = () => {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = bytes[at++]!;
      value += (byte & 127) * scale;
      scale *= 128;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const length = varint();
    // A varint is its own value; bytes follow their length.
    const read = tag % 8 === 2 ? bytes.subarray(at, (at += length)) : length;
    found.set(Math.floor(tag / 8), [...(found.get(Math.floor(tag / 8)) ?? []), read]);
  }
  return found;
}

function examples(bytes: Uint8Array): Map<string, Map<number, (Uint8Array | number)[]>>[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const unmask = (crc: number) => (crc - 0xa282ead8) >>> 0;
  const rotate = (crc: number) => ((crc >>> 17) | (crc << 15)) >>> 0;
  const list: Map<string, Map<number, (Uint8Array | number)[]>>[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = view.getUint32(at, true);
    const body = bytes.subarray(at + 12, at + 12 + length);
    expect(rotate(unmask(view.getUint32(at + 8, true)))).toBe(crc32c(bytes.subarray(at, at + 8)));
    expect(rotate(unmask(view.getUint32(at + 12 + length, true)))).toBe(crc32c(body));
    const map = fields(fields(body).get(1)![0] as Uint8Array).get(1) ?? [];
    list.push(
      new Map(
        map.map((entry) => [
          decodeText(fields(entry as Uint8Array).get(1)![0] as Uint8Array),
          fields(fields(entry as Uint8Array).get(2)![0] as Uint8Array),
        ]),
      ),
    );
    at += 16 + length;
  }
  return list;
}

it('TFRecord examples have checked records, shares of the picture, classes, masks and media', async () => {
  const options = { openMedia: (one: LabelledItem) => media(`bytes of ${one.path}`) };
  const files = await collectFiles(
    formatNamed('tfrecord')!.write(items, { labels: [{ name: 'cat' }] }, options).pieces,
  );
  expect(Object.keys(files)).toEqual(['train-000000.tfrecord', 'val-000000.tfrecord', 'label_map.pbtxt']);
  const [a, c] = examples(files['train-000000.tfrecord']!);
  const bytesOf = (example: typeof a, name: string) =>
    (fields(example!.get(name)!.get(1)![0] as Uint8Array).get(1) ?? []).map((value) => value as Uint8Array);
  const floatsOf = (example: typeof a, name: string) => {
    const packed = fields(example!.get(name)!.get(2)![0] as Uint8Array).get(1)![0] as Uint8Array;
    return [...new Float32Array(packed.slice().buffer)];
  };
  expect(bytesOf(a, 'image/encoded').map(decodeText)).toEqual(['bytes of a.jpg']);
  expect(bytesOf(a, 'image/object/class/text').map(decodeText)).toEqual(['cat']);
  expect(bytesOf(a, 'image/class/text').map(decodeText)).toEqual(['day']);
  expect(floatsOf(a, 'image/object/bbox/xmax')[0]).toBeCloseTo(0.6, 6);
  expect(bytesOf(c, 'image/object/mask')[0]!.subarray(1, 4)).toEqual(new TextEncoder().encode('PNG'));
  expect(decodeText(files['label_map.pbtxt']!)).toContain('id: 2\n  name: "day"');
});

it('Parquet is written in row groups, read by slices, and whole where there are none', async () => {
  const parquet = formatNamed('parquet')!;
  const many = Array.from({ length: 30 }, (_, i) => item(`${i}.jpg`, 'train', i % 3 === 0 ? [] : [box, box]));
  const files = await collectFiles(
    parquet.write(many, { labels: [{ name: 'cat', color: '#102030' }] }, { shardItems: 7 }).pieces,
  );
  const bytes = files['annotations.parquet']!;
  let sliced = 0;
  const source = {
    async *list() {
      yield { path: 'annotations.parquet', bytes: bytes.length };
    },
    open: () => undefined,
    async slice(_path: string, from: number, to: number) {
      sliced += to - from;
      return bytes.slice(from, to);
    },
  };
  const reading = parquet.read!(source);
  const found = await Array.fromAsync(reading.items);
  expect(found.map(({ path, annotations }) => [path, annotations.length])).toEqual(
    many.map(({ path, annotations }) => [path, annotations.length]),
  );
  expect(reading.labels().labels).toEqual([{ name: 'cat', color: '#102030' }]);
  expect(sliced).toBeGreaterThan(0);
});

it('a spool takes what can only be written at the end', async () => {
  let appended = 0;
  const spool = () => {
    const parts: Uint8Array[] = [];
    return {
      append(bytes: Uint8Array) {
        appended += bytes.length;
        parts.push(bytes);
      },
      async *read() {
        yield concatBytes(parts);
      },
    };
  };
  const plain = await collectFiles(formatNamed('coco')!.write(items, { labels: [] }).pieces);
  const spooled = await collectFiles(formatNamed('coco')!.write(items, { labels: [] }, { spool }).pieces);
  expect(spooled).toEqual(plain);
  expect(appended).toBeGreaterThan(100);
});

it('a report counts all and lists a bounded number', async () => {
  const lines = Array.from({ length: 30 }, (_, i) =>
    annotation({
      type: 'polyline',
      points: [
        [0, 0],
        [i, 1],
      ],
    }),
  );
  const writing = formatNamed('coco')!.write(
    [item('a.jpg', 'train', [box, ...lines])],
    { labels: [] },
    { maxNotes: 10 },
  );
  await collectFiles(writing.pieces);
  const report = writing.report();
  expect(report).toMatchObject({ items: 1, kept: 1, approximated: 0, dropped: 30, omittedNotes: 20 });
  expect(report.notes).toHaveLength(10);
  expect(report.notes[0]).toEqual({
    outcome: 'dropped',
    path: 'a.jpg',
    annotation: '#1 (polyline cat)',
    how: 'polyline: COCO objects are areas or key points',
  });
  expect(report.sums).toEqual([
    { outcome: 'dropped', how: 'polyline: COCO objects are areas or key points', count: 30 },
  ]);
});
