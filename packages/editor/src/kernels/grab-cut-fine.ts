import { grabCut } from './grab-cut.ts';
import type { CutBox } from './grab-cut.ts';
import type { Rgba } from './image.ts';

/** Coarse pixels on each side of the coarse outline whose side is decided again on the fine picture. */
const band = 2;

/**
 * A cut of a picture too large for one: first on a reduced copy, then on the picture itself, but there only within a
 * band about the outline found (the scheme of Lombaert et al., "A Multilevel Banded Graph Cuts Method for Fast Image
 * Segmentation", ICCV 2005). `box` in pixels of the fine picture; returns 1 for the object's fine pixels.
 */
export function grabCutBanded(fine: Rgba, coarse: Rgba, box: CutBox): Uint8Array {
  const [scaleX, scaleY] = [coarse.width / fine.width, coarse.height / fine.height];
  const coarseBox = { minX: box.minX * scaleX, minY: box.minY * scaleY, maxX: box.maxX * scaleX, maxY: box.maxY * scaleY };
  const found = largestPiece(grabCut(coarse, coarseBox), coarse.width, coarse.height);
  const hints = new Uint8Array(fine.width * fine.height);
  const near = nearOutline(found, coarse.width, coarse.height);
  for (let y = 0; y < fine.height; y++) {
    const row = Math.min(coarse.height - 1, Math.floor((y + 0.5) * scaleY)) * coarse.width;
    for (let x = 0; x < fine.width; x++) {
      const at = row + Math.min(coarse.width - 1, Math.floor((x + 0.5) * scaleX));
      hints[y * fine.width + x] = near[at] === 1 ? 0 : found[at] === 1 ? 1 : 2;
    }
  }
  return largestPiece(grabCut(fine, box, { hints, iterations: 1 }), fine.width, fine.height);
}

/** 1 where the other side lies within the band. */
function nearOutline(mask: Uint8Array, width: number, height: number): Uint8Array {
  const near = new Uint8Array(mask.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const isEdge = (x < width - 1 && mask[at] !== mask[at + 1]) || (y < height - 1 && mask[at] !== mask[at + width]);
      if (!isEdge) continue;
      for (let nearY = Math.max(0, y - band); nearY <= Math.min(height - 1, y + band + 1); nearY++) {
        near.fill(1, nearY * width + Math.max(0, x - band), nearY * width + Math.min(width, x + band + 2));
      }
    }
  }
  return near;
}

/** The largest 4-connected piece of a mask with its holes filled: one object, without specks and pinholes. */
export function largestPiece(mask: Uint8Array, width: number, height: number): Uint8Array {
  const pieces = connectedPieces(mask, 1, width);
  let largest: number[] = [];
  for (const piece of pieces) if (piece.length > largest.length) largest = piece;
  const out = new Uint8Array(mask.length);
  for (const at of largest) out[at] = 1;
  for (const gap of connectedPieces(out, 0, width)) {
    const isOpen = gap.some((at) => at < width || at >= width * (height - 1) || at % width === 0 || at % width === width - 1);
    // Only small gaps: a ring's middle is no noise.
    if (!isOpen && gap.length < largest.length * 0.02) for (const at of gap) out[at] = 1;
  }
  return out;
}

function connectedPieces(mask: Uint8Array, value: 0 | 1, width: number): number[][] {
  const seen = new Uint8Array(mask.length);
  const pieces: number[][] = [];
  for (let start = 0; start < mask.length; start++) {
    if (mask[start] !== value || seen[start] === 1) continue;
    const piece = [start];
    seen[start] = 1;
    for (let head = 0; head < piece.length; head++) {
      const at = piece[head];
      const x = at % width;
      for (const next of [x > 0 ? at - 1 : -1, x < width - 1 ? at + 1 : -1, at - width, at + width]) {
        if (next < 0 || next >= mask.length || seen[next] === 1 || mask[next] !== value) continue;
        seen[next] = 1;
        piece.push(next);
      }
    }
    pieces.push(piece);
  }
  return pieces;
}
