import type { GeometryOf, Xy } from '@fovea/contract';
import { cuboidOutline, pointInRing } from '@fovea/geometry';
import { boundsOf, boundsCorners } from '../math/bounds.ts';
import type { Bounds } from '../math/bounds.ts';
import { applyAll } from '../math/matrix.ts';
import { add, scaleBy, subtract } from '../math/vector.ts';
import { chainDistance } from './chain.ts';
import type { Handle, Outline, ShapeKind } from './kind.ts';
import { finishPath, traceChain } from './pen.ts';

export type Cuboid = GeometryOf<'cuboid'>;

/**
 * Eight corners on the picture: 0–3 the front face clockwise from top left, 4–7 the back face likewise. A box in space
 * (centre, size, rotation) has no place on the picture and is left to a viewer of its own.
 */
export const cuboidKind: ShapeKind<Cuboid> = {
  type: 'cuboid',
  canTurn: false,
  canResize: true,
  bounds: (geometry) => boundsOf(geometry.vertices ?? []),
  hit(geometry, point, { tolerance, inside }) {
    if (!geometry.vertices) return false;
    if (inside && pointInRing(point, cuboidOutline(geometry))) return true;
    return wires(geometry.vertices).some(({ points, closed }) => chainDistance(point, points, closed) <= tolerance);
  },
  handles(geometry) {
    const { vertices } = geometry;
    if (!vertices) return [];
    const corners = vertices.map((at, index): Handle => ({ id: `c${index}`, kind: 'corner', at }));
    return [
      ...corners,
      { id: 'front', kind: 'move', at: meanOf(vertices.slice(0, 4)) },
      { id: 'back', kind: 'move', at: meanOf(vertices.slice(4)) },
    ];
  },
  dragHandle(geometry, handleId, to, modifiers) {
    const { vertices } = geometry;
    if (!vertices) return geometry;
    if (handleId === 'front' || handleId === 'back') {
      const from = handleId === 'front' ? 0 : 4;
      const by = subtract(to, meanOf(vertices.slice(from, from + 4)));
      return { ...geometry, vertices: vertices.map((at, index) => (index >= from && index < from + 4 ? add(at, by) : at)) };
    }
    const corner = Number(handleId.slice(1));
    return { ...geometry, vertices: modifiers.constrain ? dragAlone(vertices, corner, to) : dragFaceCorner(vertices, corner, to) };
  },
  transform: (geometry, matrix) => (geometry.vertices ? { ...geometry, vertices: applyAll(matrix, geometry.vertices) } : geometry),
  draw(pen, geometry) {
    const { vertices } = geometry;
    if (!vertices) return;
    pen.context.beginPath();
    traceChain(pen, vertices.slice(0, 4), true);
    finishPath(pen, true);
    pen.context.beginPath();
    traceChain(pen, vertices.slice(4), true);
    for (let corner = 0; corner < 4; corner++) traceChain(pen, [vertices[corner], vertices[corner + 4]], false);
    finishPath(pen, false);
  },
  snapPoints: (geometry) => geometry.vertices ?? [],
  outlines: (geometry) => (geometry.vertices ? wires(geometry.vertices) : []),
  isMeant(geometry, least) {
    const bounds = boundsOf(geometry.vertices ?? []);
    return !geometry.vertices || (!!bounds && bounds.maxX - bounds.minX >= least && bounds.maxY - bounds.minY >= least);
  },
};

/** A cuboid with an upright front face and the back face shifted by `depth`. */
export function cuboidFrom(front: Bounds, depth: Xy): Cuboid {
  const face = boundsCorners(front);
  return { type: 'cuboid', vertices: [...face, ...face.map((corner) => add(corner, depth))] };
}

/** One corner of a face goes where the pointer is; its two neighbours follow so that the face stays upright. */
function dragFaceCorner(vertices: readonly Xy[], corner: number, to: Xy): Xy[] {
  const face = corner < 4 ? 0 : 4;
  const place = corner - face;
  const sameX = face + (place % 2 === 0 ? (place + 3) % 4 : (place + 1) % 4);
  const sameY = face + (place % 2 === 0 ? (place + 1) % 4 : (place + 3) % 4);
  const old = vertices[corner];
  if (!old) return [...vertices];
  const by = subtract(to, old);
  return vertices.map((at, index): Xy => {
    if (index === corner) return to;
    if (index === sameX) return [at[0] + by[0], at[1]];
    if (index === sameY) return [at[0], at[1] + by[1]];
    return at;
  });
}

/** Shift: the corner moves alone, for views in strong perspective. */
function dragAlone(vertices: readonly Xy[], corner: number, to: Xy): Xy[] {
  return vertices.map((at, index) => (index === corner ? to : at));
}

function wires(vertices: readonly Xy[]): Outline[] {
  const edges = [0, 1, 2, 3].map((corner): Outline => ({ points: [vertices[corner], vertices[corner + 4]], closed: false }));
  return [{ points: vertices.slice(0, 4), closed: true }, { points: vertices.slice(4), closed: true }, ...edges];
}

function meanOf(points: readonly Xy[]): Xy {
  return scaleBy(points.reduce<Xy>(add, [0, 0]), 1 / points.length);
}
