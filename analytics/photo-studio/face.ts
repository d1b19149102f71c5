import { newPlane, type Plane } from '../imaging/plane.ts';

/** A face as an upright ellipse from hairline to chin, in pixels of the picture it was found in. */
export interface Face {
  cx: number;
  cy: number;
  width: number;
  height: number;
  /** How well the ellipse fits, 0 to 1. */
  score: number;
}

/** Height of a face over its width, hairline to chin. */
export const faceAspect = 1.3;
const minScore = 0.33;

/**
 * Finds the main face in a map of skin likelihood: the upright ellipse that is best filled with skin inside and free of
 * it around the head, the neck left out (after S. Birchfield, "Elliptical head tracking using intensity gradients and
 * color histograms", CVPR 1998), with a bonus where the eyes' places are darker than the cheeks (after R.-L. Hsu et al.,
 * "Face detection in color images", TPAMI 2002). Returns null where nothing fits.
 */
export function findFace(skin: Plane, luma: Plane): Face | null {
  const sums = rowSums(skin);
  const shortSide = Math.min(skin.width, skin.height);
  let best: Face | null = null;
  for (let width = Math.max(8, shortSide * 0.07); width < skin.width * 0.85; width *= 1.14) {
    const height = width * faceAspect;
    if (height > skin.height * 0.95) break;
    const step = Math.max(1, width / 12);
    for (let cy = height * 0.45; cy < skin.height - height * 0.4; cy += step) {
      for (let cx = width * 0.45; cx < skin.width - width * 0.4; cx += step) {
        const fit = fitEllipse(sums, { cx, cy, width, height });
        if (fit < minScore) continue;
        const score = fit * (width / skin.width) ** 0.25 + eyeBonus(luma, { cx, cy, width, height });
        if (best === null || score > best.score) best = { cx, cy, width, height, score };
      }
    }
  }
  return best === null ? null : { ...best, score: Math.min(1, best.score) };
}

/** Running sums along each row, one longer than the row, so that any stretch costs two look-ups. */
function rowSums(plane: Plane): Plane {
  const out = newPlane(plane.width + 1, plane.height);
  for (let y = 0; y < plane.height; y++) {
    let sum = 0;
    for (let x = 0; x < plane.width; x++) {
      sum += plane.data[y * plane.width + x] as number;
      out.data[y * out.width + x + 1] = sum;
    }
  }
  return out;
}

type Ellipse = Omit<Face, 'score'>;

/** Mean skin inside the ellipse minus that in the ring around its upper four fifths; −1 where too little is skin. */
function fitEllipse(sums: Plane, face: Ellipse): number {
  const inside = ellipseMean(sums, face, 0.92, 0.46);
  if (inside.mean < 0.6) return -1;
  const outer = ellipseMean(sums, face, 1.45, 0.3);
  const inner = ellipseMean(sums, face, 1.1, 0.3);
  const ringArea = outer.area - inner.area;
  const ring = ringArea > 0 ? (outer.sum - inner.sum) / ringArea : 1;
  return inside.mean - 1.1 * ring;
}

/** Sum over the ellipse grown by `scale`, rows from its top down to `bottom` heights below the centre. */
function ellipseMean(
  sums: Plane,
  face: Ellipse,
  scale: number,
  bottom: number,
): { sum: number; area: number; mean: number } {
  const a = (face.width / 2) * scale;
  const b = (face.height / 2) * scale;
  const pictureWidth = sums.width - 1;
  const first = Math.max(0, Math.ceil(face.cy - b));
  const last = Math.min(sums.height - 1, Math.floor(Math.min(face.cy + b, face.cy + bottom * face.height)));
  // About two dozen rows settle the mean; large ellipses need not read them all.
  const step = Math.max(1, Math.floor((last - first) / 24));
  let sum = 0;
  let area = 0;
  for (let y = first; y <= last; y += step) {
    const half = a * Math.sqrt(Math.max(0, 1 - ((y - face.cy) / b) ** 2));
    const left = Math.max(0, Math.min(pictureWidth, Math.round(face.cx - half)));
    const right = Math.max(left, Math.min(pictureWidth, Math.round(face.cx + half)));
    sum += (sums.data[y * sums.width + right] as number) - (sums.data[y * sums.width + left] as number);
    area += right - left;
  }
  // Sums over different row steps must be comparable.
  return { sum: sum * step, area: area * step, mean: area === 0 ? 0 : sum / area };
}

/** Up to 0.15 where both eye places hold something much darker than the cheeks below them. */
function eyeBonus(luma: Plane, face: Ellipse): number {
  let bonus = 0.15;
  for (const side of [-1, 1]) {
    const x = face.cx + side * 0.22 * face.width;
    const eye = darkest(luma, x, face.cy - 0.1 * face.height, face.width * 0.12);
    const cheek = darkest(luma, x, face.cy + 0.14 * face.height, face.width * 0.05);
    bonus = Math.min(bonus, Math.max(0, ((cheek - eye) / 60) * 0.15));
  }
  return bonus;
}

function darkest(luma: Plane, cx: number, cy: number, radius: number): number {
  let low = 255;
  for (let y = Math.round(cy - radius); y <= cy + radius; y++) {
    if (y < 0 || y >= luma.height) continue;
    for (let x = Math.round(cx - radius); x <= cx + radius; x++) {
      if (x >= 0 && x < luma.width) low = Math.min(low, luma.data[y * luma.width + x] as number);
    }
  }
  return low;
}
