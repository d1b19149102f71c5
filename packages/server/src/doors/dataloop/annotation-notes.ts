import { createHash } from 'node:crypto';
import type { AnnotationContent } from '@fovea/contract';
import { asJson, type Json } from './json.ts';

/** What the door keeps on an annotation: what it was sent and what our own words do not hold. */
export interface AnnotationNotes {
  type: string;
  /** As sent; missing for classifications. */
  coordinates?: unknown;
  /** The wire's `metadata.system`, as sent. */
  system: Json;
  source?: string;
  description?: string;
  /** Attributes of recipes of the first kind: a list. */
  attributes?: unknown;
  /** What these notes were understood as; when the annotation says something else by now, somebody changed it elsewhere. */
  drawn: string;
  valued: string;
}

/** The notes of an annotation that came through this door. */
export function notesOf(extra: unknown): AnnotationNotes | undefined {
  const notes = asJson(extra);
  return typeof notes?.['type'] === 'string' && asJson(notes['system']) !== undefined ? (extra as AnnotationNotes) : undefined;
}

/** A mark of shape and time. */
export function drawnMark(content: Pick<AnnotationContent, 'geometry' | 'frame' | 'endFrame'> & { keyframes?: unknown }): string {
  return mark([content.geometry, content.frame, content.endFrame, content.keyframes ?? null]);
}

export function valuedMark(attributes: AnnotationContent['attributes']): string {
  return mark(attributes);
}

/** The same for equal values, whatever the order of their keys: a database keeps none. */
function mark(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value, sortedKeys)).digest('base64url').slice(0, 16);
}

function sortedKeys(_key: string, value: unknown): unknown {
  const object = asJson(value);
  return object ? Object.fromEntries(Object.entries(object).toSorted(([a], [b]) => (a < b ? -1 : 1))) : value;
}
