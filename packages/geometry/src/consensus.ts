import type { AnnotationGeometry, GeometryOf, Xy } from '@fovea/contract';
import { maskPolygons } from './contours.ts';
import { voteRuns } from './mask-merge.ts';
import { rasterize } from './rasterize.ts';
import { encodeRle, type Runs, runsArea } from './rle.ts';
import { signedArea } from './ring.ts';
import type { Size } from './types.ts';
import { mergeVolumes } from './volumes.ts';

/** The most frequent of values, the earliest of those that tie, with its share of all; undefined of none. */
export function majority<T>(values: readonly T[]): { value: T; share: number } | undefined {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  let best: { value: T; count: number } | undefined;
  for (const [value, count] of counts) if (best === undefined || count > best.count) best = { value, count };
  return best && { value: best.value, share: best.count / values.length };
}

/** The middle of numbers; the mean of the two middle ones when there are an even number. NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/**
 * One geometry out of several people's of one object, all of one type (the majority's type when they differ; the others
 * are left out). Undefined of none.
 *
 * - boxes: the median of each of the four sides, so that one careless person moves nothing;
 * - points, key points (by name, present where at least half say so): the median of x and of y;
 * - rotated boxes, ellipses: medians, and the mean direction (of doubled angles, since half a turn changes nothing);
 * - polygons, masks: the pixels that more than half of the people hold; a polygon is the largest outline of them;
 * - volumes that are given by their slices: the voxels that more than half of the people hold;
 * - all others (lines, texts, classifications, cuboids): the first, having no sensible mean. Choose one by
 *   agreement with the others (see `matching`) where that matters.
 * @param size of the picture, the grid on which polygons and masks are voted.
 */
export function mergeGeometries(geometries: readonly AnnotationGeometry[], size: Size): AnnotationGeometry | undefined {
  const type = majority(geometries.map((geometry) => geometry.type))?.value;
  const same = geometries.filter((geometry) => geometry.type === type);
  const [first] = same;
  if (first === undefined || same.length === 1) return first;
  switch (first.type) {
    case 'box':
      return mergeBoxes(same.filter((geometry) => geometry.type === 'box'));
    case 'point': {
      const points = same.filter((geometry) => geometry.type === 'point');
      return { type: 'point', x: median(points.map((point) => point.x)), y: median(points.map((point) => point.y)) };
    }
    case 'keypoints':
      return mergeKeypoints(same.filter((geometry) => geometry.type === 'keypoints'));
    case 'rotated_box':
      return mergeRotatedBoxes(same.filter((geometry) => geometry.type === 'rotated_box'));
    case 'ellipse':
      return mergeEllipses(same.filter((geometry) => geometry.type === 'ellipse'));
    case 'volume':
      return mergeVolumes(same.filter((geometry) => geometry.type === 'volume'));
    case 'mask':
    case 'polygon':
      return mergeAreas(first, same, size);
    default:
      return first;
  }
}

function mergeBoxes(boxes: readonly GeometryOf<'box'>[]): GeometryOf<'box'> {
  const [left, top] = [median(boxes.map((box) => box.x)), median(boxes.map((box) => box.y))];
  const right = median(boxes.map((box) => box.x + box.width));
  const bottom = median(boxes.map((box) => box.y + box.height));
  return { type: 'box', x: left, y: top, width: right - left, height: bottom - top };
}

function mergeKeypoints(all: readonly GeometryOf<'keypoints'>[]): GeometryOf<'keypoints'> {
  const names = [...new Set(all.flatMap(({ points }) => points.map((point) => point.name)))];
  const points = names.map((name) => {
    const seen = all.flatMap((geometry) =>
      geometry.points.filter((point) => point.name === name && point.visibility > 0),
    );
    const visibility = majority(seen.map((point) => point.visibility))?.value ?? 0;
    const isPresent = seen.length * 2 >= all.length && seen.length > 0;
    if (!isPresent) return { name, x: 0, y: 0, visibility: 0 as const };
    return { name, x: median(seen.map((point) => point.x)), y: median(seen.map((point) => point.y)), visibility };
  });
  return { type: 'keypoints', points };
}

function mergeRotatedBoxes(all: readonly GeometryOf<'rotated_box'>[]): GeometryOf<'rotated_box'> {
  return {
    type: 'rotated_box',
    cx: median(all.map((box) => box.cx)),
    cy: median(all.map((box) => box.cy)),
    width: median(all.map((box) => box.width)),
    height: median(all.map((box) => box.height)),
    angle: meanDirection(all.map((box) => box.angle)),
  };
}

function mergeEllipses(all: readonly GeometryOf<'ellipse'>[]): GeometryOf<'ellipse'> {
  return {
    type: 'ellipse',
    cx: median(all.map((ellipse) => ellipse.cx)),
    cy: median(all.map((ellipse) => ellipse.cy)),
    rx: median(all.map((ellipse) => ellipse.rx)),
    ry: median(all.map((ellipse) => ellipse.ry)),
    angle: meanDirection(all.map((ellipse) => ellipse.angle)),
  };
}

/** The mean of directions that are equal after half a turn (Mardia and Jupp, Directional Statistics, §1.1). */
function meanDirection(angles: readonly number[]): number {
  const sum = (f: (angle: number) => number) => angles.reduce((total, angle) => total + f(2 * angle), 0);
  return Math.atan2(sum(Math.sin), sum(Math.cos)) / 2;
}

function mergeAreas(first: AnnotationGeometry, all: readonly AnnotationGeometry[], size: Size): AnnotationGeometry {
  const rasters = all.map((geometry) => rasterize(geometry, size)).filter((runs): runs is Runs => runs !== undefined);
  const voted = voteRuns(rasters, Math.floor(rasters.length / 2) + 1);
  if (first.type === 'mask') return { type: 'mask', rle: encodeRle(voted) };
  // People who drew apart from each other hold no pixel by majority; the first one's drawing is then kept.
  if (runsArea(voted) === 0) return first;
  const areaOf = (ring: readonly Xy[]) => Math.abs(signedArea(ring));
  return maskPolygons(voted).reduce((a, b) => (areaOf(b.points) > areaOf(a.points) ? b : a));
}
