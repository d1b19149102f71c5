import type { AnnotationGeometry, AnnotationType } from '@fovea/contract';
import { boxKind } from './box.ts';
import { classificationKind } from './classification.ts';
import { cuboidKind } from './cuboid.ts';
import { ellipseKind } from './ellipse.ts';
import { keypointsKind } from './keypoints.ts';
import type { ShapeKind } from './kind.ts';
import { maskKind } from './mask.ts';
import { pointKind } from './point.ts';
import { polygonKind } from './polygon.ts';
import { polylineKind } from './polyline.ts';
import { rotatedBoxKind } from './rotated-box.ts';
import { textKind } from './text.ts';
import { volumeKind } from './volume.ts';

type Kinds = { readonly [Type in AnnotationType]: ShapeKind<Extract<AnnotationGeometry, { type: Type }>> };

const kinds: Kinds = {
  classification: classificationKind,
  point: pointKind,
  box: boxKind,
  rotated_box: rotatedBoxKind,
  polygon: polygonKind,
  polyline: polylineKind,
  ellipse: ellipseKind,
  cuboid: cuboidKind,
  keypoints: keypointsKind,
  mask: maskKind,
  text: textKind,
  volume: volumeKind,
};

/** The kind that a geometry is of, ready to be called with that geometry. */
export function kindOf<G extends AnnotationGeometry>(geometry: G): ShapeKind<G> {
  return kinds[geometry.type] as unknown as ShapeKind<G>;
}
