import type { AnnotationGeometry, Attributes, Keyframe } from '@fovea/contract';
import { interpolate } from '@fovea/geometry';
import type { Format, LabelledAnnotation, LabelledItem, LabelSet } from './dataset.ts';
import { encodeText, type FilePiece, type FileSource, listPaths } from './files.ts';
import { type FitRules, type Fitted, fittingOf } from './fit.ts';
import { parseJson, streamJson } from './json-stream.ts';
import {
  controlOf,
  geometryOfRegion,
  labelsOfRegion,
  readControl,
  rectangleOf,
  rectangleValue,
  regionOf,
} from './label-studio-regions.ts';
import { type Candidate, type ReadContext, readingOf } from './reading.ts';
import { approximated, as, dropped, exact, exactWhere, tableOf } from './table.ts';
import { frameSpan, normalTime } from './tracks.ts';
import { asConfidence, asCount, asNumber, asObject, asObjects, asText, type Json } from './values.ts';
import { type WriteContext, writingOf } from './writing.ts';
import { readXml, xml, type XmlElement } from './xml.ts';

const onPictures = exactWhere('it is on a picture');

const table = tableOf({
  types: {
    box: exact,
    rotated_box: exact,
    polygon: onPictures,
    point: onPictures,
    ellipse: onPictures,
    mask: onPictures,
    classification: exactWhere('it has no attributes; it is a choice'),
    text: exactWhere('it has neither attributes nor a span; it is a text area'),
    cuboid: as.outline,
    polyline: dropped('Label Studio has no open lines'),
    keypoints: dropped('Label Studio has single points only'),
  },
  annotation: {
    holes: as.pixels,
    attributes: approximated('exact but for values of null, and lists of only true or false'),
    confidence: exact,
    frame: exact,
    frameRange: approximated('as a track that stands still'),
    track: approximated('exact in every visible frame; with a key frame before it goes'),
    trackAttributes: dropped('a video object has the same attributes in all frames'),
  },
  item: { frames: exact, fps: exact, split: exact, metadata: exact },
  label: { color: exact },
  precisionPx: 1e-6,
});

const rules: FitRules = {
  table: { ...table, annotation: { ...table.annotation, attributes: exact, track: exact, frameRange: exact } },
  annotation: fitRegion,
};

function isFilm(item: LabelledItem): boolean {
  return item.frames !== undefined && item.frames > 1;
}

function fitRegion(annotation: LabelledAnnotation, item: LabelledItem): Fitted {
  const ways: string[] = [];
  const { geometry } = annotation;
  const isWhole = geometry.type === 'classification' || geometry.type === 'text';
  if (
    isFilm(item) &&
    !isWhole &&
    (annotation.frame === null || (annotation.type !== 'box' && annotation.type !== 'rotated_box'))
  ) {
    return { lost: 'Label Studio labels videos with boxes in frames' };
  }
  if (annotation.frame !== null && (isWhole || !isFilm(item)))
    return { lost: 'a frame of its own is for boxes in videos' };
  const attributes = fitAttributes(annotation.attributes, isWhole, ways);
  const shape: AnnotationGeometry = geometry.type === 'text' ? { type: 'text', text: geometry.text } : geometry;
  if (geometry.type === 'text' && geometry.start !== undefined) ways.push('the span of a text left out');
  const fitted: LabelledAnnotation = {
    ...annotation,
    attributes,
    geometry: shape,
    ...(isWhole && annotation.confidence !== null && { confidence: null }),
  };
  if (isWhole && annotation.confidence !== null) ways.push('confidence of a choice or a text left out');
  if (annotation.frame === null) return { annotations: [plainBox(fitted)], ways };
  const keyframes = lifespans(fitted, item);
  if (keyframes.length !== (annotation.keyframes?.length ?? 1)) ways.push('key frames added where it goes');
  const timed = normalTime({
    ...fitted,
    keyframes: keyframes.flatMap(({ ends, ...keyframe }, i) => withOutside(keyframe, ends, keyframes[i + 1]?.frame)),
  });
  return timed ? { annotations: [timed], ways } : { lost: 'it is visible in no frame' };
}

