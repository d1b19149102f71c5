import type { Xy } from '@fovea/contract';
import type { Region } from './types.ts';

/** Areas in square pixels: what two regions have in common, and what only one of them covers. */
export type Coverage = { common: number; onlyA: number; onlyB: number };

/**
 * How two regions cover the plane, by the even-odd rule over each region's rings. The plane is cut into horizontal slabs
 * at every corner and every crossing of edges; within a slab edges do not cross, so the area between two neighbours is
 * its width at half height times its height. No outline is assembled: nearly coincident edges, which break polygon
 * clipping, cost only rounding here.
 */
export function coverage(a: Region, b: Region): Coverage {
  const edges = [...edgesOf(a, 0), ...edgesOf(b, 1)].sort((e, f) => e.top - f.top);
  const heights = [...new Set([...edges.flatMap((edge) => [edge.top, edge.bottom]), ...crossingHeights(edges)])].sort(
    (p, q) => p - q,
  );
  const result: Coverage = { common: 0, onlyA: 0, onlyB: 0 };
  let active: Edge[] = [];
  let next = 0;
  heights.slice(1).forEach((bottom, index) => {
    const top = heights[index] ?? bottom;
    for (let edge = edges[next]; edge !== undefined && edge.top <= top; edge = edges[next]) {
      active.push(edge);
      next += 1;
    }
    active = active.filter((edge) => edge.bottom >= bottom);
    addSlab(active, (top + bottom) / 2, bottom - top, result);
  });
  return result;
}

/** A slanting edge; `x` at `top`, and how far x goes per pixel down. Level edges bound no slab and are left out. */
type Edge = { owner: 0 | 1; top: number; bottom: number; x: number; slope: number; left: number; right: number };

function edgesOf(region: Region, owner: 0 | 1): Edge[] {
  return [region.points, ...(region.holes ?? [])].flatMap((ring) =>
    ring.flatMap((from, index): Edge[] => {
      const to = ring[(index + 1) % ring.length] ?? from;
      return from[1] === to[1] ? [] : [edgeBetween(from, to, owner)];
    }),
  );
}

function edgeBetween(from: Xy, to: Xy, owner: 0 | 1): Edge {
  const [upper, lower] = from[1] < to[1] ? [from, to] : [to, from];
  return {
    owner,
    top: upper[1],
    bottom: lower[1],
    x: upper[0],
    slope: (lower[0] - upper[0]) / (lower[1] - upper[1]),
    left: Math.min(from[0], to[0]),
    right: Math.max(from[0], to[0]),
  };
}

function crossingHeights(edges: readonly Edge[]): number[] {
  const heights: number[] = [];
  let active: Edge[] = [];
  for (const edge of edges) {
    active = active.filter((other) => other.bottom > edge.top);
    for (const other of active) {
      if (other.right < edge.left || other.left > edge.right || other.slope === edge.slope) continue;
      const y = edge.top + (edge.x - xAt(other, edge.top)) / (other.slope - edge.slope);
      if (y > edge.top && y < Math.min(edge.bottom, other.bottom)) heights.push(y);
    }
    active.push(edge);
  }
  return heights;
}

function xAt(edge: Edge, y: number): number {
  return edge.x + (y - edge.top) * edge.slope;
}

function addSlab(active: readonly Edge[], y: number, height: number, sum: Coverage): void {
  const borders = active.map((edge) => ({ x: xAt(edge, y), owner: edge.owner })).sort((p, q) => p.x - q.x);
  const inside = [false, false];
  let from = 0;
  for (const { x, owner } of borders) {
    const areaPx = (x - from) * height;
    if (inside[0] && inside[1]) sum.common += areaPx;
    else if (inside[0]) sum.onlyA += areaPx;
    else if (inside[1]) sum.onlyB += areaPx;
    inside[owner] = !inside[owner];
    from = x;
  }
}
