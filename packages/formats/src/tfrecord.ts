import { bounds } from '@fovea/geometry';
import type { Format, LabelledItem, WriteOptions } from './dataset.ts';
import { concatBytes, encodeText, type FilePiece } from './files.ts';
import { type FitRules, fittingOf } from './fit.ts';
import { bitmapOf } from './mask-layers.ts';
import { extensionOf } from './paths.ts';
import { encodePng } from './png.ts';
import { Shards } from './shards.ts';
import { as, dropped, exact, tableOf } from './table.ts';
import { type WriteContext, writingOf } from './writing.ts';

const table = tableOf({
  types: {
    box: exact,
    mask: exact,
    classification: exact,
    polygon: as.pixels,
    rotated_box: as.box,
    ellipse: as.pixels,
    cuboid: as.box,
    keypoints: as.box,
    polyline: as.box,
  },
  annotation: { attributes: dropped('objects have none') },
  item: { sha256: exact, split: exact },
  precisionPx: 1e-3,
});

const rules: FitRules = {
  table,
  annotation: (annotation, item) =>
    item.width > 0 && item.height > 0
      ? { annotations: [annotation], ways: [] }
      : { lost: 'the size of the picture is not known' },
};

/** TFRecord files of `tf.train.Example`, with the feature names of the TensorFlow Object Detection API. Written only. */
export const tfrecord: Format = {
  name: 'tfrecord',
  title: 'TFRecord (export)',
  reference:
    'https://github.com/tensorflow/models/blob/master/research/object_detection/g3doc/using_your_own_dataset.md',
  extensions: ['tfrecord'],
  table,
  detect: async () => 0,
  write: (items, labels, options) => writingOf(rules, items, labels, options, writeRecords),
  fitting: (labels, options) => fittingOf(rules, labels, options),
  mediaPath: () => undefined,
};

async function* writeRecords({ items, labels, options }: WriteContext): AsyncIterable<FilePiece> {
  const shards = new Shards(options, 'tfrecord');
  for await (const item of items) {
    const names = new Map(labels().labels.map(({ name }, index) => [name, index + 1]));
    yield* shards.add(item.split, [recordOf(await exampleOf(item, names, options))]);
  }
  yield* shards.rest();
  const entries = labels().labels.map(
    ({ name }, index) => `item {\n  id: ${index + 1}\n  name: ${JSON.stringify(name)}\n}\n`,
  );
  yield { path: 'label_map.pbtxt', bytes: encodeText(entries.join('')) };
}

type Feature = { bytes: readonly Uint8Array[] } | { floats: readonly number[] } | { ints: readonly number[] };

/** An item as an example. An object without a mask among objects with one has an empty mask. */
async function exampleOf(
  item: LabelledItem,
  names: ReadonlyMap<string, number>,
  options: WriteOptions,
): Promise<Uint8Array> {
  const media = options.openMedia?.(item);
  const objects = item.annotations.filter(({ type }) => type !== 'classification');
  const classes = item.annotations.filter(({ type }) => type === 'classification');
  const boxes = objects.map(({ geometry }) => bounds(geometry) ?? { x: 0, y: 0, width: 0, height: 0 });
  const text = (value: string) => encodeText(value);
  const hasMasks = objects.some(({ type }) => type === 'mask');
  const masks = objects.map((annotation) => {
    const data = bitmapOf(annotation);
    return data ? encodePng({ width: item.width, height: item.height, channels: 1, data }) : new Uint8Array(0);
  });
  const features: Record<string, Feature> = {
    'image/filename': { bytes: [text(item.path)] },
    'image/source_id': { bytes: [text(item.path)] },
    'image/width': { ints: [item.width] },
    'image/height': { ints: [item.height] },
    'image/format': { bytes: [text(extensionOf(item.path) === 'jpg' ? 'jpeg' : extensionOf(item.path))] },
    ...(item.sha256 !== undefined && { 'image/key/sha256': { bytes: [text(item.sha256)] } }),
    ...(media && { 'image/encoded': { bytes: [concatBytes(await Array.fromAsync(media))] } }),
    'image/class/text': { bytes: classes.map(({ label }) => text(label)) },
    'image/class/label': { ints: classes.map(({ label }) => names.get(label) ?? 0) },
    'image/object/bbox/xmin': { floats: boxes.map(({ x }) => x / item.width) },
    'image/object/bbox/xmax': { floats: boxes.map(({ x, width }) => (x + width) / item.width) },
    'image/object/bbox/ymin': { floats: boxes.map(({ y }) => y / item.height) },
    'image/object/bbox/ymax': { floats: boxes.map(({ y, height }) => (y + height) / item.height) },
    'image/object/class/text': { bytes: objects.map(({ label }) => text(label)) },
    'image/object/class/label': { ints: objects.map(({ label }) => names.get(label) ?? 0) },
    ...(hasMasks && { 'image/object/mask': { bytes: masks } }),
  };
  return encodeExample(features);
}

/** `tf.train.Example` (tensorflow/core/example/example.proto) in Protocol Buffers' wire format, features in given order. */
function encodeExample(features: Readonly<Record<string, Feature>>): Uint8Array {
  const entries = Object.entries(features).map(([name, feature]) =>
    field(1, concatBytes([field(1, encodeText(name)), field(2, encodeFeature(feature))])),
  );
  return field(1, concatBytes(entries));
}

function encodeFeature(feature: Feature): Uint8Array {
  if ('bytes' in feature) return field(1, concatBytes(feature.bytes.map((value) => field(1, value))));
  if ('ints' in feature) return field(3, field(1, concatBytes(feature.ints.map(varint))));
  const packed = new DataView(new ArrayBuffer(feature.floats.length * 4));
  feature.floats.forEach((value, index) => packed.setFloat32(index * 4, value, true));
  return field(2, field(1, new Uint8Array(packed.buffer)));
}

/** A field of bytes: its number with wire type 2, its length, the bytes. */
function field(number: number, bytes: Uint8Array): Uint8Array {
  return concatBytes([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest % 128) + (rest >= 128 ? 128 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Uint8Array.from(bytes);
}

/** A record: its length, the masked check sum of that, the bytes, their masked check sum (tensorflow/core/lib/io/record_writer.h). */
function recordOf(bytes: Uint8Array): Uint8Array {
  const head = new DataView(new ArrayBuffer(12));
  head.setUint32(0, bytes.length % 2 ** 32, true);
  head.setUint32(4, Math.floor(bytes.length / 2 ** 32), true);
  head.setUint32(8, maskedCrc(new Uint8Array(head.buffer, 0, 8)), true);
  const tail = new DataView(new ArrayBuffer(4));
  tail.setUint32(0, maskedCrc(bytes), true);
  return concatBytes([new Uint8Array(head.buffer), bytes, new Uint8Array(tail.buffer)]);
}

function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

const castagnoli = Uint32Array.from({ length: 256 }, (_, n) => {
  let value = n;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0x82f63b78 ^ (value >>> 1) : value >>> 1;
  return value;
});

/** CRC-32C (RFC 3720, appendix B.4). */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (castagnoli[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
