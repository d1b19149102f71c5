import type { AnnotationGeometry, GeometryOf, Xy } from '@fovea/contract';
import { rotatedBoxVertices } from '@fovea/geometry';
import { attributesOf } from './attributes.ts';
import type { Format, LabelledAnnotation, LabelledItem } from './dataset.ts';
import { encodeText, type FilePiece, type FileSource, listPaths, readText } from './files.ts';
import { type FitRules, type Fitted, fittingOf } from './fit.ts';
import { parseJson, streamJson } from './json-stream.ts';
import { resolvePath, folderOf } from './paths.ts';
import { type Candidate, type ReadContext, readingOf } from './reading.ts';
import { as, dropped, everyFrame, exact, exactWhere, tableOf } from './table.ts';
import { type FrameState, statesOf, timeOfStates } from './tracks.ts';
import { asCount, asList, asNumber, asObject, asText, type Json, xyObjects } from './values.ts';
import { type WriteContext, writingOf } from './writing.ts';

const table = tableOf({
  types: {
    box: exact,
    rotated_box: exact,
    polygon: exact,
    polyline: exact,
    point: exact,
    ellipse: exact,
    cuboid: exactWhere('it is drawn on the picture, not in space'),
    mask: as.outline,
    keypoints: dropped('Scale has single points only'),
    classification: dropped('categories are tasks of another type'),
    text: dropped('texts are tasks of another type'),
  },
  annotation: {
    holes: dropped('outlines have no holes'),
    attributes: exact,
    id: exact,
    frame: exact,
    frameRange: everyFrame,
    track: everyFrame,
    trackAttributes: exact,
  },
  item: { frames: exact, fps: exact, split: exact, metadata: exactWhere('no key is called item') },
  label: { unused: dropped('tasks list no labels but those that occur') },
  precisionPx: 1e-6,
});

const rules: FitRules = {
  table: { ...table, annotation: { ...table.annotation, frameRange: exact } },
  spread: 'all',
  annotation(annotation, item): Fitted {
    const isFilm = isVideo(item);
    if (isFilm && annotation.frame === null) return { lost: 'Scale labels frames of a video' };
    if (!isFilm && annotation.frame !== null) return { lost: 'a label of a frame on a picture' };
    if (annotation.geometry.type === 'cuboid' && !annotation.geometry.vertices)
      return { lost: 'cuboid: it lies in space' };
    return { annotations: [annotation], ways: [] };
  },
  item(item) {
    const taken = new Set<string>();
    const annotations = item.annotations.map((annotation, index) => {
      const wanted = annotation.id ?? `${item.path}#${index}`;
      const id = taken.has(wanted) ? `${wanted}-${index}` : wanted;
      taken.add(id);
      return { ...annotation, id };
    });
    const { item: _, ...metadata } = item.metadata ?? {};
    return { ...item, annotations, ...(item.metadata && { metadata }) };
  },
};

function isVideo(item: LabelledItem): boolean {
  return item.frames !== undefined && item.frames > 1;
}

/** Scale's tasks with their responses: an array of image and video annotation tasks. */
export const scale: Format = {
  name: 'scale',
  title: 'Scale task JSON',
  reference: 'https://docs.scale.com/reference/general-image-annotation',
  extensions: ['json'],
  table,
  async detect(files) {
    for (const path of files.paths.filter((candidate) => candidate.endsWith('.json')).slice(0, 3)) {
      const head = await files.head(path);
      if (/"task_id"\s*:/.test(head) && /"(response|params)"\s*:/.test(head)) return 0.95;
    }
    return 0;
  },
  read: (source, options) =>
    readingOf(source, options, async function* (context) {
      const files = (await listPaths(source)).filter((candidate) => candidate.endsWith('.json'));
      yield* context.eachFile(files, (path) => readFile(context, source, path));
    }),
  write: (items, labels, options) => writingOf(rules, items, labels, options, writeTasks),
  fitting: (labels, options) => fittingOf(rules, labels, options),
  mediaPath: (item) => `media/${item.path}`,
};

async function* readFile(context: ReadContext, source: FileSource, path: string): AsyncIterable<LabelledItem> {
  for await (const parts of streamJson(source, path)) {
    for (const part of parts) {
      // An array of tasks, or the answer of the task list: `{ "docs": [...] }`.
      const isTask = (part.key === '' || part.key === 'docs') && part.index !== undefined;
      const task = isTask ? context.objectAt(path, part.index ?? 0, parseJson(part.bytes, path)) : undefined;
      if (task === undefined) continue;
      if (task['task_id'] === undefined) {
        context.ledger.noted(path, `entry ${(part.index ?? 0) + 1} left out: it is no task`);
        continue;
      }
      const item = await readTask(context, source, task, path);
      if (item) yield context.done(item);
    }
  }
}

