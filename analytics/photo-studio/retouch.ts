import { lumaPlane } from '../imaging/colour.ts';
import { boxBlur, gaussianBlur, guidedFilter, multiply, normalizedBlur } from '../imaging/filters.ts';
import { connectedComponents, dilate, erode, fillHoles } from '../imaging/morphology.ts';
import {
  clampRect,
  mapPlane,
  maskToPlane,
  newMask,
  threshold,
  type Mask,
  type Plane,
  type Rect,
} from '../imaging/plane.ts';
import { bounds } from './scene.ts';
import type { StudioSettings } from './settings.ts';
import { cutChannel, mixChannel, viewFace, viewPlane, viewRect, type View } from './view.ts';

export type RetouchSettings = Pick<
  StudioSettings,
  'enable_retouch_full_body' | 'enable_enhanced_retouch' | 'retouch_preset'
>;

const strengths: Record<string, number> = { light: 0.55, default: 0.8, strong: 0.92 };

/**
 * Smooths skin in place. Blemishes (small spots darker or redder than the skin around them) are filled from their
 * surroundings; then the picture is split by frequency with an edge-preserving filter (guided filter of each channel by
 * itself) and most of the fine layer is taken away on skin. Returns the number of spots filled, or null where there was
 * no skin to work on.
 */
export function retouchSkin(view: View, settings: RetouchSettings): { spots: number } | null {
  const sceneMask = skinMask(view, settings.enable_retouch_full_body);
  const box = bounds(sceneMask);
  const rect = box === null ? null : viewRect(view, box);
  if (rect === null) return null;
  const face = viewFace(view);
  const unit = face?.width ?? Math.sqrt(rect.width * rect.height) * 0.7;
  const weights = viewPlane(
    view,
    gaussianBlur(multiply(maskToPlane(erode(sceneMask, 1)), withoutStrands(view, unit)), 1.2),
    rect,
  );
  const spots = fillSpots(view, rect, weights, unit);
  const strength = settings.enable_enhanced_retouch ? 0.96 : (strengths[settings.retouch_preset] ?? 0.8);
  // Edges of more than about twice this many grey levels stay.
  const edge = settings.enable_enhanced_retouch ? 38 : 24;
  const radius = Math.max(2, Math.round(unit * 0.03));
  const scaled = mapPlane(weights, (value) => value * strength);
  for (let channel = 0; channel < 3; channel++) {
    const values = cutChannel(view.pixels, channel, rect);
    mixChannel(view.pixels, channel, rect, {
      values: guidedFilter(values, values, radius, edge * edge),
      weights: scaled,
    });
  }
  return { spots };
}

/**
 * 0 where the scene has strands of hair, 1 elsewhere: strong gradients that run in one direction (the coherence of the
 * structure tensor; J. Weickert, "Coherence-enhancing diffusion filtering", IJCV 1999), which skin's texture does not.
 */
function withoutStrands(view: View, unit: number): Plane {
  const luma = lumaPlane(view.scene.pixels);
  const { width, data } = luma;
  const gradient = (i: number, step: number) => (data[i + step] ?? 0) - (data[i - step] ?? data[i + step] ?? 0);
  const radius = Math.max(2, Math.round((unit / view.scale) * 0.035));
  const xx = boxBlur(
    mapPlane(luma, (_, i) => gradient(i, 1) ** 2),
    radius,
  );
  const yy = boxBlur(
    mapPlane(luma, (_, i) => gradient(i, width) ** 2),
    radius,
  );
  const xy = boxBlur(
    mapPlane(luma, (_, i) => gradient(i, 1) * gradient(i, width)),
    radius,
  );
  return mapPlane(luma, (_, i) => {
    const [a, b, c] = [xx.data[i] ?? 0, yy.data[i] ?? 0, xy.data[i] ?? 0];
    const coherence = Math.hypot(a - b, 2 * c) / (a + b + 1);
    const strength = Math.sqrt(a + b);
    const strands = Math.min(1, Math.max(0, (coherence - 0.3) / 0.3)) * Math.min(1, Math.max(0, (strength - 12) / 12));
    return 1 - strands;
  });
}

