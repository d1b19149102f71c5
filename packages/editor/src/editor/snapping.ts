import type { Xy } from '@fovea/contract';
import { distance } from '@fovea/geometry';
import type { Scene } from '../scene/scene.ts';
import { closestOnSegment } from '../math/vector.ts';
import { kindOf } from '../shapes/registry.ts';
import type { EditorSettings } from './settings.ts';

export interface SnapContext {
  readonly scene: Scene;
  readonly settings: EditorSettings;
  readonly picture: { readonly width: number; readonly height: number };
  /** Image pixels. */
  readonly reach: number;
  /** Records that do not attract: those that are being moved. */
  readonly exclude: ReadonlySet<string>;
}

export interface Snap {
  readonly point: Xy;
  /** What attracted it; undefined when nothing did. */
  readonly to: 'vertex' | 'edge' | 'grid' | 'border' | undefined;
}

/** Shapes of more vertices than this attract by their nearest ones only within the first so many. */
const maxSnapPoints = 20_000;

/** The nearest thing worth snapping to: vertices before outlines, outlines before the picture's border and the grid. */
export function snapPoint(point: Xy, context: SnapContext): Snap {
  const { settings } = context;
  const vertex = settings.snap ? nearestVertex(point, context) : undefined;
  if (vertex) return { point: vertex, to: 'vertex' };
  const edge = settings.snap ? nearestOutline(point, context) : undefined;
  if (edge) return { point: edge, to: 'edge' };
  if (settings.snapToGrid) return { point: onGrid(point, settings.gridSize), to: 'grid' };
  const border = settings.snap ? onBorder(point, context) : point;
  return { point: border, to: border === point ? undefined : 'border' };
}

/** The movement that brings one of several points onto something, when one can be; else the movement itself. */
export function snapMovement(points: readonly Xy[], by: Xy, context: SnapContext): { by: Xy; at: Snap | undefined } {
  let best: { by: Xy; at: Snap } | undefined;
  let least = Infinity;
  for (const point of points.slice(0, 64)) {
    const moved: Xy = [point[0] + by[0], point[1] + by[1]];
    const snap = snapPoint(moved, context);
    const away = distance(snap.point, moved);
    if (!snap.to || away >= least) continue;
    least = away;
    best = { by: [snap.point[0] - point[0], snap.point[1] - point[1]], at: snap };
  }
  return best ?? { by, at: undefined };
}

function around([x, y]: Xy, reach: number) {
  return { minX: x - reach, minY: y - reach, maxX: x + reach, maxY: y + reach };
}

function nearestVertex(point: Xy, { scene, reach, exclude }: SnapContext): Xy | undefined {
  let best: Xy | undefined;
  let least = reach;
  let seen = 0;
  for (const entry of scene.search(around(point, reach))) {
    if (exclude.has(entry.record.id)) continue;
    for (const candidate of kindOf(entry.geometry).snapPoints(entry.geometry)) {
      if (++seen > maxSnapPoints) return best;
      const away = distance(point, candidate);
      if (away > least) continue;
      least = away;
      best = candidate;
    }
  }
  return best && [best[0], best[1]];
}

function nearestOutline(point: Xy, { scene, reach, exclude }: SnapContext): Xy | undefined {
  let best: Xy | undefined;
  let least = reach;
  let seen = 0;
  for (const entry of scene.search(around(point, reach))) {
    if (exclude.has(entry.record.id)) continue;
    for (const { points, closed } of kindOf(entry.geometry).outlines(entry.geometry)) {
      const count = closed ? points.length : points.length - 1;
      for (let index = 0; index < count; index++) {
        if (++seen > maxSnapPoints) return best;
        const candidate = closestOnSegment(point, points[index], points[(index + 1) % points.length]);
        const away = distance(point, candidate);
        if (away > least) continue;
        least = away;
        best = candidate;
      }
    }
  }
  return best;
}

function onGrid([x, y]: Xy, size: number): Xy {
  return [Math.round(x / size) * size, Math.round(y / size) * size];
}

function onBorder(point: Xy, { picture, reach }: SnapContext): Xy {
  const pull = (value: number, end: number) => (Math.abs(value) <= reach ? 0 : Math.abs(value - end) <= reach ? end : value);
  const x = pull(point[0], picture.width);
  const y = pull(point[1], picture.height);
  return x === point[0] && y === point[1] ? point : [x, y];
}
