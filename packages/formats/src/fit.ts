import type { AnnotationGeometry, Keyframe } from '@fovea/contract';
import { convertGeometry } from './convert.ts';
import type { Fitting, LabelledAnnotation, LabelledItem, LabelSet, WriteOptions } from './dataset.ts';
import { fitLabels, LabelIndex } from './labels.ts';
import { annotationName, Ledger } from './report.ts';
import type { Capability, CapabilityTable } from './table.ts';
import { frameSpan, normalTime, statesOf, timeOfStates } from './tracks.ts';

/** An annotation on its way into a format: itself (or its pieces), and in which ways it is no longer what it was. */
export type Fitted = { annotations: LabelledAnnotation[]; ways: string[] } | { lost: string };

/** What one format needs beyond its table. */
export type FitRules = {
  table: CapabilityTable;
  /** Why an item has no place in the format at all; undefined when it has one. */
  skip?: ((item: LabelledItem) => string | undefined) | undefined;
  /** Tracks get a key frame for every frame in which the object is visible; with `all`, so do ranges of frames. */
  spread?: 'tracks' | 'all' | undefined;
  /** After the table was obeyed: what else becomes of an annotation. */
  annotation?: ((annotation: LabelledAnnotation, item: LabelledItem, labels: LabelIndex) => Fitted) | undefined;
  /** After all annotations: what becomes of them together. */
  item?: ((item: LabelledItem, labels: LabelIndex, mark: Marker) => LabelledItem) | undefined;
};

/** Says of an annotation that is already fitted what else becomes of it. */
export type Marker = {
  way(annotation: LabelledAnnotation, how: string): void;
  lose(annotation: LabelledAnnotation, how: string): void;
};

/**
 * Makes items fit a format by its capability table, and keeps account of what is lost. Provenance (`id`, `source`) is
 * stated in the table and not counted: losing it changes no label.
 */
export function fittingOf(rules: FitRules, labels: LabelSet, options: WriteOptions = {}): Fitting {
  const ledger = new Ledger(options.maxNotes, options.onNote);
  const index = new LabelIndex(
    rules.table.label.unused.fit === 'dropped' ? { labels: [] } : fitLabels(labels, rules.table),
  );
  const known = new LabelIndex(fitLabels(labels, rules.table));
  const fit = (item: LabelledItem): LabelledItem | undefined => {
    const { table } = rules;
    const reason = rules.skip?.(item);
    if (reason !== undefined) {
      ledger.noted(item.path, `item left out: ${reason}`);
      for (const [number, annotation] of item.annotations.entries())
        ledger.dropped(item.path, annotationName(annotation, number), 'its item is left out');
      return undefined;
    }
    if (item.annotations.length === 0 && table.item.unlabelled.fit === 'dropped') {
      ledger.noted(item.path, `item without labels left out: ${table.item.unlabelled.how}`);
      return undefined;
    }
    const fates = new Map<LabelledAnnotation, Fate>();
    const kept = item.annotations.flatMap((annotation, number) => {
      const name = annotationName(annotation, number);
      const fitted = fitAnnotation(annotation, item, rules, index);
      if ('lost' in fitted) {
        ledger.dropped(item.path, name, fitted.lost);
        return [];
      }
      const fate: Fate = { name, ways: fitted.ways };
      for (const piece of fitted.annotations) fates.set(piece, fate);
      return fitted.annotations;
    });
    const whole = fitItemFeatures({ ...item, annotations: kept }, table, ledger);
    const mark: Marker = {
      way: (annotation, how) => fates.get(annotation)?.ways.push(how),
      lose: (annotation, how) => void Object.assign(fates.get(annotation) ?? {}, { lost: how }),
    };
    const result = rules.item?.(whole, index, mark) ?? whole;
    for (const { label } of result.annotations)
      index.define(known.has(label) ? known.definition(label) : index.definition(label));
    for (const { name, ways, lost } of new Set(fates.values())) {
      if (lost === undefined) ledger.passed(item.path, name, [...new Set(ways)]);
      else ledger.dropped(item.path, name, lost);
    }
    if (result.annotations.length === 0 && table.item.unlabelled.fit === 'dropped') {
      ledger.noted(item.path, `item left out, as none of its labels fit: ${table.item.unlabelled.how}`);
      return undefined;
    }
    ledger.item();
    return result;
  };
  return { fit, labels: () => index.toSet(), report: () => ledger.report() };
}

