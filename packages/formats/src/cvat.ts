import type { AnnotationContent, AnnotationGeometry, Attributes, Keyframe } from '@fovea/contract';
import { attributeFromText, fitTextAttributes, setOwn } from './attributes.ts';
import { readCvatLabels } from './cvat-labels.ts';
import { geometriesOfShape } from './cvat-shapes.ts';
import { isFilm, writeCvat } from './cvat-write.ts';
import type { Format, LabelledItem } from './dataset.ts';
import { wholeOrder, zOrderOf } from './drawing-order.ts';
import { type FileSource, listPaths } from './files.ts';
import { type FitRules, type Fitted, fittingOf } from './fit.ts';
import type { Candidate, ReadContext } from './reading.ts';
import { readingOf } from './reading.ts';
import { approximated, as, dropped, exact, exactWhere, tableOf, textAttributes } from './table.ts';
import { writingOf } from './writing.ts';
import { childOf, numberOf, streamXml, textOf, type XmlElement } from './xml.ts';

const inPictures = exactWhere('it is on a picture');

const table = tableOf({
  types: {
    box: exact,
    rotated_box: exact,
    polygon: exact,
    polyline: exact,
    point: exact,
    ellipse: exact,
    keypoints: exact,
    classification: inPictures,
    mask: inPictures,
    cuboid: exactWhere('it is drawn on the picture, not in space'),
    text: dropped('CVAT has no texts of their own'),
  },
  annotation: {
    holes: as.pixels,
    attributes: textAttributes,
    group: exact,
    zOrder: approximated(wholeOrder),
    frame: exact,
    frameRange: exact,
    track: exact,
    trackFlags: exact,
    trackAttributes: textAttributes,
    source: exact,
  },
  item: { frames: exact, split: exact, fps: dropped('CVAT counts frames and knows no rate') },
  label: { color: exact, attributes: approximated('a choice of several values becomes text'), skeleton: exact },
  precisionPx: 1e-6,
});

const rules: FitRules = {
  table,
  annotation(annotation, item) {
    const isVideo = isFilm(item);
    if (isVideo && annotation.frame === null) return { lost: 'CVAT labels frames of a video, not the whole' };
    if (isVideo && (annotation.type === 'mask' || annotation.type === 'classification'))
      return { lost: `${annotation.type}: CVAT has it on pictures only` };
    if (!isVideo && annotation.frame !== null) return { lost: 'a label of a frame on a picture' };
    if (annotation.geometry.type === 'cuboid' && annotation.geometry.vertices === undefined)
      return { lost: 'cuboid: it lies in space' };
    return fitRotation(fitTextAttributes(annotation));
  },
};

/** A rotated box of angle 0 is CVAT's plain box. */
function fitRotation(fitted: Fitted): Fitted {
  if ('lost' in fitted) return fitted;
  const upright = (geometry: AnnotationGeometry): AnnotationGeometry => {
    if (geometry.type !== 'rotated_box' || geometry.angle !== 0) return geometry;
    const { cx, cy, width, height } = geometry;
    return { type: 'box', x: cx - width / 2, y: cy - height / 2, width, height };
  };
  const annotations = fitted.annotations.map((annotation) => {
    const geometry = upright(annotation.geometry);
    return annotation.keyframes ? annotation : { ...annotation, type: geometry.type, geometry };
  });
  return { annotations, ways: fitted.ways };
}

/** CVAT XML 1.1: one file for all pictures, and one for each video. */
export const cvat: Format = {
  name: 'cvat',
  title: 'CVAT XML 1.1',
  reference: 'https://docs.cvat.ai/docs/manual/advanced/xml_format/',
  extensions: ['xml'],
  table,
  async detect(files) {
    for (const path of files.paths.filter((candidate) => candidate.endsWith('.xml')).slice(0, 3)) {
      if (/<annotations[\s>]/.test(await files.head(path))) return 0.9;
    }
    return 0;
  },
  read: (source, options) => readingOf(source, options, (context) => readCvat(context, source)),
  write: (items, labels, options) => writingOf(rules, items, labels, options, writeCvat),
  fitting: (labels, options) => fittingOf(rules, labels, options),
  mediaPath: (item) => `images/${item.path}`,
};

async function* readCvat(context: ReadContext, source: FileSource): AsyncIterable<LabelledItem> {
  const files = (await listPaths(source)).filter((candidate) => candidate.endsWith('.xml'));
  yield* context.eachFile(files, (path) => readFile(context, source, path));
}

async function* readFile(context: ReadContext, source: FileSource, path: string): AsyncIterable<LabelledItem> {
  let meta: XmlElement | undefined;
  // All of a video at once: half of its tracks, where the file breaks off, would pass for the whole.
  const tracks: XmlElement[] = [];
  for await (const { root, child } of streamXml(source, path)) {
    if (root.name !== 'annotations') {
      context.ledger.noted(path, 'file left out: it is no CVAT annotation');
      break;
    }
    if (child.name === 'meta') {
      meta = child;
      readCvatLabels(child, context.labels);
    } else if (child.name === 'image') {
      const item = await readImage(context, child);
      if (item) yield context.done(item);
    } else if (child.name === 'track') tracks.push(child);
  }
  // A video without any track still is an item when the file says that it is one.
  if (tracks.length === 0 && (!meta || textOf(home(meta), 'mode') !== 'interpolation')) return;
  const video = await videoItem(context, meta, path);
  if (video === undefined) return;
  for (const track of tracks) addTrack(context, video, track);
  yield context.done(video);
}

