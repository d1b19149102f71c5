import type { AnnotationGeometry, Attributes, Keyframe } from '@fovea/contract';
import { blend } from './blend.ts';

/** A track: key frames ascending by frame, and the last frame that the object is known in (inclusive). */
export type Track = { keyframes: readonly Keyframe[]; endFrame: number };

/** What a track says at a frame. `outside`: the object is not in the picture; its geometry is where it would be. */
export type TrackState = {
  geometry: AnnotationGeometry;
  occluded: boolean;
  outside: boolean;
  attributes: Attributes;
  isKeyframe: boolean;
};

/**
 * The state of a track at a frame. Between two key frames the geometry is blended (see `blend`), while the flags stay
 * those of the earlier one; after the last key frame all stays as it is. A key frame's attributes stand on top of those
 * of the key frames before it. Undefined before the first key frame.
 */
export function interpolate(keyframes: readonly Keyframe[], frame: number): TrackState | undefined {
  const index = lastAtOrBefore(keyframes, frame);
  const current = keyframes[index];
  if (current === undefined) return undefined;
  const next = keyframes[index + 1];
  const isKeyframe = current.frame === frame;
  const share = next === undefined || isKeyframe ? 0 : (frame - current.frame) / (next.frame - current.frame);
  return {
    geometry: next === undefined || share === 0 ? current.geometry : blend(current.geometry, next.geometry, share),
    occluded: current.occluded ?? false,
    outside: current.outside ?? false,
    attributes: attributesUpTo(keyframes, index),
    isKeyframe,
  };
}

/** The place of the last key frame at or before a frame, -1 when there is none; O(log n). */
export function lastAtOrBefore(keyframes: readonly Keyframe[], frame: number): number {
  let [low, high] = [0, keyframes.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keyframes[middle]?.frame ?? Infinity) <= frame) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function attributesUpTo(keyframes: readonly Keyframe[], index: number): Attributes {
  const all: Attributes = {};
  for (let at = index; at >= 0; at -= 1) {
    for (const [name, value] of Object.entries(keyframes[at]?.attributes ?? {})) {
      if (!Object.hasOwn(all, name)) all[name] = value;
    }
  }
  return all;
}

/** The stretches of frames in which a track is in the picture, first and last frame inclusive. */
export function visibleStretches({ keyframes, endFrame }: Track): { from: number; to: number }[] {
  const stretches: { from: number; to: number }[] = [];
  let from: number | undefined;
  for (const keyframe of keyframes) {
    if (keyframe.outside && from !== undefined) {
      stretches.push({ from, to: keyframe.frame - 1 });
      from = undefined;
    } else if (!keyframe.outside) from ??= keyframe.frame;
  }
  if (from !== undefined && from <= endFrame) stretches.push({ from, to: endFrame });
  return stretches;
}

/**
 * Cuts a track before a frame: the first part ends at `frame - 1`, the second begins with a key frame at `frame`. Both
 * move as the whole did (polygons with different corners on both sides of the cut excepted by rounding only).
 * @throws {RangeError} unless the frame lies after the track's first frame and not after its end.
 */
export function splitTrack({ keyframes, endFrame }: Track, frame: number): [Track, Track] {
  const first = keyframes[0]?.frame ?? Infinity;
  if (!(frame > first && frame <= endFrame)) {
    throw new RangeError(`a track from frame ${first} to ${endFrame} cannot be cut before frame ${frame}`);
  }
  const index = lastAtOrBefore(keyframes, frame - 1);
  const before = keyframes.slice(0, index + 1);
  const isMoving = keyframes[index + 1] !== undefined;
  if (isMoving && before[before.length - 1]?.frame !== frame - 1) before.push(...keyframeAt(keyframes, frame - 1));
  const after = keyframes.slice(index + 1);
  if (after[0]?.frame !== frame) after.unshift(...keyframeAt(keyframes, frame));
  else after[0] = { ...after[0], ...keyframeAt(keyframes, frame)[0] };
  return [
    { keyframes: before, endFrame: frame - 1 },
    { keyframes: after, endFrame },
  ];
}

function keyframeAt(keyframes: readonly Keyframe[], frame: number): Keyframe[] {
  const state = interpolate(keyframes, frame);
  if (state === undefined) return [];
  const { geometry, occluded, outside, attributes } = state;
  return [
    {
      frame,
      geometry,
      ...(occluded && { occluded }),
      ...(outside && { outside }),
      ...(Object.keys(attributes).length > 0 && { attributes }),
    },
  ];
}

/**
 * Joins two tracks of one object. In the gap between them, if there is one, the object is outside.
 * @throws {RangeError} when they share frames, or one has no key frame.
 */
export function mergeTracks(a: Track, b: Track): Track {
  const [startA, startB] = [a.keyframes[0]?.frame, b.keyframes[0]?.frame];
  if (startA === undefined || startB === undefined) throw new RangeError('a track without key frames cannot be joined');
  const [first, second] = startA <= startB ? [a, b] : [b, a];
  const start = Math.max(startA, startB);
  if (first.endFrame >= start) throw new RangeError(`the tracks share the frames ${start} to ${first.endFrame}`);
  const last = first.keyframes[first.keyframes.length - 1];
  // Also without a gap the first track must not begin to move towards the second before its end.
  const hold = last !== undefined && last.frame < first.endFrame ? keyframeAt(first.keyframes, first.endFrame) : [];
  const gap = first.endFrame + 1 < start ? keyframeAt(first.keyframes, first.endFrame + 1) : [];
  return {
    keyframes: [
      ...first.keyframes,
      ...hold,
      ...gap.map((keyframe) => ({ ...keyframe, outside: true })),
      ...second.keyframes,
    ],
    endFrame: second.endFrame,
  };
}
