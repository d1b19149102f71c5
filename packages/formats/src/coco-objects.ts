import type { AnnotationGeometry } from '@fovea/contract';
import { bounds } from '@fovea/geometry';
import type { LabelledAnnotation } from './dataset.ts';

/** Annotations put together to COCO objects, in the order of their first members. */
export function objectsOf(annotations: readonly LabelledAnnotation[]): LabelledAnnotation[][] {
  const groups = Map.groupBy(annotations, (annotation) => annotation.group ?? annotation);
  return [...groups.values()].flatMap((members) =>
    isOneObject(members) ? [members] : members.map((member) => [member]),
  );
}

function isOneObject(members: readonly LabelledAnnotation[]): boolean {
  const [first] = members;
  const count = (type: string) => members.filter((member) => member.type === type).length;
  const areas = count('mask') === 0 || (count('mask') === 1 && count('polygon') === 0);
  if (first === undefined || !areas || count('keypoints') > 1 || count('box') > 1) return false;
  if (new Set(members.map((member) => JSON.stringify([member.label, member.attributes, member.confidence]))).size > 1)
    return false;
  const box = members.find((member) => member.type === 'box')?.geometry;
  // A box that says no more than the shapes within it would not come back as an annotation of its own.
  return (
    box === undefined ||
    members.length === 1 ||
    !isAbout(boxOfMembers(members.filter((member) => member.type !== 'box')), boxOfMembers([{ geometry: box }]))
  );
}

/** A box as COCO writes it. */
export type BoxNumbers = [x: number, y: number, width: number, height: number];

/** The box around shapes; around the areas alone when there are any, since key points may lie outside them. */
export function boxOfMembers(members: readonly { geometry: AnnotationGeometry }[]): BoxNumbers | undefined {
  const areas = members.filter(({ geometry }) => geometry.type !== 'keypoints');
  const boxes = (areas.length > 0 ? areas : members)
    .map(({ geometry }) => bounds(geometry))
    .filter((box) => box !== undefined);
  if (boxes.length === 0) return undefined;
  const [x, y] = [Math.min(...boxes.map((box) => box.x)), Math.min(...boxes.map((box) => box.y))];
  const [right, bottom] = [
    Math.max(...boxes.map((box) => box.x + box.width)),
    Math.max(...boxes.map((box) => box.y + box.height)),
  ];
  return [x, y, right - x, bottom - y];
}

/** Tools round boxes to pixels or hundredths of them; a box within a pixel of its outline's says nothing new. */
export function isAbout(a: BoxNumbers | undefined, b: BoxNumbers | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  const corners = ([x, y, width, height]: BoxNumbers) => [x, y, x + width, y + height];
  return corners(a).every((value, index) => Math.abs(value - (corners(b)[index] ?? 0)) <= 1);
}
