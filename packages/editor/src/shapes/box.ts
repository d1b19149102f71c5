import type { GeometryOf, Xy } from '@fovea/contract';
import { boundsBetween, boundsCorners, boundsHold, fromBox, growBounds, toBox } from '../math/bounds.ts';
import type { Bounds } from '../math/bounds.ts';
import { apply } from '../math/matrix.ts';
import { dragFrame, frameHandles } from './frame.ts';
import type { TurnedFrame } from './frame.ts';
import type { DragModifiers, ShapeKind } from './kind.ts';
import { finishPath } from './pen.ts';

type Box = GeometryOf<'box'>;

export const boxKind: ShapeKind<Box> = {
  type: 'box',
  canTurn: false,
  canResize: true,
  bounds: fromBox,
  hit(geometry, point, { tolerance, inside }) {
    const bounds = fromBox(geometry);
    if (!boundsHold(growBounds(bounds, tolerance), point)) return false;
    return inside || !boundsHold(growBounds(bounds, -tolerance), point);
  },
  handles: (geometry, unit) => frameHandles(frameOf(geometry), { corners: true, turn: false, unit }),
  dragHandle(geometry, handleId, to, modifiers) {
    const { center, width, height } = dragFrame(frameOf(geometry), handleId, to, modifiers);
    return { ...geometry, x: center[0] - width / 2, y: center[1] - height / 2, width, height };
  },
  /** A box stays upright: of a turn, it keeps the movement of its centre and its size. */
  transform(geometry, matrix) {
    const { center, width, height } = frameOf(geometry);
    if (matrix.b !== 0 || matrix.c !== 0) {
      const [x, y] = apply(matrix, center);
      return { ...geometry, x: x - width / 2, y: y - height / 2 };
    }
    const bounds = fromBox(geometry);
    return { ...geometry, ...toBox(boundsBetween(apply(matrix, [bounds.minX, bounds.minY]), apply(matrix, [bounds.maxX, bounds.maxY]))) };
  },
  draw(pen, { x, y, width, height }) {
    pen.context.beginPath();
    pen.context.rect(x, y, width, height);
    finishPath(pen, true);
  },
  snapPoints: (geometry) => boundsCorners(fromBox(geometry)),
  outlines: (geometry) => [{ points: boundsCorners(fromBox(geometry)), closed: true }],
  isMeant: ({ width, height }, least) => width >= least && height >= least,
};

function frameOf({ x, y, width, height }: Box): TurnedFrame {
  return { center: [x + width / 2, y + height / 2], width, height, angle: 0 };
}

export interface BoxRules extends Partial<DragModifiers> {
  /** The rectangle that the box stays in; the first corner lies in it. */
  readonly within?: Bounds | undefined;
}

/** The box between two corners, of which the second follows the pointer. */
export function boxBetween(from: Xy, to: Xy, { constrain: square = false, fromCenter = false, within }: BoxRules = {}): Box {
  const way: Xy = [to[0] - from[0], to[1] - from[1]];
  const room = (axis: 0 | 1): number => {
    if (!within) return Infinity;
    const [before, after] = axis === 0 ? [from[0] - within.minX, within.maxX - from[0]] : [from[1] - within.minY, within.maxY - from[1]];
    return fromCenter ? Math.min(before, after) : way[axis] < 0 ? before : after;
  };
  const reach = [Math.min(Math.abs(way[0]), room(0)), Math.min(Math.abs(way[1]), room(1))];
  const side = Math.min(Math.max(Math.abs(way[0]), Math.abs(way[1])), room(0), room(1));
  const [dx, dy] = [0, 1].map((axis) => Math.sign(way[axis] || 1) * (square ? side : reach[axis]));
  const start: Xy = fromCenter ? [from[0] - dx, from[1] - dy] : from;
  return { type: 'box', ...toBox(boundsBetween(start, [from[0] + dx, from[1] + dy])) };
}
