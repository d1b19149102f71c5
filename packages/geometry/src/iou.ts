import type { AnnotationGeometry, GeometryOf } from '@fovea/contract';
import { boxOverlap } from './clip.ts';
import { coverage } from './coverage.ts';
import { runsIou } from './mask-merge.ts';
import { bounds, contains, regionOf } from './measure.ts';
import { rasterize } from './rasterize.ts';
import { decodeRle } from './rle.ts';
import type { Box, Size } from './types.ts';

/**
 * Intersection over union of two geometries with areas, from 0 to 1:
 *
 * - two boxes: closed form;
 * - boxes, rotated boxes, polygons with holes, ellipses, drawn cuboids among themselves: exact, see `coverage` (an
 *   ellipse stands as a polygon of equal area);
 * - a mask with anything: both as pixels of the mask's picture, compared as runs;
 * - a point with an area: 1 inside, 0 outside.
 *
 * Undefined when one of the two has neither an area nor a place (text, classification, lines, key points, volumes,
 * cuboids in space): `similarity` compares those.
 */
export function iou(a: AnnotationGeometry, b: AnnotationGeometry): number | undefined {
  if (a.type === 'box' && b.type === 'box') return boxIou(a, b);
  if (a.type === 'mask') return maskIou(a, b);
  if (b.type === 'mask') return maskIou(b, a);
  const [regionA, regionB] = [regionOf(a), regionOf(b)];
  if (a.type === 'point' && regionB) return contains(b, [a.x, a.y]) ? 1 : 0;
  if (b.type === 'point' && regionA) return contains(a, [b.x, b.y]) ? 1 : 0;
  if (regionA === undefined || regionB === undefined) return undefined;
  const [boxA, boxB] = [bounds(a), bounds(b)];
  if (!boxA || !boxB || !boxOverlap(boxA, boxB)) return 0;
  const { common, onlyA, onlyB } = coverage(regionA, regionB);
  return overUnion(common, common + onlyA, common + onlyB);
}

/** Intersection over union of two upright boxes. Boxes without area have 0 with all. */
export function boxIou(a: Box, b: Box): number {
  const overlap = boxOverlap(a, b);
  return overlap === undefined ? 0 : overUnion(overlap.width * overlap.height, a.width * a.height, b.width * b.height);
}

function maskIou(mask: GeometryOf<'mask'>, other: AnnotationGeometry): number | undefined {
  const runs = decodeRle(mask.rle);
  if (other.type === 'point') return contains(mask, [other.x, other.y]) ? 1 : 0;
  const size: Size =
    other.type === 'mask'
      ? { width: Math.max(runs.width, other.rle.size[1]), height: Math.max(runs.height, other.rle.size[0]) }
      : { width: runs.width, height: runs.height };
  const [pixelsA, pixelsB] = [rasterize(mask, size), rasterize(other, size)];
  return pixelsA && pixelsB && runsIou(pixelsA, pixelsB);
}

function overUnion(common: number, areaA: number, areaB: number): number {
  const union = areaA + areaB - common;
  return union > 0 ? Math.min(1, Math.max(0, common / union)) : 0;
}
