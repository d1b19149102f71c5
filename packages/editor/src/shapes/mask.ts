import type { GeometryOf } from '@fovea/contract';
import { maskGeometry, tiledMask } from '../masks/mask-geometry.ts';
import { TiledMask } from '../masks/tiled-mask.ts';
import type { Bounds } from '../math/bounds.ts';
import { boundsCorners, boundsOf } from '../math/bounds.ts';
import { apply, applyAll, inverse, isTranslation } from '../math/matrix.ts';
import type { Matrix } from '../math/matrix.ts';
import type { ShapeKind } from './kind.ts';

type Mask = GeometryOf<'mask'>;

/** The bounds cost a walk over all tiles, and are asked for often. */
const boundsCache = new WeakMap<TiledMask, { bounds: Bounds | undefined }>();

export const maskKind: ShapeKind<Mask> = {
  type: 'mask',
  canTurn: true,
  canResize: true,
  bounds(geometry) {
    const tiled = tiledMask(geometry);
    let kept = boundsCache.get(tiled);
    if (!kept) boundsCache.set(tiled, (kept = { bounds: tiled.bounds() }));
    return kept.bounds;
  },
  hit(geometry, [x, y], { tolerance, inside }) {
    const tiled = tiledMask(geometry);
    if (tiled.has(Math.floor(x), Math.floor(y))) return inside || isNearEdge(tiled, x, y, tolerance);
    return false;
  },
  handles: () => [],
  dragHandle: (geometry) => geometry,
  transform: (geometry, matrix) => maskGeometry(transformTiled(tiledMask(geometry), matrix)),
  draw: (pen, geometry) => pen.masks.paint(pen.context, geometry, pen.color),
  snapPoints: () => [],
  outlines: () => [],
  isMeant: (geometry) => !tiledMask(geometry).isEmpty,
};

function isNearEdge(tiled: TiledMask, x: number, y: number, tolerance: number): boolean {
  const reach = [-tolerance, tolerance];
  return reach.some((by) => !tiled.has(Math.floor(x + by), Math.floor(y)) || !tiled.has(Math.floor(x), Math.floor(y + by)));
}

/** Nearest pixel; a mere movement is rounded to whole pixels and keeps the form exactly. Leaves the picture: is cut. */
function transformTiled(tiled: TiledMask, matrix: Matrix): TiledMask {
  const empty = new TiledMask(tiled.width, tiled.height);
  if (isTranslation(matrix)) {
    const [dx, dy] = [Math.round(matrix.e), Math.round(matrix.f)];
    return empty.paint(true, (sink) => tiled.eachSpan((y, from, to) => sink(y + dy, from + dx, to + dx)));
  }
  const back = inverse(matrix);
  const old = tiled.bounds();
  const reach = old && boundsOf(applyAll(matrix, boundsCorners(old)));
  if (!back || !reach) return empty;
  return empty.paint(true, (sink) => {
    const right = Math.min(tiled.width, Math.ceil(reach.maxX));
    for (let y = Math.max(0, Math.floor(reach.minY)); y < Math.min(tiled.height, Math.ceil(reach.maxY)); y++) {
      for (let x = Math.max(0, Math.floor(reach.minX)); x < right; x++) {
        const [fromX, fromY] = apply(back, [x + 0.5, y + 0.5]);
        if (tiled.has(Math.floor(fromX), Math.floor(fromY))) sink(y, x, x + 1);
      }
    }
  });
}
