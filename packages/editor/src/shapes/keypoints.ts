import type { GeometryOf, Xy } from '@fovea/contract';
import { distance, distanceToSegment } from '@fovea/geometry';
import { boundsOf } from '../math/bounds.ts';
import type { Bounds } from '../math/bounds.ts';
import { apply } from '../math/matrix.ts';
import type { ShapeKind } from './kind.ts';
import { drawDot } from './pen.ts';
import type { Skeleton } from './pen.ts';

export type Keypoints = GeometryOf<'keypoints'>;
type Keypoint = Keypoints['points'][number];

const at = ({ x, y }: Keypoint): Xy => [x, y];
const isPresent = (point: Keypoint) => point.visibility !== 0;

/** Named points, joined by the label's skeleton. Absent points (visibility 0) have no place: they are neither drawn nor hit. */
export const keypointsKind: ShapeKind<Keypoints> = {
  type: 'keypoints',
  canTurn: true,
  canResize: true,
  bounds: (geometry) => boundsOf(geometry.points.filter(isPresent).map(at)),
  hit(geometry, point, { tolerance, inside }) {
    const present = geometry.points.filter(isPresent);
    if (present.some((joint) => distance(at(joint), point) <= tolerance)) return true;
    const bounds = boundsOf(present.map(at));
    return inside && !!bounds && point[0] >= bounds.minX && point[0] <= bounds.maxX && point[1] >= bounds.minY && point[1] <= bounds.maxY;
  },
  handles: (geometry) =>
    geometry.points.flatMap((point, index) => (isPresent(point) ? [{ id: `k${index}`, kind: 'move' as const, at: at(point) }] : [])),
  dragHandle(geometry, handleId, [x, y]) {
    const moved = Number(handleId.slice(1));
    return { ...geometry, points: geometry.points.map((point, index) => (index === moved ? { ...point, x, y } : point)) };
  },
  transform: (geometry, matrix) => ({
    ...geometry,
    points: geometry.points.map((point) => {
      const [x, y] = apply(matrix, at(point));
      return { ...point, x, y };
    }),
  }),
  draw(pen, geometry) {
    const places = new Map(geometry.points.filter(isPresent).map((point) => [point.name, point]));
    pen.context.beginPath();
    for (const [from, to] of pen.skeleton?.edges ?? []) {
      const [a, b] = [places.get(from), places.get(to)];
      if (!a || !b) continue;
      pen.context.moveTo(a.x, a.y);
      pen.context.lineTo(b.x, b.y);
    }
    pen.context.stroke();
    for (const point of places.values()) drawDot(pen, at(point), point.visibility === 1);
  },
  snapPoints: (geometry) => geometry.points.filter(isPresent).map(at),
  outlines: () => [],
  isMeant: (geometry) => geometry.points.some(isPresent),
};

/** The skeleton stretched over a rectangle, all joints visible. */
export function keypointsIn(skeleton: Skeleton, { minX, minY, maxX, maxY }: Bounds): Keypoints {
  return {
    type: 'keypoints',
    points: skeleton.points.map(({ name, x, y }) => ({
      name,
      x: minX + x * (maxX - minX),
      y: minY + y * (maxY - minY),
      visibility: 2,
    })),
  };
}

/** Visible → hidden → absent → visible: what a right click on a joint does. */
export function cycleVisibility(geometry: Keypoints, handleId: string): Keypoints {
  const turned = Number(handleId.slice(1));
  const next = { 2: 1, 1: 0, 0: 2 } as const;
  return {
    ...geometry,
    points: geometry.points.map((point, index) => (index === turned ? { ...point, visibility: next[point.visibility] } : point)),
  };
}

/** The skeleton's edges that lie within reach of a point, for picking by limb. */
export function nearEdge(geometry: Keypoints, skeleton: Skeleton, point: Xy, tolerance: number): boolean {
  const places = new Map(geometry.points.filter(isPresent).map((joint) => [joint.name, at(joint)]));
  return skeleton.edges.some(([from, to]) => {
    const [a, b] = [places.get(from), places.get(to)];
    return !!a && !!b && distanceToSegment(point, a, b) <= tolerance;
  });
}
