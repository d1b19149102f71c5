import type { AnnotationType } from '@fovea/contract';

/**
 * How a format carries something: exactly (`how`: under which condition, the others being dropped); approximately, and how (for geometries, `as` another type that it carries);
 * or not at all, and what that means.
 */
export type Capability =
  | { fit: 'exact'; how?: string | undefined }
  | { fit: 'approximated'; how: string; as?: AnnotationType | undefined }
  | { fit: 'dropped'; how: string };

/** What annotations have besides their geometry. */
export type AnnotationFeature =
  | 'holes'
  | 'attributes'
  | 'confidence'
  | 'group'
  | 'zOrder'
  | 'frame'
  | 'frameRange'
  | 'track'
  | 'trackFlags'
  | 'trackAttributes'
  | 'id'
  | 'source';

/** What items have besides their annotations. */
export type ItemFeature = 'unlabelled' | 'size' | 'frames' | 'fps' | 'mediaType' | 'sha256' | 'split' | 'metadata';

/** What labels have besides their name. */
export type LabelFeature = 'unused' | 'color' | 'parent' | 'attributes' | 'skeleton';

/** What a format can carry. The writer is driven by it: see `fitItem`. */
export type CapabilityTable = {
  types: Readonly<Record<AnnotationType, Capability>>;
  annotation: Readonly<Record<AnnotationFeature, Capability>>;
  item: Readonly<Record<ItemFeature, Capability>>;
  label: Readonly<Record<LabelFeature, Capability>>;
  /** The greatest error of a coordinate in pixels that writing and reading adds; 0 for none. */
  precisionPx: number;
};

/** Carried as it is. */
export const exact: Capability = { fit: 'exact' };

/** Carried as it is where a condition holds, and dropped elsewhere. */
export function exactWhere(how: string): Capability {
  return { fit: 'exact', how };
}

/** Carried as another type of geometry, or with a loss. */
export function approximated(how: string, as?: AnnotationType): Capability {
  return as === undefined ? { fit: 'approximated', how } : { fit: 'approximated', how, as };
}

/** Not carried. */
export function dropped(how: string): Capability {
  return { fit: 'dropped', how };
}

const asBox = approximated('as its bounding box', 'box');
const asOutline = approximated('as a polygon of its outline', 'polygon');
const asPixels = approximated('as a mask, to whole pixels', 'mask');

/** The usual ways to say a geometry in another type. */
export const as = { box: asBox, outline: asOutline, pixels: asPixels };

/** The usual way of formats that know no key frames. */
export const everyFrame = approximated('with a key frame for every frame in which the object is visible');

/** Attributes of formats that hold texts alone: see `throughText`. */
export const textAttributes = approximated('as texts; a text that reads like a number or a truth value becomes one');

const noPlace = dropped('the format has no place for it');

/** A table in which everything that is not given is dropped. */
export function tableOf(parts: {
  types: Partial<Record<AnnotationType, Capability>>;
  annotation?: Partial<Record<AnnotationFeature, Capability>>;
  item?: Partial<Record<ItemFeature, Capability>>;
  label?: Partial<Record<LabelFeature, Capability>>;
  precisionPx?: number;
}): CapabilityTable {
  return {
    types: {
      classification: noPlace,
      point: noPlace,
      box: noPlace,
      rotated_box: noPlace,
      polygon: noPlace,
      polyline: noPlace,
      ellipse: noPlace,
      cuboid: noPlace,
      keypoints: noPlace,
      mask: noPlace,
      text: noPlace,
      volume: noPlace,
      ...parts.types,
    },
    annotation: {
      holes: noPlace,
      attributes: noPlace,
      confidence: noPlace,
      group: noPlace,
      zOrder: noPlace,
      frame: dropped('labels of single frames are left out: the format knows no video'),
      frameRange: noPlace,
      track: dropped('tracks are left out: the format knows no video'),
      trackFlags: noPlace,
      trackAttributes: noPlace,
      id: noPlace,
      source: noPlace,
      ...parts.annotation,
    },
    item: {
      unlabelled: exact,
      size: exact,
      frames: noPlace,
      fps: noPlace,
      mediaType: noPlace,
      sha256: noPlace,
      split: noPlace,
      metadata: noPlace,
      ...parts.item,
    },
    label: { unused: exact, color: noPlace, parent: noPlace, attributes: noPlace, skeleton: noPlace, ...parts.label },
    precisionPx: parts.precisionPx ?? 0,
  };
}
