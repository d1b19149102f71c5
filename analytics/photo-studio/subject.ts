import { labPlanes, lumaPlane, type LabPlanes, type Pixels } from '../imaging/colour.ts';
import { guidedFilter } from '../imaging/filters.ts';
import { close, fillHoles, open, selectComponents } from '../imaging/morphology.ts';
import { countMask, newMask, newPlane, threshold, type Mask, type Plane } from '../imaging/plane.ts';
import type { Backdrop } from './backdrop.ts';
import type { Face } from './face.ts';

/** The subject's pixels: by difference from a plain backdrop, else by colour models learnt around the face. */
export function findSubject(pixels: Pixels, backdrop: Backdrop, face: Face | null): Mask {
  const area = pixels.width * pixels.height;
  const raw = backdrop.plain ? differing(backdrop) : colourModels(pixels, backdrop, face);
  const joined = close(open(raw, 1), 2);
  const large = selectComponents(joined, (component) => component.area > 0.01 * area);
  const solid = fillHoles(closeAtBottom(large, face), 0.05 * area);
  return countMask(solid) > 0.005 * area ? solid : newMask(pixels.width, pixels.height);
}

function differing(backdrop: Backdrop): Mask {
  return threshold(backdrop.distance, Math.max(7, 4 * backdrop.noise));
}

/**
 * Clothes in the backdrop's colour leave a gap that is open only at the picture's lower edge. Below the face such gaps
 * belong to the subject: each row between the leftmost and the rightmost subject pixel near the body's axis is filled.
 */
function closeAtBottom(mask: Mask, face: Face | null): Mask {
  if (face === null) return mask;
  const out = { ...mask, data: mask.data.slice() };
  const { width, height } = mask;
  const left = Math.max(0, Math.round(face.cx - face.width));
  const right = Math.min(width - 1, Math.round(face.cx + face.width));
  for (let y = Math.round(face.cy + face.height * 0.75); y < height; y++) {
    const row = mask.data.subarray(y * width, (y + 1) * width);
    const first = row.indexOf(1);
    const last = row.lastIndexOf(1);
    if (first < 0 || first > face.cx || last < face.cx) continue;
    out.data.fill(1, y * width + Math.max(first, left), y * width + Math.min(last, right) + 1);
  }
  return out;
}

/**
 * For busy backdrops: colour histograms of subject and background are learnt and applied in turn, as GrabCut does with
 * mixtures (C. Rother et al., SIGGRAPH 2004), but smoothed with a guided filter in place of the graph cut. It begins
 * with the head and body that a face implies, or with the middle of the picture.
 */
function colourModels(pixels: Pixels, backdrop: Backdrop, face: Face | null): Mask {
  const lab = labPlanes(pixels);
  const guide = lumaPlane(pixels);
  const prior = bodyPrior(pixels.width, pixels.height, face);
  let belief: Plane = prior;
  for (let round = 0; round < 5; round++) {
    const likelihood = histogramRatio(lab, belief);
    const raw = newPlane(pixels.width, pixels.height);
    for (let i = 0; i < raw.data.length; i++) {
      const place = Math.min(0.97, Math.max(0.03, prior.data[i] ?? 0));
      const border = (backdrop.distance.data[i] ?? 0) < backdrop.noise ? -0.7 : 0;
      const score = (likelihood[i] ?? 0) + border + Math.log(place / (1 - place));
      raw.data[i] = 1 / (1 + Math.exp(-score));
    }
    belief = guidedFilter(guide, raw, 6, 100);
  }
  const mask = threshold(belief, 0.5);
  const seed = face === null ? null : Math.floor(face.cy) * pixels.width + Math.floor(face.cx);
  return largest(mask, seed);
}

/** 1 where the subject must be expected, 0 at the upper and side borders, soft between. */
function bodyPrior(width: number, height: number, face: Face | null): Plane {
  const out = newPlane(width, height);
  const head = face ?? { cx: width / 2, cy: height * 0.45, width: width * 0.35, height: height * 0.45 };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const headDistance = Math.hypot(
        (x - head.cx) / (head.width * 0.7),
        (y - (head.cy - 0.1 * head.height)) / (head.height * 0.75),
      );
      const below = (y - head.cy - 0.5 * head.height) / head.height;
      const bodyHalf = head.width * (0.5 + Math.min(1.1, Math.max(0, below * 1.6)));
      const bodyDistance = below < 0 ? Infinity : Math.abs(x - head.cx) / bodyHalf;
      const distance = Math.min(headDistance, bodyDistance);
      out.data[y * width + x] = distance < 0.8 ? 0.95 : distance > 1.7 ? 0.03 : 0.95 - ((distance - 0.8) / 0.9) * 0.92;
    }
  }
  return out;
}

/** Log ratio per pixel of two histograms over 12 × 16 × 16 Lab cells, each cell with a little of its neighbours. */
function histogramRatio(lab: LabPlanes, belief: Plane): Float32Array {
  const cells = new Int32Array(belief.data.length);
  const subject = new Float64Array(12 * 16 * 16).fill(0.5);
  const background = new Float64Array(12 * 16 * 16).fill(0.5);
  let subjectTotal = 0;
  let backgroundTotal = 0;
  for (let i = 0; i < cells.length; i++) {
    const l = Math.min(11, Math.max(0, Math.floor((lab.l.data[i] ?? 0) / 8.4)));
    const a = Math.min(15, Math.max(0, Math.floor(((lab.a.data[i] ?? 0) + 64) / 8)));
    const b = Math.min(15, Math.max(0, Math.floor(((lab.b.data[i] ?? 0) + 64) / 8)));
    const cell = (l * 16 + a) * 16 + b;
    const share = belief.data[i] ?? 0;
    cells[i] = cell;
    subject[cell] = (subject[cell] ?? 0) + share;
    background[cell] = (background[cell] ?? 0) + 1 - share;
    subjectTotal += share;
    backgroundTotal += 1 - share;
  }
  return Float32Array.from(cells, (cell) => {
    const ratio =
      Math.log((subject[cell] ?? 1) / Math.max(1, subjectTotal)) -
      Math.log((background[cell] ?? 1) / Math.max(1, backgroundTotal));
    return Math.min(4, Math.max(-4, ratio));
  });
}

function largest(mask: Mask, seed: number | null): Mask {
  let area = 0;
  selectComponents(mask, (component) => {
    area = Math.max(area, component.area);
    return false;
  });
  const kept = selectComponents(mask, (component) => component.area === area);
  if (seed === null || kept.data[seed] === 1 || mask.data[seed] !== 1) return kept;
  return selectComponents(mask, (component) => component.area > area * 0.2);
}
