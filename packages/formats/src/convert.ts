import type { AnnotationGeometry, AnnotationType } from '@fovea/contract';
import {
  bounds,
  centroid,
  decodeRle,
  encodeRle,
  leastAreaRectangle,
  maskPolygons,
  rasterize,
  regionOf,
  runsArea,
  type Size,
} from '@fovea/geometry';

/**
 * A geometry as another type; several when it falls into pieces (a mask of several parts as polygons). Empty when it has
 * no such form: a line has no area, a mask of no pixels has no outline.
 * @param size of the picture, for masks.
 */
export function convertGeometry(geometry: AnnotationGeometry, to: AnnotationType, size: Size): AnnotationGeometry[] {
  if (geometry.type === to) return [geometry];
  switch (to) {
    case 'box':
      return toBox(geometry);
    case 'polygon':
      return toPolygons(geometry);
    case 'mask':
      return toMask(geometry, size);
    case 'rotated_box':
      return toRotatedBox(geometry);
    case 'point': {
      const middle = centroid(geometry);
      return middle ? [{ type: 'point', x: middle[0], y: middle[1] }] : [];
    }
    case 'polyline':
      return toPolyline(geometry);
    case 'classification':
      return [{ type: 'classification' }];
    default:
      return [];
  }
}

function toBox(geometry: AnnotationGeometry): AnnotationGeometry[] {
  const box = bounds(geometry);
  return box ? [{ type: 'box', ...box }] : [];
}

function toPolygons(geometry: AnnotationGeometry): AnnotationGeometry[] {
  if (geometry.type === 'mask') return maskPolygons(decodeRle(geometry.rle));
  const region = regionOf(geometry);
  // The outline of a cuboid whose corners lie on each other, or in a line, has fewer than three.
  return region && region.points.length >= 3 ? [{ type: 'polygon', points: region.points.map(([x, y]) => [x, y]) }] : [];
}

function toMask(geometry: AnnotationGeometry, size: Size): AnnotationGeometry[] {
  if (!(size.width > 0 && size.height > 0)) return [];
  const runs = rasterize(geometry, size);
  return runs && runsArea(runs) > 0 ? [{ type: 'mask', rle: encodeRle(runs) }] : [];
}

function toRotatedBox(geometry: AnnotationGeometry): AnnotationGeometry[] {
  if (geometry.type === 'box') {
    const { x, y, width, height } = geometry;
    return [{ type: 'rotated_box', cx: x + width / 2, cy: y + height / 2, width, height, angle: 0 }];
  }
  if (geometry.type === 'ellipse') {
    const { cx, cy, rx, ry, angle } = geometry;
    return [{ type: 'rotated_box', cx, cy, width: 2 * rx, height: 2 * ry, angle }];
  }
  const points =
    geometry.type === 'mask'
      ? maskPolygons(decodeRle(geometry.rle)).flatMap((part) => part.points)
      : regionOf(geometry)?.points;
  return points && points.length > 0 ? [leastAreaRectangle(points)] : [];
}

function toPolyline(geometry: AnnotationGeometry): AnnotationGeometry[] {
  return toPolygons(geometry).flatMap((polygon): AnnotationGeometry[] => {
    const first = polygon.type === 'polygon' ? polygon.points[0] : undefined;
    return polygon.type === 'polygon' && first ? [{ type: 'polyline', points: [...polygon.points, first] }] : [];
  });
}
