import type { AnnotationContent, Attributes } from '@fovea/contract';
import { interpolate } from '@fovea/geometry';
import { attributeToText } from './attributes.ts';
import { cvatLabels } from './cvat-labels.ts';
import { cvatShape } from './cvat-shapes.ts';
import type { LabelledAnnotation, LabelledItem, LabelSet } from './dataset.ts';
import { wholeOrders } from './drawing-order.ts';
import { encodeText, type FilePiece } from './files.ts';
import { frameSpan, statesOf } from './tracks.ts';
import { SpooledText, type WriteContext } from './writing.ts';
import { escapeXml, xml } from './xml.ts';

/** Whether an item has frames to label. */
export function isFilm(item: LabelledItem): boolean {
  return item.frames !== undefined && item.frames > 1;
}

const sources: Readonly<Record<AnnotationContent['source'], string>> = {
  human: 'manual',
  model: 'auto',
  import: 'file',
};

/** Writes one file for all pictures and one for each video. */
export async function* writeCvat({ items, labels, options }: WriteContext): AsyncIterable<FilePiece> {
  const images = new SpooledText(options);
  let count = 0;
  for await (const item of items) {
    if (isFilm(item)) yield { path: `videos/${item.path}.xml`, bytes: encodeText(videoXml(item, labels())) };
    else {
      await images.add(`${imageXml(item, count)}\n`);
      count += 1;
    }
  }
  const path = 'annotations.xml';
  const task =
    xml('name', {}, { text: options.name ?? 'dataset' }) +
    xml('size', {}, String(count)) +
    xml('mode', {}, 'annotation') +
    cvatLabels(labels());
  yield { path, bytes: encodeText(`${head}${xml('meta', {}, xml('task', {}, task))}\n`) };
  for await (const bytes of images.read()) yield { path, bytes };
  yield { path, bytes: encodeText('</annotations>\n') };
}

const head = '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n<version>1.1</version>\n';

function imageXml(item: LabelledItem, id: number): string {
  const groups = groupNumbers(item);
  const orderOf = wholeOrders(item.annotations);
  const shapes = item.annotations.map((annotation) => shapeXml(annotation, item, { groups, zOrder: orderOf(annotation) }));
  return xml(
    'image',
    { id, name: item.path, subset: item.split, width: item.width, height: item.height },
    shapes.join(''),
  );
}

function groupNumbers(item: LabelledItem): Map<string, number> {
  const names = [...new Set(item.annotations.flatMap(({ group }) => group ?? []))];
  return new Map(names.map((name, index) => [name, index + 1]));
}

/** What an annotation is among those of its item. */
type Among = { groups: ReadonlyMap<string, number>; zOrder: number };

function shapeXml(annotation: LabelledAnnotation, item: LabelledItem, { groups, zOrder }: Among): string {
  const shape = cvatShape(annotation.geometry, item);
  if (shape === undefined) return '';
  const { occluded, ...rest } = annotation.attributes;
  const attributes = occluded === true ? rest : annotation.attributes;
  const common = {
    label: annotation.label,
    source: sources[annotation.source],
    occluded: occluded === true ? 1 : 0,
    ...shape.attributes,
    z_order: zOrder,
    group_id: groups.get(annotation.group ?? ''),
  };
  return xml(shape.name, common, shape.inside + attributesXml(attributes));
}

function attributesXml(attributes: Attributes): string {
  return Object.entries(attributes)
    .map(
      ([name, value]) => `<attribute name="${escapeXml(name)}">${escapeXml(attributeToText(value) ?? '')}</attribute>`,
    )
    .join('');
}

function videoXml(item: LabelledItem, labels: LabelSet): string {
  const text = (name: string, value: string | number) => xml(name, {}, { text: String(value) });
  const size = xml('original_size', {}, text('width', item.width) + text('height', item.height));
  const task =
    text('name', item.path) +
    text('size', item.frames ?? 0) +
    text('mode', 'interpolation') +
    (item.split === undefined ? '' : text('subset', item.split)) +
    cvatLabels(labels) +
    size +
    text('source', item.path);
  const groups = groupNumbers(item);
  const orderOf = wholeOrders(item.annotations);
  const tracks = item.annotations.map((annotation, id) => trackXml(annotation, id, item, { groups, zOrder: orderOf(annotation) }));
  return `${head}${xml('meta', {}, xml('task', {}, task))}\n${tracks.join('\n')}\n</annotations>\n`;
}

/** A track with all frames in which it is visible, as CVAT itself writes them, and the frame in which it goes. */
function trackXml(
  annotation: LabelledAnnotation,
  id: number,
  item: LabelledItem,
  { groups, zOrder }: Among,
): string {
  const span = frameSpan(annotation) ?? { from: 0, to: 0 };
  const keyframes = new Map(
    (annotation.keyframes ?? [{ frame: span.from, geometry: annotation.geometry }]).map((keyframe) => [
      keyframe.frame,
      keyframe,
    ]),
  );
  const shapes = (statesOf(annotation) ?? []).map((state) => ({
    ...state,
    outside: false,
    isKey: keyframes.has(state.frame),
  }));
  const attributesAt = (frame: number) => ({
    ...annotation.attributes,
    ...interpolate(annotation.keyframes ?? [], frame)?.attributes,
  });
  const gone = [...keyframes.values()].filter((keyframe) => keyframe.outside);
  for (const { frame, geometry, occluded } of gone)
    shapes.push({ frame, geometry, occluded, attributes: attributesAt(frame), outside: true, isKey: true });
  const last = shapes.findLast((shape) => !shape.outside);
  if (last && span.to < (item.frames ?? 0) - 1)
    shapes.push({ ...last, frame: span.to + 1, outside: true, isKey: true });
  const written = shapes
    .toSorted((a, b) => a.frame - b.frame)
    .map((shape) => {
      const { name, attributes, inside } = cvatShape(shape.geometry, item) ?? {
        name: 'box',
        attributes: {},
        inside: '',
      };
      const flags = {
        frame: shape.frame,
        keyframe: shape.isKey ? 1 : 0,
        outside: shape.outside ? 1 : 0,
        occluded: shape.occluded ? 1 : 0,
      };
      return xml(name, { ...flags, ...attributes, z_order: zOrder }, inside + attributesXml(shape.attributes ?? {}));
    });
  const common = {
    id,
    label: annotation.label,
    source: sources[annotation.source],
    group_id: groups.get(annotation.group ?? ''),
  };
  return xml('track', common, `\n${written.join('\n')}\n`);
}