/** What became of an annotation, and how the report calls it. */
type Fate = { name: string; ways: string[]; lost?: string | undefined };

function fitItemFeatures(item: LabelledItem, { item: features }: CapabilityTable, ledger: Ledger): LabelledItem {
  const result = { ...item };
  for (const feature of ['frames', 'fps', 'mediaType', 'sha256', 'split', 'metadata'] as const) {
    const capability = features[feature];
    const value = item[feature];
    if (capability.fit !== 'dropped' || value === undefined) continue;
    delete result[feature];
    const isEmpty = typeof value === 'object' && Object.keys(value).length === 0;
    // A digest and a media type come again from the media itself; only what people gave is worth a line.
    if ((feature === 'split' || feature === 'metadata') && !isEmpty)
      ledger.noted(item.path, `${feature} left out: ${capability.how}`);
  }
  return result;
}

function fitAnnotation(original: LabelledAnnotation, item: LabelledItem, rules: FitRules, labels: LabelIndex): Fitted {
  const ways: string[] = [];
  const timed = fitTime(original, rules, ways);
  if ('lost' in timed) return timed;
  const shaped = fitShape(timed.annotation, item, rules.table, ways);
  if ('lost' in shaped) return shaped;
  const pieces: LabelledAnnotation[] = [];
  for (const piece of shaped.annotations) {
    const plain = fitFeatures(piece, rules.table, ways);
    const fitted = rules.annotation?.(plain, item, labels) ?? { annotations: [plain], ways: [] };
    if ('lost' in fitted) {
      if (shaped.annotations.length === 1) return fitted;
      ways.push(fitted.lost);
      continue;
    }
    // What a format leaves out may have been all that made a track one.
    pieces.push(...fitted.annotations.map((done) => normalTime(done) ?? done));
    ways.push(...fitted.ways);
  }
  return pieces.length === 0
    ? { lost: ways[ways.length - 1] ?? 'nothing is left of it' }
    : { annotations: pieces, ways };
}

function fitTime(
  annotation: LabelledAnnotation,
  { table: { annotation: features }, spread }: FitRules,
  ways: string[],
): { annotation: LabelledAnnotation } | { lost: string } {
  const span = frameSpan(annotation);
  if (span === undefined) return { annotation };
  const isTrack = annotation.keyframes !== undefined;
  const capability = isTrack ? features.track : features.frame;
  if (capability.fit === 'dropped') return { lost: capability.how };
  if (!isTrack && span.to > span.from && !noteUnlessExact(features.frameRange, ways)) {
    return { annotation: { ...annotation, endFrame: null } };
  }
  if (isTrack) noteUnlessExact(capability, ways);
  const isSpread = spread === 'all' || (spread === 'tracks' && isTrack);
  const time = isSpread ? timeOfStates(statesOf(annotation) ?? []) : annotation;
  const timed = time && normalTime({ ...annotation, ...time });
  return timed ? { annotation: timed } : { lost: 'it is visible in no frame, or in more than a million' };
}

/** Whether a capability carries the thing at all; adds how, when it does so only in a way. */
function noteUnlessExact(capability: Capability, ways: string[]): boolean {
  if (capability.fit !== 'exact') ways.push(capability.how);
  return capability.fit !== 'dropped';
}

