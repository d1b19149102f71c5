import type { AnnotationGeometry, GeometryOf, Keyframe, Xy } from '@fovea/contract';
import { encodeRle, runsFromBitmap } from '@fovea/geometry';
import { attributesOf } from './attributes.ts';
import type { Format, LabelledAnnotation, LabelledItem } from './dataset.ts';
import { corners, writeItems } from './dataloop-write.ts';
import { type FileSource, fromBase64, listPaths } from './files.ts';
import { type FitRules, type Fitted, fittingOf } from './fit.ts';
import { parseJson, streamJson } from './json-stream.ts';
import { decodePng } from './png.ts';
import { type Candidate, type ReadContext, readingOf } from './reading.ts';
import { approximated, dropped, everyFrame, exact, exactWhere, tableOf } from './table.ts';
import {
  asConfidence,
  asCount,
  asList,
  asNumber,
  asObject,
  asObjects,
  asText,
  type Json,
  xyObjects,
} from './values.ts';
import { writingOf } from './writing.ts';

const degrees = 180 / Math.PI;

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
    mask: exact,
    text: exactWhere('it has no span'),
    keypoints: exactWhere('it is on a picture; a pose and its points'),
  },
  annotation: {
    holes: exact,
    attributes: approximated('exact but for values of null'),
    confidence: exact,
    id: exact,
    frame: exact,
    frameRange: exact,
    track: everyFrame,
    trackAttributes: approximated('exact but for values of null'),
  },
  item: { frames: exact, fps: exact, mediaType: exact, split: exact, metadata: exact },
  label: { unused: dropped('items list no labels') },
  precisionPx: 1e-6,
});

const rules: FitRules = {
  table: { ...table, annotation: { ...table.annotation, attributes: exact, trackAttributes: exact } },
  spread: 'tracks',
  annotation: fitAnnotation,
  item: withIds,
};

function fitAnnotation(annotation: LabelledAnnotation): Fitted {
  const ways: string[] = [];
  const { geometry } = annotation;
  if (geometry.type === 'keypoints' && annotation.frame !== null)
    return { lost: 'keypoints: a pose stands on a picture' };
  const plain = (attributes: LabelledAnnotation['attributes']) => {
    const kept = Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== null));
    if (Object.keys(kept).length < Object.keys(attributes).length) ways.push('attribute values of null left out');
    return kept;
  };
  if (geometry.type === 'text' && geometry.start !== undefined) ways.push('the span of a text left out');
  const shape: AnnotationGeometry = geometry.type === 'text' ? { type: 'text', text: geometry.text } : geometry;
  const keyframes = annotation.keyframes?.map((keyframe): Keyframe =>
    keyframe.attributes ? { ...keyframe, attributes: plain(keyframe.attributes) } : keyframe,
  );
  return {
    annotations: [
      {
        ...annotation,
        geometry: spaced(shape),
        attributes: plain(annotation.attributes),
        ...(keyframes && { keyframes }),
      },
    ],
    ways: [...new Set(ways)],
  };
}

/** A cuboid in space always has a rotation. */
function spaced(geometry: AnnotationGeometry): AnnotationGeometry {
  if (geometry.type !== 'cuboid') return geometry;
  if (geometry.vertices) return { type: 'cuboid', vertices: geometry.vertices };
  return { ...geometry, rotation: geometry.rotation ?? [0, 0, 0] };
}

function withIds(item: LabelledItem): LabelledItem {
  const taken = new Set<string>();
  const annotations = item.annotations.map((annotation, index) => {
    const wanted = annotation.id ?? `${item.path}#${index}`;
    const id = taken.has(wanted) ? `${wanted}-${index}` : wanted;
    taken.add(id);
    return { ...annotation, id };
  });
  return { ...item, annotations };
}

