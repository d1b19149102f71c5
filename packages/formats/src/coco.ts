import type { AnnotationGeometry, GeometryOf } from '@fovea/contract';
import { decodeRle } from '@fovea/geometry';
import { attributesOf } from './attributes.ts';
import {
  boxOf,
  cocoItem,
  cocoRecords,
  indexCoco,
  labelOf,
  recordName,
  requireFiles,
  splitOfFile,
} from './coco-file.ts';
import { boxOfMembers, isAbout, objectsOf } from './coco-objects.ts';
import { writeCoco } from './coco-write.ts';
import type { Format, LabelledAnnotation, LabelledItem, Reading, ReadOptions } from './dataset.ts';
import { type FileSource, listPaths } from './files.ts';
import { type FitRules, type Fitted, fittingOf, type Marker } from './fit.ts';
import { type LabelIndex } from './labels.ts';
import { baseName } from './paths.ts';
import { type Candidate, type ReadContext, readingOf } from './reading.ts';
import { approximated, as, dropped, exact, tableOf } from './table.ts';
import { asConfidence, asCount, asNumbers, asObject, asText, type Json, pairs } from './values.ts';
import { writingOf } from './writing.ts';

const table = tableOf({
  types: {
    box: exact,
    polygon: exact,
    mask: exact,
    keypoints: exact,
    rotated_box: as.outline,
    ellipse: as.outline,
    cuboid: as.outline,
    point: dropped('COCO objects are areas or key points'),
    polyline: dropped('COCO objects are areas or key points'),
    classification: dropped('COCO has no labels of whole images'),
    text: dropped('texts go into COCO captions'),
  },
  annotation: {
    holes: as.pixels,
    attributes: exact,
    confidence: exact,
    group: approximated(
      'kept where the annotations can be one COCO object: outlines or a mask, key points, and a box around more than them',
    ),
    id: dropped('numbered anew'),
  },
  item: { split: exact, metadata: exact },
  label: { color: exact, parent: exact, skeleton: exact },
});

const rules: FitRules = { table, annotation: fitKeypoints, item: fitGroups };

/** COCO object detection, segmentation and key points. */
export const coco: Format = {
  name: 'coco',
  title: 'COCO (instances and key points)',
  reference: 'https://cocodataset.org/#format-data',
  extensions: ['json'],
  table,
  async detect(files) {
    const jsons = files.paths.filter((path) => path.endsWith('.json') && !/panoptic|caption/i.test(path)).slice(0, 5);
    for (const path of jsons) if (isCocoHead(await files.head(path))) return 0.9;
    return 0;
  },
  read: readCoco,
  write: (items, labels, options) => writingOf(rules, items, labels, options, writeCoco),
  fitting: (labels, options) => fittingOf(rules, labels, options),
  mediaPath: (item) => `images/${item.path}`,
};

