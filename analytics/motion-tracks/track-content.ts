import type { AnnotationContent, Keyframe } from '@fovea/contract';
import { interpolate } from '@fovea/geometry';
import type { MotionTrack, TrackedBox } from './tracker.ts';

/** A track as an annotation: key frames so chosen that interpolation misses no box by more than `tolerance` pixels. */
export function trackContent(track: MotionTrack, label: string, tolerance: number): AnnotationContent {
  const first = track.boxes[0];
  const last = track.boxes.at(-1);
  if (first === undefined || last === undefined) throw new Error('a track has no boxes');
  return {
    type: 'box',
    label,
    geometry: geometryOf(first),
    attributes: { track: track.id },
    frame: first.frame,
    endFrame: last.frame,
    keyframes: simplify(track.boxes, tolerance).map((box): Keyframe => ({
      frame: box.frame,
      geometry: geometryOf(box),
      ...(box.occluded ? { occluded: true } : {}),
    })),
    confidence: Math.round(track.confidence * 1_000) / 1_000,
    source: 'model',
  };
}

function geometryOf({ x, y, width, height }: TrackedBox) {
  const round = (value: number) => Math.round(value * 100) / 100;
  return { type: 'box' as const, x: round(x), y: round(y), width: round(width), height: round(height) };
}

/**
 * Keeps the fewest boxes in the manner of Ramer, Douglas and Peucker: between two kept ones, the box that interpolation
 * misses most is kept too while it misses by more than `tolerance`. Begin and end of occlusion are always kept.
 */
function simplify(boxes: TrackedBox[], tolerance: number): TrackedBox[] {
  const keep = new Uint8Array(boxes.length);
  keep[0] = 1;
  keep[boxes.length - 1] = 1;
  for (let i = 1; i < boxes.length; i++) if (boxes[i]?.occluded !== boxes[i - 1]?.occluded) keep[i] = 1;
  const stretches: [number, number][] = [];
  let from = 0;
  for (let i = 1; i < boxes.length; i++) {
    if (keep[i] !== 1) continue;
    stretches.push([from, i]);
    from = i;
  }
  for (let next = stretches.pop(); next !== undefined; next = stretches.pop()) {
    const worst = worstBetween(boxes, next[0], next[1]);
    if (worst.error <= tolerance) continue;
    keep[worst.index] = 1;
    stretches.push([next[0], worst.index], [worst.index, next[1]]);
  }
  return boxes.filter((_, i) => keep[i] === 1);
}

function worstBetween(boxes: TrackedBox[], from: number, to: number): { index: number; error: number } {
  const [a, b] = [boxes[from] as TrackedBox, boxes[to] as TrackedBox];
  let worst = { index: from, error: 0 };
  for (let i = from + 1; i < to; i++) {
    const box = boxes[i] as TrackedBox;
    const share = (box.frame - a.frame) / (b.frame - a.frame);
    const miss = (pick: (value: TrackedBox) => number) => Math.abs(pick(a) + (pick(b) - pick(a)) * share - pick(box));
    const error = Math.max(
      miss((v) => v.x),
      miss((v) => v.y),
      miss((v) => v.x + v.width),
      miss((v) => v.y + v.height),
    );
    if (error > worst.error) worst = { index: i, error };
  }
  return worst;
}

/** One object in one frame, as the ETA library writes it. */
interface EtaObject {
  type: 'eta.core.objects.DetectedObject';
  label: string;
  confidence: number | null;
  index: number;
  frame_number: number;
  bounding_box: { top_left: { x: number; y: number }; bottom_right: { x: number; y: number } };
}

export interface EtaVideoLabels {
  frames: Record<string, { frame_number: number; objects: { objects: EtaObject[] } }>;
}

/** Tracks in the VideoLabels shape of the ETA library: frames count from 1, coordinates are fractions of the picture. */
export function etaVideoLabels(tracks: AnnotationContent[], size: { width: number; height: number }): EtaVideoLabels {
  const frames: EtaVideoLabels['frames'] = {};
  for (const [index, track] of tracks.entries()) {
    for (let frame = track.frame ?? 0; frame <= (track.endFrame ?? 0); frame++) {
      const geometry = interpolate(track.keyframes ?? [], frame)?.geometry;
      if (geometry?.type !== 'box') continue;
      const number = frame + 1;
      const entry = (frames[number] ??= { frame_number: number, objects: { objects: [] } });
      const fraction = (value: number, whole: number) =>
        Math.round(Math.min(1, Math.max(0, value / whole)) * 1e6) / 1e6;
      entry.objects.objects.push({
        type: 'eta.core.objects.DetectedObject',
        label: track.label,
        confidence: track.confidence,
        index: index + 1,
        frame_number: number,
        bounding_box: {
          top_left: { x: fraction(geometry.x, size.width), y: fraction(geometry.y, size.height) },
          bottom_right: {
            x: fraction(geometry.x + geometry.width, size.width),
            y: fraction(geometry.y + geometry.height, size.height),
          },
        },
      });
    }
  }
  return { frames };
}
