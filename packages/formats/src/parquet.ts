import { annotationContent } from '@fovea/contract';
import { bounds } from '@fovea/geometry';
import type { AsyncBuffer } from 'hyparquet';
import { ByteWriter, type ColumnSource, ParquetWriter } from 'hyparquet-writer';
import type { Format, LabelledAnnotation, LabelledItem } from './dataset.ts';
import { type FilePiece, type FileSource, listPaths, readBytes } from './files.ts';
import { fittingOf } from './fit.ts';
import { parseJson } from './json-stream.ts';
import { ParquetFile } from './parquet-file.ts';
import { type ReadContext, readingOf } from './reading.ts';
import { asCount, asNumber, asObject, asObjects, asText, type Json } from './values.ts';
import { webdataset } from './webdataset.ts';
import { type WriteContext, writingOf } from './writing.ts';

/** Rows in a row group when not told: annotations of some thousand pictures. */
const defaultGroupRows = 50_000;

const rules = { table: webdataset.table };

/**
 * A Parquet file with a row for each annotation (and one without a type for each item that has none), the rows of an
 * item together. Geometries, attributes, key frames and metadata are JSON; the bounding box stands beside them in columns.
 */
export const parquet: Format = {
  name: 'parquet',
  title: 'Parquet',
  reference: 'https://parquet.apache.org/docs/file-format/',
  extensions: ['parquet'],
  table: webdataset.table,
  detect: async ({ paths }) => (paths.some((path) => path.endsWith('.parquet')) ? 0.6 : 0),
  read: (source, options) =>
    readingOf(source, options, async function* (context) {
      const files = (await listPaths(source)).filter((candidate) => candidate.endsWith('.parquet'));
      yield* context.eachFile(files, (path) => readFile(context, source, path));
    }),
  write: (items, labels, options) => writingOf(rules, items, labels, options, writeFile),
  fitting: (labels, options) => fittingOf(rules, labels, options),
  mediaPath: (item) => `media/${item.path}`,
};

type ColumnType = 'STRING' | 'INT32' | 'DOUBLE';

/** The columns, their types, and what stands in them for an annotation of an item. */
const columns: readonly {
  name: string;
  type: ColumnType;
  value(item: LabelledItem, annotation: LabelledAnnotation | undefined): string | number | null | undefined;
}[] = [
  { name: 'path', type: 'STRING', value: (item) => item.path },
  { name: 'width', type: 'INT32', value: (item) => item.width },
  { name: 'height', type: 'INT32', value: (item) => item.height },
  { name: 'frames', type: 'INT32', value: (item) => item.frames },
  { name: 'fps', type: 'DOUBLE', value: (item) => item.fps },
  { name: 'media_type', type: 'STRING', value: (item) => item.mediaType },
  { name: 'sha256', type: 'STRING', value: (item) => item.sha256 },
  { name: 'split', type: 'STRING', value: (item) => item.split },
  { name: 'metadata', type: 'STRING', value: (item) => item.metadata && JSON.stringify(item.metadata) },
  { name: 'id', type: 'STRING', value: (_, annotation) => annotation?.id },
  { name: 'type', type: 'STRING', value: (_, annotation) => annotation?.type },
  { name: 'label', type: 'STRING', value: (_, annotation) => annotation?.label },
  { name: 'xmin', type: 'DOUBLE', value: (_, annotation) => corner(annotation)?.[0] },
  { name: 'ymin', type: 'DOUBLE', value: (_, annotation) => corner(annotation)?.[1] },
  { name: 'xmax', type: 'DOUBLE', value: (_, annotation) => corner(annotation)?.[2] },
  { name: 'ymax', type: 'DOUBLE', value: (_, annotation) => corner(annotation)?.[3] },
  { name: 'geometry', type: 'STRING', value: (_, annotation) => annotation && JSON.stringify(annotation.geometry) },
  { name: 'attributes', type: 'STRING', value: (_, annotation) => annotation && JSON.stringify(annotation.attributes) },
  { name: 'frame', type: 'INT32', value: (_, annotation) => annotation?.frame },
  { name: 'end_frame', type: 'INT32', value: (_, annotation) => annotation?.endFrame },
  {
    name: 'keyframes',
    type: 'STRING',
    value: (_, annotation) => annotation?.keyframes && JSON.stringify(annotation.keyframes),
  },
  { name: 'confidence', type: 'DOUBLE', value: (_, annotation) => annotation?.confidence },
  { name: 'source', type: 'STRING', value: (_, annotation) => annotation?.source },
  { name: 'group', type: 'STRING', value: (_, annotation) => annotation?.group },
  { name: 'z_order', type: 'DOUBLE', value: (_, annotation) => annotation?.zOrder },
];

function corner(annotation: LabelledAnnotation | undefined): [number, number, number, number] | undefined {
  const box = annotation && bounds(annotation.geometry);
  return box && [box.x, box.y, box.x + box.width, box.y + box.height];
}

/** The library's writer, whose bytes are taken away after each row group. */
class PieceWriter extends ByteWriter {
  take(): Uint8Array {
    const bytes = this.getBytes().slice();
    this.index = 0;
    return bytes;
  }
}

