import { close, connectedComponents, open } from '../imaging/morphology.ts';
import type { Mask, Rect } from '../imaging/plane.ts';
import type { BackgroundModel } from './background-model.ts';

export interface Blob {
  box: Rect;
  area: number;
}

export interface BlobOptions {
  /** Least area in pixels. */
  minArea: number;
  /** Gaps up to twice this many pixels inside one object are closed. */
  joinRadius: number;
}

/** Cleans a foreground mask and gives its blobs; ghosts are learnt as background and left out. */
export function findBlobs(mask: Mask, frame: Uint8Array, model: BackgroundModel, options: BlobOptions): Blob[] {
  const clean = close(open(mask, 1), options.joinRadius);
  const { labels, list } = connectedComponents(clean);
  const blobs: Blob[] = [];
  for (const { label, box, area } of list) {
    if (area < options.minArea) continue;
    if (model.isGhost(frame, outlineOf(labels, label, box, mask.width))) {
      model.adopt(frame, box, (index) => labels[index] === label);
      continue;
    }
    blobs.push({ box, area });
  }
  return blobs;
}

/** Pixels of a component that have a neighbour outside it. */
function outlineOf(labels: Int32Array, label: number, box: Rect, width: number): number[] {
  const out: number[] = [];
  for (let y = box.y; y < box.y + box.height; y++) {
    for (let x = box.x; x < box.x + box.width; x++) {
      const i = y * width + x;
      if (labels[i] !== label) continue;
      const inside =
        labels[i - 1] === label &&
        labels[i + 1] === label &&
        labels[i - width] === label &&
        labels[i + width] === label;
      if (!inside) out.push(i);
    }
  }
  return out;
}
