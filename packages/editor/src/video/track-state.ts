import type { AnnotationGeometry, Attributes } from '@fovea/contract';
import { interpolate } from '@fovea/geometry';
import type { Track } from '@fovea/geometry';
import type { EditorRecord } from '../document/record.ts';
import { stackMask } from '../masks/stack-mask.ts';

/** What a record says on one frame. */
export interface FrameState {
  readonly geometry: AnnotationGeometry;
  readonly attributes: Attributes;
  readonly occluded: boolean;
  readonly isKeyframe: boolean;
}

/** The last frame a record is known on, inclusive. */
export function lastFrame(record: EditorRecord): number {
  return record.endFrame ?? record.keyframes?.at(-1)?.frame ?? record.frame ?? Infinity;
}

/** Undefined where the record is not on the frame: before its first, after its last, or while its track is outside. */
export function stateAt(record: EditorRecord, frame: number): FrameState | undefined {
  const { geometry, attributes, keyframes } = record;
  if (geometry.type === 'volume') {
    // On a frame, a volume is the mask of its pixels there.
    const mask = stackMask(geometry)?.at(frame);
    return mask && { geometry: mask, attributes, occluded: false, isKeyframe: true };
  }
  if (record.frame === null && !keyframes) return { geometry, attributes, occluded: false, isKeyframe: false };
  if (frame > lastFrame(record)) return undefined;
  if (!keyframes) {
    if (frame < (record.frame ?? 0)) return undefined;
    return { geometry, attributes, occluded: false, isKeyframe: frame === record.frame };
  }
  const state = interpolate(keyframes, frame);
  if (!state || state.outside) return undefined;
  return {
    geometry: state.geometry,
    attributes: { ...attributes, ...state.attributes },
    occluded: state.occluded,
    isKeyframe: state.isKeyframe,
  };
}

/** The record's movement; undefined for what is no track. */
export function trackOf(record: EditorRecord): Track | undefined {
  return record.keyframes && { keyframes: record.keyframes, endFrame: lastFrame(record) };
}
