import type { Annotation, AnnotationGeometry, AnnotationType, Filter } from '@fovea/contract';

type OurType = Annotation['type'];

/**
 * The wire's types of annotations and ours. The first of ours is what an uploaded one is kept as; the others are shown as this type too. A type of the
 * wire that is not here, such as `note` or `gis`, and a shape that we cannot draw, is kept as a classification; `extra.type` says what it is.
 */
export const annotationTypes: Readonly<Record<string, readonly OurType[]>> = {
  class: ['classification'],
  point: ['point'],
  box: ['box', 'rotated_box'],
  segment: ['polygon'],
  polyline: ['polyline'],
  ellipse: ['ellipse'],
  cube: ['cuboid'],
  cube_3d: ['cuboid'],
  binary: ['mask'],
  pose: ['keypoints'],
  subtitle: ['text'],
  ref_semantic_3d: ['volume'],
};

/** The wire's type of an annotation of ours that did not come through the door. */
export function toWireType(type: OurType): string {
  return Object.entries(annotationTypes).find(([, ours]) => ours.includes(type))?.[0] ?? 'class';
}

/** The same where the shape is known: a cuboid is drawn on a picture or stands in space. */
export function typeOfGeometry(geometry: AnnotationGeometry): string {
  return geometry.type === 'cuboid' && !geometry.vertices ? 'cube_3d' : toWireType(geometry.type);
}

/** Our types that stand for several of the wire: what came through the door is told apart by `extra.type`. */
const shared: readonly AnnotationType[] = ['classification', 'text', 'cuboid', 'keypoints', 'volume'];

/** The filter that finds annotations of any of these types of the wire; where our type alone decides, an index on it is used. */
export function typesFilter(types: readonly string[]): Filter {
  const ours = types.flatMap((type) => annotationTypes[type] ?? []);
  const alone = ours.filter((type) => !shared.includes(type));
  const unsaid = types.flatMap((type) =>
    (annotationTypes[type] ?? [])
      .filter((our) => shared.includes(our))
      .map((our): Filter => (our === 'cuboid' ? { type: our, 'geometry.vertices': { exists: type === 'cube' } } : { type: our })),
  );
  const some: Filter[] = [{ and: [{ type: { in: shared } }, { 'extra.type': { in: [...types] } }] }];
  if (alone.length > 0) some.push({ type: { in: alone } });
  if (unsaid.length > 0) some.push({ and: [{ 'extra.type': { exists: false } }, { or: unsaid }] });
  return { or: some };
}
