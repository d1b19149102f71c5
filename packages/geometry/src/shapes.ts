import type { GeometryOf, Xy } from '@fovea/contract';
import { boxRing } from './clip.ts';
import { convexHull, distance, pointsBounds } from './ring.ts';
import type { Box, Ring } from './types.ts';

type RotatedBox = GeometryOf<'rotated_box'>;
type Ellipse = GeometryOf<'ellipse'>;

/** The corners of a rotated box, clockwise on the screen; at angle 0 they begin at the top left. */
export function rotatedBoxVertices({ cx, cy, width, height, angle }: Omit<RotatedBox, 'type'>): [Xy, Xy, Xy, Xy] {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const corner = (dx: number, dy: number): Xy => [cx + dx * cos - dy * sin, cy + dx * sin + dy * cos];
  const [w, h] = [width / 2, height / 2];
  return [corner(-w, -h), corner(w, -h), corner(w, h), corner(-w, h)];
}

/**
 * The rotated box with these four corners in order (either way round); its width lies along the first edge. Exact when
 * the corners are those of a rectangle. Other quadrilaterals give the rectangle of least area around them.
 */
export function rotatedBoxFromVertices(vertices: Ring): RotatedBox {
  const [a, b, c, d] = vertices;
  if (vertices.length !== 4 || !a || !b || !c || !d) return leastAreaRectangle(vertices);
  const [width, height] = [distance(a, b), distance(b, c)];
  const scale = Math.max(width, height, 1e-9);
  const isParallelogram = Math.hypot(a[0] + c[0] - b[0] - d[0], a[1] + c[1] - b[1] - d[1]) <= 1e-6 * scale;
  const hasEqualDiagonals = Math.abs(distance(a, c) - distance(b, d)) <= 1e-6 * scale;
  if (!isParallelogram || !hasEqualDiagonals) return leastAreaRectangle(vertices);
  const angle = width > 0 ? Math.atan2(b[1] - a[1], b[0] - a[0]) : Math.atan2(c[1] - b[1], c[0] - b[0]) - Math.PI / 2;
  return { type: 'rotated_box', cx: (a[0] + c[0]) / 2, cy: (a[1] + c[1]) / 2, width, height, angle };
}

/**
 * The rectangle of least area around points. One of its sides lies on an edge of the convex hull (Freeman and Shapira,
 * CACM 18(7), 1975), so each hull edge is tried. Its angle lies in (-π/4, π/4].
 */
export function leastAreaRectangle(points: Ring): RotatedBox {
  const hull = convexHull(points);
  let best: RotatedBox | undefined;
  let previous = hull[hull.length - 1];
  for (const point of hull) {
    if (previous === undefined) break;
    const direction = Math.atan2(point[1] - previous[1], point[0] - previous[0]);
    const quarterTurns = Math.ceil(direction / (Math.PI / 2) - 0.5);
    const candidate = rectangleAt(hull, direction - quarterTurns * (Math.PI / 2));
    if (best === undefined || candidate.width * candidate.height < best.width * best.height) best = candidate;
    previous = point;
  }
  return best ?? { type: 'rotated_box', cx: 0, cy: 0, width: 0, height: 0, angle: 0 };
}

function rectangleAt(points: Ring, angle: number): RotatedBox {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const { x, y, width, height } = pointsBounds(
    points.map(([px, py]): Xy => [px * cos + py * sin, py * cos - px * sin]),
  );
  const [mx, my] = [x + width / 2, y + height / 2];
  return { type: 'rotated_box', cx: mx * cos - my * sin, cy: mx * sin + my * cos, width, height, angle };
}

/** How many corners `ellipsePolygon` makes when not told. */
const ellipseCorners = 96;

/**
 * A polygon with the same area as the ellipse: the corners lie slightly outside it, the middles of the edges slightly
 * inside (at most 0.06 % of the radius with 96 corners).
 */
export function ellipsePolygon({ cx, cy, rx, ry, angle }: Omit<Ellipse, 'type'>, corners = ellipseCorners): Xy[] {
  const step = (2 * Math.PI) / corners;
  const grow = Math.sqrt(step / Math.sin(step));
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return Array.from({ length: corners }, (_, index): Xy => {
    const [dx, dy] = [rx * grow * Math.cos(index * step), ry * grow * Math.sin(index * step)];
    return [cx + dx * cos - dy * sin, cy + dx * sin + dy * cos];
  });
}

/** The exact upright box around an ellipse. */
export function ellipseBounds({ cx, cy, rx, ry, angle }: Omit<Ellipse, 'type'>): Box {
  const w = Math.hypot(rx * Math.cos(angle), ry * Math.sin(angle));
  const h = Math.hypot(rx * Math.sin(angle), ry * Math.cos(angle));
  return { x: cx - w, y: cy - h, width: 2 * w, height: 2 * h };
}

/** The outline of a cuboid drawn on a picture: the convex hull of its eight projected corners; empty for one in space. */
export function cuboidOutline(cuboid: GeometryOf<'cuboid'>): Xy[] {
  return convexHull(cuboid.vertices ?? []);
}

/** A box as a polygon geometry. */
export function boxPolygon(box: Box): GeometryOf<'polygon'> {
  return { type: 'polygon', points: boxRing(box) };
}

/** An angle turned by whole turns into (-π, π]. */
export function normalAngle(angle: number): number {
  const turned = angle - 2 * Math.PI * Math.round(angle / (2 * Math.PI));
  return turned <= -Math.PI ? turned + 2 * Math.PI : turned;
}
