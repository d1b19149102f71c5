import { gaussianBlur, normalizedBlur } from '../imaging/filters.ts';
import { connectedComponents, dilate } from '../imaging/morphology.ts';
import { mapPlane, maskToPlane, newMask, type Mask, type Plane } from '../imaging/plane.ts';
import { facePart } from './retouch.ts';
import { cutChannel, mixChannel, viewFace, type View } from './view.ts';

/**
 * Removes reflections on glasses: patches of nearly clipped, colourless light in the band of the eyes, larger than the
 * catch light of an eye and much brighter than their surroundings. They are filled from around. `onlyClear` asks for
 * larger and brighter patches. Returns the number of patches.
 */
export function removeGlare(view: View, onlyClear: boolean): number {
  const face = viewFace(view);
  const rect = facePart(view, { x: 0, y: -0.1, width: 1, height: 0.34 });
  if (face === null || rect === null || rect.width < 16 || rect.height < 8) return 0;
  const channels = [0, 1, 2].map((channel) => cutChannel(view.pixels, channel, rect)) as [Plane, Plane, Plane];
  const surroundings = gaussianBlur(channels[1], face.width * 0.12);
  const bright = newMask(rect.width, rect.height);
  // The white of an eye stays below about 240; a reflection of a lamp is clipped.
  const floor = onlyClear ? 249 : 243;
  for (let i = 0; i < bright.data.length; i++) {
    const [r, g, b] = channels.map((plane) => plane.data[i] ?? 0) as [number, number, number];
    const colourless = Math.max(r, g, b) - Math.min(r, g, b) < 28;
    if (Math.min(r, g, b) > floor && colourless && g - (surroundings.data[i] ?? 0) > 35) bright.data[i] = 1;
  }
  const { mask, count } = glarePatches(bright, face.width, onlyClear);
  if (count === 0) return 0;
  const grown = dilate(mask, Math.max(1, Math.round(face.width * 0.008)));
  const keep = mapPlane(maskToPlane(grown), (value) => 1 - value);
  const weights = gaussianBlur(maskToPlane(grown), Math.max(0.8, face.width * 0.004));
  for (const [channel, values] of channels.entries()) {
    mixChannel(view.pixels, channel, rect, { values: normalizedBlur(values, keep, face.width * 0.03), weights });
  }
  return count;
}

/** Catch lights are below a 2000th of the face's square; the white of an eye is neither so bright nor so compact. */
function glarePatches(bright: Mask, faceWidth: number, onlyClear: boolean): { mask: Mask; count: number } {
  const { labels, list } = connectedComponents(bright);
  const least = faceWidth * faceWidth * (onlyClear ? 0.002 : 0.0006);
  const most = faceWidth * faceWidth * 0.08;
  const keep = new Uint8Array(list.length + 1);
  let count = 0;
  for (const { label, area } of list) {
    if (area < least || area > most) continue;
    keep[label] = 1;
    count += 1;
  }
  const mask = newMask(bright.width, bright.height);
  for (let i = 0; i < mask.data.length; i++) mask.data[i] = keep[labels[i] as number] as number;
  return { mask, count };
}
