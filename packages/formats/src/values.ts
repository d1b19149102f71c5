import type { Xy } from '@fovea/contract';

/** An object out of JSON. */
export type Json = Readonly<Record<string, unknown>>;

/** A value as an object; undefined when it is none. */
export function asObject(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

/** A value as a list; empty when it is none. */
export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The objects of a list. */
export function asObjects(value: unknown): Json[] {
  return asList(value)
    .map(asObject)
    .filter((entry) => entry !== undefined);
}

/** A value as a finite number, also out of text; undefined otherwise. */
export function asNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** A value as a whole number from 0; undefined otherwise. */
export function asCount(value: unknown): number | undefined {
  const number = asNumber(value);
  return number !== undefined && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

/** A value as a text that is not empty; undefined otherwise. */
export function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The texts of a list. */
export function asTexts(value: unknown): string[] {
  return asList(value).filter((entry): entry is string => typeof entry === 'string');
}

/** A list of numbers; undefined when any is none. */
export function asNumbers(value: unknown): number[] | undefined {
  const numbers = asList(value).map(asNumber);
  return numbers.every((number) => number !== undefined) ? numbers : undefined;
}

/** `[x1, y1, x2, y2, …]` as points; undefined when it is not that. */
export function pairs(value: readonly number[] | undefined): Xy[] | undefined {
  if (value === undefined || value.length % 2 !== 0) return undefined;
  return Array.from({ length: value.length / 2 }, (_, i): Xy => [value[2 * i] ?? 0, value[2 * i + 1] ?? 0]);
}

/** `[{ x, y }, …]` as points; undefined when any is none. */
export function xyObjects(value: unknown): Xy[] | undefined {
  const points = asList(value).map((entry) => {
    const [x, y] = [asNumber(asObject(entry)?.['x']), asNumber(asObject(entry)?.['y'])];
    return x === undefined || y === undefined ? undefined : ([x, y] as Xy);
  });
  return points.length > 0 && points.every((point) => point !== undefined) ? points : undefined;
}

/** `[[x, y], …]` as points; undefined when any is none. */
export function xyLists(value: unknown): Xy[] | undefined {
  const points = asList(value).map((entry) => {
    const [x, y] = [asNumber(asList(entry)[0]), asNumber(asList(entry)[1])];
    return x === undefined || y === undefined ? undefined : ([x, y] as Xy);
  });
  return points.length > 0 && points.every((point) => point !== undefined) ? points : undefined;
}

/** A confidence from 0 to 1; null for anything else. */
export function asConfidence(value: unknown): number | null {
  const number = asNumber(value);
  return number !== undefined && number >= 0 && number <= 1 ? number : null;
}
