import type { AnnotationGeometry, Attributes, Keyframe } from '@fovea/contract';
import { interpolate, mergeTracks, splitTrack } from '@fovea/geometry';
import type { EditorRecord, RecordPatch } from '../document/record.ts';
import { tiledMask } from '../masks/mask-geometry.ts';
import { volumeWithFrame } from '../masks/stack-mask.ts';
import { lastFrame, stateAt, trackOf } from './track-state.ts';

/** The patch that gives a record a geometry on a frame: a track gets a key frame there, a volume pixels, all else simply changes. */
export function withGeometry(record: EditorRecord, frame: number, geometry: AnnotationGeometry): RecordPatch {
  if (record.geometry.type === 'volume' && geometry.type === 'mask') return { geometry: volumeWithFrame(record.geometry, frame, tiledMask(geometry)) };
  return record.keyframes ? withKeyframe(record, frame, { geometry }) : { geometry, type: geometry.type };
}

/**
 * Sets or changes the key frame of a track on a frame. What is not given is taken from the track as it stands there; a
 * frame before its first or after its last one makes the track longer.
 */
export function withKeyframe(
  record: EditorRecord,
  frame: number,
  change: Partial<Pick<Keyframe, 'geometry' | 'occluded' | 'outside' | 'attributes'>>,
): RecordPatch {
  const keyframes = record.keyframes ?? [];
  const old = keyframes.find((keyframe) => keyframe.frame === frame);
  const state = interpolate(keyframes, frame);
  const base: Keyframe = old ?? {
    frame,
    geometry: state?.geometry ?? record.geometry,
    ...(state?.occluded && { occluded: true }),
    ...(state?.outside && { outside: true }),
  };
  const next = [...keyframes.filter((keyframe) => keyframe.frame !== frame), { ...base, ...change }];
  return fromKeyframes(next, Math.max(lastFrame(record), frame));
}

/** Takes a key frame away; the only one of a track stays (undefined: nothing to do). */
export function withoutKeyframe(record: EditorRecord, frame: number): RecordPatch | undefined {
  const keyframes = record.keyframes ?? [];
  const rest = keyframes.filter((keyframe) => keyframe.frame !== frame);
  if (rest.length === 0 || rest.length === keyframes.length) return undefined;
  return fromKeyframes(rest, lastFrame(record));
}

/** From this frame on the object is out of the picture, until a later key frame brings it back. */
export function leaveAt(record: EditorRecord, frame: number): RecordPatch {
  return withKeyframe(record, frame, { outside: true });
}

/** Attributes from a frame on (of a track), or of the whole record. Only the names given change. */
export function withAttributes(record: EditorRecord, change: Attributes, frame: number | undefined): RecordPatch {
  if (frame === undefined || !record.keyframes) return { attributes: { ...record.attributes, ...change } };
  const old = record.keyframes.find((keyframe) => keyframe.frame === frame)?.attributes;
  return withKeyframe(record, frame, { attributes: { ...old, ...change } });
}

/** Makes a track of a shape of a single frame: it stays where it is until its next key frame, or `endFrame`. */
export function toTrack(record: EditorRecord, frame: number, endFrame: number): RecordPatch {
  const start = record.frame ?? frame;
  return fromKeyframes([{ frame: start, geometry: record.geometry }], Math.max(start, endFrame));
}

/**
 * Cuts a track before a frame into two records: the first keeps the id, the second gets `secondId`. Undefined when the
 * frame does not lie within the track.
 */
export function splitRecord(
  record: EditorRecord,
  frame: number,
  secondId: string,
): { first: RecordPatch; second: EditorRecord } | undefined {
  const track = trackOf(record);
  const start = track?.keyframes[0]?.frame;
  if (!track || start === undefined || frame <= start || frame > track.endFrame) return undefined;
  const [a, b] = splitTrack(track, frame);
  return {
    first: fromKeyframes(a.keyframes, a.endFrame),
    second: { ...record, ...fromKeyframes(b.keyframes, b.endFrame), id: secondId },
  };
}

/** The patch that makes one track of two; it goes to the one that begins first. Undefined when they share frames. */
export function joinRecords(a: EditorRecord, b: EditorRecord): RecordPatch | undefined {
  const [trackA, trackB] = [trackOf(a), trackOf(b)];
  if (!trackA || !trackB) return undefined;
  const [first, second] = (a.frame ?? 0) <= (b.frame ?? 0) ? [trackA, trackB] : [trackB, trackA];
  if (first.endFrame >= (second.keyframes[0]?.frame ?? Infinity)) return undefined;
  const joined = mergeTracks(first, second);
  return fromKeyframes(joined.keyframes, joined.endFrame);
}

/** Copies of a shape, as it stands on a frame, one for each of the frames given. Tracks get key frames instead. */
export function propagate(record: EditorRecord, from: number, to: readonly number[], newId: () => string): EditorRecord[] {
  const state = stateAt(record, from);
  if (!state) return [];
  return to
    .filter((frame) => frame !== from)
    .map((frame) => ({
      ...record,
      id: newId(),
      geometry: state.geometry,
      attributes: state.attributes,
      frame,
      endFrame: null,
      keyframes: undefined,
    }));
}

/** Key frames of a track in the frames asked for, nearest first; for stepping from one to the next. */
export function neighbourKeyframe(record: EditorRecord, frame: number, step: 1 | -1): number | undefined {
  const frames = (record.keyframes ?? []).map((keyframe) => keyframe.frame).filter((at) => (at - frame) * step > 0);
  return frames.length === 0 ? undefined : step > 0 ? Math.min(...frames) : Math.max(...frames);
}

/** Ascending, the first equal to `geometry` and `frame`, as the contract wants it. */
function fromKeyframes(keyframes: readonly Keyframe[], endFrame: number): RecordPatch {
  const sorted = [...keyframes].sort((a, b) => a.frame - b.frame);
  const [first] = sorted;
  return { type: first.geometry.type, geometry: first.geometry, frame: first.frame, endFrame, keyframes: sorted };
}