/** A rotated box of angle 0 is Label Studio's plain one. */
function plainBox(annotation: LabelledAnnotation): LabelledAnnotation {
  const { geometry } = annotation;
  if (geometry.type !== 'rotated_box' || geometry.angle !== 0) return annotation;
  const { cx, cy, width, height } = geometry;
  return {
    ...annotation,
    type: 'box',
    geometry: { type: 'box', x: cx - width / 2, y: cy - height / 2, width, height },
  };
}

function fitAttributes(attributes: Attributes, isWhole: boolean, ways: string[]): Attributes {
  if (isWhole && Object.keys(attributes).length > 0) ways.push('attributes of a choice or a text left out');
  if (isWhole) return {};
  const kept = Object.entries(attributes).filter(([, value]) => value !== null);
  const result = Object.fromEntries(
    kept.map(([name, value]) => [
      name,
      Array.isArray(value) && value.length === 1 && /^(true|false)$/.test(value[0] ?? '') ? value[0] === 'true' : value,
    ]),
  );
  if (JSON.stringify(result) !== JSON.stringify(attributes))
    ways.push('attribute values of null left out, lists of only true or false as truth values');
  return result;
}

type Stop = Keyframe & { ends: boolean };

/**
 * A track as Label Studio keeps it: visible key frames, of which some end a stretch (`enabled: false`): after them the
 * object is gone until the next. Before each frame in which the object goes, a key frame stands where it is then.
 */
function lifespans(annotation: LabelledAnnotation, item: LabelledItem): Stop[] {
  const span = frameSpan(annotation) ?? { from: 0, to: 0 };
  const keyframes = annotation.keyframes ?? [{ frame: span.from, geometry: annotation.geometry }];
  const stops = new Map<number, Stop>();
  const stopAt = (frame: number): Stop | undefined => {
    const state = interpolate(keyframes, frame);
    return state && { frame, geometry: state.geometry, ends: false };
  };
  for (const { frame, outside } of keyframes) {
    const stop = outside ? stopAt(frame - 1) : stopAt(frame);
    if (stop && !(outside && interpolate(keyframes, frame - 1)?.outside))
      stops.set(stop.frame, { ...stop, ends: outside ?? false });
  }
  const last = stopAt(span.to);
  if (last && !interpolate(keyframes, span.to)?.outside)
    stops.set(span.to, { ...last, ends: span.to < (item.frames ?? 0) - 1 });
  return [...stops.values()].sort((a, b) => a.frame - b.frame);
}

function withOutside(keyframe: Keyframe, ends: boolean, next: number | undefined): Keyframe[] {
  return ends && next !== keyframe.frame + 1
    ? [keyframe, { frame: keyframe.frame + 1, geometry: keyframe.geometry, outside: true }]
    : [keyframe];
}

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
  for (const path of paths.filter((candidate) => /config[^/]*\.xml$/.test(candidate)))
    readConfig(await readXml(source, path), context);
  for (const path of paths.filter((candidate) => candidate.endsWith('.json'))) {
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
  const given = asObjects(task['annotations'] ?? task['completions']);
  if (given.length > 1) context.ledger.noted(item.path, 'several people annotated the task; all are read');
  for (const annotation of given) addResult(context, item, asObjects(annotation['result']));
  for (const prediction of asObjects(task['predictions']))
    addResult(context, item, asObjects(prediction['result']), 'model');
}

