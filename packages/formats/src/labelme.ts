import type { AnnotationGeometry, Attributes, GeometryOf } from '@fovea/contract';
import { bitmapFromRuns, decodeRle, ellipsePolygon, encodeRle, runsBounds } from '@fovea/geometry';
import { setOwn } from './attributes.ts';
import type { Format, LabelledAnnotation, LabelledItem } from './dataset.ts';
import { encodeText, type FilePiece, type FileSource, fromBase64, listPaths, readText, toBase64 } from './files.ts';
import { type FitRules, type Fitted, fittingOf } from './fit.ts';
import { parseJson } from './json-stream.ts';
import { runsInBox } from './mask-layers.ts';
import { baseName, folderOf, LabelPaths, resolvePath, withoutExtension } from './paths.ts';
import { decodePng, encodePng } from './png.ts';
import { type ReadContext, readingOf } from './reading.ts';
import { approximated, as, dropped, exact, exactWhere, tableOf } from './table.ts';
import { asCount, asObject, asText, type Json, xyLists } from './values.ts';
import { type WriteContext, writingOf } from './writing.ts';

const table = tableOf({
  types: {
    box: exact,
    polygon: exact,
    polyline: exact,
    point: exact,
    mask: exact,
    ellipse: exactWhere('it is a circle; others become a polygon of their outline'),
    classification: exactWhere('it has no attributes; it is a flag of the picture'),
    rotated_box: as.outline,
    cuboid: as.outline,
    keypoints: dropped('LabelMe has single points only'),
    text: dropped('LabelMe has no texts of their own'),
  },
  annotation: { holes: as.pixels, attributes: approximated('truth values as flags; others left out'), group: exact },
  item: { unlabelled: exact },
  label: { unused: dropped('LabelMe has no list of labels') },
  precisionPx: 1e-9,
});

const rules: FitRules = {
  table,
  annotation: fitShape,
  item(item, _labels, mark) {
    const flags = new Set<string>();
    const annotations = item.annotations.filter((annotation) => {
      if (annotation.type !== 'classification') return true;
      const isNew = !flags.has(annotation.label);
      flags.add(annotation.label);
      if (!isNew) mark.lose(annotation, 'a picture has a flag once');
      return isNew;
    });
    return { ...item, annotations };
  },
};

function fitShape(annotation: LabelledAnnotation): Fitted {
  const flags = Object.entries(annotation.attributes).filter(([, value]) => typeof value === 'boolean');
  const ways =
    flags.length < Object.keys(annotation.attributes).length ? ['attributes that are no truth values left out'] : [];
  const attributes: Attributes = {};
  for (const [name, value] of flags) setOwn(attributes, name, value);
  const { geometry } = annotation;
  if (geometry.type === 'classification') {
    const { group: _, ...rest } = annotation;
    const lost = [
      ...(Object.keys(annotation.attributes).length > 0 ? ['attributes of a flag left out'] : []),
      ...(annotation.group === undefined ? [] : ['group of a flag left out']),
    ];
    return { annotations: [{ ...rest, attributes: {} }], ways: lost };
  }
  if (geometry.type !== 'ellipse' || geometry.rx === geometry.ry)
    return { annotations: [{ ...annotation, attributes, geometry: round(geometry) }], ways };
  return {
    annotations: [
      { ...annotation, attributes, type: 'polygon', geometry: { type: 'polygon', points: ellipsePolygon(geometry) } },
    ],
    ways: [...ways, 'ellipse as a polygon of its outline'],
  };
}

/** A circle has no direction. */
function round(geometry: AnnotationGeometry): AnnotationGeometry {
  return geometry.type === 'ellipse' ? { ...geometry, angle: 0 } : geometry;
}

