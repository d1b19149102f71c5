import type { AnnotationGeometry, GeometryOf, Xy } from '@fovea/contract';
import { normalAngle } from './shapes.ts';
import { closed, distance, lineLength, meanPoint, signedArea } from './ring.ts';
import type { Ring } from './types.ts';

/**
 * The geometry between two of one type, `share` of the way from `from` (0) to `to` (1). Points, boxes, ellipses, rotated
 * boxes (turning the shorter way; half a turn changes nothing for an ellipse), key points by name, drawn and spatial
 * cuboids: linear. Polygons and polylines: corner by corner when they have as many, else by arc length (see
 * `blendRings`). Masks, texts, classifications and volumes, and pairs of different types, stay `from`.
 */
export function blend(from: AnnotationGeometry, to: AnnotationGeometry, share: number): AnnotationGeometry {
  const mix = (a: number, b: number) => a + (b - a) * share;
  if (from.type === 'point' && to.type === 'point')
    return { type: 'point', x: mix(from.x, to.x), y: mix(from.y, to.y) };
  if (from.type === 'box' && to.type === 'box') {
    const [width, height] = [mix(from.width, to.width), mix(from.height, to.height)];
    return { type: 'box', x: mix(from.x, to.x), y: mix(from.y, to.y), width, height };
  }
  if (from.type === 'rotated_box' && to.type === 'rotated_box') {
    const [cx, cy, width, height] = [
      mix(from.cx, to.cx),
      mix(from.cy, to.cy),
      mix(from.width, to.width),
      mix(from.height, to.height),
    ];
    return {
      type: 'rotated_box',
      cx,
      cy,
      width,
      height,
      angle: from.angle + normalAngle(to.angle - from.angle) * share,
    };
  }
  if (from.type === 'ellipse' && to.type === 'ellipse') {
    const [cx, cy, rx, ry] = [mix(from.cx, to.cx), mix(from.cy, to.cy), mix(from.rx, to.rx), mix(from.ry, to.ry)];
    return {
      type: 'ellipse',
      cx,
      cy,
      rx,
      ry,
      angle: from.angle + (normalAngle(2 * (to.angle - from.angle)) / 2) * share,
    };
  }
  if (from.type === 'keypoints' && to.type === 'keypoints') return blendKeypoints(from, to, mix);
  if (from.type === 'cuboid' && to.type === 'cuboid') return blendCuboids(from, to, mix);
  if (from.type === 'polygon' && to.type === 'polygon') return blendPolygons(from, to, share);
  if (from.type === 'polyline' && to.type === 'polyline') {
    return { type: 'polyline', points: blendLines(from.points, to.points, share) };
  }
  return from;
}

type Mix = (a: number, b: number) => number;

/** Points that only one of the two has, or that one of them says is absent, stay as in the first. */
function blendKeypoints(from: GeometryOf<'keypoints'>, to: GeometryOf<'keypoints'>, mix: Mix): GeometryOf<'keypoints'> {
  const targets = new Map(to.points.map((point) => [point.name, point]));
  const points = from.points.map((point) => {
    const target = targets.get(point.name);
    if (target === undefined || target.visibility === 0 || point.visibility === 0) return point;
    return { ...point, x: mix(point.x, target.x), y: mix(point.y, target.y) };
  });
  return { type: 'keypoints', points };
}

function blendCuboids(from: GeometryOf<'cuboid'>, to: GeometryOf<'cuboid'>, mix: Mix): GeometryOf<'cuboid'> {
  const result: GeometryOf<'cuboid'> = { ...from };
  if (from.vertices && to.vertices) {
    const targets = to.vertices;
    result.vertices = from.vertices.map((point, index) => mixPoints(point, targets[index] ?? point, mix));
  }
  type Triple = [number, number, number];
  const triple = (a: Triple, b: Triple, each: Mix): Triple => [each(a[0], b[0]), each(a[1], b[1]), each(a[2], b[2])];
  if (from.center && to.center) result.center = triple(from.center, to.center, mix);
  if (from.size && to.size) result.size = triple(from.size, to.size, mix);
  if (from.rotation && to.rotation) {
    result.rotation = triple(from.rotation, to.rotation, (a, b) => mix(a, a + normalAngle(b - a)));
  }
  return result;
}

