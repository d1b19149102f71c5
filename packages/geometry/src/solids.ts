import type { GeometryOf } from '@fovea/contract';

type Xyz = readonly [number, number, number];
type Face = Xyz[];
type Plane = { normal: Xyz; offset: number };
type SpatialCuboid = { center: Xyz; size: Xyz; rotation: Xyz };

/** A cuboid in space with all its fields, or undefined for one drawn on a picture. */
export function spatialCuboid({ center, size, rotation }: GeometryOf<'cuboid'>): SpatialCuboid | undefined {
  return center && size && { center, size, rotation: rotation ?? [0, 0, 0] };
}

/** Intersection over union of the volumes of two cuboids in space, exact for any rotation. Two without volume have 0. */
export function cuboidIou(a: SpatialCuboid, b: SpatialCuboid): number {
  let faces = facesOf(a);
  for (const plane of planesOf(b)) faces = cutSolid(faces, plane);
  const common = solidVolume(faces);
  const union = volume(a) + volume(b) - common;
  return union > 0 ? Math.min(1, Math.max(0, common / union)) : 0;
}

function volume({ size }: SpatialCuboid): number {
  return size[0] * size[1] * size[2];
}

/** Rotates about x, then y, then z, and moves to the centre. */
function place(cuboid: SpatialCuboid, point: Xyz): Xyz {
  const turned = turnBy(point, cuboid.rotation);
  return [turned[0] + cuboid.center[0], turned[1] + cuboid.center[1], turned[2] + cuboid.center[2]];
}

function turnBy([x, y, z]: Xyz, [rx, ry, rz]: Xyz): Xyz {
  const [y1, z1] = [y * Math.cos(rx) - z * Math.sin(rx), y * Math.sin(rx) + z * Math.cos(rx)];
  const [x2, z2] = [x * Math.cos(ry) + z1 * Math.sin(ry), z1 * Math.cos(ry) - x * Math.sin(ry)];
  return [x2 * Math.cos(rz) - y1 * Math.sin(rz), x2 * Math.sin(rz) + y1 * Math.cos(rz), z2];
}

const axes: readonly Xyz[] = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];

/** The six faces, each counter-clockwise seen from outside. */
function facesOf(cuboid: SpatialCuboid): Face[] {
  return [0, 1, 2].flatMap((axis) =>
    [1, -1].map((side) => {
      const corners = [
        [-1, -1],
        [1, -1],
        [1, 1],
        [-1, 1],
      ].map(([u = 0, v = 0]): Xyz => {
        const local: [number, number, number] = [0, 0, 0];
        local[axis] = (side * (cuboid.size[axis] ?? 0)) / 2;
        local[(axis + 1) % 3] = (u * (cuboid.size[(axis + 1) % 3] ?? 0)) / 2;
        local[(axis + 2) % 3] = (v * (cuboid.size[(axis + 2) % 3] ?? 0)) / 2;
        return place(cuboid, local);
      });
      return side === 1 ? corners : corners.toReversed();
    }),
  );
}

function planesOf(cuboid: SpatialCuboid): Plane[] {
  return axes.flatMap((axis, index) =>
    [1, -1].map((side): Plane => {
      const turned = turnBy(axis, cuboid.rotation);
      const normal: Xyz = [turned[0] * side, turned[1] * side, turned[2] * side];
      return { normal, offset: dot(normal, cuboid.center) + (cuboid.size[index] ?? 0) / 2 };
    }),
  );
}

/** The part of a convex solid below a plane, with the cut closed by a new face. */
function cutSolid(faces: readonly Face[], plane: Plane): Face[] {
  const rim: Xyz[] = [];
  const kept = faces.map((face) => cutFace(face, plane, rim)).filter((face) => face.length >= 3);
  if (rim.length >= 3) kept.push(aroundAxis(rim, plane.normal));
  return kept;
}

function cutFace(face: Face, plane: Plane, rim: Xyz[]): Face {
  const result: Face = [];
  let previous = face[face.length - 1];
  if (previous === undefined) return result;
  let before = dot(plane.normal, previous) - plane.offset;
  for (const point of face) {
    const above = dot(plane.normal, point) - plane.offset;
    if (before > 0 !== above > 0) {
      const t = before / (before - above);
      const from: Xyz = previous;
      const at: Xyz = [
        from[0] + t * (point[0] - from[0]),
        from[1] + t * (point[1] - from[1]),
        from[2] + t * (point[2] - from[2]),
      ];
      result.push(at);
      rim.push(at);
    }
    if (above <= 0) result.push(point);
    [previous, before] = [point, above];
  }
  return result;
}

/** Orders the points of a convex face counter-clockwise about its outward normal. */
function aroundAxis(points: readonly Xyz[], normal: Xyz): Face {
  const middle = scaled(points.reduce(added, [0, 0, 0]), 1 / points.length);
  const helper: Xyz = Math.abs(normal[0]) < 0.9 ? [1, 0, 0] : [0, 1, 0];
  const u = cross(normal, helper);
  const v = cross(normal, u);
  const angle = (point: Xyz) => {
    const away = added(point, scaled(middle, -1));
    return Math.atan2(dot(away, v), dot(away, u));
  };
  return [...points].sort((a, b) => angle(a) - angle(b));
}

/** The volume of a closed solid by the divergence theorem, summed over the triangles of its faces. */
function solidVolume(faces: readonly Face[]): number {
  const origin = faces[0]?.[0];
  if (origin === undefined) return 0;
  let six = 0;
  for (const face of faces) {
    const [first, ...rest] = face.map((point) => added(point, scaled(origin, -1)));
    rest.slice(1).forEach((point, index) => {
      const before = rest[index];
      if (first !== undefined && before !== undefined) six += dot(first, cross(before, point));
    });
  }
  return six / 6;
}

function dot(a: Xyz, b: Xyz): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function cross(a: Xyz, b: Xyz): Xyz {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

function added(a: Xyz, b: Xyz): Xyz {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}

function scaled(a: Xyz, by: number): Xyz {
  return [a[0] * by, a[1] * by, a[2] * by];
}
