import { annotationStatuses, type AnnotationContent } from '@fovea/contract';
import { contentOfDataloop, FormatError, type DataloopContent } from '@fovea/formats';
import type { StoredItem } from '../../catalog/items/store.ts';
import { annotationFault } from '../../labeling/annotations/check.ts';
import { drawnMark, valuedMark, type AnnotationNotes } from './annotation-notes.ts';
import { asJson, type Json } from './json.ts';

type Facts = Pick<StoredItem, 'width' | 'height' | 'frames'>;

/** An annotation of the wire in our words, with notes of what these do not hold. */
export interface ReadAnnotation extends Omit<AnnotationContent, 'keyframes' | 'group'> {
  keyframes: AnnotationContent['keyframes'] | undefined;
  group: string | undefined;
  status: (typeof annotationStatuses)[number] | null;
  metadata: Json;
  extra: AnnotationNotes;
}

/**
 * Reads an annotation of the wire. What we cannot draw — a type we do not have, a shape far outside the picture — becomes one without a
 * shape, and comes back as it was sent: the client shows nothing useful when an upload is refused.
 */
export function readAnnotation(record: Json, item: Facts): ReadAnnotation {
  const { system: sent, ...metadata } = asJson(record['metadata']) ?? {};
  const system = asJson(sent) ?? {};
  const type = String(record['type']);
  const content = drawable(record, item);
  const status = annotationStatuses.find((known) => known === system['status']) ?? null;
  const base = {
    type: content.geometry.type,
    label: content.label,
    geometry: content.geometry,
    attributes: content.attributes,
    frame: content.frame ?? null,
    endFrame: content.endFrame ?? null,
    keyframes: content.keyframes,
  };
  const text = (key: 'source' | 'description') => (typeof record[key] === 'string' ? { [key]: record[key] } : {});
  const extra: AnnotationNotes = {
    type,
    ...(record['coordinates'] === undefined || record['coordinates'] === null ? {} : { coordinates: record['coordinates'] }),
    system,
    ...text('source'),
    ...text('description'),
    ...(Array.isArray(record['attributes']) ? { attributes: record['attributes'] } : {}),
    drawn: drawnMark(base),
    valued: valuedMark(base.attributes),
  };
  const group = typeof system['objectId'] === 'string' && system['objectId'].length <= 200 ? system['objectId'] : undefined;
  return { ...base, confidence: content.confidence, source: content.source ?? 'import', group, status, metadata: withoutNulls(metadata), extra };
}

/** What of it can be drawn on the item: all, or without its time, or nothing but the label and the attributes. */
function drawable(record: Json, item: Facts): DataloopContent {
  const bare = { ...record, type: 'class' };
  for (const candidate of [record, withoutTime(record), withoutTime(bare)]) {
    const content = understood(candidate, item);
    if (typeof content !== 'string' && annotationFault({ frame: null, endFrame: null, ...content, type: content.geometry.type }, item) === undefined) return content;
  }
  return { label: String(record['label'] ?? ''), geometry: { type: 'classification' }, attributes: {}, confidence: null };
}

function understood(record: Json, { width, height, frames }: Facts): DataloopContent | string {
  const coordinates = record['type'] === 'binary' ? (asJson(record['coordinates'])?.['data'] ?? record['coordinates']) : record['coordinates'];
  try {
    return contentOfDataloop({ ...record, coordinates }, { width: width ?? 0, height: height ?? 0, frames: frames ?? undefined });
  } catch (error) {
    // A mask whose picture cannot be read.
    if (error instanceof FormatError) return error.message;
    throw error;
  }
}

function withoutTime(record: Json): Json {
  const metadata = asJson(record['metadata']) ?? {};
  const { frame: _frame, endFrame: _endFrame, snapshots_: _snapshots, ...system } = asJson(metadata['system']) ?? {};
  return { ...record, metadata: { ...metadata, system } };
}

function withoutNulls(record: Json): Json {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null && value !== undefined));
}