async function* writeFile({ items, labels, options }: WriteContext): AsyncIterable<FilePiece> {
  const path = 'annotations.parquet';
  const writer = new PieceWriter();
  const schema = columns.map(({ name, type }) => ({
    name,
    type: type === 'STRING' ? ('BYTE_ARRAY' as const) : type,
    repetition_type: 'OPTIONAL' as const,
    ...(type === 'STRING' && { converted_type: 'UTF8' as const }),
  }));
  const file = new ParquetWriter({
    writer,
    schema: [{ name: 'root', num_children: schema.length }, ...schema],
    createdBy: 'fovea',
  });
  let rows: [LabelledItem, LabelledAnnotation | undefined][] = [];
  const writeGroup = async () => {
    const columnData = columns.map(({ name, type, value }): ColumnSource => ({
      name,
      type,
      data: rows.map(([item, annotation]) => value(item, annotation) ?? null),
    }));
    await file.write({ columnData, rowGroupSize: Math.max(1, rows.length) });
    rows = [];
    return { path, bytes: writer.take() };
  };
  for await (const item of items) {
    if (item.annotations.length === 0) rows.push([item, undefined]);
    for (const annotation of item.annotations) rows.push([item, annotation]);
    if (rows.length >= (options.shardItems ?? defaultGroupRows)) yield await writeGroup();
  }
  if (rows.length > 0) yield await writeGroup();
  file.kvMetadata = [{ key: 'fovea.labels', value: JSON.stringify(labels()) }];
  await file.finish();
  yield { path, bytes: writer.take() };
}

async function* readFile(context: ReadContext, source: FileSource, path: string): AsyncIterable<LabelledItem> {
  // All of an item at once: some of its annotations, where the file breaks off, would pass for all.
  let current: Json[] = [];
  const finish = async function* (): AsyncIterable<LabelledItem> {
    const [first] = current;
    const item = first && (await itemOf(context, first, path));
    if (item === undefined) return;
    for (const row of current) {
      if (row['type'] === null || row['type'] === undefined) continue;
      const fault = context.attempt('its row', () => addRow(context, item, row, path));
      if (typeof fault === 'string') context.drop(item, asText(row['id']) ?? 'row', fault);
    }
    yield context.done(item);
  };
  const buffer = await bufferOf(source, path);
  for await (const rows of ParquetFile.read(path, buffer, (text) => defineLabels(context, text, path))) {
    for (const row of rows) {
      // Rows without a path are told one by one.
      if (current.length > 0 && (typeof row['path'] !== 'string' || row['path'] !== current[0]?.['path'])) {
        yield* finish();
        current = [];
      }
      current.push(row);
    }
  }
  yield* finish();
}

function defineLabels(context: ReadContext, text: string, path: string): void {
  for (const label of asObjects(asObject(parseJson(text, path))?.['labels'])) {
    if (asText(label['name']) !== undefined) context.labels.define(label as { name: string });
  }
}

/** Random access to a file: by slices where the source has them, else the whole in memory. */
async function bufferOf(source: FileSource, path: string): Promise<AsyncBuffer> {
  const { slice } = source;
  if (slice) {
    for await (const entry of source.list()) {
      if (entry.path !== path || entry.bytes === undefined) continue;
      const byteLength = entry.bytes;
      return { byteLength, slice: async (from, to) => bufferIn(await slice(path, from, to ?? byteLength)) };
    }
  }
  const whole = bufferIn((await readBytes(source, path)) ?? new Uint8Array(0));
  return { byteLength: whole.byteLength, slice: (from, to) => whole.slice(from, to) };
}

function bufferIn(bytes: Uint8Array): ArrayBuffer {
  // Not bytes.slice(): that of a Buffer of Node is a view of a larger one.
  return new Uint8Array(bytes).buffer;
}

async function itemOf(context: ReadContext, row: Json, path: string): Promise<LabelledItem | undefined> {
  const metadata = asText(row['metadata']);
  return context.item(row['path'], {
    width: asCount(row['width']),
    height: asCount(row['height']),
    frames: asCount(row['frames']),
    fps: asNumber(row['fps']),
    mediaType: asText(row['media_type']),
    sha256: asText(row['sha256']),
    split: asText(row['split']),
    metadata: metadata === undefined ? undefined : asObject(parseJson(metadata, path)),
  });
}

function addRow(context: ReadContext, item: LabelledItem, row: Json, path: string): void {
  const json = (name: string) => (typeof row[name] === 'string' ? parseJson(row[name], path) : undefined);
  const parsed = annotationContent.safeParse({
    type: row['type'],
    label: row['label'],
    geometry: json('geometry'),
    attributes: json('attributes') ?? {},
    frame: row['frame'] ?? null,
    endFrame: row['end_frame'] ?? null,
    keyframes: json('keyframes'),
    confidence: row['confidence'] ?? null,
    source: row['source'] ?? 'import',
    group: row['group'] ?? undefined,
    zOrder: row['z_order'] ?? undefined,
  });
  const id = asText(row['id']);
  const name = id ?? 'a row';
  if (!parsed.success)
    return context.drop(
      item,
      name,
      `it is no annotation: ${parsed.error.issues[0]?.path.join('.') ?? ''} ${parsed.error.issues[0]?.message ?? ''}`,
    );
  if (parsed.data.geometry.type !== parsed.data.type)
    return context.drop(item, name, 'its type is not that of its geometry');
  context.accept(item, { ...parsed.data, ...(id !== undefined && { id }) });
}