function home(meta: XmlElement | undefined): XmlElement | undefined {
  return childOf(meta, 'task') ?? childOf(meta, 'job') ?? childOf(meta, 'project');
}

async function videoItem(
  context: ReadContext,
  meta: XmlElement | undefined,
  path: string,
): Promise<LabelledItem | undefined> {
  const task = home(meta);
  const size = childOf(task, 'original_size') ?? childOf(meta, 'original_size');
  const split = textOf(task, 'subset');
  return context.item(textOf(task, 'source') ?? textOf(meta, 'source') ?? path.replace(/\.xml$/, ''), {
    width: numberOf(size, 'width'),
    height: numberOf(size, 'height'),
    frames: numberOf(task, 'size'),
    split,
  });
}

async function readImage(context: ReadContext, image: XmlElement): Promise<LabelledItem | undefined> {
  const { name, width, height, subset } = image.attributes;
  const item = await context.item(name, {
    width: Number(width) || 0,
    height: Number(height) || 0,
    split: subset === '' || subset === 'default' ? undefined : subset,
  });
  if (item === undefined) return undefined;
  for (const [number, shape] of image.children.entries()) {
    const shown = `shape ${number}`;
    const geometries = geometriesOfShape(shape, item);
    if (typeof geometries === 'string') context.drop(item, shown, geometries);
    else {
      const attributes = attributesIn(shape);
      if (shape.attributes['occluded'] === '1') attributes['occluded'] = true;
      const group = groupOf(shape) ?? (geometries.length > 1 ? `points ${number}` : undefined);
      for (const geometry of geometries)
        context.accept(item, { ...commonOf(shape), geometry, attributes, ...zOrderOf(Number(shape.attributes['z_order'])), ...(group !== undefined && { group }) });
    }
  }
  return item;
}

function commonOf(element: XmlElement): Omit<Candidate, 'geometry'> {
  return { label: element.attributes['label'] ?? '', source: sourceOf(element.attributes['source']) };
}

function groupOf(element: XmlElement): string | undefined {
  const group = element.attributes['group_id'];
  return group === undefined || group === '0' ? undefined : `group ${group}`;
}

function sourceOf(source: string | undefined): AnnotationContent['source'] {
  return source === 'auto' || source === 'semi-auto' ? 'model' : source === 'file' ? 'import' : 'human';
}

function attributesIn(element: XmlElement): Attributes {
  const attributes: Attributes = {};
  for (const child of element.children) {
    const name = child.attributes['name'];
    if (child.name === 'attribute' && name !== undefined) setOwn(attributes, name, attributeFromText(child.text));
  }
  return attributes;
}

/** A track; CVAT also writes the frames between key frames, which are left to interpolation. */
function addTrack(context: ReadContext, item: LabelledItem, track: XmlElement): void {
  const name = `track ${track.attributes['id'] ?? ''}`;
  const shapes = track.children.filter((child) => child.attributes['frame'] !== undefined);
  const marked = shapes.filter((shape) => shape.attributes['keyframe'] === '1');
  const chosen = (marked.length > 0 ? marked : shapes).toSorted(
    (a, b) => Number(a.attributes['frame']) - Number(b.attributes['frame']),
  );
  const keyframes: Keyframe[] = [];
  for (const shape of chosen) {
    const geometries = geometriesOfShape(shape, item);
    if (typeof geometries === 'string') return context.drop(item, name, geometries);
    const [geometry] = geometries;
    if (geometry === undefined) continue;
    keyframes.push({
      frame: Number(shape.attributes['frame']),
      geometry: alike(geometry, keyframes[0]?.geometry),
      ...(shape.attributes['occluded'] === '1' && { occluded: true }),
      ...(shape.attributes['outside'] === '1' && { outside: true }),
      attributes: attributesIn(shape),
    });
  }
  const [first] = keyframes;
  if (first === undefined) return context.drop(item, name, 'it has no shapes');
  const last = item.frames === undefined ? (keyframes[keyframes.length - 1]?.frame ?? first.frame) : item.frames - 1;
  const group = groupOf(track);
  context.accept(item, {
    ...commonOf(track),
    geometry: first.geometry,
    frame: first.frame,
    endFrame: last,
    keyframes,
    ...zOrderOf(Number(chosen[0]?.attributes['z_order'])),
    ...(group !== undefined && { group }),
  });
}

/** A box that is turned in some frames only is a rotated box in all of them. */
function alike(geometry: AnnotationGeometry, first: AnnotationGeometry | undefined): AnnotationGeometry {
  if (geometry.type !== 'box' || first?.type !== 'rotated_box') return geometry;
  const { x, y, width, height } = geometry;
  return { type: 'rotated_box', cx: x + width / 2, cy: y + height / 2, width, height, angle: 0 };
}
