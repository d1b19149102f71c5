import { luma, lumaPlane, type Pixels } from '../imaging/colour.ts';
import { boxBlur } from '../imaging/filters.ts';
import { fillHoles } from '../imaging/morphology.ts';
import {
  countMask,
  mapPlane,
  percentile,
  resizePlane,
  threshold,
  type Mask,
  type Plane,
  type Rect,
} from '../imaging/plane.ts';
import { modelBackdrop, type Backdrop } from './backdrop.ts';
import { findFace, type Face } from './face.ts';
import { skinLikelihood } from './skin.ts';
import { findSubject } from './subject.ts';

/** Longer side of the reduced picture in which people are looked for. */
export const analysisSide = 480;
/** Faces are searched for in a still smaller one: the search costs the fourth power of the side. */
const faceSide = 180;

/** Head with hair: top edge, height down to the chin, and the face's centre. */
export interface Head {
  cx: number;
  cy: number;
  top: number;
  height: number;
}

/** What was found in the reduced picture; all coordinates are its pixels. */
export interface Scene {
  pixels: Pixels;
  backdrop: Backdrop;
  subject: Mask;
  /** Skin by colour, without the plain backdrop. */
  skin: Plane;
  face: Face | null;
  head: Head | null;
}

export function analyseScene(pixels: Pixels, givenFace?: Face | null): Scene {
  const backdrop = modelBackdrop(pixels);
  const skin = skinLikelihood(pixels, 1);
  if (backdrop.plain) dropBackdrop(skin, backdrop);
  const first = givenFace === undefined ? searchFace(pixels, skin) : givenFace;
  if (first !== null) adaptSkin(pixels, skin, first);
  const face = givenFace === undefined && first !== null ? (searchFace(pixels, skin) ?? first) : first;
  const subject = findSubject(pixels, backdrop, face);
  const head = face === null ? headOfSubject(subject) : headOfFace(face, subject);
  return { pixels, backdrop, subject, skin, face, head };
}

/** A backdrop of wood or beige paper has the colours of skin: what does not differ from it is none. */
function dropBackdrop(skin: Plane, backdrop: Backdrop): void {
  const limit = Math.max(5, 3 * backdrop.noise);
  const alone = mapPlane(skin, (value, i) => ((backdrop.distance.data[i] ?? 0) < limit ? 0 : value));
  let left = 0;
  for (const value of alone.data) left += value;
  // Nothing differs: then there is no backdrop but a picture full of skin.
  if (left < 0.005 * skin.data.length) return;
  // Cheeks may have the backdrop's colour: what skin encloses is skin.
  const kept = threshold(alone, 0.5);
  const filled = fillHoles(kept, 0.02 * skin.data.length);
  for (let i = 0; i < skin.data.length; i++) {
    if (filled.data[i] !== 1 || kept.data[i] === 1) skin.data[i] = alone.data[i] ?? 0;
  }
}

/**
 * Brown hair has the chroma of skin. Once a face is known, what is much darker than the middle of it, or of another
 * chroma, is no skin of this person.
 */
function adaptSkin(pixels: Pixels, skin: Plane, face: Face): void {
  const rough = roughnessOf(pixels);
  const chosen = smoothSkin(skin, rough, face);
  const samples = chosen.map((i) => chroma(pixels, i));
  if (samples.length < 20) return;
  const middle = (pick: (sample: Chroma) => number) => percentile(samples.map(pick), 0.5);
  const [y, cb, cr] = [middle((sample) => sample.y), middle((sample) => sample.cb), middle((sample) => sample.cr)];
  const distances = samples.map((sample) => Math.hypot(sample.cb - cb, sample.cr - cr));
  const spread = Math.max(4, percentile(distances, 0.7));
  // Hair as light as skin has many times its texture.
  const coarse = Math.max(
    14,
    5 *
      percentile(
        chosen.map((i) => rough.data[i] ?? 0),
        0.5,
      ),
  );
  const fair = hasFairHair(skin, rough, face, coarse);
  for (let i = 0; i < skin.data.length; i++) {
    if ((skin.data[i] ?? 0) === 0) continue;
    const own = chroma(pixels, i);
    const dark = Math.min(1, Math.max(0, (own.y / y - 0.5) / 0.15));
    const distance = Math.hypot(own.cb - cb, own.cr - cr) / spread;
    const even = fair ? Math.min(1, Math.max(0, 2 - (rough.data[i] ?? 0) / coarse)) : 1;
    skin.data[i] = (skin.data[i] ?? 0) * dark * even * Math.min(1, Math.max(0, (6 - distance) / 2));
  }
}

/** Whether most of what passes for skin above the eyes is textured; glasses and brows alone are less. */
function hasFairHair(skin: Plane, rough: Plane, face: Face, coarse: number): boolean {
  let [textured, all] = [0, 0];
  eachInEllipse(skin, face, 0.95, (i) => {
    if (Math.floor(i / skin.width) > face.cy - 0.2 * face.height || (skin.data[i] ?? 0) < 0.5) return;
    all += 1;
    if ((rough.data[i] ?? 0) > coarse) textured += 1;
  });
  return textured > 0.45 * all;
}

type Chroma = ReturnType<typeof chroma>;

