import type { Plane } from '../imaging/plane.ts';

/** x' = a x + b y + c, y' = d x + e y + f. */
export interface Affine {
  a: number;
  b: number;
  c: number;
  d: number;
  e: number;
  f: number;
}

export const identity: Affine = { a: 1, b: 0, c: 0, d: 0, e: 1, f: 0 };

export function applyAffine(t: Affine, x: number, y: number): { x: number; y: number } {
  return { x: t.a * x + t.b * y + t.c, y: t.d * x + t.e * y + t.f };
}

export function invertAffine(t: Affine): Affine {
  const determinant = t.a * t.e - t.b * t.d;
  const [a, b, d, e] = [t.e / determinant, -t.b / determinant, -t.d / determinant, t.a / determinant];
  return { a, b, c: -(a * t.c + b * t.f), d, e, f: -(d * t.c + e * t.f) };
}

/** Patches of (2 reach + 1)² are compared within ± search pixels. */
const reach = 5;
const search = 6;
const gridColumns = 12;
const gridRows = 8;
/** Below this many patches that agree, the estimate is not believed. */
const leastInliers = 14;

interface Match {
  x: number;
  y: number;
  /** Where the patch lies in the reference. */
  toX: number;
  toY: number;
}

/**
 * Finds how the picture lies over a reference: patches with corners are looked up in the reference near where `guess`
 * puts them (block matching), and an affine map is fitted to them by iteratively re-weighted least squares (Tukey's
 * biweight), which leaves out what moves by itself. `offset` is where pixel (0, 0) of the frame lies in the reference
 * when the camera has not moved. Returns null where too few patches agree.
 */
export function estimateMotion(frame: Plane, reference: Plane, guess: Affine): Affine | null {
  const matches = pickCorners(frame).flatMap((corner) => findPatch(frame, reference, corner, guess) ?? []);
  if (matches.length < leastInliers) return null;
  let weights = startWeights(matches, guess);
  let fitted: Affine | null = null;
  for (let round = 0; round < 6; round++) {
    fitted = fitAffine(matches, weights);
    if (fitted === null) return null;
    const map = fitted;
    const errors = matches.map((match) => {
      const at = applyAffine(map, match.x, match.y);
      return Math.hypot(at.x - match.toX, at.y - match.toY);
    });
    const limit = Math.max(1, 3 * (errors.toSorted((p, q) => p - q)[errors.length >> 1] ?? 0));
    weights = errors.map((error) => (error < limit ? (1 - (error / limit) ** 2) ** 2 : 0));
  }
  const inliers = weights.filter((weight) => weight > 0.2).length;
  return inliers >= leastInliers && inliers > 0.4 * matches.length ? fitted : null;
}

/** The corner of each grid cell: where the smaller of both directions' gradient energy is largest. */
function pickCorners(frame: Plane): { x: number; y: number }[] {
  const { width, height, data } = frame;
  const corners: { x: number; y: number }[] = [];
  const margin = reach + 2;
  for (let row = 0; row < gridRows; row++) {
    for (let column = 0; column < gridColumns; column++) {
      let best = { x: 0, y: 0, strength: 120 };
      const [x0, x1] = [
        Math.max(margin, Math.floor((column * width) / gridColumns)),
        Math.min(width - margin, Math.floor(((column + 1) * width) / gridColumns)),
      ];
      const [y0, y1] = [
        Math.max(margin, Math.floor((row * height) / gridRows)),
        Math.min(height - margin, Math.floor(((row + 1) * height) / gridRows)),
      ];
      for (let y = y0; y < y1; y += 2) {
        for (let x = x0; x < x1; x += 2) {
          const strength = cornerStrength(data, width, x, y);
          if (strength > best.strength) best = { x, y, strength };
        }
      }
      if (best.strength > 120) corners.push(best);
    }
  }
  return corners;
}

/** Smaller eigenvalue of the structure tensor over 5 × 5 pixels (J. Shi, C. Tomasi, "Good features to track", CVPR 1994). */
function cornerStrength(data: Float32Array, width: number, x: number, y: number): number {
  let [xx, xy, yy] = [0, 0, 0];
  for (let dy = -2; dy <= 2; dy++) {
    for (let dx = -2; dx <= 2; dx++) {
      const i = (y + dy) * width + x + dx;
      const gx = (data[i + 1] as number) - (data[i - 1] as number);
      const gy = (data[i + width] as number) - (data[i - width] as number);
      xx += gx * gx;
      xy += gx * gy;
      yy += gy * gy;
    }
  }
  return (xx + yy - Math.hypot(xx - yy, 2 * xy)) / 2;
}

