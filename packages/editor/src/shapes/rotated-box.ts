import type { GeometryOf, Xy } from '@fovea/contract';
import { distance, pointInRing } from '@fovea/geometry';
import { boundsOf } from '../math/bounds.ts';
import { apply, mapDirection } from '../math/matrix.ts';
import { dot, rotateAbout, subtract } from '../math/vector.ts';
import { chainDistance } from './chain.ts';
import { dragFrame, frameCorners, frameHandles } from './frame.ts';
import type { TurnedFrame } from './frame.ts';
import type { ShapeKind } from './kind.ts';
import { finishPath, traceChain } from './pen.ts';

type RotatedBox = GeometryOf<'rotated_box'>;

export const rotatedBoxKind: ShapeKind<RotatedBox> = {
  type: 'rotated_box',
  canTurn: true,
  canResize: true,
  bounds: (geometry) => boundsOf(frameCorners(frameOf(geometry))),
  hit(geometry, point, { tolerance, inside }) {
    const corners = frameCorners(frameOf(geometry));
    return (inside && pointInRing(point, corners)) || chainDistance(point, corners, true) <= tolerance;
  },
  handles: (geometry, unit) => frameHandles(frameOf(geometry), { corners: true, turn: true, unit }),
  dragHandle: (geometry, handleId, to, modifiers) => ofFrame(dragFrame(frameOf(geometry), handleId, to, modifiers)),
  transform(geometry, matrix) {
    const [cx, cy] = apply(matrix, [geometry.cx, geometry.cy]);
    const along = mapDirection(matrix, geometry.angle);
    const across = mapDirection(matrix, geometry.angle + Math.PI / 2);
    return { ...geometry, cx, cy, width: geometry.width * along.factor, height: geometry.height * across.factor, angle: along.angle };
  },
  draw(pen, geometry) {
    pen.context.beginPath();
    traceChain(pen, frameCorners(frameOf(geometry)), true);
    finishPath(pen, true);
  },
  snapPoints: (geometry) => frameCorners(frameOf(geometry)),
  outlines: (geometry) => [{ points: frameCorners(frameOf(geometry)), closed: true }],
  isMeant: ({ width, height }, least) => width >= least && height >= least,
};

function frameOf({ cx, cy, width, height, angle }: RotatedBox): TurnedFrame {
  return { center: [cx, cy], width, height, angle };
}

function ofFrame({ center: [cx, cy], width, height, angle }: TurnedFrame): RotatedBox {
  return { type: 'rotated_box', cx, cy, width, height, angle };
}

/** The rotated box with one edge from `a` to `b` whose opposite edge runs through `through`. */
export function rotatedBoxOnEdge(a: Xy, b: Xy, through: Xy): RotatedBox {
  const angle = Math.atan2(b[1] - a[1], b[0] - a[0]);
  const depth = dot(subtract(through, a), rotateAbout([0, 1], [0, 0], angle));
  const [offX, offY] = rotateAbout([0, depth / 2], [0, 0], angle);
  return {
    type: 'rotated_box',
    cx: (a[0] + b[0]) / 2 + offX,
    cy: (a[1] + b[1]) / 2 + offY,
    width: distance(a, b),
    height: Math.abs(depth),
    angle,
  };
}
