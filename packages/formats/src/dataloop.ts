import type { AnnotationGeometry, Keyframe } from '@fovea/contract';
import type { Format, LabelledAnnotation, LabelledItem } from './dataset.ts';
import { contentOfDataloop } from './dataloop-read.ts';
import { writeItems } from './dataloop-write.ts';
import { type FileSource, listPaths } from './files.ts';
import { type FitRules, type Fitted, fittingOf } from './fit.ts';
import { parseJson, streamJson } from './json-stream.ts';
import { type ReadContext, readingOf } from './reading.ts';
import { approximated, dropped, everyFrame, exact, exactWhere, tableOf } from './table.ts';
import { asCount, asNumber, asObject, asText, type Json } from './values.ts';
import { writingOf } from './writing.ts';

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
  const files = (await listPaths(source)).filter((candidate) => candidate.endsWith('.json'));
  yield* context.eachFile(files, (path) => readFile(context, source, path));
}

async function* readFile(context: ReadContext, source: FileSource, path: string): AsyncIterable<LabelledItem> {
  // A file of one item is an object, whose members come one by one, its annotations apart.
  const single: Record<string, unknown> = {};
  const annotations: unknown[] = [];
  for await (const parts of streamJson(source, path)) {
    for (const part of parts) {
      const value = parseJson(part.bytes, path);
      if (part.key === '') {
        const record = context.objectAt(path, part.index ?? 0, value);
        const item = record && (await readItem(context, record, record['annotations']));
        if (item) yield context.done(item);
      } else if (part.key === 'annotations') annotations.push(value);
      else single[part.key] = value;
    }
  }
  const item = single['filename'] === undefined ? undefined : await readItem(context, single, annotations);
  if (item) yield context.done(item);
}

async function readItem(
  context: ReadContext,
  record: Json,
  given: unknown,
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
  const annotations = context.objectsIn(item, given, 'annotation');
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
  const id = asText(record['id']);
  const content = context.attempt('its mask', () => contentOfDataloop(record, item, children));
  if (typeof content !== 'string') return context.accept(item, { ...content, ...(id !== undefined && { id }) });
  context.drop(item, `${id ?? 'annotation'} (${asText(record['label']) ?? ''})`, content);
}