/** Skin to work on, in the scene: of the face, or all of it; holes as small as blemishes are filled, eyes are not. */
function skinMask(view: View, fullBody: boolean): Mask {
  const { skin, face } = view.scene;
  const raw = threshold(skin, 0.5);
  const unit = face?.width ?? Math.min(skin.width, skin.height) * 0.3;
  const filled = fillHoles(raw, Math.max(6, (unit * 0.05) ** 2 * Math.PI));
  const { labels, list } = connectedComponents(filled);
  const out = newMask(skin.width, skin.height);
  const tooSmall = 0.02 * unit * unit;
  for (let i = 0; i < out.data.length; i++) {
    const label = labels[i] ?? 0;
    if (label === 0 || (list[label - 1]?.area ?? 0) < tooSmall) continue;
    if (fullBody || face === null) out.data[i] = 1;
    else {
      const x = (i % skin.width) + 0.5 - face.cx;
      const y = Math.floor(i / skin.width) + 0.5 - face.cy;
      out.data[i] = Math.hypot(x / (face.width * 0.62), y / (face.height * 0.6)) <= 1 ? 1 : 0;
    }
  }
  return out;
}

/** Finds spots by a difference of Gaussians and fills them in; very dark ones (nostrils, pupils) and large ones stay. */
function fillSpots(view: View, rect: Rect, weights: Plane, unit: number): number {
  const channels = [0, 1, 2].map((channel) => cutChannel(view.pixels, channel, rect));
  const [red, green] = channels as [Plane, Plane, Plane];
  const small = Math.max(0.8, unit * 0.006);
  const fine = gaussianBlur(green, small);
  const coarse = gaussianBlur(green, unit * 0.035);
  const spots = newMask(rect.width, rect.height);
  for (let i = 0; i < spots.data.length; i++) {
    const drop = (coarse.data[i] as number) - (fine.data[i] as number);
    // Green carries both darkness and redness of a spot on skin.
    if (drop > 10 && drop < 75 && (fine.data[i] as number) > 45 && (weights.data[i] as number) > 0.6) spots.data[i] = 1;
  }
  const chosen = compactSpots(spots, unit);
  if (chosen.count === 0) return 0;
  const mask = maskToPlane(dilate(chosen.mask, Math.max(1, Math.round(small))));
  const keep = mapPlane(mask, (value) => 1 - value);
  const soft = gaussianBlur(mask, Math.max(0.7, small * 0.7));
  for (const [channel, values] of [red, green, channels[2] ?? red].entries()) {
    mixChannel(view.pixels, channel, rect, { values: normalizedBlur(values, keep, unit * 0.03), weights: soft });
  }
  return chosen.count;
}

function compactSpots(spots: Mask, unit: number): { mask: Mask; count: number } {
  const { labels, list } = connectedComponents(spots);
  const maxSide = unit * 0.09;
  const keep = new Uint8Array(list.length + 1);
  let count = 0;
  for (const { label, box, area } of list) {
    const compact =
      area > 0.4 * box.width * box.height && Math.max(box.width, box.height) < 3 * Math.min(box.width, box.height);
    if (!compact || area < 4 || box.width > maxSide || box.height > maxSide) continue;
    keep[label] = 1;
    count += 1;
  }
  const mask = newMask(spots.width, spots.height);
  for (let i = 0; i < mask.data.length; i++) mask.data[i] = keep[labels[i] as number] as number;
  return { mask, count };
}

/** A rectangle around a part of the face, given in face widths and heights from its centre. */
export function facePart(view: View, part: { x: number; y: number; width: number; height: number }): Rect | null {
  const face = viewFace(view);
  if (face === null) return null;
  const rect = {
    x: face.cx + (part.x - part.width / 2) * face.width,
    y: face.cy + (part.y - part.height / 2) * face.height,
    width: part.width * face.width,
    height: part.height * face.height,
  };
  const inside =
    rect.x < view.pixels.width && rect.y < view.pixels.height && rect.x + rect.width > 0 && rect.y + rect.height > 0;
  return inside ? clampRect(rect, view.pixels.width, view.pixels.height) : null;
}