/** Whether the beginning of a JSON file looks like COCO's. */
export function isCocoHead(head: string): boolean {
  const hasParts =
    /"images"\s*:\s*\[/.test(head) ||
    /"annotations"\s*:\s*\[\s*\{[^[]*"image_id"/.test(head) ||
    /"categories"\s*:\s*\[\s*\{[^[]*"supercategory"/.test(head);
  return hasParts && /^\s*\{/.test(head) && /"(?:file_name|image_id|supercategory)"/.test(head);
}

/** Key points in the order of their label's skeleton, which the first annotation of a label without one gives. */
function fitKeypoints(annotation: LabelledAnnotation, _item: LabelledItem, labels: LabelIndex): Fitted {
  const { geometry } = annotation;
  if (geometry.type !== 'keypoints') return { annotations: [annotation], ways: [] };
  if (geometry.points.every((point) => point.visibility === 0)) return { lost: 'none of its key points is present' };
  const known = labels.definition(annotation.label).skeleton?.points;
  const names = known ?? geometry.points.map((point) => point.name);
  if (known === undefined) labels.define({ name: annotation.label, skeleton: { points: names, edges: [] } });
  const points = names.map((name): GeometryOf<'keypoints'>['points'][number] => {
    const point = geometry.points.find((candidate) => candidate.name === name);
    return point && point.visibility > 0 ? point : { name, x: 0, y: 0, visibility: 0 };
  });
  const ways = geometry.points.some((point) => point.visibility > 0 && !names.includes(point.name))
    ? ["key points that its label's skeleton lacks left out"]
    : [];
  if (points.every((point) => point.visibility === 0))
    return { lost: "none of its key points is in its label's skeleton" };
  return { annotations: [{ ...annotation, geometry: { type: 'keypoints', points } }], ways };
}

/** Groups stay where they can be written as one object. */
function fitGroups(item: LabelledItem, _labels: LabelIndex, mark: Marker): LabelledItem {
  const joined = new Set(
    objectsOf(item.annotations)
      .filter((object) => object.length > 1)
      .flat(),
  );
  const annotations = item.annotations.map((annotation) => {
    if (annotation.group === undefined || joined.has(annotation)) return annotation;
    const isAlone = !item.annotations.some((other) => other !== annotation && other.group === annotation.group);
    if (!isAlone) mark.way(annotation, 'group left out: its annotations cannot be one COCO object');
    const { group: _, ...rest } = annotation;
    return rest;
  });
  return { ...item, annotations };
}

function readCoco(source: FileSource, options?: ReadOptions): Reading {
  return readingOf(source, options, async function* (context) {
    const paths = await listPaths(source);
    const jsons = requireFiles(
      paths,
      (path) => path.endsWith('.json') && !/panoptic|caption/i.test(baseName(path)),
      'COCO file',
    );
    yield* context.eachFile(jsons, async function* (path) {
      const index = await indexCoco(context, path);
      if (index.images.length === 0) context.ledger.noted(path, 'file left out: it has no images');
      for await (const { image, records } of cocoRecords(context, index)) {
        const item = await cocoItem(context, image, splitOfFile(path));
        if (item === undefined) continue;
        for (const record of records) addRecord(context, item, record, labelOf(record, index.categories));
        yield context.done(item);
      }
    });
  });
}

function addRecord(context: ReadContext, item: LabelledItem, record: Json, label: string | undefined): void {
  if (label === undefined) return context.drop(item, recordName(record), 'its category is not in the file');
  const geometries = geometriesOf(record, context.labels.definition(label).skeleton?.points);
  if (typeof geometries === 'string') return context.drop(item, recordName(record), geometries);
  const id = asText(record['id']) ?? asCount(record['id'])?.toString();
  const attributes = attributesOf(record['attributes']);
  if (record['iscrowd'] === 1) attributes['iscrowd'] = true;
  for (const [part, geometry] of geometries.entries()) {
    const candidate: Candidate = { label, geometry, attributes, confidence: asConfidence(record['score']) };
    if (id !== undefined) candidate.id = part === 0 ? id : `${id}-${part}`;
    if (geometries.length > 1) candidate.group = `object ${id ?? recordName(record)}`;
    context.accept(item, candidate);
  }
}

/** A record's shapes, or what is wrong with it. Its box counts when it is all there is, or says more than the others. */
function geometriesOf(record: Json, names: readonly string[] | undefined): AnnotationGeometry[] | string {
  const geometries: AnnotationGeometry[] = [];
  const segmentation = record['segmentation'];
  const mask = asObject(segmentation);
  if (mask) {
    const size = asNumbers(mask['size']);
    const counts = asText(mask['counts']) ?? asNumbers(mask['counts']);
    if (size?.length !== 2 || counts === undefined) return 'its mask has no size or no counts';
    geometries.push({ type: 'mask', rle: { size: [size[0] ?? 0, size[1] ?? 0], counts } });
  } else if (Array.isArray(segmentation)) {
    for (const ring of segmentation) {
      const points = pairs(asNumbers(ring));
      if (points === undefined || points.length < 3) return 'its outline is not a list of at least three points';
      geometries.push({ type: 'polygon', points });
    }
  }
  const keypoints = keypointsOf(record, names);
  if (typeof keypoints === 'string') return keypoints;
  if (keypoints) geometries.push(keypoints);
  const box = boxOf(record['bbox']);
  const around = boxOfMembers(geometries.map((geometry) => ({ geometry: readable(geometry) })));
  if (box && !isAbout(around, [box.x, box.y, box.width, box.height])) geometries.push({ type: 'box', ...box });
  return geometries.length === 0 ? 'it has neither an outline, key points nor a box' : geometries;
}

/** A geometry whose bounds can be taken: a mask that is broken is judged later, with the others, and has none here. */
function readable(geometry: AnnotationGeometry): AnnotationGeometry {
  if (geometry.type !== 'mask') return geometry;
  try {
    decodeRle(geometry.rle);
    return geometry;
  } catch {
    return { type: 'classification' };
  }
}

function keypointsOf(record: Json, names: readonly string[] | undefined): GeometryOf<'keypoints'> | string | undefined {
  const numbers = asNumbers(record['keypoints']);
  if (record['keypoints'] === undefined) return undefined;
  if (numbers === undefined || numbers.length % 3 !== 0) return 'its key points are not triples of numbers';
  const points = Array.from({ length: numbers.length / 3 }, (_, i) => {
    const [x = 0, y = 0, seen = 0] = numbers.slice(3 * i, 3 * i + 3);
    return {
      name: names?.[i] ?? `point ${i + 1}`,
      x,
      y,
      visibility: seen === 0 ? (0 as const) : seen === 1 ? (1 as const) : (2 as const),
    };
  });
  // COCO gives every person key points, all absent where nobody drew any.
  return points.some((point) => point.visibility > 0) ? { type: 'keypoints', points } : undefined;
}
