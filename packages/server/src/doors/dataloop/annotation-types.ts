import type { Annotation } from '@fovea/contract';

type OurType = Annotation['type'];

/**
 * The wire's types of annotations and ours. The first of ours is what an uploaded one is kept as; the others are shown as this type too. A type of the
 * wire that is not here, such as `subtitle` or `note`, is kept as a classification whose `extra.type` says what it is.
 */
export const annotationTypes: Readonly<Record<string, readonly OurType[]>> = {
  class: ['classification'],
  point: ['point'],
  box: ['box', 'rotated_box'],
  segment: ['polygon'],
  polyline: ['polyline'],
  ellipse: ['ellipse'],
  cube: ['cuboid'],
  binary: ['mask'],
  pose: ['keypoints'],
  text: ['text'],
};

/** The wire's type of an annotation of ours that did not come through the door. */
export function toWireType(type: OurType): string {
  return Object.entries(annotationTypes).find(([, ours]) => ours.includes(type))?.[0] ?? 'class';
}
