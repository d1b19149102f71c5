import type { Xy } from '@fovea/contract';
import type { SpanSink } from './tiled-mask.ts';

export interface Brush {
  /** Diameter, or side of the square, in image pixels. */
  readonly size: number;
  readonly shape: 'circle' | 'square';
  /** The height of a row in widths of a column, where pixels are no squares. Default 1. */
  readonly rowHeight?: number;
}

/**
 * The pixels whose middles a brush passes over on its straight way between two places. A convex area, so each row is one
 * span: from the leftmost to the rightmost place that the brush reaches on the row's middle line.
 */
export function strokeSpans(from: Xy, to: Xy, brush: Brush, sink: SpanSink): void {
  // A brush of one pixel always takes the pixel it stands on.
  const radius = Math.max(brush.size, 1) / 2;
  const { rowHeight = 1 } = brush;
  const [a, b]: [Xy, Xy] = [[from[0], from[1] * rowHeight], [to[0], to[1] * rowHeight]];
  const top = Math.floor((Math.min(a[1], b[1]) - radius) / rowHeight);
  const bottom = Math.ceil((Math.max(a[1], b[1]) + radius) / rowHeight);
  for (let row = top; row <= bottom; row++) {
    const middle = (row + 0.5) * rowHeight;
    // A brush that is lower than a row may miss its middle: it takes the row that it stands on nevertheless.
    const stands = brush.size < rowHeight ? standingRow(from, to, radius, row) : undefined;
    const reach = join(brush.shape === 'circle' ? capsuleRow(a, b, radius, middle) : squareRow(a, b, radius, middle), stands);
    if (!reach) continue;
    const first = Math.ceil(reach[0] - 0.5);
    const end = Math.floor(reach[1] - 0.5) + 1;
    if (end > first) sink(row, first, end);
  }
  if (brush.size <= 1) sink(Math.floor(to[1]), Math.floor(to[0]), Math.floor(to[0]) + 1);
}

type Reach = readonly [number, number] | undefined;

/** As wide as the brush, around the ends of the way that lie in a row. */
function standingRow(from: Xy, to: Xy, radius: number, row: number): Reach {
  const xs = [from, to].flatMap(([x, y]) => (Math.floor(y) === row ? [x] : []));
  return xs.length === 0 ? undefined : [Math.min(...xs) - radius, Math.max(...xs) + radius];
}

/** Two discs and the rectangle between them, cut by a horizontal line. */
function capsuleRow(a: Xy, b: Xy, radius: number, y: number): Reach {
  const reach = join(discRow(a, radius, y), discRow(b, radius, y));
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const length = Math.hypot(dx, dy);
  if (length === 0) return reach;
  const [nx, ny] = [(-dy / length) * radius, (dx / length) * radius];
  return join(reach, polygonRow([[a[0] + nx, a[1] + ny], [b[0] + nx, b[1] + ny], [b[0] - nx, b[1] - ny], [a[0] - nx, a[1] - ny]], y));
}

function discRow([cx, cy]: Xy, radius: number, y: number): Reach {
  const squared = radius * radius - (y - cy) * (y - cy);
  if (squared < 0) return undefined;
  const half = Math.sqrt(squared);
  return [cx - half, cx + half];
}

/** The hull of two equal squares: the squares, and the sides of the way that their corners take. */
function squareRow(a: Xy, b: Xy, radius: number, y: number): Reach {
  const corners = ([cx, cy]: Xy): Xy[] => [
    [cx - radius, cy - radius],
    [cx + radius, cy - radius],
    [cx + radius, cy + radius],
    [cx - radius, cy + radius],
  ];
  const [first, second] = [corners(a), corners(b)];
  let reach = join(polygonRow(first, y), polygonRow(second, y));
  for (let corner = 0; corner < 4; corner++) {
    const next = (corner + 1) % 4;
    reach = join(reach, polygonRow([first[corner], first[next], second[next], second[corner]], y));
  }
  return reach;
}

/** The span of a convex polygon on a horizontal line. */
function polygonRow(points: readonly Xy[], y: number): Reach {
  let [left, right] = [Infinity, -Infinity];
  for (let index = 0; index < points.length; index++) {
    const [ax, ay] = points[index];
    const [bx, by] = points[(index + 1) % points.length];
    if (ay === by ? ay !== y : Math.min(ay, by) > y || Math.max(ay, by) < y) continue;
    for (const x of ay === by ? [ax, bx] : [ax + ((y - ay) / (by - ay)) * (bx - ax)]) {
      left = Math.min(left, x);
      right = Math.max(right, x);
    }
  }
  return left <= right ? [left, right] : undefined;
}

function join(a: Reach, b: Reach): Reach {
  if (!a || !b) return a ?? b;
  return [Math.min(a[0], b[0]), Math.max(a[1], b[1])];
}
