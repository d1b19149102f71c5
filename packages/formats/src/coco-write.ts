import type { AnnotationGeometry } from '@fovea/contract';
import { area, coverage, decodeRle, encodeRle, isSimple, plainRle } from '@fovea/geometry';
import { imageKeys } from './coco-file.ts';
import { boxOfMembers, objectsOf } from './coco-objects.ts';
import type { LabelledAnnotation, LabelledItem, WriteOptions } from './dataset.ts';
import { encodeText, type FilePiece } from './files.ts';
import { rgbOf, skeletonPairs } from './labels.ts';
import { asFileName } from './paths.ts';
import { asTexts, type Json } from './values.ts';
import { SpooledText, type WriteContext } from './writing.ts';

/** Writes a file of images, objects and categories for each split. */
export async function* writeCoco({ items, labels, options }: WriteContext): AsyncIterable<FilePiece> {
  const splits = new Map<
    string,
    { images: SpooledText; annotations: SpooledText; imageCount: number; objectCount: number }
  >();
  const categories = new Map<string, number>();
  for await (const item of items) {
    const name = asFileName(item.split ?? 'default');
    const split = splits.get(name) ?? {
      images: new SpooledText(options),
      annotations: new SpooledText(options),
      imageCount: 0,
      objectCount: 0,
    };
    splits.set(name, split);
    const image_id = (split.imageCount += 1);
    await split.images.add(`${image_id === 1 ? '' : ',\n'}${JSON.stringify(imageRecord(item, image_id))}`);
    for (const object of objectsOf(item.annotations)) {
      const id = (split.objectCount += 1);
      const category_id = categoryNumber(object[0]?.label ?? '', labels().labels, categories);
      const record = objectRecord(object, { id, image_id, category_id }, options);
      await split.annotations.add(`${id === 1 ? '' : ',\n'}${JSON.stringify(record)}`);
    }
  }
  if (splits.size === 0)
    splits.set('default', {
      images: new SpooledText(options),
      annotations: new SpooledText(options),
      imageCount: 0,
      objectCount: 0,
    });
  for (const [name, { images, annotations }] of [...splits].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const path = `annotations/instances_${name}.json`;
    const text = (content: string) => ({ path, bytes: encodeText(content) });
    yield text(`{"info":${JSON.stringify({ description: options.name ?? 'dataset' })},"licenses":[],"images":[\n`);
    for await (const bytes of images.read()) yield { path, bytes };
    yield text('\n],"annotations":[\n');
    for await (const bytes of annotations.read()) yield { path, bytes };
    yield text(
      `\n],"categories":[\n${labels()
        .labels.map((label, index) => JSON.stringify(categoryRecord(label, index + 1)))
        .join(',\n')}\n]}\n`,
    );
  }
}

/** A category's number: its place among the labels, from 1. Looked up once per label, as it is asked for every object. */
function categoryNumber(label: string, labels: readonly { name: string }[], known: Map<string, number>): number {
  const number = known.get(label) ?? labels.findIndex((definition) => definition.name === label) + 1;
  known.set(label, number);
  return number;
}

/** An item as a COCO image. */
export function imageRecord({ path, width, height, metadata = {} }: LabelledItem, id: number): Json {
  const isKnown = (key: string) => (imageKeys as readonly string[]).includes(key);
  const own = Object.fromEntries(Object.entries(metadata).filter(([key]) => isKnown(key)));
  const rest = Object.fromEntries(Object.entries(metadata).filter(([key]) => !isKnown(key)));
  return { id, file_name: path, width, height, ...own, ...(Object.keys(rest).length > 0 && { metadata: rest }) };
}

/** A label as a COCO category. */
export function categoryRecord(
  label: {
    name: string;
    parent?: string | undefined;
    color?: string | undefined;
    skeleton?: { points: readonly string[]; edges: readonly (readonly [string, string])[] } | undefined;
  },
  id: number,
): Json {
  const color = label.color === undefined ? undefined : rgbOf(label.color);
  return {
    id,
    name: label.name,
    supercategory: label.parent ?? '',
    ...(color && { color }),
    ...(label.skeleton && { keypoints: asTexts(label.skeleton.points), skeleton: skeletonPairs(label.skeleton) }),
  };
}

function objectRecord(
  members: readonly LabelledAnnotation[],
  ids: { id: number; image_id: number; category_id: number },
  options: WriteOptions,
): Json {
  const geometries = members.map((member) => member.geometry);
  const polygons = geometries.filter((geometry) => geometry.type === 'polygon');
  const mask = geometries.find((geometry) => geometry.type === 'mask');
  const keypoints = geometries.find((geometry) => geometry.type === 'keypoints');
  const box = geometries.find((geometry) => geometry.type === 'box');
  const bbox = boxOfMembers(box ? [{ geometry: box }] : members) ?? [0, 0, 0, 0];
  const { iscrowd, ...attributes } = members[0]?.attributes ?? {};
  const confidence = members[0]?.confidence ?? null;
  const areas = mask ? [mask] : polygons;
  return {
    ...ids,
    bbox,
    area: areas.length > 0 ? areas.reduce((sum, geometry) => sum + coveredArea(geometry), 0) : bbox[2] * bbox[3],
    iscrowd: iscrowd === true ? 1 : 0,
    ...(polygons.length > 0 && { segmentation: polygons.map(({ points }) => points.flat()) }),
    ...(mask && {
      segmentation: options.rle === 'plain' ? plainRle(decodeRle(mask.rle)) : encodeRle(decodeRle(mask.rle)),
    }),
    ...(keypoints && {
      keypoints: keypoints.points.flatMap((point) => [point.x, point.y, point.visibility]),
      num_keypoints: keypoints.points.filter((point) => point.visibility > 0).length,
    }),
    ...(confidence !== null && { score: confidence }),
    ...(iscrowd !== undefined && iscrowd !== true && { attributes: { ...attributes, iscrowd } }),
    ...((iscrowd === undefined || iscrowd === true) && Object.keys(attributes).length > 0 && { attributes }),
  };
}

/** The area of an outline; where it crosses itself, which COCO's own outlines do, by the even-odd rule. */
function coveredArea(geometry: AnnotationGeometry): number {
  if (geometry.type !== 'polygon' || isSimple(geometry.points)) return area(geometry);
  return coverage(geometry, { points: [] }).onlyA;
}