/** Holes move when both polygons have as many, else they stay those of the first. */
function blendPolygons(from: GeometryOf<'polygon'>, to: GeometryOf<'polygon'>, share: number): GeometryOf<'polygon'> {
  const points = blendRings(from.points, to.points, share);
  if (from.holes === undefined) return { type: 'polygon', points };
  const targets = to.holes ?? [];
  const holes =
    targets.length === from.holes.length
      ? from.holes.map((hole, i) => blendRings(hole, targets[i] ?? hole, share))
      : from.holes;
  return { type: 'polygon', points, holes };
}

/**
 * The ring between two. With as many corners and the same way round, corner moves to corner. Otherwise both are
 * measured by arc length from 0 to 1, the second from its point that best faces the first one's start, and every corner
 * of either is given its partner at the same length on the other: at the ends the rings are exactly the given ones, with
 * additional points on their edges.
 */
export function blendRings(from: Ring, to: Ring, share: number): Xy[] {
  const mix: Mix = (a, b) => a + (b - a) * share;
  const sameWay = signedArea(from) >= 0 === signedArea(to) >= 0;
  if (sameWay && from.length === to.length)
    return from.map((point, index) => mixPoints(point, to[index] ?? point, mix));
  const turned = sameWay ? to : to.toReversed();
  const start = bestStart(from, turned);
  const aligned = [...turned.slice(start), ...turned.slice(0, start)];
  return blendByLength(closed(from), closed(aligned), share).slice(0, -1);
}

/** The line between two: point to point when they have as many, else matched by arc length. */
function blendLines(from: Ring, to: Ring, share: number): Xy[] {
  const mix: Mix = (a, b) => a + (b - a) * share;
  if (from.length === to.length) return from.map((point, index) => mixPoints(point, to[index] ?? point, mix));
  return blendByLength(from, to, share);
}

function blendByLength(from: Ring, to: Ring, share: number): Xy[] {
  const mix: Mix = (a, b) => a + (b - a) * share;
  const [lengthsA, lengthsB] = [shareLengths(from), shareLengths(to)];
  const stops = [...new Set([...lengthsA, ...lengthsB])].sort((a, b) => a - b);
  return stops.map((stop) => mixPoints(pointAt(from, lengthsA, stop), pointAt(to, lengthsB, stop), mix));
}

/** For each point of a line, the share of the whole length that lies before it. */
function shareLengths(line: Ring): number[] {
  const total = lineLength(line) || 1;
  let passed = 0;
  return line.map((point, index) => {
    passed += distance(line[index - 1] ?? point, point);
    return index === line.length - 1 ? 1 : passed / total;
  });
}

function pointAt(line: Ring, lengths: readonly number[], stop: number): Xy {
  const index = lengths.findIndex((length) => length >= stop);
  const [from, to] = [line[Math.max(0, index - 1)] ?? [0, 0], line[index] ?? [0, 0]];
  const [before, after] = [lengths[index - 1] ?? 0, lengths[index] ?? 1];
  const t = after === before ? 1 : (stop - before) / (after - before);
  return [from[0] + (to[0] - from[0]) * t, from[1] + (to[1] - from[1]) * t];
}

/** The corner of `to` that lies, seen from its middle, nearest to where the first corner of `from` lies from its own. */
function bestStart(from: Ring, to: Ring): number {
  const [middleA, middleB] = [meanPoint(from), meanPoint(to)];
  const first = from[0] ?? middleA;
  const wanted: Xy = [first[0] - middleA[0] + middleB[0], first[1] - middleA[1] + middleB[1]];
  let best = 0;
  to.forEach((point, index) => {
    if (distance(point, wanted) < distance(to[best] ?? point, wanted)) best = index;
  });
  return best;
}

function mixPoints(a: Xy, b: Xy, mix: Mix): Xy {
  return [mix(a[0], b[0]), mix(a[1], b[1])];
}
