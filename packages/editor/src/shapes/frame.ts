import type { Xy } from '@fovea/contract';
import { rotateAbout } from '../math/vector.ts';
import type { DragModifiers, Handle } from './kind.ts';

/** A rectangle that may be turned: what boxes, rotated boxes and ellipses have in common. */
export interface TurnedFrame {
  readonly center: Xy;
  readonly width: number;
  readonly height: number;
  /** Radians, clockwise, about the centre. */
  readonly angle: number;
}

/** How far each named handle lies from the centre, in halves of width and height. */
const places: Readonly<Record<string, Xy>> = {
  nw: [-1, -1],
  n: [0, -1],
  ne: [1, -1],
  e: [1, 0],
  se: [1, 1],
  s: [0, 1],
  sw: [-1, 1],
  w: [-1, 0],
};

/** CSS pixels between the upper edge and the handle that turns. */
const turnHandleDistance = 24;
const angleStep = Math.PI / 12;

export function framePoint(frame: TurnedFrame, sideX: number, sideY: number): Xy {
  const [x, y] = frame.center;
  return rotateAbout([x + (sideX * frame.width) / 2, y + (sideY * frame.height) / 2], frame.center, frame.angle);
}

export function frameCorners(frame: TurnedFrame): Xy[] {
  return [framePoint(frame, -1, -1), framePoint(frame, 1, -1), framePoint(frame, 1, 1), framePoint(frame, -1, 1)];
}

export function frameHandles(frame: TurnedFrame, options: { corners: boolean; turn: boolean; unit: number }): Handle[] {
  const handles: Handle[] = [];
  for (const [id, [sideX, sideY]] of Object.entries(places)) {
    const isCorner = sideX !== 0 && sideY !== 0;
    if (isCorner && !options.corners) continue;
    handles.push({ id, kind: isCorner ? 'corner' : 'edge', at: framePoint(frame, sideX, sideY) });
  }
  if (options.turn) {
    const above = framePoint(frame, 0, -1);
    const away = rotateAbout([0, -turnHandleDistance * options.unit], [0, 0], frame.angle);
    handles.push({ id: 'turn', kind: 'turn', at: [above[0] + away[0], above[1] + away[1]] });
  }
  return handles;
}

/** The frame after a drag of one of its handles. Dragging a side beyond the opposite one turns it inside out. */
export function dragFrame(frame: TurnedFrame, handleId: string, to: Xy, modifiers: DragModifiers): TurnedFrame {
  if (handleId === 'turn') return { ...frame, angle: turnTowards(frame.center, to, modifiers.constrain) };
  const place = places[handleId];
  if (!place) return frame;
  const [sideX, sideY] = place;
  const anchor = modifiers.fromCenter ? frame.center : framePoint(frame, -sideX, -sideY);
  const local = rotateAbout(to, anchor, -frame.angle);
  const span = modifiers.fromCenter ? 2 : 1;
  let dx = sideX === 0 ? 0 : (local[0] - anchor[0]) * span;
  let dy = sideY === 0 ? 0 : (local[1] - anchor[1]) * span;
  if (modifiers.constrain && sideX !== 0 && sideY !== 0) [dx, dy] = keepProportions(frame, dx, dy);
  const center: Xy = modifiers.fromCenter ? frame.center : rotateAbout([anchor[0] + dx / 2, anchor[1] + dy / 2], anchor, frame.angle);
  return {
    center,
    width: sideX === 0 ? frame.width : Math.abs(dx),
    height: sideY === 0 ? frame.height : Math.abs(dy),
    angle: frame.angle,
  };
}

function turnTowards(center: Xy, to: Xy, inSteps: boolean): number {
  const angle = Math.atan2(to[1] - center[1], to[0] - center[0]) + Math.PI / 2;
  const stepped = inSteps ? Math.round(angle / angleStep) * angleStep : angle;
  return Math.atan2(Math.sin(stepped), Math.cos(stepped));
}

function keepProportions(frame: TurnedFrame, dx: number, dy: number): [number, number] {
  const width = frame.width || 1;
  const height = frame.height || 1;
  const factor = Math.max(Math.abs(dx) / width, Math.abs(dy) / height);
  return [Math.sign(dx || 1) * width * factor, Math.sign(dy || 1) * height * factor];
}