function addResult(
  context: ReadContext,
  item: LabelledItem,
  result: readonly Json[],
  source: Candidate['source'] = 'import',
): void {
  const controls = new Map<string, Attributes>();
  const regions: Json[] = [];
  for (const entry of result) {
    const id = asText(entry['id']);
    const isPerRegion =
      result.some((other) => other !== entry && other['id'] === id && isRegion(other)) && !isRegion(entry);
    const attributes = controls.get(id ?? '') ?? {};
    if (isPerRegion && id !== undefined && readControl(attributes, entry)) controls.set(id, attributes);
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

async function* writeTasks({ items, labels }: WriteContext): AsyncIterable<FilePiece> {
  const path = 'tasks.json';
  let id = 0;
  const used = new Map<string, Set<string>>();
  yield { path, bytes: encodeText('[\n') };
  for await (const item of items) {
    id += 1;
    yield { path, bytes: encodeText(`${id === 1 ? '' : ',\n'}${JSON.stringify(taskRecord(item, id, used))}`) };
  }
  yield { path, bytes: encodeText('\n]\n') };
  yield { path: 'config.xml', bytes: encodeText(configXml(labels(), used)) };
}

function taskRecord(item: LabelledItem, id: number, used: Map<string, Set<string>>): Json {
  const { width, height, frames, fps, split } = item;
  const data = {
    [isFilm(item) ? 'video' : 'image']: item.path,
    width,
    height,
    ...(frames !== undefined && { frames }),
    ...(fps !== undefined && { fps }),
    ...(split !== undefined && { split }),
  };
  const result = item.annotations.flatMap((annotation, index) =>
    regionRecords(annotation, item, `r${index + 1}`, used),
  );
  return { id, data, meta: item.metadata ?? {}, annotations: [{ id, result }] };
}

function regionRecords(
  annotation: LabelledAnnotation,
  item: LabelledItem,
  id: string,
  used: Map<string, Set<string>>,
): Json[] {
  const { label, geometry, confidence } = annotation;
  const to_name = isFilm(item) ? 'video' : 'image';
  const note = (type: string, name: string) => used.set(type, (used.get(type) ?? new Set()).add(name));
  if (geometry.type === 'classification') {
    note('choices', label);
    return [{ id, type: 'choices', from_name: 'choice', to_name, value: { choices: [label] } }];
  }
  if (geometry.type === 'text') {
    note('textarea', label);
    return [{ id, type: 'textarea', from_name: label, to_name, value: { text: [geometry.text] } }];
  }
  const region =
    annotation.frame === null
      ? regionOf(geometry, item)
      : { type: 'videorectangle', value: videoValue(annotation, item) };
  if (region === undefined) return [];
  const key = region.type === 'videorectangle' ? 'labels' : region.type;
  note(region.type, label);
  const size = { original_width: item.width, original_height: item.height, image_rotation: 0 };
  const own = {
    id,
    type: region.type,
    from_name: region.type === 'videorectangle' ? 'box' : region.type.replace(/labels$/, ''),
    to_name,
    ...size,
    value: { ...region.value, [key]: [label] },
    ...(confidence !== null && { score: confidence }),
  };
  const controls = Object.entries(annotation.attributes).flatMap(([name, value]) => {
    const control = controlOf(value);
    return control ? [{ id, type: control.type, from_name: name, to_name, ...size, value: control.value }] : [];
  });
  return [own, ...controls];
}

function videoValue(annotation: LabelledAnnotation, item: LabelledItem): Json {
  const sequence = lifespans(annotation, item).map(({ frame, geometry, ends }) => ({
    frame: frame + 1,
    enabled: !ends,
    ...rectangleValue(geometry, item),
    ...(item.fps !== undefined && { time: (frame + 1) / item.fps }),
  }));
  return { framesCount: item.frames, sequence };
}

/** A configuration with a control for each kind of region that occurs, and all labels in each. */
function configXml({ labels }: LabelSet, used: ReadonlyMap<string, ReadonlySet<string>>): string {
  const tags: Readonly<Record<string, string>> = {
    rectanglelabels: 'RectangleLabels',
    polygonlabels: 'PolygonLabels',
    keypointlabels: 'KeyPointLabels',
    ellipselabels: 'EllipseLabels',
    brushlabels: 'BrushLabels',
  };
  const all = labels.map((label) => xml('Label', { value: label.name, background: label.color })).join('');
  const kinds = Object.entries(tags).filter(
    ([type]) => used.has(type) || (type === 'rectanglelabels' && !used.has('videorectangle')),
  );
  const parts = kinds.map(([type, tag]) => xml(tag, { name: type.replace(/labels$/, ''), toName: 'image' }, all));
  const isVideo = used.has('videorectangle');
  if (isVideo)
    parts.push(
      xml('Video', { name: 'video', value: '$video' }),
      xml('Labels', { name: 'videoLabels', toName: 'video' }, all),
      xml('VideoRectangle', { name: 'box', toName: 'video' }),
    );
  const choices = [...(used.get('choices') ?? [])].map((value) => xml('Choice', { value }));
  if (choices.length > 0)
    parts.push(xml('Choices', { name: 'choice', toName: 'image', choice: 'multiple' }, choices.join('')));
  for (const name of used.get('textarea') ?? []) parts.push(xml('TextArea', { name, toName: 'image' }));
  return `${xml('View', {}, `\n${[xml('Image', { name: 'image', value: '$image' }), ...parts].join('\n')}\n`)}\n`;
}
