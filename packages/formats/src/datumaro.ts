import type { AnnotationGeometry, GeometryOf } from '@fovea/contract';
import { decodeRle, encodeRle } from '@fovea/geometry';
import { attributesOf } from './attributes.ts';
import { captionLabel, fitCaption } from './captions.ts';
import { convertGeometry } from './convert.ts';
import type { Format, LabelledAnnotation, LabelledItem, LabelSet } from './dataset.ts';
import { wholeOrder, wholeOrders, zOrderOf } from './drawing-order.ts';
import { compareText, encodeText, type FilePiece, type FileSource, listPaths } from './files.ts';
import { type FitRules, type Fitted, fittingOf } from './fit.ts';
import { parseJson, streamJson } from './json-stream.ts';
import { hexOf, type LabelIndex, rgbOf, skeletonOf, skeletonPairs } from './labels.ts';
import { asFileName, baseName, withoutExtension } from './paths.ts';
import { type Candidate, type ReadContext, readingOf } from './reading.ts';
import { approximated, as, dropped, exact, exactWhere, tableOf } from './table.ts';
import {
  asConfidence,
  asCount,
  asList,
  asNumber,
  asNumbers,
  asObject,
  asObjects,
  asText,
  asTexts,
  type Json,
  pairs,
} from './values.ts';
import { SpooledText, type WriteContext, writingOf } from './writing.ts';

const degrees = 180 / Math.PI;

const table = tableOf({
  types: {
    classification: exact,
    box: exact,
    rotated_box: exact,
    polygon: exact,
    polyline: exact,
    mask: exact,
    point: exact,
    keypoints: exact,
    ellipse: exactWhere('it stands upright; a turned one becomes a polygon of its outline'),
    cuboid: exactWhere('it lies in space; a drawn one becomes a polygon of its outline'),
    text: approximated(`without its label and span: all are read as "${captionLabel}"`),
  },
  annotation: {
    holes: as.pixels,
    attributes: exactWhere('none is called score'),
    confidence: exact,
    group: exact,
    zOrder: approximated(wholeOrder),
    id: dropped('numbered anew'),
  },
  item: { split: exact, metadata: exact },
  label: { color: exact, parent: exact, skeleton: exact },
  precisionPx: 1e-6,
});

const rules: FitRules = { table: { ...table, types: { ...table.types, text: exact } }, annotation: fitDatumaro };

function fitDatumaro(annotation: LabelledAnnotation, item: LabelledItem, labels: LabelIndex): Fitted {
  if (annotation.geometry.type === 'text') return plainScore(fitCaption(annotation));
  if (annotation.geometry.type === 'keypoints') {
    const points = annotation.geometry.points.map((point) => point.name);
    if (labels.definition(annotation.label).skeleton === undefined)
      labels.define({ name: annotation.label, skeleton: { points, edges: [] } });
    return plainScore(
      fitPoints(annotation, annotation.geometry, labels.definition(annotation.label).skeleton?.points ?? points),
    );
  }
  const { geometry } = annotation;
  const isTurned = geometry.type === 'ellipse' && geometry.angle !== 0;
  const isDrawn = geometry.type === 'cuboid' && geometry.vertices !== undefined;
  if (!isTurned && !isDrawn) return plainScore({ annotations: [plainSpace(annotation)], ways: [] });
  const [outline] = convertGeometry(geometry, 'polygon', item);
  if (outline === undefined) return { lost: `${annotation.type}: it has no outline` };
  return plainScore({
    annotations: [{ ...annotation, type: 'polygon', geometry: outline }],
    ways: [`${annotation.type} as a polygon of its outline`],
  });
}

/** A cuboid in space always has a rotation. */
function plainSpace(annotation: LabelledAnnotation): LabelledAnnotation {
  const { geometry } = annotation;
  return geometry.type === 'cuboid'
    ? { ...annotation, geometry: { ...geometry, rotation: geometry.rotation ?? [0, 0, 0] } }
    : annotation;
}

/** The attribute `score` is where Datumaro keeps the confidence. */
function plainScore(fitted: Fitted): Fitted {
  if ('lost' in fitted) return fitted;
  const hasScore = fitted.annotations.some(({ attributes }) => attributes['score'] !== undefined);
  const annotations = fitted.annotations.map((annotation) => {
    const { score: _, ...attributes } = annotation.attributes;
    return { ...annotation, attributes };
  });
  return {
    annotations,
    ways: hasScore ? [...fitted.ways, 'attribute score left out: it is the confidence'] : fitted.ways,
  };
}

