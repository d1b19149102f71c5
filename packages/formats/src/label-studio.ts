import type { AnnotationGeometry, Attributes, Keyframe } from '@fovea/contract';
import { FormatError, type Format, type LabelledItem } from './dataset.ts';
import { type FileSource, listPaths } from './files.ts';
import { fittingOf } from './fit.ts';
import { parseJson, streamJson } from './json-stream.ts';
import { rules, table, withOutside } from './label-studio-fit.ts';
import { geometryOfRegion, labelsOfRegion, readControl, rectangleOf } from './label-studio-regions.ts';
import { writeTasks } from './label-studio-write.ts';
import { type Candidate, type ReadContext, readingOf } from './reading.ts';
import { asConfidence, asCount, asNumber, asObject, asObjects, asText, type Json } from './values.ts';
import { writingOf } from './writing.ts';
import { readXml, type XmlElement } from './xml.ts';

/** Label Studio: a JSON array of tasks, and the labelling configuration beside it. */
export const labelStudio: Format = {
  name: 'label-studio',
  title: 'Label Studio',
  reference: 'https://labelstud.io/guide/export',
  extensions: ['json'],
  table,
  async detect(files) {
    for (const path of files.paths.filter((candidate) => candidate.endsWith('.json')).slice(0, 3)) {
      const head = await files.head(path);
      if (
        /^\s*[[{]/.test(head) &&
        /"data"\s*:\s*\{/.test(head) &&
        /"(annotations|completions|predictions)"\s*:\s*\[/.test(head)
      )
        return 0.9;
    }
    return 0;
  },
  read: (source, options) => readingOf(source, options, (context) => readTasks(context, source)),
  write: (items, labels, options) => writingOf(rules, items, labels, options, writeTasks),
  fitting: (labels, options) => fittingOf(rules, labels, options),
  mediaPath: (item) => `media/${item.path}`,
};

async function* readTasks(context: ReadContext, source: FileSource): AsyncIterable<LabelledItem> {
  const paths = await listPaths(source);
  for (const path of paths.filter((candidate) => /config[^/]*\.xml$/.test(candidate))) {
    try {
      readConfig(await readXml(source, path), context);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      context.ledger.noted(path, `labels left out: ${error.message}`);
    }
  }
  const files = paths.filter((candidate) => candidate.endsWith('.json'));
  yield* context.eachFile(files, (path) => readFile(context, source, path));
}

async function* readFile(context: ReadContext, source: FileSource, path: string): AsyncIterable<LabelledItem> {
  for await (const parts of streamJson(source, path)) {
    for (const part of parts) {
      const task = part.key === '' ? asObject(parseJson(part.bytes, path)) : undefined;
      const item = task && (await taskItem(context, task));
      if (task && item) {
        addResults(context, item, task);
        yield context.done(item);
      }
    }
  }
}

/** Labels and colours of the tags that have `<Label>` and `<Choice>` children. */
function readConfig(element: XmlElement, context: ReadContext): void {
  for (const child of element.children) {
    if (
      (child.name === 'Label' || (child.name === 'Choice' && element.attributes['perRegion'] !== 'true')) &&
      child.attributes['value'] !== undefined
    ) {
      context.labels.define({ name: child.attributes['value'], color: child.attributes['background']?.toLowerCase() });
    }
    readConfig(child, context);
  }
}

async function taskItem(context: ReadContext, task: Json): Promise<LabelledItem | undefined> {
  const data = asObject(task['data']) ?? {};
  const place = ['image', 'video', 'img', 'url', 'audio', 'text']
    .map((key) => asText(data[key]))
    .find((text) => text !== undefined);
  const results = asObjects(task['annotations']).flatMap((annotation) => asObjects(annotation['result']));
  const sized = results.find((result) => asCount(result['original_width']));
  const video = results.map((result) => asObject(result['value'])).find((value) => asCount(value?.['framesCount']));
  const metadata = asObject(task['meta']);
  const fps = asNumber(data['fps']);
  return context.item(place === undefined ? undefined : placeOf(place), {
    width: asCount(data['width']) ?? asCount(sized?.['original_width']),
    height: asCount(data['height']) ?? asCount(sized?.['original_height']),
    frames: asCount(data['frames']) ?? asCount(video?.['framesCount']),
    fps,
    split: asText(data['split']),
    metadata: metadata && Object.keys(metadata).length > 0 ? metadata : undefined,
  });
}

/** The path of a media link: without its server, its upload folder, its query. */
function placeOf(place: string): string {
  const local = /[?&]d=([^&]+)/.exec(place)?.[1];
  if (local !== undefined) return decode(local);
  if (!/^([a-z][a-z0-9+.-]*:\/\/|\/)/i.test(place)) return place;
  const path = decode(place.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '').split('?')[0] ?? '');
  return path.replace(/^\/+/, '').replace(/^data\/upload\/(\d+\/)?([0-9a-f]{8}-)?/, '');
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function addResults(context: ReadContext, item: LabelledItem, task: Json): void {
  const given = context.objectsIn(item, task['annotations'] ?? task['completions'], 'annotation');
  if (given.length > 1) context.ledger.noted(item.path, 'several people annotated the task; all are read');
  for (const annotation of given) addResult(context, item, context.objectsIn(item, annotation['result'], 'result'));
  for (const prediction of context.objectsIn(item, task['predictions'], 'prediction'))
    addResult(context, item, context.objectsIn(item, prediction['result'], 'result'), 'model');
}

function addResult(
  context: ReadContext,
  item: LabelledItem,
  result: readonly Json[],
  source: Candidate['source'] = 'import',
): void {
  const controls = new Map<string, Attributes>();
  const regions: Json[] = [];
  const shapes = new Set(result.filter(isRegion).map((entry) => asText(entry['id'])));
  for (const entry of result) {
    const id = asText(entry['id']);
    const isPerRegion = id !== undefined && shapes.has(id) && !isRegion(entry);
    const attributes = controls.get(id ?? '') ?? {};
    if (isPerRegion && readControl(attributes, entry)) controls.set(id, attributes);
    else if (!isPerRegion) regions.push(entry);
    else context.ledger.noted(item.path, `a control of type ${String(entry['type']).slice(0, 50)} left out`);
  }
  for (const entry of regions) addRegion(context, item, entry, controls.get(asText(entry['id']) ?? '') ?? {}, source);
}

/** Shapes name themselves `…labels` (or the bare shape with a label elsewhere); choices and texts belong to them or the whole. */
function isRegion(entry: Json): boolean {
  return /labels$|^(rectangle|polygon|keypoint|ellipse|brush|videorectangle)$/.test(String(entry['type']));
}

function addRegion(
  context: ReadContext,
  item: LabelledItem,
  entry: Json,
  attributes: Attributes,
  source: Candidate['source'],
): void {
  const [type, value] = [asText(entry['type']) ?? '', asObject(entry['value']) ?? {}];
  const name = `${asText(entry['id']) ?? 'result'} (${type.slice(0, 50)})`;
  const common = { attributes, source, confidence: asConfidence(entry['score']) };
  if (type === 'choices') {
    for (const label of asTextsOf(value['choices']))
      context.accept(item, { ...common, label, geometry: { type: 'classification' } });
  } else if (type === 'textarea') {
    for (const text of asTextsOf(value['text']))
      context.accept(item, {
        ...common,
        label: asText(entry['from_name']) ?? 'text',
        geometry: { type: 'text', text },
      });
  } else {
    const [label, ...more] =
      labelsOfRegion(type, value).length > 0 ? labelsOfRegion(type, value) : labelsOfRegion('labels', value);
    if (label === undefined) return context.drop(item, name, 'it has no label');
    if (more.length > 0) context.ledger.noted(item.path, 'further labels of one region left out');
    if (type === 'videorectangle') return addVideoBox(context, item, value, { ...common, label });
    const geometry = geometryOfRegion(type, value, item);
    if (typeof geometry === 'string') context.drop(item, name, geometry);
    else context.accept(item, { ...common, label, geometry });
  }
}

function asTextsOf(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter(
    (entry): entry is string => typeof entry === 'string' && entry !== '',
  );
}

/** A video box: frames count from 1; after one that is not enabled the box is gone until the next. */
function addVideoBox(context: ReadContext, item: LabelledItem, value: Json, common: Omit<Candidate, 'geometry'>): void {
  const sequence = asObjects(value['sequence']).toSorted(
    (a, b) => (asCount(a['frame']) ?? 0) - (asCount(b['frame']) ?? 0),
  );
  const isTurned = sequence.some((stop) => (asNumber(stop['rotation']) ?? 0) !== 0);
  const keyframes = sequence.flatMap((stop, index): Keyframe[] => {
    const frame = (asCount(stop['frame']) ?? 0) - 1;
    const box = rectangleOf(stop, item);
    const next = asCount(sequence[index + 1]?.['frame']);
    return withOutside(
      { frame, geometry: isTurned ? turned(box) : box },
      stop['enabled'] === false,
      next === undefined ? undefined : next - 1,
    );
  });
  const [first] = keyframes;
  if (first === undefined) return context.drop(item, 'a video box', 'it has no frames');
  context.accept(item, {
    ...common,
    geometry: first.geometry,
    frame: first.frame,
    endFrame: Math.max(first.frame, (item.frames ?? 1) - 1),
    keyframes,
  });
}

function turned(geometry: AnnotationGeometry): AnnotationGeometry {
  if (geometry.type !== 'box') return geometry;
  const { x, y, width, height } = geometry;
  return { type: 'rotated_box', cx: x + width / 2, cy: y + height / 2, width, height, angle: 0 };
}
