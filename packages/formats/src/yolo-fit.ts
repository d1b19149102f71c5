import type { AnnotationGeometry, GeometryOf } from '@fovea/contract';
import { bounds, boxOverlap, clipToBox, rotatedBoxVertices, signedArea } from '@fovea/geometry';
import type { LabelledAnnotation, LabelledItem } from './dataset.ts';
import type { Fitted, Marker } from './fit.ts';
import type { LabelIndex } from './labels.ts';

/** Trainers refuse a whole file for one coordinate outside the picture; shapes are cut to it. */
export function fitRow(annotation: LabelledAnnotation, item: LabelledItem, labels: LabelIndex): Fitted {
  if (!(item.width > 0 && item.height > 0)) return { lost: 'the size of the picture is not known' };
  const picture = { x: 0, y: 0, width: item.width, height: item.height };
  const { geometry } = annotation;
  if (geometry.type === 'keypoints') return fitPose(annotation, geometry, item, labels);
  const cut = cutTo(geometry, picture);
  if (cut === undefined) return { lost: 'it lies outside the picture' };
  const [before, after] = [bounds(geometry), bounds(cut)];
  // Coordinates that were rounded reach over the edge by a hair, which is not worth a word.
  const isHair =
    before && after && Math.abs(before.width - after.width) + Math.abs(before.height - after.height) < 0.01;
  return {
    annotations: [{ ...annotation, geometry: cut }],
    ways: cut === geometry || isHair ? [] : ['cut to the picture'],
  };
}

function cutTo(
  geometry: AnnotationGeometry,
  picture: { x: number; y: number; width: number; height: number },
): AnnotationGeometry | undefined {
  const box = bounds(geometry);
  if (box && box.x >= 0 && box.y >= 0 && box.x + box.width <= picture.width && box.y + box.height <= picture.height)
    return geometry;
  if (geometry.type === 'box') {
    const overlap = boxOverlap(geometry, picture);
    return overlap && { type: 'box', ...overlap };
  }
  if (geometry.type === 'polygon') {
    const points = clipToBox(geometry.points, picture);
    return points.length >= 3 && signedArea(points) !== 0 ? { type: 'polygon', points } : undefined;
  }
  return geometry.type === 'rotated_box' ? shrinkInto(geometry, picture) : undefined;
}

/** A rotated box made smaller about its middle until its corners lie in the picture: it must stay a rectangle. */
function shrinkInto(
  box: GeometryOf<'rotated_box'>,
  picture: { width: number; height: number },
): GeometryOf<'rotated_box'> | undefined {
  const rooms = rotatedBoxVertices(box).flatMap(([x, y]) => [
    x > box.cx ? (picture.width - box.cx) / (x - box.cx) : box.cx / (box.cx - x || 1),
    y > box.cy ? (picture.height - box.cy) / (y - box.cy) : box.cy / (box.cy - y || 1),
  ]);
  const share = Math.min(1, ...rooms);
  return share > 0 ? { ...box, width: box.width * share, height: box.height * share } : undefined;
}

/** The number of key points in every row, which is one for all classes: the most that any label has. */
const rowPoints = new WeakMap<LabelIndex, number>();

function fitPose(
  annotation: LabelledAnnotation,
  geometry: GeometryOf<'keypoints'>,
  item: LabelledItem,
  labels: LabelIndex,
): Fitted {
  const ways: string[] = [];
  const isInside = ({ x, y }: { x: number; y: number }) => x >= 0 && y >= 0 && x <= item.width && y <= item.height;
  const known = labels.definition(annotation.label).skeleton?.points;
  const names = known ?? geometry.points.map((point) => point.name);
  if (known === undefined) labels.define({ name: annotation.label, skeleton: { points: names, edges: [] } });
  const count = rowPoints.get(labels) ?? Math.max(...labels.labels.map((label) => label.skeleton?.points.length ?? 0));
  rowPoints.set(labels, count);
  if (names.length > count) return { lost: `its label has more key points than the ${count} of the dataset` };
  const points = names.map((name): GeometryOf<'keypoints'>['points'][number] => {
    const point = geometry.points.find((candidate) => candidate.name === name && candidate.visibility > 0);
    if (point && !isInside(point)) ways.push('key points outside the picture left out');
    return point && isInside(point) ? point : { name, x: 0, y: 0, visibility: 0 };
  });
  if (geometry.points.some((point) => point.visibility > 0 && !names.includes(point.name)))
    ways.push("key points that its label's skeleton lacks left out");
  if (points.every((point) => point.visibility === 0)) return { lost: 'none of its key points is present' };
  return { annotations: [{ ...annotation, geometry: { type: 'keypoints', points } }], ways };
}

type Pose = { keypoints: LabelledAnnotation; box?: LabelledAnnotation | undefined };

/** Key points with the box of their group, where there is one that does not merely touch them. */
export function posesOf(annotations: readonly LabelledAnnotation[]): Pose[] {
  return annotations
    .filter((annotation) => annotation.type === 'keypoints')
    .map((keypoints) => {
      const members = annotations.filter((other) => keypoints.group !== undefined && other.group === keypoints.group);
      const [box, more] = members.filter((member) => member.type === 'box');
      const fits =
        box &&
        more === undefined &&
        members.length === 2 &&
        box.label === keypoints.label &&
        saysMore(box.geometry, keypoints.geometry);
      return fits ? { keypoints, box } : { keypoints };
    });
}

/** Whether a box is another than the one around key points, by more than a pixel. */
export function saysMore(box: AnnotationGeometry, keypoints: AnnotationGeometry): boolean {
  const [a, b] = [bounds(box), bounds(keypoints)];
  if (!a || !b) return false;
  return [a.x - b.x, a.y - b.y, a.x + a.width - b.x - b.width, a.y + a.height - b.y - b.height].some(
    (away) => Math.abs(away) > 1,
  );
}

export function joinPoses(item: LabelledItem, mark: Marker): LabelledItem {
  const poses = posesOf(item.annotations);
  const joined = new Set(poses.flatMap(({ keypoints, box }) => (box ? [keypoints, box] : [])));
  const annotations = item.annotations.flatMap((annotation) => {
    if (joined.has(annotation)) return [annotation];
    if (annotation.type === 'box') {
      mark.lose(annotation, 'a box that stands around no key points of its group');
      return [];
    }
    const { group, ...rest } = annotation;
    const isAlone = !item.annotations.some((other) => other !== annotation && other.group === group);
    if (group !== undefined && !isAlone)
      mark.way(annotation, 'group left out: it joins more than a box and its key points');
    return [rest];
  });
  return { ...item, annotations };
}
