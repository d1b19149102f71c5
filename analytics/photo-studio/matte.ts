import type { Pixels } from '../imaging/colour.ts';
import { channelPlane } from '../imaging/colour.ts';
import { boxBlur, guidedFilter, normalizedBlur } from '../imaging/filters.ts';
import { dilate, erode } from '../imaging/morphology.ts';
import { maskToPlane, newMask, type Mask, type Plane } from '../imaging/plane.ts';
import { lumaPlane } from '../imaging/colour.ts';
import type { Backdrop } from './backdrop.ts';
import { viewPlane, type View } from './view.ts';

export interface SpillSettings {
  remove_spill: boolean;
  turbo_spill: boolean;
}

/**
 * Cuts the subject out: the result has four channels. Deep inside the subject alpha is 255, far outside 0. In the band
 * between, alpha is how far the pixel's colour lies on the way from the local backdrop colour to the local subject
 * colour (the compositing equation solved by projection: Y.-Y. Chuang et al., "A Bayesian approach to digital matting",
 * CVPR 2001, eq. 10, with local means in place of Gaussians); where the two colours are alike, a guided filter of the
 * mask (K. He et al., TPAMI 2013, section 4.3, "guided feathering") decides.
 */
export function cutOut(view: View, spill: SpillSettings): Pixels {
  const maps = matteMaps(view);
  const { pixels } = view;
  const out: Pixels = {
    width: pixels.width,
    height: pixels.height,
    channels: 4,
    data: new Uint8Array(pixels.width * pixels.height * 4),
  };
  const tint = turboTint(view.scene.backdrop, spill);
  // Strips keep the maps' memory small on large pictures.
  const stripHeight = Math.max(16, Math.floor(2_000_000 / pixels.width));
  for (let y = 0; y < pixels.height; y += stripHeight) {
    const rect = { x: 0, y, width: pixels.width, height: Math.min(stripHeight, pixels.height - y) };
    const strip: Strip = {
      soft: viewPlane(view, maps.soft, rect),
      guided: viewPlane(view, maps.guided, rect),
      near: viewPlane(view, maps.near, rect),
      fore: maps.fore.map((plane) => viewPlane(view, plane, rect)),
      back: maps.back.map((plane) => viewPlane(view, plane, rect)),
    };
    for (let i = 0; i < rect.width * rect.height; i++)
      mattePixel({ pixels, out, strip, spill, tint }, i, y * pixels.width + i);
  }
  return out;
}

interface Strip {
  soft: Plane;
  guided: Plane;
  near: Plane;
  fore: Plane[];
  back: Plane[];
}

interface MatteMaps extends Strip {}

/** The band's maps, in the scene's small picture. */
function matteMaps(view: View): MatteMaps {
  const { subject, pixels } = view.scene;
  const radius = Math.max(2, Math.round(Math.max(subject.width, subject.height) * 0.008));
  const inside = erode(subject, radius);
  const outside = invert(dilate(subject, radius + 1));
  const scenePlanes = [0, 1, 2].map((channel) => channelPlane(pixels, channel));
  const [foreWeights, backWeights] = [maskToPlane(inside), maskToPlane(outside)];
  return {
    soft: certain(inside, outside),
    guided: guidedFilter(lumaPlane(pixels), maskToPlane(subject), radius, 60),
    near: boxBlur(maskToPlane(invert(subject)), radius * 3),
    fore: scenePlanes.map((plane) => normalizedBlur(plane, foreWeights, radius * 1.6)),
    back: scenePlanes.map((plane) => normalizedBlur(plane, backWeights, radius * 2)),
  };
}

/** 1 inside, 0 outside, a half in the band. */
function certain(inside: Mask, outside: Mask): Plane {
  const out = maskToPlane(inside);
  for (let i = 0; i < out.data.length; i++) if (inside.data[i] !== 1 && outside.data[i] !== 1) out.data[i] = 0.5;
  return out;
}

function invert(mask: Mask): Mask {
  const out = newMask(mask.width, mask.height);
  for (let i = 0; i < out.data.length; i++) out.data[i] = mask.data[i] === 1 ? 0 : 1;
  return out;
}

