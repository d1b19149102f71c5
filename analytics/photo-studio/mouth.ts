import { labOf, rgbOfLab } from '../imaging/colour.ts';
import { gaussianBlur, normalizedBlur } from '../imaging/filters.ts';
import { close, connectedComponents, dilate } from '../imaging/morphology.ts';
import {
  countMask,
  mapPlane,
  maskToPlane,
  newMask,
  newPlane,
  type Mask,
  type Plane,
  type Rect,
} from '../imaging/plane.ts';
import { facePart } from './retouch.ts';
import { cutChannel, mixChannel, viewFace, type View } from './view.ts';

/** Teeth in the view's pixels. */
interface Teeth {
  rect: Rect;
  mask: Mask;
}

/** Lab planes of a rectangle of the view. */
function labOfRect(view: View, rect: Rect): { l: Plane; a: Plane; b: Plane } {
  const [red, green, blue] = [0, 1, 2].map((channel) => cutChannel(view.pixels, channel, rect)) as [
    Plane,
    Plane,
    Plane,
  ];
  const [l, a, b] = [
    newPlane(rect.width, rect.height),
    newPlane(rect.width, rect.height),
    newPlane(rect.width, rect.height),
  ];
  for (let i = 0; i < l.data.length; i++) {
    const lab = labOf(red.data[i] ?? 0, green.data[i] ?? 0, blue.data[i] ?? 0);
    [l.data[i], a.data[i], b.data[i]] = lab;
  }
  return { l, a, b };
}

/**
 * Teeth: bright pixels with little red in the mouth's place, in one wide patch whose upper and lower neighbours are
 * redder (lips or gums). Null where there is no such patch: a closed mouth is left alone.
 */
export function findTeeth(view: View): Teeth | null {
  const face = viewFace(view);
  const rect = facePart(view, { x: 0, y: 0.27, width: 0.62, height: 0.34 });
  if (face === null || rect === null || rect.width < 12 || rect.height < 8) return null;
  const lab = labOfRect(view, rect);
  const cheek = facePart(view, { x: 0.25, y: 0.1, width: 0.08, height: 0.06 });
  if (cheek === null) return null;
  const skin = meanLab(labOfRect(view, cheek));
  const raw = newMask(rect.width, rect.height);
  for (let i = 0; i < raw.data.length; i++) {
    const lighter = (lab.l.data[i] ?? 0) > Math.max(52, skin.l - 14);
    if (lighter && (lab.a.data[i] ?? 0) < skin.a - 7 && (lab.b.data[i] ?? 0) < skin.b + 22) raw.data[i] = 1;
  }
  const joined = close(raw, Math.max(1, Math.round(face.width * 0.012)));
  const faceArea = (Math.PI / 4) * face.width * face.height;
  const { labels, list } = connectedComponents(joined);
  const patch = list
    .filter(
      ({ area, box, touchesBorder }) =>
        area > 0.004 * faceArea && area < 0.09 * faceArea && box.width > 1.5 * box.height && !touchesBorder,
    )
    .filter(({ label, box }) => lipsAround(lab.a, labels, label, box) > skin.a + 4)
    .toSorted((p, q) => q.area - p.area)[0];
  if (patch === undefined) return null;
  const mask = newMask(rect.width, rect.height);
  for (let i = 0; i < mask.data.length; i++) mask.data[i] = labels[i] === patch.label ? 1 : 0;
  return { rect, mask };
}

function meanLab(lab: { l: Plane; a: Plane; b: Plane }): { l: number; a: number; b: number } {
  const mean = (plane: Plane) => plane.data.reduce((sum, value) => sum + value, 0) / plane.data.length;
  return { l: mean(lab.l), a: mean(lab.a), b: mean(lab.b) };
}

/** Mean a* of the rows just above and below a patch. */
function lipsAround(a: Plane, labels: Int32Array, label: number, box: Rect): number {
  let sum = 0;
  let count = 0;
  const reach = Math.max(2, Math.round(box.height * 0.35));
  for (let x = box.x + Math.round(box.width * 0.2); x < box.x + box.width * 0.8; x++) {
    for (const y of [box.y - reach, box.y + box.height + reach - 1]) {
      if (y < 0 || y >= a.height || labels[y * a.width + x] === label) continue;
      sum += a.data[y * a.width + x] ?? 0;
      count += 1;
    }
  }
  return count === 0 ? -Infinity : sum / count;
}

