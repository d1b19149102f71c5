import type { AnnotationGeometry, Attributes, Keyframe } from '@fovea/contract';
import { interpolate } from '@fovea/geometry';
import type { LabelledAnnotation, LabelledItem } from './dataset.ts';
import type { FitRules, Fitted } from './fit.ts';
import { approximated, as, dropped, exact, exactWhere, tableOf } from './table.ts';
import { frameSpan, normalTime } from './tracks.ts';

const onPictures = exactWhere('it is on a picture');

/** What Label Studio can carry. */
export const table = tableOf({
  types: {
    box: exact,
    rotated_box: exact,
    polygon: onPictures,
    point: onPictures,
    ellipse: onPictures,
    mask: onPictures,
    classification: exactWhere('it has no attributes; it is a choice'),
    text: exactWhere('it has neither attributes nor a span; it is a text area'),
    cuboid: as.outline,
    polyline: dropped('Label Studio has no open lines'),
    keypoints: dropped('Label Studio has single points only'),
  },
  annotation: {
    holes: as.pixels,
    attributes: approximated('exact but for values of null, and lists of only true or false'),
    confidence: exact,
    frame: exact,
    frameRange: approximated('as a track that stands still'),
    track: approximated('exact in every visible frame; with a key frame before it goes'),
    trackAttributes: dropped('a video object has the same attributes in all frames'),
  },
  item: { frames: exact, fps: exact, split: exact, metadata: exact },
  label: { color: exact },
  precisionPx: 1e-6,
});

/** How annotations are made to fit. */
export const rules: FitRules = {
  table: { ...table, annotation: { ...table.annotation, attributes: exact, track: exact, frameRange: exact } },
  annotation: fitRegion,
};

/** Whether an item has frames that labels lie on. */
export function isFilm(item: LabelledItem): boolean {
  return item.frames !== undefined && item.frames > 1;
}

function fitRegion(annotation: LabelledAnnotation, item: LabelledItem): Fitted {
  const ways: string[] = [];
  const { geometry } = annotation;
  const isWhole = geometry.type === 'classification' || geometry.type === 'text';
  if (
    isFilm(item) &&
    !isWhole &&
    (annotation.frame === null || (annotation.type !== 'box' && annotation.type !== 'rotated_box'))
  ) {
    return { lost: 'Label Studio labels videos with boxes in frames' };
  }
  if (annotation.frame !== null && (isWhole || !isFilm(item)))
    return { lost: 'a frame of its own is for boxes in videos' };
  const attributes = fitAttributes(annotation.attributes, isWhole, ways);
  const shape: AnnotationGeometry = geometry.type === 'text' ? { type: 'text', text: geometry.text } : geometry;
  if (geometry.type === 'text' && geometry.start !== undefined) ways.push('the span of a text left out');
  const fitted: LabelledAnnotation = {
    ...annotation,
    attributes,
    geometry: shape,
    ...(isWhole && annotation.confidence !== null && { confidence: null }),
  };
  if (isWhole && annotation.confidence !== null) ways.push('confidence of a choice or a text left out');
  if (annotation.frame === null) return { annotations: [plainBox(fitted)], ways };
  const keyframes = lifespans(fitted, item);
  if (keyframes.length !== (annotation.keyframes?.length ?? 1)) ways.push('key frames added where it goes');
  const timed = normalTime({
    ...fitted,
    keyframes: keyframes.flatMap(({ ends, ...keyframe }, i) => withOutside(keyframe, ends, keyframes[i + 1]?.frame)),
  });
  return timed ? { annotations: [timed], ways } : { lost: 'it is visible in no frame' };
}

/** A rotated box of angle 0 is Label Studio's plain one. */
function plainBox(annotation: LabelledAnnotation): LabelledAnnotation {
  const { geometry } = annotation;
  if (geometry.type !== 'rotated_box' || geometry.angle !== 0) return annotation;
  const { cx, cy, width, height } = geometry;
  return {
    ...annotation,
    type: 'box',
    geometry: { type: 'box', x: cx - width / 2, y: cy - height / 2, width, height },
  };
}

function fitAttributes(attributes: Attributes, isWhole: boolean, ways: string[]): Attributes {
  if (isWhole && Object.keys(attributes).length > 0) ways.push('attributes of a choice or a text left out');
  if (isWhole) return {};
  const kept = Object.entries(attributes).filter(([, value]) => value !== null);
  const result = Object.fromEntries(
    kept.map(([name, value]) => [
      name,
      Array.isArray(value) && value.length === 1 && /^(true|false)$/.test(value[0] ?? '') ? value[0] === 'true' : value,
    ]),
  );
  if (JSON.stringify(result) !== JSON.stringify(attributes))
    ways.push('attribute values of null left out, lists of only true or false as truth values');
  return result;
}

type Stop = Keyframe & { ends: boolean };

/**
 * A track as Label Studio keeps it: visible key frames, of which some end a stretch (`enabled: false`): after them the
 * object is gone until the next. Before each frame in which the object goes, a key frame stands where it is then.
 */
export function lifespans(annotation: LabelledAnnotation, item: LabelledItem): Stop[] {
  const span = frameSpan(annotation) ?? { from: 0, to: 0 };
  const keyframes = annotation.keyframes ?? [{ frame: span.from, geometry: annotation.geometry }];
  const stops = new Map<number, Stop>();
  const stopAt = (frame: number): Stop | undefined => {
    const state = interpolate(keyframes, frame);
    return state && { frame, geometry: state.geometry, ends: false };
  };
  for (const { frame, outside } of keyframes) {
    const stop = outside ? stopAt(frame - 1) : stopAt(frame);
    if (stop && !(outside && interpolate(keyframes, frame - 1)?.outside))
      stops.set(stop.frame, { ...stop, ends: outside ?? false });
  }
  const last = stopAt(span.to);
  if (last && !interpolate(keyframes, span.to)?.outside)
    stops.set(span.to, { ...last, ends: span.to < (item.frames ?? 0) - 1 });
  return [...stops.values()].sort((a, b) => a.frame - b.frame);
}

/** A key frame, and one after it that says that the object is gone until the next. */
export function withOutside(keyframe: Keyframe, ends: boolean, next: number | undefined): Keyframe[] {
  return ends && next !== keyframe.frame + 1
    ? [keyframe, { frame: keyframe.frame + 1, geometry: keyframe.geometry, outside: true }]
    : [keyframe];
}
