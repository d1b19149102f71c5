import type { Attributes } from '@fovea/contract';
import type { LabelledAnnotation } from './dataset.ts';
import type { Fitted } from './fit.ts';
import { normalTime } from './tracks.ts';

type AttributeValue = Attributes[string];

/** An attribute value as text, for formats that have nothing else; undefined for null. Lists are joined by commas. */
export function attributeToText(value: AttributeValue): string | undefined {
  if (value === null) return undefined;
  return Array.isArray(value) ? value.join(',') : String(value);
}

/** The value that a text most likely stands for: `true` and `false`, numbers as JavaScript writes them, else itself. */
export function attributeFromText(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  const number = Number(text);
  return text !== '' && Number.isFinite(number) && String(number) === text ? number : text;
}

/** Attributes as they come back from text, and whether any value is another than before. */
export function throughText(attributes: Attributes): { attributes: Attributes; changed: boolean } {
  let changed = false;
  const result: Attributes = {};
  for (const [name, value] of Object.entries(attributes)) {
    const text = attributeToText(value);
    if (text !== undefined) setOwn(result, name, attributeFromText(text));
    if (text === undefined || result[name] !== value) changed = true;
  }
  return { attributes: result, changed };
}

/** An annotation with its attributes as they come back from texts, for formats that hold nothing else. */
export function fitTextAttributes(annotation: LabelledAnnotation): Fitted {
  const own = throughText(annotation.attributes);
  let { changed } = own;
  const keyframes = annotation.keyframes?.map((keyframe) => {
    if (keyframe.attributes === undefined) return keyframe;
    const through = throughText(keyframe.attributes);
    changed ||= through.changed;
    return { ...keyframe, attributes: through.attributes };
  });
  const fitted = { ...annotation, attributes: own.attributes, ...(keyframes && { keyframes }) };
  return { annotations: [normalTime(fitted) ?? fitted], ways: changed ? ['attribute values as texts'] : [] };
}

/** Sets a property by a name out of a file: also `__proto__`, which a plain assignment would take for something else. */
export function setOwn<T>(target: Record<string, T>, name: string, value: T): void {
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
}

/** A value out of JSON as an attribute value; objects, and lists of other things than texts, as their JSON. */
export function attributeOf(value: unknown): AttributeValue {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (Array.isArray(value) && value.every((entry): entry is string => typeof entry === 'string')) return value;
  return JSON.stringify(value);
}

/** An object out of JSON as attributes; anything else as none. */
export function attributesOf(value: unknown): Attributes {
  const result: Attributes = {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return result;
  for (const [name, entry] of Object.entries(value)) setOwn(result, name, attributeOf(entry));
  return result;
}
