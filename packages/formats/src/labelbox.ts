import type { AnnotationGeometry, Attributes } from '@fovea/contract';
import { encodeRle } from '@fovea/geometry';
import { attributeFromText, attributeToText, setOwn, throughText } from './attributes.ts';
import { FormatError, type Format, type LabelledAnnotation, type LabelledItem } from './dataset.ts';
import { encodeText, type FilePiece, type FileSource, fromBase64, listPaths, readLines, toBase64 } from './files.ts';
import { type FitRules, type Fitted, fittingOf } from './fit.ts';
import { parseJson } from './json-stream.ts';
import { bitmapOf, runsInBox } from './mask-layers.ts';
import { decodePng, encodePng } from './png.ts';
import { type Candidate, type ReadContext, readingOf } from './reading.ts';
import { approximated, as, dropped, everyFrame, exact, exactWhere, tableOf } from './table.ts';
import { statesOf, timeOfStates, type FrameState } from './tracks.ts';
import { asCount, asNumber, asObject, asObjects, asText, type Json, xyObjects } from './values.ts';
import { type WriteContext, writingOf } from './writing.ts';

const table = tableOf({
  types: {
    box: exact,
    polygon: exact,
    polyline: exact,
    point: exact,
    mask: exactWhere('it is on a picture'),
    classification: exactWhere('it has no attributes'),
    text: exactWhere('it has neither attributes nor a span'),
    rotated_box: as.outline,
    ellipse: as.outline,
    cuboid: as.outline,
    keypoints: dropped('Labelbox has single points only'),
  },
  annotation: {
    holes: as.pixels,
    attributes: approximated('as nested answers; a text that reads like a number or a truth value becomes one'),
    id: exact,
    frame: exact,
    frameRange: everyFrame,
    track: everyFrame,
    trackAttributes: dropped('answers are written for the whole object'),
  },
  item: { frames: exact, fps: exact, mediaType: exact },
  label: { unused: dropped('an export lists no labels') },
  precisionPx: 1e-9,
});

/** The question whose answer a label of the whole item is. */
const question = 'class';

const rules: FitRules = {
  table: { ...table, annotation: { ...table.annotation, frameRange: exact } },
  spread: 'all',
  annotation: fitObject,
  item: withIds,
};

function isFilm(item: LabelledItem): boolean {
  return item.frames !== undefined && item.frames > 1;
}

function fitObject(annotation: LabelledAnnotation, item: LabelledItem): Fitted {
  const { geometry } = annotation;
  const isWhole = geometry.type === 'classification' || geometry.type === 'text';
  if (isFilm(item) && !isWhole && annotation.frame === null) return { lost: 'Labelbox labels frames of a video' };
  if (annotation.frame !== null && (isWhole || geometry.type === 'mask' || !isFilm(item)))
    return { lost: 'frames of a video have boxes, outlines, lines and points' };
  const ways: string[] = [];
  const { attributes, changed } = throughAnswers(annotation.attributes);
  if (changed) ways.push('attribute values as texts');
  if (isWhole && Object.keys(attributes).length > 0) ways.push('attributes of an answer left out');
  if (geometry.type === 'text' && geometry.start !== undefined) ways.push('the span of a text left out');
  const shape: AnnotationGeometry = geometry.type === 'text' ? { type: 'text', text: geometry.text } : geometry;
  return { annotations: [{ ...annotation, geometry: shape, attributes: isWhole ? {} : attributes }], ways };
}

/** Lists go as they are, all else as text. */
function throughAnswers(attributes: Attributes): { attributes: Attributes; changed: boolean } {
  const lists = Object.fromEntries(Object.entries(attributes).filter(([, value]) => Array.isArray(value)));
  const others = throughText(
    Object.fromEntries(Object.entries(attributes).filter(([, value]) => !Array.isArray(value))),
  );
  return { attributes: { ...others.attributes, ...lists }, changed: others.changed };
}