async function readTask(
  context: ReadContext,
  source: FileSource,
  task: Json,
  path: string,
): Promise<LabelledItem | undefined> {
  const params = asObject(task['params']) ?? {};
  const { item: facts, ...metadata } = asObject(task['metadata']) ?? {};
  const known = asObject(facts) ?? {};
  const item = await context.item(asText(known['path']) ?? pathOf(asText(params['attachment'])), {
    width: asCount(known['width']),
    height: asCount(known['height']),
    frames: asCount(known['frames']),
    fps: asNumber(known['fps']) ?? asNumber(params['frame_rate']),
    split: asText(known['split']),
    metadata: Object.keys(metadata).length > 0 ? metadata : undefined,
  });
  if (item === undefined) return undefined;
  const response = asObject(task['response']);
  if (response === undefined) context.ledger.noted(item.path, 'the task has no response yet');
  const link = asText(asObject(response?.['annotations'])?.['url']);
  if (link !== undefined) await readFrames(context, source, item, link, folderOf(path));
  else for (const annotation of context.objectsIn(item, response?.['annotations'], 'annotation')) addAnnotation(context, item, annotation);
  return item;
}

/** The path of an attachment's link, without its server. */
function pathOf(link: string | undefined): string | undefined {
  if (link === undefined || !/^[a-z][a-z0-9+.-]*:\/\//i.test(link)) return link;
  return link.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*\//i, '').split('?')[0];
}

/** A video's answer lies in a file of its own: an array with the annotations of each frame. */
async function readFrames(
  context: ReadContext,
  source: FileSource,
  item: LabelledItem,
  link: string,
  folder: string,
): Promise<void> {
  const path = resolvePath(folder, link);
  const text = path === undefined ? undefined : await readText(source, path);
  if (path === undefined || text === undefined)
    return context.ledger.noted(item.path, 'annotations left out: their file is not among the files');
  const objects = new Map<string, { first: Json; states: FrameState[] }>();
  for (const [frame, value] of asList(parseJson(text, path)).entries()) {
    for (const record of context.objectsIn(item, asObject(value)?.['annotations'], `annotation of frame ${frame},`)) {
      const id = asText(record['uuid']) ?? `frame ${frame}`;
      const geometry = geometryOf(record);
      if (typeof geometry === 'string') {
        context.drop(item, `${id} in frame ${frame}`, geometry);
        continue;
      }
      const known = objects.get(id) ?? { first: record, states: [] };
      known.states.push({ frame, geometry, attributes: attributesOf(record['attributes']) });
      objects.set(id, known);
    }
  }
  for (const { first, states } of objects.values()) {
    const time = timeOfStates(states);
    if (time) context.accept(item, { ...commonOf(first), ...time });
  }
}

function addAnnotation(context: ReadContext, item: LabelledItem, record: Json): void {
  const geometry = geometryOf(record);
  if (typeof geometry === 'string') return context.drop(item, asText(record['uuid']) ?? 'annotation', geometry);
  context.accept(item, { ...commonOf(record), geometry });
}

function commonOf(record: Json): Omit<Candidate, 'geometry'> {
  const id = asText(record['uuid']);
  return {
    label: asText(record['label']) ?? '',
    attributes: attributesOf(record['attributes']),
    ...(id !== undefined && { id }),
  };
}

function geometryOf(record: Json): AnnotationGeometry | string {
  const number = (key: string) => asNumber(record[key]) ?? Number.NaN;
  const vertices = xyObjects(record['vertices']);
  switch (record['type']) {
    case 'box': {
      const [x, y, width, height] = [number('left'), number('top'), number('width'), number('height')];
      const angle = asNumber(record['rotation']);
      return angle === undefined
        ? { type: 'box', x, y, width, height }
        : { type: 'rotated_box', cx: x + width / 2, cy: y + height / 2, width, height, angle };
    }
    case 'point':
      return { type: 'point', x: number('x'), y: number('y') };
    case 'polygon':
      return vertices ? { type: 'polygon', points: vertices } : 'its vertices cannot be read';
    case 'line':
      return vertices ? { type: 'polyline', points: vertices } : 'its vertices cannot be read';
    case 'cuboid':
      return vertices?.length === 8 ? { type: 'cuboid', vertices } : 'a cuboid needs eight vertices';
    case 'ellipse':
      return ellipseOf(vertices);
    default:
      return `an annotation of type ${String(record['type']).slice(0, 50)} is not known`;
  }
}

/** The ends of the two axes, one after another around the ellipse. */
function ellipseOf(vertices: readonly Xy[] | undefined): AnnotationGeometry | string {
  const [a, b, c, d] = vertices ?? [];
  if (!a || !b || !c || !d) return 'an ellipse needs four vertices';
  const [rx, ry] = [Math.hypot(c[0] - a[0], c[1] - a[1]) / 2, Math.hypot(d[0] - b[0], d[1] - b[1]) / 2];
  return {
    type: 'ellipse',
    cx: (a[0] + c[0]) / 2,
    cy: (a[1] + c[1]) / 2,
    rx,
    ry,
    angle: Math.atan2(a[1] - c[1], a[0] - c[0]),
  };
}

async function* writeTasks({ items }: WriteContext): AsyncIterable<FilePiece> {
  const tasks: string[] = [];
  for await (const item of items) {
    const file = `videos/${item.path}.json`;
    if (isVideo(item)) yield { path: file, bytes: encodeText(`${JSON.stringify(framesRecord(item))}\n`) };
    tasks.push(JSON.stringify(taskRecord(item, file)));
  }
  yield { path: 'tasks.json', bytes: encodeText(`[\n${tasks.join(',\n')}\n]\n`) };
}

function taskRecord(item: LabelledItem, file: string): Json {
  const { width, height, frames, fps, split, path } = item;
  const isFilm = isVideo(item);
  const kinds = Map.groupBy(item.annotations, ({ geometry }) => kindOf(geometry));
  const geometries = Object.fromEntries(
    [...kinds].map(([kind, list]) => [kind, { objects_to_annotate: [...new Set(list.map(({ label }) => label))] }]),
  );
  const facts = {
    path,
    width,
    height,
    ...(frames !== undefined && { frames }),
    ...(fps !== undefined && { fps }),
    ...(split !== undefined && { split }),
  };
  return {
    task_id: path,
    type: isFilm ? 'videoannotation' : 'imageannotation',
    status: 'completed',
    params: {
      attachment: path,
      attachment_type: isFilm ? 'video' : 'image',
      geometries,
      ...(isFilm && fps !== undefined && { frame_rate: fps }),
    },
    metadata: { ...item.metadata, item: facts },
    response: {
      annotations: isFilm
        ? { url: file }
        : item.annotations.map((annotation) =>
            annotationRecord(annotation, annotation.geometry, annotation.attributes),
          ),
    },
  };
}

function framesRecord(item: LabelledItem): Json[] {
  const frames = Array.from({ length: item.frames ?? 0 }, (): { annotations: Json[] } => ({ annotations: [] }));
  for (const annotation of item.annotations) {
    for (const state of statesOf(annotation) ?? [])
      frames[state.frame]?.annotations.push(annotationRecord(annotation, state.geometry, state.attributes ?? {}));
  }
  return frames;
}

function kindOf(geometry: AnnotationGeometry): string {
  return geometry.type === 'rotated_box' ? 'box' : geometry.type === 'polyline' ? 'line' : geometry.type;
}

function annotationRecord(
  { id, label }: LabelledAnnotation,
  geometry: AnnotationGeometry,
  attributes: LabelledAnnotation['attributes'],
): Json {
  return { uuid: id, type: kindOf(geometry), label, attributes, ...shapeRecord(geometry) };
}

function shapeRecord(geometry: AnnotationGeometry): Json {
  const vertices = (points: readonly Xy[]) => points.map(([x, y]) => ({ x, y }));
  switch (geometry.type) {
    case 'box':
      return { left: geometry.x, top: geometry.y, width: geometry.width, height: geometry.height };
    case 'rotated_box': {
      const { cx, cy, width, height, angle } = geometry;
      return {
        left: cx - width / 2,
        top: cy - height / 2,
        width,
        height,
        rotation: angle,
        vertices: vertices(rotatedBoxVertices(geometry)),
      };
    }
    case 'point':
      return { x: geometry.x, y: geometry.y };
    case 'polygon':
    case 'polyline':
      return { vertices: vertices(geometry.points) };
    case 'cuboid':
      return { vertices: vertices(geometry.vertices ?? []), edges: [] };
    case 'ellipse':
      return { vertices: vertices(axisEnds(geometry)) };
    default:
      return {};
  }
}

function axisEnds({ cx, cy, rx, ry, angle }: GeometryOf<'ellipse'>): Xy[] {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return [
    [cx + rx * cos, cy + rx * sin],
    [cx - ry * sin, cy + ry * cos],
    [cx - rx * cos, cy - rx * sin],
    [cx + ry * sin, cy - ry * cos],
  ];
}
