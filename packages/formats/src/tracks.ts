import type { AnnotationGeometry, Attributes, Keyframe } from '@fovea/contract';
import { interpolate } from '@fovea/geometry';
import type { LabelledAnnotation } from './dataset.ts';

/** What is known of an object in one frame in which it is visible. */
export type FrameState = {
  frame: number;
  geometry: AnnotationGeometry;
  occluded?: boolean | undefined;
  attributes?: Attributes | undefined;
};

/** Longer tracks are not spread over frames: a million frames are nine hours of video. */
const maxSpreadFrames = 1_000_000;

type Timed = Pick<LabelledAnnotation, 'attributes' | 'frame' | 'endFrame' | 'geometry' | 'keyframes'>;

/**
 * The time of an annotation in one form, so that the same track always looks the same: it begins where it is first
 * visible and ends where it is last; attributes that never change stand with the annotation, others with the key frames
 * that change them; a track that does nothing but last is a range of frames, and one of a single frame is a frame.
 * Undefined when it is visible nowhere. Annotations without key frames stay as they are.
 */
export function normalTime<T extends Timed>(annotation: T): T | undefined {
  const { keyframes: all, ...rest } = annotation;
  if (all === undefined)
    return annotation.endFrame === annotation.frame ? { ...annotation, endFrame: null } : annotation;
  const from = all.findIndex((keyframe) => !keyframe.outside);
  const to = all.findLastIndex((keyframe) => !keyframe.outside);
  const [first, ending] = [all[from], all[to + 1]];
  if (first === undefined) return undefined;
  const lastKnown = Math.max(annotation.endFrame ?? 0, all[all.length - 1]?.frame ?? 0);
  const end = ending === undefined ? lastKnown : ending.frame - 1;
  const kept = all.slice(from, to + 1);
  // Attributes of key frames that are cut off before the first visible one still hold in it.
  const before = Object.assign({}, ...all.slice(0, from).map((keyframe) => keyframe.attributes)) as Attributes;
  const { base, changes } = splitAttributes({ ...annotation.attributes, ...before }, kept);
  const keyframes = kept.map(({ frame, geometry, occluded, outside }, index): Keyframe => {
    const changed = changes[index] ?? {};
    return {
      frame,
      geometry,
      ...(occluded && { occluded }),
      ...(outside && { outside }),
      ...(Object.keys(changed).length > 0 && { attributes: changed }),
    };
  });
  const time = { attributes: base, frame: first.frame, geometry: first.geometry };
  const isPlain = keyframes.length === 1 && !first.occluded && keyframes[0]?.attributes === undefined;
  if (isPlain) return { ...rest, ...time, endFrame: end > first.frame ? end : null } as T;
  return { ...rest, ...time, endFrame: end, keyframes } as T;
}

/** What of a track's attributes never changes, and what each key frame changes of the rest. */
function splitAttributes(
  given: Attributes,
  keyframes: readonly Keyframe[],
): { base: Attributes; changes: Attributes[] } {
  const merged: Attributes[] = [];
  for (const keyframe of keyframes) merged.push({ ...(merged[merged.length - 1] ?? given), ...keyframe.attributes });
  const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  const first = Object.entries(merged[0] ?? given);
  const base = Object.fromEntries(
    first.filter(([name, value]) => merged.every((attributes) => isSame(attributes[name], value))),
  );
  // What changes while the object is outside shows when it is back.
  let known = base;
  const changes = merged.map((attributes, index) => {
    if (keyframes[index]?.outside) return {};
    const changed = Object.entries(attributes).filter(([name, value]) => !isSame(known[name], value));
    known = attributes;
    return Object.fromEntries(changed);
  });
  return { base, changes };
}

/**
 * The time of an annotation that is known frame by frame: a key frame for every state (with all its attributes), and
 * where frames are missing between two, one that says that the object is outside. Undefined of none.
 */
export function timeOfStates(states: readonly FrameState[]): Omit<Timed, 'attributes'> | undefined {
  const sorted = states
    .toSorted((a, b) => a.frame - b.frame)
    .filter((state, index, all) => state.frame !== all[index - 1]?.frame);
  const [first] = sorted;
  const last = sorted[sorted.length - 1];
  if (first === undefined || last === undefined) return undefined;
  const keyframes: Keyframe[] = [];
  sorted.forEach((state, index) => {
    keyframes.push({
      frame: state.frame,
      geometry: state.geometry,
      ...(state.occluded && { occluded: true }),
      ...(state.attributes && Object.keys(state.attributes).length > 0 && { attributes: state.attributes }),
    });
    const next = sorted[index + 1];
    if (next && next.frame > state.frame + 1)
      keyframes.push({ frame: state.frame + 1, geometry: state.geometry, outside: true });
  });
  return { frame: first.frame, endFrame: last.frame, geometry: first.geometry, keyframes };
}

/** Where an annotation begins and ends, in frames; undefined for one of the whole item. */
export function frameSpan(annotation: LabelledAnnotation): { from: number; to: number } | undefined {
  const keyframes = annotation.keyframes ?? [];
  const from = keyframes[0]?.frame ?? annotation.frame;
  if (from === null) return undefined;
  return { from, to: annotation.endFrame ?? keyframes[keyframes.length - 1]?.frame ?? from };
}

/**
 * The states of an annotation in every frame in which it is visible. Undefined for one of the whole item, and for more
 * frames than anybody labels.
 */
export function statesOf(annotation: LabelledAnnotation): FrameState[] | undefined {
  const span = frameSpan(annotation);
  if (span === undefined || span.to - span.from >= maxSpreadFrames) return undefined;
  const states: FrameState[] = [];
  for (let frame = span.from; frame <= span.to; frame += 1) {
    const state = annotation.keyframes ? interpolate(annotation.keyframes, frame) : undefined;
    if (state?.outside) continue;
    states.push({
      frame,
      geometry: state?.geometry ?? annotation.geometry,
      occluded: state?.occluded,
      attributes: { ...annotation.attributes, ...state?.attributes },
    });
  }
  return states;
}