/** Dataloop's export: an array of items with their annotations, or a file for each item. */
export const dataloop: Format = {
  name: 'dataloop',
  title: 'Dataloop item JSON',
  reference: 'https://docs.dataloop.ai/docs/json-annotation-format',
  extensions: ['json'],
  table,
  async detect(files) {
    for (const path of files.paths.filter((candidate) => candidate.endsWith('.json')).slice(0, 3)) {
      const head = await files.head(path);
      if (/"filename"\s*:\s*"\//.test(head) && /"(annotations|metadata|itemMetadata)"\s*:/.test(head)) return 0.9;
    }
    return 0;
  },
  read: (source, options) => readingOf(source, options, (context) => readItems(context, source)),
  write: (items, labels, options) => writingOf(rules, items, labels, options, writeItems),
  fitting: (labels, options) => fittingOf(rules, labels, options),
  mediaPath: (item) => `items/${item.path}`,
};

async function* readItems(context: ReadContext, source: FileSource): AsyncIterable<LabelledItem> {
  for (const path of (await listPaths(source)).filter((candidate) => candidate.endsWith('.json'))) {
    // A file of one item is an object, whose members come one by one, its annotations apart.
    const single: Record<string, unknown> = {};
    const annotations: Json[] = [];
    for await (const parts of streamJson(source, path)) {
      for (const part of parts) {
        const value = parseJson(part.bytes, path);
        if (part.key === '') {
          const item = await readItem(context, asObject(value) ?? {}, asObjects(asObject(value)?.['annotations']));
          if (item) yield context.done(item);
        } else if (part.key === 'annotations') annotations.push(asObject(value) ?? {});
        else single[part.key] = value;
      }
    }
    const item = single['filename'] === undefined ? undefined : await readItem(context, single, annotations);
    if (item) yield context.done(item);
  }
}

async function readItem(
  context: ReadContext,
  record: Json,
  annotations: readonly Json[],
): Promise<LabelledItem | undefined> {
  const metadata = asObject(record['metadata']) ?? asObject(record['itemMetadata']) ?? {};
  const system = asObject(metadata['system']) ?? {};
  const { fovea, ...user } = asObject(metadata['user']) ?? {};
  const frames = asCount(asObject(system['ffmpeg'])?.['nb_read_frames']);
  const item = await context.item(asText(record['filename'])?.replace(/^\/+/, ''), {
    width: asCount(system['width']),
    height: asCount(system['height']),
    mediaType: asText(system['mimetype']),
    frames,
    fps: asNumber(metadata['fps']) ?? asNumber(system['fps']),
    split: splitOf(system) ?? asText(asObject(fovea)?.['split']),
    metadata: Object.keys(user).length > 0 ? user : undefined,
  });
  if (item === undefined) return undefined;
  const children = Map.groupBy(
    annotations,
    (annotation) => asText(asObject(asObject(annotation['metadata'])?.['system'])?.['parentId']) ?? '',
  );
  const poses = new Set(
    annotations.filter((annotation) => annotation['type'] === 'pose').map((annotation) => String(annotation['id'])),
  );
  for (const annotation of annotations) {
    const parent = asText(asObject(asObject(annotation['metadata'])?.['system'])?.['parentId']);
    if (parent === undefined || !poses.has(parent))
      addAnnotation(context, item, annotation, children.get(String(annotation['id'])) ?? []);
  }
  return item;
}

/** Items are put into subsets by tags of their system metadata: `{ "train": true }`. */
function splitOf(system: Json): string | undefined {
  const tags = asObject(system['tags']) ?? {};
  const [name] = Object.keys(tags).filter((tag) => tags[tag] === true);
  return name === 'validation' ? 'val' : name;
}

function addAnnotation(context: ReadContext, item: LabelledItem, record: Json, children: readonly Json[]): void {
  const system = asObject(asObject(record['metadata'])?.['system']) ?? {};
  const model = asObject(asObject(asObject(record['metadata'])?.['user'])?.['model']);
  const id = asText(record['id']);
  const label = asText(record['label']) ?? '';
  const geometry =
    record['type'] === 'pose' ? poseOf(children) : geometryOf(String(record['type']), record['coordinates'], item);
  if (typeof geometry === 'string') return context.drop(item, `${id ?? 'annotation'} (${label})`, geometry);
  const isFilm = item.frames !== undefined && item.frames > 1;
  const common: Candidate = {
    label,
    geometry,
    attributes: attributesOf(system['attributes']),
    confidence: asConfidence(model?.['confidence']),
    ...(model && { source: 'model' as const }),
    ...(id !== undefined && { id }),
  };
  const frame = asCount(system['frame']);
  if (!isFilm || frame === undefined) return context.accept(item, common);
  const endFrame = asCount(system['endFrame']) ?? frame;
  const snapshots = asObjects(system['snapshots_']);
  if (snapshots.length === 0)
    return context.accept(item, { ...common, frame, endFrame: endFrame > frame ? endFrame : null });
  const keyframes = keyframesOf(common, frame, snapshots, String(record['type']), item);
  if (typeof keyframes === 'string') context.drop(item, `${id ?? 'annotation'} (${label})`, keyframes);
  else context.accept(item, { ...common, frame, endFrame, keyframes });
}

/** Between snapshots the state of the last one holds: before one that differs, a key frame keeps it still. */
function keyframesOf(
  first: Candidate,
  frame: number,
  snapshots: readonly Json[],
  type: string,
  item: LabelledItem,
): Keyframe[] | string {
  const keyframes: Keyframe[] = [{ frame, geometry: first.geometry, attributes: first.attributes ?? {} }];
  for (const snapshot of snapshots) {
    const at = asCount(snapshot['frame']);
    const previous = keyframes[keyframes.length - 1];
    if (at === undefined || previous === undefined || at <= previous.frame) continue;
    const geometry = geometryOf(asText(snapshot['type']) ?? type, snapshot['data'], item);
    if (typeof geometry === 'string') return geometry;
    if (at > previous.frame + 1 && !previous.outside && JSON.stringify(previous.geometry) !== JSON.stringify(geometry))
      keyframes.push({ frame: at - 1, geometry: previous.geometry });
    keyframes.push({
      frame: at,
      geometry,
      ...(snapshot['objectVisible'] === false && { outside: true }),
      attributes: attributesOf(snapshot['namedAttributes']),
    });
  }
  return keyframes;
}

function geometryOf(type: string, coordinates: unknown, item: LabelledItem): AnnotationGeometry | string {
  const record = asObject(coordinates) ?? {};
  const list = asList(coordinates);
  const number = (value: unknown) => asNumber(value) ?? Number.NaN;
  switch (type) {
    case 'class':
      return { type: 'classification' };
    case 'point':
      return { type: 'point', x: number(record['x']), y: number(record['y']) };
    case 'box':
      return boxOf(list);
    case 'segment': {
      // A ring may also stand bare, without the list of rings.
      const rings = (Array.isArray(list[0]) ? list : [list]).map(xyObjects);
      const [points, ...holes] = rings.filter((ring) => ring !== undefined);
      if (points === undefined || rings.includes(undefined)) return 'its points cannot be read';
      return holes.length > 0 ? { type: 'polygon', points, holes } : { type: 'polygon', points };
    }
    case 'polyline': {
      const points = xyObjects(Array.isArray(list[0]) ? list[0] : list);
      return points ? { type: 'polyline', points } : 'its points cannot be read';
    }
    case 'ellipse': {
      const center = asObject(record['center']);
      return {
        type: 'ellipse',
        cx: number(center?.['x']),
        cy: number(center?.['y']),
        rx: number(record['rx']),
        ry: number(record['ry']),
        angle: (asNumber(record['angle']) ?? 0) / degrees,
      };
    }
    case 'cube':
      return {
        type: 'cuboid',
        vertices: corners.map((corner): Xy => [
          number(asObject(record[corner])?.['x']),
          number(asObject(record[corner])?.['y']),
        ]),
      };
    case 'cube_3d': {
      const triple = (key: string): [number, number, number] => {
        const value = asObject(record[key]);
        return [number(value?.['x']), number(value?.['y']), number(value?.['z'])];
      };
      return { type: 'cuboid', center: triple('position'), size: triple('scale'), rotation: triple('rotation') };
    }
    case 'binary':
      return maskOf(typeof coordinates === 'string' ? coordinates : '', item);
    case 'subtitle':
    case 'item_description':
      return { type: 'text', text: String(record['text'] ?? '') };
    default:
      return `an annotation of type ${type.slice(0, 50)} is not known`;
  }
}

/** Two corners, and for a turned box its angle in degrees. */
function boxOf(list: readonly unknown[]): AnnotationGeometry {
  const [a, b] = [asObject(list[0]), asObject(list[1])];
  const number = (value: unknown) => asNumber(value) ?? Number.NaN;
  const [x, y, width, height] = [
    number(a?.['x']),
    number(a?.['y']),
    number(b?.['x']) - number(a?.['x']),
    number(b?.['y']) - number(a?.['y']),
  ];
  const angle = asNumber(list[2]);
  if (angle === undefined) return { type: 'box', x, y, width, height };
  return { type: 'rotated_box', cx: x + width / 2, cy: y + height / 2, width, height, angle: angle / degrees };
}

/** A PNG of the item's size whose pixels with an alpha over 127 belong to the mask. */
function maskOf(text: string, item: LabelledItem): GeometryOf<'mask'> | string {
  const bytes = fromBase64(text.replace(/^data:image\/png;base64,/, ''));
  if (bytes === undefined || bytes.length === 0) return 'its mask is not base64';
  const { width, height, channels, data } = decodePng(bytes, 'mask');
  if (width !== item.width || height !== item.height) return 'its mask has another size than the item';
  const last = channels - 1;
  const bitmap = Uint8Array.from({ length: width * height }, (_, i) =>
    (data[i * channels + last] ?? 0) > 127 ? 1 : 0,
  );
  return { type: 'mask', rle: encodeRle(runsFromBitmap(bitmap, width, height)) };
}

/** The points of a pose are annotations of their own below it; their labels name them. */
function poseOf(children: readonly Json[]): AnnotationGeometry | string {
  const points = children.map((child): GeometryOf<'keypoints'>['points'][number] => {
    const place = asObject(child['coordinates']);
    const seen = asObject(asObject(asObject(child['metadata'])?.['system'])?.['attributes'])?.['visibility'];
    const visibility = seen === 0 ? 0 : seen === 1 ? 1 : 2;
    return {
      name: asText(child['label']) ?? '',
      x: asNumber(place?.['x']) ?? Number.NaN,
      y: asNumber(place?.['y']) ?? Number.NaN,
      visibility,
    };
  });
  return points.length > 0 ? { type: 'keypoints', points } : 'its pose has no points';
}