function fitShape(annotation: LabelledAnnotation, item: LabelledItem, table: CapabilityTable, ways: string[]): Fitted {
  const capability = shapeCapability(annotation.geometry, table);
  if (capability.fit === 'dropped') return { lost: `${annotation.type}: ${capability.how}` };
  if (capability.fit === 'exact') return { annotations: [annotation], ways };
  ways.push(`${annotation.type} ${capability.how}`);
  if (capability.as === undefined || capability.as === annotation.type)
    return { annotations: [withoutHoles(annotation, capability)], ways };
  const to = capability.as;
  const convert = (geometry: AnnotationGeometry) => convertGeometry(geometry, to, item);
  const parts = convert(annotation.geometry);
  if (parts.length === 0)
    return { lost: `${annotation.type}: it has no area or place to be written as a ${to.replace('_', ' ')}` };
  if (annotation.keyframes) {
    const keyframes = annotation.keyframes.flatMap((keyframe): Keyframe[] => {
      const [geometry] = convert(keyframe.geometry);
      return geometry ? [{ ...keyframe, geometry }] : [];
    });
    return {
      annotations: [{ ...annotation, type: to, geometry: keyframes[0]?.geometry ?? annotation.geometry, keyframes }],
      ways,
    };
  }
  const group =
    parts.length > 1 ? (annotation.group ?? `parts of ${annotation.id ?? annotation.label}`) : annotation.group;
  if (parts.length > 1) ways.push('in several pieces');
  return {
    annotations: parts.flatMap((geometry) =>
      fitHoles({ ...annotation, type: geometry.type, geometry, group }, item, table, ways),
    ),
    ways,
  };
}

/** Pieces of a mask may have holes, which need their own care. */
function fitHoles(
  annotation: LabelledAnnotation,
  item: LabelledItem,
  table: CapabilityTable,
  ways: string[],
): LabelledAnnotation[] {
  const holes =
    annotation.geometry.type === 'polygon' && annotation.geometry.holes ? table.annotation.holes : undefined;
  if (holes === undefined || holes.fit === 'exact') return [annotation];
  const again = fitShape(annotation, item, { ...table, types: { ...table.types, polygon: { fit: 'exact' } } }, ways);
  return 'lost' in again ? [] : again.annotations;
}

function shapeCapability(geometry: AnnotationGeometry, table: CapabilityTable): Capability {
  const capability = table.types[geometry.type];
  const hasHoles = geometry.type === 'polygon' && geometry.holes !== undefined && geometry.holes.length > 0;
  if (!hasHoles || capability.fit !== 'exact') return capability;
  // A polygon whose holes are dropped is filled: it is still there, but not as it was.
  const holes = table.annotation.holes;
  return holes.fit === 'dropped' ? { fit: 'approximated', how: 'with its holes filled' } : holes;
}

function withoutHoles(annotation: LabelledAnnotation, capability: Capability): LabelledAnnotation {
  if (capability.fit !== 'approximated' || annotation.geometry.type !== 'polygon') return annotation;
  return { ...annotation, geometry: { type: 'polygon', points: annotation.geometry.points } };
}

function fitFeatures(
  annotation: LabelledAnnotation,
  { annotation: features }: CapabilityTable,
  ways: string[],
): LabelledAnnotation {
  const result: LabelledAnnotation = { ...annotation };
  const isLost = (feature: keyof typeof features, isPresent: boolean) => {
    const capability = features[feature];
    if (!isPresent || capability.fit !== 'dropped') return false;
    ways.push(`${feature} left out`);
    return true;
  };
  if (isLost('attributes', Object.keys(annotation.attributes).length > 0)) result.attributes = {};
  if (isLost('confidence', annotation.confidence !== null)) result.confidence = null;
  if (isLost('group', annotation.group !== undefined)) delete result.group;
  if (isLost('zOrder', (annotation.zOrder ?? 0) !== 0)) delete result.zOrder;
  if (features.id.fit === 'dropped') delete result.id;
  if (features.source.fit === 'dropped') result.source = 'import';
  const hasFlags = annotation.keyframes?.some((keyframe) => keyframe.occluded) ?? false;
  const hasOwnAttributes =
    annotation.keyframes?.some((keyframe) => Object.keys(keyframe.attributes ?? {}).length > 0) ?? false;
  const losesFlags = isLost('trackFlags', hasFlags);
  const losesAttributes = isLost('trackAttributes', hasOwnAttributes);
  if (result.keyframes && (losesFlags || losesAttributes)) {
    result.keyframes = result.keyframes.map(({ frame, geometry, outside, occluded, attributes }) => ({
      frame,
      geometry,
      ...(outside && { outside }),
      ...(occluded && !losesFlags && { occluded }),
      ...(attributes && !losesAttributes && { attributes }),
    }));
  }
  return result;
}