/** Mean absolute difference of luma from its neighbours, over a few pixels. */
function roughnessOf(pixels: Pixels): Plane {
  const plane = lumaPlane(pixels);
  const { width, data } = plane;
  const raw = mapPlane(
    plane,
    (value, i) => Math.abs(value - (data[i + 1] ?? value)) + Math.abs(value - (data[i + width] ?? value)),
  );
  return boxBlur(raw, Math.max(2, Math.round(Math.max(pixels.width, pixels.height) / 160)));
}

/** Cheeks and chin: likely skin in the lower part of the face, the smoother half of it, since hair is never smooth. */
function smoothSkin(skin: Plane, rough: Plane, face: Face): number[] {
  const candidates: number[] = [];
  eachInEllipse(skin, { ...face, cy: face.cy + face.height * 0.12 }, 0.65, (i) => {
    if ((skin.data[i] ?? 0) > 0.5) candidates.push(i);
  });
  const limit = percentile(
    candidates.map((i) => rough.data[i] ?? 0),
    0.5,
  );
  return candidates.filter((i) => (rough.data[i] ?? 0) <= limit);
}

function chroma(pixels: Pixels, i: number): { y: number; cb: number; cr: number } {
  const p = i * pixels.channels;
  const [r, g, b] = [pixels.data[p] ?? 0, pixels.data[p + 1] ?? 0, pixels.data[p + 2] ?? 0];
  const y = luma(r, g, b);
  return { y, cb: 0.564 * (b - y), cr: 0.713 * (r - y) };
}

function eachInEllipse(plane: Plane, face: Face, scale: number, visit: (index: number) => void): void {
  const [rx, ry] = [(face.width / 2) * scale, (face.height / 2) * scale];
  for (let y = Math.max(0, Math.floor(face.cy - ry)); y < Math.min(plane.height, face.cy + ry); y++) {
    for (let x = Math.max(0, Math.floor(face.cx - rx)); x < Math.min(plane.width, face.cx + rx); x++) {
      if (Math.hypot((x + 0.5 - face.cx) / rx, (y + 0.5 - face.cy) / ry) <= 1) visit(y * plane.width + x);
    }
  }
}

function searchFace(pixels: Pixels, skin: Plane): Face | null {
  const scale = Math.min(1, faceSide / Math.max(pixels.width, pixels.height));
  const width = Math.max(1, Math.round(pixels.width * scale));
  const height = Math.max(1, Math.round(pixels.height * scale));
  const found = findFace(resizePlane(skin, width, height), resizePlane(lumaPlane(pixels), width, height));
  if (found === null) return null;
  const back = pixels.width / width;
  return { ...found, cx: found.cx * back, cy: found.cy * back, width: found.width * back, height: found.height * back };
}

/** The head's top is where the subject ends above the face; limited to what hair and hats can be. */
function headOfFace(face: Face, subject: Mask): Head {
  const chin = face.cy + face.height / 2;
  const usual = face.cy - face.height * 0.68;
  const top = countMask(subject) === 0 ? usual : (topOfColumn(subject, face) ?? usual);
  const limited = Math.max(0, Math.min(face.cy - face.height * 0.5, Math.max(face.cy - face.height * 1.1, top)));
  return { cx: face.cx, cy: face.cy, top: limited, height: chin - limited };
}

/** First row, walking up from the face's centre, at which fewer than a tenth of the pixels above the face are subject. */
function topOfColumn(subject: Mask, face: Face): number | null {
  const left = Math.max(0, Math.round(face.cx - face.width * 0.3));
  const right = Math.min(subject.width, Math.round(face.cx + face.width * 0.3));
  for (let y = Math.min(subject.height - 1, Math.round(face.cy)); y >= 0; y--) {
    let count = 0;
    for (let x = left; x < right; x++) count += subject.data[y * subject.width + x] ?? 0;
    if (count < 0.1 * (right - left)) return y + 1;
  }
  return null;
}

/** Without a face: the head is the upper end of the subject, as high as 1.3 times its width there. */
function headOfSubject(subject: Mask): Head | null {
  const box = bounds(subject);
  if (box === null || box.height < subject.height * 0.1) return null;
  const probe = Math.min(subject.height - 1, Math.round(box.y + box.height * 0.12));
  const row = subject.data.subarray(probe * subject.width, (probe + 1) * subject.width);
  const left = row.indexOf(1);
  const right = row.lastIndexOf(1);
  if (left < 0) return null;
  const height = Math.min((right - left + 1) * 1.3, box.height, subject.height * 0.6);
  return { cx: (left + right + 1) / 2, cy: box.y + height * 0.55, top: box.y, height };
}

export function bounds(mask: Mask): Rect | null {
  let [x0, y0, x1, y1] = [mask.width, mask.height, -1, -1];
  for (let y = 0; y < mask.height; y++) {
    for (let x = 0; x < mask.width; x++) {
      if (mask.data[y * mask.width + x] !== 1) continue;
      x0 = Math.min(x0, x);
      x1 = Math.max(x1, x);
      y0 = Math.min(y0, y);
      y1 = y;
    }
  }
  return x1 < 0 ? null : { x: x0, y: y0, width: x1 - x0 + 1, height: y1 - y0 + 1 };
}
