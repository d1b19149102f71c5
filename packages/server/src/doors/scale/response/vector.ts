import { newId } from '@fovea/contract';
import { rounded, shapesOf } from './shapes.ts';
import { attributesOf, isObject, type Json, type Work, type WorkAnnotation } from '../../../labeling/task-types/work.ts';

/** The response of image annotation and its siblings: `{annotations, global_attributes?, links?}`. */
export function vectorResponse(work: Work): Json {
  const globals = globalAttributes(work);
  return {
    annotations: work.annotations.flatMap((annotation) => vectorAnnotations(work, annotation)),
    ...(Object.keys(globals).length > 0 ? { global_attributes: globals } : {}),
    ...work.answers,
  };
}

/** An annotation in the protocol's words; several where one of ours has no single shape there. */
export function vectorAnnotations(work: Work, annotation: WorkAnnotation, geometry = annotation.geometry): Json[] {
  const whole = hasWholePixels(work.params);
  return shapesOf(geometry).map((shape, index) => {
    const { type, ...fields } = whole ? rounded(shape) : shape;
    return {
      uuid: index === 0 ? annotation.id : newId(),
      type,
      ...(hasLabels(work) ? { label: annotation.label } : {}),
      ...fields,
      ...attributesOf(work.params, annotation.attributes),
    };
  });
}

/** Old box tasks say labels only when they were asked to. */
function hasLabels({ type, params }: Work): boolean {
  return type !== 'annotation' || isObject(params['geometries']) || params['with_labels'] === true || params['with_labels'] === 'true';
}

function hasWholePixels(params: Json): boolean {
  const box = isObject(params['geometries']) ? params['geometries']['box'] : undefined;
  return isObject(box) && box['integer_pixels'] === true && box['can_rotate'] !== true;
}

/** Answers for the whole picture: classifications carry them, as attributes or by their label. */
function globalAttributes(work: Work): Json {
  const all: Json = {};
  for (const { type, label, attributes } of work.annotations) {
    if (type !== 'classification') continue;
    if (Object.keys(attributes).length === 0) all[label] = true;
    Object.assign(all, attributes);
  }
  return all;
}