function findPatch(frame: Plane, reference: Plane, corner: { x: number; y: number }, guess: Affine): Match | null {
  const near = applyAffine(guess, corner.x, corner.y);
  const [cx, cy] = [Math.round(near.x), Math.round(near.y)];
  const margin = reach + search + 1;
  if (cx < margin || cy < margin || cx >= reference.width - margin || cy >= reference.height - margin) return null;
  const side = 2 * search + 1;
  const costs = new Float64Array(side * side);
  let best = 0;
  for (let k = 0; k < costs.length; k++) {
    costs[k] = patchCost(frame, reference, corner, {
      x: cx + (k % side) - search,
      y: cy + Math.floor(k / side) - search,
    });
    if ((costs[k] ?? 0) < (costs[best] ?? 0)) best = k;
  }
  const [bx, by] = [best % side, Math.floor(best / side)];
  // At the rim of the search the true place may lie beyond it; and patches must really fit.
  if (bx === 0 || by === 0 || bx === side - 1 || by === side - 1) return null;
  if ((costs[best] ?? 0) > 30 * (2 * reach + 1) ** 2 * 8) return null;
  const along = (step: number) => parabola(costs[best - step] ?? 0, costs[best] ?? 0, costs[best + step] ?? 0);
  return { ...corner, toX: cx + bx - search + along(1), toY: cy + by - search + along(side) };
}

/** Sum of squared differences, without the difference of the patches' means. */
function patchCost(
  frame: Plane,
  reference: Plane,
  from: { x: number; y: number },
  to: { x: number; y: number },
): number {
  let sum = 0;
  let squares = 0;
  for (let dy = -reach; dy <= reach; dy++) {
    const p = (from.y + dy) * frame.width + from.x;
    const q = (to.y + dy) * reference.width + to.x;
    for (let dx = -reach; dx <= reach; dx++) {
      const difference = (frame.data[p + dx] as number) - (reference.data[q + dx] as number);
      sum += difference;
      squares += difference * difference;
    }
  }
  return squares - (sum * sum) / (2 * reach + 1) ** 2;
}

/** Place of the least value of a parabola through three neighbours, relative to the middle one. */
function parabola(before: number, at: number, after: number): number {
  const bend = before - 2 * at + after;
  return bend <= 0 ? 0 : Math.max(-0.5, Math.min(0.5, (0.5 * (before - after)) / bend));
}

/** Those count at first that moved as the median does, against the guess. */
function startWeights(matches: Match[], guess: Affine): number[] {
  const moves = matches.map((match) => {
    const at = applyAffine(guess, match.x, match.y);
    return { x: match.toX - at.x, y: match.toY - at.y };
  });
  const middle = (pick: (move: { x: number; y: number }) => number) =>
    moves.map(pick).toSorted((p, q) => p - q)[moves.length >> 1] ?? 0;
  const [mx, my] = [middle(({ x }) => x), middle(({ y }) => y)];
  return moves.map(({ x, y }) => (Math.hypot(x - mx, y - my) < 2.5 ? 1 : 0));
}

/** Weighted least squares for both rows of the map, with coordinates about their mean so that it stays well conditioned. */
function fitAffine(matches: Match[], weights: number[]): Affine | null {
  let [total, mx, my, ux, uy] = [0, 0, 0, 0, 0];
  for (const [i, { x, y, toX, toY }] of matches.entries()) {
    const w = weights[i] ?? 0;
    total += w;
    mx += w * x;
    my += w * y;
    ux += w * toX;
    uy += w * toY;
  }
  if (total < 4) return null;
  [mx, my, ux, uy] = [mx / total, my / total, ux / total, uy / total];
  let [xx, xy, yy, xu, yu, xv, yv] = [0, 0, 0, 0, 0, 0, 0];
  for (const [i, match] of matches.entries()) {
    const w = weights[i] ?? 0;
    const [x, y, u, v] = [match.x - mx, match.y - my, match.toX - ux, match.toY - uy];
    xx += w * x * x;
    xy += w * x * y;
    yy += w * y * y;
    xu += w * x * u;
    yu += w * y * u;
    xv += w * x * v;
    yv += w * y * v;
  }
  const determinant = xx * yy - xy * xy;
  if (determinant < 1e-3 * xx * yy) return null;
  const [a, b] = [(xu * yy - yu * xy) / determinant, (yu * xx - xu * xy) / determinant];
  const [d, e] = [(xv * yy - yv * xy) / determinant, (yv * xx - xv * xy) / determinant];
  return { a, b, c: ux - a * mx - b * my, d, e, f: uy - d * mx - e * my };
}

/** Greatest way that a corner of the picture moves under the map. */
export function cornerShift(t: Affine, width: number, height: number): number {
  const corners = [
    [0, 0],
    [width, 0],
    [0, height],
    [width, height],
  ] as const;
  return Math.max(...corners.map(([x, y]) => Math.hypot(applyAffine(t, x, y).x - x, applyAffine(t, x, y).y - y)));
}
