import type { AnnotationGeometry, Xy } from '@fovea/contract';
import { boxRing } from './clip.ts';
import {
  closed,
  distanceToLine,
  lineLength,
  meanPoint,
  pointInRing,
  pointsBounds,
  ringCentroid,
  signedArea,
} from './ring.ts';
import { maskBounds, maskCentroid, maskContains } from './mask-measure.ts';
import { decodeRle, runsArea } from './rle.ts';
import { cuboidOutline, ellipseBounds, ellipsePolygon, rotatedBoxVertices } from './shapes.ts';
import type { Box, Region } from './types.ts';

/**
 * The smallest upright box around a geometry, in pixels. Undefined for geometries that have no place on the picture:
 * classification, text, volume, a cuboid in space, an empty mask, key points that are all absent.
 */
export function bounds(geometry: AnnotationGeometry): Box | undefined {
  switch (geometry.type) {
    case 'point':
      return { x: geometry.x, y: geometry.y, width: 0, height: 0 };
    case 'box':
      return { x: geometry.x, y: geometry.y, width: geometry.width, height: geometry.height };
    case 'rotated_box':
      return pointsBounds(rotatedBoxVertices(geometry));
    case 'polygon':
    case 'polyline':
      return pointsBounds(geometry.points);
    case 'ellipse':
      return ellipseBounds(geometry);
    case 'cuboid':
      return geometry.vertices && pointsBounds(geometry.vertices);
    case 'keypoints': {
      const present = presentPoints(geometry.points);
      return present.length === 0 ? undefined : pointsBounds(present);
    }
    case 'mask':
      return maskBounds(geometry.rle);
    default:
      return undefined;
  }
}

/** The area of a geometry in square pixels; 0 for those without one. Holes of polygons are taken off. */
export function area(geometry: AnnotationGeometry): number {
  switch (geometry.type) {
    case 'box':
    case 'rotated_box':
      return geometry.width * geometry.height;
    case 'ellipse':
      return Math.PI * geometry.rx * geometry.ry;
    case 'polygon':
      return regionArea(geometry);
    case 'cuboid':
      return Math.abs(signedArea(cuboidOutline(geometry)));
    case 'mask':
      return runsArea(decodeRle(geometry.rle));
    default:
      return 0;
  }
}

/** The area of a region: its outer ring less its holes. */
export function regionArea(region: Region): number {
  const holes = (region.holes ?? []).reduce((sum, hole) => sum + Math.abs(signedArea(hole)), 0);
  return Math.max(0, Math.abs(signedArea(region.points)) - holes);
}

/** The middle of a geometry: the centre of mass of its area, line or points. Undefined where `bounds` is. */
export function centroid(geometry: AnnotationGeometry): Xy | undefined {
  switch (geometry.type) {
    case 'point':
      return [geometry.x, geometry.y];
    case 'box':
      return [geometry.x + geometry.width / 2, geometry.y + geometry.height / 2];
    case 'rotated_box':
    case 'ellipse':
      return [geometry.cx, geometry.cy];
    case 'polygon':
      return regionCentroid(geometry);
    case 'polyline':
      return lineCentroid(geometry.points);
    case 'cuboid':
      return geometry.vertices && ringCentroid(cuboidOutline(geometry));
    case 'keypoints': {
      const present = presentPoints(geometry.points);
      return present.length === 0 ? undefined : meanPoint(present);
    }
    case 'mask':
      return maskCentroid(geometry.rle);
    default:
      return undefined;
  }
}

/**
 * Whether a point lies on a geometry: inside an area, or within `tolerance` pixels of a line, a point or a key point.
 * A whole-item geometry contains nothing.
 */
export function contains(geometry: AnnotationGeometry, point: Xy, tolerance = 0): boolean {
  switch (geometry.type) {
    case 'point':
      return Math.hypot(point[0] - geometry.x, point[1] - geometry.y) <= tolerance;
    case 'polyline':
      return distanceToLine(point, geometry.points) <= tolerance;
    case 'keypoints':
      return presentPoints(geometry.points).some(([x, y]) => Math.hypot(point[0] - x, point[1] - y) <= tolerance);
    case 'mask':
      return maskContains(geometry.rle, point);
    default: {
      const region = regionOf(geometry);
      if (region === undefined) return false;
      return pointInRegion(point, region) || (tolerance > 0 && distanceToRegionEdge(point, region) <= tolerance);
    }
  }
}

/** Whether a point lies in the outer ring of a region and in none of its holes. */
export function pointInRegion(point: Xy, region: Region): boolean {
  return pointInRing(point, region.points) && !(region.holes ?? []).some((hole) => pointInRing(point, hole));
}

/**
 * A geometry's area as rings: of boxes, rotated boxes, polygons, ellipses (as a polygon of equal area) and drawn
 * cuboids (their outline). Undefined for all others, masks included.
 */
export function regionOf(geometry: AnnotationGeometry): Region | undefined {
  switch (geometry.type) {
    case 'box':
      return { points: boxRing(geometry) };
    case 'rotated_box':
      return { points: rotatedBoxVertices(geometry) };
    case 'polygon':
      return { points: geometry.points, holes: geometry.holes };
    case 'ellipse':
      return { points: ellipsePolygon(geometry) };
    case 'cuboid':
      return geometry.vertices && { points: cuboidOutline(geometry) };
    default:
      return undefined;
  }
}

type Keypoint = { x: number; y: number; visibility: number };

/** The places of the key points that are not absent (visibility 1 or 2). */
export function presentPoints(points: readonly Keypoint[]): Xy[] {
  return points.filter((point) => point.visibility > 0).map((point): Xy => [point.x, point.y]);
}

function distanceToRegionEdge(point: Xy, region: Region): number {
  return Math.min(...[region.points, ...(region.holes ?? [])].map((ring) => distanceToLine(point, closed(ring))));
}

function regionCentroid(region: Region): Xy {
  const parts = [region.points, ...(region.holes ?? [])].map((ring, index) => ({
    weight: Math.abs(signedArea(ring)) * (index === 0 ? 1 : -1),
    at: ringCentroid(ring),
  }));
  const total = parts.reduce((sum, part) => sum + part.weight, 0);
  if (total <= 0) return ringCentroid(region.points);
  const sum = (axis: 0 | 1) => parts.reduce((all, part) => all + part.weight * part.at[axis], 0) / total;
  return [sum(0), sum(1)];
}

function lineCentroid(line: readonly Xy[]): Xy {
  const total = lineLength(line);
  if (total === 0) return meanPoint(line);
  let [x, y] = [0, 0];
  line.slice(1).forEach((to, index) => {
    const from = line[index] ?? to;
    const weight = Math.hypot(to[0] - from[0], to[1] - from[1]) / total;
    x += (weight * (from[0] + to[0])) / 2;
    y += (weight * (from[1] + to[1])) / 2;
  });
  return [x, y];
}
