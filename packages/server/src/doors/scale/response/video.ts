import { interpolate } from '@fovea/geometry';
import { shapesOf, space } from './shapes.ts';
import { attributesOf, isObject, type Json, type Work, type WorkAnnotation } from '../../../labeling/task-types/work.ts';
import { vectorAnnotations } from './vector.ts';

/** The frames that a response speaks of: the files of the task, or the frames of its one video. */
function frameCount({ media, annotations }: Work): number {
  if (media.pages > 1) return media.pages;
  const last = annotations.reduce((most, one) => Math.max(most, one.endFrame ?? one.keyframes?.at(-1)?.frame ?? one.frame ?? 0), 0);
  return Math.max(media.frames, last + 1);
}

/** Where an object is at a frame; undefined while it is not in the picture. */
function stateAt(annotation: WorkAnnotation, frame: number, pages: number): { geometry: WorkAnnotation['geometry']; attributes: WorkAnnotation['attributes'] } | undefined {
  const { keyframes, geometry, attributes } = annotation;
  if (pages > 1) return annotation.page === frame ? { geometry, attributes } : undefined;
  const first = annotation.frame ?? keyframes?.[0]?.frame;
  const last = annotation.endFrame ?? (keyframes ? keyframes.at(-1)?.frame : annotation.frame);
  if (first !== undefined && frame < first) return undefined;
  if (last !== undefined && last !== null && frame > last) return undefined;
  if (!keyframes) return { geometry, attributes };
  const state = interpolate(keyframes, frame);
  return state && !state.outside ? { geometry: state.geometry, attributes: { ...attributes, ...state.attributes } } : undefined;
}

/** One object over several files carries one name for them all. */
function named(annotation: WorkAnnotation): WorkAnnotation {
  return annotation.group === undefined ? annotation : { ...annotation, id: annotation.group };
}

/** `videoannotation`: an array, one `{annotations}` for each frame in order, written frame by frame. */
export function* framesFile(work: Work): Generator<string> {
  const count = frameCount(work);
  yield '[';
  for (let frame = 0; frame < count; frame++) {
    const annotations = work.annotations.flatMap((annotation) => {
      const state = stateAt(annotation, frame, work.media.pages);
      return state ? vectorAnnotations(work, { ...named(annotation), attributes: state.attributes }, state.geometry) : [];
    });
    yield `${frame === 0 ? '' : ','}${JSON.stringify({ annotations })}`;
  }
  yield ']';
}

/** `videoplaybackannotation`: by object, its key frames with their time in seconds. */
export function* playbackFile(work: Work): Generator<string> {
  const fps = work.media.fps || (typeof work.params['video_frame_rate'] === 'number' ? work.params['video_frame_rate'] : 1);
  yield '{"annotations":{';
  let first = true;
  for (const annotation of work.annotations) {
    if (annotation.type === 'classification') continue;
    const keyframes = annotation.keyframes ?? [{ frame: annotation.frame ?? 0, geometry: annotation.geometry }];
    const frames = keyframes.flatMap((keyframe): Json[] => {
      const [shape] = shapesOf(keyframe.geometry);
      if (!shape || keyframe.outside) return [];
      const { type: _type, ...fields } = shape;
      return [{ key: keyframe.frame, timestamp: keyframe.frame / fps, ...attributesOf(work.params, { ...annotation.attributes, ...keyframe.attributes }), ...fields }];
    });
    const geometry = shapesOf(annotation.geometry)[0]?.['type'] ?? annotation.type;
    yield `${first ? '' : ','}${JSON.stringify(annotation.id)}:${JSON.stringify({ label: annotation.label, geometry, frames })}`;
    first = false;
  }
  yield '}}';
}

/** Events: classifications of a stretch of frames. */
export function* eventsFile(work: Work): Generator<string> {
  const fps = work.media.fps || 1;
  const events = work.annotations.filter(({ type }) => type === 'classification').map((one) => {
    const [start, end] = [one.frame ?? 0, one.endFrame ?? one.frame ?? 0];
    return { uuid: one.id, label: one.label, start: { key: start, timestamp: start / fps }, end: { key: end, timestamp: end / fps }, attributes: one.attributes };
  });
  yield JSON.stringify(events);
}

/** `lidarannotation`: an array, the cuboids of each frame. */
export function* lidarFile(work: Work): Generator<string> {
  const count = frameCount(work);
  yield '[';
  for (let frame = 0; frame < count; frame++) {
    const cuboids = work.annotations.flatMap((annotation): Json[] => {
      const state = stateAt(annotation, frame, work.media.pages);
      if (!state || state.geometry.type !== 'cuboid' || !state.geometry.center) return [];
      const stationary = (annotation.keyframes?.length ?? 1) < 2;
      return [{ uuid: named(annotation).id, label: annotation.label, ...space(state.geometry), stationary, camera_used: null, numberOfPoints: null, distance_to_device: distance(state.geometry.center), attributes: state.attributes }];
    });
    yield `${frame === 0 ? '' : ','}${JSON.stringify({ cuboids })}`;
  }
  yield ']';
}

/** `lidarsegmentation`: the label of each point, as it was handed in under `points`. */
export function* pointsFile(work: Work): Generator<string> {
  const points = work.answers['points'];
  yield JSON.stringify(Array.isArray(points) || isObject(points) ? points : []);
}

function distance(center: readonly number[]): number {
  return Math.hypot(...center);
}