/** Takes yellow from teeth and lightens them a little. Returns whether there were any. */
export function whitenTeeth(view: View): boolean {
  const teeth = findTeeth(view);
  if (teeth === null) return false;
  const { rect, mask } = teeth;
  const lab = labOfRect(view, rect);
  const result = [
    newPlane(rect.width, rect.height),
    newPlane(rect.width, rect.height),
    newPlane(rect.width, rect.height),
  ];
  for (let i = 0; i < mask.data.length; i++) {
    const l = lab.l.data[i] ?? 0;
    const yellow = Math.max(0, (lab.b.data[i] ?? 0) - 2);
    const rgb = rgbOfLab(
      Math.min(97, l + 0.14 * (100 - l) + 1.5),
      (lab.a.data[i] ?? 0) * 0.8,
      (lab.b.data[i] ?? 0) - yellow * 0.65,
    );
    for (const [channel, plane] of result.entries()) plane.data[i] = rgb[channel] ?? 0;
  }
  const weights = gaussianBlur(maskToPlane(mask), Math.max(0.8, rect.width * 0.01));
  for (const [channel, values] of result.entries()) mixChannel(view.pixels, channel, rect, { values, weights });
  return true;
}

/**
 * Braces: a row of small grey marks (brackets and wire) within the teeth, darker or more glaring than enamel. They are
 * filled from the enamel around them. Needs several marks spread over the width of the teeth, else nothing is changed.
 */
export function removeBraces(view: View): boolean {
  const teeth = findTeeth(view);
  if (teeth === null) return false;
  const { rect, mask } = teeth;
  const box = maskBox(mask);
  // Brackets are holes in the enamel's colour: the patch is taken with its holes and gaps.
  const region = close(mask, Math.max(2, Math.round(box.height * 0.3)));
  const green = cutChannel(view.pixels, 1, rect);
  const enamel = normalizedBlur(green, maskToPlane(mask), box.height * 0.5);
  const lab = labOfRect(view, rect);
  const marks = newMask(rect.width, rect.height);
  for (let i = 0; i < marks.data.length; i++) {
    const difference = Math.abs((enamel.data[i] ?? 0) - (green.data[i] ?? 0));
    const grey = Math.hypot(lab.a.data[i] ?? 0, lab.b.data[i] ?? 0) < 11;
    if (region.data[i] === 1 && grey && difference > 24) marks.data[i] = 1;
  }
  if (!inARow(marks, box)) return false;
  const grown = dilate(marks, Math.max(1, Math.round(box.height * 0.05)));
  const keep = mapPlane(maskToPlane(region), (value, i) => (value === 1 && grown.data[i] !== 1 ? 1 : 0));
  const weights = gaussianBlur(maskToPlane(grown), 0.8);
  for (let channel = 0; channel < 3; channel++) {
    const values = normalizedBlur(cutChannel(view.pixels, channel, rect), keep, Math.max(1.5, box.height * 0.18));
    mixChannel(view.pixels, channel, rect, { values, weights });
  }
  return true;
}

function maskBox(mask: Mask): Rect {
  const { list } = connectedComponents(mask);
  return list.toSorted((p, q) => q.area - p.area)[0]?.box ?? { x: 0, y: 0, width: mask.width, height: mask.height };
}

/** At least four marks (or a wire that joins them) over half of the width, near one height. */
function inARow(marks: Mask, box: Rect): boolean {
  if (countMask(marks) === 0) return false;
  const { list } = connectedComponents(marks);
  const large = list.filter(({ area }) => area >= Math.max(3, box.width * box.height * 0.002));
  const left = Math.min(...large.map((mark) => mark.box.x));
  const right = Math.max(...large.map((mark) => mark.box.x + mark.box.width));
  const wide = right - left > box.width * 0.5;
  const wire = large.some((mark) => mark.box.width > box.width * 0.5);
  return wide && (wire || large.length >= 4);
}