function fitPoints(
  annotation: LabelledAnnotation,
  geometry: GeometryOf<'keypoints'>,
  names: readonly string[],
): Fitted {
  const points = names.map(
    (name) => geometry.points.find((point) => point.name === name) ?? { name, x: 0, y: 0, visibility: 0 as const },
  );
  const ways = geometry.points.some((point) => !names.includes(point.name))
    ? ["key points that its label's skeleton lacks left out"]
    : [];
  return { annotations: [{ ...annotation, geometry: { type: 'keypoints', points } }], ways };
}

/** Datumaro's own JSON: a file for each subset. */
export const datumaro: Format = {
  name: 'datumaro',
  title: 'Datumaro',
  reference: 'https://openvinotoolkit.github.io/datumaro/latest/docs/data-formats/formats/datumaro.html',
  extensions: ['json'],
  table,
  async detect(files) {
    for (const path of files.paths.filter((candidate) => candidate.endsWith('.json')).slice(0, 3)) {
      const head = await files.head(path);
      if (/"dm_format_version"\s*:/.test(head)) return 1;
      if (/"categories"\s*:\s*\{/.test(head) && /"label"\s*:\s*\{\s*"labels"/.test(head)) return 0.9;
    }
    return 0;
  },
  read: (source, options) => readingOf(source, options, (context) => readDatumaro(context, source)),
  write: (items, labels, options) => writingOf(rules, items, labels, options, writeDatumaro),
  fitting: (labels, options) => fittingOf(rules, labels, options),
  mediaPath: (item) => `images/${asFileName(item.split ?? 'default')}/${item.path}`,
};

async function* readDatumaro(context: ReadContext, source: FileSource): AsyncIterable<LabelledItem> {
  const files = (await listPaths(source)).filter((candidate) => candidate.endsWith('.json'));
  yield* context.eachFile(files, (path) => readFile(context, source, path));
}

async function* readFile(context: ReadContext, source: FileSource, path: string): AsyncIterable<LabelledItem> {
  const split = withoutExtension(baseName(path));
  const names = await readCategories(context, source, path);
  for await (const parts of streamJson(source, path)) {
    for (const part of parts) {
      const record =
        part.key === 'items' && part.index !== undefined
          ? context.objectAt(path, part.index, parseJson(part.bytes, path))
          : undefined;
      const item = record && (await itemOf(context, record, split === 'default' ? undefined : split));
      if (!record || !item) continue;
      for (const annotation of context.objectsIn(item, record['annotations'], 'annotation'))
        addAnnotation(context, item, annotation, names);
      yield context.done(item);
    }
  }
}

/** The categories may stand after the items, so they have a walk of their own. */
async function readCategories(context: ReadContext, source: FileSource, path: string): Promise<string[]> {
  let categories: Json = {};
  for await (const parts of streamJson(source, path)) {
    for (const part of parts)
      if (part.key === 'categories' && part.index === undefined)
        categories = asObject(parseJson(part.bytes, path)) ?? {};
  }
  const labels = asObjects(asObject(categories['label'])?.['labels']);
  const names = labels.map((label, index) => asText(label['name']) ?? `class ${index}`);
  for (const [index, name] of names.entries())
    context.labels.define({ name, parent: asText(labels[index]?.['parent']) });
  for (const color of asObjects(asObject(categories['mask'])?.['colormap'])) {
    const name = names[asCount(color['label_id']) ?? -1];
    const rgb = ['r', 'g', 'b'].map((channel) => asNumber(color[channel]) ?? 0);
    if (name !== undefined) context.labels.define({ name, color: hexOf(rgb) });
  }
  for (const points of asObjects(asObject(categories['points'])?.['items'])) {
    const name = names[asCount(points['label_id']) ?? -1];
    const joints = asList(points['joints']).map((pair) => asNumbers(pair) ?? []);
    if (name !== undefined)
      context.labels.define({
        name,
        skeleton: skeletonOf(
          asTexts(points['labels']),
          joints.map(([from = 0, to = 0]) => [from, to]),
        ),
      });
  }
  return names;
}

async function itemOf(
  context: ReadContext,
  record: Json,
  split: string | undefined,
): Promise<LabelledItem | undefined> {
  const image = asObject(record['image']) ?? asObject(record['media']);
  const [height, width] = asNumbers(image?.['size']) ?? [];
  const metadata = asObject(record['attr']);
  const named =
    asText(image?.['path']) ?? (asText(record['id']) === undefined ? undefined : `${String(record['id'])}.jpg`);
  return context.item(named, {
    width,
    height,
    split,
    metadata: metadata && Object.keys(metadata).length > 0 ? metadata : undefined,
  });
}

function addAnnotation(context: ReadContext, item: LabelledItem, record: Json, names: readonly string[]): void {
  const type = String(record['type']).slice(0, 50);
  const name = `annotation ${String(record['id']).slice(0, 50)}`;
  const number = asCount(record['label_id']);
  const label = type === 'caption' ? captionLabel : number === undefined ? undefined : names[number];
  const geometry = geometryOf(
    record,
    label === undefined ? undefined : context.labels.definition(label).skeleton?.points,
  );
  if (label === undefined) return context.drop(item, name, 'it has no label, or one that the file does not list');
  if (typeof geometry === 'string') return context.drop(item, name, geometry);
  const { score, ...attributes } = attributesOf(record['attributes']);
  const confidence = asConfidence(score);
  if (score !== undefined && confidence === null) attributes['score'] = score;
  const group = asCount(record['group']) ?? 0;
  const candidate: Candidate = {
    label,
    geometry,
    attributes,
    confidence,
    ...zOrderOf(asNumber(record['z_order'])),
    ...(group > 0 && { group: `group ${group}` }),
  };
  context.accept(item, candidate);
}

function geometryOf(record: Json, names: readonly string[] | undefined): AnnotationGeometry | string {
  const points = pairs(asNumbers(record['points']));
  switch (record['type']) {
    case 'label':
      return { type: 'classification' };
    case 'caption':
      return { type: 'text', text: String(record['caption'] ?? '') };
    case 'bbox': {
      const [x = Number.NaN, y = Number.NaN, width = Number.NaN, height = Number.NaN] = asNumbers(record['bbox']) ?? [];
      return { type: 'box', x, y, width, height };
    }
    case 'rotated_bbox': {
      const [cx = Number.NaN, cy = Number.NaN, width = Number.NaN, height = Number.NaN, rotation = 0] =
        asNumbers(record['rbox'] ?? record['points']) ?? [];
      return { type: 'rotated_box', cx, cy, width, height, angle: rotation / degrees };
    }
    case 'polygon':
    case 'polyline':
      if (points === undefined || points.length < 2) return 'its points cannot be read';
      return record['type'] === 'polygon' ? { type: 'polygon', points } : { type: 'polyline', points };
    case 'ellipse': {
      const [[left, top] = [Number.NaN, Number.NaN], [right, bottom] = [Number.NaN, Number.NaN]] = points ?? [];
      return {
        type: 'ellipse',
        cx: (left + right) / 2,
        cy: (top + bottom) / 2,
        rx: (right - left) / 2,
        ry: (bottom - top) / 2,
        angle: 0,
      };
    }
    case 'points':
      return pointsOf(record, names);
    case 'mask':
      return maskOf(asObject(record['rle']));
    case 'cuboid_3d': {
      const triple = (key: string): [number, number, number] => {
        const [x = Number.NaN, y = Number.NaN, z = Number.NaN] = asNumbers(record[key]) ?? [];
        return [x, y, z];
      };
      return { type: 'cuboid', center: triple('position'), size: triple('scale'), rotation: triple('rotation') };
    }
    default:
      return `an annotation of type ${String(record['type']).slice(0, 50)} is not known`;
  }
}

function maskOf(rle: Json | undefined): GeometryOf<'mask'> | string {
  const [height, width] = asNumbers(rle?.['size']) ?? [];
  const counts = asText(rle?.['counts']) ?? asNumbers(rle?.['counts']);
  if (height === undefined || width === undefined || counts === undefined) return 'its mask has no size or no counts';
  return { type: 'mask', rle: { size: [height, width], counts } };
}

/** One place without visibility is a point; anything else has a name for each, by the label's list. */
function pointsOf(record: Json, names: readonly string[] | undefined): AnnotationGeometry | string {
  const points = pairs(asNumbers(record['points']));
  const [first] = points ?? [];
  if (points === undefined || first === undefined) return 'its points cannot be read';
  const seen = asNumbers(record['visibility']);
  if (points.length === 1 && (seen === undefined || seen.length === 0))
    return { type: 'point', x: first[0], y: first[1] };
  return {
    type: 'keypoints',
    points: points.map(([x, y], i) => ({
      name: names?.[i] ?? `point ${i + 1}`,
      x,
      y,
      visibility: seen?.[i] === 0 ? 0 : seen?.[i] === 1 ? 1 : 2,
    })),
  };
}

async function* writeDatumaro({ items, labels, options }: WriteContext): AsyncIterable<FilePiece> {
  const splits = new Map<string, { text: SpooledText; count: number }>();
  for await (const item of items) {
    const name = asFileName(item.split ?? 'default');
    const split = splits.get(name) ?? { text: new SpooledText(options), count: 0 };
    splits.set(name, split);
    const numbers = new Map(labels().labels.map((label, index) => [label.name, index]));
    await split.text.add(`${split.count === 0 ? '' : ',\n'}${JSON.stringify(itemRecord(item, numbers))}`);
    split.count += 1;
  }
  if (splits.size === 0) splits.set('default', { text: new SpooledText(options), count: 0 });
  for (const [name, { text }] of [...splits].sort(([a], [b]) => compareText(a, b))) {
    const path = `annotations/${name}.json`;
    const head = { dm_format_version: '1.0', infos: {}, categories: categoriesRecord(labels().labels) };
    yield { path, bytes: encodeText(`${JSON.stringify(head).slice(0, -1)},"items":[\n`) };
    for await (const bytes of text.read()) yield { path, bytes };
    yield { path, bytes: encodeText('\n]}\n') };
  }
}

function categoriesRecord(labels: LabelSet['labels']): Json {
  const colors = labels.flatMap(({ color }, label_id) => {
    const [r, g, b] = (color === undefined ? undefined : rgbOf(color)) ?? [];
    return r === undefined ? [] : [{ label_id, r, g, b }];
  });
  const skeletons = labels.flatMap(({ skeleton }, label_id) =>
    skeleton ? [{ label_id, labels: skeleton.points, joints: skeletonPairs(skeleton) }] : [],
  );
  return {
    label: {
      labels: labels.map(({ name, parent }) => ({ name, parent: parent ?? '', attributes: [] })),
      attributes: [],
    },
    ...(colors.length > 0 && { mask: { colormap: colors } }),
    ...(skeletons.length > 0 && { points: { items: skeletons } }),
  };
}

function itemRecord(item: LabelledItem, numbers: ReadonlyMap<string, number>): Json {
  const groups = [...new Set(item.annotations.flatMap(({ group }) => group ?? []))];
  const orderOf = wholeOrders(item.annotations);
  const annotations = item.annotations.flatMap((annotation, id) => {
    const { label, geometry, attributes, confidence, group } = annotation;
    const shape = shapeRecord(geometry);
    const own = {
      id,
      group: group === undefined ? 0 : groups.indexOf(group) + 1,
      attributes: { ...attributes, ...(confidence !== null && { score: confidence }) },
    };
    return shape
      ? [{ ...own, ...(geometry.type !== 'text' && { label_id: numbers.get(label) }), ...shape, z_order: orderOf(annotation) }]
      : [];
  });
  return {
    id: withoutExtension(item.path),
    annotations,
    attr: item.metadata ?? {},
    image: { path: item.path, size: [item.height, item.width] },
  };
}

function shapeRecord(geometry: AnnotationGeometry): Json | undefined {
  switch (geometry.type) {
    case 'classification':
      return { type: 'label' };
    case 'text':
      return { type: 'caption', caption: geometry.text };
    case 'box':
      return { type: 'bbox', bbox: [geometry.x, geometry.y, geometry.width, geometry.height] };
    case 'rotated_box':
      return {
        type: 'rotated_bbox',
        rbox: [geometry.cx, geometry.cy, geometry.width, geometry.height, geometry.angle * degrees],
      };
    case 'polygon':
    case 'polyline':
      return { type: geometry.type, points: geometry.points.flat() };
    case 'ellipse':
      return {
        type: 'ellipse',
        points: [
          geometry.cx - geometry.rx,
          geometry.cy - geometry.ry,
          geometry.cx + geometry.rx,
          geometry.cy + geometry.ry,
        ],
      };
    case 'point':
      return { type: 'points', points: [geometry.x, geometry.y] };
    case 'keypoints':
      return {
        type: 'points',
        points: geometry.points.flatMap(({ x, y }) => [x, y]),
        visibility: geometry.points.map(({ visibility }) => visibility),
      };
    case 'mask':
      return { type: 'mask', rle: encodeRle(decodeRle(geometry.rle)) };
    case 'cuboid':
      return {
        type: 'cuboid_3d',
        position: geometry.center,
        rotation: geometry.rotation ?? [0, 0, 0],
        scale: geometry.size,
      };
    default:
      return undefined;
  }
}
