import type { AnnotationGeometry, Attributes, GeometryOf, Xy } from '@fovea/contract';
import { bitmapFromRuns, decodeRle, encodeRle, runsBounds } from '@fovea/geometry';
import { attributeOf, setOwn } from './attributes.ts';
import { FormatError, type Format, type LabelledAnnotation, type LabelledItem } from './dataset.ts';
import { encodeText, type FilePiece, type FileSource, fromBase64, listPaths, readText, toBase64 } from './files.ts';
import { type FitRules, type Fitted, fittingOf } from './fit.ts';
import { deflateBytes, inflateBytes } from './inflate.ts';
import { parseJson, streamJson } from './json-stream.ts';
import { decodeNpy, encodeNpy } from './npy.ts';
import { runsInBox } from './mask-layers.ts';
import { type Candidate, type ReadContext, readingOf } from './reading.ts';
import { as, dropped, exact, exactWhere, tableOf } from './table.ts';
import {
  asConfidence,
  asCount,
  asList,
  asNumbers,
  asObject,
  asText,
  asTexts,
  type Json,
  xyLists,
} from './values.ts';
import { type WriteContext, writingOf } from './writing.ts';

const table = tableOf({
  types: {
    classification: exact,
    box: exact,
    mask: exact,
    polygon: exact,
    polyline: exact,
    point: exact,
    keypoints: exact,
    rotated_box: as.outline,
    ellipse: as.outline,
    cuboid: as.outline,
    text: dropped('FiftyOne has no texts as labels'),
  },
  annotation: {
    holes: as.pixels,
    attributes: exactWhere("none is called like one of FiftyOne's own fields"),
    confidence: exact,
    frame: dropped('videos have a file of their own, which is not written'),
    track: dropped('videos have a file of their own, which is not written'),
  },
  item: { split: exact, mediaType: exact, metadata: exactWhere("no key is one of FiftyOne's own") },
  label: { unused: dropped('a dataset lists no labels') },
  precisionPx: 1e-6,
});

/** The fields of labels and samples that are FiftyOne's own. */
const labelFields = new Set([
  'label',
  'confidence',
  'index',
  'tags',
  'id',
  'bounding_box',
  'mask',
  'mask_path',
  'points',
  'closed',
  'filled',
  'instance',
  'names',
  'visibility',
  'logits',
  'support',
]);
const sampleFields = new Set([
  'filepath',
  'tags',
  'metadata',
  'media_type',
  'id',
  'created_at',
  'last_modified_at',
  'detections',
  'polylines',
  'keypoints',
  'classifications',
  'frames',
]);

const rules: FitRules = {
  table,
  annotation(annotation): Fitted {
    const kept = Object.entries(annotation.attributes).filter(([name]) => isFree(name, labelFields));
    const ways =
      kept.length < Object.keys(annotation.attributes).length
        ? ["attributes that are called like FiftyOne's own fields left out"]
        : [];
    return { annotations: [{ ...annotation, attributes: Object.fromEntries(kept) }], ways };
  },
  item: (item) =>
    item.metadata === undefined
      ? item
      : {
          ...item,
          metadata: Object.fromEntries(
            Object.entries(item.metadata).filter(([name, value]) => isFree(name, sampleFields) && !isLabelField(value)),
          ),
        },
};

function isFree(name: string, taken: ReadonlySet<string>): boolean {
  return !taken.has(name) && !name.startsWith('_');
}

function isLabelField(value: unknown): boolean {
  return asObject(value)?.['_cls'] !== undefined;
}

