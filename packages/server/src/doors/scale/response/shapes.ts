import type { AnnotationGeometry, GeometryOf, Xy } from '@fovea/contract';
import { bounds, decodeRle, maskPolygons, rotatedBoxVertices } from '@fovea/geometry';
import type { Json } from '../../../labeling/task-types/work.ts';

const xy = ([x, y]: Xy): { x: number; y: number } => ({ x, y });

/**
 * A geometry in the protocol's words, `type` and its fields; undefined for what has no place on a picture. A mask becomes the polygons of
 * its outline and key points become points, so that nothing that a person drew is lost.
 */
export function shapesOf(geometry: AnnotationGeometry): Json[] {
  switch (geometry.type) {
    case 'box':
      return [{ type: 'box', left: geometry.x, top: geometry.y, width: geometry.width, height: geometry.height }];
    case 'rotated_box':
      return [rotatedBox(geometry)];
    case 'polygon':
      return [{ type: 'polygon', vertices: geometry.points.map(xy), ...(geometry.holes ? { holes: geometry.holes.map((hole) => hole.map(xy)) } : {}) }];
    case 'polyline':
      return [{ type: 'line', vertices: geometry.points.map(xy) }];
    case 'point':
      return [{ type: 'point', x: geometry.x, y: geometry.y }];
    case 'ellipse':
      return [{ type: 'ellipse', vertices: extremes(geometry).map(xy) }];
    case 'cuboid':
      return geometry.vertices ? [cuboid(geometry.vertices)] : [{ type: 'cuboid', ...space(geometry) }];
    case 'keypoints':
      return geometry.points.filter((point) => point.visibility > 0).map(({ name, x, y }) => ({ type: 'point', x, y, name }));
    case 'mask':
      return maskPolygons(decodeRle(geometry.rle)).map((polygon) => ({ type: 'polygon', vertices: polygon.points.map(xy), ...(polygon.holes ? { holes: polygon.holes.map((hole) => hole.map(xy)) } : {}) }));
    default:
      return [];
  }
}

/** `left` and `top` are those of the box before it is turned; `rotation` is clockwise, in radians. */
function rotatedBox(box: GeometryOf<'rotated_box'>): Json {
  const { cx, cy, width, height, angle } = box;
  return { type: 'box', left: cx - width / 2, top: cy - height / 2, width, height, rotation: angle, vertices: rotatedBoxVertices(box).map(xy) };
}

/** The ends of both axes: right, bottom, left, top of an ellipse that is not turned. */
function extremes({ cx, cy, rx, ry, angle }: GeometryOf<'ellipse'>): Xy[] {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const at = (x: number, y: number): Xy => [cx + x * cos - y * sin, cy + x * sin + y * cos];
  return [at(rx, 0), at(0, ry), at(-rx, 0), at(0, -ry)];
}

const corners = ['front-top-left', 'front-top-right', 'front-bottom-right', 'front-bottom-left', 'back-top-left', 'back-top-right', 'back-bottom-right', 'back-bottom-left'];
const edges: readonly [number, number][] = [[0, 1], [1, 2], [2, 3], [3, 0], [4, 5], [5, 6], [6, 7], [7, 4], [0, 4], [1, 5], [2, 6], [3, 7]];

/** Our corners go front top left, clockwise, then the back. */
function cuboid(vertices: readonly Xy[]): Json {
  const corner = (index: number): Xy => vertices[index] ?? [0, 0];
  const side = (index: number) => (index < 4 ? 'face' : 'back');
  return {
    type: 'cuboid',
    vertices: vertices.map(([x, y], index) => ({ x, y, type: side(index), description: corners[index] })),
    edges: edges.map(([from, to]) => {
      const [[x1, y1], [x2, y2]] = [corner(from), corner(to)];
      return { x1, y1, x2, y2, type: side(from) === side(to) ? side(from) : 'side', description: `${corners[from]} to ${corners[to]}` };
    }),
    points_2d: vertices.map(xy),
  };
}

/** A box in space: position, dimensions and the turn about the vertical axis. */
export function space({ center, size, rotation }: GeometryOf<'cuboid'>): Json {
  const xyz = (value: readonly number[] | undefined) => ({ x: value?.[0] ?? 0, y: value?.[1] ?? 0, z: value?.[2] ?? 0 });
  return { position: xyz(center), dimensions: xyz(size), yaw: rotation?.[2] ?? 0 };
}

/** Every number of a shape to whole pixels. */
export function rounded(shape: Json): Json {
  return Object.fromEntries(
    Object.entries(shape).map(([key, value]) => [key, typeof value === 'number' ? Math.round(value) : Array.isArray(value) ? value.map((one: Json) => rounded(one)) : value]),
  );
}

/** The box around a geometry, for answers that know boxes only. */
export function boxOf(geometry: AnnotationGeometry): Json | undefined {
  const box = bounds(geometry);
  return box && { type: 'box', left: box.x, top: box.y, width: box.width, height: box.height };
}
