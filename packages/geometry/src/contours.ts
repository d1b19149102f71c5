import type { GeometryOf, Xy } from '@fovea/contract';
import { runsBounds } from './mask-measure.ts';
import { eachRun, type Runs } from './rle.ts';
import type { Box } from './types.ts';

type Polygon = GeometryOf<'polygon'>;

/**
 * The exact outlines of a mask along the edges of its pixels, with holes; pixels that touch only at a corner are of
 * different polygons (4-connected). Rasterising the polygons gives the mask again. Polygons come ordered by their
 * topmost, then leftmost pixel; outer rings run clockwise on the screen, holes the other way.
 */
export function maskPolygons(runs: Runs): Polygon[] {
  const box = runsBounds(runs);
  if (box === undefined) return [];
  const grid = gridOf(runs, box);
  const found: { points: Xy[]; holes: Xy[][] }[] = [];
  for (let y = 0; y < box.height; y += 1) {
    for (let x = 0; x < box.width; x += 1) {
      if (!isSet(grid, x, y) || isSet(grid, x, y - 1) || grid.traced[y * box.width + x] === 1) continue;
      // The first border met of a new piece is its outer one, further ones of the same piece are holes.
      const piece = found[(grid.pieces[y * box.width + x] ?? 0) - 2];
      const ring = traceRing(grid, x, y).map(([px, py]): Xy => [px + box.x, py + box.y]);
      if (piece !== undefined) piece.holes.push(ring);
      else fillPiece(grid, x, y, found.push({ points: ring, holes: [] }) + 1);
    }
  }
  return found.map(({ points, holes }) =>
    holes.length === 0 ? { type: 'polygon', points } : { type: 'polygon', points, holes },
  );
}

/** `pieces`: 0 outside the mask, 1 inside and not yet numbered, else the piece's number from 2. `traced`: top edges. */
type Grid = { width: number; height: number; pieces: Int32Array; traced: Uint8Array };

function gridOf(runs: Runs, box: Box): Grid {
  const pieces = new Int32Array(box.width * box.height);
  eachRun(runs, (start, end) => {
    for (let at = start; at < end; at += 1) {
      const [x, y] = [Math.floor(at / runs.height) - box.x, (at % runs.height) - box.y];
      pieces[y * box.width + x] = 1;
    }
  });
  return { width: box.width, height: box.height, pieces, traced: new Uint8Array(pieces.length) };
}

function isSet(grid: Grid, x: number, y: number): boolean {
  return x >= 0 && y >= 0 && x < grid.width && y < grid.height && grid.pieces[y * grid.width + x] !== 0;
}

function fillPiece(grid: Grid, startX: number, startY: number, number: number): void {
  const open = [startY * grid.width + startX];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (grid.pieces[at] !== 1) continue;
    grid.pieces[at] = number;
    const x = at % grid.width;
    if (x > 0) open.push(at - 1);
    if (x < grid.width - 1) open.push(at + 1);
    if (at >= grid.width) open.push(at - grid.width);
    if (at + grid.width < grid.pieces.length) open.push(at + grid.width);
  }
}

/** The directions of a step along pixel edges: right, down, left, up. */
const steps: readonly Xy[] = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
];

/** Walks along a border from the top left corner of a pixel, the mask on the right hand, and gives the corners. */
function traceRing(grid: Grid, startX: number, startY: number): Xy[] {
  const ring: Xy[] = [];
  let [x, y, direction] = [startX, startY, 0];
  do {
    if (direction === 0) grid.traced[y * grid.width + x] = 1;
    const [dx, dy] = steps[direction] ?? [0, 0];
    [x, y] = [x + dx, y + dy];
    const next = nextDirection(grid, x, y, direction);
    if (next !== direction) ring.push([x, y]);
    direction = next;
  } while (x !== startX || y !== startY || direction !== 0);
  return ring;
}

/** The direction to go on in at a corner; where pixels touch only at it, the one that stays with the same piece. */
function nextDirection(grid: Grid, x: number, y: number, direction: number): number {
  const [dx, dy] = steps[direction] ?? [0, 0];
  // The middles of the two pixels ahead of the corner: half a step on, and half a step to the right or the left.
  const ahead = (side: 1 | -1) =>
    isSet(grid, Math.floor(x + (dx - side * dy) / 2), Math.floor(y + (dy + side * dx) / 2));
  if (!ahead(1)) return (direction + 1) % 4;
  return ahead(-1) ? (direction + 3) % 4 : direction;
}
