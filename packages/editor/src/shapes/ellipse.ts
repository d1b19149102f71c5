import type { GeometryOf, Xy } from '@fovea/contract';
import { ellipseBounds } from '@fovea/geometry';
import { fromBox } from '../math/bounds.ts';
import { apply, mapDirection } from '../math/matrix.ts';
import { rotateAbout } from '../math/vector.ts';
import { dragFrame, frameHandles, framePoint } from './frame.ts';
import type { TurnedFrame } from './frame.ts';
import type { ShapeKind } from './kind.ts';
import { finishPath } from './pen.ts';

type Ellipse = GeometryOf<'ellipse'>;

export const ellipseKind: ShapeKind<Ellipse> = {
  type: 'ellipse',
  canTurn: true,
  canResize: true,
  bounds: (geometry) => fromBox(ellipseBounds(geometry)),
  hit(geometry, point, { tolerance, inside }) {
    if (!within(geometry, point, tolerance)) return false;
    return inside || !within(geometry, point, -tolerance);
  },
  handles: (geometry, unit) => frameHandles(frameOf(geometry), { corners: false, turn: true, unit }),
  dragHandle: (geometry, handleId, to, modifiers) => ofFrame(dragFrame(frameOf(geometry), handleId, to, modifiers)),
  transform(geometry, matrix) {
    const [cx, cy] = apply(matrix, [geometry.cx, geometry.cy]);
    const along = mapDirection(matrix, geometry.angle);
    const across = mapDirection(matrix, geometry.angle + Math.PI / 2);
    return { ...geometry, cx, cy, rx: geometry.rx * along.factor, ry: geometry.ry * across.factor, angle: along.angle };
  },
  draw(pen, { cx, cy, rx, ry, angle }) {
    pen.context.beginPath();
    pen.context.ellipse(cx, cy, rx, ry, angle, 0, Math.PI * 2);
    finishPath(pen, true);
  },
  snapPoints(geometry) {
    const frame = frameOf(geometry);
    return [framePoint(frame, 0, -1), framePoint(frame, 1, 0), framePoint(frame, 0, 1), framePoint(frame, -1, 0), frame.center];
  },
  outlines: () => [],
  isMeant: ({ rx, ry }, least) => 2 * rx >= least && 2 * ry >= least,
};

/** Whether a point lies in the ellipse with both radii grown by a margin. */
function within({ cx, cy, rx, ry, angle }: Ellipse, point: Xy, margin: number): boolean {
  if (rx + margin <= 0 || ry + margin <= 0) return false;
  const [x, y] = rotateAbout(point, [cx, cy], -angle);
  return Math.hypot((x - cx) / (rx + margin), (y - cy) / (ry + margin)) <= 1;
}

function frameOf({ cx, cy, rx, ry, angle }: Ellipse): TurnedFrame {
  return { center: [cx, cy], width: rx * 2, height: ry * 2, angle };
}

function ofFrame({ center: [cx, cy], width, height, angle }: TurnedFrame): Ellipse {
  return { type: 'ellipse', cx, cy, rx: width / 2, ry: height / 2, angle };
}