/** FiftyOne's dataset export: samples.json. */
export const fiftyone: Format = {
  name: 'fiftyone',
  title: 'FiftyOne dataset',
  reference: 'https://docs.voxel51.com/user_guide/export_datasets.html#fiftyonedataset',
  extensions: ['json'],
  table,
  async detect(files) {
    const path = files.paths.find((candidate) => /(^|\/)samples\.json$/.test(candidate));
    return path !== undefined && /"samples"\s*:\s*\[/.test(await files.head(path)) ? 1 : 0;
  },
  read: (source, options) => readingOf(source, options, (context) => readSamples(context, source)),
  write: (items, labels, options) => writingOf(rules, items, labels, options, writeSamples),
  fitting: (labels, options) => fittingOf(rules, labels, options),
  mediaPath: (item) => `data/${item.path}`,
};

/** The classes that the description beside the samples lists, be they used or not. */
async function readClasses(context: ReadContext, source: FileSource, path: string): Promise<void> {
  const text = await readText(source, path);
  const read = text === undefined ? undefined : context.attempt('file', () => asObject(parseJson(text, path)));
  if (typeof read === 'string') return context.ledger.noted(path, `classes left out: ${read}`);
  const description = read;
  const lists = [description?.['default_classes'], ...Object.values(asObject(description?.['classes']) ?? {})];
  for (const name of lists.flatMap((list) => asTexts(list))) if (name !== '') context.labels.define({ name });
}

async function* readSamples(context: ReadContext, source: FileSource): AsyncIterable<LabelledItem> {
  const paths = await listPaths(source);
  for (const path of paths.filter((candidate) => /(^|\/)metadata\.json$/.test(candidate)))
    await readClasses(context, source, path);
  const files = paths.filter((candidate) => /(^|\/)samples\.json$/.test(candidate));
  yield* context.eachFile(files, (path) => readFile(context, source, path));
}

async function* readFile(context: ReadContext, source: FileSource, path: string): AsyncIterable<LabelledItem> {
  for await (const parts of streamJson(source, path)) {
    for (const part of parts) {
      const sample =
        part.key === 'samples' && part.index !== undefined
          ? context.objectAt(path, part.index, parseJson(part.bytes, path))
          : undefined;
      const item = sample && (await sampleItem(context, sample));
      if (!sample || !item) continue;
      for (const [field, value] of Object.entries(sample)) {
        const holder = asObject(value);
        if (holder && isLabelField(value) && field !== 'metadata') addField(context, item, holder, field);
      }
      if (sample['frames'] !== undefined) context.ledger.noted(item.path, 'labels of frames left out');
      yield context.done(item);
    }
  }
}

async function sampleItem(context: ReadContext, sample: Json): Promise<LabelledItem | undefined> {
  const facts = asObject(sample['metadata']);
  const rest = Object.entries(sample).filter(
    ([name, value]) => isFree(name, sampleFields) && !isLabelField(value) && value !== null,
  );
  const path = asText(sample['filepath'])?.replace(/^(?:.*\/)?data\//, '');
  const [split, ...tags] = asTexts(sample['tags']);
  if (tags.length > 0) context.ledger.noted(path ?? '', 'further tags of a sample left out');
  return context.item(path, {
    width: asCount(facts?.['width']),
    height: asCount(facts?.['height']),
    mediaType: asText(facts?.['mime_type']),
    split: split === 'validation' ? 'val' : split,
    metadata: rest.length > 0 ? Object.fromEntries(rest) : undefined,
  });
}

/** A label field holds one label, or a list of them under the name of their kind. */
function addField(context: ReadContext, item: LabelledItem, field: Json, name: string): void {
  const lists = ['detections', 'polylines', 'keypoints', 'classifications'].filter((key) => Array.isArray(field[key]));
  const labels = lists.length > 0 ? lists.flatMap((key) => context.objectsIn(item, field[key], `${name}.${key}`)) : [field];
  for (const [number, label] of labels.entries()) addLabel(context, item, label, `${name}.${number}`);
}

function addLabel(context: ReadContext, item: LabelledItem, label: Json, name: string): void {
  const geometries = geometriesOf(label, item);
  if (typeof geometries === 'string') return context.drop(item, name, geometries);
  const attributes: Attributes = {};
  for (const [key, value] of Object.entries(label))
    if (isFree(key, labelFields)) setOwn(attributes, key, attributeOf(value));
  const group = geometries.length > 1 ? `parts of ${name}` : undefined;
  for (const geometry of geometries) {
    const candidate: Candidate = {
      label: asText(label['label']) ?? '',
      geometry,
      attributes,
      confidence: asConfidence(label['confidence']),
      ...(group !== undefined && { group }),
    };
    context.accept(item, candidate);
  }
}

function geometriesOf(label: Json, { width, height }: LabelledItem): AnnotationGeometry[] | string {
  switch (label['_cls']) {
    case 'Classification':
      return [{ type: 'classification' }];
    case 'Detection': {
      const [x = Number.NaN, y = Number.NaN, w = Number.NaN, h = Number.NaN] = asNumbers(label['bounding_box']) ?? [];
      const box = { x: x * width, y: y * height, width: w * width, height: h * height };
      const base64 = asText(asObject(asObject(label['mask'])?.['$binary'])?.['base64']);
      if (base64 === undefined) return [{ type: 'box', ...box }];
      const mask = maskOf(base64, box, { width, height });
      return typeof mask === 'string' ? mask : [mask];
    }
    case 'Polyline': {
      const shapes = asList(label['points']).map((shape) =>
        xyLists(shape)?.map(([x, y]): Xy => [x * width, y * height]),
      );
      if (shapes.length === 0 || shapes.some((shape) => shape === undefined)) return 'its points cannot be read';
      const isArea = label['closed'] === true || label['filled'] === true;
      return shapes.flatMap((points): AnnotationGeometry[] =>
        points ? [isArea ? { type: 'polygon', points } : { type: 'polyline', points }] : [],
      );
    }
    case 'Keypoint':
      return keypointsOf(label, { width, height });
    default:
      return `a label of class ${String(label['_cls']).slice(0, 50)} is not known`;
  }
}

function keypointsOf(label: Json, { width, height }: { width: number; height: number }): AnnotationGeometry[] | string {
  const names = asTexts(label['names']);
  const seen = asNumbers(label['visibility']) ?? [];
  const points = asList(label['points']).map((point, i): GeometryOf<'keypoints'>['points'][number] => {
    const [x, y] = asNumbers(point) ?? [];
    const isThere = x !== undefined && y !== undefined;
    const visibility = !isThere || seen[i] === 0 ? 0 : seen[i] === 1 ? 1 : 2;
    return { name: names[i] ?? `point ${i + 1}`, x: (x ?? 0) * width, y: (y ?? 0) * height, visibility };
  });
  const [only] = points;
  if (only === undefined) return 'it has no points';
  return points.length === 1 && names.length === 0
    ? [{ type: 'point', x: only.x, y: only.y }]
    : [{ type: 'keypoints', points }];
}

/** Small arrays may be stretched over so many pixels; larger ones are about as large as their box. */
const mostStretched = 2 ** 25;

/** An instance mask: a deflated NumPy array of the box's pixels, stretched over the box where it has another size. */
function maskOf(
  base64: string,
  box: { x: number; y: number; width: number; height: number },
  size: { width: number; height: number },
): GeometryOf<'mask'> | string {
  const bytes = fromBase64(base64);
  if (bytes === undefined) return 'its mask is not base64';
  const array = readMask(bytes, size);
  if (typeof array === 'string') return array;
  const [left, top] = [Math.round(box.x), Math.round(box.y)];
  const [right, bottom] = [
    Math.min(size.width, Math.round(box.x + box.width)),
    Math.min(size.height, Math.round(box.y + box.height)),
  ];
  if (!(left >= 0 && top >= 0 && right > left && bottom > top)) return 'its mask lies outside the picture';
  const [width, height] = [right - left, bottom - top];
  if (width * height > Math.max(mostStretched, 16 * array.width * array.height))
    return `its mask of ${array.width} by ${array.height} pixels is stretched over ${width} by ${height}`;
  const runs = runsInBox({ left, top, width, height }, size, (x, y) => {
    const row = Math.min(array.height - 1, Math.floor(((y + 0.5) * array.height) / height));
    const column = Math.min(array.width - 1, Math.floor(((x + 0.5) * array.width) / width));
    return array.data[row * array.width + column] !== 0;
  });
  return { type: 'mask', rle: encodeRle(runs) };
}

function readMask(
  bytes: Uint8Array,
  { width, height }: { width: number; height: number },
): ReturnType<typeof decodeNpy> | string {
  try {
    return decodeNpy(inflateBytes(bytes, width * height + 4096));
  } catch (error) {
    if (error instanceof FormatError) return `its mask cannot be read: ${error.message}`;
    throw error;
  }
}

async function* writeSamples({ items, options }: WriteContext): AsyncIterable<FilePiece> {
  const path = 'samples.json';
  yield {
    path: 'metadata.json',
    bytes: encodeText(`${JSON.stringify({ name: options.name ?? 'dataset', media_type: 'image', info: {} })}\n`),
  };
  yield { path, bytes: encodeText('{"samples":[\n') };
  let count = 0;
  for await (const item of items) {
    yield { path, bytes: encodeText(`${count === 0 ? '' : ',\n'}${JSON.stringify(sampleRecord(item))}`) };
    count += 1;
  }
  yield { path, bytes: encodeText('\n]}\n') };
}

function sampleRecord(item: LabelledItem): Json {
  const ofKind = (kind: string) => item.annotations.flatMap((annotation) => labelRecord(annotation, item, kind) ?? []);
  const field = (name: string, cls: string, kind: string) => {
    const list = ofKind(kind);
    return list.length === 0 ? {} : { [name]: { _cls: cls, [name]: list } };
  };
  const facts = {
    _cls: 'ImageMetadata',
    ...(item.mediaType !== undefined && { mime_type: item.mediaType }),
    width: item.width,
    height: item.height,
  };
  return {
    ...item.metadata,
    filepath: `data/${item.path}`,
    tags: item.split === undefined ? [] : [item.split],
    metadata: facts,
    ...field('detections', 'Detections', 'Detection'),
    ...field('polylines', 'Polylines', 'Polyline'),
    ...field('keypoints', 'Keypoints', 'Keypoint'),
    ...field('classifications', 'Classifications', 'Classification'),
  };
}

function labelRecord(
  { label, geometry, attributes, confidence }: LabelledAnnotation,
  item: LabelledItem,
  kind: string,
): Json | undefined {
  const share = ([x, y]: Xy): Xy => [x / item.width, y / item.height];
  const record = (cls: string, own: Json) =>
    cls === kind
      ? { _cls: cls, tags: [], ...attributes, label, ...own, ...(confidence !== null && { confidence }) }
      : undefined;
  switch (geometry.type) {
    case 'classification':
      return record('Classification', {});
    case 'box':
      return record('Detection', {
        bounding_box: [...share([geometry.x, geometry.y]), ...share([geometry.width, geometry.height])],
      });
    case 'mask':
      return kind === 'Detection' ? record('Detection', maskFields(geometry, share)) : undefined;
    case 'polygon':
    case 'polyline': {
      const isArea = geometry.type === 'polygon';
      return record('Polyline', { points: [geometry.points.map(share)], closed: isArea, filled: isArea });
    }
    case 'point':
      return record('Keypoint', { points: [share([geometry.x, geometry.y])] });
    case 'keypoints':
      return record('Keypoint', {
        points: geometry.points.map(({ x, y }) => share([x, y])),
        names: geometry.points.map(({ name }) => name),
        visibility: geometry.points.map(({ visibility }) => visibility),
      });
    default:
      return undefined;
  }
}

function maskFields({ rle }: GeometryOf<'mask'>, share: (point: Xy) => Xy): Json {
  const runs = decodeRle(rle);
  const { x, y, width, height } = runsBounds(runs) ?? { x: 0, y: 0, width: 1, height: 1 };
  const bitmap = bitmapFromRuns(runs);
  const data = new Uint8Array(width * height);
  for (let row = 0; row < height; row += 1)
    data.set(bitmap.subarray((y + row) * runs.width + x, (y + row) * runs.width + x + width), row * width);
  const base64 = toBase64(deflateBytes(encodeNpy({ height, width, data })));
  return { bounding_box: [...share([x, y]), ...share([width, height])], mask: { $binary: { base64, subType: '00' } } };
}