interface MatteWork {
  pixels: Pixels;
  out: Pixels;
  strip: Strip;
  spill: SpillSettings;
  tint: [number, number, number] | null;
}

function mattePixel(work: MatteWork, i: number, at: number): void {
  const { pixels, out, strip, spill, tint } = work;
  const p = at * pixels.channels;
  const q = at * 4;
  const soft = strip.soft.data[i] as number;
  if (soft <= 0.02) return; // Transparent black.
  let alpha = 1;
  for (let c = 0; c < 3; c++) out.data[q + c] = pixels.data[p + c] as number;
  if (soft < 0.98) {
    alpha = bandAlpha(work, i, p);
    if (spill.remove_spill && alpha > 0.02) unmix(work, i, { p, q, alpha });
  }
  if (tint !== null) suppressTint(out.data, q, tint, Math.min(1, 2 * (strip.near.data[i] as number)));
  out.data[q + 3] = Math.round(255 * alpha);
}

/** Alpha in the band; ends are stretched, so that noise leaves neither a veil outside nor holes inside. */
function bandAlpha({ pixels, strip }: MatteWork, i: number, p: number): number {
  let along = 0;
  let length = 0;
  for (let c = 0; c < 3; c++) {
    const back = strip.back[c]?.data[i] as number;
    const span = (strip.fore[c]?.data[i] as number) - back;
    along += ((pixels.data[p + c] as number) - back) * span;
    length += span * span;
  }
  const byColour = length > 0 ? along / length : 0;
  const byMask = strip.guided.data[i] as number;
  // Below a difference of about 30 levels in all three channels colour says little.
  const trust = Math.min(1, length / 2_700);
  const mixed = byColour * trust + byMask * (1 - trust);
  return Math.min(1, Math.max(0, (mixed - 0.08) / 0.82));
}

/** The subject's own colour: what is left when the backdrop's share is taken away. */
function unmix({ pixels, out, strip }: MatteWork, i: number, at: { p: number; q: number; alpha: number }): void {
  for (let c = 0; c < 3; c++) {
    const back = strip.back[c]?.data[i] as number;
    const fore = strip.fore[c]?.data[i] as number;
    const own = ((pixels.data[at.p + c] as number) - (1 - at.alpha) * back) / at.alpha;
    // The thinner the pixel, the less its own colour can be told: lean on the subject next to it.
    const value = own * at.alpha + fore * (1 - at.alpha);
    out.data[at.q + c] = Math.round(Math.min(255, Math.max(0, value)));
  }
}

/** Direction of the backdrop's tint in RGB without its brightness; null for grey backdrops. */
function turboTint(backdrop: Backdrop, spill: SpillSettings): [number, number, number] | null {
  if (!spill.remove_spill || !spill.turbo_spill || !backdrop.plain) return null;
  const { a, b } = backdrop.tint;
  if (Math.hypot(a, b) < 12) return null;
  // First-order directions of a* (red against green) and b* (yellow against blue).
  const raw: [number, number, number] = [a + 0.5 * b, -a + 0.5 * b, -b];
  const mean = (raw[0] + raw[1] + raw[2]) / 3;
  const centred = raw.map((value) => value - mean);
  const norm = Math.hypot(...centred) || 1;
  return centred.map((value) => value / norm) as [number, number, number];
}

/** Takes the part of the pixel's tint that points the backdrop's way, as far as `share` says. */
function suppressTint(data: Uint8Array, q: number, tint: [number, number, number], share: number): void {
  if (share <= 0) return;
  const values = [data[q] as number, data[q + 1] as number, data[q + 2] as number];
  const mean = ((values[0] ?? 0) + (values[1] ?? 0) + (values[2] ?? 0)) / 3;
  const along = values.reduce((sum, value, c) => sum + (value - mean) * (tint[c] ?? 0), 0);
  if (along <= 0) return;
  for (let c = 0; c < 3; c++) {
    data[q + c] = Math.round(Math.min(255, Math.max(0, (values[c] ?? 0) - share * along * (tint[c] ?? 0))));
  }
}
