import type { GeometryOf, Xy } from '@fovea/contract';
import { distance } from '@fovea/geometry';
import { apply } from '../math/matrix.ts';
import type { ShapeKind } from './kind.ts';
import { drawDot } from './pen.ts';

type Point = GeometryOf<'point'>;

const at = ({ x, y }: Point): Xy => [x, y];

export const pointKind: ShapeKind<Point> = {
  type: 'point',
  canTurn: false,
  canResize: false,
  bounds: ({ x, y }) => ({ minX: x, minY: y, maxX: x, maxY: y }),
  hit: (geometry, point, { tolerance }) => distance(at(geometry), point) <= tolerance,
  handles: (geometry) => [{ id: 'point', kind: 'move', at: at(geometry) }],
  dragHandle: (geometry, _handleId, [x, y]) => ({ ...geometry, x, y }),
  transform(geometry, matrix) {
    const [x, y] = apply(matrix, at(geometry));
    return { ...geometry, x, y };
  },
  draw: (pen, geometry) => drawDot(pen, at(geometry)),
  snapPoints: (geometry) => [at(geometry)],
  outlines: () => [],
  isMeant: () => true,
};