/** LabelMe: a JSON file beside each picture. */
export const labelme: Format = {
  name: 'labelme',
  title: 'LabelMe',
  reference: 'https://github.com/wkentaro/labelme',
  extensions: ['json'],
  table,
  async detect(files) {
    for (const path of files.paths.filter((candidate) => candidate.endsWith('.json')).slice(0, 3)) {
      const head = await files.head(path);
      if (/"shapes"\s*:/.test(head) && /"(imagePath|flags|version)"\s*:/.test(head)) return 0.9;
    }
    return 0;
  },
  read: (source, options) =>
    readingOf(source, options, async function* (context) {
      const files = (await listPaths(source)).filter((candidate) => candidate.endsWith('.json'));
      yield* context.eachFile(files, (path) => readPicture(context, source, path));
    }),
  write: (items, labels, options) => writingOf(rules, items, labels, options, writeLabelme),
  fitting: (labels, options) => fittingOf(rules, labels, options),
  mediaPath: (item) => item.path,
};

async function* readPicture(context: ReadContext, source: FileSource, path: string): AsyncIterable<LabelledItem> {
  const root = asObject(parseJson((await readText(source, path)) ?? '', path));
  if (root === undefined || !Array.isArray(root['shapes']))
    return context.ledger.noted(path, 'file left out: it is no LabelMe file');
  const named = asText(root['imagePath']) ?? `${withoutExtension(baseName(path))}.jpg`;
  const picture = resolvePath(folderOf(path), named);
  const item = await context.item(picture ?? named, {
    width: asCount(root['imageWidth']),
    height: asCount(root['imageHeight']),
  });
  if (item === undefined) return;
  for (const [number, shape] of context.objectsIn(item, root['shapes'], 'shape').entries())
    addShape(context, item, shape, `shape ${number}`);
  for (const [label, isSet] of Object.entries(asObject(root['flags']) ?? {}))
    if (isSet === true) context.accept(item, { label, geometry: { type: 'classification' } });
  yield context.done(item);
}

function addShape(context: ReadContext, item: LabelledItem, shape: Json, name: string): void {
  const geometry = context.attempt('its mask', () => geometryOf(shape, item));
  if (typeof geometry === 'string') return context.drop(item, name, geometry);
  const attributes: Attributes = {};
  for (const [flag, value] of Object.entries(asObject(shape['flags']) ?? {}))
    if (typeof value === 'boolean') setOwn(attributes, flag, value);
  const group = shape['group_id'] ?? undefined;
  if (asText(shape['description']) !== undefined) context.ledger.noted(item.path, 'description of a shape left out');
  context.accept(item, {
    label: asText(shape['label']) ?? '',
    geometry,
    attributes,
    ...(group !== undefined && { group: `group ${String(group)}` }),
  });
}

function geometryOf(shape: Json, item: LabelledItem): AnnotationGeometry | string {
  const points = xyLists(shape['points']);
  const [a, b] = points ?? [];
  if (points === undefined || a === undefined) return 'its points cannot be read';
  const type = asText(shape['shape_type']) ?? 'polygon';
  if (type === 'point') return { type: 'point', x: a[0], y: a[1] };
  if (type === 'line' || type === 'linestrip') return { type: 'polyline', points };
  if (type === 'polygon') return { type: 'polygon', points };
  if (b === undefined) return `a ${type} needs two points`;
  if (type === 'rectangle')
    return {
      type: 'box',
      x: Math.min(a[0], b[0]),
      y: Math.min(a[1], b[1]),
      width: Math.abs(b[0] - a[0]),
      height: Math.abs(b[1] - a[1]),
    };
  if (type === 'circle') {
    const radius = Math.hypot(b[0] - a[0], b[1] - a[1]);
    return { type: 'ellipse', cx: a[0], cy: a[1], rx: radius, ry: radius, angle: 0 };
  }
  return type === 'mask' ? maskOf(shape, { x: a[0], y: a[1] }, item) : `a shape of type ${type} is not known`;
}