/** Labelbox knows objects by an id; answers have none of their own. */
function withIds(item: LabelledItem): LabelledItem {
  const taken = new Set<string>();
  const annotations = item.annotations.map((annotation, index) => {
    if (annotation.type === 'classification' || annotation.type === 'text') {
      const { id: _, ...rest } = annotation;
      return rest;
    }
    const wanted = annotation.id ?? `${item.path}#${index}`;
    const id = taken.has(wanted) ? `${wanted}-${index}` : wanted;
    taken.add(id);
    return { ...annotation, id };
  });
  return { ...item, annotations };
}

/** Labelbox's export (version 2): a JSON object for each data row on a line. */
export const labelbox: Format = {
  name: 'labelbox',
  title: 'Labelbox NDJSON',
  reference: 'https://docs.labelbox.com/reference/export-image-annotations',
  extensions: ['ndjson', 'jsonl', 'json'],
  table,
  async detect(files) {
    for (const path of files.paths.filter((candidate) => /\.(ndjson|jsonl|json)$/.test(candidate)).slice(0, 3)) {
      if (/"data_row"\s*:\s*\{/.test(await files.head(path))) return 0.95;
    }
    return 0;
  },
  read: (source, options) =>
    readingOf(source, options, async function* (context) {
      const files = (await listPaths(source)).filter((candidate) => /\.(ndjson|jsonl|json)$/.test(candidate));
      yield* context.eachFile(files, (path) => readRows(context, source, path));
    }),
  write: (items, labels, options) => writingOf(rules, items, labels, options, writeRows),
  fitting: (labels, options) => fittingOf(rules, labels, options),
  mediaPath: (item) => `media/${item.path}`,
};

async function* readRows(context: ReadContext, source: FileSource, path: string): AsyncIterable<LabelledItem> {
  let [number, items, broken] = [0, 0, undefined as FormatError | undefined];
  for await (const line of readLines(source, path)) {
    number += 1;
    if (line.trim() === '') continue;
    const row = rowOf(line, path);
    if (row instanceof FormatError) {
      broken ??= row;
      context.ledger.noted(path, `line ${number} left out: it is no JSON`);
      continue;
    }
    const dataRow = asObject(row?.['data_row']);
    if (row === undefined || dataRow === undefined) {
      context.ledger.noted(path, 'line left out: it is no data row');
      continue;
    }
    const media = asObject(row['media_attributes']);
    const item = await context.item(
      asText(dataRow['external_id']) ?? asText(dataRow['global_key']) ?? asText(dataRow['row_data']),
      {
        width: asCount(media?.['width']),
        height: asCount(media?.['height']),
        frames: asCount(media?.['frame_count']),
        fps: asNumber(media?.['frame_rate']),
        mediaType: asText(media?.['mime_type']),
      },
    );
    if (item === undefined) continue;
    for (const project of Object.values(asObject(row['projects']) ?? {})) {
      for (const label of context.objectsIn(item, asObject(project)?.['labels'], 'label'))
        addLabel(context, item, asObject(label['annotations']) ?? {});
    }
    items += 1;
    yield context.done(item);
  }
  if (items === 0 && broken !== undefined) throw broken;
}

/** A line as an object, undefined when it is none; the error when it is no JSON. */
function rowOf(line: string, path: string): Json | FormatError | undefined {
  try {
    return asObject(parseJson(line, path));
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
}

function addLabel(context: ReadContext, item: LabelledItem, annotations: Json): void {
  for (const object of context.objectsIn(item, annotations['objects'], 'object')) addObject(context, item, object);
  for (const answer of context.objectsIn(item, annotations['classifications'], 'classification')) addAnswer(context, item, answer);
  addFrames(context, item, asObject(annotations['frames']) ?? {});
}

function addObject(context: ReadContext, item: LabelledItem, object: Json): void {
  const geometry = context.attempt('its mask', () => geometryOf(object, item));
  if (typeof geometry === 'string') return context.drop(item, asText(object['feature_id']) ?? 'object', geometry);
  context.accept(item, { ...commonOf(object), geometry });
}

function commonOf(object: Json): Omit<Candidate, 'geometry'> {
  const id = asText(object['feature_id']);
  return { label: asText(object['name']) ?? '', attributes: answersOf(object), ...(id !== undefined && { id }) };
}

function geometryOf(object: Json, item: LabelledItem): AnnotationGeometry | string {
  const box = asObject(object['bounding_box']);
  const point = asObject(object['point']);
  if (box) {
    const number = (key: string) => asNumber(box[key]) ?? Number.NaN;
    return { type: 'box', x: number('left'), y: number('top'), width: number('width'), height: number('height') };
  }
  if (point) return { type: 'point', x: asNumber(point['x']) ?? Number.NaN, y: asNumber(point['y']) ?? Number.NaN };
  for (const [key, type] of [
    ['polygon', 'polygon'],
    ['line', 'polyline'],
  ] as const) {
    const points = object[key] === undefined ? undefined : xyObjects(object[key]);
    if (points) return { type, points };
  }
  const mask = asObject(object['mask']);
  return mask ? maskOf(mask, item) : 'it has no shape that is known';
}

/** A mask within the file; those behind links are not fetched. */
function maskOf(mask: Json, item: LabelledItem): AnnotationGeometry | string {
  const text = asText(mask['png']) ?? /^data:image\/png;base64,(.*)$/.exec(asText(mask['url']) ?? '')?.[1];
  const bytes = text === undefined ? undefined : fromBase64(text);
  if (bytes === undefined) return 'its mask lies behind a link';
  const { width, height, channels, data } = decodePng(bytes, 'mask');
  if (width !== item.width || height !== item.height) return 'its mask has another size than the picture';
  const box = { left: 0, top: 0, width, height };
  const runs = runsInBox(box, box, (x, y) => (data[(y * width + x) * channels] ?? 0) !== 0);
  return { type: 'mask', rle: encodeRle(runs) };
}

function answersOf(object: Json): Attributes {
  const attributes: Attributes = {};
  for (const answer of asObjects(object['classifications'])) {
    const name = asText(answer['name']);
    const list =
      answer['checklist_answers'] === undefined
        ? undefined
        : asObjects(answer['checklist_answers']).map((entry) => asText(entry['name']) ?? '');
    const text = asObject(answer['text_answer'])?.['content'] ?? asObject(answer['radio_answer'])?.['name'];
    if (name !== undefined && list) setOwn(attributes, name, list);
    else if (name !== undefined && typeof text === 'string') setOwn(attributes, name, attributeFromText(text));
  }
  return attributes;
}

/** An answer about the whole item: a choice is its label, a text stands under its question. */
function addAnswer(context: ReadContext, item: LabelledItem, answer: Json): void {
  const name = asText(answer['name']) ?? question;
  const text = asObject(answer['text_answer'])?.['content'];
  if (typeof text === 'string') return context.accept(item, { label: name, geometry: { type: 'text', text } });
  const choices = [asObject(answer['radio_answer']), ...asObjects(answer['checklist_answers'])].flatMap(
    (choice) => asText(choice?.['name']) ?? [],
  );
  for (const label of choices)
    context.accept(item, {
      label,
      geometry: { type: 'classification' },
      attributes: name === question ? {} : { question: name },
    });
}

/** Frames count from 1; an object has the same id in all of its own. */
function addFrames(context: ReadContext, item: LabelledItem, frames: Json): void {
  const objects = new Map<string, { first: Json; states: FrameState[] }>();
  for (const [frame, value] of Object.entries(frames)) {
    const number = asCount(frame);
    for (const [id, object] of Object.entries(asObject(asObject(value)?.['objects']) ?? {})) {
      const record = asObject(object);
      const geometry = record ? context.attempt('its mask', () => geometryOf(record, item)) : 'it is no object';
      if (typeof geometry === 'string' || number === undefined || number === 0 || record === undefined) {
        context.drop(item, `${id} in frame ${frame}`, typeof geometry === 'string' ? geometry : 'frames count from 1');
        continue;
      }
      const known = objects.get(id) ?? { first: { feature_id: id, ...record }, states: [] };
      known.states.push({ frame: number - 1, geometry });
      objects.set(id, known);
    }
    if (asObjects(asObject(value)?.['classifications']).length > 0)
      context.ledger.noted(item.path, 'answers about single frames left out');
  }
  for (const { first, states } of objects.values()) {
    const time = timeOfStates(states);
    if (time) context.accept(item, { ...commonOf(first), ...time });
  }
}

async function* writeRows({ items, options }: WriteContext): AsyncIterable<FilePiece> {
  const path = 'export.ndjson';
  let count = 0;
  for await (const item of items) {
    count += 1;
    yield { path, bytes: encodeText(`${JSON.stringify(rowRecord(item, options.name ?? 'dataset'))}\n`) };
  }
  if (count === 0) yield { path, bytes: new Uint8Array(0) };
}

function rowRecord(item: LabelledItem, project: string): Json {
  const { width, height, frames, fps, mediaType } = item;
  const media = {
    width,
    height,
    ...(mediaType !== undefined && { mime_type: mediaType }),
    ...(frames !== undefined && { frame_count: frames }),
    ...(fps !== undefined && { frame_rate: fps }),
  };
  const objects = item.annotations
    .filter(({ type, frame }) => frame === null && type !== 'classification' && type !== 'text')
    .map((annotation) => objectRecord(annotation, annotation.geometry, item));
  const classifications = item.annotations.flatMap(({ label, geometry }): Json[] => {
    if (geometry.type === 'text') return [{ name: label, text_answer: { content: geometry.text } }];
    return geometry.type === 'classification' ? [{ name: question, radio_answer: { name: label, value: label } }] : [];
  });
  const perFrame = framesRecord(item);
  const annotations = { objects, classifications, relationships: [], ...(perFrame && { frames: perFrame }) };
  return {
    data_row: { id: item.path, external_id: item.path, global_key: item.path, row_data: item.path },
    media_attributes: media,
    projects: {
      [project]: {
        name: project,
        labels: [{ label_kind: isFilm(item) ? 'Video' : 'Default', version: '1.0.0', annotations }],
      },
    },
  };
}

function framesRecord(item: LabelledItem): Json | undefined {
  const frames = new Map<number, Record<string, Json>>();
  for (const annotation of item.annotations) {
    for (const state of statesOf(annotation) ?? []) {
      const objects = frames.get(state.frame + 1) ?? {};
      frames.set(state.frame + 1, objects);
      setOwn(objects, annotation.id ?? '', objectRecord(annotation, state.geometry, item));
    }
  }
  if (frames.size === 0) return undefined;
  return Object.fromEntries(
    [...frames].sort(([a], [b]) => a - b).map(([frame, objects]) => [frame, { objects, classifications: [] }]),
  );
}

function objectRecord(annotation: LabelledAnnotation, geometry: AnnotationGeometry, item: LabelledItem): Json {
  const kind = isFilm(item) ? 'Video' : 'Image';
  const points = (list: readonly (readonly [number, number])[]) => list.map(([x, y]) => ({ x, y }));
  const common = {
    feature_id: annotation.id,
    name: annotation.label,
    value: annotation.label,
    classifications: Object.entries(annotation.attributes).map(answerRecord),
  };
  switch (geometry.type) {
    case 'box':
      return {
        ...common,
        annotation_kind: `${kind}BoundingBox`,
        bounding_box: { top: geometry.y, left: geometry.x, height: geometry.height, width: geometry.width },
      };
    case 'polygon':
      return { ...common, annotation_kind: `${kind}Polygon`, polygon: points(geometry.points) };
    case 'polyline':
      return { ...common, annotation_kind: `${kind}Polyline`, line: points(geometry.points) };
    case 'point':
      return { ...common, annotation_kind: `${kind}Point`, point: { x: geometry.x, y: geometry.y } };
    default: {
      const data =
        bitmapOf({ ...annotation, geometry })?.map((pixel) => pixel * 255) ?? new Uint8Array(item.width * item.height);
      return {
        ...common,
        annotation_kind: 'ImageSegmentationMask',
        mask: { png: toBase64(encodePng({ width: item.width, height: item.height, channels: 1, data })) },
      };
    }
  }
}

function answerRecord([name, value]: [string, Attributes[string]]): Json {
  if (Array.isArray(value))
    return { name, value: name, checklist_answers: value.map((entry) => ({ name: entry, value: entry })) };
  return { name, value: name, text_answer: { content: attributeToText(value) ?? '' } };
}
