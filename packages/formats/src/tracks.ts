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

/**
 * The time of an annotation that is known frame by frame, as `frame`, `endFrame`, `geometry` and `keyframes`: a key frame
 * for every state, and where frames are missing between two, one that says that the object is outside. A single state is
 * an annotation of its frame. Undefined of none.
 */
export function timeOfStates(
  states: readonly FrameState[],
): Pick<LabelledAnnotation, 'frame' | 'endFrame' | 'geometry' | 'keyframes'> | undefined {
  const sorted = states
    .toSorted((a, b) => a.frame - b.frame)
    .filter((state, index, all) => state.frame !== all[index - 1]?.frame);
  const [first] = sorted;
  const last = sorted[sorted.length - 1];
  if (first === undefined || last === undefined) return undefined;
  if (sorted.length === 1) return { frame: first.frame, endFrame: null, geometry: first.geometry };
  const keyframes: Keyframe[] = [];
  let attributes: Attributes = {};
  sorted.forEach((state, index) => {
    const changed = Object.entries(state.attributes ?? {}).filter(([name, value]) => attributes[name] !== value);
    attributes = { ...attributes, ...state.attributes };
    keyframes.push({
      frame: state.frame,
      geometry: state.geometry,
      ...(state.occluded && { occluded: true }),
      ...(changed.length > 0 && { attributes: Object.fromEntries(changed) }),
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
      attributes: state?.attributes,
    });
  }
  return states;
}