/** A mask is a PNG of its box, whose top left corner is the first point. */
function maskOf(shape: Json, corner: { x: number; y: number }, item: LabelledItem): GeometryOf<'mask'> | string {
  const bytes = fromBase64(asText(shape['mask']) ?? '');
  if (bytes === undefined || bytes.length === 0) return 'its mask is not base64';
  const { width, height, channels, data } = decodePng(bytes, 'mask');
  const [left, top] = [Math.round(corner.x), Math.round(corner.y)];
  if (left < 0 || top < 0 || left + width > item.width || top + height > item.height)
    return 'its mask reaches over the edge of the picture';
  const runs = runsInBox({ left, top, width, height }, item, (x, y) => (data[(y * width + x) * channels] ?? 0) !== 0);
  return { type: 'mask', rle: encodeRle(runs) };
}

async function* writeLabelme({ items }: WriteContext): AsyncIterable<FilePiece> {
  const stems = new LabelPaths();
  for await (const item of items) {
    const groups = [...new Set(item.annotations.flatMap(({ group }) => group ?? []))];
    const flags = Object.fromEntries(
      item.annotations.flatMap(({ label, type }) => (type === 'classification' ? [[label, true]] : [])),
    );
    const shapes = item.annotations.flatMap((annotation) => shapeRecord(annotation, groups) ?? []);
    const root = {
      version: '5.5.0',
      flags,
      shapes,
      imagePath: baseName(item.path),
      imageData: null,
      imageHeight: item.height,
      imageWidth: item.width,
    };
    yield { path: `${stems.stemFor(item.path)}.json`, bytes: encodeText(`${JSON.stringify(root, null, 1)}\n`) };
  }
}

function shapeRecord(
  { label, geometry, attributes, group }: LabelledAnnotation,
  groups: readonly string[],
): Json | undefined {
  const shape = shapeOf(geometry);
  return (
    shape && {
      label,
      ...shape,
      group_id: group === undefined ? null : groups.indexOf(group) + 1,
      description: '',
      flags: attributes,
    }
  );
}

function shapeOf(geometry: AnnotationGeometry): Json | undefined {
  switch (geometry.type) {
    case 'box':
      return {
        shape_type: 'rectangle',
        points: [
          [geometry.x, geometry.y],
          [geometry.x + geometry.width, geometry.y + geometry.height],
        ],
      };
    case 'polygon':
      return { shape_type: 'polygon', points: geometry.points };
    case 'polyline':
      return { shape_type: geometry.points.length === 2 ? 'line' : 'linestrip', points: geometry.points };
    case 'point':
      return { shape_type: 'point', points: [[geometry.x, geometry.y]] };
    case 'ellipse':
      return {
        shape_type: 'circle',
        points: [
          [geometry.cx, geometry.cy],
          [geometry.cx + geometry.rx, geometry.cy],
        ],
      };
    case 'mask': {
      const { bytes, x, y, width, height } = maskPng(geometry);
      return {
        shape_type: 'mask',
        points: [
          [x, y],
          [x + width - 1, y + height - 1],
        ],
        mask: toBase64(bytes),
      };
    }
    default:
      return undefined;
  }
}

/** A mask's box, and a PNG of the pixels within it: 255 inside, 0 outside. */
export function maskPng({ rle }: GeometryOf<'mask'>): {
  bytes: Uint8Array;
  x: number;
  y: number;
  width: number;
  height: number;
} {
  const runs = decodeRle(rle);
  const { x, y, width, height } = runsBounds(runs) ?? { x: 0, y: 0, width: 1, height: 1 };
  const bitmap = bitmapFromRuns(runs, 255);
  const data = new Uint8Array(width * height);
  for (let row = 0; row < height; row += 1)
    data.set(bitmap.subarray((y + row) * runs.width + x, (y + row) * runs.width + x + width), row * width);
  return { bytes: encodePng({ width, height, channels: 1, data }), x, y, width, height };
}
