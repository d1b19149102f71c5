import type { AnnotationContent, Rle } from '@fovea/contract';
import { decodeRle, encodeRle } from '@fovea/geometry';

/** What two annotations of one item have in common when they say the same: a text. Who says it is not part of it. */
export function contentKey(content: Pick<AnnotationContent, 'type' | 'label' | 'geometry' | 'attributes' | 'frame' | 'endFrame' | 'keyframes' | 'confidence' | 'group' | 'zOrder'>): string {
  const { type, label, geometry, attributes, frame, endFrame, keyframes, confidence, group, zOrder = 0 } = content;
  // Confidences are kept in single precision.
  return JSON.stringify(sorted({ type, label, geometry, attributes, frame, endFrame, keyframes: keyframes ?? null, confidence: confidence === null ? null : Math.fround(confidence), group: group ?? null, zOrder }));
}

/** Masks say the same with plain and with compressed counts. */
function sameMask(rle: Rle): Rle {
  return typeof rle.counts === 'string' ? rle : encodeRle(decodeRle(rle));
}

/** A value with the keys of its objects in order, as the database gives them back in an order of its own. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.every((one) => typeof one === 'number') ? value : value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  if ('counts' in value && 'size' in value) return sameMask(value as Rle);
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => [key, sorted(one)]));
}

/** True for what JSON can say and the database cannot keep: NUL, and halves of surrogate pairs. */
export function isUnkeepable(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\u0000') || !value.isWellFormed();
  if (Array.isArray(value)) return value.some(isUnkeepable);
  return typeof value === 'object' && value !== null && Object.entries(value).some(([key, one]) => isUnkeepable(key) || isUnkeepable(one));
}

/** JSON of a value in which U+FFFD stands for characters that the database cannot keep. */
export function keepableJson(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) => (typeof one === 'string' ? one.replaceAll('\u0000', '\ufffd').toWellFormed() : one));
}
